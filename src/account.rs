//! Account numbers and tax codes, as the charts and the configuration write them.

use std::fmt;

use chrono::NaiveDate;
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer};

use crate::money::Rate;

/// An account number: text, never a number, because leading zeros count.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AccountNumber(pub String);

impl<'de> Deserialize<'de> for AccountNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AccountVisitor;
        impl Visitor<'_> for AccountVisitor {
            type Value = AccountNumber;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an account number in quotes, such as \"7770\"")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<AccountNumber, E> {
                let number = crate::text::line(text);
                if number.is_empty() || number != text {
                    return Err(E::custom(format!(
                        "`{text}` is not an account number; write it like \"7770\""
                    )));
                }
                Ok(AccountNumber(number))
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<AccountNumber, E> {
                Err(E::custom(format!(
                    "account numbers are text: write \"{number}\" in quotes"
                )))
            }
        }
        deserializer.deserialize_any(AccountVisitor)
    }
}

/// A date in quotes, or TOML's own date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DateText(pub(crate) NaiveDate);

impl<'de> Deserialize<'de> for DateText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        crate::date::parse(&text).map(Self).map_err(de::Error::custom)
    }
}

pub(crate) fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveDate, D::Error> {
    DateText::deserialize(deserializer).map(|date| date.0)
}

pub(crate) fn optional_date<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<NaiveDate>, D::Error> {
    Ok(Option::<DateText>::deserialize(deserializer)?.map(|date| date.0))
}

/// A tax code: a rate and the accounts that it leads to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaxCode {
    /// Percent of the net amount.
    pub rate: Rate,
    /// The account of the VAT itself; needed when the rate is not zero.
    #[serde(default)]
    pub account: Option<AccountNumber>,
    /// The account of the net revenue, unless a rule names one.
    #[serde(default)]
    pub revenue_account: Option<AccountNumber>,
    /// First ledger date (of the capture) on which the code may be used.
    #[serde(default, deserialize_with = "optional_date")]
    pub valid_from: Option<NaiveDate>,
    /// Last ledger date (of the capture) on which the code may be used.
    #[serde(default, deserialize_with = "optional_date")]
    pub valid_to: Option<NaiveDate>,
}

impl TaxCode {
    /// Whether a capture of `date` may carry the code.
    pub fn is_valid_on(&self, date: NaiveDate) -> bool {
        self.valid_from.is_none_or(|from| from <= date) && self.valid_to.is_none_or(|to| date <= to)
    }
}
