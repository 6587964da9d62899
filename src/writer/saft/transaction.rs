//! Transactions: one a voucher. There may be millions, so what they have in common is written once
//! and copied.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use chrono::NaiveDate;

use crate::journal::{Posting, Tax, Voucher};
use crate::money::amount::push_minor;
use crate::text::cut;
use crate::writer::contents::is_debit;
use crate::writer::dates::Dates;
use crate::writer::saft::amounts::{self, InBoth};
use crate::writer::saft::check::TEXT_MAX;
use crate::writer::saft::country::{Country, LineElement};
use crate::writer::saft::elements::{Tags, tags};
use crate::writer::saft::{AUDIT_FILE, DEPARTMENT, JOURNAL, LEDGER_ENTRIES, PROJECT, Saft};
use crate::writer::xml::Xml;

const TRANSACTION: Tags = tags!("\t\t\t", "Transaction");
const TRANSACTION_ID: Tags = tags!("\t\t\t\t", "TransactionID");
const SYSTEM_ID: Tags = tags!("\t\t\t\t", "SystemID");
const LINE: Tags = tags!("\t\t\t\t", "Line");
const RECORD_ID: Tags = tags!("\t\t\t\t\t", "RecordID");
const ACCOUNT_ID: Tags = tags!("\t\t\t\t\t", "AccountID");
const DESCRIPTION: Tags = tags!("\t\t\t\t\t", "Description");
const DEBIT_AMOUNT: Tags = tags!("\t\t\t\t\t", "DebitAmount");
const CREDIT_AMOUNT: Tags = tags!("\t\t\t\t\t", "CreditAmount");
const ANALYSIS: Tags = tags!("\t\t\t\t\t", "Analysis");
const ANALYSIS_TYPE: Tags = tags!("\t\t\t\t\t\t", "AnalysisType");
const ANALYSIS_ID: Tags = tags!("\t\t\t\t\t\t", "AnalysisID");
const DEBIT_ANALYSIS_AMOUNT: Tags = tags!("\t\t\t\t\t\t", "DebitAnalysisAmount");
const CREDIT_ANALYSIS_AMOUNT: Tags = tags!("\t\t\t\t\t\t", "CreditAnalysisAmount");
const TAX_INFORMATION: Tags = tags!("\t\t\t\t\t", "TaxInformation");
const TAX_BASE: Tags = tags!("\t\t\t\t\t\t", "TaxBase");

/// Parts of transactions that were written before.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// What all transactions of a date say beside their ids.
    of_date: Option<(NaiveDate, Vec<u8>)>,
    /// What lines say of a tax code.
    of_tax_codes: BTreeMap<Arc<str>, Vec<u8>>,
}

impl<C: Country> Saft<'_, C> {
    /// Writes a voucher. `dates` are those of the file as far as they are known before its end.
    pub(super) fn transaction(
        &self,
        parts: &mut Parts,
        out: &mut Vec<u8>,
        voucher: &Voucher,
        dates: &Dates,
    ) -> io::Result<()> {
        TRANSACTION.open(out);
        TRANSACTION_ID.text(out, voucher.id().as_str())?;
        match &parts.of_date {
            Some((date, known)) if *date == voucher.date() => out.extend_from_slice(known),
            Some(_) | None => {
                let start = out.len();
                self.common(out, voucher, dates)?;
                parts.of_date = Some((voucher.date(), out[start..].to_vec()));
            }
        }
        if C::HAS_SYSTEM_ID {
            SYSTEM_ID.text(out, &voucher.id().short())?;
        }
        for (number, posting) in (1..).zip(voucher.postings()) {
            LINE.open(out);
            RECORD_ID.around(out, |out| push_minor(out, number, 0));
            self.line(parts, out, voucher, posting, dates)?;
            LINE.close(out);
        }
        TRANSACTION.close(out);
        Ok(())
    }

    /// What all transactions of a date say, between their ids and their lines.
    fn common(&self, out: &mut Vec<u8>, voucher: &Voucher, dates: &Dates) -> io::Result<()> {
        let calendar = self.context.fiscal_calendar();
        let date = voucher.date().to_string();
        let ledger_id = voucher.ledger_id();
        let (period, year) = (
            calendar.period(voucher.date()),
            calendar.year_by_start(voucher.date()),
        );
        let xml = Xml::within(&[AUDIT_FILE, LEDGER_ENTRIES, JOURNAL, "Transaction"]);
        xml.element(out, "Period", &period.to_string())?;
        xml.element(out, "PeriodYear", &year.to_string())?;
        xml.element(out, "TransactionDate", &date)?;
        xml.element(out, "SourceID", "bilag")?;
        xml.optional(out, "VoucherType", self.country.voucher_type())?;
        xml.element(out, "Description", &format!("Vipps MobilePay {ledger_id} {date}"))?;
        // The day of entry is the day of creation, and never before the voucher's own date.
        let entered = dates.created.max(voucher.date());
        xml.element(out, "SystemEntryDate", &entered.to_string())?;
        xml.element(out, "GLPostingDate", &date)
    }

    fn line(
        &self,
        parts: &mut Parts,
        out: &mut Vec<u8>,
        voucher: &Voucher,
        posting: &Posting,
        dates: &Dates,
    ) -> io::Result<()> {
        let whole = amounts::amount(self.context.books, voucher, posting);
        let is_debit = is_debit(posting);
        ACCOUNT_ID.text(out, &posting.account)?;
        for element in C::LINE {
            match element {
                LineElement::Dimensions => analysis::<C>(out, posting, &whole, is_debit)?,
                LineElement::Reference(tags) => {
                    if let Some(reference) = &posting.reference {
                        tags.text(out, reference)?;
                    }
                }
                LineElement::Text => DESCRIPTION.text(out, cut(&posting.text, TEXT_MAX))?,
                LineElement::Amount => {
                    let side = if is_debit { &DEBIT_AMOUNT } else { &CREDIT_AMOUNT };
                    whole.write(out, side, C::HAS_CURRENCIES);
                }
                LineElement::Tax => self.tax(parts, out, voucher, posting, &whole, dates)?,
            }
        }
        Ok(())
    }

    fn tax(
        &self,
        parts: &mut Parts,
        out: &mut Vec<u8>,
        voucher: &Voucher,
        posting: &Posting,
        whole: &InBoth,
        dates: &Dates,
    ) -> io::Result<()> {
        let code = match &posting.tax_code {
            Some(code) if !matches!(posting.tax, Tax::Vat { .. }) => code,
            Some(_) | None => return Ok(()),
        };
        match parts.of_tax_codes.get(code) {
            Some(known) => out.extend_from_slice(known),
            None => {
                let start = out.len();
                let xml = &mut Xml::within(&[AUDIT_FILE, LEDGER_ENTRIES, JOURNAL, "Transaction", "Line"]);
                xml.open(out, "TaxInformation", &[])?;
                xml.element(out, "TaxType", C::TAX.0)?;
                xml.element(out, "TaxCode", code)?;
                C::tax_code_of_line(self, xml, out, code, dates)?;
                parts.of_tax_codes.insert(code.clone(), out[start..].to_vec());
            }
        }
        TAX_BASE.around(out, |out| whole.base.push(out));
        let (is_debit, tax) = amounts::tax_amount(self.context.books, voucher, posting);
        let (debit, credit) = &C::TAX_AMOUNT;
        tax.write(out, if is_debit { debit } else { credit }, C::HAS_CURRENCIES);
        TAX_INFORMATION.close(out);
        Ok(())
    }
}

fn analysis<C: Country>(
    out: &mut Vec<u8>,
    posting: &Posting,
    whole: &InBoth,
    is_debit: bool,
) -> io::Result<()> {
    for (kind, value) in [(DEPARTMENT, &posting.department), (PROJECT, &posting.project)] {
        if let Some(value) = value {
            ANALYSIS.open(out);
            ANALYSIS_TYPE.text(out, kind)?;
            ANALYSIS_ID.text(out, value)?;
            let side = if is_debit {
                &DEBIT_ANALYSIS_AMOUNT
            } else {
                &CREDIT_ANALYSIS_AMOUNT
            };
            whole.write(out, side, C::HAS_CURRENCIES);
            ANALYSIS.close(out);
        }
    }
    Ok(())
}
