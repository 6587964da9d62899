//! An explained entry, as a document for scripts and as text for people.

use serde::Serialize;

use crate::journal::{Posting, Voucher};
use crate::ledger::day::with_causes;
use crate::provider::Topic;
use crate::run::explain::explained::{Explained, Source};

/// Everything that is known of one entry, with its amounts in major units. The names are those of
/// the entries file and of the journal.
#[derive(Debug, Serialize)]
pub struct EntryDocument {
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
    pub source: SourceDocument,
    /// The rule that took it, by its place in the file from 1.
    pub rule: Option<usize>,
    /// The voucher of its date, when there is one voucher per ledger date.
    pub voucher_per_date: String,
    pub postings: Vec<PostingDocument>,
    /// Why there are no postings.
    pub not_booked: Option<String>,
}

/// Where an entry came from.
#[derive(Debug, Serialize)]
pub struct SourceDocument {
    /// The file, relative to the archive.
    pub path: Option<String>,
    /// SHA-256 of the file.
    pub sha256: Option<String>,
    /// The response body in the file, from 1.
    pub page: usize,
    /// The entry in that body, from 1.
    pub item: usize,
}

/// What was booked for an entry, one account at a time. The names are those of the journal.
#[derive(Debug, Serialize)]
pub struct PostingDocument {
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

impl PostingDocument {
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

impl EntryDocument {
    /// The document of an entry.
    pub fn of(entry: &Explained) -> Self {
        let money = |minor: i64| entry.currency.format(minor);
        let Source {
            path,
            sha256,
            page,
            item,
        } = &entry.source;
        Self {
            ledger_id: entry.ledger_id.clone(),
            topic: entry.topic,
            ledger_date: entry.ledger_date.to_string(),
            ordinal: entry.ordinal,
            time: entry.time.map(|time| time.to_string()),
            entry_type: entry.entry_type.clone(),
            amount: money(entry.amount),
            currency: entry.currency.code().to_owned(),
            balance_before: entry.balance_before.map(money),
            balance_after: entry.balance_after.map(money),
            psp_reference: entry.psp_reference.clone(),
            reference: entry.reference.clone(),
            recipient_handle: entry.recipient_handle.clone(),
            source: SourceDocument {
                path: path.clone(),
                sha256: sha256.clone(),
                page: *page,
                item: *item,
            },
            rule: entry.rule,
            voucher_per_date: entry.voucher_per_date(),
            postings: match &entry.booked {
                Ok(Some(voucher)) => PostingDocument::all(voucher),
                Ok(None) | Err(_) => Vec::new(),
            },
            not_booked: match &entry.booked {
                Ok(Some(_)) => None,
                Ok(None) => Some(
                    "the entry is a mirror or a detail of another and is not booked by itself".to_owned(),
                ),
                Err(error) => Some(with_causes(error)),
            },
        }
    }

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
