//! The ledgers of tests: built entry by entry, right by construction, written as an archive.
//!
//! ```text
//! Ledger::new("302321")
//!     .week_before("2026-02-09")
//!     .date("2026-02-09")
//!     .sale("5001", 10_000, 300)
//!     .pay_out("2000001");
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use bilag::chart::{Chart, Market};
use bilag::date::DateRange;
use bilag::provider::Topic;
use chrono::{Days, NaiveDate};
use serde_json::json;

use crate::harness::dates::date;
use crate::harness::entry::{Entry, Field};
use crate::harness::layout::Layout;

const FUNDS: usize = 0;
const FEES: usize = 1;

/// A sales unit of a ledger.
#[derive(Debug, Clone)]
struct SalesUnit {
    name: String,
    handle: String,
}

/// A ledger in memory.
#[derive(Debug, Clone)]
pub(crate) struct Ledger {
    pub(crate) id: String,
    pub(crate) market: Market,
    pub(crate) currency: String,
    /// Whether the archive has the ledgers endpoint's item.
    pub(crate) has_item: bool,
    /// Funds and fees of each date; every date between the first and the last is there.
    pub(crate) dates: BTreeMap<NaiveDate, [Vec<Entry>; 2]>,
    pub(crate) balances: [i64; 2],
    sales_unit: Option<SalesUnit>,
    bank_account: Option<String>,
    /// Where entries are added.
    today: Option<NaiveDate>,
}

/// A payment of an order: positive, in minor units.
pub(crate) fn capture(number: &str, amount: i64) -> Entry {
    Entry::new("capture", amount)
        .psp(number)
        .reference(&format!("order-{number}"))
}

/// What a capture costs: positive, in minor units.
pub(crate) fn fee(number: &str, amount: i64) -> Entry {
    Entry::new("capture-fee", -amount).psp(number)
}

/// What is paid out to the bank: positive, in minor units.
pub(crate) fn payout(name: &str, amount: i64) -> Entry {
    Entry::new("payout-scheduled", -amount).psp(name)
}

impl Ledger {
    /// An empty Norwegian ledger.
    pub(crate) fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            market: Market::Norway,
            currency: "NOK".to_owned(),
            has_item: true,
            dates: BTreeMap::new(),
            balances: [0, 0],
            sales_unit: None,
            bank_account: None,
            today: None,
        }
    }

    /// The same in another market and its currency.
    pub(crate) fn market(mut self, market: Market) -> Self {
        self.market = market;
        self.currency = Chart::of(market).currency.code().to_owned();
        self
    }

    /// The only sales unit, which all entries are of that name no other, at noon.
    pub(crate) fn sales_unit(mut self, name: &str, handle: &str) -> Self {
        let (name, handle) = (name.to_owned(), handle.to_owned());
        self.sales_unit = Some(SalesUnit { name, handle });
        self
    }

    /// A Norwegian account that payouts go to.
    pub(crate) fn bank_account(mut self, number: &str) -> Self {
        self.bank_account = Some(number.to_owned());
        self
    }

    /// Without the ledgers endpoint's item in the archive.
    pub(crate) fn without_item(mut self) -> Self {
        self.has_item = false;
        self
    }

    /// Lets the topics go on from balances that no entry made.
    pub(crate) fn opening(mut self, funds: i64, fees: i64) -> Self {
        self.balances = [funds, fees];
        self
    }

    /// Adds `count` dates without entries from `first`.
    pub(crate) fn empty(mut self, first: &str, count: u64) -> Self {
        for step in 0..count {
            let date = date(first).checked_add_days(Days::new(step)).unwrap();
            self.dates.entry(date).or_default();
        }
        self
    }

    /// Adds the seven empty dates that prove that a ledger began at `first`.
    pub(crate) fn week_before(self, first: &str) -> Self {
        let from = bilag::date::days_before(date(first), 7);
        self.empty(&from.to_string(), 7)
    }

    /// Adds the dates of `range` and the week before it or the first entry, where they are not there.
    pub(crate) fn known(mut self, range: DateRange) -> Self {
        let first = self.dates.keys().next().copied().unwrap_or(range.from());
        let from = bilag::date::days_before(first.min(range.from()), 7);
        for date in DateRange::new(from, range.to()).unwrap().dates() {
            self.dates.entry(date).or_default();
        }
        self
    }

    /// Goes on with a date, to which entries are added from here.
    pub(crate) fn date(mut self, at: &str) -> Self {
        self.today = Some(date(at));
        self.dates.entry(date(at)).or_default();
        self
    }

    /// Adds entries on the funds topic.
    pub(crate) fn funds(self, entries: impl IntoIterator<Item = Entry>) -> Self {
        self.with(FUNDS, entries)
    }

    /// Adds entries on the fees topic.
    pub(crate) fn fees(self, entries: impl IntoIterator<Item = Entry>) -> Self {
        self.with(FEES, entries)
    }

    /// Adds a payment of an order, and what it costs; both positive.
    pub(crate) fn sale(self, number: &str, amount: i64, cost: i64) -> Self {
        self.funds([capture(number, amount)]).fees([fee(number, cost)])
    }

    /// Retains all fees, and pays out everything that is left.
    pub(crate) fn pay_out(mut self, number: &str) -> Self {
        let owed = self.balances[FEES];
        if owed != 0 {
            let retained = |amount| [Entry::new("fees-retained", amount).psp(number)];
            self = self.funds(retained(owed)).fees(retained(-owed));
        }
        let rest = self.balances[FUNDS];
        self.funds([payout(number, rest)])
    }

    fn with(mut self, topic: usize, entries: impl IntoIterator<Item = Entry>) -> Self {
        let date = self.today.expect("entries come after their date");
        for entry in entries {
            self.add(date, topic, entry);
        }
        self
    }

    /// Adds an entry, continuing the balances.
    pub(crate) fn add(&mut self, date: NaiveDate, topic: usize, mut entry: Entry) {
        entry.before = Some(self.balances[topic]);
        self.balances[topic] += entry.amount;
        entry.after = Some(self.balances[topic]);
        let fill = |field: &mut Field, text: String| {
            if matches!(field, Field::Absent) {
                *field = Field::Text(text);
            }
        };
        fill(&mut entry.currency, self.currency.clone());
        fill(&mut entry.ledger_date, date.to_string());
        if let Some(unit) = &self.sales_unit {
            fill(&mut entry.time, format!("{date}T11:22:33.456Z"));
            if entry.handle == Field::Null {
                entry.handle = Field::Text(unit.handle.clone());
            }
        }
        self.dates.entry(date).or_default()[topic].push(entry);
    }

    /// The ledgers endpoint's item.
    pub(crate) fn item_json(&self) -> String {
        let code = self.market.code();
        let handle = match &self.sales_unit {
            Some(unit) => unit.handle.clone(),
            None => format!("{code}:90001"),
        };
        let mut item = json!({
            "ledgerId": self.id,
            "currency": self.currency,
            "owner": {"scheme": format!("business:{code}:ORG"), "id": "987654321"},
            "settlesForRecipientHandles": [handle],
        });
        if let Some(unit) = &self.sales_unit {
            item["salesUnits"] = json!([{"name": unit.name, "recipientHandle": unit.handle}]);
        }
        if let Some(number) = &self.bank_account {
            item["payoutBankAccount"] = json!({"scheme": "BBAN:NO", "id": number});
        }
        item.to_string()
    }

    /// Writes the ledger into an archive.
    pub(crate) fn write(&self, archive: &Path, layout: &Layout) {
        for topic in Topic::ALL {
            fs::create_dir_all(archive.join(&self.id).join(topic.name())).unwrap();
        }
        if self.has_item {
            fs::write(archive.join(&self.id).join("ledger.json"), self.item_json()).unwrap();
        }
        for (date, topics) in &self.dates {
            for (topic, entries) in Topic::ALL.into_iter().zip(topics) {
                let bodies = layout.bodies(&layout.pages(entries));
                let path = self.path(archive, topic, *date, layout);
                fs::write(path, layout.file(&bodies)).unwrap();
            }
        }
    }

    /// Where an archive has a date of the ledger.
    pub(crate) fn path(&self, archive: &Path, topic: Topic, date: NaiveDate, layout: &Layout) -> PathBuf {
        let name = format!("{date}.{}", layout.suffix());
        archive.join(&self.id).join(topic.name()).join(name)
    }

    /// All entries of a topic (0 funds, 1 fees) in a range.
    pub(crate) fn entries(&self, topic: usize, range: DateRange) -> impl Iterator<Item = &Entry> {
        self.dates
            .range(range.from()..=range.to())
            .flat_map(move |(_, topics)| &topics[topic])
    }

    pub(crate) fn sum(&self, topic: usize, range: DateRange) -> i128 {
        self.entries(topic, range)
            .map(|entry| i128::from(entry.amount))
            .sum()
    }

    /// The first and last date that the archive has.
    pub(crate) fn span(&self) -> DateRange {
        let (first, last) = (self.dates.keys().next(), self.dates.keys().next_back());
        DateRange::new(*first.unwrap(), *last.unwrap()).unwrap()
    }

    /// The last date in `range` with a payout.
    pub(crate) fn last_payout(&self, range: DateRange) -> Option<NaiveDate> {
        let is_payout = |entry: &Entry| is_payout(&entry.entry_type);
        self.dates
            .range(range.from()..=range.to())
            .rev()
            .find(|(_, topics)| topics[FUNDS].iter().any(is_payout))
            .map(|(date, _)| *date)
    }
}

fn is_payout(entry_type: &str) -> bool {
    matches!(entry_type, "payout-scheduled" | "scheduled-for-payout" | "payout")
}

/// The canonical name of an entry type.
pub(crate) fn canonical(entry_type: &str) -> &str {
    if is_payout(entry_type) {
        "payout-scheduled"
    } else {
        entry_type
    }
}
