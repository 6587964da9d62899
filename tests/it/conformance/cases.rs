//! The cases that every format passes with ledgers.

use bilag::catalogue;
use bilag::format::Split;

use super::readers::{self, Sums, Vat, WITHOUT_ACCOUNTS};
use crate::formats::cafe::{CONFIGURATION, february, normal_month, suited};
use crate::harness::dates::{date, range};
use crate::harness::entry::Entry;
use crate::harness::exporter::Exporter;
use crate::harness::files::{Files, repository};
use crate::harness::ledger::Ledger;
use crate::harness::library::{format, format_ids as ids};
use crate::harness::snapshot::assert_document;
use crate::harness::vouchers::{cafe, check, sale, voucher};

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
fn assert_sums_everywhere(exporter: &Exporter, configuration: &str, from: &str, to: &str, refused: &[&str]) {
    let range = range(from, to);
    let journal = exporter.run(configuration, &["journal-csv"], range);
    assert!(!journal.files.is_empty(), "{:?}", journal.problems());
    let (_, journal) = readers::read("journal-csv", &journal.files).unwrap();
    assert!(!journal.is_empty());
    for id in ids() {
        let made = exporter.run(&suited(configuration, id), &[id], range);
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

/// Compares documents with the snapshots in `tests/it/conformance/expected/<id>/`.
fn assert_accepted(id: &str, files: &Files) {
    let folder = repository("tests/it/conformance/expected").join(id);
    // A voucher each: the first and last stand for all.
    let (first, last) = (files.first_key_value(), files.last_key_value());
    let last = last.filter(|_| files.len() > 1);
    for (name, bytes) in first.into_iter().chain(last) {
        assert_document(&folder, name, bytes);
    }
}

#[test]
fn a_normal_month_has_the_same_bytes_every_time() {
    let (exporter, range) = (normal_month(), february());
    for id in ids() {
        let first = exporter.run(&suited(CONFIGURATION, id), &[id], range);
        assert!(!first.files.is_empty(), "{id}: {:?}", first.problems());
        let again = exporter.run(&suited(CONFIGURATION, id), &[id], range);
        assert!(first.files == again.files, "{id}: two runs differ");
        assert_accepted(id, &first.files);
    }
}

#[test]
fn a_normal_month_sums_to_the_journal() {
    let exporter = normal_month();
    assert_sums_everywhere(&exporter, CONFIGURATION, "2026-02-01", "2026-02-28", &[]);
}

#[test]
fn a_clearing_month_sums_to_the_journal() {
    let exporter = normal_month();
    let clearing = CONFIGURATION.replace("captures = \"revenue\"", "captures = \"clearing\"");
    assert_sums_everywhere(&exporter, &clearing, "2026-02-01", "2026-02-28", &[]);
    let per_payout = clearing.replace("market = \"NO\"", "market = \"NO\"\nvoucher_per = \"payout\"");
    assert_sums_everywhere(&exporter, &per_payout, "2026-02-01", "2026-02-28", &[]);
}

#[test]
fn one_voucher_per_entry_is_written_or_refused_for_its_numbers() {
    let exporter = normal_month();
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
    assert_sums_everywhere(&exporter, &per_entry, "2026-02-01", "2026-02-28", &numbered);
}

#[test]
fn an_empty_month_is_no_failure() {
    let range = february();
    let exporter = Exporter::of(cafe(), range);
    for id in ids() {
        let made = exporter.run(&suited(CONFIGURATION, id), &[id], range);
        assert!(made.problems().is_empty(), "{id}: {:?}", made.problems());
        if let Some((_, sums)) = readers::read(id, &made.files) {
            assert!(sums.is_empty(), "{id}");
        }
    }
}

/// Every entry type that there is, with both signs, and one that there is not.
fn every_entry_type() -> Ledger {
    let mut ledger = cafe().date("2026-02-02").sale("5001", 100_000, 3_000);
    ledger = ledger.date("2026-02-03");
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
            ("fees", "service-fee"),
            ("fees", "brand-new-type"),
        ] {
            number += 1;
            let entry = |sign: i64| {
                let entry = Entry::new(entry_type, sign * 5 * number).psp(&number.to_string());
                [entry.reference("b")]
            };
            ledger = match (topic, entry_type) {
                // With its mirror on the other topic.
                ("funds", "fees-retained") => ledger.funds(entry(sign)).fees(entry(-sign)),
                ("funds", _) => ledger.funds(entry(sign)),
                _ => ledger.fees(entry(sign)),
            };
        }
    }
    ledger
}

#[test]
fn every_entry_type_and_sign_sums_to_the_journal() {
    let exporter = Exporter::of(every_entry_type(), range("2026-02-01", "2026-02-04"));
    let refused = ["vipps-settlement-xml"];
    assert_sums_everywhere(&exporter, CONFIGURATION, "2026-02-01", "2026-02-04", &refused);
}

#[test]
fn two_fiscal_years_are_kept_apart_where_the_target_asks() {
    let mut ledger = cafe();
    for (on, number) in [
        ("2026-12-30", "5001"),
        ("2026-12-31", "5002"),
        ("2027-01-01", "5003"),
        ("2027-01-02", "5004"),
    ] {
        ledger = ledger.date(on).sale(number, 10_000, 300).pay_out(number);
    }
    let range = range("2026-12-30", "2027-01-02");
    let exporter = Exporter::of(ledger, range);
    assert_sums_everywhere(&exporter, CONFIGURATION, "2026-12-30", "2027-01-02", &[]);
    let says = |text: &str, on: &str| {
        let notations = ["%d.%m.%Y", "%Y-%m-%d", "%Y%m%d"].map(|notation| date(on).format(notation));
        notations.into_iter().any(|day| text.contains(&day.to_string()))
    };
    let by_year = |id: &&str| format(id).descriptor.split == Split::FiscalYear;
    assert!(ids().any(|id| by_year(&id)));
    for id in ids().filter(by_year) {
        let made = exporter.run(&suited(CONFIGURATION, id), &[id], range);
        assert_eq!(made.files.len(), 2, "{id}");
        let years = [["2026-12-31", "2027-01-02"], ["2027-01-02", "2026-12-31"]];
        for ((name, bytes), [own, other]) in made.files.iter().zip(years) {
            let text = String::from_utf8_lossy(bytes);
            assert!(says(&text, own) && !says(&text, other), "{id} {name}");
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
        // A document of its own for each: what holds for the first holds for the others.
        let is_split = format.descriptor.split == Split::Voucher;
        let count = if is_split { 100 } else { vouchers.len() };
        let refused = check(format, &suited(CONFIGURATION, id), &vouchers[..count]);
        assert_eq!(refused.first(), None, "{id}");
    }
}

/// A month in euro with books in kroner: amounts in both, and a voucher that has the base currency
/// alone.
#[test]
fn a_month_in_another_currency_is_written_with_its_value_at_the_end() {
    let mut ledger = cafe();
    ledger.currency = "EUR".to_owned();
    let ledger = ledger
        .date("2026-02-03")
        .sale("5001", 10_000, 150)
        .date("2026-02-04")
        .pay_out("302321-2000001")
        .date("2026-02-20")
        .sale("5002", 20_000, 300);
    let rates = "[fx_rates.EUR]\n\"2026-02-02\" = \"11.70\"\n\"2026-02-04\" = \"11.60\"\n\"2026-02-20\" = \"11.50\"\n\"2026-02-27\" = \"11.40\"\n";
    let configuration = CONFIGURATION.replace("captures = \"revenue\"", "captures = \"clearing\"");
    let configuration = format!("{configuration}\n{rates}");
    let exporter = Exporter::of(ledger, february());
    let journal = exporter.run(&configuration, &["journal-csv"], february());
    let (_, in_own) = readers::read("journal-csv", &journal.files).unwrap();
    let journal = crate::harness::journal::journal(journal.paths("journal-csv")[0].parent().unwrap());
    let valued: Vec<_> = journal.iter().filter(|row| row.key == "fx_revaluation").collect();
    // 200.00 and −3.00 EUR from 11.50 to 11.40.
    let values: Vec<_> = valued
        .iter()
        .map(|row| (row.account.as_str(), row.amount))
        .collect();
    let expected = [("1577", -2000), ("8160", 2000), ("2961", 30), ("8060", -30)];
    assert_eq!(values, expected);
    assert!(
        valued
            .iter()
            .all(|row| row.voucher == "VM-302321-fx@2026-02-28" && row.base == Some(row.amount))
    );
    let mut in_base = Sums::new();
    for row in &journal {
        *in_base.entry(row.account.clone()).or_default() += row.base.unwrap();
    }
    in_base.retain(|_, sum| *sum != 0);
    for id in ids() {
        let made = exporter.run(&suited(&configuration, id), &[id], february());
        assert!(!made.files.is_empty(), "{id}: {:?}", made.problems());
        // The plain formats have the ledger's amounts, and the books' beside them.
        let expected = if id.starts_with("journal-") {
            &in_own
        } else {
            &in_base
        };
        if let Some((_, sums)) = readers::read(id, &made.files) {
            assert_eq!(sums, *expected, "{id}");
        }
    }
}
