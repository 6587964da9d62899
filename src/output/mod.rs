//! Files that appear whole or not at all.
//!
//! Everything that an export writes is first staged beside its place; [`Staging::commit`] looks
//! at all of it, refuses when a different file stands in the way, and only then renames.

pub mod manifest;

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tempfile::{NamedTempFile, TempPath};
use thiserror::Error;

use crate::digest::hexadecimal;
use crate::{input, text};

/// Why output files cannot be written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OutputError {
    /// A file or folder cannot be made.
    #[error("cannot write {}", path.display())]
    Write {
        /// Which one.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// What an earlier run noted cannot be read.
    #[error("cannot read {}, which an earlier run wrote", path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Another run writes to the same folder.
    #[error("another run holds the lock {}", .0.display())]
    Locked(PathBuf),
    /// A file may not be called so.
    #[error("a file in {} cannot be called `{}`: {problem}", folder.display(), name.escape_debug())]
    Name {
        /// Where it was to be written.
        folder: PathBuf,
        /// Its name.
        name: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Two files of one export have the same name, or names that some systems take for the same.
    #[error("two files of the export would be {}", .0.display())]
    Twice(PathBuf),
    /// A file with other content stands in the way.
    #[error("{} is there already with different content", .0.display())]
    Different(PathBuf),
}

impl OutputError {
    /// What the user can do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Write { .. } => {
                "choose a folder that can be written to with --out DIR, and make sure that the disk has room"
            }
            Self::Record { .. } => {
                "look what has changed it, and move it away; the next export writes it anew, without the outputs of other formats that it listed"
            }
            Self::Locked(_) => "wait for the other run to end; the lock ends with its process",
            Self::Name { .. } => {
                "change what the name is made of: `file` of the format, or what it takes from [company]"
            }
            Self::Twice(_) => {
                "give one of the formats another `file`, or write them into different folders with --out DIR"
            }
            Self::Different(_) => "choose another --out DIR, or overwrite it with --force",
        }
    }
}

/// The name of the lock of a ledger's output folder.
const LOCK: &str = ".bilag.lock";

/// The lock of a ledger's output folder. Its file goes away with it, so that nothing but outputs is
/// left behind.
#[derive(Debug)]
pub struct OutputLock {
    path: PathBuf,
    _file: File,
}

impl Drop for OutputLock {
    fn drop(&mut self) {
        // The file is removed while the lock is held. Where that fails it stays, and is locked the
        // next time.
        if cfg!(unix) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Whether an open file is still the one at `path`. Where files do not have numbers they are not
/// removed either.
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let (mine, there) = (file.metadata()?, fs::metadata(path));
        Ok(there.is_ok_and(|there| (there.dev(), there.ino()) == (mine.dev(), mine.ino())))
    }
    #[cfg(not(unix))]
    {
        let _ = (file, path);
        Ok(true)
    }
}

/// Files in the making, all of one folder.
#[derive(Debug)]
pub struct Staging {
    folder: PathBuf,
    is_made: bool,
    made_folders: Vec<PathBuf>,
    files: Vec<Staged>,
    /// The names of the files, as [`folded_name`] writes them.
    names: BTreeSet<String>,
}

/// One file in the making. Write to it, then hand it to [`Staging::add`].
#[derive(Debug)]
pub struct StagedFile {
    file: BufWriter<NamedTempFile>,
    hasher: Sha256,
    bytes: u64,
    replaces: bool,
}

#[derive(Debug)]
struct Staged {
    /// Closed, so that thousands of files can wait for the others.
    file: TempPath,
    written: WrittenFile,
    replaces: bool,
}

/// A file as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenFile {
    /// Its name within the folder.
    pub name: String,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
}

impl Staging {
    /// Prepares to write into `folder`, which is made with the first file and removed again when
    /// nothing comes of it.
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            is_made: false,
            made_folders: Vec::new(),
            files: Vec::new(),
            names: BTreeSet::new(),
        }
    }

    fn make_folder(&mut self) -> Result<(), OutputError> {
        if self.is_made {
            return Ok(());
        }
        self.made_folders = self
            .folder
            .ancestors()
            .take_while(|path| !path.exists() && *path != Path::new(""))
            .map(Path::to_owned)
            .collect();
        fs::create_dir_all(&self.folder).map_err(|source| self.error("", source))?;
        self.is_made = true;
        Ok(())
    }

    /// Begins a file. `replaces` allows it to take the place of a different one (the manifest).
    pub fn file(&mut self, replaces: bool) -> Result<StagedFile, OutputError> {
        self.make_folder()?;
        let file = temporary_file(&self.folder).map_err(|source| self.error("", source))?;
        Ok(StagedFile {
            file: BufWriter::with_capacity(1 << 14, file),
            hasher: Sha256::new(),
            bytes: 0,
            replaces,
        })
    }

    /// A file without a name, for what cannot be written in its place yet.
    pub fn scratch(&mut self) -> Result<File, OutputError> {
        self.make_folder()?;
        tempfile::tempfile_in(&self.folder).map_err(|source| self.error("", source))
    }

    /// Takes a finished file, which will be called `name`: the name of a file and not a path, and
    /// no other file's of this export.
    pub fn add(&mut self, file: StagedFile, name: &str) -> Result<WrittenFile, OutputError> {
        let StagedFile {
            file,
            hasher,
            bytes,
            replaces,
        } = file;
        let name = name.to_owned();
        if let Some(problem) = text::file_name_problem(&name) {
            let folder = self.folder.clone();
            return Err(OutputError::Name {
                folder,
                name,
                problem,
            });
        }
        if !self.names.insert(folded_name(&name)) {
            return Err(OutputError::Twice(self.folder.join(name)));
        }
        let file = file
            .into_inner()
            .map_err(|error| self.error(&name, error.into_error()))?;
        file.as_file()
            .sync_all()
            .map_err(|source| self.error(&name, source))?;
        let sha256 = hexadecimal(&hasher.finalize());
        let written = WrittenFile { name, sha256, bytes };
        self.files.push(Staged {
            file: file.into_temp_path(),
            written: written.clone(),
            replaces,
        });
        Ok(written)
    }

    /// Takes the lock of the folder above that of the files, which one run at a time writes below;
    /// it ends when what is returned is dropped.
    pub fn lock(&mut self) -> Result<OutputLock, OutputError> {
        self.make_folder()?;
        let path = self.folder.parent().unwrap_or(&self.folder).join(LOCK);
        let write = |source| OutputError::Write {
            path: path.clone(),
            source,
        };
        loop {
            // Another kind of thing under this name would be waited for, or written to.
            if fs::symlink_metadata(&path).is_ok_and(|found| !found.is_file()) {
                return Err(write(io::Error::other("it is no file")));
            }
            let mut options = File::options();
            let file = options
                .write(true)
                .create(true)
                .truncate(false)
                .open(&path)
                .map_err(write)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(OutputError::Locked(path)),
                Err(TryLockError::Error(source)) => return Err(write(source)),
            }
            // Whoever held it has removed the file meanwhile: then this is the lock of nothing.
            if is_at(&file, &path).map_err(write)? {
                return Ok(OutputLock { path, _file: file });
            }
        }
    }

    /// Refuses when one of the files would replace a different one without `force`.
    pub fn check(&self, force: bool) -> Result<(), OutputError> {
        self.unchanged(force).map(|_| ())
    }

    /// Which files are in their places already.
    fn unchanged(&self, force: bool) -> Result<Vec<bool>, OutputError> {
        let mut unchanged = vec![false; self.files.len()];
        for (staged, unchanged) in self.files.iter().zip(&mut unchanged) {
            let path = self.folder.join(&staged.written.name);
            match content_hash(&path) {
                Ok(None) => {}
                Ok(Some(hash)) if hash == staged.written.sha256 => *unchanged = true,
                Ok(Some(_)) if force || staged.replaces => {}
                Ok(Some(_)) => return Err(OutputError::Different(path)),
                Err(source) => return Err(OutputError::Write { path, source }),
            }
        }
        Ok(unchanged)
    }

    /// Puts all files in their places, or none when one of them would replace a different file
    /// without `force`.
    pub fn commit(mut self, force: bool) -> Result<(), OutputError> {
        let unchanged = self.unchanged(force)?;
        for (staged, unchanged) in std::mem::take(&mut self.files).into_iter().zip(unchanged) {
            if unchanged {
                continue;
            }
            let path = self.folder.join(&staged.written.name);
            staged.file.persist(&path).map_err(|error| OutputError::Write {
                path,
                source: error.error,
            })?;
            // A folder that holds a finished file stays.
            self.made_folders.clear();
        }
        self.made_folders.clear();
        Ok(())
    }

    /// That a file of the folder cannot be written.
    pub fn error(&self, name: &str, source: io::Error) -> OutputError {
        OutputError::Write {
            path: self.folder.join(name),
            source,
        }
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        self.files.clear();
        for folder in &self.made_folders {
            // Someone else's file may be in it by now; then it stays, which is right.
            if fs::remove_dir(folder).is_err() {
                break;
            }
        }
    }
}

impl Write for StagedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

const TEMPORARY_PREFIX: &str = ".bilag-";
const TEMPORARY_SUFFIX: &str = ".part";

/// A temporary file in `folder`, readable by others as far as the user's umask allows.
pub(crate) fn temporary_file(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY_PREFIX).suffix(TEMPORARY_SUFFIX);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

/// A name of a file so that two are equal when they are one file's, also where systems do not tell
/// capitals from small letters.
pub fn folded_name(name: &str) -> String {
    name.to_lowercase()
}

/// The SHA-256 of a file's content; `None` when there is no file.
fn content_hash(path: &Path) -> io::Result<Option<String>> {
    let mut file = match input::open(path) {
        Ok((file, _)) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            count => hasher.update(&buffer[..count]),
        }
    }
    Ok(Some(hexadecimal(&hasher.finalize())))
}
