//! Finds the captures that refunds belong to: those of the same reference, as far as earlier
//! refunds have left something of them.
//!
//! A refund looks back over a fixed number of dates, and the refunds of those dates are followed
//! again for it. So a date gives the same whichever range it is part of.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use chrono::NaiveDate;

use crate::config::{CaptureMode, Rule};
use crate::date::{DateRange, days_after, days_before};
use crate::ledger::entry::{Entry, EntryType};
use crate::posting::books::Books;
use crate::posting::replay::Replay;
use crate::posting::sale::{Sale, Settled};

/// A refund whose capture makes no difference to the books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenRefund {
    pub date: NaiveDate,
    /// Its place on the date, from 1.
    pub ordinal: usize,
    /// Minor units, as the entry has them.
    pub amount: i64,
    /// The merchant's reference.
    pub reference: Box<str>,
}

impl SeenRefund {
    /// A refund of `date`; `None` without a reference, which belongs to no capture.
    pub fn of(date: NaiveDate, ordinal: usize, entry: &Entry<'_>) -> Option<Self> {
        Some(Self {
            date,
            ordinal,
            amount: entry.amount,
            reference: entry.reference.as_deref()?.into(),
        })
    }
}

/// The captures and refunds of references that refunds of the range name, and what follows.
#[derive(Debug, Clone, Default)]
pub struct CaptureIndex {
    lookback_days: u64,
    /// Whether captures can make a difference to how refunds are booked.
    decides: bool,
    /// The first date of the range with a refund that has a reference.
    first_refund: Option<NaiveDate>,
    by_reference: HashMap<Box<str>, Vec<Arc<Sale>>>,
    /// The dates in a look-back that are not known.
    unknown: BTreeSet<NaiveDate>,
    settled: HashMap<(NaiveDate, usize), Settled>,
}

impl CaptureIndex {
    /// An empty index that looks back `lookback_days` dates from a refund, for books in which its
    /// capture can make a difference.
    pub fn new(lookback_days: u64) -> Self {
        Self {
            lookback_days,
            decides: true,
            ..Self::default()
        }
    }

    /// Notes that the captures of an entry of `date` will be asked for, when it is a refund.
    pub fn want(&mut self, date: NaiveDate, entry: &Entry<'_>) {
        if let (EntryType::Refund, Some(reference)) = (&entry.entry_type, entry.reference.as_deref())
            && !self.by_reference.contains_key(reference)
        {
            self.by_reference.insert(reference.into(), Vec::new());
            self.first_refund.get_or_insert(date);
        }
    }

    /// The dates whose captures and refunds are to be offered for the refunds of `range`; none
    /// where no refund asks for them.
    pub fn dates(&self, range: DateRange) -> Option<DateRange> {
        let first = days_before(self.first_refund?, self.lookback_days);
        DateRange::new(first, range.to()).ok()
    }

    /// An entry of `date` with its reference, when it is a capture or refund of one that a refund
    /// asks for.
    pub fn sale(
        &self,
        books: &Books<'_>,
        date: NaiveDate,
        ordinal: usize,
        entry: &Entry<'_>,
    ) -> Option<(Box<str>, Sale)> {
        let reference = entry.reference.as_deref()?;
        let sale = Sale::of(books, date, ordinal, entry)?;
        self.by_reference
            .contains_key(reference)
            .then(|| (reference.into(), sale))
    }

    /// Keeps what [`Self::sale`] found. Entries come in their order.
    pub fn offer(&mut self, reference: &str, sale: Sale) {
        if let Some(sales) = self.by_reference.get_mut(reference) {
            sales.push(Arc::new(sale));
        }
    }

    /// Notes a date that is not known, and may hold captures and refunds.
    pub fn lacks(&mut self, date: NaiveDate) {
        self.unknown.insert(date);
    }

    /// Settles the refunds of `range`, when all entries have been offered.
    pub fn settle(&mut self, books: &Books<'_>, range: DateRange) {
        let mut settled = HashMap::new();
        for (reference, sales) in &self.by_reference {
            let mut replay = Replay::new(books, reference, sales);
            for (place, sale) in sales.iter().enumerate() {
                if !sale.is_refund || !(range.from()..=range.to()).contains(&sale.ledger_date) {
                    continue;
                }
                let first = days_before(sale.ledger_date, self.lookback_days);
                let mut result = replay.refund(first, place);
                result.unknown_dates = self.unknown.range(first..=sale.ledger_date).count();
                settled.insert((sale.ledger_date, sale.ordinal), result);
            }
        }
        self.settled = settled;
        self.by_reference.clear();
    }

    /// What became of the refund at `ordinal` of a ledger date; `None` where its capture can make
    /// no difference, or it has no reference.
    pub fn of(&self, date: NaiveDate, ordinal: usize) -> Option<&Settled> {
        self.settled.get(&(date, ordinal))
    }

    /// Whether captures can make a difference to how refunds are booked.
    pub fn decides(&self) -> bool {
        self.decides
    }

    /// How many dates a refund looks back.
    pub fn lookback_days(&self) -> u64 {
        self.lookback_days
    }

    /// The first and last date that is not known and would be needed.
    pub fn unknown_span(&self) -> Option<(NaiveDate, NaiveDate)> {
        Some((*self.unknown.first()?, *self.unknown.last()?))
    }
}

impl Books<'_> {
    /// Whether which capture a refund of `range` belongs to can change how it is booked: rules
    /// look at dates or references; or, in revenue mode, there are several, sales lines, or a tax
    /// code that begins or ends between a capture and its refund.
    pub fn needs_captures_of_refunds(&self, range: DateRange) -> bool {
        let rules = &self.config.rules;
        let changes = |code: &String| {
            // A sale may have happened on another date than its ledger date, by a few days.
            let first = days_before(range.from(), self.settings.refund_lookback_days + 7);
            let last = days_after(range.to(), 7);
            let is_within = |date: NaiveDate| first <= date && date <= last;
            self.config.tax_codes.get(code).is_some_and(|tax| {
                tax.valid_from.is_some_and(is_within) || tax.valid_to.is_some_and(is_within)
            })
        };
        rules.iter().any(Rule::depends_on_capture)
            || (self.may_use(CaptureMode::Revenue)
                && (rules.len() > 1
                    || rules.iter().any(|rule| rule.handle.is_some())
                    || rules
                        .iter()
                        .filter_map(|rule| rule.tax_code.as_ref())
                        .any(changes)
                    || !self.sales_lines.is_empty()))
    }

    /// Whether a refund that names no capture may be booked otherwise than its capture.
    pub fn needs_references(&self) -> bool {
        let rules = &self.config.rules;
        rules.iter().any(Rule::depends_on_capture)
            || (self.may_use(CaptureMode::Revenue) && (rules.len() > 1 || !self.sales_lines.is_empty()))
    }
}
