//! The transactions of `saft-no`, and a head that is filled in with what they come to.

use std::fmt::Write as _;

use crate::booking::{ACCOUNTS, Booking, write_amount, write_ordinal};
use crate::calendar::Date;
use crate::reading::Entry;

/// What follows the last transaction.
pub const TAIL: &[u8] = b"\t\t</Journal>\n\t</GeneralLedgerEntries>\n</AuditFile>\n";

/// What the head of the file says about its transactions.
#[derive(Debug, Default)]
pub struct Totals {
    vouchers: u64,
    debit: i64,
    movements: [i64; ACCOUNTS.len()],
}

impl Totals {
    /// Takes an entry.
    pub fn add(&mut self, booking: &Booking, amount: i64) {
        self.vouchers += 1;
        self.debit += amount.abs();
        let [provider, counter] = booking.accounts;
        self.movements[provider] += amount;
        self.movements[counter] -= amount;
    }

    /// The head, from a template with `{vouchers}`, `{debit}`, `{credit}` and, where the closing balance of
    /// an account stands, its number in braces.
    pub fn fill(&self, template: &str) -> String {
        let mut head = template.replace("{vouchers}", &self.vouchers.to_string());
        for side in ["{debit}", "{credit}"] {
            head = head.replace(side, &amount(self.debit));
        }
        for ((number, _), movement) in ACCOUNTS.iter().zip(self.movements) {
            let side = if movement < 0 { "Credit" } else { "Debit" };
            let mut element = String::new();
            // Writing to a string does not fail.
            let _ = write!(
                element,
                "<Closing{side}Balance>{}</Closing{side}Balance>",
                amount(movement)
            );
            head = head.replace(&format!("{{{number}}}"), &element);
        }
        head
    }
}

fn amount(minor: i64) -> String {
    let mut text = Vec::new();
    write_amount(&mut text, minor);
    String::from_utf8_lossy(&text).into_owned()
}

/// What the vouchers of a topic and date have in common.
#[derive(Debug)]
pub struct Transactions {
    before_id: String,
    after_id: String,
}

impl Transactions {
    /// For a date of a ledger; `created` is the day of entry.
    pub fn new(ledger_id: &str, topic: &str, date: Date, created: Date) -> Self {
        let (month, year) = (date.month, date.year);
        Self {
            before_id: format!("\t\t\t<Transaction>\n\t\t\t\t<TransactionID>VM-{ledger_id}-{date}-{topic}-"),
            after_id: format!(
                "</TransactionID>\n\
                 \t\t\t\t<Period>{month}</Period>\n\
                 \t\t\t\t<PeriodYear>{year}</PeriodYear>\n\
                 \t\t\t\t<TransactionDate>{date}</TransactionDate>\n\
                 \t\t\t\t<SourceID>bilag</SourceID>\n\
                 \t\t\t\t<VoucherType>Vipps MobilePay</VoucherType>\n\
                 \t\t\t\t<Description>Vipps MobilePay {ledger_id} {date}</Description>\n\
                 \t\t\t\t<SystemEntryDate>{created}</SystemEntryDate>\n\
                 \t\t\t\t<GLPostingDate>{date}</GLPostingDate>\n"
            ),
        }
    }

    /// Appends the transaction of an entry.
    pub fn write(&self, out: &mut Vec<u8>, booking: &Booking, entry: &Entry<'_>) {
        let reference = booking.reference(entry);
        out.extend_from_slice(self.before_id.as_bytes());
        write_ordinal(out, entry.ordinal);
        out.extend_from_slice(self.after_id.as_bytes());
        for (place, account) in booking.accounts.into_iter().enumerate() {
            out.extend_from_slice(b"\t\t\t\t<Line>\n\t\t\t\t\t<RecordID>");
            out.push(if place == 0 { b'1' } else { b'2' });
            out.extend_from_slice(b"</RecordID>\n\t\t\t\t\t<AccountID>");
            out.extend_from_slice(ACCOUNTS[account].0.as_bytes());
            out.extend_from_slice(b"</AccountID>\n\t\t\t\t\t<Description>");
            booking
                .text(entry)
                .into_iter()
                .for_each(|part| write_escaped(out, part));
            let is_debit = (entry.amount > 0) == (place == 0);
            out.extend_from_slice(if is_debit {
                b"</Description>\n\t\t\t\t\t<DebitAmount>\n\t\t\t\t\t\t<Amount>"
            } else {
                b"</Description>\n\t\t\t\t\t<CreditAmount>\n\t\t\t\t\t\t<Amount>"
            });
            write_amount(out, entry.amount);
            out.extend_from_slice(if is_debit {
                b"</Amount>\n\t\t\t\t\t</DebitAmount>\n"
            } else {
                b"</Amount>\n\t\t\t\t\t</CreditAmount>\n"
            });
            if place == 1 && !booking.tax_code.is_empty() {
                write_tax(out, booking.tax_code, entry.amount, is_debit);
            }
            out.extend_from_slice(b"\t\t\t\t\t<ReferenceNumber>");
            write_escaped(out, reference);
            out.extend_from_slice(b"</ReferenceNumber>\n\t\t\t\t</Line>\n");
        }
        out.extend_from_slice(b"\t\t\t</Transaction>\n");
    }
}

/// A purchase without VAT.
fn write_tax(out: &mut Vec<u8>, code: &str, base: i64, is_debit: bool) {
    out.extend_from_slice(
        b"\t\t\t\t\t<TaxInformation>\n\t\t\t\t\t\t<TaxType>MVA</TaxType>\n\t\t\t\t\t\t<TaxCode>",
    );
    out.extend_from_slice(code.as_bytes());
    out.extend_from_slice(
        b"</TaxCode>\n\t\t\t\t\t\t<TaxPercentage>0</TaxPercentage>\n\t\t\t\t\t\t<Country>NO</Country>\n\t\t\t\t\t\t<TaxBase>",
    );
    write_amount(out, base);
    out.extend_from_slice(if is_debit {
        b"</TaxBase>\n\t\t\t\t\t\t<DebitTaxAmount>\n\t\t\t\t\t\t\t<Amount>0.00</Amount>\n\t\t\t\t\t\t</DebitTaxAmount>\n"
    } else {
        b"</TaxBase>\n\t\t\t\t\t\t<CreditTaxAmount>\n\t\t\t\t\t\t\t<Amount>0.00</Amount>\n\t\t\t\t\t\t</CreditTaxAmount>\n"
    });
    out.extend_from_slice(b"\t\t\t\t\t</TaxInformation>\n");
}

fn write_escaped(out: &mut Vec<u8>, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            b'"' => out.extend_from_slice(b"&quot;"),
            other => out.push(other),
        }
    }
}
