//! `vipps-settlement-xml`: the settlement report that the provider's portal makes, rebuilt from
//! the ledger: one settlement per payout, with gross, fee and net of every transaction.
//!
//! The report has no place for disputes, corrections, reserves or carried balances; a payout that
//! holds such a thing is refused by name.

mod check;
mod elements;
mod merchant;
mod since_payout;

use std::io;

use chrono::NaiveDate;
use chrono_tz::Tz;

use crate::date::DateRange;
use crate::format::FormatError;
use crate::format::options::Options;
use crate::ledger::page::Page;
use crate::money::Currency;
use crate::writer::contents::Contents;
use crate::writer::settlement::since_payout::{Settlement, SincePayout};
use crate::writer::xml::{self, Xml};
use crate::writer::{Checker, Context, Limits, Whole, Writer};

/// Which of the provider's schemas the report follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    Two,
    Three,
}

/// Sums over all settlements of the report, in minor units.
#[derive(Debug, Default)]
struct Totals {
    settlements: u64,
    gross: i128,
    net: i128,
    fee: i128,
    refunded: i128,
}

impl Totals {
    fn add(&mut self, settlement: &Settlement) {
        self.settlements += 1;
        self.gross += settlement.gross();
        self.net += settlement.net();
        self.fee += settlement.fee();
        self.refunded += settlement.refunded();
    }
}

/// What the settlement report of a ledger looks like.
#[derive(Debug, Clone)]
pub struct SettlementXml {
    version: Version,
    /// The report's fields about the sales unit and its owner, in order.
    merchant: Vec<(&'static str, String)>,
    account: String,
    has_one_serial_number: bool,
    fixed_type: Option<bool>,
    range: DateRange,
    zone: Tz,
    currency: Currency,
}

/// Says what the report has no place for.
#[derive(Debug)]
pub struct SettlementChecker {
    report: SettlementXml,
    since_payout: SincePayout,
    /// Whether a payout so far is the gross: its fees come with an invoice.
    has_gross: bool,
}

/// Writes the settlement report.
#[derive(Debug)]
pub struct SettlementWriter {
    report: SettlementXml,
    since_payout: SincePayout,
    totals: Totals,
    has_gross: bool,
    /// Settlements that wait until a payout with fees tells what the ledger's payouts are.
    waiting: Vec<Settlement>,
    xml: Xml,
}

impl SettlementXml {
    /// The report of one ledger.
    pub fn new(context: &Context<'_>, options: &Options) -> Result<Self, FormatError> {
        if context.currency.exponent() != 2 {
            return Err(options.wrong(&format!(
                "the report has two decimals, which {} has not",
                context.currency
            )));
        }
        let version = match options.text("version")? {
            "2.0" => Version::Two,
            _ => Version::Three,
        };
        let merchant = merchant::fields(context, options)?;
        if let Some(city) = merchant
            .iter()
            .find(|(name, city)| *name == "MainAddressCity" && !merchant::is_ncname(city))
            && version == Version::Two
        {
            return Err(options.wrong(&format!(
                "version 2.0 cannot hold the city `{}`: its schema takes one word",
                city.1
            )));
        }
        for (name, text) in &merchant {
            if let Some(character) = xml::first_illegal(text) {
                return Err(options.wrong(&format!(
                    "{name} holds U+{:04X}, which XML does not take",
                    u32::from(character)
                )));
            }
        }
        Ok(Self {
            version,
            merchant,
            account: merchant::payout_account(context, options)?,
            has_one_serial_number: options.has("serial_number"),
            fixed_type: match options.text("settlement_type")? {
                "Gross" => Some(true),
                "Net" => Some(false),
                _ => None,
            },
            range: context.range,
            zone: context.books.chart.zone(),
            currency: context.currency,
        })
    }

    /// Whether the payout is the gross: its fees come with an invoice. `None` where a payout has
    /// no fee at all: then it is what the ledger's other payouts are, and net when none tells.
    fn is_gross(&self, settlement: &Settlement) -> Option<bool> {
        match self.fixed_type {
            Some(is_gross) => Some(is_gross),
            None if settlement.retained != 0 => Some(false),
            None if settlement.fee() != 0 => Some(true),
            None => None,
        }
    }
}

impl SettlementChecker {
    /// A checker for one report.
    pub fn new(report: SettlementXml) -> Self {
        Self {
            report,
            since_payout: SincePayout::default(),
            has_gross: false,
        }
    }
}

impl Checker for SettlementChecker {
    fn page_before(&mut self, page: &Page<'_, '_>) {
        self.since_payout.page(page, self.report.zone);
    }

    fn day_before(&mut self, date: NaiveDate) {
        self.since_payout.day_before(date);
    }

    fn page(&mut self, page: &Page<'_, '_>) {
        self.since_payout.page(page, self.report.zone);
    }

    fn day(&mut self, date: NaiveDate, limits: &mut Limits) {
        for settlement in self.since_payout.day(date) {
            let is_gross = self.report.is_gross(&settlement).unwrap_or(self.has_gross);
            self.report.check_settlement(&settlement, is_gross, limits);
            self.has_gross |= is_gross && settlement.fee() != 0;
        }
    }

    fn end(&mut self, _whole: &Whole<'_>, limits: &mut Limits) {
        for reference in self.since_payout.stray_fees() {
            limits.refuse(format!(
                "the fee of pspReference `{reference}` belongs to no transaction of its settlement, and the report shows fees only there"
            ));
        }
    }
}

impl SettlementWriter {
    /// A writer for one report.
    pub fn new(report: SettlementXml) -> Self {
        Self {
            report,
            since_payout: SincePayout::default(),
            totals: Totals::default(),
            has_gross: false,
            waiting: Vec::new(),
            xml: Xml::within(&["SettlementReport", "SettlementDetailsInfo", "PaymentsInfo"]),
        }
    }

    /// Writes the settlements that wait, as far as it is known what they are.
    fn write(&mut self, is_last: bool, out: &mut Vec<u8>) -> io::Result<()> {
        let is_known = self.has_gross || is_last;
        let undecided = |settlement: &Settlement| self.report.is_gross(settlement).is_none() && !is_known;
        let count = self
            .waiting
            .iter()
            .position(undecided)
            .unwrap_or(self.waiting.len());
        for settlement in self.waiting.drain(..count) {
            let is_gross = self.report.is_gross(&settlement).unwrap_or(self.has_gross);
            self.report
                .write_settlement(&mut self.xml, &settlement, is_gross, out)?;
        }
        Ok(())
    }
}

impl Writer for SettlementWriter {
    fn wants_days_before(&self) -> bool {
        true
    }

    fn wants_entries(&self) -> bool {
        true
    }

    fn has_late_head(&self) -> bool {
        true
    }

    fn wants_contents(&self) -> bool {
        false
    }

    fn page_before(&mut self, page: &Page<'_, '_>) {
        self.since_payout.page(page, self.report.zone);
    }

    fn day_before(&mut self, date: NaiveDate) {
        self.since_payout.day_before(date);
    }

    fn page(&mut self, page: &Page<'_, '_>, _out: &mut Vec<u8>) -> io::Result<()> {
        self.since_payout.page(page, self.report.zone);
        Ok(())
    }

    fn day(&mut self, date: NaiveDate, out: &mut Vec<u8>) -> io::Result<()> {
        for settlement in self.since_payout.day(date) {
            let is_gross = self.report.is_gross(&settlement) == Some(true);
            self.has_gross |= is_gross && settlement.fee() != 0;
            self.totals.add(&settlement);
            self.waiting.push(settlement);
        }
        self.write(false, out)
    }

    fn end(&mut self, _whole: &Whole<'_>, head: &mut Vec<u8>, out: &mut Vec<u8>) -> io::Result<()> {
        self.write(true, out)?;
        self.report.head(&self.totals, &mut Xml::new(), head)?;
        self.report.foot(&self.totals, &mut self.xml, out)
    }

    fn is_empty(&self, _contents: &Contents) -> bool {
        self.totals.settlements == 0
    }
}
