//! The ledger engine: keeps the balances of both topics and closes ledger dates by the terms of
//! a ledger, the way the provider does.
//!
//! The demo month and the generator both make their entries here, so what they serve holds the
//! same rules: each balance follows from the one before, fees retained stand on both topics, and
//! a payout is the last entry of its date.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc, Weekday};
use serde::Serialize;

use crate::chart::Market;
use crate::ledger::entry::EntryType;
use crate::money;
use crate::provider::Topic;
use crate::sandbox::market;
use crate::sandbox::options::{UnknownChoice, choose};

/// How fees are settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settlement {
    /// Fees are taken from each date's funds.
    Net,
    /// Payouts are whole; fees are invoiced at the end of the month.
    Gross,
}

/// How often the funds are paid out. A payout is decided after midnight and belongs to the date
/// that has just ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frequency {
    /// After every date.
    Daily,
    /// On Monday, after the date of Sunday.
    Weekly,
    /// On the first, after the last date of the month.
    Monthly,
}

impl FromStr for Settlement {
    type Err = UnknownChoice;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        choose(word, &[("net", Self::Net), ("gross", Self::Gross)])
    }
}

impl FromStr for Frequency {
    type Err = UnknownChoice;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        choose(
            word,
            &[
                ("daily", Self::Daily),
                ("weekly", Self::Weekly),
                ("monthly", Self::Monthly),
            ],
        )
    }
}

/// What is agreed between the provider and the merchant about one ledger.
#[derive(Debug, Clone)]
pub struct Terms {
    /// Digits, kept as text.
    pub ledger_id: String,
    /// Decides currency, time zone and payout texts.
    pub market: Market,
    /// The sales unit, such as `api:123455` or `NO:90001`.
    pub handle: Arc<str>,
    /// How fees are settled.
    pub settlement: Settlement,
    /// How often the funds are paid out.
    pub frequency: Frequency,
    /// What a payout leaves behind, in minor units.
    pub reserve: i64,
    /// The local hour at which ledger dates begin; usually 0.
    pub cutoff_hour: u32,
    /// The fee of a capture in hundredths of a percent.
    pub fee_basis_points: i64,
}

/// What happens when a ledger date ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Closing {
    /// Fees taken from funds; negative when corrections leave the provider owing.
    pub retained: i64,
    /// Fees settled by an invoice.
    pub invoiced: i64,
    /// Amount paid out, if any.
    pub payout: Option<i64>,
}

impl Terms {
    /// The fee of a capture of `amount`, half away from zero.
    pub fn fee(&self, amount: i64) -> i64 {
        let dividend = i128::from(amount) * i128::from(self.fee_basis_points);
        money::divide_half_away(dividend, 10_000).unwrap_or(0)
    }

    /// When the ledger date begins.
    pub fn begins(&self, date: NaiveDate) -> DateTime<Utc> {
        market::date_begins(market::zone(self.market), date, self.cutoff_hour)
    }

    /// When the ledger date ends.
    pub fn ends(&self, date: NaiveDate) -> DateTime<Utc> {
        market::date_ends(market::zone(self.market), date, self.cutoff_hour)
    }

    /// What happens when `date` ends with these balances.
    pub fn closing(&self, date: NaiveDate, funds: i64, fees: i64) -> Closing {
        let ends_month = date == crate::date::end_of_month(date);
        let (retained, invoiced) = match self.settlement {
            Settlement::Net => (-fees, 0),
            Settlement::Gross if ends_month => (0, -fees),
            Settlement::Gross => (0, 0),
        };
        let is_due = match self.frequency {
            Frequency::Daily => true,
            Frequency::Weekly => date.weekday() == Weekday::Sun,
            Frequency::Monthly => ends_month,
        };
        let available = funds - retained - self.reserve;
        Closing {
            retained,
            invoiced,
            payout: (is_due && available > 0).then_some(available),
        }
    }

    /// The entries that `closing` puts on `topic`, in order. They are stamped after the date has
    /// ended and belong to it all the same.
    pub fn closing_entries(
        &self,
        date: NaiveDate,
        closing: &Closing,
        payout_number: u64,
        topic: Topic,
    ) -> Vec<EntryDraft> {
        let time = self.ends(date) + TimeDelta::seconds(23 * 60 + 17);
        let retained = EntryDraft {
            psp_reference: Label::Text(format!("{}-{}", self.ledger_id, date.format("%Y%m%d")).into()),
            ..EntryDraft::new(EntryType::FeesRetained, time, closing.retained)
        };
        let mut drafts = Vec::new();
        match topic {
            Topic::Funds => {
                if closing.retained != 0 {
                    drafts.push(EntryDraft {
                        amount: -closing.retained,
                        ..retained
                    });
                }
                if let Some(amount) = closing.payout {
                    let reference = market::payout_reference(self.market, &self.handle, date);
                    drafts.push(EntryDraft {
                        psp_reference: self.payout_label(payout_number),
                        reference: reference.map_or(Label::Null, |text| Label::Text(text.into())),
                        ..EntryDraft::new(EntryType::PayoutScheduled, time, -amount)
                    });
                }
            }
            Topic::Fees => {
                if closing.retained != 0 {
                    drafts.push(retained);
                }
                if closing.invoiced != 0 {
                    let number = format!("{}-F{}", self.ledger_id, date.format("%Y%m"));
                    drafts.push(EntryDraft {
                        psp_reference: Label::Text(number.into()),
                        ..EntryDraft::new(EntryType::FeesInvoiced, time, closing.invoiced)
                    });
                }
            }
        }
        drafts
    }

    /// The pspReference of a payout and of its abortion.
    pub fn payout_label(&self, payout_number: u64) -> Label {
        Label::Text(format!("{}-{payout_number}", self.ledger_id).into())
    }
}

/// The number of a ledger's first payout.
pub const FIRST_PAYOUT: u64 = 2_000_001;

/// A text field of an entry, made into text only when it is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Label {
    /// The field is not there.
    Absent,
    /// The field is there and null.
    Null,
    /// Digits.
    Number(u64),
    /// A merchant's order: a prefix and a number.
    Order(&'static str, u64),
    /// Any text.
    Text(Arc<str>),
}

impl Label {
    fn is_absent(&self) -> bool {
        *self == Self::Absent
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent | Self::Null => Ok(()),
            Self::Number(number) => write!(f, "{number}"),
            Self::Order(prefix, number) => write!(f, "{prefix}{number}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl Serialize for Label {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Absent | Self::Null => serializer.serialize_none(),
            Self::Number(_) | Self::Order(..) | Self::Text(_) => serializer.collect_str(self),
        }
    }
}

/// An entry before it stands on an account.
#[derive(Debug, Clone)]
pub struct EntryDraft {
    /// What happened.
    pub entry_type: EntryType<'static>,
    /// When it happened.
    pub time: DateTime<Utc>,
    /// Effect on the topic's balance.
    pub amount: i64,
    /// The provider's reference.
    pub psp_reference: Label,
    /// The merchant's reference, or a payout's bank text.
    pub reference: Label,
    /// The sales unit.
    pub recipient_handle: Label,
    /// Which invented customer paid, for payments to a VM-number.
    pub customer: Option<u64>,
    /// Whether the entry carries a field that no specification knows.
    pub has_unknown_field: bool,
}

impl EntryDraft {
    /// An entry without references.
    pub fn new(entry_type: EntryType<'static>, time: DateTime<Utc>, amount: i64) -> Self {
        Self {
            entry_type,
            time,
            amount,
            psp_reference: Label::Null,
            reference: Label::Null,
            recipient_handle: Label::Null,
            customer: None,
            has_unknown_field: false,
        }
    }
}

/// One topic's account: turns drafts into entries with balances.
#[derive(Debug, Clone, Copy, Default)]
pub struct RunningBalance {
    /// The balance after the last entry, in minor units.
    pub balance: i64,
}

impl RunningBalance {
    /// Puts `draft` on the account.
    pub fn enter(&mut self, ledger_date: NaiveDate, draft: EntryDraft) -> LedgerEntry {
        let balance_before = self.balance;
        self.balance += draft.amount;
        LedgerEntry {
            draft,
            ledger_date,
            balance_before,
            balance_after: self.balance,
        }
    }
}

/// An entry as it stands on an account.
#[derive(Debug, Clone)]
pub struct LedgerEntry {
    /// What was entered.
    pub draft: EntryDraft,
    /// The accounting date.
    pub ledger_date: NaiveDate,
    /// Balance before it.
    pub balance_before: i64,
    /// Balance after it.
    pub balance_after: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireEntry<'a> {
    #[serde(skip_serializing_if = "Label::is_absent")]
    psp_reference: &'a Label,
    time: String,
    ledger_date: NaiveDate,
    entry_type: &'a str,
    #[serde(skip_serializing_if = "Label::is_absent")]
    reference: &'a Label,
    currency: &'a str,
    amount: i64,
    #[serde(skip_serializing_if = "Label::is_absent")]
    recipient_handle: &'a Label,
    balance_after: i64,
    balance_before: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    sandbox_field: Option<&'a str>,
    #[serde(flatten)]
    customer: Option<Customer>,
}

/// The personal fields of a payment to a VM-number. All of it is invented.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Customer {
    message: &'static str,
    name: String,
    masked_phone_no: String,
}

impl Customer {
    fn invent(number: u64) -> Self {
        const MESSAGES: [&str; 4] = [
            "Takk for maten 😋",
            "To kaffe\nog en bolle",
            "",
            "Gave \"på dugnaden\"",
        ];
        let message = MESSAGES[usize::try_from(number % 4).unwrap_or(0)];
        let name = format!("Testkunde Nummer {}", number % 9000);
        Self {
            message,
            name,
            masked_phone_no: format!("xxxx {:04}", number % 10_000),
        }
    }
}

impl LedgerEntry {
    /// Whether the entry comes into being when its date ends.
    pub fn is_closing(&self) -> bool {
        is_closing(&self.draft.entry_type)
    }

    /// The entry as the API writes it, with the customer's fields if asked for.
    pub fn to_json(&self, currency: &str, with_customer: bool) -> String {
        let draft = &self.draft;
        let wire = WireEntry {
            psp_reference: &draft.psp_reference,
            time: draft.time.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string(),
            ledger_date: self.ledger_date,
            entry_type: draft.entry_type.name(),
            reference: &draft.reference,
            currency,
            amount: draft.amount,
            recipient_handle: &draft.recipient_handle,
            balance_after: self.balance_after,
            balance_before: self.balance_before,
            sandbox_field: draft
                .has_unknown_field
                .then_some("a field that no specification knows"),
            customer: draft.customer.filter(|_| with_customer).map(Customer::invent),
        };
        serde_json::to_string(&wire).expect("texts and whole numbers always serialise")
    }
}

/// Whether entries of this type come into being when a ledger date ends.
pub fn is_closing(entry_type: &EntryType<'_>) -> bool {
    matches!(
        entry_type,
        EntryType::FeesRetained | EntryType::FeesInvoiced | EntryType::PayoutScheduled
    )
}
