//! Ledgers in another currency than the books: what the mirror accounts are worth, over months.

use std::collections::BTreeMap;

use bilag::chart::{Market, Role};
use bilag::date::{DateRange, days_after, end_of_month};
use chrono::{Datelike, NaiveDate, Weekday};
use proptest::prelude::*;

use crate::harness::chance::{Dice, cases};
use crate::harness::dates::{date, range};
use crate::harness::entry::Entry;
use crate::harness::journal::{Row, journal};
use crate::harness::layout::Layout;
use crate::harness::ledger::{Ledger, capture, fee, payout};
use crate::harness::library::{account, export_plain, findings, output_folder, problems};
use crate::harness::program::{Workplace, assert_code};

const FIRST: &str = "2026-01-01";
const LAST: &str = "2026-04-30";

/// Ten-thousandths of a krone for a euro, on weekdays.
type Rates = BTreeMap<NaiveDate, i128>;

fn random_rates(dice: &mut Dice) -> Rates {
    let mut rate = 117_000;
    let mut rates = Rates::new();
    for at in range("2025-12-22", LAST).dates() {
        rate += dice.between(-2500, 2500);
        if !matches!(at.weekday(), Weekday::Sat | Weekday::Sun) {
            rates.insert(at, i128::from(rate));
        }
    }
    rates
}

/// Øre for cents at the last rate, half away from zero.
fn in_base(rates: &Rates, cents: i128, at: NaiveDate) -> i128 {
    let (_, rate) = rates.range(..=at).next_back().unwrap();
    let doubled = 2 * cents.abs() * rate / 10_000;
    cents.signum() * ((doubled + 1) / 2)
}

fn configuration(rates: &Rates, posting: &str) -> String {
    let mut text = format!("[posting]\nmarket = \"NO\"\n{posting}\n[fx_rates.EUR]\n");
    for (at, rate) in rates {
        text.push_str(&format!(
            "\"{at}\" = \"{}.{:04}\"\n",
            rate / 10_000,
            rate % 10_000
        ));
    }
    text
}

/// A ledger in euro.
fn euro(id: &str) -> Ledger {
    let mut ledger = Ledger::new(id);
    ledger.currency = "EUR".to_owned();
    ledger
}

/// What a merchant's four months can bring.
struct Life {
    ledger: Ledger,
    rates: Rates,
    /// What each dispute withholds at the end of each date.
    disputes: BTreeMap<NaiveDate, BTreeMap<String, i64>>,
    /// The payouts that were not aborted: date and amount.
    payouts: Vec<(NaiveDate, i64)>,
}

fn random_life(seed: u64, may_open: bool) -> Life {
    let mut dice = Dice::new(&[seed, 51]);
    let rates = random_rates(&mut dice);
    let mut ledger = euro("640590").week_before(FIRST);
    if may_open && dice.one_in(2) {
        ledger = ledger.opening(dice.between(0, 90_000), -dice.between(0, 900));
    }
    let settles_net = dice.one_in(2);
    let reserve = *dice.pick(&[0, 0, 25_000]);
    let busy = *dice.pick(&[2, 3, 9]);
    let mut life = Life {
        ledger,
        rates,
        disputes: BTreeMap::new(),
        payouts: Vec::new(),
    };
    let mut open: BTreeMap<String, i64> = BTreeMap::new();
    let mut aborting: Option<(String, i64, NaiveDate)> = None;
    let mut number = 0;
    for at in range(FIRST, LAST).dates() {
        let mut ledger = life.ledger.date(&at.to_string());
        if let Some((name, amount, _)) = aborting.take_if(|(.., due)| *due <= at) {
            ledger = ledger.funds([Entry::new("payout-aborted", amount).psp(&name)]);
        }
        if dice.one_in(busy) {
            for _ in 0..dice.between(1, 3) {
                number += 1;
                let (name, amount) = (number.to_string(), dice.between(1, 60_000));
                ledger = ledger
                    .funds([capture(&name, amount)])
                    .fees([fee(&name, 1 + amount / 66)]);
                if dice.one_in(6) {
                    ledger = ledger.funds([Entry::new("refund", -dice.between(1, amount)).psp(&name)]);
                }
                if dice.one_in(6) {
                    let withheld = dice.between(1, amount);
                    ledger = ledger.funds([Entry::new("retained-disputed-capture", -withheld).psp(&name)]);
                    *open.entry(name).or_default() += withheld;
                }
            }
        }
        for (name, amount) in open.clone() {
            if amount > 0 && dice.one_in(25) {
                let back = if dice.one_in(4) {
                    dice.between(1, amount)
                } else {
                    amount
                };
                ledger = ledger.funds([Entry::new("returned-disputed-capture", back).psp(&name)]);
                *open.get_mut(&name).unwrap() -= back;
                if back == amount && dice.one_in(3) {
                    let again = Entry::new("retained-disputed-capture", -back).psp(&name);
                    ledger = ledger.funds([again.reference(&format!("again-{at}"))]);
                    *open.get_mut(&name).unwrap() += back;
                }
            }
        }
        let owed = ledger.balances[1];
        if settles_net && owed < 0 && dice.one_in(2) {
            let retained = |amount| [Entry::new("fees-retained", amount).psp(&format!("F{at}"))];
            ledger = ledger.funds(retained(owed)).fees(retained(-owed));
        }
        if !settles_net && at.day() == 3 && owed < 0 {
            ledger = ledger.fees([Entry::new("fees-invoiced", -owed).psp(&format!("I{at}"))]);
        }
        if dice.one_in(30) {
            ledger = ledger.funds([Entry::new("correction", dice.between(-300, 300)).psp("C")]);
        }
        let rest = ledger.balances[0] - if dice.one_in(3) { 0 } else { reserve };
        if rest > 0 && dice.one_in(6) {
            number += 1;
            let name = format!("640590-{}", 2_000_000 + number);
            ledger = ledger.funds([payout(&name, rest)]);
            let due = days_after(at, dice.between(1, 9).unsigned_abs());
            if aborting.is_none() && due <= date(LAST) && dice.one_in(3) {
                aborting = Some((name, rest, due));
            } else {
                life.payouts.push((at, rest));
            }
        }
        life.ledger = ledger;
        open.retain(|_, amount| *amount != 0);
        life.disputes.insert(at, open.clone());
    }
    life
}

fn rows_of(life: &Life, config: &str, range: DateRange, what: &str) -> Vec<Row> {
    let place = Workplace::new();
    let archive = place.path("archive");
    life.ledger.write(&archive, &Layout::PLAIN);
    rows_from(&place, life, config, range, what)
}

fn rows_from(place: &Workplace, life: &Life, config: &str, range: DateRange, what: &str) -> Vec<Row> {
    let out = place.path("out");
    let run = export_plain(&place.path("archive"), &life.ledger, config, range, &out);
    let problems = problems(&run);
    assert!(problems.is_empty(), "{what} {range:?}: {problems:?}");
    let found = findings(&run);
    assert!(
        !found.iter().any(|finding| finding.contains("fx-opening-unknown")),
        "{what} {range:?}: {found:?}"
    );
    journal(&output_folder(&out, &life.ledger, range))
}

/// What an account moved by up to a date, in both currencies.
fn moved(rows: &[Row], number: &str, until: NaiveDate) -> (i128, i128) {
    let until = until.to_string();
    let rows = rows
        .iter()
        .filter(|row| row.account == number && row.date <= until);
    rows.fold((0, 0), |(own, base), row| {
        let amount = if row.currency == "EUR" { row.amount } else { 0 };
        (own + amount, base + row.base.unwrap())
    })
}

/// Dates at which a range may be cut in two.
fn random_cuts(dice: &mut Dice) -> Vec<DateRange> {
    let mut from = date(FIRST);
    let mut ranges = Vec::new();
    while from <= date(LAST) {
        let to = if dice.one_in(2) {
            end_of_month(from)
        } else {
            days_after(from, dice.between(0, 45).unsigned_abs())
        };
        let to = to.min(date(LAST));
        ranges.push(DateRange::new(from, to).unwrap());
        from = days_after(to, 1);
    }
    ranges
}

proptest! {
    #![proptest_config(cases(12))]

    #[test]
    fn mirror_accounts_are_worth_their_balances_whenever_a_month_ends(seed in 0u64..1_000_000) {
        let mut dice = Dice::new(&[seed, 52]);
        let life = random_life(seed, true);
        let per = *dice.pick(&["ledger-date", "payout", "entry"]);
        let fees = *dice.pick(&["accrual", "accrual", "retained"]);
        let basis = *dice.pick(&["ledger-date", "transaction-date"]);
        let what = format!("seed {seed} {per} {fees} {basis}");
        let posting = format!("voucher_per = \"{per}\"\nfees = \"{fees}\"\ndate_basis = \"{basis}\"");
        let config = configuration(&life.rates, &posting);
        let rows = rows_of(&life, &config, range(FIRST, LAST), &what);

        let mut sums: BTreeMap<&str, (i128, i128)> = BTreeMap::new();
        for row in &rows {
            let (own, base) = sums.entry(&row.voucher).or_default();
            *own += if row.currency == "EUR" { row.amount } else { 0 };
            *base += row.base.unwrap();
        }
        for (voucher, sums) in sums {
            prop_assert_eq!(sums, (0, 0), "voucher {} of {}", voucher, what);
        }

        let rates = &life.rates;
        let number = |role| account(Market::Norway, role);
        let before = date("2025-12-31");
        let roles = [(Role::Funds, 0), (Role::FeesPayable, 1)];
        let roles = roles.into_iter().filter(|(_, topic)| *topic == 0 || fees == "accrual");
        let roles: Vec<(Role, usize)> = roles.collect();
        for at in range(FIRST, LAST).dates() {
            let is_end = at == end_of_month(at);
            if per == "payout" && !is_end {
                continue;
            }
            for (role, topic) in &roles {
                let all = life.ledger.entries(*topic, life.ledger.span()).next().and_then(|entry| entry.before);
                let opening = i128::from(all.unwrap_or(0));
                let balance = opening + life.ledger.sum(*topic, DateRange::new(date(FIRST), at).unwrap());
                let (own, base) = moved(&rows, &number(*role), at);
                prop_assert_eq!(opening + own, balance, "{:?} on {} of {}", role, at, what);
                let worth = in_base(rates, opening, before) + base;
                // Between the ends only what is empty is settled.
                if is_end || balance == 0 && own != 0 {
                    prop_assert_eq!(worth, in_base(rates, balance, at), "{:?} on {} of {}", role, at, what);
                }
            }
            let open = &life.disputes[&at];
            if is_end || open.is_empty() {
                let worth: i128 = open.values().map(|withheld| in_base(rates, i128::from(*withheld), at)).sum();
                let (_, base) = moved(&rows, &number(Role::Disputes), at);
                prop_assert_eq!(base, worth, "disputes on {} of {}", at, what);
            }
        }

        // The bank clears what is in transit at what each payout went at.
        let went: i128 = life.payouts.iter().map(|(at, amount)| in_base(rates, i128::from(*amount), *at)).sum();
        let (_, in_transit) = moved(&rows, &number(Role::PayoutsInTransit), date(LAST));
        prop_assert_eq!(in_transit, went, "{}", what);

        // All that is not explained by a date's rate is a difference, and nothing else is one.
        let is_difference = |row: &&Row| matches!(row.key.as_str(), "fx_difference" | "fx_revaluation");
        let result: i128 = rows
            .iter()
            .filter(is_difference)
            .filter(|row| [number(Role::FxGain), number(Role::FxLoss)].contains(&row.account))
            .filter_map(|row| row.base)
            .sum();
        let mirrors: i128 = rows
            .iter()
            .filter(is_difference)
            .filter(|row| {
                let roles = [Role::Funds, Role::FeesPayable, Role::Disputes, Role::PayoutsInTransit];
                roles.map(number).contains(&row.account)
            })
            .filter_map(|row| row.base)
            .sum();
        prop_assert_eq!(result, -mirrors, "{}", what);
        prop_assert!(rows.iter().filter(is_difference).all(|row| row.currency == "NOK"));
    }

    #[test]
    fn any_split_of_the_months_gives_the_same_vouchers(seed in 0u64..1_000_000) {
        let mut dice = Dice::new(&[seed, 53]);
        let revaluation = *dice.pick(&["month-end", "month-end", "none"]);
        let life = random_life(seed, revaluation == "month-end");
        let per = *dice.pick(&["ledger-date", "payout", "entry"]);
        let fees = *dice.pick(&["accrual", "accrual", "retained"]);
        let what = format!("seed {seed} {per} {fees} {revaluation}");
        let posting =
            format!("voucher_per = \"{per}\"\nfees = \"{fees}\"\nfx_revaluation = \"{revaluation}\"");
        let config = configuration(&life.rates, &posting);
        let place = Workplace::of(&[&life.ledger]);
        let whole = rows_from(&place, &life, &config, range(FIRST, LAST), &what);
        let mut parts = Vec::new();
        for cut in random_cuts(&mut dice) {
            parts.extend(rows_from(&place, &life, &config, cut, &what));
        }
        prop_assert_eq!(parts.len(), whole.len(), "{}", what);
        for (part, whole) in parts.iter().zip(&whole) {
            prop_assert_eq!(part, whole, "{}", what);
        }
    }
}

/// Rates of a few dates.
fn rates(of: &[(&str, i128)]) -> Rates {
    of.iter().map(|(at, rate)| (date(at), *rate)).collect()
}

/// The postings of a key: date, account, amount.
fn postings(rows: &[Row], key: &str) -> Vec<(String, String, i128)> {
    let rows = rows.iter().filter(|row| row.key == key);
    rows.map(|row| (row.date.clone(), row.account.clone(), row.base.unwrap()))
        .collect()
}

fn of(at: &str, account: &str, amount: i128) -> (String, String, i128) {
    (at.to_owned(), account.to_owned(), amount)
}

/// Exports a ledger's range with the library; returns the journal and the findings.
fn export(ledger: &Ledger, config: &str, from: &str, to: &str) -> (Vec<Row>, Vec<String>) {
    let place = Workplace::of(&[ledger]);
    let (out, range) = (place.path("out"), range(from, to));
    let run = export_plain(&place.path("archive"), ledger, config, range, &out);
    let problems = problems(&run);
    assert!(problems.is_empty(), "{problems:?}");
    (journal(&output_folder(&out, ledger, range)), findings(&run))
}

fn unknown(findings: &[String]) -> Vec<&String> {
    let is_unknown = |finding: &&String| finding.starts_with("fx-opening-unknown");
    findings.iter().filter(is_unknown).collect()
}

/// 1000.00 EUR that stay from January on, and fees of 3.00 EUR that are owed.
fn reserve() -> Ledger {
    euro("640591")
        .week_before("2026-01-12")
        .date("2026-01-12")
        .sale("1", 120_000, 300)
        .date("2026-01-20")
        .funds([payout("640591-2000001", 20_000)])
        .known(range("2026-01-12", "2026-04-10"))
}

const RESERVE_RATES: [(&str, i128); 6] = [
    ("2026-01-12", 110_000),
    ("2026-01-20", 111_000),
    ("2026-01-30", 112_000),
    ("2026-02-27", 113_000),
    ("2026-03-31", 110_000),
    ("2026-04-09", 109_000),
];

#[test]
fn each_month_end_brings_a_reserve_to_its_rate_and_a_part_of_a_month_has_none() {
    let config = configuration(&rates(&RESERVE_RATES), "");
    let (rows, found) = export(&reserve(), &config, "2026-01-12", "2026-04-08");
    assert!(unknown(&found).is_empty(), "{found:?}");
    // January: 1200.00 × 11.00 − 200.00 × 11.10 = 10980.00, and 1000.00 × 11.20 = 11200.00; fees −33.00 and −33.60.
    // February and March: 1000.00 × 0.10 and × −0.30, fees −3.00 × the same.
    let expected = [
        of("2026-01-31", "1577", 22_000),
        of("2026-01-31", "8060", -22_000),
        of("2026-01-31", "2961", -60),
        of("2026-01-31", "8160", 60),
        of("2026-02-28", "1577", 10_000),
        of("2026-02-28", "8060", -10_000),
        of("2026-02-28", "2961", -30),
        of("2026-02-28", "8160", 30),
        of("2026-03-31", "1577", -30_000),
        of("2026-03-31", "8160", 30_000),
        of("2026-03-31", "2961", 90),
        of("2026-03-31", "8060", -90),
    ];
    assert_eq!(postings(&rows, "fx_revaluation"), expected);
    let voucher = rows.iter().find(|row| row.key == "fx_revaluation").unwrap();
    assert_eq!(voucher.voucher, "VM-640591-fx@2026-01-31");
    assert_eq!(voucher.text, "Vipps kursregulering 2026-01-31");
}

#[test]
fn a_quiet_month_is_valued_too_from_a_balance_that_is_months_old() {
    let config = configuration(&rates(&RESERVE_RATES), "");
    let (rows, found) = export(&reserve(), &config, "2026-03-01", "2026-03-31");
    assert!(unknown(&found).is_empty(), "{found:?}");
    assert_eq!(postings(&rows, "fx_revaluation").len(), 4);
    assert_eq!(
        postings(&rows, "fx_revaluation")[0],
        of("2026-03-31", "1577", -30_000)
    );
    // The currency too, where the archive does not have what the provider says of the ledger.
    let ledger = reserve().without_item();
    assert_eq!(export(&ledger, &config, "2026-03-01", "2026-03-31").0, rows);
}

#[test]
fn without_revaluation_a_balance_keeps_what_it_was_booked_at_until_it_is_paid_out() {
    let config = configuration(&rates(&RESERVE_RATES), "fx_revaluation = \"none\"");
    let ledger = reserve().date("2026-04-09").pay_out("640591-2000002");
    let (rows, found) = export(&ledger, &config, "2026-04-01", "2026-04-10");
    assert!(unknown(&found).is_empty(), "{found:?}");
    assert!(postings(&rows, "fx_revaluation").is_empty());
    // Funds were booked at 10980.00 − 3.00 × 10.90 − 997.00 × 10.90 = 80.00; fees owed at −33.00 + 32.70 = −0.30.
    let expected = [
        of("2026-04-09", "1577", -8_000),
        of("2026-04-09", "8160", 8_000),
        of("2026-04-09", "2961", 30),
        of("2026-04-09", "8060", -30),
    ];
    assert_eq!(postings(&rows, "fx_difference"), expected);
}

/// A ledger of which only the week before 15 February is known.
fn taken_over() -> Ledger {
    euro("640591")
        .opening(100_000, -300)
        .week_before("2026-02-15")
        .date("2026-02-24")
        .sale("1", 10_000, 100)
        .empty("2026-02-15", 14)
}

const FEBRUARY_RATES: [(&str, i128); 2] = [("2026-02-24", 113_000), ("2026-02-27", 113_500)];

#[test]
fn what_the_accounts_were_worth_when_bilag_took_over_can_be_stated() {
    let opening =
        "[posting.opening_base]\nfrom = \"2026-02-15\"\nfunds = \"11111.11\"\nfees_payable = \"-33\"";
    let config = configuration(&rates(&FEBRUARY_RATES), opening);
    let (rows, found) = export(&taken_over(), &config, "2026-02-15", "2026-02-28");
    assert!(unknown(&found).is_empty(), "{found:?}");
    // Funds: 11111.11 + 100.00 × 11.30 = 12241.11, and 1100.00 × 11.35 = 12485.00.
    // Fees: −33.00 − 1.00 × 11.30 = −44.30, and −4.00 × 11.35 = −45.40.
    let expected = [
        of("2026-02-28", "1577", 24_389),
        of("2026-02-28", "8060", -24_389),
        of("2026-02-28", "2961", -110),
        of("2026-02-28", "8160", 110),
    ];
    assert_eq!(postings(&rows, "fx_revaluation"), expected);
}

#[test]
fn where_a_part_of_the_month_is_not_known_no_difference_is_made_up() {
    let config = configuration(&rates(&FEBRUARY_RATES), "");
    let (rows, found) = export(&taken_over(), &config, "2026-02-15", "2026-02-28");
    assert_eq!(unknown(&found).len(), 2, "{found:?}");
    assert!(unknown(&found)[0].contains("[posting.opening_base]"));
    assert!(postings(&rows, "fx_revaluation").is_empty());
    // A month later everything is known: it opens at the rate of the day before.
    let ledger = taken_over().empty("2026-03-01", 31);
    let mut more = rates(&FEBRUARY_RATES);
    more.insert(date("2026-03-31"), 114_000);
    let (rows, found) = export(&ledger, &configuration(&more, ""), "2026-03-01", "2026-03-31");
    assert!(unknown(&found).is_empty(), "{found:?}");
    // 1100.00 and −4.00, from 11.35 to 11.40.
    let values = postings(&rows, "fx_revaluation");
    assert_eq!(values[0], of("2026-03-31", "1577", 5_500));
    assert_eq!(values[2], of("2026-03-31", "2961", -20));
}

#[test]
fn a_dispute_comes_back_at_what_its_last_month_left_it_at() {
    let all = rates(&[
        ("2026-01-12", 110_000),
        ("2026-01-30", 112_000),
        ("2026-02-10", 115_000),
        ("2026-02-27", 113_000),
        ("2026-03-05", 120_000),
    ]);
    let withheld = |name: &str, amount: i64| Entry::new("retained-disputed-capture", -amount).psp(name);
    let returned = |name: &str, amount: i64| Entry::new("returned-disputed-capture", amount).psp(name);
    let ledger = euro("640591")
        .week_before("2026-01-12")
        .date("2026-01-12")
        .funds([capture("1", 50_000), withheld("1", 10_000), withheld("2", 20_000)])
        .funds([payout("640591-2000001", 20_000)])
        .date("2026-02-10")
        .funds([returned("1", 4_000), payout("640591-2000002", 4_000)])
        .date("2026-03-05")
        .funds([
            returned("1", 6_000),
            returned("9", 500),
            payout("640591-2000003", 6_500),
        ])
        .known(range("2026-01-12", "2026-03-31"));
    let (rows, found) = export(&ledger, &configuration(&all, ""), "2026-02-01", "2026-03-10");
    // Nothing was withheld of 9, as far as the archive goes.
    let unknown = unknown(&found);
    assert_eq!(unknown.len(), 1, "{found:?}");
    assert!(unknown[0].contains("dispute 9 came back"), "{unknown:?}");
    // February opens with 100.00 at 1120.00 and 200.00 at 2240.00. 40.00 come back at 11.50: the first is worth
    // 660.00 for 60.00, which at 11.30 are 678.00; the second 2260.00.
    let expected = [of("2026-02-28", "1505", 3_800), of("2026-02-28", "8060", -3_800)];
    assert_eq!(postings(&rows, "fx_revaluation"), expected);
    // 60.00 come back at 12.00, which are 720.00 for 678.00.
    let expected = [of("2026-03-05", "1505", 4_200), of("2026-03-05", "8060", -4_200)];
    assert_eq!(postings(&rows, "fx_difference"), expected);
    let difference = rows.iter().find(|row| row.key == "fx_difference").unwrap();
    assert_eq!(difference.reference, "1");
}

#[test]
fn a_dispute_that_is_booked_as_lost_is_left_alone_from_then_on() {
    let all = rates(&[
        ("2026-01-12", 110_000),
        ("2026-01-31", 112_000),
        ("2026-02-28", 113_000),
        ("2026-03-31", 114_000),
    ]);
    let withheld = |name: &str, amount: i64| Entry::new("retained-disputed-capture", -amount).psp(name);
    let ledger = euro("640591")
        .week_before("2026-01-12")
        .date("2026-01-12")
        .funds([capture("1", 30_000), withheld("1", 10_000), withheld("2", 20_000)])
        .known(range("2026-01-12", "2026-03-31"));
    let lost = "[posting.disputes_lost]\n\"1\" = \"2026-02-10\"";
    let config = configuration(&all, lost);
    let (whole, _) = export(&ledger, &config, "2026-01-12", "2026-03-31");
    let values = postings(&whole, "fx_revaluation");
    let values: Vec<_> = values
        .into_iter()
        .filter(|(_, account, _)| account == "1505")
        .collect();
    // 300.00 by 0.20 in January; then 200.00 by 0.10 a month.
    let expected = [
        of("2026-01-31", "1505", 6_000),
        of("2026-02-28", "1505", 2_000),
        of("2026-03-31", "1505", 2_000),
    ];
    assert_eq!(values, expected);
    let mut parts = Vec::new();
    for (from, to) in [
        ("2026-01-12", "2026-02-05"),
        ("2026-02-06", "2026-02-10"),
        ("2026-02-11", "2026-03-31"),
    ] {
        parts.extend(export(&ledger, &config, from, to).0);
    }
    assert_eq!(parts, whole);
}

#[test]
fn a_dispute_that_is_not_back_after_half_a_year_counts_as_lost() {
    let mut all = rates(&[
        ("2026-01-12", 110_000),
        ("2026-06-30", 112_000),
        ("2026-07-31", 113_000),
    ]);
    let ledger = euro("640591")
        .week_before("2026-01-12")
        .date("2026-01-12")
        .funds([
            capture("1", 50_000),
            Entry::new("retained-disputed-capture", -50_000).psp("1"),
        ])
        .known(range("2026-01-12", "2026-08-31"));
    for at in [
        "2026-01-31",
        "2026-02-28",
        "2026-03-31",
        "2026-04-30",
        "2026-05-31",
    ] {
        all.insert(date(at), 111_000);
    }
    all.insert(date("2026-08-31"), 114_000);
    let (rows, found) = export(&ledger, &configuration(&all, ""), "2026-01-12", "2026-08-31");
    assert!(unknown(&found).is_empty(), "{found:?}");
    let values = postings(&rows, "fx_revaluation");
    let values: Vec<_> = values
        .iter()
        .filter(|(_, account, _)| account == "1505")
        .collect();
    // On 1 July it is 170 dates old, on 1 August 201.
    let expected = [
        of("2026-01-31", "1505", 5_000),
        of("2026-06-30", "1505", 5_000),
        of("2026-07-31", "1505", 5_000),
    ];
    assert_eq!(values, expected.iter().collect::<Vec<_>>());
}

#[test]
fn an_aborted_payout_is_known_by_its_number_or_its_amount() {
    let all = rates(&[("2026-01-12", 110_000), ("2026-01-14", 112_000)]);
    for (name, amount, left) in [
        ("640591-2000001", 20_000, Some(4_000)),
        ("", 20_000, Some(4_000)),
        ("640591-2000009", 19_999, None),
    ] {
        let ledger = euro("640591")
            .week_before("2026-01-12")
            .date("2026-01-12")
            .funds([capture("1", 20_000), payout("640591-2000001", 20_000)])
            .date("2026-01-14")
            .funds([Entry::new("payout-aborted", amount).psp(name)])
            .known(range("2026-01-12", "2026-01-20"));
        let (rows, found) = export(&ledger, &configuration(&all, ""), "2026-01-13", "2026-01-20");
        let expected: Vec<_> = left
            .into_iter()
            .flat_map(|left| [of("2026-01-14", "1578", left), of("2026-01-14", "8060", -left)])
            .collect();
        assert_eq!(postings(&rows, "fx_difference"), expected, "{name}");
        assert_eq!(
            unknown(&found).len(),
            usize::from(left.is_none()),
            "{name}: {found:?}"
        );
    }
}

#[test]
fn which_of_two_payouts_of_one_amount_was_aborted_is_not_guessed() {
    let all = rates(&[
        ("2026-01-12", 110_000),
        ("2026-01-13", 111_000),
        ("2026-01-14", 112_000),
    ]);
    let ledger = euro("640591")
        .week_before("2026-01-12")
        .date("2026-01-12")
        .funds([capture("1", 20_000), payout("640591-2000001", 20_000)])
        .date("2026-01-13")
        .funds([capture("2", 20_000), payout("640591-2000002", 20_000)])
        .date("2026-01-14")
        .funds([Entry::new("payout-aborted", 20_000).psp("a-b-c")])
        .known(range("2026-01-12", "2026-01-20"));
    let (rows, found) = export(&ledger, &configuration(&all, ""), "2026-01-12", "2026-01-20");
    assert!(postings(&rows, "fx_difference").is_empty());
    assert_eq!(unknown(&found).len(), 1, "{found:?}");
}

#[test]
fn what_a_till_books_on_funds_is_not_valued_but_fees_are() {
    let config = configuration(&rates(&RESERVE_RATES), "captures = \"none\"");
    let (rows, found) = export(&reserve(), &config, "2026-01-12", "2026-01-31");
    assert_eq!(unknown(&found).len(), 1, "{found:?}");
    assert!(unknown(&found)[0].contains("captures are booked elsewhere"));
    let expected = [of("2026-01-31", "2961", -60), of("2026-01-31", "8160", 60)];
    assert_eq!(postings(&rows, "fx_revaluation"), expected);
}

#[test]
fn rates_that_are_none_and_values_that_are_none_are_refused_with_their_line() {
    let file = "date,currency,rate\n2026-02-03,EUR,11.7\n2026-02-04,EUR,0.00\n";
    let table = "Date,NOK,DKK\n2026-02-03,11.7,0\n";
    for (text, file, said) in [
        (
            "[fx_rates.EUR]\n\"2026-02-03\" = \"0\"\n",
            "",
            "bilag.toml: line 2: `0` is not an exchange rate",
        ),
        (
            "[fx_rates.EUR]\n\"2026-02-03\" = \"0.0000\"\n",
            "",
            "bilag.toml: line 2: `0.0000` is not",
        ),
        (
            "[fx_rates.EUR]\n\"2026-02-03\" = \"-11.7\"\n",
            "",
            "bilag.toml: line 2: `-11.7` is not",
        ),
        (
            "fx_rates_file = \"rates.csv\"\n",
            file,
            "rates.csv: line 3: `0.00` is not an exchange rate",
        ),
        (
            "fx_rates_file = \"rates.csv\"\n",
            table,
            "rates.csv: line 2: `0` is not an exchange rate",
        ),
        (
            "[posting]\nfx_revaluation = \"yearly\"\n",
            "",
            "line 2: unknown variant `yearly`",
        ),
        (
            "[posting.opening_base]\nfrom = \"2026-02-01\"\nfunds = \"1.234\"\n",
            "",
            "[posting.opening_base] funds = \"1.234\" is not an amount with at most 2 decimals",
        ),
        (
            "[posting.opening_base]\nfunds = \"1.23\"\n",
            "",
            "line 1: missing field `from`",
        ),
        (
            "[posting.opening_base]\nfrom = \"2026-02-01\"\nsuspense = \"1.23\"\n",
            "",
            "line 3: unknown field `suspense`",
        ),
    ] {
        let place = Workplace::of(&[&reserve()]).config(text);
        std::fs::write(place.path("rates.csv"), file).unwrap();
        let run = place.run_on("export", "2026-01-12", "2026-01-31", &[]);
        assert_code(&run, 2);
        assert!(
            run.stderr.contains(said) || run.stdout.contains(&said.replace('"', "\\\"")),
            "{text}: {}{}",
            run.stderr,
            run.stdout
        );
    }
}
