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
use crate::writer::contents::{self, AccountBalance, Contents};
use crate::writer::period::{self, Dates};
use crate::writer::saft::{self, OPEN, fits};
use crate::writer::xml::{Xml, first_illegal};
use crate::writer::{Checker, Context, Limits, Whole, Writer};

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

/// What a Norwegian SAF-T file of a ledger looks like.
#[derive(Debug, Clone)]
pub struct SaftNo<'a> {
    context: Context<'a>,
    version: Option<String>,
    created: Option<NaiveDate>,
    journal: String,
    voucher_type: String,
    opening: BTreeMap<String, i128>,
    grouping: BTreeMap<String, Grouping>,
    options: Options,
}

/// Says what the file cannot hold.
#[derive(Debug)]
pub struct SaftNoChecker<'a>(pub SaftNo<'a>);

/// Writes the file.
#[derive(Debug)]
pub struct SaftNoWriter<'a> {
    saft: SaftNo<'a>,
    created: NaiveDate,
    xml: Xml,
}

impl<'a> SaftNoWriter<'a> {
    /// A writer for one document.
    pub fn new(saft: SaftNo<'a>) -> Self {
        Self {
            created: saft.context.range.to(),
            saft,
            xml: Xml::within(&OPEN),
        }
    }
}

impl<'a> SaftNo<'a> {
    /// The file of one ledger; refuses options that the format does not take.
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
        })
    }

    fn dates(&self, contents: &Contents) -> Dates {
        Dates::new(&self.context, contents.first, contents.last, self.created)
    }

    fn version(&self, contents: &Contents) -> &str {
        let year = chrono::Datelike::year(&self.dates(contents).from);
        self.version
            .as_deref()
            .unwrap_or(if year < FIRST_YEAR_OF_1_40 { "1.30" } else { "1.40" })
    }

    fn balances(&self, contents: &Contents) -> (Vec<AccountBalance>, Vec<String>) {
        // Income and costs have groupings of their own; everything else is carried.
        let is_balance = |number: &str| {
            self.grouping(number).is_none_or(|grouping| {
                BALANCE_CATEGORIES
                    .iter()
                    .any(|category| grouping.category.starts_with(category))
            })
        };
        contents.accounts(&self.context, &self.opening, &is_balance)
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

impl Checker for SaftNoChecker<'_> {
    fn voucher(&mut self, voucher: &Voucher, limits: &mut Limits) {
        fits(limits, "the voucher id", voucher.id().as_str(), 70);
        for (line, posting) in (1..).zip(voucher.postings()) {
            saft::check_posting(voucher, line, posting, 70, limits);
            for value in [&posting.department, &posting.project].into_iter().flatten() {
                if let Some(character) = first_illegal(value) {
                    limits.refuse(format!(
                        "the dimension of voucher {} line {line} holds the character U+{:04X}",
                        voucher.id(),
                        u32::from(character)
                    ));
                }
            }
        }
    }

    fn end(&mut self, whole: &Whole<'_>, limits: &mut Limits) {
        let (saft, contents) = (&self.0, whole.contents);
        let company = &saft.context.config.company;
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
        fits(limits, "journal", &saft.journal, 18);
        fits(limits, "voucher_type", &saft.voucher_type, 70);
        for text in contents.departments.iter().chain(&contents.projects) {
            fits(limits, "the dimension", text, 35);
        }
        let (accounts, faults) = saft.balances(contents);
        for fault in faults {
            limits.refuse(fault);
        }
        for account in &accounts {
            saft.check_account(account, limits);
        }
        for code in &contents.tax_codes {
            if saft.standard_code(code).is_none() {
                let known: Vec<&str> = CODES.tax_codes.keys().map(String::as_str).collect();
                limits.refuse(format!(
                    "tax code `{code}` is no Norwegian standard code: set it under [formats.saft-no.tax_codes]; the codes are {}",
                    known.join(", ")
                ));
            }
        }
        saft::check_size(whole.size, limits);
    }
}

impl Writer for SaftNoWriter<'_> {
    fn has_late_head(&self) -> bool {
        true
    }

    fn begin(&mut self, contents: &Contents, _out: &mut Vec<u8>) -> io::Result<()> {
        self.created = self.saft.dates(contents).created;
        Ok(())
    }

    fn voucher(&mut self, voucher: &Voucher, out: &mut Vec<u8>) -> io::Result<()> {
        self.saft.transaction(&mut self.xml, out, voucher, self.created)
    }

    fn end(&mut self, whole: &Whole<'_>, head: &mut Vec<u8>, out: &mut Vec<u8>) -> io::Result<()> {
        // Without a transaction the journal is not opened, so the head says what is to be closed.
        let mut xml = Xml::new();
        self.saft.head(whole.contents, &mut xml, head)?;
        xml.close_all(out)
    }

    fn file_name(&self, contents: &Contents) -> Option<String> {
        let number = self
            .saft
            .context
            .config
            .company
            .text(CompanyField::RegistrationNumber)?;
        let number: String = number.chars().filter(char::is_ascii_alphanumeric).collect();
        let to = self.saft.dates(contents).to.format("%Y%m%d");
        Some(format!("SAF-T Financial_{number}_{to}235959.xml"))
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
