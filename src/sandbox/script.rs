//! Writes a ledger event by event: a small ledger whose every entry is meant.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde_json::{Value, json};

use crate::ledger::entry::EntryType;
use crate::provider::{LedgerInfo, Topic};
use crate::sandbox::engine::{EntryDraft, FIRST_PAYOUT, Label, RunningBalance, Terms};
use crate::sandbox::market;
use crate::sandbox::source::{LedgerItem, ScriptedDate, ScriptedSource};

/// A capture that later entries can refer to.
#[derive(Debug, Clone)]
pub struct Capture {
    /// The capture's own reference, which its fees and disputes share.
    pub psp_reference: u64,
    /// The merchant's reference, which its refunds share.
    pub order: u64,
    /// When it happened.
    pub time: DateTime<Utc>,
    /// The amount captured.
    pub amount: i64,
}

/// A ledger being written, date by date, in order.
#[derive(Debug)]
pub struct Script {
    terms: Terms,
    order_prefix: &'static str,
    date: NaiveDate,
    funds: RunningBalance,
    fees: RunningBalance,
    next_payout: u64,
    next_psp_reference: u64,
    next_order: u64,
    dates: BTreeMap<NaiveDate, ScriptedDate>,
}

impl Script {
    /// A ledger without entries, about to begin on `date`.
    pub fn new(terms: Terms, order_prefix: &'static str, date: NaiveDate) -> Self {
        Self {
            terms,
            order_prefix,
            date,
            funds: RunningBalance::default(),
            fees: RunningBalance::default(),
            next_payout: FIRST_PAYOUT,
            next_psp_reference: 48_210_300_017,
            next_order: 10_001,
            dates: BTreeMap::new(),
        }
    }

    /// The terms of the ledger.
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// The instant that the merchant's clock shows as `hour:minute` on `date`.
    pub fn clock(&self, date: NaiveDate, hour: u32, minute: u32) -> DateTime<Utc> {
        let time = NaiveTime::from_hms_micro_opt(hour, minute, 31, 824_993).unwrap_or(NaiveTime::MIN);
        market::instant(market::zone(self.terms.market), date, time)
    }

    /// Turns to `date`, which lies after the date so far.
    pub fn turn_to(&mut self, date: NaiveDate) {
        self.date = date;
        self.dates.insert(date, ScriptedDate::default());
    }

    /// The ledger date being written.
    pub fn date(&self) -> NaiveDate {
        self.date
    }

    /// Puts an entry on a topic of the current date.
    pub fn enter(&mut self, topic: Topic, draft: EntryDraft) {
        let date = self.dates.entry(self.date).or_default();
        match topic {
            Topic::Funds => date.funds.push(self.funds.enter(self.date, draft)),
            Topic::Fees => date.fees.push(self.fees.enter(self.date, draft)),
        }
    }

    /// A capture, without its fee.
    pub fn capture(&mut self, time: DateTime<Utc>, amount: i64) -> Capture {
        let capture = Capture {
            psp_reference: self.new_psp_reference(),
            order: self.next_order,
            time,
            amount,
        };
        self.next_order += 1;
        self.enter(
            Topic::Funds,
            self.payment(EntryType::Capture, &capture, time, amount),
        );
        capture
    }

    /// The fee of `capture`, on the current date.
    pub fn fee(&mut self, capture: &Capture) {
        let amount = -self.terms.fee(capture.amount);
        self.enter(
            Topic::Fees,
            self.payment(EntryType::CaptureFee, capture, capture.time, amount),
        );
    }

    /// A refund of `amount` of `capture`. It has a reference of its own.
    pub fn refund(&mut self, capture: &Capture, time: DateTime<Utc>, amount: i64) {
        let psp_reference = Label::Number(self.new_psp_reference());
        let draft = self.payment(EntryType::Refund, capture, time, -amount);
        self.enter(
            Topic::Funds,
            EntryDraft {
                psp_reference,
                ..draft
            },
        );
    }

    /// Withholds `capture` because of a dispute.
    pub fn retain_disputed(&mut self, capture: &Capture, time: DateTime<Utc>) {
        self.enter(
            Topic::Funds,
            self.payment(EntryType::RetainedDisputedCapture, capture, time, -capture.amount),
        );
    }

    /// Gives `capture` back because the dispute was won.
    pub fn return_disputed(&mut self, capture: &Capture, time: DateTime<Utc>) {
        self.enter(
            Topic::Funds,
            self.payment(EntryType::ReturnedDisputedCapture, capture, time, capture.amount),
        );
    }

    /// Takes back the last payout, which could not be made.
    pub fn abort_last_payout(&mut self, time: DateTime<Utc>) {
        let mut entries = self.dates.values().rev().flat_map(|date| date.funds.iter().rev());
        let payout = entries.find(|entry| entry.draft.entry_type == EntryType::PayoutScheduled);
        let Some(amount) = payout.map(|entry| -entry.draft.amount) else {
            return;
        };
        let psp_reference = self.terms.payout_label(self.next_payout - 1);
        let draft = EntryDraft {
            psp_reference,
            ..EntryDraft::new(EntryType::PayoutAborted, time, amount)
        };
        self.enter(Topic::Funds, draft);
    }

    /// An entry about money between provider and merchant, with a reference and nothing else.
    pub fn adjust(&mut self, topic: Topic, entry_type: EntryType<'static>, time: DateTime<Utc>, amount: i64) {
        let psp_reference = Label::Number(self.new_psp_reference());
        self.enter(
            topic,
            EntryDraft {
                psp_reference,
                ..EntryDraft::new(entry_type, time, amount)
            },
        );
    }

    /// Ends the current date by the terms: fees, then the payout.
    pub fn close(&mut self) {
        let closing = self
            .terms
            .closing(self.date, self.funds.balance, self.fees.balance);
        for topic in Topic::ALL {
            for draft in self
                .terms
                .closing_entries(self.date, &closing, self.next_payout, topic)
            {
                self.enter(topic, draft);
            }
        }
        self.next_payout += u64::from(closing.payout.is_some());
    }

    /// The ledger as a source, shown by the ledgers endpoint under `unit_name`.
    pub fn finish(
        self,
        unit_name: &str,
        owner: &str,
        bank_scheme: &str,
        bank_account: &str,
    ) -> ScriptedSource {
        ScriptedSource {
            ledger: ledger_item(&self.terms, unit_name, owner, bank_scheme, bank_account),
            currency: market::currency(self.terms.market).code().to_owned(),
            dates: self.dates,
        }
    }

    fn payment(
        &self,
        entry_type: EntryType<'static>,
        capture: &Capture,
        time: DateTime<Utc>,
        amount: i64,
    ) -> EntryDraft {
        EntryDraft {
            psp_reference: Label::Number(capture.psp_reference),
            reference: Label::Order(self.order_prefix, capture.order),
            recipient_handle: Label::Text(self.terms.handle.clone()),
            ..EntryDraft::new(entry_type, time, amount)
        }
    }

    fn new_psp_reference(&mut self) -> u64 {
        self.next_psp_reference += 7919;
        self.next_psp_reference
    }
}

/// The item of the ledgers endpoint for a ledger with one sales unit.
pub fn ledger_item(
    terms: &Terms,
    unit_name: &str,
    owner: &str,
    bank_scheme: &str,
    bank_account: &str,
) -> LedgerItem {
    let owner = json!({ "scheme": market::looks(terms.market).owner_scheme, "id": owner });
    let handle: &str = &terms.handle;
    let json = json!({
        "ledgerId": terms.ledger_id,
        "currency": market::currency(terms.market),
        "payoutBankAccount": { "scheme": bank_scheme, "id": bank_account },
        "owner": owner,
        "settlesForRecipientHandles": [handle],
        "salesUnits": [{ "name": unit_name, "recipientHandle": handle, "businessIdentifier": owner }],
    });
    let mut info = LedgerInfo::unknown(&terms.ledger_id);
    info.settles_for_recipient_handles.push(handle.to_owned());
    let Value::Object(json) = json else {
        unreachable!("`json!` with braces makes an object")
    };
    LedgerItem { info, json }
}
