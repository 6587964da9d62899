//! Reads the ledger days of the archive.

use chrono::NaiveDate;

use crate::archive::{Archive, StoredDate};
use crate::ledger::day::{LedgerDay, TopicDay, TopicState, with_causes};
use crate::provider::Topic;

/// What the archive holds for one ledger, topic and date, before parsing.
#[derive(Debug)]
pub enum StoredTopic {
    /// No file.
    Absent,
    /// A file that cannot be read at all.
    Unreadable(String),
    /// A file's text.
    Text(StoredDate),
}

impl StoredTopic {
    fn parse(&self) -> TopicDay<'_> {
        match self {
            Self::Absent => TopicDay::without_entries(TopicState::Missing("is not in the archive")),
            Self::Unreadable(message) => TopicDay::without_entries(TopicState::Unreadable(message.clone())),
            Self::Text(stored) => TopicDay::parse(&stored.text, &stored.path),
        }
    }
}

/// The texts of both topics of one date. [`LedgerDay`] borrows from it.
#[derive(Debug)]
pub struct StoredDay {
    /// The ledger date.
    pub date: NaiveDate,
    /// The funds topic.
    pub funds: StoredTopic,
    /// The fees topic.
    pub fees: StoredTopic,
}

impl StoredDay {
    /// Reads both topics of `date`. What cannot be read becomes part of the result, so that the
    /// checks report it with all else.
    pub fn read(archive: &Archive, ledger_id: &str, date: NaiveDate) -> Self {
        let topic = |topic| read_topic(archive, ledger_id, topic, date);
        Self {
            date,
            funds: topic(Topic::Funds),
            fees: topic(Topic::Fees),
        }
    }

    /// Reads only the funds topic of `date`.
    pub fn read_funds(archive: &Archive, ledger_id: &str, date: NaiveDate) -> Self {
        Self {
            date,
            funds: read_topic(archive, ledger_id, Topic::Funds, date),
            fees: StoredTopic::Absent,
        }
    }

    /// Parses both topics.
    pub fn parse(&self) -> LedgerDay<'_> {
        LedgerDay {
            date: self.date,
            funds: self.funds.parse(),
            fees: self.fees.parse(),
        }
    }

    /// The file that a topic came from.
    pub fn source(&self, topic: Topic) -> Option<&StoredDate> {
        let stored = match topic {
            Topic::Funds => &self.funds,
            Topic::Fees => &self.fees,
        };
        match stored {
            StoredTopic::Text(stored) => Some(stored),
            StoredTopic::Absent | StoredTopic::Unreadable(_) => None,
        }
    }

    /// The files that the day came from.
    pub fn sources(&self) -> impl Iterator<Item = &StoredDate> {
        Topic::ALL.into_iter().filter_map(|topic| self.source(topic))
    }
}

fn read_topic(archive: &Archive, ledger_id: &str, topic: Topic, date: NaiveDate) -> StoredTopic {
    match archive.read(ledger_id, topic, date) {
        Ok(None) => StoredTopic::Absent,
        Ok(Some(stored)) => StoredTopic::Text(stored),
        Err(error) => StoredTopic::Unreadable(with_causes(&error)),
    }
}
