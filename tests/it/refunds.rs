//! Refunds: which captures they belong to, what is left of them, and what cannot be known.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::Arc;

use bilag::archive::Archive;
use bilag::chart::Market;
use bilag::days::Days;
use bilag::ledger::page::Page;
use bilag::provider::Topic;
use bilag::sandbox::archived::ArchiveSource;
use bilag::sandbox::options::SandboxOptions;

use crate::harness::chance::Dice;
use crate::harness::dates::{date, range};
use crate::harness::entry::Entry;
use crate::harness::files::{scratch, tree};
use crate::harness::journal::Row;
use crate::harness::layout::Layout;
use crate::harness::ledger::Ledger;
use crate::harness::library::output_folder;
use crate::harness::program::{Ran, Workplace, assert_code};
use crate::harness::sandbox::start;

const FINNISH_FOOD: &str = "[posting]\nmarket = \"FI\"\ncaptures = \"revenue\"\n\
    [[rules]]\nvalid_to = \"2025-12-31\"\ntax_code = \"FI14\"\n\
    [[rules]]\nvalid_from = \"2026-01-01\"\ntax_code = \"FI13.5\"\n";

fn capture(order: &str, amount: i64) -> Entry {
    Entry::new("capture", amount).reference(order)
}

fn refund(order: &str, amount: i64) -> Entry {
    Entry::new("refund", -amount).reference(order)
}

fn finnish() -> Ledger {
    Ledger::new("77").market(Market::Finland)
}

/// What refunds move by tax code, gross, above zero.
fn refunded(rows: &[Row]) -> BTreeMap<String, i128> {
    let mut sums = BTreeMap::new();
    for row in rows
        .iter()
        .filter(|row| row.key == "refund" && !row.tax_code.is_empty())
    {
        *sums.entry(row.tax_code.clone()).or_default() += row.amount;
    }
    sums
}

fn sums(of: &[(&str, i128)]) -> BTreeMap<String, i128> {
    of.iter().map(|(code, sum)| ((*code).to_owned(), *sum)).collect()
}

/// Exports a range and says what refunds moved.
fn exported(ledger: &Ledger, config: &str, from: &str, to: &str) -> (Ran, BTreeMap<String, i128>) {
    let office = Workplace::of(&[ledger]).config(config);
    let run = office.export(from, to);
    let rows = office.journal(ledger, from, to);
    (run, refunded(&rows))
}

fn codes_of(run: &Ran) -> Vec<String> {
    let findings = run.ledger()["findings"].as_array().unwrap().clone();
    findings
        .iter()
        .map(|finding| finding["code"].as_str().unwrap().to_owned())
        .collect()
}

fn has(run: &Ran, code: &str) -> bool {
    codes_of(run).iter().any(|found| found == code)
}

#[test]
fn months_one_by_one_and_all_at_once_give_the_same_vouchers() {
    let ledger = finnish()
        .week_before("2025-12-01")
        .date("2025-12-10")
        .funds([capture("a", 11_400), capture("b", 22_800), capture("c", 5_700)])
        .date("2025-12-20")
        .funds([refund("a", 5_000), refund("c", 5_700)])
        .date("2026-01-10")
        .funds([
            capture("a", 11_350),
            capture("b", 22_700),
            capture("c", 5_675),
            refund("b", 22_700),
        ])
        .date("2026-01-20")
        .funds([refund("a", 6_400), refund("c", 1_000)])
        .date("2026-02-10")
        .funds([capture("d", 1_135), refund("a", 11_350), refund("b", 22_000)])
        .date("2026-02-20")
        .funds([refund("b", 800), refund("c", 4_675), refund("d", 2_000)])
        .known(range("2025-12-01", "2026-02-28"));
    let months = [
        ("2025-12-01", "2025-12-31"),
        ("2026-01-01", "2026-01-31"),
        ("2026-02-01", "2026-02-28"),
    ];
    for per in ["ledger-date", "entry"] {
        let config = FINNISH_FOOD.replace("[posting]\n", &format!("[posting]\nvoucher_per = \"{per}\"\n"));
        let office = Workplace::of(&[&ledger]).config(&config);
        let mut rows = Vec::new();
        for (from, to) in months {
            let run = office.export(from, to);
            assert!(!has(&run, "refund-lookback-incomplete"), "{from}");
            rows.extend(office.journal(&ledger, from, to));
        }
        office.export("2025-12-01", "2026-02-28");
        let at_once = office.journal(&ledger, "2025-12-01", "2026-02-28");
        assert_eq!(rows, at_once, "{per}");
        // Everything but 12.00 of January's capture of b comes back, and 8.65 more of d than there was.
        let expected = [
            ("FI14", 11_400 + 22_800 + 5_700),
            ("FI13.5", 22_700 + 11_350 + 5_675 + 2_000),
        ];
        assert_eq!(refunded(&rows), sums(&expected), "{per}");
    }
}

#[test]
fn a_refund_a_year_later_has_the_rate_of_its_capture_and_a_day_later_none() {
    for (on, code, is_found) in [("2026-12-21", "FI14", true), ("2026-12-22", "FI13.5", false)] {
        let ledger = finnish()
            .week_before("2025-12-20")
            .date("2025-12-20")
            .funds([capture("a", 11_400)])
            .date(on)
            .funds([capture("b", 50_000), refund("a", 11_400)])
            .known(range("2025-12-20", "2026-12-22"));
        let (run, refunded) = exported(&ledger, FINNISH_FOOD, on, on);
        assert_eq!(refunded, sums(&[(code, 11_400)]), "{on}");
        assert_eq!(!has(&run, "refund-capture-not-found"), is_found, "{on}");
        assert!(!has(&run, "refund-lookback-incomplete"), "{on}");
    }
}

/// A ledger that the archive knows only from January on, though it is older.
fn cut_off() -> Ledger {
    finnish()
        .opening(10_000, 0)
        .date("2026-01-05")
        .funds([capture("a", 22_700)])
        .date("2026-01-06")
        .funds([refund("a", 11_400), refund("old", 1_000)])
        .known(range("2026-01-01", "2026-01-10"))
}

#[test]
fn what_a_refund_looks_back_to_must_be_known_where_it_matters() {
    let range = ("2026-01-05", "2026-01-08");
    let (run, refunded) = exported(&cut_off(), FINNISH_FOOD, range.0, range.1);
    let found = run.findings("refund-lookback-incomplete");
    assert_eq!(
        (
            found.len(),
            found[0]["level"].as_str(),
            found[0]["count"].as_u64()
        ),
        (1, Some("review"), Some(2))
    );
    let message = found[0]["message"].as_str().unwrap();
    assert!(message.contains("354 of these dates"), "{message}");
    assert_eq!(run.ledger()["status"], "not-proven");
    assert!(!has(&run, "refund-capture-not-found"), "it may well be there");
    assert_eq!(refunded, sums(&[("FI13.5", 12_400)]));
    // Where it does not matter it is said in passing, of the refund alone that found nothing.
    for mode in ["clearing", "none"] {
        let config = format!("[posting]\nmarket = \"FI\"\ncaptures = \"{mode}\"\n");
        let (run, _) = exported(&cut_off(), &config, range.0, range.1);
        let found = run.findings("refund-lookback-incomplete");
        assert_eq!(
            (
                found.len(),
                found[0]["level"].as_str(),
                found[0]["count"].as_u64()
            ),
            (1, Some("info"), Some(1))
        );
        assert!(!has(&run, "refund-capture-not-found"), "{mode}");
    }
}

#[test]
fn one_rule_for_all_needs_no_captures() {
    let config = "[posting]\nmarket = \"NO\"\ncaptures = \"revenue\"\n[[rules]]\ntax_code = \"3\"\n";
    let ledger = Ledger::new("77")
        .opening(10_000, 0)
        .date("2026-01-05")
        .funds([refund("old", 1_000)])
        .known(range("2026-01-01", "2026-01-10"));
    let (run, refunded) = exported(&ledger, config, "2026-01-05", "2026-01-05");
    assert_eq!(refunded, sums(&[("3", 1_000)]));
    assert_eq!(run.findings("refund-lookback-incomplete")[0]["level"], "info");
}

#[test]
fn refunds_beyond_their_captures_are_named_in_every_mode() {
    let ledger = Ledger::new("77")
        .week_before("2026-02-09")
        .date("2026-02-09")
        .funds([capture("a", 10_000), capture("b", 10_000)])
        .date("2026-02-10")
        .funds([refund("a", 6_000), refund("b", 10_000)])
        .date("2026-02-11")
        .funds([capture("c", 30_000), refund("a", 6_000), refund("never", 100)])
        .known(range("2026-02-09", "2026-02-12"));
    let modes = [
        "captures = \"clearing\"\n",
        "captures = \"none\"\n",
        "captures = \"clearing\"\nvoucher_per = \"entry\"\n",
        "captures = \"revenue\"\n[[rules]]\ntax_code = \"3\"\n",
        "captures = \"revenue\"\n[[rules]]\nreference_prefix = \"a\"\ntax_code = \"3\"\n[[rules]]\ntax_code = \"31\"\n",
    ];
    for mode in modes {
        let config = format!("[posting]\nmarket = \"NO\"\n{mode}");
        let (run, _) = exported(&ledger, &config, "2026-02-11", "2026-02-11");
        let over = run.findings("over-refunded");
        assert_eq!((over.len(), over[0]["ordinal"].as_u64()), (1, Some(2)), "{mode}");
        let message = over[0]["message"].as_str().unwrap();
        assert!(message.contains("is 20.00 NOK more"), "{message}");
        let never = run.findings("refund-capture-not-found");
        assert_eq!(
            (never.len(), never[0]["ordinal"].as_u64()),
            (1, Some(3)),
            "{mode}"
        );
        let (run, _) = exported(&ledger, &config, "2026-02-09", "2026-02-10");
        assert!(
            !has(&run, "over-refunded") && !has(&run, "refund-capture-not-found"),
            "{mode}"
        );
    }
}

/// Two rates by handle, and a change of them on 10 February.
const BY_HANDLE: &str = "[posting]\nmarket = \"NO\"\ncaptures = \"revenue\"\n\
    [[rules]]\nhandle = \"NO:1\"\ntax_code = \"3\"\n\
    [[rules]]\nhandle = \"NO:2\"\ntax_code = \"31\"\n\
    [[rules]]\ntax_code = \"33\"\n";

#[test]
fn a_refund_belongs_to_captures_of_its_own_sales_unit() {
    let ledger = |refunds: Vec<Entry>| {
        Ledger::new("77")
            .week_before("2026-02-09")
            .date("2026-02-09")
            .funds([
                capture("a", 10_000).handle("NO:1"),
                capture("a", 10_000).handle("NO:2"),
            ])
            .date("2026-02-10")
            .funds(refunds)
            .known(range("2026-02-09", "2026-02-10"))
    };
    let of = |refunds| exported(&ledger(refunds), BY_HANDLE, "2026-02-10", "2026-02-10");
    let (run, refunded) = of(vec![refund("a", 10_000).handle("NO:2")]);
    assert_eq!(refunded, sums(&[("31", 10_000)]));
    assert!(!has(&run, "refund-ambiguous"));
    // One that has lost its handle may belong to either.
    let (run, refunded) = of(vec![refund("a", 10_000)]);
    assert_eq!(refunded, sums(&[("3", 10_000)]));
    assert!(has(&run, "refund-ambiguous"));
    // What of the own unit is gone is not taken from the other.
    let (run, refunded) = of(vec![
        refund("a", 9_000).handle("NO:2"),
        refund("a", 2_000).handle("NO:2"),
    ]);
    assert_eq!(refunded, sums(&[("31", 11_000)]));
    assert!(has(&run, "over-refunded") && !has(&run, "refund-ambiguous"));
}

#[test]
fn the_order_of_a_date_decides_unless_it_does_not_suffice() {
    let config = "[posting]\nmarket = \"NO\"\ncaptures = \"revenue\"\n\
        [[rules]]\nhandle = \"NO:1\"\ntax_code = \"3\"\n[[rules]]\ntax_code = \"31\"\n";
    let of = |entries: Vec<Entry>| {
        let ledger = Ledger::new("77")
            .week_before("2026-02-09")
            .date("2026-02-09")
            .funds(entries)
            .known(range("2026-02-09", "2026-02-09"));
        exported(&ledger, config, "2026-02-09", "2026-02-09")
    };
    // The reference is used again on the same date, after its first order was refunded.
    let (run, refunded) = of(vec![
        capture("a", 5_000).handle("NO:1"),
        refund("a", 5_000),
        capture("a", 5_000),
    ]);
    assert_eq!(refunded, sums(&[("3", 5_000)]));
    assert!(!has(&run, "refund-ambiguous"));
    // A refund that stands before its capture.
    let (run, refunded) = of(vec![
        capture("b", 9_000),
        refund("a", 5_000),
        capture("a", 5_000).handle("NO:1"),
    ]);
    assert_eq!(refunded, sums(&[("3", 5_000)]));
    assert!(!has(&run, "refund-capture-not-found"));
}

#[test]
fn one_refund_of_several_captures_is_one_voucher_where_each_entry_has_one() {
    let ledger = finnish()
        .week_before("2025-12-30")
        .date("2025-12-30")
        .funds([capture("a", 11_400)])
        .date("2026-01-02")
        .funds([capture("a", 11_350), refund("a", 22_750)])
        .known(range("2025-12-30", "2026-01-02"));
    let config = FINNISH_FOOD.replace("[posting]\n", "[posting]\nvoucher_per = \"entry\"\n");
    let office = Workplace::of(&[&ledger]).config(&config);
    office.export("2026-01-02", "2026-01-02");
    let rows = office.journal(&ledger, "2026-01-02", "2026-01-02");
    let of_refund: Vec<&Row> = rows.iter().filter(|row| row.key == "refund").collect();
    assert!(of_refund.iter().all(|row| row.voucher == of_refund[0].voucher));
    // 114.00 × 14 / 114 = 14.00 and 113.50 × 13.5 / 113.5 = 13.50.
    let amounts: Vec<i128> = of_refund.iter().map(|row| row.amount).collect();
    assert_eq!(amounts, [-22_750, 10_000, 10_000, 1_350, 1_400]);
}

#[test]
fn a_refund_before_the_range_counts_in_the_first_payouts_voucher() {
    let ledger = finnish()
        .week_before("2025-12-29")
        .date("2025-12-29")
        .funds([capture("a", 11_400), capture("b", 5_000)])
        .pay_out("2000001")
        .date("2026-01-02")
        .funds([capture("a", 11_350), capture("c", 50_000), refund("a", 4_000)])
        .date("2026-01-03")
        .funds([refund("a", 7_400)])
        .pay_out("2000002")
        .date("2026-01-04")
        .funds([capture("d", 20_000), refund("a", 11_350)])
        .pay_out("2000003")
        .known(range("2025-12-29", "2026-01-04"));
    let config = FINNISH_FOOD.replace("[posting]\n", "[posting]\nvoucher_per = \"payout\"\n");
    let (_, refunded) = exported(&ledger, &config, "2026-01-03", "2026-01-04");
    assert_eq!(refunded, sums(&[("FI14", 11_400), ("FI13.5", 11_350)]));
}

#[test]
fn a_part_under_a_rule_that_books_nothing_is_left_out() {
    let config = "[posting]\nmarket = \"NO\"\ncaptures = \"revenue\"\n\
        [[rules]]\nvalid_to = \"2026-02-09\"\ncaptures = \"none\"\n[[rules]]\ntax_code = \"3\"\n";
    let ledger = Ledger::new("77")
        .week_before("2026-02-09")
        .date("2026-02-09")
        .funds([capture("a", 4_000)])
        .date("2026-02-10")
        .funds([capture("a", 10_000), refund("a", 14_000)])
        .known(range("2026-02-09", "2026-02-10"));
    let office = Workplace::of(&[&ledger]).config(config);
    office.export("2026-02-10", "2026-02-10");
    let rows = office.journal(&ledger, "2026-02-10", "2026-02-10");
    let funds: i128 = rows
        .iter()
        .filter(|row| row.account == "1577")
        .map(|row| row.amount)
        .sum();
    assert_eq!(funds, 10_000 - 10_000, "40.00 are the till's");
    assert_eq!(refunded(&rows), sums(&[("3", 10_000)]));
}

#[test]
fn a_refund_of_nothing_and_one_of_the_other_sign() {
    let ledger = finnish()
        .week_before("2025-12-30")
        .date("2025-12-30")
        .funds([capture("a", 11_400), refund("a", 5_000)])
        .date("2026-01-02")
        .funds([
            capture("b", 50_000),
            refund("a", 0),
            refund("a", -5_000),
            refund("never", 0),
        ])
        .date("2026-01-03")
        .funds([refund("a", 11_400)])
        .known(range("2025-12-30", "2026-01-03"));
    let (run, refunded) = exported(&ledger, FINNISH_FOOD, "2026-01-02", "2026-01-03");
    // 50.00 come back to the capture, so all of it is left for the next.
    assert_eq!(refunded, sums(&[("FI14", 11_400 - 5_000)]));
    assert_eq!(run.findings("unexpected-sign").len(), 1);
    for code in ["refund-capture-not-found", "over-refunded", "refund-ambiguous"] {
        assert!(!has(&run, code), "{code}");
    }
}

#[test]
fn lines_of_a_refund_choose_the_capture_that_has_them() {
    let config = "sales_lines = \"lines.csv\"\n[posting]\nmarket = \"NO\"\ncaptures = \"revenue\"\n[[rules]]\ntax_code = \"3\"\n";
    let lines = "psp_reference,reference,gross,tax_code,vat\n1,,5000,3,\n2,,5000,31,\n3,,-5000,31,-652\n5,,-3000,31,\n";
    let ledger = Ledger::new("77")
        .week_before("2026-02-09")
        .date("2026-02-09")
        .funds([
            capture("a", 5_000).psp("1"),
            capture("a", 5_000).psp("2"),
            capture("b", 9_000).psp("6"),
        ])
        .date("2026-02-10")
        .funds([refund("a", 5_000).psp("3")])
        .date("2026-02-11")
        .funds([refund("a", 5_000).psp("4"), refund("b", 3_000).psp("5")])
        .known(range("2026-02-09", "2026-02-11"));
    let office = Workplace::of(&[&ledger]).config(config);
    fs::write(office.path("lines.csv"), lines).unwrap();
    let run = office.export("2026-02-10", "2026-02-11");
    let rows = office.journal(&ledger, "2026-02-10", "2026-02-11");
    // The second refund takes what the first has left: the capture at code 3. The third says a code that its
    // capture never had.
    assert_eq!(refunded(&rows), sums(&[("3", 5_000), ("31", 5_000 + 3_000)]));
    assert!(!has(&run, "refund-ambiguous") && !has(&run, "refund-split-estimated"));
    let over = run.findings("over-refunded");
    assert_eq!(
        (over.len(), over[0]["ordinal"].as_u64()),
        (1, Some(2)),
        "{over:?}"
    );
}

#[test]
fn the_look_back_stands_among_the_sources() {
    let ledger = finnish()
        .week_before("2025-12-30")
        .date("2025-12-30")
        .funds([capture("a", 11_400)])
        .date("2026-01-02")
        .funds([capture("b", 50_000), refund("a", 11_400)])
        .known(range("2025-12-30", "2026-01-02"));
    let office = Workplace::of(&[&ledger]).config(FINNISH_FOOD);
    office.export("2026-01-02", "2026-01-02");
    let folder = output_folder(&office.path("out"), &ledger, range("2026-01-02", "2026-01-02"));
    let manifest: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(folder.join("manifest.json")).unwrap()).unwrap();
    let sources: Vec<&str> = manifest["sources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|source| source["path"].as_str().unwrap())
        .collect();
    assert!(sources.contains(&"77/funds/2025-12-30.json"), "{sources:?}");
    assert!(!sources.contains(&"77/fees/2025-12-30.json"), "{sources:?}");
}

#[test]
fn a_look_back_without_end_is_refused() {
    let office = Workplace::of(&[&finnish().week_before("2026-01-02")])
        .config("[posting]\nrefund_lookback_days = 4000000\n");
    let run = office.run_on("export", "2026-01-02", "2026-01-02", &[]);
    assert_code(&run, 2);
    assert!(
        run.stderr.contains("refund_lookback_days is 4000000"),
        "{}",
        run.stderr
    );
}

/// Serves a ledger from an archive of its own, and exports a range beside it.
async fn online(ledger: &Ledger, config: &str, from: &str, to: &str) -> (Workplace, Ran) {
    let folder = scratch();
    ledger.write(folder.path(), &Layout::PLAIN);
    let source = ArchiveSource::open(Archive::new(folder.path())).unwrap();
    let sandbox = start(Arc::new(source), SandboxOptions::default()).await;
    let api = format!("[api]\nbase_url = \"{}\"\n", sandbox.base_url());
    let office = Workplace::beside(&sandbox.base_url(), "").config(&format!("{api}{config}"));
    let run = office
        .run_async(&["export", "--from", from, "--to", to, "--json", "--out", "out"])
        .await;
    (office, run)
}

fn archived(office: &Workplace, topic: &str) -> usize {
    let files = tree(&office.path("archive"));
    files
        .keys()
        .filter(|path| path.contains(&format!("77/{topic}/")))
        .count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_online_export_fetches_what_its_refunds_look_back_to() {
    let young = finnish()
        .week_before("2025-12-01")
        .date("2025-12-10")
        .funds([capture("a", 11_400)])
        .pay_out("2000001")
        .date("2026-01-20")
        .funds([capture("b", 50_000), refund("a", 11_400)])
        .pay_out("2000002")
        .known(range("2025-11-01", "2026-01-31"));
    let (office, run) = online(&young, FINNISH_FOOD, "2026-01-20", "2026-01-20").await;
    assert_code(&run, 0);
    assert_eq!(run.ledger()["status"], "proven");
    assert_eq!(
        refunded(&office.journal(&young, "2026-01-20", "2026-01-20")),
        sums(&[("FI14", 11_400)])
    );
    // Back to the ledger's first entry, and no year of dates before it; the fees of them are not needed.
    let (funds, fees) = (archived(&office, "funds"), archived(&office, "fees"));
    assert!((41 + 7..=41 + 7 + 31).contains(&funds), "{funds} dates of funds");
    assert!(fees <= 9, "{fees} dates of fees");

    // In clearing mode nothing is fetched for it.
    let (office, run) = online(&young, "[posting]\nmarket = \"FI\"\n", "2026-01-20", "2026-01-20").await;
    assert_code(&run, 0);
    assert!(archived(&office, "funds") <= 9);
    assert_eq!(run.findings("refund-lookback-incomplete")[0]["level"], "info");

    // An older ledger, whose payouts have long begun: the whole look-back.
    let old = finnish()
        .date("2025-12-10")
        .funds([capture("a", 11_400)])
        .pay_out("2000412")
        .date("2026-01-20")
        .funds([capture("b", 50_000), refund("a", 11_400)])
        .pay_out("2000413")
        .known(range("2025-01-01", "2026-01-31"));
    let (office, run) = online(&old, FINNISH_FOOD, "2026-01-20", "2026-01-20").await;
    assert_code(&run, 0);
    assert!(!has(&run, "refund-lookback-incomplete"), "{:?}", codes_of(&run));
    assert!(archived(&office, "funds") >= 367);
}

#[test]
fn looking_for_references_finds_what_parsing_finds() {
    let on = date("2026-02-09");
    for seed in 0..40 {
        let mut dice = Dice::new(&[seed, 4711]);
        let entries: Vec<Entry> = (0..dice.between(0, 1_500))
            .map(|number| {
                let order = match number % 7 {
                    0 => format!("\"{number}\\"),
                    1 => format!("ordre-ø-{number}"),
                    2 => "reference".to_owned(),
                    _ => format!("order-{number}"),
                };
                let entry = capture(&order, 100).psp(&format!("{number:020}"));
                if dice.one_in(9) {
                    Entry::new("capture", 100)
                } else {
                    entry
                }
            })
            .collect();
        let wanted: Vec<String> = (0..dice.between(0, 4))
            .map(|_| dice.between(0, 1_500))
            .flat_map(|number| {
                [
                    format!("order-{number}"),
                    format!("\"{number}\\"),
                    format!("ordre-ø-{number}"),
                ]
            })
            .collect();
        let ledger = Ledger::new("77").date("2026-02-09").funds(entries);
        let folder = scratch();
        let layout = Layout {
            page_size: 50,
            ..Layout::random(&mut dice)
        };
        ledger.write(folder.path(), &layout);
        let archive = Archive::new(folder.path());
        let is_wanted = |reference: &str| wanted.iter().any(|wanted| wanted == reference);
        let pick = |page: &Page<'_, '_>, found: &mut Vec<(usize, String)>| {
            for (ordinal, entry) in page.numbered() {
                if let Some(reference) = entry
                    .reference
                    .as_deref()
                    .filter(|reference| is_wanted(reference))
                {
                    found.push((ordinal, reference.to_owned()));
                }
            }
        };
        let days = || Days::new(&archive, "77", BTreeSet::new());
        let parsed = days().collect(Topic::Funds, on, pick);
        let searched = days().search(Topic::Funds, on, &is_wanted, pick);
        assert_eq!(searched, parsed, "seed {seed}, {layout:?}");
    }
}
