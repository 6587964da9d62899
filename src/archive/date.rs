//! What the archive holds of one date: one text, in however many packings it is kept.

use std::io::BufRead;

use chrono::NaiveDate;

use crate::archive::source::{SourceHash, SourceReader};
use crate::archive::topic::ArchivedFile;
use crate::archive::{Archive, ArchiveError, StoredDate};
use crate::provider::Topic;

impl Archive {
    /// The one of `files`, all of the same date, that stands for it: the first, when all others
    /// hold the same text.
    pub fn one_of<'a>(&self, files: &'a [ArchivedFile]) -> Result<Option<&'a ArchivedFile>, ArchiveError> {
        let Some((first, others)) = files.split_first() else {
            return Ok(None);
        };
        for other in others {
            if !is_same_text(self.open(first)?, self.open(other)?)? {
                let place = |file: &ArchivedFile| self.place(&file.path);
                return Err(ArchiveError::TwoVersions(place(first), place(other)));
            }
        }
        Ok(Some(first))
    }

    /// What the archive holds for one date, or `None`.
    pub fn read(
        &self,
        ledger_id: &str,
        topic: Topic,
        date: NaiveDate,
    ) -> Result<Option<StoredDate>, ArchiveError> {
        let files = self.files(ledger_id, topic, date)?;
        let Some(file) = self.one_of(&files)? else {
            return Ok(None);
        };
        let (text, SourceHash { path, sha256, .. }) = self.read_whole(file)?;
        Ok(Some(StoredDate { text, path, sha256 }))
    }
}

/// Whether both hold the same text, up to their ends.
fn is_same_text(mut one: SourceReader, mut other: SourceReader) -> Result<bool, ArchiveError> {
    loop {
        let length = {
            let (left, right) = (one.chunk()?, other.chunk()?);
            let length = left.len().min(right.len());
            if left[..length] != right[..length] || (length == 0 && left.len() != right.len()) {
                return Ok(false);
            }
            length
        };
        if length == 0 {
            // Damage may only show at the end.
            one.finish()?;
            other.finish()?;
            return Ok(true);
        }
        one.consume(length);
        other.consume(length);
    }
}
