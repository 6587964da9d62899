//! Corrections: what was imported and now comes out otherwise is reversed, and booked anew.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;

use crate::coverage::CoverageError;
use crate::coverage::held::HeldVoucher;
use crate::coverage::object::{Correction, Corrections, Mirrored, Span};
use crate::coverage::recorder::Recording;
use crate::coverage::state::{Closes, State};
use crate::coverage::verdict::Verdict;
use crate::journal::Voucher;
use crate::journal::id::{Origin, VoucherId};

/// The corrections that make what is held what the run makes; `None` when nothing differs.
///
/// Vouchers of entries that nothing holds are left to an export. What cannot be corrected is
/// refused: a voucher of which only a part was exported, or lies in the range, and vouchers of one
/// entry, whose lines are not kept.
pub fn corrections(
    recording: &Recording,
    mirrored: Mirrored,
    verdict: &Verdict,
    state: &State,
    closes: &Closes,
) -> Result<Option<Corrections>, CoverageError> {
    if !verdict.differs() {
        return Ok(None);
    }
    let taken = verdict.taken.iter();
    let mut old: BTreeSet<&String> = taken.clone().flat_map(|conflict| &conflict.held_by).collect();
    old.extend(verdict.changed.iter().map(|changed| &changed.voucher));
    old.extend(&verdict.gone);
    let mut new: BTreeSet<&String> = taken.map(|conflict| &conflict.voucher).collect();
    new.extend(verdict.changed.iter().map(|changed| &changed.voucher));
    let old: Vec<&HeldVoucher> = old
        .into_iter()
        .filter_map(|id| Some(&state.vouchers.get(id)?.voucher))
        .collect();
    let made = recording.vouchers.iter();
    let new: Vec<&HeldVoucher> = made.filter(|voucher| new.contains(&voucher.id)).collect();
    refuse(recording, state, &old, &new)?;

    let mut written = Vec::new();
    for (vouchers, is_new) in [(&old, false), (&new, true)] {
        for voucher in vouchers {
            written.push(Correction {
                number: state.corrections_of(&voucher.id) + 1,
                date: open_date(voucher.date, closes),
                is_new,
                voucher: (*voucher).clone(),
            });
        }
    }
    // The reversal stands before what takes its place.
    written.sort_by(|a, b| (a.date, &a.voucher.id, a.is_new).cmp(&(b.date, &b.voucher.id, b.is_new)));
    let dates = new.iter().chain(&old).flat_map(|voucher| voucher.dates());
    let dates: BTreeMap<NaiveDate, _> = dates
        .filter_map(|at| Some((*at, *recording.dates.get(at)?)))
        .collect();
    Ok(Some(Corrections {
        range: recording.range.into(),
        mirrored,
        written,
        now: new.into_iter().cloned().collect(),
        dates,
    }))
}

fn refuse(
    recording: &Recording,
    state: &State,
    old: &[&HeldVoucher],
    new: &[&HeldVoucher],
) -> Result<(), CoverageError> {
    let cannot = |voucher: &HeldVoucher, why: String| {
        Err(CoverageError::Uncorrectable(format!("{}: {why}", voucher.id)))
    };
    for voucher in old.iter().chain(new) {
        if voucher.count.is_some() {
            let why = "the lines of vouchers of one entry are not kept, so they cannot be reversed; correct them by hand";
            return cannot(voucher, why.to_owned());
        }
    }
    for voucher in new {
        if let Some(date) = voucher.ledger_dates.iter().find(|date| !state.covers(**date)) {
            let why =
                format!("only a part of it was exported before, and {date} was not; export that date first");
            return cannot(voucher, why);
        }
    }
    let is_made: BTreeSet<NaiveDate> = recording
        .vouchers
        .iter()
        .flat_map(|voucher| voucher.ledger_dates.iter().copied())
        .collect();
    for voucher in old {
        let is_left = |date: &&NaiveDate| !recording.range.contains(**date) && !is_made.contains(*date);
        if let Some(date) = voucher.ledger_dates.iter().find(is_left) {
            return cannot(
                voucher,
                format!(
                    "it also holds {date}, which is not in the range; name a range that has all of its dates"
                ),
            );
        }
    }
    Ok(())
}

/// A date in a month that is not closed: the voucher's own, else the first one.
fn open_date(date: NaiveDate, closes: &Closes) -> NaiveDate {
    match closes.first_open() {
        Some(first) if closes.contains(date) => first,
        _ => date,
    }
}

impl Correction {
    /// The voucher as it is written.
    pub fn to_voucher(&self, ledger_id: &Arc<str>) -> Result<Voucher, CoverageError> {
        let origin = Origin::Correction {
            of: self.voucher.id.clone(),
            short: self.voucher.short.clone(),
            number: self.number,
            is_new: self.is_new,
        };
        let id = VoucherId::new(Arc::clone(ledger_id), origin);
        let (number, is_new) = (self.number, self.is_new);
        let mark = if is_new {
            format!(" ~{number}")
        } else {
            format!(" ~R{number}")
        };
        Ok(self.voucher.to_voucher(id, self.date, !is_new, &mark)?)
    }
}

impl Corrections {
    /// What differs, for messages.
    pub fn span(&self) -> Span {
        self.range
    }
}
