//! Where the sandbox takes its ledgers from.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use thiserror::Error;

use crate::archive::ArchiveError;
use crate::date::DateRange;
use crate::provider::{LedgerInfo, Topic};
use crate::sandbox::engine::LedgerEntry;

/// Why a source cannot give what it holds.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The archive folder cannot be read or written.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// A file of the archive is not what the API would have sent.
    #[error("{path}: {message}")]
    Content {
        /// The file.
        path: String,
        /// What is wrong.
        message: String,
    },
}

/// A ledger as the ledgers endpoint shows it.
#[derive(Debug, Clone)]
pub struct LedgerItem {
    /// What the sandbox itself needs to know.
    pub info: LedgerInfo,
    /// The item of the ledgers endpoint.
    pub json: serde_json::Map<String, serde_json::Value>,
}

/// One topic of one ledger on one date.
#[derive(Debug, Clone, Copy)]
pub struct TopicDate<'a> {
    pub ledger_id: &'a str,
    pub topic: Topic,
    /// The ledger date.
    pub date: NaiveDate,
}

/// Which entries of a place are wanted, and how much of them.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    /// How many entries to leave out.
    pub skip: usize,
    /// How many entries to give at most.
    pub take: usize,
    /// Whether to give the fields `message`, `name` and `maskedPhoneNo`.
    pub with_customer: bool,
    /// Whether to leave out what comes into being when the date ends.
    pub without_closing: bool,
}

/// Entries of one place, as the API writes them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// The entries' JSON.
    pub items: Vec<String>,
    /// Whether the source itself says that the date is open.
    pub is_open: bool,
}

/// Ledgers that the sandbox can serve. A source is asked for one page at a time.
pub trait Source: Send + Sync {
    /// All ledgers, in the order in which the API lists them.
    fn ledgers(&self) -> Result<Vec<LedgerItem>, SourceError>;

    /// The first and last date that the source holds entries for, over both topics.
    fn span(&self, ledger_id: &str) -> Result<Option<DateRange>, SourceError>;

    /// The entries of `place` that `window` selects.
    fn read(&self, place: &TopicDate<'_>, window: &Window) -> Result<Reading, SourceError>;
}

/// The entries of one date, both topics.
#[derive(Debug, Clone, Default)]
pub struct ScriptedDate {
    /// Entries of the funds topic.
    pub funds: Vec<LedgerEntry>,
    /// Entries of the fees topic.
    pub fees: Vec<LedgerEntry>,
}

impl ScriptedDate {
    /// The entries of `topic`.
    pub fn topic(&self, topic: Topic) -> &[LedgerEntry] {
        match topic {
            Topic::Funds => &self.funds,
            Topic::Fees => &self.fees,
        }
    }
}

/// A small ledger, held in memory whole.
#[derive(Debug, Clone)]
pub struct ScriptedSource {
    /// What the ledgers endpoint shows.
    pub ledger: LedgerItem,
    /// The ISO 4217 code of every entry.
    pub currency: String,
    /// The dates with entries.
    pub dates: BTreeMap<NaiveDate, ScriptedDate>,
}

impl Source for ScriptedSource {
    fn ledgers(&self) -> Result<Vec<LedgerItem>, SourceError> {
        Ok(vec![self.ledger.clone()])
    }

    fn span(&self, ledger_id: &str) -> Result<Option<DateRange>, SourceError> {
        if self.ledger.info.ledger_id != ledger_id {
            return Ok(None);
        }
        let ends = self.dates.keys().next().zip(self.dates.keys().next_back());
        Ok(ends.map(|(from, to)| DateRange::new(*from, *to).expect("the keys of a map are in order")))
    }

    fn read(&self, place: &TopicDate<'_>, window: &Window) -> Result<Reading, SourceError> {
        let is_known = self.ledger.info.ledger_id == place.ledger_id;
        let date = self.dates.get(&place.date).filter(|_| is_known);
        let entries = date.map_or(&[][..], |date| date.topic(place.topic));
        Ok(Reading {
            items: select(entries.iter().cloned(), window, &self.currency),
            is_open: false,
        })
    }
}

/// The JSON of the entries that `window` selects.
pub fn select(entries: impl Iterator<Item = LedgerEntry>, window: &Window, currency: &str) -> Vec<String> {
    entries
        .filter(|entry| !(window.without_closing && entry.is_closing()))
        .skip(window.skip)
        .take(window.take)
        .map(|entry| entry.to_json(currency, window.with_customer))
        .collect()
}
