//! What the beginning and the end of a range hang on.

use chrono::NaiveDate;

use crate::date::{DateRange, days_after};
use crate::days::Days;
use crate::days::facts::Facts;
use crate::ledger::check::Chain;
use crate::ledger::day::TopicState;
use crate::ledger::entry::Entry;
use crate::ledger::finding::Code;
use crate::proof::{EDGE_DATES, EndEdge, Prover, StartEdge, TopicTotals, TypeTotal, join, money_printer};
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
    /// All dates looked at are closed and without entries.
    Empty,
    /// This date is not known, or its last entry has no balance.
    Unknown(NaiveDate),
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
        if edges.contains(&StartEdge::Unchained) {
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
        let mut ends = [None, None];
        for step in 1..=EDGE_DATES {
            if ends.iter().all(Option::is_some) {
                break;
            }
            let date = days_after(exported.to(), step);
            if days.is_closed(date) {
                join(&mut self.fee_join, days, date);
            }
            for (topic, end) in Topic::ALL.into_iter().zip(&mut ends) {
                if end.is_none() {
                    *end = self.look_ahead(&days.facts(topic, date), topic, date);
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
    fn look_ahead(&mut self, facts: &Facts, topic: Topic, date: NaiveDate) -> Option<EndEdge> {
        let proof = match topic {
            Topic::Funds => &mut self.funds,
            Topic::Fees => &mut self.fees,
        };
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
    pub(super) fn new(topic: Topic, before: Before) -> Self {
        let closing = match before {
            Before::Closing(balance) => Some(balance),
            Before::Empty | Before::Unknown(_) => None,
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

    pub(super) fn into_totals(self) -> TopicTotals {
        TopicTotals {
            opening: self.chain.opening(),
            closing: self.chain.balance(),
            by_type: self.totals.into_iter().collect(),
        }
    }
}

/// `None` when the date is closed and without entries, so that the one before it decides.
pub(super) fn look_back(facts: &Facts, date: NaiveDate) -> Option<Before> {
    if facts.state != TopicState::Closed {
        return Some(Before::Unknown(date));
    }
    if facts.entries == 0 {
        return None;
    }
    Some(facts.closes_at.map_or(Before::Unknown(date), Before::Closing))
}
