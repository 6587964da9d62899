//! Reads the response bodies of a month with borrowed text, and checks the chain of balances.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::Stop;
use crate::calendar::Date;

/// The topics in the order in which a date is booked.
pub const TOPICS: [&str; 2] = ["funds", "fees"];

/// An entry with its currency and date typed, in order within its date.
#[derive(Debug)]
pub struct Entry<'a> {
    /// The wire's name of the type.
    pub entry_type: &'a str,
    /// In minor units.
    pub amount: i64,
    /// Three capital letters.
    pub currency: Currency,
    /// The ledger date.
    pub date: Date,
    /// The provider's reference.
    pub psp_reference: &'a str,
    /// The merchant's reference.
    pub reference: Option<&'a str>,
    /// From 1, within topic and date.
    pub ordinal: u64,
}

/// The code of a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Currency(pub [u8; 3]);

impl Currency {
    fn parse(text: &str) -> Option<Self> {
        let code: [u8; 3] = text.as_bytes().try_into().ok()?;
        code.iter().all(u8::is_ascii_uppercase).then_some(Self(code))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    #[serde(borrow)]
    items: Vec<Item<'a>>,
    #[serde(default)]
    try_later: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item<'a> {
    #[serde(borrow)]
    psp_reference: Cow<'a, str>,
    #[serde(borrow)]
    time: Cow<'a, str>,
    #[serde(borrow)]
    ledger_date: Cow<'a, str>,
    #[serde(borrow)]
    entry_type: Cow<'a, str>,
    #[serde(borrow)]
    reference: Option<Text<'a>>,
    #[serde(borrow)]
    currency: Cow<'a, str>,
    amount: i64,
    balance_before: i64,
    balance_after: i64,
    #[serde(borrow)]
    recipient_handle: Option<Text<'a>>,
}

/// Within an `Option`, serde borrows only through a type of one's own.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// The files of a month, date by date, each topic's file for each date.
pub fn files(ledger: &Path, month: &str) -> Result<Vec<(Date, [PathBuf; 2])>, Stop> {
    let mut files = Vec::new();
    for item in fs::read_dir(ledger.join(TOPICS[0]))? {
        let name = item?.file_name();
        let stem = name.to_str().and_then(|name| name.strip_suffix(".json"));
        let Some(stem) = stem.filter(|stem| stem.starts_with(month)) else {
            continue;
        };
        let date = Date::parse(stem).ok_or(format!("`{stem}` is no date"))?;
        files.push((date, TOPICS.map(|topic| ledger.join(topic).join(&name))));
    }
    files.sort_unstable();
    Ok(files)
}

/// The balance that the next entry of a topic has to start from.
#[derive(Debug, Default)]
pub struct Chain {
    balance: i64,
}

impl Chain {
    /// Gives each entry of a file to `take`, when all of its page fit.
    pub fn entries(
        &mut self,
        content: &[u8],
        date: Date,
        mut take: impl FnMut(&Entry<'_>) -> Result<(), Stop>,
    ) -> Result<u64, Stop> {
        let mut ordinal = 0;
        for line in std::str::from_utf8(content)?.lines() {
            let body: Body<'_> = serde_json::from_str(line)?;
            if body.try_later {
                return Err(format!("{date} is still open").into());
            }
            for item in &body.items {
                ordinal += 1;
                let entry = self.check(item, date, ordinal)?;
                take(&entry)?;
            }
        }
        Ok(ordinal)
    }

    fn check<'i>(&mut self, item: &'i Item<'_>, date: Date, ordinal: u64) -> Result<Entry<'i>, Stop> {
        let is_chained = item.balance_before == self.balance
            && item.balance_before.checked_add(item.amount) == Some(item.balance_after);
        if !is_chained {
            return Err(format!("{date}, entry {ordinal}: the balance does not follow").into());
        }
        self.balance = item.balance_after;
        let is_long_enough = item.time.len() >= "2026-01-01T00:00:00Z".len();
        if Date::parse(&item.ledger_date) != Some(date) || !is_long_enough {
            return Err(format!("{date}, entry {ordinal}: another date, or no time").into());
        }
        let is_empty = |text: &Option<Text<'_>>| text.as_ref().is_some_and(|text| text.0.is_empty());
        if is_empty(&item.reference) || is_empty(&item.recipient_handle) {
            return Err(format!("{date}, entry {ordinal}: an empty text").into());
        }
        Ok(Entry {
            entry_type: &item.entry_type,
            amount: item.amount,
            currency: Currency::parse(&item.currency).ok_or(format!("`{}` is no currency", item.currency))?,
            date,
            psp_reference: &item.psp_reference,
            reference: item.reference.as_ref().map(|text| &*text.0),
            ordinal,
        })
    }
}
