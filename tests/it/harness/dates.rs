//! Dates, from the text that a test writes.

use bilag::date::DateRange;
use chrono::NaiveDate;

pub(crate) fn date(text: &str) -> NaiveDate {
    bilag::date::parse(text).unwrap()
}

pub(crate) fn range(from: &str, to: &str) -> DateRange {
    DateRange::new(date(from), date(to)).unwrap()
}
