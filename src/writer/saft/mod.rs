//! `saft-no` and `saft-dk`: SAF-T Financial, streamed. One checker and one writer for every
//! country; what differs is said by its [`Country`].

mod amounts;
mod check;
mod country;
mod denmark;
mod elements;
mod head;
mod norway;
mod transaction;

use std::collections::BTreeMap;
use std::io;

use chrono::NaiveDate;

use crate::format::FormatError;
use crate::format::options::Options;
use crate::journal::Voucher;
use crate::writer::contents::{self, AccountBalance, Contents};
use crate::writer::dates::{self, Dates};
use crate::writer::saft::transaction::Parts;
use crate::writer::xml::Xml;
use crate::writer::{Context, Whole, Writer};

pub use check::{SaftChecker, fits, fits_as};
pub use country::Country;
pub use denmark::Denmark;
pub use norway::Norway;

// The elements that are open where transactions stand.
const AUDIT_FILE: &str = "AuditFile";
const LEDGER_ENTRIES: &str = "GeneralLedgerEntries";
const JOURNAL: &str = "Journal";

/// The type of departments in an analysis.
const DEPARTMENT: &str = "AVD";

/// The type of projects in an analysis.
const PROJECT: &str = "PROSJ";

/// What a ledger's SAF-T file for a country looks like.
#[derive(Debug, Clone)]
pub struct Saft<'a, C: Country> {
    context: Context<'a>,
    country: C,
    created: Option<NaiveDate>,
    journal: String,
    opening: BTreeMap<String, i128>,
    grouping: BTreeMap<String, C::Grouping>,
    options: Options,
}

/// Writes the file of a country.
#[derive(Debug)]
pub struct SaftWriter<'a, C: Country> {
    saft: Saft<'a, C>,
    dates: Dates,
    parts: Parts,
}

impl<'a, C: Country> SaftWriter<'a, C> {
    /// A writer for one document.
    pub fn new(saft: Saft<'a, C>) -> Self {
        Self {
            dates: Dates::new(&saft.context, None, None, saft.created),
            parts: Parts::default(),
            saft,
        }
    }
}

impl<'a, C: Country> Saft<'a, C> {
    /// The file of one ledger; refuses options that the format does not take.
    pub fn new(context: &Context<'a>, options: &Options) -> Result<Self, FormatError> {
        let country = C::new(context, options)?;
        let journal = options.get("journal").map(str::to_owned);
        let base = context.books.settings.base_currency;
        Ok(Self {
            context: *context,
            country,
            created: dates::created(options)?,
            journal: journal.unwrap_or_else(|| format!("VM-{}", context.info.ledger_id)),
            opening: contents::openings(options, base.exponent())?,
            grouping: options.table("grouping")?,
            options: options.clone(),
        })
    }

    fn dates(&self, contents: &Contents) -> Dates {
        Dates::new(&self.context, contents.first, contents.last, self.created)
    }

    fn balances(&self, contents: &Contents) -> (Vec<AccountBalance>, Vec<String>) {
        let is_balance = |number: &str| C::is_balance(number, self.grouping(number));
        contents.accounts(&self.context, &self.opening, &is_balance)
    }

    /// What an account is in the authority's list.
    fn grouping(&self, number: &str) -> Option<&C::Grouping> {
        C::codes().grouping(self.context.books, number, &self.grouping)
    }
}

impl<C: Country> Writer for SaftWriter<'_, C> {
    fn has_late_head(&self) -> bool {
        true
    }

    fn begin(&mut self, contents: &Contents, _out: &mut Vec<u8>) -> io::Result<()> {
        self.dates = self.saft.dates(contents);
        Ok(())
    }

    fn voucher(&mut self, voucher: &Voucher, out: &mut Vec<u8>) -> io::Result<()> {
        self.saft.transaction(&mut self.parts, out, voucher, &self.dates)
    }

    fn end(&mut self, whole: &Whole<'_>, head: &mut Vec<u8>, out: &mut Vec<u8>) -> io::Result<()> {
        // Without a transaction the journal is not opened, so the head says what is to be closed.
        let mut xml = Xml::new();
        self.saft.head(whole.contents, &mut xml, head)?;
        xml.close_all(out)
    }

    fn is_empty(&self, contents: &Contents) -> bool {
        C::NEEDS_TRANSACTION && contents.vouchers == 0
    }

    fn file_name(&self, contents: &Contents) -> Option<String> {
        C::file_name(&self.saft.context.config.company, &self.saft.dates(contents))
    }
}
