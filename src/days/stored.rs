//! What the archive holds of a date, before parsing.

use std::cell::RefCell;
use std::rc::Rc;

use chrono::NaiveDate;

use crate::archive::source::SourceHash;
use crate::archive::topic::ArchivedFile;
use crate::days::long::Reading;
use crate::ledger::day::{LedgerDay, TopicDay, TopicState};
use crate::provider::Topic;

/// A file that an output was made of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    /// Relative to the archive's root, with `/`.
    pub path: String,
    /// SHA-256 of the stored bytes, in hexadecimal.
    pub sha256: String,
}

/// What the archive holds for one ledger, topic and date, before parsing.
#[derive(Debug, Clone)]
pub enum StoredTopic {
    /// Nothing that can be used: not there, or not readable.
    None(TopicState),
    /// A file's text.
    Text {
        /// The response bodies, decoded.
        text: Rc<String>,
        /// Where it came from.
        source: Rc<Source>,
    },
    /// A file that is read page by page.
    Long(Long),
}

/// A long file, of which the beginning was read.
#[derive(Debug, Clone)]
pub struct Long {
    pub(super) file: ArchivedFile,
    /// What was begun; taken when the pages are read, and begun again after that.
    pub(super) reading: Rc<RefCell<Option<Reading>>>,
}

/// Both topics of one date, before parsing. [`LedgerDay`] borrows from it.
#[derive(Debug, Clone)]
pub struct StoredDay {
    /// The ledger date.
    pub date: NaiveDate,
    /// The funds topic.
    pub funds: StoredTopic,
    /// The fees topic.
    pub fees: StoredTopic,
}

impl From<SourceHash> for Source {
    fn from(hash: SourceHash) -> Self {
        Self {
            path: hash.path,
            sha256: hash.sha256,
        }
    }
}

impl StoredTopic {
    /// Parses the response bodies. A long file is taken for closed; its entries come page by
    /// page.
    pub fn parse(&self) -> TopicDay<'_> {
        match self {
            Self::Long(_) => TopicDay::without_entries(TopicState::Closed),
            Self::None(state) => TopicDay::without_entries(state.clone()),
            Self::Text { text, source } => TopicDay::parse(text, &source.path),
        }
    }
}

impl StoredDay {
    /// Parses both topics.
    pub fn parse(&self) -> LedgerDay<'_> {
        LedgerDay {
            date: self.date,
            funds: self.funds.parse(),
            fees: self.fees.parse(),
        }
    }

    pub(super) fn topic(&self, topic: Topic) -> &StoredTopic {
        match topic {
            Topic::Funds => &self.funds,
            Topic::Fees => &self.fees,
        }
    }

    /// The file that a topic came from, when it was read whole.
    pub fn source(&self, topic: Topic) -> Option<&Source> {
        match self.topic(topic) {
            StoredTopic::Text { source, .. } => Some(source),
            StoredTopic::None(_) | StoredTopic::Long(_) => None,
        }
    }
}
