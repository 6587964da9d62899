//! Entries that differ in nothing but their amounts: they are summed before they reach a voucher,
//! so that a date with many thousands of them costs little more than one.

use std::sync::Arc;

use chrono::NaiveDate;

use crate::chart::Role;
use crate::config::{CaptureMode, DateBasis, VoucherPer};
use crate::journal::PostingKey;
use crate::ledger::entry::Entry;
use crate::posting::Poster;
use crate::posting::books::PostingError;
use crate::posting::draft::{Counter, Draft, Line, Share, Slot};
use crate::posting::treatment::{self, Treatment};
use crate::provider::Topic;

/// What entries have in common that become one sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Alike {
    topic: Topic,
    key: PostingKey,
    provider: Role,
    counter: Role,
    sign_rank: u8,
}

/// 0 for the usual sign of an entry's type, 1 for the opposite.
pub(super) fn sign_rank(topic: Topic, entry: &Entry<'_>) -> u8 {
    let usual = entry.entry_type.usual_sign(topic).unwrap_or(1);
    u8::from(entry.amount.signum() == -usual)
}

impl Poster<'_> {
    /// What an entry has in common with others of its date, when nothing but its amount can make
    /// a difference: no rules, no dates of their own, one sum in the voucher.
    pub(super) fn alike(&self, topic: Topic, entry: &Entry<'_>) -> Option<Alike> {
        let settings = self.books.settings;
        if !self.books.rules().is_empty() || settings.voucher_per == VoucherPer::Entry {
            return None;
        }
        let (key, provider, counter) = match treatment::of(&entry.entry_type, topic, settings.fees) {
            Treatment::Pair {
                key,
                provider,
                counter,
            } if key.is_summed() => (key, provider, counter),
            Treatment::Sales(key) => {
                let by_ledger_date = settings.date_basis == DateBasis::LedgerDate
                    || settings.voucher_per == VoucherPer::Payout;
                let is_plain = settings.captures == CaptureMode::Clearing && by_ledger_date;
                is_plain.then_some((key, Role::Funds, Role::SalesClearing))?
            }
            Treatment::Pair { .. } | Treatment::None => return None,
        };
        Some(Alike {
            topic,
            key,
            provider,
            counter,
            sign_rank: sign_rank(topic, entry),
        })
    }

    /// Adds the sum of entries that are alike.
    pub(super) fn add_alike(
        &self,
        drafts: &mut Vec<Draft>,
        date: NaiveDate,
        alike: Alike,
        sum: i64,
    ) -> Result<(), PostingError> {
        let books = self.books;
        let is_expense = alike.counter == Role::FeeExpense;
        let tax_code = books.settings.fee_tax_code.as_deref().filter(|_| is_expense);
        let counter = Counter {
            account: books.account(alike.counter)?,
            tax_code: tax_code.map(Arc::from),
            tax: None,
            department: None,
            project: None,
        };
        let line = Line {
            key: alike.key,
            slot: Slot::Summed {
                sign_rank: alike.sign_rank,
            },
            provider: alike.provider,
            entry_type: Box::default(),
            reference: None,
        };
        let share = Share {
            gross: sum,
            vat: None,
        };
        let draft = self.draft(drafts, alike.topic, date, 0, date);
        draft.add(line, date, sum, vec![(counter, share)])
    }
}
