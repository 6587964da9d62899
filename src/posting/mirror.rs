//! A mirror account in both currencies, while the ledger is in another than the books.

use chrono::NaiveDate;

use crate::chart::Role;
use crate::config::FxRevaluation;
use crate::date::{begins_month, days_before};
use crate::ledger::page::Page;
use crate::posting::books::{Books, PostingError};
use crate::provider::Topic;

/// An account that mirrors a topic: its balance is the topic's.
#[derive(Debug)]
pub(super) struct MirrorAccount {
    pub(super) role: Role,
    pub(super) topic: Topic,
    /// The topic's balance before the date at hand; minor units of the ledger's currency.
    before: Option<i64>,
    /// The topic's balance after the entries so far.
    pub(super) balance: Option<i64>,
    /// What the account is worth in the books; minor units of the base currency.
    pub(super) base: Option<i64>,
    /// Whether the date at hand has entries on the topic.
    moved: bool,
    /// Whether any date had.
    pub(super) was_moved: bool,
    /// The last date on which the worth was not known although it mattered.
    pub(super) unknown_on: Option<NaiveDate>,
}

impl MirrorAccount {
    /// The account of `role`, whose topic opens at `opening` where that is known.
    pub(super) fn new(role: Role, topic: Topic, opening: Option<i64>) -> Self {
        Self {
            role,
            topic,
            before: opening,
            balance: opening,
            base: None,
            moved: false,
            was_moved: false,
            unknown_on: None,
        }
    }

    /// Follows the balance through entries of the topic.
    pub(super) fn follow(&mut self, page: &Page<'_, '_>) {
        self.moved |= !page.entries.is_empty();
        for entry in page.entries {
            if self.before.is_none() && !self.was_moved {
                self.before = entry.balance_before;
                self.balance = entry.balance_before;
            }
            self.was_moved = true;
            let computed = self.balance.and_then(|balance| balance.checked_add(entry.amount));
            self.balance = entry.balance_after.or(computed);
        }
    }

    /// What the account is worth when `date` begins, where that is settled anew.
    pub(super) fn open(&mut self, books: &Books<'_>, date: NaiveDate) -> Result<(), PostingError> {
        let stated = stated(books, self.role, date);
        if let Some(value) = stated.flatten() {
            self.base = Some(value);
        } else if is_valued_anew(books, date) {
            self.base = match self.before {
                None => None,
                Some(balance) => Some(in_base(books, balance, days_before(date, 1))?),
            };
        } else if self.base.is_none() && self.before == Some(0) {
            self.base = Some(0);
        }
        Ok(())
    }

    /// Adds what the date's postings moved the account by in the base currency. Returns what is
    /// left of its worth where the date closes at zero.
    pub(super) fn close(&mut self, date: NaiveDate, moved: i64) -> Result<Option<i64>, PostingError> {
        let is_moved = std::mem::take(&mut self.moved);
        self.before = self.balance;
        if let Some(base) = self.base {
            let base = base.checked_add(moved).ok_or(PostingError::Overflow(date))?;
            self.base = Some(base);
            let closes_at_zero = is_moved && self.balance == Some(0);
            return Ok(Some(base).filter(|_| closes_at_zero));
        }
        if is_moved || self.balance.is_some_and(|balance| balance != 0) {
            self.unknown_on = Some(date);
        }
        if self.balance == Some(0) {
            self.base = Some(0);
        }
        Ok(None)
    }
}

/// Whether what is left is worth its balance at the rate of the date before when `date` begins:
/// each month opens so when months end with a valuation, and what bilag takes over, where the
/// configuration says no amount.
pub(super) fn is_valued_anew(books: &Books<'_>, date: NaiveDate) -> bool {
    let settings = books.settings;
    let is_opening = settings.opening_base.is_some_and(|opening| opening.from == date);
    is_opening || (settings.fx_revaluation == FxRevaluation::MonthEnd && begins_month(date))
}

/// What the configuration says that the account of `role` is worth when `date` begins: `None` where
/// it says nothing of the date, `Some(None)` where it says nothing of the account.
pub(super) fn stated(books: &Books<'_>, role: Role, date: NaiveDate) -> Option<Option<i64>> {
    let opening = books.settings.opening_base?;
    (opening.from == date).then_some(match role {
        Role::Funds => opening.funds,
        Role::FeesPayable => opening.fees_payable,
        Role::Disputes => opening.disputes,
        _ => None,
    })
}

/// `amount` at the rate of `date`; nothing is worth nothing, whatever the rate.
pub(super) fn in_base(books: &Books<'_>, amount: i64, date: NaiveDate) -> Result<i64, PostingError> {
    if amount == 0 {
        return Ok(0);
    }
    Ok(books.in_base(amount, date)?.unwrap_or(amount))
}
