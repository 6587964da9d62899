//! Finds the capture that a refund belongs to: the earliest with the same reference.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;

use crate::archive::Archive;
use crate::date::{DateRange, days_before};
use crate::ledger::day::StoredDay;
use crate::ledger::entry::{Entry, EntryType};

/// A capture that refunds of the range belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundCapture {
    /// Its ledger date.
    pub date: NaiveDate,
    /// Its sales unit.
    pub handle: Option<String>,
    /// The provider's reference.
    pub psp_reference: Option<String>,
}

/// Captures by the merchant's reference, only those that refunds of the range ask for.
#[derive(Debug, Clone, Default)]
pub struct CaptureIndex {
    lookback_days: u64,
    by_reference: HashMap<String, Vec<FoundCapture>>,
}

impl CaptureIndex {
    /// Reads the range for refunds, and it and the dates before it for their captures.
    /// Dates that are not in the archive are passed over: what is not found is reported with
    /// the refund.
    pub fn build(archive: &Archive, ledger_id: &str, range: DateRange, lookback_days: u64) -> Self {
        let mut wanted = HashSet::new();
        each_funds_entry(archive, ledger_id, range, |_, entry| {
            if let (EntryType::Refund, Some(reference)) = (&entry.entry_type, entry.reference.as_deref()) {
                wanted.insert(reference.to_owned());
            }
        });
        let mut index = Self {
            lookback_days,
            ..Self::default()
        };
        if wanted.is_empty() {
            return index;
        }
        let Ok(all) = DateRange::new(days_before(range.from(), lookback_days), range.to()) else {
            return index;
        };
        each_funds_entry(archive, ledger_id, all, |date, entry| {
            if let (EntryType::Capture, Some(reference)) = (&entry.entry_type, entry.reference.as_deref())
                && wanted.contains(reference)
            {
                index
                    .by_reference
                    .entry(reference.to_owned())
                    .or_default()
                    .push(FoundCapture {
                        date,
                        handle: entry.recipient_handle.as_deref().map(str::to_owned),
                        psp_reference: entry.psp_reference.as_deref().map(str::to_owned),
                    });
            }
        });
        index
    }

    /// The earliest capture with the refund's reference, of the same sales unit where both say
    /// one, not later than the refund and not longer before it than captures are looked for, so
    /// that a date gives the same whichever range it is part of.
    pub fn capture_of(&self, refund: &Entry<'_>, date: NaiveDate) -> Option<&FoundCapture> {
        let handle = refund.recipient_handle.as_deref();
        let first = days_before(date, self.lookback_days);
        self.by_reference
            .get(refund.reference.as_deref()?)?
            .iter()
            .find(|capture| {
                (first..=date).contains(&capture.date)
                    && match (capture.handle.as_deref(), handle) {
                        (Some(theirs), Some(mine)) => theirs == mine,
                        _ => true,
                    }
            })
    }
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
