//! One ledger date, both topics, as the archive has it.

use chrono::NaiveDate;

use crate::ledger::body::{self, Bodies};
use crate::ledger::entry::Entry;
use crate::ledger::page::Page;
use crate::ledger::strict;
use crate::provider::Topic;

/// What to do about a file that cannot be used.
pub const REMEDY: &str = "remove the wrong file and fetch the date again";

/// Whether the entries of a topic and date can be relied on to be all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TopicState {
    /// The date is closed at the provider and every page is here.
    Closed,
    /// The provider says to try later. The entries, if any, are provisional and left out.
    Open,
    /// The date is not in the archive, or not all of its pages are.
    Missing(&'static str),
    /// The file is there and cannot be used: why, and what to do.
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
    /// A topic whose entries cannot be relied on.
    pub fn without_entries(state: TopicState) -> Self {
        Self {
            state,
            entries: Vec::new(),
            page_sizes: Vec::new(),
            unreadable_time: None,
        }
    }

    /// The entries as one page.
    pub fn page(&self, topic: Topic, date: NaiveDate) -> Page<'_, 'a> {
        Page {
            topic,
            date,
            first: 1,
            entries: &self.entries,
            unreadable_time: self.unreadable_time,
        }
    }

    /// Parses the response bodies in `text`; `path` names their file in messages.
    pub fn parse(text: &'a str, path: &str) -> Self {
        let without_entries = Self::without_entries;
        match strict::bodies(text).map_or_else(|| body::parse(text), Ok) {
            Err(error) => without_entries(TopicState::Unreadable(format!("{path}: {error}; {REMEDY}"))),
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

    /// The entries of a topic as one page.
    pub fn page(&self, topic: Topic) -> Page<'_, 'a> {
        self.topic(topic).page(topic, self.date)
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
