//! What the SAF-T writers of Norway and Denmark share: the totals that stand before the
//! transactions, balances by account, amounts with their currencies, and limits on length.
//!
//! Everything that stands at the head of the file is learnt in the first pass.

pub mod contents;
pub mod parts;

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use serde::de::DeserializeOwned;

use crate::date::end_of_fiscal_year;
use crate::format::FormatError;
use crate::writer::{Context, Limits};

/// The largest file that the Norwegian tax authority takes, in bytes.
pub const FILE_SIZE_MAX: u64 = 2_000_000_000;

/// The dates that a file speaks of, and its day of creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dates {
    /// First date of the selection.
    pub from: NaiveDate,
    /// Last date of the selection.
    pub to: NaiveDate,
    /// What stands for the day on which the file was made.
    pub created: NaiveDate,
}

impl Dates {
    /// The dates of a file that holds vouchers from `first` to `last`: the range, within the
    /// fiscal year of the vouchers, widened where a voucher lies outside of it.
    pub fn new(
        context: &Context<'_>,
        first: Option<NaiveDate>,
        last: Option<NaiveDate>,
        created: Option<NaiveDate>,
    ) -> Self {
        let range = context.range;
        let month = context.books.fiscal_year_start_month;
        let year_end = end_of_fiscal_year(last.unwrap_or(range.to()), month);
        let year_start = fiscal_year_start(year_end, month);
        let from = range.from().max(year_start);
        let to = range.to().min(year_end);
        let from = first.map_or(from, |first| from.min(first));
        let to = last.map_or(to, |last| to.max(last));
        Self {
            from,
            to,
            created: created.unwrap_or(to),
        }
    }
}

/// The first date of the fiscal year that `date` lies in.
pub fn fiscal_year_start(date: NaiveDate, start_month: u32) -> NaiveDate {
    let year = if date.month() >= start_month {
        date.year()
    } else {
        date.year() - 1
    };
    NaiveDate::from_ymd_opt(year, start_month, 1).unwrap_or(date)
}

/// The accounting period of a date: its number from 1, and the year in which the fiscal year
/// starts.
pub fn period(date: NaiveDate, start_month: u32) -> (u32, i32) {
    let number = (date.month() + 12 - start_month) % 12 + 1;
    (number, fiscal_year_start(date, start_month).year())
}

/// Reads a format's options, as its own struct says them.
pub fn options<T: DeserializeOwned>(context: &Context<'_>, format: &str) -> Result<T, FormatError> {
    let table = context.options(format).cloned().unwrap_or_default();
    table
        .try_into()
        .map_err(|error: toml::de::Error| wrong_option(format, error.message()))
}

/// An option that the format does not take.
pub fn wrong_option(format: &str, message: impl Into<String>) -> FormatError {
    FormatError::Option {
        format: format.to_owned(),
        message: message.into(),
    }
}

/// Reads the option `created`.
pub fn created(text: Option<&str>, format: &str) -> Result<Option<NaiveDate>, FormatError> {
    text.map(|text| {
        crate::date::parse(text).map_err(|error| wrong_option(format, format!("created: {error}")))
    })
    .transpose()
}

/// Reads the option `opening`: balances by account, debit positive, in minor units of the base
/// currency.
pub fn openings(
    texts: &BTreeMap<String, String>,
    exponent: u32,
    format: &str,
) -> Result<BTreeMap<String, i128>, FormatError> {
    let parse = |(account, text): (&String, &String)| {
        let minor = crate::money::parse_decimal(text, exponent).ok_or_else(|| {
            wrong_option(
                format,
                format!(
                    "opening of account `{account}`: `{text}` is not an amount; write it like \"-123.45\""
                ),
            )
        })?;
        Ok((account.clone(), minor))
    };
    texts.iter().map(parse).collect()
}

/// A magnitude in major units: the sign is the element's.
pub fn decimal(minor: i128, exponent: u32) -> String {
    let digits = minor.unsigned_abs();
    let scale = 10u128.pow(exponent);
    if exponent == 0 {
        return digits.to_string();
    }
    let width = exponent as usize;
    format!("{}.{:0width$}", digits / scale, digits % scale)
}

/// Refuses `text` when it has more than `max` characters, or none.
pub fn fits(limits: &mut Limits, what: &str, text: &str, max: usize) {
    let length = text.chars().count();
    if length > max {
        limits.refuse(format!(
            "{what} `{text}` has {length} characters, at most {max} fit"
        ));
    } else if text.trim().is_empty() {
        limits.refuse(format!("{what} is empty"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_follow_the_fiscal_year() {
        let date = crate::date::parse("2026-02-14").unwrap();
        assert_eq!(period(date, 1), (2, 2026));
        assert_eq!(period(date, 7), (8, 2025));
        assert_eq!(fiscal_year_start(date, 7).to_string(), "2025-07-01");
    }

    #[test]
    fn magnitudes_have_no_sign() {
        assert_eq!(decimal(-5, 2), "0.05");
        assert_eq!(decimal(123, 0), "123");
    }
}
