//! What is kept of a voucher: enough to know it again, and to reverse it without the configuration
//! that it was made with.

use std::fmt::Write as _;
use std::sync::Arc;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::digest::{hexadecimal, sha256_hex};
use crate::journal::id::{Origin, VoucherId};
use crate::journal::{Posting, PostingKey, Tax, Unbalanced, Voucher};
use crate::money::{Currency, Rate};

/// What vouchers move the accounts by that mirror the provider's, in minor units; debit positive. A
/// sum beyond what 64 bits hold stays at their end, and fails every comparison.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mirror {
    /// The funds account, in the ledger's currency.
    pub funds: i64,
    /// The fees payable account, in the ledger's currency.
    pub fees_payable: i64,
    /// The funds account, in the base currency.
    pub funds_base: i64,
    /// The fees payable account, in the base currency.
    pub fees_payable_base: i64,
}

/// The accounts that mirror the provider's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MirrorAccounts {
    /// The number of funds.
    pub funds: Arc<str>,
    /// The number of fees payable.
    pub fees_payable: Arc<str>,
    /// The currency of the books.
    pub base: Currency,
}

/// A voucher that was exported or closed, or all vouchers of one entry each of a ledger date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeldVoucher {
    /// The id; for vouchers of one entry what they have in common.
    pub id: String,
    /// The short form of the id.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub short: String,
    /// The date of the booking; for vouchers of one entry the ledger date.
    pub date: NaiveDate,
    /// SHA-256 in hexadecimal of what it books: dates, accounts, amounts, VAT, dimensions,
    /// references. Texts and the names of accounts are not in it.
    pub hash: String,
    /// The ledger dates whose entries it holds, in order; none when it holds no entry.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ledger_dates: Vec<NaiveDate>,
    /// How many vouchers of one entry this stands for; absent for a single voucher.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// What it moves the provider's accounts by.
    #[serde(default)]
    pub mirror: Mirror,
    /// The ledger's currency.
    pub currency: Currency,
    /// The currency of the books, where it is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_currency: Option<Currency>,
    /// Its lines; none for vouchers of one entry.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub postings: Vec<KeptPosting>,
}

/// One line of a kept voucher; the fields are those of [`Posting`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptPosting {
    pub key: PostingKey,
    pub account: String,
    pub account_name: String,
    pub amount: i64,
    pub currency: Currency,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_amount: Option<i64>,
    pub text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_code: Option<String>,
    /// The net amount's rate and VAT.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub net: Option<KeptTax>,
    /// The VAT's rate and the net amount that it is of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vat: Option<KeptTax>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

/// A rate in percent, and the other part of the VAT computation in minor units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptTax {
    pub rate: String,
    pub other: i64,
}

/// Why a kept voucher cannot be made a voucher again.
#[derive(Debug, thiserror::Error)]
pub enum KeptError {
    /// The record is not as it was written.
    #[error("voucher {0}: what was kept of it cannot be read")]
    Damaged(String),
    /// The voucher does not balance.
    #[error(transparent)]
    Unbalanced(#[from] Unbalanced),
}

impl HeldVoucher {
    /// What is kept of a voucher.
    pub fn of(voucher: &Voucher, accounts: &MirrorAccounts) -> Self {
        let mut text = String::new();
        spell(voucher, &mut text);
        let mut mirror = Mirror::default();
        mirror.add(voucher, accounts);
        Self {
            id: voucher.id().to_string(),
            short: voucher.id().short(),
            date: voucher.date(),
            hash: sha256_hex(text.as_bytes()),
            ledger_dates: voucher.ledger_dates().to_vec(),
            count: None,
            mirror,
            currency: voucher.currency(),
            base_currency: base_of(voucher, accounts),
            postings: voucher.postings().iter().map(KeptPosting::of).collect(),
        }
    }

    /// The dates by which it is found: those of its entries, else its own.
    pub fn dates(&self) -> &[NaiveDate] {
        if self.ledger_dates.is_empty() {
            std::slice::from_ref(&self.date)
        } else {
            &self.ledger_dates
        }
    }

    /// How many vouchers it stands for.
    pub fn vouchers(&self) -> u64 {
        self.count.unwrap_or(1)
    }

    /// The voucher again, under another id and date. `is_reversed` turns every sign; `mark` goes
    /// after every text.
    pub fn to_voucher(
        &self,
        id: VoucherId,
        date: NaiveDate,
        is_reversed: bool,
        mark: &str,
    ) -> Result<Voucher, KeptError> {
        let damaged = || KeptError::Damaged(self.id.clone());
        let sign = if is_reversed { -1 } else { 1 };
        let postings: Option<Vec<Posting>> = self
            .postings
            .iter()
            .map(|posting| posting.to_posting(sign, mark))
            .collect();
        let postings = postings
            .filter(|postings| !postings.is_empty())
            .ok_or_else(damaged)?;
        let base = self.base_currency.unwrap_or(self.currency);
        let voucher = Voucher::new(id, date, self.currency, base, postings)?;
        Ok(voucher.holding(self.ledger_dates.clone()))
    }
}

impl Mirror {
    /// Adds what a voucher moves.
    pub fn add(&mut self, voucher: &Voucher, accounts: &MirrorAccounts) {
        let is = |a: &Arc<str>, b: &Arc<str>| Arc::ptr_eq(a, b) || a == b;
        for posting in voucher.postings() {
            let (sum, base) = if is(&posting.account, &accounts.funds) {
                (&mut self.funds, &mut self.funds_base)
            } else if is(&posting.account, &accounts.fees_payable) {
                (&mut self.fees_payable, &mut self.fees_payable_base)
            } else {
                continue;
            };
            if posting.currency == voucher.currency() {
                *sum = sum.saturating_add(posting.amount);
            }
            *base = base.saturating_add(posting.in_base());
        }
    }

    /// Adds what others move.
    pub fn merge(&mut self, other: &Self) {
        self.funds = self.funds.saturating_add(other.funds);
        self.fees_payable = self.fees_payable.saturating_add(other.fees_payable);
        self.funds_base = self.funds_base.saturating_add(other.funds_base);
        self.fees_payable_base = self.fees_payable_base.saturating_add(other.fees_payable_base);
    }
}

impl KeptPosting {
    fn of(posting: &Posting) -> Self {
        let kept = |rate: &Rate, other: i64| {
            Some(KeptTax {
                rate: rate.to_string(),
                other,
            })
        };
        let owned = |text: &Option<Arc<str>>| text.as_deref().map(str::to_owned);
        let (net, vat) = match &posting.tax {
            Tax::None => (None, None),
            Tax::Net { rate, vat } => (kept(rate, *vat), None),
            Tax::Vat { rate, net } => (None, kept(rate, *net)),
        };
        Self {
            key: posting.key,
            account: posting.account.to_string(),
            account_name: posting.account_name.to_string(),
            amount: posting.amount,
            currency: posting.currency,
            base_amount: posting.base_amount,
            text: posting.text.to_string(),
            tax_code: owned(&posting.tax_code),
            net,
            vat,
            department: owned(&posting.department),
            project: owned(&posting.project),
            reference: owned(&posting.reference),
        }
    }

    fn to_posting(&self, sign: i64, mark: &str) -> Option<Posting> {
        let shared = |text: &Option<String>| text.as_deref().map(Arc::from);
        let tax = match (&self.net, &self.vat) {
            (None, None) => Tax::None,
            (Some(tax), None) => Tax::Net {
                rate: Rate::parse(&tax.rate)?,
                vat: tax.other.checked_mul(sign)?,
            },
            (None, Some(tax)) => Tax::Vat {
                rate: Rate::parse(&tax.rate)?,
                net: tax.other.checked_mul(sign)?,
            },
            (Some(_), Some(_)) => return None,
        };
        let base_amount = match self.base_amount {
            Some(amount) => Some(amount.checked_mul(sign)?),
            None => None,
        };
        Some(Posting {
            key: self.key,
            account: Arc::from(self.account.as_str()),
            account_name: Arc::from(self.account_name.as_str()),
            amount: self.amount.checked_mul(sign)?,
            currency: self.currency,
            base_amount,
            text: Arc::from(format!("{}{mark}", self.text)),
            tax_code: shared(&self.tax_code),
            tax,
            department: shared(&self.department),
            project: shared(&self.project),
            reference: shared(&self.reference),
        })
    }
}

/// The id under which the vouchers of one entry of a ledger date are kept together; `None` for
/// vouchers that are kept by themselves.
pub fn row_id(voucher: &Voucher) -> Option<String> {
    match voucher.id().origin() {
        Origin::Entry { ledger_date, .. } => Some(format!("VM-{}-{ledger_date}-*", voucher.ledger_id())),
        _ => None,
    }
}

/// The vouchers of one entry of a ledger date in the making: nothing is kept of each.
#[derive(Debug)]
pub(super) struct Row {
    held: HeldVoucher,
    hasher: Sha256,
    buffer: String,
}

impl Row {
    pub(super) fn new(id: String, voucher: &Voucher, accounts: &MirrorAccounts) -> Self {
        let ledger_dates = voucher.ledger_dates().to_vec();
        Self {
            held: HeldVoucher {
                id,
                short: String::new(),
                date: ledger_dates.first().copied().unwrap_or(voucher.date()),
                hash: String::new(),
                ledger_dates,
                count: Some(0),
                mirror: Mirror::default(),
                currency: voucher.currency(),
                base_currency: base_of(voucher, accounts),
                postings: Vec::new(),
            },
            hasher: Sha256::new(),
            buffer: String::new(),
        }
    }

    pub(super) fn is_of(&self, voucher: &Voucher) -> bool {
        matches!(voucher.id().origin(), Origin::Entry { ledger_date, .. } if *ledger_date == self.held.date)
    }

    pub(super) fn add(&mut self, voucher: &Voucher, accounts: &MirrorAccounts) {
        self.buffer.clear();
        self.buffer.push_str(voucher.id().as_str());
        self.buffer.push('\n');
        spell(voucher, &mut self.buffer);
        self.hasher.update(self.buffer.as_bytes());
        self.held.mirror.add(voucher, accounts);
        self.held.count = self.held.count.map(|count| count + 1);
    }

    pub(super) fn finish(mut self) -> HeldVoucher {
        self.held.hash = hexadecimal(&self.hasher.finalize());
        self.held
    }
}

/// The currency of the books, where it is not the voucher's.
fn base_of(voucher: &Voucher, accounts: &MirrorAccounts) -> Option<Currency> {
    (accounts.base != voucher.currency()).then_some(accounts.base)
}

/// Spells what a voucher books, one line a posting. No field can hold the separators.
fn spell(voucher: &Voucher, out: &mut String) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{}\u{1f}{}", voucher.date(), voucher.currency());
    for posting in voucher.postings() {
        let _ = write!(
            out,
            "{}\u{1f}{}\u{1f}{}\u{1f}{}",
            posting.key.name(),
            posting.account,
            posting.amount,
            posting.currency
        );
        if let Some(base) = posting.base_amount {
            let _ = write!(out, "\u{1f}b{base}");
        }
        let _ = match &posting.tax {
            Tax::None => Ok(()),
            Tax::Net { rate, vat } => write!(out, "\u{1f}n{rate}\u{1f}{vat}"),
            Tax::Vat { rate, net } => write!(out, "\u{1f}v{rate}\u{1f}{net}"),
        };
        let texts = [
            ('c', &posting.tax_code),
            ('d', &posting.department),
            ('p', &posting.project),
            ('r', &posting.reference),
        ];
        for (kind, text) in texts {
            if let Some(text) = text {
                let _ = write!(out, "\u{1f}{kind}{text}");
            }
        }
        out.push('\n');
    }
}
