//! Chance that is the same in every run, so that what passes on one machine passes on another.

use bilag::chart::Market;
use bilag::sandbox::random::Random;
use chrono::{Days, NaiveDate};
use proptest::test_runner::{Config, RngSeed};

use crate::harness::dates::date;
use crate::harness::entry::{Entry, Field};
use crate::harness::ledger::Ledger;

/// How many cases a property is tried on, and which. `BILAG_SEED` tries others.
pub(crate) fn cases(count: u32) -> Config {
    let seed = std::env::var("BILAG_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    Config {
        cases: count,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(seed.unwrap_or(2026)),
        ..Config::default()
    }
}

/// Repeatable chance.
#[derive(Debug)]
pub(crate) struct Dice(Random);

impl Dice {
    pub(crate) fn new(parts: &[u64]) -> Self {
        Self(Random::new(parts))
    }

    pub(crate) fn one_in(&mut self, count: u64) -> bool {
        self.0.below(count) == 0
    }

    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.0.below(u64::try_from(high - low + 1).unwrap()) as i64
    }

    pub(crate) fn pick<'t, T>(&mut self, items: &'t [T]) -> &'t T {
        &items[self.0.below(items.len() as u64) as usize]
    }
}

/// What a random ledger is like.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) seed: u64,
    pub(crate) dates: u64,
    pub(crate) entries_per_date: i64,
}

const FUNDS_TYPES: [(&str, i64); 12] = [
    ("capture", 1),
    ("capture", 1),
    ("capture", 1),
    ("refund", -1),
    ("payout-aborted", 1),
    ("retained-disputed-capture", -1),
    ("returned-disputed-capture", 1),
    ("correction", 0),
    ("top-up", 1),
    ("credit-note", 0),
    ("loyalty-adjustment", 0),
    ("capture-fee", 0),
];
const FEES_TYPES: [(&str, i64); 9] = [
    ("capture-fee", -1),
    ("capture-fee", -1),
    ("capture-fee", -1),
    ("correction", 0),
    ("credit-note", 0),
    ("fees-invoiced", 1),
    ("service-fee", -1),
    ("capture", 0),
    ("something-else", 0),
];
const REFERENCES: [&str; 7] = [
    "order-1001",
    "a,b;\"c\"",
    "line\nbreak",
    "=1+1",
    "emoji 😋 æøå",
    "",
    "gift-77",
];

/// A valid ledger by chance: seven empty dates, then `shape.dates` with whatever may happen.
pub(crate) fn random_ledger(shape: &Shape) -> Ledger {
    let mut dice = Dice::new(&[shape.seed, shape.dates, shape.entries_per_date as u64]);
    let market = *dice.pick(&Market::ALL);
    let mut ledger = Ledger::new(&dice.between(1, 999_999).to_string())
        .market(market)
        .empty("2026-01-24", 7);
    ledger.has_item = !dice.one_in(6);
    let mut terms = Terms {
        gross: dice.one_in(3),
        reserve: if dice.one_in(3) { 5000 } else { 0 },
        payout_odds: *dice.pick(&[1, 1, 3, 7]),
        payout_number: 2_000_001,
    };
    for step in 0..shape.dates {
        let day = date("2026-01-31").checked_add_days(Days::new(step)).unwrap();
        ledger.dates.entry(day).or_default();
        if dice.one_in(8) {
            continue;
        }
        for (topic, types) in [&FUNDS_TYPES[..], &FEES_TYPES[..]].into_iter().enumerate() {
            for _ in 0..dice.between(0, shape.entries_per_date) {
                let entry = random_entry(&mut dice, types, day, market);
                ledger.add(day, topic, entry);
            }
        }
        settle(&mut ledger, &mut dice, day, &mut terms);
    }
    ledger
}

fn random_entry(dice: &mut Dice, types: &[(&str, i64)], day: NaiveDate, market: Market) -> Entry {
    let (entry_type, sign) = *dice.pick(types);
    let mut sign = if sign == 0 { *dice.pick(&[1, -1]) } else { sign };
    if dice.one_in(15) {
        sign = -sign;
    }
    let size = match dice.between(1, 60) {
        1 => 0,
        2 => 5_000_000_000,
        3..=20 => dice.between(1, 99),
        _ => dice.between(100, 60_000),
    };
    let number = dice.between(10_000_000_000, 99_999_999_999);
    let mut entry = Entry::new(entry_type, sign * size);
    if size == 0 || !dice.one_in(9) {
        entry = entry.psp(&number.to_string());
    } else if dice.one_in(2) {
        entry.psp_reference = Field::Absent;
    }
    entry.reference = match dice.between(0, 3) {
        0 => Field::Absent,
        1 => Field::Null,
        _ => Field::Text((*dice.pick(&REFERENCES)).to_owned()),
    };
    entry.handle = match dice.between(0, 4) {
        0 => Field::Absent,
        1 => Field::Null,
        2 => Field::Text(format!("{}:90001", market.code())),
        _ => Field::Text("api:123455".to_owned()),
    };
    entry.time = match dice.between(0, 5) {
        0 => Field::Absent,
        1 => Field::Text(format!("{day}T23:30:00.5Z")),
        2 => Field::Text(format!("{day}T10:00:00+0200")),
        _ => Field::Text(format!("{day}T09:15:27.528092Z")),
    };
    if dice.one_in(10) {
        entry.currency = Field::Null;
    }
    if dice.one_in(10) {
        entry.ledger_date = Field::Null;
    }
    entry
}

/// How a random ledger is settled.
struct Terms {
    gross: bool,
    reserve: i64,
    /// One date in so many has a payout.
    payout_odds: u64,
    payout_number: u64,
}

/// What ends a date: fees settled, perhaps a payout.
fn settle(ledger: &mut Ledger, dice: &mut Dice, day: NaiveDate, terms: &mut Terms) {
    let fees = ledger.balances[1];
    if terms.gross {
        if fees != 0 && dice.one_in(4) {
            ledger.add(day, 1, Entry::new("fees-invoiced", -fees).psp("invoice-1"));
        }
    } else if fees != 0 && !dice.one_in(6) {
        let name = format!("{}-{}", ledger.id, day.format("%Y%m%d"));
        ledger.add(day, 0, Entry::new("fees-retained", fees).psp(&name));
        if fees.abs() > 1 && dice.one_in(4) {
            // Two rows on one topic and one on the other are the same movement.
            ledger.add(day, 1, Entry::new("fees-retained", -fees / 2).psp(&name));
            ledger.add(day, 1, Entry::new("fees-retained", -fees + fees / 2).psp(&name));
        } else {
            ledger.add(day, 1, Entry::new("fees-retained", -fees).psp(&name));
        }
    }
    let available = ledger.balances[0] - terms.reserve;
    if available > 0 && dice.one_in(terms.payout_odds) {
        let entry_type = if dice.one_in(9) {
            *dice.pick(&["scheduled-for-payout", "payout"])
        } else {
            "payout-scheduled"
        };
        let name = format!("{}-{}", ledger.id, terms.payout_number);
        terms.payout_number += 1;
        ledger.add(day, 0, Entry::new(entry_type, -available).psp(&name));
    }
}
