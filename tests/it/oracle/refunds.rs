//! Which captures the refunds of a life belong to, and what is left of each capture.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::oracle::exact::Exact;
use crate::oracle::life::{Entry, Life, Line, Topic, before};

/// Some of a capture or refund: its code, its gross, and the VAT where the shop gave it.
pub(crate) type Part = (Option<&'static str>, i64, Option<i64>);

/// What of a refund belongs to one capture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Share {
    /// The place of its capture among the life's entries; none where it exceeds what was captured.
    pub(crate) capture: Option<usize>,
    /// What goes to each code of the capture's basket; one part without a code where there is none.
    pub(crate) parts: Vec<Part>,
}

/// What is left of a capture, by the codes of its basket.
#[derive(Debug)]
struct Rest {
    capture: usize,
    parts: Vec<Part>,
}

impl Rest {
    fn sum(&self) -> i64 {
        self.parts.iter().map(|part| part.1).sum()
    }

    /// Takes an amount off, in proportion to what is left by code: the sums up to each code are rounded. What closes a
    /// code closes its VAT.
    fn take(&mut self, amount: i64) -> Share {
        let whole = self.sum();
        let (mut left, mut taken) = (0, 0);
        let mut parts = Vec::new();
        for (code, rest, vat) in &mut self.parts {
            left += *rest;
            let upto = (Exact::from(amount) * Exact::from(left) / Exact::from(whole)).nearest();
            let gross = upto - taken;
            taken = upto;
            if gross != 0 {
                let closes = gross == *rest;
                parts.push((*code, gross, vat.take().filter(|_| closes)));
                *rest -= gross;
            }
        }
        Share {
            capture: Some(self.capture),
            parts,
        }
    }
}

/// A life's baskets by pspReference.
pub(crate) type Baskets<'l> = BTreeMap<&'l str, &'l [Line]>;

pub(crate) fn baskets(life: &Life) -> Baskets<'_> {
    life.baskets
        .iter()
        .map(|(psp, lines)| (psp.as_str(), lines.as_slice()))
        .collect()
}

fn fits(capture: &Entry, refund: &Entry, first: NaiveDate) -> bool {
    let handles = capture.handle.as_ref().zip(refund.handle.as_ref());
    capture.date >= first && handles.is_none_or(|(theirs, mine)| theirs == mine)
}

/// The shares of each refund, by its place among the life's entries. Amounts are those taken back, above zero.
pub(crate) fn shares(life: &Life) -> BTreeMap<usize, Vec<Share>> {
    let baskets = baskets(life);
    let mut rests = BTreeMap::<&str, Vec<Rest>>::new();
    let mut shares = BTreeMap::new();
    for (place, entry) in life.entries.iter().enumerate() {
        let Some(reference) = entry.reference.as_deref().filter(|_| entry.topic == Topic::Funds) else {
            continue;
        };
        let of_reference = rests.entry(reference).or_default();
        if entry.kind == "capture" && entry.amount > 0 {
            let lines = entry.psp.as_deref().and_then(|psp| baskets.get(psp));
            let parts = lines.map_or_else(|| vec![(None, entry.amount, None)], |lines| by_code(lines));
            of_reference.push(Rest {
                capture: place,
                parts,
            });
        } else if entry.kind == "refund" && entry.amount < 0 {
            let own = entry.psp.as_deref().and_then(|psp| baskets.get(psp)).copied();
            let found = of_rests(life, entry, of_reference, own);
            shares.insert(place, found);
        }
    }
    shares
}

fn by_code(lines: &[Line]) -> Vec<Part> {
    lines
        .iter()
        .map(|(gross, code, vat)| (Some(*code), *gross, *vat))
        .collect()
}

/// It goes to the one capture whose rest it equals, else to the rests from the earliest on.
fn of_rests(life: &Life, refund: &Entry, rests: &mut [Rest], own: Option<&[Line]>) -> Vec<Share> {
    let first = before(refund.date, 366);
    let mut open: Vec<&mut Rest> = rests
        .iter_mut()
        .filter(|rest| rest.sum() > 0 && fits(&life.entries[rest.capture], refund, first))
        .collect();
    let mut amount = -refund.amount;
    let equal: Vec<usize> = (0..open.len())
        .filter(|index| open[*index].sum() == amount)
        .collect();
    if let [only] = equal[..] {
        open = vec![open.swap_remove(only)];
    }
    let mut shares = Vec::new();
    if let Some(own) = own {
        let parts: Vec<Part> = by_code(own)
            .into_iter()
            .map(|(code, gross, vat)| (code, -gross, vat))
            .collect();
        // Its own lines say how it splits, also where its capture is not known.
        let capture = open.first().map(|rest| rest.capture);
        if let Some(rest) = open.first_mut() {
            for (code, gross, _) in &parts {
                let left = rest.parts.iter_mut().find(|part| part.0 == *code);
                let left = left.expect("a refund's own lines are of its basket");
                (left.1, left.2) = (left.1 - gross, None);
            }
        }
        return vec![Share { capture, parts }];
    }
    for rest in open {
        let taken = amount.min(rest.sum());
        if taken > 0 {
            shares.push(rest.take(taken));
            amount -= taken;
        }
    }
    if amount > 0 {
        shares.push(Share {
            capture: None,
            parts: vec![(None, amount, None)],
        });
    }
    shares
}
