//! The dates before a range that its vouchers need: the first payout's of the month, and those that
//! say what the mirror accounts are worth in the books.

use chrono::NaiveDate;

use crate::config::VoucherPer;
use crate::date::{DateRange, days_after, days_before, first_of_month};
use crate::days::Days;
use crate::days::facts::Facts;
use crate::ledger::day::TopicState;
use crate::posting::books::Books;
use crate::posting::value::Balances;
use crate::posting::withheld::OPEN_DATES;
use crate::proof::EDGE_DATES;
use crate::provider::Topic;
use crate::run::valued;

/// How far back a payout's first date is looked for.
const LOOKBACK_DATES: u64 = 400;

/// What the range needs from before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earlier {
    /// The first date whose postings belong to the range's first payout: the one after the payout
    /// before, or the first of the month.
    posted_from: NaiveDate,
    /// The first date that the worth of the mirror accounts is followed from.
    valued_from: NaiveDate,
    /// The balances before that date, where they are known and wanted.
    pub opening: Balances,
    /// The dates before it that disputes and payouts may lie on which come back later.
    pub withheld: Option<DateRange>,
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

    /// The dates before those that are followed only for the worth of the mirror accounts.
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
pub fn find(days: &Days<'_>, books: &Books<'_>, range: DateRange) -> Earlier {
    let from = range.from();
    let mut earlier = Earlier {
        posted_from: from,
        valued_from: from,
        opening: Balances::default(),
        withheld: None,
        missing: Vec::new(),
    };
    if books.settings.voucher_per == VoucherPer::Payout {
        let openings = Topic::ALL.map(|topic| opening(days, topic, range));
        let opens_at_zero = opens_at_zero(days, openings, range);
        match walk_back(days, from, first_of_month(from), openings, Facts::has_payout) {
            Ok(date) => earlier.posted_from = date,
            // Nothing is known to wait for the payout.
            Err(unknown) if opens_at_zero && !unknown.has_entries => {}
            Err(unknown) => earlier.missing.push(unknown.date),
        }
        earlier.valued_from = earlier.posted_from;
    }
    if books.is_foreign() {
        let valued_from = valued::from(days, books, earlier.posted_from);
        earlier.valued_from = valued_from;
        earlier.opening = valued::opening(days, valued_from, range.to());
        earlier.withheld = DateRange::new(
            days_before(first_of_month(valued_from), OPEN_DATES),
            days_before(valued_from, 1),
        )
        .ok();
    }
    earlier
}

/// The dates before `range` that belong to its first payout, and the date of the payout before,
/// which may have entries after it; `None` when the archive does not know them all.
pub fn since_payout(days: &Days<'_>, range: DateRange) -> Option<DateRange> {
    let openings = Topic::ALL.map(|topic| opening(days, topic, range));
    let from = walk_back(days, range.from(), NaiveDate::MIN, openings, Facts::has_payout).ok()?;
    DateRange::new(days_before(from, 1), days_before(range.from(), 1)).ok()
}

/// The latest date that is not known and may have entries which belong to the first payout of
/// `range`, in whatever month they lie: settlements tell of payouts whole.
pub fn missing_since_payout(days: &Days<'_>, range: DateRange) -> Option<NaiveDate> {
    let openings = Topic::ALL.map(|topic| opening(days, topic, range));
    let opens_at_zero = opens_at_zero(days, openings, range);
    let unknown = walk_back(days, range.from(), NaiveDate::MIN, openings, Facts::has_payout).err()?;
    (!opens_at_zero || unknown.has_entries).then_some(unknown.date)
}

/// Whether both topics are known to open at zero, or have no entries in `range` that could say it.
fn opens_at_zero(days: &Days<'_>, openings: [Option<i64>; 2], range: DateRange) -> bool {
    let is_empty = |topic| range.dates().all(|date| days.facts(topic, date).entries == 0);
    Topic::ALL
        .into_iter()
        .zip(openings)
        .all(|(topic, opening)| opening.map_or_else(|| is_empty(topic), |balance| balance == 0))
}

/// Where a walk back came to a date that is not known.
struct Unknown {
    date: NaiveDate,
    /// Whether it came past entries on its way.
    has_entries: bool,
}

/// The date after the latest one before `from` whose funds are a boundary, but no date before
/// `earliest`, when all dates in between are known; else the date that is not. `openings` are the
/// balances of both topics at `from`.
fn walk_back(
    days: &Days<'_>,
    from: NaiveDate,
    earliest: NaiveDate,
    mut openings: [Option<i64>; 2],
    is_boundary: impl Fn(&Facts) -> bool,
) -> Result<NaiveDate, Unknown> {
    let mut has_entries = false;
    for step in 1..=LOOKBACK_DATES {
        let date = days_before(from, step);
        if date < earliest {
            return Ok(earliest);
        }
        if !days.is_closed(date) {
            return Err(Unknown { date, has_entries });
        }
        if is_boundary(&days.facts(Topic::Funds, date)) {
            return Ok(days_after(date, 1));
        }
        let is_empty = days.is_empty(date);
        has_entries |= !is_empty;
        for (topic, opening) in Topic::ALL.into_iter().zip(&mut openings) {
            let facts = days.facts(topic, date);
            if facts.entries > 0 {
                *opening = facts.opens_at;
            }
        }
        // A ledger's first entries open at zero: nothing lies before them.
        let opens_at_zero = openings[0].is_none_or(|balance| balance == 0)
            && openings[1].is_none_or(|balance| balance == 0)
            && openings.iter().any(Option::is_some);
        if !is_empty && opens_at_zero && opens_ledger(days, date) {
            return Ok(date);
        }
    }
    Err(Unknown {
        date: days_before(from, LOOKBACK_DATES),
        has_entries,
    })
}

/// Whether the dates before `date` are known to be closed and without entries.
fn opens_ledger(days: &Days<'_>, date: NaiveDate) -> bool {
    (1..=EDGE_DATES).all(|step| days.is_empty(days_before(date, step)))
}

/// A topic's balance before the range: what its first entry says, else the last one before.
fn opening(days: &Days<'_>, topic: Topic, range: DateRange) -> Option<i64> {
    let before = (1..=EDGE_DATES).find_map(|step| {
        let facts = days.facts(topic, days_before(range.from(), step));
        if facts.state != TopicState::Closed {
            return Some(None);
        }
        (facts.entries > 0).then_some(facts.closes_at)
    });
    before.flatten().or_else(|| {
        let mut facts = range.dates().map(|date| days.facts(topic, date));
        facts
            .find(|facts| facts.entries > 0)
            .and_then(|facts| facts.opens_at)
    })
}
