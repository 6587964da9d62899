//! Reads the ledger days of one ledger from the archive: each file once, hashed as it is read.
//!
//! [`Days`] is the one reader of a run. What a run asks for again is kept: short texts, and of
//! every date the [`Facts`] that look-backs need. A file whose bytes are others when it is read
//! again is unreadable, so that what was checked is what is posted.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use chrono::NaiveDate;
use thiserror::Error;

use crate::archive::Archive;
use crate::ledger::day::{LedgerDay, TopicDay, TopicState, with_causes};
use crate::ledger::entry::EntryType;
use crate::ledger::page::Page;
use crate::money::Currency;
use crate::provider::Topic;

/// Texts are kept for a second look up to this size together; longer archives are read again.
const TEXTS_KEPT: usize = 4 << 20;

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
        text: Rc<str>,
        /// Where it came from.
        source: Rc<Source>,
    },
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

/// What look-backs need to know of a topic and date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Whether the entries are all there.
    pub state: TopicState,
    /// How many entries there are.
    pub entries: usize,
    /// The balance before the first entry, where it says it; minor units.
    pub opens_at: Option<i64>,
    /// The balance after the last entry, where it says it; minor units.
    pub closes_at: Option<i64>,
    /// Whether a payout stands among them.
    pub has_payout: bool,
    /// The first currency that an entry states.
    pub currency: Option<Currency>,
}

/// A long file turned out not to be what its beginning promised: what was made of its first pages
/// is to be dropped, and everything read again. The reader knows, and will not stumble twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a long file is not what its beginning promised")]
pub struct ReadAgain;

/// The one reader of a ledger's days.
#[derive(Debug)]
pub struct Days<'a> {
    archive: &'a Archive,
    ledger_id: &'a str,
    /// Dates that the provider, asked just now, says are open.
    open: BTreeSet<(Topic, NaiveDate)>,
    known: RefCell<Known>,
}

#[derive(Debug, Default)]
struct Known {
    texts: BTreeMap<(Topic, NaiveDate), StoredTopic>,
    size: usize,
    facts: BTreeMap<(Topic, NaiveDate), Facts>,
    sources: BTreeMap<(Topic, NaiveDate), Rc<Source>>,
}

impl<'a> Days<'a> {
    /// A reader of a ledger's days. `open` are dates that are not in the archive because the
    /// provider says that they are open.
    pub fn new(archive: &'a Archive, ledger_id: &'a str, open: BTreeSet<(Topic, NaiveDate)>) -> Self {
        Self {
            archive,
            ledger_id,
            open,
            known: RefCell::default(),
        }
    }

    /// The ledger.
    pub fn ledger_id(&self) -> &'a str {
        self.ledger_id
    }

    /// Both topics of `date`. What cannot be read becomes part of the result, so that the checks
    /// report it with all else.
    pub fn read(&self, date: NaiveDate) -> StoredDay {
        StoredDay {
            date,
            funds: self.topic(Topic::Funds, date),
            fees: self.topic(Topic::Fees, date),
        }
    }

    /// Gives every entry of a topic and date to `visit`, page by page, when they are all there;
    /// returns whether they are.
    pub fn visit(&self, topic: Topic, date: NaiveDate, mut visit: impl FnMut(&Page<'_, '_>)) -> TopicState {
        let stored = self.topic(topic, date);
        let day = stored.parse();
        visit(&Page {
            topic,
            date,
            first: 1,
            entries: &day.entries,
            unreadable_time: day.unreadable_time,
        });
        day.state
    }

    /// What look-backs need to know of a topic and date; read at most once.
    pub fn facts(&self, topic: Topic, date: NaiveDate) -> Facts {
        if let Some(facts) = self.known.borrow().facts.get(&(topic, date)) {
            return facts.clone();
        }
        let mut facts = Facts {
            state: TopicState::Closed,
            entries: 0,
            opens_at: None,
            closes_at: None,
            has_payout: false,
            currency: None,
        };
        facts.state = self.visit(topic, date, |page| {
            for entry in page.entries {
                if facts.entries == 0 {
                    facts.opens_at = entry.balance_before;
                }
                facts.entries += 1;
                facts.closes_at = entry.balance_after;
                facts.has_payout |= entry.entry_type == EntryType::PayoutScheduled;
                facts.currency = facts.currency.or(entry.currency);
            }
        });
        let mut known = self.known.borrow_mut();
        known.facts.insert((topic, date), facts.clone());
        facts
    }

    /// Whether both topics of `date` are closed and complete.
    pub fn is_closed(&self, date: NaiveDate) -> bool {
        Topic::ALL
            .iter()
            .all(|topic| self.facts(*topic, date).state == TopicState::Closed)
    }

    /// Whether both topics of `date` are closed and without entries.
    pub fn is_empty(&self, date: NaiveDate) -> bool {
        self.is_closed(date)
            && Topic::ALL
                .iter()
                .all(|topic| self.facts(*topic, date).entries == 0)
    }

    /// The files that a date came from, as far as it was read.
    pub fn sources(&self, date: NaiveDate) -> Vec<Source> {
        let known = self.known.borrow();
        let source = |topic| known.sources.get(&(topic, date));
        Topic::ALL
            .into_iter()
            .filter_map(source)
            .map(|source| Source::clone(source))
            .collect()
    }

    fn topic(&self, topic: Topic, date: NaiveDate) -> StoredTopic {
        if let Some(stored) = self.known.borrow().texts.get(&(topic, date)) {
            return stored.clone();
        }
        let stored = self.load(topic, date);
        let mut known = self.known.borrow_mut();
        if let StoredTopic::Text { text, source } = &stored {
            let before = known.sources.insert((topic, date), Rc::clone(source));
            if before.is_some_and(|before| before != *source) {
                return StoredTopic::None(TopicState::Unreadable(format!(
                    "{} changed while bilag read it; run again when nothing writes to the archive",
                    source.path
                )));
            }
            if known.size + text.len() > TEXTS_KEPT {
                return stored;
            }
            known.size += text.len();
        }
        known.texts.insert((topic, date), stored.clone());
        stored
    }

    fn load(&self, topic: Topic, date: NaiveDate) -> StoredTopic {
        let loaded = self.archive.read(self.ledger_id, topic, date).and_then(|stored| {
            let Some(stored) = stored else { return Ok(None) };
            let sha256 = self.archive.sha256(&stored.path)?;
            Ok(Some(StoredTopic::Text {
                text: Rc::from(stored.text),
                source: Rc::new(Source {
                    path: stored.path,
                    sha256,
                }),
            }))
        });
        match loaded {
            Ok(Some(stored)) => stored,
            Ok(None) if self.open.contains(&(topic, date)) => StoredTopic::None(TopicState::Open),
            Ok(None) => StoredTopic::None(TopicState::Missing("is not in the archive")),
            Err(error) => StoredTopic::None(TopicState::Unreadable(with_causes(&error))),
        }
    }
}

impl StoredTopic {
    /// Parses the response bodies.
    pub fn parse(&self) -> TopicDay<'_> {
        match self {
            Self::None(state) => TopicDay::without_entries(state.clone()),
            Self::Text { text, source } => TopicDay::parse(text, &source.path),
        }
    }
}

impl StoredDay {
    /// Reads both topics of a date that is asked for only once.
    pub fn read(archive: &Archive, ledger_id: &str, date: NaiveDate) -> Self {
        Days::new(archive, ledger_id, BTreeSet::new()).read(date)
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
    pub fn source(&self, topic: Topic) -> Option<&Source> {
        let stored = match topic {
            Topic::Funds => &self.funds,
            Topic::Fees => &self.fees,
        };
        match stored {
            StoredTopic::Text { source, .. } => Some(source),
            StoredTopic::None(_) => None,
        }
    }
}
