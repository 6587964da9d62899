//! The cases that every format passes with ledgers.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use bilag::catalogue;
use bilag::writer::contents::Contents;
use bilag::writer::{Limits, Whole};

use super::readers::{self, Sums, Vat, WITHOUT_ACCOUNTS};
use crate::formats::desk::{
    CONFIGURATION, Desk, Ledger, date, normal_month, range, sale, suited, voucher, with_context,
};

fn ids() -> impl Iterator<Item = &'static str> {
    catalogue::all()
        .iter()
        .map(|format| format.descriptor.id.as_str())
}

/// What a format's documents should say by account, from the plain journal.
fn expected(journal: &Sums, vat: Vat) -> Sums {
    let mut expected = journal.clone();
    if vat == Vat::Gross {
        let vat = expected.remove("2700").unwrap_or(0);
        *expected.entry("3000".to_owned()).or_default() += vat;
    }
    expected.retain(|_, sum| *sum != 0);
    expected
}

/// Runs every format over a ledger, and compares what it wrote with the journal.
fn assert_sums_everywhere(desk: &Desk, configuration: &str, from: &str, to: &str, refused: &[&str]) {
    let range = range(from, to);
    let journal = desk.run(configuration, &["journal-csv"], range);
    assert!(!journal.files.is_empty(), "{:?}", journal.problems());
    let (_, journal) = readers::read("journal-csv", &journal.files).unwrap();
    assert!(!journal.is_empty());
    for id in ids() {
        let made = desk.run(&suited(configuration, id), &[id], range);
        if refused.contains(&id) {
            assert!(
                made.files.is_empty() && !made.problems().is_empty(),
                "{id} should be refused"
            );
            continue;
        }
        assert!(!made.files.is_empty(), "{id}: {:?}", made.problems());
        match readers::read(id, &made.files) {
            Some((vat, sums)) => assert_eq!(sums, expected(&journal, vat), "{id}"),
            None => assert!(
                WITHOUT_ACCOUNTS.contains(&id),
                "{id}: tests/it/conformance/readers.rs says how a new format is read back"
            ),
        }
    }
}

/// Compares bytes with `tests/it/conformance/expected/<id>/`; `BILAG_ACCEPT=1` writes them there instead.
fn assert_golden(id: &str, files: &BTreeMap<String, Vec<u8>>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/it/conformance/expected")
        .join(id);
    // A voucher each: the first and last stand for all.
    let names: Vec<&String> = match files.len() {
        0..=2 => files.keys().collect(),
        _ => files
            .keys()
            .next()
            .into_iter()
            .chain(files.keys().last())
            .collect(),
    };
    for name in names {
        let path = folder.join(name);
        if std::env::var_os("BILAG_ACCEPT").is_some() {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&path, &files[name]).unwrap();
        }
        let accepted = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(
            accepted == files[name],
            "{} has other bytes now; look at the difference, then accept it with BILAG_ACCEPT=1",
            path.display()
        );
    }
}

#[test]
fn a_normal_month_has_the_same_bytes_every_time() {
    let range = range("2026-02-01", "2026-02-28");
    let desk = normal_month().archive(range);
    for id in ids() {
        let first = desk.run(&suited(CONFIGURATION, id), &[id], range);
        assert!(!first.files.is_empty(), "{id}: {:?}", first.problems());
        let again = desk.run(&suited(CONFIGURATION, id), &[id], range);
        assert!(first.files == again.files, "{id}: two runs differ");
        assert_golden(id, &first.files);
    }
}

#[test]
fn a_normal_month_sums_to_the_journal() {
    let desk = normal_month().archive(range("2026-02-01", "2026-02-28"));
    assert_sums_everywhere(&desk, CONFIGURATION, "2026-02-01", "2026-02-28", &[]);
}

#[test]
fn a_clearing_month_sums_to_the_journal() {
    let desk = normal_month().archive(range("2026-02-01", "2026-02-28"));
    let clearing = CONFIGURATION.replace("captures = \"revenue\"", "captures = \"clearing\"");
    assert_sums_everywhere(&desk, &clearing, "2026-02-01", "2026-02-28", &[]);
    let per_payout = clearing.replace("market = \"NO\"", "market = \"NO\"\nvoucher_per = \"payout\"");
    assert_sums_everywhere(&desk, &per_payout, "2026-02-01", "2026-02-28", &[]);
}

#[test]
fn one_voucher_per_entry_is_written_or_refused_for_its_numbers() {
    let desk = normal_month().archive(range("2026-02-01", "2026-02-28"));
    let per_entry = CONFIGURATION.replace("market = \"NO\"", "market = \"NO\"\nvoucher_per = \"entry\"");
    // These need small numbers, of which one voucher per entry has too many.
    let numbered = [
        "gbat10",
        "24sevenoffice",
        "xledger-gl02",
        "dk-journal",
        "netvisor",
        "visma-business",
    ];
    assert_sums_everywhere(&desk, &per_entry, "2026-02-01", "2026-02-28", &numbered);
}

#[test]
fn an_empty_month_is_no_failure() {
    let range = range("2026-02-01", "2026-02-28");
    let desk = Ledger::default().archive(range);
    for id in ids() {
        let made = desk.run(&suited(CONFIGURATION, id), &[id], range);
        assert!(made.problems().is_empty(), "{id}: {:?}", made.problems());
        if let Some((_, sums)) = readers::read(id, &made.files) {
            assert!(sums.is_empty(), "{id}");
        }
    }
}

/// Every entry type that there is, with both signs, and one that there is not.
fn every_entry_type() -> Ledger {
    let mut ledger = Ledger::default();
    ledger.sale("2026-02-02", 100_000, 3_000, "5001", "a");
    let mut number = 6_000;
    for sign in [1, -1] {
        for (topic, entry_type) in [
            ("funds", "capture"),
            ("funds", "refund"),
            ("funds", "fees-retained"),
            ("funds", "payout-scheduled"),
            ("funds", "payout-aborted"),
            ("funds", "retained-disputed-capture"),
            ("funds", "returned-disputed-capture"),
            ("funds", "correction"),
            ("funds", "top-up"),
            ("funds", "credit-note"),
            ("funds", "brand-new-type"),
            ("fees", "capture-fee"),
            ("fees", "correction"),
            ("fees", "credit-note"),
            ("fees", "fees-invoiced"),
            ("fees", "brand-new-type"),
        ] {
            number += 1;
            ledger.entry(
                topic,
                "2026-02-03",
                entry_type,
                sign * 5 * number,
                &number.to_string(),
                "b",
            );
            if entry_type == "fees-retained" {
                // The mirror on the other topic.
                ledger.entry(
                    "fees",
                    "2026-02-03",
                    entry_type,
                    -sign * 5 * number,
                    &number.to_string(),
                    "b",
                );
            }
        }
    }
    ledger
}

#[test]
fn every_entry_type_and_sign_sums_to_the_journal() {
    let desk = every_entry_type().archive(range("2026-02-01", "2026-02-04"));
    let refused = ["vipps-settlement-xml"];
    assert_sums_everywhere(&desk, CONFIGURATION, "2026-02-01", "2026-02-04", &refused);
}

#[test]
fn two_fiscal_years_are_kept_apart_where_the_target_asks() {
    let mut ledger = Ledger::default();
    for (on, number) in [
        ("2026-12-30", "5001"),
        ("2026-12-31", "5002"),
        ("2027-01-01", "5003"),
        ("2027-01-02", "5004"),
    ] {
        ledger.sale(on, 10_000, 300, number, "a");
        ledger.payout(on, number);
    }
    let range = range("2026-12-30", "2027-01-02");
    let desk = ledger.archive(range);
    assert_sums_everywhere(&desk, CONFIGURATION, "2026-12-30", "2027-01-02", &[]);
    for id in ids() {
        let made = desk.run(&suited(CONFIGURATION, id), &[id], range);
        let by_year = catalogue::find(id).unwrap().descriptor.split == bilag::format::Split::FiscalYear;
        if by_year {
            assert_eq!(made.files.len(), 2, "{id}");
            for (name, bytes) in &made.files {
                let text = String::from_utf8_lossy(bytes);
                let other = if name.contains("2026") {
                    "02.01.2027"
                } else {
                    "31.12.2026"
                };
                assert!(!text.contains(other), "{id} {name}");
            }
        }
    }
}

#[test]
fn ten_thousand_vouchers_are_checked() {
    let first = date("2010-01-01");
    let vouchers: Vec<_> = first
        .iter_days()
        .take(10_000)
        .map(|date| {
            voucher(
                &date.to_string(),
                sale(12_500, 2_500, &format!("Vipps salg {date}")),
            )
        })
        .collect();
    for format in catalogue::all() {
        let id = format.descriptor.id.as_str();
        with_context(&suited(CONFIGURATION, id), |context| {
            let (mut checker, _) = format.makers(context).unwrap();
            let mut contents = Contents::default();
            let mut limits = Limits::new(id);
            // A document of its own for each: what holds for the first holds for the others.
            let is_split = format.descriptor.split == bilag::format::Split::Voucher;
            let count = if is_split { 100 } else { vouchers.len() };
            for voucher in &vouchers[..count] {
                contents.add(voucher);
                checker.voucher(voucher, &mut limits);
            }
            let whole = Whole {
                contents: &contents,
                size: 0,
            };
            checker.end(&whole, &mut limits);
            let refused = limits.refusals().first();
            assert!(refused.is_none(), "{id}: {refused:?}");
        });
    }
}
