//! The lines of `journal-csv`.

use crate::booking::{ACCOUNTS, Booking, write_amount, write_ordinal};
use crate::reading::Entry;

/// The first line.
pub const HEADER: &[u8] =
    b"ledger_id,voucher,date,line,account,account_name,debit,credit,currency,base_debit,base_credit,\
posting_key,text,tax_code,department,project,reference\n";

/// What all vouchers of a topic and date begin with.
#[derive(Debug)]
pub struct Vouchers {
    id: String,
    date: String,
}

impl Vouchers {
    /// For a date of a ledger.
    pub fn new(ledger_id: &str, topic: &str, date: &str) -> Self {
        Self {
            id: format!("{ledger_id},VM-{ledger_id}-{date}-{topic}-"),
            date: format!(",{date},"),
        }
    }

    /// Appends the two lines of an entry.
    pub fn write(&self, out: &mut Vec<u8>, booking: &Booking, entry: &Entry<'_>) {
        let reference = booking.reference(entry);
        for (place, account) in booking.accounts.into_iter().enumerate() {
            out.extend_from_slice(self.id.as_bytes());
            write_ordinal(out, entry.ordinal);
            out.extend_from_slice(self.date.as_bytes());
            out.extend_from_slice(if place == 0 { b"1," } else { b"2," });
            let (number, name) = ACCOUNTS[account];
            out.extend_from_slice(number.as_bytes());
            out.push(b',');
            write_field(out, [name]);
            out.push(b',');
            if (entry.amount >= 0) == (place == 0) {
                write_amount(out, entry.amount);
                out.extend_from_slice(b",0.00,");
            } else {
                out.extend_from_slice(b"0.00,");
                write_amount(out, entry.amount);
                out.push(b',');
            }
            out.extend_from_slice(&entry.currency.0);
            out.extend_from_slice(b",,,");
            out.extend_from_slice(booking.key.as_bytes());
            out.push(b',');
            write_field(out, booking.text(entry));
            out.push(b',');
            if place == 1 {
                out.extend_from_slice(booking.tax_code.as_bytes());
            }
            out.extend_from_slice(b",,,");
            write_field(out, [reference]);
            out.push(b'\n');
        }
    }
}

/// Appends one field, given in parts.
fn write_field<const PARTS: usize>(out: &mut Vec<u8>, parts: [&str; PARTS]) {
    let bytes = || parts.into_iter().flat_map(str::bytes);
    if !bytes().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r')) {
        parts
            .iter()
            .for_each(|part| out.extend_from_slice(part.as_bytes()));
        return;
    }
    out.push(b'"');
    for byte in bytes() {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
}
