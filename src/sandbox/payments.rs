//! The payments of generated ledgers: captures, refunds and fees, each made from the seed when
//! it is asked for.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::date::days_before;
use crate::ledger::entry::EntryType;
use crate::sandbox::engine::{EntryDraft, Label};
use crate::sandbox::plan::Plan;
use crate::sandbox::random::{Random, number_of};

/// What is known of a date before any of its entries is made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Date {
    pub(crate) date: NaiveDate,
    /// Days since the plan's first date.
    pub(crate) number: u64,
    pub(crate) payments: u64,
    /// Whether customers bring back what they bought the day before.
    pub(crate) is_returns: bool,
    /// How many of the last payments have their fee on the next date.
    pub(crate) late_fees: u64,
    pub(crate) begins: DateTime<Utc>,
    pub(crate) microseconds: i64,
}

/// A payment as the seed would have it, before its neighbours are asked.
#[derive(Debug, Clone, Copy)]
struct Wish {
    is_refund: bool,
    amount: i64,
    has_two_fees: bool,
    is_bare: bool,
    has_unknown_field: bool,
}

/// A capture, named by its date and place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CaptureKey {
    pub(crate) date_number: u64,
    pub(crate) index: u64,
    pub(crate) amount: i64,
}

/// The payments of one generated ledger: a function of seed, date and place on the date.
#[derive(Debug)]
pub(crate) struct Payments {
    plan: Plan,
    seed: u64,
}

impl Payments {
    pub(crate) fn new(plan: Plan) -> Self {
        let seed = Random::new(&[plan.seed, number_of(&plan.terms.ledger_id)]).next_number();
        Self { plan, seed }
    }

    /// What the ledger is like.
    pub(crate) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The captures and refunds of the date, in order.
    pub(crate) fn funds(&self, date: &Date) -> impl Iterator<Item = EntryDraft> + use<'_> {
        let (date, before) = (*date, self.date_before(date));
        (0..date.payments).map(move |index| self.payment(&date, before.as_ref(), index))
    }

    /// The fees of the date, late ones of the date before first.
    pub(crate) fn fees(&self, date: &Date) -> impl Iterator<Item = EntryDraft> + use<'_> {
        let (date, before) = (*date, self.date_before(date));
        let late = before.into_iter().flat_map(move |before| {
            let earlier = self.date_before(&before);
            let places = before.payments - before.late_fees..before.payments;
            places.flat_map(move |index| self.fees_of(&before, earlier.as_ref(), index))
        });
        let own = 0..date.payments - date.late_fees;
        late.chain(own.flat_map(move |index| self.fees_of(&date, before.as_ref(), index)))
            .flatten()
    }

    pub(crate) fn random(&self, date_number: u64, purpose: u64, index: u64) -> Random {
        Random::new(&[self.seed, date_number, purpose, index])
    }

    /// The date, unless it lies outside the plan.
    pub(crate) fn date(&self, date: NaiveDate) -> Option<Date> {
        let range = &self.plan.range;
        if !range.contains(date) {
            return None;
        }
        let number = u64::try_from((date - range.from()).num_days()).ok()?;
        let mut random = self.random(number, 1, 0);
        let usual = self.plan.payments_per_date;
        let payments = match random.below(12) {
            0 => 0,
            _ => (usual - usual / 4 + random.below(usual / 2 + 1)).max(1),
        };
        let begins = self.plan.terms.begins(date);
        let length = self.plan.terms.ends(date) - begins;
        let has_late_fees = random.below(3) == 0 && date < range.to();
        Some(Date {
            date,
            number,
            payments,
            is_returns: self.plan.with_exceptions && number > 0 && random.below(9) == 0,
            late_fees: if has_late_fees {
                (1 + payments / 100).min(payments)
            } else {
                0
            },
            begins,
            microseconds: length.num_microseconds().unwrap_or(0),
        })
    }

    pub(crate) fn date_before(&self, date: &Date) -> Option<Date> {
        self.date(days_before(date.date, 1))
    }

    fn wish(&self, date: &Date, index: u64) -> Wish {
        let mut random = self.random(date.number, 2, index);
        let is_refund = random.below(25) == 0;
        let whole = i64::try_from(random.below(490)).unwrap_or(0);
        let odd = if random.below(5) == 0 {
            i64::try_from(random.below(100)).unwrap_or(0)
        } else {
            0
        };
        let exceptional = random.below(120);
        let is = |number| self.plan.with_exceptions && exceptional == number;
        Wish {
            is_refund,
            amount: 1000 + whole * 100 + odd,
            has_two_fees: is(0),
            is_bare: is(1),
            has_unknown_field: is(2),
        }
    }

    /// The capture that the payment gives back, and how much of it; `None` for a capture.
    ///
    /// On most dates a refund follows its capture. On a date of returns, payments give back what
    /// was captured in the same place the day before, unless that has been touched already.
    fn refunded(&self, date: &Date, before: Option<&Date>, index: u64) -> Option<(CaptureKey, i64)> {
        if date.is_returns {
            let before = before.filter(|before| index < before.payments)?;
            let capture = self.untouched(before, index)?;
            return Some((capture, capture.amount));
        }
        let last = index.checked_sub(1)?;
        if !self.wish(date, index).is_refund {
            return None;
        }
        let wish = self.wish(date, last);
        let capture = CaptureKey {
            date_number: date.number,
            index: last,
            amount: wish.amount,
        };
        (!wish.is_refund).then_some((capture, wish.amount / 2))
    }

    /// The payment, if it is a capture of which nothing is given back on its own date.
    pub(crate) fn untouched(&self, date: &Date, index: u64) -> Option<CaptureKey> {
        let wish = self.wish(date, index);
        let is_touched = date.is_returns || wish.is_refund || self.wish(date, index + 1).is_refund;
        let capture = CaptureKey {
            date_number: date.number,
            index,
            amount: wish.amount,
        };
        (!is_touched).then_some(capture)
    }

    pub(crate) fn psp_reference(&self, date_number: u64, index: u64, is_refund: bool) -> u64 {
        30_000_000_000 + date_number * self.stride() + index * 2 + u64::from(is_refund)
    }

    /// How far the references of two dates lie apart.
    fn stride(&self) -> u64 {
        self.plan.payments_per_date * 4 + 64
    }

    pub(crate) fn capture_draft(&self, capture: &CaptureKey, time: DateTime<Utc>) -> EntryDraft {
        let psp_reference = self.psp_reference(capture.date_number, capture.index, false);
        let handle = &self.plan.terms.handle;
        let is_order = handle.starts_with("api:");
        let order = psp_reference - 20_000_000_000;
        EntryDraft {
            psp_reference: Label::Number(psp_reference),
            reference: if is_order {
                Label::Order("ordre-", order)
            } else {
                Label::Number(order)
            },
            recipient_handle: Label::Text(handle.clone()),
            customer: (!is_order).then_some(psp_reference),
            ..EntryDraft::new(EntryType::Capture, time, capture.amount)
        }
    }

    fn time(&self, date: &Date, index: u64) -> DateTime<Utc> {
        let share = i128::from(date.microseconds) * i128::from(index) / i128::from(date.payments.max(1));
        date.begins + TimeDelta::microseconds(i64::try_from(share).unwrap_or(0))
    }

    /// The capture or refund in a place of the date.
    fn payment(&self, date: &Date, before: Option<&Date>, index: u64) -> EntryDraft {
        let time = self.time(date, index);
        let wish = self.wish(date, index);
        let mut draft = match self.refunded(date, before, index) {
            Some((capture, amount)) => EntryDraft {
                entry_type: EntryType::Refund,
                amount: -amount,
                psp_reference: Label::Number(self.psp_reference(date.number, index, true)),
                ..self.capture_draft(&capture, time)
            },
            None => {
                let capture = CaptureKey {
                    date_number: date.number,
                    index,
                    amount: wish.amount,
                };
                self.capture_draft(&capture, time)
            }
        };
        if wish.is_bare {
            draft.recipient_handle = Label::Null;
            draft.reference = Label::Absent;
        }
        draft.has_unknown_field = wish.has_unknown_field;
        draft
    }

    /// The fees of the payment in a place of the date; a refund has none.
    fn fees_of(&self, date: &Date, before: Option<&Date>, index: u64) -> [Option<EntryDraft>; 2] {
        let capture = self.payment(date, before, index);
        if capture.entry_type != EntryType::Capture {
            return [None, None];
        }
        let amount = -self.plan.terms.fee(capture.amount);
        let fee = EntryDraft {
            entry_type: EntryType::CaptureFee,
            amount,
            customer: None,
            ..capture
        };
        let second = self.wish(date, index).has_two_fees.then(|| EntryDraft {
            amount: -10,
            ..fee.clone()
        });
        [(amount != 0).then_some(fee), second]
    }
}
