//! The date at hand: what of it can be judged only at its end.

use std::ops::Range;

use chrono::NaiveDate;

use crate::days::Days;
use crate::ledger::day::TopicState;
use crate::ledger::duplicates::Seen;
use crate::ledger::finding::Code;
use crate::proof::Prover;
use crate::proof::signals::PayoutPlace;
use crate::provider::Topic;

/// The date at hand.
#[derive(Debug)]
pub(super) struct Today {
    pub(super) date: NaiveDate,
    /// When the date lasts on the merchant's clock, in seconds since 1970.
    pub(super) seconds: Range<i64>,
    /// The funds balance before the date, where it is known.
    pub(super) opens_at: Option<i64>,
    pub(super) seen: Seen,
    /// The topic whose unreadable times were reported last.
    pub(super) unreadable: Option<Topic>,
    /// The sum of fees-retained on each topic.
    pub(super) funds_retained: i128,
    pub(super) fees_retained: i128,
    /// The last payout so far: its place, and whether its number follows the one before.
    pub(super) payout: Option<PayoutPlace>,
    /// Where the last entry of the funds topic stands.
    pub(super) funds_entries: usize,
}

impl Today {
    pub(super) fn new(date: NaiveDate) -> Self {
        Self {
            date,
            seconds: 0..0,
            opens_at: None,
            seen: Seen::default(),
            unreadable: None,
            funds_retained: 0,
            fees_retained: 0,
            payout: None,
            funds_entries: 0,
        }
    }
}
impl Prover {
    /// Reports topics that are not closed; says whether both are.
    pub(super) fn take_states(&mut self, date: NaiveDate, states: [&TopicState; 2]) -> bool {
        let mut is_unreadable = false;
        for (topic, state) in Topic::ALL.into_iter().zip(states) {
            let (code, message) = match state {
                TopicState::Closed => continue,
                TopicState::Open => (
                    Code::DateOpen,
                    format!("{topic} {date} is still open at the provider; run again when it is closed"),
                ),
                TopicState::Missing(what) => (Code::DateMissing, format!("{topic} {date} {what}; fetch it")),
                TopicState::Unreadable(message) => {
                    is_unreadable = true;
                    (
                        Code::Unreadable,
                        format!("{topic} {date} cannot be read: {message}"),
                    )
                }
            };
            self.findings.add(code, Some(topic), Some(date), None, || message);
        }
        let is_closed = states.into_iter().all(|state| *state == TopicState::Closed);
        if !is_unreadable && !is_closed {
            self.open_dates.push(date);
        }
        is_closed
    }

    pub(super) fn report_duplicates(&mut self, days: &Days<'_>) {
        let date = self.today.date;
        for (topic, mut suspects) in self.today.seen.take_suspects() {
            let findings = &mut self.findings;
            days.visit(topic, date, |page| {
                for (ordinal, entry) in page.numbered() {
                    if suspects.is_duplicate(entry) {
                        findings.add(Code::DuplicateEntry, Some(topic), Some(date), Some(ordinal), || {
                            format!(
                                "{topic} {date}, entry {ordinal}: equals an earlier entry of the date in every field ({}, pspReference `{}`)",
                                entry.entry_type,
                                entry.psp_reference.as_deref().unwrap_or("none")
                            )
                        });
                    }
                }
            });
        }
    }
}
