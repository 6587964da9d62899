//! `vipps-settlement-xml`: the settlement report that the provider's portal makes, rebuilt from
//! the ledger: one settlement per payout, with gross, fee and net of every transaction.
//!
//! The report has no place for disputes, corrections, reserves or carried balances; a payout that
//! holds such a thing is refused by name.

mod check;
mod merchant;
mod period;

use std::io;

use chrono_tz::Tz;

use crate::date::DateRange;
use crate::format::FormatError;
use crate::format::options::Options;
use crate::ledger::day::LedgerDay;
use crate::money::Currency;
use crate::proof::LedgerProof;
use crate::writer::settlement::period::{Period, Settlement, Transaction};
use crate::writer::xml::{self, Xml};
use crate::writer::{Context, Limits, Writer};

const NAMESPACE_3: &str = "http://vipps.no/xmlschema/SettlementReport-3.0.xsd";
const NAMESPACE_2: &str = "http://vipps.dnb.no/XMLSchema/SettlementReport.xsd";

/// The provider, as its own example reports name it.
const PROVIDER: [(&str, &str); 6] = [
    ("Name", "Vipps AS"),
    ("WebSite", "vipps.no"),
    ("VisitingAddress", "Dronning Eufemias Gate 42"),
    ("PostBox", ""),
    ("PostAddress", "N-0191 Oslo"),
    ("Country", "Norway"),
];

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

/// Writes the settlement report.
#[derive(Debug)]
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
    before: Period,
    period: Period,
    is_checking: bool,
    totals: Totals,
    has_gross: bool,
    xml: Xml,
}

impl SettlementXml {
    /// A writer for one ledger's report.
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
            before: Period::default(),
            period: Period::default(),
            is_checking: false,
            totals: Totals::default(),
            has_gross: false,
            xml: Xml::new(),
        })
    }

    fn money(&self, minor: i128) -> String {
        // Sums of amounts that the ledger holds in 64 bits; larger ones are refused before.
        i64::try_from(minor).map_or_else(|_| minor.to_string(), |minor| self.currency.format(minor))
    }

    /// Whether the payout is the gross: its fees come with an invoice. Where a payout has no fee
    /// at all, it is what the ledger's other payouts are, and net when none tells.
    fn is_gross(&self, settlement: &Settlement) -> bool {
        match self.fixed_type {
            Some(is_gross) => is_gross,
            None if settlement.retained != 0 => false,
            None if settlement.fee() != 0 => true,
            None => self.has_gross,
        }
    }

    fn write_settlement(&mut self, settlement: &Settlement, out: &mut dyn io::Write) -> io::Result<()> {
        let is_gross = self.is_gross(settlement);
        let currency = self.currency.code();
        let number = settlement.number.as_deref().unwrap_or_default();
        let date = settlement.date.to_string();
        let amounts = [
            ("GrossSettlementAmount", self.money(settlement.gross())),
            ("NetSettlementAmount", self.money(settlement.net())),
            ("FeeSettlementAmount", self.money(settlement.fee())),
        ];
        let count = settlement.transactions.len().to_string();
        self.xml.open(out, "SettlementInfo", &[])?;
        let date_name = match self.version {
            Version::Two => "SettlementBatchDate",
            Version::Three => "SettlementDate",
        };
        self.xml.element(out, date_name, &date)?;
        self.xml.element(out, "SettlementID", number)?;
        self.xml.element(out, "SettlementCurrencyCode", currency)?;
        match self.version {
            Version::Two => {
                for (name, amount) in &amounts {
                    self.xml.element(out, name, amount)?;
                }
                self.xml.element(out, "NumOfTransactions", &count)?;
                for transaction in &settlement.transactions {
                    self.write_transaction(transaction, out)?;
                }
            }
            Version::Three => {
                let kind = if is_gross { "Gross" } else { "Net" };
                self.xml.element(out, "SettlementType", kind)?;
                for transaction in &settlement.transactions {
                    self.write_transaction(transaction, out)?;
                }
                self.xml.element(out, "NumOfTransactions", &count)?;
                let captured = self.money(settlement.captured());
                self.xml.element(out, "CaptureSettlementAmount", &captured)?;
                let refunded = self.money(settlement.refunded());
                self.xml.element(out, "RefundSettlementAmount", &refunded)?;
                for (name, amount) in &amounts {
                    self.xml.element(out, name, amount)?;
                }
                let settled = if is_gross {
                    settlement.gross()
                } else {
                    settlement.net()
                };
                self.xml.element(out, "SettledAmount", &self.money(settled))?;
            }
        }
        self.xml.close(out)
    }

    fn write_transaction(&mut self, transaction: &Transaction, out: &mut dyn io::Write) -> io::Result<()> {
        let amount = i128::from(transaction.amount);
        let (captured, refunded) = if transaction.is_refund {
            (0, amount)
        } else {
            (amount, 0)
        };
        let time = transaction.time.as_deref().unwrap_or_default();
        self.xml.open(out, "TransactionInfo", &[])?;
        match self.version {
            Version::Two => self.xml.element(out, "TransactionDate", time)?,
            Version::Three => {
                self.xml.element(out, "TransactionTime", time)?;
                self.xml
                    .element(out, "TransactionCaptureAmount", &self.money(captured))?;
                self.xml
                    .element(out, "TransactionRefundAmount", &self.money(refunded))?;
            }
        }
        for (name, text) in [
            ("TransactionGrossAmount", self.money(amount)),
            ("TransactionNetAmount", self.money(amount - transaction.fee)),
            ("TransactionFeeAmount", self.money(transaction.fee)),
            ("SettlementCurrencyCode", self.currency.code().to_owned()),
            ("TransactionID", transaction.psp_reference.clone()),
            ("OrderID", transaction.order.clone()),
        ] {
            self.xml.element(out, name, &text)?;
        }
        self.xml.close(out)
    }
}

impl Writer for SettlementXml {
    fn wants_days_before(&self) -> bool {
        true
    }

    fn day_before(&mut self, day: &LedgerDay<'_>) {
        self.before.day_before(day, self.zone);
    }

    fn check_day(&mut self, day: &LedgerDay<'_>, limits: &mut Limits) {
        if !self.is_checking {
            self.is_checking = true;
            self.period = self.before.clone();
        }
        for settlement in self.period.day(day, self.zone) {
            self.check_settlement(&settlement, limits);
        }
    }

    fn check_end(&mut self, limits: &mut Limits) {
        for reference in self.period.stray_fees() {
            limits.refuse(format!(
                "the fee of pspReference `{reference}` belongs to no transaction of its settlement, and the report shows fees only there"
            ));
        }
    }

    fn is_empty(&self) -> bool {
        self.totals.settlements == 0
    }

    fn start(&mut self, proof: &LedgerProof, out: &mut dyn io::Write) -> io::Result<()> {
        self.period = self.before.clone();
        let range = proof.exported.unwrap_or(self.range);
        let namespace = match self.version {
            Version::Two => NAMESPACE_2,
            Version::Three => NAMESPACE_3,
        };
        self.xml.declaration(out)?;
        self.xml.open(out, "SettlementReport", &[("xmlns", namespace)])?;
        self.xml.open(out, "SettlementDetailsInfo", &[])?;
        for (name, text) in &self.merchant {
            self.xml.element(out, name, text)?;
        }
        self.xml.open(out, "PaymentsInfo", &[])?;
        self.xml
            .element(out, "ReportDateFrom", &range.from().to_string())?;
        self.xml.element(out, "ReportDateTo", &range.to().to_string())?;
        self.xml
            .element(out, "SettlementCurrencyCode", self.currency.code())?;
        let totals = &self.totals;
        if self.version == Version::Two {
            for (name, amount) in [
                ("TotalSettledGrossAmount", totals.gross),
                ("TotalSettledNetAmount", totals.net),
                ("TotalSettledFeeAmount", totals.fee),
                ("TotalSettledRefundAmount", totals.refunded),
            ] {
                self.xml.element(out, name, &self.money(amount))?;
            }
        }
        self.xml.element(out, "SettlementAccountNum", &self.account)?;
        if self.version == Version::Two {
            self.xml
                .element(out, "NumOfSettlements", &totals.settlements.to_string())?;
        }
        Ok(())
    }

    fn wants_days(&self) -> bool {
        true
    }

    fn day(&mut self, day: &LedgerDay<'_>, out: &mut dyn io::Write) -> io::Result<()> {
        for settlement in self.period.day(day, self.zone) {
            self.write_settlement(&settlement, out)?;
        }
        Ok(())
    }

    fn end(&mut self, out: &mut dyn io::Write) -> io::Result<()> {
        if self.version == Version::Three {
            let settlements = self.totals.settlements.to_string();
            self.xml.element(out, "NumOfSettlements", &settlements)?;
        }
        self.xml.close(out)?;
        self.xml.close(out)?;
        self.xml.open(out, "VippsInfo", &[])?;
        for (name, text) in PROVIDER {
            self.xml.element(out, name, text)?;
        }
        self.xml.close(out)?;
        self.xml.close(out)
    }
}
