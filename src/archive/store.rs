//! Writing to the archive: whole closed dates only, each file complete or absent.

use std::fs;
use std::io;
use std::path::Path;

use chrono::NaiveDate;

use crate::archive::lock::ArchiveLock;
use crate::archive::{Archive, ArchiveError};
use crate::provider::Topic;

impl Archive {
    /// Keeps the response bodies of a closed date, in page order and byte for byte.
    ///
    /// The caller has made sure that the date is closed and its bodies are whole.
    pub fn store_date(
        &self,
        ledger_id: &str,
        topic: Topic,
        date: NaiveDate,
        bodies: &[impl AsRef<[u8]>],
    ) -> Result<(), ArchiveError> {
        let path = self
            .ledger_folder(ledger_id)
            .join(topic.name())
            .join(format!("{date}.json"));
        let mut content = Vec::new();
        for body in bodies {
            content.extend_from_slice(body.as_ref());
            content.push(b'\n');
        }
        write_whole(&path, &content)
    }

    /// Keeps the ledgers endpoint's item of a ledger, as it came.
    pub fn store_ledger(&self, ledger_id: &str, item: &str) -> Result<(), ArchiveError> {
        let path = self.ledger_folder(ledger_id).join("ledger.json");
        let content = format!("{item}\n");
        // Leaves an equal file alone, so that a run with nothing new writes nothing.
        if fs::read(&path).is_ok_and(|known| known == content.as_bytes()) {
            return Ok(());
        }
        write_whole(&path, content.as_bytes())
    }
}

impl ArchiveLock {
    /// Removes what a run that was killed left half written of `ledger_id`. Under the lock nobody
    /// is writing.
    pub fn sweep(&self, archive: &Archive, ledger_id: &str) -> Result<(), ArchiveError> {
        let folder = archive.ledger_folder(ledger_id);
        let topics = Topic::ALL.map(|topic| folder.join(topic.name()));
        for folder in topics.iter().chain([&folder]) {
            let items = match fs::read_dir(folder) {
                Ok(items) => items,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(source) => {
                    return Err(ArchiveError::Read {
                        path: folder.clone(),
                        source,
                    });
                }
            };
            for item in items {
                let path = item
                    .map_err(|source| ArchiveError::Read {
                        path: folder.clone(),
                        source,
                    })?
                    .path();
                if crate::output::is_temporary(&path) {
                    fs::remove_file(&path).map_err(|source| ArchiveError::Write { path, source })?;
                }
            }
        }
        Ok(())
    }
}

/// Writes `content` to `path` whole or not at all, making its folder if need be.
fn write_whole(path: &Path, content: &[u8]) -> Result<(), ArchiveError> {
    let error = |source| ArchiveError::Write {
        path: path.to_owned(),
        source,
    };
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(error)?;
    crate::output::write_whole(path, content).map_err(error)
}
