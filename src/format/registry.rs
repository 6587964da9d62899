//! The one list of formats: each folder's texts, and what makes its writer.

use crate::format::Maker;
use crate::writer::entries_csv::EntriesCsv;
use crate::writer::journal_csv::JournalCsv;
use crate::writer::journal_json::JournalJson;
use crate::writer::saft_no::SaftNo;

/// One format as it is built in.
#[derive(Debug)]
pub struct Folder {
    /// `format.toml`.
    pub descriptor: &'static str,
    /// `NOTES.md`.
    pub notes: &'static str,
    /// Makes the writer.
    pub make: Maker,
}

/// Every format, in the order in which they are listed.
pub const REGISTRY: &[Folder] = &[
    Folder {
        descriptor: include_str!("../../formats/journal-csv/format.toml"),
        notes: include_str!("../../formats/journal-csv/NOTES.md"),
        make: |context| Ok(Box::new(JournalCsv::new(context))),
    },
    Folder {
        descriptor: include_str!("../../formats/entries-csv/format.toml"),
        notes: include_str!("../../formats/entries-csv/NOTES.md"),
        make: |context| Ok(Box::new(EntriesCsv::new(context))),
    },
    Folder {
        descriptor: include_str!("../../formats/journal-json/format.toml"),
        notes: include_str!("../../formats/journal-json/NOTES.md"),
        make: |context| Ok(Box::new(JournalJson::new(context))),
    },
    Folder {
        descriptor: include_str!("../../formats/saft-no/format.toml"),
        notes: include_str!("../../formats/saft-no/NOTES.md"),
        make: |context| Ok(Box::new(SaftNo::new(context)?)),
    },
];
