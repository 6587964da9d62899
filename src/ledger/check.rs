//! The balance chain of one topic: every entry's `before + amount = after`, and each entry
//! follows the one before it, across pages and dates.

use chrono::NaiveDate;

use crate::ledger::entry::Entry;
use crate::ledger::finding::Code;
use crate::ledger::findings::Findings;
use crate::money::Currency;
use crate::provider::Topic;

/// Follows one topic's balance through the dates of a range.
#[derive(Debug)]
pub struct Chain {
    topic: Topic,
    running: Option<i64>,
    opening: Option<i64>,
    entries: usize,
    pending: bool,
    unproven: usize,
}

impl Chain {
    /// A chain that continues from `closing`, the proven balance before the range, or starts
    /// with nothing known.
    pub fn new(topic: Topic, closing: Option<i64>) -> Self {
        Self {
            topic,
            running: closing,
            opening: closing,
            entries: 0,
            pending: false,
            unproven: 0,
        }
    }

    /// The balance now, in minor units, where it is known.
    pub fn balance(&self) -> Option<i64> {
        self.running
    }

    /// The balance before the first entry, where it is known.
    pub fn opening(&self) -> Option<i64> {
        self.opening
    }

    /// How many entries the chain has seen.
    pub fn entries(&self) -> usize {
        self.entries
    }

    /// How many entries no balance of the provider vouches for.
    pub fn unproven_entries(&self) -> usize {
        self.unproven + usize::from(self.pending)
    }

    /// Forgets the balance: the dates in between are not known.
    pub fn interrupt(&mut self) {
        self.running = None;
        self.pending = false;
    }

    /// Takes one entry. `money` prints an amount for messages.
    pub fn entry(
        &mut self,
        entry: &Entry<'_>,
        date: NaiveDate,
        ordinal: usize,
        money: impl Fn(i64) -> String,
        findings: &mut Findings,
    ) {
        self.entries += 1;
        let topic = self.topic;
        let mut report = |message: &dyn Fn() -> String| {
            findings.add(
                Code::BalanceBreak,
                Some(topic),
                Some(date),
                Some(ordinal),
                message,
            );
        };
        match (self.running, entry.balance_before) {
            (Some(running), Some(before)) if running != before => report(&|| {
                format!(
                    "{topic} {date}, entry {ordinal}: opens at {}, but the entry before it closed at {}; \
                     an entry is missing, repeated or altered",
                    money(before),
                    money(running)
                )
            }),
            (Some(_), Some(_)) => self.pending = false,
            (None, None) => self.unproven += 1,
            (Some(_), None) | (None, Some(_)) => {}
        }
        let before = entry.balance_before.or(self.running);
        let computed = before.and_then(|before| before.checked_add(entry.amount));
        match (computed, entry.balance_after) {
            (Some(computed), Some(after)) if computed != after => report(&|| {
                format!(
                    "{topic} {date}, entry {ordinal}: {} and {} make {}, but the balance after it is {}",
                    money(before.unwrap_or(0)),
                    money(entry.amount),
                    money(computed),
                    money(after)
                )
            }),
            (Some(_), Some(_)) => self.pending = false,
            (Some(_), None) => self.pending = true,
            (None, _) if before.is_some() => report(&|| {
                format!("{topic} {date}, entry {ordinal}: the balance after it is larger than bilag can hold")
            }),
            (None, _) => {}
        }
        self.running = entry.balance_after.or(computed);
        if self.entries == 1 && self.opening.is_none() {
            self.opening = entry
                .balance_before
                .or_else(|| entry.balance_after?.checked_sub(entry.amount));
        }
    }
}

/// Checks what must hold of an entry by itself: the currency and the ledger date.
pub fn entry(
    topic: Topic,
    date: NaiveDate,
    ordinal: usize,
    entry: &Entry<'_>,
    currency: Option<Currency>,
    findings: &mut Findings,
) {
    if let (Some(expected), Some(actual)) = (currency, entry.currency)
        && expected != actual
    {
        findings.add(
            Code::CurrencyMismatch,
            Some(topic),
            Some(date),
            Some(ordinal),
            || format!("{topic} {date}, entry {ordinal}: is in {actual}, but the ledger is in {expected}"),
        );
    }
    if let Some(stated) = entry.ledger_date
        && stated != date
    {
        findings.add(
            Code::LedgerDateMismatch,
            Some(topic),
            Some(date),
            Some(ordinal),
            || {
                format!(
                    "{topic} {date}, entry {ordinal}: states the ledger date {stated}; the file is misplaced or altered"
                )
            },
        );
    }
}
