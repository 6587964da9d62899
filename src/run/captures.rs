//! The captures that the refunds of a range belong to.

use crate::date::{DateRange, days_before};
use crate::days::Days;
use crate::ledger::day::TopicState;
use crate::posting::books::Books;
use crate::posting::refunds::CaptureIndex;
use crate::provider::Topic;
use crate::run::beginning;

/// Reads the range for refunds, and it and the dates before it for the captures and refunds of
/// their references, where that can change how refunds are booked.
pub fn of_refunds(days: &Days<'_>, books: &Books<'_>, range: DateRange) -> CaptureIndex {
    let mut index = wanted(days, books, range);
    let Some(dates) = index.dates(range) else {
        return index;
    };
    let begins = beginning::of_funds(days, books.first_payout);
    for date in dates.dates() {
        let (state, sales) = days.collect(Topic::Funds, date, |page, sales| {
            let found = page
                .numbered()
                .filter_map(|(ordinal, entry)| index.sale(books, date, ordinal, entry));
            sales.extend(found);
        });
        for (reference, sale) in sales {
            index.offer(&reference, sale);
        }
        if state != TopicState::Closed && begins.is_none_or(|first| first < date) {
            index.lacks(date);
        }
    }
    index.settle(books, range);
    index
}

/// The dates before `range` whose captures its refunds ask for, where those can change how they are
/// booked.
pub fn lookback(days: &Days<'_>, books: &Books<'_>, range: DateRange) -> Option<DateRange> {
    let dates = wanted(days, books, range).dates(range)?;
    DateRange::new(dates.from(), days_before(range.from(), 1)).ok()
}

/// An index that knows which references the refunds of the range ask for.
fn wanted(days: &Days<'_>, books: &Books<'_>, range: DateRange) -> CaptureIndex {
    if !books.needs_captures_of_refunds(range) {
        return CaptureIndex::default();
    }
    let mut index = CaptureIndex::new(books.settings.refund_lookback_days);
    for date in range.dates() {
        days.visit(Topic::Funds, date, |page| {
            page.entries.iter().for_each(|entry| index.want(date, entry));
        });
    }
    index
}
