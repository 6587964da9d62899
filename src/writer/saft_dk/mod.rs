//! `saft-dk`: SAF-T Financial for Denmark, streamed, as far as second-hand sources go.
//!
//! Element order, lengths and codes: `formats/saft-dk/NOTES.md`.

mod document;

use std::collections::BTreeMap;
use std::io;
use std::sync::LazyLock;

use chrono::{Datelike, NaiveDate};
use serde::Deserialize;

use crate::chart::Role;
use crate::config::company::CompanyField;
use crate::format::FormatError;
use crate::format::options::Options;
use crate::journal::Voucher;
use crate::proof::LedgerProof;
use crate::writer::contents::{self, AccountBalance, Contents};
use crate::writer::numbers;
use crate::writer::period::{self, Dates};
use crate::writer::saft::{self, ByteCount, fits};
use crate::writer::xml::Xml;
use crate::writer::{Context, Limits, Opening, Writer};

/// The first year with standard chart and codes of 2026.
const FIRST_YEAR_OF_NEW_CODES: i32 = 2026;

/// What an account is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Grouping {
    #[serde(rename = "type")]
    kind: Kind,
    #[serde(default)]
    standard: Option<String>,
}

/// The account types of the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
enum Kind {
    Asset,
    Liability,
    Sale,
    Expense,
    Other,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Asset => "Asset",
            Self::Liability => "Liability",
            Self::Sale => "Sale",
            Self::Expense => "Expense",
            Self::Other => "Other",
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StandardCode {
    from_2026: String,
    before: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Codes {
    roles: BTreeMap<Role, Grouping>,
    accounts: BTreeMap<String, Grouping>,
    tax_codes: BTreeMap<String, StandardCode>,
}

static CODES: LazyLock<Codes> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../formats/saft-dk/codes.toml"))
        .expect("the codes are part of the program and tested")
});

/// Where payouts go, as the schema wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum BankAccount {
    Iban(String),
    Number { sort_code: String, account: String },
}

/// Writes one SAF-T file.
#[derive(Debug)]
pub struct SaftDk<'a> {
    context: Context<'a>,
    version: String,
    created: Option<NaiveDate>,
    journal: String,
    opening: BTreeMap<String, i128>,
    grouping: BTreeMap<String, Grouping>,
    options: Options,
    contents: Contents,
    size: u64,
    xml: Xml,
}

impl<'a> SaftDk<'a> {
    /// A writer for one ledger; refuses options that the format does not take.
    pub fn new(context: &Context<'a>, options: &Options) -> Result<Self, FormatError> {
        let exponent = context.books.settings.base_currency.exponent();
        let journal = options.get("journal").map(str::to_owned);
        Ok(Self {
            context: *context,
            version: options.text("version")?.to_owned(),
            created: period::created(options)?,
            journal: journal.unwrap_or_else(|| format!("VM-{}", context.info.ledger_id)),
            opening: contents::openings(options, exponent)?,
            grouping: options.table("grouping")?,
            options: options.clone(),
            contents: Contents::default(),
            size: 0,
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

    fn has_new_codes(&self) -> bool {
        self.dates().from.year() >= FIRST_YEAR_OF_NEW_CODES
    }

    fn balances(&self) -> (Vec<AccountBalance>, Vec<String>) {
        let is_balance = |number: &str| {
            let kind = self.grouping(number).map(|grouping| grouping.kind);
            // Equity is of the type Other too, and stands from 6500 on.
            let is_equity = kind == Some(Kind::Other) && !number.starts_with('3');
            is_equity || matches!(kind, None | Some(Kind::Asset | Kind::Liability))
        };
        self.contents.accounts(&self.context, &self.opening, &is_balance)
    }

    /// What an account is: by the user, the whole number, the role, the number's beginning.
    fn grouping(&self, number: &str) -> Option<&Grouping> {
        saft::grouping(
            self.context.books,
            number,
            &self.grouping,
            &CODES.accounts,
            &CODES.roles,
        )
    }

    /// The standard code of a tax code: the user's, else ours where we know it.
    fn standard_code(&self, code: &str) -> Option<&str> {
        let known = CODES.tax_codes.get(code);
        let known = known.map(|standard| {
            if self.has_new_codes() {
                standard.from_2026.as_str()
            } else {
                standard.before.as_str()
            }
        });
        self.options.tax_code(code).or(known)
    }

    fn company_number(&self) -> Option<String> {
        let number = self
            .context
            .config
            .company
            .text(CompanyField::RegistrationNumber)?;
        let digits: String = number.chars().filter(char::is_ascii_digit).collect();
        (digits.len() == 8 && !digits.starts_with('0')).then_some(digits)
    }

    fn bank_account(&self) -> Option<BankAccount> {
        let company = &self.context.config.company;
        if let Some(iban) = company.text(CompanyField::Iban) {
            return Some(BankAccount::Iban(iban.replace(' ', "")));
        }
        let number = company.text(CompanyField::BankAccount)?;
        let digits: String = number.chars().filter(char::is_ascii_digit).collect();
        let (sort_code, account) = digits.split_at_checked(4)?;
        (7..=10).contains(&account.len()).then(|| BankAccount::Number {
            sort_code: sort_code.to_owned(),
            account: account.to_owned(),
        })
    }

    fn exponent(&self) -> u32 {
        self.context.books.settings.base_currency.exponent()
    }

    fn check_company(&self, limits: &mut Limits) {
        let company = &self.context.config.company;
        for (field, max) in [
            (CompanyField::Name, 70),
            (CompanyField::Street, 70),
            (CompanyField::PostalCode, 18),
            (CompanyField::City, 35),
            (CompanyField::ContactFirstName, 35),
            (CompanyField::ContactLastName, 70),
            (CompanyField::Phone, 18),
            (CompanyField::Email, 70),
            (CompanyField::Iban, 35),
        ] {
            saft::check_company(company, field, max, limits);
        }
        saft::check_country(company.text(CompanyField::Country), limits);
        if self.company_number().is_none() {
            limits.refuse(format!(
                "company.registration_number `{}` is no CVR number of eight digits",
                company.text(CompanyField::RegistrationNumber).unwrap_or_default()
            ));
        }
        if self.bank_account().is_none() {
            limits.refuse("company.bank_account is no registration number of four digits and account number of 7 to 10: set it, or company.iban");
        }
    }
}

impl Writer for SaftDk<'_> {
    fn check_voucher(&mut self, voucher: &Voucher, limits: &mut Limits) {
        self.contents.add(voucher);
        fits(limits, "the voucher id", voucher.id(), 70);
        fits(limits, "the voucher's short id", &numbers::short_id(voucher), 18);
        for (line, posting) in (1..).zip(voucher.postings()) {
            saft::check_posting(voucher, line, posting, 9, limits);
        }
        let mut size = ByteCount::default();
        let written =
            saft::at_depth(3, &mut size).and_then(|mut xml| self.transaction(&mut xml, &mut size, voucher));
        if let Err(error) = written {
            limits.refuse(format!("voucher {}: {error}", voucher.id()));
        }
        self.size = self.size.saturating_add(size.0);
    }

    fn check_opening(&mut self, opening: &Opening) {
        self.contents.open(opening);
    }

    fn check_end(&mut self, limits: &mut Limits) {
        self.check_company(limits);
        fits(limits, "journal", &self.journal, 18);
        let (accounts, faults) = self.balances();
        faults.into_iter().for_each(|fault| limits.refuse(fault));
        for account in &accounts {
            saft::check_account(account, limits);
            if self.grouping(&account.number).is_none() {
                limits.refuse(format!(
                    "account {} has no type: set `\"{}\" = {{ type = \"…\" }}` under [formats.saft-dk.grouping]",
                    account.number, account.number
                ));
            }
        }
        for code in self.context.config.tax_codes.keys() {
            fits(limits, "the tax code", code, 9);
            if let Some(standard) = self.standard_code(code) {
                fits(limits, "the standard tax code", standard, 9);
            }
        }
        if !self.contents.departments.is_empty() || !self.contents.projects.is_empty() {
            limits.replaced("departments and projects are left out of the file");
        }
        saft::check_size(self.size, limits);
    }

    fn is_empty(&self) -> bool {
        self.contents.vouchers == 0
    }

    fn file_name(&self) -> Option<String> {
        let (dates, number) = (self.dates(), self.company_number()?);
        Some(format!("SAFT_DK_{number}_{}_{}.xml", dates.from, dates.to))
    }

    fn start(&mut self, _proof: &LedgerProof, out: &mut dyn io::Write) -> io::Result<()> {
        let mut xml = Xml::new();
        self.head(&mut xml, out)?;
        self.xml = xml;
        Ok(())
    }

    fn voucher(&mut self, voucher: &Voucher, out: &mut dyn io::Write) -> io::Result<()> {
        let mut xml = std::mem::take(&mut self.xml);
        self.transaction(&mut xml, out, voucher)?;
        self.xml = xml;
        Ok(())
    }

    fn end(&mut self, out: &mut dyn io::Write) -> io::Result<()> {
        self.xml.close_all(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_and_every_account_of_the_chart_has_a_type() {
        let chart = crate::chart::Chart::of(crate::chart::Market::Denmark);
        for role in chart.accounts.keys() {
            assert!(CODES.roles.contains_key(role), "{}", role.name());
        }
        for number in chart.names.keys() {
            assert!(
                CODES
                    .accounts
                    .keys()
                    .any(|beginning| number.starts_with(beginning.as_str())),
                "{number}"
            );
        }
    }
}
