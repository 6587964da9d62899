//! Names of things to bytes, and back.
//!
//! A store is a folder, a zip archive that somebody mailed, or what else keeps bytes under names.
//! Names are relative, with `/` between their parts, whatever the system; the empty name is the
//! store itself. Nothing here knows what the bytes mean.

pub mod folder;
pub mod zip;

use std::fmt;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use thiserror::Error;

use crate::store::folder::FolderLock;

/// What unpacks to more than this many bytes is held to [`UNPACKED_RATIO`].
pub const UNPACKED_FREE: u64 = 16 << 20;

/// How many times its size something may unpack to. Entries come to 10 times; what comes to more
/// than this is made to fill the memory.
pub const UNPACKED_RATIO: u64 = 64;

/// Bytes kept under names.
pub trait Store: fmt::Debug + Send + Sync {
    /// What stands directly below `folder`; nothing when it is not there.
    fn list(&self, folder: &str) -> Result<Listing, StoreError>;

    /// The bytes of `name`, to be read once; `None` when it is not there or is a folder.
    fn open(&self, name: &str) -> Result<Option<Object>, StoreError>;

    /// Keeps `bytes` as `name`, whole or not at all, in place of what was there.
    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError>;

    /// Keeps `bytes` as `name` unless something is there already, also when somebody else does
    /// the same at this moment: one of them makes it.
    fn create(&self, name: &str, bytes: &[u8]) -> Result<Created, StoreError>;

    /// Where `name` is, as messages say it.
    fn place(&self, name: &str) -> PathBuf;

    /// Whether nothing can be kept here.
    fn is_read_only(&self) -> bool;

    /// Takes the lock called `name`; fails at once when another process holds it.
    fn lock(&self, name: &str) -> Result<FolderLock, StoreError>;

    /// Removes what killed processes left half written directly below `folder`. The caller holds
    /// a lock under which nobody else is writing there.
    fn sweep(&self, folder: &str) -> Result<(), StoreError>;
}

/// What stands directly below a folder, without what is only half written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Whether the folder is there. A store without folders of its own has those that something
    /// is in.
    pub is_there: bool,
    /// Names of files, without their folder, in order.
    pub files: Vec<String>,
    /// Names of folders, without their folder, in order.
    pub folders: Vec<String>,
}

/// Something that is kept, open for reading.
pub struct Object {
    /// Its size in bytes, where that is known beforehand.
    pub size: Option<u64>,
    /// Its bytes.
    pub content: Box<dyn Read + Send>,
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Object")
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

/// What came of [`Store::create`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// The bytes are kept.
    Kept,
    /// Something has the name already, and stays as it was.
    Taken,
}

/// Why a store did not do what it was asked for.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Something cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// What was read.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Something cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// What was written.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The store is only for reading.
    #[error("{} can only be read", .0.display())]
    ReadOnly(PathBuf),
    /// Another process holds the lock.
    #[error("another process holds the lock {}", path.display())]
    Locked {
        /// The lock.
        path: PathBuf,
        /// What is known of its holder.
        holder: Option<String>,
    },
}

/// Refuses names that lead out of the store, or that not every store can have.
fn check_name(name: &str) -> io::Result<()> {
    let is_plain = |part: &str| {
        let mut components = Path::new(part).components();
        matches!(components.next(), Some(Component::Normal(normal)) if normal == part)
            && components.next().is_none()
            && !part.contains(['\\', '\0'])
    };
    if name.split('/').all(is_plain) {
        return Ok(());
    }
    Err(io::Error::new(
        io::ErrorKind::InvalidInput,
        format!("`{}` is no name of something kept here", name.escape_debug()),
    ))
}
