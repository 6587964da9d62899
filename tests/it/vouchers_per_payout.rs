//! One voucher per payout: what it takes in, what it is called, and that the range makes no difference.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use bilag::chart::Role;
use bilag::date::{DateRange, days_after, days_before, end_of_month};
use chrono::NaiveDate;

use crate::harness::chance::{Dice, Shape, random_ledger};
use crate::harness::dates::{date, range};
use crate::harness::entry::{Entry, Field};
use crate::harness::journal::{Row, by_account, journal};
use crate::harness::ledger::{Ledger, capture, payout};
use crate::harness::library::{account, export, findings, output_folder};
use crate::harness::program::{Workplace, assert_code};

const PER_PAYOUT: &str = "[posting]\nvoucher_per = \"payout\"\n";

/// Everything that books of several months can be like, with one voucher per payout.
fn modes(ledger: &Ledger) -> [String; 4] {
    let code = match ledger.market.code() {
        "NO" => "3",
        "DK" => "DK25",
        "FI" => "FI25.5",
        _ => "SE25",
    };
    let market = ledger.market.code();
    [
        "",
        "fees = \"retained\"\n",
        &format!("captures = \"revenue\"\n[[rules]]\ntax_code = \"{code}\"\n"),
        "captures = \"none\"\n",
    ]
    .map(|mode| format!("[posting]\nmarket = \"{market}\"\nvoucher_per = \"payout\"\n{mode}"))
}

/// Exports a range into a folder of its own and reads the journal.
fn exported(place: &Workplace, ledger: &Ledger, configuration: &str, range: DateRange) -> Vec<Row> {
    let out = place.path("out");
    let archive = place.path("archive");
    let run = export(&archive, &ledger.id, configuration, range, &["journal-csv"], &out);
    let what = format!("{} {configuration} {range:?}", ledger.id);
    assert!(run.error.is_none(), "{what}: {:?}", run.error);
    let folder = output_folder(&out, ledger, range);
    let rows = journal(&folder);
    remove(&out);
    rows
}

fn remove(folder: &Path) {
    std::fs::remove_dir_all(folder).unwrap();
}

/// The rows of each voucher.
fn vouchers(rows: Vec<Row>) -> BTreeMap<String, Vec<Row>> {
    let mut vouchers: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for row in rows {
        vouchers.entry(row.voucher.clone()).or_default().push(row);
    }
    vouchers
}

/// The vouchers of ranges, none of which two ranges may have.
fn vouchers_of(
    place: &Workplace,
    ledger: &Ledger,
    mode: &str,
    ranges: &[DateRange],
) -> BTreeMap<String, Vec<Row>> {
    let mut all = BTreeMap::new();
    for range in ranges {
        for (id, rows) in vouchers(exported(place, ledger, mode, *range)) {
            let before = all.insert(id.clone(), rows);
            assert!(before.is_none(), "{id} again in {range:?}, {mode}");
        }
    }
    all
}

/// Ranges without a gap from `from` on, each to one of the dates `ends`.
fn ranges(from: NaiveDate, ends: &[NaiveDate]) -> Vec<DateRange> {
    let mut from = from;
    let range = |end: &NaiveDate| {
        let range = DateRange::new(from, *end).unwrap();
        from = days_after(*end, 1);
        range
    };
    ends.iter().map(range).collect()
}

/// Five months by chance, some payouts of which have the number of an earlier one.
fn five_months(seed: u64) -> Ledger {
    let shape = Shape {
        seed,
        dates: 151,
        entries_per_date: 2,
    };
    let mut ledger = random_ledger(&shape);
    let mut dice = Dice::new(&[seed, 40]);
    let mut names: Vec<Field> = Vec::new();
    let is_payout = |entry: &&mut Entry| {
        matches!(
            entry.entry_type.as_str(),
            "payout-scheduled" | "scheduled-for-payout" | "payout"
        )
    };
    for entry in ledger
        .dates
        .values_mut()
        .flat_map(|topics| &mut topics[0])
        .filter(is_payout)
    {
        if !names.is_empty() && dice.one_in(7) {
            let latest = &names[names.len().saturating_sub(6)..];
            entry.psp_reference = dice.pick(latest).clone();
        }
        names.push(entry.psp_reference.clone());
    }
    ledger
}

#[test]
fn months_one_by_one_and_all_at_once_give_the_same_vouchers() {
    for seed in 0..10 {
        let ledger = five_months(seed);
        let place = Workplace::of(&[&ledger]);
        let mut dice = Dice::new(&[seed, 41]);
        let mode = dice.pick(&modes(&ledger)).clone();
        let whole = range("2026-01-31", "2026-06-30");
        let at_once = vouchers(exported(&place, &ledger, &mode, whole));
        let month_ends: Vec<NaiveDate> = whole
            .dates()
            .filter(|date| *date == end_of_month(*date))
            .collect();
        let one_by_one = vouchers_of(&place, &ledger, &mode, &ranges(whole.from(), &month_ends));
        assert_eq!(at_once, one_by_one, "{seed} {mode}");
        let mut some = month_ends;
        some.retain(|date| *date == whole.to() || dice.one_in(2));
        let split = vouchers_of(&place, &ledger, &mode, &ranges(whole.from(), &some));
        assert_eq!(at_once, split, "{seed} {mode} {some:?}");
    }
}

#[test]
fn ranges_that_end_anywhere_give_the_same_vouchers_in_the_end() {
    for seed in 0..10 {
        let ledger = five_months(seed + 100);
        let place = Workplace::of(&[&ledger]);
        let mut dice = Dice::new(&[seed, 42]);
        let mode = dice.pick(&modes(&ledger)).clone();
        let whole = range("2026-01-31", "2026-06-30");
        let at_once = vouchers(exported(&place, &ledger, &mode, whole));
        let odds = *dice.pick(&[2, 5, 20]);
        let ends: Vec<NaiveDate> = whole
            .dates()
            .filter(|date| *date == whole.to() || dice.one_in(odds))
            .collect();
        let split = vouchers_of(&place, &ledger, &mode, &ranges(whole.from(), &ends));
        assert_eq!(at_once, split, "{seed} {mode} {ends:?}");
    }
}

#[test]
fn no_entry_of_a_month_is_unbooked_and_none_is_booked_twice_when_the_mode_changes() {
    let modes = [
        "voucher_per = \"ledger-date\"",
        "voucher_per = \"ledger-date\"\ndate_basis = \"transaction-date\"",
        "voucher_per = \"entry\"",
        "voucher_per = \"entry\"\ndate_basis = \"transaction-date\"",
        "voucher_per = \"payout\"",
    ];
    let months = [
        range("2026-01-31", "2026-02-28"),
        range("2026-03-01", "2026-03-31"),
    ];
    for seed in 0..6 {
        let ledger = random_ledger(&Shape {
            seed: seed + 200,
            dates: 60,
            entries_per_date: 3,
        });
        let place = Workplace::of(&[&ledger]);
        for fees in ["accrual", "retained"] {
            let of = |mode: &str, month| {
                let market = ledger.market.code();
                let configuration = format!("[posting]\nmarket = \"{market}\"\nfees = \"{fees}\"\n{mode}\n");
                exported(&place, &ledger, &configuration, month)
            };
            // Each mode's February, then each mode's March: any of them may follow any.
            let exports = modes.map(|mode| months.map(|month| of(mode, month)));
            for (first, february) in modes.iter().zip(&exports) {
                for (second, march) in modes.iter().zip(&exports) {
                    let what = format!("{seed} {fees}: {first}, then {second}");
                    let mut rows = Vec::new();
                    let mut booked = BTreeSet::new();
                    for (month, rows_of_month) in months.iter().zip([&february[0], &march[1]]) {
                        let ids: BTreeSet<String> =
                            rows_of_month.iter().map(|row| row.voucher.clone()).collect();
                        assert!(ids.is_disjoint(&booked), "{what}");
                        booked.extend(ids);
                        rows.extend(rows_of_month.clone());
                        let so_far = DateRange::new(months[0].from(), month.to()).unwrap();
                        let sums = by_account(&rows);
                        let sum = |role| sums.get(&account(ledger.market, role)).copied().unwrap_or(0);
                        assert_eq!(sum(Role::Funds), ledger.sum(0, so_far), "{what}");
                        if fees == "accrual" {
                            assert_eq!(sum(Role::FeesPayable), ledger.sum(1, so_far), "{what}");
                        }
                    }
                }
            }
        }
    }
}

/// The ids and dates of an export's vouchers in their order.
fn ids(place: &Workplace, ledger: &Ledger, configuration: &str, range: DateRange) -> Vec<(String, String)> {
    let mut ids: Vec<(String, String)> = exported(place, ledger, configuration, range)
        .into_iter()
        .map(|row| (row.voucher, row.date))
        .collect();
    ids.dedup();
    ids
}

fn named(ids: &[(&str, &str)]) -> Vec<(String, String)> {
    ids.iter()
        .map(|(id, date)| ((*id).to_owned(), (*date).to_owned()))
        .collect()
}

#[test]
fn payouts_at_the_ends_of_months_and_months_without_any() {
    let ledger = Ledger::new("77")
        .week_before("2026-01-30")
        .date("2026-01-30")
        .sale("1", 10_000, 300)
        .date("2026-01-31")
        .pay_out("77-2000001")
        .date("2026-02-10")
        .sale("2", 20_000, 500)
        // March is empty.
        .date("2026-04-01")
        .sale("3", 30_000, 700)
        .pay_out("77-2000002")
        .date("2026-04-30")
        .funds([Entry::new("refund", -30_000).psp("4").reference("order-3")])
        .known(range("2026-01-30", "2026-04-30"));
    let place = Workplace::of(&[&ledger]);
    let whole = range("2026-01-30", "2026-04-30");
    let rows = exported(&place, &ledger, PER_PAYOUT, whole);
    assert_eq!(
        ids(&place, &ledger, PER_PAYOUT, whole),
        named(&[
            ("VM-77-P2000001", "2026-01-31"),
            ("VM-77-open@2026-02-28", "2026-02-28"),
            ("VM-77-P2000002", "2026-04-01"),
            ("VM-77-open@2026-04-30", "2026-04-30"),
        ])
    );
    // The month ends below zero, and all of it is booked: the payout, less what was refunded since.
    assert_eq!(by_account(&rows)[&account(ledger.market, Role::Funds)], -30_000);
    for month in [
        range("2026-03-01", "2026-03-31"),
        range("2026-03-15", "2026-03-20"),
    ] {
        assert!(exported(&place, &ledger, PER_PAYOUT, month).is_empty());
    }
}

#[test]
fn what_comes_after_a_payout_on_its_own_date_is_in_its_voucher() {
    let ledger = Ledger::new("77")
        .week_before("2026-03-30")
        .date("2026-03-30")
        .funds([
            capture("1", 100),
            payout("77-2000001", 100),
            capture("2", 50),
            payout("77-2000002", 50),
            capture("3", 30),
        ])
        .date("2026-03-31")
        .funds([capture("4", 7)])
        .known(range("2026-03-30", "2026-03-31"));
    let place = Workplace::of(&[&ledger]);
    let rows = exported(&place, &ledger, PER_PAYOUT, range("2026-03-30", "2026-03-31"));
    let captured: Vec<(&str, i128)> = rows
        .iter()
        .filter(|row| row.key == "capture" && row.amount > 0)
        .map(|row| (row.voucher.as_str(), row.amount))
        .collect();
    assert_eq!(captured, [("VM-77-P2000002", 180), ("VM-77-open@2026-03-31", 7)]);
}

/// A ledger with a payout of each number on a date of its own.
fn numbered(numbers: &[&str]) -> Ledger {
    let first = date("2026-03-02");
    let mut ledger = Ledger::new("77").week_before("2026-03-02");
    for (step, number) in (0..).zip(numbers) {
        let on = days_after(first, step).to_string();
        ledger = ledger.date(&on);
        if !number.is_empty() {
            let amount = 100 + i64::try_from(step).unwrap();
            ledger = ledger.funds([
                capture(&step.to_string(), amount),
                payout(&format!("77-{number}"), amount),
            ]);
        }
    }
    ledger
}

/// The ids of the vouchers of a numbered ledger, which must be the same date by date.
fn ids_of(ledger: &Ledger) -> Vec<String> {
    let place = Workplace::of(&[ledger]);
    let whole = DateRange::new(date("2026-03-02"), ledger.span().to()).unwrap();
    let at_once = ids(&place, ledger, PER_PAYOUT, whole);
    let mut by_date = Vec::new();
    for on in whole.dates() {
        by_date.extend(ids(&place, ledger, PER_PAYOUT, DateRange::new(on, on).unwrap()));
    }
    assert_eq!(at_once, by_date);
    at_once
        .into_iter()
        .map(|(id, _)| id.trim_start_matches("VM-77-").to_owned())
        .collect()
}

#[test]
fn a_payout_number_that_comes_again_makes_an_id_of_its_own() {
    assert_eq!(ids_of(&numbered(&["1", "2", "3"])), ["P1", "P2", "P3"]);
    assert_eq!(
        ids_of(&numbered(&["1", "1", "1"])),
        ["P1", "P1.20260303", "P1.20260304"]
    );
    assert_eq!(
        ids_of(&numbered(&["1", "2", "3", "", "", "2", "4"])),
        ["P1", "P2", "P3", "P2.20260307", "P4"]
    );
    // Several come again, each after the one that was before it.
    assert_eq!(
        ids_of(&numbered(&["1", "2", "3", "1", "2", "3", "4"])),
        [
            "P1",
            "P2",
            "P3",
            "P1.20260305",
            "P2.20260306",
            "P3.20260307",
            "P4"
        ]
    );
    // A number that was left out is no number that comes again.
    assert_eq!(ids_of(&numbered(&["1", "2", "5", "3"])), ["P1", "P2", "P5", "P3"]);
    // Two that come again a month apart each.
    let mut numbers = Vec::new();
    for number in ["1", "2", "3", "4", "3", "4"] {
        numbers.push(number);
        numbers.extend(std::iter::repeat_n("", 30));
    }
    let ids = ids_of_range(&numbered(&numbers), 61);
    assert_eq!(ids, ["P3.20260704", "P4.20260804"]);
    // Long quiet: the one before is two hundred dates back.
    let mut numbers = vec!["1", "2"];
    numbers.extend(std::iter::repeat_n("", 200));
    numbers.extend(["1", "3"]);
    let ids = ids_of_range(&numbered(&numbers), 1);
    assert_eq!(ids, ["P1.20260920", "P3"]);
}

/// The ids of the vouchers of the last dates.
fn ids_of_range(ledger: &Ledger, dates: u64) -> Vec<String> {
    let place = Workplace::of(&[ledger]);
    let last = ledger.span().to();
    let end = DateRange::new(days_before(last, dates), last).unwrap();
    ids(&place, ledger, PER_PAYOUT, end)
        .into_iter()
        .map(|(id, _)| id.trim_start_matches("VM-77-").to_owned())
        .collect()
}

#[test]
fn a_number_is_looked_for_as_far_as_the_dates_before_it_are_known() {
    let mut ledger = numbered(&["1", "2", "", "1"]);
    ledger.dates.remove(&date("2026-03-03"));
    let place = Workplace::of(&[&ledger]);
    // Balances of zero say that nothing waits across the gap.
    let rows = ids(&place, &ledger, PER_PAYOUT, range("2026-03-05", "2026-03-05"));
    assert_eq!(rows, named(&[("VM-77-P1", "2026-03-05")]));
}

#[test]
fn dates_of_the_month_that_are_not_known_are_needed_unless_nothing_can_wait_in_them() {
    // Neither the 2nd nor what is before it is in the archive.
    let ledger = || Ledger::new("77").date("2026-03-03");
    let sale = |ledger: Ledger| ledger.sale("1", 100, 3).pay_out("77-2000007");
    let code = |ledger: &Ledger, configuration: &str| {
        let place = Workplace::of(&[ledger]).config(configuration);
        place.run_on("export", "2026-03-03", "2026-03-03", &[]).code
    };
    assert_eq!(code(&sale(ledger()), PER_PAYOUT), 0);
    assert_eq!(code(&sale(ledger().opening(50, 0)), PER_PAYOUT), 3);
    assert_eq!(code(&sale(ledger().opening(0, -5)), PER_PAYOUT), 3);
    // Old entries do not say their balances.
    let mut old = sale(ledger());
    for entry in old.dates.values_mut().flatten().flatten() {
        (entry.before, entry.after) = (None, None);
    }
    assert_eq!(code(&old, PER_PAYOUT), 3);
    assert_eq!(code(&old, ""), 0);
    // On the first of a month nothing can wait.
    let first = Ledger::new("77")
        .opening(50, -5)
        .date("2026-03-01")
        .sale("1", 100, 3)
        .pay_out("77-2000007");
    let place = Workplace::of(&[&first]).config(PER_PAYOUT);
    assert_code(&place.run_on("export", "2026-03-01", "2026-03-01", &[]), 0);
}

#[test]
fn what_waits_is_reported_with_its_dates_and_sums() {
    let ledger = Ledger::new("77")
        .week_before("2026-03-09")
        .date("2026-03-09")
        .sale("1", 10_000, 300)
        .pay_out("77-2000001")
        .date("2026-03-10")
        .sale("2", 20_000, 500)
        .date("2026-03-12")
        .sale("3", 5000, 125)
        .funds([Entry::new("refund", -30_000).psp("4").reference("order-2")])
        .known(range("2026-03-09", "2026-03-31"));
    let place = Workplace::of(&[&ledger]).config(PER_PAYOUT);
    let run = place.run_on("export", "2026-03-09", "2026-03-15", &["--strict"]);
    assert_code(&run, 5);
    let found = run.findings("awaits-payout");
    let message = |index: usize| found[index]["message"].as_str().unwrap();
    assert_eq!(found.len(), 2);
    assert!(
        message(0).starts_with("funds 2026-03-10 to 2026-03-12: 3 entries of -50.00 NOK in all wait"),
        "{}",
        message(0)
    );
    assert!(
        message(1).starts_with("fees 2026-03-10 to 2026-03-12: 2 entries of -6.25 NOK in all wait"),
        "{}",
        message(1)
    );
    assert_eq!(found[0]["level"], "review");
    // The next range has them, and then nothing waits.
    let run = place.run_on("export", "2026-03-16", "2026-03-31", &[]);
    assert_code(&run, 0);
    assert!(run.findings("awaits-payout").is_empty());
    let rows = place.journal(&ledger, "2026-03-16", "2026-03-31");
    assert!(rows.iter().all(|row| row.voucher == "VM-77-open@2026-03-31"));
    let funds = &account(ledger.market, Role::Funds);
    assert_eq!(by_account(&rows)[funds], 20_000 + 5000 - 30_000);
    // Of fees that are booked when they are retained nothing waits before that.
    let place = place.config(&format!("{PER_PAYOUT}fees = \"retained\"\n"));
    let run = place.run_on("check", "2026-03-09", "2026-03-15", &[]);
    let topics: Vec<String> = run
        .findings("awaits-payout")
        .iter()
        .map(|finding| finding["topic"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(topics, ["funds"]);
}

#[test]
fn settlements_are_whole_whatever_month_they_began_in() {
    let ledger = Ledger::new("77")
        .sales_unit("Fiskebua", "NO:90001")
        .bank_account("15032000006")
        .week_before("2026-01-30")
        .date("2026-01-30")
        .sale("1", 10_000, 300)
        .date("2026-02-02")
        .sale("2", 20_000, 500)
        .pay_out("77-2000001")
        .known(range("2026-01-30", "2026-02-28"));
    let place = Workplace::of(&[&ledger]);
    let whole = range("2026-02-01", "2026-02-28");
    let out = place.path("out");
    let formats = ["journal-csv", "vipps-settlement-xml"];
    let company = "[company]\nname = \"Fiskebua AS\"\nregistration_number = \"987654325\"\nstreet = \"Kaien 1\"\npostal_code = \"5003\"\ncity = \"Bergen\"\n";
    let configuration = format!("{PER_PAYOUT}{company}");
    let run = export(
        &place.path("archive"),
        "77",
        &configuration,
        whole,
        &formats,
        &out,
    );
    assert!(run.error.is_none(), "{:?} {:?}", run.error, findings(&run));
    let folder = output_folder(&out, &ledger, whole);
    let settlement = std::fs::read_dir(&folder)
        .unwrap()
        .map(|item| item.unwrap().path())
        .find(|path| path.extension().is_some_and(|extension| extension == "xml"))
        .unwrap();
    // 100.00 and 200.00 were captured, 3.00 and 5.00 taken, 292.00 paid out.
    let text = std::fs::read_to_string(settlement).unwrap();
    assert!(text.contains("292.00"), "{text}");
    assert!(text.contains("order-1") && text.contains("order-2"), "{text}");
    let rows = journal(&folder);
    let funds = &account(ledger.market, Role::Funds);
    // The voucher has February's part: what was captured in January is in January's books.
    assert_eq!(by_account(&rows)[funds], 20_000 - 800 - 29_200);
}
