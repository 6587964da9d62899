//! Whether a payout's number was there before, so that no two vouchers have one id.
//!
//! Numbers rise by one from payout to payout, but a payout may come again under the number that it
//! had. The answer rests on the archive alone and not on the range: the payouts before are looked
//! through back to the first date that is not known.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::date::days_before;
use crate::days::Days;
use crate::ledger::day::TopicState;
use crate::ledger::entry::EntryType;
use crate::ledger::page::Page;
use crate::provider::Topic;

/// How many dates before a payout its number is looked for, where numbers have fallen since.
const LOOKBACK_DATES: u64 = 400;
/// Where numbers have only risen in so many payouts before one, its own is new. Payouts that come
/// again do so one by one, or few after each other, and soon.
const RISING_PAYOUTS: usize = 8;

/// The numbers of a ledger's payouts.
#[derive(Debug)]
pub(super) struct PayoutNumbers<'r> {
    days: &'r Days<'r>,
    /// The first date that is noted as it is read; those before it are asked for.
    noted_from: NaiveDate,
    noted: BTreeMap<NaiveDate, Vec<String>>,
    /// The numbers that were asked about; no two vouchers of a run may have the same.
    named: BTreeSet<String>,
}

impl<'r> PayoutNumbers<'r> {
    /// Payouts from `noted_from` on will be noted, the others are in `days`.
    pub(super) fn new(days: &'r Days<'r>, noted_from: NaiveDate) -> Self {
        Self {
            days,
            noted_from,
            noted: BTreeMap::new(),
            named: BTreeSet::new(),
        }
    }

    /// Notes the payouts of a date at hand.
    pub(super) fn note(&mut self, page: &Page<'_, '_>) {
        if page.topic != Topic::Funds {
            return;
        }
        for entry in page.entries {
            if entry.entry_type == EntryType::PayoutScheduled
                && let Some(number) = entry.payout_number()
            {
                let numbers = self.noted.entry(page.date).or_default();
                numbers.push(number.to_owned());
            }
        }
    }

    /// Whether the payout of `date` with this `number`, the last of the date, has that of an
    /// earlier date. What is no number of a payout has none.
    pub(super) fn is_repeat(&mut self, number: &str, date: NaiveDate) -> bool {
        let Some(own) = self.noted.get(&date) else {
            return false;
        };
        if own.last().is_none_or(|last| last != number) {
            return false;
        }
        let first = own.first().map_or_else(String::new, Clone::clone);
        let is_repeat = self.was_there(number, first, date);
        !self.named.insert(number.to_owned()) || is_repeat
    }

    /// Whether `number` is that of a payout before `date`. `later` is the date's first number.
    fn was_there(&self, number: &str, mut later: String, date: NaiveDate) -> bool {
        let (mut rising, mut has_fallen) = (0, false);
        for step in 1..=LOOKBACK_DATES {
            let Some(numbers) = self.numbers(days_before(date, step)) else {
                return false;
            };
            for earlier in numbers.into_iter().rev() {
                if earlier == number {
                    return true;
                }
                if rises(&earlier, &later) {
                    rising += 1;
                } else {
                    has_fallen = true;
                }
                later = earlier;
            }
            if rising >= RISING_PAYOUTS && !has_fallen {
                return false;
            }
        }
        false
    }

    /// The numbers of a date's payouts; `None` where the date is not known.
    fn numbers(&self, date: NaiveDate) -> Option<Vec<String>> {
        if date >= self.noted_from {
            return Some(self.noted.get(&date).cloned().unwrap_or_default());
        }
        let facts = self.days.facts(Topic::Funds, date);
        (facts.state == TopicState::Closed).then_some(facts.payout_numbers)
    }
}

fn rises(earlier: &str, later: &str) -> bool {
    let number = |text: &str| text.parse::<u64>().ok();
    matches!((number(earlier), number(later)), (Some(earlier), Some(later)) if earlier < later)
}
