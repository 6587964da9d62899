//! Follows the captures and refunds of one reference, in their order.

use std::sync::Arc;

use chrono::NaiveDate;

use crate::config::sales_lines::SalesLine;
use crate::money::divide_half_away;
use crate::posting::basket::{Basket, Taken};
use crate::posting::books::Books;
use crate::posting::outcome::{self, Lines, Outcome};
use crate::posting::rests::Rests;
use crate::posting::sale::{Mismatch, Part, Sale, Settled};

/// A finding names so many captures.
const NAMED: usize = 4;

/// The entries of one reference, and what became of them so far.
pub struct Replay<'a> {
    books: &'a Books<'a>,
    sales: &'a [Arc<Sale>],
    outcomes: Vec<Outcome>,
    /// By place; of a refund nothing.
    captures: Vec<Option<Capture>>,
    /// Where the look-back begins, and which entry comes next.
    first: usize,
    next: usize,
    /// Whether the capture at a place is among the rests.
    is_added: Vec<bool>,
    left: Rests,
    refunded: Rests,
    baskets: Vec<Lines>,
}

/// What is known of a capture before anything is refunded.
struct Capture {
    outcome: usize,
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

    /// The refund's own sales lines, when they sum to it.
    fn own_lines(&self, sale: &Sale, settled: &mut Settled) -> Option<Vec<SalesLine>> {
        let lines = self.books.sales_lines.find(sale.psp_reference.as_deref(), None)?;
        let sum: i128 = lines.iter().map(|line| i128::from(line.gross)).sum();
        if sum != i128::from(sale.amount) {
            settled.mismatch = Some(Mismatch {
                of_capture: false,
                lines: sum,
                amount: sale.amount,
            });
            return None;
        }
        Some(lines.to_vec())
    }

    fn any_takes_lines(&self, handle: Option<&Arc<str>>) -> bool {
        let places = self.left.places(handle);
        places.is_empty() || places.iter().any(|place| self.basket(*place).is_some())
    }

    fn basket(&self, place: usize) -> Option<&Basket> {
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

    fn move_rest(&mut self, place: usize, amount: i64, is_back: bool) {
        let Some(capture) = &self.captures[place] else {
            return;
        };
        let handle = self.sales[place].handle.as_ref();
        let signed = if is_back { amount } else { -amount };
        self.left.add(handle, place, capture.outcome, signed);
        self.refunded.add(handle, place, capture.outcome, -signed);
    }

    fn part(&self, place: usize, amount: i64, lines: Option<Vec<SalesLine>>) -> Part {
        Part {
            capture: Arc::clone(&self.sales[place]),
            amount,
            lines,
        }
    }

    /// A refund with lines goes to the capture that has that much left at their codes: to the one
    /// whose rest it equals, else to the first; else to each what it has left at them. Returns what
    /// is too much, and the lines that are left for it.
    fn by_own_lines(
        &mut self,
        sale: &Sale,
        wanted: i64,
        mut lines: Vec<SalesLine>,
        settled: &mut Settled,
    ) -> (i64, Vec<SalesLine>) {
        let handle = sale.handle.as_ref();
        let places = self.left.places(handle);
        let needed = Basket::of(&lines);
        let rest_of = |place: usize| self.left.of(self.sales[place].handle.as_ref(), place);
        let fits = |place: &usize| {
            let codes = needed.tax_codes();
            rest_of(*place) >= wanted
                && self.basket(*place).is_some_and(|basket| {
                    let has = |(code, _): &(String, i64)| {
                        i128::from(basket.left_of(code)) + i128::from(needed.left_of(code)) >= 0
                    };
                    codes.iter().all(has)
                })
        };
        let fitting: Vec<usize> = places.iter().copied().filter(fits).collect();
        let equal: Vec<usize> = fitting
            .iter()
            .copied()
            .filter(|place| rest_of(*place) == wanted)
            .collect();
        let is_forced = equal.len() == 1 || i128::from(wanted) >= self.left.sum(handle);
        let choices = if fitting.is_empty() { &places } else { &fitting };
        let frame = |place: &usize| {
            self.captures[*place]
                .as_ref()
                .map(|capture| &self.outcomes[capture.outcome].frame)
        };
        let is_choice = !is_forced && choices.windows(2).any(|two| frame(&two[0]) != frame(&two[1]));
        settled.ambiguous = is_choice.then(|| self.names(choices));
        let one = if equal.len() == 1 {
            equal.first()
        } else {
            fitting.first()
        };
        if let Some(place) = one.copied() {
            self.take_lines(place, lines, settled);
            return (0, Vec::new());
        }
        let mut rest = wanted;
        // First by what is left at the codes, then by what is left at all.
        for by_code in [true, false] {
            for place in &places {
                let mut taken = Vec::new();
                let mut room = rest_of_capture(&self.left, self.sales, *place);
                for line in &mut lines {
                    let at_code = self.basket(*place).map_or(0, |basket| {
                        let so_far = taken
                            .iter()
                            .filter(|taken: &&SalesLine| taken.tax_code == line.tax_code);
                        so_far.fold(basket.left_of(&line.tax_code), |left, taken| {
                            left.saturating_add(taken.gross)
                        })
                    });
                    let limit = if by_code { room.min(at_code) } else { room };
                    let amount = limit.min(line.gross.saturating_neg());
                    if amount > 0 {
                        taken.push(cut(line, amount));
                        room -= amount;
                        rest -= amount;
                    }
                }
                lines.retain(|line| line.gross != 0);
                if !taken.is_empty() {
                    if !by_code {
                        settled.overdrawn.get_or_insert_with(|| taken[0].tax_code.clone());
                    }
                    self.take_lines(*place, taken, settled);
                }
            }
        }
        (rest, lines)
    }

    fn take_lines(&mut self, place: usize, lines: Vec<SalesLine>, settled: &mut Settled) {
        let amount = lines
            .iter()
            .fold(0i64, |sum, line| sum.saturating_sub(line.gross));
        self.move_rest(place, amount, false);
        if let Lines::OneCode(basket) | Lines::Own(basket) = &mut self.baskets[place] {
            lines.iter().for_each(|line| basket.take_line(line));
        }
        settled.parts.push(self.part(place, -amount, Some(lines)));
    }

    /// Names captures for a person.
    fn names(&self, places: &[usize]) -> String {
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

fn rest_of_capture(left: &Rests, sales: &[Arc<Sale>], place: usize) -> i64 {
    left.of(sales[place].handle.as_ref(), place)
}

/// Cuts `amount`, above zero, off a line of a refund, with its part of the VAT.
fn cut(line: &mut SalesLine, amount: i64) -> SalesLine {
    let whole = line.gross.saturating_neg();
    let vat = line.vat.map(|vat| {
        if amount == whole {
            vat
        } else {
            divide_half_away(i128::from(vat) * i128::from(amount), i128::from(whole)).unwrap_or(vat)
        }
    });
    line.gross = line.gross.saturating_add(amount);
    line.vat = line.vat.zip(vat).map(|(all, cut)| all.saturating_sub(cut));
    SalesLine {
        gross: -amount,
        tax_code: line.tax_code.clone(),
        vat,
    }
}
