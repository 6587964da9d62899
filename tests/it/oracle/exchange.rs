//! What the mirror accounts are worth in the books when the ledger is in another currency.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use crate::oracle::drafts::{Draft, Posting, in_base_only};
use crate::oracle::life::{Entry, Life, before, dates};
use crate::oracle::market::Role;
use crate::oracle::poster::{month_end, payout_number};
use crate::oracle::setting::{Fees, Setting, VoucherPer};

/// So many dates before a month a dispute may have begun that is still valued in it; older ones are lost.
const DISPUTE_DATES: u64 = 180;

/// Adds exchange differences to vouchers, and the vouchers of month ends.
pub(crate) fn add_differences(life: &Life, setting: &Setting, drafts: &mut Vec<Draft>) {
    if !setting.may_leave_out() {
        add_differences_of(life, setting, Role::Funds, drafts);
    }
    if setting.modes.fees == Fees::Accrual {
        add_differences_of(life, setting, Role::FeesPayable, drafts);
    }
    add_disputes(life, setting, drafts);
    add_aborted(life, setting, drafts);
}

fn add_differences_of(life: &Life, setting: &Setting, role: Role, drafts: &mut Vec<Draft>) {
    let account = setting.market.account(role);
    // By ledger date: amount, value, and the draft that has the date's last movement.
    let mut moved = BTreeMap::<NaiveDate, (i64, i64, usize)>::new();
    for (index, draft) in drafts.iter().enumerate() {
        for movement in draft.post(setting).1 {
            if movement.account == account {
                let date = moved.entry(movement.date).or_insert((0, 0, index));
                let is_own = |index: usize| {
                    let draft = &drafts[index];
                    setting.modes.voucher_per == VoucherPer::LedgerDate && draft.date == movement.date
                };
                let latest = if is_own(date.2) && !is_own(index) {
                    date.2
                } else {
                    index
                };
                *date = (date.0 + movement.amount, date.1 + movement.base, latest);
            }
        }
    }
    let mut balance = match role {
        Role::Funds => life.opening[0],
        _ => life.opening[1],
    };
    // Not known where a life begins with a balance that no month's end has valued.
    let is_valued = balance == 0 || setting.revalues;
    let mut value = is_valued.then(|| setting.worth(balance, before(life.first, 1)));
    for date in dates(life.first, life.last) {
        if let Some((amount, base, index)) = moved.get(&date) {
            balance += amount;
            value = value.map(|value| value + base);
            if balance == 0 {
                if let Some(rest) = value.filter(|rest| *rest != 0) {
                    let postings = pair(setting, "fx_difference", account, rest, None);
                    drafts[*index].extra.extend(postings);
                }
                value = Some(0);
            }
        }
        if let Some(value) = value.as_mut().filter(|_| revalues(setting, date)) {
            let worth = setting.worth(balance, date);
            revalue(life, setting, drafts, (account, date, *value - worth));
            *value = worth;
        }
    }
}

fn revalues(setting: &Setting, date: NaiveDate) -> bool {
    setting.revalues && date == month_end(date)
}

/// Takes `rest` off an account in the voucher of a month's end.
fn revalue(
    life: &Life,
    setting: &Setting,
    drafts: &mut Vec<Draft>,
    (account, date, rest): (&str, NaiveDate, i64),
) {
    if rest == 0 {
        return;
    }
    let id = format!("VM-{}-fx@{date}", life.ledger);
    let index = drafts.iter().position(|draft| draft.id == id);
    let index = index.unwrap_or_else(|| {
        drafts.push(Draft::new(id, date, date));
        drafts.len() - 1
    });
    let postings = pair(setting, "fx_revaluation", account, rest, None);
    drafts[index].extra.extend(postings);
}

/// Each dispute comes back at the value that it went at.
fn add_disputes(life: &Life, setting: &Setting, drafts: &mut Vec<Draft>) {
    let account = setting.market.account(Role::Disputes);
    // By name: since when, balance, and value.
    let mut open = BTreeMap::<&str, (NaiveDate, i64, i64)>::new();
    let is_dispute = |(_, entry): &(usize, &Entry)| entry.kind.ends_with("-disputed-capture");
    let mut movements = life.entries.iter().enumerate().filter(is_dispute).peekable();
    for date in dates(life.first, life.last) {
        if date.day() == 1 {
            let first = before(date, DISPUTE_DATES);
            open.retain(|_, dispute| dispute.0 >= first);
        }
        let mut last = BTreeMap::new();
        while let Some((place, entry)) = movements.next_if(|(_, entry)| entry.date == date) {
            let name = entry.psp.as_deref().unwrap();
            let dispute = open.entry(name).or_insert((date, 0, 0));
            // What comes back beyond it was withheld before all that is known.
            let amount = (-entry.amount).max(-dispute.1);
            dispute.1 += amount;
            dispute.2 += setting.worth(amount, date);
            last.insert(name, place);
        }
        for (name, place) in last {
            if open[name].1 == 0 {
                let (_, _, rest) = open.remove(name).unwrap();
                if rest != 0 {
                    let draft = drafts.iter_mut().find(|draft| draft.holds(place)).unwrap();
                    draft
                        .extra
                        .extend(pair(setting, "fx_difference", account, rest, Some(name)));
                }
            }
        }
        if revalues(setting, date) {
            let mut rest = 0;
            for (_, balance, value) in open.values_mut() {
                let worth = setting.in_base(*balance, date);
                rest += *value - worth;
                *value = worth;
            }
            revalue(life, setting, drafts, (account, date, rest));
        }
    }
}

/// An aborted payout comes back at its payout's rate.
fn add_aborted(life: &Life, setting: &Setting, drafts: &mut [Draft]) {
    let account = setting.market.account(Role::InTransit);
    let mut scheduled = BTreeMap::new();
    for (place, entry) in life.entries.iter().enumerate() {
        match entry.kind {
            "payout-scheduled" => {
                scheduled.insert(payout_number(entry), entry.date);
            }
            "payout-aborted" => {
                let number = payout_number(entry);
                let Some(paid) = scheduled.get(&number) else {
                    continue;
                };
                let went = setting.in_base(entry.amount, *paid);
                let rest = went - setting.in_base(entry.amount, entry.date);
                if rest != 0 {
                    let draft = drafts.iter_mut().find(|draft| draft.holds(place)).unwrap();
                    draft
                        .extra
                        .extend(pair(setting, "fx_difference", account, rest, Some(&number)));
                }
            }
            _ => {}
        }
    }
}

/// Takes `rest` off an account: a loss where it is above zero.
fn pair(setting: &Setting, key: &str, account: &str, rest: i64, reference: Option<&str>) -> [Posting; 2] {
    let role = if rest > 0 { Role::FxLoss } else { Role::FxGain };
    let posting = |account: &str, amount: i64| Posting {
        reference: reference.map(str::to_owned),
        ..in_base_only(setting, key, account, amount)
    };
    [
        posting(account, -rest),
        posting(setting.market.account(role), rest),
    ]
}
