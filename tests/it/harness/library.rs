//! The library's own run, without the program around it. `bilag::run` is used here and nowhere else
//! in the tests.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bilag::archive::Archive;
use bilag::catalogue::{self, Format};
use bilag::chart::{Chart, Market, Role};
use bilag::config::Config;
use bilag::date::DateRange;
use bilag::ledger::finding::Level;
use bilag::run::{self, LedgerRun, RunOptions, WriteOptions};

use crate::harness::ledger::Ledger;

pub(crate) fn format(id: &str) -> &'static Format {
    catalogue::find(id).unwrap()
}

/// The ids of all formats.
pub(crate) fn format_ids() -> impl Iterator<Item = &'static str> {
    catalogue::all()
        .iter()
        .map(|format| format.descriptor.id.as_str())
}

fn options(range: DateRange, write: Option<WriteOptions>) -> RunOptions {
    RunOptions {
        range,
        allow_open: false,
        write,
        open: BTreeSet::new(),
        is_unreachable: false,
        cancelled: Arc::default(),
    }
}

/// Proves a ledger's range, checks what `formats` cannot hold, and writes them below `out`.
pub(crate) fn export(
    archive: &Path,
    ledger_id: &str,
    configuration: &str,
    range: DateRange,
    formats: &[&str],
    out: &Path,
) -> LedgerRun {
    let config = Config::parse(configuration, Path::new("bilag.toml")).unwrap();
    let write = WriteOptions {
        out: out.to_owned(),
        formats: formats
            .iter()
            .map(|id| Arc::clone(catalogue::find(id).unwrap()))
            .collect(),
        ..WriteOptions::default()
    };
    let options = options(range, Some(write));
    run::ledger(&Archive::new(archive), ledger_id, &config, &options)
}

/// Proves a ledger's range and writes nothing.
pub(crate) fn prove(archive: &Path, ledger_id: &str, range: DateRange) -> LedgerRun {
    run::prove(
        &Archive::new(archive),
        ledger_id,
        &Config::default(),
        &options(range, None),
    )
}

/// Exports the three formats that show everything.
pub(crate) fn export_plain(
    archive: &Path,
    ledger: &Ledger,
    configuration: &str,
    range: DateRange,
    out: &Path,
) -> LedgerRun {
    let formats = ["journal-csv", "entries-csv", "journal-json"];
    export(archive, &ledger.id, configuration, range, &formats, out)
}

/// Where an export of a ledger's range goes.
pub(crate) fn output_folder(out: &Path, ledger: &Ledger, range: DateRange) -> PathBuf {
    run::output_folder(out, &ledger.id, range)
}

/// The findings of a run with their codes.
pub(crate) fn findings(run: &LedgerRun) -> Vec<String> {
    let findings = run.proof.iter().flat_map(|proof| proof.findings.iter());
    findings
        .map(|finding| format!("{}: {}", finding.code.name(), finding.message))
        .collect()
}

/// What stands against writing.
pub(crate) fn problems(run: &LedgerRun) -> Vec<String> {
    let findings = run.proof.iter().flat_map(|proof| proof.findings.iter());
    let errors = findings.filter(|finding| finding.level == Level::Error);
    let errors = errors.map(|finding| finding.message.clone());
    errors.chain(run.error.iter().map(ToString::to_string)).collect()
}

/// The market's account of a role.
pub(crate) fn account(market: Market, role: Role) -> String {
    Chart::of(market).accounts[&role].number.0.clone()
}
