//! `journal-csv`: the journal as plain CSV, one posting a row.

use std::io;
use std::sync::Arc;

use crate::date::push_date;
use crate::journal::{Posting, Voucher};
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

/// So many kinds of lines are remembered.
const KNOWN_LINES: usize = 16;

/// Writes the journal as CSV.
#[derive(Debug)]
pub struct JournalCsv {
    base_exponent: u32,
    /// The cell of the ledger's id.
    ledger: Vec<u8>,
    /// Whether the ledger's id, and so those of vouchers, stand without quotes.
    is_plain: bool,
    known: Vec<KnownLine>,
}

/// The cells of a line that are the same in many vouchers.
#[derive(Debug)]
struct KnownLine {
    posting: Posting,
    account: Vec<u8>,
    key: &'static str,
    /// What follows the text.
    words: Vec<u8>,
}

impl JournalCsv {
    /// A writer for one ledger's journal.
    pub fn new(context: &Context<'_>) -> Self {
        let mut ledger = Vec::new();
        field(&mut ledger, &context.info.ledger_id);
        Self {
            base_exponent: context.config.posting.base_currency.exponent(),
            is_plain: ledger.as_slice() == context.info.ledger_id.as_bytes(),
            ledger,
            known: Vec::new(),
        }
    }

    /// The cells of a line that are the same in many vouchers.
    fn known(&mut self, posting: &Posting) -> &KnownLine {
        let index = self.known.iter().position(|line| line.is_of(posting));
        let index = index.unwrap_or_else(|| {
            if self.known.len() == KNOWN_LINES {
                self.known.clear();
            }
            self.known.push(KnownLine::new(posting));
            self.known.len() - 1
        });
        &self.known[index]
    }
}

impl KnownLine {
    fn new(posting: &Posting) -> Self {
        let (mut account, mut words) = (Vec::new(), Vec::new());
        field(&mut account, &posting.account);
        account.push(b',');
        field(&mut account, &posting.account_name);
        for text in [
            posting.tax_code.as_ref(),
            posting.department.as_ref(),
            posting.project.as_ref(),
        ] {
            words.push(b',');
            field(&mut words, text.map(AsRef::as_ref).unwrap_or_default());
        }
        Self {
            posting: posting.clone(),
            account,
            key: posting.key.name(),
            words,
        }
    }

    /// Whether the cells are those of `posting`. What is shared needs no second look.
    fn is_of(&self, posting: &Posting) -> bool {
        let own = &self.posting;
        let is_same = |a: &Option<Arc<str>>, b: &Option<Arc<str>>| match (a, b) {
            (None, None) => true,
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            _ => false,
        };
        Arc::ptr_eq(&own.account, &posting.account)
            && Arc::ptr_eq(&own.account_name, &posting.account_name)
            && own.key == posting.key
            && is_same(&own.tax_code, &posting.tax_code)
            && is_same(&own.department, &posting.department)
            && is_same(&own.project, &posting.project)
    }
}

impl Writer for JournalCsv {
    fn begin(&mut self, _contents: &Contents, out: &mut Vec<u8>) -> io::Result<()> {
        header(out, &HEADER);
        Ok(())
    }

    fn voucher(&mut self, voucher: &Voucher, out: &mut Vec<u8>) -> io::Result<()> {
        for (line, posting) in (1..).zip(voucher.postings()) {
            out.extend_from_slice(&self.ledger);
            out.push(b',');
            if self.is_plain {
                out.extend_from_slice(voucher.id().as_str().as_bytes());
            } else {
                field(out, voucher.id().as_str());
            }
            out.push(b',');
            push_date(out, voucher.date());
            out.push(b',');
            push_minor(out, line, 0);
            out.push(b',');
            let base_exponent = self.base_exponent;
            let known = self.known(posting);
            out.extend_from_slice(&known.account);
            out.push(b',');
            sides(out, posting.amount, posting.currency.exponent());
            out.push(b',');
            out.extend_from_slice(posting.currency.code().as_bytes());
            out.push(b',');
            match posting.base_amount {
                Some(amount) => sides(out, amount, base_exponent),
                None => out.push(b','),
            }
            out.push(b',');
            out.extend_from_slice(known.key.as_bytes());
            out.push(b',');
            field(out, &posting.text);
            out.extend_from_slice(&known.words);
            out.push(b',');
            field(out, posting.reference.as_deref().unwrap_or_default());
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
