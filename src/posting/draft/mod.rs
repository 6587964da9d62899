//! A voucher in the making: sums by posting key, sign and counter side, split by ledger date so
//! that each part takes its own exchange rate.

mod sides;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;

use crate::chart::Role;
use crate::journal::id::VoucherId;
use crate::journal::{Posting, PostingKey, Tax, Voucher};
use crate::posting::books::{Account, Books, PostingError, ResolvedTax};
use crate::posting::draft::sides::{CounterSums, Pair};
use crate::posting::treatment;
use crate::provider::Topic;

/// Where a pair stands within its posting key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Slot {
    /// All entries of one sign, summed; the usual sign first.
    Summed {
        /// 0 for the entry type's usual sign, 1 for the opposite.
        sign_rank: u8,
    },
    /// One entry.
    Single {
        /// Its ledger date.
        date: NaiveDate,
        topic: Topic,
        /// Its place on the date, from 1.
        ordinal: usize,
    },
}

/// The counter side of a pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counter {
    pub account: Account,
    /// The tax code that the posting carries without a VAT computation (fee expense).
    pub tax_code: Option<Arc<str>>,
    /// The tax code whose VAT is in the amount.
    pub tax: Option<ResolvedTax>,
    pub department: Option<Arc<str>>,
    pub project: Option<Arc<str>>,
}

impl Counter {
    /// The counter side of a pair that no rule decides about: fee expense carries the tax code of
    /// fees.
    pub fn plain(books: &Books<'_>, role: Role) -> Result<Self, PostingError> {
        let tax_code = books.settings.fee_tax_code.as_deref();
        Ok(Self {
            account: books.account(role)?,
            tax_code: tax_code.filter(|_| role == Role::FeeExpense).map(Arc::from),
            tax: None,
            department: None,
            project: None,
        })
    }
}

/// An amount on the counter side: minor units with VAT, and the VAT where it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// With VAT; the sign of the entry.
    pub gross: i64,
    /// The VAT as the shop computed it.
    pub vat: Option<i64>,
}

/// A difference between a mirror account and an exchange account, in the base currency alone.
#[derive(Debug)]
pub struct Difference {
    /// Why: a difference that is final, or a value at the end of a month.
    pub key: PostingKey,
    /// The mirror account.
    pub role: Role,
    /// The ledger date.
    pub ledger_date: NaiveDate,
    /// By how much the account is worth too much, in minor units of the base currency, debit
    /// positive.
    pub rest: i64,
    /// The reference on both postings.
    pub reference: Option<Arc<str>>,
}

/// A voucher in the making.
#[derive(Debug)]
pub struct Draft {
    /// The voucher's id; a payout's has none before its number is known.
    pub id: Option<VoucherId>,
    /// The voucher's date.
    pub date: NaiveDate,
    pairs: BTreeMap<(PostingKey, Slot), Pair>,
    differences: Vec<Difference>,
}

/// What an entry adds to a draft, apart from its amounts.
#[derive(Debug)]
pub struct Line {
    /// Why.
    pub key: PostingKey,
    /// Where.
    pub slot: Slot,
    /// The account that mirrors the provider's.
    pub provider: Role,
    /// The entry type's name, for texts that speak of it.
    pub entry_type: Box<str>,
    /// The reference on both postings.
    pub reference: Option<Arc<str>>,
    /// The reference that the text speaks of.
    pub spoken: Option<Arc<str>>,
}

impl Draft {
    /// An empty draft.
    pub fn new(id: Option<VoucherId>, date: NaiveDate) -> Self {
        Self {
            id,
            date,
            pairs: BTreeMap::new(),
            differences: Vec::new(),
        }
    }

    /// Whether nothing has been added.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty() && self.differences.is_empty()
    }

    /// Whether an entry of a ledger date has been added that moves the account of `role`.
    pub fn moves(&self, role: Role, ledger_date: NaiveDate, books: &Books<'_>) -> bool {
        self.pairs.iter().any(|((key, _), pair)| {
            let is_moved =
                pair.provider == role || treatment::counter_of(*key, books.settings.fees) == Some(role);
            is_moved && pair.amounts.contains_key(&ledger_date)
        })
    }

    /// Whether the entry of a slot has been added.
    pub fn has(&self, slot: Slot) -> bool {
        self.pairs.keys().any(|(_, known)| *known == slot)
    }

    /// Adds an entry: `amount` on the provider account, the shares (which sum to it) opposite.
    pub fn add(
        &mut self,
        line: Line,
        ledger_date: NaiveDate,
        amount: i64,
        shares: Vec<(Counter, Share)>,
    ) -> Result<(), PostingError> {
        let overflow = || PostingError::Overflow(ledger_date);
        let pair = self.pairs.entry((line.key, line.slot)).or_insert_with(|| Pair {
            provider: line.provider,
            amounts: BTreeMap::new(),
            counters: BTreeMap::new(),
            entry_type: line.entry_type,
            reference: line.reference,
            spoken: line.spoken,
        });
        let sum = pair.amounts.entry(ledger_date).or_default();
        *sum = sum.checked_add(amount).ok_or_else(overflow)?;
        for (counter, share) in shares {
            let code = counter
                .tax_code
                .clone()
                .or_else(|| counter.tax.as_ref().map(|tax| tax.code.clone()));
            let key = (
                counter.account.number.clone(),
                code,
                counter.department.clone(),
                counter.project.clone(),
            );
            let sums = pair.counters.entry(key).or_insert_with(|| CounterSums {
                counter,
                computed: BTreeMap::new(),
                given: BTreeMap::new(),
            });
            match share.vat {
                None => {
                    let sum = sums.computed.entry(ledger_date).or_default();
                    *sum = sum.checked_add(share.gross).ok_or_else(overflow)?;
                }
                Some(vat) => {
                    let (gross_sum, vat_sum) = sums.given.entry(ledger_date).or_default();
                    *gross_sum = gross_sum.checked_add(share.gross).ok_or_else(overflow)?;
                    *vat_sum = vat_sum.checked_add(vat).ok_or_else(overflow)?;
                }
            }
        }
        Ok(())
    }

    /// Adds an exchange difference.
    pub fn add_difference(&mut self, difference: Difference) {
        self.differences.push(difference);
    }

    /// What the account of `role` moves by on a ledger date in the base currency, in this draft,
    /// exchange differences left out.
    pub fn moved_in_base(
        &self,
        role: Role,
        ledger_date: NaiveDate,
        books: &Books<'_>,
    ) -> Result<i64, PostingError> {
        let overflow = || PostingError::Overflow(ledger_date);
        let in_base =
            |amount: i64| Ok::<i64, PostingError>(books.in_base(amount, ledger_date)?.unwrap_or(amount));
        let mut sum = 0i64;
        for ((key, _), pair) in &self.pairs {
            if pair.provider == role
                && let Some(amount) = pair.amounts.get(&ledger_date)
            {
                sum = sum.checked_add(in_base(*amount)?).ok_or_else(overflow)?;
            }
            if treatment::counter_of(*key, books.settings.fees) == Some(role) {
                for counter in pair.counters.values() {
                    let amount = counter.computed.get(&ledger_date).copied().unwrap_or(0);
                    sum = sum.checked_sub(in_base(amount)?).ok_or_else(overflow)?;
                }
            }
        }
        Ok(sum)
    }

    /// The voucher, or `None` when there is nothing to post.
    pub fn finish(self, books: &Books<'_>) -> Result<Option<Voucher>, PostingError> {
        let mut postings = Vec::new();
        for ((key, _), pair) in &self.pairs {
            pair.postings(*key, self.date, books, &mut postings)?;
        }
        for difference in &self.differences {
            self.difference(difference, books, &mut postings)?;
        }
        let Some(id) = self.id.clone().filter(|_| !postings.is_empty()) else {
            return Ok(None);
        };
        self.round(books, &mut postings)?;
        let voucher = Voucher::new(
            id,
            self.date,
            books.currency,
            books.settings.base_currency,
            postings,
        )?;
        Ok(Some(voucher))
    }

    fn difference(
        &self,
        difference: &Difference,
        books: &Books<'_>,
        postings: &mut Vec<Posting>,
    ) -> Result<(), PostingError> {
        let role = if difference.rest > 0 {
            Role::FxLoss
        } else {
            Role::FxGain
        };
        let text = books.text(difference.key, difference.ledger_date, None, "");
        let back = difference
            .rest
            .checked_neg()
            .ok_or(PostingError::Overflow(difference.ledger_date))?;
        for (role, amount) in [(difference.role, back), (role, difference.rest)] {
            let account = self.named(books.account(role)?, books);
            postings.push(Posting {
                reference: difference.reference.clone(),
                ..base_posting(difference.key, account, amount, text.clone(), books)
            });
        }
        Ok(())
    }

    /// An account with the name that it has on the voucher's date.
    fn named(&self, account: Account, books: &Books<'_>) -> Account {
        Account {
            name: books.brands().name_on(&account.name, self.date),
            ..account
        }
    }

    /// Each amount is rounded by itself; what that leaves in the base currency goes to rounding.
    fn round(&self, books: &Books<'_>, postings: &mut Vec<Posting>) -> Result<(), PostingError> {
        if !books.is_foreign() {
            return Ok(());
        }
        let rest: i128 = postings.iter().map(|posting| i128::from(posting.in_base())).sum();
        if rest != 0 {
            let amount = i64::try_from(-rest).map_err(|_| PostingError::Overflow(self.date))?;
            let text = books.text(PostingKey::Rounding, self.date, None, "");
            let account = self.named(books.account(Role::Rounding)?, books);
            postings.push(base_posting(PostingKey::Rounding, account, amount, text, books));
        }
        Ok(())
    }
}

fn base_posting(
    key: PostingKey,
    account: Account,
    amount: i64,
    text: Arc<str>,
    books: &Books<'_>,
) -> Posting {
    Posting {
        key,
        account: account.number,
        account_name: account.name,
        amount,
        currency: books.settings.base_currency,
        base_amount: Some(amount),
        text,
        tax_code: None,
        tax: Tax::None,
        department: None,
        project: None,
        reference: None,
    }
}
