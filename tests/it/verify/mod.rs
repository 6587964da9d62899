//! `bilag verify` finds what is broken, and nothing in what is not.

mod broken;

use std::path::Path;

use bilag::verify::{self, Report, VerifyError};

pub(crate) const GOOD: &str = include_str!("good-no.xml");

pub(crate) fn report(text: &str) -> Report {
    verify::reader(text.as_bytes()).unwrap()
}

#[test]
fn a_file_of_another_program_is_clean() {
    let report = report(GOOD);
    assert_eq!(report.findings, []);
    assert_eq!((report.accounts, report.transactions, report.lines), (5, 2, 5));
    assert_eq!((report.country, report.version.as_str()), ("NO", "1.30"));
    let path = crate::harness::files::repository("tests/it/verify/good-no.xml");
    super::judges::readers::validate("saft-no/Norwegian_SAF-T_Financial_Schema_v_1.30.xsd", &path);
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_change_nothing() {
    let text = format!("\u{FEFF}{}", GOOD.replace('\n', "\r\n"));
    assert_eq!(report(&text), report(GOOD));
}

#[test]
fn what_is_no_saft_is_refused_with_its_line() {
    let cut = &GOOD[..GOOD.find("<n1:DefaultCurrencyCode>").unwrap()];
    for (text, message) in [
        ("", "the file is empty"),
        ("plain text", "there is text outside the root element"),
        (cut, "the file ends within an element"),
        (&GOOD[..GOOD.len() / 2], "syntax error"),
        (
            "<AuditFile>\n<Header>&unknown;",
            "the entity `&unknown;` is not defined",
        ),
        ("<AuditFile>\n<Header></AuditFile>", "expected `</Header>`"),
    ] {
        match verify::reader(text.as_bytes()) {
            Err(VerifyError::Malformed { message: found, .. }) if found.contains(message) => {}
            other => panic!("{text:.30}: {other:?}"),
        }
    }
    let other = verify::reader("\n<a/>".as_bytes());
    assert!(
        matches!(other, Err(VerifyError::NotSaft { line: 2 })),
        "{other:?}"
    );
    let error = verify::reader("<AuditFile>\n\n<Header>&x;".as_bytes()).unwrap_err();
    assert_eq!(error.to_string(), "line 3: the entity `&x;` is not defined");
    assert!(verify::file(Path::new("/nowhere/at/all.xml")).is_err());
}

#[test]
fn findings_of_one_rule_are_counted_beyond_those_that_are_kept() {
    let line = "<n1:Line><n1:RecordID>9</n1:RecordID><n1:AccountID>9999</n1:AccountID><n1:Description>x</n1:Description>\
                <n1:DebitAmount><n1:Amount>0.00</n1:Amount></n1:DebitAmount></n1:Line>\n";
    let text = GOOD.replacen(
        "</n1:Transaction>",
        &format!("{}</n1:Transaction>", line.repeat(250)),
        1,
    );
    let report = report(&text);
    assert_eq!(report.counts["N058"], 250);
    assert_eq!(
        report
            .findings
            .iter()
            .filter(|finding| finding.rule == "N058")
            .count(),
        100
    );
    assert_eq!(report.errors(), 250 + 249);
    assert!(!report.is_clean());
}
