//! What the funds account is worth in the books, when the ledger is in another currency.

use crate::config::{CaptureMode, VoucherPer};
use crate::ledger::day::LedgerDay;
use crate::posting::Poster;
use crate::posting::books::PostingError;
use crate::posting::draft::Draft;

impl Poster<'_> {
    /// Follows the booked value of the funds account; when the account closes a date at zero,
    /// what is left in the base currency is an exchange difference of that date.
    pub(super) fn value_funds(
        &mut self,
        drafts: &mut [Draft],
        day: &LedgerDay<'_>,
    ) -> Result<(), PostingError> {
        let books = self.books;
        if !books.is_foreign() || day.funds.entries.is_empty() {
            return Ok(());
        }
        let overflow = || PostingError::Overflow(day.date);
        let state = &mut self.funds_in_base;
        let mut moved = 0i64;
        for draft in drafts.iter() {
            moved = moved
                .checked_add(draft.funds_in_base(day.date, books)?)
                .ok_or_else(overflow)?;
        }
        state.base = state
            .base
            .map(|base| base.checked_add(moved).ok_or_else(overflow))
            .transpose()?;
        for entry in &day.funds.entries {
            let computed = state
                .balance
                .and_then(|balance| balance.checked_add(entry.amount));
            state.balance = entry.balance_after.or(computed);
        }
        // A till that debits the funds account itself books values that bilag does not see.
        let is_complete = !books.may_use(CaptureMode::None);
        if state.balance == Some(0) {
            if let Some(rest) = state.base.filter(|rest| *rest != 0 && is_complete) {
                let is_dates = |draft: &Draft| {
                    books.settings.voucher_per == VoucherPer::LedgerDate && draft.date == day.date
                };
                let index = drafts
                    .iter()
                    .position(is_dates)
                    .or_else(|| drafts.iter().rposition(Draft::moves_funds));
                if let Some(draft) = index.and_then(|index| drafts.get_mut(index)) {
                    draft.add_difference(day.date, rest);
                }
            }
            state.base = Some(0);
        }
        Ok(())
    }
}
