//! `visma-eaccounting`: the body of `POST /v2/vouchers` of Visma eAccounting (Spiris).

use serde::Serialize;
use serde_json::value::RawValue;

use crate::format::delimited::VatMode;
use crate::format::options::Options;
use crate::journal::{Tax, Voucher};
use crate::money::Currency;
use crate::writer::Context;
use crate::writer::api::{Body, Notes, json, lookup, number, tax_code};
use crate::writer::lines::lines;

const TEXT_MAX: usize = 60;

/// Makes the bodies.
#[derive(Debug, Clone)]
pub struct EAccounting {
    options: Options,
    base: Currency,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct VoucherBody<'v> {
    voucher_date: String,
    voucher_text: &'v str,
    rows: Vec<Row>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Row {
    account_number: Box<RawValue>,
    debit_amount: Box<RawValue>,
    credit_amount: Box<RawValue>,
    transaction_text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    vat_code_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cost_center_item_id1: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    project_id: Option<String>,
}

impl EAccounting {
    /// Bodies for one ledger.
    pub fn new(context: &Context<'_>, options: &Options) -> Self {
        Self {
            options: options.clone(),
            base: context.config.posting.base_currency,
        }
    }
}

impl Body for EAccounting {
    fn body(&self, voucher: &Voucher, notes: &mut Notes) -> Result<Box<RawValue>, String> {
        let mut rows = Vec::new();
        for line in lines(voucher, VatMode::Lines)? {
            let posting = line.posting;
            if line.base == 0 {
                continue;
            }
            let account = &*posting.account;
            let is_number = account.bytes().all(|byte| byte.is_ascii_digit())
                && !account.starts_with('0')
                && account.len() < 10;
            if !is_number || account.is_empty() {
                notes.refuse(format!(
                    "voucher {}: account `{account}` is not a number, and the target takes only numbers",
                    voucher.id()
                ));
                continue;
            }
            let (debit, credit) = self.base.amount(line.base).sides();
            let has_code = matches!(posting.tax, Tax::Net { .. });
            rows.push(Row {
                account_number: number(account)?,
                debit_amount: number(&debit.to_string())?,
                credit_amount: number(&credit.to_string())?,
                transaction_text: notes.cut(voucher, &posting.text, TEXT_MAX),
                vat_code_id: has_code.then(|| lookup("vatCode", tax_code(&self.options, &line, ""))),
                cost_center_item_id1: posting
                    .department
                    .as_deref()
                    .map(|text| lookup("costCenterItem", text)),
                project_id: posting.project.as_deref().map(|text| lookup("project", text)),
            });
        }
        json(&VoucherBody {
            voucher_date: voucher.date().to_string(),
            voucher_text: voucher.id().as_str(),
            rows,
        })
    }
}
