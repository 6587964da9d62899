//! What goes out of funds and may come back: disputed captures, and payouts that are aborted. In a
//! ledger in another currency each comes back at the value that it went at.
//!
//! The provider gives no balance of disputes, and does not say which are lost. So each dispute is
//! an account of its own, by its pspReference. It is left as it is from the date on which the
//! configuration says that it is booked as lost, and after [`OPEN_DATES`].

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;

use crate::chart::Role;
use crate::config::FxRevaluation;
use crate::date::{begins_month, days_before, first_of_month};
use crate::ledger::entry::{Entry, EntryType};
use crate::ledger::page::Page;
use crate::posting::books::{Books, PostingError};
use crate::posting::mirror::{in_base, stated};

/// How many dates before the beginning of a month a dispute or a payout may lie that still comes
/// back in that month.
pub const OPEN_DATES: u64 = 180;

/// A movement between funds and disputes, or funds and payouts in transit.
#[derive(Debug, Clone)]
struct Movement {
    date: NaiveDate,
    /// The entry's place on its date, from 1.
    ordinal: usize,
    /// The dispute's pspReference, else its reference; the payout's number.
    name: Arc<str>,
    /// What goes out of funds is positive, what comes back is negative; minor units.
    amount: i64,
}

/// A dispute that is not back.
#[derive(Debug, Clone, Copy)]
struct Open {
    /// What is withheld; positive.
    balance: i64,
    /// What it is worth in the books, where that is known.
    base: Option<i64>,
}

type Disputes = BTreeMap<Arc<str>, Open>;

/// What an entry that came back leaves on its account.
#[derive(Debug)]
pub(super) struct Left {
    /// The account.
    pub(super) role: Role,
    /// The entry's place on its date.
    pub(super) ordinal: usize,
    /// The entry's reference.
    pub(super) reference: Arc<str>,
    /// By how much the account is worth too much; `None` where what it went at is not known.
    pub(super) rest: Option<i64>,
}

/// Disputes and payouts of the last dates.
#[derive(Debug, Default)]
pub(super) struct Withheld {
    /// Those of dates before the one at hand.
    disputes: Vec<Movement>,
    payouts: Vec<Movement>,
    /// Those of the date at hand.
    today: Vec<Movement>,
    payouts_today: Vec<Movement>,
    /// What is open after the last date; `None` before the first.
    open: Option<Disputes>,
}

impl Withheld {
    /// Takes entries of the funds topic of the date at hand.
    pub(super) fn follow(&mut self, page: &Page<'_, '_>) {
        for (ordinal, entry) in page.numbered() {
            let (movements, name) = match entry.entry_type {
                EntryType::RetainedDisputedCapture | EntryType::ReturnedDisputedCapture => {
                    (&mut self.today, dispute_name(entry))
                }
                EntryType::PayoutScheduled | EntryType::PayoutAborted => {
                    (&mut self.payouts_today, entry.payout_number().unwrap_or_default())
                }
                _ => continue,
            };
            // An amount that has no opposite cannot be booked, which the draft says.
            if let Some(amount) = entry.amount.checked_neg() {
                movements.push(Movement {
                    date: page.date,
                    ordinal,
                    name: Arc::from(name),
                    amount,
                });
            }
        }
    }

    /// Takes entries of the funds topic of a date before the first that is valued.
    pub(super) fn before(&mut self, page: &Page<'_, '_>) {
        self.follow(page);
        self.disputes.append(&mut self.today);
        self.payouts.append(&mut self.payouts_today);
    }

    /// Ends a date. Returns what its returned disputes and aborted payouts leave.
    pub(super) fn close(&mut self, books: &Books<'_>, date: NaiveDate) -> Result<Vec<Left>, PostingError> {
        let is_stated = stated(books, Role::Disputes, date).is_some();
        let mut open = match self.open.take() {
            Some(open) if !begins_month(date) && !is_stated => open,
            Some(_) | None => {
                let first = days_before(first_of_month(date), OPEN_DATES);
                self.disputes.retain(|movement| movement.date >= first);
                self.payouts.retain(|movement| movement.date >= first);
                open_before(&self.disputes, books, date)?
            }
        };
        let mut left = Vec::new();
        for movement in &self.today {
            if !apply(&mut open, movement, books) {
                left.push(movement.leaves(Role::Disputes, None));
            }
        }
        for movement in self.today.iter().rev() {
            // The last movement of a dispute that is all back takes what is left.
            if let Some(back) = open.get(&movement.name).filter(|open| open.balance == 0) {
                if back.base != Some(0) {
                    left.push(movement.leaves(Role::Disputes, back.base));
                }
                open.remove(&movement.name);
            }
        }
        self.disputes.append(&mut self.today);
        open.retain(|name, _| lost_on(books, name) != Some(date));
        self.open = Some(open);
        let scheduled = self.payouts.len();
        self.payouts.append(&mut self.payouts_today);
        for (index, aborted) in self.payouts.iter().enumerate().skip(scheduled) {
            if aborted.amount >= 0 {
                continue;
            }
            let rest = match payout_of(aborted, &self.payouts[..index]) {
                Some(payout) => Some(difference(books, aborted, payout.date)?),
                None => None,
            };
            if rest != Some(0) {
                left.push(aborted.leaves(Role::PayoutsInTransit, rest));
            }
        }
        left.sort_by_key(|left| left.ordinal);
        Ok(left)
    }

    /// Values what is open at the rate of `date`. Returns by how much it is worth more now.
    pub(super) fn revalue(&mut self, books: &Books<'_>, date: NaiveDate) -> Result<i64, PostingError> {
        let overflow = || PostingError::Overflow(date);
        let mut change = 0i64;
        for open in self.open.iter_mut().flat_map(BTreeMap::values_mut) {
            let value = in_base(books, open.balance, date)?;
            let base = open.base.replace(value).unwrap_or(value);
            let more = value.checked_sub(base).ok_or_else(overflow)?;
            change = change.checked_add(more).ok_or_else(overflow)?;
        }
        Ok(change)
    }
}

impl Movement {
    fn leaves(&self, role: Role, rest: Option<i64>) -> Left {
        Left {
            role,
            ordinal: self.ordinal,
            reference: Arc::clone(&self.name),
            rest,
        }
    }
}

/// A capture that is disputed keeps its pspReference however often it goes back and forth.
fn dispute_name<'e>(entry: &'e Entry<'_>) -> &'e str {
    let name = entry.psp_reference.as_deref().or(entry.reference.as_deref());
    name.unwrap_or_default()
}

/// The disputes that are open when `date` begins, and what they are worth. `movements` are in order.
fn open_before(movements: &[Movement], books: &Books<'_>, date: NaiveDate) -> Result<Disputes, PostingError> {
    let settings = books.settings;
    let month = match settings.fx_revaluation {
        FxRevaluation::MonthEnd => Some(first_of_month(date)),
        FxRevaluation::None => None,
    };
    let stated_from = settings.opening_base.map(|opening| opening.from);
    let stated_from = stated_from.filter(|from| *from <= date);
    // The latest date at whose beginning all values are settled.
    let settled = month.max(stated_from);
    let is_before = |movement: &&Movement, date| movement.date < date;
    let mut open = Disputes::new();
    let mut day: Option<NaiveDate> = None;
    let mut is_settled = settled.is_none();
    let is_lost = |movement: &Movement| {
        lost_on(books, &movement.name).is_some_and(|lost| movement.date <= lost && lost < date)
    };
    let known = movements.iter().filter(|movement| is_before(movement, date));
    for movement in known.filter(|movement| !is_lost(movement)) {
        if day.is_some_and(|day| day != movement.date) {
            open.retain(|_, open| open.balance != 0);
        }
        day = Some(movement.date);
        if !is_settled && settled.is_some_and(|settled| settled <= movement.date) {
            settle(&mut open, books, settled)?;
            is_settled = true;
        }
        apply(&mut open, movement, books);
    }
    open.retain(|_, open| open.balance != 0);
    if !is_settled {
        settle(&mut open, books, settled)?;
    }
    Ok(open)
}

/// The date on which a dispute is booked as lost.
fn lost_on(books: &Books<'_>, name: &str) -> Option<NaiveDate> {
    books.settings.disputes_lost.get(name).copied()
}

/// Gives open disputes the value that the configuration says they have together, in proportion to
/// their balances; else that of the rate of the date before.
fn settle(open: &mut Disputes, books: &Books<'_>, date: Option<NaiveDate>) -> Result<(), PostingError> {
    let Some(date) = date else { return Ok(()) };
    open.retain(|_, open| open.balance != 0);
    let Some(stated) = stated(books, Role::Disputes, date).flatten() else {
        for open in open.values_mut() {
            open.base = Some(in_base(books, open.balance, days_before(date, 1))?);
        }
        return Ok(());
    };
    let whole: i128 = open.values().map(|open| i128::from(open.balance)).sum();
    let (mut balance, mut given) = (0i128, 0i64);
    for open in open.values_mut() {
        balance += i128::from(open.balance);
        let so_far = i128::from(stated)
            .checked_mul(balance)
            .and_then(|product| crate::money::divide_half_away(product, whole));
        let so_far = so_far.ok_or(PostingError::Overflow(date))?;
        open.base = so_far.checked_sub(given);
        given = so_far;
    }
    Ok(())
}

/// Adds a movement at the rate of its date; returns whether all that comes back was open.
fn apply(open: &mut Disputes, movement: &Movement, books: &Books<'_>) -> bool {
    let known = open.get(&movement.name).copied();
    let mut dispute = known.unwrap_or(Open {
        balance: 0,
        base: Some(0),
    });
    // Never below nothing: what comes back beyond it was withheld before all that is known.
    let amount = movement.amount.max(-dispute.balance);
    let value = in_base(books, amount, movement.date).ok();
    dispute.balance = dispute.balance.saturating_add(amount);
    dispute.base = dispute
        .base
        .zip(value)
        .and_then(|(base, value)| base.checked_add(value));
    if known.is_some() || amount != 0 {
        open.insert(Arc::clone(&movement.name), dispute);
    }
    amount == movement.amount
}

/// The payout that was aborted: the last one of its number, else the only one of its amount. What the
/// reference of an aborted payout holds is not documented.
fn payout_of<'m>(aborted: &Movement, before: &'m [Movement]) -> Option<&'m Movement> {
    let scheduled = || before.iter().rev().filter(|payout| payout.amount > 0);
    let numbered = scheduled().find(|payout| !payout.name.is_empty() && payout.name == aborted.name);
    numbered.or_else(|| {
        let mut alike = scheduled().filter(|payout| Some(payout.amount) == aborted.amount.checked_neg());
        alike.next().filter(|_| alike.next().is_none())
    })
}

/// What the payout of `scheduled` leaves in transit in the base currency when it is aborted.
fn difference(books: &Books<'_>, aborted: &Movement, scheduled: NaiveDate) -> Result<i64, PostingError> {
    let overflow = || PostingError::Overflow(aborted.date);
    let amount = aborted.amount.checked_neg().ok_or_else(overflow)?;
    let went = in_base(books, amount, scheduled)?;
    let came_back = in_base(books, amount, aborted.date)?;
    went.checked_sub(came_back).ok_or_else(overflow)
}
