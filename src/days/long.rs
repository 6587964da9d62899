//! A long file of response bodies, read page by page, so that memory does not grow with it.
//!
//! Each line is one body of the common form, as bilag itself keeps them. Whether a date is closed
//! may only show on the last line, so the first ones are taken on trust: where the rest does not
//! bear it out, the answer is [`ReadAgain`], and whoever took the pages begins anew.

use std::io::BufRead;

use chrono::NaiveDate;

use crate::archive::ArchiveError;
use crate::archive::source::{SourceHash, SourceReader};
use crate::days::ReadAgain;
use crate::ledger::page::Page;
use crate::ledger::strict;
use crate::provider::Topic;

/// A text up to this size is held whole.
const SHORT: usize = 128 << 10;

/// A file that is being read.
pub(super) struct Reading {
    reader: SourceReader,
    /// What was read and not yet made into pages.
    text: Vec<u8>,
    is_at_end: bool,
}

impl std::fmt::Debug for Reading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reading").finish_non_exhaustive()
    }
}

impl Reading {
    /// Begins to read; a short file is read to its end, and any when `whole`.
    pub(super) fn begin(reader: SourceReader, whole: bool) -> Result<Self, ArchiveError> {
        let mut reading = Self {
            reader,
            text: Vec::new(),
            is_at_end: false,
        };
        let mut is_checked = false;
        while !reading.is_at_end && (whole || reading.text.len() <= SHORT) {
            reading.read_on()?;
            // What a short text holds instead, the parser says best.
            if !is_checked && reading.text.len() > SHORT {
                is_checked = true;
                if !begins_like_bodies(&reading.text) {
                    return Err(reading.reader.refusal("it holds no response bodies"));
                }
            }
        }
        Ok(reading)
    }

    /// Whether all of the text is here.
    pub(super) fn is_whole(&self) -> bool {
        self.is_at_end
    }

    /// The text of a file that was read to its end.
    pub(super) fn finish(self) -> Result<(String, SourceHash), ArchiveError> {
        self.reader.finish_text(self.text)
    }

    fn read_on(&mut self) -> Result<(), ArchiveError> {
        let chunk = self.reader.chunk()?;
        let length = chunk.len();
        self.is_at_end = length == 0;
        self.text.extend_from_slice(chunk);
        self.reader.consume(length);
        Ok(())
    }

    /// Gives each page to `visit`, and says what the text was made of.
    pub(super) fn pages<E: From<ReadAgain>>(
        self,
        topic: Topic,
        date: NaiveDate,
        visit: &mut dyn FnMut(&Page<'_, '_>) -> Result<(), E>,
    ) -> Result<SourceHash, E> {
        let mut first = 1;
        let mut has_more = false;
        let hash = self.lines(&mut |line| take(line, topic, date, &mut first, &mut has_more, visit))?;
        if has_more {
            return Err(ReadAgain.into());
        }
        Ok(hash)
    }

    /// Gives each line to `visit`, and says what the text was made of.
    pub(super) fn lines<E: From<ReadAgain>>(
        mut self,
        visit: &mut dyn FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<SourceHash, E> {
        loop {
            let mut start = 0;
            while let Some(length) = memchr::memchr(b'\n', &self.text[start..]) {
                let line = &self.text[start..start + length];
                start += length + 1;
                visit(line)?;
            }
            self.text.drain(..start);
            if self.is_at_end {
                visit(&self.text)?;
                break;
            }
            self.read_line().map_err(|_| ReadAgain)?;
        }
        // What is wrong with the file is said when it is read whole.
        Ok(self.reader.finish().map_err(|_| ReadAgain)?)
    }

    /// Reads on until another line is complete.
    fn read_line(&mut self) -> Result<(), ArchiveError> {
        loop {
            let before = self.text.len();
            self.read_on()?;
            if self.is_at_end || self.text[before..].contains(&b'\n') {
                return Ok(());
            }
        }
    }
}

/// Whether a text begins with an object or an array, perhaps after a mark of its encoding.
fn begins_like_bodies(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
    matches!(text.trim_ascii_start().first(), Some(b'{' | b'['))
}

/// Gives the page of one line to `visit`.
pub(super) fn take<E: From<ReadAgain>>(
    line: &[u8],
    topic: Topic,
    date: NaiveDate,
    first: &mut usize,
    has_more: &mut bool,
    visit: &mut dyn FnMut(&Page<'_, '_>) -> Result<(), E>,
) -> Result<(), E> {
    if strict::is_blank(line) {
        return Ok(());
    }
    let text = std::str::from_utf8(line).map_err(|_| ReadAgain)?;
    let page = strict::page(text).filter(|page| !page.is_open).ok_or(ReadAgain)?;
    *has_more = page.has_more;
    visit(&Page {
        topic,
        date,
        first: *first,
        entries: &page.entries,
        unreadable_time: page.unreadable_time.map(|place| place + *first - 1),
    })?;
    *first += page.entries.len();
    Ok(())
}
