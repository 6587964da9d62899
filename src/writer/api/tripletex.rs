//! `tripletex`: the body of `POST /v2/ledger/voucher`.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::format::control::Party;
use crate::format::options::Options;
use crate::journal::Voucher;
use crate::money::Currency;
use crate::writer::Context;
use crate::writer::api::{Body, Notes, json, lookup, number, tax_code};

/// Makes the bodies.
#[derive(Debug, Clone)]
pub struct Tripletex {
    options: Options,
    base: Currency,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VoucherBody {
    date: String,
    description: String,
    external_voucher_number: String,
    postings: Vec<PostingBody>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PostingBody {
    row: usize,
    date: String,
    description: String,
    account: Id,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    supplier: Option<Id>,
    vat_type: Id,
    amount_gross: Box<RawValue>,
    amount_gross_currency: Box<RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    department: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    project: Option<Id>,
}

#[derive(Serialize)]
struct Id {
    id: String,
}

impl Tripletex {
    /// Bodies for one ledger.
    pub fn new(context: &Context<'_>, options: &Options) -> Self {
        Self {
            options: options.clone(),
            base: context.config.posting.base_currency,
        }
    }
}

impl Body for Tripletex {
    fn body(&self, voucher: &Voucher, notes: &mut Notes) -> Result<Box<RawValue>, String> {
        let date = voucher.date().to_string();
        let id = |kind: &str, value: &str| Id {
            id: lookup(kind, value),
        };
        let mut postings = Vec::new();
        // Rows count from 1: the target takes row 0 for lines that it makes itself.
        for (row, line) in (1..).zip(notes.gross_lines(voucher)?) {
            let posting = line.posting;
            let party = |wanted: Party| {
                let party = self.options.party(&posting.account);
                let (party, number) = party.filter(|(party, _)| *party == wanted)?;
                Some(id(party.name(), number))
            };
            postings.push(PostingBody {
                row,
                date: date.clone(),
                description: posting.text.to_string(),
                account: id("account", &posting.account),
                customer: party(Party::Customer),
                supplier: party(Party::Supplier),
                vat_type: id("vatType", tax_code(&self.options, &line, "0")),
                amount_gross: number(&self.base.format(line.base))?,
                amount_gross_currency: number(&self.base.format(line.base))?,
                department: posting.department.as_deref().map(|text| id("department", text)),
                project: posting.project.as_deref().map(|text| id("project", text)),
            });
        }
        json(&VoucherBody {
            date,
            description: voucher.id().to_string(),
            external_voucher_number: voucher.id().to_string(),
            postings,
        })
    }
}
