//! The outside judges, and a small reader of our own journal to compare with.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use crate::outside::{reference_data, skipped};

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

/// Runs a program; `None`, and a line that says so, when it is not installed.
pub(crate) fn run(program: &str, arguments: &[&str]) -> Option<Output> {
    match Command::new(program).args(arguments).output() {
        Ok(output) => Some(output),
        Err(error) => {
            skipped(&format!("{program}: {error}"));
            None
        }
    }
}

fn accepts(program: &str, arguments: &[&str], file: &Path) {
    if let Some(output) = run(program, arguments) {
        assert!(
            output.status.success(),
            "{program} refuses {}:\n{}{}",
            file.display(),
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

/// Validates by schema, with libxml2 and, where `BILAG_JUDGES_PYTHON` names a Python that has
/// it, with the package xmlschema.
pub(crate) fn validate(schema: &str, file: &Path) {
    let Some(schema) = reference_data(schema) else {
        return;
    };
    let (schema, path) = (schema.to_str().unwrap(), file.to_str().unwrap());
    if let Some(catalog) = reference_data("xsd/catalog.xml") {
        let mut command = Command::new("xmllint");
        command.env("XML_CATALOG_FILES", catalog);
        command.args(["--nonet", "--noout", "--stream", "--schema", schema, path]);
        match command.output() {
            Ok(output) => assert!(
                output.status.success(),
                "xmllint: {}",
                String::from_utf8_lossy(&output.stderr)
                    .chars()
                    .take(2000)
                    .collect::<String>()
            ),
            Err(error) => skipped(&format!("xmllint: {error}")),
        }
    }
    match std::env::var("BILAG_JUDGES_PYTHON") {
        Ok(python) => accepts(
            &python,
            &[
                "-c",
                "import sys, xmlschema; xmlschema.XMLSchema(sys.argv[1]).validate(sys.argv[2])",
                schema,
                path,
            ],
            file,
        ),
        Err(_) => skipped("BILAG_JUDGES_PYTHON names no Python with xmlschema"),
    }
}

/// Runs one of the checkers that lie beside the repository.
pub(crate) fn check_with_script(script: &str, file: &Path) {
    if let Some(script) = reference_data(&format!("../{script}")) {
        accepts(
            "python3",
            &[script.to_str().unwrap(), file.to_str().unwrap()],
            file,
        );
    }
}
