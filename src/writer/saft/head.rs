//! What stands before the transactions. It has their totals, so it is written when all are.

use std::io;

use crate::config::company::{Company, CompanyField};
use crate::writer::Context;
use crate::writer::contents::{AccountBalance, Contents};
use crate::writer::dates::Dates;
use crate::writer::saft::country::Country;
use crate::writer::saft::{AUDIT_FILE, DEPARTMENT, JOURNAL, LEDGER_ENTRIES, PROJECT, Saft};
use crate::writer::xml::Xml;

impl<C: Country> Saft<'_, C> {
    /// Writes everything up to the first transaction.
    pub(super) fn head(&self, contents: &Contents, xml: &mut Xml, out: &mut Vec<u8>) -> io::Result<()> {
        let dates = self.dates(contents);
        let version = self.country.version(&dates);
        let location = C::schema(version).map(|file| format!("{} {file}", C::NAMESPACE));
        let mut attributes = vec![("xmlns", C::NAMESPACE)];
        if let Some(location) = &location {
            attributes.push(("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"));
            attributes.push(("xsi:schemaLocation", location));
        }
        xml.declaration(out)?;
        xml.open(out, AUDIT_FILE, &attributes)?;
        self.header(&dates, version, xml, out)?;
        xml.open(out, "MasterFiles", &[])?;
        self.accounts(contents, &dates, xml, out)?;
        self.tax_table(contents, &dates, xml, out)?;
        if C::HAS_DIMENSIONS {
            analysis_types(contents, xml, out)?;
        }
        xml.close(out)?;
        let base = self.context.books.settings.base_currency;
        xml.open(out, LEDGER_ENTRIES, &[])?;
        xml.element(out, "NumberOfEntries", &contents.vouchers.to_string())?;
        xml.element(out, "TotalDebit", &base.amount(contents.debit).to_string())?;
        xml.element(out, "TotalCredit", &base.amount(contents.credit).to_string())?;
        if contents.vouchers > 0 {
            xml.open(out, JOURNAL, &[])?;
            xml.element(out, "JournalID", &self.journal)?;
            let ledger_id = &self.context.info.ledger_id;
            xml.element(out, "Description", &format!("Vipps MobilePay {ledger_id}"))?;
            xml.element(out, "Type", "GL")?;
        }
        Ok(())
    }

    fn header(&self, dates: &Dates, version: &str, xml: &mut Xml, out: &mut Vec<u8>) -> io::Result<()> {
        let company = &self.context.config.company;
        xml.open(out, "Header", &[])?;
        xml.element(out, "AuditFileVersion", version)?;
        xml.element(out, "AuditFileCountry", C::CODE)?;
        xml.element(out, "AuditFileDateCreated", &dates.created.to_string())?;
        xml.element(out, "SoftwareCompanyName", "bilag")?;
        xml.element(out, "SoftwareID", "bilag")?;
        xml.element(out, "SoftwareVersion", env!("CARGO_PKG_VERSION"))?;
        write_company::<C>(company, xml, out)?;
        let base = self.context.books.settings.base_currency;
        xml.element(out, "DefaultCurrencyCode", base.code())?;
        xml.open(out, "SelectionCriteria", &[])?;
        xml.element(out, "SelectionStartDate", &dates.from.to_string())?;
        xml.element(out, "SelectionEndDate", &dates.to.to_string())?;
        xml.close(out)?;
        xml.element(out, "HeaderComment", &comment(&self.context))?;
        C::end_header(xml, out, company)?;
        xml.close(out)
    }

    fn accounts(
        &self,
        contents: &Contents,
        dates: &Dates,
        xml: &mut Xml,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        let (accounts, _) = self.balances(contents);
        if accounts.is_empty() && !C::NEEDS_TABLES {
            return Ok(());
        }
        xml.open(out, "GeneralLedgerAccounts", &[])?;
        C::begin_accounts(xml, out, dates)?;
        for account in &accounts {
            xml.open(out, "Account", &[])?;
            xml.element(out, "AccountID", &account.number)?;
            xml.element(out, "AccountDescription", &account.name)?;
            C::grouping(xml, out, self.grouping(&account.number))?;
            self.write_balances(xml, out, account)?;
            xml.close(out)?;
        }
        xml.close(out)
    }

    /// Opening and closing balance, each as one of two elements by its sign.
    fn write_balances(&self, xml: &Xml, out: &mut Vec<u8>, account: &AccountBalance) -> io::Result<()> {
        let base = self.context.books.settings.base_currency;
        for (minor, debit, credit) in [
            (account.opening, "OpeningDebitBalance", "OpeningCreditBalance"),
            (account.closing, "ClosingDebitBalance", "ClosingCreditBalance"),
        ] {
            let name = if minor < 0 { credit } else { debit };
            xml.element(out, name, &base.amount(minor).magnitude().to_string())?;
        }
        Ok(())
    }

    fn tax_table(
        &self,
        contents: &Contents,
        dates: &Dates,
        xml: &mut Xml,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        let codes = C::tax_codes(self, contents);
        if codes.is_empty() && !C::NEEDS_TABLES {
            return Ok(());
        }
        let (tax_type, name) = C::TAX;
        xml.open(out, "TaxTable", &[])?;
        xml.open(out, "TaxTableEntry", &[])?;
        xml.element(out, "TaxType", tax_type)?;
        xml.element(out, "Description", name)?;
        for code in codes {
            xml.open(out, "TaxCodeDetails", &[])?;
            xml.element(out, "TaxCode", code)?;
            C::tax_code(self, xml, out, code, dates)?;
            xml.close(out)?;
        }
        xml.close(out)?;
        xml.close(out)
    }
}

fn write_company<C: Country>(company: &Company, xml: &mut Xml, out: &mut Vec<u8>) -> io::Result<()> {
    let number = C::company_number(company);
    xml.open(out, "Company", &[])?;
    xml.optional(out, C::COMPANY_NUMBER, number.as_deref())?;
    xml.optional(out, "Name", company.text(CompanyField::Name))?;
    write_address(xml, out, company)?;
    let has_contact = [
        CompanyField::ContactLastName,
        CompanyField::Phone,
        CompanyField::Email,
    ]
    .iter()
    .any(|field| company.text(*field).is_some());
    if has_contact || C::NEEDS_CONTACT {
        write_contact(xml, out, company)?;
    }
    if let Some(number) = number.filter(|_| company.vat_registered == Some(true)) {
        let number = number + C::VAT_SUFFIX;
        xml.open(out, "TaxRegistration", &[])?;
        xml.element(out, "TaxRegistrationNumber", &number)?;
        xml.optional(out, "TaxAuthority", C::TAX_AUTHORITY)?;
        xml.close(out)?;
    }
    C::bank_account(xml, out, company)?;
    xml.close(out)
}

fn write_address(xml: &mut Xml, out: &mut Vec<u8>, company: &Company) -> io::Result<()> {
    xml.open(out, "Address", &[])?;
    xml.optional(out, "StreetName", company.text(CompanyField::Street))?;
    xml.optional(out, "City", company.text(CompanyField::City))?;
    xml.optional(out, "PostalCode", company.text(CompanyField::PostalCode))?;
    xml.optional(out, "Country", company.text(CompanyField::Country))?;
    xml.element(out, "AddressType", "StreetAddress")?;
    xml.close(out)
}

fn write_contact(xml: &mut Xml, out: &mut Vec<u8>, company: &Company) -> io::Result<()> {
    xml.open(out, "Contact", &[])?;
    xml.open(out, "ContactPerson", &[])?;
    xml.optional(out, "FirstName", company.text(CompanyField::ContactFirstName))?;
    xml.optional(out, "LastName", company.text(CompanyField::ContactLastName))?;
    xml.close(out)?;
    xml.optional(out, "Telephone", company.text(CompanyField::Phone))?;
    xml.optional(out, "Email", company.text(CompanyField::Email))?;
    xml.close(out)
}

fn analysis_types(contents: &Contents, xml: &mut Xml, out: &mut Vec<u8>) -> io::Result<()> {
    if contents.departments.is_empty() && contents.projects.is_empty() {
        return Ok(());
    }
    xml.open(out, "AnalysisTypeTable", &[])?;
    for (kind, name, values) in [
        (DEPARTMENT, "Avdeling", &contents.departments),
        (PROJECT, "Prosjekt", &contents.projects),
    ] {
        for value in values {
            xml.open(out, "AnalysisTypeTableEntry", &[])?;
            xml.element(out, "AnalysisType", kind)?;
            xml.element(out, "AnalysisTypeDescription", name)?;
            xml.element(out, "AnalysisID", value)?;
            xml.element(out, "AnalysisIDDescription", value)?;
            xml.close(out)?;
        }
    }
    xml.close(out)
}

/// What a reader of the file has to know first.
fn comment(context: &Context<'_>) -> String {
    format!(
        "Payment ledger extract: Vipps MobilePay ledger {}. Not the complete books. Accounts other than the \
         provider's open at the configured balance, else 0.00.",
        context.info.ledger_id
    )
}
