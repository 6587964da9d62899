//! The mirror accounts against the ledger, from the program's own vouchers.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::oracle::compare::Journal;
use crate::oracle::life::{Life, Topic, before};
use crate::oracle::market::Role;
use crate::oracle::poster;
use crate::oracle::setting::{Fees, Setting};

/// What the accounts hold, month after month, in both currencies.
#[derive(Debug, Default)]
pub(crate) struct Mirrors {
    sums: BTreeMap<String, (i64, i64)>,
    /// What others booked, and what the modes leave out.
    elsewhere: BTreeMap<Topic, i64>,
    /// A topic that was ever booked elsewhere has a value that is not known.
    is_unvalued: BTreeMap<Topic, bool>,
}

impl Mirrors {
    /// Adds the vouchers of a month; gives what does not hold when it ends.
    pub(crate) fn check(
        &mut self,
        life: &Life,
        setting: &Setting,
        (first, last): (NaiveDate, NaiveDate),
        found: &Journal,
    ) -> Result<(), String> {
        for posting in found.values().flat_map(|voucher| &voucher.1) {
            let sum = self.sums.entry(posting.account.clone()).or_default();
            if posting.currency == life.currency {
                sum.0 += posting.amount;
            }
            sum.1 += posting.base.unwrap_or(posting.amount);
        }
        let fees = life.balance(Topic::Fees, last) - life.balance(Topic::Fees, before(first, 1));
        let unposted = [
            (Topic::Funds, poster::unposted(life, setting, first, last)),
            (
                Topic::Fees,
                if setting.modes.fees == Fees::Retained {
                    fees
                } else {
                    0
                },
            ),
        ];
        for (topic, amount) in unposted {
            let is_unvalued = !setting.revalues || topic == Topic::Funds && setting.may_leave_out();
            *self.elsewhere.entry(topic).or_default() += amount;
            *self.is_unvalued.entry(topic).or_default() |= is_unvalued || amount != 0;
        }
        for (topic, role) in [(Topic::Funds, Role::Funds), (Topic::Fees, Role::FeesPayable)] {
            let account = setting.market.account(role);
            let (booked, value) = self.sums.get(account).copied().unwrap_or_default();
            let elsewhere = self.elsewhere[&topic];
            let balance = life.balance(topic, last);
            if booked + elsewhere != balance {
                return Err(format!(
                    "{account} holds {booked}, elsewhere {elsewhere} is booked, and the ledger says {balance}"
                ));
            }
            let is_valued = !self.is_unvalued[&topic] || !setting.is_foreign();
            let worth = setting.worth(booked, last);
            if is_valued && value != worth {
                return Err(format!(
                    "{account} holds {booked} and is worth {value}, not {worth}"
                ));
            }
        }
        Ok(())
    }
}
