//! The elements of the file, in the order of the schema.

use std::io;

use chrono::NaiveDate;

use crate::config::company::CompanyField;
use crate::journal::{Posting, Tax, Voucher};
use crate::writer::contents::{Contents, is_debit};
use crate::writer::period;
use crate::writer::saft;
use crate::writer::saft::parts::{self, Amount};
use crate::writer::saft_no::SaftNo;
use crate::writer::xml::Xml;

const NAMESPACE: &str = "urn:StandardAuditFile-Taxation-Financial:NO";

impl SaftNo<'_> {
    pub(super) fn head(&self, contents: &Contents, xml: &mut Xml, out: &mut Vec<u8>) -> io::Result<()> {
        let version = self.version(contents);
        let location = format!("{NAMESPACE} Norwegian_SAF-T_Financial_Schema_v_{version}.xsd");
        xml.declaration(out)?;
        xml.open(
            out,
            "AuditFile",
            &[
                ("xmlns", NAMESPACE),
                ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
                ("xsi:schemaLocation", &location),
            ],
        )?;
        self.header(contents, xml, out, version)?;
        xml.open(out, "MasterFiles", &[])?;
        self.accounts(contents, xml, out)?;
        self.tax_table(contents, xml, out)?;
        self.analysis_types(contents, xml, out)?;
        xml.close(out)?;
        xml.open(out, "GeneralLedgerEntries", &[])?;
        xml.element(out, "NumberOfEntries", &contents.vouchers.to_string())?;
        xml.element(out, "TotalDebit", &saft::decimal(contents.debit, self.exponent()))?;
        xml.element(
            out,
            "TotalCredit",
            &saft::decimal(contents.credit, self.exponent()),
        )?;
        if contents.vouchers > 0 {
            xml.open(out, "Journal", &[])?;
            xml.element(out, "JournalID", &self.journal)?;
            let ledger_id = &self.context.info.ledger_id;
            xml.element(out, "Description", &format!("Vipps MobilePay {ledger_id}"))?;
            xml.element(out, "Type", "GL")?;
        }
        Ok(())
    }

    fn header(&self, contents: &Contents, xml: &mut Xml, out: &mut Vec<u8>, version: &str) -> io::Result<()> {
        let dates = self.dates(contents);
        xml.open(out, "Header", &[])?;
        xml.element(out, "AuditFileVersion", version)?;
        xml.element(out, "AuditFileCountry", "NO")?;
        xml.element(out, "AuditFileDateCreated", &dates.created.to_string())?;
        xml.element(out, "SoftwareCompanyName", "bilag")?;
        xml.element(out, "SoftwareID", "bilag")?;
        xml.element(out, "SoftwareVersion", env!("CARGO_PKG_VERSION"))?;
        self.company(xml, out)?;
        xml.element(
            out,
            "DefaultCurrencyCode",
            self.context.books.settings.base_currency.code(),
        )?;
        xml.open(out, "SelectionCriteria", &[])?;
        xml.element(out, "SelectionStartDate", &dates.from.to_string())?;
        xml.element(out, "SelectionEndDate", &dates.to.to_string())?;
        xml.close(out)?;
        xml.element(out, "HeaderComment", &saft::comment(&self.context))?;
        xml.element(out, "TaxAccountingBasis", "A")?;
        xml.close(out)?;
        Ok(())
    }

    fn company(&self, xml: &mut Xml, out: &mut Vec<u8>) -> io::Result<()> {
        let company = &self.context.config.company;
        xml.open(out, "Company", &[])?;
        xml.optional(
            out,
            "RegistrationNumber",
            company.text(CompanyField::RegistrationNumber),
        )?;
        xml.optional(out, "Name", company.text(CompanyField::Name))?;
        parts::address(xml, out, company)?;
        parts::contact(xml, out, company)?;
        if let Some(number) = company
            .text(CompanyField::RegistrationNumber)
            .filter(|_| company.vat_registered == Some(true))
        {
            xml.open(out, "TaxRegistration", &[])?;
            xml.element(out, "TaxRegistrationNumber", &format!("{number}MVA"))?;
            xml.element(out, "TaxAuthority", "Skatteetaten")?;
            xml.close(out)?;
        }
        if company.text(CompanyField::Iban).is_some() || company.text(CompanyField::BankAccount).is_some() {
            xml.open(out, "BankAccount", &[])?;
            match company.text(CompanyField::Iban) {
                Some(iban) => xml.element(out, "IBANNumber", iban)?,
                None => xml.optional(out, "BankAccountNumber", company.text(CompanyField::BankAccount))?,
            }
            xml.close(out)?;
        }
        xml.close(out)?;
        Ok(())
    }

    fn accounts(&self, contents: &Contents, xml: &mut Xml, out: &mut Vec<u8>) -> io::Result<()> {
        let (accounts, _) = self.balances(contents);
        if accounts.is_empty() {
            return Ok(());
        }
        let exponent = self.exponent();
        xml.open(out, "GeneralLedgerAccounts", &[])?;
        for account in &accounts {
            xml.open(out, "Account", &[])?;
            xml.element(out, "AccountID", &account.number)?;
            xml.element(out, "AccountDescription", &account.name)?;
            if let Some(grouping) = self.grouping(&account.number) {
                xml.element(out, "GroupingCategory", &grouping.category)?;
                xml.element(out, "GroupingCode", &grouping.code)?;
            }
            xml.element(out, "AccountType", "GL")?;
            parts::balances(xml, out, account, exponent)?;
            xml.close(out)?;
        }
        xml.close(out)?;
        Ok(())
    }

    fn tax_table(&self, contents: &Contents, xml: &mut Xml, out: &mut Vec<u8>) -> io::Result<()> {
        if contents.tax_codes.is_empty() {
            return Ok(());
        }
        xml.open(out, "TaxTable", &[])?;
        xml.open(out, "TaxTableEntry", &[])?;
        xml.element(out, "TaxType", "MVA")?;
        xml.element(out, "Description", "Merverdiavgift")?;
        for code in &contents.tax_codes {
            let (standard, text) = self.standard_code(code).unwrap_or_default();
            xml.open(out, "TaxCodeDetails", &[])?;
            xml.element(out, "TaxCode", code)?;
            xml.element(out, "Description", text)?;
            xml.element(out, "TaxPercentage", &self.rate(code))?;
            xml.element(out, "Country", "NO")?;
            xml.element(out, "StandardTaxCode", standard)?;
            xml.element(out, "BaseRate", "100")?;
            xml.close(out)?;
        }
        xml.close(out)?;
        xml.close(out)?;
        Ok(())
    }

    fn analysis_types(&self, contents: &Contents, xml: &mut Xml, out: &mut Vec<u8>) -> io::Result<()> {
        if contents.departments.is_empty() && contents.projects.is_empty() {
            return Ok(());
        }
        xml.open(out, "AnalysisTypeTable", &[])?;
        for (kind, name, values) in [
            ("AVD", "Avdeling", &contents.departments),
            ("PROSJ", "Prosjekt", &contents.projects),
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
        xml.close(out)?;
        Ok(())
    }

    pub(super) fn transaction(
        &self,
        xml: &mut Xml,
        out: &mut Vec<u8>,
        voucher: &Voucher,
        created: NaiveDate,
    ) -> io::Result<()> {
        let date = voucher.date();
        let (period, year) = period::period(date, self.context.books.fiscal_year_start_month);
        let date = date.to_string();
        let ledger_id = voucher.ledger_id();
        xml.open(out, "Transaction", &[])?;
        xml.element(out, "TransactionID", voucher.id().as_str())?;
        xml.element(out, "Period", &period.to_string())?;
        xml.element(out, "PeriodYear", &year.to_string())?;
        xml.element(out, "TransactionDate", &date)?;
        xml.element(out, "SourceID", "bilag")?;
        xml.element(out, "VoucherType", &self.voucher_type)?;
        xml.element(out, "Description", &format!("Vipps MobilePay {ledger_id} {date}"))?;
        // The day of entry is the day of creation, and never before the voucher's own date.
        xml.element(out, "SystemEntryDate", &created.max(voucher.date()).to_string())?;
        xml.element(out, "GLPostingDate", &date)?;
        for (line, posting) in (1..).zip(voucher.postings()) {
            self.line(xml, out, voucher, line, posting)?;
        }
        xml.close(out)?;
        Ok(())
    }

    fn line(
        &self,
        xml: &mut Xml,
        out: &mut Vec<u8>,
        voucher: &Voucher,
        line: usize,
        posting: &Posting,
    ) -> io::Result<()> {
        let books = self.context.books;
        let whole = parts::amount(books, voucher, posting);
        let debit = is_debit(posting);
        xml.open(out, "Line", &[])?;
        xml.element(out, "RecordID", &line.to_string())?;
        xml.element(out, "AccountID", &posting.account)?;
        for (kind, value) in [("AVD", &posting.department), ("PROSJ", &posting.project)] {
            if let Some(value) = value {
                xml.open(out, "Analysis", &[])?;
                xml.element(out, "AnalysisType", kind)?;
                xml.element(out, "AnalysisID", value)?;
                let name = if debit {
                    "DebitAnalysisAmount"
                } else {
                    "CreditAnalysisAmount"
                };
                amount(xml, out, name, &whole)?;
                xml.close(out)?;
            }
        }
        xml.element(out, "Description", parts::description(&posting.text))?;
        amount(
            xml,
            out,
            if debit { "DebitAmount" } else { "CreditAmount" },
            &whole,
        )?;
        if let Some(code) = posting
            .tax_code
            .as_deref()
            .filter(|_| !matches!(posting.tax, Tax::Vat { .. }))
        {
            let (debit, tax) = parts::tax_amount(books, voucher, posting);
            xml.open(out, "TaxInformation", &[])?;
            xml.element(out, "TaxType", "MVA")?;
            xml.element(out, "TaxCode", code)?;
            xml.element(out, "TaxPercentage", &self.rate(code))?;
            xml.element(out, "Country", "NO")?;
            xml.element(out, "TaxBase", &whole.base)?;
            amount(
                xml,
                out,
                if debit {
                    "DebitTaxAmount"
                } else {
                    "CreditTaxAmount"
                },
                &tax,
            )?;
            xml.close(out)?;
        }
        xml.optional(out, "ReferenceNumber", posting.reference.as_deref())?;
        xml.close(out)?;
        Ok(())
    }
}

fn amount(xml: &mut Xml, out: &mut Vec<u8>, name: &'static str, amount: &Amount) -> io::Result<()> {
    xml.open(out, name, &[])?;
    xml.element(out, "Amount", &amount.base)?;
    if let Some(foreign) = &amount.foreign {
        xml.element(out, "CurrencyCode", &foreign.code)?;
        xml.element(out, "CurrencyAmount", &foreign.amount)?;
        xml.optional(out, "ExchangeRate", foreign.rate.as_deref())?;
    }
    xml.close(out)?;
    Ok(())
}
