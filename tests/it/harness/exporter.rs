//! An archive of one ledger on which formats are tried, through the library.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use bilag::archive::Archive;
use bilag::date::DateRange;
use bilag::run::LedgerRun;
use bilag::sandbox::archived::write_archive;
use bilag::sandbox::generate::Generator;
use bilag::sandbox::plan::Plan;
use tempfile::TempDir;

use crate::harness::files::{Files, scratch};
use crate::harness::layout::Layout;
use crate::harness::ledger::Ledger;
use crate::harness::library::{self, problems};

/// An archive of one ledger, and a place for outputs.
pub(crate) struct Exporter {
    folder: TempDir,
    ledger_id: String,
}

/// What came of a run.
pub(crate) struct Exported {
    pub(crate) run: LedgerRun,
    /// Content by file name, without the manifest.
    pub(crate) files: Files,
}

impl Exported {
    /// The only file, as text.
    pub(crate) fn text(&self) -> String {
        let names = self.files.keys();
        assert_eq!(self.files.len(), 1, "{names:?} {:?}", self.problems());
        String::from_utf8(self.files.values().next().unwrap().clone()).unwrap()
    }

    /// What stands against writing.
    pub(crate) fn problems(&self) -> Vec<String> {
        problems(&self.run)
    }

    /// The documents of a format.
    pub(crate) fn paths(&self, format: &str) -> Vec<PathBuf> {
        let outputs = self.run.outputs.iter();
        outputs
            .filter(|output| output.format == format)
            .map(|output| output.path.clone())
            .collect()
    }
}

impl Exporter {
    /// A ledger of which all dates of `range` are known, and the week before it or its first entry.
    pub(crate) fn of(ledger: Ledger, range: DateRange) -> Self {
        let exporter = Self {
            folder: scratch(),
            ledger_id: ledger.id.clone(),
        };
        exporter.add(&ledger.known(range));
        exporter
    }

    /// A ledger that the sandbox makes, on all dates of its plan.
    pub(crate) fn generated(plan: Plan, ledger_id: &str) -> Self {
        let exporter = Self {
            folder: scratch(),
            ledger_id: ledger_id.to_owned(),
        };
        let span = plan.range;
        let archive = Archive::new(&exporter.archive());
        write_archive(&Generator::new(vec![plan]), &archive, span).unwrap();
        exporter
    }

    /// Adds the dates of a ledger to the archive.
    pub(crate) fn add(&self, ledger: &Ledger) {
        ledger.write(&self.archive(), &Layout::PLAIN);
    }

    fn archive(&self) -> PathBuf {
        self.folder.path().join("archive")
    }

    /// Exports formats into a folder of their own, which stays as long as the exporter does.
    pub(crate) fn run(&self, configuration: &str, formats: &[&str], range: DateRange) -> Exported {
        let out = TempDir::new_in(self.folder.path()).unwrap().keep();
        let archive = self.archive();
        let run = library::export(&archive, &self.ledger_id, configuration, range, formats, &out);
        let read = |path: &PathBuf| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read(path).unwrap())
        };
        let files: BTreeMap<_, _> = run.outputs.iter().map(|output| read(&output.path)).collect();
        Exported { run, files }
    }
}
