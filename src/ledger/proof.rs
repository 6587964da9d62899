//! Proves a ledger's range: the chain inside it, its edges, its payouts.
//!
//! What cannot be proven is called not proven, never in order. The rules are those of
//! `docs/PROOF.md`.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::Serialize;

use crate::archive::Archive;
use crate::date::{DateRange, days_after, days_before};
use crate::ledger::Topic;
use crate::ledger::check::{self, Chain};
use crate::ledger::day::{LedgerDay, StoredDay, TopicDay, TopicState};
use crate::ledger::entry::{Entry, EntryType};
use crate::ledger::fee_join::FeeJoin;
use crate::ledger::finding::{Code, Findings, Level};
use crate::ledger::payout::{Payout, PayoutTracker};
use crate::money::Currency;

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

#[derive(Debug)]
struct TopicProof {
    topic: Topic,
    before: Before,
    /// Where the next entry opens, when the range has none of its own to say it.
    opens_later: Option<i64>,
    chain: Chain,
    totals: BTreeMap<String, TypeTotal>,
}

/// What the dates before the range say about a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    /// The last entry before the range left this balance.
    Closing(i64),
    /// All dates looked at are closed and without entries.
    Empty,
    /// This date is not known, or its last entry has no balance.
    Unknown(NaiveDate),
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
        for (topic, ordinal, entry) in day.entries() {
            self.signal(topic, day.date, ordinal, entry);
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

    fn signal_payout_order(&mut self, day: &LedgerDay<'_>) {
        let entries = &day.funds.entries;
        for (index, entry) in entries.iter().enumerate() {
            if entry.entry_type != EntryType::PayoutScheduled {
                continue;
            }
            let number: Option<u64> = entry.payout_number().and_then(|number| number.parse().ok());
            let is_last = index + 1 == entries.len();
            let is_next = match (self.last_payout, number) {
                (Some(last), Some(number)) => last.checked_add(1) == Some(number),
                _ => true,
            };
            if !is_last || !is_next {
                let what = if is_last {
                    "does not follow the payout before it by one"
                } else {
                    "is not the last entry of its date"
                };
                self.findings.add(
                    Code::PayoutOrder,
                    Some(Topic::Funds),
                    Some(day.date),
                    Some(index + 1),
                    || {
                        format!(
                            "payout {} {what}",
                            entry.payout_number().unwrap_or("without a number")
                        )
                    },
                );
            }
            self.last_payout = number.or(self.last_payout);
        }
    }

    fn signal_negative(&mut self, day: &LedgerDay<'_>, opens: Option<i64>) {
        let opens = opens.or_else(|| day.funds.entries.first().and_then(|entry| entry.balance_before));
        let closes = self.funds.chain.balance();
        let is_negative = |balance: Option<i64>| balance.is_some_and(|balance| balance < 0);
        if is_negative(opens) || is_negative(closes) {
            let money = money_printer(self.currency);
            let show = |balance: Option<i64>| balance.map_or_else(|| "unknown".to_owned(), money);
            self.findings.add(
                Code::NegativeBalance,
                Some(Topic::Funds),
                Some(day.date),
                None,
                || {
                    format!(
                        "funds {}: the balance is below zero: opens at {}, closes at {}",
                        day.date,
                        show(opens),
                        show(closes)
                    )
                },
            );
        }
    }

    /// Reports what an entry's type, sign or time has to say.
    fn signal(&mut self, topic: Topic, date: NaiveDate, ordinal: usize, entry: &Entry<'_>) {
        let money = money_printer(self.currency);
        let name = entry.entry_type.name();
        let reference = entry.voucher_reference().unwrap_or("none");
        let mut report = |code, what: &str| {
            self.findings
                .add(code, Some(topic), Some(date), Some(ordinal), || {
                    format!(
                        "{topic} {date}, entry {ordinal}: {name} of {} (reference `{}`) {what}",
                        money(entry.amount),
                        crate::text::line(reference)
                    )
                });
        };
        if entry.legacy_name {
            report(Code::LegacyEntryType, "came under an old name of its type");
        }
        match &entry.entry_type {
            entry_type if !entry_type.belongs_to(topic) => {
                report(
                    Code::UnknownEntryType,
                    "is of a type that bilag does not know here; it is booked to suspense by its sign",
                );
            }
            EntryType::Correction => report(
                Code::CorrectionReview,
                "is a correction by the provider; book what it corrects",
            ),
            EntryType::CreditNote => report(
                Code::CreditNoteReview,
                "is a credit note; match it with the invoice",
            ),
            EntryType::TopUp => report(
                Code::TopUpReview,
                "is a top-up; match it with your payment or the provider's invoice",
            ),
            EntryType::RetainedDisputedCapture | EntryType::ReturnedDisputedCapture => {
                report(
                    Code::Dispute,
                    "belongs to a disputed payment; follow it until it is returned or lost",
                );
            }
            EntryType::PayoutAborted => report(
                Code::PayoutAborted,
                "takes back a payout; the bank never sees that one",
            ),
            EntryType::FeesRetained if topic == Topic::Funds && entry.amount > 0 => {
                report(
                    Code::FeesRetainedInverted,
                    "gives fees back instead of taking them",
                );
            }
            EntryType::Capture
            | EntryType::Refund
            | EntryType::FeesRetained
            | EntryType::PayoutScheduled
            | EntryType::CaptureFee
            | EntryType::FeesInvoiced
            | EntryType::Unknown(_) => {}
        }
        if entry.entry_type.belongs_to(topic)
            && entry.entry_type != EntryType::FeesRetained
            && let Some(sign) = entry.entry_type.usual_sign(topic)
            && entry.amount.signum() == -sign
        {
            report(
                Code::UnexpectedSign,
                "has the opposite of its type's usual sign; it is booked by its sign",
            );
        }
        if matches!(entry.entry_type, EntryType::Capture | EntryType::Refund)
            && let Some(local) = entry.time.and_then(|time| time.local_date(self.options.zone))
            && local != date
        {
            self.findings.add(Code::CutoffStraddle, Some(topic), Some(date), Some(ordinal), || {
                format!("{topic} {date}, entry {ordinal}: {name} (reference `{}`) happened on {local} in the merchant's time zone", crate::text::line(reference))
            });
        }
    }

    /// `fees-retained` is one movement that both topics show with opposite signs.
    fn compare_mirror(&mut self, day: &LedgerDay<'_>) {
        let sum = |topic: &TopicDay<'_>| {
            topic
                .entries
                .iter()
                .filter(|entry| entry.entry_type == EntryType::FeesRetained)
                .map(|entry| i128::from(entry.amount))
                .sum::<i128>()
        };
        let (funds, fees) = (sum(&day.funds), sum(&day.fees));
        if funds + fees != 0 {
            let money = money_printer(self.currency);
            let show = |sum| i64::try_from(sum).map_or_else(|_| "more than bilag can hold".to_owned(), money);
            self.findings
                .add(Code::MirrorMismatch, None, Some(day.date), None, || {
                    format!(
                        "fees-retained on {}: {} on funds, but {} on fees; the two must cancel out",
                        day.date,
                        show(funds),
                        show(fees)
                    )
                });
        }
        for topic in Topic::ALL {
            if let Some(ordinal) = day.topic(topic).unreadable_time {
                self.findings.add(
                    Code::TimeUnreadable,
                    Some(topic),
                    Some(day.date),
                    Some(ordinal),
                    || {
                        format!(
                            "{topic} {}, entry {ordinal}: its time cannot be read and is left out",
                            day.date
                        )
                    },
                );
            }
        }
    }

    fn start_edge(&self) -> StartEdge {
        let counted: Vec<StartEdge> = [&self.funds, &self.fees]
            .into_iter()
            .filter(|topic| topic.counts())
            .map(TopicProof::start)
            .collect();
        let edges = if counted.is_empty() {
            vec![self.funds.start(), self.fees.start()]
        } else {
            counted
        };
        if edges.contains(&StartEdge::Unchained) {
            StartEdge::Unchained
        } else if edges.contains(&StartEdge::Chained) {
            StartEdge::Chained
        } else {
            StartEdge::FirstEntry
        }
    }

    fn end_edge(&mut self, archive: &Archive, ledger_id: &str, exported: Option<DateRange>) -> EndEdge {
        let Some(exported) = exported else {
            return EndEdge::Closed;
        };
        let mut ends = [None, None];
        for step in 1..=EDGE_DATES {
            if ends.iter().all(Option::is_some) {
                break;
            }
            let stored = StoredDay::read(archive, ledger_id, days_after(exported.to(), step));
            let day = stored.parse();
            if day.is_closed() {
                self.fee_join.captures(&day);
                self.fee_join.fees(&day, false, &mut Findings::default());
            }
            for (topic, end) in Topic::ALL.into_iter().zip(&mut ends) {
                if end.is_none() {
                    *end = self.look_ahead(day.topic(topic), topic, day.date);
                }
            }
        }
        let counted: Vec<EndEdge> = [&self.funds, &self.fees]
            .into_iter()
            .zip(ends)
            .filter(|(topic, _)| topic.chain.entries() > 0)
            .map(|(_, end)| end.unwrap_or(EndEdge::Closed))
            .collect();
        if counted.is_empty() || counted.contains(&EndEdge::Closed) {
            EndEdge::Closed
        } else {
            EndEdge::Chained
        }
    }

    /// `None` when the date is closed and without entries, so that the next one decides.
    fn look_ahead(&mut self, day: &TopicDay<'_>, topic: Topic, date: NaiveDate) -> Option<EndEdge> {
        let proof = match topic {
            Topic::Funds => &mut self.funds,
            Topic::Fees => &mut self.fees,
        };
        if !day.is_closed() {
            return Some(EndEdge::Closed);
        }
        let opens = day.entries.first()?.balance_before;
        if proof.chain.entries() == 0 {
            proof.opens_later = opens;
        }
        let (Some(closing), Some(opens)) = (proof.chain.balance(), opens) else {
            return Some(EndEdge::Closed);
        };
        if closing != opens {
            let money = money_printer(self.currency);
            let last = self.last_exported.unwrap_or(self.options.range.to());
            self.findings.add(Code::BalanceBreak, Some(topic), Some(last), None, || {
                format!(
                    "{topic} closes the range at {}, but opens on {date} at {}; an entry of the range is missing, repeated or altered",
                    money(closing),
                    money(opens)
                )
            });
        }
        Some(EndEdge::Chained)
    }

    fn report_unproven(&mut self, start: StartEdge) {
        let from = self.options.range.from();
        let is_empty = self.funds.chain.entries() + self.fees.chain.entries() == 0;
        for proof in [&self.funds, &self.fees] {
            let topic = proof.topic;
            let counts = proof.counts() || is_empty;
            if start == StartEdge::Unchained && counts && proof.start() == StartEdge::Unchained {
                self.findings.add(Code::NotProven, Some(topic), Some(from), None, || match proof.before {
                    Before::Unknown(date) => format!(
                        "{topic}: nothing before {from} proves the opening balance; {date} is not in the archive as a closed date with balances"
                    ),
                    Before::Empty | Before::Closing(_) => format!(
                        "{topic}: the {EDGE_DATES} dates before {from} have no entries, yet the first entry after them opens at a balance"
                    ),
                });
            }
            if proof.chain.unproven_entries() > 0 {
                self.findings.add(
                    Code::NotProven,
                    Some(topic),
                    Some(self.options.range.to()),
                    None,
                    || {
                        format!(
                            "{topic}: {} entries have no balance that vouches for them",
                            proof.chain.unproven_entries()
                        )
                    },
                );
            }
        }
        if is_empty && self.open_dates.is_empty() {
            self.findings.add(Code::NoEntries, None, Some(from), None, || {
                "every date of the range is closed and without entries; when that is unexpected, check that the keys still reach the ledger".to_owned()
            });
        }
    }
}

impl TopicProof {
    fn new(topic: Topic, before: Before) -> Self {
        let closing = match before {
            Before::Closing(balance) => Some(balance),
            Before::Empty | Before::Unknown(_) => None,
        };
        Self {
            topic,
            before,
            opens_later: None,
            chain: Chain::new(topic, closing),
            totals: BTreeMap::new(),
        }
    }

    fn start(&self) -> StartEdge {
        match self.before {
            Before::Closing(_) => StartEdge::Chained,
            Before::Empty if self.opens_at_zero() => StartEdge::FirstEntry,
            Before::Empty | Before::Unknown(_) => StartEdge::Unchained,
        }
    }

    /// Whether the first entry there is opens at zero; true when there is none.
    fn opens_at_zero(&self) -> bool {
        if self.chain.entries() == 0 {
            self.opens_later.is_none_or(|balance| balance == 0)
        } else {
            self.chain.opening() == Some(0)
        }
    }

    /// Whether the topic has a say in the edges: one without entries has none, unless the entry
    /// after the range shows a balance, which some entry must have made.
    fn counts(&self) -> bool {
        self.chain.entries() > 0 || self.opens_later.is_some_and(|balance| balance != 0)
    }

    fn into_totals(self) -> TopicTotals {
        TopicTotals {
            opening: self.chain.opening(),
            closing: self.chain.balance(),
            by_type: self.totals,
        }
    }
}

/// `None` when the date is closed and without entries, so that the one before it decides.
fn look_back(day: &TopicDay<'_>, date: NaiveDate) -> Option<Before> {
    if !day.is_closed() {
        return Some(Before::Unknown(date));
    }
    let last = day.entries.last()?;
    Some(last.balance_after.map_or(Before::Unknown(date), Before::Closing))
}

fn money_printer(currency: Option<Currency>) -> impl Fn(i64) -> String + Copy {
    move |minor| match currency {
        Some(currency) => format!("{} {currency}", currency.format(minor)),
        None => crate::money::format_minor(minor, 2),
    }
}
