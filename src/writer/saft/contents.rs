//! What the first pass learns of a file's contents: accounts with their movements and balances,
//! codes, dimensions, counts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;

use crate::chart::Role;
use crate::config::{FeeMode, VoucherPer};
use crate::journal::{Posting, Voucher};
use crate::ledger::Topic;
use crate::ledger::day::LedgerDay;
use crate::ledger::entry::EntryType;
use crate::ledger::proof::LedgerProof;
use crate::writer::Context;

/// Whether a line stands on the debit side, judged in the base currency where that is not zero.
pub fn is_debit(posting: &Posting) -> bool {
    match posting.in_base() {
        0 => posting.amount > 0,
        base => base > 0,
    }
}

/// An account as a file lists it; balances in minor units of the base currency, debit positive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountBalance {
    /// The number.
    pub number: String,
    /// The name; the number when nothing names the account.
    pub name: String,
    /// Balance before the file's first transaction.
    pub opening: i128,
    /// Balance after its last.
    pub closing: i128,
}

#[derive(Debug)]
struct Movement {
    name: Arc<str>,
    base: i128,
    /// In the ledger's currency, without differences in the base currency.
    own: i128,
}

/// A topic's balances in the order in which the days come.
#[derive(Debug, Default, Clone, Copy)]
struct TopicBalances {
    first: Option<i64>,
    last: Option<i64>,
    at_last_payout: Option<i64>,
    is_unknown: bool,
}

/// What the first pass learns.
#[derive(Debug, Default)]
pub struct Contents {
    movements: BTreeMap<Arc<str>, Movement>,
    funds: TopicBalances,
    fees: TopicBalances,
    /// Tax codes in use.
    pub tax_codes: BTreeSet<Arc<str>>,
    /// Departments in use.
    pub departments: BTreeSet<Arc<str>>,
    /// Projects in use.
    pub projects: BTreeSet<Arc<str>>,
    /// How many vouchers.
    pub vouchers: u64,
    /// How many postings.
    pub postings: u64,
    /// Sum of debits in the base currency.
    pub debit: i128,
    /// Sum of credits in the base currency, positive.
    pub credit: i128,
    /// The first voucher's date.
    pub first: Option<NaiveDate>,
    /// The last voucher's date.
    pub last: Option<NaiveDate>,
}

impl Contents {
    /// Takes a voucher.
    pub fn add(&mut self, voucher: &Voucher) {
        let date = voucher.date();
        self.vouchers += 1;
        self.first = Some(self.first.map_or(date, |first| first.min(date)));
        self.last = Some(self.last.map_or(date, |last| last.max(date)));
        for posting in voucher.postings() {
            self.postings += 1;
            let base = i128::from(posting.in_base());
            if base > 0 {
                self.debit += base
            } else {
                self.credit -= base
            }
            let movement = self
                .movements
                .entry(posting.account.clone())
                .or_insert_with(|| Movement {
                    name: posting.account_name.clone(),
                    base: 0,
                    own: 0,
                });
            movement.base += base;
            if posting.currency == voucher.currency() {
                movement.own += i128::from(posting.amount);
            }
            self.tax_codes.extend(posting.tax_code.clone());
            self.departments.extend(posting.department.clone());
            self.projects.extend(posting.project.clone());
        }
    }

    /// Takes a day: where the provider's two accounts begin and end.
    pub fn add_day(&mut self, day: &LedgerDay<'_>) {
        for topic in Topic::ALL {
            let balances = match topic {
                Topic::Funds => &mut self.funds,
                Topic::Fees => &mut self.fees,
            };
            for entry in &day.topic(topic).entries {
                if balances.first.is_none() {
                    balances.first = entry.balance_before;
                    balances.is_unknown |= entry.balance_before.is_none();
                }
                balances.last = entry.balance_after.or(balances.last);
            }
        }
        let mut funds = day.funds.entries.iter();
        if funds.any(|entry| entry.entry_type == EntryType::PayoutScheduled) {
            self.funds.at_last_payout = self.funds.last;
            self.fees.at_last_payout = self.fees.last;
        }
    }

    /// Every account that moves, that the configuration gives an opening, or whose balance the
    /// ledger itself says; and what is in the way of saying it. `proof` fills in for a topic
    /// without entries, and is not known in the first pass.
    pub fn accounts(
        &self,
        context: &Context<'_>,
        configured: &BTreeMap<String, i128>,
        proof: Option<&LedgerProof>,
    ) -> (Vec<AccountBalance>, Vec<String>) {
        let books = context.books;
        let mut openings = configured.clone();
        let mut faults = Vec::new();
        let has_fees = books.settings.fees == FeeMode::Accrual;
        let topics = [
            (Role::Funds, &self.funds, proof.map(|proof| &proof.funds)),
            (Role::FeesPayable, &self.fees, proof.map(|proof| &proof.fees)),
        ];
        for (role, balances, totals) in topics {
            let Ok(account) = books.account(role) else {
                continue;
            };
            if configured.contains_key(account.number.as_ref()) || (role == Role::FeesPayable && !has_fees) {
                continue;
            }
            let movement = self.movements.get(&account.number);
            let own = self.opening(context, balances, movement.map_or(0, |movement| movement.own));
            let own = own.or_else(|| totals.and_then(|totals| totals.opening).map(i128::from));
            match own {
                Some(0) => {}
                Some(own) if !books.is_foreign() => *openings.entry(account.number.to_string()).or_default() += own,
                Some(own) if movement.is_some() => faults.push(format!(
                    "account {} opens at {} {}, and its value in {} is not known: set it under `opening`",
                    account.number,
                    signed(own, books.currency.exponent()),
                    books.currency,
                    books.settings.base_currency
                )),
                None if balances.is_unknown => faults.push(format!(
                    "the opening balance of account {} is not known, because its first entry has none: set it under `opening`",
                    account.number
                )),
                Some(_) | None => {}
            }
        }
        let numbers: BTreeSet<&str> = self
            .movements
            .keys()
            .map(AsRef::as_ref)
            .chain(openings.keys().map(String::as_str))
            .collect();
        let list = numbers
            .into_iter()
            .map(|number| self.balance(context, number, openings.get(number).copied().unwrap_or_default()))
            .collect();
        (list, faults)
    }

    fn balance(&self, context: &Context<'_>, number: &str, opening: i128) -> AccountBalance {
        let movement = self.movements.get(number);
        let known = context.books.numbered(number).name;
        let name = movement
            .map(|movement| &movement.name)
            .filter(|name| !name.is_empty())
            .unwrap_or(&known);
        AccountBalance {
            number: number.to_owned(),
            name: if name.is_empty() {
                number.to_owned()
            } else {
                name.to_string()
            },
            opening,
            closing: opening + movement.map_or(0, |movement| movement.base),
        }
    }

    /// A topic's balance in the books before the file, in the ledger's currency.
    ///
    /// One voucher per payout reaches back before the range and stops at the last payout, so
    /// the opening follows from the balance that the payout left.
    fn opening(&self, context: &Context<'_>, balances: &TopicBalances, moved: i128) -> Option<i128> {
        match context.books.settings.voucher_per {
            VoucherPer::LedgerDate | VoucherPer::Entry => balances.first.map(i128::from),
            VoucherPer::Payout => match balances.at_last_payout {
                Some(closing) => Some(i128::from(closing) - moved),
                None => balances.first.map(i128::from),
            },
        }
    }
}

fn signed(minor: i128, exponent: u32) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    format!("{sign}{}", super::decimal(minor, exponent))
}
