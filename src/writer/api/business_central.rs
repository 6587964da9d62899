//! `business-central`: a `$batch` of `POST journalLines`, so that a voucher is one request.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::format::FormatError;
use crate::format::delimited::VatMode;
use crate::format::options::Options;
use crate::journal::Voucher;
use crate::money::Currency;
use crate::writer::Context;
use crate::writer::api::{Body, Notes, json, lookup, number};
use crate::writer::lines::lines;

const NUMBER_MAX: usize = 20;
const DESCRIPTION_MAX: usize = 100;

/// Makes the bodies.
#[derive(Debug, Clone)]
pub struct BusinessCentral {
    journal: String,
    base: Currency,
}

#[derive(Serialize)]
struct Batch<'v> {
    requests: Vec<Request<'v>>,
}

#[derive(Serialize)]
struct Request<'v> {
    id: String,
    method: &'static str,
    url: &'v str,
    headers: Headers,
    body: JournalLine<'v>,
}

#[derive(Serialize)]
struct Headers {
    #[serde(rename = "Content-Type")]
    content_type: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JournalLine<'v> {
    account_type: &'static str,
    account_number: &'v str,
    posting_date: String,
    document_number: &'v str,
    external_document_number: &'v str,
    amount: Box<RawValue>,
    description: String,
    comment: &'v str,
}

impl BusinessCentral {
    /// Bodies for one ledger.
    pub fn new(context: &Context<'_>, options: &Options) -> Result<Self, FormatError> {
        Ok(Self {
            journal: options.text("journal")?.to_owned(),
            base: context.config.posting.base_currency,
        })
    }
}

impl Body for BusinessCentral {
    fn body(&self, voucher: &Voucher, notes: &mut Notes) -> Result<Box<RawValue>, String> {
        let document = voucher.id().short();
        let id = voucher.id();
        if document.chars().count() > NUMBER_MAX {
            notes.refuse(format!(
                "voucher {id}: its short form `{document}` has more than the {NUMBER_MAX} characters of a document number"
            ));
        }
        let url = format!(
            "companies({})/journals({})/journalLines",
            lookup("company", ""),
            lookup("journal", &self.journal)
        );
        let mut requests = Vec::new();
        for (row, line) in (1..).zip(
            lines(voucher, VatMode::Lines)?
                .iter()
                .filter(|line| line.base != 0),
        ) {
            let posting = line.posting;
            if posting.account.chars().count() > NUMBER_MAX {
                notes.refuse(format!(
                    "voucher {id}: account `{}` has more than {NUMBER_MAX} characters",
                    posting.account
                ));
            }
            for (kind, value) in [("department", &posting.department), ("project", &posting.project)] {
                if let Some(value) = value {
                    notes.left_out(format!("voucher {id}: {kind} `{value}` is left out"));
                }
            }
            requests.push(Request {
                id: row.to_string(),
                method: "POST",
                url: &url,
                headers: Headers {
                    content_type: "application/json",
                },
                body: JournalLine {
                    account_type: "G/L Account",
                    account_number: &posting.account,
                    posting_date: voucher.date().to_string(),
                    document_number: &document,
                    external_document_number: &document,
                    amount: number(&self.base.format(line.base))?,
                    description: notes.cut(voucher, &posting.text, DESCRIPTION_MAX),
                    comment: id.as_str(),
                },
            });
        }
        json(&Batch { requests })
    }
}
