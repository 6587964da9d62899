//! Reads `journal.csv` back.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// A row of `journal.csv`, amounts in minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) voucher: String,
    pub(crate) date: String,
    pub(crate) account: String,
    pub(crate) account_name: String,
    pub(crate) amount: i128,
    pub(crate) base: Option<i128>,
    pub(crate) currency: String,
    pub(crate) key: String,
    pub(crate) text: String,
    pub(crate) tax_code: String,
    pub(crate) department: String,
    pub(crate) project: String,
    pub(crate) reference: String,
}

/// Reads a `journal.csv`.
pub(crate) fn journal(folder: &Path) -> Vec<Row> {
    let text = fs::read_to_string(folder.join("journal.csv")).unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let headers = reader.headers().unwrap().clone();
    let column = |name: &str| headers.iter().position(|header| header == name).unwrap();
    let row = |record: csv::StringRecord| {
        let text = |name: &str| record[column(name)].to_owned();
        let base = (!text("base_debit").is_empty())
            .then(|| minor(&text("base_debit")) - minor(&text("base_credit")));
        Row {
            voucher: text("voucher"),
            date: text("date"),
            account: text("account"),
            account_name: text("account_name"),
            amount: minor(&text("debit")) - minor(&text("credit")),
            base,
            currency: text("currency"),
            key: text("posting_key"),
            text: text("text"),
            tax_code: text("tax_code"),
            department: text("department"),
            project: text("project"),
            reference: text("reference"),
        }
    };
    reader.records().map(|record| row(record.unwrap())).collect()
}

/// Reads an amount with two decimals as minor units, exactly.
pub(crate) fn minor(text: &str) -> i128 {
    let (whole, cents) = text.split_once('.').unwrap();
    assert_eq!(cents.len(), 2, "`{text}` has two decimals");
    format!("{whole}{cents}").parse().unwrap()
}

/// Movement by account, in the ledger's currency.
pub(crate) fn by_account(rows: &[Row]) -> BTreeMap<String, i128> {
    let mut sums = BTreeMap::new();
    for row in rows {
        *sums.entry(row.account.clone()).or_default() += row.amount;
    }
    sums.retain(|_, sum| *sum != 0);
    sums
}
