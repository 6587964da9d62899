//! What the beginning and the end of a range hang on.

use chrono::NaiveDate;

use crate::date::{DateRange, days_after, days_before};
use crate::days::Days;
use crate::days::facts::Facts;
use crate::ledger::check::Chain;
use crate::ledger::day::TopicState;
use crate::ledger::entry::Entry;
use crate::ledger::finding::{Code, Level};
use crate::proof::{EDGE_DATES, EndEdge, Prover, StartEdge, TopicTotals, TypeTotal, money_printer};
use crate::provider::Topic;

#[derive(Debug)]
pub(super) struct TopicProof {
    pub(super) topic: Topic,
    before: Before,
    /// Where the next entry opens, when the range has none of its own to say it.
    opens_later: Option<i64>,
    pub(super) chain: Chain,
    /// Totals by the canonical name of the entry type; there are few of them.
    totals: Vec<(String, TypeTotal)>,
}

/// What the dates before the range say about a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    /// The last entry before the range left this balance.
    Closing(i64),
    /// All dates that the archive has are closed and without entries, the last [`EDGE_DATES`] among
    /// them.
    Empty,
    /// The last [`EDGE_DATES`] dates are closed and without entries; the others were not looked at.
    Quiet,
    /// This date is not known, or its last entry has no balance.
    Unknown(NaiveDate),
}

impl Before {
    /// Looks at the dates before `from`, the latest first, until one has entries or is not known;
    /// at no more than `dates_max`.
    pub(super) fn find(days: &Days<'_>, topic: Topic, from: NaiveDate, dates_max: u64) -> Self {
        for step in 1..=dates_max {
            let date = days_before(from, step);
            let facts = days.facts(topic, date);
            match facts.state {
                TopicState::Closed if facts.entries == 0 => {}
                TopicState::Closed => return facts.closes_at.map_or(Self::Unknown(date), Self::Closing),
                // The archive may begin here, or have a hole.
                TopicState::Missing(_) if step > EDGE_DATES && !days.may_have_entries_before(topic, date) => {
                    return Self::Empty;
                }
                TopicState::Missing(_) | TopicState::Open | TopicState::Unreadable(_) => {
                    return Self::Unknown(date);
                }
            }
        }
        Self::Quiet
    }
}

impl Prover {
    pub(super) fn start_edge(&self) -> StartEdge {
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
        let knows_nothing = self.is_empty() && !self.knows_balance();
        if knows_nothing || edges.contains(&StartEdge::Unchained) {
            StartEdge::Unchained
        } else if edges.contains(&StartEdge::Chained) {
            StartEdge::Chained
        } else {
            StartEdge::FirstEntry
        }
    }

    pub(super) fn end_edge(&mut self, days: &Days<'_>, exported: Option<DateRange>) -> EndEdge {
        let Some(exported) = exported else {
            return EndEdge::Closed;
        };
        let is_empty = self.is_empty();
        let mut ends = [None, None];
        for (topic, end) in Topic::ALL.into_iter().zip(&mut ends) {
            // What comes after many quiet dates matters to a topic that has something to end only.
            let has_end = is_empty || self.topic(topic).chain.entries() > 0;
            let steps = 1..=if has_end { u64::MAX } else { EDGE_DATES };
            *end = steps
                .map(|step| days_after(exported.to(), step))
                .find_map(|date| self.look_ahead(&days.facts(topic, date), topic, date));
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
    fn look_ahead(&mut self, facts: &Facts, topic: Topic, date: NaiveDate) -> Option<EndEdge> {
        let proof = self.topic_mut(topic);
        if facts.state != TopicState::Closed {
            return Some(EndEdge::Closed);
        }
        if facts.entries == 0 {
            return None;
        }
        let opens = facts.opens_at;
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

    pub(super) fn report_unproven(&mut self, start: StartEdge) {
        let from = self.options.range.from();
        let is_empty = self.is_empty();
        for proof in [&self.funds, &self.fees] {
            let topic = proof.topic;
            let counts = proof.counts() || is_empty;
            if start == StartEdge::Unchained && counts && proof.start() == StartEdge::Unchained {
                self.findings.add(Code::NotProven, Some(topic), Some(from), None, || match proof.before {
                    Before::Unknown(date) => format!(
                        "{topic}: nothing before {from} proves the opening balance; {date} is not in the archive as a closed date with balances"
                    ),
                    Before::Empty | Before::Quiet | Before::Closing(_) => format!(
                        "{topic}: the dates before {from} have no entries, yet the first entry after them opens at a balance"
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
            let (level, what) = if self.knows_balance() {
                (Level::Info, "")
            } else {
                (
                    Level::Review,
                    ", and nothing before or after it says what the balances are",
                )
            };
            self.findings.add_as(level, Code::NoEntries, None, Some(from), None, || {
                format!("every date of the range is closed and without entries{what}; when that is unexpected, check the dates and that the keys still reach the ledger")
            });
        }
    }

    /// Whether no topic has entries in the range.
    fn is_empty(&self) -> bool {
        self.funds.chain.entries() + self.fees.chain.entries() == 0
    }

    /// Whether anything says what the balance of a topic is.
    fn knows_balance(&self) -> bool {
        let is_known = |topic: &TopicProof| topic.chain.balance().is_some() || topic.opens_later.is_some();
        is_known(&self.funds) || is_known(&self.fees)
    }

    /// Looks further back for the last fees before the range, where they matter. A ledger without
    /// fees would have its whole archive looked through each time.
    pub(super) fn settle_quiet_fees(&mut self, days: &Days<'_>) {
        let proof = &self.fees;
        if proof.before != Before::Quiet || !(proof.counts() || self.is_empty()) {
            return;
        }
        let from = self.options.range.from();
        let before = Before::find(days, Topic::Fees, from, u64::MAX);
        let proof = &mut self.fees;
        proof.before = before;
        let Before::Closing(closing) = before else { return };
        let opens = if proof.chain.entries() == 0 {
            proof.chain = Chain::new(Topic::Fees, Some(closing));
            proof.opens_later
        } else {
            proof.chain.opening()
        };
        if let Some(opens) = opens
            && opens != closing
        {
            let money = money_printer(self.currency);
            self.findings
                .add(Code::BalanceBreak, Some(Topic::Fees), Some(from), None, || {
                    format!(
                        "fees opens the range at {}, but closed before it at {}; an entry is missing, repeated or altered",
                        money(opens),
                        money(closing)
                    )
                });
        }
    }
}

impl TopicProof {
    pub(super) fn new(topic: Topic, before: Before) -> Self {
        let closing = match before {
            Before::Closing(balance) => Some(balance),
            Before::Empty | Before::Quiet | Before::Unknown(_) => None,
        };
        Self {
            topic,
            before,
            opens_later: None,
            chain: Chain::new(topic, closing),
            totals: Vec::new(),
        }
    }

    /// Counts an entry; `None` when the sum is larger than bilag can hold.
    pub(super) fn count(&mut self, entry: &Entry<'_>) -> Option<()> {
        let name = entry.entry_type.name();
        let index = match self.totals.iter().position(|(known, _)| known == name) {
            Some(index) => index,
            None => {
                self.totals.push((name.to_owned(), TypeTotal::default()));
                self.totals.len() - 1
            }
        };
        let (_, total) = &mut self.totals[index];
        total.count += 1;
        total.sum = total.sum.checked_add(entry.amount)?;
        Some(())
    }

    pub(super) fn start(&self) -> StartEdge {
        match self.before {
            Before::Closing(_) => StartEdge::Chained,
            Before::Empty | Before::Quiet if self.opens_at_zero() => StartEdge::FirstEntry,
            Before::Empty | Before::Quiet | Before::Unknown(_) => StartEdge::Unchained,
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

    pub(super) fn into_totals(self) -> TopicTotals {
        TopicTotals {
            opening: self.chain.opening(),
            closing: self.chain.balance(),
            by_type: self.totals.into_iter().collect(),
        }
    }
}
