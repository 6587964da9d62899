//! The entries between two payouts, put together as the transactions of a settlement.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use chrono::NaiveDate;
use chrono_tz::Tz;

use crate::ledger::entry::{Entry, EntryType};
use crate::ledger::page::Page;
use crate::provider::Topic;

/// A capture or refund with its fee.
#[derive(Debug, Clone)]
pub(crate) struct Transaction {
    /// Local time with its offset; `None` when the entry has no time that can be read.
    pub(crate) time: Option<String>,
    /// The provider's reference.
    pub(crate) psp_reference: String,
    /// The merchant's reference.
    pub(crate) order: String,
    /// Minor units; refunds negative.
    pub(crate) amount: i64,
    /// Whether it is a refund.
    pub(crate) is_refund: bool,
    /// The fee in minor units, positive.
    pub(crate) fee: i128,
}

/// A payout and what is in it.
#[derive(Debug, Clone)]
pub(crate) struct Settlement {
    /// The payout's ledger date.
    pub(crate) date: NaiveDate,
    /// The payout's number.
    pub(crate) number: Option<String>,
    /// What was paid out, positive.
    pub(crate) paid: i128,
    /// What is in it, in the order of the ledger.
    pub(crate) transactions: Vec<Transaction>,
    /// The fees that were taken out of it.
    pub(crate) retained: i128,
    /// The sales units of its transactions.
    pub(crate) handles: BTreeSet<String>,
    /// Entries that a settlement report has no place for.
    pub(crate) strangers: Vec<String>,
}

/// What has happened since the last payout.
#[derive(Debug, Clone, Default)]
pub(crate) struct SincePayout {
    transactions: Vec<Transaction>,
    fees: BTreeMap<String, VecDeque<i128>>,
    retained: i128,
    handles: BTreeSet<String>,
    strangers: Vec<String>,
    /// The funds entries of the date at hand; they are judged when its fees are known.
    today: Vec<Event>,
}

/// What an entry of the funds topic is to a settlement.
#[derive(Debug, Clone)]
enum Event {
    Transaction(Transaction, Option<String>),
    Retained(i64),
    Payout { number: Option<String>, amount: i64 },
    Stranger(String),
}

impl SincePayout {
    /// Takes entries of the date at hand.
    pub(crate) fn page(&mut self, page: &Page<'_, '_>, zone: Tz) {
        for (ordinal, entry) in page.numbered() {
            match page.topic {
                Topic::Fees => self.fee(entry, page.date, ordinal),
                Topic::Funds => self.today.push(event(entry, page.date, ordinal, zone)),
            }
        }
    }

    /// Ends the date and gives back the settlements that it ends.
    pub(crate) fn day(&mut self, date: NaiveDate) -> Vec<Settlement> {
        let mut settlements = Vec::new();
        for event in std::mem::take(&mut self.today) {
            match event {
                Event::Transaction(transaction, handle) => {
                    self.handles.extend(handle);
                    self.transactions.push(transaction);
                }
                Event::Retained(amount) => self.retained -= i128::from(amount),
                Event::Payout { number, amount } => settlements.push(self.close(number, amount, date)),
                Event::Stranger(what) => self.strangers.push(what),
            }
        }
        settlements
    }

    /// Ends a date whose payouts are not of interest. Fees of what they paid out are forgotten.
    pub(crate) fn day_before(&mut self, date: NaiveDate) {
        if self.day(date).is_empty() {
            return;
        }
        let open: BTreeSet<String> = self.references().map(str::to_owned).collect();
        self.fees.retain(|reference, _| open.contains(reference));
    }

    /// The references of fees whose capture or refund is in none of the settlements so far, nor
    /// waits for the next one.
    pub(crate) fn stray_fees(&self) -> impl Iterator<Item = &str> {
        let open: BTreeSet<&str> = self.references().collect();
        let fees = self.fees.keys().map(String::as_str);
        fees.filter(move |reference| !open.contains(reference))
    }

    fn references(&self) -> impl Iterator<Item = &str> {
        self.transactions
            .iter()
            .map(|transaction| transaction.psp_reference.as_str())
    }

    fn fee(&mut self, entry: &Entry<'_>, date: NaiveDate, ordinal: usize) {
        match &entry.entry_type {
            EntryType::CaptureFee => self
                .fees
                .entry(text(entry.psp_reference.as_deref()))
                .or_default()
                .push_back(-i128::from(entry.amount)),
            // The other side of the same on funds, and the invoice of gross settlement: neither
            // changes what a transaction cost.
            EntryType::FeesRetained | EntryType::FeesInvoiced => {}
            other => self
                .strangers
                .push(format!("fees {date}, entry {ordinal}: {other}")),
        }
    }

    fn close(&mut self, number: Option<String>, amount: i64, date: NaiveDate) -> Settlement {
        let mut transactions = std::mem::take(&mut self.transactions);
        // The first fee of a reference belongs to its first transaction, the last takes the rest.
        let mut last_of = BTreeMap::new();
        for (index, transaction) in transactions.iter_mut().enumerate() {
            if let Some(fees) = self.fees.get_mut(&transaction.psp_reference) {
                transaction.fee = fees.pop_front().unwrap_or(0);
                last_of.insert(transaction.psp_reference.clone(), index);
            }
        }
        for (reference, index) in last_of {
            let rest = self.fees.remove(&reference).unwrap_or_default();
            if let Some(transaction) = transactions.get_mut(index) {
                transaction.fee += rest.into_iter().sum::<i128>();
            }
        }
        Settlement {
            date,
            number,
            paid: -i128::from(amount),
            transactions,
            retained: std::mem::take(&mut self.retained),
            handles: std::mem::take(&mut self.handles),
            strangers: std::mem::take(&mut self.strangers),
        }
    }
}

impl Settlement {
    /// Captures, minor units.
    pub(crate) fn captured(&self) -> i128 {
        self.sum(|transaction| !transaction.is_refund)
    }

    /// Refunds, minor units, negative.
    pub(crate) fn refunded(&self) -> i128 {
        self.sum(|transaction| transaction.is_refund)
    }

    /// Captures and refunds.
    pub(crate) fn gross(&self) -> i128 {
        self.captured() + self.refunded()
    }

    /// Fees, positive.
    pub(crate) fn fee(&self) -> i128 {
        self.transactions.iter().map(|transaction| transaction.fee).sum()
    }

    /// Gross less fees.
    pub(crate) fn net(&self) -> i128 {
        self.gross() - self.fee()
    }

    fn sum(&self, is_wanted: impl Fn(&Transaction) -> bool) -> i128 {
        let wanted = self
            .transactions
            .iter()
            .filter(|transaction| is_wanted(transaction));
        wanted.map(|transaction| i128::from(transaction.amount)).sum()
    }
}

fn event(entry: &Entry<'_>, date: NaiveDate, ordinal: usize, zone: Tz) -> Event {
    match &entry.entry_type {
        EntryType::Capture | EntryType::Refund => {
            let transaction = Transaction {
                time: entry.time.and_then(|time| time.local_rfc3339(zone)),
                psp_reference: text(entry.psp_reference.as_deref()),
                order: text(entry.reference.as_deref()),
                amount: entry.amount,
                is_refund: entry.entry_type == EntryType::Refund,
                fee: 0,
            };
            Event::Transaction(transaction, entry.recipient_handle.as_deref().map(str::to_owned))
        }
        EntryType::FeesRetained => Event::Retained(entry.amount),
        EntryType::PayoutScheduled => Event::Payout {
            number: entry.payout_number().map(str::to_owned),
            amount: entry.amount,
        },
        other => Event::Stranger(format!("funds {date}, entry {ordinal}: {other}")),
    }
}

fn text(text: Option<&str>) -> String {
    crate::text::as_line(text.unwrap_or_default()).into_owned()
}
