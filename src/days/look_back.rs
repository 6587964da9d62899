//! Looking through many dates for a few entries.

use std::rc::Rc;

use chrono::NaiveDate;

use crate::days::long::{self, Reading};
use crate::days::search::{self, Look, Search};
use crate::days::stored::{Long, Source, StoredTopic};
use crate::days::{Days, ReadAgain};
use crate::ledger::day::TopicState;
use crate::ledger::page::Page;
use crate::ledger::strict;
use crate::provider::Topic;

impl Days<'_> {
    /// What `pick` finds in the pages of a topic and date, in one reading also of a long file.
    /// Nothing is found where the entries are not all there, which the state says.
    pub fn collect<T>(
        &self,
        topic: Topic,
        date: NaiveDate,
        mut pick: impl FnMut(&Page<'_, '_>, &mut Vec<T>),
    ) -> (TopicState, Vec<T>) {
        let mut found = Vec::new();
        if let StoredTopic::Long(long) = self.topic(topic, date) {
            let pages = self.long_pages(&long, topic, date, &mut |page| {
                pick(page, &mut found);
                Ok::<(), ReadAgain>(())
            });
            if pages.is_ok() {
                return (TopicState::Closed, found);
            }
            found.clear();
        }
        let state = self.visit(topic, date, |page| pick(page, &mut found));
        (state, found)
    }

    /// What `pick` finds in the pages of a topic and date that hold a reference that is `wanted`;
    /// the others are not parsed, as far as their text leaves no doubt.
    pub fn search<T>(
        &self,
        topic: Topic,
        date: NaiveDate,
        wanted: &dyn Fn(&str) -> bool,
        mut pick: impl FnMut(&Page<'_, '_>, &mut Vec<T>),
    ) -> (TopicState, Vec<T>) {
        let search = Search::new();
        match self.topic(topic, date) {
            StoredTopic::Text { text, .. } => {
                let text = text.as_bytes();
                if search::ends_whole(text) && matches!(search.look(text, true, wanted), Look::Nothing(_)) {
                    return (TopicState::Closed, Vec::new());
                }
            }
            StoredTopic::Long(long) => {
                let mut found = Vec::new();
                let searched = self.search_lines(&long, topic, date, &search, wanted, &mut |page| {
                    pick(page, &mut found);
                });
                if searched.is_ok() {
                    return (TopicState::Closed, found);
                }
            }
            StoredTopic::None(_) => {}
        }
        self.collect(topic, date, pick)
    }

    /// Looks through a long file line by line; any doubt ends it.
    fn search_lines(
        &self,
        long: &Long,
        topic: Topic,
        date: NaiveDate,
        search: &Search,
        wanted: &dyn Fn(&str) -> bool,
        pick: &mut dyn FnMut(&Page<'_, '_>),
    ) -> Result<(), ReadAgain> {
        let begun = long.reading.borrow_mut().take();
        let reading = match begun {
            Some(reading) => reading,
            None => {
                let reader = self.archive.open(&long.file);
                let reading = reader.and_then(|reader| Reading::begin(reader, false));
                reading.map_err(|_| ReadAgain)?
            }
        };
        let (mut first, mut has_more, mut is_whole) = (1, false, false);
        let hash = reading.lines(&mut |line| {
            if strict::is_blank(line) {
                return Ok(());
            }
            is_whole = search::ends_whole(line);
            match search.look(line, false, wanted) {
                Look::Nothing(entries) => {
                    first += entries;
                    has_more = search.says_more(line);
                    Ok(())
                }
                Look::Hit => {
                    let visit = &mut |page: &Page<'_, '_>| {
                        pick(page);
                        Ok::<(), ReadAgain>(())
                    };
                    long::take(line, topic, date, &mut first, &mut has_more, visit)
                }
                Look::Unsure => Err(ReadAgain),
            }
        })?;
        let source = Rc::new(Source::from(hash));
        let noted = self.note_source(topic, date, &source);
        if has_more || !is_whole || noted.is_err() {
            return Err(ReadAgain);
        }
        Ok(())
    }
}
