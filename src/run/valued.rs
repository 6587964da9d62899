//! From where the worth of the mirror accounts is followed, when the ledger is in another currency
//! than the books.

use chrono::NaiveDate;

use crate::chart::Role;
use crate::config::FxRevaluation;
use crate::date::{DateRange, days_after, days_before, first_of_month};
use crate::days::Days;
use crate::ledger::day::TopicState;
use crate::posting::books::Books;
use crate::posting::value::Balances;
use crate::proof::EDGE_DATES;
use crate::provider::Topic;

/// How far back a date that closes at zero, or a quiet topic's last entry, is looked for.
const LOOKBACK_DATES: u64 = 400;

/// The first date that is followed for postings from `posted_from` on. Where balances are valued at
/// the end of each month, it is the first of the month; else it is so far back that each account
/// was empty before. Nothing is followed past a date that is not known, nor past the one at which
/// the configuration says what the accounts are worth.
pub(super) fn from(days: &Days<'_>, books: &Books<'_>, posted_from: NaiveDate) -> NaiveDate {
    let stated = books.settings.opening_base.map(|opening| opening.from);
    let stated = stated.filter(|from| *from <= posted_from);
    match books.settings.fx_revaluation {
        FxRevaluation::MonthEnd => {
            let first = stated.unwrap_or(NaiveDate::MIN).max(first_of_month(posted_from));
            let known = before(posted_from).take_while(|date| *date >= first && days.is_closed(*date));
            known.last().unwrap_or(posted_from)
        }
        FxRevaluation::None => {
            let accounts = [(Role::Funds, Topic::Funds), (Role::FeesPayable, Topic::Fees)];
            let followed = accounts.into_iter().filter(|(role, _)| books.follows(*role));
            let starts = followed.filter_map(|(_, topic)| empty_from(days, topic, posted_from, stated));
            starts.min().unwrap_or(posted_from)
        }
    }
}

/// The latest date up to `from` at whose beginning a topic is known to be empty, or `stated`; no
/// date where one on the way is not known.
fn empty_from(
    days: &Days<'_>,
    topic: Topic,
    from: NaiveDate,
    stated: Option<NaiveDate>,
) -> Option<NaiveDate> {
    if stated == Some(from) || days.facts(topic, from).opens_at == Some(0) {
        return Some(from);
    }
    for date in before(from).take(usize::try_from(LOOKBACK_DATES).unwrap_or(usize::MAX)) {
        if !days.is_closed(date) {
            return None;
        }
        let facts = days.facts(topic, date);
        if facts.closes_at == Some(0) {
            return Some(days_after(date, 1));
        }
        if facts.opens_at == Some(0) || stated == Some(date) {
            return Some(date);
        }
    }
    None
}

/// The dates before `date`, the latest first.
fn before(date: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    (1..).map(move |step| days_before(date, step))
}

/// The balances of both topics before `from`, where entries up to `to` or before say them.
pub(super) fn opening(days: &Days<'_>, from: NaiveDate, to: NaiveDate) -> Balances {
    Balances {
        funds: opening_of(days, Topic::Funds, from, to),
        fees: opening_of(days, Topic::Fees, from, to),
    }
}

/// What a topic's last entry before `from` leaves, else what the first one from then on finds. A
/// topic that is quiet for long is looked back for as far as its dates are known.
fn opening_of(days: &Days<'_>, topic: Topic, from: NaiveDate, to: NaiveDate) -> Option<i64> {
    let mut closed = before(from)
        .take(usize::try_from(LOOKBACK_DATES).unwrap_or(usize::MAX))
        .map(|date| days.facts(topic, date))
        .take_while(|facts| facts.state == TopicState::Closed);
    let near = closed
        .by_ref()
        .take(usize::try_from(EDGE_DATES).unwrap_or(usize::MAX))
        .find(|facts| facts.entries > 0)
        .and_then(|facts| facts.closes_at);
    let after = || {
        let dates = DateRange::new(from, to).ok();
        let mut dates = dates.into_iter().flat_map(|dates| dates.dates());
        let first = dates.find_map(|date| Some(days.facts(topic, date)).filter(|facts| facts.entries > 0));
        first.and_then(|facts| facts.opens_at)
    };
    near.or_else(after).or_else(|| {
        let last = closed.find(|facts| facts.entries > 0);
        last.and_then(|facts| facts.closes_at)
    })
}
