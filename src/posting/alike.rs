//! Entries that differ in nothing but their amounts: they are summed before they reach a voucher,
//! so that a date with many thousands of them costs little more than one.

use chrono::NaiveDate;

use crate::chart::Role;
use crate::config::{CaptureMode, DateBasis, VoucherPer};
use crate::journal::PostingKey;
use crate::ledger::entry::Entry;
use crate::posting::Poster;
use crate::posting::books::PostingError;
use crate::posting::draft::{Counter, Line, Share, Slot};
use crate::posting::treatment::{self, Treatment};
use crate::provider::Topic;

/// What entries have in common that become one sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Alike {
    pub(super) topic: Topic,
    pub(super) key: PostingKey,
    pub(super) provider: Role,
    pub(super) counter: Role,
    sign_rank: u8,
}

/// 0 for the usual sign of an entry's type, 1 for the opposite.
pub(super) fn sign_rank(topic: Topic, entry: &Entry<'_>) -> u8 {
    let usual = entry.entry_type.usual_sign(topic).unwrap_or(1);
    u8::from(entry.amount.signum() == -usual)
}

impl Poster<'_> {
    /// What an entry has in common with others of its date, when nothing but its amount and
    /// reference can make a difference: no rules, no date of its own, one sum or one voucher.
    pub(super) fn alike(&self, topic: Topic, entry: &Entry<'_>) -> Option<Alike> {
        let settings = self.books.settings;
        if !self.books.rules().is_empty() {
            return None;
        }
        let is_summed = |key: PostingKey| key.is_summed() || settings.voucher_per == VoucherPer::Entry;
        let (key, provider, counter) = match treatment::of(&entry.entry_type, topic, settings.fees) {
            Treatment::Pair {
                key,
                provider,
                counter,
            } if is_summed(key) => (key, provider, counter),
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
    pub(super) fn add_alike(&mut self, date: NaiveDate, alike: Alike, sum: i64) -> Result<(), PostingError> {
        let counter = Counter::plain(self.books, alike.counter)?;
        let line = Line {
            key: alike.key,
            slot: Slot::Summed {
                sign_rank: alike.sign_rank,
            },
            provider: alike.provider,
            entry_type: Box::default(),
            reference: None,
            spoken: None,
        };
        let share = Share {
            gross: sum,
            vat: None,
        };
        let draft = self.draft(alike.topic, date, 0, date);
        draft.add(line, date, sum, vec![(counter, share)])
    }
}

/// The sums of a date, each of entries that are alike. There are few kinds of them.
#[derive(Debug, Default)]
pub(super) struct Sums(Vec<(Alike, i64)>);

impl Sums {
    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Adds an amount.
    pub(super) fn add(&mut self, alike: Alike, amount: i64, date: NaiveDate) -> Result<(), PostingError> {
        match self.0.iter_mut().find(|(known, _)| *known == alike) {
            Some((_, sum)) => *sum = sum.checked_add(amount).ok_or(PostingError::Overflow(date))?,
            None => self.0.push((alike, amount)),
        }
        Ok(())
    }

    /// Takes the sums out, in the order of what they have in common.
    pub(super) fn take(&mut self) -> Vec<(Alike, i64)> {
        self.0.sort_unstable_by_key(|(alike, _)| *alike);
        std::mem::take(&mut self.0)
    }
}
