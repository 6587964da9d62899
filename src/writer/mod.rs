//! Writers: each turns finished vouchers (or ledger days) into one kind of document.
//!
//! A writer is a pure function on finished data, in two passes. In the first it looks at
//! everything and says what its target cannot hold; in the second it writes UTF-8 and `\n`. It
//! opens no files, reads no clock, sorts nothing and rounds nothing.

pub mod entries_csv;
pub mod journal_csv;
pub mod journal_json;
pub mod saft;
pub mod saft_no;
pub mod xml;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use crate::config::LedgerConfig;
use crate::date::DateRange;
use crate::journal::Voucher;
use crate::ledger::LedgerInfo;
use crate::ledger::day::LedgerDay;
use crate::ledger::finding::{Code, Findings};
use crate::ledger::proof::LedgerProof;
use crate::money::Currency;
use crate::posting::books::Books;

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
/// before or after the day it was made of.
pub trait Writer {
    /// First pass: a ledger day.
    fn check_day(&mut self, _day: &LedgerDay<'_>, _limits: &mut Limits) {}

    /// First pass: a voucher. Reports everything about it that the target cannot hold.
    fn check_voucher(&mut self, _voucher: &Voucher, _limits: &mut Limits) {}

    /// First pass: what the books hold when the document begins.
    fn check_opening(&mut self, _opening: &Opening) {}

    /// First pass: there is no more.
    fn check_end(&mut self, _limits: &mut Limits) {}

    /// The document's name, when it is not the one of the descriptor.
    fn file_name(&self) -> Option<String> {
        None
    }

    /// Second pass: what stands before the first voucher.
    fn start(&mut self, _proof: &LedgerProof, _out: &mut dyn io::Write) -> io::Result<()> {
        Ok(())
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

/// Collects what a target cannot hold, and what had to be replaced so that it can.
#[derive(Debug)]
pub struct Limits {
    format: &'static str,
    refusals: Vec<String>,
    replacements: Vec<String>,
}

impl Limits {
    /// An empty collection for a format.
    pub fn new(format: &'static str) -> Self {
        Self {
            format,
            refusals: Vec::new(),
            replacements: Vec::new(),
        }
    }

    /// The target cannot hold something: what, of which voucher or entry, and the limit.
    pub fn refuse(&mut self, what: impl Into<String>) {
        self.refusals.push(what.into());
    }

    /// Something was replaced to fit the target: what, of which voucher, and by what.
    pub fn replaced(&mut self, what: impl Into<String>) {
        self.replacements.push(what.into());
    }

    /// Whether anything was refused.
    pub fn has_refusals(&self) -> bool {
        !self.refusals.is_empty()
    }

    /// All refusals.
    pub fn refusals(&self) -> &[String] {
        &self.refusals
    }

    /// All replacements.
    pub fn replacements(&self) -> &[String] {
        &self.replacements
    }

    /// Puts everything into `findings`: one finding for the refusals and one for the
    /// replacements, each with its count and all of its items.
    pub fn report(self, findings: &mut Findings) {
        for (code, items) in [
            (Code::TargetLimit, self.refusals),
            (Code::TextReplaced, self.replacements),
        ] {
            let format = self.format;
            let message = format!("{format}: {}", items.join("; "));
            let mut message = Some(message);
            for _ in &items {
                findings.add(code, None, None, None, || message.take().unwrap_or_default());
            }
        }
    }
}
