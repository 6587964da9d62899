//! Some entries of one topic and ledger date, in the provider's order.
//!
//! A long date comes in several pages, so that memory does not grow with it.

use chrono::NaiveDate;

use crate::ledger::entry::Entry;
use crate::provider::Topic;

/// Some entries of one topic and ledger date.
#[derive(Debug, Clone, Copy)]
pub struct Page<'p, 'a> {
    pub topic: Topic,
    /// The ledger date.
    pub date: NaiveDate,
    /// The place of the first entry on the date, from 1.
    pub first: usize,
    pub entries: &'p [Entry<'a>],
    /// The place on the date, from 1, of the first of them whose time cannot be read.
    pub unreadable_time: Option<usize>,
}

impl<'p, 'a> Page<'p, 'a> {
    /// The entries with their places on the date, from 1.
    pub fn numbered(&self) -> impl Iterator<Item = (usize, &'p Entry<'a>)> + use<'p, 'a> {
        (self.first..).zip(self.entries)
    }
}
