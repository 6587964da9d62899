//! Captures and refunds of one reference, and what became of a refund.

use std::sync::Arc;

use chrono::NaiveDate;

use crate::config::sales_lines::SalesLine;
use crate::ledger::entry::{Entry, EntryType};
use crate::posting::books::Books;

/// A capture or refund of a reference that refunds of the range name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sale {
    pub ledger_date: NaiveDate,
    /// The date whose rules hold for it.
    pub date: NaiveDate,
    /// Its place on the ledger date, from 1.
    pub ordinal: usize,
    pub is_refund: bool,
    /// Minor units, as the entry has them.
    pub amount: i64,
    /// Its sales unit.
    pub handle: Option<Arc<str>>,
    /// The provider's reference.
    pub psp_reference: Option<Box<str>>,
}

impl Sale {
    /// An entry of a ledger date, when it is a capture or refund.
    pub fn of(books: &Books<'_>, ledger_date: NaiveDate, ordinal: usize, entry: &Entry<'_>) -> Option<Self> {
        let is_refund = match entry.entry_type {
            EntryType::Capture => false,
            EntryType::Refund => true,
            _ => return None,
        };
        Some(Self {
            ledger_date,
            date: books.sale_date(ledger_date, entry),
            ordinal,
            is_refund,
            amount: entry.amount,
            handle: entry.recipient_handle.as_deref().map(Arc::from),
            psp_reference: entry.psp_reference.as_deref().map(Box::from),
        })
    }
}

/// Part of a refund, of one capture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub capture: Arc<Sale>,
    /// With the refund's sign.
    pub amount: i64,
    /// How it splits into tax codes, where the capture or the refund has lines.
    pub lines: Option<Vec<SalesLine>>,
}

/// What became of a refund.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settled {
    /// What captures take, in their order.
    pub parts: Vec<Part>,
    /// What no capture takes, with the refund's sign.
    pub excess: i64,
    /// The refund's own lines for what no capture takes.
    pub excess_lines: Option<Vec<SalesLine>>,
    /// Whether any capture has its reference.
    pub is_found: bool,
    /// The captures that it could as well belong to, for a person.
    pub ambiguous: Option<String>,
    /// Whether it was split in proportion over several codes.
    pub is_estimated: bool,
    /// A code of its lines of which less was left.
    pub overdrawn: Option<String>,
    /// What is wrong with sales lines.
    pub mismatch: Option<Mismatch>,
    /// How many dates of its look-back are not known.
    pub unknown_dates: usize,
}

/// Sales lines that sum to something else than their entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mismatch {
    /// Whether they are those of the capture, not the refund's own.
    pub of_capture: bool,
    pub lines: i128,
    pub amount: i64,
}
