//! `[posting.opening_base]`: what the mirror accounts were worth in the books when bilag took over.

use chrono::NaiveDate;
use serde::Deserialize;

use crate::account::DateText;
use crate::money::{Currency, parse_decimal};

/// Decimals of amounts whose currency the file does not say: every market's currency has two.
const DECIMALS: u32 = 2;

/// The table as it is written: a date, and amounts of the base currency by role, debit positive.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawOpeningBase {
    from: DateText,
    funds: Option<String>,
    fees_payable: Option<String>,
    disputes: Option<String>,
}

/// What the mirror accounts were worth at the beginning of a date, in minor units of the base
/// currency, debit positive; `None` where the rate of the date before says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpeningBase {
    /// The first date that bilag books. Nothing is looked for before it.
    pub from: NaiveDate,
    /// Of the account `funds`.
    pub funds: Option<i64>,
    /// Of the account `fees_payable`: a debt is negative.
    pub fees_payable: Option<i64>,
    /// Of the account `disputes`.
    pub disputes: Option<i64>,
}

impl RawOpeningBase {
    /// Refuses amounts that are none, or have more decimals than the base currency.
    pub(super) fn check(&self, base: Option<Currency>) -> Result<(), String> {
        self.with_decimals(base.map_or(DECIMALS, |base| base.exponent()))
            .map(|_| ())
    }

    /// The amounts in minor units; an error where one is none of the currency.
    pub(super) fn in_minor_units(&self, base: Currency) -> Result<OpeningBase, String> {
        self.with_decimals(base.exponent())
    }

    fn with_decimals(&self, decimals: u32) -> Result<OpeningBase, String> {
        let minor = |role: &str, text: &Option<String>| {
            let Some(text) = text else { return Ok(None) };
            parse_decimal(text, decimals)
                .and_then(|minor| i64::try_from(minor).ok())
                .map(Some)
                .ok_or_else(|| {
                    format!(
                        "{role} = \"{text}\" is not an amount with at most {decimals} decimals; \
                         write it like \"1234.50\", with a minus for a credit"
                    )
                })
        };
        Ok(OpeningBase {
            from: self.from.0,
            funds: minor("funds", &self.funds)?,
            fees_payable: minor("fees_payable", &self.fees_payable)?,
            disputes: minor("disputes", &self.disputes)?,
        })
    }
}
