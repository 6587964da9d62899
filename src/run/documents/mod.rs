//! The documents of one ledger's run: each format's checkers and writers, fed as the data comes.
//!
//! What is written is staged, and dropped when something stands against the export.

mod set;
mod sheet;

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::NaiveDate;

use crate::catalogue::{self, Format};
use crate::config::{CaptureMode, LedgerConfig};
use crate::format::{FormatError, Split};
use crate::journal::Voucher;
use crate::ledger::finding::Code;
use crate::ledger::findings::Findings;
use crate::ledger::page::Page;
use crate::output::manifest::{Manifest, ManifestOutput, ManifestRange, ManifestSource};
use crate::output::{OutputError, Staging, folded_name};
use crate::run::cover::Covers;
use crate::run::documents::set::DocumentSet;
use crate::run::{RunError, WriteOptions};
use crate::writer::{Context, Limits, Opening};

/// The file that says what the others were made of.
const MANIFEST: &str = "manifest.json";

/// The layout of `manifest.json`.
const MANIFEST_SCHEMA: u32 = 1;

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// The format's id.
    pub format: String,
    /// The file, as `--out` was given.
    pub path: PathBuf,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
}

/// All documents of one ledger's run.
pub struct Documents<'a> {
    context: Context<'a>,
    folder: PathBuf,
    /// Where files are made; `None` when only checking.
    staging: Option<Staging>,
    sets: Vec<DocumentSet<'a>>,
    covers: &'a Covers,
    new_only: bool,
    force: bool,
}

impl<'a> Documents<'a> {
    /// Makes ready the formats of `write`, each once; their files go to `folder`.
    pub fn new(
        context: Context<'a>,
        write: &'a WriteOptions,
        covers: &'a Covers,
        folder: PathBuf,
    ) -> Result<Self, RunError> {
        let mut sets: Vec<DocumentSet<'a>> = Vec::new();
        for format in &write.formats {
            let descriptor = &format.descriptor;
            if let Some(known) = sets.iter().find(|set| set.format.descriptor.id == descriptor.id) {
                refuse_namesake(known.format, format)?;
                continue;
            }
            sets.push(DocumentSet::new(format, &context)?);
        }
        let mut names = BTreeSet::from([folded_name(MANIFEST)]);
        for name in sets.iter().map(|set| &set.shape.file) {
            if !names.insert(folded_name(name)) {
                return Err(OutputError::Twice(folder.join(name)).into());
            }
        }
        Ok(Self {
            staging: (!write.dry_run).then(|| Staging::new(&folder)),
            folder,
            sets,
            covers,
            new_only: write.new_only,
            force: write.force,
            context,
        })
    }

    /// Whether a document wants the days before the range that its first payout takes in.
    pub fn want_days_before(&self) -> bool {
        self.sets.iter().any(DocumentSet::wants_days_before)
    }

    /// Whether a document is made of entries rather than vouchers.
    pub fn want_entries(&self) -> bool {
        self.sets.iter().any(DocumentSet::wants_entries)
    }

    /// Some entries of a day before the range.
    pub fn page_before(&mut self, page: &Page<'_, '_>) {
        self.sets.iter_mut().for_each(|set| set.page_before(page));
    }

    /// The end of a day before the range.
    pub fn day_before(&mut self, date: NaiveDate) {
        self.sets.iter_mut().for_each(|set| set.day_before(date));
    }

    /// Some entries of a date.
    pub fn page(&mut self, page: &Page<'_, '_>) -> Result<(), RunError> {
        for set in &mut self.sets {
            set.page(page, self.staging.as_mut())?;
        }
        Ok(())
    }

    /// The end of a date.
    pub fn day(&mut self, date: NaiveDate) -> Result<(), RunError> {
        for set in &mut self.sets {
            set.day(date, self.staging.as_mut())?;
        }
        Ok(())
    }

    /// A voucher, in order: it is checked and written.
    pub fn voucher(&mut self, voucher: &Voucher) -> Result<(), RunError> {
        self.check(voucher)?;
        self.write(voucher)
    }

    /// A voucher, in any order: it is checked, to be written later.
    pub fn check(&mut self, voucher: &Voucher) -> Result<(), RunError> {
        for set in &mut self.sets {
            let id = &set.format.descriptor.id;
            if self.new_only && self.covers.is_elsewhere(id, voucher, self.context.range) {
                set.left_out += 1;
                continue;
            }
            set.check(voucher, &self.context)?;
        }
        Ok(())
    }

    /// A voucher that was checked; they come in order of date, then id.
    pub fn write(&mut self, voucher: &Voucher) -> Result<(), RunError> {
        // Once something is refused nothing will be kept; what is left is to find all refusals.
        let is_refused = self.has_refusals();
        for set in &mut self.sets {
            if is_refused && set.shape.split != Split::Voucher {
                continue;
            }
            let id = &set.format.descriptor.id;
            if self.new_only && self.covers.is_elsewhere(id, voucher, self.context.range) {
                continue;
            }
            set.write(voucher, &self.context, self.staging.as_mut())?;
        }
        Ok(())
    }

    /// There is no more. `opening` is what the books hold before the first document.
    pub fn end(&mut self, opening: &Opening) -> Result<(), RunError> {
        for set in &mut self.sets {
            set.end(opening, &self.context)?;
            if set.taken == 0 && set.left_out > 0 {
                // Everything was exported before: a file without vouchers would only confuse.
                set.drop_documents();
            }
        }
        Ok(())
    }

    /// Whether a target cannot hold something.
    pub fn has_refusals(&self) -> bool {
        self.sets.iter().any(|set| set.limits.has_refusals())
    }

    /// Puts what targets cannot hold, what was replaced, and what might be booked twice into the
    /// findings.
    pub fn report(&mut self, findings: &mut Findings) {
        let books_sales = self.context.books.may_use(CaptureMode::Revenue);
        for set in &mut self.sets {
            let id = &set.format.descriptor.id;
            std::mem::replace(&mut set.limits, Limits::new(id)).report(findings);
            let integration = set.format.descriptor.own_integration.as_ref();
            if let Some(integration) = integration.filter(|_| books_sales) {
                findings.add(Code::DoubleBooking, None, None, None, || {
                    format!("{id}: revenue is booked here, and {integration}; make sure that only one of them does")
                });
            }
        }
    }

    /// Completes the files, adds the manifest, notes what is exported, and puts all in their places.
    pub fn finish(
        self,
        configuration: &str,
        sources: Vec<ManifestSource>,
        note: impl FnOnce() -> Result<(), RunError>,
    ) -> Result<Vec<Output>, RunError> {
        let Some(mut staging) = self.staging else {
            return Ok(Vec::new());
        };
        let mut written: Vec<ManifestOutput> = Vec::new();
        for set in self.sets {
            written.append(&mut set.finish(&mut staging)?);
        }
        let outputs: Vec<Output> = written
            .iter()
            .map(|output| Output {
                format: output.format.clone(),
                path: self.folder.join(&output.path),
                sha256: output.sha256.clone(),
                bytes: output.bytes,
            })
            .collect();
        for output in &mut written {
            configuration.clone_into(&mut output.configuration);
        }
        let mut manifest = Manifest {
            schema: MANIFEST_SCHEMA,
            program: concat!("bilag ", env!("CARGO_PKG_VERSION")).to_owned(),
            ledger_id: self.context.info.ledger_id.clone(),
            range: ManifestRange {
                from: self.context.range.from().to_string(),
                to: self.context.range.to().to_string(),
            },
            configuration: configuration.to_owned(),
            sources,
            outputs: written,
        };
        manifest.outputs.sort_by(|a, b| a.path.cmp(&b.path));
        let _lock = staging.lock()?;
        manifest.adopt(&self.folder)?;
        let mut file = staging.file(true)?;
        io::Write::write_all(&mut file, manifest.to_text().as_bytes())
            .map_err(|source| staging.error(MANIFEST, source))?;
        staging.add(file, MANIFEST)?;
        staging.check(self.force)?;
        // First the note, then the files: what is killed in between is completed by a repetition,
        // and what stands in a file was always noted.
        note()?;
        staging.commit(self.force)?;
        Ok(outputs)
    }
}

/// Refuses another format with the id of one that is written already. The same one named twice is
/// written once.
fn refuse_namesake(known: &Format, format: &Format) -> Result<(), FormatError> {
    let (known, other) = (&known.descriptor, &format.descriptor);
    if (&known.file, &known.title) == (&other.file, &other.title) {
        return Ok(());
    }
    Err(FormatError::Option {
        format: other.id.clone(),
        message: format!(
            "two formats have this id, `{}` and `{}`; give one of them another",
            known.title, other.title
        ),
    })
}

/// The formats that are to be written: those that were asked for, else the configuration's, else
/// `journal-csv`.
pub(super) fn formats(
    config: &LedgerConfig,
    ledger_id: &str,
    write: &WriteOptions,
) -> Result<Vec<Arc<Format>>, FormatError> {
    let mut formats = write.formats.clone();
    if write.all_formats {
        let market = config.posting.market.code();
        let is_ready = |format: &&Arc<Format>| {
            let is_of_market = format.descriptor.markets.iter().any(|code| code == market);
            is_of_market && format.missing(config, ledger_id).is_none()
        };
        formats.extend(catalogue::all().iter().filter(is_ready).cloned());
    }
    if formats.is_empty() {
        for id in &config.formats {
            let registered = write.registered.iter().find(|format| format.descriptor.id == *id);
            formats.push(match registered {
                Some(format) => Arc::clone(format),
                None => catalogue::resolve(id, write.users_formats.as_deref())?,
            });
        }
    }
    if formats.is_empty() {
        formats.push(Arc::clone(catalogue::find("journal-csv")?));
    }
    Ok(formats)
}
