//! `sie4`: SIE 4I for import (`.si`), or 4E as a whole year so far (`.se`).

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use chrono::NaiveDate;

use crate::config::company::CompanyField;
use crate::date::end_of_fiscal_year;
use crate::format::FormatError;
use crate::format::options::Options;
use crate::journal::{Posting, Voucher};
use crate::money::format_minor;
use crate::proof::LedgerProof;
use crate::writer::contents::{self, AccountBalance, Contents};
use crate::writer::numbers;
use crate::writer::period::{self, Dates, fiscal_year_start};
use crate::writer::saft::decimal;
use crate::writer::sie::item::{Field, Items};
use crate::writer::sie::pc8::Replacements;
use crate::writer::sie::{
    AccountKind, DEPARTMENT_DIMENSION, PROJECT_DIMENSION, check_head, organisation_number, voucher_text,
};
use crate::writer::{Context, Limits, Opening, Writer};

/// Writes one SIE 4 file.
#[derive(Debug)]
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
    contents: Contents,
    replacements: Replacements,
    items: Items,
}

impl<'a> Sie4<'a> {
    /// A writer for one ledger; refuses options that the format does not take.
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
            number_series: options.number("series", crate::format::LARGEST_SERIES)?,
            chart_type: options.text("chart_type")?.to_owned(),
            created: period::created(options)?,
            opening: contents::openings(options, context.books.settings.base_currency.exponent())?,
            contents: Contents::default(),
            replacements: Replacements::default(),
            items: Items::default(),
        })
    }

    fn dates(&self) -> Dates {
        Dates::new(
            &self.context,
            self.contents.first,
            self.contents.last,
            self.created,
        )
    }

    /// First and last date of the fiscal year that the file is about.
    fn fiscal_year(&self) -> (NaiveDate, NaiveDate) {
        let (to, month) = (self.dates().to, self.context.books.fiscal_year_start_month);
        (fiscal_year_start(to, month), end_of_fiscal_year(to, month))
    }

    fn balances(&self) -> (Vec<AccountBalance>, Vec<String>) {
        let is_balance = |number: &str| AccountKind::of(number).is_none_or(AccountKind::is_balance);
        self.contents.accounts(&self.context, &self.opening, &is_balance)
    }

    fn exponent(&self) -> u32 {
        self.context.books.settings.base_currency.exponent()
    }

    fn number(&self, voucher: &Voucher) -> Result<String, String> {
        if self.is_numbered {
            numbers::by_date(voucher, self.number_series).map(|number| number.to_string())
        } else {
            Ok(String::new())
        }
    }

    /// A year with balances begins at the year's beginning.
    fn check_export(&self, limits: &mut Limits) {
        let (dates, (year_start, _)) = (self.dates(), self.fiscal_year());
        if dates.from != year_start {
            limits.refuse(format!(
                "a 4E file holds the balances of a fiscal year: export from {year_start}, or set `kind = \"4i\"`"
            ));
        }
    }

    /// Two dimensions that PC8 cannot tell apart would become one.
    fn check_objects(&mut self, limits: &mut Limits) {
        for values in [&self.contents.departments, &self.contents.projects] {
            let mut seen = BTreeSet::new();
            for value in values {
                if !seen.insert(self.replacements.text(value)) {
                    limits.refuse(format!(
                        "the dimension `{value}` is written like another in the code page of SIE 4"
                    ));
                }
            }
        }
    }
}

impl Writer for Sie4<'_> {
    fn check_voucher(&mut self, voucher: &Voucher, limits: &mut Limits) {
        self.contents.add(voucher);
        if let Err(fault) = self.number(voucher) {
            limits.refuse(fault);
        }
        for posting in voucher.postings() {
            self.replacements.text(&line_text(posting));
        }
    }

    fn check_opening(&mut self, opening: &Opening) {
        self.contents.open(opening);
    }

    fn check_end(&mut self, limits: &mut Limits) {
        let (accounts, faults) = self.balances();
        check_head(
            &self.context,
            accounts.iter().map(|account| account.number.as_str()),
            limits,
        );
        if self.is_export {
            self.check_export(limits);
            faults.into_iter().for_each(|fault| limits.refuse(fault));
        }
        if self.exponent() > 2 {
            limits.refuse("amounts with more than two decimals");
        }
        self.check_objects(limits);
        let company = self
            .context
            .config
            .company
            .text(CompanyField::Name)
            .unwrap_or_default();
        self.replacements.text(company);
        for account in &accounts {
            self.replacements.text(&account.name);
        }
        self.replacements.report(limits);
    }

    fn is_empty(&self) -> bool {
        self.contents.vouchers == 0
    }

    fn file_name(&self) -> Option<String> {
        let dates = self.dates();
        let suffix = if self.is_export { "se" } else { "si" };
        let ledger_id = &self.context.info.ledger_id;
        Some(format!(
            "vipps-{ledger_id}-{}-{}.{suffix}",
            compact(dates.from),
            compact(dates.to)
        ))
    }

    fn start(&mut self, _proof: &LedgerProof, out: &mut dyn io::Write) -> io::Result<()> {
        let mut items = Items::default();
        items.item(out, "#FLAGGA", &[Field::Text("0")])?;
        if self.has_sum {
            items.start_sum(out)?;
        }
        self.identification(&mut items, out)?;
        let (accounts, _) = self.balances();
        for account in &accounts {
            let name = self.replacements.text(&account.name);
            items.item(
                out,
                "#KONTO",
                &[Field::Text(&account.number), Field::Quoted(&name)],
            )?;
        }
        self.dimensions(&mut items, out)?;
        if self.is_export {
            self.year_balances(&mut items, out, &accounts)?;
        }
        self.items = items;
        Ok(())
    }

    fn voucher(&mut self, voucher: &Voucher, out: &mut dyn io::Write) -> io::Result<()> {
        let mut items = std::mem::take(&mut self.items);
        let number = self.number(voucher).map_err(io::Error::other)?;
        let date = compact(voucher.date());
        let text = self.replacements.text(&voucher_text(voucher));
        let head = [
            Field::Quoted(&self.series),
            Field::Quoted(&number),
            Field::Text(&date),
            Field::Quoted(&text),
        ];
        // Numbers stand without quotes: a reader in use takes no others.
        let plain = [Field::Text(&self.series), Field::Text(&number), head[2], head[3]];
        items.item(out, "#VER", if self.is_numbered { &plain } else { &head })?;
        out.write_all(b"{\n")?;
        for posting in voucher.postings() {
            self.line(&mut items, out, posting, &date)?;
        }
        out.write_all(b"}\n")?;
        self.items = items;
        Ok(())
    }

    fn end(&mut self, out: &mut dyn io::Write) -> io::Result<()> {
        self.items.end_sum(out)
    }
}

impl Sie4<'_> {
    fn identification(&mut self, items: &mut Items, out: &mut dyn io::Write) -> io::Result<()> {
        let version = env!("CARGO_PKG_VERSION");
        items.item(out, "#PROGRAM", &[Field::Quoted("bilag"), Field::Quoted(version)])?;
        items.item(out, "#FORMAT", &[Field::Text("PC8")])?;
        let dates = self.dates();
        items.item(out, "#GEN", &[Field::Text(&compact(dates.created))])?;
        items.item(out, "#SIETYP", &[Field::Text("4")])?;
        let number = organisation_number(&self.context).unwrap_or_default();
        items.item(out, "#ORGNR", &[Field::Text(&number)])?;
        let name = self
            .context
            .config
            .company
            .text(CompanyField::Name)
            .unwrap_or_default();
        items.item(out, "#FNAMN", &[Field::Quoted(&self.replacements.text(name))])?;
        let (from, to) = self.fiscal_year();
        let (year_from, year_to) = (compact(from), compact(to));
        let year = [Field::Text("0"), Field::Text(&year_from), Field::Text(&year_to)];
        items.item(out, "#RAR", &year)?;
        if self.is_export && dates.to < to {
            items.item(out, "#OMFATTN", &[Field::Text(&compact(dates.to))])?;
        }
        items.item(out, "#KPTYP", &[Field::Text(&self.chart_type)])?;
        let currency = self.context.books.settings.base_currency;
        items.item(out, "#VALUTA", &[Field::Text(currency.code())])
    }

    fn dimensions(&mut self, items: &mut Items, out: &mut dyn io::Write) -> io::Result<()> {
        let dimensions = [
            (
                DEPARTMENT_DIMENSION,
                "Kostnadsställe",
                self.contents.departments.clone(),
            ),
            (PROJECT_DIMENSION, "Projekt", self.contents.projects.clone()),
        ];
        for (dimension, name, values) in dimensions.iter().filter(|(_, _, values)| !values.is_empty()) {
            items.item(out, "#DIM", &[Field::Text(dimension), Field::Quoted(name)])?;
            for value in values {
                let value = self.replacements.text(value);
                let fields = [
                    Field::Text(dimension),
                    Field::Quoted(&value),
                    Field::Quoted(&value),
                ];
                items.item(out, "#OBJEKT", &fields)?;
            }
        }
        Ok(())
    }

    fn year_balances(
        &self,
        items: &mut Items,
        out: &mut dyn io::Write,
        accounts: &[AccountBalance],
    ) -> io::Result<()> {
        let is_balance =
            |account: &&AccountBalance| AccountKind::of(&account.number).is_some_and(AccountKind::is_balance);
        let mut write = |label: &str, account: &AccountBalance, minor: i128| {
            let amount = self.signed(minor);
            let fields = [
                Field::Text("0"),
                Field::Text(&account.number),
                Field::Text(&amount),
            ];
            items.item(out, label, &fields)
        };
        for account in accounts.iter().filter(is_balance) {
            write("#IB", account, account.opening)?;
        }
        for account in accounts.iter().filter(is_balance) {
            write("#UB", account, account.closing)?;
        }
        for account in accounts.iter().filter(|account| !is_balance(account)) {
            write("#RES", account, account.closing)?;
        }
        Ok(())
    }

    fn line(
        &mut self,
        items: &mut Items,
        out: &mut dyn io::Write,
        posting: &Posting,
        date: &str,
    ) -> io::Result<()> {
        let mut objects = Vec::new();
        for (dimension, value) in [
            (DEPARTMENT_DIMENSION, &posting.department),
            (PROJECT_DIMENSION, &posting.project),
        ] {
            if let Some(value) = value {
                objects.push((dimension, self.replacements.text(value)));
            }
        }
        let objects: Vec<(&str, &str)> = objects
            .iter()
            .map(|(dimension, value)| (*dimension, value.as_str()))
            .collect();
        let amount = format_minor(posting.in_base(), self.exponent());
        let text = self.replacements.text(&line_text(posting));
        let fields = [
            Field::Text(&posting.account),
            Field::Objects(&objects),
            Field::Text(&amount),
            Field::Text(date),
            Field::Quoted(&text),
        ];
        items.item(out, "#TRANS", &fields)
    }

    fn signed(&self, minor: i128) -> String {
        let sign = if minor < 0 { "-" } else { "" };
        format!("{sign}{}", decimal(minor, self.exponent()))
    }
}

/// The posting's text with its amount in the ledger's currency, where that is another: SIE has
/// no place for it.
fn line_text(posting: &Posting) -> String {
    match posting.base_amount {
        Some(base) if base != posting.amount => {
            format!(
                "{} ({} {})",
                posting.text,
                posting.currency.format(posting.amount),
                posting.currency
            )
        }
        Some(_) | None => posting.text.to_string(),
    }
}

fn compact(date: NaiveDate) -> String {
    date.format("%Y%m%d").to_string()
}
