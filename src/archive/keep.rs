//! Writing to the archive: whole closed dates only, each file complete or absent.

use std::io::{self, Write};

use chrono::NaiveDate;

use crate::archive::topic::{ArchivedFile, Packing};
use crate::archive::{Archive, ArchiveError};
use crate::provider::Topic;

/// How hard zstd packs. Of the first six levels this is the fastest and also the smallest on
/// entries: a million of them took 33 bytes each, and 38 at level 3.
const LEVEL: i32 = 1;

impl Archive {
    /// Keeps the response bodies of a closed date, in page order and byte for byte.
    ///
    /// The caller has made sure that the date is closed and its bodies are whole. A file that
    /// somebody saved of the date while it was open, or without its last page, is replaced in its
    /// own packing, so that the date never stands there twice.
    pub fn store_date(
        &self,
        ledger_id: &str,
        topic: Topic,
        date: NaiveDate,
        bodies: &[impl AsRef<[u8]>],
    ) -> Result<(), ArchiveError> {
        let mut files = self.files(ledger_id, topic, date)?;
        if files.is_empty() {
            files.push(ArchivedFile::new(self, ledger_id, topic, date, Packing::Zstd));
        }
        for file in files {
            let packed = pack(file.packing, bodies).map_err(|source| ArchiveError::Write {
                path: self.place(&file.path),
                source,
            })?;
            self.store.put(&self.name(&file.path)?, &packed)?;
        }
        Ok(())
    }

    /// Keeps the ledgers endpoint's item of a ledger, as it came.
    pub fn store_ledger(&self, ledger_id: &str, item: &str) -> Result<(), ArchiveError> {
        let content = format!("{item}\n");
        // Leaves an equal file alone, so that a run with nothing new writes nothing.
        if self
            .ledger_item(ledger_id)
            .is_ok_and(|known| known.as_ref() == Some(&content))
        {
            return Ok(());
        }
        let name = self.name(&self.ledger_item_path(ledger_id))?;
        Ok(self.store.put(&name, content.as_bytes())?)
    }
}

/// The bodies, a line end after each, packed.
pub(super) fn pack(packing: Packing, bodies: &[impl AsRef<[u8]>]) -> io::Result<Vec<u8>> {
    let pour = |out: &mut dyn Write| -> io::Result<()> {
        for body in bodies {
            out.write_all(body.as_ref())?;
            out.write_all(b"\n")?;
        }
        Ok(())
    };
    match packing {
        Packing::None => {
            let mut content = Vec::new();
            pour(&mut content)?;
            Ok(content)
        }
        Packing::Gzip => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            pour(&mut encoder)?;
            encoder.finish()
        }
        Packing::Zstd => {
            let size: usize = bodies.iter().map(|body| body.as_ref().len() + 1).sum();
            let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), LEVEL)?;
            encoder.include_checksum(true)?;
            // Written into the frame, so that a reader knows how much room the text takes.
            encoder.set_pledged_src_size(Some(size as u64))?;
            pour(&mut encoder)?;
            encoder.finish()
        }
    }
}
