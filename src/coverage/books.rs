//! Books against ledger: what all exports to a format have moved the provider's accounts by, beside
//! the balances that the provider states.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::coverage::held::{HeldVoucher, Mirror};
use crate::coverage::object::Mirrored;
use crate::coverage::recorder::{CoveredDate, CoveredTopic, Recording};
use crate::coverage::state::State;
use crate::date::days_before;
use crate::provider::Topic;

/// A topic's account over a stretch of dates that were exported without a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    /// The topic that the account mirrors.
    pub topic: Topic,
    /// The first date with entries.
    pub from: NaiveDate,
    /// The last date with entries.
    pub to: NaiveDate,
    /// The provider's balance before `from`, in minor units.
    pub opening: i64,
    /// The provider's balance after `to`, in minor units.
    pub closing: i64,
    /// What the vouchers move the account by, in minor units.
    pub moved: i64,
    /// The same in the base currency.
    pub moved_base: i64,
}

impl Account {
    /// Whether the books move as the ledger does.
    pub fn agrees(&self) -> bool {
        self.opening.checked_add(self.moved) == Some(self.closing)
    }

    /// Whether an account that opens and closes at zero does so in the base currency too.
    pub fn agrees_in_base(&self) -> bool {
        self.opening != 0 || self.closing != 0 || self.moved_base == 0
    }
}

/// The accounts of the provider over the stretch of exported dates that a run is part of. An account
/// that the run does not mirror, or whose balances are not known, is left out.
pub fn accounts(
    recording: &Recording,
    mirrored: Mirrored,
    state: &State,
    is_empty: impl Fn(NaiveDate) -> bool,
) -> Vec<Account> {
    let topics = [
        (Topic::Funds, mirrored.funds),
        (Topic::Fees, mirrored.fees_payable),
    ];
    let is_mirrored = topics.into_iter().filter(|(_, is)| *is);
    is_mirrored
        .filter_map(|(topic, is)| account(topic, is, None, recording, state, &is_empty))
        .collect()
}

/// A topic's account up to a date, whether the run mirrors it or not.
pub fn account_until(
    topic: Topic,
    is_mirrored: bool,
    until: NaiveDate,
    recording: &Recording,
    state: &State,
    is_empty: impl Fn(NaiveDate) -> bool,
) -> Option<Account> {
    account(topic, is_mirrored, Some(until), recording, state, &is_empty)
}

fn account(
    topic: Topic,
    is_mirrored: bool,
    until: Option<NaiveDate>,
    recording: &Recording,
    state: &State,
    is_empty: &impl Fn(NaiveDate) -> bool,
) -> Option<Account> {
    let mut dates: BTreeMap<NaiveDate, CoveredDate> = BTreeMap::new();
    let first_held = state.dates.keys().next().copied();
    let mut first = *recording.dates.keys().next()?;
    for (at, date) in recording.dates.iter().filter(|(_, date)| !date.waits) {
        dates.insert(*at, *date);
    }
    // Back through what was exported before, as long as the account was mirrored then.
    loop {
        let at = days_before(first, 1);
        if first_held.is_none_or(|held| at < held) {
            break;
        }
        match state.dates.get(&at) {
            Some(known) if state.mirrors(known.file, topic) == is_mirrored && !known.date.waits => {
                dates.insert(at, known.date);
            }
            None if is_empty(at) => {}
            _ => break,
        }
        first = at;
    }
    if let Some(until) = until {
        dates.retain(|at, _| *at <= until);
    }
    let of = |date: &CoveredDate| match topic {
        Topic::Funds => date.funds,
        Topic::Fees => date.fees,
    };
    let with_entries = || {
        let topics = dates.iter().map(|(at, date)| (*at, of(date)));
        topics.filter(|(_, known)| known.entries > 0)
    };
    let (from, first_topic): (_, CoveredTopic) = with_entries().next()?;
    let (to, last_topic) = with_entries().next_back()?;
    let mut moved = Mirror::default();
    let made = recording.vouchers.iter();
    let ids: std::collections::BTreeSet<&str> = made.clone().map(|voucher| voucher.id.as_str()).collect();
    let held = state.vouchers.values().map(|held| &held.voucher);
    let held = held.filter(|voucher| !ids.contains(voucher.id.as_str()));
    let is_in = |voucher: &&HeldVoucher| voucher.dates().last().is_some_and(|at| dates.contains_key(at));
    for voucher in made.chain(held).filter(is_in) {
        moved.merge(&voucher.mirror);
    }
    let (moved, moved_base) = match topic {
        Topic::Funds => (moved.funds, moved.funds_base),
        Topic::Fees => (moved.fees_payable, moved.fees_payable_base),
    };
    Some(Account {
        topic,
        from,
        to,
        opening: first_topic.opens_at?,
        closing: last_topic.closes_at?,
        moved,
        moved_base,
    })
}
