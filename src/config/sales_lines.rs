//! Sales lines: how single captures split into tax codes, from the shop's own data.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use serde::Deserialize;

use crate::config::error::ConfigError;
use crate::input;
use crate::ledger::entry::Entry;

/// The largest file of sales lines, in bytes: some millions of lines.
const FILE_MAX: u64 = 256 << 20;

/// One part of a capture. Amounts are minor units and have the capture's sign.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SalesLine {
    /// The part's amount with VAT.
    pub gross: i64,
    /// Its tax code; shops that call it a VAT code are understood.
    #[serde(alias = "vat_code")]
    pub tax_code: String,
    /// Its VAT as the shop computed it; computed from the gross when absent.
    #[serde(default)]
    pub vat: Option<i64>,
}

/// The lines of all captures that the file speaks of.
#[derive(Debug, Clone, Default)]
pub struct SalesLines {
    by_psp_reference: HashMap<String, Vec<SalesLine>>,
    by_reference: HashMap<String, Vec<SalesLine>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct JsonSale {
    #[serde(default)]
    psp_reference: Option<String>,
    #[serde(default)]
    reference: Option<String>,
    lines: Vec<SalesLine>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CsvSale {
    #[serde(default, alias = "pspReference")]
    psp_reference: Option<String>,
    #[serde(default)]
    reference: Option<String>,
    gross: i64,
    #[serde(alias = "vat_code")]
    tax_code: String,
    #[serde(default)]
    vat: Option<i64>,
}

impl SalesLines {
    /// Reads a file and returns its text with the lines: JSON
    /// (`[{"pspReference": "…", "lines": [{"gross": 12500, "tax_code": "3", "vat": 2500}]}]`) or,
    /// when its name ends in `.csv`, `psp_reference,reference,gross,tax_code,vat`, one line a row.
    pub fn load(path: &Path) -> Result<(Self, String), ConfigError> {
        let text = input::read_text(path, FILE_MAX).map_err(|source| ConfigError::ReadNamed {
            key: "sales_lines",
            path: path.to_owned(),
            source,
        })?;
        let is_csv = path
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
        let lines = if is_csv {
            Self::from_csv(&text)
        } else {
            Self::from_json(&text)
        }
        .map_err(|message| ConfigError::Invalid {
            path: path.to_owned(),
            message,
        })?;
        Ok((lines, text))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.by_psp_reference.is_empty() && self.by_reference.is_empty()
    }

    /// The tax codes of all lines, each once, in order.
    pub fn tax_codes(&self) -> BTreeSet<&str> {
        let known = self.by_psp_reference.values().chain(self.by_reference.values());
        known.flatten().map(|line| line.tax_code.as_str()).collect()
    }

    /// The pspReferences that the file names.
    pub fn psp_references(&self) -> impl Iterator<Item = &str> {
        self.by_psp_reference.keys().map(String::as_str)
    }

    /// The merchant's references that the file names.
    pub fn references(&self) -> impl Iterator<Item = &str> {
        self.by_reference.keys().map(String::as_str)
    }

    /// The lines of an entry: by its pspReference, else by the merchant's reference.
    pub fn of(&self, entry: &Entry<'_>) -> Option<&[SalesLine]> {
        self.find(entry.psp_reference.as_deref(), entry.reference.as_deref())
    }

    /// The lines for these references, the pspReference first.
    pub fn find(&self, psp_reference: Option<&str>, reference: Option<&str>) -> Option<&[SalesLine]> {
        let by_psp_reference = psp_reference.and_then(|text| self.by_psp_reference.get(text));
        by_psp_reference
            .or_else(|| self.by_reference.get(reference?))
            .map(Vec::as_slice)
    }

    fn from_json(text: &str) -> Result<Self, String> {
        let sales: Vec<JsonSale> = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let mut lines = Self::default();
        for (index, sale) in sales.into_iter().enumerate() {
            let place = format!("sale {}", index + 1);
            if sale.lines.is_empty() {
                return Err(format!("{place} has no lines"));
            }
            let known = lines.slot(&place, sale.psp_reference, sale.reference)?;
            if !known.is_empty() {
                return Err(format!(
                    "{place} is there twice; put all lines of a capture in one sale"
                ));
            }
            known.extend(sale.lines);
        }
        Ok(lines)
    }

    fn from_csv(text: &str) -> Result<Self, String> {
        let mut lines = Self::default();
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        for (index, row) in reader.deserialize::<CsvSale>().enumerate() {
            let row = row.map_err(|error| error.to_string())?;
            let place = format!("row {}", index + 1);
            lines
                .slot(&place, row.psp_reference, row.reference)?
                .push(SalesLine {
                    gross: row.gross,
                    tax_code: row.tax_code,
                    vat: row.vat,
                });
        }
        Ok(lines)
    }

    fn slot(
        &mut self,
        place: &str,
        psp_reference: Option<String>,
        reference: Option<String>,
    ) -> Result<&mut Vec<SalesLine>, String> {
        let given = |text: Option<String>| text.filter(|text| !text.is_empty());
        match (given(psp_reference), given(reference)) {
            (Some(psp_reference), _) => Ok(self.by_psp_reference.entry(psp_reference).or_default()),
            (None, Some(reference)) => Ok(self.by_reference.entry(reference).or_default()),
            (None, None) => Err(format!(
                "{place} names no capture; give its pspReference or its reference"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_and_csv_say_the_same_under_either_name_of_the_tax_code() {
        let json = r#"[{"pspReference":"77","lines":[{"gross":12500,"vat_code":"3","vat":2500},{"gross":115,"vat_code":"31"}]}]"#;
        let csv = "psp_reference,reference,gross,tax_code,vat\n77,,12500,3,2500\n77,,115,31,\n";
        let (json, csv) = (
            SalesLines::from_json(json).unwrap(),
            SalesLines::from_csv(csv).unwrap(),
        );
        assert_eq!(json.find(Some("77"), None), csv.find(Some("77"), None));
        assert_eq!(json.find(Some("77"), None).unwrap().len(), 2);
        assert!(json.find(Some("78"), Some("77")).is_none());
    }

    #[test]
    fn lines_that_name_no_capture_or_no_whole_amount_are_refused() {
        for bad in [
            r#"[{"lines":[{"gross":1,"vat_code":"3"}]}]"#,
            r#"[{"pspReference":"1","lines":[]}]"#,
            r#"[{"pspReference":"1","lines":[{"gross":1.5,"vat_code":"3"}]}]"#,
            r#"[{"pspReference":"1","lines":[{"gross":1,"vat_code":"3","quantity":2}]}]"#,
        ] {
            assert!(SalesLines::from_json(bad).is_err(), "{bad}");
        }
        assert!(SalesLines::from_csv("psp_reference,reference,gross,vat_code,vat\n,,1,3,\n").is_err());
    }
}
