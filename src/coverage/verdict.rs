//! Compares what a run made with what a format has already: what is new, the same, changed, gone, or
//! held by others.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::coverage::held::HeldVoucher;
use crate::coverage::object::Span;
use crate::coverage::recorder::Recording;
use crate::coverage::state::State;
use crate::date::{DateRange, runs};

/// What a run makes, against what is held.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Vouchers of entries that nothing holds.
    pub new: Vec<String>,
    /// How many vouchers are held as they are, in whatever file.
    pub same: u64,
    /// Vouchers that are held as they are in a file of another range.
    pub elsewhere: Vec<Conflict>,
    /// Vouchers that are held, but book something else.
    pub changed: Vec<Changed>,
    /// Vouchers of entries that others hold, or that were covered without a voucher.
    pub taken: Vec<Conflict>,
    /// Vouchers that are held and that the run no longer makes.
    pub gone: Vec<String>,
    /// The files that the changed and the gone vouchers, and those of taken entries, stand in.
    pub files: BTreeSet<u64>,
}

/// A voucher that books something else than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Its id.
    pub voucher: String,
    /// The hash of what is held.
    pub was: String,
    /// The hash of what the run makes.
    pub now: String,
}

/// A voucher whose entries stand somewhere else already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The voucher of the run.
    pub voucher: String,
    /// The first of its dates that is concerned.
    pub date: NaiveDate,
    /// What holds the entries; nothing when they were covered without a voucher.
    pub held_by: Vec<String>,
    /// The range of the file.
    pub range: Span,
}

impl Verdict {
    /// Compares. `state` is of one format, or of the closed months.
    pub fn of(recording: &Recording, state: &State) -> Self {
        let mut verdict = Self::default();
        let range = Span::from(recording.range);
        let mut made: BTreeSet<&str> = BTreeSet::new();
        for voucher in &recording.vouchers {
            made.insert(&voucher.id);
            match state.vouchers.get(&voucher.id) {
                Some(held) if held.voucher.hash == voucher.hash => {
                    verdict.same += voucher.vouchers();
                    if held.range != range {
                        verdict.elsewhere.push(Conflict {
                            voucher: voucher.id.clone(),
                            date: voucher.dates()[0],
                            held_by: vec![voucher.id.clone()],
                            range: held.range,
                        });
                    }
                }
                Some(held) => {
                    verdict.files.insert(held.file);
                    verdict.changed.push(Changed {
                        voucher: voucher.id.clone(),
                        was: held.voucher.hash.clone(),
                        now: voucher.hash.clone(),
                    });
                }
                None => match taken(voucher, state) {
                    Some((conflict, files)) => {
                        verdict.files.extend(files);
                        verdict.taken.push(conflict);
                    }
                    None => verdict.new.push(voucher.id.clone()),
                },
            }
        }
        // What holds entries of the range, and is not made again.
        for (id, held) in &state.vouchers {
            // A range that ends before a payout leaves the entries since the last one to the next.
            let is_made = |date: &NaiveDate| {
                let known = recording.dates.get(date);
                recording.range.contains(*date) && known.is_some_and(|known| !known.waits)
            };
            if held.voucher.dates().iter().any(is_made) && !made.contains(id.as_str()) {
                verdict.files.insert(held.file);
                verdict.gone.push(id.clone());
            }
        }
        verdict
    }

    /// Whether entries are held by vouchers of another id or hash.
    pub fn differs(&self) -> bool {
        !(self.changed.is_empty() && self.taken.is_empty() && self.gone.is_empty())
    }

    /// The first date of a voucher of the run that is concerned.
    pub fn concerns(&self, recording: &Recording) -> Option<NaiveDate> {
        let changed: BTreeSet<&String> = self.changed.iter().map(|changed| &changed.voucher).collect();
        let made = recording.vouchers.iter();
        let made = made.filter(|voucher| changed.contains(&voucher.id));
        let changed = made.filter_map(|voucher| voucher.dates().first().copied());
        let conflicts = self.taken.iter().chain(&self.elsewhere);
        changed.chain(conflicts.map(|conflict| conflict.date)).min()
    }

    /// What differs, in words, at most a few of each kind.
    pub fn differences(&self) -> String {
        let mut parts = Vec::new();
        if let Some(first) = self.changed.first() {
            let count = self.changed.len();
            parts.push(format!(
                "{count} vouchers book something else, the first is {}",
                first.voucher
            ));
        }
        if let Some(first) = self.taken.first() {
            let by = match first.held_by.first() {
                Some(holder) => format!("stands in {holder}"),
                None => "was covered without a voucher".to_owned(),
            };
            let (count, date) = (self.taken.len(), first.date);
            let Conflict { voucher, range, .. } = first;
            parts.push(format!(
                "{count} vouchers take entries that were exported before, the first is {voucher}: {date} {by} ({range})"
            ));
        }
        if let Some(first) = self.gone.first() {
            let count = self.gone.len();
            parts.push(format!(
                "{count} vouchers are no longer made, the first is {first}"
            ));
        }
        parts.join("; ")
    }
}

/// What holds the entries of a voucher that is not held itself.
fn taken(voucher: &HeldVoucher, state: &State) -> Option<(Conflict, BTreeSet<u64>)> {
    // A voucher without entries takes nothing from others.
    let dates: Vec<NaiveDate> = voucher
        .ledger_dates
        .iter()
        .copied()
        .filter(|date| state.covers(*date))
        .collect();
    let first = dates.first()?;
    let known = dates.iter().filter_map(|date| state.dates.get(date));
    let held_by: BTreeSet<&String> = known.clone().flat_map(|known| &known.held).collect();
    let holders = held_by.iter().filter_map(|id| state.vouchers.get(*id));
    let mut files: BTreeSet<u64> = holders.map(|held| held.file).collect();
    files.extend(
        known
            .filter(|known| known.held.is_empty())
            .map(|known| known.file),
    );
    let conflict = Conflict {
        voucher: voucher.id.clone(),
        date: *first,
        held_by: held_by.into_iter().cloned().collect(),
        range: state.dates.get(first)?.range?,
    };
    Some((conflict, files))
}

/// Dates with entries, or unknown ones, between covered stretches; `is_empty` says whether a date
/// is known to have no entry. With `made`, only the gaps that it would open.
pub fn gaps(state: &State, made: Option<&Recording>, is_empty: impl Fn(NaiveDate) -> bool) -> Vec<DateRange> {
    let Some(made) = made else {
        let dates: Vec<NaiveDate> = state.dates.keys().copied().collect();
        return between(&dates, &is_empty);
    };
    // A gap is opened only at an end: inside, every export makes a gap smaller.
    let (Some(first), Some(last)) = (state.dates.keys().next(), state.dates.keys().next_back()) else {
        return Vec::new();
    };
    let (from, to) = (made.range.from(), made.range.to());
    let mut opened = Vec::new();
    let reaches_back = made.dates.keys().next().copied().unwrap_or(from);
    if reaches_back > *last {
        opened.extend(between(&[*last, reaches_back], &is_empty));
    }
    if to < *first {
        opened.extend(between(&[to, *first], &is_empty));
    }
    opened
}

/// The dates between those of a list that follow each other, as far as they are not empty.
fn between(dates: &[NaiveDate], is_empty: &impl Fn(NaiveDate) -> bool) -> Vec<DateRange> {
    let mut found = Vec::new();
    for pair in dates.windows(2) {
        let mut date = pair[0].succ_opt();
        while let Some(at) = date.filter(|at| *at < pair[1]) {
            if !is_empty(at) {
                found.push(at);
            }
            date = at.succ_opt();
        }
    }
    runs(&found)
}

/// Dates that wait for a payout in what is held, and that a run leaves behind: it books later entries
/// of the ledger, and not theirs.
pub fn left_behind(recording: &Recording, state: &State) -> Vec<NaiveDate> {
    let held: BTreeSet<NaiveDate> = recording
        .vouchers
        .iter()
        .flat_map(|voucher| voucher.ledger_dates.iter().copied())
        .collect();
    let Some(last) = held.last() else {
        return Vec::new();
    };
    let waiting = state.dates.iter().filter(|(_, known)| known.date.waits);
    let is_left = |date: &NaiveDate| {
        let waits_again = recording.dates.get(date).is_some_and(|known| known.waits);
        date < last && !held.contains(date) && !waits_again
    };
    waiting.map(|(date, _)| *date).filter(is_left).collect()
}
