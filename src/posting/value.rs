//! What the funds account is worth in the books, when the ledger is in another currency.

use chrono::NaiveDate;

use crate::config::{CaptureMode, VoucherPer};
use crate::ledger::page::Page;
use crate::posting::Poster;
use crate::posting::books::{Books, PostingError};
use crate::posting::draft::Draft;

/// The funds account in both currencies, while the ledger is in another than the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FundsInBase {
    /// The balance in the ledger's currency, as the entries say it.
    balance: Option<i64>,
    /// The balance in the base currency, as it is booked.
    base: Option<i64>,
    /// Whether the date at hand has entries on funds.
    moved: bool,
}

impl FundsInBase {
    /// The account opens at `opening`, where that is known; an empty account is worth nothing.
    pub(super) fn new(opening: Option<i64>) -> Self {
        Self {
            balance: opening,
            base: (opening == Some(0)).then_some(0),
            moved: false,
        }
    }

    /// Whether the booked value is known.
    pub(super) fn is_known(&self) -> bool {
        self.base.is_some()
    }

    /// Follows the balance through entries of the funds topic.
    pub(super) fn follow(&mut self, books: &Books<'_>, page: &Page<'_, '_>) {
        if !books.is_foreign() {
            return;
        }
        self.moved |= !page.entries.is_empty();
        for entry in page.entries {
            let computed = self.balance.and_then(|balance| balance.checked_add(entry.amount));
            self.balance = entry.balance_after.or(computed);
        }
    }
}

impl Poster<'_> {
    /// Follows the booked value of the funds account; when the account closes a date at zero,
    /// what is left in the base currency is an exchange difference of that date.
    pub(super) fn value_funds(&mut self, date: NaiveDate) -> Result<(), PostingError> {
        let books = self.books;
        if !std::mem::take(&mut self.funds_in_base.moved) {
            return Ok(());
        }
        let overflow = || PostingError::Overflow(date);
        let drafts = &mut self.today.drafts;
        let state = &mut self.funds_in_base;
        let mut moved = 0i64;
        for draft in drafts.iter() {
            moved = moved
                .checked_add(draft.funds_in_base(date, books)?)
                .ok_or_else(overflow)?;
        }
        state.base = state
            .base
            .map(|base| base.checked_add(moved).ok_or_else(overflow))
            .transpose()?;
        // A till that debits the funds account itself books values that bilag does not see.
        let is_complete = !books.may_use(CaptureMode::None);
        if state.balance == Some(0) {
            if let Some(rest) = state.base.filter(|rest| *rest != 0 && is_complete) {
                let is_dates = |draft: &Draft| {
                    books.settings.voucher_per == VoucherPer::LedgerDate && draft.date == date
                };
                let index = drafts
                    .iter()
                    .position(is_dates)
                    .or_else(|| drafts.iter().rposition(Draft::moves_funds));
                if let Some(draft) = index.and_then(|index| drafts.get_mut(index)) {
                    draft.add_difference(date, rest);
                }
            }
            state.base = Some(0);
        }
        Ok(())
    }
}
