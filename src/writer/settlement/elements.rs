//! The elements of a settlement report.

use std::io;

use crate::writer::settlement::since_payout::{Settlement, Transaction};
use crate::writer::settlement::{SettlementXml, Totals, Version};
use crate::writer::xml::Xml;

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

impl SettlementXml {
    pub(super) fn money(&self, minor: i128) -> String {
        self.currency.amount(minor).to_string()
    }

    /// Writes one settlement and its transactions.
    pub(super) fn write_settlement(
        &self,
        xml: &mut Xml,
        settlement: &Settlement,
        is_gross: bool,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        let currency = self.currency.code();
        let number = settlement.number.as_deref().unwrap_or_default();
        let date = settlement.date.to_string();
        let amounts = [
            ("GrossSettlementAmount", self.money(settlement.gross())),
            ("NetSettlementAmount", self.money(settlement.net())),
            ("FeeSettlementAmount", self.money(settlement.fee())),
        ];
        let count = settlement.transactions.len().to_string();
        xml.open(out, "SettlementInfo", &[])?;
        let date_name = match self.version {
            Version::Two => "SettlementBatchDate",
            Version::Three => "SettlementDate",
        };
        xml.element(out, date_name, &date)?;
        xml.element(out, "SettlementID", number)?;
        xml.element(out, "SettlementCurrencyCode", currency)?;
        match self.version {
            Version::Two => {
                for (name, amount) in &amounts {
                    xml.element(out, name, amount)?;
                }
                xml.element(out, "NumOfTransactions", &count)?;
                for transaction in &settlement.transactions {
                    self.write_transaction(xml, transaction, out)?;
                }
            }
            Version::Three => {
                let kind = if is_gross { "Gross" } else { "Net" };
                xml.element(out, "SettlementType", kind)?;
                for transaction in &settlement.transactions {
                    self.write_transaction(xml, transaction, out)?;
                }
                xml.element(out, "NumOfTransactions", &count)?;
                let captured = self.money(settlement.captured());
                xml.element(out, "CaptureSettlementAmount", &captured)?;
                let refunded = self.money(settlement.refunded());
                xml.element(out, "RefundSettlementAmount", &refunded)?;
                for (name, amount) in &amounts {
                    xml.element(out, name, amount)?;
                }
                let settled = if is_gross {
                    settlement.gross()
                } else {
                    settlement.net()
                };
                xml.element(out, "SettledAmount", &self.money(settled))?;
            }
        }
        xml.close(out)
    }

    fn write_transaction(
        &self,
        xml: &mut Xml,
        transaction: &Transaction,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        let amount = i128::from(transaction.amount);
        let (captured, refunded) = if transaction.is_refund {
            (0, amount)
        } else {
            (amount, 0)
        };
        let time = transaction.time.as_deref().unwrap_or_default();
        xml.open(out, "TransactionInfo", &[])?;
        match self.version {
            Version::Two => xml.element(out, "TransactionDate", time)?,
            Version::Three => {
                xml.element(out, "TransactionTime", time)?;
                xml.element(out, "TransactionCaptureAmount", &self.money(captured))?;
                xml.element(out, "TransactionRefundAmount", &self.money(refunded))?;
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
            xml.element(out, name, &text)?;
        }
        xml.close(out)
    }

    /// Writes what stands before the settlements, and leaves its elements open.
    pub(super) fn head(&self, totals: &Totals, xml: &mut Xml, out: &mut Vec<u8>) -> io::Result<()> {
        let range = self.range;
        let namespace = match self.version {
            Version::Two => NAMESPACE_2,
            Version::Three => NAMESPACE_3,
        };
        xml.declaration(out)?;
        xml.open(out, "SettlementReport", &[("xmlns", namespace)])?;
        xml.open(out, "SettlementDetailsInfo", &[])?;
        for (name, text) in &self.merchant {
            xml.element(out, name, text)?;
        }
        xml.open(out, "PaymentsInfo", &[])?;
        xml.element(out, "ReportDateFrom", &range.from().to_string())?;
        xml.element(out, "ReportDateTo", &range.to().to_string())?;
        xml.element(out, "SettlementCurrencyCode", self.currency.code())?;
        if self.version == Version::Two {
            for (name, amount) in [
                ("TotalSettledGrossAmount", totals.gross),
                ("TotalSettledNetAmount", totals.net),
                ("TotalSettledFeeAmount", totals.fee),
                ("TotalSettledRefundAmount", totals.refunded),
            ] {
                xml.element(out, name, &self.money(amount))?;
            }
        }
        xml.element(out, "SettlementAccountNum", &self.account)?;
        if self.version == Version::Two {
            xml.element(out, "NumOfSettlements", &totals.settlements.to_string())?;
        }
        Ok(())
    }

    /// Writes what stands after the settlements.
    pub(super) fn foot(&self, totals: &Totals, xml: &mut Xml, out: &mut Vec<u8>) -> io::Result<()> {
        if self.version == Version::Three {
            let settlements = totals.settlements.to_string();
            xml.element(out, "NumOfSettlements", &settlements)?;
        }
        xml.close(out)?;
        xml.close(out)?;
        xml.open(out, "VippsInfo", &[])?;
        for (name, text) in PROVIDER {
            xml.element(out, name, text)?;
        }
        xml.close(out)?;
        xml.close(out)
    }
}
