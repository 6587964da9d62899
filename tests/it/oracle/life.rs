//! A ledger's life: entries whose balances chain, and the folder of saved responses that they come in.

use std::fs;
use std::path::Path;

use chrono::{Days, NaiveDate};
use serde_json::json;

use crate::oracle::market::Market;

/// The two accounts of a ledger at the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Topic {
    Funds,
    Fees,
}

impl Topic {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Funds => "funds",
            Self::Fees => "fees",
        }
    }
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) topic: Topic,
    pub(crate) date: NaiveDate,
    /// Its place on its topic and date, from 1.
    pub(crate) ordinal: usize,
    pub(crate) kind: &'static str,
    pub(crate) amount: i64,
    /// The balance of its topic after it.
    pub(crate) after: i64,
    pub(crate) psp: Option<String>,
    pub(crate) reference: Option<String>,
    pub(crate) handle: Option<String>,
    /// In UTC, and the calendar date of the merchant's clock then.
    pub(crate) time: String,
    pub(crate) local_date: NaiveDate,
}

/// A line of a basket: gross, code, and the VAT where the shop gives it.
pub(crate) type Line = (i64, &'static str, Option<i64>);

/// What happened to a ledger, from its first entry on.
#[derive(Debug, Clone)]
pub(crate) struct Life {
    pub(crate) ledger: String,
    pub(crate) market: &'static Market,
    pub(crate) currency: &'static str,
    pub(crate) first: NaiveDate,
    pub(crate) last: NaiveDate,
    /// The first date that the archive has; a week before the first where the ledger begins.
    pub(crate) known_from: NaiveDate,
    /// The balances of both topics before the first date.
    pub(crate) opening: [i64; 2],
    /// By date, funds before fees, in the provider's order.
    pub(crate) entries: Vec<Entry>,
    /// Baskets by pspReference.
    pub(crate) baskets: Vec<(String, Vec<Line>)>,
}

pub(crate) fn next(date: NaiveDate) -> NaiveDate {
    date.checked_add_days(Days::new(1)).unwrap()
}

pub(crate) fn before(date: NaiveDate, days: u64) -> NaiveDate {
    date.checked_sub_days(Days::new(days)).unwrap()
}

/// All dates from one to another, both with it.
pub(crate) fn dates(first: NaiveDate, last: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    first.iter_days().take_while(move |date| *date <= last)
}

impl Life {
    /// The balance of a topic when a date has ended.
    pub(crate) fn balance(&self, topic: Topic, date: NaiveDate) -> i64 {
        let of_topic = |entry: &&Entry| entry.topic == topic && entry.date <= date;
        self.entries
            .iter()
            .rfind(of_topic)
            .map_or(self.opening[topic as usize], |entry| entry.after)
    }

    /// What is left of the life when nothing before a date is known.
    pub(crate) fn from(&self, first: NaiveDate) -> Self {
        let yesterday = before(first, 1);
        let mut life = Self {
            first,
            known_from: first,
            opening: [Topic::Funds, Topic::Fees].map(|topic| self.balance(topic, yesterday)),
            ..self.clone()
        };
        life.entries.retain(|entry| entry.date >= first);
        life
    }

    /// Whether all of it is known from its first entry on, and there is one until a date.
    pub(crate) fn is_known_before(&self, date: NaiveDate) -> bool {
        self.known_from < self.first && self.entries.first().is_some_and(|entry| entry.date <= date)
    }

    /// Writes the life into an archive, and its baskets beside it.
    pub(crate) fn write(&self, folder: &Path) {
        let archive = folder.join("archive").join(&self.ledger);
        let owner = json!({"scheme": format!("business:{}:ORG", self.market.name), "id": "987654321"});
        let item = json!({"ledgerId": self.ledger, "currency": self.currency, "owner": owner,
            "settlesForRecipientHandles": [format!("{}:90001", self.market.name)]});
        for topic in [Topic::Funds, Topic::Fees] {
            let place = archive.join(topic.name());
            fs::create_dir_all(&place).unwrap();
            let mut entries = self
                .entries
                .iter()
                .filter(|entry| entry.topic == topic)
                .peekable();
            for date in dates(self.known_from, self.last) {
                let mut items = Vec::new();
                while let Some(entry) = entries.next_if(|entry| entry.date == date) {
                    items.push(self.body(entry));
                }
                let body = json!({"items": items, "hasMore": false, "tryLater": false}).to_string();
                fs::write(place.join(format!("{date}.json")), body).unwrap();
            }
            assert!(
                entries.peek().is_none(),
                "entries are in the order of their dates"
            );
        }
        fs::write(archive.join("ledger.json"), item.to_string()).unwrap();
        fs::write(folder.join("lines.json"), self.baskets_json()).unwrap();
    }

    fn body(&self, entry: &Entry) -> serde_json::Value {
        json!({
            "pspReference": entry.psp, "time": entry.time, "ledgerDate": entry.date.to_string(),
            "entryType": entry.kind, "reference": entry.reference, "currency": self.currency,
            "amount": entry.amount, "recipientHandle": entry.handle,
            "balanceBefore": entry.after - entry.amount, "balanceAfter": entry.after,
        })
    }

    fn baskets_json(&self) -> String {
        let line = |(gross, code, vat): &Line| match vat {
            Some(vat) => json!({"gross": gross, "tax_code": code, "vat": vat}),
            None => json!({"gross": gross, "tax_code": code}),
        };
        let sale = |(psp, lines): &(String, Vec<Line>)| json!({"pspReference": psp, "lines": lines.iter().map(line).collect::<Vec<_>>()});
        serde_json::Value::from_iter(self.baskets.iter().map(sale)).to_string()
    }
}
