//! Nothing that a terminal obeys comes out of the program, whatever went in, and nothing without end.

use std::fs;

use super::{FROM, RANGE, TO, ledger, workplace};
use crate::harness::entry::{Entry, Field};
use crate::harness::ledger::{Ledger, capture};
use crate::harness::program::{Ran, Workplace, run};

/// Escapes, one of C1, marks of direction, a line end, a bell, a byte order mark.
const EVIL: &str = "a\u{1b}]0;x\u{7}\u{9b}31m\u{202e}b\u{2066}\u{200f}\u{61c}\r\n\u{2028}c\u{feff}\u{7f}d";

fn is_obeyed(character: char) -> bool {
    (character.is_control() && !matches!(character, '\n' | '\t'))
        || matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}')
        || matches!(character, '\u{061C}' | '\u{2028}' | '\u{2029}' | '\u{FEFF}')
}

#[track_caller]
fn assert_tame(what: &str, ran: &Ran) {
    for (name, text) in [("stdout", &ran.stdout), ("stderr", &ran.stderr)] {
        if let Some(at) = text.find(is_obeyed) {
            let from = (0..=at.saturating_sub(60))
                .rev()
                .find(|from| text.is_char_boundary(*from));
            panic!("{what}, {name}: {:?}", &text[from.unwrap()..at + 4]);
        }
        assert!(text.len() < 60_000, "{what}, {name}: {} bytes", text.len());
    }
}

fn all(place: &Workplace, references: &[&str]) {
    let saft = place.path("evil.xml");
    let saft = saft.to_str().unwrap();
    let on = |words: &[&'static str]| [words, &RANGE[..]].concat();
    let mut commands = vec![
        on(&["export", "--out", "books", "--format", "all"]),
        on(&[
            "export",
            "--out",
            "books-2",
            "--format",
            "entries-csv",
            "--format",
            "journal-json",
        ]),
        on(&["check"]),
        on(&["reconcile"]),
        on(&["rules", "test"]),
        vec!["ledgers"],
        vec!["verify", saft],
    ];
    commands.extend(references.iter().map(|reference| vec!["explain", *reference]));
    for command in commands {
        for more in [&[][..], &["--json"], &["-v", "-v"]] {
            let arguments = [&command, more].concat();
            assert_tame(&format!("{arguments:?}"), &place.run(&arguments));
        }
    }
}

/// A ledger of which every text is `text`.
fn ledger_of(text: &str) -> Ledger {
    let mut odd = Entry::new(text, 100).psp(text).reference(text).handle(text);
    odd.time = text.into();
    let mut ledger = ledger().sales_unit(text, text).bank_account(text).date(TO);
    ledger = ledger.funds([odd, capture("5003", 100).reference(text)]);
    let mut foreign = capture("5004", 100);
    foreign.currency = Field::Text(text.to_owned());
    ledger
        .date(FROM)
        .fees([foreign, Entry::new("capture-fee", -5).psp(text)])
}

#[test]
fn no_text_of_the_provider_is_obeyed() {
    let place = Workplace::of(&[&ledger_of(EVIL)]);
    let saft = include_str!("../verify/good-no.xml");
    fs::write(
        place.path("evil.xml"),
        saft.replace("1.30", "\u{9b}1.3\u{202e}0")
            .replace("AccountID>2700<", "AccountID>\u{9b}27\u{202e}00<"),
    )
    .unwrap();
    all(&place, &["5001", EVIL]);
    // The same, where the archive is damaged, and what is said quotes it.
    let path = place.path("archive/302321/funds/2026-02-09.json");
    let text = fs::read_to_string(&path).unwrap();
    for (what, with) in [
        ("\"amount\": 10000", "\"amount\": \"\u{9b}\u{202e}\""),
        ("\"amount\": 10000", "\"amount\": 1\u{9b}\u{202e}"),
        ("\"entryType\"", "\"entry\u{202e}Type\""),
    ] {
        fs::write(&path, text.replacen(what, with, 1)).unwrap();
        all(&place, &["5001"]);
    }
}

#[test]
fn no_text_of_the_provider_is_endless() {
    let long = "long ".repeat(200_000);
    let mut place = Workplace::of(&[&ledger_of(&long)]);
    let saft = include_str!("../verify/good-no.xml");
    fs::write(
        place.path("evil.xml"),
        saft.replace("AccountID>2700<", &format!("AccountID>{long}<")),
    )
    .unwrap();
    place = place.config("[posting]\nmarket = \"NO\"\n");
    let on = |words: &[&'static str]| [words, &RANGE[..]].concat();
    for command in [
        on(&["export", "--out", "books"]),
        on(&["check"]),
        on(&["reconcile"]),
        on(&["rules", "test"]),
        vec!["ledgers"],
        vec!["explain", "5003"],
        vec!["verify", "evil.xml"],
    ] {
        let ran = place.run(&command);
        assert!(
            ran.stdout.len() < 60_000,
            "{command:?}: {} bytes",
            ran.stdout.len()
        );
        assert!(
            ran.stderr.len() < 60_000,
            "{command:?}: {} bytes",
            ran.stderr.len()
        );
    }
    for command in ["check", "reconcile"] {
        let ran = place.run(&on(&[command, "--json"]));
        assert!(
            ran.stdout.len() < 60_000,
            "{command:?}: {} bytes",
            ran.stdout.len()
        );
    }
}

#[test]
fn no_error_that_quotes_a_file_or_an_argument_is_obeyed_or_endless() {
    let place = workplace();
    let long = "x".repeat(1_000_000);
    let quoted = |text: &str| toml::Value::from(text).to_string();
    for text in [EVIL, &long] {
        let mut files = vec![
            format!("{} = 1\n", quoted(text)),
            format!("[posting]\nmarket = {}\n", quoted(text)),
            format!(
                "[posting]\nmarket = '{}'\n",
                text.replace(['\r', '\n', '\u{7}', '\u{1b}', '\u{7f}'], "")
            ),
            format!("[accounts]\nsales = {}\n", quoted(text)),
            format!("[output]\nformats = [{}]\n", quoted(text)),
            format!("[formats.journal-csv]\n{} = 1\n", quoted(text)),
            format!("[[rules]]\nreference_regex = {}\n", quoted(&format!("({text}"))),
            format!("[fx_rates.EUR]\n{} = \"1\"\n", quoted(text)),
            format!("fx_rates_file = {}\n", quoted(text)),
            text.to_owned(),
        ];
        files.push(format!("# {text}\n[api]\nauth = 3 # {text}\n"));
        for file in files {
            fs::write(place.path("evil.toml"), file).unwrap();
            for more in [&[][..], &["--json"]] {
                let command = [&["check", "--config", "evil.toml"], &RANGE[..], more].concat();
                assert_tame(&format!("{more:?}"), &place.run(&command));
                let command = [&["formats", "check", "evil.toml"], more].concat();
                assert_tame(&format!("{more:?}"), &run(place.bare(&command)));
            }
        }
        for (name, content) in [
            (
                "lines.json",
                format!("[{{{}: 1}}]", serde_json::to_string(text).unwrap()),
            ),
            (
                "lines.csv",
                format!("psp_reference,reference,gross,tax_code,vat\n\"{text}\",,x,3,\n"),
            ),
        ] {
            fs::write(place.path(name), content).unwrap();
            fs::write(place.path("evil.toml"), format!("sales_lines = \"{name}\"\n")).unwrap();
            let command = [&["check", "--config", "evil.toml"], &RANGE[..]].concat();
            assert_tame(name, &place.run(&command));
        }
    }
    for arguments in [
        &["check", "--from", EVIL, "--to", EVIL][..],
        &["check", "--month", EVIL],
        &["check", "--month", "2026-02", "--ledger", EVIL],
        &["check", "--month", "2026-02", "--format", EVIL],
        &["check", "--month", "2026-02", "--archive", EVIL],
        &["formats", "show", EVIL],
        &["explain", EVIL],
        &["verify", EVIL],
        &["init", "--file", EVIL],
        &[EVIL],
        &[concat!("--", "x\u{1b}[31m\u{202e}")],
        &["sandbox", "--fault", EVIL],
    ] {
        for more in [&[][..], &["--json"]] {
            assert_tame(
                &format!("{arguments:?}"),
                &run(place.bare(&[arguments, more].concat())),
            );
        }
    }
}
