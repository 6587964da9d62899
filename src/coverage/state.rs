//! What a format has of a ledger, all objects taken together; and what is closed of it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::archive::Archive;
use crate::coverage::CoverageError;
use crate::coverage::held::HeldVoucher;
use crate::coverage::object::{self, Close, CloseObject, Corrections, ExportObject, Mirrored, Span};
use crate::coverage::recorder::CoveredDate;
use crate::date::{DateRange, days_after};
use crate::provider::Topic;

/// The row of a format's objects.
fn row(format: &str) -> String {
    format!("exports/{format}")
}

/// The row of closes.
const CLOSES: &str = "closes";

/// What stands in a format's files, and was not withdrawn.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Covered dates, and those whose entries wait for a payout.
    pub dates: BTreeMap<NaiveDate, DateState>,
    /// The vouchers as the books have them now, by id.
    pub vouchers: BTreeMap<String, Held>,
    /// How often each voucher was corrected.
    corrections: BTreeMap<String, u32>,
    /// The last file of corrections of each range, and its number.
    corrected: Vec<(u64, Corrections)>,
    /// Files that count: their numbers and ranges.
    files: Vec<(u64, Span)>,
    mirrored: BTreeMap<u64, Mirrored>,
    /// How many objects there are.
    count: u64,
}

/// A voucher that is held.
#[derive(Debug, Clone)]
pub struct Held {
    /// The voucher.
    pub voucher: HeldVoucher,
    /// The range of the file that it stands in.
    pub range: Span,
    /// The number of the file's object.
    pub file: u64,
}

/// A ledger date that is covered, or waits.
#[derive(Debug, Clone, Default)]
pub struct DateState {
    /// What is known of it.
    pub date: CoveredDate,
    /// The vouchers that hold its entries.
    pub held: BTreeSet<String>,
    /// The number of the object that covered it.
    pub file: u64,
    /// The range of the file that covered it.
    pub range: Option<Span>,
}

impl State {
    /// Reads the objects of a ledger and format.
    pub fn load(archive: &Archive, ledger_id: &str, format: &str) -> Result<Self, CoverageError> {
        Self::load_without(archive, ledger_id, format, &BTreeSet::new())
    }

    /// The same as if these files had been withdrawn.
    pub fn load_without(
        archive: &Archive,
        ledger_id: &str,
        format: &str,
        without: &BTreeSet<u64>,
    ) -> Result<Self, CoverageError> {
        let mut objects = Vec::new();
        for record in archive.records(ledger_id, &row(format))? {
            let object: ExportObject = object::read(&record, ledger_id)?;
            objects.push((record.number, object));
        }
        Ok(Self::of(objects, without.clone()))
    }

    /// Takes objects together, which are in order, but for those `withdrawn`.
    pub fn of(objects: Vec<(u64, ExportObject)>, mut withdrawn: BTreeSet<u64>) -> Self {
        for (_, object) in &objects {
            match object {
                ExportObject::Export(export) => withdrawn.extend(export.replaces.iter().copied()),
                ExportObject::Forget(forget) => withdrawn.extend(forget.withdraws.iter().copied()),
                ExportObject::Corrections(_) => {}
            }
        }
        let mut state = Self {
            count: objects.len() as u64,
            ..Self::default()
        };
        for (number, object) in objects {
            if withdrawn.contains(&number) {
                continue;
            }
            match object {
                ExportObject::Forget(_) => {}
                ExportObject::Export(export) => {
                    state.files.push((number, export.range));
                    state.mirrored.insert(number, export.mirrored);
                    state.cover(number, export.range, export.dates, export.vouchers);
                }
                ExportObject::Corrections(corrections) => {
                    state.files.push((number, corrections.range));
                    state.mirrored.insert(number, corrections.mirrored);
                    state.correct(number, corrections);
                }
            }
        }
        state
    }

    /// What closed months hold, as if it were a format's.
    pub fn of_closes(closes: &[Close]) -> Self {
        let mut state = Self::default();
        for close in closes {
            if let Ok(month) = DateRange::month(&close.month) {
                state.cover(0, month.into(), close.dates.clone(), close.vouchers.clone());
            }
        }
        state
    }

    fn cover(
        &mut self,
        file: u64,
        range: Span,
        dates: BTreeMap<NaiveDate, CoveredDate>,
        vouchers: Vec<HeldVoucher>,
    ) {
        for (at, date) in dates {
            let known = self.dates.entry(at).or_default();
            // What waited is covered when a later file holds it.
            let is_first = known.range.is_none() || known.date.waits;
            if is_first {
                known.date = date;
                known.file = file;
                known.range = Some(range);
            }
        }
        for voucher in vouchers {
            self.hold(file, range, voucher);
        }
    }

    fn hold(&mut self, file: u64, range: Span, voucher: HeldVoucher) {
        for at in voucher.dates() {
            let known = self.dates.entry(*at).or_default();
            known.held.insert(voucher.id.clone());
            known.range.get_or_insert(range);
        }
        let held = Held { voucher, range, file };
        self.vouchers.entry(held.voucher.id.clone()).or_insert(held);
    }

    fn correct(&mut self, number: u64, corrections: Corrections) {
        let mut ranges = BTreeMap::new();
        for correction in &corrections.written {
            let id = &correction.voucher.id;
            self.corrections.insert(id.clone(), correction.number);
            if let Some(held) = self.vouchers.remove(id) {
                for at in held.voucher.dates() {
                    ranges.insert(*at, held.range);
                    if let Some(known) = self.dates.get_mut(at) {
                        known.held.remove(id);
                    }
                }
            }
        }
        for at in corrections.dates.keys() {
            if let Some(known) = self.dates.get_mut(at) {
                known.file = number;
            }
        }
        for voucher in &corrections.now {
            let of_date = |at: &NaiveDate| {
                let known = self.dates.get(at).and_then(|known| known.range);
                ranges.get(at).copied().or(known)
            };
            let range = voucher.dates().iter().find_map(of_date);
            self.hold(number, range.unwrap_or(corrections.range), voucher.clone());
        }
        self.corrected.push((number, corrections));
    }

    /// Whether nothing was ever exported, or all of it withdrawn.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The number that the next object gets.
    pub fn next(&self) -> u64 {
        self.count + 1
    }

    /// How many corrections of a voucher there were.
    pub fn corrections_of(&self, id: &str) -> u32 {
        self.corrections.get(id).copied().unwrap_or(0)
    }

    /// The last file of corrections of a range, with its number.
    pub fn last_corrections(&self, range: Span) -> Option<&(u64, Corrections)> {
        let mut files = self.corrected.iter().rev();
        files.find(|(_, corrections)| corrections.range == range)
    }

    /// Whether a file was corrected after it was written.
    pub fn is_corrected(&self, file: u64) -> bool {
        let mut files = self.files.iter();
        let Some((_, span)) = files.find(|(number, _)| *number == file) else {
            return false;
        };
        let is_in = |voucher: &HeldVoucher| voucher.dates().iter().any(|date| span.contains(*date));
        self.corrected.iter().any(|(number, corrections)| {
            let mut written = corrections.written.iter();
            *number == file || written.any(|correction| is_in(&correction.voucher))
        })
    }

    /// Whether the vouchers of a file mirror the account of a topic.
    pub fn mirrors(&self, file: u64, topic: Topic) -> bool {
        let mirrored = self.mirrored.get(&file).copied().unwrap_or_default();
        match topic {
            Topic::Funds => mirrored.funds,
            Topic::Fees => mirrored.fees_payable,
        }
    }

    /// The files that count, with their ranges.
    pub fn files(&self) -> &[(u64, Span)] {
        &self.files
    }

    /// Whether the entries of a date are covered, all of them.
    pub fn covers(&self, date: NaiveDate) -> bool {
        self.dates.get(&date).is_some_and(|known| !known.date.waits)
    }

    /// Whether a voucher, or the vouchers that it is kept with, stands in a file of another range.
    pub fn is_held_elsewhere(&self, id: &str, range: Span) -> bool {
        self.vouchers.get(id).is_some_and(|held| held.range != range)
    }
}

/// The months that are closed, in order.
#[derive(Debug, Clone, Default)]
pub struct Closes {
    /// Those that were not opened again.
    pub closed: Vec<Close>,
    count: u64,
}

impl Closes {
    /// Reads the closes of a ledger.
    pub fn load(archive: &Archive, ledger_id: &str) -> Result<Self, CoverageError> {
        let mut closes = Self::default();
        for record in archive.records(ledger_id, CLOSES)? {
            closes.count += 1;
            let wrong = |message: &str| CoverageError::Object {
                path: record.place.clone(),
                message: message.to_owned(),
            };
            match object::read(&record, ledger_id)? {
                CloseObject::Close(close) => {
                    if DateRange::month(&close.month).is_err() {
                        return Err(wrong("has no month"));
                    }
                    closes.closed.push(close);
                }
                CloseObject::Reopen(reopen) => {
                    let last = closes.closed.pop();
                    if last.is_none_or(|close| close.month != reopen.month) {
                        return Err(wrong("opens a month that was not the last one closed"));
                    }
                }
            }
        }
        Ok(closes)
    }

    /// The number that the next object gets.
    pub fn next(&self) -> u64 {
        self.count + 1
    }

    /// The last closed date.
    pub fn last_date(&self) -> Option<NaiveDate> {
        let month = DateRange::month(&self.closed.last()?.month).ok()?;
        Some(month.to())
    }

    /// The first date that is not in a closed month, where any is closed.
    pub fn first_open(&self) -> Option<NaiveDate> {
        Some(days_after(self.last_date()?, 1))
    }

    /// Whether a date lies in a closed month.
    pub fn contains(&self, date: NaiveDate) -> bool {
        let is_in = |close: &Close| DateRange::month(&close.month).is_ok_and(|month| month.contains(date));
        self.closed.iter().any(is_in)
    }
}

/// Adds an object to a format's row.
pub fn add_export(
    archive: &Archive,
    ledger_id: &str,
    format: &str,
    number: u64,
    object: &ExportObject,
) -> Result<(), CoverageError> {
    add(
        archive,
        ledger_id,
        &row(format),
        number,
        &object::to_text(ledger_id, object),
    )
}

/// Adds an object to the row of closes.
pub fn add_close(
    archive: &Archive,
    ledger_id: &str,
    number: u64,
    object: &CloseObject,
) -> Result<(), CoverageError> {
    add(
        archive,
        ledger_id,
        CLOSES,
        number,
        &object::to_text(ledger_id, object),
    )
}

fn add(archive: &Archive, ledger_id: &str, row: &str, number: u64, text: &str) -> Result<(), CoverageError> {
    if archive.add_record(ledger_id, row, number, text)? {
        return Ok(());
    }
    Err(CoverageError::Meanwhile(format!("{ledger_id}/{row}/{number}")))
}
