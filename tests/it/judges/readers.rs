//! The outside judges, and a small reader of our own journal to compare with.

use std::collections::BTreeMap;
use std::path::Path;

use crate::harness::judges::{Judge, reference_data};

/// Movement by account in minor units, debit positive.
pub(crate) type Movements = BTreeMap<String, i64>;

/// Amounts with two decimals.
pub(crate) fn minor(text: &str) -> i64 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "00"));
    let sign = if whole.starts_with('-') { -1 } else { 1 };
    whole.parse::<i64>().unwrap() * 100 + sign * format!("{fraction:0<2}").parse::<i64>().unwrap()
}

/// What `journal.csv` moves each account by, in the base currency.
pub(crate) fn journal(path: &Path) -> Movements {
    let mut movements = Movements::new();
    for record in csv::Reader::from_path(path).unwrap().into_records() {
        let record = record.unwrap();
        let (debit, credit) = if record[9].is_empty() { (6, 7) } else { (9, 10) };
        *movements.entry(record[4].to_owned()).or_default() += minor(&record[debit]) - minor(&record[credit]);
    }
    movements
}

/// Validates by schema, with libxml2 and the package xmlschema.
pub(crate) fn validate(schema: &str, file: &Path) {
    let Some(schema) = reference_data(schema) else {
        return;
    };
    let (schema, path) = (schema.to_str().unwrap(), file.to_str().unwrap());
    if let Some(catalog) = reference_data("xsd/catalog.xml") {
        let environment = [("XML_CATALOG_FILES", catalog.as_os_str())];
        let arguments = ["--nonet", "--noout", "--stream", "--schema", schema, path];
        Judge::Xmllint.accepts_in(&environment, &arguments);
    }
    let script = "import sys, xmlschema; xmlschema.XMLSchema(sys.argv[1]).validate(sys.argv[2])";
    Judge::Xmlschema.accepts(&["-c", script, schema, path]);
}

/// Runs the checker of SIE 4 that lies beside the reference data.
pub(crate) fn check_sie4(file: &Path) {
    if let Some(script) = reference_data("../tools/sie_check.py") {
        Judge::SieCheck.accepts(&[script.to_str().unwrap(), file.to_str().unwrap()]);
    }
}
