//! Denmark, as far as second-hand sources go.
//!
//! Element order, lengths and codes: `formats/saft-dk/NOTES.md`.

use std::io;
use std::sync::LazyLock;

use chrono::Datelike;
use serde::Deserialize;

use crate::config::company::{Company, CompanyField};
use crate::format::FormatError;
use crate::format::options::Options;
use crate::writer::contents::Contents;
use crate::writer::dates::Dates;
use crate::writer::saft::Saft;
use crate::writer::saft::check::fits;
use crate::writer::saft::country::{Codes, Country, LineElement};
use crate::writer::saft::elements::{Tags, tags};
use crate::writer::xml::Xml;
use crate::writer::{Context, Limits};

/// The first year with standard chart and codes of 2026.
const FIRST_YEAR_OF_NEW_CODES: i32 = 2026;

/// What an account is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grouping {
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

/// What a tax code is in the authority's list, which changed with 2026.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StandardCode {
    from_2026: String,
    before: String,
}

static CODES: LazyLock<Codes<Grouping, StandardCode>> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../formats/saft-dk/codes.toml"))
        .expect("the codes are part of the program and tested")
});

/// Where payouts go, as the schema wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum BankAccount {
    Iban(String),
    Number { sort_code: String, account: String },
}

/// SAF-T Financial for Denmark.
#[derive(Debug, Clone)]
pub struct Denmark {
    version: String,
}

impl Country for Denmark {
    type Grouping = Grouping;
    type TaxCode = StandardCode;

    const FORMAT: &'static str = "saft-dk";
    const CODE: &'static str = "DK";
    const NAMESPACE: &'static str = "urn:StandardAuditFile-Taxation-Financial:DK";
    const COMPANY_NUMBER: &'static str = "CVR";
    const COMPANY_LIMITS: &'static [(CompanyField, usize)] = &[
        (CompanyField::Name, 70),
        (CompanyField::Street, 70),
        (CompanyField::PostalCode, 18),
        (CompanyField::City, 35),
        (CompanyField::ContactFirstName, 35),
        (CompanyField::ContactLastName, 70),
        (CompanyField::Phone, 18),
        (CompanyField::Email, 70),
        (CompanyField::Iban, 35),
    ];
    const NEEDS_CONTACT: bool = false;
    const VAT_SUFFIX: &'static str = "";
    const TAX_AUTHORITY: Option<&'static str> = None;
    const GROUPING: (&'static str, &'static str) = ("type", "type = \"…\"");
    const TAX: (&'static str, &'static str) = ("VAT", "VAT");
    const TAX_CODE_MAX: usize = 9;
    const NEEDS_TABLES: bool = true;
    const NEEDS_TRANSACTION: bool = true;
    const HAS_SYSTEM_ID: bool = true;
    const HAS_DIMENSIONS: bool = false;
    const HAS_CURRENCIES: bool = true;
    const LINE: &'static [LineElement] = &[
        LineElement::Reference(tags!("\t\t\t\t\t", "SourceDocumentID")),
        LineElement::Text,
        LineElement::Amount,
        LineElement::Tax,
    ];
    const TAX_AMOUNT: (Tags, Tags) = (
        tags!("\t\t\t\t\t\t", "TaxAmount"),
        tags!("\t\t\t\t\t\t", "TaxAmount"),
    );

    fn new(_context: &Context<'_>, options: &Options) -> Result<Self, FormatError> {
        Ok(Self {
            version: options.text("version")?.to_owned(),
        })
    }

    fn codes() -> &'static Codes<Grouping, StandardCode> {
        &CODES
    }

    fn is_balance(number: &str, grouping: Option<&Grouping>) -> bool {
        let kind = grouping.map(|grouping| grouping.kind);
        // Equity is of the type Other too, and stands from 6500 on.
        let is_equity = kind == Some(Kind::Other) && !number.starts_with('3');
        is_equity || matches!(kind, None | Some(Kind::Asset | Kind::Liability))
    }

    fn version(&self, _dates: &Dates) -> &str {
        &self.version
    }

    fn company_number(company: &Company) -> Option<String> {
        let number = company.text(CompanyField::RegistrationNumber)?;
        let digits: String = number.chars().filter(char::is_ascii_digit).collect();
        (digits.len() == 8 && !digits.starts_with('0')).then_some(digits)
    }

    fn file_name(company: &Company, dates: &Dates) -> Option<String> {
        let number = Self::company_number(company)?;
        Some(format!("SAFT_DK_{number}_{}_{}.xml", dates.from, dates.to))
    }

    fn end_header(xml: &Xml, out: &mut Vec<u8>, company: &Company) -> io::Result<()> {
        xml.optional(out, "TaxEntity", Self::company_number(company).as_deref())
    }

    fn bank_account(xml: &mut Xml, out: &mut Vec<u8>, company: &Company) -> io::Result<()> {
        xml.open(out, "BankAccount", &[])?;
        match bank_account(company) {
            Some(BankAccount::Iban(iban)) => xml.element(out, "IBANNumber", &iban)?,
            Some(BankAccount::Number { sort_code, account }) => {
                xml.element(out, "BankAccountNumber", &account)?;
                xml.element(out, "SortCode", &sort_code)?;
            }
            None => {}
        }
        xml.close(out)
    }

    fn begin_accounts(xml: &Xml, out: &mut Vec<u8>, dates: &Dates) -> io::Result<()> {
        let chart = if has_new_codes(dates) {
            "20260101"
        } else {
            "20230131"
        };
        xml.element(out, "NameOfStandardAccount", "Standardkontoplanen")?;
        xml.element(out, "VersionOfStandardAccount", chart)
    }

    fn grouping(xml: &Xml, out: &mut Vec<u8>, grouping: Option<&Grouping>) -> io::Result<()> {
        if let Some(grouping) = grouping {
            xml.optional(out, "StandardAccountID", grouping.standard.as_deref())?;
            xml.element(out, "AccountType", grouping.kind.name())?;
        }
        Ok(())
    }

    /// The table is mandatory, so it lists every code that sales could have.
    fn tax_codes<'c>(saft: &'c Saft<'_, Self>, _contents: &'c Contents) -> Vec<&'c str> {
        saft.context.config.tax_codes.keys().map(AsRef::as_ref).collect()
    }

    fn tax_code(
        saft: &Saft<'_, Self>,
        xml: &Xml,
        out: &mut Vec<u8>,
        code: &str,
        dates: &Dates,
    ) -> io::Result<()> {
        xml.optional(out, "StandardTaxCode", standard_code(saft, code, dates))?;
        let Some(tax) = saft.context.config.tax_codes.get(code) else {
            return Ok(());
        };
        let from = tax.valid_from.unwrap_or(dates.from);
        xml.element(out, "EffectiveDate", &from.to_string())?;
        let until = tax.valid_to.map(|date| date.to_string());
        xml.optional(out, "ExpirationDate", until.as_deref())?;
        xml.element(out, "Description", &format!("Moms {} %", tax.rate))?;
        xml.element(out, "TaxPercentage", &tax.rate.to_string())?;
        xml.element(out, "Country", Self::CODE)
    }

    fn tax_code_of_line(
        saft: &Saft<'_, Self>,
        xml: &Xml,
        out: &mut Vec<u8>,
        code: &str,
        dates: &Dates,
    ) -> io::Result<()> {
        xml.optional(out, "StandardTaxCode", standard_code(saft, code, dates))?;
        xml.element(out, "Country", Self::CODE)?;
        let tax = saft.context.config.tax_codes.get(code);
        let rate = tax.map(|tax| tax.rate.to_string());
        xml.optional(out, "TaxPercentage", rate.as_deref())
    }

    fn check_company(company: &Company, limits: &mut Limits) {
        if Self::company_number(company).is_none() {
            limits.refuse(format!(
                "company.registration_number `{}` is no CVR number of eight digits",
                company.text(CompanyField::RegistrationNumber).unwrap_or_default()
            ));
        }
        if bank_account(company).is_none() {
            limits.refuse("company.bank_account is no registration number of four digits and account number of 7 to 10: set it, or company.iban");
        }
    }

    fn check_tax_codes(saft: &Saft<'_, Self>, _contents: &Contents, dates: &Dates, limits: &mut Limits) {
        for code in saft.context.config.tax_codes.keys() {
            fits(limits, "the tax code", code, Self::TAX_CODE_MAX);
            if let Some(standard) = standard_code(saft, code, dates) {
                fits(limits, "the standard tax code", standard, Self::TAX_CODE_MAX);
            }
        }
    }
}

fn has_new_codes(dates: &Dates) -> bool {
    dates.from.year() >= FIRST_YEAR_OF_NEW_CODES
}

/// The standard code of a tax code: the user's, else ours where we know it.
fn standard_code<'s>(saft: &'s Saft<'_, Denmark>, code: &str, dates: &Dates) -> Option<&'s str> {
    let known = CODES.tax_codes.get(code);
    let known = known.map(|standard| {
        if has_new_codes(dates) {
            standard.from_2026.as_str()
        } else {
            standard.before.as_str()
        }
    });
    saft.options.tax_code(code).or(known)
}

fn bank_account(company: &Company) -> Option<BankAccount> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::{Chart, Market};

    #[test]
    fn every_role_and_every_account_of_the_chart_has_a_type() {
        CODES.assert_groups_all_of(Chart::of(Market::Denmark));
    }
}
