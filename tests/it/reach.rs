//! Which ledgers a command is about: one that the keys no longer list drops out of nothing, and a
//! configuration of a ledger that nobody knows does not pass.

use std::sync::Arc;

use bilag::sandbox::generate::Generator;
use bilag::sandbox::options::SandboxOptions;
use bilag::sandbox::server::Sandbox;
use serde_json::{Value, json};

use crate::bad_input::shop;
use crate::harness::dates::range;
use crate::harness::program::{Ran, Workplace, assert_code};
use crate::harness::sandbox::{plan, start};

const KEPT: &str = "302321";
const LOST: &str = "415566";

/// Ledgers of which all of March is known.
async fn sandbox(ids: &[&str]) -> Sandbox {
    let span = range("2026-03-01", "2026-03-31");
    let plans = ids.iter().map(|id| plan(id, span, 2)).collect();
    start(Arc::new(Generator::new(plans)), SandboxOptions::default()).await
}

/// What the generated ledgers have to say that is not of interest here.
const ACCEPTED: &str = "\"dispute\", \"top-up-review\", \"correction-review\", \"payout-aborted\"";

/// The configuration for a sandbox, with more tables.
fn config(sandbox: &Sandbox, more: &str) -> String {
    let base_url = sandbox.base_url();
    format!("[api]\nbase_url = \"{base_url}\"\n{more}\n[checks]\naccept = [{ACCEPTED}]\n")
}

/// A place that fetched both ledgers on 5 and 6 March, and the sandbox of today's keys, which reach
/// one of them.
async fn place() -> (Workplace, Sandbox) {
    let both = sandbox(&[KEPT, LOST]).await;
    let place = Workplace::beside(&both.base_url(), "");
    let fetch = ["fetch", "--from", "2026-03-05", "--to", "2026-03-06"];
    assert_code(&place.run_async(&fetch).await, 0);
    let one = sandbox(&[KEPT]).await;
    let place = place.config(&config(&one, ""));
    (place, one)
}

async fn run_on(place: &Workplace, command: &str, from: &str, to: &str, more: &[&str]) -> Ran {
    let mut arguments = vec![command, "--from", from, "--to", to, "--json"];
    if command == "export" {
        arguments.extend(["--out", "books"]);
    }
    place.run_async(&[&arguments[..], more].concat()).await
}

fn ids(run: &Ran) -> Vec<String> {
    let ledgers = run.json()["ledgers"].as_array().unwrap().clone();
    let id = |ledger: &Value| ledger["ledger_id"].as_str().unwrap().to_owned();
    ledgers.iter().map(id).collect()
}

/// The levels of `ledger-unreachable` by ledger.
fn unreachable(run: &Ran) -> Vec<Vec<Value>> {
    let of = |ledger: &Value| {
        let findings = ledger["findings"].as_array().unwrap().iter();
        findings
            .filter(|finding| finding["code"] == "ledger-unreachable")
            .map(|finding| finding["level"].clone())
            .collect()
    };
    run.json()["ledgers"].as_array().unwrap().iter().map(of).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ledger_that_the_keys_no_longer_list_drops_out_of_no_command() {
    let (place, today) = place().await;
    for command in ["fetch", "check", "reconcile", "export"] {
        // What is archived is proven and written as ever, and a person is told.
        for more in [&[][..], &["--ledger", LOST, "--ledger", KEPT]] {
            let run = run_on(&place, command, "2026-03-05", "2026-03-06", more).await;
            assert_code(&run, 0);
            assert_eq!(ids(&run), [KEPT, LOST], "{command}");
            assert_eq!(unreachable(&run), [vec![], vec![json!("review")]], "{command}");
        }
        let run = run_on(&place, command, "2026-03-05", "2026-03-06", &["--strict"]).await;
        assert_code(&run, 5);
        let run = run_on(&place, command, "2026-03-05", "2026-03-06", &["--ledger", KEPT]).await;
        assert_eq!(ids(&run), [KEPT], "only this one was asked for");

        // What is not archived will not come: that is no open date.
        let run = run_on(&place, command, "2026-03-05", "2026-03-12", &[]).await;
        assert_code(&run, 10);
        assert_eq!(unreachable(&run), [vec![], vec![json!("review")]]);
        let statuses = ["proven", "incomplete"];
        for (ledger, status) in run.json()["ledgers"].as_array().unwrap().iter().zip(statuses) {
            assert_eq!(ledger["status"], status, "{command}");
        }
    }
    assert!(
        place
            .path("books/302321/2026-03-05_2026-03-12/journal.csv")
            .is_file()
    );
    assert!(
        place
            .path("books/415566/2026-03-05_2026-03-06/journal.csv")
            .is_file()
    );
    assert!(!place.path("books/415566/2026-03-05_2026-03-12").exists());
    let asked = today.requests();
    assert!(asked.iter().all(|request| !request.path.contains(LOST)));

    let run = place.run_async(&["ledgers", "--json"]).await;
    assert_code(&run, 0);
    let said = run.json();
    assert_eq!(said["ledgers"][0]["ledgerId"], KEPT);
    assert_eq!(said["unreachable"][0]["ledgerId"], LOST);
    assert_eq!(said["findings"][0]["code"], "ledger-unreachable");
    assert_code(&place.run_async(&["ledgers", "--strict"]).await, 5);
    let run = place.run_async(&["ledgers"]).await;
    assert!(
        run.stdout.contains("not listed by the keys:\n415566"),
        "{}",
        run.stdout
    );
    assert!(run.stderr.contains("review ledger-unreachable"), "{}", run.stderr);

    let unknown = run_on(&place, "check", "2026-03-05", "2026-03-06", &["--ledger", "7"]).await;
    assert_code(&unknown, 10);

    let accepted = format!("[ledgers.\"415566\".checks]\naccept = [\"ledger-unreachable\", {ACCEPTED}]\n");
    let place = place.config(&config(&today, &accepted));
    let run = run_on(&place, "check", "2026-03-05", "2026-03-06", &["--strict"]).await;
    assert_code(&run, 0);
    assert_eq!(unreachable(&run)[1], [json!("info")]);
    assert_code(&place.run_async(&["ledgers", "--strict"]).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ledger_that_ended_is_complete_with_its_last_date() {
    let (place, today) = place().await;
    // The date after the range was fetched with it, to prove its end: 7 March.
    let ended = "[ledgers.\"415566\"]\nended = \"2026-03-07\"\n";
    let place = place.config(&config(&today, ended));
    for more in [&["--strict"][..], &["--strict", "--offline"]] {
        let run = run_on(&place, "export", "2026-03-05", "2026-03-07", more).await;
        assert_code(&run, 0);
        assert_eq!(ids(&run), [KEPT, LOST]);
        assert_eq!(unreachable(&run), [vec![], Vec::<Value>::new()]);
    }
    let run = run_on(&place, "export", "2026-03-05", "2026-03-12", &["--strict"]).await;
    assert_code(&run, 0);
    assert_eq!(ids(&run), [KEPT, LOST]);
    assert!(
        place
            .path("books/415566/2026-03-05_2026-03-07/journal.csv")
            .is_file()
    );

    // After its end it is left out, which is said; asked for by its name, it is refused.
    for more in [&[][..], &["--offline"]] {
        let run = run_on(&place, "check", "2026-03-08", "2026-03-12", more).await;
        assert_code(&run, 0);
        assert_eq!(ids(&run), [KEPT]);
        assert!(run.stderr.contains("left out: 415566"), "{}", run.stderr);
        let named = [more, &["--ledger", LOST]].concat();
        let run = run_on(&place, "check", "2026-03-08", "2026-03-12", &named).await;
        assert_code(&run, 2);
        assert!(
            run.stderr.contains("`415566` ended on 2026-03-07"),
            "{}",
            run.stderr
        );
    }
    let run = place.run_async(&["ledgers", "--strict"]).await;
    assert_code(&run, 0);
    assert!(run.stdout.contains(LOST), "{}", run.stdout);

    // A date that is too early takes no entry away.
    let place = place.config(&config(&today, "[ledgers.\"415566\"]\nended = \"2026-03-05\"\n"));
    let run = run_on(&place, "export", "2026-03-06", "2026-03-12", &[]).await;
    assert_code(&run, 0);
    assert!(
        place
            .path("books/415566/2026-03-06_2026-03-07/journal.csv")
            .is_file()
    );
    // Nor does one for a ledger that the keys still list.
    let whole = run_on(&place, "check", "2026-03-06", "2026-03-12", &["--ledger", KEPT]).await;
    let place = place.config(&config(&today, "[ledgers.\"302321\"]\nended = \"2026-03-05\"\n"));
    let run = run_on(&place, "check", "2026-03-06", "2026-03-12", &["--ledger", KEPT]).await;
    assert_code(&run, 0);
    assert_eq!(run.ledger()["topics"], whole.ledger()["topics"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_of_a_ledger_that_nobody_knows_is_a_typing_mistake_or_named() {
    let (place, today) = place().await;
    let table = |id: &str| format!("[ledgers.\"{id}\".posting]\ncaptures = \"none\"\n");
    // Two characters that changed places; the ledger that was archived counts as well.
    for (wrong, right) in [("302312", KEPT), ("30232", KEPT), ("41556", LOST)] {
        let before = today.requests().len();
        std::fs::write(place.path("typed.toml"), config(&today, &table(wrong))).unwrap();
        for more in [&[][..], &["--ledger", KEPT], &["--offline"]] {
            let typed = [&["--config", "typed.toml"], more].concat();
            let run = run_on(&place, "check", "2026-03-05", "2026-03-06", &typed).await;
            assert_code(&run, 2);
            let named = format!(
                "typed.toml: line 3: no ledger `{wrong}` is listed by the keys or in the archive, but `{right}` is"
            );
            assert!(run.stderr.contains(&named), "{}", run.stderr);
        }
        let asked = &today.requests()[before..];
        assert!(asked.iter().all(|request| !request.path.contains("/dates/")));
    }
    let place = place.config(&config(&today, &table("700001")));
    for command in ["fetch", "check", "reconcile", "export"] {
        for more in [&[][..], &["--ledger", KEPT]] {
            let run = run_on(&place, command, "2026-03-05", "2026-03-06", more).await;
            assert_code(&run, 0);
            let findings = run.json()["findings"].clone();
            assert_eq!(findings.as_array().unwrap().len(), 1);
            assert_eq!(findings[0]["code"], "unused-configuration");
            assert_eq!(findings[0]["level"], "review");
            assert!(findings[0]["message"].as_str().unwrap().contains("`700001`"));
        }
    }
    // A table of one that is archived, or not asked for, is used.
    let place = place.config(&config(&today, &table(LOST)));
    let run = run_on(&place, "check", "2026-03-05", "2026-03-06", &["--ledger", KEPT]).await;
    assert_eq!(run.json()["findings"], json!([]));
}

#[test]
fn what_can_never_match_is_told_once_for_the_whole_run() {
    let mut second = shop();
    second.id = "8812345".to_owned();
    let rules = "[posting]\nmarket = \"NO\"\n[[rules]]\naccount = \"1501\"\n[[rules]]\nhandle = \"NO:90001\"\naccount = \"1502\"\n\
                 [[ledgers.\"77\".rules]]\nvalid_from = \"2026-02-01\"\nvalid_to = \"2026-01-01\"\n";
    let office = Workplace::of(&[&shop(), &second]).config(rules);
    let run = office.run_on("check", "2026-02-09", "2026-02-10", &["--strict"]);
    assert_code(&run, 5);
    let findings = run.json()["findings"].as_array().unwrap().clone();
    let messages: Vec<&str> = findings
        .iter()
        .map(|found| found["message"].as_str().unwrap())
        .collect();
    assert_eq!(messages.len(), 2, "{messages:?}");
    assert!(
        messages[0].starts_with("[[rules]] number 2 can never match"),
        "{messages:?}"
    );
    assert!(
        messages[1].starts_with("[[ledgers.\"77\".rules]] number 1 can never match"),
        "{messages:?}"
    );
    let run = office.run(&["check", "--from", "2026-02-09", "--to", "2026-02-10"]);
    assert_code(&run, 0);
    assert!(
        run.stderr
            .contains("review unused-configuration: [[rules]] number 2"),
        "{}",
        run.stderr
    );

    let accepted = format!("[checks]\naccept = [\"unused-configuration\"]\n{rules}");
    let office = office.config(&accepted);
    let run = office.run_on("check", "2026-02-09", "2026-02-10", &["--strict"]);
    assert_code(&run, 0);
    let found = &run.json()["findings"][0];
    assert_eq!(
        (&found["level"], &found["accepted"]),
        (&json!("info"), &json!(true))
    );
}
