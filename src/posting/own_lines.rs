//! Refunds that have sales lines of their own: the lines say from which tax codes they take.

use std::sync::Arc;

use crate::config::sales_lines::SalesLine;
use crate::money::divide_half_away;
use crate::posting::basket::Basket;
use crate::posting::outcome::Lines;
use crate::posting::replay::Replay;
use crate::posting::rests::Rests;
use crate::posting::sale::{Mismatch, Sale, Settled};

impl Replay<'_> {
    /// The refund's own sales lines, when they sum to it.
    pub(super) fn own_lines(&self, sale: &Sale, settled: &mut Settled) -> Option<Vec<SalesLine>> {
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

    pub(super) fn any_takes_lines(&self, handle: Option<&Arc<str>>) -> bool {
        let places = self.left.places(handle);
        places.is_empty() || places.iter().any(|place| self.basket(*place).is_some())
    }

    /// A refund with lines goes to the capture that has that much left at their codes: to the one
    /// whose rest it equals, else to the first; else to each what it has left at them. Returns what
    /// is too much, and the lines that are left for it.
    pub(super) fn by_own_lines(
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
