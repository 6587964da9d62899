//! The archive: the raw response bodies of closed ledger dates, kept for good.
//!
//! It is a folder, `<root>/<ledgerId>/<topic>/<YYYY-MM-DD>.json` (also `.json.gz`, `.json.zst`),
//! with the ledgers endpoint's item in `<root>/<ledgerId>/ledger.json`. A folder of saved
//! responses is an archive; so is `<root>/<topic>/<date>.json.gz`, the layout that the provider's
//! generator of fake data writes, when the run is about exactly one ledger.

pub mod lock;
pub mod store;

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use thiserror::Error;

use crate::digest::sha256_hex;
use crate::provider::{LedgerInfo, Topic};

/// Suffixes of archived dates, in the order in which they are looked for.
const SUFFIXES: [&str; 3] = ["json", "json.gz", "json.zst"];

/// Why the archive cannot be read or written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// The folder is not there.
    #[error("the archive folder {} does not exist", .0.display())]
    NoFolder(PathBuf),
    /// A file or folder cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// What was read.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// What was written.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file is not UTF-8 text.
    #[error("{} is not UTF-8 text", .0.display())]
    NotText(PathBuf),
    /// `ledger.json` is not what it should be.
    #[error("{}: {message}", path.display())]
    LedgerItem {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// The same date is archived twice with different content.
    #[error("{} and {} are the same date with different content", .0.display(), .1.display())]
    TwoVersions(PathBuf, PathBuf),
    /// Another run is at work on the archive.
    #[error("another run holds the lock {}{}", path.display(), holder.as_deref().map(|text| format!(" ({text})")).unwrap_or_default())]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// What the lock file says of its holder.
        holder: Option<String>,
    },
}

impl ArchiveError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NoFolder(_) => Some("name it with --archive DIR, or fill it with `bilag fetch`"),
            Self::NotText(_) | Self::LedgerItem { .. } => {
                Some("remove the file and fetch the ledger again, or restore it from a backup")
            }
            Self::Locked { .. } => Some("wait for the other run to end; the lock ends with its process"),
            Self::TwoVersions(..) => Some("remove the wrong one"),
            Self::Read { .. } | Self::Write { .. } => None,
        }
    }
}

/// The text of one archived ledger date, and where it came from.
#[derive(Debug, Clone)]
pub struct StoredDate {
    /// The response bodies, one after the other, decompressed.
    pub text: String,
    /// The file, relative to the archive's root.
    pub path: String,
}

/// A folder of archived ledger dates.
#[derive(Debug, Clone)]
pub struct Archive {
    root: PathBuf,
    flat_ledger: Option<String>,
}

impl Archive {
    /// An archive in the folder `root`, which need not exist yet.
    pub fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            flat_ledger: None,
        }
    }

    /// Lets a folder without the ledger level (`<root>/funds/…`) stand for `ledger_id`. Does
    /// nothing when the folder has that ledger's own folder.
    pub fn with_single_ledger(mut self, ledger_id: &str) -> Self {
        if self.lacks_ledger_level() && !self.root.join(ledger_id).is_dir() {
            self.flat_ledger = Some(ledger_id.to_owned());
        }
        self
    }

    /// Whether the folder holds topics where it should hold ledgers.
    pub fn lacks_ledger_level(&self) -> bool {
        Topic::ALL
            .iter()
            .any(|topic| self.root.join(topic.name()).is_dir())
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The ids of all ledgers in the archive, in order.
    pub fn ledgers(&self) -> Result<Vec<String>, ArchiveError> {
        if !self.root.is_dir() {
            return Err(ArchiveError::NoFolder(self.root.clone()));
        }
        if let Some(ledger_id) = &self.flat_ledger {
            return Ok(vec![ledger_id.clone()]);
        }
        let read = |source| ArchiveError::Read {
            path: self.root.clone(),
            source,
        };
        let mut ledgers = Vec::new();
        for item in fs::read_dir(&self.root).map_err(read)? {
            let path = item.map_err(read)?.path();
            let is_ledger = path.join("ledger.json").is_file()
                || Topic::ALL.iter().any(|topic| path.join(topic.name()).is_dir());
            if let (true, Some(name)) = (is_ledger, path.file_name().and_then(|name| name.to_str())) {
                ledgers.push(name.to_owned());
            }
        }
        ledgers.sort_unstable_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
        Ok(ledgers)
    }

    /// Whether the archive knows the ledger.
    pub fn has_ledger(&self, ledger_id: &str) -> Result<bool, ArchiveError> {
        Ok(self.ledgers()?.iter().any(|known| known == ledger_id))
    }

    /// The ledger's item of the ledgers endpoint, if it was kept.
    pub fn ledger_info(&self, ledger_id: &str) -> Result<Option<LedgerInfo>, ArchiveError> {
        let path = self.ledger_folder(ledger_id).join("ledger.json");
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(ArchiveError::Read { path, source }),
        };
        let info: LedgerInfo = serde_json::from_str(&text).map_err(|error| ArchiveError::LedgerItem {
            path: path.clone(),
            message: error.to_string(),
        })?;
        if info.ledger_id != ledger_id {
            let message = format!("holds ledger `{}`, not `{ledger_id}`", info.ledger_id);
            return Err(ArchiveError::LedgerItem { path, message });
        }
        Ok(Some(info))
    }

    /// The dates of `topic` that the archive holds a file for, in order.
    pub fn dates(&self, ledger_id: &str, topic: Topic) -> Result<Vec<NaiveDate>, ArchiveError> {
        let folder = self.ledger_folder(ledger_id).join(topic.name());
        let items = match fs::read_dir(&folder) {
            Ok(items) => items,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(ArchiveError::Read { path: folder, source }),
        };
        let mut dates = Vec::new();
        for item in items {
            let name = item
                .map_err(|source| ArchiveError::Read {
                    path: folder.clone(),
                    source,
                })?
                .file_name();
            let date = name
                .to_str()
                .and_then(|name| name.split_once('.'))
                .and_then(|(stem, suffix)| {
                    SUFFIXES
                        .contains(&suffix)
                        .then(|| crate::date::parse(stem).ok())
                        .flatten()
                });
            dates.extend(date);
        }
        dates.sort_unstable();
        dates.dedup();
        Ok(dates)
    }

    /// What the archive holds for one date, or `None`.
    pub fn read(
        &self,
        ledger_id: &str,
        topic: Topic,
        date: NaiveDate,
    ) -> Result<Option<StoredDate>, ArchiveError> {
        let folder = self.ledger_folder(ledger_id).join(topic.name());
        let mut found: Option<(PathBuf, StoredDate)> = None;
        for suffix in SUFFIXES {
            let path = folder.join(format!("{date}.{suffix}"));
            let stored = match fs::read(&path) {
                Ok(bytes) => self.decode(&path, suffix, bytes)?,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(source) => return Err(ArchiveError::Read { path, source }),
            };
            match &found {
                None => found = Some((path, stored)),
                Some((_, first)) if first.text == stored.text => {}
                Some((first, _)) => return Err(ArchiveError::TwoVersions(first.clone(), path)),
            }
        }
        Ok(found.map(|(_, stored)| stored))
    }

    /// SHA-256, in hexadecimal, of a file that [`StoredDate::path`] names, as it is on disk.
    pub fn sha256(&self, path: &str) -> Result<String, ArchiveError> {
        let path = self.root.join(path);
        match fs::read(&path) {
            Ok(bytes) => Ok(sha256_hex(&bytes)),
            Err(source) => Err(ArchiveError::Read { path, source }),
        }
    }

    fn decode(&self, path: &Path, suffix: &str, bytes: Vec<u8>) -> Result<StoredDate, ArchiveError> {
        let read = |source| ArchiveError::Read {
            path: path.to_owned(),
            source,
        };
        let mut decoded = Vec::new();
        match suffix {
            "json.gz" => {
                flate2::read::MultiGzDecoder::new(bytes.as_slice())
                    .read_to_end(&mut decoded)
                    .map_err(read)?;
            }
            "json.zst" => {
                let mut decoder = ruzstd::decoding::StreamingDecoder::new(bytes.as_slice())
                    .map_err(|error| read(io::Error::other(error)))?;
                decoder.read_to_end(&mut decoded).map_err(read)?;
            }
            _ => decoded = bytes,
        }
        let text = String::from_utf8(decoded).map_err(|_| ArchiveError::NotText(path.to_owned()))?;
        let path = path
            .strip_prefix(&self.root)
            .unwrap_or(path)
            .to_string_lossy()
            .replace('\\', "/");
        Ok(StoredDate { text, path })
    }

    fn ledger_folder(&self, ledger_id: &str) -> PathBuf {
        if self.flat_ledger.as_deref() == Some(ledger_id) {
            self.root.clone()
        } else {
            self.root.join(ledger_id)
        }
    }
}
