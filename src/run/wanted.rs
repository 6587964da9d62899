//! What the vouchers of a range need from before it, for those who fetch.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::archive::Archive;
use crate::config::Config;
use crate::date::DateRange;
use crate::provider::Topic;
use crate::run::session::Session;
use crate::run::{beginning, captures, earlier};

/// A date before the range that its first payout needs and the archive lacks: the payout's voucher,
/// or else a settlement, which may begin in an earlier month.
pub fn missing_before(
    archive: &Archive,
    ledger_id: &str,
    config: &Config,
    range: DateRange,
) -> Option<NaiveDate> {
    let session = Session::open(archive, config, ledger_id, BTreeSet::new()).ok()?;
    let books = session.books(session.currency(range));
    let earlier = earlier::find(&session.days, &books, range);
    let missing = earlier.missing.first().copied();
    missing.or_else(|| earlier::missing_since_payout(&session.days, range))
}

/// The dates before `range` whose funds its refunds look back to, where their captures can make a
/// difference to how they are booked.
pub fn refund_lookback(
    archive: &Archive,
    ledger_id: &str,
    config: &Config,
    range: DateRange,
) -> Option<DateRange> {
    let session = Session::open(archive, config, ledger_id, BTreeSet::new()).ok()?;
    let books = session.books(session.currency(range));
    let posted = earlier::find(&session.days, &books, range).posted(range);
    captures::lookback(&session.days, &books, posted)
}

/// Those of `dates` that the archive has no funds of, the last first, as far as the ledger is not
/// known to have begun after them.
pub fn unknown_funds(
    archive: &Archive,
    ledger_id: &str,
    config: &Config,
    dates: DateRange,
) -> Vec<NaiveDate> {
    let Ok(session) = Session::open(archive, config, ledger_id, BTreeSet::new()) else {
        return Vec::new();
    };
    let known: BTreeSet<NaiveDate> = session.days.dates(Topic::Funds).into_iter().collect();
    let mut unknown: Vec<_> = dates.dates().rev().filter(|date| !known.contains(date)).collect();
    if !unknown.is_empty()
        && let Some(begins) = beginning::of_funds(&session.days, session.ledger_config.checks.first_payout)
    {
        unknown.retain(|date| *date > begins);
    }
    unknown
}
