//! What a settlement report cannot show.

use crate::writer::Limits;
use crate::writer::settlement::SettlementXml;
use crate::writer::settlement::since_payout::{Settlement, Transaction};

impl SettlementXml {
    /// Refuses what the report has no place for.
    pub(crate) fn check_settlement(&self, settlement: &Settlement, is_gross: bool, limits: &mut Limits) {
        let name = settlement.number.as_deref().unwrap_or("without a number");
        let what = format!("payout {name} of {}", settlement.date);
        let refuse = |limits: &mut Limits, why: String| limits.refuse(format!("{what}: {why}"));
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
    }

    fn faults(&self, transaction: &Transaction) -> Vec<String> {
        let mut faults = Vec::new();
        let id = &transaction.psp_reference;
        if !is_number(id) {
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
}

/// Whether the report takes a text as an id.
fn is_number(text: &str) -> bool {
    text.parse::<i64>().is_ok_and(|_| !text.starts_with('+'))
}
