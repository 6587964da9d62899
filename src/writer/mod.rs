//! Writers: each turns finished vouchers (or ledger days) into one kind of document.
//!
//! A writer is a pure function on finished data, in two passes. In the first it looks at
//! everything and says what its target cannot hold; in the second it writes UTF-8 and `\n`. It
//! opens no files, reads no clock, sorts nothing and rounds nothing.

pub mod api;
pub mod contents;
pub mod delimited;
pub mod entries_csv;
pub mod journal_csv;
pub mod journal_json;
pub mod lines;
pub mod numbers;
pub mod period;
pub mod saft;
pub mod saft_dk;
pub mod saft_no;
pub mod settlement;
pub mod sie;
pub mod visma_business;
pub mod xml;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use crate::config::LedgerConfig;
use crate::date::DateRange;
use crate::journal::Voucher;
use crate::ledger::day::LedgerDay;
use crate::ledger::finding::{Code, Findings};
use crate::money::Currency;
use crate::posting::books::Books;
use crate::proof::LedgerProof;
use crate::provider::LedgerInfo;

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

/// A document in the making.
///
/// The run calls `check_day` and `check_voucher` for everything, then `check_opening` and
/// `check_end`; when nothing
/// stands against it, `start`, `day` and `voucher` for everything again, and `end`. In the second
/// pass vouchers come in order of date, then id, and days in order of date; a voucher may come
/// before or after the day it was made of. A writer that has no document to make (`is_empty`
/// after `check_end`) is not called for the second pass, and no file is made.
pub trait Writer {
    /// Whether the writer wants the days before the range that its first payout takes in.
    fn wants_days_before(&self) -> bool {
        false
    }

    /// First pass, before all else: a day before the range that the first payout of the range
    /// takes in. These days come in order of date, in the first pass only.
    fn day_before(&mut self, _day: &LedgerDay<'_>) {}

    /// First pass: a ledger day.
    fn check_day(&mut self, _day: &LedgerDay<'_>, _limits: &mut Limits) {}

    /// First pass: a voucher. Reports everything about it that the target cannot hold.
    fn check_voucher(&mut self, _voucher: &Voucher, _limits: &mut Limits) {}

    /// First pass: what the books hold when the document begins.
    fn check_opening(&mut self, _opening: &Opening) {}

    /// First pass: there is no more.
    fn check_end(&mut self, _limits: &mut Limits) {}

    /// After the first pass: whether there is nothing to make a document of.
    fn is_empty(&self) -> bool {
        false
    }

    /// The document's name, when it is not the one of the descriptor.
    fn file_name(&self) -> Option<String> {
        None
    }

    /// Second pass: what stands before the first voucher.
    fn start(&mut self, _proof: &LedgerProof, _out: &mut dyn io::Write) -> io::Result<()> {
        Ok(())
    }

    /// Whether the writer wants the days again in the second pass. Where none does, and the
    /// vouchers are few, the days are read only once.
    fn wants_days(&self) -> bool {
        false
    }

    /// Second pass: a ledger day.
    fn day(&mut self, _day: &LedgerDay<'_>, _out: &mut dyn io::Write) -> io::Result<()> {
        Ok(())
    }

    /// Second pass: a voucher.
    fn voucher(&mut self, _voucher: &Voucher, _out: &mut dyn io::Write) -> io::Result<()> {
        Ok(())
    }

    /// Second pass: what stands after the last voucher.
    fn end(&mut self, _out: &mut dyn io::Write) -> io::Result<()> {
        Ok(())
    }
}

/// How many replacements are named; the others are counted.
const NAMED_REPLACEMENTS: usize = 100;

/// Collects what a target cannot hold, and what had to be replaced so that it can.
#[derive(Debug)]
pub struct Limits {
    format: String,
    refusals: Vec<String>,
    replacements: Vec<String>,
    more_replacements: usize,
}

impl Limits {
    /// An empty collection for a format.
    pub fn new(format: &str) -> Self {
        Self {
            format: format.to_owned(),
            refusals: Vec::new(),
            replacements: Vec::new(),
            more_replacements: 0,
        }
    }

    /// The target cannot hold something: what, of which voucher or entry, and the limit.
    pub fn refuse(&mut self, what: impl Into<String>) {
        self.refusals.push(what.into());
    }

    /// Something was replaced to fit the target: what, of which voucher, and by what.
    pub fn replaced(&mut self, what: impl Into<String>) {
        if self.replacements.len() < NAMED_REPLACEMENTS {
            self.replacements.push(what.into());
        } else {
            self.more_replacements += 1;
        }
    }

    /// Refuses something that every line of a voucher may repeat: it is named once in a row.
    pub fn refuse_once(&mut self, what: String) {
        if !recent(&self.refusals).contains(&what) {
            self.refuse(what);
        }
    }

    /// Lists a replacement that every line of a voucher may repeat: it is named once in a row.
    pub fn replaced_once(&mut self, what: String) {
        if !recent(&self.replacements).contains(&what) {
            self.replaced(what);
        }
    }

    /// Whether anything was refused.
    pub fn has_refusals(&self) -> bool {
        !self.refusals.is_empty()
    }

    /// All refusals.
    pub fn refusals(&self) -> &[String] {
        &self.refusals
    }

    /// The replacements that are named.
    pub fn replacements(&self) -> &[String] {
        &self.replacements
    }

    /// Puts everything into `findings`: one finding for the refusals and one for the
    /// replacements, each with its count and all of its items.
    pub fn report(mut self, findings: &mut Findings) {
        let replaced = self.replacements.len() + self.more_replacements;
        if self.more_replacements > 0 {
            self.replacements
                .push(format!("and {} more", self.more_replacements));
        }
        let refused = self.refusals.len();
        for (code, items, count) in [
            (Code::TargetLimit, self.refusals, refused),
            (Code::TextReplaced, self.replacements, replaced),
        ] {
            let format = &self.format;
            let message = format!("{format}: {}", items.join("; "));
            let mut message = Some(message);
            for _ in 0..count {
                findings.add(code, None, None, None, || message.take().unwrap_or_default());
            }
        }
    }
}

/// The last items of a list: as many as the faults of one voucher are expected to be.
fn recent(items: &[String]) -> &[String] {
    &items[items.len().saturating_sub(20)..]
}
