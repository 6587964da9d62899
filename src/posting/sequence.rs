//! Puts vouchers in order of date, then id, where they are not made in that order.

use crate::journal::Voucher;

/// Vouchers that are booked on the local calendar date may be dated before vouchers of earlier
/// ledger dates; they wait here until all are made.
#[derive(Debug, Default)]
pub struct Sequence {
    held: Vec<Voucher>,
}

impl Sequence {
    /// Takes a voucher.
    pub fn add(&mut self, voucher: &Voucher) {
        self.held.push(voucher.clone());
    }

    /// All vouchers, in order.
    pub fn finish(mut self) -> Vec<Voucher> {
        self.held
            .sort_by(|a, b| (a.date(), a.id()).cmp(&(b.date(), b.id())));
        self.held
    }
}
