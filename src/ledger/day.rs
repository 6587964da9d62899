//! One ledger date, both topics, as the archive has it.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::archive::{Archive, StoredDate};
use crate::ledger::Topic;
use crate::ledger::body::{self, Bodies};
use crate::ledger::entry::Entry;

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
            funds: TopicDay::parse(&self.funds),
            fees: TopicDay::parse(&self.fees),
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

/// Whether the entries of a topic and date can be relied on to be all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TopicState {
    /// The date is closed at the provider and every page is here.
    Closed,
    /// The provider says to try later. The entries, if any, are provisional and left out.
    Open,
    /// The date is not in the archive, or not all of its pages are.
    Missing(&'static str),
    /// The file is there and cannot be used.
    Unreadable(String),
}

/// One topic of one ledger date.
#[derive(Debug)]
pub struct TopicDay<'a> {
    /// Whether the entries are complete.
    pub state: TopicState,
    /// The entries in the order of the provider; none unless the date is closed.
    pub entries: Vec<Entry<'a>>,
    /// How many entries each response body held.
    pub page_sizes: Vec<usize>,
    /// The first entry whose time cannot be read, from 1.
    pub unreadable_time: Option<usize>,
}

impl<'a> TopicDay<'a> {
    fn parse(stored: &'a StoredTopic) -> Self {
        let without_entries = |state| Self {
            state,
            entries: Vec::new(),
            page_sizes: Vec::new(),
            unreadable_time: None,
        };
        let stored = match stored {
            StoredTopic::Absent => return without_entries(TopicState::Missing("is not in the archive")),
            StoredTopic::Unreadable(message) => {
                return without_entries(TopicState::Unreadable(message.clone()));
            }
            StoredTopic::Text(stored) => stored,
        };
        match body::parse(&stored.text) {
            Err(error) => without_entries(TopicState::Unreadable(format!("{}: {error}", stored.path))),
            Ok(bodies) if bodies.is_open => without_entries(TopicState::Open),
            Ok(bodies) if bodies.has_more => without_entries(TopicState::Missing(
                "lacks its last pages: the last one says that more follow",
            )),
            Ok(Bodies {
                entries,
                page_sizes,
                unreadable_time,
                ..
            }) => Self {
                state: TopicState::Closed,
                entries,
                page_sizes,
                unreadable_time,
            },
        }
    }

    /// Whether the date is closed and complete.
    pub fn is_closed(&self) -> bool {
        self.state == TopicState::Closed
    }
}

/// One ledger date: both topics.
#[derive(Debug)]
pub struct LedgerDay<'a> {
    /// The accounting date.
    pub date: NaiveDate,
    /// The merchant's money at the provider.
    pub funds: TopicDay<'a>,
    /// The merchant's debt for fees.
    pub fees: TopicDay<'a>,
}

impl<'a> LedgerDay<'a> {
    /// One of the two topics.
    pub fn topic(&self, topic: Topic) -> &TopicDay<'a> {
        match topic {
            Topic::Funds => &self.funds,
            Topic::Fees => &self.fees,
        }
    }

    /// Whether both topics are closed and complete.
    pub fn is_closed(&self) -> bool {
        self.funds.is_closed() && self.fees.is_closed()
    }

    /// Notes what the provider says of dates that are not in the archive: those are open.
    pub fn note_open(&mut self, open: &BTreeSet<(Topic, NaiveDate)>) {
        for (topic, day) in [(Topic::Funds, &mut self.funds), (Topic::Fees, &mut self.fees)] {
            if matches!(day.state, TopicState::Missing(_)) && open.contains(&(topic, self.date)) {
                day.state = TopicState::Open;
            }
        }
    }

    /// All entries with their topic and ordinal (from 1), funds first.
    pub fn entries(&self) -> impl Iterator<Item = (Topic, usize, &Entry<'a>)> {
        Topic::ALL.into_iter().flat_map(|topic| {
            self.topic(topic)
                .entries
                .iter()
                .enumerate()
                .map(move |(index, entry)| (topic, index + 1, entry))
        })
    }
}

/// An error's text with its causes, as one line.
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
