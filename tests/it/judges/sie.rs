//! `sie4` and `sie5`, judged by a checker written from the specification, a crate, a schema.

use std::fs;
use std::path::Path;

use bilag::chart::Market;
use bilag::encode::Encoding;

use super::export::{Export, MODES};
use super::readers::{Movements, check_sie4, journal, minor, validate};
use crate::harness::dates::range;
use crate::harness::library::findings;

const CONFIG: &str = r#"
[company]
name = "Bø Övningsbolaget ÅÄÖ – \"& <AB>"
registration_number = "5566778899"

[[rules]]
tax_code = "SE25"
department = "Bø {1}"
project = "P \"2\""

[posting]
market = "SE"
"#;

fn config(posting: &str) -> String {
    format!("{CONFIG}{posting}")
}

/// The text of a file in code page 437, as far as the letters of the tests go.
fn text_of(path: &Path) -> String {
    let decode = |byte: &u8| match byte {
        0..=127 => char::from(*byte),
        _ => "åäöÅÄÖéæ"
            .chars()
            .find(|character| {
                let mut buffer = [0; 4];
                Encoding::Cp437.encode(*character, &mut buffer).is_some() && buffer[0] == *byte
            })
            .unwrap(),
    };
    fs::read(path).unwrap().iter().map(decode).collect()
}

/// Movements of a SIE 4 file: the account, and the first field after the braces.
fn movements(text: &str) -> Movements {
    let mut movements = Movements::new();
    for line in text.lines().filter_map(|line| line.strip_prefix("#TRANS ")) {
        let (account, rest) = line.split_once(' ').unwrap();
        let mut is_quoted = false;
        let end = rest.char_indices().find(|(index, character)| {
            is_quoted ^= *character == '"' && !rest[..*index].ends_with('\\');
            *character == '}' && !is_quoted
        });
        let amount = rest[end.unwrap().0 + 2..].split(' ').next().unwrap();
        *movements.entry(account.to_owned()).or_default() += minor(amount);
    }
    movements
}

#[test]
fn a_month_in_every_mode_passes_the_checker_and_says_what_the_journal_says() {
    let export = Export::of(Market::Sweden);
    for mode in MODES {
        let files = export.files(&config(mode), &["sie4", "sie5", "journal-csv"]);
        assert_eq!(files[0].file_name().unwrap(), "vipps-302321-20260201-20260228.si");
        check_sie4(&files[0]);
        let text = text_of(&files[0]);
        assert!(text.contains("\r\n#ORGNR 556677-8899\r\n"));
        assert!(text.contains("#FNAMN \"Bö Övningsbolaget ÅÄÖ - \\\"& <AB>\"\r\n"));
        assert_eq!(movements(&text), journal(&files[2]), "{mode}");
        validate("xsd/sie5.xsd", &files[1]);
    }
}

#[test]
fn what_the_code_page_lacks_is_listed() {
    let export = Export::of(Market::Sweden);
    let run = export.run(&config("captures = \"revenue\"\n"), &["sie4"]);
    let findings = findings(&run).join("\n");
    assert!(
        findings
            .contains("text-replaced: sie4: `ø` is not in the code page of SIE 4: `ö` stands in its place"),
        "{findings}"
    );
    assert!(
        findings.contains("`–` is not in the code page of SIE 4: `-` stands in its place"),
        "{findings}"
    );
}

#[test]
fn a_year_so_far_has_balances_that_add_up() {
    let mut export = Export::of(Market::Sweden);
    export.range = range("2026-01-01", "2026-02-28");
    let options = "captures = \"revenue\"\n[formats.sie4]\nkind = \"4e\"\n[formats.sie4.opening]\n\"1930\" = \"-12.50\"\n\"1580\" = \"0.00\"\n\"2990\" = \"0.00\"\n";
    // The archive begins on 20 January; nothing happened before.
    export.add_empty_dates("2025-12-20", 31);
    let files = export.files(&config(options), &["sie4", "journal-csv"]);
    check_sie4(&files[0]);
    let text = text_of(&files[0]);
    assert!(!text.contains("#KSUMMA"));
    assert!(text.contains("#OMFATTN 20260228\r\n"));
    assert!(text.contains("#IB 0 1930 -12.50\r\n"));
    let moved = movements(&text);
    assert_eq!(moved, journal(&files[1]));
    for (account, movement) in moved {
        let sum = |label: &str| -> i64 {
            let prefix = format!("{label} 0 {account} ");
            text.lines()
                .filter_map(|line| line.strip_prefix(&prefix))
                .map(minor)
                .sum()
        };
        assert_eq!(sum("#IB") + movement, sum("#UB") + sum("#RES"), "{account}");
    }
    let run = {
        export.range = range("2026-02-01", "2026-02-28");
        export.run(&config(options), &["sie4"])
    };
    assert!(
        findings(&run)
            .join("\n")
            .contains("a 4E file holds the balances of a fiscal year: export from 2026-01-01")
    );
}

#[test]
fn what_sie_cannot_hold_is_refused_by_name() {
    let export = Export::of(Market::Sweden);
    for (from, to, message) in [
        (
            "5566778899",
            "987654321",
            "company.registration_number `987654321` is no Swedish organisation number",
        ),
        (
            "\n[posting]",
            "\n[accounts]\nfunds = \"A1580\"\n[posting]",
            "account A1580 is not a number",
        ),
        (
            "\n[posting]",
            "\n[accounts]\nfunds = \"9580\"\n[posting]",
            "account 9580 is not a number of the classes",
        ),
    ] {
        let run = export.run(&config("").replace(from, to), &["sie4", "sie5"]);
        assert!(run.outputs.is_empty());
        let findings = findings(&run).join("\n");
        assert!(findings.contains(message), "{message}\n{findings}");
    }
}
