//! Single values of the configuration, refused at their line when they cannot be right.

use chrono::NaiveDate;
use regex::Regex;
use serde::de;
use serde::{Deserialize, Deserializer};
use strum::IntoStaticStr;

use crate::account::{AccountNumber, optional_date};

/// What captures and refunds are booked against.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, IntoStaticStr)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum CaptureMode {
    /// A receivable that the shop, till or invoice has debited already.
    #[default]
    Clearing,
    /// Revenue and output VAT.
    Revenue,
    /// Not booked: the shop or till debits the funds account itself.
    None,
}

impl CaptureMode {
    /// The name in the configuration.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// When fees become an expense.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FeeMode {
    /// Each fee on its ledger date; retained and invoiced fees settle the accrual.
    #[default]
    Accrual,
    /// When they are retained from funds. The fees topic is not booked.
    Retained,
}

/// What one voucher covers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VoucherPer {
    /// One ledger date.
    #[default]
    LedgerDate,
    /// The ledger dates up to and including a payout's.
    Payout,
    /// One entry.
    Entry,
}

/// When the balances of a ledger in another currency than the books are valued anew.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FxRevaluation {
    /// On the last date of each month, at its rate.
    #[default]
    MonthEnd,
    /// Never: balances keep the value that they were booked at.
    None,
}

/// Which date captures and refunds are booked on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DateBasis {
    /// The provider's accounting date.
    #[default]
    LedgerDate,
    /// The calendar date in the merchant's time zone.
    TransactionDate,
}

/// A rule: conditions, all of which must hold, and what follows.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rule {
    /// The sales unit, such as `NO:90001`.
    pub handle: Option<String>,
    /// The beginning of the merchant's reference.
    pub reference_prefix: Option<String>,
    /// A pattern found anywhere in the merchant's reference.
    pub reference_regex: Option<Pattern>,
    /// First ledger date of the capture.
    #[serde(deserialize_with = "optional_date")]
    pub valid_from: Option<NaiveDate>,
    /// Last ledger date of the capture.
    #[serde(deserialize_with = "optional_date")]
    pub valid_to: Option<NaiveDate>,
    /// How captures and refunds are booked, in place of the posting mode.
    pub captures: Option<CaptureMode>,
    /// The tax code of the revenue.
    pub tax_code: Option<String>,
    /// The counter account.
    pub account: Option<AccountNumber>,
    /// The department on revenue, its VAT and fee expense.
    pub department: Option<String>,
    /// The project on revenue, its VAT and fee expense.
    pub project: Option<String>,
}

impl Rule {
    /// Whether the rule has no condition, so that it takes everything that no earlier one does.
    pub fn is_default(&self) -> bool {
        self.handle.is_none()
            && self.reference_prefix.is_none()
            && self.reference_regex.is_none()
            && self.valid_from.is_none()
            && self.valid_to.is_none()
    }

    /// Whether the rule takes an entry with this sales unit, reference and capture date.
    pub fn matches(&self, handle: Option<&str>, reference: Option<&str>, date: NaiveDate) -> bool {
        self.handle.as_deref().is_none_or(|wanted| handle == Some(wanted))
            && self
                .reference_prefix
                .as_deref()
                .is_none_or(|prefix| reference.is_some_and(|reference| reference.starts_with(prefix)))
            && self
                .reference_regex
                .as_ref()
                .is_none_or(|pattern| reference.is_some_and(|reference| pattern.0.is_match(reference)))
            && self.valid_from.is_none_or(|from| from <= date)
            && self.valid_to.is_none_or(|to| date <= to)
    }

    /// Whether the rule has a condition on dates or references, so that a refund must look up
    /// its capture.
    pub fn depends_on_capture(&self) -> bool {
        self.reference_prefix.is_some()
            || self.reference_regex.is_some()
            || self.valid_from.is_some()
            || self.valid_to.is_some()
    }

    /// Whether the rule gives the whole amount to its account, without VAT, in revenue mode.
    pub fn takes_whole(&self) -> bool {
        self.tax_code.is_none() && self.account.is_some()
    }

    /// Whether this rule takes everything that `other` could take.
    pub fn covers(&self, other: &Self) -> bool {
        let handle = self.handle.is_none() || self.handle == other.handle;
        let prefix = self.reference_prefix.as_deref().is_none_or(|prefix| {
            other
                .reference_prefix
                .as_deref()
                .is_some_and(|longer| longer.starts_with(prefix))
        });
        let regex = self.reference_regex.as_ref().is_none_or(|mine| {
            other
                .reference_regex
                .as_ref()
                .is_some_and(|theirs| mine.0.as_str() == theirs.0.as_str())
        });
        let from = self
            .valid_from
            .is_none_or(|mine| other.valid_from.is_some_and(|theirs| theirs >= mine));
        let to = self
            .valid_to
            .is_none_or(|mine| other.valid_to.is_some_and(|theirs| theirs <= mine));
        handle && prefix && regex && from && to
    }
}

/// A regular expression.
#[derive(Debug, Clone)]
pub struct Pattern(pub Regex);

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Regex::new(&text)
            .map(Self)
            .map_err(|error| de::Error::custom(error.to_string()))
    }
}

/// A TOML error as one message with its line: `line 3: unknown field …, expected one of …`.
pub fn toml_message(text: &str, error: &toml::de::Error) -> String {
    let message = error.message();
    match error.span() {
        Some(span) => {
            let line = text.get(..span.start).unwrap_or(text).matches('\n').count() + 1;
            let source = text.lines().nth(line - 1).unwrap_or("").trim();
            let headers = text.lines().take(line).map(str::trim);
            let header = headers.filter(|line| line.starts_with('[')).last();
            // Where people first put their keys, which belong elsewhere and may not be repeated.
            if let (None | Some("[api]"), Some((key, value))) = (header, source.split_once('=')) {
                let message = without_words_of(value, message);
                return format!(
                    "line {line}: {message}\n  {line} | {}= …",
                    crate::text::cut(key, 40)
                );
            }
            format!(
                "line {line}: {message}\n  {line} | {}",
                crate::text::cut(source, 80)
            )
        }
        None => message.to_owned(),
    }
}

/// `message` without what it repeats of `value`.
fn without_words_of(value: &str, message: &str) -> String {
    let words = value.split(|character: char| character.is_whitespace() || "\"'`,[]{}".contains(character));
    let long = words.filter(|word| word.len() > 2);
    long.fold(message.to_owned(), |message, word| message.replace(word, "…"))
}
