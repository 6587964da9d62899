//! Norway: versions 1.30 and 1.40.
//!
//! Element order, lengths and codes: `formats/saft-no/NOTES.md`.

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

/// How the names of the balance sheet's categories begin.
const BALANCE_CATEGORIES: [&str; 5] = [
    "balanseverdi",
    "egenkapital",
    "kortsiktigGjeld",
    "langsiktigGjeld",
    "gjeldInnen",
];

/// The first year whose periods need version 1.40.
const FIRST_YEAR_OF_1_40: i32 = 2027;

/// Where an account belongs in the authority's list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grouping {
    category: String,
    code: String,
}

static CODES: LazyLock<Codes<Grouping, String>> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../formats/saft-no/codes.toml"))
        .expect("the codes are part of the program and tested")
});

/// SAF-T Financial for Norway.
#[derive(Debug, Clone)]
pub struct Norway {
    version: Option<String>,
    voucher_type: String,
}

impl Country for Norway {
    type Grouping = Grouping;
    /// What the standard tax code means.
    type TaxCode = String;

    const FORMAT: &'static str = "saft-no";
    const CODE: &'static str = "NO";
    const NAMESPACE: &'static str = "urn:StandardAuditFile-Taxation-Financial:NO";
    const COMPANY_NUMBER: &'static str = "RegistrationNumber";
    const COMPANY_LIMITS: &'static [(CompanyField, usize)] = &[
        (CompanyField::Name, 256),
        (CompanyField::RegistrationNumber, 35),
        (CompanyField::Street, 256),
        (CompanyField::PostalCode, 70),
        (CompanyField::City, 256),
        (CompanyField::ContactFirstName, 35),
        (CompanyField::ContactLastName, 70),
        (CompanyField::Phone, 18),
        (CompanyField::Email, 70),
        (CompanyField::BankAccount, 35),
        (CompanyField::Iban, 35),
    ];
    const NEEDS_CONTACT: bool = true;
    const VAT_SUFFIX: &'static str = "MVA";
    const TAX_AUTHORITY: Option<&'static str> = Some("Skatteetaten");
    const GROUPING: (&'static str, &'static str) = ("grouping", "category = \"…\", code = \"…\"");
    const TAX: (&'static str, &'static str) = ("MVA", "Merverdiavgift");
    const TAX_CODE_MAX: usize = 70;
    const NEEDS_TABLES: bool = false;
    const NEEDS_TRANSACTION: bool = false;
    const HAS_SYSTEM_ID: bool = false;
    const HAS_DIMENSIONS: bool = true;
    const HAS_CURRENCIES: bool = false;
    const LINE: &'static [LineElement] = &[
        LineElement::Dimensions,
        LineElement::Text,
        LineElement::Amount,
        LineElement::Tax,
        LineElement::Reference(tags!("\t\t\t\t\t", "ReferenceNumber")),
    ];
    const TAX_AMOUNT: (Tags, Tags) = (
        tags!("\t\t\t\t\t\t", "DebitTaxAmount"),
        tags!("\t\t\t\t\t\t", "CreditTaxAmount"),
    );

    fn new(context: &Context<'_>, options: &Options) -> Result<Self, FormatError> {
        let base = context.books.settings.base_currency;
        if base.code() != "NOK" {
            return Err(options.wrong(&format!(
                "the books are in {base}; a Norwegian file is in NOK (`base_currency` under [posting])"
            )));
        }
        Ok(Self {
            version: options.get("version").map(str::to_owned),
            voucher_type: options.text("voucher_type")?.to_owned(),
        })
    }

    fn codes() -> &'static Codes<Grouping, String> {
        &CODES
    }

    /// Income and costs have groupings of their own; everything else is carried.
    fn is_balance(_number: &str, grouping: Option<&Grouping>) -> bool {
        grouping.is_none_or(|grouping| {
            BALANCE_CATEGORIES
                .iter()
                .any(|category| grouping.category.starts_with(category))
        })
    }

    fn version(&self, dates: &Dates) -> &str {
        let own = self.version.as_deref();
        own.unwrap_or(if dates.from.year() < FIRST_YEAR_OF_1_40 {
            "1.30"
        } else {
            "1.40"
        })
    }

    fn schema(version: &str) -> Option<String> {
        Some(format!("Norwegian_SAF-T_Financial_Schema_v_{version}.xsd"))
    }

    fn voucher_type(&self) -> Option<&str> {
        Some(&self.voucher_type)
    }

    fn company_number(company: &Company) -> Option<String> {
        company.text(CompanyField::RegistrationNumber).map(str::to_owned)
    }

    fn file_name(company: &Company, dates: &Dates) -> Option<String> {
        let number = company.text(CompanyField::RegistrationNumber)?;
        let number: String = number.chars().filter(char::is_ascii_alphanumeric).collect();
        let to = dates.to.format("%Y%m%d");
        Some(format!("SAF-T Financial_{number}_{to}235959.xml"))
    }

    fn end_header(xml: &Xml, out: &mut Vec<u8>, _company: &Company) -> io::Result<()> {
        xml.element(out, "TaxAccountingBasis", "A")
    }

    fn bank_account(xml: &mut Xml, out: &mut Vec<u8>, company: &Company) -> io::Result<()> {
        let iban = company.text(CompanyField::Iban).map(|iban| ("IBANNumber", iban));
        let number = company.text(CompanyField::BankAccount);
        if let Some((name, text)) = iban.or(number.map(|number| ("BankAccountNumber", number))) {
            xml.open(out, "BankAccount", &[])?;
            xml.element(out, name, text)?;
            xml.close(out)?;
        }
        Ok(())
    }

    fn grouping(xml: &Xml, out: &mut Vec<u8>, grouping: Option<&Grouping>) -> io::Result<()> {
        if let Some(grouping) = grouping {
            xml.element(out, "GroupingCategory", &grouping.category)?;
            xml.element(out, "GroupingCode", &grouping.code)?;
        }
        xml.element(out, "AccountType", "GL")
    }

    fn tax_codes<'c>(_saft: &'c Saft<'_, Self>, contents: &'c Contents) -> Vec<&'c str> {
        contents.tax_codes.iter().map(AsRef::as_ref).collect()
    }

    fn tax_code(
        saft: &Saft<'_, Self>,
        xml: &Xml,
        out: &mut Vec<u8>,
        code: &str,
        _dates: &Dates,
    ) -> io::Result<()> {
        let (standard, text) = standard_code(saft, code).unwrap_or_default();
        xml.element(out, "Description", text)?;
        xml.element(out, "TaxPercentage", &rate(saft, code))?;
        xml.element(out, "Country", Self::CODE)?;
        xml.element(out, "StandardTaxCode", standard)?;
        xml.element(out, "BaseRate", "100")
    }

    fn tax_code_of_line(
        saft: &Saft<'_, Self>,
        xml: &Xml,
        out: &mut Vec<u8>,
        code: &str,
        _dates: &Dates,
    ) -> io::Result<()> {
        xml.element(out, "TaxPercentage", &rate(saft, code))?;
        xml.element(out, "Country", Self::CODE)
    }

    fn check_grouping(grouping: &Grouping, limits: &mut Limits) {
        fits(limits, "the grouping category", &grouping.category, 256);
        fits(limits, "the grouping code", &grouping.code, 35);
    }

    fn check_tax_codes(saft: &Saft<'_, Self>, contents: &Contents, _dates: &Dates, limits: &mut Limits) {
        for code in &contents.tax_codes {
            if standard_code(saft, code).is_none() {
                let known: Vec<&str> = CODES.tax_codes.keys().map(String::as_str).collect();
                limits.refuse(format!(
                    "tax code `{code}` is no Norwegian standard code: set it under [formats.saft-no.tax_codes]; the codes are {}",
                    known.join(", ")
                ));
            }
        }
    }
}

/// The standard code of a tax code and what it means: the user's, else the code itself when it is
/// one.
fn standard_code<'s>(saft: &'s Saft<'_, Norway>, code: &'s str) -> Option<(&'s str, &'s str)> {
    let standard = saft.options.tax_code(code).unwrap_or(code);
    let (standard, text) = CODES.tax_codes.get_key_value(standard)?;
    Some((standard, text))
}

fn rate(saft: &Saft<'_, Norway>, code: &str) -> String {
    let tax = saft.context.config.tax_codes.get(code);
    tax.map_or_else(|| "0".to_owned(), |tax| tax.rate.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::{Chart, Market};

    #[test]
    fn every_role_and_every_account_of_the_chart_has_a_grouping() {
        let chart = Chart::of(Market::Norway);
        CODES.assert_groups_all_of(chart);
        for code in chart.tax_codes.keys() {
            assert!(CODES.tax_codes.contains_key(code), "{code}");
        }
    }
}
