//! Reading a file of the archive once: its text comes out, and the bytes that it was made of are
//! hashed on their way in.
//!
//! What is read is only proven when [`SourceReader::finish`] says so: a file that was cut short,
//! a wrong checksum, and what follows the text, show at the end.

use std::fmt;
use std::io::{self, BufRead, Read};
use std::path::PathBuf;

use flate2::bufread::MultiGzDecoder;
use sha2::{Digest, Sha256};
use zstd::stream::read::Decoder as ZstdDecoder;

use crate::archive::topic::{ArchivedFile, Packing};
use crate::archive::{Archive, ArchiveError};
use crate::digest::hexadecimal;
use crate::store::{Object, UNPACKED_FREE, UNPACKED_RATIO};

/// The largest text of one date, in bytes. A busy date has a hundredth of that; a small file that
/// unpacks to more is an attack or an accident.
pub const TEXT_MAX: u64 = 2 << 30;

/// The most that a file may ask to be remembered while it is unpacked, as a power of two: 128 MiB,
/// which is what zstd's own tools allow.
const WINDOW_LOG_MAX: u32 = 27;

/// How much is read at once.
const BUFFER: usize = 128 << 10;

/// What a text was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceHash {
    /// The file, relative to the archive's root, with `/` between its parts.
    pub path: String,
    /// SHA-256 in hexadecimal of the file as it is kept.
    pub sha256: String,
    /// Its size as it is kept.
    pub bytes: u64,
}

/// The unpacked text of a file. Errors of [`BufRead`] name the file; the first one stays, and
/// [`SourceReader::finish`] gives it again.
pub struct SourceReader {
    path: String,
    place: PathBuf,
    packing: Packing,
    unpacker: Unpacker,
    /// The size of the text, where it is known beforehand.
    text_size: Option<u64>,
    text_read: u64,
    text_max: u64,
    failure: Option<(io::ErrorKind, String)>,
}

enum Unpacker {
    None(Stored),
    Gzip(Unpacked<MultiGzDecoder<Stored>>),
    Zstd(Unpacked<ZstdDecoder<'static, Stored>>),
}

/// The bytes as they are kept, hashed as they pass.
struct Stored {
    content: Box<dyn Read + Send>,
    chunk: Chunk,
    hasher: Sha256,
    bytes: u64,
}

/// What comes out of a decoder.
struct Unpacked<D> {
    decoder: D,
    chunk: Chunk,
}

/// A buffer, of which `start..end` waits to be taken.
struct Chunk {
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

impl Archive {
    /// Opens a file for reading it once.
    pub fn open(&self, file: &ArchivedFile) -> Result<SourceReader, ArchiveError> {
        let object = self.store.open(&self.name(&file.path)?)?;
        let place = self.place(&file.path);
        object
            .ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
            .and_then(|object| SourceReader::new(file, place.clone(), object, TEXT_MAX))
            .map_err(|source| ArchiveError::Read { path: place, source })
    }

    /// Reads a file whole. The text is UTF-8 and the file undamaged.
    pub fn read_whole(&self, file: &ArchivedFile) -> Result<(String, SourceHash), ArchiveError> {
        self.open(file)?.read_whole()
    }
}

impl SourceReader {
    fn new(file: &ArchivedFile, place: PathBuf, object: Object, text_max: u64) -> io::Result<Self> {
        let mut stored = Stored {
            chunk: Chunk::new(object.size),
            content: object.content,
            hasher: Sha256::new(),
            bytes: 0,
        };
        let mut text_size = None;
        let unpacker = match file.packing {
            Packing::None => {
                text_size = object.size;
                Unpacker::None(stored)
            }
            Packing::Gzip => Unpacker::Gzip(Unpacked {
                decoder: MultiGzDecoder::new(stored),
                chunk: Chunk::new(None),
            }),
            Packing::Zstd => {
                // Of the first frame; there may be more.
                let size = zstd::zstd_safe::get_frame_content_size(stored.fill_buf()?);
                text_size = size.ok().flatten();
                let mut decoder = ZstdDecoder::with_buffer(stored)?;
                decoder.window_log_max(WINDOW_LOG_MAX)?;
                Unpacker::Zstd(Unpacked {
                    decoder,
                    chunk: Chunk::new(text_size),
                })
            }
        };
        Ok(Self {
            path: file.path.clone(),
            place,
            packing: file.packing,
            unpacker,
            text_size,
            text_read: 0,
            text_max,
            failure: None,
        })
    }

    /// The next piece of the text, empty at its end: [`BufRead::fill_buf`] with the archive's
    /// error.
    pub fn chunk(&mut self) -> Result<&[u8], ArchiveError> {
        if let Some(failure) = self.failed() {
            return Err(failure);
        }
        // What is packed, and how much of it was read so far.
        let (chunk, packed) = match &mut self.unpacker {
            Unpacker::None(stored) => (stored.fill_buf(), None),
            Unpacker::Gzip(Unpacked { decoder, chunk }) => {
                let filled = chunk.fill(decoder);
                (filled.map(|_| chunk.waiting()), Some(decoder.get_ref().bytes))
            }
            Unpacker::Zstd(Unpacked { decoder, chunk }) => {
                let filled = chunk.fill(decoder);
                (filled.map(|_| chunk.waiting()), Some(decoder.get_ref().bytes))
            }
        };
        let chunk = chunk.and_then(|chunk| {
            let text = self.text_read + chunk.len() as u64;
            let problem = if text > self.text_max {
                format!(
                    "it holds more than {} bytes of text, the most that a date may have",
                    self.text_max
                )
            } else if text > UNPACKED_FREE && packed.is_some_and(|packed| text / UNPACKED_RATIO > packed) {
                format!("it unpacks to more than {UNPACKED_RATIO} times its size, as no entries do")
            } else {
                return Ok(chunk);
            };
            Err(io::Error::new(io::ErrorKind::FileTooLarge, problem))
        });
        match chunk {
            Ok(chunk) => Ok(chunk),
            Err(source) => {
                self.failure = Some((source.kind(), source.to_string()));
                Err(ArchiveError::Read {
                    path: self.place.clone(),
                    source,
                })
            }
        }
    }

    /// That the text is not what it should be.
    pub fn refusal(&self, problem: &str) -> ArchiveError {
        ArchiveError::Read {
            path: self.place.clone(),
            source: io::Error::new(io::ErrorKind::InvalidData, problem),
        }
    }

    /// Reads what is left, to the file's real end, and tells what the text was made of.
    pub fn finish(mut self) -> Result<SourceHash, ArchiveError> {
        loop {
            match self.chunk()?.len() {
                0 => break,
                length => self.consume(length),
            }
        }
        let error = |kind, message: &str| ArchiveError::Read {
            path: self.place.clone(),
            source: io::Error::new(kind, message.to_owned()),
        };
        let mut stored = match self.unpacker {
            Unpacker::None(stored) => stored,
            Unpacker::Gzip(unpacked) => unpacked.decoder.into_inner(),
            Unpacker::Zstd(unpacked) => unpacked.decoder.finish(),
        };
        match stored.fill_buf() {
            Ok([]) => {}
            Ok(_) => {
                return Err(error(
                    io::ErrorKind::InvalidData,
                    "something follows the packed text",
                ));
            }
            Err(source) => return Err(error(source.kind(), &source.to_string())),
        }
        if stored.bytes == 0 && self.packing != Packing::None {
            return Err(error(io::ErrorKind::UnexpectedEof, "the file is empty"));
        }
        Ok(SourceHash {
            path: self.path,
            sha256: hexadecimal(&stored.hasher.finalize()),
            bytes: stored.bytes,
        })
    }

    /// What failed earlier. A decoder that failed may go on as if it had come to an end.
    fn failed(&self) -> Option<ArchiveError> {
        self.failure.as_ref().map(|(kind, message)| ArchiveError::Read {
            path: self.place.clone(),
            source: io::Error::new(*kind, message.clone()),
        })
    }

    fn read_whole(mut self) -> Result<(String, SourceHash), ArchiveError> {
        let size = self.text_size.unwrap_or(0).min(UNPACKED_FREE);
        let mut text = Vec::new();
        // What a file claims is no reason to fail; it only saves moving the text as it grows.
        if text
            .try_reserve_exact(usize::try_from(size).unwrap_or(0))
            .is_err()
        {
            text = Vec::new();
        }
        loop {
            let chunk = self.chunk()?;
            if chunk.is_empty() {
                break;
            }
            text.extend_from_slice(chunk);
            let length = chunk.len();
            self.consume(length);
        }
        self.finish_text(text)
    }

    /// Reads to the file's real end; `text` is all that was read of it.
    pub fn finish_text(self, text: Vec<u8>) -> Result<(String, SourceHash), ArchiveError> {
        let place = self.place.clone();
        let hash = self.finish()?;
        let text = String::from_utf8(text).map_err(|_| ArchiveError::NotText(place))?;
        Ok((text, hash))
    }
}

impl fmt::Debug for SourceReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SourceReader")
            .field("path", &self.path)
            .field("text_read", &self.text_read)
            .finish_non_exhaustive()
    }
}

impl BufRead for SourceReader {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.chunk().map_err(|error| match &error {
            ArchiveError::Read { source, .. } => io::Error::new(source.kind(), error),
            _ => io::Error::other(error),
        })
    }

    fn consume(&mut self, amount: usize) {
        self.text_read += amount as u64;
        match &mut self.unpacker {
            Unpacker::None(stored) => stored.chunk.consume(amount),
            Unpacker::Gzip(unpacked) => unpacked.chunk.consume(amount),
            Unpacker::Zstd(unpacked) => unpacked.chunk.consume(amount),
        }
    }
}

impl Read for SourceReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        copy_buffered(self, buffer)
    }
}

impl BufRead for Stored {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let read = self.chunk.fill(&mut self.content)?;
        let chunk = self.chunk.waiting();
        // Nothing is read while something waits, so what was read is all that waits.
        self.hasher.update(&chunk[..read]);
        self.bytes += read as u64;
        Ok(chunk)
    }

    fn consume(&mut self, amount: usize) {
        self.chunk.consume(amount);
    }
}

impl Read for Stored {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        copy_buffered(self, buffer)
    }
}

impl Chunk {
    /// Room for a source of `size` bytes, if that is known, and to see that it ends there.
    fn new(size: Option<u64>) -> Self {
        let room = size.map_or(BUFFER, |size| usize::try_from(size).unwrap_or(BUFFER));
        Self {
            buffer: vec![0; room.clamp(1, BUFFER)],
            start: 0,
            end: 0,
        }
    }

    fn waiting(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Reads when nothing waits; gives how much was read.
    fn fill(&mut self, source: &mut impl Read) -> io::Result<usize> {
        if self.start < self.end {
            return Ok(0);
        }
        (self.start, self.end) = (0, 0);
        self.end = loop {
            match source.read(&mut self.buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result?,
            }
        };
        Ok(self.end)
    }

    fn consume(&mut self, amount: usize) {
        self.start = (self.start + amount).min(self.end);
    }
}

fn copy_buffered(source: &mut impl BufRead, buffer: &mut [u8]) -> io::Result<usize> {
    let mut chunk = source.fill_buf()?;
    let count = chunk.read(buffer)?;
    source.consume(count);
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_beyond_the_limit_is_refused_before_it_is_held() {
        let text = vec![b' '; 300_000];
        let mut gzip = flate2::read::GzEncoder::new(&text[..], flate2::Compression::fast());
        let mut gzipped = Vec::new();
        gzip.read_to_end(&mut gzipped).unwrap();
        let packed = [
            (Packing::None, text.clone()),
            (Packing::Gzip, gzipped),
            (Packing::Zstd, zstd::encode_all(&text[..], 3).unwrap()),
        ];
        for (packing, bytes) in packed {
            let file = ArchivedFile {
                date: crate::date::parse("2026-03-01").unwrap(),
                path: "1/funds/2026-03-01".to_owned(),
                packing,
            };
            let read = |text_max| {
                let object = Object {
                    size: Some(bytes.len() as u64),
                    content: Box::new(io::Cursor::new(bytes.clone())),
                };
                SourceReader::new(&file, PathBuf::from("date"), object, text_max).unwrap()
            };
            assert_eq!(read(300_000).read_whole().unwrap().0.len(), 300_000);
            assert!(read(300_000).finish().is_ok());
            for error in [
                read(299_999).read_whole().map(|_| ()).unwrap_err(),
                read(299_999).finish().map(|_| ()).unwrap_err(),
            ] {
                let cause = std::error::Error::source(&error).unwrap().to_string();
                assert!(
                    error.to_string() == "cannot read date" && cause.contains("299999"),
                    "{cause}"
                );
            }
        }
    }
}
