//! Texts that no target expects: written whole, replaced and listed, or refused. Never silent.

use bilag::catalogue::{self, Format};
use bilag::format::Split;
use bilag::journal::{Posting, Voucher};

use super::readers;
use crate::formats::cafe::{CONFIGURATION, suited};
use crate::harness::vouchers::{Written, posting, voucher, write};

/// Forty texts that have broken importers.
const NASTY: [&str; 40] = [
    ";",
    ",",
    "\"",
    "\"quoted\"",
    "'",
    "a;b;c",
    "a\tb",
    "a\nb",
    "a\r\nb",
    "\u{0}",
    "\u{7}bell",
    "\u{1b}[31m",
    "=cmd|' /C calc'!A0",
    "+1",
    "-1",
    "@SUM(A1)",
    "=1+1",
    "0130",
    "00000",
    "1e5",
    "1.000,50",
    "NULL",
    "TRUE",
    "#N/A",
    "Rød grød med fløde",
    "ÅÄÖåäö",
    "€uro",
    "漢字",
    "🙂🙃",
    "e\u{301}",
    "\u{202E}drow",
    "שלום",
    "\u{FEFF}bom",
    "\u{A0}nbsp",
    "<b>&amp;</b>",
    "]]>",
    "{{account:1}}",
    "%s%n",
    "C:\\x",
    "--comment",
];

/// A voucher with `text` in one field of all its postings.
fn with(field: usize, text: &str) -> Voucher {
    let changed = |account: &str, amount| {
        let mut posting: Posting = posting(account, amount, "Vipps");
        match field {
            0 => posting.text = text.into(),
            1 => posting.account_name = text.into(),
            2 => posting.department = Some(text.into()),
            3 => posting.project = Some(text.into()),
            4 => posting.reference = Some(text.into()),
            _ => posting.account = format!("{account}{text}").into(),
        }
        posting
    };
    voucher("2026-02-02", vec![changed("1920", 100), changed("1577", -100)])
}

/// The document still has one record a posting, and each has the same number of cells.
fn assert_whole(format: &'static Format, written: &Written, what: &str) {
    let id = format.descriptor.id.as_str();
    if written.bytes.is_empty() {
        return;
    }
    let text = readers::decode(id, &written.bytes);
    if let Some(layout) = &format.descriptor.delimited {
        let records = readers::records(&text, layout.separator);
        assert_eq!(
            records.len(),
            usize::from(layout.header) + 2,
            "{id}: {what}\n{text}"
        );
    } else if format.descriptor.file.ends_with(".json") {
        serde_json::from_str::<serde_json::Value>(&text)
            .unwrap_or_else(|error| panic!("{id}: {what}: {error}"));
    } else if format.descriptor.file.ends_with(".csv") {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        assert!(reader.records().all(|record| record.is_ok()), "{id}: {what}");
    }
}

#[test]
fn nasty_texts_never_break_a_document_and_are_never_silent() {
    for format in catalogue::all() {
        let id = format.descriptor.id.as_str();
        for text in NASTY {
            for field in 0..6 {
                let what = format!("field {field}: {text:?}");
                let voucher = with(field, text);
                let written = write(
                    format,
                    &suited(CONFIGURATION, &format.descriptor.id),
                    std::slice::from_ref(&voucher),
                );
                for message in written.refusals.iter().chain(&written.replacements) {
                    // A document with lists of its own may name the list, or what it replaces everywhere.
                    let places = [
                        voucher.id().as_str(),
                        "account",
                        "dimension",
                        "department",
                        "stands in its place",
                    ];
                    let is_placed = places.iter().any(|place| message.contains(place));
                    assert!(is_placed, "{id}: {what}: {message}");
                }
                assert_whole(format, &written, &what);
                let is_quiet = written.refusals.is_empty() && written.replacements.is_empty();
                // Where nothing was said, the text and the account stand in the document as they are.
                if is_quiet && (field == 0 && writes_texts(format) || field == 5 && writes_accounts(format)) {
                    let document = readers::decode(id, &written.bytes);
                    assert!(shows(&document, text), "{id}: {what}\n{document}");
                }
            }
        }
    }
}

/// Whether the format has a place for the text of a posting.
fn writes_texts(format: &Format) -> bool {
    !["entries-csv", "vipps-settlement-xml", "fiken"].contains(&format.descriptor.id.as_str())
}

/// Whether the format has a place for accounts.
fn writes_accounts(format: &Format) -> bool {
    !readers::WITHOUT_ACCOUNTS.contains(&format.descriptor.id.as_str())
}

/// Whether a document holds a text, as it is or in the escapes of CSV, JSON or XML.
fn shows(document: &str, text: &str) -> bool {
    let json = serde_json::to_string(text).unwrap();
    let xml = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;");
    let xml = xml
        .replace('\t', "&#9;")
        .replace('\n', "&#10;")
        .replace('\r', "&#13;");
    document.contains(text)
        || document.contains(&text.replace('"', "\"\""))
        || document.contains(json.trim_matches('"'))
        || document.contains(&json[1..json.len() - 1])
        || document.contains(&xml)
        || document.contains(&text.replace('\n', "\r\n"))
}

#[test]
fn the_longest_text_is_written_whole_or_cut_and_listed() {
    let long = "Vipps utbetaling æøå ".repeat(300);
    let long = long.trim();
    for format in catalogue::all() {
        let id = format.descriptor.id.as_str();
        let written = write(
            format,
            &suited(CONFIGURATION, &format.descriptor.id),
            &[with(0, long)],
        );
        assert_whole(format, &written, "long");
        if written.refusals.is_empty() && written.replacements.is_empty() && writes_texts(format) {
            let text = readers::decode(id, &written.bytes);
            assert!(text.contains(long), "{id}: cut in silence");
        }
    }
}

#[test]
fn one_fault_on_every_line_is_named_once() {
    for format in catalogue::all()
        .iter()
        .filter(|format| format.descriptor.split != Split::Voucher)
    {
        let written = write(
            format,
            &suited(CONFIGURATION, &format.descriptor.id),
            &[with(0, "漢;\"字")],
        );
        let mut messages = [written.refusals, written.replacements].concat();
        let count = messages.len();
        messages.dedup();
        assert_eq!(messages.len(), count, "{}", format.descriptor.id);
    }
}
