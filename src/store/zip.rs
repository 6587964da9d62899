//! A store that is a zip archive, as somebody mails it. It can only be read.
//!
//! The directory at the archive's end is read once, when something is first asked for; a file of
//! it is read from its own place, and checked against its size and checksum at its end.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use flate2::Crc;
use flate2::read::DeflateDecoder;
use zip::{CompressionMethod, ZipArchive};

use crate::input;
use crate::store::folder::FolderLock;
use crate::store::{Created, Listing, Object, Store, StoreError, UNPACKED_FREE, UNPACKED_RATIO, check_name};

/// Size of a local header before its name.
const LOCAL_HEADER: usize = 30;

/// What the Finder of macOS puts beside the files that it was asked to pack.
const FINDERS_FOLDER: &str = "__MACOSX/";

/// A zip archive.
#[derive(Debug)]
pub struct Zip {
    path: PathBuf,
    directory: OnceLock<Directory>,
}

#[derive(Debug, Default)]
struct Directory {
    files: BTreeMap<String, Member>,
    /// Folders that have an item of their own; others are there because something is in them.
    folders: BTreeSet<String>,
}

/// Where a file is in the archive, and what it must come to.
#[derive(Debug, Clone, Copy)]
struct Member {
    header_start: u64,
    packed_size: u64,
    size: u64,
    crc: u32,
    method: CompressionMethod,
    is_encrypted: bool,
}

impl Zip {
    /// The store in the zip archive at `path`, which is not looked at yet.
    pub fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            directory: OnceLock::new(),
        }
    }

    fn directory(&self) -> Result<&Directory, StoreError> {
        if let Some(directory) = self.directory.get() {
            return Ok(directory);
        }
        let directory = Directory::read(&self.path).map_err(|source| self.error("", source))?;
        Ok(self.directory.get_or_init(|| directory))
    }

    fn read(&self, member: Member) -> io::Result<Object> {
        let (mut file, _) = input::open(&self.path)?;
        file.seek(SeekFrom::Start(member.header_start))?;
        if member.size > UNPACKED_FREE && member.size / UNPACKED_RATIO > member.packed_size {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                format!(
                    "it unpacks to {} bytes, more than {UNPACKED_RATIO} times its size",
                    member.size
                ),
            ));
        }
        let mut header = [0; LOCAL_HEADER];
        file.read_exact(&mut header)?;
        if !header.starts_with(b"PK\x03\x04") {
            return Err(damaged("its header is not where the directory says"));
        }
        // The name and the extra field stand between the header and the content.
        let length = |at: usize| i64::from(u16::from_le_bytes([header[at], header[at + 1]]));
        file.seek(SeekFrom::Current(length(26) + length(28)))?;
        let packed = file.take(member.packed_size);
        let unpacked: Box<dyn Read + Send> = match member.method {
            _ if member.is_encrypted => return Err(unsupported("it is encrypted")),
            CompressionMethod::Stored => Box::new(packed),
            CompressionMethod::Deflated => Box::new(DeflateDecoder::new(packed)),
            CompressionMethod::Zstd => Box::new(zstd::stream::read::Decoder::new(packed)?),
            method => return Err(unsupported(&format!("its compression is {method}"))),
        };
        Ok(Object {
            size: Some(member.size),
            content: Box::new(Checked {
                unpacked,
                crc: Crc::new(),
                size: 0,
                member,
            }),
        })
    }

    fn error(&self, name: &str, source: io::Error) -> StoreError {
        StoreError::Read {
            path: self.place(name),
            source,
        }
    }

    fn read_only<T>(&self) -> Result<T, StoreError> {
        Err(StoreError::ReadOnly(self.path.clone()))
    }
}

impl Store for Zip {
    fn list(&self, folder: &str) -> Result<Listing, StoreError> {
        let directory = self.directory()?;
        let prefix = match folder {
            "" => String::new(),
            _ => {
                check_name(folder).map_err(|source| self.error(folder, source))?;
                format!("{folder}/")
            }
        };
        let mut listing = Listing {
            is_there: folder.is_empty() || directory.folders.contains(folder),
            ..Listing::default()
        };
        let mut folders = BTreeSet::new();
        for name in below(
            directory.files.range(prefix.clone()..).map(|item| item.0),
            &prefix,
        ) {
            match name.split_once('/') {
                None => listing.files.push(name.to_owned()),
                Some((folder, _)) => {
                    folders.insert(folder);
                }
            }
        }
        for name in below(directory.folders.range(prefix.clone()..), &prefix) {
            folders.insert(name.split_once('/').map_or(name, |(folder, _)| folder));
        }
        listing.folders = folders.into_iter().map(str::to_owned).collect();
        listing.is_there |= !listing.files.is_empty() || !listing.folders.is_empty();
        Ok(listing)
    }

    fn open(&self, name: &str) -> Result<Option<Object>, StoreError> {
        check_name(name).map_err(|source| self.error(name, source))?;
        let Some(member) = self.directory()?.files.get(name) else {
            return Ok(None);
        };
        match self.read(*member) {
            Ok(object) => Ok(Some(object)),
            Err(source) => Err(self.error(name, source)),
        }
    }

    fn put(&self, _name: &str, _bytes: &[u8]) -> Result<(), StoreError> {
        self.read_only()
    }

    fn create(&self, _name: &str, _bytes: &[u8]) -> Result<Created, StoreError> {
        self.read_only()
    }

    fn place(&self, name: &str) -> PathBuf {
        match name {
            "" => self.path.clone(),
            _ => self.path.join(name),
        }
    }

    fn is_read_only(&self) -> bool {
        true
    }

    fn lock(&self, _name: &str) -> Result<FolderLock, StoreError> {
        self.read_only()
    }

    fn sweep(&self, _folder: &str) -> Result<(), StoreError> {
        self.read_only()
    }
}

impl Directory {
    fn read(path: &Path) -> io::Result<Self> {
        let archive = ZipArchive::new(BufReader::new(input::open(path)?.0))?;
        if archive.has_duplicate_names() {
            return Err(damaged("two files in it have the same name"));
        }
        let mut directory = Self::default();
        for index in 0..archive.len() {
            let item = archive.by_index_data(index)?;
            let name = item.name()?.into_owned();
            if name.starts_with(FINDERS_FOLDER) {
                continue;
            }
            let folder = name.strip_suffix('/');
            // A name that leads elsewhere is a sign that the archive is not what it seems, so
            // nothing of it is believed.
            check_name(folder.unwrap_or(&name))?;
            match folder {
                Some(folder) => {
                    directory.folders.insert(folder.to_owned());
                }
                None => {
                    let member = Member {
                        header_start: item.header_start(),
                        packed_size: item.compressed_size(),
                        size: item.size(),
                        crc: item.crc32(),
                        method: item.compression(),
                        is_encrypted: item.encrypted(),
                    };
                    directory.files.insert(name, member);
                }
            }
        }
        Ok(directory)
    }
}

/// A file of the archive on its way out.
struct Checked {
    unpacked: Box<dyn Read + Send>,
    crc: Crc,
    size: u64,
    member: Member,
}

impl Read for Checked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.unpacked.read(buffer)?;
        self.crc.update(&buffer[..count]);
        self.size += count as u64;
        let is_over = count == 0 && !buffer.is_empty();
        if self.size > self.member.size || (is_over && self.size < self.member.size) {
            return Err(damaged("its size is not as the directory says"));
        }
        if is_over && self.crc.sum() != self.member.crc {
            return Err(damaged("its checksum is wrong"));
        }
        Ok(count)
    }
}

/// Those of `names` that stand below `prefix`, without it. They begin with the first that may.
fn below<'a>(names: impl Iterator<Item = &'a String>, prefix: &str) -> impl Iterator<Item = &'a str> {
    names.map_while(move |name| name.strip_prefix(prefix))
}

fn damaged(what: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("the zip archive is damaged: {what}"),
    )
}

fn unsupported(what: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::Unsupported,
        format!("the file in the zip archive cannot be read: {what}"),
    )
}
