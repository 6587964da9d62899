//! A zip archive of one file, with the same bytes for the same content.
//!
//! Some targets take only a zip. The date of the file in it is always 1 January 1980, and its
//! sizes stand before its content, because many readers of streams need them there; so the
//! compressed content (a few per cent of an XML document) waits in memory for the end.

use std::io::{self, Write};

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

const DOS_DATE: u16 = 0b0000_0000_0010_0001;
const VERSION: u16 = 20;
const NAME_IS_UTF8: u16 = 1 << 11;
const DEFLATED: u16 = 8;

/// Puts what is written into the one file of a zip archive.
#[derive(Debug)]
pub struct Zip<W> {
    out: W,
    name: String,
    content: DeflateEncoder<Vec<u8>>,
    crc: Crc,
    size: u64,
}

impl<W: Write> Zip<W> {
    /// An archive on `out` that will hold a file called `name`.
    pub fn new(out: W, name: &str) -> Self {
        Self {
            out,
            name: name.to_owned(),
            content: DeflateEncoder::new(Vec::new(), Compression::default()),
            crc: Crc::new(),
            size: 0,
        }
    }

    /// Writes the archive and gives `out` back.
    pub fn finish(mut self) -> io::Result<W> {
        let too_large = |_| io::Error::other("the document is too large for a zip archive");
        let content = self.content.finish()?;
        let size = u32::try_from(self.size).map_err(too_large)?;
        let compressed = u32::try_from(content.len()).map_err(too_large)?;
        let name_length =
            u16::try_from(self.name.len()).map_err(|_| io::Error::other("the file name is too long"))?;
        // The fields that the local header and the central directory share.
        let mut shared = Vec::new();
        for field in [VERSION, NAME_IS_UTF8, DEFLATED, 0, DOS_DATE] {
            shared.extend_from_slice(&field.to_le_bytes());
        }
        for field in [self.crc.sum(), compressed, size] {
            shared.extend_from_slice(&field.to_le_bytes());
        }
        shared.extend_from_slice(&name_length.to_le_bytes());
        shared.extend_from_slice(&0u16.to_le_bytes());

        let mut local = b"PK\x03\x04".to_vec();
        local.extend_from_slice(&shared);
        local.extend_from_slice(self.name.as_bytes());

        let mut directory = b"PK\x01\x02".to_vec();
        directory.extend_from_slice(&VERSION.to_le_bytes());
        directory.extend_from_slice(&shared);
        // No comment, first disk, no attributes, and the local header at the beginning.
        directory.extend_from_slice(&[0; 14]);
        directory.extend_from_slice(self.name.as_bytes());

        let start = local.len() as u64 + u64::from(compressed);
        let start = u32::try_from(start).map_err(too_large)?;
        let length = u32::try_from(directory.len()).map_err(too_large)?;
        let mut end = b"PK\x05\x06\0\0\0\0\x01\0\x01\0".to_vec();
        end.extend_from_slice(&length.to_le_bytes());
        end.extend_from_slice(&start.to_le_bytes());
        end.extend_from_slice(&[0; 2]);

        for part in [&local, &content, &directory, &end] {
            self.out.write_all(part)?;
        }
        self.out.flush()?;
        Ok(self.out)
    }
}

impl<W: Write> Write for Zip<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.content.write(bytes)?;
        self.crc.update(&bytes[..count]);
        self.size += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        // A flush would leave its mark in the compressed bytes; `finish` writes everything.
        Ok(())
    }
}
