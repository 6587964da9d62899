//! `sie5`: SIE 5 XML for import (`SieEntry`).

use std::io;

use chrono::NaiveDate;

use crate::config::company::CompanyField;
use crate::format::FormatError;
use crate::format::options::Options;
use crate::journal::{Posting, Voucher};
use crate::money::format_minor;
use crate::proof::LedgerProof;
use crate::writer::contents::Contents;
use crate::writer::period::{self, Dates};
use crate::writer::saft::fits;
use crate::writer::sie::{
    AccountKind, DEPARTMENT_DIMENSION, PROJECT_DIMENSION, check_head, organisation_number, voucher_text,
};
use crate::writer::xml::Xml;
use crate::writer::{Context, Limits, Writer};

/// No element has a limit; this keeps mistakes out.
const TEXT_MAX: usize = 1000;

/// Writes one SIE 5 file.
#[derive(Debug)]
pub struct Sie5<'a> {
    context: Context<'a>,
    journal: String,
    created: Option<NaiveDate>,
    contents: Contents,
    xml: Xml,
}

impl<'a> Sie5<'a> {
    /// A writer for one ledger; refuses options that the format does not take.
    pub fn new(context: &Context<'a>, options: &Options) -> Result<Self, FormatError> {
        Ok(Self {
            context: *context,
            journal: options.text("journal")?.to_owned(),
            created: period::created(options)?,
            contents: Contents::default(),
            xml: Xml::new(),
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

    /// The accounts that move, by number, with their names.
    fn accounts(&self) -> Vec<(String, String)> {
        let (accounts, _) = self
            .contents
            .accounts(&self.context, &Default::default(), &|_| true);
        let moving = accounts
            .into_iter()
            .filter(|account| self.contents.moves(&account.number));
        moving.map(|account| (account.number, account.name)).collect()
    }
}

impl Writer for Sie5<'_> {
    fn check_voucher(&mut self, voucher: &Voucher, limits: &mut Limits) {
        self.contents.add(voucher);
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
                    let what = format!("the {name} of voucher {} line {line}", voucher.id());
                    fits(limits, &what, text, TEXT_MAX);
                }
            }
        }
    }

    fn check_end(&mut self, limits: &mut Limits) {
        let accounts = self.accounts();
        check_head(
            &self.context,
            accounts.iter().map(|(number, _)| number.as_str()),
            limits,
        );
        for (number, name) in &accounts {
            fits(limits, &format!("the name of account {number}"), name, TEXT_MAX);
        }
        for value in self.contents.departments.iter().chain(&self.contents.projects) {
            fits(limits, "the dimension", value, TEXT_MAX);
        }
        let company = &self.context.config.company;
        fits(
            limits,
            "company.name",
            company.text(CompanyField::Name).unwrap_or_default(),
            TEXT_MAX,
        );
        fits(limits, "journal", &self.journal, TEXT_MAX);
    }

    fn is_empty(&self) -> bool {
        self.contents.vouchers == 0
    }

    fn file_name(&self) -> Option<String> {
        let dates = self.dates();
        let ledger_id = &self.context.info.ledger_id;
        let (from, to) = (dates.from.format("%Y%m%d"), dates.to.format("%Y%m%d"));
        Some(format!("vipps-{ledger_id}-{from}-{to}.sie"))
    }

    fn start(&mut self, _proof: &LedgerProof, out: &mut dyn io::Write) -> io::Result<()> {
        let mut xml = Xml::new();
        xml.declaration(out)?;
        xml.open(out, "SieEntry", &[("xmlns", "http://www.sie.se/sie5")])?;
        self.file_info(&mut xml, out)?;
        xml.open(out, "Accounts", &[])?;
        for (number, name) in self.accounts() {
            let kind = AccountKind::of(&number).map_or("statistics", kind_name);
            xml.empty(
                out,
                "Account",
                &[("id", &number), ("name", &name), ("type", kind)],
            )?;
        }
        xml.close(out)?;
        self.dimensions(&mut xml, out)?;
        xml.open(out, "Journal", &[("id", &self.journal)])?;
        self.xml = xml;
        Ok(())
    }

    fn voucher(&mut self, voucher: &Voucher, out: &mut dyn io::Write) -> io::Result<()> {
        let mut xml = std::mem::take(&mut self.xml);
        let (date, text) = (voucher.date().to_string(), voucher_text(voucher));
        let entry = [
            ("journalDate", date.as_str()),
            ("text", &text),
            ("referenceId", voucher.id()),
        ];
        xml.open(out, "JournalEntry", &entry)?;
        xml.empty(out, "OriginalEntryInfo", &[("date", &date), ("by", "bilag")])?;
        for posting in voucher.postings() {
            self.line(&mut xml, out, posting)?;
        }
        xml.close(out)?;
        self.xml = xml;
        Ok(())
    }

    fn end(&mut self, out: &mut dyn io::Write) -> io::Result<()> {
        self.xml.close_all(out)
    }
}

impl Sie5<'_> {
    fn file_info(&self, xml: &mut Xml, out: &mut dyn io::Write) -> io::Result<()> {
        let company = self
            .context
            .config
            .company
            .text(CompanyField::Name)
            .unwrap_or_default();
        let number = organisation_number(&self.context).unwrap_or_default();
        let time = format!("{}T00:00:00Z", self.dates().created);
        let currency = self.context.books.settings.base_currency;
        xml.open(out, "FileInfo", &[])?;
        let version = env!("CARGO_PKG_VERSION");
        xml.empty(out, "SoftwareProduct", &[("name", "bilag"), ("version", version)])?;
        xml.empty(out, "FileCreation", &[("time", &time), ("by", "bilag")])?;
        xml.empty(out, "Company", &[("organizationId", &number), ("name", company)])?;
        xml.empty(out, "AccountingCurrency", &[("currency", currency.code())])?;
        xml.close(out)
    }

    fn dimensions(&self, xml: &mut Xml, out: &mut dyn io::Write) -> io::Result<()> {
        let dimensions = [
            (DEPARTMENT_DIMENSION, "Kostnadsställe", &self.contents.departments),
            (PROJECT_DIMENSION, "Projekt", &self.contents.projects),
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

    fn line(&self, xml: &mut Xml, out: &mut dyn io::Write, posting: &Posting) -> io::Result<()> {
        let base = self.context.books.settings.base_currency;
        let amount = format_minor(posting.in_base(), base.exponent());
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
            let own = posting.currency.format(posting.amount);
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
