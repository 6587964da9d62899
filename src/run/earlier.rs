//! The dates before a range that its vouchers need: the first payout's, and those that say what
//! the funds account is worth in the books.

use chrono::NaiveDate;

use crate::archive::Archive;
use crate::config::VoucherPer;
use crate::date::{DateRange, days_after, days_before};
use crate::days::StoredDay;
use crate::ledger::day::LedgerDay;
use crate::ledger::entry::EntryType;
use crate::posting::books::Books;
use crate::proof::EDGE_DATES;
use crate::provider::Topic;

/// How far back a payout's first date, or a date that closes at zero, is looked for.
const LOOKBACK_DATES: u64 = 400;

/// What the range needs from before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earlier {
    /// The first date whose postings belong to the range's first payout.
    posted_from: NaiveDate,
    /// The first date that the booked value of the funds account is followed from.
    valued_from: NaiveDate,
    /// The funds balance before the first date that is followed, where it is known.
    pub funds_opening: Option<i64>,
    /// A date that a payout needs and that is not there.
    pub missing: Vec<NaiveDate>,
}

impl Earlier {
    /// The dates before `range` that are posted with it.
    pub fn posted_before(&self, range: DateRange) -> Option<DateRange> {
        DateRange::new(self.posted_from, days_before(range.from(), 1)).ok()
    }

    /// All dates whose postings go into the vouchers of `range`.
    pub fn posted(&self, range: DateRange) -> DateRange {
        DateRange::new(self.posted_from, range.to()).unwrap_or(range)
    }

    /// The dates before those that are followed only for the value of the funds account.
    pub fn valued_dates(&self) -> impl Iterator<Item = NaiveDate> + use<> {
        let dates = DateRange::new(self.valued_from, days_before(self.posted_from, 1)).ok();
        dates.into_iter().flat_map(|dates| dates.dates())
    }

    /// The dates whose captures later fees may belong to.
    pub fn capture_dates(&self) -> impl Iterator<Item = NaiveDate> + use<> {
        let first = self.valued_from.min(self.posted_from);
        let dates = DateRange::new(days_before(first, EDGE_DATES), days_before(first, 1)).ok();
        dates.into_iter().flat_map(|dates| dates.dates())
    }
}

/// Finds what `range` needs from before it.
pub fn find(archive: &Archive, books: &Books<'_>, range: DateRange) -> Earlier {
    let from = range.from();
    let openings = Topic::ALL.map(|topic| opening(archive, &books.info.ledger_id, topic, range));
    let mut earlier = Earlier {
        posted_from: from,
        valued_from: from,
        funds_opening: openings[0],
        missing: Vec::new(),
    };
    if books.settings.voucher_per == VoucherPer::Payout {
        let is_payout = |entry_type: &EntryType<'_>| *entry_type == EntryType::PayoutScheduled;
        let opens_at_zero = openings
            .iter()
            .all(|opening| opening.is_none_or(|balance| balance == 0));
        match walk_back(archive, books, from, openings, |day| {
            day.funds.entries.iter().any(|entry| is_payout(&entry.entry_type))
        }) {
            Ok(date) => earlier.posted_from = date,
            // Nothing is known to wait for the payout.
            Err(unknown) if opens_at_zero && !unknown.has_entries => {}
            Err(unknown) => earlier.missing.push(unknown.date),
        }
        if earlier.posted_from < from {
            earlier.valued_from = earlier.posted_from;
            earlier.funds_opening =
                opening_of_date(archive, books, earlier.posted_from).or(earlier.funds_opening);
        }
    }
    if books.is_foreign() && earlier.funds_opening != Some(0) {
        let closes_at_zero = |day: &LedgerDay<'_>| {
            day.funds
                .entries
                .last()
                .is_some_and(|entry| entry.balance_after == Some(0))
        };
        let openings = [earlier.funds_opening, None];
        if let Ok(date) = walk_back(archive, books, earlier.posted_from, openings, closes_at_zero) {
            earlier.valued_from = date;
            earlier.funds_opening = Some(0);
        }
    }
    earlier
}

/// The dates before `range` that belong to its first payout, and the date of the payout before,
/// which may have entries after it; `None` when the archive does not know them all.
pub fn since_payout(archive: &Archive, books: &Books<'_>, range: DateRange) -> Option<DateRange> {
    let is_payout = |day: &LedgerDay<'_>| {
        let mut entries = day.funds.entries.iter();
        entries.any(|entry| entry.entry_type == EntryType::PayoutScheduled)
    };
    let openings = Topic::ALL.map(|topic| opening(archive, &books.info.ledger_id, topic, range));
    let from = walk_back(archive, books, range.from(), openings, is_payout).ok()?;
    DateRange::new(days_before(from, 1), days_before(range.from(), 1)).ok()
}

/// Where a walk back came to a date that is not known.
struct Unknown {
    date: NaiveDate,
    /// Whether it came past entries on its way.
    has_entries: bool,
}

/// The date after the latest one before `from` that `is_boundary`, when all dates in between are
/// known; else the date that is not. `openings` are the balances of both topics at `from`.
fn walk_back(
    archive: &Archive,
    books: &Books<'_>,
    from: NaiveDate,
    mut openings: [Option<i64>; 2],
    is_boundary: impl Fn(&LedgerDay<'_>) -> bool,
) -> Result<NaiveDate, Unknown> {
    let mut has_entries = false;
    for step in 1..=LOOKBACK_DATES {
        let date = days_before(from, step);
        let stored = StoredDay::read(archive, &books.info.ledger_id, date);
        let day = stored.parse();
        if !day.is_closed() {
            return Err(Unknown { date, has_entries });
        }
        if is_boundary(&day) {
            return Ok(days_after(date, 1));
        }
        let is_empty = day.entries().next().is_none();
        has_entries |= !is_empty;
        for (topic, opening) in Topic::ALL.into_iter().zip(&mut openings) {
            if let Some(first) = day.topic(topic).entries.first() {
                *opening = first.balance_before;
            }
        }
        // A ledger's first entries open at zero: nothing lies before them.
        let opens_at_zero = openings[0].is_none_or(|balance| balance == 0)
            && openings[1].is_none_or(|balance| balance == 0)
            && openings.iter().any(Option::is_some);
        if !is_empty && opens_at_zero && opens_ledger(archive, books, date) {
            return Ok(date);
        }
    }
    Err(Unknown {
        date: days_before(from, LOOKBACK_DATES),
        has_entries,
    })
}

/// Whether the dates before `date` are known to be closed and without entries.
fn opens_ledger(archive: &Archive, books: &Books<'_>, date: NaiveDate) -> bool {
    (1..=EDGE_DATES).all(|step| {
        let stored = StoredDay::read(archive, &books.info.ledger_id, days_before(date, step));
        let day = stored.parse();
        day.is_closed() && day.entries().next().is_none()
    })
}

fn opening_of_date(archive: &Archive, books: &Books<'_>, date: NaiveDate) -> Option<i64> {
    let stored = StoredDay::read_funds(archive, &books.info.ledger_id, date);
    stored
        .parse()
        .funds
        .entries
        .first()
        .and_then(|entry| entry.balance_before)
}

/// A topic's balance before the range: what its first entry says, else the last one before.
fn opening(archive: &Archive, ledger_id: &str, topic: Topic, range: DateRange) -> Option<i64> {
    let before = (1..=EDGE_DATES).find_map(|step| {
        let stored = StoredDay::read(archive, ledger_id, days_before(range.from(), step));
        let day = stored.parse();
        let topic = day.topic(topic);
        if !topic.is_closed() {
            return Some(None);
        }
        topic.entries.last().map(|entry| entry.balance_after)
    });
    before.flatten().or_else(|| {
        range.dates().find_map(|date| {
            let stored = StoredDay::read(archive, ledger_id, date);
            let day = stored.parse();
            day.topic(topic)
                .entries
                .first()
                .and_then(|entry| entry.balance_before)
        })
    })
}
