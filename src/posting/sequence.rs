//! Puts vouchers in order of date, then id, without holding more of them than it must.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::date::days_before;
use crate::journal::Voucher;

/// Holds vouchers back until no earlier one can come.
///
/// Vouchers are made ledger date by ledger date; one that is booked on the local calendar date
/// may be dated some days before its ledger date.
#[derive(Debug)]
pub struct Sequence {
    lag_days: u64,
    held: BTreeMap<(NaiveDate, String), Voucher>,
}

impl Sequence {
    /// A sequence where vouchers are dated at most `lag_days` before the ledger date at hand.
    pub fn new(lag_days: u64) -> Self {
        Self {
            lag_days,
            held: BTreeMap::new(),
        }
    }

    /// Takes vouchers in any order.
    pub fn add(&mut self, vouchers: Vec<Voucher>) {
        for voucher in vouchers {
            self.held
                .insert((voucher.date(), voucher.id().to_owned()), voucher);
        }
    }

    /// The vouchers, in order, that nothing made on a ledger date after `date` can precede.
    pub fn ready(&mut self, date: NaiveDate) -> impl Iterator<Item = Voucher> + use<> {
        let limit = days_before(crate::date::days_after(date, 1), self.lag_days);
        let later = self.held.split_off(&(limit, String::new()));
        std::mem::replace(&mut self.held, later).into_values()
    }

    /// The rest, in order.
    pub fn finish(self) -> impl Iterator<Item = Voucher> {
        self.held.into_values()
    }
}
