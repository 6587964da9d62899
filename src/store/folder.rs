//! A store that is a folder: files appear whole or not at all, and only their owner reads them.
//!
//! The lock is the operating system's, so it ends with the process that holds it, also after a
//! crash; the file's text only tells people who holds it.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::input;
use crate::store::{Created, Listing, Object, Store, StoreError, check_name};

const TEMPORARY_PREFIX: &str = ".bilag-";
const TEMPORARY_SUFFIX: &str = ".part";

/// What a lock's text begins with; the number of its process follows.
const LOCK_TEXT: &[u8] = b"process ";
const LOCK_TEXT_MAX: u64 = 64;

/// A folder, which need not be there until something is kept in it.
#[derive(Debug, Clone)]
pub struct Folder {
    root: PathBuf,
}

/// A lock in a folder; ends when dropped.
#[derive(Debug)]
pub struct FolderLock {
    _file: File,
}

impl Folder {
    /// The store in the folder `root`.
    pub fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
        }
    }

    /// The path of `name`, if it may be one.
    fn path(&self, name: &str) -> io::Result<PathBuf> {
        check_name(name)?;
        Ok(self.place(name))
    }

    /// Writes `bytes` beside `path` and, when they are safe on the disk, lets `persist` give them
    /// their name.
    fn write(
        &self,
        name: &str,
        bytes: &[u8],
        persist: impl FnOnce(NamedTempFile, &Path) -> io::Result<Created>,
    ) -> Result<Created, StoreError> {
        let written = self.path(name).and_then(|path| {
            let folder = path.parent().unwrap_or(&self.root);
            make_folder(folder)?;
            // Made with mode 0600 where there are modes.
            let mut file = tempfile::Builder::new()
                .prefix(TEMPORARY_PREFIX)
                .suffix(TEMPORARY_SUFFIX)
                .tempfile_in(folder)?;
            file.write_all(bytes)?;
            file.as_file().sync_all()?;
            persist(file, &path)
        });
        written.map_err(|source| self.write_error(name, source))
    }

    /// Whether a folder on the way from the store to `folder` is a link: what stands there is not
    /// the store's to remove.
    fn leads_elsewhere(&self, folder: &str) -> bool {
        let mut path = self.root.clone();
        folder.split('/').any(|part| {
            path.push(part);
            path.is_symlink()
        })
    }

    fn read_error(&self, name: &str, source: io::Error) -> StoreError {
        StoreError::Read {
            path: self.place(name),
            source,
        }
    }

    fn write_error(&self, name: &str, source: io::Error) -> StoreError {
        StoreError::Write {
            path: self.place(name),
            source,
        }
    }
}

impl Store for Folder {
    fn list(&self, folder: &str) -> Result<Listing, StoreError> {
        let listed = match folder {
            "" => read_folder(&self.root),
            _ => self.path(folder).and_then(|path| read_folder(&path)),
        };
        listed.map_err(|source| self.read_error(folder, source))
    }

    fn open(&self, name: &str) -> Result<Option<Object>, StoreError> {
        let opened = self.path(name).and_then(|path| {
            let (file, size) = input::open(&path)?;
            Ok(Object {
                size: Some(size),
                content: Box::new(file),
            })
        });
        match opened {
            Ok(object) => Ok(Some(object)),
            Err(error) if error.kind() == io::ErrorKind::IsADirectory => Ok(None),
            Err(error) if is_absence(&error) => Ok(None),
            Err(source) => Err(self.read_error(name, source)),
        }
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.write(name, bytes, |file, path| {
            file.persist(path).map_err(|failure| failure.error)?;
            Ok(Created::Kept)
        })?;
        Ok(())
    }

    fn create(&self, name: &str, bytes: &[u8]) -> Result<Created, StoreError> {
        self.write(name, bytes, |file, path| match file.persist_noclobber(path) {
            Ok(_) => Ok(Created::Kept),
            Err(failure) if failure.error.kind() == io::ErrorKind::AlreadyExists => Ok(Created::Taken),
            Err(failure) => Err(failure.error),
        })
    }

    fn place(&self, name: &str) -> PathBuf {
        match name {
            "" => self.root.clone(),
            _ => name
                .split('/')
                .fold(self.root.clone(), |path, part| path.join(part)),
        }
    }

    fn is_read_only(&self) -> bool {
        false
    }

    fn lock(&self, name: &str) -> Result<FolderLock, StoreError> {
        let opened = self.path(name).and_then(|path| {
            make_folder(path.parent().unwrap_or(&self.root))?;
            refuse_link(&path)?;
            let mut options = OpenOptions::new();
            options.read(true).write(true).create(true).truncate(false);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            options.open(path)
        });
        let mut file = opened.map_err(|source| self.write_error(name, source))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let path = self.place(name);
                return Err(StoreError::Locked {
                    holder: holder(&path),
                    path,
                });
            }
            Err(TryLockError::Error(source)) => return Err(self.write_error(name, source)),
        }
        check_lock(&mut file)
            .and_then(|()| announce(&mut file))
            .map_err(|source| self.write_error(name, source))?;
        Ok(FolderLock { _file: file })
    }

    fn sweep(&self, folder: &str) -> Result<(), StoreError> {
        let path = match folder {
            "" => Ok(self.root.clone()),
            _ => self.path(folder),
        };
        if self.leads_elsewhere(folder) {
            return Ok(());
        }
        let items = match path.and_then(fs::read_dir) {
            Ok(items) => items,
            Err(error) if is_absence(&error) => return Ok(()),
            Err(source) => return Err(self.read_error(folder, source)),
        };
        for item in items {
            let item = item.map_err(|source| self.read_error(folder, source))?;
            let is_file = item.file_type().is_ok_and(|kind| kind.is_file());
            if is_file && item.file_name().to_str().is_some_and(is_temporary) {
                let path = item.path();
                fs::remove_file(&path).map_err(|source| StoreError::Write { path, source })?;
            }
        }
        Ok(())
    }
}

/// Makes `folder` and those above it that are missing, for their owner only.
fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn read_folder(path: &Path) -> io::Result<Listing> {
    let items = match fs::read_dir(path) {
        Ok(items) => items,
        Err(error) if is_absence(&error) => return Ok(Listing::default()),
        Err(error) => return Err(error),
    };
    let mut listing = Listing {
        is_there: true,
        ..Listing::default()
    };
    for item in items {
        let item = item?;
        // What has a name that is no text was not put here by a store.
        let Ok(name) = item.file_name().into_string() else {
            continue;
        };
        let mut kind = item.file_type()?;
        if kind.is_symlink() {
            // A link that leads nowhere is left to whoever opens it.
            kind = fs::metadata(item.path()).map_or(kind, |metadata| metadata.file_type());
        }
        if kind.is_dir() {
            listing.folders.push(name);
        } else if !is_temporary(&name) {
            listing.files.push(name);
        }
    }
    listing.files.sort_unstable();
    listing.folders.sort_unstable();
    Ok(listing)
}

/// Whether the error says that nothing has the name.
fn is_absence(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// Whether a file with this name was not finished.
fn is_temporary(name: &str) -> bool {
    name.starts_with(TEMPORARY_PREFIX) && name.ends_with(TEMPORARY_SUFFIX)
}

/// Refuses a lock that is a link: the lock of another folder, or no lock at all.
fn refuse_link(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_file() => Ok(()),
        Ok(_) => Err(io::Error::other(
            "something else than a file stands in the place of the lock; remove it",
        )),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Refuses a file that holds something else than a lock does, which would be lost.
fn check_lock(file: &mut File) -> io::Result<()> {
    let mut text = Vec::new();
    Read::by_ref(file).take(LOCK_TEXT_MAX).read_to_end(&mut text)?;
    file.rewind()?;
    if text.is_empty() || (text.starts_with(LOCK_TEXT) && (text.len() as u64) < LOCK_TEXT_MAX) {
        return Ok(());
    }
    Err(io::Error::other(
        "something else than a lock stands in the place of the lock; move it away",
    ))
}

fn announce(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.write_all(LOCK_TEXT)?;
    writeln!(file, "{}", std::process::id())?;
    file.sync_all()
}

fn holder(path: &Path) -> Option<String> {
    let mut text = String::new();
    // The text is a courtesy; a lock whose holder cannot be named is still a lock.
    File::open(path).ok()?.take(200).read_to_string(&mut text).ok()?;
    let text = crate::text::line(&text);
    (!text.is_empty()).then_some(text)
}
