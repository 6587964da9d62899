//! What the vouchers of a document hold: accounts with their movements and balances, codes,
//! dimensions, counts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;

use crate::chart::Role;
use crate::config::FeeMode;
use crate::format::FormatError;
use crate::format::options::Options;
use crate::journal::{Posting, Voucher};
use crate::money::parse_decimal;
use crate::posting::books::Account;
use crate::writer::{Context, Opening};

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
}

/// What the vouchers of a document hold.
#[derive(Debug, Default)]
pub struct Contents {
    movements: BTreeMap<Arc<str>, Movement>,
    opening: Opening,
    /// Tax codes in use.
    pub tax_codes: BTreeSet<Arc<str>>,
    /// Departments in use.
    pub departments: BTreeSet<Arc<str>>,
    /// Projects in use.
    pub projects: BTreeSet<Arc<str>>,
    /// How many vouchers.
    pub vouchers: u64,
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
            let base = i128::from(posting.in_base());
            if base > 0 {
                self.debit += base
            } else {
                self.credit -= base
            }
            match self.movements.get_mut(&posting.account) {
                Some(movement) => movement.base += base,
                None => {
                    let name = posting.account_name.clone();
                    self.movements
                        .insert(posting.account.clone(), Movement { name, base });
                }
            }
            for (known, value) in [
                (&mut self.tax_codes, &posting.tax_code),
                (&mut self.departments, &posting.department),
                (&mut self.projects, &posting.project),
            ] {
                if let Some(value) = value.as_ref().filter(|value| !known.contains(*value)) {
                    known.insert(value.clone());
                }
            }
        }
    }

    /// What each account moves by, in minor units of the base currency.
    pub fn movements(&self) -> impl Iterator<Item = (&Arc<str>, i128)> {
        self.movements
            .iter()
            .map(|(account, movement)| (account, movement.base))
    }

    /// Whether any voucher moves an account.
    pub fn moves(&self, number: &str) -> bool {
        self.movements.contains_key(number)
    }

    /// Takes what the books hold when the file begins.
    pub fn open(&mut self, opening: &Opening) {
        self.opening = opening.clone();
    }

    /// Every account that moves, that the configuration gives an opening, or whose balance the
    /// ledger itself says; and what is in the way of saying it. `is_balance` tells accounts of
    /// the balance sheet, which alone are carried into a new fiscal year.
    pub fn accounts(
        &self,
        context: &Context<'_>,
        configured: &BTreeMap<String, i128>,
        is_balance: &dyn Fn(&str) -> bool,
    ) -> (Vec<AccountBalance>, Vec<String>) {
        let mut openings = configured.clone();
        let mut faults = Vec::new();
        let has_fees = context.books.settings.fees == FeeMode::Accrual;
        for (role, own) in [
            (Role::Funds, self.opening.funds),
            (Role::FeesPayable, self.opening.fees.filter(|_| has_fees)),
        ] {
            let Ok(account) = context.books.account(role) else {
                continue;
            };
            if !configured.contains_key(account.number.as_ref()) {
                match self.in_base(context, &account, own) {
                    Ok(opening) => *openings.entry(account.number.to_string()).or_default() += opening,
                    Err(fault) => faults.push(fault),
                }
            }
        }
        for (account, movement) in &self.opening.carried {
            *openings.entry(account.to_string()).or_default() += movement;
        }
        if self.opening.follows_another {
            openings.retain(|account, _| is_balance(account));
        }
        openings.retain(|_, opening| *opening != 0);
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

    /// A provider's balance in the base currency, or why it cannot be said.
    fn in_base(&self, context: &Context<'_>, account: &Account, own: Option<i64>) -> Result<i128, String> {
        let books = context.books;
        let moves = self.movements.contains_key(&account.number);
        match own {
            Some(own) if own == 0 || !books.is_foreign() => Ok(i128::from(own)),
            Some(own) if moves => Err(format!(
                "account {} opens at {} {}, and its value in {} is not known: set it under `opening`",
                account.number,
                books.currency.amount(own),
                books.currency,
                books.settings.base_currency
            )),
            None if moves => Err(format!(
                "the opening balance of account {} is not known: set it under `opening`",
                account.number
            )),
            Some(_) | None => Ok(0),
        }
    }

    fn balance(&self, context: &Context<'_>, number: &str, opening: i128) -> AccountBalance {
        let movement = self.movements.get(number);
        let known = context.books.numbered(number).name;
        let name = movement
            .map(|movement| &movement.name)
            .filter(|name| !name.is_empty())
            .unwrap_or(&known);
        let name = context.books.brands().name_on(name, context.range.to());
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
}

/// Reads the table `opening`: balances by account, debit positive, in minor units of the base
/// currency.
pub fn openings(options: &Options, exponent: u32) -> Result<BTreeMap<String, i128>, FormatError> {
    let parse = |(account, text): (String, String)| {
        let minor = parse_decimal(&text, exponent).ok_or_else(|| {
            options.wrong(&format!(
                "`opening.{account}`: `{text}` is not an amount; write it like \"-123.45\""
            ))
        })?;
        Ok((account, minor))
    };
    options.table("opening")?.into_iter().map(parse).collect()
}
