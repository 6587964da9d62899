//! The engine for delimited text: one line a posting, by the layout of a `format.toml`.
//!
//! The checker makes every cell as the writer does, and keeps only what is wrong with it.

mod fit;

use std::collections::BTreeMap;
use std::io::{self, Write as _};

use crate::date::FiscalCalendar;
use crate::encode::Encoding;
use crate::format::delimited::VatMode;
use crate::format::delimited::{
    AmountCurrency, Column, DatePattern, DecimalMark, Field, Layout, Quoting, Sign, Unmapped,
};
use crate::format::options::Options;
use crate::format::{FormatError, Shape, choice};
use crate::journal::Voucher;
use crate::journal::id::LARGEST_SERIES;
use crate::journal::id::VoucherId;
use crate::money::Currency;
use crate::writer::contents::Contents;
use crate::writer::lines::{Line, lines};
use crate::writer::{Checker, Context, Limits, Writer};

/// How the lines of a document are made.
#[derive(Debug, Clone)]
pub struct Lines<'a> {
    layout: &'a Layout,
    columns: Vec<Planned<'a>>,
    encoding: Encoding,
    decimal: DecimalMark,
    date: DatePattern,
    base: Currency,
    ledger_currency: Currency,
    series: u32,
    calendar: FiscalCalendar,
    fiscal_year_is_named_by_start: bool,
    options: Options,
}

/// Says what the lines of a document cannot hold.
#[derive(Debug)]
pub struct DelimitedChecker<'a> {
    lines: Lines<'a>,
    numbers_seen: BTreeMap<(i32, u32), VoucherId>,
}

/// Writes the lines of a document.
#[derive(Debug)]
pub struct DelimitedWriter<'a> {
    lines: Lines<'a>,
    rows: usize,
}

/// A column with its options looked up.
#[derive(Debug, Clone)]
pub(crate) struct Planned<'a> {
    column: &'a Column,
    fixed: Option<String>,
    empty: String,
    max: Option<usize>,
}

/// A posting's line and where it stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'v> {
    voucher: &'v Voucher,
    line: Line<'v>,
    number: usize,
    row: usize,
}

/// What is wrong with a cell.
pub(crate) enum Fault {
    Refused(String),
    Replaced(String),
}

impl<'a> Lines<'a> {
    /// The lines of a layout for one document.
    pub fn new(
        layout: &'a Layout,
        shape: &Shape,
        context: &Context<'a>,
        options: &Options,
    ) -> Result<Self, FormatError> {
        let plan = |column: &'a Column| -> Result<Planned<'a>, FormatError> {
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
            Ok(Planned {
                column,
                fixed,
                empty: empty.to_owned(),
                max,
            })
        };
        let is_there = |column: &&Column| {
            column
                .only_with
                .as_deref()
                .is_none_or(|option| options.get(option).is_some_and(|value| !value.is_empty()))
        };
        let columns = layout.columns.iter().map(|column| column.get_ref());
        let columns = columns.filter(is_there).map(plan);
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        let uses = |wanted: fn(Field) -> bool| {
            columns
                .iter()
                .any(|planned| planned.column.field.is_some_and(wanted))
        };
        let mut series = 0;
        if uses(Field::is_number) {
            series = options.number("series", LARGEST_SERIES)?;
        }
        let calendar = context.fiscal_calendar();
        if !calendar.is_calendar_year() && uses(Field::is_fiscal) {
            options.text("fiscal_year_name")?;
        }
        Ok(Self {
            layout,
            encoding: shape.encoding,
            decimal: choice(options, "decimal", layout.decimal)?,
            date: choice(options, "date", layout.date)?,
            base: context.config.posting.base_currency,
            ledger_currency: context.currency,
            series,
            calendar,
            fiscal_year_is_named_by_start: options.get("fiscal_year_name") == Some("start"),
            options: options.clone(),
            columns,
        })
    }

    /// The places of a voucher's lines, after `rows` others. A line without an amount moves
    /// nothing and is left out.
    fn places<'v>(&self, voucher: &'v Voucher, rows: usize) -> Result<Vec<Place<'v>>, String> {
        let lines = lines(voucher, self.layout.vat)?;
        let lines = lines.into_iter().filter(|line| self.amount(line).0 != 0);
        let place = |(index, line)| Place {
            voucher,
            line,
            number: index + 1,
            row: rows + index + 1,
        };
        Ok(lines.enumerate().map(place).collect())
    }

    /// The amount of a line and its currency, debit positive.
    fn amount(&self, line: &Line<'_>) -> (i64, Currency) {
        match self.layout.amounts {
            AmountCurrency::Base => (line.base, self.base),
            AmountCurrency::Ledger => (line.amount, line.posting.currency),
        }
    }

    /// The cells of a line; what is wrong with them goes to `report`.
    fn cells(&self, place: &Place<'_>, mut report: impl FnMut(Fault)) -> Vec<String> {
        let cell = |planned: &Planned<'_>| {
            let column = planned.column;
            let is_left_out = column.first_line_only && place.number > 1;
            let (value, is_text) = match (&planned.fixed, column.field) {
                _ if is_left_out => (Ok(String::new()), false),
                (Some(fixed), _) => (Ok(fixed.clone()), false),
                (None, Some(field)) => (self.value(field, place), field.is_text()),
                (None, None) => (Ok(String::new()), false),
            };
            let value = value.unwrap_or_else(|message| {
                report(Fault::Refused(message));
                String::new()
            });
            let is_written = |option: &String| self.options.flag(option);
            let value = if column.written_if.as_ref().is_none_or(is_written) || value.is_empty() {
                value
            } else {
                let (voucher, name) = (place.voucher.id(), &column.name);
                report(Fault::Replaced(format!(
                    "voucher {voucher}: {name} `{value}` is left out"
                )));
                String::new()
            };
            let value = if value.is_empty() && !is_left_out {
                planned.empty.clone()
            } else {
                value
            };
            self.fit(planned, place, value, is_text, &mut report)
        };
        self.columns.iter().map(cell).collect()
    }

    /// What a field says of a line.
    fn value(&self, field: Field, place: &Place<'_>) -> Result<String, String> {
        let Place { voucher, line, .. } = place;
        let posting = line.posting;
        let date = voucher.date();
        let (amount, currency) = self.amount(line);
        let signed = match self.layout.sign {
            Sign::DebitPositive => 1,
            Sign::CreditPositive => -1,
        };
        let vat = match self.layout.amounts {
            AmountCurrency::Base => line.base_vat,
            AmountCurrency::Ledger => line.vat,
        };
        let only = |wanted: bool, value: String| if wanted { value } else { String::new() };
        let optional = |text: &Option<std::sync::Arc<str>>| text.as_deref().unwrap_or_default().to_owned();
        let is_foreign = self.ledger_currency != self.base && posting.currency != self.base;
        Ok(match field {
            Field::Voucher => voucher.id().to_string(),
            Field::VoucherShort => voucher.id().short(),
            Field::SmallNumber => voucher.small_number(self.series)?.to_string(),
            Field::DateNumber => format!("{:09}", voucher.date_number(self.series)?),
            Field::LedgerId => voucher.ledger_id().to_owned(),
            Field::Date => self.date.format(date),
            Field::Year => date.format("%Y").to_string(),
            Field::Month => date.format("%m").to_string(),
            Field::Day => date.format("%d").to_string(),
            Field::FiscalYear => self.fiscal_year(voucher).to_string(),
            Field::Period => self.calendar.period(date).to_string(),
            Field::Line => place.number.to_string(),
            Field::Row => place.row.to_string(),
            Field::Account => posting.account.to_string(),
            Field::AccountName => posting.account_name.to_string(),
            Field::Amount => self.money(signed * amount, currency),
            Field::Debit => only(amount > 0, self.money(amount, currency)),
            Field::Credit => only(amount < 0, self.money(-amount, currency)),
            Field::Absolute => self.money(amount.abs(), currency),
            Field::Side if amount > 0 => self.layout.debit_mark.clone(),
            Field::Side => self.layout.credit_mark.clone(),
            Field::Net => self.money(signed * (amount - vat), currency),
            Field::Vat => only(vat != 0, self.money(signed * vat, currency)),
            Field::Currency => currency.code().to_owned(),
            Field::BaseAmount => self.money(signed * line.base, self.base),
            Field::BaseCurrency => self.base.code().to_owned(),
            Field::ForeignAmount => only(is_foreign, self.money(signed * line.amount, posting.currency)),
            Field::ForeignCurrency => only(is_foreign, posting.currency.code().to_owned()),
            Field::TaxCode => self.tax_code(place)?,
            Field::Text => posting.text.to_string(),
            Field::Department => optional(&posting.department),
            Field::Project => optional(&posting.project),
            Field::Reference => optional(&posting.reference),
            Field::PostingKey => posting.key.name().to_owned(),
        })
    }

    fn tax_code(&self, place: &Place<'_>) -> Result<String, String> {
        let Some(code) = place.line.posting.tax_code.as_deref() else {
            return Ok(String::new());
        };
        let mapped = self
            .options
            .tax_code(code)
            .or_else(|| self.layout.tax_codes.get(code).map(String::as_str));
        match (mapped, self.layout.unmapped_tax_codes) {
            (Some(mapped), _) => Ok(mapped.to_owned()),
            (None, Unmapped::Keep) => Ok(code.to_owned()),
            (None, Unmapped::Refuse) => Err(format!(
                "voucher {}: the target's code for tax code `{code}` is not known; set it under `tax_codes` of the format",
                place.voucher.id()
            )),
        }
    }

    fn fiscal_year(&self, voucher: &Voucher) -> i32 {
        if self.fiscal_year_is_named_by_start {
            self.calendar.year_by_start(voucher.date())
        } else {
            self.calendar.year_by_end(voucher.date())
        }
    }

    fn money(&self, amount: i64, currency: Currency) -> String {
        let amount = currency.amount(amount);
        match self.decimal {
            DecimalMark::Point => amount.to_string(),
            DecimalMark::Comma => amount.with_comma().to_string(),
        }
    }

    fn write_line<'c>(&self, cells: impl Iterator<Item = &'c str>, out: &mut Vec<u8>) {
        let mut separator = [0; 4];
        let separator = self.layout.separator.encode_utf8(&mut separator).as_bytes();
        for (index, cell) in cells.enumerate() {
            if index > 0 {
                out.extend_from_slice(separator);
            }
            let needs_quotes = cell.contains(self.layout.separator) || cell.contains(['"', '\n', '\r']);
            if self.layout.quoting == Quoting::Csv && needs_quotes {
                out.push(b'"');
                out.extend_from_slice(cell.replace('"', "\"\"").as_bytes());
                out.push(b'"');
            } else {
                out.extend_from_slice(cell.as_bytes());
            }
        }
        out.push(b'\n');
    }

    /// The voucher's number, where a column holds one.
    fn number(&self, voucher: &Voucher) -> Option<u32> {
        let uses = |wanted| {
            let mut columns = self.columns.iter();
            columns.any(|planned| planned.column.field == Some(wanted))
        };
        // Why one cannot be given is said with the cell.
        if uses(Field::SmallNumber) {
            voucher.small_number(self.series).ok()
        } else if uses(Field::DateNumber) {
            voucher.date_number(self.series).ok()
        } else {
            None
        }
    }
}

impl<'a> DelimitedChecker<'a> {
    /// A checker for one document.
    pub fn new(lines: Lines<'a>) -> Self {
        Self {
            lines,
            numbers_seen: BTreeMap::new(),
        }
    }
}

impl<'a> DelimitedWriter<'a> {
    /// A writer for one document.
    pub fn new(lines: Lines<'a>) -> Self {
        Self { lines, rows: 0 }
    }
}

impl Checker for DelimitedChecker<'_> {
    fn voucher(&mut self, voucher: &Voucher, limits: &mut Limits) {
        let lines = &self.lines;
        let places = match lines.places(voucher, 0) {
            Ok(places) => places,
            Err(message) => return limits.refuse(message),
        };
        for place in &places {
            lines.cells(place, |fault| match fault {
                Fault::Refused(message) => limits.refuse_once(message),
                Fault::Replaced(message) => limits.replaced_once(message),
            });
            if lines.layout.vat == VatMode::Gross
                && let Some(vat) = place.line.other_vat()
            {
                let money = |vat| lines.money(vat, place.line.posting.currency);
                limits.replaced(format!(
                    "voucher {}: the VAT on account {} is {}, but the target computes {} from the gross amount",
                    voucher.id(),
                    place.line.posting.account,
                    money(place.line.vat),
                    money(vat)
                ));
            }
        }
        // Numbers follow from dates; that none is given twice is checked all the same.
        if let Some(number) = lines.number(voucher) {
            let key = (lines.fiscal_year(voucher), number);
            if let Some(other) = self.numbers_seen.insert(key, voucher.id().clone()) {
                limits.refuse(format!(
                    "voucher {} would have the number {number} of voucher {other}",
                    voucher.id()
                ));
            }
        }
    }
}

impl Writer for DelimitedWriter<'_> {
    fn begin(&mut self, _contents: &Contents, out: &mut Vec<u8>) -> io::Result<()> {
        let lines = &self.lines;
        for line in &lines.layout.preamble {
            writeln!(out, "{line}")?;
        }
        if lines.layout.header {
            let names = lines.columns.iter().map(|planned| planned.column.name.as_str());
            lines.write_line(names, out);
        }
        Ok(())
    }

    fn voucher(&mut self, voucher: &Voucher, out: &mut Vec<u8>) -> io::Result<()> {
        let places = self.lines.places(voucher, self.rows).map_err(io::Error::other)?;
        for place in &places {
            let cells = self.lines.cells(place, |_| ());
            self.lines.write_line(cells.iter().map(String::as_str), out);
        }
        self.rows += places.len();
        Ok(())
    }
}
