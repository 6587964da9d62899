//! The captures that the refunds of a range belong to.

use crate::date::{DateRange, days_before};
use crate::days::Days;
use crate::posting::books::Books;
use crate::posting::refunds::CaptureIndex;
use crate::provider::Topic;

/// Reads the range for refunds, and it and the dates before it for their captures, where that can
/// change how refunds are booked. Dates that are not in the archive are passed over: what is not
/// found is reported with the refund.
pub fn of_refunds(days: &Days<'_>, books: &Books<'_>, range: DateRange) -> CaptureIndex {
    if !books.needs_captures_of_refunds() {
        return CaptureIndex::default();
    }
    let lookback_days = books.settings.refund_lookback_days;
    let mut index = CaptureIndex::new(lookback_days);
    for date in range.dates() {
        days.visit(Topic::Funds, date, |page| {
            page.entries.iter().for_each(|entry| index.want(entry));
        });
    }
    if !index.is_unused()
        && let Ok(all) = DateRange::new(days_before(range.from(), lookback_days), range.to())
    {
        for date in all.dates() {
            days.visit(Topic::Funds, date, |page| {
                page.entries
                    .iter()
                    .for_each(|entry| index.offer(books, date, entry));
            });
        }
    }
    index
}
