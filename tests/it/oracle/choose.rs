//! Settings by chance: modes, rules, rates.

use std::collections::BTreeMap;

use chrono::{Datelike, Weekday};

use crate::harness::chance::Dice;
use crate::oracle::life::{Life, before, dates};
use crate::oracle::setting::{Captures, Fees, Modes, Reference, Rule, Setting, VoucherPer};

/// How a life is booked: a setting, and the modes of each month.
#[derive(Debug)]
pub(crate) struct Books {
    pub(crate) setting: Setting,
    /// One, or as many as the life has months.
    pub(crate) months: Vec<Modes>,
}

/// The books of a seed.
pub(crate) fn books(seed: u64, life: &Life) -> Books {
    let mut dice = Dice::new(&[16, seed]);
    let market = life.market;
    let modes = modes(&mut dice);
    let has_rules = modes.captures == Captures::Revenue || dice.one_in(2);
    let setting = Setting {
        market,
        modes,
        rules: if has_rules {
            rules(&mut dice, life)
        } else {
            Vec::new()
        },
        rates: rates(&mut dice, life),
        currency: life.currency,
        revalues: !dice.one_in(4),
        has_baskets: !life.baskets.is_empty(),
    };
    let mut months = vec![modes; 15];
    if dice.one_in(3) {
        for index in 1..15 {
            months[index] = if dice.one_in(3) {
                self::modes(&mut dice)
            } else {
                months[index - 1]
            };
            if !has_rules && months[index].captures == Captures::Revenue {
                months[index].captures = Captures::Clearing;
            }
        }
    }
    Books { setting, months }
}

fn modes(dice: &mut Dice) -> Modes {
    use Captures::{Clearing, None, Revenue};
    use VoucherPer::{Entry, LedgerDate, Payout};
    Modes {
        captures: *dice.pick(&[Clearing, Clearing, Revenue, Revenue, Revenue, None]),
        fees: *dice.pick(&[Fees::Accrual, Fees::Accrual, Fees::Retained]),
        voucher_per: *dice.pick(&[LedgerDate, LedgerDate, Payout, Payout, Entry]),
        by_transaction: dice.one_in(3),
    }
}

fn rules(dice: &mut Dice, life: &Life) -> Vec<Rule> {
    let market = life.market;
    // Standard, and what food carries before and after a date.
    let (standard, food, other, last, first) = match market.name {
        "NO" => ("3", "31", "33", "2026-02-28", "2026-03-01"),
        "DK" => ("DK25", "DK0", "DK25", "2026-02-28", "2026-03-01"),
        "FI" => ("FI25.5", "FI14", "FI13.5", "2025-12-31", "2026-01-01"),
        _ => ("SE25", "SE12", "SE6", "2026-03-31", "2026-04-01"),
    };
    let prefix = |prefix| Rule {
        reference: Reference::Prefix(prefix),
        ..Rule::PLAIN
    };
    let mut rules = vec![
        Rule {
            account: Some(market.liabilities[0]),
            ..prefix("gift-")
        },
        Rule {
            account: Some(market.liabilities[1]),
            reference: Reference::End("-tip"),
            ..Rule::PLAIN
        },
    ];
    if dice.one_in(2) {
        rules.push(Rule {
            captures: Some(Captures::Clearing),
            account: Some("15901"),
            to: dice.one_in(2).then_some("2026-01-31"),
            ..prefix("b2b-")
        });
    }
    if dice.one_in(6) {
        rules.push(Rule {
            captures: Some(Captures::None),
            department: Some("KASSE"),
            ..prefix("till-")
        });
    }
    rules.push(Rule {
        code: Some(food),
        to: Some(last),
        department: Some("MAT"),
        ..prefix("food-")
    });
    rules.push(Rule {
        code: Some(other),
        from: Some(first),
        ..prefix("food-")
    });
    if dice.one_in(2) {
        rules.push(Rule {
            handle: Some(format!("{}:90002", market.name)),
            code: Some(standard),
            account: dice.one_in(2).then_some("3999"),
            department: Some("KIOSK"),
            project: dice.one_in(2).then_some("P7"),
            ..Rule::PLAIN
        });
    }
    if dice.one_in(2) {
        rules.push(Rule {
            code: Some(standard),
            to: Some("2026-05-31"),
            department: Some("VEST"),
            ..Rule::PLAIN
        });
    }
    rules.push(Rule {
        code: Some(standard),
        ..Rule::PLAIN
    });
    rules
}

/// A walk by chance over working days.
fn rates(dice: &mut Dice, life: &Life) -> BTreeMap<chrono::NaiveDate, String> {
    let mut rates = BTreeMap::new();
    if life.currency == life.market.currency {
        return rates;
    }
    let is_constant = dice.one_in(6);
    let mut rate: i64 = if life.currency == "EUR" { 114_000 } else { 900 };
    for date in dates(before(life.first, 10), life.last) {
        if matches!(date.weekday(), Weekday::Sat | Weekday::Sun) && date.day() != 31 {
            continue;
        }
        if !is_constant {
            rate += dice.between(-rate / 120 - 1, rate / 120 + 1);
        }
        rates.insert(date, format!("{}.{:04}", rate / 10_000, rate % 10_000));
    }
    rates
}
