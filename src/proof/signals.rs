//! What entries say beyond their balances: their types, signs, times, order, and the mirror of
//! retained fees.

use crate::ledger::entry::{Entry, EntryType};
use crate::ledger::finding::Code;
use crate::ledger::page::Page;
use crate::proof::{Prover, money_printer};
use crate::provider::Topic;

/// A payout and where it stands.
#[derive(Debug)]
pub(super) struct PayoutPlace {
    ordinal: usize,
    name: String,
}

impl Prover {
    /// Follows the numbers of payouts, and whether one is the last entry of its date.
    fn signal_payout(&mut self, ordinal: usize, entry: &Entry<'_>) {
        self.today.funds_entries = ordinal;
        if entry.entry_type != EntryType::PayoutScheduled {
            return;
        }
        self.signal_last_payout();
        self.payout_row.payout(entry, self.today.date, ordinal);
        self.today.payout = Some(PayoutPlace {
            ordinal,
            name: entry.payout_number().unwrap_or("without a number").to_owned(),
        });
    }

    /// Judges the last payout so far, when no more entries of the date can follow it, or another
    /// payout has.
    pub(super) fn signal_last_payout(&mut self) {
        let Some(payout) = self.today.payout.take() else {
            return;
        };
        let date = self.today.date;
        if payout.ordinal < self.today.funds_entries {
            let (topic, ordinal) = (Some(Topic::Funds), Some(payout.ordinal));
            self.findings
                .add(Code::PayoutOrder, topic, Some(date), ordinal, || {
                    format!("payout {} is not the last entry of its date", payout.name)
                });
        }
    }

    pub(super) fn signal_negative(&mut self) {
        let (opens, closes, date) = (self.today.opens_at, self.funds.chain.balance(), self.today.date);
        let is_negative = |balance: Option<i64>| balance.is_some_and(|balance| balance < 0);
        if is_negative(opens) || is_negative(closes) {
            let money = money_printer(self.currency);
            let show = |balance: Option<i64>| balance.map_or_else(|| "unknown".to_owned(), money);
            self.findings.add(
                Code::NegativeBalance,
                Some(Topic::Funds),
                Some(date),
                None,
                || {
                    format!(
                        "funds {date}: the balance is below zero: opens at {}, closes at {}",
                        show(opens),
                        show(closes)
                    )
                },
            );
        }
    }

    /// Reports what an entry's type, sign, time or place has to say.
    pub(super) fn signal(&mut self, topic: Topic, ordinal: usize, entry: &Entry<'_>) {
        let date = self.today.date;
        if entry.entry_type == EntryType::FeesRetained {
            match topic {
                Topic::Funds => self.today.funds_retained += i128::from(entry.amount),
                Topic::Fees => self.today.fees_retained += i128::from(entry.amount),
            }
        }
        if topic == Topic::Funds {
            if self.today.opens_at.is_none() && ordinal == 1 {
                self.today.opens_at = entry.balance_before;
            }
            self.signal_payout(ordinal, entry);
        }
        let money = money_printer(self.currency);
        let name = entry.entry_type.name();
        let reference = entry.voucher_reference().unwrap_or("none");
        let mut report = |code, what: &str| {
            self.findings
                .add_amount(code, topic, date, ordinal, entry.amount, || {
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
            | EntryType::ServiceFee
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
            && !time.is_within(&self.today.seconds)
            && let Some(local) = time.local_date(self.options.zone)
            && local != date
        {
            self.findings.add_amount(Code::CutoffStraddle, topic, date, ordinal, entry.amount, || {
                format!("{topic} {date}, entry {ordinal}: {name} (reference `{}`) happened on {local} in the merchant's time zone", crate::text::line(reference))
            });
        }
    }

    /// `fees-retained` is one movement that both topics show with opposite signs.
    pub(super) fn compare_mirror(&mut self) {
        let (funds, fees) = (self.today.funds_retained, self.today.fees_retained);
        if funds + fees == 0 {
            return;
        }
        let date = self.today.date;
        let money = money_printer(self.currency);
        let show = |sum| i64::try_from(sum).map_or_else(|_| "more than bilag can hold".to_owned(), money);
        self.findings
            .add(Code::MirrorMismatch, None, Some(date), None, || {
                format!(
                    "fees-retained on {date}: {} on funds, but {} on fees; the two must cancel out",
                    show(funds),
                    show(fees)
                )
            });
    }

    /// Reports times that cannot be read, once a date and topic.
    pub(super) fn signal_times(&mut self, page: &Page<'_, '_>) {
        let (topic, date) = (page.topic, page.date);
        if let Some(ordinal) = page.unreadable_time
            && self.today.unreadable.replace(topic) != Some(topic)
        {
            self.findings.add(
                Code::TimeUnreadable,
                Some(topic),
                Some(date),
                Some(ordinal),
                || format!("{topic} {date}, entry {ordinal}: its time cannot be read and is left out"),
            );
        }
    }
}
