//! Reads the ledger days of one ledger from the archive, and hashes each file as it is read.
//!
//! [`Days`] is the one reader of a run. It lists a folder once. What a run asks for again is kept:
//! short texts, and of every date the [`Facts`] that look-backs need. Long texts are read page by
//! page. A file whose bytes are others when it is read again is unreadable, so that what was
//! checked is what is posted.

pub mod facts;
mod long;
mod look_back;
mod search;
pub mod stored;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use chrono::NaiveDate;
use thiserror::Error;

use crate::archive::topic::TopicFiles;
use crate::archive::{Archive, ArchiveError};
use crate::days::facts::Facts;
use crate::days::long::Reading;
use crate::days::stored::{Long, Source, StoredDay, StoredTopic};
use crate::ledger::day::{LedgerDay, REMEDY, TopicState, with_causes};
use crate::ledger::page::Page;
use crate::provider::Topic;

/// Texts are kept for a second look up to this size together; longer archives are read again.
const TEXTS_KEPT: usize = 2 << 20;

/// A long file turned out not to be what its beginning promised: what was made of its first pages
/// is to be dropped, and everything read again. The reader knows, and will not stumble twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a long file is not what its beginning promised")]
pub struct ReadAgain;

/// The one reader of a ledger's days.
#[derive(Debug)]
pub struct Days<'a> {
    archive: &'a Archive,
    ledger_id: String,
    /// Dates that the provider, asked just now, says are open.
    open: BTreeSet<(Topic, NaiveDate)>,
    /// Whether long files are held whole too.
    whole: Cell<bool>,
    known: RefCell<Known>,
}

#[derive(Debug, Default)]
struct Known {
    texts: BTreeMap<(Topic, NaiveDate), StoredTopic>,
    size: usize,
    /// The listing of each topic, or why there is none.
    files: BTreeMap<Topic, Result<Rc<TopicFiles>, String>>,
    facts: BTreeMap<(Topic, NaiveDate), Facts>,
    sources: BTreeMap<(Topic, NaiveDate), Rc<Source>>,
}

impl<'a> Days<'a> {
    /// A reader of a ledger's days. `open` are dates that are not in the archive because the
    /// provider says that they are open.
    pub fn new(archive: &'a Archive, ledger_id: &str, open: BTreeSet<(Topic, NaiveDate)>) -> Self {
        Self {
            archive,
            ledger_id: ledger_id.to_owned(),
            open,
            whole: Cell::new(false),
            known: RefCell::default(),
        }
    }

    /// A reader that holds every date whole, for those who look at single entries.
    pub fn whole(archive: &'a Archive, ledger_id: &str) -> Self {
        let days = Self::new(archive, ledger_id, BTreeSet::new());
        days.whole.set(true);
        days
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

    /// Gives the entries of one topic of `stored` to `visit`, page by page. `day` is what was
    /// parsed of it. A long file that is not what its beginning promised is [`ReadAgain`].
    pub fn pages<E: From<ReadAgain>>(
        &self,
        stored: &StoredDay,
        day: &LedgerDay<'_>,
        topic: Topic,
        visit: &mut dyn FnMut(&Page<'_, '_>) -> Result<(), E>,
    ) -> Result<(), E> {
        match stored.topic(topic) {
            StoredTopic::Long(long) => self.long_pages(long, topic, stored.date, visit),
            StoredTopic::None(_) | StoredTopic::Text { .. } => visit(&day.page(topic)),
        }
    }

    fn long_pages<E: From<ReadAgain>>(
        &self,
        long: &Long,
        topic: Topic,
        date: NaiveDate,
        visit: &mut dyn FnMut(&Page<'_, '_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let begun = long.reading.borrow_mut().take();
        let again = || {
            // Where a long file fails, all are held whole from now on.
            self.whole.set(true);
            let mut known = self.known.borrow_mut();
            known.texts.clear();
            known.size = 0;
            ReadAgain
        };
        let reading = match begun {
            Some(reading) => reading,
            None => {
                let reader = self.archive.open(&long.file);
                let reading = reader.and_then(|reader| Reading::begin(reader, false));
                reading.map_err(|_| again())?
            }
        };
        let pages = reading.pages(topic, date, &mut |page| visit(page).map_err(Stop::Visitor));
        let hash = match pages {
            Ok(hash) => hash,
            Err(Stop::Visitor(error)) => return Err(error),
            Err(Stop::ReadAgain) => return Err(again().into()),
        };
        let source = Rc::new(Source::from(hash));
        let noted = self.note_source(topic, date, &source);
        Ok(noted.map_err(|_| again())?)
    }

    /// Gives every entry of a topic and date to `visit`, page by page, when they are all there;
    /// returns whether they are.
    pub fn visit(&self, topic: Topic, date: NaiveDate, mut visit: impl FnMut(&Page<'_, '_>)) -> TopicState {
        let mut stored = self.topic(topic, date);
        // A file that was read to its end has its source noted.
        let is_known = self.known.borrow().sources.contains_key(&(topic, date));
        if let (StoredTopic::Long(_), false) = (&stored, is_known) {
            // A long file is looked through first, so that nothing has to be taken back.
            self.facts_of(&stored, topic, date);
            if self.whole.get() {
                stored = self.topic(topic, date);
            }
        }
        match &stored {
            StoredTopic::Long(long) => {
                let pages = self.long_pages(long, topic, date, &mut |page| {
                    visit(page);
                    Ok::<(), ReadAgain>(())
                });
                match pages {
                    Ok(()) => TopicState::Closed,
                    Err(ReadAgain) => TopicState::Unreadable(changed(&long.file.path)),
                }
            }
            StoredTopic::None(_) | StoredTopic::Text { .. } => {
                let day = stored.parse();
                visit(&day.page(topic, date));
                day.state
            }
        }
    }

    /// What look-backs need to know of a topic and date; read at most once.
    pub fn facts(&self, topic: Topic, date: NaiveDate) -> Facts {
        if let Some(facts) = self.known.borrow().facts.get(&(topic, date)) {
            return facts.clone();
        }
        self.facts_of(&self.topic(topic, date), topic, date)
    }

    fn facts_of(&self, stored: &StoredTopic, topic: Topic, date: NaiveDate) -> Facts {
        let facts = match stored {
            StoredTopic::Long(long) => {
                let mut facts = Facts::none(TopicState::Closed);
                let pages = self.long_pages(long, topic, date, &mut |page| {
                    facts.add(page);
                    Ok::<(), ReadAgain>(())
                });
                match pages {
                    Ok(()) => facts,
                    // The reader holds it whole from now on.
                    Err(ReadAgain) => Facts::of(&self.topic(topic, date), topic, date),
                }
            }
            StoredTopic::None(_) | StoredTopic::Text { .. } => Facts::of(stored, topic, date),
        };
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

    /// Whether the archive holds entries of a topic on `date` or earlier, or something that might
    /// hold some.
    pub fn may_have_entries_before(&self, topic: Topic, date: NaiveDate) -> bool {
        let Ok(files) = self.files(topic) else {
            return true;
        };
        let dates: Vec<NaiveDate> = files.dates().take_while(|archived| *archived <= date).collect();
        dates.into_iter().rev().any(|date| {
            let facts = self.facts(topic, date);
            facts.state != TopicState::Closed || facts.entries > 0
        })
    }

    /// The dates of a topic that the archive has a file for, in order; none where it cannot be
    /// listed, which every reading of it reports.
    pub fn dates(&self, topic: Topic) -> Vec<NaiveDate> {
        let files = self.files(topic).ok();
        files.map(|files| files.dates().collect()).unwrap_or_default()
    }

    /// The file that a topic of a date came from, as far as it was read.
    pub fn source(&self, topic: Topic, date: NaiveDate) -> Option<Source> {
        let known = self.known.borrow();
        known
            .sources
            .get(&(topic, date))
            .map(|source| Source::clone(source))
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
        let stored = self
            .load(topic, date)
            .unwrap_or_else(|message| StoredTopic::None(TopicState::Unreadable(message)));
        let mut known = self.known.borrow_mut();
        if let StoredTopic::Text { text, .. } = &stored {
            if known.size + text.len() > TEXTS_KEPT {
                return stored;
            }
            known.size += text.len();
        }
        if !matches!(stored, StoredTopic::Long(_)) {
            known.texts.insert((topic, date), stored.clone());
        }
        stored
    }

    fn load(&self, topic: Topic, date: NaiveDate) -> Result<StoredTopic, String> {
        let files = self.files(topic)?;
        let file = self.archive.one_of(files.files(date)).map_err(unreadable)?;
        let Some(file) = file else {
            let state = if self.open.contains(&(topic, date)) {
                TopicState::Open
            } else {
                TopicState::Missing("is not in the archive")
            };
            return Ok(StoredTopic::None(state));
        };
        let reader = self.archive.open(file).map_err(unreadable)?;
        let reading = Reading::begin(reader, self.whole.get()).map_err(unreadable)?;
        if !reading.is_whole() {
            return Ok(StoredTopic::Long(Long {
                file: file.clone(),
                reading: Rc::new(RefCell::new(Some(reading))),
            }));
        }
        let (text, hash) = reading.finish().map_err(unreadable)?;
        let source = Rc::new(Source::from(hash));
        self.note_source(topic, date, &source)?;
        Ok(StoredTopic::Text {
            text: Rc::new(text),
            source,
        })
    }

    fn files(&self, topic: Topic) -> Result<Rc<TopicFiles>, String> {
        let mut known = self.known.borrow_mut();
        let files = known.files.entry(topic).or_insert_with(|| {
            let files = self.archive.topic(&self.ledger_id, topic);
            files.map(Rc::new).map_err(unreadable)
        });
        files.clone()
    }

    /// Notes what a file was made of; an error when it was made of something else before.
    fn note_source(&self, topic: Topic, date: NaiveDate, source: &Rc<Source>) -> Result<(), String> {
        let mut known = self.known.borrow_mut();
        let before = known
            .sources
            .entry((topic, date))
            .or_insert_with(|| Rc::clone(source));
        if before == source {
            Ok(())
        } else {
            Err(changed(&source.path))
        }
    }
}

fn unreadable(error: ArchiveError) -> String {
    format!("{}; {REMEDY}", with_causes(&error))
}

fn changed(path: &str) -> String {
    format!("{path} changed while bilag read it; run again when nothing writes to the archive")
}

/// What ends the reading of pages early.
enum Stop<E> {
    ReadAgain,
    Visitor(E),
}

impl<E> From<ReadAgain> for Stop<E> {
    fn from(_: ReadAgain) -> Self {
        Self::ReadAgain
    }
}
