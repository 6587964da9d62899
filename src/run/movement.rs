//! The last check before writing: the journal moves the provider's accounts as the entries do.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::chart::Role;
use crate::config::{CaptureMode, FeeMode, VoucherPer};
use crate::journal::Voucher;
use crate::posting::books::Books;
use crate::proof::{LedgerProof, TopicTotals};
use crate::run::RunError;
use crate::run::passes::Run;

impl Run<'_> {
    /// The journal moves the provider accounts by exactly what the entries say.
    pub(super) fn movement_error(
        &self,
        books: &Books<'_>,
        proof: &LedgerProof,
        movements: &BTreeMap<Arc<str>, i128>,
    ) -> Option<RunError> {
        if books.settings.voucher_per == VoucherPer::Payout || books.may_use(CaptureMode::None) {
            return None;
        }
        let sum = |totals: &TopicTotals| {
            totals
                .by_type
                .values()
                .map(|total| i128::from(total.sum))
                .sum::<i128>()
        };
        let mut expected = vec![(Role::Funds, sum(&proof.funds))];
        if books.settings.fees == FeeMode::Accrual {
            expected.push((Role::FeesPayable, sum(&proof.fees)));
        }
        let accounts = books.role_accounts();
        expected.into_iter().find_map(|(role, entries)| {
            let account = accounts.get(&role)?;
            // Where an account has several uses, its movement says nothing about one of them.
            let uses = accounts
                .values()
                .filter(|other| other.number == account.number)
                .count();
            let is_ruled = books.rules().iter().any(|rule| {
                rule.account
                    .as_ref()
                    .is_some_and(|number| number.0 == *account.number)
            });
            let journal = movements.get(&account.number).copied().unwrap_or(0);
            (uses == 1 && !is_ruled && journal != entries).then(|| RunError::Movement {
                account: account.number.to_string(),
                journal,
                entries,
            })
        })
    }
}

/// Adds up what a voucher moves, by account, in the ledger's currency.
pub(super) fn add_movements(movements: &mut BTreeMap<Arc<str>, i128>, voucher: &Voucher) {
    for posting in voucher.postings() {
        if posting.currency == voucher.currency() {
            *movements.entry(posting.account.clone()).or_default() += i128::from(posting.amount);
        }
    }
}
