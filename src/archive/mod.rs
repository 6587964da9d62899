//! The archive: the raw response bodies of closed ledger dates, kept for good.
//!
//! It is a store (a folder, or a zip archive of one) with `<root>/<ledgerId>/<topic>/<YYYY-MM-DD>.json` (also `.json.gz`, `.json.zst`),
//! with the ledgers endpoint's item in `<root>/<ledgerId>/ledger.json`. A folder of saved
//! responses is an archive; so is `<root>/<topic>/<date>.json.gz`, the layout that the provider's
//! generator of fake data writes, when the run is about exactly one ledger.

mod date;
pub mod keep;
pub mod lock;
pub mod records;
pub mod source;
pub mod topic;

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use thiserror::Error;

use crate::provider::{LedgerInfo, Topic, is_ledger_id};
use crate::store::folder::Folder;
use crate::store::zip::Zip;
use crate::store::{Listing, Store, StoreError};

const LEDGER_ITEM: &str = "ledger.json";

/// The largest item of the ledgers endpoint, in bytes. They have some hundred.
const LEDGER_ITEM_MAX: u64 = 1 << 20;

/// Why the archive cannot be read or written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// The folder is not there.
    #[error("the archive folder {} does not exist", .0.display())]
    NoFolder(PathBuf),
    /// A file or folder cannot be read, is damaged, or holds more than an archive may.
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
    /// The archive is a zip, which is only for reading.
    #[error("the archive {} can only be read", .0.display())]
    ReadOnly(PathBuf),
    /// A folder holds what a ledger's does, but no ledger can be called so.
    #[error("the folder {} holds a ledger, but its name is no ledger's id", .0.display())]
    NotALedger(PathBuf),
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
    /// A record of what was exported or closed is not what it should be.
    #[error("{} {message}", path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
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
            Self::NotALedger(_) => Some("give it the ledger's id as its name, or move it out of the archive"),
            Self::TwoVersions(..) => Some("remove the wrong one"),
            Self::Record { .. } => Some(
                "restore it from a backup: it says what was exported or closed, and nothing takes its place in silence",
            ),
            Self::ReadOnly(_) => {
                Some("read it with --offline, or unpack it and name the folder with --archive DIR")
            }
            Self::Read { source, .. } => match source.kind() {
                io::ErrorKind::Unsupported | io::ErrorKind::InvalidInput => {
                    Some("unpack it and name the folder with --archive DIR")
                }
                io::ErrorKind::InvalidData
                | io::ErrorKind::UnexpectedEof
                | io::ErrorKind::FileTooLarge
                | io::ErrorKind::Other => {
                    Some("restore it from a backup, or remove it and fetch the ledger again")
                }
                _ => None,
            },
            Self::Write { .. } => None,
        }
    }
}

impl From<StoreError> for ArchiveError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Read { path, source } => Self::Read { path, source },
            StoreError::Write { path, source } => Self::Write { path, source },
            StoreError::ReadOnly(path) => Self::ReadOnly(path),
            StoreError::Locked { path, holder } => Self::Locked { path, holder },
        }
    }
}

/// The text of one archived ledger date, and where it came from.
#[derive(Debug, Clone)]
pub struct StoredDate {
    /// The response bodies, one after the other, unpacked.
    pub text: String,
    /// The file, relative to the archive's root.
    pub path: String,
    /// SHA-256, in hexadecimal, of the file as it is kept.
    pub sha256: String,
}

/// Archived ledger dates: a folder, or a zip archive of one.
#[derive(Debug, Clone)]
pub struct Archive {
    root: PathBuf,
    store: Arc<dyn Store>,
    /// The one folder of a zip that holds everything, with a `/` after it; empty when there is
    /// none.
    top: OnceLock<String>,
    flat_ledger: Option<String>,
}

impl Archive {
    /// The archive at `root`: a zip archive if it is a file called so, else a folder, which need
    /// not exist yet.
    pub fn new(root: &Path) -> Self {
        let is_zip = root
            .extension()
            .is_some_and(|suffix| suffix.eq_ignore_ascii_case("zip"));
        let (store, top): (Arc<dyn Store>, _) = if is_zip && root.is_file() {
            (Arc::new(Zip::new(root)), OnceLock::new())
        } else {
            (Arc::new(Folder::new(root)), OnceLock::from(String::new()))
        };
        Self {
            root: root.to_owned(),
            store,
            top,
            flat_ledger: None,
        }
    }

    /// Lets a folder without the ledger level (`<root>/funds/…`) stand for `ledger_id`. Does
    /// nothing when the folder has that ledger's own folder.
    pub fn with_single_ledger(mut self, ledger_id: &str) -> Self {
        let is_flat = self.list("").is_ok_and(|listing| {
            is_ledger_id(ledger_id)
                && holds_topics(&listing.folders)
                && !listing.folders.iter().any(|name| name == ledger_id)
        });
        if is_flat {
            self.flat_ledger = Some(ledger_id.to_owned());
        }
        self
    }

    /// Whether the folder holds topics where it should hold ledgers.
    pub fn lacks_ledger_level(&self) -> bool {
        // What cannot be listed is reported by whoever reads it.
        self.list("").is_ok_and(|listing| holds_topics(&listing.folders))
    }

    /// Where the archive is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Refuses an archive that nothing can be added to.
    pub fn check_writable(&self) -> Result<(), ArchiveError> {
        if self.store.is_read_only() {
            return Err(ArchiveError::ReadOnly(self.root.clone()));
        }
        Ok(())
    }

    /// The ids of all ledgers in the archive, in order.
    pub fn ledgers(&self) -> Result<Vec<String>, ArchiveError> {
        let listing = self.list("")?;
        if !listing.is_there {
            return Err(ArchiveError::NoFolder(self.root.clone()));
        }
        if let Some(ledger_id) = &self.flat_ledger {
            return Ok(vec![ledger_id.clone()]);
        }
        let mut ledgers = Vec::new();
        for name in listing.folders {
            if !is_ledger(self.store.as_ref(), &self.name(&name)?)? {
                continue;
            }
            if !is_ledger_id(&name) {
                return Err(ArchiveError::NotALedger(self.place(&name)));
            }
            ledgers.push(name);
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
        let Some(text) = self.ledger_item(ledger_id)? else {
            return Ok(None);
        };
        let wrong = |message| ArchiveError::LedgerItem {
            path: self.place(&self.ledger_item_path(ledger_id)),
            message,
        };
        let info: LedgerInfo = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        if info.ledger_id != ledger_id {
            let message = format!("holds ledger `{}`, not `{ledger_id}`", info.ledger_id);
            return Err(wrong(message));
        }
        Ok(Some(info))
    }

    /// The text of the ledger's item of the ledgers endpoint, if it was kept.
    pub fn ledger_item(&self, ledger_id: &str) -> Result<Option<String>, ArchiveError> {
        let name = self.name(&self.ledger_item_path(ledger_id))?;
        let Some(object) = self.store.open(&name)? else {
            return Ok(None);
        };
        let mut text = String::new();
        match object.content.take(LEDGER_ITEM_MAX).read_to_string(&mut text) {
            Ok(_) => Ok(Some(text)),
            Err(source) => Err(ArchiveError::Read {
                path: self.place(&self.ledger_item_path(ledger_id)),
                source,
            }),
        }
    }

    /// What stands directly below `path`.
    fn list(&self, path: &str) -> Result<Listing, ArchiveError> {
        Ok(self.store.list(self.name(path)?.trim_end_matches('/'))?)
    }

    /// The store's name for what is at `path` in the archive.
    fn name(&self, path: &str) -> Result<String, ArchiveError> {
        let top = match self.top.get() {
            Some(top) => top,
            None => {
                let top = top_folder(self.store.as_ref())?;
                self.top.get_or_init(|| top)
            }
        };
        Ok(format!("{top}{path}"))
    }

    /// Where `path` in the archive is, as messages say it.
    fn place(&self, path: &str) -> PathBuf {
        let top = self.top.get().map_or("", String::as_str);
        self.store.place(&format!("{top}{path}"))
    }

    /// The ledger's folder in the archive, with a `/` after it unless it is the archive itself.
    fn ledger_prefix(&self, ledger_id: &str) -> String {
        if self.flat_ledger.as_deref() == Some(ledger_id) {
            String::new()
        } else {
            format!("{ledger_id}/")
        }
    }

    fn ledger_item_path(&self, ledger_id: &str) -> String {
        format!("{}{LEDGER_ITEM}", self.ledger_prefix(ledger_id))
    }

    fn topic_path(&self, ledger_id: &str, topic: Topic) -> String {
        format!("{}{}", self.ledger_prefix(ledger_id), topic.name())
    }
}

/// Whether one of the folders is called like a topic.
fn holds_topics(folders: &[String]) -> bool {
    folders
        .iter()
        .any(|folder| Topic::ALL.iter().any(|topic| topic.name() == folder))
}

/// Whether the folder holds what belongs to a ledger.
fn is_ledger(store: &dyn Store, folder: &str) -> Result<bool, ArchiveError> {
    let listing = store.list(folder)?;
    Ok(holds_topics(&listing.folders) || listing.files.iter().any(|name| name == LEDGER_ITEM))
}

/// The folder that holds everything, with a `/` after it: who packs a folder often packs the
/// folder itself. A ledger that stands alone, or a topic, is not looked through.
fn top_folder(store: &dyn Store) -> Result<String, ArchiveError> {
    let listing = store.list("")?;
    let is_shown = |name: &&String| !name.starts_with('.');
    let mut folders = listing.folders.iter().filter(is_shown);
    let (Some(only), None) = (folders.next(), folders.next()) else {
        return Ok(String::new());
    };
    let is_data = listing.files.iter().any(|name| is_shown(&name))
        || holds_topics(std::slice::from_ref(only))
        || is_ledger(store, only)?;
    Ok(if is_data {
        String::new()
    } else {
        format!("{only}/")
    })
}
