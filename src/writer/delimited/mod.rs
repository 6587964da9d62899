//! The engine for delimited text: one line a posting, by the layout of a `format.toml`.
//!
//! The checker makes every cell that can be wrong as the writer does, and keeps only what is wrong
//! with it.

mod fit;
mod planned;

use std::collections::BTreeMap;
use std::io::{self, Write as _};

use crate::date::FiscalCalendar;
use crate::encode::Encoding;
use crate::format::control::Party;
use crate::format::delimited::VatMode;
use crate::format::delimited::{
    AmountCurrency, Column, DatePattern, DecimalMark, Layout, Quoting, Sign, Unmapped,
};
use crate::format::field::Field;
use crate::format::options::Options;
use crate::format::{FormatError, Shape, choice};
use crate::journal::Voucher;
use crate::journal::id::LARGEST_SERIES;
use crate::journal::id::VoucherId;
use crate::money::Currency;
use crate::writer::contents::Contents;
use crate::writer::csv;
use crate::writer::delimited::planned::Planned;
use crate::writer::lines::{TargetLine, lines, other_vat};
use crate::writer::{Checker, Context, Limits, Writer};

/// How the rows of a document are made.
#[derive(Debug, Clone)]
pub struct Table<'a> {
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
    table: Table<'a>,
    numbers_seen: BTreeMap<(i32, u32), VoucherId>,
}

/// Writes the lines of a document.
#[derive(Debug)]
pub struct DelimitedWriter<'a> {
    table: Table<'a>,
    rows: usize,
}

/// A line of the document: what a posting says there, and where it stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'v> {
    voucher: &'v Voucher,
    line: TargetLine<'v>,
    /// Its place in the voucher, from 1.
    in_voucher: usize,
    /// Its place in the file, from 1.
    in_file: usize,
}

/// What is wrong with a cell.
pub(crate) enum Fault {
    Refused(String),
    Replaced(String),
}

impl<'a> Table<'a> {
    /// The rows of a layout for one document.
    pub fn new(
        layout: &'a Layout,
        shape: &Shape,
        context: &Context<'a>,
        options: &Options,
    ) -> Result<Self, FormatError> {
        let is_there = |column: &&Column| {
            column
                .only_with
                .as_deref()
                .is_none_or(|option| options.get(option).is_some_and(|value| !value.is_empty()))
        };
        let columns = layout.columns.iter().map(|column| column.get_ref());
        let columns = columns
            .filter(is_there)
            .map(|column| Planned::new(column, options));
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

    /// The rows of a voucher, after `before` others. A line without an amount moves
    /// nothing and is left out.
    fn rows<'v>(&self, voucher: &'v Voucher, before: usize) -> Result<Vec<Row<'v>>, String> {
        let lines = lines(voucher, self.layout.vat)?;
        let lines = lines.into_iter().filter(|line| self.amount(line).0 != 0);
        let row = |(index, line)| Row {
            voucher,
            line,
            in_voucher: index + 1,
            in_file: before + index + 1,
        };
        Ok(lines.enumerate().map(row).collect())
    }

    /// The amount of a line and its currency, debit positive.
    fn amount(&self, line: &TargetLine<'_>) -> (i64, Currency) {
        match self.layout.amounts {
            AmountCurrency::Base => (line.base, self.base),
            AmountCurrency::Ledger => (line.amount, line.posting.currency),
        }
    }

    /// The cells of a row.
    fn cells(&self, row: &Row<'_>) -> Vec<String> {
        let cell = |planned| self.cell(planned, row, &mut |_| ());
        self.columns.iter().map(cell).collect()
    }

    /// A cell of a row; what is wrong with it goes to `report`.
    fn cell(&self, planned: &Planned<'_>, row: &Row<'_>, report: &mut impl FnMut(Fault)) -> String {
        let column = planned.column;
        let is_left_out = column.first_line_only && row.in_voucher > 1;
        let (value, is_text) = match (&planned.fixed, column.field) {
            _ if is_left_out => (Ok(String::new()), false),
            (Some(fixed), _) => (Ok(fixed.clone()), false),
            (None, Some(field)) => (self.value(field, row), field.is_text()),
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
            let (voucher, name) = (row.voucher.id(), &column.name);
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
        if planned.is_safe {
            value
        } else {
            self.fit(planned, row, value, is_text, report)
        }
    }

    /// What a field says of a line.
    fn value(&self, field: Field, row: &Row<'_>) -> Result<String, String> {
        let Row { voucher, line, .. } = row;
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
        let only = |wanted: bool, value: &dyn Fn() -> String| if wanted { value() } else { String::new() };
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
            Field::Line => row.in_voucher.to_string(),
            Field::Row => row.in_file.to_string(),
            Field::Account => posting.account.to_string(),
            Field::AccountName => posting.account_name.to_string(),
            Field::Amount => self.money(signed * amount, currency),
            Field::Debit => only(amount > 0, &|| self.money(amount, currency)),
            Field::Credit => only(amount < 0, &|| self.money(-amount, currency)),
            Field::Absolute => self.money(amount.abs(), currency),
            Field::Side if amount > 0 => self.layout.debit_mark.clone(),
            Field::Side => self.layout.credit_mark.clone(),
            Field::Net => self.money(signed * (amount - vat), currency),
            Field::Vat => only(vat != 0, &|| self.money(signed * vat, currency)),
            Field::Currency => currency.code().to_owned(),
            Field::BaseAmount => self.money(signed * line.base, self.base),
            Field::BaseCurrency => self.base.code().to_owned(),
            Field::ForeignAmount => only(is_foreign, &|| self.money(signed * line.amount, posting.currency)),
            Field::ForeignCurrency => only(is_foreign, &|| posting.currency.code().to_owned()),
            Field::TaxCode => self.tax_code(row)?,
            Field::Text => posting.text.to_string(),
            Field::Department => optional(&posting.department),
            Field::Project => optional(&posting.project),
            Field::Customer => self.party(Party::Customer, &posting.account),
            Field::Supplier => self.party(Party::Supplier, &posting.account),
            Field::Reference => optional(&posting.reference),
            Field::PostingKey => posting.key.name().to_owned(),
        })
    }

    fn tax_code(&self, row: &Row<'_>) -> Result<String, String> {
        let Some(code) = row.line.posting.tax_code.as_deref() else {
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
                row.voucher.id()
            )),
        }
    }

    /// The customer or supplier of a posting on one of the target's control accounts.
    fn party(&self, wanted: Party, account: &str) -> String {
        let named = self.options.party(account).filter(|(party, _)| *party == wanted);
        named.map_or_else(String::new, |(_, number)| number.to_owned())
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
            let needs_quotes = || cell.contains([self.layout.separator, '"', '\n', '\r']);
            if self.layout.quoting == Quoting::Csv && needs_quotes() {
                csv::quoted(out, cell);
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
    pub fn new(table: Table<'a>) -> Self {
        Self {
            table,
            numbers_seen: BTreeMap::new(),
        }
    }
}

impl<'a> DelimitedWriter<'a> {
    /// A writer for one document.
    pub fn new(table: Table<'a>) -> Self {
        Self { table, rows: 0 }
    }
}

impl Checker for DelimitedChecker<'_> {
    fn voucher(&mut self, voucher: &Voucher, limits: &mut Limits) {
        let table = &self.table;
        let rows = match table.rows(voucher, 0) {
            Ok(rows) => rows,
            Err(message) => return limits.refuse(message),
        };
        for row in &rows {
            for planned in table.columns.iter().filter(|planned| !planned.is_safe) {
                table.cell(planned, row, &mut |fault| match fault {
                    Fault::Refused(message) => limits.refuse_once(message),
                    Fault::Replaced(message) => limits.replaced_once(message),
                });
            }
        }
        if table.layout.vat == VatMode::Gross {
            let lines: Vec<_> = rows.iter().map(|row| row.line).collect();
            let currency = match table.layout.amounts {
                AmountCurrency::Base => table.base,
                AmountCurrency::Ledger => table.ledger_currency,
            };
            limits.vat_differs(voucher.id(), other_vat(&lines, table.layout.amounts), currency);
        }
        // Numbers follow from dates; that none is given twice is checked all the same.
        if let Some(number) = table.number(voucher) {
            let key = (table.fiscal_year(voucher), number);
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
        let table = &self.table;
        for line in &table.layout.preamble {
            writeln!(out, "{line}")?;
        }
        if table.layout.header {
            let names = table.columns.iter().map(|planned| planned.column.name.as_str());
            table.write_line(names, out);
        }
        Ok(())
    }

    fn voucher(&mut self, voucher: &Voucher, out: &mut Vec<u8>) -> io::Result<()> {
        let rows = self.table.rows(voucher, self.rows).map_err(io::Error::other)?;
        for row in &rows {
            let cells = self.table.cells(row);
            self.table.write_line(cells.iter().map(String::as_str), out);
        }
        self.rows += rows.len();
        Ok(())
    }
}
