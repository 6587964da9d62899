//! The ledgers that the provider lists for the keys.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::provider::{LedgerInfo, is_ledger_id};
use crate::report_api::error::{ApiError, Subject};
use crate::report_api::page;

/// A ledger that the provider listed for these keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedLedger {
    /// What the item says.
    pub info: LedgerInfo,
    /// The item's JSON text, as it came.
    pub item: String,
}

/// The ledgers of one page of the list, and where the next one begins.
pub(super) fn accept(
    subject: &Subject,
    page: usize,
    body: &[u8],
) -> Result<(Vec<ListedLedger>, Option<String>), ApiError> {
    #[derive(Deserialize)]
    struct WireList<'a> {
        #[serde(borrow)]
        items: Vec<&'a RawValue>,
        #[serde(default)]
        cursor: Option<String>,
    }
    let not_documented = |problem: &str| ApiError::NotDocumented {
        subject: subject.clone(),
        page,
        problem: problem.to_owned(),
    };
    let text = page::whole_object(subject, page, body)?;
    let wire: WireList<'_> =
        serde_json::from_str(text).map_err(|_| not_documented("the answer is no list of ledgers"))?;
    let mut ledgers = Vec::new();
    for item in wire.items {
        let info: LedgerInfo = serde_json::from_str(item.get())
            .map_err(|_| not_documented("an item of the list is no ledger"))?;
        // The id names a folder of the archive and a part of the address.
        if !is_ledger_id(&info.ledger_id) {
            return Err(not_documented("a ledger's id is not letters and digits"));
        }
        ledgers.push(ListedLedger {
            info,
            item: item.get().to_owned(),
        });
    }
    Ok((ledgers, wire.cursor.filter(|cursor| !cursor.is_empty())))
}
