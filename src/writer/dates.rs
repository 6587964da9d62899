//! The dates that a document speaks of.

use chrono::NaiveDate;

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
        let calendar = context.fiscal_calendar();
        let of_year = last.unwrap_or(range.to());
        let from = range.from().max(calendar.year_start(of_year));
        let to = range.to().min(calendar.year_end(of_year));
        let from = first.map_or(from, |first| from.min(first));
        let to = last.map_or(to, |last| to.max(last));
        Self {
            from,
            to,
            created: created.unwrap_or(to),
        }
    }
}

/// Reads the option `created`.
pub fn created(options: &Options) -> Result<Option<NaiveDate>, FormatError> {
    let parse =
        |text| crate::date::parse(text).map_err(|error| options.wrong(&format!("`created`: {error}")));
    options.get("created").map(parse).transpose()
}
