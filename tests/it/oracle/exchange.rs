//! What the mirror accounts are worth in the books when the ledger is in another currency.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::oracle::RULES;
use crate::oracle::drafts::{Draft, in_base_only};
use crate::oracle::life::Life;
use crate::oracle::market::Role;
use crate::oracle::poster::month_end;
use crate::oracle::setting::{Captures, Setting, VoucherPer};

/// Adds exchange differences to vouchers, and the vouchers of month ends.
pub(crate) fn add_differences(life: &Life, setting: &Setting, drafts: &mut Vec<Draft>) {
    let roles: &[Role] = if RULES.currency {
        &[Role::Funds, Role::FeesPayable, Role::Disputes]
    } else {
        &[Role::Funds]
    };
    let none = Some(Captures::None);
    let is_complete =
        setting.modes.captures != Captures::None && setting.rules.iter().all(|rule| rule.captures != none);
    for role in roles {
        if *role != Role::Funds || is_complete {
            add_differences_of(life, setting, *role, drafts);
        }
    }
}

fn add_differences_of(life: &Life, setting: &Setting, role: Role, drafts: &mut Vec<Draft>) {
    let account = setting.market.account(role);
    // By ledger date: amount, value, and the draft that has the date's last movement.
    let mut dates = BTreeMap::<NaiveDate, (i64, i64, usize)>::new();
    for (index, draft) in drafts.iter().enumerate() {
        for movement in draft.post(setting).1 {
            if movement.account == account {
                let date = dates.entry(movement.date).or_insert((0, 0, index));
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
    let (mut balance, mut value) = (0, 0);
    for date in crate::oracle::life::dates(life.first, life.last) {
        if let Some((amount, base, index)) = dates.get(&date) {
            balance += amount;
            value += base;
            if balance == 0 && value != 0 {
                drafts[*index]
                    .extra
                    .extend(pair(setting, "fx_difference", account, value));
                value = 0;
            }
        }
        if RULES.currency && setting.revalues && date == month_end(date) && balance != 0 {
            let rest = value - setting.in_base(balance, date);
            if rest != 0 {
                let id = format!("VM-{}-fx@{date}", life.ledger);
                let postings = pair(setting, "fx_revaluation", account, rest);
                match drafts.iter_mut().find(|draft| draft.id == id) {
                    Some(draft) => draft.extra.extend(postings),
                    None => {
                        let mut draft = Draft::new(id, date, date);
                        draft.extra.extend(postings);
                        drafts.push(draft);
                    }
                }
            }
            value = setting.in_base(balance, date);
        }
    }
}

/// Takes `rest` off an account: a loss where it is above zero.
fn pair(setting: &Setting, key: &str, account: &str, rest: i64) -> [crate::oracle::drafts::Posting; 2] {
    let role = if rest > 0 { Role::FxLoss } else { Role::FxGain };
    [
        in_base_only(setting, key, account, -rest),
        in_base_only(setting, key, setting.market.account(role), rest),
    ]
}
