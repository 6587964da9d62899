//! What entries say beyond their balances: their types, signs, times, order, and the mirror of
//! retained fees.

use std::ops::Range;

use chrono::NaiveDate;

use crate::ledger::day::{LedgerDay, TopicDay};
use crate::ledger::entry::{Entry, EntryType};
use crate::ledger::finding::Code;
use crate::proof::{Prover, money_printer};
use crate::provider::Topic;

impl Prover {
    pub(super) fn signal_payout_order(&mut self, day: &LedgerDay<'_>) {
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

    pub(super) fn signal_negative(&mut self, day: &LedgerDay<'_>, opens: Option<i64>) {
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

    /// Reports what an entry's type, sign or time has to say; `today` is when its ledger date
    /// lasts on the merchant's clock.
    pub(super) fn signal(
        &mut self,
        topic: Topic,
        date: NaiveDate,
        ordinal: usize,
        entry: &Entry<'_>,
        today: &Range<i64>,
    ) {
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
            && let Some(time) = entry.time
            && !time.is_within(today)
            && let Some(local) = time.local_date(self.options.zone)
            && local != date
        {
            self.findings.add(Code::CutoffStraddle, Some(topic), Some(date), Some(ordinal), || {
                format!("{topic} {date}, entry {ordinal}: {name} (reference `{}`) happened on {local} in the merchant's time zone", crate::text::line(reference))
            });
        }
    }

    /// `fees-retained` is one movement that both topics show with opposite signs.
    pub(super) fn compare_mirror(&mut self, day: &LedgerDay<'_>) {
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
}
