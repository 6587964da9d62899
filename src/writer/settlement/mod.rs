//! `vipps-settlement-xml`: the settlement report that the provider's portal makes, rebuilt from
//! the ledger: one settlement per payout, with gross, fee and net of every transaction.
//!
//! The report has no place for disputes, corrections, reserves or carried balances; a payout that
//! holds such a thing is refused by name.

mod period;

use std::io;

use chrono_tz::Tz;

use crate::date::DateRange;
use crate::format::FormatError;
use crate::format::options::Options;
use crate::ledger::day::LedgerDay;
use crate::ledger::proof::LedgerProof;
use crate::money::Currency;
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
        let (merchant, account) = merchant(context, options)?;
        if let Some(city) = merchant
            .iter()
            .find(|(name, city)| *name == "MainAddressCity" && !is_ncname(city))
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
            account,
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

    fn check_settlement(&mut self, settlement: &Settlement, limits: &mut Limits) {
        let name = settlement.number.as_deref().unwrap_or("without a number");
        let what = format!("payout {name} of {}", settlement.date);
        let refuse = |limits: &mut Limits, why: String| limits.refuse(format!("{what}: {why}"));
        let is_number = |text: &str| text.parse::<i64>().is_ok_and(|_| !text.starts_with('+'));
        if !settlement.number.as_deref().is_some_and(is_number) {
            refuse(limits, "the report takes only a number as its id".to_owned());
        }
        for stranger in &settlement.strangers {
            refuse(limits, format!("{stranger}: the report has no place for it"));
        }
        if settlement.handles.len() > 1 && !self.has_one_serial_number {
            let handles: Vec<&str> = settlement.handles.iter().map(String::as_str).collect();
            refuse(
                limits,
                format!(
                    "it covers the sales units {}, and the report is about one; set `serial_number` to write it under one number",
                    handles.join(", ")
                ),
            );
        }
        if settlement.transactions.is_empty() {
            refuse(
                limits,
                "it has no captures or refunds, and the report needs one".to_owned(),
            );
        }
        for transaction in &settlement.transactions {
            for why in self.faults(transaction) {
                refuse(
                    limits,
                    format!("pspReference `{}`: {why}", transaction.psp_reference),
                );
            }
        }
        let is_gross = self.is_gross(settlement);
        let fee = settlement.fee();
        if !is_gross && settlement.retained != fee {
            refuse(
                limits,
                format!(
                    "the fees retained are {}, but those of its transactions are {}; the report cannot show the difference",
                    self.money(settlement.retained),
                    self.money(fee)
                ),
            );
        }
        let settled = if is_gross {
            settlement.gross()
        } else {
            settlement.net()
        };
        if settled != settlement.paid {
            refuse(
                limits,
                format!(
                    "{} was paid out, but gross {} and fees {} settle to {}; the report cannot show a carried balance or a reserve",
                    self.money(settlement.paid),
                    self.money(settlement.gross()),
                    self.money(fee),
                    self.money(settled)
                ),
            );
        }
        self.has_gross |= is_gross && fee != 0;
        self.totals.settlements += 1;
        self.totals.gross += settlement.gross();
        self.totals.net += settlement.net();
        self.totals.fee += fee;
        self.totals.refunded += settlement.refunded();
    }

    fn faults(&self, transaction: &Transaction) -> Vec<String> {
        let mut faults = Vec::new();
        let id = &transaction.psp_reference;
        if id.parse::<i64>().is_err() || id.starts_with('+') {
            faults.push("the report takes only a number as its id".to_owned());
        }
        if transaction.time.is_none() {
            faults.push("its time cannot be read".to_owned());
        }
        let sign = if transaction.is_refund { -1 } else { 1 };
        if transaction.amount.signum() == -sign {
            let amount = self.money(i128::from(transaction.amount));
            faults.push(format!("its amount {amount} has the wrong sign for the report"));
        }
        if transaction.fee < 0 {
            let fee = self.money(transaction.fee);
            faults.push(format!(
                "its fee {fee} is negative, and the report takes no such fee"
            ));
        }
        faults
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

/// Elements by name and text.
type Fields = Vec<(&'static str, String)>;

/// The report's fields about the sales unit and its owner, and the payout account.
fn merchant(context: &Context<'_>, options: &Options) -> Result<(Fields, String), FormatError> {
    let company = &context.config.company;
    let info = context.info;
    let serial_number = match options.get("serial_number") {
        Some(number) => number,
        None => match info.only_unit() {
            Some(number) => number,
            None => options.text("serial_number")?,
        },
    };
    let unit_name = info.sales_units.iter().find_map(|unit| {
        let handle = unit.recipient_handle.as_deref()?;
        let number = handle.split_once(':').map_or(handle, |(_, number)| number);
        unit.name.as_deref().filter(|_| number == serial_number)
    });
    let unit_name = match options.get("sale_unit_name").or(unit_name) {
        Some(name) => name,
        None => options.text("sale_unit_name")?,
    };
    let bank = info
        .payout_bank_account
        .as_ref()
        .map(|account| account.id.as_str());
    let account = bank
        .filter(|account| !account.is_empty())
        .or(company.bank_account.as_deref())
        .or(company.iban.as_deref());
    let account = match account {
        Some(account) => account,
        None => options.text("company.bank_account")?,
    };
    let text = |text: &Option<String>| crate::text::line(text.as_deref().unwrap_or_default());
    // The schema knows no other codes than that of Norway in the provider's examples.
    let country = match company.country.as_deref() {
        None | Some("NO") => "NOR",
        Some("DK") => "DNK",
        Some("FI") => "FIN",
        Some("SE") => "SWE",
        Some(_) => "",
    };
    let fields = vec![
        ("SaleUnitName", crate::text::line(unit_name)),
        ("SerialNumber", crate::text::line(serial_number)),
        ("OrganizationName", text(&company.name)),
        ("OrganizationNumber", text(&company.registration_number)),
        ("MainAddress", text(&company.street)),
        ("MainAddressZipCode", text(&company.postal_code)),
        ("MainAddressCity", text(&company.city)),
        ("MainAddressCountryCode", country.to_owned()),
    ];
    Ok((fields, crate::text::line(account)))
}

/// Whether a text is a name without colons, as version 2.0 wants the city.
fn is_ncname(text: &str) -> bool {
    let mut characters = text.chars();
    characters
        .next()
        .is_some_and(|first| first.is_alphabetic() || first == '_')
        && characters.all(|character| character.is_alphanumeric() || matches!(character, '_' | '-' | '.'))
}
