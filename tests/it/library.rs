//! The library as other programs use it: through the names at the crate's root only.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use bilag::{Books, Code, Document, LedgerRange, Level, Status, Voucher, Writer};

use crate::harness::files::{repository, scratch};

const DESCRIPTOR: &str = r#"
id = "statement"
title = "A line a voucher, for people"
file = "statement.txt"
line_end = "crlf"

[options.greeting]
text = "What stands first."
default = "Kjære regnskapsfører"
"#;

/// A plain text with a line a voucher, for targets that hold no voucher above `most`.
struct Statement {
    document: Document,
    most: i64,
    vouchers: usize,
}

impl Writer for Statement {
    fn refuse(&mut self, voucher: &Voucher) -> Vec<String> {
        let is_large = debit(voucher) > self.most;
        is_large.then(|| "is too large".to_owned()).into_iter().collect()
    }

    fn begin(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        let greeting = self.document.option("greeting").unwrap();
        let Document {
            ledger_id, from, to, ..
        } = &self.document;
        writeln!(out, "{greeting}: {ledger_id}, {from} to {to}")
    }

    fn voucher(&mut self, voucher: &Voucher, out: &mut Vec<u8>) -> io::Result<()> {
        self.vouchers += 1;
        let currency = voucher.currency();
        let debit = currency.format(debit(voucher));
        writeln!(out, "{}: {debit} {currency}", voucher.id())
    }

    fn end(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        writeln!(out, "{} vouchers", self.vouchers)
    }
}

fn debit(voucher: &Voucher) -> i64 {
    let debits = voucher.postings().iter().map(|posting| posting.amount.max(0));
    debits.sum()
}

fn archive(fixture: &str) -> PathBuf {
    repository("fixtures").join(fixture).join("archive")
}

/// The books of a month with three payouts, and a target that holds no voucher above `most`.
fn books(most: i64) -> Books {
    let mut books = Books::open(archive("month-with-weekly-payouts")).unwrap();
    let make = move |document: &Document| -> Box<dyn Writer> {
        Box::new(Statement {
            document: document.clone(),
            most,
            vouchers: 0,
        })
    };
    books.register(DESCRIPTOR, make).unwrap();
    books
}

fn february(books: &Books) -> LedgerRange<'_> {
    books.month("640315", "2026-02").unwrap()
}

#[test]
fn a_writer_of_the_programs_own_is_written_with_its_manifest() {
    let out = scratch();
    let books = books(i64::MAX);
    let (posted, vouchers) = february(&books).post().unwrap();
    assert_eq!(posted.status, Status::Proven);
    assert_eq!(posted.vouchers, vouchers.len() as u64);
    assert!(posted.outputs.is_empty());

    let outcome = february(&books)
        .write(&["statement", "journal-csv"], out.path())
        .unwrap();
    assert!(outcome.holds());
    let folder = out.path().join("640315").join("2026-02-01_2026-02-28");
    let mut expected = "Kjære regnskapsfører: 640315, 2026-02-01 to 2026-02-28\r\n".to_owned();
    for voucher in &vouchers {
        let debit = voucher.currency().format(debit(voucher));
        expected.push_str(&format!("{}: {debit} NOK\r\n", voucher.id()));
    }
    expected.push_str(&format!("{} vouchers\r\n", vouchers.len()));
    let written = fs::read_to_string(folder.join("statement.txt")).unwrap();
    assert_eq!(written, expected);

    let expected = repository("fixtures/month-with-weekly-payouts/expected/640315/2026-02-01_2026-02-28");
    let journal = fs::read(folder.join("journal.csv")).unwrap();
    assert_eq!(journal, fs::read(expected.join("journal.csv")).unwrap());

    let manifest = fs::read_to_string(folder.join("manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    let statement = outcome.outputs.iter().find(|output| output.format == "statement");
    let statement = statement.unwrap();
    let noted = manifest["outputs"]
        .as_array()
        .unwrap()
        .iter()
        .find(|output| output["path"] == "statement.txt")
        .unwrap();
    assert_eq!(noted["format"], "statement");
    assert_eq!(noted["sha256"], statement.sha256.as_str());
    assert_eq!(noted["bytes"], statement.bytes);
    assert_eq!(statement.bytes, written.len() as u64);
}

#[test]
fn options_of_a_registered_format_come_from_the_configuration() {
    let out = scratch();
    let text = "[formats.statement]\ngreeting = \"Hei\"\n[posting]\nvoucher_per = \"payout\"";
    let books = books(i64::MAX).configured(text).unwrap();
    let outcome = february(&books).write(&["statement"], out.path()).unwrap();
    let written = fs::read_to_string(&outcome.outputs[0].path).unwrap();
    assert!(written.starts_with("Hei: 640315"), "{written}");
    assert!(written.contains("VM-640315-P"), "{written}");
}

#[test]
fn the_configuration_may_name_a_registered_format() {
    let out = scratch();
    let books = books(i64::MAX).configured("[output]\nformats = [\"statement\", \"journal-csv\"]");
    let outcome = february(&books.unwrap()).write(&[], out.path()).unwrap();
    let formats: Vec<&str> = outcome
        .outputs
        .iter()
        .map(|output| output.format.as_str())
        .collect();
    assert_eq!(formats, ["statement", "journal-csv"]);
}

#[test]
fn what_a_registered_writer_refuses_is_found_and_nothing_is_written() {
    let out = scratch();
    let books = books(10_000);
    let outcome = february(&books).write(&["statement"], out.path()).unwrap();
    assert!(!outcome.holds());
    let mut findings = outcome.findings.iter();
    let refused = findings
        .find(|finding| finding.code == Code::TargetLimit)
        .unwrap();
    assert_eq!(refused.level, Level::Error);
    assert!(
        refused.message.contains("VM-640315-2026-02-02: is too large"),
        "{}",
        refused.message
    );
    assert!(fs::read_dir(out.path()).unwrap().next().is_none());
}

#[test]
fn no_vouchers_are_given_where_a_date_is_open() {
    let archive = archive("last-date-still-open");
    let books = Books::open(archive).unwrap();
    let ledger_id = books.ledgers().unwrap().remove(0);
    let text = fs::read_to_string(repository("fixtures/last-date-still-open/case.toml")).unwrap();
    let date = text.split('"').find(|word| word.starts_with("2026-")).unwrap();
    let range = || books.month(&ledger_id, &date[..7]).unwrap();
    let (outcome, vouchers) = range().post().unwrap();
    assert_eq!(outcome.status, Status::Incomplete);
    assert!(!outcome.holds() && vouchers.is_empty() && !outcome.open_dates.is_empty());
}

#[test]
fn what_cannot_be_is_an_error_with_a_hint() {
    let mut books = books(0);
    let missing = Books::open("no-such-folder").unwrap_err();
    assert!(missing.to_string().contains("no-such-folder") && missing.hint().is_some());
    let twice = books.register(DESCRIPTOR, |_| unreachable!()).unwrap_err();
    assert!(twice.to_string().contains("`statement`"), "{twice}");
    let other = books.month("999999", "2026-02").unwrap_err();
    assert!(other.to_string().contains("`999999`"), "{other}");
    assert!(books.month("640315", "2026-13").is_err());
    let wrong = "id = \"a\"\ntitle = \"A\"\nfile = \"a\"\nplain = true";
    let wrong = books.register(wrong, |_| unreachable!()).unwrap_err();
    assert!(wrong.to_string().contains("coverage = \"none\""), "{wrong}");
    assert!(books.configured("[posting]\nmarkt = \"NO\"").is_err());
}

#[test]
fn a_statement_of_a_period_covers_no_vouchers() {
    let out = scratch();
    let text = "[company]\nname = \"Butikk AS\"\nregistration_number = \"987654325\"\npostal_code = \"0150\"\ncity = \"Oslo\"\n\
                country = \"NO\"\ncontact_first_name = \"Kari\"\ncontact_last_name = \"Nordmann\"\nphone = \"22334455\"";
    let books = books(i64::MAX).configured(text).unwrap();
    let outcome = february(&books)
        .write(&["saft-no", "journal-csv"], out.path())
        .unwrap();
    assert_eq!(outcome.outputs.len(), 2, "{:?}", outcome.findings);
}
