//! What the archive holds of one topic of one ledger: one listing, however many dates are asked
//! for.

use chrono::NaiveDate;

use crate::archive::{Archive, ArchiveError};
use crate::provider::Topic;

/// How the text of a date is packed, which its file's name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Packing {
    /// As it is: `.json`.
    None,
    /// `.json.gz`.
    Gzip,
    /// `.json.zst`, which is how dates are kept.
    Zstd,
}

impl Packing {
    /// All of them, in the order in which files of the same date are preferred.
    pub const ALL: [Self; 3] = [Self::None, Self::Gzip, Self::Zstd];

    /// What file names end with, after the dot.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::None => "json",
            Self::Gzip => "json.gz",
            Self::Zstd => "json.zst",
        }
    }
}

/// A file of one ledger date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchivedFile {
    /// The ledger date.
    pub date: NaiveDate,
    /// The file, relative to the archive's root, with `/` between its parts.
    pub path: String,
    /// How it is packed.
    pub packing: Packing,
}

/// The files of one topic of one ledger.
#[derive(Debug, Clone, Default)]
pub struct TopicFiles {
    /// By date, then packing.
    files: Vec<ArchivedFile>,
}

impl ArchivedFile {
    /// The file that a date has when it is packed in this way.
    pub(super) fn new(
        archive: &Archive,
        ledger_id: &str,
        topic: Topic,
        date: NaiveDate,
        packing: Packing,
    ) -> Self {
        let folder = archive.topic_path(ledger_id, topic);
        Self {
            date,
            path: format!("{folder}/{date}.{}", packing.suffix()),
            packing,
        }
    }
}

impl TopicFiles {
    /// The dates that there is a file for, in order.
    pub fn dates(&self) -> impl Iterator<Item = NaiveDate> {
        self.files
            .chunk_by(|a, b| a.date == b.date)
            .map(|files| files[0].date)
    }

    /// The files of `date`; more than one when it is kept in several packings.
    pub fn files(&self, date: NaiveDate) -> &[ArchivedFile] {
        let start = self.files.partition_point(|file| file.date < date);
        let end = self.files.partition_point(|file| file.date <= date);
        &self.files[start..end]
    }
}

impl Archive {
    /// Lists the files of a topic.
    pub fn topic(&self, ledger_id: &str, topic: Topic) -> Result<TopicFiles, ArchiveError> {
        let folder = self.topic_path(ledger_id, topic);
        let mut files = Vec::new();
        for name in self.list(&folder)?.files {
            let Some((stem, suffix)) = name.split_once('.') else {
                continue;
            };
            let packing = Packing::ALL
                .into_iter()
                .find(|packing| packing.suffix() == suffix);
            if let (Some(packing), Ok(date)) = (packing, crate::date::parse(stem)) {
                files.push(ArchivedFile {
                    date,
                    path: format!("{folder}/{name}"),
                    packing,
                });
            }
        }
        files.sort_unstable_by_key(|file| (file.date, file.packing));
        Ok(TopicFiles { files })
    }

    /// The dates of `topic` that the archive holds a file for, in order.
    pub fn dates(&self, ledger_id: &str, topic: Topic) -> Result<Vec<NaiveDate>, ArchiveError> {
        Ok(self.topic(ledger_id, topic)?.dates().collect())
    }

    /// The files of one date, looked for by their names instead of in the topic's listing.
    pub(super) fn files(
        &self,
        ledger_id: &str,
        topic: Topic,
        date: NaiveDate,
    ) -> Result<Vec<ArchivedFile>, ArchiveError> {
        let mut files = Vec::new();
        for packing in Packing::ALL {
            let file = ArchivedFile::new(self, ledger_id, topic, date, packing);
            if self.store.open(&self.name(&file.path)?)?.is_some() {
                files.push(file);
            }
        }
        Ok(files)
    }
}
