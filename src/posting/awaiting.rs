//! What vouchers per payout have taken in, and what still waits for a payout or its month's end.

use chrono::NaiveDate;

use crate::ledger::finding::Code;
use crate::ledger::findings::Findings;
use crate::ledger::page::Page;
use crate::money::Currency;
use crate::provider::Topic;

/// The entries since the last payout or the beginning of the month, and the sums of those before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Awaiting {
    funds: Waiting,
    fees: Waiting,
    /// What the vouchers given so far have taken in, on funds and fees, in minor units.
    given: [i128; 2],
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Waiting {
    /// The first and the last ledger date with entries.
    dates: Option<(NaiveDate, NaiveDate)>,
    entries: usize,
    sum: i128,
}

impl Awaiting {
    /// Takes entries of a date.
    pub(super) fn add(&mut self, page: &Page<'_, '_>) {
        if page.entries.is_empty() {
            return;
        }
        let waiting = match page.topic {
            Topic::Funds => &mut self.funds,
            Topic::Fees => &mut self.fees,
        };
        let first = waiting.dates.map_or(page.date, |(first, _)| first);
        waiting.dates = Some((first, page.date));
        waiting.entries += page.entries.len();
        waiting.sum += page
            .entries
            .iter()
            .map(|entry| i128::from(entry.amount))
            .sum::<i128>();
    }

    /// Nothing waits any more: it has become a voucher.
    pub(super) fn give(&mut self) {
        self.given[0] += std::mem::take(&mut self.funds).sum;
        self.given[1] += std::mem::take(&mut self.fees).sum;
    }

    /// What the vouchers given so far have taken in, on funds and fees, in minor units.
    pub(super) fn given(&self) -> [i128; 2] {
        self.given
    }

    /// Reports what waits of `topics`.
    pub(super) fn report(&self, topics: &[Topic], currency: Currency, findings: &mut Findings) {
        for topic in topics {
            let waiting = match topic {
                Topic::Funds => self.funds,
                Topic::Fees => self.fees,
            };
            let Some((first, last)) = waiting.dates else {
                continue;
            };
            findings.add(Code::AwaitsPayout, Some(*topic), Some(first), None, || {
                let entries = waiting.entries;
                let entries = if entries == 1 {
                    "1 entry".to_owned()
                } else {
                    format!("{entries} entries")
                };
                let dates = if first == last {
                    first.to_string()
                } else {
                    format!("{first} to {last}")
                };
                format!(
                    "{topic} {dates}: {entries} of {} {currency} in all wait for the next payout or the end of the month; \
                     the export of the dates that follow has them",
                    currency.amount(waiting.sum)
                )
            });
        }
    }
}
