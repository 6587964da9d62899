//! The layout of delimited text: `[delimited]` in a `format.toml`.
//!
//! A layout is data. What it may say is a closed list, so that a mistake in a user's own format
//! is refused with its line and with what is allowed. `docs/FORMATS.md` explains every key.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Deserialize;
use toml::Spanned;

use crate::format::field::Field;
use crate::format::options::OptionSpec;

/// How lines of a file are made of postings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// The character between cells.
    pub separator: char,
    /// What protects a separator inside a cell.
    #[serde(default)]
    pub quoting: Quoting,
    /// Characters that become a space, beside those that would break the line.
    #[serde(default)]
    pub replace: String,
    /// The decimal mark.
    #[serde(default)]
    pub decimal: DecimalMark,
    /// How dates are written.
    #[serde(default)]
    pub date: DatePattern,
    /// Whether the first line names the columns.
    #[serde(default)]
    pub header: bool,
    /// Lines before everything else, as they are.
    #[serde(default)]
    pub preamble: Vec<String>,
    /// What becomes of VAT postings.
    #[serde(default)]
    pub vat: VatMode,
    /// The currency of the amounts.
    #[serde(default)]
    pub amounts: AmountCurrency,
    /// The sign of signed amounts.
    #[serde(default)]
    pub sign: Sign,
    /// What marks a debit in a column with the field `side`.
    #[serde(default = "debit_mark")]
    pub debit_mark: String,
    /// What marks a credit in a column with the field `side`.
    #[serde(default = "credit_mark")]
    pub credit_mark: String,
    /// Whether people open the file as a spreadsheet, where some texts would be formulas.
    #[serde(default)]
    pub spreadsheet: bool,
    /// The target's codes for our tax codes, unless the configuration says otherwise.
    #[serde(default)]
    pub tax_codes: BTreeMap<String, String>,
    /// What becomes of a tax code that is not mapped.
    #[serde(default)]
    pub unmapped_tax_codes: Unmapped,
    /// The columns, in order.
    pub columns: Vec<Spanned<Column>>,
}

fn debit_mark() -> String {
    "D".to_owned()
}

fn credit_mark() -> String {
    "C".to_owned()
}

/// A column: where its cells come from, and what they may hold. Exactly one of `field`,
/// `constant` and `option` is set.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// The column's name in the header and in messages.
    pub name: String,
    /// What of a posting or its voucher.
    #[serde(default)]
    pub field: Option<Field>,
    /// The same text on every line.
    #[serde(default)]
    pub constant: Option<String>,
    /// The value of an option, the same on every line.
    #[serde(default)]
    pub option: Option<String>,
    /// What stands where the field has nothing.
    #[serde(default)]
    pub empty: String,
    /// The option that says what stands where the field has nothing.
    #[serde(default)]
    pub empty_option: Option<String>,
    /// How many characters the target takes.
    #[serde(default)]
    pub max: Option<usize>,
    /// The option that says how many characters the target takes.
    #[serde(default)]
    pub max_option: Option<String>,
    /// Whether a text that is too long is cut, and listed, or refused.
    #[serde(default)]
    pub cut: bool,
    /// Whether only digits may stand here.
    #[serde(default)]
    pub digits: bool,
    /// Whether the value stands only on the voucher's first line.
    #[serde(default)]
    pub first_line_only: bool,
    /// The option that must be set for the column to be there at all.
    #[serde(default)]
    pub only_with: Option<String>,
    /// The option that must be `true` for the value to be written; else what is left out is
    /// listed.
    #[serde(default)]
    pub written_if: Option<String>,
}

/// What becomes of VAT postings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VatMode {
    /// They are lines like all others; the target computes no VAT.
    #[default]
    Lines,
    /// They are left out: the revenue line has the gross amount and the tax code, and the target
    /// computes the VAT.
    Gross,
}

/// What protects a separator inside a cell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Quoting {
    /// Nothing: the target knows no quotes, so the separator and quotes become spaces.
    #[default]
    None,
    /// Double quotes, doubled inside, where a cell needs them.
    Csv,
}

/// The decimal mark.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DecimalMark {
    /// `12.50`
    #[default]
    Point,
    /// `12,50`
    Comma,
}

/// How dates are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub enum DatePattern {
    #[default]
    #[serde(rename = "YYYY-MM-DD")]
    Iso,
    #[serde(rename = "YYYYMMDD")]
    Compact,
    #[serde(rename = "YYMMDD")]
    Short,
    #[serde(rename = "DD.MM.YYYY")]
    DayPoint,
    #[serde(rename = "DD-MM-YYYY")]
    DayHyphen,
    #[serde(rename = "DD/MM/YYYY")]
    DaySlash,
    #[serde(rename = "MM/DD/YYYY")]
    MonthSlash,
    #[serde(rename = "DDMMYYYY")]
    DayCompact,
}

impl DatePattern {
    /// A date in this pattern.
    pub fn format(self, date: NaiveDate) -> String {
        let pattern = match self {
            Self::Iso => "%Y-%m-%d",
            Self::Compact => "%Y%m%d",
            Self::Short => "%y%m%d",
            Self::DayPoint => "%d.%m.%Y",
            Self::DayHyphen => "%d-%m-%Y",
            Self::DaySlash => "%d/%m/%Y",
            Self::MonthSlash => "%m/%d/%Y",
            Self::DayCompact => "%d%m%Y",
        };
        date.format(pattern).to_string()
    }
}

/// The currency of the amounts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AmountCurrency {
    /// The currency of the books.
    #[default]
    Base,
    /// The ledger's currency.
    Ledger,
}

/// The sign of signed amounts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sign {
    /// Debits are positive.
    #[default]
    DebitPositive,
    /// Credits are positive.
    CreditPositive,
}

/// What becomes of a tax code that is not mapped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unmapped {
    /// It is written as it is.
    #[default]
    Keep,
    /// It is refused: the target's codes are others.
    Refuse,
}

impl Layout {
    /// Whether the column of the account takes digits only, and how many characters it takes.
    pub fn account_limits(&self) -> (bool, Option<usize>) {
        let mut columns = self.columns.iter().map(|column| column.get_ref());
        let account = columns.find(|column| column.field == Some(Field::Account));
        account.map_or((false, None), |column| (column.digits, column.max))
    }

    /// Checks what types cannot say; messages name the line in `text`.
    pub fn check(&self, text: &str, options: &BTreeMap<String, OptionSpec>) -> Result<(), String> {
        if self.separator.is_alphanumeric() || matches!(self.separator, '"' | '\n' | '\r') {
            return Err(format!("`separator` cannot be `{}`", self.separator));
        }
        let breaks = |text: &str| text.contains(['\n', '\r']);
        if self.preamble.iter().any(|line| breaks(line)) {
            return Err("a line of `preamble` holds a line end".to_owned());
        }
        for column in &self.columns {
            let line = text
                .get(..column.span().start)
                .unwrap_or(text)
                .matches('\n')
                .count()
                + 1;
            let column = column.get_ref();
            self.check_column(column, options)
                .map_err(|message| format!("line {line}: column `{}`: {message}", column.name))?;
        }
        let has = |wanted: &[Field]| {
            wanted.iter().all(|wanted| {
                self.columns
                    .iter()
                    .any(|column| column.get_ref().field == Some(*wanted))
            })
        };
        let amounts: [&[Field]; 4] = [
            &[Field::Amount],
            &[Field::BaseAmount],
            &[Field::Debit, Field::Credit],
            &[Field::Absolute, Field::Side],
        ];
        if !amounts.iter().any(|fields| has(fields)) {
            return Err(
                "the columns hold no amounts: `amount`, `base_amount`, `debit` and `credit`, or `absolute` and `side`"
                    .to_owned(),
            );
        }
        if !has(&[Field::Account]) {
            return Err("the columns hold no `account`".to_owned());
        }
        Ok(())
    }

    fn check_column(&self, column: &Column, options: &BTreeMap<String, OptionSpec>) -> Result<(), String> {
        let sources = [
            column.field.is_some(),
            column.constant.is_some(),
            column.option.is_some(),
        ];
        if sources.iter().filter(|is_set| **is_set).count() != 1 {
            return Err("set exactly one of `field`, `constant` and `option`".to_owned());
        }
        let named = [
            &column.option,
            &column.empty_option,
            &column.max_option,
            &column.only_with,
            &column.written_if,
        ];
        for option in named.into_iter().flatten() {
            if !options.contains_key(option) {
                return Err(format!("the option `{option}` is not declared under [options]"));
            }
        }
        if column.field.is_some_and(Field::is_number) && !options.contains_key("series") {
            return Err("voucher numbers need the option `series` under [options]".to_owned());
        }
        if column.field.is_some_and(Field::is_fiscal) && !options.contains_key("fiscal_year_name") {
            return Err("fiscal years need the option `fiscal_year_name` under [options]".to_owned());
        }
        let fixed = [&column.name, &column.empty, &self.debit_mark, &self.credit_mark];
        let mut fixed = fixed.into_iter().chain(&column.constant);
        match fixed.find(|fixed| self.quoting == Quoting::None && self.breaks_line(fixed)) {
            Some(fixed) => Err(format!("`{fixed}` holds a separator, a quote or a line end")),
            None => Ok(()),
        }
    }

    fn breaks_line(&self, text: &str) -> bool {
        text.contains([self.separator, '"', '\n', '\r'])
    }
}
