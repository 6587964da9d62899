//! The documents of one ledger's run: each format's writers, fed in both passes.

use std::collections::btree_map::Entry as Slot;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{Datelike, NaiveDate};

use crate::catalogue::{self, Format};
use crate::config::CaptureMode;
use crate::date::end_of_fiscal_year;
use crate::encode::{Contained, Encoder};
use crate::format::{FormatError, Shape, Split};
use crate::journal::Voucher;
use crate::ledger::day::LedgerDay;
use crate::ledger::finding::{Code, Findings};
use crate::output::manifest::{Manifest, ManifestOutput, ManifestRange, ManifestSource};
use crate::output::{OutputError, StagedFile, Staging};
use crate::proof::LedgerProof;
use crate::run::export_log::ExportLog;
use crate::run::{RunError, WriteOptions};
use crate::writer::{Context, Limits, Opening, Writer};

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
#[derive(Default)]
pub struct Documents<'a> {
    context: Option<Context<'a>>,
    folder: PathBuf,
    staging: Option<Staging>,
    proof: Option<LedgerProof>,
    sets: Vec<DocumentSet<'a>>,
    written: Vec<ManifestOutput>,
    log: ExportLog,
    new_only: bool,
    force: bool,
}

/// The documents of one format.
struct DocumentSet<'a> {
    format: &'static Format,
    shape: Shape,
    limits: Limits,
    parts: BTreeMap<Part, Document<'a>>,
    /// Vouchers that another range's export holds: how many, and the first with its range.
    repeated: Option<(usize, String, String)>,
    /// How many vouchers the first pass took.
    taken: usize,
    /// Vouchers that go into the files, for the export log.
    vouchers: BTreeSet<String>,
}

/// A file in the making, behind its container and its encoding.
type Out = Encoder<Contained<StagedFile>>;

/// Which part of the journal a document holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Whole,
    /// The fiscal year that ends in this year.
    FiscalYear(i32),
    Voucher(NaiveDate, String),
}

struct Document<'a> {
    writer: Box<dyn Writer + 'a>,
    /// Movement by account in the base currency, kept where a later document may follow.
    movements: BTreeMap<Arc<str>, i128>,
    file: Option<Out>,
}

impl<'a> Document<'a> {
    fn new(writer: Box<dyn Writer + 'a>) -> Self {
        Self {
            writer,
            movements: BTreeMap::new(),
            file: None,
        }
    }

    fn move_accounts(&mut self, voucher: &Voucher) {
        for posting in voucher.postings() {
            let movement = self.movements.entry(posting.account.clone()).or_default();
            *movement += i128::from(posting.in_base());
        }
    }
}

impl<'a> Documents<'a> {
    /// Makes ready the formats that were asked for, else the configuration's, else `journal-csv`.
    pub fn new(context: Context<'a>, write: &WriteOptions) -> Result<Self, RunError> {
        let mut formats: Vec<&'static Format> = write.formats.clone();
        if write.all_formats {
            let market = context.config.posting.market.code();
            let is_ready = |format: &&'static Format| {
                let is_of_market = format.descriptor.markets.iter().any(|code| code == market);
                is_of_market && format.missing(&context).is_none()
            };
            formats.extend(catalogue::all().iter().filter(is_ready));
        }
        if formats.is_empty() {
            for id in &context.config.formats {
                formats.push(catalogue::resolve(id, write.users_formats.as_deref())?);
            }
        }
        if formats.is_empty() {
            formats.push(catalogue::find("journal-csv")?);
        }
        let mut sets: Vec<DocumentSet<'a>> = Vec::new();
        for format in formats {
            if sets
                .iter()
                .any(|set| set.format.descriptor.id == format.descriptor.id)
            {
                continue;
            }
            // Asking for the writer now finds what the configuration lacks before any work.
            let writer = format.writer(&context)?;
            let shape = format.shape(&context)?;
            let mut parts = BTreeMap::new();
            if shape.split == Split::None {
                parts.insert(Part::Whole, Document::new(writer));
            }
            sets.push(DocumentSet {
                format,
                shape,
                limits: Limits::new(&format.descriptor.id),
                parts,
                repeated: None,
                taken: 0,
                vouchers: BTreeSet::new(),
            });
        }
        Ok(Self {
            context: Some(context),
            sets,
            log: ExportLog::load(&write.out.join(&context.info.ledger_id))?,
            new_only: write.new_only,
            force: write.force,
            ..Self::default()
        })
    }

    /// Whether a writer wants the days before the range that its first payout takes in.
    pub fn want_days_before(&self) -> bool {
        let mut documents = self.sets.iter().flat_map(|set| set.parts.values());
        documents.any(|document| document.writer.wants_days_before())
    }

    /// Whether a writer wants the days again in the second pass.
    pub fn want_days(&self) -> bool {
        let mut documents = self.sets.iter().flat_map(|set| set.parts.values());
        documents.any(|document| document.writer.wants_days())
    }

    /// First pass: a day before the range that its first payout takes in.
    pub fn day_before(&mut self, day: &LedgerDay<'_>) {
        for set in &mut self.sets {
            for document in set.parts.values_mut() {
                document.writer.day_before(day);
            }
        }
    }

    /// First pass: a day.
    pub fn check_day(&mut self, day: &LedgerDay<'_>) {
        for set in &mut self.sets {
            for document in set.parts.values_mut() {
                document.writer.check_day(day, &mut set.limits);
            }
        }
    }

    /// First pass: a voucher.
    pub fn check_voucher(&mut self, voucher: &Voucher) -> Result<(), FormatError> {
        let Some(context) = &self.context else {
            return Ok(());
        };
        let range = range_name(context);
        for set in &mut self.sets {
            if let Some(other) = set.repeats(&self.log, &range, voucher) {
                let other = other.to_owned();
                let repeated = set.repeated.get_or_insert((0, voucher.id().to_owned(), other));
                repeated.0 += 1;
                if self.new_only {
                    continue;
                }
            }
            set.taken += 1;
            let part = part_of(set.shape.split, voucher, context);
            if matches!(part, Part::Voucher(..)) {
                let mut writer = set.format.writer(context)?;
                writer.check_voucher(voucher, &mut set.limits);
                writer.check_end(&mut set.limits);
                continue;
            }
            let document = document(&mut set.parts, set.format, part, context)?;
            document.writer.check_voucher(voucher, &mut set.limits);
            if set.format.descriptor.split == Split::FiscalYear {
                document.move_accounts(voucher);
            }
        }
        Ok(())
    }

    /// First pass: there is no more. A format without any document gets an empty one. `opening`
    /// is what the books hold before the first document.
    pub fn check_end(&mut self, opening: &Opening) -> Result<(), FormatError> {
        let Some(context) = &self.context else {
            return Ok(());
        };
        for set in &mut self.sets {
            if set.parts.is_empty() && set.shape.split == Split::FiscalYear {
                let part = fiscal_year(context.range.from(), context);
                document(&mut set.parts, set.format, part, context)?;
            }
            let mut opening = opening.clone();
            for document in set.parts.values_mut() {
                document.writer.check_opening(&opening);
                document.writer.check_end(&mut set.limits);
                for (account, movement) in std::mem::take(&mut document.movements) {
                    *opening.carried.entry(account).or_default() += movement;
                }
                opening.follows_another = true;
            }
            set.parts.retain(|_, document| !document.writer.is_empty());
            if self.new_only && set.taken == 0 && set.repeated.is_some() {
                // Everything was exported before: a file without vouchers would only confuse.
                set.parts.clear();
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
        let books_sales = self
            .context
            .is_some_and(|context| context.books.may_use(CaptureMode::Revenue));
        for set in &mut self.sets {
            let id = &set.format.descriptor.id;
            std::mem::replace(&mut set.limits, Limits::new(id)).report(findings);
            if let Some((count, voucher, range)) =
                set.repeated.take().filter(|_| !self.new_only && !self.force)
            {
                findings.add(Code::AlreadyExported, None, None, None, || {
                    format!(
                        "{id}: {count} vouchers, the first is {voucher}, were exported before (for {range}); importing both \
                         files books them twice. Use --new-only to leave them out"
                    )
                });
            }
            if let Some(integration) = set
                .format
                .descriptor
                .own_integration
                .as_ref()
                .filter(|_| books_sales)
            {
                findings.add(Code::DoubleBooking, None, None, None, || {
                    format!("{id}: revenue is booked here, and {integration}; make sure that only one of them does")
                });
            }
        }
    }

    /// Second pass: opens the files.
    pub fn start(&mut self, folder: &Path, proof: &LedgerProof) -> Result<(), OutputError> {
        let staging = Staging::new(folder)?;
        folder.clone_into(&mut self.folder);
        for set in &mut self.sets {
            let is_single = set.parts.len() == 1;
            for (part, document) in &mut set.parts {
                let name = file_name(&set.shape, part, document.writer.as_ref(), is_single);
                let mut file = open(&staging, &name, &set.shape)?;
                document
                    .writer
                    .start(proof, &mut file)
                    .map_err(|source| write_error(folder, &name, source))?;
                document.file = Some(file);
            }
        }
        self.staging = Some(staging);
        self.proof = Some(proof.clone());
        Ok(())
    }

    /// Second pass: a day.
    pub fn day(&mut self, day: &LedgerDay<'_>) -> Result<(), OutputError> {
        self.each_document(|document, file| document.day(day, file))
    }

    /// Second pass: a voucher.
    pub fn voucher(&mut self, voucher: &Voucher) -> Result<(), OutputError> {
        let (Some(context), Some(staging)) = (&self.context, &mut self.staging) else {
            return Ok(());
        };
        let range = range_name(context);
        for set in &mut self.sets {
            if self.new_only && set.repeats(&self.log, &range, voucher).is_some() {
                continue;
            }
            if !set.format.descriptor.plain {
                set.vouchers.insert(voucher.id().to_owned());
            }
            let part = part_of(set.shape.split, voucher, context);
            let id = &set.format.descriptor.id;
            let fail = |source| write_error(&self.folder, id, source);
            if matches!(part, Part::Voucher(..)) {
                // The first pass has made such a writer for this voucher already.
                let mut writer = set
                    .format
                    .writer(context)
                    .map_err(|error| fail(io::Error::other(error)))?;
                writer.check_voucher(voucher, &mut set.limits);
                writer.check_end(&mut set.limits);
                let name = file_name(&set.shape, &part, writer.as_ref(), false);
                let mut file = open(staging, &name, &set.shape)?;
                let started = match &self.proof {
                    Some(proof) => writer.start(proof, &mut file),
                    None => Ok(()),
                };
                started
                    .and_then(|()| writer.voucher(voucher, &mut file))
                    .and_then(|()| writer.end(&mut file))
                    .map_err(fail)?;
                self.written
                    .push(finished(staging, set.format, file, &self.folder)?);
                continue;
            }
            if let Some(Document {
                writer,
                file: Some(file),
                ..
            }) = set.parts.get_mut(&part)
            {
                writer.voucher(voucher, file).map_err(fail)?;
            }
        }
        Ok(())
    }

    /// Second pass: closes the files, adds the manifest, and puts all in their places.
    pub fn finish(
        mut self,
        configuration: &str,
        sources: &[ManifestSource],
        force: bool,
    ) -> Result<Vec<Output>, OutputError> {
        self.each_document(|document, file| document.end(file))?;
        let (Some(mut staging), Some(context)) = (self.staging, self.context) else {
            return Ok(Vec::new());
        };
        let mut written = self.written;
        let mut log = self.log;
        let range = range_name(&context);
        let mut has_news = false;
        for set in self.sets {
            if !set.vouchers.is_empty() {
                log.record(&set.format.descriptor.id, &range, set.vouchers);
                has_news = true;
            }
            for document in set.parts.into_values() {
                if let Some(file) = document.file {
                    written.push(finished(&mut staging, set.format, file, &self.folder)?);
                }
            }
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
            ledger_id: context.info.ledger_id.clone(),
            range: ManifestRange {
                from: context.range.from().to_string(),
                to: context.range.to().to_string(),
            },
            configuration: configuration.to_owned(),
            sources: sources.to_vec(),
            outputs: written,
        };
        manifest.outputs.sort_by(|a, b| a.path.cmp(&b.path));
        manifest.adopt(&self.folder);
        let mut file = staging.file("manifest.json", true)?;
        io::Write::write_all(&mut file, manifest.to_text().as_bytes())
            .map_err(|source| write_error(&self.folder, "manifest.json", source))?;
        staging.add(file)?;
        staging.commit(force)?;
        if has_news {
            log.save()?;
        }
        Ok(outputs)
    }

    fn each_document(
        &mut self,
        mut act: impl FnMut(&mut dyn Writer, &mut dyn io::Write) -> io::Result<()>,
    ) -> Result<(), OutputError> {
        for set in &mut self.sets {
            for document in set.parts.values_mut() {
                if let Document {
                    writer,
                    file: Some(file),
                    ..
                } = document
                {
                    act(writer.as_mut(), file)
                        .map_err(|source| write_error(&self.folder, &set.format.descriptor.file, source))?;
                }
            }
        }
        Ok(())
    }
}

impl DocumentSet<'_> {
    /// The other range whose export holds a voucher already.
    fn repeats<'l>(&self, log: &'l ExportLog, range: &str, voucher: &Voucher) -> Option<&'l str> {
        if self.format.descriptor.plain {
            return None;
        }
        log.other_range(&self.format.descriptor.id, range, voucher.id())
    }
}

fn range_name(context: &Context<'_>) -> String {
    format!("{}_{}", context.range.from(), context.range.to())
}

/// The writer of a part, made when it is the first.
fn document<'d, 'a>(
    parts: &'d mut BTreeMap<Part, Document<'a>>,
    format: &'static Format,
    part: Part,
    context: &Context<'a>,
) -> Result<&'d mut Document<'a>, FormatError> {
    Ok(match parts.entry(part) {
        Slot::Occupied(slot) => slot.into_mut(),
        Slot::Vacant(slot) => slot.insert(Document::new(format.writer(context)?)),
    })
}

fn part_of(split: Split, voucher: &Voucher, context: &Context<'_>) -> Part {
    match split {
        Split::None => Part::Whole,
        Split::FiscalYear => fiscal_year(voucher.date(), context),
        Split::Voucher => Part::Voucher(voucher.date(), voucher.id().to_owned()),
    }
}

fn fiscal_year(date: NaiveDate, context: &Context<'_>) -> Part {
    Part::FiscalYear(end_of_fiscal_year(date, context.config.company.fiscal_year_start_month).year())
}

fn file_name(shape: &Shape, part: &Part, writer: &dyn Writer, is_single: bool) -> String {
    let name = writer.file_name().unwrap_or_else(|| shape.file.clone());
    let mark = match part {
        Part::Whole => return name,
        Part::FiscalYear(_) if is_single => return name,
        Part::FiscalYear(year) => year.to_string(),
        Part::Voucher(_, id) => id.clone(),
    };
    match name.split_once('.') {
        Some((stem, suffix)) => format!("{stem}-{mark}.{suffix}"),
        None => format!("{name}-{mark}"),
    }
}

fn open(staging: &Staging, name: &str, shape: &Shape) -> Result<Out, OutputError> {
    let file = staging.file(name, false)?;
    let contained = Contained::new(file, shape.container, &shape.name_inside);
    Ok(Encoder::new(contained, shape.encoding, shape.line_end))
}

fn finished(
    staging: &mut Staging,
    format: &Format,
    file: Out,
    folder: &Path,
) -> Result<ManifestOutput, OutputError> {
    let file = file
        .finish()
        .and_then(Contained::finish)
        .map_err(|source| write_error(folder, &format.descriptor.file, source))?;
    let written = staging.add(file)?;
    Ok(ManifestOutput {
        format: format.descriptor.id.clone(),
        path: written.name,
        sha256: written.sha256,
        bytes: written.bytes,
        configuration: String::new(),
    })
}

fn write_error(folder: &Path, name: &str, source: io::Error) -> OutputError {
    OutputError::Write {
        path: folder.join(name),
        source,
    }
}
