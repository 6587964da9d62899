//! What differs between the countries' files: the names of elements, which of them there are, their
//! limits and codes.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::io;

use serde::Deserialize;
use serde::de::DeserializeOwned;

#[cfg(test)]
use crate::chart::Chart;
use crate::chart::Role;
use crate::config::company::{Company, CompanyField};
use crate::format::FormatError;
use crate::format::options::Options;
use crate::posting::books::Books;
use crate::writer::contents::Contents;
use crate::writer::dates::Dates;
use crate::writer::saft::Saft;
use crate::writer::saft::elements::Tags;
use crate::writer::xml::Xml;
use crate::writer::{Context, Limits};

/// A country's SAF-T Financial, and what its options say of one file.
pub trait Country: Debug + Clone + Sized + 'static {
    /// What an account is in the authority's list.
    type Grouping: Debug + Clone + DeserializeOwned + 'static;
    /// What a tax code is there.
    type TaxCode: 'static;

    /// The format's id.
    const FORMAT: &'static str;
    /// ISO 3166 code.
    const CODE: &'static str;
    /// The namespace of the schema.
    const NAMESPACE: &'static str;
    /// The element of the company's number.
    const COMPANY_NUMBER: &'static str;
    /// The most characters of what the company's fields say.
    const COMPANY_LIMITS: &'static [(CompanyField, usize)];
    /// Whether the contact stands there also when nothing is known of it.
    const NEEDS_CONTACT: bool;
    /// What follows the company's number where it is registered for VAT.
    const VAT_SUFFIX: &'static str;
    /// Who registered it, where the file says so.
    const TAX_AUTHORITY: Option<&'static str>;
    /// What a grouping is called in a message, and what one looks like in the configuration.
    const GROUPING: (&'static str, &'static str);
    /// The type of all taxes, and its name.
    const TAX: (&'static str, &'static str);
    /// The most characters of a tax code.
    const TAX_CODE_MAX: usize;
    /// Whether accounts and tax codes have their tables also when there are none.
    const NEEDS_TABLES: bool;
    /// Whether a file needs a transaction.
    const NEEDS_TRANSACTION: bool;
    /// Whether transactions have the voucher's short id.
    const HAS_SYSTEM_ID: bool;
    /// Whether lines have departments and projects.
    const HAS_DIMENSIONS: bool;
    /// Whether amounts say their currency also when it is that of the books.
    const HAS_CURRENCIES: bool;
    /// What a line says, in order, after its number and account.
    const LINE: &'static [LineElement];
    /// The elements of a VAT amount on the debit and on the credit side.
    const TAX_AMOUNT: (Tags, Tags);

    /// Reads the country's own options; refuses books that the file cannot be about.
    fn new(context: &Context<'_>, options: &Options) -> Result<Self, FormatError>;

    /// What we know of accounts and tax codes.
    fn codes() -> &'static Codes<Self::Grouping, Self::TaxCode>;

    /// Whether an account is of the balance sheet, and so carried into a new fiscal year.
    fn is_balance(number: &str, grouping: Option<&Self::Grouping>) -> bool;

    /// What the file says of its version.
    fn version(&self, dates: &Dates) -> &str;

    /// The file of the schema, where the document names it.
    fn schema(_version: &str) -> Option<String> {
        None
    }

    /// What transactions say of their kind.
    fn voucher_type(&self) -> Option<&str> {
        None
    }

    /// The company's number as the file wants it.
    fn company_number(company: &Company) -> Option<String>;

    /// The document's name.
    fn file_name(company: &Company, dates: &Dates) -> Option<String>;

    /// Writes what only this country's header ends with.
    fn end_header(xml: &Xml, out: &mut Vec<u8>, company: &Company) -> io::Result<()>;

    /// Writes where payouts go.
    fn bank_account(xml: &mut Xml, out: &mut Vec<u8>, company: &Company) -> io::Result<()>;

    /// Writes what stands before the accounts.
    fn begin_accounts(_xml: &Xml, _out: &mut Vec<u8>, _dates: &Dates) -> io::Result<()> {
        Ok(())
    }

    /// Writes what an account is.
    fn grouping(xml: &Xml, out: &mut Vec<u8>, grouping: Option<&Self::Grouping>) -> io::Result<()>;

    /// The tax codes that the file lists.
    fn tax_codes<'c>(saft: &'c Saft<'_, Self>, contents: &'c Contents) -> Vec<&'c str>;

    /// Writes what the table says of a tax code.
    fn tax_code(
        saft: &Saft<'_, Self>,
        xml: &Xml,
        out: &mut Vec<u8>,
        code: &str,
        dates: &Dates,
    ) -> io::Result<()>;

    /// Writes what a line says of its tax code.
    fn tax_code_of_line(
        saft: &Saft<'_, Self>,
        xml: &Xml,
        out: &mut Vec<u8>,
        code: &str,
        dates: &Dates,
    ) -> io::Result<()>;

    /// Refuses what the file cannot say of the company, beside texts that are too long.
    fn check_company(_company: &Company, _limits: &mut Limits) {}

    /// Refuses a grouping that does not fit.
    fn check_grouping(_grouping: &Self::Grouping, _limits: &mut Limits) {}

    /// Refuses tax codes that do not fit.
    fn check_tax_codes(saft: &Saft<'_, Self>, contents: &Contents, dates: &Dates, limits: &mut Limits);
}

/// What a line of a transaction says.
#[derive(Debug, Clone, Copy)]
pub enum LineElement {
    /// Departments and projects.
    Dimensions,
    /// What it belongs to at the provider, under the element's name.
    Reference(Tags),
    /// The posting's text.
    Text,
    /// The amount, under its side.
    Amount,
    /// The part in a VAT computation.
    Tax,
}

/// What we know of a country's accounts and tax codes: `formats/<id>/codes.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Codes<G, T> {
    /// What accounts are, by number; the longest beginning wins.
    pub accounts: BTreeMap<String, G>,
    /// What accounts are, by role, when the number says less than the role does.
    pub roles: BTreeMap<Role, G>,
    /// What tax codes are.
    pub tax_codes: BTreeMap<String, T>,
}

impl<G, T> Codes<G, T> {
    /// What an account is: by the user, by the whole number, by its role, by the longest
    /// beginning of the number.
    pub fn grouping<'g>(
        &'g self,
        books: &Books<'_>,
        number: &str,
        own: &'g BTreeMap<String, G>,
    ) -> Option<&'g G> {
        let by_role = || {
            let by_number = books.role_accounts();
            let role = by_number
                .iter()
                .find(|(_, account)| &*account.number == number)?
                .0;
            self.roles.get(role)
        };
        let by_beginning = || {
            let known = self.accounts.iter();
            known
                .filter(|(beginning, _)| number.starts_with(beginning.as_str()))
                .max_by_key(|(beginning, _)| beginning.len())
                .map(|(_, grouping)| grouping)
        };
        own.get(number)
            .or_else(|| self.accounts.get(number))
            .or_else(by_role)
            .or_else(by_beginning)
    }

    /// Fails when something of a market's chart has no grouping.
    #[cfg(test)]
    pub fn assert_groups_all_of(&self, chart: &Chart) {
        for role in chart.accounts.keys() {
            assert!(self.roles.contains_key(role), "{}", role.name());
        }
        for number in chart.names.keys() {
            assert!(
                self.accounts
                    .keys()
                    .any(|beginning| number.starts_with(beginning.as_str())),
                "{number}"
            );
        }
    }
}
