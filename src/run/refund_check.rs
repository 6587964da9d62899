//! Whether refunds have captures, where their captures can make no difference to the books.
//!
//! Nothing is fetched for it, and the pass over the range stays one. When it is done, the range and
//! the dates before it are gone through backwards, until every refund has found what it needs; most
//! have after a few weeks. Memory holds the entries of references that are still looked for.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::NaiveDate;

use crate::date::{DateRange, days_before};
use crate::days::Days;
use crate::ledger::day::TopicState;
use crate::ledger::finding::{Code, Level};
use crate::ledger::findings::Findings;
use crate::posting::books::Books;
use crate::posting::refunds::SeenRefund;
use crate::posting::replay::Replay;
use crate::posting::review;
use crate::posting::sale::{Sale, Settled};
use crate::provider::Topic;
use crate::run::beginning;

/// The refunds of one reference, which have not yet found enough captures.
#[derive(Debug, Default)]
struct Wanted {
    /// By ledger date and ordinal.
    refunds: BTreeMap<(NaiveDate, usize), i64>,
    /// The captures and refunds so far, the last date first.
    dates: Vec<Vec<Arc<Sale>>>,
    /// Whether there is something new since they were last looked at.
    is_touched: bool,
}

/// Reports the refunds, below zero as they are, that have no capture, or take more than there is, as
/// far as the archive knows the dates that they look back to.
pub(super) fn judge(days: &Days<'_>, books: &Books<'_>, seen: Vec<SeenRefund>, findings: &mut Findings) {
    let lookback_days = books.settings.refund_lookback_days;
    let mut wanted: HashMap<Box<str>, Wanted> = HashMap::new();
    let (mut first, mut last) = (NaiveDate::MAX, NaiveDate::MIN);
    for refund in seen {
        (first, last) = (first.min(refund.date), last.max(refund.date));
        let place = (refund.date, refund.ordinal);
        let of_reference = wanted.entry(refund.reference).or_default();
        of_reference.refunds.insert(place, refund.amount);
    }
    let Ok(dates) = DateRange::new(days_before(first, lookback_days), last) else {
        return;
    };
    let mut unknown = Vec::new();
    for date in dates.dates().rev() {
        if wanted.is_empty() {
            return;
        }
        let is_wanted = |reference: &str| wanted.contains_key(reference);
        let (state, sales) = days.search(Topic::Funds, date, &is_wanted, |page, sales| {
            for (ordinal, entry) in page.numbered() {
                let reference = entry.reference.as_deref();
                if let Some((reference, _)) = reference.and_then(|reference| wanted.get_key_value(reference))
                    && let Some(sale) = Sale::of(books, date, ordinal, entry)
                {
                    sales.push((reference.clone(), Arc::new(sale)));
                }
            }
        });
        if state != TopicState::Closed {
            unknown.push(date);
        }
        let mut of_date: HashMap<Box<str>, Vec<Arc<Sale>>> = HashMap::new();
        for (reference, sale) in sales {
            of_date.entry(reference).or_default().push(sale);
        }
        for (reference, sales) in of_date {
            if let Some(wanted) = wanted.get_mut(&reference) {
                wanted.is_touched |= sales.iter().any(|sale| !sale.is_refund);
                wanted.dates.push(sales);
            }
        }
        wanted.retain(|reference, wanted| {
            let is_touched = std::mem::take(&mut wanted.is_touched);
            // A refund of an earlier date may have taken the same rest.
            let are_all_seen = wanted.refunds.keys().all(|(refund, _)| *refund >= date);
            !(is_touched && are_all_seen && wanted.settled(books, reference).iter().all(has_all))
        });
    }
    if !unknown.is_empty()
        && let Some(begins) = beginning::of_funds(days, books.first_payout)
    {
        unknown.retain(|date| *date > begins);
    }
    let mut wanted: Vec<_> = wanted.into_iter().collect();
    wanted.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    for (reference, wanted) in wanted {
        let settled = wanted.settled(books, &reference);
        for (((date, ordinal), amount), settled) in wanted.refunds.iter().zip(settled) {
            if has_all(&settled) || *amount >= 0 {
                continue;
            }
            let looked_at = days_before(*date, lookback_days)..=*date;
            let count = unknown.iter().filter(|date| looked_at.contains(date)).count();
            if count > 0 {
                findings.add_as(Level::Info, Code::RefundLookbackIncomplete, Some(Topic::Funds), Some(*date), None, || {
                    format!(
                        "whether the refund with reference `{}` has a capture cannot be judged: {count} of the {lookback_days} dates before it are not in the archive",
                        crate::text::line(&reference)
                    )
                });
            } else {
                review::without_capture(books, &settled, (*date, *ordinal), *amount, &reference, findings);
            }
        }
    }
}

fn has_all(settled: &Settled) -> bool {
    settled.excess == 0 && settled.is_found
}

impl Wanted {
    /// What becomes of the refunds by the entries so far, in their order.
    fn settled(&self, books: &Books<'_>, reference: &str) -> Vec<Settled> {
        let lookback_days = books.settings.refund_lookback_days;
        let sales: Vec<Arc<Sale>> = self.dates.iter().rev().flatten().cloned().collect();
        let mut replay = Replay::new(books, reference, &sales);
        let settle = |((date, ordinal), amount): (&(NaiveDate, usize), &i64)| {
            let place =
                sales.binary_search_by_key(&(*date, *ordinal), |sale| (sale.ledger_date, sale.ordinal));
            match place {
                Ok(place) => replay.refund(days_before(*date, lookback_days), place),
                // Its date is not reached.
                Err(_) => Settled {
                    excess: *amount,
                    ..Settled::default()
                },
            }
        };
        self.refunds.iter().map(settle).collect()
    }
}
