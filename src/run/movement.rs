//! The last check before writing: the journal moves the provider's accounts as the entries do; and
//! what it leaves out of fees.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::chart::Role;
use crate::config::{CaptureMode, FeeMode};
use crate::journal::Voucher;
use crate::ledger::finding::Code;
use crate::posting::books::{Account, Books};
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

/// The sums of a range's entries on funds and fees.
pub(super) fn entry_sums(proof: &LedgerProof) -> [i128; 2] {
    let sum = |totals: &TopicTotals| {
        totals
            .by_type
            .values()
            .map(|total| i128::from(total.sum))
            .sum::<i128>()
    };
    [sum(&proof.funds), sum(&proof.fees)]
}

/// The journal moves the provider accounts by exactly what the entries say that it holds:
/// `entries` are their sums on funds and fees.
pub(super) fn movement_error(
    books: &Books<'_>,
    [funds, fees]: [i128; 2],
    movements: &Movements,
) -> Option<RunError> {
    if books.may_use(CaptureMode::None) {
        return None;
    }
    let mut expected = vec![(Role::Funds, funds)];
    if books.settings.fees == FeeMode::Accrual {
        expected.push((Role::FeesPayable, fees));
    }
    let accounts = books.role_accounts();
    expected.into_iter().find_map(|(role, entries)| {
        let account = accounts.get(&role)?;
        let journal = movements.of(&account.number);
        (stands_alone(books, account) && journal != entries).then(|| RunError::Movement {
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

/// Whether an account has one use. Where it has several, its movement says nothing about one of
/// them.
pub(super) fn stands_alone(books: &Books<'_>, account: &Account) -> bool {
    let accounts = books.role_accounts().values();
    let uses = accounts.filter(|other| other.number == account.number).count();
    let is_ruled = books.rules().iter().any(|rule| {
        let number = rule.account.as_ref();
        number.is_some_and(|number| number.0 == *account.number)
    });
    uses == 1 && !is_ruled
}
