//! What a run makes, as coverage sees it: its vouchers, and the dates whose entries they hold.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::coverage::held::{HeldVoucher, MirrorAccounts, Row, row_id};
use crate::date::DateRange;
use crate::journal::Voucher;

/// Takes the vouchers of a run as they come.
#[derive(Debug)]
pub struct Recorder {
    accounts: MirrorAccounts,
    vouchers: Vec<HeldVoucher>,
    row: Option<Row>,
    /// The last date of the closed months.
    closed_until: Option<NaiveDate>,
    dated_back: Option<(u64, String)>,
}

/// What a run made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// The ledger.
    pub ledger_id: String,
    /// The dates of the range, in order.
    pub range: DateRange,
    /// What is known of every date of the range, and of those before it that its vouchers hold.
    pub dates: BTreeMap<NaiveDate, CoveredDate>,
    /// The vouchers, in the order in which they were made.
    pub vouchers: Vec<HeldVoucher>,
    /// How many vouchers of entries after the closed months are dated in one, and the first of them.
    pub dated_back: Option<(u64, String)>,
}

/// A ledger date that an export covers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoveredDate {
    /// The funds topic.
    pub funds: CoveredTopic,
    /// The fees topic.
    pub fees: CoveredTopic,
    /// Whether entries of the date wait for a payout, and are not covered yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub waits: bool,
}

/// A topic of a ledger date.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoveredTopic {
    /// How many entries there are.
    pub entries: usize,
    /// The balance before the first of them, where it says it; minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opens_at: Option<i64>,
    /// The balance after the last of them, where it says it; minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closes_at: Option<i64>,
}

impl CoveredDate {
    /// Whether neither topic has an entry.
    pub fn is_empty(&self) -> bool {
        self.funds.entries == 0 && self.fees.entries == 0
    }
}

impl Recorder {
    /// A recorder for books with these accounts, whose months are closed until a date.
    pub fn new(accounts: MirrorAccounts, closed_until: Option<NaiveDate>) -> Self {
        Self {
            accounts,
            vouchers: Vec::new(),
            row: None,
            closed_until,
            dated_back: None,
        }
    }

    /// Takes a voucher. Vouchers of one entry come date by date.
    pub fn add(&mut self, voucher: &Voucher) {
        let is_open = |closed: NaiveDate| {
            voucher
                .ledger_dates()
                .first()
                .is_some_and(|first| *first > closed)
        };
        if let Some(closed) = self.closed_until
            && voucher.date() <= closed
            && is_open(closed)
        {
            let first = self
                .dated_back
                .get_or_insert_with(|| (0, voucher.id().to_string()));
            first.0 += 1;
        }
        if let Some(row) = &mut self.row {
            if row.is_of(voucher) {
                return row.add(voucher, &self.accounts);
            }
            self.vouchers.extend(self.row.take().map(Row::finish));
        }
        match row_id(voucher) {
            None => self.vouchers.push(HeldVoucher::of(voucher, &self.accounts)),
            Some(id) => {
                let mut row = Row::new(id, voucher, &self.accounts);
                row.add(voucher, &self.accounts);
                self.row = Some(row);
            }
        }
    }

    /// There is no more. `waiting` are the dates whose entries wait for a payout; `date` says what is
    /// known of a date.
    pub fn finish(
        mut self,
        ledger_id: &str,
        range: DateRange,
        waiting: &[NaiveDate],
        date: impl Fn(NaiveDate) -> CoveredDate,
    ) -> Recording {
        self.vouchers.extend(self.row.take().map(Row::finish));
        let held = self.vouchers.iter().flat_map(HeldVoucher::dates).copied();
        let all: BTreeSet<NaiveDate> = range.dates().chain(held).collect();
        let dates = all.into_iter().map(|at| {
            let waits = waiting.contains(&at);
            (at, CoveredDate { waits, ..date(at) })
        });
        Recording {
            ledger_id: ledger_id.to_owned(),
            range,
            dates: dates.collect(),
            vouchers: self.vouchers,
            dated_back: self.dated_back,
        }
    }
}

impl Recording {
    /// How many vouchers there are.
    pub fn count(&self) -> u64 {
        self.vouchers.iter().map(HeldVoucher::vouchers).sum()
    }
}
