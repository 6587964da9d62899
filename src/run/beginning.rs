//! Where a ledger began: before that there is nothing to look back to.

use chrono::NaiveDate;

use crate::date::days_before;
use crate::days::Days;
use crate::ledger::day::TopicState;
use crate::ledger::entry::EntryType;
use crate::proof::EDGE_DATES;
use crate::provider::Topic;

/// The number of a ledger's first payout.
const FIRST_PAYOUT: u64 = 2_000_001;

/// The date of the ledger's first entry on funds, where it is known: it opens at zero, the dates
/// before it are closed and without entries, and the first payout after it is a ledger's first.
pub(super) fn of_funds(days: &Days<'_>) -> Option<NaiveDate> {
    let funds = |date| days.facts(Topic::Funds, date);
    let dates = days.dates(Topic::Funds);
    let place = dates.iter().position(|date| funds(*date).entries > 0)?;
    let first = dates[place];
    let is_empty = |date| {
        let facts = funds(date);
        facts.state == TopicState::Closed && facts.entries == 0
    };
    let opens_at_zero = funds(first).opens_at == Some(0);
    let begins = opens_at_zero && (1..=EDGE_DATES).all(|step| is_empty(days_before(first, step)));
    if !begins {
        return None;
    }
    let payout = dates[place..]
        .iter()
        .copied()
        .find(|date| funds(*date).has_payout);
    let number = payout.and_then(|date| first_number(days, date));
    number
        .is_none_or(|number| number <= FIRST_PAYOUT)
        .then_some(first)
}

/// The number of a date's first payout.
fn first_number(days: &Days<'_>, date: NaiveDate) -> Option<u64> {
    let mut number = None;
    days.visit(Topic::Funds, date, |page| {
        let mut payouts = page.entries.iter();
        let payout = payouts.find(|entry| entry.entry_type == EntryType::PayoutScheduled);
        if let (None, Some(payout)) = (number, payout) {
            number = payout.payout_number().and_then(|digits| digits.parse().ok());
        }
    });
    number
}
