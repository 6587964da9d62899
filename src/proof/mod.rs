//! Proves a ledger's range: the chain inside it, its edges, its payouts.
//!
//! What cannot be proven is called not proven, never in order. The rules are those of
//! `docs/PROOF.md`.

mod edges;
mod numbers;
mod signals;
mod today;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::Serialize;

use crate::date::{DateRange, days_after};
use crate::days::{Days, ReadAgain};
use crate::ledger::check;
use crate::ledger::day::TopicState;
use crate::ledger::entry::Entry;
use crate::ledger::fee_join::{FeeJoin, WINDOW_DATES};
use crate::ledger::finding::{Code, Level};
use crate::ledger::findings::Findings;
use crate::ledger::page::Page;
use crate::ledger::payout::{Payout, PayoutNumbers, PayoutTracker};
use crate::ledger::time::seconds_of;
use crate::money::Currency;
use crate::proof::edges::{Before, TopicProof};
use crate::proof::numbers::PayoutRow;
use crate::proof::today::Today;
use crate::provider::Topic;

/// So many dates before a range must be known to be without entries for the ledger to begin with
/// it. What the archive has is looked through further, until an entry is found.
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
    /// Both topics open at zero after seven closed dates without entries, and payouts begin with
    /// their first number.
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
    /// What is asked of the numbers of payouts.
    pub payout_numbers: PayoutNumbers,
    /// The number that a ledger's first payout has at most.
    pub first_payout: u64,
}

/// Proves a range, one day after the other.
#[derive(Debug)]
pub struct Prover {
    options: ProofOptions,
    currency: Option<Currency>,
    funds: TopicProof,
    fees: TopicProof,
    payouts: PayoutTracker,
    payout_row: PayoutRow,
    fee_join: FeeJoin,
    open_dates: Vec<NaiveDate>,
    last_exported: Option<NaiveDate>,
    findings: Findings,
    today: Today,
}

impl Prover {
    /// Proves a range from its first date to its last.
    pub fn prove(days: &Days<'_>, options: ProofOptions) -> Result<LedgerProof, ReadAgain> {
        let mut prover = Self::start(days, options);
        for date in options.range.dates() {
            prover.date(days, date)?;
        }
        Ok(prover.finish(days))
    }

    /// Looks at the dates before the range, and starts there.
    pub fn start(days: &Days<'_>, options: ProofOptions) -> Self {
        let from = options.range.from();
        let funds = Before::find(days, Topic::Funds, from, u64::MAX);
        let fees = Before::find(days, Topic::Fees, from, EDGE_DATES);
        let funds = TopicProof::new(Topic::Funds, funds);
        Self {
            currency: options.currency,
            payouts: PayoutTracker::new(funds.chain.balance(), funds.chain.balance().is_some()),
            funds,
            fees: TopicProof::new(Topic::Fees, fees),
            payout_row: PayoutRow::default(),
            fee_join: FeeJoin::forgetful(),
            open_dates: Vec::new(),
            last_exported: None,
            findings: Findings::default(),
            today: Today::new(options.range.from()),
            options,
        }
    }

    /// Begins the next date of the range. Dates come in order, all of them; `states` says of each
    /// topic whether its entries are all there.
    ///
    /// Returns whether the date is part of what can be exported; if so, its pages follow, funds
    /// first, and then [`Self::end`].
    pub fn begin(&mut self, date: NaiveDate, states: [&TopicState; 2]) -> bool {
        let is_closed = self.take_states(date, states);
        if self.options.allow_open && !self.open_dates.is_empty() {
            // The export ends before this date, and so does what is proven.
            return false;
        }
        if !is_closed {
            for topic in [&mut self.funds, &mut self.fees] {
                topic.chain.interrupt();
            }
            self.payouts.interrupt();
            self.payout_row.interrupt();
            return false;
        }
        self.last_exported = Some(date);
        let seen = std::mem::take(&mut self.today.seen);
        self.today = Today {
            seconds: seconds_of(date, self.options.zone),
            opens_at: self.funds.chain.balance(),
            seen,
            ..Today::new(date)
        };
        true
    }

    /// Takes entries of the date at hand.
    pub fn page(&mut self, page: &Page<'_, '_>) {
        if self.currency.is_none() {
            self.currency = page.entries.iter().find_map(|entry| entry.currency);
        }
        for (ordinal, entry) in page.numbered() {
            check::entry(
                page.topic,
                page.date,
                ordinal,
                entry,
                self.currency,
                &mut self.findings,
            );
            self.today.seen.add(page.topic, entry);
            self.chain(page.topic, ordinal, entry);
            self.signal(page.topic, ordinal, entry);
        }
        self.signal_times(page);
        self.fee_join.captures(page);
        self.fee_join.fees(page);
    }

    /// Ends the date at hand.
    pub fn end(&mut self, days: &Days<'_>) {
        self.report_duplicates(days);
        self.signal_last_payout();
        self.signal_negative();
        self.compare_mirror();
        let range = self.options.range;
        let look_again = |date, take: &mut dyn FnMut(&Page<'_, '_>)| {
            days.visit(Topic::Funds, date, take);
        };
        self.fee_join
            .end_of_date(self.today.date, look_again, &mut self.findings);
        self.fee_join
            .expire(self.today.date, |date| range.contains(date), &mut self.findings);
    }

    /// Takes a date from its beginning to its end.
    pub fn date(&mut self, days: &Days<'_>, date: NaiveDate) -> Result<(), ReadAgain> {
        let stored = days.read(date);
        let day = stored.parse();
        if self.begin(date, [&day.funds.state, &day.fees.state]) {
            for topic in Topic::ALL {
                days.pages(&stored, &day, topic, &mut |page| {
                    self.page(page);
                    Ok::<(), ReadAgain>(())
                })?;
            }
            self.end(days);
        }
        Ok(())
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
    pub fn finish(mut self, days: &Days<'_>) -> LedgerProof {
        let range = self.options.range;
        let exported = if self.open_dates.is_empty() {
            Some(range)
        } else if self.options.allow_open {
            self.last_exported
                .and_then(|to| DateRange::new(range.from(), to).ok())
        } else {
            None
        };
        let end = self.end_edge(days, exported);
        self.settle_quiet_fees(days);
        self.join_later_fees(days, exported);
        self.fee_join
            .finish(|date| range.contains(date), &mut self.findings);
        let start = self.start_edge();
        let start = self.judge_numbers(days, start, exported);
        self.report_unproven(start);
        if self.options.allow_open {
            self.findings.set_level(Code::DateOpen, Level::Info);
            self.findings.set_level(Code::DateMissing, Level::Info);
        }
        let status = if self.findings.has(Level::Error) {
            Status::Failed
        } else if !self.open_dates.is_empty() {
            Status::Incomplete
        } else if self.findings.leave_unproven() {
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

    /// Gives the captures that still wait for a fee those of the dates after the range.
    fn join_later_fees(&mut self, days: &Days<'_>, exported: Option<DateRange>) {
        let Some(exported) = exported else { return };
        for step in 1..=WINDOW_DATES {
            let date = days_after(exported.to(), step);
            if !self.fee_join.is_waiting(|date| exported.contains(date))
                || days.facts(Topic::Fees, date).state != TopicState::Closed
            {
                return;
            }
            days.visit(Topic::Fees, date, |page| self.fee_join.later_fees(page));
        }
    }

    fn topic(&self, topic: Topic) -> &TopicProof {
        match topic {
            Topic::Funds => &self.funds,
            Topic::Fees => &self.fees,
        }
    }

    fn topic_mut(&mut self, topic: Topic) -> &mut TopicProof {
        match topic {
            Topic::Funds => &mut self.funds,
            Topic::Fees => &mut self.fees,
        }
    }

    fn chain(&mut self, topic: Topic, ordinal: usize, entry: &Entry<'_>) {
        let date = self.today.date;
        let money = money_printer(self.currency);
        let proof = match topic {
            Topic::Funds => &mut self.funds,
            Topic::Fees => &mut self.fees,
        };
        let is_first = proof.chain.entries() == 0;
        proof.chain.entry(entry, date, ordinal, money, &mut self.findings);
        if proof.count(entry).is_none() {
            self.findings
                .add(Code::BalanceBreak, Some(topic), Some(date), Some(ordinal), || {
                    format!("{topic} {date}, entry {ordinal}: the sum is larger than bilag can hold")
                });
        }
        if topic == Topic::Funds {
            if is_first {
                let is_proven = proof.start() != StartEdge::Unchained;
                self.payouts.opens_at(proof.chain.opening(), is_proven);
            }
            self.payouts
                .entry(entry, date, ordinal, money, &mut self.findings);
        }
    }
}

fn money_printer(currency: Option<Currency>) -> impl Fn(i64) -> String + Copy {
    move |minor| match currency {
        Some(currency) => format!("{} {currency}", currency.format(minor)),
        None => crate::money::format_minor(minor, 2),
    }
}
