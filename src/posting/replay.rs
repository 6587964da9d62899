//! Follows the captures and refunds of one reference, in their order.

use std::sync::Arc;

use chrono::NaiveDate;

use crate::config::sales_lines::SalesLine;
use crate::posting::basket::{Basket, Taken};
use crate::posting::books::Books;
use crate::posting::outcome::{self, Lines, Outcome};
use crate::posting::rests::Rests;
use crate::posting::sale::{Mismatch, Part, Sale, Settled};

/// A finding names so many captures.
const NAMED: usize = 4;

/// The entries of one reference, and what became of them so far.
pub struct Replay<'a> {
    pub(super) books: &'a Books<'a>,
    pub(super) sales: &'a [Arc<Sale>],
    pub(super) outcomes: Vec<Outcome>,
    /// By place; of a refund nothing.
    pub(super) captures: Vec<Option<Capture>>,
    /// Where the look-back begins, and which entry comes next.
    first: usize,
    next: usize,
    /// Whether the capture at a place is among the rests.
    is_added: Vec<bool>,
    pub(super) left: Rests,
    refunded: Rests,
    pub(super) baskets: Vec<Lines>,
}

/// What is known of a capture before anything is refunded.
pub(super) struct Capture {
    pub(super) outcome: usize,
    lines: Lines,
}

impl<'a> Replay<'a> {
    /// The entries of `reference`, in their order.
    pub fn new(books: &'a Books<'a>, reference: &str, sales: &'a [Arc<Sale>]) -> Self {
        let mut outcomes: Vec<Outcome> = Vec::new();
        let mut capture_of = |sale: &Arc<Sale>| {
            if sale.is_refund {
                return None;
            }
            let facts = outcome::Facts {
                date: sale.date,
                handle: sale.handle.as_deref(),
                reference,
                psp_reference: sale.psp_reference.as_deref(),
                amount: sale.amount,
            };
            let (found, lines) = outcome::of(books, facts);
            let known = outcomes.iter().position(|known| *known == found);
            let outcome = known.unwrap_or(outcomes.len());
            if known.is_none() {
                outcomes.push(found);
            }
            Some(Capture { outcome, lines })
        };
        let captures: Vec<_> = sales.iter().map(&mut capture_of).collect();
        let mut replay = Self {
            books,
            sales,
            outcomes,
            captures,
            first: 0,
            next: 0,
            is_added: Vec::new(),
            left: Rests::default(),
            refunded: Rests::default(),
            baskets: Vec::new(),
        };
        replay.begin(0);
        replay
    }

    fn begin(&mut self, first: usize) {
        (self.first, self.next) = (first, first);
        self.is_added = vec![false; self.sales.len()];
        self.left = Rests::default();
        self.refunded = Rests::default();
        let lines = |capture: &Option<Capture>| match capture {
            Some(capture) => capture.lines.clone(),
            None => Lines::None,
        };
        self.baskets = self.captures.iter().map(lines).collect();
    }

    /// Settles the refund at `place`, by the entries from `first_date` on. Refunds are asked for in
    /// their order.
    pub fn refund(&mut self, first_date: NaiveDate, place: usize) -> Settled {
        let first = self.sales.partition_point(|sale| sale.ledger_date < first_date);
        if first != self.first {
            self.begin(first);
        }
        while self.next < place {
            let earlier = self.next;
            self.step(earlier);
        }
        self.step(place)
    }

    /// Takes the entry at `place`, which is the next.
    fn step(&mut self, place: usize) -> Settled {
        self.next = place + 1;
        if self.sales[place].is_refund {
            self.settle(place)
        } else {
            self.add(place);
            Settled::default()
        }
    }

    fn add(&mut self, place: usize) {
        let Some(capture) = &self.captures[place] else {
            return;
        };
        if !std::mem::replace(&mut self.is_added[place], true) {
            let sale = &self.sales[place];
            self.left
                .add(sale.handle.as_ref(), place, capture.outcome, sale.amount);
        }
    }

    fn settle(&mut self, place: usize) -> Settled {
        let sale = Arc::clone(&self.sales[place]);
        let handle = sale.handle.as_ref();
        let is_back = sale.amount > 0;
        let wanted = sale.amount.checked_abs().unwrap_or(i64::MAX);
        if !is_back && self.left.sum(handle) < i128::from(wanted) {
            self.add_rest_of_date(place);
        }
        let mut settled = Settled {
            is_found: self.captures_of(place).next().is_some(),
            ..Settled::default()
        };
        if wanted == 0 {
            let first = self.captures_of(place).next();
            settled.parts.extend(first.map(|first| self.part(first, 0, None)));
            return settled;
        }
        let own = self.own_lines(&sale, &mut settled).filter(|_| !is_back);
        let rest = match own {
            Some(lines) if self.any_takes_lines(handle) => {
                let (rest, lines) = self.by_own_lines(&sale, wanted, lines, &mut settled);
                settled.excess_lines = (rest != 0).then_some(lines);
                rest
            }
            own => {
                let rest = self.by_rests(&sale, wanted, is_back, &mut settled);
                settled.excess_lines = own.filter(|_| rest == wanted);
                rest
            }
        };
        settled.excess = if is_back { rest } else { -rest };
        settled
    }

    /// Captures that come after a refund on its own date count where those before do not suffice.
    fn add_rest_of_date(&mut self, place: usize) {
        let date = self.sales[place].ledger_date;
        for later in place + 1..self.sales.len() {
            if self.sales[later].ledger_date != date {
                break;
            }
            self.add(later);
        }
    }

    /// The captures in the look-back that the refund at `place` can belong to, with or without a
    /// rest.
    fn captures_of(&self, place: usize) -> impl Iterator<Item = usize> {
        let refund = &self.sales[place];
        let (date, handle) = (refund.ledger_date, refund.handle.as_ref());
        let is_meant = move |sale: &Sale| match (sale.handle.as_ref(), handle) {
            (Some(theirs), Some(mine)) => theirs == mine,
            _ => true,
        };
        (self.first..self.sales.len())
            .take_while(move |place| self.sales[*place].ledger_date <= date)
            .filter(move |place| !self.sales[*place].is_refund && is_meant(&self.sales[*place]))
    }

    pub(super) fn basket(&self, place: usize) -> Option<&Basket> {
        match &self.baskets[place] {
            Lines::OneCode(basket) | Lines::Own(basket) => Some(basket),
            Lines::None | Lines::Mismatch(_) => None,
        }
    }

    /// Takes from the one equal rest, else from the earliest on. Returns what is too much.
    fn by_rests(&mut self, sale: &Sale, wanted: i64, is_back: bool, settled: &mut Settled) -> i64 {
        let handle = sale.handle.as_ref();
        let rests = if is_back { &self.refunded } else { &self.left };
        if let Some(place) = rests.only_one_of(handle, wanted) {
            self.take(place, wanted, is_back, settled);
            return 0;
        }
        let is_choice = i128::from(wanted) < rests.sum(handle) && rests.differ(handle);
        settled.ambiguous = is_choice.then(|| self.names(&rests.places(handle)));
        let mut rest = wanted;
        while rest > 0 {
            let rests = if is_back { &self.refunded } else { &self.left };
            let Some(place) = rests.first(handle) else { break };
            let amount = rest.min(rests.of(self.sales[place].handle.as_ref(), place));
            self.take(place, amount, is_back, settled);
            rest -= amount;
        }
        rest
    }

    /// Takes `amount`, above zero, of a capture, or gives it back.
    fn take(&mut self, place: usize, amount: i64, is_back: bool, settled: &mut Settled) {
        self.move_rest(place, amount, is_back);
        let capture = Arc::clone(&self.sales[place]);
        let take = |basket: &mut Basket| {
            if is_back {
                basket.put_back(amount)
            } else {
                basket.take(amount)
            }
        };
        let lines = match &mut self.baskets[place] {
            Lines::None => None,
            Lines::OneCode(basket) => {
                // The rule's code says it all, unless lines of refunds have mixed others in.
                let Taken { lines, is_estimated } = take(basket);
                settled.is_estimated |= is_estimated;
                (basket.tax_codes().len() > 1).then_some(lines)
            }
            Lines::Own(basket) => {
                let Taken { lines, is_estimated } = take(basket);
                settled.is_estimated |= is_estimated;
                Some(lines)
            }
            Lines::Mismatch(sum) => {
                settled.mismatch = Some(Mismatch {
                    of_capture: true,
                    lines: *sum,
                    amount: capture.amount,
                });
                None
            }
        };
        let signed = if is_back { amount } else { -amount };
        settled.parts.push(self.part(place, signed, lines));
    }

    pub(super) fn move_rest(&mut self, place: usize, amount: i64, is_back: bool) {
        let Some(capture) = &self.captures[place] else {
            return;
        };
        let handle = self.sales[place].handle.as_ref();
        let signed = if is_back { amount } else { -amount };
        self.left.add(handle, place, capture.outcome, signed);
        self.refunded.add(handle, place, capture.outcome, -signed);
    }

    pub(super) fn part(&self, place: usize, amount: i64, lines: Option<Vec<SalesLine>>) -> Part {
        Part {
            capture: Arc::clone(&self.sales[place]),
            amount,
            lines,
        }
    }

    /// Names captures for a person.
    pub(super) fn names(&self, places: &[usize]) -> String {
        let money = |minor: i64| self.books.currency.format(minor);
        let name = |place: &usize| {
            let sale = &self.sales[*place];
            let outcome = self.captures[*place]
                .as_ref()
                .map(|capture| self.outcomes[capture.outcome].describe());
            format!(
                "{} of {} ({})",
                money(sale.amount),
                sale.ledger_date,
                outcome.unwrap_or_default()
            )
        };
        let mut names: Vec<String> = places.iter().take(NAMED).map(name).collect();
        if places.len() > NAMED {
            names.push(format!("{} more", places.len() - NAMED));
        }
        names.join(", ")
    }
}
