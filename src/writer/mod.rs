//! Writers: each turns finished vouchers (or ledger days) into one kind of document.
//!
//! Two types make a document: a [`Checker`] looks at the journal and says what the target cannot
//! hold, a [`Writer`] writes. Both are pure functions on finished data: they open no files, read
//! no clock, sort nothing and round nothing.

pub mod api;
pub mod contents;
pub mod csv;
pub mod dates;
pub mod delimited;
pub mod entries_csv;
pub mod journal_csv;
pub mod journal_json;
mod limits;
pub mod lines;
pub mod saft;
pub mod settlement;
pub mod sie;
pub mod visma_business;
pub mod xml;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use chrono::NaiveDate;

pub use limits::Limits;

use crate::config::LedgerConfig;
use crate::date::{DateRange, FiscalCalendar};
use crate::journal::Voucher;
use crate::ledger::page::Page;
use crate::money::Currency;
use crate::posting::books::Books;
use crate::provider::LedgerInfo;
use crate::writer::contents::Contents;

/// What a writer may know of the run.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The ledger, as the provider describes it.
    pub info: &'a LedgerInfo,
    /// The ledger's currency.
    pub currency: Currency,
    /// The dates of the export.
    pub range: DateRange,
    /// Accounts, chart and modes.
    pub books: &'a Books<'a>,
    /// The company, and everything else that the configuration says of the ledger.
    pub config: &'a LedgerConfig,
    /// The ids of the other ledgers that are known to belong to the same company: vouchers of all
    /// of them go to the same books.
    pub siblings: &'a [String],
}

impl Context<'_> {
    /// A format's own options, as the configuration has them.
    pub fn options(&self, format: &str) -> Option<&toml::Table> {
        self.config.format_options.get(format)
    }

    /// The company's fiscal years.
    pub fn fiscal_calendar(&self) -> FiscalCalendar {
        // The configuration takes months only.
        FiscalCalendar::new(self.config.company.fiscal_year_start_month)
            .unwrap_or(FiscalCalendar::CALENDAR_YEARS)
    }
}

/// What the books hold when a document begins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Opening {
    /// The provider's funds balance before the first entry that the run posts, where known.
    pub funds: Option<i64>,
    /// The provider's fees balance before the first entry that the run posts, where known.
    pub fees: Option<i64>,
    /// What earlier documents of the run move each account by, in the base currency.
    pub carried: BTreeMap<Arc<str>, i128>,
    /// Whether an earlier document of the run holds the fiscal year before.
    pub follows_another: bool,
}

/// A document when all that goes into it is known.
#[derive(Debug, Clone, Copy)]
pub struct Whole<'w> {
    /// What its vouchers hold.
    pub contents: &'w Contents,
    /// The size in bytes of what stands between head and end, as UTF-8.
    pub size: u64,
}

/// Looks at what goes into a document and says what its target cannot hold, all of it.
///
/// A run shows it everything: the days before the range that the first payout takes in, then
/// entries, days' ends and vouchers as they come, and [`Checker::end`] last. Entries come in
/// order; vouchers in the order in which they are made, which is not always that of the document.
pub trait Checker {
    /// Some entries of a day before the range that the first payout takes in.
    fn page_before(&mut self, _page: &Page<'_, '_>) {}

    /// The end of a day before the range.
    fn day_before(&mut self, _date: NaiveDate) {}

    /// Some entries of a ledger date.
    fn page(&mut self, _page: &Page<'_, '_>) {}

    /// The end of a ledger date.
    fn day(&mut self, _date: NaiveDate, _limits: &mut Limits) {}

    /// A voucher.
    fn voucher(&mut self, _voucher: &Voucher, _limits: &mut Limits) {}

    /// There is no more.
    fn end(&mut self, _whole: &Whole<'_>, _limits: &mut Limits) {}
}

/// A checker for targets that hold everything.
#[derive(Debug, Clone, Copy)]
pub struct HoldsEverything;

impl Checker for HoldsEverything {}

/// Writes a document: UTF-8 with `\n` where the target reads text, else bytes.
///
/// A run calls `begin` once, `page`, `day` and `voucher` as the data comes (vouchers in order of
/// date, then id), and `end`. What is written is thrown away when something stands against the
/// export, so a writer need not look out for what its checker refuses.
pub trait Writer {
    /// Whether the days before the range that its first payout takes in are wanted.
    fn wants_days_before(&self) -> bool {
        false
    }

    /// Whether the writer or its checker wants to know what the vouchers of the document hold;
    /// without it, [`Contents`] stays empty.
    fn wants_contents(&self) -> bool {
        self.has_late_head()
    }

    /// Whether entries and the ends of dates are wanted.
    fn wants_entries(&self) -> bool {
        false
    }

    /// Whether what stands before the vouchers depends on all of them. Then [`Writer::end`] makes
    /// the head, and what was written until then waits for it.
    fn has_late_head(&self) -> bool {
        false
    }

    /// Some entries of a day before the range.
    fn page_before(&mut self, _page: &Page<'_, '_>) {}

    /// The end of a day before the range.
    fn day_before(&mut self, _date: NaiveDate) {}

    /// Before all else; `contents` holds the first voucher, where there is one.
    fn begin(&mut self, _contents: &Contents, _out: &mut Vec<u8>) -> io::Result<()> {
        Ok(())
    }

    /// Some entries of a ledger date.
    fn page(&mut self, _page: &Page<'_, '_>, _out: &mut Vec<u8>) -> io::Result<()> {
        Ok(())
    }

    /// The end of a ledger date.
    fn day(&mut self, _date: NaiveDate, _out: &mut Vec<u8>) -> io::Result<()> {
        Ok(())
    }

    /// A voucher.
    fn voucher(&mut self, _voucher: &Voucher, _out: &mut Vec<u8>) -> io::Result<()> {
        Ok(())
    }

    /// There is no more: `head` gets what stands before everything else, in writers that have a
    /// late head, and `out` what stands after it.
    fn end(&mut self, _whole: &Whole<'_>, _head: &mut Vec<u8>, _out: &mut Vec<u8>) -> io::Result<()> {
        Ok(())
    }

    /// Whether there is nothing to make a document of, so that no file is made.
    fn is_empty(&self, _contents: &Contents) -> bool {
        false
    }

    /// The document's name, when it is not the one of the descriptor.
    fn file_name(&self, _contents: &Contents) -> Option<String> {
        None
    }
}
