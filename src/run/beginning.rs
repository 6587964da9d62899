//! Where a ledger began: before that there is nothing to look back to.

use chrono::NaiveDate;

use crate::date::days_before;
use crate::days::Days;
use crate::ledger::day::TopicState;
use crate::proof::EDGE_DATES;
use crate::provider::Topic;

/// The date of the ledger's first entry on funds, where it is known: it opens at zero, the dates
/// before it are closed and without entries, and the first payout after it has a number of at most
/// `first_payout`.
pub(super) fn of_funds(days: &Days<'_>, first_payout: u64) -> Option<NaiveDate> {
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
    let mut places = dates[place..].iter().flat_map(|date| funds(*date).payout_places);
    let number = places.next().flatten();
    number
        .is_none_or(|number| number <= first_payout)
        .then_some(first)
}
