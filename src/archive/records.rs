//! Records of our own beside the dates of a ledger: rows of numbered objects that are created once
//! and never changed, in `<ledgerId>/<row>/<n>.json` or `.json.zst`.
//!
//! They stand in the archive. To a folder without the ledger level, and to a zip, none are added: theirs
//! are in `<name>.state/` beside them, and go on after those that a zip holds.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::archive::keep::pack;
use crate::archive::lock::ArchiveLock;
use crate::archive::topic::Packing;
use crate::archive::{Archive, ArchiveError};
use crate::store::folder::Folder;
use crate::store::{Created, Store};

/// A record of this size or more is kept packed.
const PACKED_FROM: usize = 16 << 10;

/// The largest text of one record, in bytes.
const TEXT_MAX: u64 = 1 << 30;

/// One record of a row.
#[derive(Debug, Clone)]
pub struct Record {
    /// Its place in the row, from 1.
    pub number: u64,
    /// Where it is, as messages say it.
    pub place: PathBuf,
    /// Its text.
    pub text: String,
}

/// Where the records of a ledger are.
struct Home {
    store: Arc<dyn Store>,
    /// The ledger's folder, with a `/` after it.
    prefix: String,
}

impl Archive {
    /// All records of a row of a ledger, in order. One that is missing or cannot be read is an error:
    /// what was noted must not be forgotten in silence.
    pub fn records(&self, ledger_id: &str, row: &str) -> Result<Vec<Record>, ArchiveError> {
        let mut homes = vec![self.home(ledger_id)?];
        if self.store.is_read_only() && self.flat_ledger.is_none() {
            homes.push(self.inside(ledger_id)?);
        }
        let mut names: Vec<(u64, usize, Packing, String)> = Vec::new();
        for (index, home) in homes.iter().enumerate() {
            let folder = format!("{}{row}", home.prefix);
            for name in home.store.list(&folder)?.files {
                if name.starts_with('.') {
                    continue;
                }
                let path = format!("{folder}/{name}");
                match parse_name(&name) {
                    Some((number, packing)) => names.push((number, index, packing, path)),
                    None => return Err(wrong(home, &path, "is not the name of a record")),
                }
            }
        }
        names.sort_unstable();
        let mut records = Vec::with_capacity(names.len());
        for (expected, (number, index, packing, path)) in (1..).zip(names) {
            let home = &homes[index];
            if number != expected {
                let folder = format!("{}{row}", home.prefix);
                let missing = format!("{folder}/{expected}.json");
                let message = if number < expected {
                    "stands there twice"
                } else {
                    "is missing, although later ones are there"
                };
                let path = if number < expected { path } else { missing };
                return Err(wrong(home, &path, message));
            }
            let text = read(home.store.as_ref(), &path, packing)?
                .map_err(|error| wrong(home, &path, &format!("cannot be read: {error}")))?;
            let place = home.store.place(&path);
            records.push(Record { number, place, text });
        }
        Ok(records)
    }

    /// Adds the record `number` to a row. Returns whether it was: somebody else may have added one of
    /// this number, which stays.
    pub fn add_record(
        &self,
        ledger_id: &str,
        row: &str,
        number: u64,
        text: &str,
    ) -> Result<bool, ArchiveError> {
        let home = self.home(ledger_id)?;
        let packing = if text.len() < PACKED_FROM {
            Packing::None
        } else {
            Packing::Zstd
        };
        let path = format!("{}{row}/{number}.{}", home.prefix, packing.suffix());
        let packed = pack(packing, &[text.trim_end()]).map_err(|source| ArchiveError::Write {
            path: home.store.place(&path),
            source,
        })?;
        Ok(home.store.create(&path, &packed)? == Created::Kept)
    }

    /// Takes the lock of a ledger's records; fails at once when another process holds it.
    pub fn lock_records(&self, ledger_id: &str) -> Result<ArchiveLock, ArchiveError> {
        let home = self.home(ledger_id)?;
        let lock = home.store.lock(&format!("{}.bilag.lock", home.prefix))?;
        Ok(ArchiveLock::new(lock))
    }

    fn home(&self, ledger_id: &str) -> Result<Home, ArchiveError> {
        if self.flat_ledger.is_some() || self.store.is_read_only() {
            return Ok(Home {
                store: Arc::new(Folder::new(&state_folder(&self.root))),
                prefix: format!("{ledger_id}/"),
            });
        }
        self.inside(ledger_id)
    }

    /// The ledger's folder in the archive itself.
    fn inside(&self, ledger_id: &str) -> Result<Home, ArchiveError> {
        Ok(Home {
            store: Arc::clone(&self.store),
            prefix: self.name(&self.ledger_prefix(ledger_id))?,
        })
    }
}

/// `<name>.state` beside what is called so.
fn state_folder(root: &Path) -> PathBuf {
    let named = |path: &Path| {
        let mut name = path.file_name()?.to_owned();
        name.push(".state");
        Some(path.with_file_name(name))
    };
    // A path such as `.` has no name before it is made whole.
    named(root)
        .or_else(|| named(&root.canonicalize().ok()?))
        .unwrap_or_else(|| root.join(".state"))
}

/// The number and the packing that the name of a record's file says.
fn parse_name(name: &str) -> Option<(u64, Packing)> {
    let (stem, suffix) = name.split_once('.')?;
    let packing = Packing::ALL
        .into_iter()
        .find(|packing| packing.suffix() == suffix)?;
    let number: u64 = stem.parse().ok()?;
    (number > 0 && number.to_string() == stem).then_some((number, packing))
}

/// The text at `path`; the inner error is of the bytes.
fn read(store: &dyn Store, path: &str, packing: Packing) -> Result<std::io::Result<String>, ArchiveError> {
    let Some(object) = store.open(path)? else {
        return Ok(Err(std::io::ErrorKind::NotFound.into()));
    };
    let unpack = || {
        let content: Box<dyn Read> = match packing {
            Packing::None => object.content,
            Packing::Gzip => Box::new(flate2::read::MultiGzDecoder::new(object.content)),
            Packing::Zstd => Box::new(zstd::stream::read::Decoder::new(object.content)?),
        };
        let mut text = String::new();
        content.take(TEXT_MAX).read_to_string(&mut text)?;
        Ok(text)
    };
    Ok(unpack())
}

fn wrong(home: &Home, path: &str, message: &str) -> ArchiveError {
    ArchiveError::Record {
        path: home.store.place(path),
        message: message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_a_flat_folder_and_of_a_zip_stand_beside_them() {
        for (root, state) in [("a/march.zip", "a/march.zip.state"), ("march/", "march.state")] {
            assert_eq!(state_folder(Path::new(root)), Path::new(state));
        }
        assert!(state_folder(Path::new(".")).to_string_lossy().ends_with(".state"));
    }

    #[test]
    fn only_numbers_are_names_of_records() {
        assert_eq!(parse_name("1.json"), Some((1, Packing::None)));
        assert_eq!(parse_name("12.json.zst"), Some((12, Packing::Zstd)));
        for name in ["0.json", "01.json", "1", "1.txt", "a.json", "-1.json", "+1.json"] {
            assert_eq!(parse_name(name), None, "{name}");
        }
    }
}
