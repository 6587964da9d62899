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

/// A payout's number and where it stands.
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
pub(super) enum Order {
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
pub(super) struct Last {
    number: u64,
    date: NaiveDate,
}

/// The payouts so far, with only known dates between them.
#[derive(Debug, Default)]
pub(super) struct PayoutRow {
    last: Option<Last>,
    highest: Option<Last>,
    seen: BTreeSet<u64>,
    /// How many payouts without a number came since the last one that has one.
    unnumbered: u64,
    /// The first payout, until a date that is not known comes before it.
    first: Option<Numbered>,
    is_broken: bool,
}

impl PayoutRow {
    fn after(number: u64, date: NaiveDate) -> Self {
        let mut row = Self::default();
        row.take(Some(number), date);
        row
    }

    /// Forgets the payouts: dates in between are not known.
    pub(super) fn interrupt(&mut self) {
        *self = Self {
            first: self.first.take(),
            is_broken: true,
            ..Self::default()
        };
    }

    /// Takes a payout of the range.
    pub(super) fn payout(&mut self, entry: &Entry<'_>, date: NaiveDate, ordinal: usize) -> Order {
        let number = entry.payout_place();
        if self.first.is_none() && !self.is_broken {
            self.first = Some(Numbered {
                name: entry.payout_number().unwrap_or("without a number").to_owned(),
                number,
                date,
                ordinal,
            });
        }
        self.take(number, date)
    }

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
    pub(super) fn report_order(&mut self, order: Order, name: &str, date: NaiveDate, ordinal: Option<usize>) {
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
        let first = self.payout_row.first.clone();
        if let Some(first) = &first
            && start != StartEdge::FirstEntry
            && let Some((date, Some(before))) = payout_before(days, self.options.range.from())
        {
            let order = PayoutRow::after(before, date).take(first.number, first.date);
            self.report_order(order, &first.name, first.date, Some(first.ordinal));
        }
        let Some(exported) = exported else { return start };
        let last = self.last_exported.unwrap_or(exported.to());
        if self.payout_row.last.is_some()
            && let Some((date, number)) = payout_after(days, exported, Some(EDGE_DATES))
        {
            let order = self.payout_row.take(number, date);
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

/// The last payout before `from`, when only closed dates lie between: its date and its number.
fn payout_before(days: &Days<'_>, from: NaiveDate) -> Option<(NaiveDate, Option<u64>)> {
    (1..).map(|step| days_before(from, step)).find_map(|date| {
        let facts = days.facts(Topic::Funds, date);
        if facts.state != TopicState::Closed {
            return Some(None);
        }
        facts.has_payout.then_some(Some((date, facts.last_payout)))
    })?
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
        facts.has_payout.then_some(Some((date, facts.first_payout)))
    })?
}
