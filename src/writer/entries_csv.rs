//! `entries-csv`: every entry of both topics, as the provider has it, without personal data.

use std::io;

use crate::ledger::day::LedgerDay;
use crate::money::Currency;
use crate::proof::LedgerProof;
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
    fn start(&mut self, _proof: &LedgerProof, out: &mut dyn io::Write) -> io::Result<()> {
        let mut csv = csv::Writer::from_writer(out);
        csv.write_record(HEADER)?;
        csv.flush()
    }

    fn wants_days(&self) -> bool {
        true
    }

    fn day(&mut self, day: &LedgerDay<'_>, out: &mut dyn io::Write) -> io::Result<()> {
        let mut csv = csv::Writer::from_writer(out);
        let date = day.date.to_string();
        let money = |minor: Option<i64>| minor.map(|minor| self.currency.format(minor)).unwrap_or_default();
        for (topic, ordinal, entry) in day.entries() {
            csv.write_record([
                self.ledger_id.as_str(),
                topic.name(),
                &date,
                &ordinal.to_string(),
                &entry.time.map(|time| time.to_string()).unwrap_or_default(),
                entry.entry_type.name(),
                &money(Some(entry.amount)),
                self.currency.code(),
                &money(entry.balance_before),
                &money(entry.balance_after),
                entry.psp_reference.as_deref().unwrap_or_default(),
                entry.reference.as_deref().unwrap_or_default(),
                entry.recipient_handle.as_deref().unwrap_or_default(),
            ])?;
        }
        csv.flush()
    }
}
