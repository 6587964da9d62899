//! Vouchers and postings, balanced by construction.

pub mod id;

use std::sync::Arc;

use chrono::NaiveDate;
use serde::Serialize;
use strum::{IntoStaticStr, VariantNames};
use thiserror::Error;

use crate::journal::id::VoucherId;
use crate::money::{Currency, Rate};

/// Why a posting is there: named after the entry type that it comes from; `docs/POSTING.md` has the
/// table. The order is the order of postings in a voucher.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, IntoStaticStr, VariantNames,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum PostingKey {
    Capture,
    Refund,
    CaptureFee,
    FeesRetained,
    PayoutScheduled,
    PayoutAborted,
    DisputeRetained,
    DisputeReturned,
    CorrectionFunds,
    CorrectionFees,
    TopUp,
    CreditNoteFunds,
    CreditNoteFees,
    FeesInvoiced,
    ServiceFee,
    UnknownFunds,
    UnknownFees,
    FxDifference,
    FxRevaluation,
    Rounding,
}

impl PostingKey {
    /// The name in files.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Whether one posting sums all entries of the type, or each entry has its own pair.
    pub fn is_summed(self) -> bool {
        matches!(
            self,
            Self::Capture | Self::Refund | Self::CaptureFee | Self::FeesRetained
        )
    }
}

/// The place of a posting in a VAT computation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tax {
    /// The posting has no part in one.
    None,
    /// The net amount; `vat` is the VAT that belongs to it, with the posting's sign.
    Net {
        /// Percent.
        rate: Rate,
        /// Minor units of the posting's currency.
        vat: i64,
    },
    /// The VAT itself; `net` is what it was computed on, with the posting's sign.
    Vat {
        /// Percent.
        rate: Rate,
        /// Minor units of the posting's currency.
        net: i64,
    },
}

/// One line of a voucher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posting {
    /// Why it is there.
    pub key: PostingKey,
    /// The account's number.
    pub account: Arc<str>,
    /// The account's name, empty when nothing says it.
    pub account_name: Arc<str>,
    /// Minor units of `currency`; debit positive, credit negative.
    pub amount: i64,
    /// The ledger's currency, or the base currency for exchange and rounding differences.
    pub currency: Currency,
    /// Minor units of the base currency, when the ledger is in another.
    pub base_amount: Option<i64>,
    /// One line for people.
    pub text: Arc<str>,
    /// The tax code, where the account's treatment needs one.
    pub tax_code: Option<Arc<str>>,
    /// Its part in the VAT computation.
    pub tax: Tax,
    /// The department.
    pub department: Option<Arc<str>>,
    /// The project.
    pub project: Option<Arc<str>>,
    /// What it belongs to at the provider: a payout number or a pspReference.
    pub reference: Option<Arc<str>>,
}

impl Posting {
    /// The amount in the base currency: the same as the amount when the ledger is in it.
    pub fn in_base(&self) -> i64 {
        self.base_amount.unwrap_or(self.amount)
    }
}

/// A voucher that does not balance: a mistake of the program.
#[derive(Debug, Error)]
#[error("voucher {id} does not balance: the rest is {rest} minor units of {currency}")]
pub struct Unbalanced {
    /// The voucher.
    pub id: String,
    /// Debit less credit.
    pub rest: i128,
    /// In which currency.
    pub currency: Currency,
}

/// Postings that belong together and sum to zero, in the ledger's currency and in the base
/// currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voucher {
    id: VoucherId,
    date: NaiveDate,
    currency: Currency,
    postings: Vec<Posting>,
}

impl Voucher {
    /// A voucher of postings in order; refuses one that does not balance.
    pub fn new(
        id: VoucherId,
        date: NaiveDate,
        currency: Currency,
        base: Currency,
        postings: Vec<Posting>,
    ) -> Result<Self, Unbalanced> {
        let sum = |amounts: &mut dyn Iterator<Item = i64>| amounts.map(i128::from).sum::<i128>();
        let in_currency = postings.iter().filter(|posting| posting.currency == currency);
        let rest = sum(&mut in_currency.map(|posting| posting.amount));
        if rest != 0 && currency != base {
            return Err(Unbalanced {
                id: id.to_string(),
                rest,
                currency,
            });
        }
        let rest = sum(&mut postings.iter().map(Posting::in_base));
        if rest != 0 {
            return Err(Unbalanced {
                id: id.to_string(),
                rest,
                currency: base,
            });
        }
        Ok(Self {
            id,
            date,
            currency,
            postings,
        })
    }

    /// Turns a voucher of one entry into one of the same kind on another ledger date, which it is
    /// booked on; `text` is what its postings say there.
    pub(crate) fn move_to_date(&mut self, date: NaiveDate, text: &Arc<str>) {
        self.date = date;
        self.id.move_to_date(date);
        self.say(text);
    }

    /// Gives all postings the same text.
    pub(crate) fn say(&mut self, text: &Arc<str>) {
        for posting in &mut self.postings {
            posting.text = Arc::clone(text);
        }
    }

    /// Turns a voucher of one entry, with two postings in one currency, into that of another
    /// entry of the same kind, topic and date. The first posting moves by `amount`, the second
    /// by its opposite, so it balances still. `None` when that cannot be.
    pub(crate) fn move_to(&mut self, ordinal: usize, amount: i64, reference: Option<&str>) -> Option<()> {
        let opposite = amount.checked_neg()?;
        let [first, second] = self.postings.as_mut_slice() else {
            return None;
        };
        let is_domestic = first.base_amount.is_none() && second.base_amount.is_none();
        if !is_domestic || first.currency != second.currency {
            return None;
        }
        let reference: Option<Arc<str>> = reference.map(Arc::from);
        first.amount = amount;
        first.reference.clone_from(&reference);
        second.amount = opposite;
        second.reference = reference;
        self.id.move_to(ordinal);
        Some(())
    }

    /// The stable id, which is the idempotency key in the target.
    pub fn id(&self) -> &VoucherId {
        &self.id
    }

    /// See [`VoucherId::small_number`].
    pub fn small_number(&self, series: u32) -> Result<u32, String> {
        self.id.small_number(self.date, series)
    }

    /// See [`VoucherId::date_number`].
    pub fn date_number(&self, series: u32) -> Result<u32, String> {
        self.id.date_number(self.date, series)
    }

    /// The ledger that it comes from.
    pub fn ledger_id(&self) -> &str {
        self.id.ledger_id()
    }

    /// The date of the booking.
    pub fn date(&self) -> NaiveDate {
        self.date
    }

    /// The ledger's currency.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// The lines, in order.
    pub fn postings(&self) -> &[Posting] {
        &self.postings
    }
}

/// The sums of a journal, in minor units of the ledger's currency.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JournalTotals {
    /// How many vouchers.
    pub vouchers: u64,
    /// How many postings.
    pub postings: u64,
    /// Sum of debits.
    pub debit: i128,
    /// Sum of credits, positive.
    pub credit: i128,
}

impl JournalTotals {
    /// Adds a voucher. Differences in the base currency are left out of the sums.
    pub fn add(&mut self, voucher: &Voucher) {
        self.vouchers += 1;
        for posting in voucher.postings() {
            self.postings += 1;
            if posting.currency == voucher.currency() {
                let amount = i128::from(posting.amount);
                if amount > 0 {
                    self.debit += amount
                } else {
                    self.credit -= amount
                }
            }
        }
    }
}
