//! What the program makes of a life, read back from its files, and how it differs from the oracle's.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use bilag::date::DateRange;
use bilag::proof::Status;
use chrono::NaiveDate;
use serde_json::Value;

use crate::harness::library;
use crate::oracle::drafts::{Posting, Voucher};
use crate::oracle::life::Life;
use crate::oracle::setting::Setting;

/// Vouchers by id.
pub(crate) type Journal = BTreeMap<String, (NaiveDate, Vec<Posting>)>;

/// Exports some dates of a life and reads the journal, or says what stood against it.
pub(crate) fn export(
    folder: &Path,
    life: &Life,
    setting: &Setting,
    (first, last): (NaiveDate, NaiveDate),
) -> Result<Journal, String> {
    let range = DateRange::new(first, last).unwrap();
    let out = folder.join("out");
    let (archive, toml) = (folder.join("archive"), setting.toml(folder));
    let run = library::export(&archive, &life.ledger, &toml, range, &["journal-json"], &out);
    let problems = library::problems(&run);
    if !problems.is_empty() || run.outputs.len() != 1 {
        return Err(format!("{problems:?} {:?}", library::findings(&run)));
    }
    if life.is_known_before(last) {
        let findings = library::findings(&run);
        let is_proven = run
            .proof
            .as_ref()
            .is_some_and(|proof| proof.status == Status::Proven);
        if !is_proven || findings.iter().any(|finding| finding.starts_with("payout-gap")) {
            return Err(format!("is not proven: {findings:?}"));
        }
    }
    let text = std::fs::read_to_string(&run.outputs[0].path).unwrap();
    std::fs::remove_dir_all(&out).unwrap();
    read_json(&text)
}

/// Reads `journal.json`.
pub(crate) fn read_json(text: &str) -> Result<Journal, String> {
    let document: Value = serde_json::from_str(text).unwrap();
    let mut journal = Journal::new();
    let mut last = None;
    for voucher in document["vouchers"].as_array().unwrap() {
        let id = voucher["voucher"].as_str().unwrap().to_owned();
        let date: NaiveDate = voucher["date"].as_str().unwrap().parse().unwrap();
        let items = voucher["postings"].as_array().unwrap().iter();
        let field = |item: &Value, name: &str| item[name].as_str().map(str::to_owned);
        let mut postings: Vec<Posting> = items.map(|item| posting(|name| field(item, name))).collect();
        postings.sort();
        let place = Some(place(&id, date));
        if place <= last {
            return Err(format!("{id} does not stand in its place"));
        }
        last = place;
        if journal.insert(id.clone(), (date, postings)).is_some() {
            return Err(format!("two vouchers are {id}"));
        }
    }
    Ok(journal)
}

/// Where a voucher stands: by date, kind, ledger date, topic and ordinal.
fn place(id: &str, date: NaiveDate) -> (NaiveDate, usize, String, bool, usize) {
    let name = id.splitn(3, '-').nth(2).unwrap();
    if let Some((ledger_date, topic)) = name
        .split_at_checked(10)
        .filter(|name| name.0.starts_with('2') && name.1.starts_with('-'))
    {
        let (topic, ordinal) = topic[1..].split_once('-').unwrap();
        return (
            date,
            0,
            ledger_date.to_owned(),
            topic == "fees",
            ordinal.parse().unwrap(),
        );
    }
    let kinds = ["2", "@", "P", "open", "fx"];
    let kind = if name.split_once('@').is_some_and(|moved| moved.0.len() == 10) {
        1
    } else {
        kinds.iter().position(|kind| name.starts_with(kind)).unwrap()
    };
    (date, kind, name.to_owned(), false, 0)
}

/// Reads `journal.csv`.
pub(crate) fn read_csv(text: &str) -> Journal {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let headers = reader.headers().unwrap().clone();
    let mut journal = Journal::new();
    for record in reader.records() {
        let record = record.unwrap();
        let field = |name: &str| {
            let column = headers.iter().position(|header| header == name).unwrap();
            Some(record[column].to_owned()).filter(|text| !text.is_empty())
        };
        let date = field("date").unwrap().parse().unwrap();
        let voucher = journal
            .entry(field("voucher").unwrap())
            .or_insert((date, Vec::new()));
        voucher.1.push(posting(field));
    }
    for voucher in journal.values_mut() {
        voucher.1.sort();
    }
    journal
}

fn posting(text: impl Fn(&str) -> Option<String>) -> Posting {
    let sides = |debit: &str, credit: &str| Some(minor(&text(debit)?) - minor(&text(credit)?));
    Posting {
        key: text("posting_key").unwrap(),
        account: text("account").unwrap(),
        amount: sides("debit", "credit").unwrap(),
        currency: text("currency").unwrap(),
        base: sides("base_debit", "base_credit"),
        code: text("tax_code"),
        department: text("department"),
        project: text("project"),
        reference: text("reference"),
    }
}

fn minor(text: &str) -> i64 {
    let (whole, decimals) = text.split_once('.').unwrap();
    assert_eq!(decimals.len(), 2, "all four currencies have two decimals");
    format!("{whole}{decimals}").parse().unwrap()
}

/// How the program's journal differs from the vouchers that it should be; empty where it does not.
pub(crate) fn differences(found: &Journal, expected: &[&Voucher]) -> String {
    let mut text = String::new();
    let expected: BTreeMap<&str, &Voucher> = expected
        .iter()
        .map(|voucher| (voucher.id.as_str(), *voucher))
        .collect();
    for (id, voucher) in &expected {
        match found.get(*id) {
            None => writeln!(text, "{id} is missing: {}", shown(&voucher.postings)).unwrap(),
            Some((date, postings)) => {
                if *date != voucher.date {
                    writeln!(text, "{id} is dated {date}, not {}", voucher.date).unwrap();
                }
                let extra: Vec<_> = without(postings, &voucher.postings);
                let missing: Vec<_> = without(&voucher.postings, postings);
                if !extra.is_empty() || !missing.is_empty() {
                    writeln!(
                        text,
                        "{id}\n  has     {}\n  and not {}",
                        shown(&extra),
                        shown(&missing)
                    )
                    .unwrap();
                }
            }
        }
    }
    for (id, (_, postings)) in found.iter().filter(|(id, _)| !expected.contains_key(id.as_str())) {
        writeln!(text, "{id} should not be: {}", shown(postings)).unwrap();
    }
    text
}

fn without(all: &[Posting], others: &[Posting]) -> Vec<Posting> {
    let mut left = all.to_vec();
    for other in others {
        if let Some(index) = left.iter().position(|posting| posting == other) {
            left.remove(index);
        }
    }
    left
}

fn shown(postings: &[Posting]) -> String {
    let line = |posting: &Posting| {
        let base = posting.base.map(|base| format!(" ({base})")).unwrap_or_default();
        let mut line = format!(
            "{} {} {}{base} {}",
            posting.key, posting.account, posting.amount, posting.currency
        );
        for field in [
            &posting.code,
            &posting.department,
            &posting.project,
            &posting.reference,
        ] {
            write!(line, " {}", field.as_deref().unwrap_or("-")).unwrap();
        }
        line
    };
    let lines: Vec<String> = postings.iter().map(line).collect();
    format!("[{}]", lines.join("\n           "))
}
