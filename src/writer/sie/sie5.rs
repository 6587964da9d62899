//! `sie5`: SIE 5 XML for import (`SieEntry`).

use std::io;

use chrono::NaiveDate;

use crate::config::company::CompanyField;
use crate::format::FormatError;
use crate::format::options::Options;
use crate::journal::{Posting, Voucher};
use crate::writer::contents::Contents;
use crate::writer::dates::{self, Dates};
use crate::writer::saft::{fits, fits_as};
use crate::writer::sie::{
    AccountKind, DEPARTMENT_DIMENSION, PROJECT_DIMENSION, check_head, organisation_number, voucher_text,
};
use crate::writer::xml::Xml;
use crate::writer::{Checker, Context, Limits, Whole, Writer};

/// No element has a limit; this keeps mistakes out.
const TEXT_MAX: usize = 1000;

/// What an SIE 5 file of a ledger looks like.
#[derive(Debug, Clone)]
pub struct Sie5<'a> {
    context: Context<'a>,
    journal: String,
    created: Option<NaiveDate>,
}

/// Says what the file cannot hold.
#[derive(Debug)]
pub struct Sie5Checker<'a>(pub Sie5<'a>);

/// Writes the file.
#[derive(Debug)]
pub struct Sie5Writer<'a> {
    sie: Sie5<'a>,
    xml: Xml,
}

impl<'a> Sie5Writer<'a> {
    /// A writer for one document.
    pub fn new(sie: Sie5<'a>) -> Self {
        Self {
            sie,
            xml: Xml::within(&["SieEntry", "Journal"]),
        }
    }
}

impl<'a> Sie5<'a> {
    /// The file of one ledger; refuses options that the format does not take.
    pub fn new(context: &Context<'a>, options: &Options) -> Result<Self, FormatError> {
        Ok(Self {
            context: *context,
            journal: options.text("journal")?.to_owned(),
            created: dates::created(options)?,
        })
    }

    fn dates(&self, contents: &Contents) -> Dates {
        Dates::new(&self.context, contents.first, contents.last, self.created)
    }

    /// The accounts that move, by number, with their names.
    fn accounts(&self, contents: &Contents) -> Vec<(String, String)> {
        let (accounts, _) = contents.accounts(&self.context, &Default::default(), &|_| true);
        let moving = accounts
            .into_iter()
            .filter(|account| contents.moves(&account.number));
        moving.map(|account| (account.number, account.name)).collect()
    }
}

impl Checker for Sie5Checker<'_> {
    fn voucher(&mut self, voucher: &Voucher, limits: &mut Limits) {
        for (line, posting) in (1..).zip(voucher.postings()) {
            for (name, text) in [
                ("text", Some(&posting.text)),
                ("account", Some(&posting.account)),
                (
                    "account name",
                    Some(&posting.account_name).filter(|name| !name.is_empty()),
                ),
                ("department", posting.department.as_ref()),
                ("project", posting.project.as_ref()),
            ] {
                if let Some(text) = text {
                    let what = || format!("the {name} of voucher {} line {line}", voucher.id());
                    fits_as(limits, what, text, TEXT_MAX);
                }
            }
        }
    }

    fn end(&mut self, whole: &Whole<'_>, limits: &mut Limits) {
        let (sie, contents) = (&self.0, whole.contents);
        let accounts = sie.accounts(contents);
        check_head(
            &sie.context,
            accounts.iter().map(|(number, _)| number.as_str()),
            limits,
        );
        for (number, name) in &accounts {
            fits(limits, &format!("the name of account {number}"), name, TEXT_MAX);
        }
        for value in contents.departments.iter().chain(&contents.projects) {
            fits(limits, "the dimension", value, TEXT_MAX);
        }
        let company = &sie.context.config.company;
        fits(
            limits,
            "company.name",
            company.text(CompanyField::Name).unwrap_or_default(),
            TEXT_MAX,
        );
        fits(limits, "journal", &sie.journal, TEXT_MAX);
    }
}

impl Writer for Sie5Writer<'_> {
    fn has_late_head(&self) -> bool {
        true
    }

    fn voucher(&mut self, voucher: &Voucher, out: &mut Vec<u8>) -> io::Result<()> {
        let (date, text) = (voucher.date().to_string(), voucher_text(voucher));
        let entry = [
            ("journalDate", date.as_str()),
            ("text", &text),
            ("referenceId", voucher.id().as_str()),
        ];
        let xml = &mut self.xml;
        xml.open(out, "JournalEntry", &entry)?;
        xml.empty(out, "OriginalEntryInfo", &[("date", &date), ("by", "bilag")])?;
        for posting in voucher.postings() {
            self.sie.line(xml, out, posting)?;
        }
        xml.close(out)
    }

    fn end(&mut self, whole: &Whole<'_>, head: &mut Vec<u8>, out: &mut Vec<u8>) -> io::Result<()> {
        self.sie.head(whole.contents, head)?;
        self.xml.close_all(out)
    }

    fn is_empty(&self, contents: &Contents) -> bool {
        contents.vouchers == 0
    }

    fn file_name(&self, contents: &Contents) -> Option<String> {
        let dates = self.sie.dates(contents);
        let ledger_id = &self.sie.context.info.ledger_id;
        let (from, to) = (dates.from.format("%Y%m%d"), dates.to.format("%Y%m%d"));
        Some(format!("vipps-{ledger_id}-{from}-{to}.sie"))
    }
}

impl Sie5<'_> {
    fn head(&self, contents: &Contents, out: &mut Vec<u8>) -> io::Result<()> {
        let mut xml = Xml::new();
        xml.declaration(out)?;
        xml.open(out, "SieEntry", &[("xmlns", "http://www.sie.se/sie5")])?;
        self.file_info(contents, &mut xml, out)?;
        xml.open(out, "Accounts", &[])?;
        for (number, name) in self.accounts(contents) {
            let kind = AccountKind::of(&number).map_or("statistics", kind_name);
            xml.empty(
                out,
                "Account",
                &[("id", &number), ("name", &name), ("type", kind)],
            )?;
        }
        xml.close(out)?;
        dimensions(contents, &mut xml, out)?;
        xml.open(out, "Journal", &[("id", &self.journal)])
    }

    fn file_info(&self, contents: &Contents, xml: &mut Xml, out: &mut Vec<u8>) -> io::Result<()> {
        let company = self
            .context
            .config
            .company
            .text(CompanyField::Name)
            .unwrap_or_default();
        let number = organisation_number(&self.context).unwrap_or_default();
        let time = format!("{}T00:00:00Z", self.dates(contents).created);
        let currency = self.context.books.settings.base_currency;
        xml.open(out, "FileInfo", &[])?;
        let version = env!("CARGO_PKG_VERSION");
        xml.empty(out, "SoftwareProduct", &[("name", "bilag"), ("version", version)])?;
        xml.empty(out, "FileCreation", &[("time", &time), ("by", "bilag")])?;
        xml.empty(out, "Company", &[("organizationId", &number), ("name", company)])?;
        xml.empty(out, "AccountingCurrency", &[("currency", currency.code())])?;
        xml.close(out)
    }

    fn line(&self, xml: &mut Xml, out: &mut Vec<u8>, posting: &Posting) -> io::Result<()> {
        let base = self.context.books.settings.base_currency;
        let amount = base.amount(posting.in_base()).to_string();
        let entry = [
            ("accountId", &*posting.account),
            ("amount", &amount),
            ("text", &posting.text),
        ];
        let is_foreign = posting.currency != base;
        if !is_foreign && posting.department.is_none() && posting.project.is_none() {
            return xml.empty(out, "LedgerEntry", &entry);
        }
        xml.open(out, "LedgerEntry", &entry)?;
        if is_foreign {
            let own = posting.currency.amount(posting.amount).to_string();
            let attributes = [("amount", own.as_str()), ("currency", posting.currency.code())];
            xml.empty(out, "ForeignCurrencyAmount", &attributes)?;
        }
        for (dimension, value) in [
            (DEPARTMENT_DIMENSION, &posting.department),
            (PROJECT_DIMENSION, &posting.project),
        ] {
            if let Some(value) = value {
                xml.empty(
                    out,
                    "ObjectReference",
                    &[("dimId", dimension), ("objectId", value)],
                )?;
            }
        }
        xml.close(out)
    }
}

fn kind_name(kind: AccountKind) -> &'static str {
    match kind {
        AccountKind::Asset => "asset",
        AccountKind::Liability => "liability",
        AccountKind::Equity => "equity",
        AccountKind::Income => "income",
        AccountKind::Cost => "cost",
    }
}

fn dimensions(contents: &Contents, xml: &mut Xml, out: &mut Vec<u8>) -> io::Result<()> {
    let dimensions = [
        (DEPARTMENT_DIMENSION, "Kostnadsställe", &contents.departments),
        (PROJECT_DIMENSION, "Projekt", &contents.projects),
    ];
    if dimensions.iter().all(|(_, _, values)| values.is_empty()) {
        return Ok(());
    }
    xml.open(out, "Dimensions", &[])?;
    for (dimension, name, values) in dimensions {
        xml.open(out, "Dimension", &[("id", dimension), ("name", name)])?;
        for value in values {
            xml.empty(out, "Object", &[("id", value), ("name", value)])?;
        }
        xml.close(out)?;
    }
    xml.close(out)
}
