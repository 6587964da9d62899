//! `saft-no`: SAF-T Financial for Norway, versions 1.30 and 1.40, streamed.
//!
//! Element order, lengths and codes: `formats/saft-no/NOTES.md`.

use std::collections::BTreeMap;
use std::io;
use std::sync::LazyLock;

use chrono::NaiveDate;
use serde::Deserialize;

use crate::chart::Role;
use crate::format::FormatError;
use crate::journal::{Posting, Voucher};
use crate::ledger::proof::LedgerProof;
use crate::writer::saft::contents::{AccountBalance, Contents, is_debit};
use crate::writer::saft::parts::{self, Amount};
use crate::writer::saft::{self, Dates, fits};
use crate::writer::xml::Xml;
use crate::writer::{Context, Limits, Opening, Writer};

const FORMAT: &str = "saft-no";
const NAMESPACE: &str = "urn:StandardAuditFile-Taxation-Financial:NO";

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

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawOptions {
    version: Option<String>,
    created: Option<String>,
    journal: Option<String>,
    voucher_type: Option<String>,
    opening: BTreeMap<String, String>,
    grouping: BTreeMap<String, Grouping>,
    tax_codes: BTreeMap<String, String>,
}

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
    toml::from_str(include_str!("../../formats/saft-no/codes.toml"))
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
    tax_codes: BTreeMap<String, String>,
    contents: Contents,
    size: u64,
    xml: Xml,
}

impl<'a> SaftNo<'a> {
    /// A writer for one ledger; refuses options that the format does not take.
    pub fn new(context: &Context<'a>) -> Result<Self, FormatError> {
        let raw: RawOptions = saft::options(context, FORMAT)?;
        let wrong = |message: String| saft::wrong_option(FORMAT, message);
        if let Some(version) = &raw.version
            && !["1.30", "1.40"].contains(&version.as_str())
        {
            return Err(wrong(format!(
                "version `{version}` is neither \"1.30\" nor \"1.40\""
            )));
        }
        let base = context.books.settings.base_currency;
        if base.code() != "NOK" {
            return Err(wrong(format!(
                "the books are in {base}; a Norwegian file is in NOK (`base_currency` under [posting])"
            )));
        }
        let ledger_id = &context.info.ledger_id;
        Ok(Self {
            context: *context,
            version: raw.version,
            created: saft::created(raw.created.as_deref(), FORMAT)?,
            journal: raw.journal.unwrap_or_else(|| format!("VM-{ledger_id}")),
            voucher_type: raw.voucher_type.unwrap_or_else(|| "Vipps MobilePay".to_owned()),
            opening: saft::openings(&raw.opening, base.exponent(), FORMAT)?,
            grouping: raw.grouping,
            tax_codes: raw.tax_codes,
            contents: Contents::default(),
            size: 0,
            xml: Xml::new("\t"),
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
        let by_role = || {
            let roles = self.context.books.role_accounts();
            let role = roles.iter().find(|(_, account)| &*account.number == number)?.0;
            CODES.roles.get(role)
        };
        let by_beginning = || {
            let known = CODES.accounts.iter();
            known
                .filter(|(beginning, _)| number.starts_with(beginning.as_str()))
                .max_by_key(|(beginning, _)| beginning.len())
                .map(|(_, grouping)| grouping)
        };
        self.grouping
            .get(number)
            .or_else(|| CODES.accounts.get(number))
            .or_else(by_role)
            .or_else(by_beginning)
    }

    /// The standard code of a tax code: the user's, else the code itself when it is one.
    fn standard_code(&self, code: &str) -> Option<(&str, &str)> {
        let standard = self.tax_codes.get(code).map_or(code, String::as_str);
        let (standard, text) = CODES.tax_codes.get_key_value(standard)?;
        Some((standard, text))
    }

    fn rate(&self, code: &str) -> String {
        let tax = self.context.config.tax_codes.get(code);
        tax.map_or_else(|| "0".to_owned(), |tax| tax.rate.to_string())
    }

    fn comment(&self) -> String {
        format!(
            "Payment ledger extract: Vipps MobilePay ledger {}. Not the complete books. Accounts other than the \
             provider's open at the configured balance, else 0.00.",
            self.context.info.ledger_id
        )
    }
}

impl Writer for SaftNo<'_> {
    fn check_voucher(&mut self, voucher: &Voucher, limits: &mut Limits) {
        self.contents.add(voucher);
        fits(limits, "the voucher id", voucher.id(), 70);
        for (line, posting) in (1..).zip(voucher.postings()) {
            check_posting(voucher, line, posting, limits);
        }
        let mut xml = Xml::new("\t");
        self.transaction(&mut xml, voucher);
        // Three levels stand above a transaction in the file.
        self.size = self
            .size
            .saturating_add((xml.len() + 3 * xml.line_count()) as u64);
    }

    fn check_opening(&mut self, opening: &Opening) {
        self.contents.open(opening);
    }

    fn check_end(&mut self, limits: &mut Limits) {
        let company = &self.context.config.company;
        for (what, text, max) in [
            ("company.name", &company.name, 256),
            ("company.registration_number", &company.registration_number, 35),
            ("company.street", &company.street, 256),
            ("company.postal_code", &company.postal_code, 70),
            ("company.city", &company.city, 256),
            ("company.contact_first_name", &company.contact_first_name, 35),
            ("company.contact_last_name", &company.contact_last_name, 70),
            ("company.phone", &company.phone, 18),
            ("company.email", &company.email, 70),
            ("company.bank_account", &company.bank_account, 35),
            ("company.iban", &company.iban, 35),
        ] {
            if let Some(text) = text {
                fits(limits, what, text, max);
            }
        }
        if let Some(country) = &company.country
            && (country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_uppercase()))
        {
            limits.refuse(format!(
                "company.country `{country}` is not a code of two capitals"
            ));
        }
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
        if self.size > saft::FILE_SIZE_MAX {
            limits.refuse(format!(
                "the file would have {} bytes, at most {} are taken: export shorter ranges",
                self.size,
                saft::FILE_SIZE_MAX
            ));
        }
    }

    fn file_name(&self) -> Option<String> {
        let number = self.context.config.company.registration_number.as_deref()?;
        let number: String = number.chars().filter(char::is_ascii_alphanumeric).collect();
        let to = self.dates().to.format("%Y%m%d");
        Some(format!("SAF-T Financial_{number}_{to}235959.xml"))
    }

    fn start(&mut self, _proof: &LedgerProof, out: &mut dyn io::Write) -> io::Result<()> {
        let mut xml = std::mem::replace(&mut self.xml, Xml::new("\t"));
        self.head(&mut xml);
        self.xml = xml;
        self.xml.drain(out)
    }

    fn voucher(&mut self, voucher: &Voucher, out: &mut dyn io::Write) -> io::Result<()> {
        let mut xml = std::mem::replace(&mut self.xml, Xml::new("\t"));
        self.transaction(&mut xml, voucher);
        self.xml = xml;
        self.xml.drain(out)
    }

    fn end(&mut self, out: &mut dyn io::Write) -> io::Result<()> {
        self.xml.close_all();
        self.xml.drain(out)
    }
}

fn check_posting(voucher: &Voucher, line: usize, posting: &Posting, limits: &mut Limits) {
    let place = |what: &str| format!("{what} of voucher {} line {line}", voucher.id());
    fits(limits, &place("the account"), &posting.account, 70);
    if let Some(reference) = &posting.reference {
        fits(limits, &place("the reference"), reference, 35);
    }
    if let Some(code) = &posting.tax_code {
        fits(limits, &place("the tax code"), code, 70);
    }
    if parts::is_too_long(&posting.text) {
        limits.replaced(format!(
            "{} was cut at {} characters",
            place("the text"),
            parts::TEXT_MAX
        ));
    } else if posting.text.trim().is_empty() {
        limits.refuse(format!("{} is empty", place("the text")));
    }
    if !parts::has_one_side(posting) {
        limits.refuse(format!(
            "{} has another sign in the base currency, and a line has one side",
            place("the amount")
        ));
    }
    if posting.currency.exponent() > 2 {
        limits.refuse(format!(
            "{} is in {}, which has more than two decimals",
            place("the amount"),
            posting.currency
        ));
    }
}

impl SaftNo<'_> {
    fn check_account(&self, account: &AccountBalance, limits: &mut Limits) {
        fits(limits, "the account's name", &account.name, 256);
        if account.name == account.number {
            limits.replaced(format!(
                "account {} has no name: its number stands in its place",
                account.number
            ));
        }
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
        for minor in [account.opening, account.closing] {
            if minor.unsigned_abs() >= 10u128.pow(18) {
                limits.refuse(format!(
                    "the balance of account {} has more than 18 digits",
                    account.number
                ));
            }
        }
    }

    fn head(&self, xml: &mut Xml) {
        let version = self.version();
        let location = format!("{NAMESPACE} Norwegian_SAF-T_Financial_Schema_v_{version}.xsd");
        xml.declaration();
        xml.open_with(
            "AuditFile",
            &[
                ("xmlns", NAMESPACE),
                ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
                ("xsi:schemaLocation", &location),
            ],
        );
        self.header(xml, version);
        xml.open("MasterFiles");
        self.accounts(xml);
        self.tax_table(xml);
        self.analysis_types(xml);
        xml.close();
        xml.open("GeneralLedgerEntries");
        xml.leaf("NumberOfEntries", &self.contents.vouchers.to_string());
        xml.leaf("TotalDebit", &saft::decimal(self.contents.debit, self.exponent()));
        xml.leaf(
            "TotalCredit",
            &saft::decimal(self.contents.credit, self.exponent()),
        );
        if self.contents.vouchers > 0 {
            xml.open("Journal");
            xml.leaf("JournalID", &self.journal);
            let ledger_id = &self.context.info.ledger_id;
            xml.leaf("Description", &format!("Vipps MobilePay {ledger_id}"));
            xml.leaf("Type", "GL");
        }
    }

    fn header(&self, xml: &mut Xml, version: &str) {
        let dates = self.dates();
        xml.open("Header");
        xml.leaf("AuditFileVersion", version);
        xml.leaf("AuditFileCountry", "NO");
        xml.leaf("AuditFileDateCreated", &dates.created.to_string());
        xml.leaf("SoftwareCompanyName", "bilag");
        xml.leaf("SoftwareID", "bilag");
        xml.leaf("SoftwareVersion", env!("CARGO_PKG_VERSION"));
        self.company(xml);
        xml.leaf(
            "DefaultCurrencyCode",
            self.context.books.settings.base_currency.code(),
        );
        xml.open("SelectionCriteria");
        xml.leaf("SelectionStartDate", &dates.from.to_string());
        xml.leaf("SelectionEndDate", &dates.to.to_string());
        xml.close();
        xml.leaf("HeaderComment", &self.comment());
        xml.leaf("TaxAccountingBasis", "A");
        xml.close();
    }

    fn company(&self, xml: &mut Xml) {
        let company = &self.context.config.company;
        xml.open("Company");
        xml.leaf_if("RegistrationNumber", company.registration_number.as_deref());
        xml.leaf_if("Name", company.name.as_deref());
        xml.open("Address");
        xml.leaf_if("StreetName", company.street.as_deref());
        xml.leaf_if("City", company.city.as_deref());
        xml.leaf_if("PostalCode", company.postal_code.as_deref());
        xml.leaf_if("Country", company.country.as_deref());
        xml.leaf("AddressType", "StreetAddress");
        xml.close();
        xml.open("Contact");
        xml.open("ContactPerson");
        xml.leaf_if("FirstName", company.contact_first_name.as_deref());
        xml.leaf_if("LastName", company.contact_last_name.as_deref());
        xml.close();
        xml.leaf_if("Telephone", company.phone.as_deref());
        xml.leaf_if("Email", company.email.as_deref());
        xml.close();
        if let Some(number) = company
            .registration_number
            .as_deref()
            .filter(|_| company.vat_registered == Some(true))
        {
            xml.open("TaxRegistration");
            xml.leaf("TaxRegistrationNumber", &format!("{number}MVA"));
            xml.leaf("TaxAuthority", "Skatteetaten");
            xml.close();
        }
        if company.iban.is_some() || company.bank_account.is_some() {
            xml.open("BankAccount");
            match &company.iban {
                Some(iban) => xml.leaf("IBANNumber", iban),
                None => xml.leaf_if("BankAccountNumber", company.bank_account.as_deref()),
            }
            xml.close();
        }
        xml.close();
    }

    fn accounts(&self, xml: &mut Xml) {
        let (accounts, _) = self.balances();
        if accounts.is_empty() {
            return;
        }
        let exponent = self.exponent();
        xml.open("GeneralLedgerAccounts");
        for account in &accounts {
            xml.open("Account");
            xml.leaf("AccountID", &account.number);
            xml.leaf("AccountDescription", &account.name);
            if let Some(grouping) = self.grouping(&account.number) {
                xml.leaf("GroupingCategory", &grouping.category);
                xml.leaf("GroupingCode", &grouping.code);
            }
            xml.leaf("AccountType", "GL");
            parts::balance(
                xml,
                "OpeningDebitBalance",
                "OpeningCreditBalance",
                account.opening,
                exponent,
            );
            parts::balance(
                xml,
                "ClosingDebitBalance",
                "ClosingCreditBalance",
                account.closing,
                exponent,
            );
            xml.close();
        }
        xml.close();
    }

    fn tax_table(&self, xml: &mut Xml) {
        if self.contents.tax_codes.is_empty() {
            return;
        }
        xml.open("TaxTable");
        xml.open("TaxTableEntry");
        xml.leaf("TaxType", "MVA");
        xml.leaf("Description", "Merverdiavgift");
        for code in &self.contents.tax_codes {
            let (standard, text) = self.standard_code(code).unwrap_or_default();
            xml.open("TaxCodeDetails");
            xml.leaf("TaxCode", code);
            xml.leaf("Description", text);
            xml.leaf("TaxPercentage", &self.rate(code));
            xml.leaf("Country", "NO");
            xml.leaf("StandardTaxCode", standard);
            xml.leaf("BaseRate", "100");
            xml.close();
        }
        xml.close();
        xml.close();
    }

    fn analysis_types(&self, xml: &mut Xml) {
        let contents = &self.contents;
        if contents.departments.is_empty() && contents.projects.is_empty() {
            return;
        }
        xml.open("AnalysisTypeTable");
        for (kind, name, values) in [
            ("AVD", "Avdeling", &contents.departments),
            ("PROSJ", "Prosjekt", &contents.projects),
        ] {
            for value in values {
                xml.open("AnalysisTypeTableEntry");
                xml.leaf("AnalysisType", kind);
                xml.leaf("AnalysisTypeDescription", name);
                xml.leaf("AnalysisID", value);
                xml.leaf("AnalysisIDDescription", value);
                xml.close();
            }
        }
        xml.close();
    }

    fn transaction(&self, xml: &mut Xml, voucher: &Voucher) {
        let date = voucher.date();
        let (period, year) = saft::period(date, self.context.books.fiscal_year_start_month);
        let date = date.to_string();
        let ledger_id = voucher.ledger_id();
        xml.open("Transaction");
        xml.leaf("TransactionID", voucher.id());
        xml.leaf("Period", &period.to_string());
        xml.leaf("PeriodYear", &year.to_string());
        xml.leaf("TransactionDate", &date);
        xml.leaf("SourceID", "bilag");
        xml.leaf("VoucherType", &self.voucher_type);
        xml.leaf("Description", &format!("Vipps MobilePay {ledger_id} {date}"));
        xml.leaf("SystemEntryDate", &self.dates_of_entry(voucher).to_string());
        xml.leaf("GLPostingDate", &date);
        for (line, posting) in (1..).zip(voucher.postings()) {
            self.line(xml, voucher, line, posting);
        }
        xml.close();
    }

    /// The day of entry is the day of creation, and never before the voucher's own date.
    fn dates_of_entry(&self, voucher: &Voucher) -> NaiveDate {
        self.dates().created.max(voucher.date())
    }

    fn line(&self, xml: &mut Xml, voucher: &Voucher, line: usize, posting: &Posting) {
        let books = self.context.books;
        let whole = parts::amount(books, voucher, posting);
        let debit = is_debit(posting);
        xml.open("Line");
        xml.leaf("RecordID", &line.to_string());
        xml.leaf("AccountID", &posting.account);
        for (kind, value) in [("AVD", &posting.department), ("PROSJ", &posting.project)] {
            if let Some(value) = value {
                xml.open("Analysis");
                xml.leaf("AnalysisType", kind);
                xml.leaf("AnalysisID", value);
                let name = if debit {
                    "DebitAnalysisAmount"
                } else {
                    "CreditAnalysisAmount"
                };
                amount(xml, name, &whole);
                xml.close();
            }
        }
        xml.leaf("Description", parts::description(&posting.text));
        amount(xml, if debit { "DebitAmount" } else { "CreditAmount" }, &whole);
        if let Some(code) = posting
            .tax_code
            .as_deref()
            .filter(|_| !matches!(posting.tax, crate::journal::Tax::Vat { .. }))
        {
            let (debit, tax) = parts::tax_amount(books, voucher, posting);
            xml.open("TaxInformation");
            xml.leaf("TaxType", "MVA");
            xml.leaf("TaxCode", code);
            xml.leaf("TaxPercentage", &self.rate(code));
            xml.leaf("Country", "NO");
            xml.leaf("TaxBase", &whole.base);
            amount(
                xml,
                if debit {
                    "DebitTaxAmount"
                } else {
                    "CreditTaxAmount"
                },
                &tax,
            );
            xml.close();
        }
        xml.leaf_if("ReferenceNumber", posting.reference.as_deref());
        xml.close();
    }
}

fn amount(xml: &mut Xml, name: &'static str, amount: &Amount) {
    xml.open(name);
    xml.leaf("Amount", &amount.base);
    if let Some(foreign) = &amount.foreign {
        xml.leaf("CurrencyCode", &foreign.code);
        xml.leaf("CurrencyAmount", &foreign.amount);
        xml.leaf_if("ExchangeRate", foreign.rate.as_deref());
    }
    xml.close();
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
