//! The end of a pass: what was made is judged by what was exported and closed before, noted in the
//! archive, and kept.

use std::path::PathBuf;

use chrono::NaiveDate;

use crate::coverage::object::Export;
use crate::coverage::recorder::{Recorder, Recording};
use crate::digest::sha256_hex;
use crate::output::manifest::ManifestSource;
use crate::proof::{LedgerProof, Status};
use crate::run::books::{self, Standing};
use crate::run::cover::{self, FormatPlan};
use crate::run::documents::Output;
use crate::run::judge::Judge;
use crate::run::pass::Run;
use crate::run::stage::Stage;
use crate::run::{RunError, WriteOptions, output_folder};
use crate::writer::Context;

/// What a pass has at its end.
pub(super) struct End<'r> {
    pub(super) context: Context<'r>,
    pub(super) recorder: Option<Recorder>,
    /// The dates whose entries wait for a payout.
    pub(super) waiting: Vec<NaiveDate>,
    pub(super) sources: Vec<ManifestSource>,
}

/// What came of it.
#[derive(Default)]
pub(super) struct Kept {
    pub(super) outputs: Vec<Output>,
    pub(super) plans: Vec<FormatPlan>,
    pub(super) recording: Option<Recording>,
    pub(super) books: Vec<Standing>,
}

impl Run<'_> {
    /// Where the files of the exported dates go.
    pub(super) fn folder(&self, write: &WriteOptions) -> PathBuf {
        output_folder(&write.out, &self.session.info.ledger_id, self.exported)
    }

    /// Judges what was made, and keeps it when nothing stands against it.
    pub(super) fn keep(
        &self,
        stage: &mut Stage<'_>,
        proof: &mut LedgerProof,
        end: End<'_>,
    ) -> Result<Kept, RunError> {
        let ledger_id = &self.session.info.ledger_id;
        let days = &self.session.days;
        let recording = end.recorder.map(|recorder| {
            let date = |date| cover::covered_date(days, date);
            recorder.finish(ledger_id, self.exported, &end.waiting, date)
        });
        let mut kept = Kept::default();
        let mut notes = Vec::new();
        if let Some(recording) = &recording {
            let judge = Judge {
                archive: self.archive,
                days,
                books: end.context.books,
                covers: self.covers,
                recording,
            };
            let write = self.options.write.as_ref();
            if write.is_some_and(|write| write.plans) {
                kept.plans = self.covers.plans(recording, days);
                return Ok(kept);
            }
            if let Some(write) = write.filter(|write| write.corrections) {
                kept.outputs = self.correct(&judge, &end.context, write, end.sources, proof)?;
                return Ok(kept);
            }
            if write.is_some() || self.options.closes {
                judge.closes(&mut proof.findings);
            }
            if let Some(write) = write {
                let export = |format: &str| export(&end.context, format);
                notes = judge.formats(write, export, &mut proof.findings)?;
            }
            if proof.findings.fail() {
                proof.status = Status::Failed;
            }
        }
        let note = || Ok(cover::put(self.archive, ledger_id, &self.covers.closes, &notes)?);
        let fingerprint = &self.session.config.fingerprint;
        kept.outputs = stage.keep(proof, fingerprint, end.sources, note)?;
        if let Some(recording) = recording.filter(|_| self.options.records) {
            kept.books = books::standings(self.session, end.context.books, &recording, proof, self.covers);
            kept.recording = Some(recording);
        }
        Ok(kept)
    }
}

/// What an object says of an export before its dates and vouchers.
fn export(context: &Context<'_>, format: &str) -> Export {
    let options = context.options(format).map(ToString::to_string);
    Export {
        range: context.range.into(),
        modes: cover::modes(context.books),
        options: sha256_hex(options.unwrap_or_default().as_bytes()),
        mirrored: cover::mirrored(context.books),
        replaces: Vec::new(),
        dates: Default::default(),
        vouchers: Vec::new(),
    }
}
