//! The elements of the file, in the order of the schema.

use std::io;

use crate::config::company::CompanyField;
use crate::journal::{Posting, Tax, Voucher};
use crate::writer::contents::{Contents, is_debit};
use crate::writer::period;
use crate::writer::saft;
use crate::writer::saft::parts::{self, Amount};
use crate::writer::saft_dk::{BankAccount, Made, SaftDk};
use crate::writer::xml::Xml;

const NAMESPACE: &str = "urn:StandardAuditFile-Taxation-Financial:DK";

impl SaftDk<'_> {
    pub(super) fn head(&self, contents: &Contents, xml: &mut Xml, out: &mut Vec<u8>) -> io::Result<()> {
        xml.declaration(out)?;
        xml.open(out, "AuditFile", &[("xmlns", NAMESPACE)])?;
        self.header(contents, xml, out)?;
        xml.open(out, "MasterFiles", &[])?;
        self.accounts(contents, xml, out)?;
        self.tax_table(contents, xml, out)?;
        xml.close(out)?;
        xml.open(out, "GeneralLedgerEntries", &[])?;
        xml.element(out, "NumberOfEntries", &contents.vouchers.to_string())?;
        xml.element(out, "TotalDebit", &saft::decimal(contents.debit, self.exponent()))?;
        xml.element(
            out,
            "TotalCredit",
            &saft::decimal(contents.credit, self.exponent()),
        )?;
        xml.open(out, "Journal", &[])?;
        xml.element(out, "JournalID", &self.journal)?;
        let ledger_id = &self.context.info.ledger_id;
        xml.element(out, "Description", &format!("Vipps MobilePay {ledger_id}"))?;
        xml.element(out, "Type", "GL")
    }

    fn header(&self, contents: &Contents, xml: &mut Xml, out: &mut Vec<u8>) -> io::Result<()> {
        let dates = self.dates(contents);
        xml.open(out, "Header", &[])?;
        xml.element(out, "AuditFileVersion", &self.version)?;
        xml.element(out, "AuditFileCountry", "DK")?;
        xml.element(out, "AuditFileDateCreated", &dates.created.to_string())?;
        xml.element(out, "SoftwareCompanyName", "bilag")?;
        xml.element(out, "SoftwareID", "bilag")?;
        xml.element(out, "SoftwareVersion", env!("CARGO_PKG_VERSION"))?;
        self.company(xml, out)?;
        let base = self.context.books.settings.base_currency;
        xml.element(out, "DefaultCurrencyCode", base.code())?;
        xml.open(out, "SelectionCriteria", &[])?;
        xml.element(out, "SelectionStartDate", &dates.from.to_string())?;
        xml.element(out, "SelectionEndDate", &dates.to.to_string())?;
        xml.close(out)?;
        xml.element(out, "HeaderComment", &saft::comment(&self.context))?;
        xml.optional(out, "TaxEntity", self.company_number().as_deref())?;
        xml.close(out)
    }

    fn company(&self, xml: &mut Xml, out: &mut Vec<u8>) -> io::Result<()> {
        let company = &self.context.config.company;
        let number = self.company_number();
        xml.open(out, "Company", &[])?;
        xml.optional(out, "CVR", number.as_deref())?;
        xml.optional(out, "Name", company.text(CompanyField::Name))?;
        parts::address(xml, out, company)?;
        if company.text(CompanyField::ContactLastName).is_some()
            || company.text(CompanyField::Phone).is_some()
            || company.text(CompanyField::Email).is_some()
        {
            parts::contact(xml, out, company)?;
        }
        if let Some(number) = number.filter(|_| company.vat_registered == Some(true)) {
            xml.open(out, "TaxRegistration", &[])?;
            xml.element(out, "TaxRegistrationNumber", &number)?;
            xml.close(out)?;
        }
        xml.open(out, "BankAccount", &[])?;
        match self.bank_account() {
            Some(BankAccount::Iban(iban)) => xml.element(out, "IBANNumber", &iban)?,
            Some(BankAccount::Number { sort_code, account }) => {
                xml.element(out, "BankAccountNumber", &account)?;
                xml.element(out, "SortCode", &sort_code)?;
            }
            None => {}
        }
        xml.close(out)?;
        xml.close(out)
    }

    fn accounts(&self, contents: &Contents, xml: &mut Xml, out: &mut Vec<u8>) -> io::Result<()> {
        let (accounts, _) = self.balances(contents);
        let chart = if self.has_new_codes(contents) {
            "20260101"
        } else {
            "20230131"
        };
        xml.open(out, "GeneralLedgerAccounts", &[])?;
        xml.element(out, "NameOfStandardAccount", "Standardkontoplanen")?;
        xml.element(out, "VersionOfStandardAccount", chart)?;
        for account in &accounts {
            xml.open(out, "Account", &[])?;
            xml.element(out, "AccountID", &account.number)?;
            xml.element(out, "AccountDescription", &account.name)?;
            if let Some(grouping) = self.grouping(&account.number) {
                xml.optional(out, "StandardAccountID", grouping.standard.as_deref())?;
                xml.element(out, "AccountType", grouping.kind.name())?;
            }
            parts::balances(xml, out, account, self.exponent())?;
            xml.close(out)?;
        }
        xml.close(out)
    }

    /// The table is mandatory, so it lists every code that sales could have.
    fn tax_table(&self, contents: &Contents, xml: &mut Xml, out: &mut Vec<u8>) -> io::Result<()> {
        let from = self.dates(contents).from;
        let has_new_codes = self.has_new_codes(contents);
        xml.open(out, "TaxTable", &[])?;
        xml.open(out, "TaxTableEntry", &[])?;
        xml.element(out, "TaxType", "VAT")?;
        xml.element(out, "Description", "VAT")?;
        for (code, tax) in &self.context.config.tax_codes {
            xml.open(out, "TaxCodeDetails", &[])?;
            xml.element(out, "TaxCode", code)?;
            xml.optional(out, "StandardTaxCode", self.standard_code(code, has_new_codes))?;
            xml.element(out, "EffectiveDate", &tax.valid_from.unwrap_or(from).to_string())?;
            let until = tax.valid_to.map(|date| date.to_string());
            xml.optional(out, "ExpirationDate", until.as_deref())?;
            xml.element(out, "Description", &format!("Moms {} %", tax.rate))?;
            xml.element(out, "TaxPercentage", &tax.rate.to_string())?;
            xml.element(out, "Country", "DK")?;
            xml.close(out)?;
        }
        xml.close(out)?;
        xml.close(out)
    }

    pub(super) fn transaction(
        &self,
        xml: &mut Xml,
        out: &mut Vec<u8>,
        voucher: &Voucher,
        when: Made,
    ) -> io::Result<()> {
        let (period, year) = period::period(voucher.date(), self.context.books.fiscal_year_start_month);
        let date = voucher.date().to_string();
        xml.open(out, "Transaction", &[])?;
        xml.element(out, "TransactionID", voucher.id().as_str())?;
        xml.element(out, "Period", &period.to_string())?;
        xml.element(out, "PeriodYear", &year.to_string())?;
        xml.element(out, "TransactionDate", &date)?;
        xml.element(out, "SourceID", "bilag")?;
        let ledger_id = voucher.ledger_id();
        xml.element(out, "Description", &format!("Vipps MobilePay {ledger_id} {date}"))?;
        let entered = when.created.max(voucher.date());
        xml.element(out, "SystemEntryDate", &entered.to_string())?;
        xml.element(out, "GLPostingDate", &date)?;
        xml.element(out, "SystemID", &voucher.id().short())?;
        for (line, posting) in (1..).zip(voucher.postings()) {
            self.line(xml, out, voucher, line, posting, when)?;
        }
        xml.close(out)
    }

    fn line(
        &self,
        xml: &mut Xml,
        out: &mut Vec<u8>,
        voucher: &Voucher,
        line: usize,
        posting: &Posting,
        when: Made,
    ) -> io::Result<()> {
        let books = self.context.books;
        let whole = parts::amount(books, voucher, posting);
        xml.open(out, "Line", &[])?;
        xml.element(out, "RecordID", &line.to_string())?;
        xml.element(out, "AccountID", &posting.account)?;
        xml.optional(out, "SourceDocumentID", posting.reference.as_deref())?;
        xml.element(out, "Description", parts::description(&posting.text))?;
        let side = if is_debit(posting) {
            "DebitAmount"
        } else {
            "CreditAmount"
        };
        self.amount(xml, out, side, &whole)?;
        if let Some(code) = posting
            .tax_code
            .as_deref()
            .filter(|_| !matches!(posting.tax, Tax::Vat { .. }))
        {
            let (_, tax) = parts::tax_amount(books, voucher, posting);
            xml.open(out, "TaxInformation", &[])?;
            xml.element(out, "TaxType", "VAT")?;
            xml.element(out, "TaxCode", code)?;
            xml.optional(
                out,
                "StandardTaxCode",
                self.standard_code(code, when.has_new_codes),
            )?;
            xml.element(out, "Country", "DK")?;
            if let Some(known) = self.context.config.tax_codes.get(code) {
                xml.element(out, "TaxPercentage", &known.rate.to_string())?;
            }
            xml.element(out, "TaxBase", &whole.base)?;
            self.amount(xml, out, "TaxAmount", &tax)?;
            xml.close(out)?;
        }
        xml.close(out)
    }

    /// Every amount says its currency, also when it is that of the books.
    fn amount(
        &self,
        xml: &mut Xml,
        out: &mut Vec<u8>,
        name: &'static str,
        amount: &Amount,
    ) -> io::Result<()> {
        let base = self.context.books.settings.base_currency;
        let (code, own, rate) = match &amount.foreign {
            Some(foreign) => (
                foreign.code.as_str(),
                foreign.amount.as_str(),
                foreign.rate.as_deref().unwrap_or("1"),
            ),
            None => (base.code(), amount.base.as_str(), "1"),
        };
        xml.open(out, name, &[])?;
        xml.element(out, "Amount", &amount.base)?;
        xml.element(out, "CurrencyCode", code)?;
        xml.element(out, "CurrencyAmount", own)?;
        xml.element(out, "ExchangeRate", rate)?;
        xml.close(out)
    }
}
