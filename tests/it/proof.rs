//! What a range hangs on beyond its own balances: the row of payout numbers, the dates before and
//! after it, and what of that a configuration takes as it is.

use std::fs;

use bilag::provider::Topic;
use serde_json::Value;

use crate::harness::dates::date;
use crate::harness::entry::Entry;
use crate::harness::layout::Layout;
use crate::harness::ledger::{Ledger, capture, fee, payout};
use crate::harness::program::{Ran, Workplace, assert_code};

const MARKET: &str = "[posting]\nmarket = \"NO\"\n";

/// A ledger that pays everything out on each of `dates`, with these payout numbers.
fn paid_daily(days: &[(&str, &str)]) -> Ledger {
    let ledger = Ledger::new("77").week_before(days[0].0);
    days.iter().fold(ledger, |ledger, (at, number)| {
        // The dates between are there, closed and without entries.
        let last = *ledger.dates.keys().next_back().unwrap();
        let between = (date(at) - last).num_days() - 1;
        let between = u64::try_from(between).unwrap();
        let next = bilag::date::days_after(last, 1).to_string();
        ledger
            .empty(&next, between)
            .date(at)
            .sale(&format!("5{}", at.replace('-', "")), 10_000, 300)
            .pay_out(number)
    })
}

fn check(office: &Workplace, from: &str, to: &str) -> Ran {
    office.run_on("check", from, to, &[])
}

fn status(run: &Ran) -> String {
    run.ledger()["status"].as_str().unwrap().to_owned()
}

fn start(run: &Ran) -> String {
    run.ledger()["edges"]["start"].as_str().unwrap().to_owned()
}

fn end(run: &Ran) -> String {
    run.ledger()["edges"]["end"].as_str().unwrap().to_owned()
}

/// Asserts that nothing is found of `codes`.
#[track_caller]
fn assert_none_of(run: &Ran, codes: &[&str]) {
    for code in codes {
        assert!(run.findings(code).is_empty(), "{}", run.stdout);
    }
}

#[track_caller]
fn assert_proven(run: &Ran) {
    assert_eq!(status(run), "proven", "{}", run.stdout);
    assert_none_of(run, &["payout-gap", "not-proven"]);
}

/// The one payout-gap of a run, which must leave its ledger unproven.
#[track_caller]
fn gap(run: &Ran) -> Value {
    assert_code(run, 0);
    let gaps = run.findings("payout-gap");
    assert_eq!(gaps.len(), 1, "{}", run.stdout);
    assert_eq!(gaps[0]["level"], "review");
    assert_eq!(status(run), "not-proven");
    gaps[0].clone()
}

#[test]
fn numbers_that_are_left_out_between_payouts_leave_a_range_unproven() {
    // Three dates are answered empty; the balances before and after them are zero all the same.
    let ledger = paid_daily(&[
        ("2026-02-09", "77-2000001"),
        ("2026-02-10", "77-2000002"),
        ("2026-02-14", "77-2000006"),
        ("2026-02-15", "77-2000007"),
    ]);
    let office = Workplace::of(&[&ledger]).config(MARKET);
    let run = check(&office, "2026-02-09", "2026-02-15");
    let found = gap(&run);
    assert_eq!(found["ledger_date"], "2026-02-14");
    assert_eq!(found["topic"], "funds");
    let message = found["message"].as_str().unwrap();
    assert!(
        message.contains("2000006 follows payout 2000002 of 2026-02-10"),
        "{message}"
    );
    let strict = office.run_on("check", "2026-02-09", "2026-02-15", &["--strict"]);
    assert_code(&strict, 5);

    // Also where the range begins after the hole, or in it, or ends in it.
    assert_eq!(
        gap(&check(&office, "2026-02-14", "2026-02-15"))["ledger_date"],
        "2026-02-14"
    );
    gap(&check(&office, "2026-02-12", "2026-02-14"));
    let before = gap(&check(&office, "2026-02-09", "2026-02-11"));
    assert_eq!(before["ledger_date"], "2026-02-11");
    assert!(
        before["message"]
            .as_str()
            .unwrap()
            .contains("2000006 of 2026-02-14"),
        "{before}"
    );
    assert_proven(&check(&office, "2026-02-15", "2026-02-15"));
    assert_proven(&check(&office, "2026-02-09", "2026-02-09"));

    // Where the provider leaves numbers out, the merchant says so.
    for checks in ["[checks]", "[ledgers.\"77\".checks]"] {
        let config = format!("{MARKET}{checks}\npayout_numbers = \"increasing\"\n");
        let office = Workplace::of(&[&ledger]).config(&config);
        let run = check(&office, "2026-02-09", "2026-02-15");
        assert_eq!(run.findings("payout-gap")[0]["level"], "info");
        assert_eq!(status(&run), "proven");
    }
}

#[test]
fn payouts_are_compared_over_any_number_of_quiet_dates_but_not_over_unknown_ones() {
    let mut ledger = paid_daily(&[("2026-01-05", "77-2000001"), ("2026-02-14", "77-2000003")]);
    let office = Workplace::of(&[&ledger]).config(MARKET);
    gap(&check(&office, "2026-02-14", "2026-02-14"));
    ledger.dates.remove(&date("2026-01-20"));
    let office = Workplace::of(&[&ledger]).config(MARKET);
    let run = check(&office, "2026-02-14", "2026-02-14");
    assert_none_of(&run, &["payout-gap"]);
    assert_eq!(
        status(&run),
        "not-proven",
        "the archive has earlier entries: {}",
        run.stdout
    );
    // Within the range an unknown date ends the row as well.
    let run = check(&office, "2026-01-05", "2026-02-14");
    assert_code(&run, 3);
    assert_none_of(&run, &["payout-gap"]);
}

#[test]
fn a_number_that_comes_again_is_no_gap_and_one_that_falls_is() {
    let again = paid_daily(&[
        ("2026-02-09", "77-2000001"),
        ("2026-02-10", "77-2000002"),
        ("2026-02-11", "77-2000001"),
        ("2026-02-12", "77-2000003"),
    ]);
    let office = Workplace::of(&[&again]).config(MARKET);
    let run = check(&office, "2026-02-09", "2026-02-12");
    assert_proven(&run);
    let order = run.findings("payout-order");
    assert_eq!(order.len(), 1, "{}", run.stdout);
    assert_eq!(
        (&order[0]["level"], &order[0]["ledger_date"]),
        (&"info".into(), &"2026-02-11".into())
    );
    // Whatever range a date is part of: where the payout before it does not explain a number, those before that do.
    for from in again.dates.keys().filter(|from| **from >= date("2026-02-09")) {
        assert_proven(&check(&office, &from.to_string(), &from.to_string()));
        assert_proven(&check(&office, &from.to_string(), "2026-02-12"));
    }
    // A number that nothing before explains says that the row is not whole.
    let falls = paid_daily(&[
        ("2026-02-09", "77-2000001"),
        ("2026-02-10", "77-2000042"),
        ("2026-02-11", "77-2000012"),
        ("2026-02-12", "77-2000013"),
    ]);
    let config = format!("{MARKET}[checks]\npayout_numbers = \"increasing\"\n");
    let office = Workplace::of(&[&falls]).config(&config);
    let found = gap(&check(&office, "2026-02-11", "2026-02-12"));
    assert_eq!(found["ledger_date"], "2026-02-11");
    let message = found["message"].as_str().unwrap();
    assert!(
        message.contains("2000012 comes after payout 2000042"),
        "{message}"
    );
    assert_proven(&check(&office, "2026-02-12", "2026-02-12"));
}

#[test]
fn old_forms_of_payout_numbers_are_the_same_row() {
    for numbers in [
        ["2000001", "2000002", "77-2000003"],
        ["100000772000001", "100000772000002", "77-2000003"],
        ["100000772000001", "2000002", "2000003"],
        ["77-2000001", "none", "77-2000003"],
    ] {
        let days = ["2026-02-09", "2026-02-10", "2026-02-11"];
        let days: Vec<(&str, &str)> = days.into_iter().zip(numbers).collect();
        let office = Workplace::of(&[&paid_daily(&days)]).config(MARKET);
        assert_proven(&check(&office, "2026-02-09", "2026-02-11"));
    }
    let days = [("2026-02-09", "100000772000001"), ("2026-02-10", "77-2000003")];
    let office = Workplace::of(&[&paid_daily(&days)]).config(MARKET);
    gap(&check(&office, "2026-02-09", "2026-02-10"));
}

#[test]
fn a_ledger_does_not_begin_with_its_fiftieth_payout() {
    let ledger = paid_daily(&[("2026-02-09", "77-2000051"), ("2026-02-10", "77-2000052")]);
    let office = Workplace::of(&[&ledger]).config(MARKET);
    let run = check(&office, "2026-02-09", "2026-02-10");
    assert_eq!(gap(&run)["ledger_date"], "2026-02-09");
    assert_eq!(start(&run), "unchained");
    for config in [
        "[checks]\nfirst_payout = 2000051\n",
        "[ledgers.\"77\".checks]\nfirst_payout = 2000051\n",
    ] {
        let office = Workplace::of(&[&ledger]).config(&format!("{MARKET}{config}"));
        let run = check(&office, "2026-02-09", "2026-02-10");
        assert_proven(&run);
        assert_eq!(start(&run), "first-entry");
    }
    let increasing = format!("{MARKET}[checks]\npayout_numbers = \"increasing\"\n");
    let office = Workplace::of(&[&ledger]).config(&increasing);
    let run = check(&office, "2026-02-09", "2026-02-10");
    assert_eq!(run.findings("payout-gap")[0]["level"], "info");
    assert_eq!(
        (status(&run), start(&run)),
        ("proven".to_owned(), "first-entry".to_owned())
    );
    // A smaller start than the stated one is one all the same; `first_payout = 1` is one too.
    for (number, first) in [("77-1", "1"), ("77-1", "2000001")] {
        let office = Workplace::of(&[&paid_daily(&[("2026-02-09", number)])])
            .config(&format!("{MARKET}[checks]\nfirst_payout = {first}\n"));
        assert_proven(&check(&office, "2026-02-09", "2026-02-09"));
    }
    let office = Workplace::of(&[&paid_daily(&[("2026-02-09", "77-2000001")])])
        .config(&format!("{MARKET}[checks]\nfirst_payout = 1\n"));
    gap(&check(&office, "2026-02-09", "2026-02-09"));
}

#[test]
fn the_first_payout_may_come_after_the_range() {
    let ledger = |number: &str| {
        Ledger::new("77")
            .week_before("2026-01-20")
            .date("2026-01-20")
            .sale("1", 10_000, 300)
            .empty("2026-01-21", 20)
            .date("2026-02-10")
            .pay_out(number)
    };
    let office = Workplace::of(&[&ledger("77-2000001")]).config(MARKET);
    assert_proven(&check(&office, "2026-01-20", "2026-01-31"));
    let office = Workplace::of(&[&ledger("77-2000031")]).config(MARKET);
    let run = check(&office, "2026-01-20", "2026-01-31");
    gap(&run);
    assert_eq!(start(&run), "unchained");
}

#[test]
fn where_nothing_is_known_nothing_is_proven() {
    let office = Workplace::of(&[&Ledger::new("77").empty("2020-08-20", 50)]).config(MARKET);
    let run = office.run_on("export", "2020-09-01", "2020-09-30", &[]);
    assert_code(&run, 0);
    assert_eq!(status(&run), "not-proven");
    assert_eq!(start(&run), "unchained");
    let found = run.findings("no-entries");
    assert_eq!(found[0]["level"], "review", "{}", run.stdout);
    for command in ["export", "check"] {
        assert_code(
            &office.run_on(command, "2020-09-01", "2020-09-30", &["--strict"]),
            5,
        );
    }
    // A month before the archive's first date, with nothing beside it.
    let alone = Workplace::of(&[&Ledger::new("77").empty("2020-09-01", 30)]).config(MARKET);
    assert_code(
        &alone.run_on("check", "2020-09-01", "2020-09-30", &["--strict"]),
        5,
    );
}

#[test]
fn a_quiet_month_is_proven_by_the_balance_before_or_after_it() {
    let before = paid_daily(&[("2026-01-05", "77-2000001")]).empty("2026-01-06", 60);
    let office = Workplace::of(&[&before]).config(MARKET);
    let run = office.run_on("check", "2026-02-01", "2026-02-28", &["--strict"]);
    assert_code(&run, 0);
    assert_proven(&run);
    assert_eq!(start(&run), "chained");
    assert_eq!(run.findings("no-entries")[0]["level"], "info");
    for topic in ["funds", "fees"] {
        assert_eq!(run.ledger()["topics"][topic]["opening"], "0.00", "{}", run.stdout);
    }
    // Before a ledger's first entry, which is archived, there was nothing.
    let after = paid_daily(&[("2026-03-10", "77-2000001")]).empty("2026-01-20", 42);
    let office = Workplace::of(&[&after]).config(MARKET);
    let run = check(&office, "2026-02-01", "2026-02-28");
    assert_proven(&run);
    assert_eq!(start(&run), "first-entry");
    // Where that entry opens at a balance, some entry before it is not there.
    let opened = Ledger::new("77")
        .empty("2026-01-20", 60)
        .opening(500, 0)
        .date("2026-03-21")
        .funds([capture("1", 100)]);
    let office = Workplace::of(&[&opened]).config(MARKET);
    let run = check(&office, "2026-02-01", "2026-02-28");
    assert_eq!(
        (status(&run), start(&run)),
        ("not-proven".to_owned(), "unchained".to_owned())
    );
}

/// A sale, some quiet weeks, a sale of which the fee is `late` on fees alone.
fn quiet() -> Ledger {
    Ledger::new("77")
        .week_before("2026-01-05")
        .date("2026-01-05")
        .sale("1", 10_000, 300)
        .empty("2026-01-06", 40)
        .date("2026-02-15")
        .sale("2", 20_000, 600)
        .empty("2026-02-16", 40)
        .date("2026-03-28")
        .sale("3", 30_000, 900)
        .empty("2026-03-29", 1)
}

#[test]
fn quiet_dates_that_are_archived_do_not_break_the_chain() {
    let office = Workplace::of(&[&quiet()]).config(MARKET);
    let run = check(&office, "2026-02-10", "2026-02-20");
    assert_proven(&run);
    assert_eq!(
        (start(&run), end(&run)),
        ("chained".to_owned(), "chained".to_owned())
    );
    assert_eq!(run.ledger()["topics"]["fees"]["opening"], "-3.00");
    // A payout that rests on what was carried over the quiet weeks is explained.
    let paid = quiet().date("2026-03-30").pay_out("77-2000001");
    let office = Workplace::of(&[&paid]).config(MARKET);
    let run = check(&office, "2026-03-28", "2026-03-30");
    assert_proven(&run);
    assert_eq!(run.ledger()["payouts"][0]["explained"], true);

    // What was lost in the quiet weeks shows on either topic, before the range and after it.
    for topic in [0, 1] {
        let mut ledger = quiet();
        for entry in &mut ledger.dates.get_mut(&date("2026-02-15")).unwrap()[topic] {
            entry.before = entry.before.map(|balance| balance + 100);
            entry.after = entry.after.map(|balance| balance + 100);
        }
        let office = Workplace::of(&[&ledger]).config(MARKET);
        for (from, to) in [("2026-02-10", "2026-02-20"), ("2026-01-05", "2026-01-31")] {
            let run = check(&office, from, to);
            assert_code(&run, 4);
            let broken = run.findings("balance-break");
            assert_eq!(broken[0]["topic"], Topic::ALL[topic].name(), "{}", run.stdout);
        }
    }
}

#[test]
fn a_hole_in_the_archive_is_no_beginning() {
    let mut ledger = paid_daily(&[("2026-01-05", "77-2000001"), ("2026-02-14", "77-2000002")]);
    ledger.dates.remove(&date("2026-02-01"));
    let office = Workplace::of(&[&ledger]).config(MARKET);
    let run = check(&office, "2026-02-10", "2026-02-14");
    assert_eq!(
        (status(&run), start(&run)),
        ("not-proven".to_owned(), "unchained".to_owned())
    );
    let message = run.findings("not-proven")[0]["message"].to_string();
    assert!(message.contains("2026-02-01"), "{message}");
    // Nor is a date beyond the first week that cannot be read.
    let whole = Ledger::new("77")
        .empty("2026-01-20", 20)
        .date("2026-02-09")
        .sale("1", 100, 1);
    let office = Workplace::of(&[&whole]).config(MARKET);
    assert_proven(&check(&office, "2026-02-09", "2026-02-09"));
    let path = whole.path(
        &office.path("archive"),
        Topic::Funds,
        date("2026-01-25"),
        &Layout::PLAIN,
    );
    fs::write(path, "{").unwrap();
    assert_eq!(start(&check(&office, "2026-02-09", "2026-02-09")), "unchained");
}

#[test]
fn fees_find_their_captures_however_far_the_chain_had_to_look() {
    // Whether the dates between have entries or not: a fee four dates after its capture.
    for between in [false, true] {
        let mut ledger = Ledger::new("77").week_before("2026-02-09").date("2026-02-09");
        ledger = ledger.funds([capture("1", 10_000)]);
        for at in ["2026-02-10", "2026-02-11", "2026-02-12"] {
            ledger = ledger.date(at);
            if between {
                let other = Entry::new("correction", 5).psp("9");
                ledger = ledger.funds([other.clone()]).fees([other]);
            }
        }
        let ledger = ledger.date("2026-02-13").fees([fee("1", 300)]);
        let office = Workplace::of(&[&ledger]).config(MARKET);
        // The capture is before the range; the fee is after it.
        let run = check(&office, "2026-02-13", "2026-02-13");
        assert_eq!(
            run.findings("fee-date-differs").len(),
            1,
            "{between}: {}",
            run.stdout
        );
        assert_none_of(&run, &["fee-without-capture"]);
        for last in ["2026-02-09", "2026-02-12", "2026-02-13"] {
            let run = check(&office, "2026-02-09", last);
            assert_none_of(&run, &["capture-without-fee", "fee-without-capture"]);
        }
    }
    // One that never comes is missed, whatever comes after.
    let ledger = Ledger::new("77")
        .week_before("2026-02-09")
        .date("2026-02-09")
        .funds([capture("1", 10_000), capture("2", 10_000)])
        .fees([fee("2", 300)])
        .date("2026-02-10")
        .sale("3", 100, 1);
    let office = Workplace::of(&[&ledger]).config(MARKET);
    for last in ["2026-02-09", "2026-02-10"] {
        let run = check(&office, "2026-02-09", last);
        assert_eq!(
            run.findings("capture-without-fee")[0]["count"],
            1,
            "{}",
            run.stdout
        );
    }
}

#[test]
fn what_is_accepted_is_information_and_says_so_but_proves_nothing() {
    let ledger = paid_daily(&[("2026-02-09", "77-2000001"), ("2026-02-10", "77-2000003")])
        .date("2026-02-11")
        .funds([Entry::new("top-up", 500).psp("9")]);
    let strict = |config: &str| {
        let office = Workplace::of(&[&ledger]).config(&format!("{MARKET}{config}"));
        office.run_on("check", "2026-02-09", "2026-02-11", &["--strict"])
    };
    assert_code(&strict(""), 5);
    assert_code(&strict("[checks]\naccept = [\"payout-gap\"]\n"), 5);
    let accept = "accept = [\"payout-gap\", \"top-up-review\"]\n";
    for table in ["[checks]", "[ledgers.\"77\".checks]"] {
        let run = strict(&format!("{table}\n{accept}"));
        assert_code(&run, 0);
        assert_eq!(status(&run), "not-proven", "a person's word is no proof");
        for code in ["payout-gap", "top-up-review"] {
            let found = &run.findings(code)[0];
            assert_eq!(
                (&found["level"], &found["accepted"]),
                (&"info".into(), &true.into())
            );
        }
        assert!(
            run.findings("awaits-payout")
                .iter()
                .all(|found| found["accepted"].is_null())
        );
    }
    // A ledger's own list takes the place of the file's.
    assert_code(
        &strict(&format!(
            "[checks]\n{accept}[ledgers.\"77\".checks]\naccept = []\n"
        )),
        5,
    );

    let office = Workplace::of(&[&ledger]).config(&format!("{MARKET}[checks]\n{accept}"));
    let range = ["--from", "2026-02-09", "--to", "2026-02-11"];
    let run = office.run(&[&["check"], &range[..]].concat());
    assert!(
        run.stderr.contains("  accepted payout-gap: payout 2000003"),
        "{}",
        run.stderr
    );
    let run = office.run(&[&["reconcile"], &range[..]].concat());
    assert!(
        run.stdout.contains("    accepted payout-gap: payout 2000003"),
        "{}",
        run.stdout
    );
}

#[test]
fn an_aborted_payout_that_is_made_again_is_no_gap() {
    for (second, third) in [("77-2000001", "77-2000002"), ("77-2000002", "77-2000003")] {
        let ledger = Ledger::new("77")
            .week_before("2026-02-09")
            .date("2026-02-09")
            .funds([capture("1", 10_000), payout("77-2000001", 10_000)])
            .date("2026-02-10")
            .funds([
                Entry::new("payout-aborted", 10_000).psp("77-2000001"),
                payout(second, 10_000),
            ])
            .date("2026-02-11")
            .funds([capture("2", 10_000), payout(third, 10_000)]);
        let office = Workplace::of(&[&ledger]).config(MARKET);
        for from in ["2026-02-09", "2026-02-10", "2026-02-11"] {
            assert_proven(&check(&office, from, "2026-02-11"));
        }
    }
}
