//! Civil dates and the range of ledger dates that a run is about.
//!
//! A ledger date is a label that the provider puts on an entry, not an interval of time; nothing
//! here asks for the clock or the machine's time zone.

use chrono::{Datelike, Days, NaiveDate};
use thiserror::Error;

/// The most dates of a range: 30 years, longer than the provider is there and books are kept.
const RANGE_DAYS_MAX: i64 = 30 * 366;

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
    /// A range longer than any books are kept.
    #[error("the range from {from} to {to} is longer than 30 years")]
    TooLong {
        /// First date as given.
        from: NaiveDate,
        /// Last date as given.
        to: NaiveDate,
    },
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
    /// A range from `from` to `to`, both included; refuses a reversed one, and one that is longer than
    /// 30 years.
    pub fn new(from: NaiveDate, to: NaiveDate) -> Result<Self, DateError> {
        if from > to {
            Err(DateError::Reversed { from, to })
        } else if (to - from).num_days() >= RANGE_DAYS_MAX {
            Err(DateError::TooLong { from, to })
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

/// The first date of `date`'s month.
pub fn first_of_month(date: NaiveDate) -> NaiveDate {
    date.with_day(1).unwrap_or(date)
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

/// Whether `date` is the first of its month.
pub fn begins_month(date: NaiveDate) -> bool {
    date.day() == 1
}

/// Consecutive dates, joined; `dates` are in order.
pub fn runs(dates: &[NaiveDate]) -> Vec<DateRange> {
    let mut runs: Vec<DateRange> = Vec::new();
    for &date in dates {
        match runs.last_mut() {
            Some(run) if days_after(run.to, 1) == date => run.to = date,
            _ => runs.push(DateRange { from: date, to: date }),
        }
    }
    runs
}

/// Fiscal years that start on the first of a month, and their twelve periods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FiscalCalendar {
    start_month: u32,
}

impl FiscalCalendar {
    /// Fiscal years that are calendar years.
    pub const CALENDAR_YEARS: Self = Self { start_month: 1 };

    /// Fiscal years that start on the first of `start_month`; `None` when that is not 1 to 12.
    pub fn new(start_month: u32) -> Option<Self> {
        (1..=12).contains(&start_month).then_some(Self { start_month })
    }

    /// The month in which fiscal years start, 1 to 12.
    pub fn start_month(self) -> u32 {
        self.start_month
    }

    /// Whether fiscal years are calendar years, so that a year has one name.
    pub fn is_calendar_year(self) -> bool {
        self == Self::CALENDAR_YEARS
    }

    /// The first date of the fiscal year that `date` lies in.
    pub fn year_start(self, date: NaiveDate) -> NaiveDate {
        self.first_of(self.year_by_start(date)).unwrap_or(NaiveDate::MIN)
    }

    /// The last date of the fiscal year that `date` lies in.
    pub fn year_end(self, date: NaiveDate) -> NaiveDate {
        self.first_of(self.year_by_start(date) + 1)
            .map_or(NaiveDate::MAX, |first| days_before(first, 1))
    }

    /// The period that `date` lies in: the months of its fiscal year, from 1.
    pub fn period(self, date: NaiveDate) -> u32 {
        (date.month() + 12 - self.start_month) % 12 + 1
    }

    /// The fiscal year of `date`, named by the calendar year in which it starts.
    pub fn year_by_start(self, date: NaiveDate) -> i32 {
        if date.month() >= self.start_month {
            date.year()
        } else {
            date.year() - 1
        }
    }

    /// The fiscal year of `date`, named by the calendar year in which it ends.
    pub fn year_by_end(self, date: NaiveDate) -> i32 {
        self.year_by_start(date) + i32::from(!self.is_calendar_year())
    }

    fn first_of(self, year: i32) -> Option<NaiveDate> {
        NaiveDate::from_ymd_opt(year, self.start_month, 1)
    }
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
    fn consecutive_dates_are_one_run() {
        let dates: Vec<NaiveDate> = ["2026-02-27", "2026-02-28", "2026-03-01", "2026-03-03"]
            .map(|date| parse(date).unwrap())
            .to_vec();
        let runs: Vec<String> = runs(&dates)
            .iter()
            .map(|run| format!("{} {}", run.from(), run.to()))
            .collect();
        assert_eq!(runs, ["2026-02-27 2026-03-01", "2026-03-03 2026-03-03"]);
        assert!(super::runs(&[]).is_empty());
    }

    #[test]
    fn fiscal_years_may_start_in_any_month() {
        let date = parse("2026-06-30").unwrap();
        for (month, start, end, period, names) in [
            (1, "2026-01-01", "2026-12-31", 6, (2026, 2026)),
            (6, "2026-06-01", "2027-05-31", 1, (2026, 2027)),
            (7, "2025-07-01", "2026-06-30", 12, (2025, 2026)),
            (12, "2025-12-01", "2026-11-30", 7, (2025, 2026)),
        ] {
            let calendar = FiscalCalendar::new(month).unwrap();
            assert_eq!(calendar.year_start(date).to_string(), start);
            assert_eq!(calendar.year_end(date).to_string(), end);
            assert_eq!(calendar.period(date), period);
            assert_eq!((calendar.year_by_start(date), calendar.year_by_end(date)), names);
        }
        assert!(FiscalCalendar::new(0).is_none() && FiscalCalendar::new(13).is_none());
    }

    #[test]
    fn every_date_lies_in_the_year_and_the_period_that_it_is_given() {
        let leap = DateRange::new(parse("2027-12-01").unwrap(), parse("2029-01-31").unwrap()).unwrap();
        for calendar in (1..=12).filter_map(FiscalCalendar::new) {
            for date in leap.dates() {
                let (start, end) = (calendar.year_start(date), calendar.year_end(date));
                assert!(start <= date && date <= end);
                assert_eq!((start.month(), start.day()), (calendar.start_month(), 1));
                assert_eq!(calendar.year_start(days_after(end, 1)), days_after(end, 1));
                let months = (date.year() - start.year()) * 12 + date.month0() as i32 - start.month0() as i32;
                assert_eq!(calendar.period(date) as i32, months + 1);
                assert_eq!(
                    (calendar.year_by_start(date), calendar.year_by_end(date)),
                    (start.year(), end.year())
                );
            }
        }
        let (first, last) = (NaiveDate::MIN, NaiveDate::MAX);
        let december = FiscalCalendar::new(12).unwrap();
        assert_eq!(
            (december.year_start(first), december.year_end(last)),
            (first, last)
        );
    }
}
