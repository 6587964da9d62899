//! `journal-csv`: the journal as plain CSV, one posting a row.

use std::io;

use crate::journal::Voucher;
use crate::proof::LedgerProof;
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
    fn start(&mut self, _proof: &LedgerProof, out: &mut dyn io::Write) -> io::Result<()> {
        let mut csv = csv::Writer::from_writer(out);
        csv.write_record(HEADER)?;
        csv.flush()
    }

    fn voucher(&mut self, voucher: &Voucher, out: &mut dyn io::Write) -> io::Result<()> {
        let mut csv = csv::Writer::from_writer(out);
        let date = voucher.date().to_string();
        for (index, posting) in voucher.postings().iter().enumerate() {
            let (debit, credit) = sides(posting.amount, posting.currency.exponent());
            let (base_debit, base_credit) = match posting.base_amount {
                Some(amount) => sides(amount, self.base_exponent),
                None => (String::new(), String::new()),
            };
            csv.write_record([
                voucher.ledger_id(),
                voucher.id(),
                &date,
                &(index + 1).to_string(),
                &posting.account,
                &posting.account_name,
                &debit,
                &credit,
                posting.currency.code(),
                &base_debit,
                &base_credit,
                posting.key.name(),
                &posting.text,
                posting.tax_code.as_deref().unwrap_or_default(),
                posting.department.as_deref().unwrap_or_default(),
                posting.project.as_deref().unwrap_or_default(),
                posting.reference.as_deref().unwrap_or_default(),
            ])?;
        }
        csv.flush()
    }
}

/// Debit and credit columns of a signed amount: the unused side is zero.
pub(crate) fn sides(amount: i64, exponent: u32) -> (String, String) {
    let zero = crate::money::format_minor(0, exponent);
    if amount >= 0 {
        (crate::money::format_minor(amount, exponent), zero)
    } else {
        let text = crate::money::format_minor(amount, exponent);
        (zero, text.trim_start_matches('-').to_owned())
    }
}
