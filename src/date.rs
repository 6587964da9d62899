//! Civil dates and the range of ledger dates that a run is about.
//!
//! A ledger date is a label that the provider puts on an entry, not an interval of time; nothing
//! here asks for the clock or the machine's time zone.

use chrono::{Datelike, Days, NaiveDate};
use thiserror::Error;

/// A date or range that cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DateError {
    /// Text that is no date.
    #[error("`{0}` is not a date; write YYYY-MM-DD")]
    NotADate(String),
    /// Text that is no month.
    #[error("`{0}` is not a month; write YYYY-MM")]
    NotAMonth(String),
    /// A range that ends before it begins.
    #[error("the range ends on {to}, before it begins on {from}")]
    Reversed {
        /// First date as given.
        from: NaiveDate,
        /// Last date as given.
        to: NaiveDate,
    },
}

/// Parses exactly `YYYY-MM-DD`. (`chrono` alone also takes `2026-3-1`.)
pub fn parse(text: &str) -> Result<NaiveDate, DateError> {
    let date = text.as_bytes().try_into().ok().and_then(from_text);
    date.ok_or_else(|| DateError::NotADate(text.to_owned()))
}

/// Adds a date to `out` as `YYYY-MM-DD`.
pub fn push_date(out: &mut Vec<u8>, date: NaiveDate) {
    let (Ok(year @ 0..=9999), month, day) = (u32::try_from(date.year()), date.month(), date.day()) else {
        out.extend_from_slice(date.to_string().as_bytes());
        return;
    };
    let digit = |number: u32| b'0' + u8::try_from(number % 10).unwrap_or_default();
    out.extend_from_slice(&[
        digit(year / 1000),
        digit(year / 100),
        digit(year / 10),
        digit(year),
        b'-',
        digit(month / 10),
        digit(month),
        b'-',
        digit(day / 10),
        digit(day),
    ]);
}

/// Parses the ten bytes of `YYYY-MM-DD`.
pub(crate) fn from_text(text: &[u8; 10]) -> Option<NaiveDate> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *text else {
        return None;
    };
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0, |number, digit| {
            digit
                .is_ascii_digit()
                .then(|| number * 10 + u32::from(digit - b'0'))
        })
    };
    let year = i32::try_from(number(&[y1, y2, y3, y4])?).ok()?;
    NaiveDate::from_ymd_opt(year, number(&[m1, m2])?, number(&[d1, d2])?)
}

/// A run of dates, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateRange {
    from: NaiveDate,
    to: NaiveDate,
}

impl DateRange {
    /// A range from `from` to `to`, both included; refuses a reversed one.
    pub fn new(from: NaiveDate, to: NaiveDate) -> Result<Self, DateError> {
        if from > to {
            Err(DateError::Reversed { from, to })
        } else {
            Ok(Self { from, to })
        }
    }

    /// The whole month written `YYYY-MM`.
    pub fn month(text: &str) -> Result<Self, DateError> {
        let error = || DateError::NotAMonth(text.to_owned());
        if text.len() != 7 {
            return Err(error());
        }
        let from = parse(&format!("{text}-01")).map_err(|_| error())?;
        Ok(Self {
            from,
            to: end_of_month(from),
        })
    }

    /// First date.
    pub fn from(&self) -> NaiveDate {
        self.from
    }

    /// Last date.
    pub fn to(&self) -> NaiveDate {
        self.to
    }

    /// Every date, in order.
    pub fn dates(&self) -> impl DoubleEndedIterator<Item = NaiveDate> + use<> {
        let days = (self.to - self.from).num_days();
        let from = self.from;
        (0..=days).filter_map(move |day| from.checked_add_days(Days::new(u64::try_from(day).ok()?)))
    }

    /// Whether `date` lies in the range.
    pub fn contains(&self, date: NaiveDate) -> bool {
        self.from <= date && date <= self.to
    }
}

/// The date `days` before `date`, or the first date that there is.
pub fn days_before(date: NaiveDate, days: u64) -> NaiveDate {
    date.checked_sub_days(Days::new(days)).unwrap_or(NaiveDate::MIN)
}

/// The date `days` after `date`, or the last date that there is.
pub fn days_after(date: NaiveDate, days: u64) -> NaiveDate {
    date.checked_add_days(Days::new(days)).unwrap_or(NaiveDate::MAX)
}

/// The last date of `date`'s month.
pub fn end_of_month(date: NaiveDate) -> NaiveDate {
    let (year, month) = if date.month() == 12 {
        (date.year() + 1, 1)
    } else {
        (date.year(), date.month() + 1)
    };
    NaiveDate::from_ymd_opt(year, month, 1).map_or(NaiveDate::MAX, |first| days_before(first, 1))
}

/// The last date of the fiscal year that `date` lies in, when fiscal years start on the first of
/// `start_month` (1 to 12).
pub fn end_of_fiscal_year(date: NaiveDate, start_month: u32) -> NaiveDate {
    let year = if date.month() >= start_month {
        date.year() + 1
    } else {
        date.year()
    };
    NaiveDate::from_ymd_opt(year, start_month, 1).map_or(NaiveDate::MAX, |first| days_before(first, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_full_iso_dates_are_dates() {
        assert!(parse("2026-03-01").is_ok());
        for bad in [
            "2026-3-1",
            "2026-02-29",
            "20260301",
            "2026-03-01T",
            "2026/03/01",
            "+026-03-01",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn months_end_where_the_calendar_says() {
        let february = DateRange::month("2028-02").unwrap();
        assert_eq!(february.dates().count(), 29);
        assert_eq!(
            DateRange::month("2026-12").unwrap().to().to_string(),
            "2026-12-31"
        );
        assert!(DateRange::month("2026-13").is_err() && DateRange::month("2026-1").is_err());
    }

    #[test]
    fn fiscal_years_may_start_in_any_month() {
        let date = parse("2026-06-30").unwrap();
        assert_eq!(end_of_fiscal_year(date, 1).to_string(), "2026-12-31");
        assert_eq!(end_of_fiscal_year(date, 7).to_string(), "2026-06-30");
        assert_eq!(end_of_fiscal_year(date, 6).to_string(), "2027-05-31");
    }
}
