//! The documents of one format: one, or one for each fiscal year or voucher.

use std::collections::btree_map::Entry as Slot;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;

use chrono::NaiveDate;

use crate::catalogue::Format;
use crate::format::options::Options;
use crate::format::{FormatError, Shape, Split};
use crate::journal::Voucher;
use crate::journal::id::VoucherId;
use crate::ledger::page::Page;
use crate::output::manifest::ManifestOutput;
use crate::output::{OutputError, Staging, WrittenFile};
use crate::run::RunError;
use crate::run::documents::sheet::Sheet;
use crate::writer::contents::Contents;
use crate::writer::{Checker, Context, Limits, Opening, Whole, Writer};

/// The documents of one format.
pub(super) struct DocumentSet<'a> {
    pub(super) format: &'a Format,
    pub(super) shape: Shape,
    pub(super) limits: Limits,
    options: Options,
    parts: BTreeMap<Part, Document<'a>>,
    /// Files of single vouchers, which are complete.
    complete: Vec<ManifestOutput>,
    /// Vouchers that another range's export holds: how many, and the first with its range.
    pub(super) repeated: Option<(usize, String, String)>,
    /// How many vouchers were taken.
    pub(super) taken: usize,
    /// Vouchers that go into the files, for the export log.
    pub(super) vouchers: BTreeSet<String>,
}

/// Which part of the journal a document holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Whole,
    /// The fiscal year that ends in this year.
    FiscalYear(i32),
    Voucher(NaiveDate, VoucherId),
}

struct Document<'a> {
    checker: Box<dyn Checker + 'a>,
    writer: Box<dyn Writer + 'a>,
    contents: Contents,
    wants_contents: bool,
    sheet: Sheet,
    has_begun: bool,
}

impl<'a> DocumentSet<'a> {
    /// Makes ready; asking for a checker and a writer now finds what the configuration lacks
    /// before any work.
    pub(super) fn new(format: &'a Format, context: &Context<'a>) -> Result<Self, FormatError> {
        let shape = format.shape(context)?;
        let document = Document::new(format, &shape, context)?;
        let mut parts = BTreeMap::new();
        if shape.split == Split::None {
            parts.insert(Part::Whole, document);
        }
        Ok(Self {
            format,
            shape,
            limits: Limits::new(&format.descriptor.id),
            options: format.options(context)?,
            parts,
            complete: Vec::new(),
            repeated: None,
            taken: 0,
            vouchers: BTreeSet::new(),
        })
    }

    /// Whether a document wants the days before the range that its first payout takes in.
    pub(super) fn wants_days_before(&self) -> bool {
        let mut documents = self.parts.values();
        documents.any(|document| document.writer.wants_days_before())
    }

    /// Shows some entries of a day before the range to every document.
    pub(super) fn page_before(&mut self, page: &Page<'_, '_>) {
        for document in self.parts.values_mut() {
            document.checker.page_before(page);
            document.writer.page_before(page);
        }
    }

    /// Shows the end of a day before the range to every document.
    pub(super) fn day_before(&mut self, date: NaiveDate) {
        for document in self.parts.values_mut() {
            document.checker.day_before(date);
            document.writer.day_before(date);
        }
    }

    /// Shows some entries to every document.
    pub(super) fn page(
        &mut self,
        page: &Page<'_, '_>,
        mut staging: Option<&mut Staging>,
    ) -> Result<(), RunError> {
        for document in self.parts.values_mut() {
            document.checker.page(page);
            if document.writer.wants_entries() {
                document.begin(&self.shape)?;
                let written = document.writer.page(page, &mut document.sheet.buffer);
                written.map_err(|source| failed(&self.shape, source))?;
                document.sheet.settle(staging.as_deref_mut())?;
            }
        }
        Ok(())
    }

    /// Shows the end of a date to every document.
    pub(super) fn day(&mut self, date: NaiveDate, mut staging: Option<&mut Staging>) -> Result<(), RunError> {
        for document in self.parts.values_mut() {
            document.checker.day(date, &mut self.limits);
            if document.writer.wants_entries() {
                document.begin(&self.shape)?;
                let written = document.writer.day(date, &mut document.sheet.buffer);
                written.map_err(|source| failed(&self.shape, source))?;
                document.sheet.settle(staging.as_deref_mut())?;
            }
        }
        Ok(())
    }

    /// Shows a voucher to the checker of its document. A document of one voucher is checked when
    /// it is written.
    pub(super) fn check(&mut self, voucher: &Voucher, context: &Context<'a>) -> Result<(), FormatError> {
        self.taken += 1;
        self.check_accounts(voucher, context);
        if self.shape.split != Split::Voucher {
            let part = part_of(self.shape.split, voucher, context);
            let document = document(&mut self.parts, part, self.format, &self.shape, context)?;
            if document.wants_contents {
                document.contents.add(voucher);
            }
            document.checker.voucher(voucher, &mut self.limits);
        }
        Ok(())
    }

    /// Lists postings on accounts that the target keeps for customers or suppliers.
    fn check_accounts(&mut self, voucher: &Voucher, context: &Context<'a>) {
        let market = context.config.posting.market.code();
        for (number, control) in self.options.unmet_controls(market) {
            let lines = voucher.postings().iter();
            for _ in lines.filter(|posting| *posting.account == *number) {
                let hint = self.format.descriptor.control_hint(control);
                self.limits.on_control(number, control, voucher.id(), &hint);
            }
        }
    }

    /// Writes a voucher that was checked.
    pub(super) fn write(
        &mut self,
        voucher: &Voucher,
        context: &Context<'a>,
        staging: Option<&mut Staging>,
    ) -> Result<(), RunError> {
        if self.shape.split == Split::Voucher {
            return self.write_alone(voucher, context, staging);
        }
        let part = part_of(self.shape.split, voucher, context);
        let document = document(&mut self.parts, part, self.format, &self.shape, context)?;
        document.begin(&self.shape)?;
        let written = document.writer.voucher(voucher, &mut document.sheet.buffer);
        written.map_err(|source| failed(&self.shape, source))?;
        Ok(document.sheet.settle(staging)?)
    }

    /// A document of one voucher, from its beginning to its end.
    fn write_alone(
        &mut self,
        voucher: &Voucher,
        context: &Context<'a>,
        staging: Option<&mut Staging>,
    ) -> Result<(), RunError> {
        let mut document = Document::new(self.format, &self.shape, context)?;
        document.contents.add(voucher);
        document.checker.voucher(voucher, &mut self.limits);
        if self.limits.has_refusals() {
            document.check_end(&mut self.limits);
            return Ok(());
        }
        document.begin(&self.shape)?;
        let written = document.writer.voucher(voucher, &mut document.sheet.buffer);
        written.map_err(|source| failed(&self.shape, source))?;
        document.check_end(&mut self.limits);
        if let (Some(staging), false) = (staging, self.limits.has_refusals()) {
            let part = part_of(Split::Voucher, voucher, context);
            let name = self.file_name(&part, &document, false);
            let written = document.finish(&self.shape, &name, staging)?;
            self.complete.push(output(self.format, written));
        }
        Ok(())
    }

    /// There is no more. A format without any document gets an empty one. `opening` is what the
    /// books hold before the first document.
    pub(super) fn end(&mut self, opening: &Opening, context: &Context<'a>) -> Result<(), RunError> {
        if self.parts.is_empty() && self.shape.split == Split::FiscalYear {
            let part = fiscal_year(context.range.from(), context);
            document(&mut self.parts, part, self.format, &self.shape, context)?;
        }
        let mut opening = opening.clone();
        for document in self.parts.values_mut() {
            document.begin(&self.shape)?;
            document.contents.open(&opening);
            document.check_end(&mut self.limits);
            for (account, movement) in document.contents.movements() {
                *opening.carried.entry(account.clone()).or_default() += movement;
            }
            opening.follows_another = true;
        }
        self.parts
            .retain(|_, document| !document.writer.is_empty(&document.contents));
        Ok(())
    }

    /// Makes no documents.
    pub(super) fn drop_documents(&mut self) {
        self.parts.clear();
    }

    /// Completes the files.
    pub(super) fn finish(mut self, staging: &mut Staging) -> Result<Vec<ManifestOutput>, RunError> {
        let mut written = std::mem::take(&mut self.complete);
        let is_single = self.parts.len() == 1;
        for (part, document) in std::mem::take(&mut self.parts) {
            let name = self.file_name(&part, &document, is_single);
            written.push(output(self.format, document.finish(&self.shape, &name, staging)?));
        }
        Ok(written)
    }

    fn file_name(&self, part: &Part, document: &Document<'_>, is_single: bool) -> String {
        let name = document.writer.file_name(&document.contents);
        let name = name.unwrap_or_else(|| self.shape.file.clone());
        let mark = match part {
            Part::Whole => return name,
            Part::FiscalYear(_) if is_single => return name,
            Part::FiscalYear(year) => year.to_string(),
            Part::Voucher(_, id) => id.to_string(),
        };
        match name.split_once('.') {
            Some((stem, suffix)) => format!("{stem}-{mark}.{suffix}"),
            None => format!("{name}-{mark}"),
        }
    }
}

impl<'a> Document<'a> {
    fn new(format: &'a Format, shape: &Shape, context: &Context<'a>) -> Result<Self, FormatError> {
        let (checker, writer) = format.makers(context)?;
        Ok(Self {
            checker,
            sheet: Sheet::new(shape.clone(), writer.has_late_head()),
            wants_contents: writer.wants_contents() || shape.split == Split::FiscalYear,
            writer,
            contents: Contents::default(),
            has_begun: false,
        })
    }

    fn begin(&mut self, shape: &Shape) -> Result<(), RunError> {
        if self.has_begun {
            return Ok(());
        }
        self.has_begun = true;
        let begun = self.writer.begin(&self.contents, &mut self.sheet.buffer);
        begun.map_err(|source| failed(shape, source))
    }

    fn check_end(&mut self, limits: &mut Limits) {
        let whole = Whole {
            contents: &self.contents,
            size: self.sheet.size(),
        };
        self.checker.end(&whole, limits);
    }

    fn finish(mut self, shape: &Shape, name: &str, staging: &mut Staging) -> Result<WrittenFile, RunError> {
        let whole = Whole {
            contents: &self.contents,
            size: self.sheet.size(),
        };
        let mut head = Vec::new();
        let ended = self.writer.end(&whole, &mut head, &mut self.sheet.buffer);
        ended.map_err(|source| failed(shape, source))?;
        Ok(self.sheet.finish(name, &head, staging)?)
    }
}

/// The document of a part, made when it is the first.
fn document<'d, 'a>(
    parts: &'d mut BTreeMap<Part, Document<'a>>,
    part: Part,
    format: &'a Format,
    shape: &Shape,
    context: &Context<'a>,
) -> Result<&'d mut Document<'a>, FormatError> {
    Ok(match parts.entry(part) {
        Slot::Occupied(slot) => slot.into_mut(),
        Slot::Vacant(slot) => slot.insert(Document::new(format, shape, context)?),
    })
}

fn fiscal_year(date: NaiveDate, context: &Context<'_>) -> Part {
    Part::FiscalYear(context.fiscal_calendar().year_by_end(date))
}

fn part_of(split: Split, voucher: &Voucher, context: &Context<'_>) -> Part {
    match split {
        Split::None => Part::Whole,
        Split::FiscalYear => fiscal_year(voucher.date(), context),
        Split::Voucher => Part::Voucher(voucher.date(), voucher.id().clone()),
    }
}

fn output(format: &Format, written: WrittenFile) -> ManifestOutput {
    ManifestOutput {
        format: format.descriptor.id.clone(),
        path: written.name,
        sha256: written.sha256,
        bytes: written.bytes,
        configuration: String::new(),
    }
}

fn failed(shape: &Shape, source: io::Error) -> RunError {
    let path = PathBuf::from(&shape.file);
    OutputError::Write { path, source }.into()
}
