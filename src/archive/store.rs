//! Writing to the archive: whole closed dates only, each file complete or absent.

use std::fs;
use std::io::Write;
use std::path::Path;

use chrono::NaiveDate;

use crate::archive::{Archive, ArchiveError};
use crate::ledger::Topic;

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

/// Writes `content` to `path` so that the file is there whole or not at all, also after a crash.
fn write_whole(path: &Path, content: &[u8]) -> Result<(), ArchiveError> {
    let error = |source| ArchiveError::Write {
        path: path.to_owned(),
        source,
    };
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(error)?;
    let mut file = crate::output::temporary_file(folder).map_err(error)?;
    file.write_all(content).map_err(error)?;
    file.as_file().sync_all().map_err(error)?;
    file.persist(path).map_err(|failure| error(failure.error))?;
    Ok(())
}
