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
use crate::writer::contents::{self, AccountBalance, Contents};
use crate::writer::period::{self, Dates};
use crate::writer::saft::{self, OPEN, fits};
use crate::writer::xml::Xml;
use crate::writer::{Checker, Context, Limits, Whole, Writer};

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

/// What a Danish SAF-T file of a ledger looks like.
#[derive(Debug, Clone)]
pub struct SaftDk<'a> {
    context: Context<'a>,
    version: String,
    created: Option<NaiveDate>,
    journal: String,
    opening: BTreeMap<String, i128>,
    grouping: BTreeMap<String, Grouping>,
    options: Options,
}

/// Says what the file cannot hold.
#[derive(Debug)]
pub struct SaftDkChecker<'a>(pub SaftDk<'a>);

/// Writes the file.
#[derive(Debug)]
pub struct SaftDkWriter<'a> {
    saft: SaftDk<'a>,
    when: Made,
    xml: Xml,
}

/// When a file was made, as far as its transactions tell.
#[derive(Debug, Clone, Copy)]
struct Made {
    created: NaiveDate,
    has_new_codes: bool,
}

impl<'a> SaftDkWriter<'a> {
    /// A writer for one document.
    pub fn new(saft: SaftDk<'a>) -> Self {
        let when = Made {
            created: saft.context.range.to(),
            has_new_codes: false,
        };
        Self {
            saft,
            when,
            xml: Xml::within(&OPEN),
        }
    }
}

impl<'a> SaftDk<'a> {
    /// The file of one ledger; refuses options that the format does not take.
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
        })
    }

    fn dates(&self, contents: &Contents) -> Dates {
        Dates::new(&self.context, contents.first, contents.last, self.created)
    }

    fn has_new_codes(&self, contents: &Contents) -> bool {
        self.dates(contents).from.year() >= FIRST_YEAR_OF_NEW_CODES
    }

    fn balances(&self, contents: &Contents) -> (Vec<AccountBalance>, Vec<String>) {
        let is_balance = |number: &str| {
            let kind = self.grouping(number).map(|grouping| grouping.kind);
            // Equity is of the type Other too, and stands from 6500 on.
            let is_equity = kind == Some(Kind::Other) && !number.starts_with('3');
            is_equity || matches!(kind, None | Some(Kind::Asset | Kind::Liability))
        };
        contents.accounts(&self.context, &self.opening, &is_balance)
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
    fn standard_code(&self, code: &str, has_new_codes: bool) -> Option<&str> {
        let known = CODES.tax_codes.get(code);
        let known = known.map(|standard| {
            if has_new_codes {
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

impl Checker for SaftDkChecker<'_> {
    fn voucher(&mut self, voucher: &Voucher, limits: &mut Limits) {
        fits(limits, "the voucher id", voucher.id().as_str(), 70);
        fits(limits, "the voucher's short id", &voucher.id().short(), 18);
        for (line, posting) in (1..).zip(voucher.postings()) {
            saft::check_posting(voucher, line, posting, 9, limits);
        }
    }

    fn end(&mut self, whole: &Whole<'_>, limits: &mut Limits) {
        let (saft, contents) = (&self.0, whole.contents);
        saft.check_company(limits);
        fits(limits, "journal", &saft.journal, 18);
        let (accounts, faults) = saft.balances(contents);
        faults.into_iter().for_each(|fault| limits.refuse(fault));
        for account in &accounts {
            saft::check_account(account, limits);
            if saft.grouping(&account.number).is_none() {
                limits.refuse(format!(
                    "account {} has no type: set `\"{}\" = {{ type = \"…\" }}` under [formats.saft-dk.grouping]",
                    account.number, account.number
                ));
            }
        }
        let has_new_codes = saft.has_new_codes(contents);
        for code in saft.context.config.tax_codes.keys() {
            fits(limits, "the tax code", code, 9);
            if let Some(standard) = saft.standard_code(code, has_new_codes) {
                fits(limits, "the standard tax code", standard, 9);
            }
        }
        if !contents.departments.is_empty() || !contents.projects.is_empty() {
            limits.replaced("departments and projects are left out of the file");
        }
        saft::check_size(whole.size, limits);
    }
}

impl Writer for SaftDkWriter<'_> {
    fn has_late_head(&self) -> bool {
        true
    }

    fn begin(&mut self, contents: &Contents, _out: &mut Vec<u8>) -> io::Result<()> {
        self.when = Made {
            created: self.saft.dates(contents).created,
            has_new_codes: self.saft.has_new_codes(contents),
        };
        Ok(())
    }

    fn voucher(&mut self, voucher: &Voucher, out: &mut Vec<u8>) -> io::Result<()> {
        self.saft.transaction(&mut self.xml, out, voucher, self.when)
    }

    fn end(&mut self, whole: &Whole<'_>, head: &mut Vec<u8>, out: &mut Vec<u8>) -> io::Result<()> {
        self.saft.head(whole.contents, &mut Xml::new(), head)?;
        self.xml.close_all(out)
    }

    fn is_empty(&self, contents: &Contents) -> bool {
        contents.vouchers == 0
    }

    fn file_name(&self, contents: &Contents) -> Option<String> {
        let (dates, number) = (self.saft.dates(contents), self.saft.company_number()?);
        Some(format!("SAFT_DK_{number}_{}_{}.xml", dates.from, dates.to))
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
