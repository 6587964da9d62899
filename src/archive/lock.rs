//! One run at a time per archive.

use crate::archive::{Archive, ArchiveError};
use crate::provider::Topic;
use crate::store::folder::FolderLock;

/// Held while a run writes to the archive; ends when dropped.
#[derive(Debug)]
pub struct ArchiveLock {
    _lock: FolderLock,
}

impl Archive {
    /// Takes the archive's lock, making the folder if need be; fails at once when another
    /// process holds it.
    pub fn lock(&self) -> Result<ArchiveLock, ArchiveError> {
        let lock = self.store.lock(".bilag.lock")?;
        Ok(ArchiveLock { _lock: lock })
    }
}

impl ArchiveLock {
    pub(super) fn new(lock: FolderLock) -> Self {
        Self { _lock: lock }
    }

    /// Removes what a run that was killed left half written of `ledger_id`. Under the lock nobody
    /// is writing.
    pub fn sweep(&self, archive: &Archive, ledger_id: &str) -> Result<(), ArchiveError> {
        for topic in Topic::ALL {
            let folder = archive.topic_path(ledger_id, topic);
            archive.store.sweep(&archive.name(&folder)?)?;
        }
        let folder = archive.name(&archive.ledger_prefix(ledger_id))?;
        archive.store.sweep(folder.trim_end_matches('/'))?;
        Ok(())
    }
}
