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
        text.push_str(&format!("\"{at}\" = \"{}.{:04}\"\n", rate / 10_000, rate % 10_000));
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
                let back = if dice.one_in(4) { dice.between(1, amount) } else { amount };
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
    let rows = rows.iter().filter(|row| row.account == number && row.date <= until);
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
    #![proptest_config(cases(40))]

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
