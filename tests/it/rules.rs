//! `bilag rules test`, and the examples of `docs/RULES.md`.

use std::fs;
use std::path::Path;

use bilag::config::Config;
use serde_json::json;

use crate::harness::files::{repository, scratch};
use crate::harness::program::{Ran, Workplace, assert_code, run};

/// Runs `bilag rules test` on the archive of a fixture, under its configuration or another.
fn rules_test(fixture: &str, config: Option<&str>, arguments: &[&str]) -> Ran {
    let place = Workplace::new();
    let folder = repository(&format!("fixtures/{fixture}"));
    let mut command = place.bare(&["rules", "test", "--config"]);
    match config {
        None => command.arg(folder.join("bilag.toml")),
        Some(text) => {
            fs::write(place.path("bilag.toml"), text).unwrap();
            command.arg("bilag.toml")
        }
    };
    command
        .arg("--archive")
        .arg(folder.join("archive"))
        .args(arguments);
    run(command)
}

/// The fenced blocks of `docs/RULES.md` in one language.
fn examples(language: &str) -> Vec<String> {
    let text = fs::read_to_string(repository("docs/RULES.md")).unwrap();
    let start = format!("```{language}\n");
    text.split(&start)
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap().to_owned())
        .collect()
}

#[test]
fn each_rule_shows_what_it_took_and_refunds_follow_their_capture() {
    let range = ["--from", "2026-03-02", "--to", "2026-03-04", "--json"];
    let output = rules_test("refunds-follow-their-capture", None, &range);
    assert_code(&output, 0);
    let found = output.json();
    let rules = found["ledgers"][0]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), 3);
    assert_eq!(rules[0]["captures"], json!({"count": 1, "sum": "115.00"}));
    assert_eq!(rules[0]["refunds"], json!({"count": 2, "sum": "-69.00"}));
    assert_eq!(rules[0]["fees"], json!({"count": 1, "sum": "-2.01"}));
    assert_eq!(rules[1]["captures"], json!({"count": 1, "sum": "57.50"}));
    assert_eq!(rules[1]["refunds"], json!({"count": 0, "sum": "0.00"}));
    assert_eq!(rules[2]["captures"], json!({"count": 2, "sum": "300.00"}));
    assert_eq!(
        rules[0]["conditions"],
        json!({"handle": "NO:90412", "reference_prefix": "mat-", "valid_to": "2026-03-02"})
    );
    assert_eq!(rules[0]["effects"], json!({"tax_code": "31"}));
    assert_eq!(found["ledgers"][0]["no_rule"], json!([]));
}

#[test]
fn a_late_fee_belongs_to_the_rule_of_its_captures_date() {
    let range = ["--from", "2026-03-31", "--to", "2026-04-01", "--json"];
    let found = rules_test("swedish-food-rate-change", None, &range).json();
    let rules = &found["ledgers"][0]["rules"];
    assert_eq!(rules[1]["fees"], json!({"count": 1, "sum": "-1.96"}));
    assert_eq!(rules[2]["fees"], json!({"count": 1, "sum": "-1.86"}));
}

#[test]
fn what_no_rule_took_is_listed_by_sales_unit() {
    let range = ["--month", "2026-02", "--ledger", "640411", "--json"];
    let output = rules_test("capture-without-tax-code", None, &range);
    let found = output.json();
    assert_eq!(output.code, 3, "the month has dates that are not archived");
    assert_eq!(found["exit_code"], 3);
    assert_eq!(
        found["ledgers"][0]["no_rule"][0],
        json!({
            "kind": "captures", "recipient_handle": "NO:90419", "first_reference": "Q-2", "count": 1, "sum": "200.00",
        })
    );
    assert_eq!(found["ledgers"][0]["open_dates"].as_array().unwrap().len(), 20);
}

#[test]
fn a_rule_for_a_handle_that_the_ledger_does_not_have_says_so() {
    let config = "[[rules]]\nhandle = \"NO:1\"\ndepartment = \"1\"\n\n\
                  [[rules]]\nvalid_from = \"2030-01-01\"\ndepartment = \"2\"\n";
    let range = ["--from", "2026-03-10", "--to", "2026-03-10"];
    let text = rules_test("net-day", Some(config), &range).stdout;
    assert!(text.contains(
        "rule 1: handle NO:1 -> department 1\n      took nothing: the ledger does not settle for this handle"
    ));
    assert!(text.contains("rule 2: valid_from 2030-01-01 -> department 2\n      took nothing\n"));
    assert!(text.contains(
        "  no rule\n      captures       3          400.00   handle api:700101, first reference K-1001\n"
    ));
}

#[test]
fn a_rule_that_can_never_match_is_named() {
    let text = "[[rules]]\ntax_code = \"3\"\n\n[[rules]]\nhandle = \"NO:1\"\ntax_code = \"31\"\n\n\
                [[ledgers.\"1\".rules]]\nvalid_from = \"2026-02-01\"\nvalid_to = \"2026-01-01\"\n";
    let unused = Config::parse(text, Path::new("bilag.toml")).unwrap().unused;
    assert_eq!(unused.len(), 2, "{unused:?}");
    assert!(
        unused[0].contains("[[rules]] number 2 can never match: number 1 before it"),
        "{unused:?}"
    );
    let own = "[[ledgers.\"1\".rules]] number 1 can never match: it is valid from 2026-02-01 to 2026-01-01";
    assert!(unused[1].starts_with(own), "{unused:?}");
}

#[test]
fn the_examples_of_the_rules_page_are_accepted() {
    let configurations = examples("toml");
    let (json, csv) = (examples("json"), examples("csv"));
    assert_eq!((configurations.len(), json.len(), csv.len()), (4, 1, 2));
    let folder = scratch();
    fs::write(folder.path().join("lines.json"), &json[0]).unwrap();
    fs::write(folder.path().join("lines.csv"), &csv[0]).unwrap();
    fs::write(folder.path().join("rates.csv"), &csv[1]).unwrap();
    let path = folder.path().join("bilag.toml");
    for text in &configurations {
        Config::parse(text, &path).unwrap();
    }
    let lines = |name: &str| {
        let text = format!("sales_lines = \"{name}\"\n");
        let lines = Config::parse(&text, &path).unwrap().sales_lines;
        let find = |psp_reference, reference| lines.find(psp_reference, reference).unwrap().to_vec();
        (find(Some("88409001"), None), find(None, Some("ordre-77")))
    };
    assert_eq!(lines("lines.json"), lines("lines.csv"), "both forms say the same");
}

#[test]
fn the_transcript_of_the_rules_page_is_real() {
    let transcript = examples("console").remove(0);
    let (command, expected) = transcript.split_once('\n').unwrap();
    let arguments: Vec<&str> = command
        .strip_prefix("$ bilag rules test ")
        .unwrap()
        .split(' ')
        .collect();
    let output = rules_test("capture-without-tax-code", None, &arguments);
    assert_eq!(output.stdout, expected);
}
