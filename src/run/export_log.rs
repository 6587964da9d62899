//! What was exported before, so that nothing is imported twice by mistake.
//!
//! `<out>/<ledgerId>/export-log.json` lists the vouchers of each format and range. Only formats whose
//! files cover vouchers are in it.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::input;
use crate::output::{OutputError, write_whole};

const SCHEMA: u32 = 1;

/// The vouchers that were exported for one ledger.
#[derive(Debug, Default)]
pub struct ExportLog {
    path: PathBuf,
    formats: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
}

#[derive(Serialize, Deserialize)]
struct Document {
    schema: u32,
    /// Voucher ids by range (the folder's name), by format.
    formats: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
}

impl ExportLog {
    /// Reads the log in the folder of a ledger; one that is not there is empty.
    pub fn load(folder: &Path) -> Result<Self, OutputError> {
        let path = folder.join("export-log.json");
        let text = match input::read_text(&path, u64::MAX) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Self {
                    path,
                    formats: BTreeMap::new(),
                });
            }
            Err(source) => return Err(OutputError::Write { path, source }),
        };
        match serde_json::from_str::<Document>(&text) {
            Ok(document) if document.schema == SCHEMA => Ok(Self {
                path,
                formats: document.formats,
            }),
            // What cannot be understood must not be overwritten: it guards against double booking.
            _ => Err(OutputError::Different(path)),
        }
    }

    /// The other range whose export to `format` holds a voucher already.
    pub fn other_range(&self, format: &str, range: &str, voucher_id: &str) -> Option<&str> {
        let ranges = self.formats.get(format)?.iter();
        let mut others = ranges.filter(|(other, vouchers)| *other != range && vouchers.contains(voucher_id));
        others.next().map(|(other, _)| other.as_str())
    }

    /// Notes the vouchers of a range's export in place of those of an earlier one.
    pub fn record(&mut self, format: &str, range: &str, vouchers: BTreeSet<String>) {
        self.formats
            .entry(format.to_owned())
            .or_default()
            .insert(range.to_owned(), vouchers);
    }

    /// Writes the log whole.
    pub fn save(self) -> Result<(), OutputError> {
        let Self { path, formats } = self;
        let error = |source| OutputError::Write {
            path: path.clone(),
            source,
        };
        let document = Document {
            schema: SCHEMA,
            formats,
        };
        let text = serde_json::to_string(&document).map_err(|failure| error(failure.into()))?;
        write_whole(&path, format!("{text}\n").as_bytes()).map_err(error)
    }
}
