//! `export --corrections`: files of reversals and new vouchers, and nothing else.

use std::sync::Arc;

use crate::coverage::CoverageError;
use crate::coverage::correct::corrections;
use crate::coverage::object::{Correction, ExportObject};
use crate::coverage::verdict::Verdict;
use crate::format::Coverage;
use crate::journal::Voucher;
use crate::output::manifest::ManifestSource;
use crate::proof::LedgerProof;
use crate::run::cover::{self, Covered, Note};
use crate::run::documents::{Documents, Output};
use crate::run::judge::Judge;
use crate::run::pass::Run;
use crate::run::{RunError, WriteOptions, output_folder};
use crate::writer::{Context, Opening};

impl Run<'_> {
    /// Writes what makes each format's books what the run makes. Where nothing differs, the last
    /// corrections of the range are written again, as they were noted.
    pub(super) fn correct(
        &self,
        judge: &Judge<'_>,
        context: &Context<'_>,
        write: &WriteOptions,
        sources: Vec<ManifestSource>,
        proof: &mut LedgerProof,
    ) -> Result<Vec<Output>, RunError> {
        let mut outputs = Vec::new();
        for format in &write.formats {
            let id = &format.descriptor.id;
            let covered = self.covers.formats.get(id);
            // Formats without vouchers to correct are refused when coverage is read.
            let Some(covered) = covered.filter(|covered| covered.kind == Coverage::Vouchers) else {
                continue;
            };
            let verdict = Verdict::of(judge.recording, &covered.state);
            let found = corrections(
                judge.recording,
                cover::mirrored(context.books),
                &verdict,
                &covered.state,
                &self.covers.closes,
            )?;
            let (note, number, written) = match found {
                Some(found) => {
                    let written = found.written.clone();
                    let number = covered.state.next();
                    let object = ExportObject::Corrections(found);
                    let format = id.clone();
                    let note = Note {
                        format,
                        number,
                        object,
                    };
                    (Some(note), number, written)
                }
                None => match self.last(covered) {
                    Some((number, written)) => (None, number, written),
                    None => continue,
                },
            };
            let one = WriteOptions {
                formats: vec![Arc::clone(format)],
                new_only: false,
                ..write.clone()
            };
            let folder = output_folder(&write.out, &self.session.info.ledger_id, self.exported);
            let mut name = folder.file_name().unwrap_or_default().to_owned();
            name.push(format!("~{number}"));
            let mut documents = Documents::new(*context, &one, self.covers, folder.with_file_name(name))?;
            if documents.want_entries() {
                let what = format!("`{id}` is made of entries, not of vouchers, so it holds no corrections");
                return Err(CoverageError::Uncorrectable(what).into());
            }
            for voucher in self.vouchers(&written)? {
                documents.voucher(&voucher)?;
            }
            documents.end(&Opening::default())?;
            let is_refused = documents.has_refusals();
            documents.report(&mut proof.findings);
            if is_refused {
                return Ok(Vec::new());
            }
            let put = || {
                let notes = note.as_slice();
                Ok(cover::put(
                    self.archive,
                    &self.session.info.ledger_id,
                    &self.covers.closes,
                    notes,
                )?)
            };
            let fingerprint = &self.session.config.fingerprint;
            outputs.extend(documents.finish(fingerprint, sources.clone(), put)?);
        }
        Ok(outputs)
    }

    /// The last corrections of the range, which may have been noted and not written.
    fn last(&self, covered: &Covered) -> Option<(u64, Vec<Correction>)> {
        let last = covered.state.last_corrections(self.exported.into());
        last.map(|(number, last)| (*number, last.written.clone()))
    }

    /// The vouchers of corrections, in order of date, then id.
    fn vouchers(&self, written: &[Correction]) -> Result<Vec<Voucher>, CoverageError> {
        let ledger_id: Arc<str> = Arc::from(self.session.info.ledger_id.as_str());
        let vouchers: Result<Vec<Voucher>, _> = written
            .iter()
            .map(|correction| correction.to_voucher(&ledger_id))
            .collect();
        let mut vouchers = vouchers?;
        vouchers.sort_by(|a, b| (a.date(), a.id()).cmp(&(b.date(), b.id())));
        Ok(vouchers)
    }
}
