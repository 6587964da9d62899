//! The row of payout numbers. Where payouts empty the balance, whole days can be lost between two
//! of them and the balances still agree; the numbers, which rise by one, do not.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::date::{DateRange, days_after, days_before};
use crate::days::Days;
use crate::ledger::day::TopicState;
use crate::ledger::entry::Entry;
use crate::ledger::finding::{Code, Level};
use crate::ledger::payout::PayoutNumbers;
use crate::proof::{EDGE_DATES, Prover, StartEdge};
use crate::provider::Topic;

/// How far back payouts are looked for, where the last one before the range does not explain a
/// number of the range.
const LOOKBACK_DATES: u64 = 400;

/// A payout of the range.
#[derive(Debug, Clone)]
pub(super) struct Numbered {
    /// What messages call it.
    name: String,
    number: Option<u64>,
    date: NaiveDate,
    ordinal: usize,
}

/// How a payout's number stands to those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    /// By one more, or nothing can be said.
    Follows,
    /// It was there before: an aborted payout that is made again, say.
    Repeats,
    /// By more than one above this payout.
    Skips(Last),
    /// Below this payout, and not seen before.
    Falls(Last),
}

/// The payout that the next one should follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Last {
    number: u64,
    date: NaiveDate,
}

/// The payouts of the range, with a mark where dates are not known.
#[derive(Debug, Default)]
pub(super) struct PayoutRow {
    payouts: Vec<Option<Numbered>>,
}

impl PayoutRow {
    /// Dates in between are not known.
    pub(super) fn interrupt(&mut self) {
        if !matches!(self.payouts.last(), Some(None)) {
            self.payouts.push(None);
        }
    }

    /// Takes a payout of the range.
    pub(super) fn payout(&mut self, entry: &Entry<'_>, date: NaiveDate, ordinal: usize) {
        self.payouts.push(Some(Numbered {
            name: entry.payout_number().unwrap_or("without a number").to_owned(),
            number: entry.payout_place(),
            date,
            ordinal,
        }));
    }

    /// The first payout, unless a date that is not known comes before it.
    fn first(&self) -> Option<&Numbered> {
        self.payouts.first()?.as_ref()
    }

    /// How each payout stands to those before it, of which `before` come before the range; and
    /// what comes after the range follows.
    fn judge(&self, before: &[Before]) -> (Vec<(&Numbered, Order)>, Row) {
        let mut row = Row::default();
        for (date, number) in before {
            row.take(*number, *date);
        }
        let mut orders = Vec::new();
        for payout in &self.payouts {
            match payout {
                Some(payout) => orders.push((payout, row.take(payout.number, payout.date))),
                None => row = Row::default(),
            }
        }
        (orders, row)
    }
}

/// A payout before the range: its date, and its number where it has one.
type Before = (NaiveDate, Option<u64>);

/// The numbers so far, with only known dates between them.
#[derive(Debug, Default)]
struct Row {
    last: Option<Last>,
    highest: Option<Last>,
    seen: BTreeSet<u64>,
    /// How many payouts without a number came since the last one that has one.
    unnumbered: u64,
}

impl Row {
    fn take(&mut self, number: Option<u64>, date: NaiveDate) -> Order {
        let Some(number) = number else {
            self.unnumbered += 1;
            return Order::Follows;
        };
        if !self.seen.insert(number) {
            return Order::Repeats;
        }
        let slack = std::mem::take(&mut self.unnumbered);
        let follows = |before: Option<Last>| {
            before.is_none_or(|before| number > before.number && number - before.number - 1 <= slack)
        };
        let order = match self.last {
            _ if follows(self.last) || follows(self.highest) => Order::Follows,
            Some(last) if number > last.number => Order::Skips(last),
            Some(last) => Order::Falls(last),
            None => Order::Follows,
        };
        let own = Last { number, date };
        self.last = Some(own);
        if self.highest.is_none_or(|highest| highest.number < number) {
            self.highest = Some(own);
        }
        order
    }
}

impl Prover {
    /// Reports a payout whose number does not follow. Of a gap, the place is where it was seen.
    fn report_order(&mut self, order: Order, name: &str, date: NaiveDate, ordinal: Option<usize>) {
        let (level, what) = match order {
            Order::Follows => return,
            Order::Repeats => {
                self.findings
                    .add(Code::PayoutOrder, Some(Topic::Funds), Some(date), ordinal, || {
                        format!("payout {name} has the number of a payout before it")
                    });
                return;
            }
            Order::Skips(last) => (
                self.gap_level(),
                format!(
                    "payout {name} follows payout {} of {}, so that numbers are left out; whole dates may be lost that the balances do not show: \
                     fetch the dates between them again, and look at the bank which payouts came",
                    last.number, last.date
                ),
            ),
            Order::Falls(last) => (
                Level::Review,
                format!(
                    "payout {name} comes after payout {} of {}, though numbers rise; what lies between them cannot be vouched for: \
                     fetch the dates between them again, and ask the provider whether the numbers began anew",
                    last.number, last.date
                ),
            ),
        };
        self.findings.add_as(
            level,
            Code::PayoutGap,
            Some(Topic::Funds),
            Some(date),
            ordinal,
            || what,
        );
    }

    fn gap_level(&self) -> Level {
        match self.options.payout_numbers {
            PayoutNumbers::Contiguous => Level::Review,
            PayoutNumbers::Increasing => Level::Info,
        }
    }

    /// Compares the numbers of the range with the payouts before and after it that the archive
    /// has, and says what that leaves of the start edge.
    pub(super) fn judge_numbers(
        &mut self,
        days: &Days<'_>,
        start: StartEdge,
        exported: Option<DateRange>,
    ) -> StartEdge {
        let payouts = std::mem::take(&mut self.payout_row);
        let first = payouts.first().cloned();
        let is_odd = |order: &Order| *order != Order::Follows;
        let mut before = Vec::new();
        if first.is_some() && start != StartEdge::FirstEntry {
            before = payouts_before(days, self.options.range.from(), 1);
        }
        let (mut orders, mut row) = payouts.judge(&before);
        if orders.iter().any(|(_, order)| is_odd(order)) && !before.is_empty() {
            before = payouts_before(days, self.options.range.from(), usize::MAX);
            (orders, row) = payouts.judge(&before);
        }
        for (payout, order) in &orders {
            self.report_order(*order, &payout.name, payout.date, Some(payout.ordinal));
        }
        let Some(exported) = exported else { return start };
        let last = self.last_exported.unwrap_or(exported.to());
        if row.last.is_some()
            && let Some((date, number)) = payout_after(days, exported, Some(EDGE_DATES))
        {
            let order = row.take(number, date);
            if matches!(order, Order::Skips(_) | Order::Falls(_)) {
                let name = number.map(|number| number.to_string()).unwrap_or_default();
                self.report_order(order, &format!("{name} of {date}"), last, None);
            }
        }
        if start == StartEdge::FirstEntry && self.begins_late(days, exported, first) {
            return StartEdge::Unchained;
        }
        start
    }

    /// Whether the ledger seems to begin with the range, but its first payout is not the first
    /// one; reports it.
    fn begins_late(&mut self, days: &Days<'_>, exported: DateRange, first: Option<Numbered>) -> bool {
        let first = first.or_else(|| {
            let (_, number) = payout_after(days, exported, None)?;
            Some(Numbered {
                name: number?.to_string(),
                number,
                date: exported.to(),
                ordinal: 0,
            })
        });
        let Some(first) = first.filter(|first| first.number > Some(self.options.first_payout)) else {
            return false;
        };
        let level = self.gap_level();
        let ordinal = Some(first.ordinal).filter(|ordinal| *ordinal > 0);
        let begins_with = self.options.first_payout;
        self.findings.add_as(
            level,
            Code::PayoutGap,
            Some(Topic::Funds),
            Some(first.date),
            ordinal,
            || {
                format!(
                    "the ledger seems to begin here, but its first payout is {}, and payouts begin with {begins_with}: fetch the dates before; \
                     where the ledger did begin with that number, say so with `first_payout` under [checks]",
                    first.name
                )
            },
        );
        level == Level::Review
    }
}

/// The last payouts before `from`, at most `count`, with only closed dates between them; in order.
fn payouts_before(days: &Days<'_>, from: NaiveDate, count: usize) -> Vec<Before> {
    let mut payouts: Vec<Before> = Vec::new();
    for step in 1.. {
        let date = days_before(from, step);
        let is_far = !payouts.is_empty() && step > LOOKBACK_DATES;
        let facts = days.facts(Topic::Funds, date);
        if payouts.len() >= count || is_far || facts.state != TopicState::Closed {
            break;
        }
        payouts.extend(facts.payout_places.iter().rev().map(|number| (date, *number)));
    }
    payouts.reverse();
    payouts
}

/// The first payout after `range`, when only closed dates lie between; looked for on at most
/// `dates_max` dates.
fn payout_after(
    days: &Days<'_>,
    range: DateRange,
    dates_max: Option<u64>,
) -> Option<(NaiveDate, Option<u64>)> {
    let steps = 1..=dates_max.unwrap_or(u64::MAX);
    steps.map(|step| days_after(range.to(), step)).find_map(|date| {
        let facts = days.facts(Topic::Funds, date);
        if facts.state != TopicState::Closed {
            return Some(None);
        }
        facts.payout_places.first().map(|number| Some((date, *number)))
    })?
}
