//! `sie4`: SIE 4I for import (`.si`), or 4E as a whole year so far (`.se`).

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io;

use chrono::NaiveDate;

use crate::config::company::CompanyField;
use crate::format::FormatError;
use crate::format::options::Options;
use crate::journal::{Posting, Voucher};
use crate::money::Currency;
use crate::writer::contents::{self, AccountBalance, Contents};
use crate::writer::dates::{self, Dates};
use crate::writer::sie::item::{Field, Items};
use crate::writer::sie::pc8::{self, Replacements};
use crate::writer::sie::{
    AccountKind, DEPARTMENT_DIMENSION, PROJECT_DIMENSION, check_head, organisation_number, voucher_text,
};
use crate::writer::{Checker, Context, Limits, Whole, Writer};

/// What an SIE 4 file of a ledger looks like.
#[derive(Debug, Clone)]
pub struct Sie4<'a> {
    context: Context<'a>,
    /// Whether the file is a whole year with balances (4E) or vouchers for import (4I).
    is_export: bool,
    has_sum: bool,
    is_numbered: bool,
    series: String,
    number_series: u32,
    chart_type: String,
    created: Option<NaiveDate>,
    opening: BTreeMap<String, i128>,
}

/// Says what the file cannot hold.
#[derive(Debug)]
pub struct Sie4Checker<'a> {
    sie: Sie4<'a>,
    replacements: Replacements,
}

/// Writes the file.
#[derive(Debug)]
pub struct Sie4Writer<'a> {
    sie: Sie4<'a>,
    items: Items,
}

impl<'a> Sie4Checker<'a> {
    /// A checker for one document.
    pub fn new(sie: Sie4<'a>) -> Self {
        Self {
            sie,
            replacements: Replacements::default(),
        }
    }
}

impl<'a> Sie4Writer<'a> {
    /// A writer for one document.
    pub fn new(sie: Sie4<'a>) -> Self {
        let items = if sie.has_sum {
            Items::within_sum()
        } else {
            Items::default()
        };
        Self { sie, items }
    }
}

impl<'a> Sie4<'a> {
    /// The file of one ledger; refuses options that the format does not take.
    pub fn new(context: &Context<'a>, options: &Options) -> Result<Self, FormatError> {
        let is_export = options.text("kind")? == "4e";
        let flag = |key: &str, default: bool| options.get(key).map_or(default, |text| text == "true");
        let is_numbered = flag("numbered", is_export);
        let default_series = if is_numbered { "V" } else { "" };
        Ok(Self {
            context: *context,
            is_export,
            has_sum: flag("checksum", !is_export),
            is_numbered,
            series: options.get("voucher_series").unwrap_or(default_series).to_owned(),
            number_series: options.number("series", crate::journal::id::LARGEST_SERIES)?,
            chart_type: options.text("chart_type")?.to_owned(),
            created: dates::created(options)?,
            opening: contents::openings(options, context.books.settings.base_currency.exponent())?,
        })
    }

    fn dates(&self, contents: &Contents) -> Dates {
        Dates::new(&self.context, contents.first, contents.last, self.created)
    }

    /// First and last date of the fiscal year that the file is about.
    fn fiscal_year(&self, contents: &Contents) -> (NaiveDate, NaiveDate) {
        let (to, calendar) = (self.dates(contents).to, self.context.fiscal_calendar());
        (calendar.year_start(to), calendar.year_end(to))
    }

    fn balances(&self, contents: &Contents) -> (Vec<AccountBalance>, Vec<String>) {
        let is_balance = |number: &str| AccountKind::of(number).is_none_or(AccountKind::is_balance);
        contents.accounts(&self.context, &self.opening, &is_balance)
    }

    fn base(&self) -> Currency {
        self.context.books.settings.base_currency
    }

    fn number(&self, voucher: &Voucher) -> Result<String, String> {
        if self.is_numbered {
            voucher
                .date_number(self.number_series)
                .map(|number| number.to_string())
        } else {
            Ok(String::new())
        }
    }

    /// A year with balances begins at the year's beginning.
    fn check_export(&self, contents: &Contents, limits: &mut Limits) {
        let (dates, (year_start, _)) = (self.dates(contents), self.fiscal_year(contents));
        if dates.from != year_start {
            limits.refuse(format!(
                "a 4E file holds the balances of a fiscal year: export from {year_start}, or set `kind = \"4i\"`"
            ));
        }
    }
}

impl Checker for Sie4Checker<'_> {
    fn voucher(&mut self, voucher: &Voucher, limits: &mut Limits) {
        if let Err(fault) = self.sie.number(voucher) {
            limits.refuse(fault);
        }
        for posting in voucher.postings() {
            // What else a line says is plain.
            self.replacements.note(&posting.text);
        }
    }

    fn end(&mut self, whole: &Whole<'_>, limits: &mut Limits) {
        let (sie, contents) = (&self.sie, whole.contents);
        let (accounts, faults) = sie.balances(contents);
        check_head(
            &sie.context,
            accounts.iter().map(|account| account.number.as_str()),
            limits,
        );
        if sie.is_export {
            sie.check_export(contents, limits);
            faults.into_iter().for_each(|fault| limits.refuse(fault));
        }
        if sie.base().exponent() > 2 {
            limits.refuse("amounts with more than two decimals");
        }
        // Two dimensions that PC8 cannot tell apart would become one.
        for values in [&contents.departments, &contents.projects] {
            let mut seen = BTreeSet::new();
            for value in values {
                self.replacements.note(value);
                if !seen.insert(pc8::text(value)) {
                    limits.refuse(format!(
                        "the dimension `{value}` is written like another in the code page of SIE 4"
                    ));
                }
            }
        }
        let company = sie
            .context
            .config
            .company
            .text(CompanyField::Name)
            .unwrap_or_default();
        self.replacements.note(company);
        for account in &accounts {
            self.replacements.note(&account.name);
        }
        self.replacements.report(limits);
    }
}

impl Writer for Sie4Writer<'_> {
    fn has_late_head(&self) -> bool {
        true
    }

    fn voucher(&mut self, voucher: &Voucher, out: &mut Vec<u8>) -> io::Result<()> {
        let sie = &self.sie;
        let number = sie.number(voucher).map_err(io::Error::other)?;
        let date = compact(voucher.date());
        let text = pc8::text(&voucher_text(voucher));
        let head = [
            Field::Quoted(&sie.series),
            Field::Quoted(&number),
            Field::Text(&date),
            Field::Quoted(&text),
        ];
        // Numbers stand without quotes: a reader in use takes no others.
        let plain = [Field::Text(&sie.series), Field::Text(&number), head[2], head[3]];
        self.items
            .item(out, "#VER", if sie.is_numbered { &plain } else { &head });
        out.extend_from_slice(b"{\n");
        for posting in voucher.postings() {
            sie.line(&mut self.items, out, posting, &date);
        }
        out.extend_from_slice(b"}\n");
        Ok(())
    }

    fn end(&mut self, whole: &Whole<'_>, head: &mut Vec<u8>, out: &mut Vec<u8>) -> io::Result<()> {
        let items = self.sie.head(whole.contents, head);
        items.end_sum(&self.items, out)
    }

    fn is_empty(&self, contents: &Contents) -> bool {
        contents.vouchers == 0
    }

    fn file_name(&self, contents: &Contents) -> Option<String> {
        let dates = self.sie.dates(contents);
        let suffix = if self.sie.is_export { "se" } else { "si" };
        let ledger_id = &self.sie.context.info.ledger_id;
        Some(format!(
            "vipps-{ledger_id}-{}-{}.{suffix}",
            compact(dates.from),
            compact(dates.to)
        ))
    }
}

impl Sie4<'_> {
    /// Everything before the vouchers; returns the items so far, for the checksum.
    fn head(&self, contents: &Contents, out: &mut Vec<u8>) -> Items {
        let mut items = Items::default();
        items.item(out, "#FLAGGA", &[Field::Text("0")]);
        if self.has_sum {
            items.start_sum(out);
        }
        self.identification(contents, &mut items, out);
        let (accounts, _) = self.balances(contents);
        for account in &accounts {
            let name = pc8::text(&account.name);
            items.item(
                out,
                "#KONTO",
                &[Field::Text(&account.number), Field::Quoted(&name)],
            );
        }
        dimensions(contents, &mut items, out);
        if self.is_export {
            self.year_balances(&mut items, out, &accounts);
        }
        items
    }

    fn identification(&self, contents: &Contents, items: &mut Items, out: &mut Vec<u8>) {
        let version = env!("CARGO_PKG_VERSION");
        items.item(out, "#PROGRAM", &[Field::Quoted("bilag"), Field::Quoted(version)]);
        items.item(out, "#FORMAT", &[Field::Text("PC8")]);
        let dates = self.dates(contents);
        items.item(out, "#GEN", &[Field::Text(&compact(dates.created))]);
        items.item(out, "#SIETYP", &[Field::Text("4")]);
        let number = organisation_number(&self.context).unwrap_or_default();
        items.item(out, "#ORGNR", &[Field::Text(&number)]);
        let name = self
            .context
            .config
            .company
            .text(CompanyField::Name)
            .unwrap_or_default();
        items.item(out, "#FNAMN", &[Field::Quoted(&pc8::text(name))]);
        let (from, to) = self.fiscal_year(contents);
        let (year_from, year_to) = (compact(from), compact(to));
        let year = [Field::Text("0"), Field::Text(&year_from), Field::Text(&year_to)];
        items.item(out, "#RAR", &year);
        if self.is_export && dates.to < to {
            items.item(out, "#OMFATTN", &[Field::Text(&compact(dates.to))]);
        }
        items.item(out, "#KPTYP", &[Field::Text(&self.chart_type)]);
        items.item(out, "#VALUTA", &[Field::Text(self.base().code())]);
    }

    fn year_balances(&self, items: &mut Items, out: &mut Vec<u8>, accounts: &[AccountBalance]) {
        let is_balance =
            |account: &&AccountBalance| AccountKind::of(&account.number).is_some_and(AccountKind::is_balance);
        let mut write = |label: &str, account: &AccountBalance, minor: i128| {
            let amount = self.base().amount(minor).to_string();
            let fields = [
                Field::Text("0"),
                Field::Text(&account.number),
                Field::Text(&amount),
            ];
            items.item(out, label, &fields);
        };
        for account in accounts.iter().filter(is_balance) {
            write("#IB", account, account.opening);
        }
        for account in accounts.iter().filter(is_balance) {
            write("#UB", account, account.closing);
        }
        for account in accounts.iter().filter(|account| !is_balance(account)) {
            write("#RES", account, account.closing);
        }
    }

    fn line(&self, items: &mut Items, out: &mut Vec<u8>, posting: &Posting, date: &str) {
        let mut objects = Vec::new();
        for (dimension, value) in [
            (DEPARTMENT_DIMENSION, &posting.department),
            (PROJECT_DIMENSION, &posting.project),
        ] {
            if let Some(value) = value {
                objects.push((dimension, pc8::text(value)));
            }
        }
        let objects: Vec<(&str, &str)> = objects
            .iter()
            .map(|(dimension, value)| (*dimension, value.as_str()))
            .collect();
        let amount = self.base().amount(posting.in_base()).to_string();
        let text = pc8::text(&line_text(posting));
        let fields = [
            Field::Text(&posting.account),
            Field::Objects(&objects),
            Field::Text(&amount),
            Field::Text(date),
            Field::Quoted(&text),
        ];
        items.item(out, "#TRANS", &fields);
    }
}

fn dimensions(contents: &Contents, items: &mut Items, out: &mut Vec<u8>) {
    let dimensions = [
        (DEPARTMENT_DIMENSION, "Kostnadsställe", &contents.departments),
        (PROJECT_DIMENSION, "Projekt", &contents.projects),
    ];
    for (dimension, name, values) in dimensions {
        if values.is_empty() {
            continue;
        }
        items.item(out, "#DIM", &[Field::Text(dimension), Field::Quoted(name)]);
        for value in values {
            let value = pc8::text(value);
            let fields = [
                Field::Text(dimension),
                Field::Quoted(&value),
                Field::Quoted(&value),
            ];
            items.item(out, "#OBJEKT", &fields);
        }
    }
}

/// The posting's text with its amount in the ledger's currency, where that is another: SIE has
/// no place for it.
fn line_text(posting: &Posting) -> Cow<'_, str> {
    match posting.base_amount {
        Some(base) if base != posting.amount => Cow::Owned(format!(
            "{} ({} {})",
            posting.text,
            posting.currency.amount(posting.amount),
            posting.currency
        )),
        Some(_) | None => Cow::Borrowed(&posting.text),
    }
}

fn compact(date: NaiveDate) -> String {
    date.format("%Y%m%d").to_string()
}
