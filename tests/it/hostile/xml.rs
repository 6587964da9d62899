//! `bilag verify` refuses what is no XML, and is not felled by what is too much of it.

use std::fs;

use crate::harness::program::{Workplace, assert_code, run};

const GOOD: &str = include_str!("../verify/good-no.xml");

#[test]
fn what_is_not_well_formed_is_4_and_what_is_no_saft_is_2() {
    let place = Workplace::new();
    let twice = GOOD.replacen("<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "", 1);
    let end = GOOD.trim_end().len() - "</n1:AuditFile>".len();
    let declared = |encoding: &str| GOOD.replacen("UTF-8", encoding, 1);
    let deep = |depth: usize| {
        let (open, close) = ("<n1:Deep>".repeat(depth), "</n1:Deep>".repeat(depth));
        GOOD.replacen("</n1:Header>", &format!("{open}{close}</n1:Header>"), 1)
    };
    let journals = format!("<n1:AuditFile>{}", "<n1:Journal>".repeat(30_000));
    for (text, code, says) in [
        (GOOD.to_owned(), 0, ""),
        (format!("{GOOD}\n<!-- the end -->\n<?done?>\n"), 0, ""),
        (declared("utf-8"), 0, ""),
        (format!("{GOOD}{twice}"), 4, "something follows the root element"),
        (format!("{GOOD}<x/>"), 4, "something follows the root element"),
        (format!("{GOOD} and more"), 4, "text outside the root element"),
        (GOOD[..end].to_owned(), 4, "the file ends within an element"),
        (declared("ISO-8859-1"), 4, "its encoding is `ISO-8859-1`"),
        (declared("klingon"), 4, "its encoding is `klingon`"),
        (deep(50), 0, ""),
        (deep(200), 4, "more than 100 deep"),
        (deep(500_000), 4, "more than 100 deep"),
        (journals, 4, "more than 100 deep"),
        (
            GOOD.replacen("<n1:Header>", "<n1:Header a='1' a='2'>", 1),
            4,
            "attribute",
        ),
        ("<Invoice><a></Invoice>".to_owned(), 2, "this is no SAF-T file"),
        ("<a/>".to_owned(), 2, "this is no SAF-T file"),
        (String::new(), 4, "the file is empty"),
        ("plain text".to_owned(), 4, "text outside the root element"),
    ] {
        fs::write(place.path("file.xml"), &text).unwrap();
        let ran = run(place.bare(&["verify", "file.xml"]));
        assert!(ran.stderr.contains(says), "{says}: {} {}", ran.stderr, ran.stdout);
        assert_code(&ran, code);
    }
    fs::write(place.path("file.xml"), b"\xff\xfe<\0a\0/\0>\0").unwrap();
    assert_code(&run(place.bare(&["verify", "file.xml"])), 4);
    assert_code(&run(place.bare(&["verify", "nowhere.xml"])), 2);
}
