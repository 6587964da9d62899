//! `journal-csv`: the journal as plain CSV, one posting a row.

use std::io;

use crate::date::push_date;
use crate::journal::Voucher;
use crate::money::amount::{Amount, push_minor};
use crate::writer::contents::Contents;
use crate::writer::csv::{field, header};
use crate::writer::{Context, Writer};

const HEADER: [&str; 17] = [
    "ledger_id",
    "voucher",
    "date",
    "line",
    "account",
    "account_name",
    "debit",
    "credit",
    "currency",
    "base_debit",
    "base_credit",
    "posting_key",
    "text",
    "tax_code",
    "department",
    "project",
    "reference",
];

/// Writes the journal as CSV.
#[derive(Debug)]
pub struct JournalCsv {
    base_exponent: u32,
}

impl JournalCsv {
    /// A writer for one ledger's journal.
    pub fn new(context: &Context<'_>) -> Self {
        Self {
            base_exponent: context.config.posting.base_currency.exponent(),
        }
    }
}

impl Writer for JournalCsv {
    fn begin(&mut self, _contents: &Contents, out: &mut Vec<u8>) -> io::Result<()> {
        header(out, &HEADER);
        Ok(())
    }

    fn voucher(&mut self, voucher: &Voucher, out: &mut Vec<u8>) -> io::Result<()> {
        for (line, posting) in (1..).zip(voucher.postings()) {
            field(out, voucher.ledger_id());
            out.push(b',');
            field(out, voucher.id().as_str());
            out.push(b',');
            push_date(out, voucher.date());
            out.push(b',');
            push_minor(out, line, 0);
            out.push(b',');
            field(out, &posting.account);
            out.push(b',');
            field(out, &posting.account_name);
            out.push(b',');
            sides(out, posting.amount, posting.currency.exponent());
            out.push(b',');
            out.extend_from_slice(posting.currency.code().as_bytes());
            out.push(b',');
            match posting.base_amount {
                Some(amount) => sides(out, amount, self.base_exponent),
                None => out.push(b','),
            }
            out.push(b',');
            out.extend_from_slice(posting.key.name().as_bytes());
            for text in [
                Some(&posting.text),
                posting.tax_code.as_ref(),
                posting.department.as_ref(),
                posting.project.as_ref(),
                posting.reference.as_ref(),
            ] {
                out.push(b',');
                field(out, text.map(AsRef::as_ref).unwrap_or_default());
            }
            out.push(b'\n');
        }
        Ok(())
    }
}

/// Debit and credit cells of a signed amount: the unused side is zero.
fn sides(out: &mut Vec<u8>, amount: i64, exponent: u32) {
    let (debit, credit) = Amount::new(amount, exponent).sides();
    debit.push(out);
    out.push(b',');
    credit.push(out);
}
