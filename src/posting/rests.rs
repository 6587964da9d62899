//! What is left of the captures of one reference, so that a refund finds its captures fast also
//! where very many share a reference.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Amounts by capture. A capture is named by its place among the entries of its reference.
#[derive(Debug, Default)]
pub(super) struct Rests {
    /// By sales unit, since a refund that names one looks only at its own captures.
    by_handle: BTreeMap<Option<Arc<str>>, Pool>,
}

#[derive(Debug, Default)]
struct Pool {
    in_order: BTreeMap<usize, Rest>,
    by_amount: BTreeSet<(i64, usize)>,
    sum: i128,
    /// How many captures of each outcome there are.
    outcomes: BTreeMap<usize, usize>,
}

#[derive(Debug, Clone, Copy)]
struct Rest {
    amount: i64,
    outcome: usize,
}

impl Rests {
    /// Adds to what is left of a capture.
    pub(super) fn add(&mut self, handle: Option<&Arc<str>>, place: usize, outcome: usize, amount: i64) {
        let pool = self.by_handle.entry(handle.cloned()).or_default();
        let known = pool.remove(place).map_or(0, |rest| rest.amount);
        let amount = known.saturating_add(amount);
        if amount > 0 {
            pool.insert(place, Rest { amount, outcome });
        }
    }

    /// What is left of all captures that a refund with this handle looks at.
    pub(super) fn sum(&self, handle: Option<&Arc<str>>) -> i128 {
        self.pools(handle).map(|pool| pool.sum).sum()
    }

    /// What is left of one capture.
    pub(super) fn of(&self, handle: Option<&Arc<str>>, place: usize) -> i64 {
        let pool = self.by_handle.get(&handle.cloned());
        pool.and_then(|pool| pool.in_order.get(&place))
            .map_or(0, |rest| rest.amount)
    }

    /// The capture of which exactly `amount` is left, when there is just one.
    pub(super) fn only_one_of(&self, handle: Option<&Arc<str>>, amount: i64) -> Option<usize> {
        let range = (amount, usize::MIN)..=(amount, usize::MAX);
        let mut equal = self
            .pools(handle)
            .flat_map(|pool| pool.by_amount.range(range.clone()));
        let (_, place) = equal.next()?;
        equal.next().is_none().then_some(*place)
    }

    /// The earliest capture with a rest.
    pub(super) fn first(&self, handle: Option<&Arc<str>>) -> Option<usize> {
        let firsts = self.pools(handle).filter_map(|pool| pool.in_order.keys().next());
        firsts.min().copied()
    }

    /// All captures with a rest, in order.
    pub(super) fn places(&self, handle: Option<&Arc<str>>) -> Vec<usize> {
        let mut places: Vec<usize> = self
            .pools(handle)
            .flat_map(|pool| pool.in_order.keys().copied())
            .collect();
        places.sort_unstable();
        places
    }

    /// Whether the captures with a rest have several outcomes.
    pub(super) fn differ(&self, handle: Option<&Arc<str>>) -> bool {
        let mut outcomes = self.pools(handle).flat_map(|pool| pool.outcomes.keys());
        let first = outcomes.next();
        outcomes.any(|outcome| Some(outcome) != first)
    }

    /// The same sales unit, or one of the two says none.
    fn pools<'r>(&'r self, handle: Option<&'r Arc<str>>) -> impl Iterator<Item = &'r Pool> {
        let is_meant = move |theirs: &Option<Arc<str>>| match (theirs.as_ref(), handle) {
            (Some(theirs), Some(mine)) => theirs == mine,
            _ => true,
        };
        self.by_handle
            .iter()
            .filter(move |(theirs, _)| is_meant(theirs))
            .map(|(_, pool)| pool)
    }
}

impl Pool {
    fn insert(&mut self, place: usize, rest: Rest) {
        self.in_order.insert(place, rest);
        self.by_amount.insert((rest.amount, place));
        self.sum += i128::from(rest.amount);
        *self.outcomes.entry(rest.outcome).or_default() += 1;
    }

    fn remove(&mut self, place: usize) -> Option<Rest> {
        let rest = self.in_order.remove(&place)?;
        self.by_amount.remove(&(rest.amount, place));
        self.sum -= i128::from(rest.amount);
        if let Some(count) = self.outcomes.get_mut(&rest.outcome) {
            *count -= 1;
            if *count == 0 {
                self.outcomes.remove(&rest.outcome);
            }
        }
        Some(rest)
    }
}
