//! Whether a body of the dates endpoint may be accepted: it is whole, of the documented form,
//! about the date that was asked for, and its balances follow from the page before.

use std::borrow::Cow;
use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::digest::sha256_hex;
use crate::ledger::body::{self, Bodies, BodyError};
use crate::ledger::entry::Entry;
use crate::report_api::error::{ApiError, Subject};

/// One accepted page of a ledger date.
#[derive(Debug)]
pub(super) struct Page {
    /// The body, byte for byte.
    pub(super) body: Vec<u8>,
    /// How many entries it holds.
    pub(super) entries: usize,
    /// Whether it says that the date is not closed.
    pub(super) is_open: bool,
    /// Whether it says that another page follows.
    pub(super) has_more: bool,
    /// Where the next page begins.
    pub(super) cursor: Option<String>,
    /// The balance after its last entry, if known.
    pub(super) closing: Option<i64>,
    /// By what it is known again, where another page is to follow.
    pub(super) mark: Option<String>,
}

/// What a page has to fit: its place among the pages of one ledger date.
pub(super) struct PagePlace<'a> {
    pub(super) subject: &'a Subject,
    pub(super) date: NaiveDate,
    /// The page's number, from 1.
    pub(super) page: usize,
    /// The balance after the page before, if known.
    pub(super) opening: Option<i64>,
    /// The marks of the pages before.
    pub(super) marks: &'a BTreeSet<String>,
}

impl PagePlace<'_> {
    /// Takes `body` as the page at this place, or says why not.
    pub(super) fn accept(&self, body: Vec<u8>) -> Result<Page, ApiError> {
        let text = std::str::from_utf8(&body).map_err(|_| not_whole(self.subject, self.page, 1, 1))?;
        let parsed = match body::parse(text) {
            Ok(parsed) => parsed,
            Err(error) => {
                whole_object(self.subject, self.page, &body)?;
                return Err(self.not_accepted(&error));
            }
        };
        // Files may hold several bodies, or an array of them; an answer is one.
        if parsed.page_sizes.len() != 1 || !text.trim_start().starts_with('{') {
            return Err(self.not_documented("the answer is not one page of a report"));
        }
        let (entries, is_open, has_more) = (parsed.entries.len(), parsed.is_open, parsed.has_more);
        let (mut cursor, mut mark) = (None, None);
        if has_more || self.page > 1 {
            let wire = WirePage::of(text);
            // Where a page begins and ends at the same balance, its balances do not tell that it
            // came twice.
            mark = wire.items.map(|items| sha256_hex(items.get().as_bytes()));
            if entries > 0 && mark.as_ref().is_some_and(|mark| self.marks.contains(mark)) {
                return Err(ApiError::Cursor {
                    subject: self.subject.clone(),
                    page: self.page,
                    problem: "the cursor led to a page that came already",
                });
            }
            cursor = wire.cursor.filter(|cursor| has_more && !cursor.is_empty());
        }
        let closing = self.follow(&parsed)?;
        Ok(Page {
            entries,
            is_open,
            has_more,
            cursor: cursor.map(Cow::into_owned),
            closing,
            mark,
            body,
        })
    }

    /// Follows dates and balances through the page; the result is the balance at its end.
    fn follow(&self, bodies: &Bodies<'_>) -> Result<Option<i64>, ApiError> {
        let mut balance = self.opening;
        for (index, entry) in bodies.entries.iter().enumerate() {
            let ordinal = index + 1;
            if let Some(date) = entry.ledger_date.filter(|date| *date != self.date) {
                return Err(self.unreconciled(format!("entry {ordinal} is of ledger date {date}")));
            }
            if let (Some(before), Some(balance)) = (entry.balance_before, balance)
                && before != balance
            {
                let (before, balance) = (show(entry, before), show(entry, balance));
                return Err(self.unreconciled(format!(
                    "entry {ordinal} opens at {before}, but the entry before it closed at {balance}"
                )));
            }
            if let (Some(before), Some(after)) = (entry.balance_before, entry.balance_after)
                && before.checked_add(entry.amount) != Some(after)
            {
                let (before, amount, after) =
                    (show(entry, before), show(entry, entry.amount), show(entry, after));
                return Err(self.unreconciled(format!(
                    "entry {ordinal} opens at {before} and closes at {after}, but its amount is {amount}"
                )));
            }
            balance = entry.balance_after;
        }
        Ok(balance)
    }

    fn not_accepted(&self, error: &BodyError) -> ApiError {
        match error {
            // What the parser says of the syntax may quote the body; only the place is told.
            BodyError::Syntax { line, .. } => {
                self.not_documented(&format!("the answer is no page of a report (line {line})"))
            }
            BodyError::Empty => self.not_documented("the answer is empty"),
            BodyError::Value {
                ordinal,
                field,
                problem,
                ..
            } => self.unreconciled(format!("entry {ordinal}: {field} {problem}")),
        }
    }

    fn not_documented(&self, problem: &str) -> ApiError {
        ApiError::NotDocumented {
            subject: self.subject.clone(),
            page: self.page,
            problem: problem.to_owned(),
        }
    }

    fn unreconciled(&self, problem: String) -> ApiError {
        ApiError::Unreconciled {
            subject: self.subject.clone(),
            page: self.page,
            problem,
        }
    }
}

/// What of a page stands outside its entries, and the text of these.
#[derive(Default, Deserialize)]
struct WirePage<'a> {
    /// Where the next page begins.
    #[serde(borrow, default)]
    cursor: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    items: Option<&'a RawValue>,
}

impl<'a> WirePage<'a> {
    /// Reads a page that is known to parse.
    fn of(text: &'a str) -> Self {
        // Should it not parse after all, the cursor is missing, and that is an error of its own.
        serde_json::from_str(text).unwrap_or_default()
    }
}

/// The text of a body that is one whole JSON object, and nothing else.
pub(super) fn whole_object<'a>(subject: &Subject, page: usize, body: &'a [u8]) -> Result<&'a str, ApiError> {
    let text = std::str::from_utf8(body).map_err(|_| not_whole(subject, page, 1, 1))?;
    serde_json::from_str::<IgnoredAny>(text)
        .map_err(|error| not_whole(subject, page, error.line(), error.column()))?;
    if text.trim_start().starts_with('{') {
        return Ok(text);
    }
    let problem = "the answer is JSON, but no object".to_owned();
    Err(ApiError::NotDocumented {
        subject: subject.clone(),
        page,
        problem,
    })
}

fn not_whole(subject: &Subject, page: usize, line: usize, column: usize) -> ApiError {
    ApiError::NotWhole {
        subject: subject.clone(),
        page,
        line,
        column,
    }
}

fn show(entry: &Entry<'_>, minor: i64) -> String {
    match entry.currency {
        Some(currency) => format!("{} {currency}", currency.format(minor)),
        None => format!("{minor} minor units"),
    }
}
