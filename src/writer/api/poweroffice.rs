//! `poweroffice`: the body of `POST /Vouchers/ManualJournals` of PowerOffice Go.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::format::FormatError;
use crate::format::options::Options;
use crate::journal::Voucher;
use crate::journal::id::LARGEST_SERIES;
use crate::money::Currency;
use crate::writer::Context;
use crate::writer::api::{Body, Notes, json, lookup, number, tax_code};

/// Makes the bodies.
#[derive(Debug, Clone)]
pub struct PowerOffice {
    options: Options,
    series: u32,
    base: Currency,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct VoucherBody<'v> {
    voucher_date: String,
    currency_code: &'v str,
    description: &'v str,
    external_import_reference: &'v str,
    #[serde(skip_serializing_if = "Option::is_none")]
    imported_voucher_no: Option<u32>,
    voucher_lines: Vec<LineBody<'v>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct LineBody<'v> {
    posting_date: String,
    account_id: String,
    vat_id: String,
    currency_amount: Box<RawValue>,
    currency_code: &'v str,
    description: &'v str,
    external_line_reference: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    department_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    project_id: Option<String>,
}

impl PowerOffice {
    /// Bodies for one ledger.
    pub fn new(context: &Context<'_>, options: &Options) -> Result<Self, FormatError> {
        Ok(Self {
            series: options.number("series", LARGEST_SERIES)?,
            options: options.clone(),
            base: context.config.posting.base_currency,
        })
    }
}

impl Body for PowerOffice {
    fn body(&self, voucher: &Voucher, notes: &mut Notes) -> Result<Box<RawValue>, String> {
        let date = voucher.date().to_string();
        let mut voucher_lines = Vec::new();
        for (row, line) in (1..).zip(notes.gross_lines(voucher)?) {
            let posting = line.posting;
            voucher_lines.push(LineBody {
                posting_date: date.clone(),
                // A line goes to an account of the general ledger, or to a customer's or supplier's.
                account_id: match self.options.party(&posting.account) {
                    Some((party, number)) => lookup(party.name(), number),
                    None => lookup("account", &posting.account),
                },
                vat_id: lookup("vat", tax_code(&self.options, &line, "0")),
                currency_amount: number(&self.base.format(line.base))?,
                currency_code: self.base.code(),
                description: &posting.text,
                external_line_reference: format!("{}:{row}", voucher.id()),
                department_id: posting
                    .department
                    .as_deref()
                    .map(|text| lookup("department", text)),
                project_id: posting.project.as_deref().map(|text| lookup("project", text)),
            });
        }
        json(&VoucherBody {
            voucher_date: date,
            currency_code: self.base.code(),
            description: voucher.id().as_str(),
            external_import_reference: voucher.id().as_str(),
            // Shown in reports; a voucher that no number follows from does without.
            imported_voucher_no: voucher.date_number(self.series).ok(),
            voucher_lines,
        })
    }
}
