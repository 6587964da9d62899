//! The last check before writing: the journal moves the provider's accounts as the entries do; and
//! what it leaves out of fees.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::chart::Role;
use crate::config::{CaptureMode, FeeMode, VoucherPer};
use crate::journal::Voucher;
use crate::ledger::finding::Code;
use crate::posting::books::Books;
use crate::proof::{LedgerProof, TopicTotals};
use crate::provider::Topic;
use crate::run::RunError;

/// What vouchers move each account by, in minor units of the ledger's currency. There are few
/// accounts, and most postings are on the same as the ones before.
#[derive(Debug, Default)]
pub(super) struct Movements(Vec<(Arc<str>, i128)>);

impl Movements {
    /// Adds what a voucher moves. Differences in the base currency are left out.
    pub(super) fn add(&mut self, voucher: &Voucher) {
        for posting in voucher.postings() {
            if posting.currency != voucher.currency() {
                continue;
            }
            let amount = i128::from(posting.amount);
            let is_same =
                |known: &Arc<str>| Arc::ptr_eq(known, &posting.account) || *known == posting.account;
            match self.0.iter_mut().find(|(account, _)| is_same(account)) {
                Some((_, sum)) => *sum += amount,
                None => self.0.push((Arc::clone(&posting.account), amount)),
            }
        }
    }

    /// By account number.
    pub(super) fn into_map(self) -> BTreeMap<Arc<str>, i128> {
        self.0.into_iter().collect()
    }

    /// What an account moves by.
    fn of(&self, number: &str) -> i128 {
        let mut known = self.0.iter();
        known
            .find(|(account, _)| **account == *number)
            .map_or(0, |(_, sum)| *sum)
    }
}

/// The journal moves the provider accounts by exactly what the entries say.
pub(super) fn movement_error(
    books: &Books<'_>,
    proof: &LedgerProof,
    movements: &Movements,
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
        let journal = movements.of(&account.number);
        (uses == 1 && !is_ruled && journal != entries).then(|| RunError::Movement {
            account: account.number.to_string(),
            journal,
            entries,
        })
    })
}

/// Fees of which nothing is booked yet, because they become an expense when they are retained.
pub(super) fn fees_not_booked(books: &Books<'_>, proof: &mut LedgerProof, gross_settlement: bool) {
    if books.settings.fees == FeeMode::Accrual {
        return;
    }
    let last = proof.exported.map(|range| range.to());
    let owed = proof.fees.closing.filter(|closing| *closing != 0).zip(last);
    let money = |closing: i64| {
        let amount = i128::from(closing);
        let amount = books.currency.amount(amount.abs());
        match closing < 0 {
            true => format!("{amount} {} of fees are owed", books.currency),
            false => format!("{amount} {} of fees are to come back", books.currency),
        }
    };
    if gross_settlement {
        proof.findings.add(Code::FeesNotPosted, Some(Topic::Fees), None, None, || {
            let rest = owed.map_or_else(String::new, |(closing, last)| format!("; {} when {last} ends", money(closing)));
            format!("the ledger settles gross: with `fees = \"retained\"` its fees are booked only with the provider's invoice{rest}")
        });
    } else if let Some((closing, last)) = owed {
        proof.findings.add(Code::FeesOwed, Some(Topic::Fees), Some(last), None, || {
            format!(
                "{} when {last} ends and are not booked: with `fees = \"retained\"` they are an expense of the date on which they are retained",
                money(closing)
            )
        });
    }
}
