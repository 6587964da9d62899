//! The captures that the refunds of a range belong to.

use chrono::NaiveDate;

use crate::archive::Archive;
use crate::date::{DateRange, days_before};
use crate::days::StoredDay;
use crate::ledger::entry::Entry;
use crate::posting::refunds::CaptureIndex;

/// Reads the range for refunds, and it and the dates before it for their captures. Dates that
/// are not in the archive are passed over: what is not found is reported with the refund.
pub fn of_refunds(archive: &Archive, ledger_id: &str, range: DateRange, lookback_days: u64) -> CaptureIndex {
    let mut index = CaptureIndex::new(lookback_days);
    each_funds_entry(archive, ledger_id, range, |_, entry| index.want(entry));
    if !index.is_unused()
        && let Ok(all) = DateRange::new(days_before(range.from(), lookback_days), range.to())
    {
        each_funds_entry(archive, ledger_id, all, |date, entry| index.offer(date, entry));
    }
    index
}

fn each_funds_entry(
    archive: &Archive,
    ledger_id: &str,
    range: DateRange,
    mut visit: impl FnMut(NaiveDate, &Entry<'_>),
) {
    for date in range.dates() {
        let stored = StoredDay::read_funds(archive, ledger_id, date);
        let day = stored.parse();
        for entry in &day.funds.entries {
            visit(date, entry);
        }
    }
}
