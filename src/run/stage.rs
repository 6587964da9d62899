//! Where the vouchers of a run go: sums, checkers, and the writers of its documents.

use chrono::NaiveDate;

use crate::coverage::recorder::Recorder;
use crate::journal::{JournalTotals, Voucher};
use crate::ledger::page::Page;
use crate::output::manifest::ManifestSource;
use crate::posting::sequence::Sequence;
use crate::proof::LedgerProof;
use crate::run::RunError;
use crate::run::documents::{Documents, Output};
use crate::run::movement::Movements;
use crate::run::worth::Worth;
use crate::writer::Opening;

/// Where vouchers go.
pub(super) struct Stage<'r> {
    pub(super) documents: Option<Documents<'r>>,
    /// What coverage sees of the vouchers, where it is asked for.
    pub(super) recorder: Option<Recorder>,
    /// Holds the vouchers back where they are not made in their order.
    pub(super) sequence: Option<Sequence>,
    pub(super) totals: JournalTotals,
    pub(super) movements: Movements,
    /// The check in the base currency, where the ledger is in another.
    pub(super) worth: Option<Worth<'r>>,
}

impl Stage<'_> {
    pub(super) fn page(&mut self, page: &Page<'_, '_>) -> Result<(), RunError> {
        if let Some(worth) = &mut self.worth {
            worth.page(page);
        }
        match &mut self.documents {
            Some(documents) => documents.page(page),
            None => Ok(()),
        }
    }

    pub(super) fn voucher(&mut self, voucher: &Voucher) -> Result<(), RunError> {
        self.totals.add(voucher);
        self.movements.add(voucher);
        if let Some(recorder) = &mut self.recorder {
            recorder.add(voucher);
        }
        if let Some(worth) = &mut self.worth {
            worth.voucher(voucher);
        }
        match (&mut self.sequence, &mut self.documents) {
            (None, None) => Ok(()),
            (None, Some(documents)) => documents.voucher(voucher),
            (Some(sequence), None) => {
                sequence.look(voucher);
                Ok(())
            }
            (Some(sequence), Some(documents)) => {
                sequence.look(voucher);
                sequence.add(voucher);
                documents.check(voucher)
            }
        }
    }

    /// A date has come to its end: its vouchers are there.
    pub(super) fn end_date(&mut self, date: NaiveDate) -> Result<(), RunError> {
        if let Some(worth) = &mut self.worth {
            worth.end(date);
        }
        match &mut self.documents {
            Some(documents) => documents.day(date),
            None => Ok(()),
        }
    }

    /// There is no more: the vouchers that were held back are written.
    pub(super) fn end(&mut self, opening: &Opening) -> Result<(), RunError> {
        let Some(documents) = &mut self.documents else {
            return Ok(());
        };
        for voucher in self.sequence.take().map(Sequence::finish).unwrap_or_default() {
            documents.write(&voucher)?;
        }
        documents.end(opening)
    }

    /// Reports what targets cannot hold, and keeps the files when they hold everything and nothing
    /// else refuses them. `note` is called before they appear.
    pub(super) fn keep(
        &mut self,
        proof: &mut LedgerProof,
        fingerprint: &str,
        sources: Vec<ManifestSource>,
        note: impl FnOnce() -> Result<(), RunError>,
    ) -> Result<Vec<Output>, RunError> {
        let Some(mut documents) = self.documents.take() else {
            return Ok(Vec::new());
        };
        let is_refused = documents.has_refusals();
        documents.report(&mut proof.findings);
        if is_refused || proof.findings.refuse_output() || proof.findings.fail() {
            return Ok(Vec::new());
        }
        documents.finish(fingerprint, sources, note)
    }
}
