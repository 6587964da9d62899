//! One entry of a ledger, and the open set of entry types.

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};

use chrono::NaiveDate;
use strum::AsRefStr;

use crate::ledger::time::EntryTime;
use crate::money::Currency;
use crate::provider::Topic;

/// What an entry is. The set is open: the provider may add types without notice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, AsRefStr)]
#[strum(serialize_all = "kebab-case")]
pub enum EntryType<'a> {
    /// A sale, or a captured reservation.
    Capture,
    /// Money back to a customer.
    Refund,
    /// Fees moved from funds to fees; seen on both topics with opposite signs.
    FeesRetained,
    /// A payout was decided. No proof that the money has arrived.
    PayoutScheduled,
    /// A payout could not be made; the money is back in funds.
    PayoutAborted,
    /// A disputed capture is withheld.
    RetainedDisputedCapture,
    /// A disputed capture is given back.
    ReturnedDisputedCapture,
    /// A manual adjustment by the provider.
    Correction,
    /// Money added to lift a negative balance.
    TopUp,
    /// A credit against an invoice.
    CreditNote,
    /// The fee of a capture.
    CaptureFee,
    /// Fees settled by an invoice (gross settlement).
    FeesInvoiced,
    /// A fee of no capture, such as a monthly subscription.
    ServiceFee,
    /// A type that bilag does not know, by its name.
    #[strum(transparent)]
    Unknown(Cow<'a, str>),
}

impl<'a> EntryType<'a> {
    /// Reads a type's name; old names count too (see [`Self::is_legacy_name`]).
    pub fn parse(name: Cow<'a, str>) -> Self {
        match name.as_ref() {
            "capture" => Self::Capture,
            "refund" => Self::Refund,
            "fees-retained" => Self::FeesRetained,
            "payout-scheduled" | "scheduled-for-payout" | "payout" => Self::PayoutScheduled,
            "payout-aborted" => Self::PayoutAborted,
            "retained-disputed-capture" => Self::RetainedDisputedCapture,
            "returned-disputed-capture" => Self::ReturnedDisputedCapture,
            "correction" => Self::Correction,
            "top-up" => Self::TopUp,
            "credit-note" => Self::CreditNote,
            "capture-fee" => Self::CaptureFee,
            "fees-invoiced" => Self::FeesInvoiced,
            "service-fee" => Self::ServiceFee,
            _ => Self::Unknown(name),
        }
    }

    /// Whether `name` is one that the provider no longer writes: `scheduled-for-payout` (the
    /// specification of 2023) or `payout` (version 1 of the API).
    pub fn is_legacy_name(name: &str) -> bool {
        matches!(name, "scheduled-for-payout" | "payout")
    }

    /// The canonical name.
    pub fn name(&self) -> &str {
        self.as_ref()
    }

    /// The sign that the provider's texts give for the type on `topic`: 1, −1, or `None` where
    /// either is normal or nothing is said.
    pub fn usual_sign(&self, topic: Topic) -> Option<i64> {
        match (self, topic) {
            (Self::Capture | Self::PayoutAborted | Self::ReturnedDisputedCapture | Self::TopUp, _) => Some(1),
            (
                Self::Refund
                | Self::PayoutScheduled
                | Self::RetainedDisputedCapture
                | Self::CaptureFee
                | Self::ServiceFee,
                _,
            ) => Some(-1),
            (Self::FeesRetained, Topic::Funds) => Some(-1),
            (Self::FeesRetained | Self::FeesInvoiced, Topic::Fees) => Some(1),
            (Self::FeesInvoiced, Topic::Funds) => None,
            (Self::Correction | Self::CreditNote | Self::Unknown(_), _) => None,
        }
    }

    /// Whether the provider describes the type on `topic`. A capture among the fees is as unknown
    /// as a type that nobody has heard of.
    pub fn belongs_to(&self, topic: Topic) -> bool {
        match self {
            Self::Capture
            | Self::Refund
            | Self::PayoutScheduled
            | Self::PayoutAborted
            | Self::RetainedDisputedCapture
            | Self::ReturnedDisputedCapture
            | Self::TopUp => topic == Topic::Funds,
            Self::CaptureFee | Self::FeesInvoiced | Self::ServiceFee => topic == Topic::Fees,
            Self::FeesRetained | Self::Correction | Self::CreditNote => true,
            Self::Unknown(_) => false,
        }
    }
}

impl fmt::Display for EntryType<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One line of a topic's account, borrowed from the response body that it came in.
///
/// Two entries are equal when every field that bilag reads is equal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<'a> {
    /// What happened.
    pub entry_type: EntryType<'a>,
    /// Whether the type came under an old name.
    pub legacy_name: bool,
    /// Effect on the topic's balance, in minor units.
    pub amount: i64,
    /// The currency, when the entry says it.
    pub currency: Option<Currency>,
    /// Balance of the topic before the entry, in minor units.
    pub balance_before: Option<i64>,
    /// Balance of the topic after the entry, in minor units.
    pub balance_after: Option<i64>,
    /// The accounting date that the entry states, if it states one.
    pub ledger_date: Option<NaiveDate>,
    /// When it happened.
    pub time: Option<EntryTime>,
    /// The provider's reference; not unique.
    pub psp_reference: Option<Cow<'a, str>>,
    /// The merchant's reference, or a payout's bank text.
    pub reference: Option<Cow<'a, str>>,
    /// The sales unit, such as `api:123455`.
    pub recipient_handle: Option<Cow<'a, str>>,
}

/// Equal entries have equal balances and references; hashing those is enough, and fast.
impl Hash for Entry<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_i64(self.amount);
        state.write_i64(self.balance_after.unwrap_or(0));
        self.psp_reference.hash(state);
    }
}

impl Entry<'_> {
    /// The same entry without its response body.
    pub fn into_owned(self) -> Entry<'static> {
        let owned = |text: Option<Cow<'_, str>>| text.map(|text| Cow::Owned(text.into_owned()));
        Entry {
            entry_type: match self.entry_type {
                EntryType::Unknown(name) => EntryType::Unknown(Cow::Owned(name.into_owned())),
                known => EntryType::parse(Cow::Owned(known.name().to_owned())),
            },
            legacy_name: self.legacy_name,
            amount: self.amount,
            currency: self.currency,
            balance_before: self.balance_before,
            balance_after: self.balance_after,
            ledger_date: self.ledger_date,
            time: self.time,
            psp_reference: owned(self.psp_reference),
            reference: owned(self.reference),
            recipient_handle: owned(self.recipient_handle),
        }
    }

    /// The payout number of a payout entry: the digits after the last `-` of its pspReference.
    /// Before 2024 the reference was the bare number.
    pub fn payout_number(&self) -> Option<&str> {
        let reference = self.psp_reference.as_deref()?;
        let number = reference.rsplit('-').next().unwrap_or(reference);
        (!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(number)
    }

    /// The place of a payout in the row of the ledger's payouts, which rises by one. Version 1 of
    /// the API put a prefix and the ledger's id before it (`1000002731792000009`), without a sign
    /// between them; the numbers themselves have seven digits.
    pub fn payout_place(&self) -> Option<u64> {
        const DIGITS: usize = 7;
        const VERSION_1_PREFIX: &str = "100000";
        let number = self.payout_number()?;
        let is_joined =
            number.len() > VERSION_1_PREFIX.len() + DIGITS && number.starts_with(VERSION_1_PREFIX);
        let own = if is_joined {
            &number[number.len() - DIGITS..]
        } else {
            number
        };
        own.parse().ok()
    }

    /// What the text of a voucher of this entry alone speaks of: the payout number of payouts, else
    /// the merchant's reference, else the pspReference; `None` where they say nothing.
    pub fn spoken_reference(&self) -> Option<Cow<'_, str>> {
        let is_payout = matches!(
            self.entry_type,
            EntryType::PayoutScheduled | EntryType::PayoutAborted
        );
        let merchants = self.reference.as_deref().filter(|_| !is_payout);
        let line = |reference| Some(crate::text::as_line(reference)).filter(|line| !line.is_empty());
        let merchants = merchants.and_then(line);
        merchants.or_else(|| self.voucher_reference().and_then(line))
    }

    /// What names the entry in a voucher: the payout number of payouts, else the pspReference.
    pub fn voucher_reference(&self) -> Option<&str> {
        let payout = match self.entry_type {
            EntryType::PayoutScheduled | EntryType::PayoutAborted => self.payout_number(),
            _ => None,
        };
        payout.or(self.psp_reference.as_deref())
    }
}
