//! Proves a ledger's range: the chain inside it, its edges, its payouts.
//!
//! What cannot be proven is called not proven, never in order. The rules are those of
//! `docs/PROOF.md`.

mod edges;
mod signals;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::Serialize;

use crate::archive::Archive;
use crate::date::{DateRange, days_before};
use crate::days::StoredDay;
use crate::ledger::check;
use crate::ledger::day::{LedgerDay, TopicState};
use crate::ledger::fee_join::FeeJoin;
use crate::ledger::finding::{Code, Findings, Level};
use crate::ledger::payout::{Payout, PayoutTracker};
use crate::ledger::time::seconds_of;
use crate::money::Currency;
use crate::proof::edges::{Before, TopicProof, look_back};
use crate::provider::Topic;

/// How many dates before the range are looked at for an entry to chain to, and after it.
pub const EDGE_DATES: u64 = 7;

/// How well a range of a ledger is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Everything that can be checked holds, from a known beginning.
    Proven,
    /// Nothing is wrong, but a link is missing; the findings say which.
    NotProven,
    /// Dates of the range are still open, or not in the archive.
    Incomplete,
    /// Something does not hold.
    Failed,
}

/// What the beginning of a range hangs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StartEdge {
    /// The last entry before the range closes where the range opens.
    Chained,
    /// Both topics open at zero after seven closed dates without entries.
    FirstEntry,
    /// Nothing earlier is known.
    Unchained,
}

/// What the end of a range hangs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndEdge {
    /// The next entry opens where the range closes.
    Chained,
    /// Only the provider's word that the last date is closed.
    Closed,
}

/// Count and sum of one entry type, in minor units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TypeTotal {
    /// How many entries.
    pub count: u64,
    /// Their sum.
    pub sum: i64,
}

/// One topic's balances and totals over the range.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TopicTotals {
    /// Balance before the range, where known.
    pub opening: Option<i64>,
    /// Balance after the range, where known.
    pub closing: Option<i64>,
    /// Totals by the canonical name of the entry type.
    pub by_type: BTreeMap<String, TypeTotal>,
}

/// What is known of a ledger's range.
#[derive(Debug, Clone)]
pub struct LedgerProof {
    /// The ledger's currency, where anything says it.
    pub currency: Option<Currency>,
    /// The verdict.
    pub status: Status,
    /// What the beginning hangs on.
    pub start: StartEdge,
    /// What the end hangs on.
    pub end: EndEdge,
    /// The funds topic.
    pub funds: TopicTotals,
    /// The fees topic.
    pub fees: TopicTotals,
    /// Every payout of the range.
    pub payouts: Vec<Payout>,
    /// Dates of the range that are open or missing.
    pub open_dates: Vec<NaiveDate>,
    /// The dates that can be exported: all of the range, or those before the first open one.
    pub exported: Option<DateRange>,
    /// Everything that was found.
    pub findings: Findings,
}

/// What to prove, and how strictly.
#[derive(Debug, Clone, Copy)]
pub struct ProofOptions {
    /// The dates.
    pub range: DateRange,
    /// The ledger's currency, when the ledgers endpoint says it.
    pub currency: Option<Currency>,
    /// The merchant's time zone, to tell entries whose local date is not their ledger date.
    pub zone: Tz,
    /// Prove and export the dates before the first open one, instead of nothing.
    pub allow_open: bool,
}

/// Proves a range, one day after the other.
#[derive(Debug)]
pub struct Prover {
    options: ProofOptions,
    currency: Option<Currency>,
    funds: TopicProof,
    fees: TopicProof,
    payouts: PayoutTracker,
    last_payout: Option<u64>,
    fee_join: FeeJoin,
    open_dates: Vec<NaiveDate>,
    last_exported: Option<NaiveDate>,
    findings: Findings,
}
impl Prover {
    /// Looks at the dates before the range, and starts there.
    pub fn start(archive: &Archive, ledger_id: &str, options: ProofOptions) -> Self {
        let mut before = [None, None];
        let mut known = Vec::new();
        for step in 1..=EDGE_DATES {
            if before.iter().all(Option::is_some) {
                break;
            }
            let stored = StoredDay::read(archive, ledger_id, days_before(options.range.from(), step));
            let day = stored.parse();
            for (topic, before) in Topic::ALL.into_iter().zip(&mut before) {
                if before.is_none() {
                    *before = look_back(day.topic(topic), day.date);
                }
            }
            known.push(stored);
        }
        let mut fee_join = FeeJoin::default();
        for stored in known.iter().rev() {
            let day = stored.parse();
            fee_join.captures(&day);
            fee_join.fees(&day, false, &mut Findings::default());
        }
        let [funds, fees] = before.map(|before| before.unwrap_or(Before::Empty));
        let funds = TopicProof::new(Topic::Funds, funds);
        Self {
            currency: options.currency,
            payouts: PayoutTracker::new(funds.chain.balance(), funds.chain.balance().is_some()),
            funds,
            fees: TopicProof::new(Topic::Fees, fees),
            last_payout: None,
            fee_join,
            open_dates: Vec::new(),
            last_exported: None,
            findings: Findings::default(),
            options,
        }
    }

    /// Takes the next date of the range. Dates come in order, all of them.
    ///
    /// Returns whether the day is part of what can be exported.
    pub fn day(&mut self, day: &LedgerDay<'_>) -> bool {
        let is_closed = self.take_states(day);
        if self.options.allow_open && !self.open_dates.is_empty() {
            // The export ends before this date, and so does what is proven.
            return false;
        }
        if !is_closed {
            for topic in [&mut self.funds, &mut self.fees] {
                topic.chain.interrupt();
            }
            self.payouts.interrupt();
            return false;
        }
        if self.currency.is_none() {
            self.currency = day.entries().find_map(|(_, _, entry)| entry.currency);
        }
        self.last_exported = Some(day.date);
        for topic in Topic::ALL {
            check::entries(
                topic,
                day.date,
                day.topic(topic),
                self.currency,
                &mut self.findings,
            );
        }
        let opens = self.funds.chain.balance();
        self.chain(day);
        self.signal_negative(day, opens);
        let today = seconds_of(day.date, self.options.zone);
        for (topic, ordinal, entry) in day.entries() {
            self.signal(topic, day.date, ordinal, entry, &today);
        }
        self.compare_mirror(day);
        self.fee_join.captures(day);
        self.fee_join.fees(day, true, &mut self.findings);
        let range = self.options.range;
        self.fee_join
            .expire(day.date, |date| range.contains(date), &mut self.findings);
        true
    }

    /// A date before the range that a voucher of the range needs is not there.
    pub fn needs_before(&mut self, date: NaiveDate) {
        self.open_dates.push(date);
        self.findings.add(Code::DateMissing, None, Some(date), None, || {
            format!("{date} belongs to the first payout of the range and is not in the archive as a closed date; fetch it")
        });
    }

    /// The currency so far: the ledger's, or the first entry's.
    pub fn currency(&self) -> Option<Currency> {
        self.currency
    }

    /// The findings so far, for stages that have something to add.
    pub fn findings_mut(&mut self) -> &mut Findings {
        &mut self.findings
    }

    /// Looks at the dates after the range and gives the verdict.
    pub fn finish(mut self, archive: &Archive, ledger_id: &str) -> LedgerProof {
        let range = self.options.range;
        let exported = if self.open_dates.is_empty() {
            Some(range)
        } else if self.options.allow_open {
            self.last_exported
                .and_then(|to| DateRange::new(range.from(), to).ok())
        } else {
            None
        };
        let end = self.end_edge(archive, ledger_id, exported);
        self.fee_join
            .finish(|date| range.contains(date), &mut self.findings);
        let start = self.start_edge();
        self.report_unproven(start);
        if self.options.allow_open {
            self.findings.set_level(Code::DateOpen, Level::Info);
            self.findings.set_level(Code::DateMissing, Level::Info);
        }
        let status = if self.findings.has(Level::Error) {
            Status::Failed
        } else if !self.open_dates.is_empty() {
            Status::Incomplete
        } else if self.findings.has_code(Code::NotProven) {
            Status::NotProven
        } else {
            Status::Proven
        };
        LedgerProof {
            currency: self.currency,
            status,
            start,
            end,
            funds: self.funds.into_totals(),
            fees: self.fees.into_totals(),
            payouts: self.payouts.into_payouts(),
            open_dates: self.open_dates,
            exported,
            findings: self.findings,
        }
    }

    /// Reports topics that are not closed; says whether both are.
    fn take_states(&mut self, day: &LedgerDay<'_>) -> bool {
        let mut is_unreadable = false;
        for topic in Topic::ALL {
            let (code, message) = match &day.topic(topic).state {
                TopicState::Closed => continue,
                TopicState::Open => (
                    Code::DateOpen,
                    format!(
                        "{topic} {} is still open at the provider; run again when it is closed",
                        day.date
                    ),
                ),
                TopicState::Missing(what) => (
                    Code::DateMissing,
                    format!("{topic} {} {what}; fetch it", day.date),
                ),
                TopicState::Unreadable(message) => {
                    is_unreadable = true;
                    (
                        Code::Unreadable,
                        format!(
                            "{topic} {} cannot be read: {message}; remove the wrong file and fetch the date again",
                            day.date
                        ),
                    )
                }
            };
            self.findings
                .add(code, Some(topic), Some(day.date), None, || message);
        }
        if !is_unreadable && !day.is_closed() {
            self.open_dates.push(day.date);
        }
        day.is_closed()
    }

    fn chain(&mut self, day: &LedgerDay<'_>) {
        let money = money_printer(self.currency);
        for topic in Topic::ALL {
            let proof = match topic {
                Topic::Funds => &mut self.funds,
                Topic::Fees => &mut self.fees,
            };
            for (index, entry) in day.topic(topic).entries.iter().enumerate() {
                let (ordinal, is_first) = (index + 1, proof.chain.entries() == 0);
                proof
                    .chain
                    .entry(entry, day.date, ordinal, money, &mut self.findings);
                let total = match proof.totals.get_mut(entry.entry_type.name()) {
                    Some(total) => total,
                    None => proof
                        .totals
                        .entry(entry.entry_type.name().to_owned())
                        .or_default(),
                };
                total.count += 1;
                match total.sum.checked_add(entry.amount) {
                    Some(sum) => total.sum = sum,
                    None => self.findings.add(
                        Code::BalanceBreak,
                        Some(topic),
                        Some(day.date),
                        Some(ordinal),
                        || {
                            format!(
                                "{topic} {}, entry {ordinal}: the sum is larger than bilag can hold",
                                day.date
                            )
                        },
                    ),
                }
                if topic == Topic::Funds {
                    if is_first {
                        let is_proven = proof.start() != StartEdge::Unchained;
                        self.payouts.opens_at(proof.chain.opening(), is_proven);
                    }
                    self.payouts
                        .entry(entry, day.date, ordinal, money, &mut self.findings);
                }
            }
        }
        self.signal_payout_order(day);
    }
}

fn money_printer(currency: Option<Currency>) -> impl Fn(i64) -> String + Copy {
    move |minor| match currency {
        Some(currency) => format!("{} {currency}", currency.format(minor)),
        None => crate::money::format_minor(minor, 2),
    }
}
