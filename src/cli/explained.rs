//! An explained entry, as a document for scripts and as text for people.

use serde::Serialize;

use crate::journal::{Posting, Voucher};
use crate::provider::Topic;

/// Everything that is known of one entry.
#[derive(Debug, Serialize)]
#[expect(
    missing_docs,
    reason = "the names are those of the entries file and of the journal"
)]
pub struct Explained {
    pub ledger_id: String,
    pub topic: Topic,
    pub ledger_date: String,
    pub ordinal: usize,
    pub time: Option<String>,
    pub entry_type: String,
    pub amount: String,
    pub currency: String,
    pub balance_before: Option<String>,
    pub balance_after: Option<String>,
    pub psp_reference: Option<String>,
    pub reference: Option<String>,
    pub recipient_handle: Option<String>,
    pub source: Source,
    /// The rule that took it, by its place in the file from 1.
    pub rule: Option<usize>,
    /// The voucher of its date, when there is one voucher per ledger date.
    pub voucher_per_date: String,
    pub postings: Vec<ExplainedPosting>,
    /// Why there are no postings.
    pub not_booked: Option<String>,
}

/// Where an entry came from.
#[derive(Debug, Serialize)]
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
    /// The body and the place in it of the `ordinal`th entry of a date.
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

/// What was booked for an entry, one account at a time.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "the names are those of the journal")]
pub struct ExplainedPosting {
    pub account: String,
    pub account_name: String,
    /// Debit positive, credit negative.
    pub amount: String,
    pub currency: String,
    pub posting_key: &'static str,
    pub text: String,
    pub tax_code: Option<String>,
    pub department: Option<String>,
    pub project: Option<String>,
}

impl ExplainedPosting {
    /// All postings of a voucher.
    pub fn all(voucher: &Voucher) -> Vec<Self> {
        voucher.postings().iter().map(Self::of).collect()
    }

    fn of(posting: &Posting) -> Self {
        let text = |text: &Option<std::sync::Arc<str>>| text.as_deref().map(str::to_owned);
        Self {
            account: posting.account.to_string(),
            account_name: posting.account_name.to_string(),
            amount: posting.currency.format(posting.amount),
            currency: posting.currency.code().to_owned(),
            posting_key: posting.key.name(),
            text: posting.text.to_string(),
            tax_code: text(&posting.tax_code),
            department: text(&posting.department),
            project: text(&posting.project),
        }
    }
}

impl Explained {
    /// What it is, where it stands, what follows from it.
    pub fn to_text(&self) -> String {
        let known = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        let mut lines = vec![
            format!(
                "{} of {} {} on ledger {}, {} {}, entry {}",
                self.entry_type,
                self.amount,
                self.currency,
                self.ledger_id,
                self.topic,
                self.ledger_date,
                self.ordinal
            ),
            format!(
                "  time {}  balance {} -> {}",
                known(&self.time),
                known(&self.balance_before),
                known(&self.balance_after)
            ),
            format!(
                "  pspReference {}  reference {}  handle {}",
                known(&self.psp_reference),
                known(&self.reference),
                known(&self.recipient_handle)
            ),
            format!(
                "  from {}, page {}, item {}, sha256 {}",
                known(&self.source.path),
                self.source.page,
                self.source.item,
                known(&self.source.sha256)
            ),
            match self.rule {
                Some(number) => format!("  taken by rule {number}"),
                None => "  taken by no rule: the defaults hold".to_owned(),
            },
        ];
        lines.extend(self.postings.iter().map(|posting| {
            format!(
                "    {:<8} {:<36} {:>14}  {}",
                posting.account, posting.account_name, posting.amount, posting.text
            )
        }));
        if let Some(why) = &self.not_booked {
            lines.push(format!("    not booked: {why}"));
        }
        lines.push(format!("  part of voucher {}\n\n", self.voucher_per_date));
        lines.join("\n")
    }
}
