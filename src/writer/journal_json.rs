//! `journal-json`: the journal as one JSON document, amounts as text.

use std::io::{self, Write as _};

use serde::Serialize;

use crate::journal::{Posting, Voucher};
use crate::money::Currency;
use crate::money::amount::Amount;
use crate::writer::contents::Contents;
use crate::writer::{Context, Whole, Writer};

/// Writes the journal as JSON, one voucher after the other.
#[derive(Debug)]
pub struct JournalJson {
    ledger_id: String,
    currency: Currency,
    base_currency: Currency,
    is_first: bool,
}

#[derive(Serialize)]
struct JsonVoucher<'a> {
    voucher: &'a str,
    date: String,
    postings: Vec<JsonPosting<'a>>,
}

#[derive(Serialize)]
struct JsonPosting<'a> {
    line: usize,
    account: &'a str,
    account_name: &'a str,
    debit: String,
    credit: String,
    currency: &'a str,
    base_debit: Option<String>,
    base_credit: Option<String>,
    posting_key: &'static str,
    text: &'a str,
    tax_code: Option<&'a str>,
    department: Option<&'a str>,
    project: Option<&'a str>,
    reference: Option<&'a str>,
}

impl JournalJson {
    /// A writer for one ledger's journal.
    pub fn new(context: &Context<'_>) -> Self {
        Self {
            ledger_id: context.info.ledger_id.clone(),
            currency: context.currency,
            base_currency: context.config.posting.base_currency,
            is_first: true,
        }
    }

    fn posting<'p>(&self, line: usize, posting: &'p Posting) -> JsonPosting<'p> {
        let (debit, credit) = sides(posting.amount, posting.currency.exponent());
        let base = posting
            .base_amount
            .map(|amount| sides(amount, self.base_currency.exponent()));
        let (base_debit, base_credit) = base.unzip();
        JsonPosting {
            line,
            account: &posting.account,
            account_name: &posting.account_name,
            debit,
            credit,
            currency: posting.currency.code(),
            base_debit,
            base_credit,
            posting_key: posting.key.name(),
            text: &posting.text,
            tax_code: posting.tax_code.as_deref(),
            department: posting.department.as_deref(),
            project: posting.project.as_deref(),
            reference: posting.reference.as_deref(),
        }
    }
}

impl Writer for JournalJson {
    fn begin(&mut self, _contents: &Contents, out: &mut Vec<u8>) -> io::Result<()> {
        write!(
            out,
            "{{\n\"schema\": 1,\n\"ledger_id\": {},\n\"currency\": \"{}\",\n\"base_currency\": \"{}\",\n\"vouchers\": [",
            serde_json::to_string(&self.ledger_id)?,
            self.currency,
            self.base_currency
        )
    }

    fn voucher(&mut self, voucher: &Voucher, out: &mut Vec<u8>) -> io::Result<()> {
        let postings = voucher.postings().iter().enumerate();
        let json = JsonVoucher {
            voucher: voucher.id().as_str(),
            date: voucher.date().to_string(),
            postings: postings
                .map(|(index, posting)| self.posting(index + 1, posting))
                .collect(),
        };
        out.write_all(if self.is_first { b"\n" } else { b",\n" })?;
        self.is_first = false;
        serde_json::to_writer(out, &json)?;
        Ok(())
    }

    fn end(&mut self, _whole: &Whole<'_>, _head: &mut Vec<u8>, out: &mut Vec<u8>) -> io::Result<()> {
        out.write_all(b"\n]\n}\n")
    }
}

/// Debit and credit of a signed amount: the unused side is zero.
fn sides(amount: i64, exponent: u32) -> (String, String) {
    let (debit, credit) = Amount::new(amount, exponent).sides();
    (debit.to_string(), credit.to_string())
}
