//! Finds the capture that a refund belongs to: the earliest with the same reference.

use std::collections::HashMap;

use chrono::NaiveDate;

use crate::date::days_before;
use crate::ledger::entry::{Entry, EntryType};
use crate::posting::books::Books;

/// A capture that refunds of the range belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundCapture {
    /// Its ledger date.
    pub ledger_date: NaiveDate,
    /// The date that its rules and tax codes go by.
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
    /// An empty index that looks back `lookback_days` dates from a refund.
    pub fn new(lookback_days: u64) -> Self {
        Self {
            lookback_days,
            ..Self::default()
        }
    }

    /// Notes that the capture of an entry will be asked for, when it is a refund.
    pub fn want(&mut self, entry: &Entry<'_>) {
        if let (EntryType::Refund, Some(reference)) = (&entry.entry_type, entry.reference.as_deref())
            && !self.by_reference.contains_key(reference)
        {
            self.by_reference.insert(reference.to_owned(), Vec::new());
        }
    }

    /// Whether no refund asks for a capture.
    pub fn is_unused(&self) -> bool {
        self.by_reference.is_empty()
    }

    /// Keeps an entry of a ledger date when it is a capture that a refund asks for. Dates come in
    /// order.
    pub fn offer(&mut self, books: &Books<'_>, ledger_date: NaiveDate, entry: &Entry<'_>) {
        if let (EntryType::Capture, Some(reference)) = (&entry.entry_type, entry.reference.as_deref())
            && let Some(captures) = self.by_reference.get_mut(reference)
        {
            captures.push(FoundCapture {
                ledger_date,
                date: books.sale_date(ledger_date, entry),
                handle: entry.recipient_handle.as_deref().map(str::to_owned),
                psp_reference: entry.psp_reference.as_deref().map(str::to_owned),
            });
        }
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
                (first..=date).contains(&capture.ledger_date)
                    && match (capture.handle.as_deref(), handle) {
                        (Some(theirs), Some(mine)) => theirs == mine,
                        _ => true,
                    }
            })
    }
}
