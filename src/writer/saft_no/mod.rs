//! `saft-no`: SAF-T Financial for Norway, versions 1.30 and 1.40, streamed.
//!
//! Element order, lengths and codes: `formats/saft-no/NOTES.md`.

mod document;

use std::collections::BTreeMap;
use std::io;
use std::sync::LazyLock;

use chrono::NaiveDate;
use serde::Deserialize;

use crate::chart::Role;
use crate::config::company::CompanyField;
use crate::format::FormatError;
use crate::format::options::Options;
use crate::journal::Voucher;
use crate::proof::LedgerProof;
use crate::writer::contents::{self, AccountBalance, Contents};
use crate::writer::period::{self, Dates};
use crate::writer::saft::{self, ByteCount, fits};
use crate::writer::xml::Xml;
use crate::writer::{Context, Limits, Opening, Writer};

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
struct Grouping {
    category: String,
    code: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Codes {
    accounts: BTreeMap<String, Grouping>,
    roles: BTreeMap<Role, Grouping>,
    tax_codes: BTreeMap<String, String>,
}

static CODES: LazyLock<Codes> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../formats/saft-no/codes.toml"))
        .expect("the codes are part of the program and tested")
});

/// Writes one SAF-T file.
#[derive(Debug)]
pub struct SaftNo<'a> {
    context: Context<'a>,
    version: Option<String>,
    created: Option<NaiveDate>,
    journal: String,
    voucher_type: String,
    opening: BTreeMap<String, i128>,
    grouping: BTreeMap<String, Grouping>,
    options: Options,
    contents: Contents,
    size: u64,
    xml: Xml,
}

impl<'a> SaftNo<'a> {
    /// A writer for one ledger; refuses options that the format does not take.
    pub fn new(context: &Context<'a>, options: &Options) -> Result<Self, FormatError> {
        let base = context.books.settings.base_currency;
        if base.code() != "NOK" {
            return Err(options.wrong(&format!(
                "the books are in {base}; a Norwegian file is in NOK (`base_currency` under [posting])"
            )));
        }
        let journal = options.get("journal").map(str::to_owned);
        Ok(Self {
            context: *context,
            version: options.get("version").map(str::to_owned),
            created: period::created(options)?,
            journal: journal.unwrap_or_else(|| format!("VM-{}", context.info.ledger_id)),
            voucher_type: options.text("voucher_type")?.to_owned(),
            opening: contents::openings(options, base.exponent())?,
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

    fn version(&self) -> &str {
        let year = chrono::Datelike::year(&self.dates().from);
        self.version
            .as_deref()
            .unwrap_or(if year < FIRST_YEAR_OF_1_40 { "1.30" } else { "1.40" })
    }

    fn balances(&self) -> (Vec<AccountBalance>, Vec<String>) {
        // Income and costs have groupings of their own; everything else is carried.
        let is_balance = |number: &str| {
            self.grouping(number).is_none_or(|grouping| {
                BALANCE_CATEGORIES
                    .iter()
                    .any(|category| grouping.category.starts_with(category))
            })
        };
        self.contents.accounts(&self.context, &self.opening, &is_balance)
    }

    fn exponent(&self) -> u32 {
        self.context.books.settings.base_currency.exponent()
    }

    /// The grouping of an account: the user's, that of the whole number, the role's, that of
    /// the number's beginning.
    fn grouping(&self, number: &str) -> Option<&Grouping> {
        saft::grouping(
            self.context.books,
            number,
            &self.grouping,
            &CODES.accounts,
            &CODES.roles,
        )
    }

    /// The standard code of a tax code: the user's, else the code itself when it is one.
    fn standard_code(&self, code: &str) -> Option<(&str, &str)> {
        let standard = self.options.tax_code(code).unwrap_or(code);
        let (standard, text) = CODES.tax_codes.get_key_value(standard)?;
        Some((standard, text))
    }

    fn rate(&self, code: &str) -> String {
        let tax = self.context.config.tax_codes.get(code);
        tax.map_or_else(|| "0".to_owned(), |tax| tax.rate.to_string())
    }
}

impl Writer for SaftNo<'_> {
    fn check_voucher(&mut self, voucher: &Voucher, limits: &mut Limits) {
        self.contents.add(voucher);
        fits(limits, "the voucher id", voucher.id(), 70);
        for (line, posting) in (1..).zip(voucher.postings()) {
            saft::check_posting(voucher, line, posting, 70, limits);
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
        let company = &self.context.config.company;
        for (field, max) in [
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
        ] {
            saft::check_company(company, field, max, limits);
        }
        saft::check_country(company.text(CompanyField::Country), limits);
        fits(limits, "journal", &self.journal, 18);
        fits(limits, "voucher_type", &self.voucher_type, 70);
        for text in self.contents.departments.iter().chain(&self.contents.projects) {
            fits(limits, "the dimension", text, 35);
        }
        let (accounts, faults) = self.balances();
        for fault in faults {
            limits.refuse(fault);
        }
        for account in &accounts {
            self.check_account(account, limits);
        }
        for code in &self.contents.tax_codes {
            if self.standard_code(code).is_none() {
                let known: Vec<&str> = CODES.tax_codes.keys().map(String::as_str).collect();
                limits.refuse(format!(
                    "tax code `{code}` is no Norwegian standard code: set it under [formats.saft-no.tax_codes]; the codes are {}",
                    known.join(", ")
                ));
            }
        }
        saft::check_size(self.size, limits);
    }

    fn file_name(&self) -> Option<String> {
        let number = self
            .context
            .config
            .company
            .text(CompanyField::RegistrationNumber)?;
        let number: String = number.chars().filter(char::is_ascii_alphanumeric).collect();
        let to = self.dates().to.format("%Y%m%d");
        Some(format!("SAF-T Financial_{number}_{to}235959.xml"))
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

impl SaftNo<'_> {
    fn check_account(&self, account: &AccountBalance, limits: &mut Limits) {
        saft::check_account(account, limits);
        match self.grouping(&account.number) {
            None => limits.refuse(format!(
                "account {} has no grouping: set `\"{}\" = {{ category = \"…\", code = \"…\" }}` under [formats.saft-no.grouping]",
                account.number, account.number
            )),
            Some(grouping) => {
                fits(limits, "the grouping category", &grouping.category, 256);
                fits(limits, "the grouping code", &grouping.code, 35);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_and_every_account_of_the_chart_has_a_grouping() {
        let chart = crate::chart::Chart::of(crate::chart::Market::Norway);
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
        for code in chart.tax_codes.keys() {
            assert!(CODES.tax_codes.contains_key(code), "{code}");
        }
    }
}
