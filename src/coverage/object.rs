//! The objects in the archive: what was exported to a format, withdrawn or corrected, and what was
//! closed. `docs/COVERAGE.md` explains each key.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::archive::records::Record;
use crate::coverage::CoverageError;
use crate::coverage::held::HeldVoucher;
use crate::coverage::recorder::CoveredDate;
use crate::date::DateRange;

/// The layout of the objects.
const SCHEMA: u32 = 1;

/// An object as it is kept.
#[derive(Debug, Serialize)]
struct Kept<'k, T> {
    schema: u32,
    program: &'static str,
    ledger_id: &'k str,
    #[serde(flatten)]
    content: &'k T,
}

/// What an object says of a format.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ExportObject {
    /// A file was about to be written.
    Export(Export),
    /// Exports were withdrawn.
    Forget(Forget),
    /// Vouchers that were imported were corrected.
    Corrections(Corrections),
}

/// The first and the last date of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    pub from: NaiveDate,
    pub to: NaiveDate,
}

/// Which of the provider's accounts the vouchers of an export mirror: an account does that when the
/// modes post all entries of its topic, and nothing else is booked on it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mirrored {
    pub funds: bool,
    pub fees_payable: bool,
}

/// One file, or the files of one export to a format.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Export {
    pub range: Span,
    /// The modes that the vouchers were made in, by their names in the configuration.
    pub modes: BTreeMap<String, String>,
    /// SHA-256 of the format's options.
    pub options: String,
    pub mirrored: Mirrored,
    /// The numbers of the objects whose exports this one takes the place of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaces: Vec<u64>,
    /// The ledger dates that it covers.
    pub dates: BTreeMap<NaiveDate, CoveredDate>,
    /// The vouchers in the file.
    pub vouchers: Vec<HeldVoucher>,
}

/// Exports that were not imported and are withdrawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forget {
    pub range: Span,
    pub reason: String,
    /// The numbers of their objects.
    pub withdraws: Vec<u64>,
}

/// A file of reversals and new vouchers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Corrections {
    /// The entries that were looked at.
    pub range: Span,
    pub mirrored: Mirrored,
    /// What is in the file, in its order.
    pub written: Vec<Correction>,
    /// The vouchers that the books hold now in place of those that are reversed, under their own ids.
    pub now: Vec<HeldVoucher>,
    /// What is known of their dates.
    pub dates: BTreeMap<NaiveDate, CoveredDate>,
}

/// One voucher of a file of corrections.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Correction {
    /// How many corrections of this voucher there were, with this one.
    pub number: u32,
    /// The date that it is booked on.
    pub date: NaiveDate,
    /// Whether this is the new voucher, or the reversal.
    pub is_new: bool,
    /// What is booked, or booked back.
    pub voucher: HeldVoucher,
}

/// What an object says of months.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum CloseObject {
    /// A month was closed.
    Close(Close),
    /// The last closed month was opened again.
    Reopen(Reopen),
}

/// A month that was closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Close {
    /// `YYYY-MM`.
    pub month: String,
    /// How well the month was proven.
    pub status: String,
    /// Why it was closed although it was not proven.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The balances at the month's end, in minor units, where they are known.
    pub balances: Balances,
    pub dates: BTreeMap<NaiveDate, CoveredDate>,
    /// The vouchers of its entries, in every format.
    pub vouchers: Vec<HeldVoucher>,
}

/// Balances of a ledger, in minor units of its currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Balances {
    pub funds: Option<i64>,
    pub fees: Option<i64>,
}

/// A month that was opened again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reopen {
    /// `YYYY-MM`.
    pub month: String,
    pub reason: String,
}

impl From<DateRange> for Span {
    fn from(range: DateRange) -> Self {
        Self {
            from: range.from(),
            to: range.to(),
        }
    }
}

impl Span {
    /// Whether a date lies in it.
    pub fn contains(&self, date: NaiveDate) -> bool {
        (self.from..=self.to).contains(&date)
    }
}

impl std::fmt::Display for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} to {}", self.from, self.to)
    }
}

/// The text of an object of a ledger.
pub fn to_text<T: Serialize>(ledger_id: &str, content: &T) -> String {
    let kept = Kept {
        schema: SCHEMA,
        program: concat!("bilag ", env!("CARGO_PKG_VERSION")),
        ledger_id,
        content,
    };
    serde_json::to_string_pretty(&kept).expect("an object is plain data whose keys are text")
}

/// What a record of a ledger says.
pub fn read<T: for<'de> Deserialize<'de>>(record: &Record, ledger_id: &str) -> Result<T, CoverageError> {
    let wrong = |message: String| CoverageError::Object {
        path: record.place.clone(),
        message,
    };
    #[derive(Deserialize)]
    struct Head {
        schema: u32,
        ledger_id: String,
    }
    let head: Head = serde_json::from_str(&record.text).map_err(|error| wrong(error.to_string()))?;
    if head.schema != SCHEMA {
        let schema = head.schema;
        return Err(wrong(format!(
            "has the layout {schema}, which this version does not know"
        )));
    }
    if head.ledger_id != ledger_id {
        return Err(wrong(format!(
            "is of ledger `{}`, not `{ledger_id}`",
            head.ledger_id
        )));
    }
    serde_json::from_str(&record.text).map_err(|error| wrong(error.to_string()))
}
