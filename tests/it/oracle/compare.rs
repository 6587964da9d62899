//! What the program makes of a life, read back from its files, and how it differs from the oracle's.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use bilag::date::DateRange;
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
    let text = std::fs::read_to_string(&run.outputs[0].path).unwrap();
    std::fs::remove_dir_all(&out).unwrap();
    read_json(&text)
}

/// Reads `journal.json`.
pub(crate) fn read_json(text: &str) -> Result<Journal, String> {
    let document: Value = serde_json::from_str(text).unwrap();
    let mut journal = Journal::new();
    for voucher in document["vouchers"].as_array().unwrap() {
        let id = voucher["voucher"].as_str().unwrap().to_owned();
        let date = voucher["date"].as_str().unwrap().parse().unwrap();
        let mut postings: Vec<Posting> = voucher["postings"]
            .as_array()
            .unwrap()
            .iter()
            .map(posting)
            .collect();
        postings.sort();
        if journal.insert(id.clone(), (date, postings)).is_some() {
            return Err(format!("two vouchers are {id}"));
        }
    }
    Ok(journal)
}

fn posting(value: &Value) -> Posting {
    let text = |name: &str| value[name].as_str().map(str::to_owned);
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
