//! Ledgers of any size from a seed, made anew for each page and never held.
//!
//! What is paid on a date follows from the seed, the ledger and the date alone, entry by entry.
//! Only the balances need the dates before; a summary of each date is computed once and kept.

use std::borrow::Cow;
use std::sync::OnceLock;

use chrono::{DateTime, TimeDelta, Utc};

use crate::date::{DateRange, days_before};
use crate::ledger::entry::EntryType;
use crate::provider::Topic;
use crate::sandbox::engine::{Closing, EntryDraft, FIRST_PAYOUT, Label, LedgerEntry, RunningBalance};
use crate::sandbox::market::{self, Looks};
use crate::sandbox::payments::{Date, Payments};
use crate::sandbox::plan::Plan;
use crate::sandbox::script::ledger_item;
use crate::sandbox::source::{LedgerItem, Reading, Source, SourceError, TopicDate, Window, select};

/// Generated ledgers.
#[derive(Debug)]
pub struct Generator {
    ledgers: Vec<Ledger>,
}

impl Generator {
    /// One ledger for each plan.
    pub fn new(plans: Vec<Plan>) -> Self {
        Self {
            ledgers: plans.into_iter().map(Ledger::new).collect(),
        }
    }

    fn ledger(&self, ledger_id: &str) -> Option<&Ledger> {
        self.ledgers
            .iter()
            .find(|ledger| ledger.plan().terms.ledger_id == ledger_id)
    }
}

impl Source for Generator {
    fn ledgers(&self) -> Result<Vec<LedgerItem>, SourceError> {
        Ok(self.ledgers.iter().map(|ledger| ledger.item.clone()).collect())
    }

    fn span(&self, ledger_id: &str) -> Result<Option<DateRange>, SourceError> {
        Ok(self.ledger(ledger_id).map(|ledger| ledger.plan().range))
    }

    fn read(&self, place: &TopicDate<'_>, window: &Window) -> Result<Reading, SourceError> {
        let Some(ledger) = self.ledger(place.ledger_id) else {
            return Ok(Reading::default());
        };
        let currency = market::currency(ledger.plan().terms.market);
        let items = match ledger.payments.date(place.date) {
            Some(date) => select(ledger.entries(&date, place.topic), window, currency.code()),
            None => Vec::new(),
        };
        Ok(Reading {
            items,
            is_open: false,
        })
    }
}

/// What the entries of a date depend on besides the seed.
#[derive(Debug, Clone, Copy)]
struct Summary {
    funds_before: i64,
    fees_before: i64,
    /// Number and amount of the payout of the date before.
    last_payout: Option<(u64, i64)>,
    next_payout: u64,
    closing: Closing,
}

#[derive(Debug)]
struct Ledger {
    payments: Payments,
    item: LedgerItem,
    summaries: OnceLock<Vec<Summary>>,
}

impl Ledger {
    fn plan(&self) -> &Plan {
        self.payments.plan()
    }

    fn new(plan: Plan) -> Self {
        let terms = &plan.terms;
        let Looks {
            owner, bank_account, ..
        } = market::looks(terms.market);
        let bank_scheme = format!("BBAN:{}", terms.market.code());
        let unit_name = format!("Utsalg {}", terms.handle);
        let item = ledger_item(terms, &unit_name, owner, &bank_scheme, bank_account);
        Self {
            payments: Payments::new(plan),
            item,
            summaries: OnceLock::new(),
        }
    }

    /// What happens on the date besides payments.
    fn exceptions(&self, date: &Date, summary: &Summary, topic: Topic) -> Vec<EntryDraft> {
        if !self.plan().with_exceptions {
            return Vec::new();
        }
        let mut random = self.payments.random(date.number, 3, 0);
        let mut strikes = |one_in: u64| random.below(one_in) == 0;
        let time = date.begins + TimeDelta::microseconds(date.microseconds) - TimeDelta::seconds(90);
        let adjustment = |place: u64, entry_type, amount| EntryDraft {
            psp_reference: Label::Number(self.payments.psp_reference(date.number + 1, 0, false) - 32 + place),
            ..EntryDraft::new(entry_type, time, amount)
        };
        // Each is drawn on both topics, so that the topics do not depend on each other.
        let fees_correction = strikes(13).then(|| adjustment(0, EntryType::Correction, -125));
        let fees_credit = strikes(19).then(|| adjustment(1, EntryType::CreditNote, -2500));
        let correction = strikes(13).then(|| adjustment(2, EntryType::Correction, 300));
        let credit = strikes(17).then(|| adjustment(3, EntryType::CreditNote, -5000));
        let unknown = Cow::Borrowed("settlement-adjustment");
        let unknown = strikes(7).then(|| adjustment(4, EntryType::Unknown(unknown), -700));
        let top_up = (strikes(2) && summary.funds_before < 0)
            .then(|| adjustment(5, EntryType::TopUp, -summary.funds_before));
        let is_aborted = strikes(11);
        let service = strikes(15).then(|| adjustment(6, EntryType::ServiceFee, -9900));
        let aborted = summary
            .last_payout
            .filter(|_| is_aborted)
            .map(|(number, amount)| EntryDraft {
                psp_reference: self.plan().terms.payout_label(number),
                ..EntryDraft::new(
                    EntryType::PayoutAborted,
                    date.begins + TimeDelta::hours(9),
                    amount,
                )
            });
        match topic {
            Topic::Funds => {
                let disputes = self.disputes(date, time);
                [aborted, top_up, correction, credit, unknown]
                    .into_iter()
                    .flatten()
                    .chain(disputes)
                    .collect()
            }
            Topic::Fees => [fees_correction, fees_credit, service]
                .into_iter()
                .flatten()
                .collect(),
        }
    }

    /// Captures of the day before that are disputed, and those of a dispute that is won after
    /// three days.
    fn disputes(&self, date: &Date, time: DateTime<Utc>) -> impl Iterator<Item = EntryDraft> {
        let disputed = |date: &Date| {
            let before = self
                .payments
                .date_before(date)
                .filter(|before| before.payments > 0)?;
            let is_disputed = !date.is_returns && self.payments.random(date.number, 4, 0).below(8) == 0;
            self.payments.untouched(&before, 0).filter(|_| is_disputed)
        };
        let retained = disputed(date).map(|capture| EntryDraft {
            entry_type: EntryType::RetainedDisputedCapture,
            amount: -capture.amount,
            ..self.payments.capture_draft(&capture, time)
        });
        let opened = self.payments.date(days_before(date.date, 3));
        let won = opened.filter(|opened| self.payments.random(opened.number, 5, 0).below(2) == 0);
        let returned = won.and_then(|won| disputed(&won)).map(|capture| EntryDraft {
            entry_type: EntryType::ReturnedDisputedCapture,
            ..self.payments.capture_draft(&capture, time)
        });
        retained.into_iter().chain(returned)
    }

    fn entries(&self, date: &Date, topic: Topic) -> impl Iterator<Item = LedgerEntry> + use<'_> {
        let place = usize::try_from(date.number).unwrap_or(usize::MAX);
        let summary = self.summaries().get(place).copied();
        let payments: Box<dyn Iterator<Item = EntryDraft>> = match topic {
            Topic::Funds => Box::new(self.payments.funds(date)),
            Topic::Fees => Box::new(self.payments.fees(date)),
        };
        let mut after = Vec::new();
        let mut account = RunningBalance::default();
        if let Some(summary) = summary {
            account.balance = match topic {
                Topic::Funds => summary.funds_before,
                Topic::Fees => summary.fees_before,
            };
            after = self.exceptions(date, &summary, topic);
            let terms = &self.plan().terms;
            after.extend(terms.closing_entries(date.date, &summary.closing, summary.next_payout, topic));
        }
        let ledger_date = date.date;
        payments
            .chain(after)
            .map(move |draft| account.enter(ledger_date, draft))
    }

    /// One summary for each date of the plan, computed when first asked for.
    fn summaries(&self) -> &[Summary] {
        self.summaries.get_or_init(|| {
            let mut summaries = Vec::new();
            let mut summary = Summary {
                funds_before: 0,
                fees_before: 0,
                last_payout: None,
                next_payout: FIRST_PAYOUT,
                closing: Closing::default(),
            };
            for date in self
                .plan()
                .range
                .dates()
                .filter_map(|date| self.payments.date(date))
            {
                summary = self.summarise(&date, summary, &mut summaries);
            }
            summaries
        })
    }

    /// Adds the summary of `date` and gives the next date's, still without its closing.
    fn summarise(&self, date: &Date, mut summary: Summary, summaries: &mut Vec<Summary>) -> Summary {
        let sum = |drafts: Vec<EntryDraft>| drafts.iter().map(|draft| draft.amount).sum::<i64>();
        let funds = summary.funds_before
            + self.payments.funds(date).map(|draft| draft.amount).sum::<i64>()
            + sum(self.exceptions(date, &summary, Topic::Funds));
        let fees = summary.fees_before
            + self.payments.fees(date).map(|draft| draft.amount).sum::<i64>()
            + sum(self.exceptions(date, &summary, Topic::Fees));
        let closing = self.plan().terms.closing(date.date, funds, fees);
        summary.closing = closing;
        summaries.push(summary);
        Summary {
            funds_before: funds - closing.retained - closing.payout.unwrap_or(0),
            fees_before: fees + closing.retained + closing.invoiced,
            last_payout: closing.payout.map(|amount| (summary.next_payout, amount)),
            next_payout: summary.next_payout + u64::from(closing.payout.is_some()),
            closing: Closing::default(),
        }
    }
}
