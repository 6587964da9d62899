//! Columns with what is the same in every row.

use crate::format::FormatError;
use crate::format::delimited::Column;
use crate::format::field::Field;
use crate::format::options::Options;

/// A column with its options looked up.
#[derive(Debug, Clone)]
pub(super) struct Planned<'a> {
    pub(super) column: &'a Column,
    pub(super) fixed: Option<String>,
    pub(super) empty: String,
    pub(super) max: Option<usize>,
    /// Whether no voucher can have a cell here that the target does not take.
    pub(super) is_safe: bool,
}

impl<'a> Planned<'a> {
    /// Looks the options of a column up.
    pub(super) fn new(column: &'a Column, options: &Options) -> Result<Self, FormatError> {
        let fixed = match (&column.constant, &column.option) {
            (Some(constant), _) => Some(constant.clone()),
            (None, Some(option)) => Some(options.get(option).unwrap_or_default().to_owned()),
            (None, None) => None,
        };
        let max = match &column.max_option {
            Some(option) if options.has(option) => Some(options.number(option, 10_000)? as usize),
            Some(_) | None => column.max,
        };
        let empty = column.empty_option.as_ref();
        let empty = empty
            .and_then(|option| options.get(option))
            .unwrap_or(&column.empty);
        let is_limited = max.is_some() || column.digits || column.written_if.is_some();
        // Every code page has ASCII.
        let is_ascii = empty.is_ascii()
            && match (&fixed, column.field) {
                (Some(fixed), _) => fixed.is_ascii(),
                (None, Some(field)) => is_figure(field),
                (None, None) => true,
            };
        Ok(Self {
            column,
            fixed,
            empty: empty.to_owned(),
            max,
            is_safe: is_ascii && !is_limited,
        })
    }
}

/// Whether a field is a number, a date, a currency or a name of ours, and always known.
fn is_figure(field: Field) -> bool {
    // A voucher number cannot always be given, and the marks of the sides are the layout's.
    !field.is_text() && !field.is_number() && field != Field::Side
}
