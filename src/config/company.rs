//! The organisation that the books belong to, as `[company]` describes it. [`CompanyField`] is the
//! one list of what can be said.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use strum::{EnumString, IntoStaticStr, VariantNames};

/// A key of `[company]`, in the order in which messages name them.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, EnumString, IntoStaticStr, VariantNames,
)]
#[strum(serialize_all = "snake_case")]
pub enum CompanyField {
    /// Legal name.
    Name,
    /// Organisation number, kept as text.
    RegistrationNumber,
    /// Street and number.
    Street,
    PostalCode,
    City,
    /// ISO 3166 code of two letters.
    Country,
    /// First name of the contact person.
    ContactFirstName,
    /// Last name of the contact person.
    ContactLastName,
    /// Telephone.
    Phone,
    /// E-mail.
    Email,
    /// Whether the company is registered for VAT; the one field that is true or false.
    VatRegistered,
    /// Bank account number, kept as text.
    BankAccount,
    /// IBAN, in place of the bank account number.
    Iban,
    /// The month in which fiscal years start, 1 to 12; the one field that is a number.
    FiscalYearStartMonth,
}

impl CompanyField {
    /// The key in the configuration.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// `[company]`, as far as a table says it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RawCompany {
    texts: BTreeMap<CompanyField, String>,
    vat_registered: Option<bool>,
    /// As the file has it, so perhaps no month.
    pub fiscal_year_start_month: Option<u32>,
}

impl RawCompany {
    /// These values, and `base`'s where these are silent.
    pub fn or(mut self, base: &Self) -> Self {
        for (field, text) in &base.texts {
            self.texts.entry(*field).or_insert_with(|| text.clone());
        }
        Self {
            texts: self.texts,
            vat_registered: self.vat_registered.or(base.vat_registered),
            fiscal_year_start_month: self.fiscal_year_start_month.or(base.fiscal_year_start_month),
        }
    }
}

/// The organisation, as far as the configuration says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Company {
    texts: BTreeMap<CompanyField, String>,
    /// Whether the company is registered for VAT.
    pub vat_registered: Option<bool>,
    /// The month in which fiscal years start, 1 to 12.
    pub fiscal_year_start_month: u32,
}

impl Company {
    /// What is said of a field that is text.
    pub fn text(&self, field: CompanyField) -> Option<&str> {
        self.texts.get(&field).map(String::as_str)
    }

    /// Whether `key` of `[company]` is set; an IBAN is a bank account too.
    pub fn has(&self, key: &str) -> bool {
        let has_text = |field| self.texts.contains_key(&field);
        match key.parse() {
            Ok(CompanyField::VatRegistered) => self.vat_registered.is_some(),
            Ok(CompanyField::BankAccount) => {
                has_text(CompanyField::BankAccount) || has_text(CompanyField::Iban)
            }
            Ok(field) => has_text(field),
            Err(_) => false,
        }
    }
}

impl From<RawCompany> for Company {
    fn from(raw: RawCompany) -> Self {
        Self {
            texts: raw.texts,
            vat_registered: raw.vat_registered,
            fiscal_year_start_month: raw.fiscal_year_start_month.unwrap_or(1),
        }
    }
}

impl<'de> Deserialize<'de> for CompanyField {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_identifier(Key)
    }
}

/// Reads a key of the table, so that what is wrong with it is said at its line.
struct Key;

impl Visitor<'_> for Key {
    type Value = CompanyField;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key of [company]")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<CompanyField, E> {
        key.parse()
            .map_err(|_| E::unknown_field(key, CompanyField::VARIANTS))
    }
}

impl<'de> Deserialize<'de> for RawCompany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Table)
    }
}

/// Reads the table.
struct Table;

impl<'de> Visitor<'de> for Table {
    type Value = RawCompany;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut table: A) -> Result<RawCompany, A::Error> {
        let mut company = RawCompany::default();
        while let Some(field) = table.next_key()? {
            match field {
                CompanyField::VatRegistered => company.vat_registered = Some(table.next_value()?),
                CompanyField::FiscalYearStartMonth => {
                    company.fiscal_year_start_month = Some(table.next_value()?);
                }
                text => {
                    company.texts.insert(text, table.next_value()?);
                }
            }
        }
        Ok(company)
    }
}
