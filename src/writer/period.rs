//! The dates that a document speaks of, and accounting periods.

use chrono::{Datelike, NaiveDate};

use crate::date::end_of_fiscal_year;
use crate::format::FormatError;
use crate::format::options::Options;
use crate::writer::Context;

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

/// Reads the option `created`.
pub fn created(options: &Options) -> Result<Option<NaiveDate>, FormatError> {
    let parse =
        |text| crate::date::parse(text).map_err(|error| options.wrong(&format!("`created`: {error}")));
    options.get("created").map(parse).transpose()
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
}
