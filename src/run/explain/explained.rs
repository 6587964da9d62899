//! What is known of an explained entry.

use chrono::NaiveDate;

use crate::journal::Voucher;
use crate::ledger::time::EntryTime;
use crate::money::Currency;
use crate::posting::books::PostingError;
use crate::provider::Topic;

/// Everything that is known of one entry. Amounts are minor units of `currency`. The names are
/// those of the entries file and of the journal.
#[derive(Debug)]
pub struct Explained {
    pub ledger_id: String,
    pub topic: Topic,
    pub ledger_date: NaiveDate,
    /// Its place on the date and topic, from 1.
    pub ordinal: usize,
    pub time: Option<EntryTime>,
    pub entry_type: String,
    pub amount: i64,
    pub currency: Currency,
    pub balance_before: Option<i64>,
    pub balance_after: Option<i64>,
    pub psp_reference: Option<String>,
    pub reference: Option<String>,
    pub recipient_handle: Option<String>,
    pub source: Source,
    /// The rule that took it, by its place in the file from 1.
    pub rule: Option<usize>,
    /// The voucher that the entry makes by itself; `None` when it is a mirror or a detail of
    /// another and is not booked by itself.
    pub booked: Result<Option<Voucher>, PostingError>,
}

impl Explained {
    /// The voucher of its date, when there is one voucher per ledger date.
    pub fn voucher_per_date(&self) -> String {
        format!("VM-{}-{}", self.ledger_id, self.ledger_date)
    }
}

/// Where an entry came from.
#[derive(Debug)]
pub struct Source {
    /// The file, relative to the archive.
    pub path: Option<String>,
    /// SHA-256 of the file.
    pub sha256: Option<String>,
    /// The response body in the file, from 1.
    pub page: usize,
    /// The entry in that body, from 1.
    pub item: usize,
}

impl Source {
    /// The body and the place in it of the `ordinal`th entry of a date, both from 1.
    pub fn place(ordinal: usize, page_sizes: &[usize]) -> (usize, usize) {
        let (mut page, mut item) = (1, ordinal);
        for size in page_sizes {
            if item <= *size {
                break;
            }
            page += 1;
            item -= size;
        }
        (page, item)
    }
}
