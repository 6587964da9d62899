//! One run at a time per archive.
//!
//! The lock is the operating system's, so it ends with the process that holds it, also after a
//! crash; the file's text only tells people who holds it.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::path::Path;

use crate::archive::{Archive, ArchiveError};

/// Held while a run writes to the archive; ends when dropped.
#[derive(Debug)]
pub struct ArchiveLock {
    _file: File,
}

impl Archive {
    /// Takes the archive's lock, making the folder if need be; fails at once when another
    /// process holds it.
    pub fn lock(&self) -> Result<ArchiveLock, ArchiveError> {
        let root = self.root();
        fs::create_dir_all(root).map_err(|source| ArchiveError::Write {
            path: root.to_owned(),
            source,
        })?;
        let path = root.join(".bilag.lock");
        let write = |source| ArchiveError::Write {
            path: path.clone(),
            source,
        };
        let mut file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(write)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(ArchiveError::Locked {
                    holder: holder(&path),
                    path,
                });
            }
            Err(TryLockError::Error(source)) => return Err(write(source)),
        }
        let announce = |file: &mut File| -> io::Result<()> {
            file.set_len(0)?;
            writeln!(file, "process {}", std::process::id())?;
            file.sync_all()
        };
        announce(&mut file).map_err(write)?;
        Ok(ArchiveLock { _file: file })
    }
}

fn holder(path: &Path) -> Option<String> {
    let mut text = String::new();
    // The text is a courtesy; a lock whose holder cannot be named is still a lock.
    File::open(path).ok()?.take(200).read_to_string(&mut text).ok()?;
    let text = crate::text::line(&text);
    (!text.is_empty()).then_some(text)
}
