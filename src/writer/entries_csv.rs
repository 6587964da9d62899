//! `entries-csv`: every entry of both topics, as the provider has it, without personal data.

use std::io::{self, Write as _};

use crate::date::push_date;
use crate::ledger::page::Page;
use crate::money::Currency;
use crate::money::amount::push_minor;
use crate::writer::contents::Contents;
use crate::writer::csv::{field, header};
use crate::writer::{Context, Writer};

const HEADER: [&str; 13] = [
    "ledger_id",
    "topic",
    "ledger_date",
    "ordinal",
    "time",
    "entry_type",
    "amount",
    "currency",
    "balance_before",
    "balance_after",
    "psp_reference",
    "reference",
    "recipient_handle",
];

/// Writes the entries as CSV.
#[derive(Debug)]
pub struct EntriesCsv {
    ledger_id: String,
    currency: Currency,
}

impl EntriesCsv {
    /// A writer for one ledger's entries.
    pub fn new(context: &Context<'_>) -> Self {
        Self {
            ledger_id: context.info.ledger_id.clone(),
            currency: context.currency,
        }
    }
}

impl Writer for EntriesCsv {
    fn wants_entries(&self) -> bool {
        true
    }

    fn begin(&mut self, _contents: &Contents, out: &mut Vec<u8>) -> io::Result<()> {
        header(out, &HEADER);
        Ok(())
    }

    fn page(&mut self, page: &Page<'_, '_>, out: &mut Vec<u8>) -> io::Result<()> {
        let exponent = self.currency.exponent();
        let mut start = Vec::new();
        field(&mut start, &self.ledger_id);
        write!(start, ",{},", page.topic)?;
        push_date(&mut start, page.date);
        for (ordinal, entry) in page.numbered() {
            out.extend_from_slice(&start);
            write!(out, ",{ordinal},")?;
            if let Some(time) = entry.time {
                write!(out, "{time}")?;
            }
            out.push(b',');
            field(out, entry.entry_type.name());
            out.push(b',');
            push_minor(out, i128::from(entry.amount), exponent);
            out.push(b',');
            out.extend_from_slice(self.currency.code().as_bytes());
            for balance in [entry.balance_before, entry.balance_after] {
                out.push(b',');
                if let Some(balance) = balance {
                    push_minor(out, i128::from(balance), exponent);
                }
            }
            for text in [&entry.psp_reference, &entry.reference, &entry.recipient_handle] {
                out.push(b',');
                field(out, text.as_deref().unwrap_or_default());
            }
            out.push(b'\n');
        }
        Ok(())
    }
}
