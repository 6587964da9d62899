//! Puts vouchers in order of date, then id, where they are not made in that order.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::date::DateRange;
use crate::journal::Voucher;
use crate::journal::id::{Origin, VoucherId};
use crate::ledger::finding::Code;
use crate::ledger::findings::Findings;
use crate::money::Currency;

/// Vouchers that are booked on the local calendar date may be dated before vouchers of earlier
/// ledger dates; they wait here until all are made.
#[derive(Debug)]
pub struct Sequence {
    range: DateRange,
    held: Vec<Voucher>,
    /// Vouchers dated outside the range, by the ledger date of their entries and their own.
    outside: BTreeMap<(NaiveDate, NaiveDate), Outside>,
}

/// Vouchers of one ledger date with one date outside the range.
#[derive(Debug)]
struct Outside {
    first: VoucherId,
    count: usize,
    /// The sum of what they debit, in minor units.
    debit: i128,
}

impl Sequence {
    /// For the vouchers of the exported ledger dates `range`.
    pub fn new(range: DateRange) -> Self {
        Self {
            range,
            held: Vec::new(),
            outside: BTreeMap::new(),
        }
    }

    /// Notes a voucher that is dated outside the range.
    pub fn look(&mut self, voucher: &Voucher) {
        if self.range.contains(voucher.date()) {
            return;
        }
        let (Origin::Moved { ledger_date, .. } | Origin::Entry { ledger_date, .. }) = voucher.id().origin()
        else {
            return;
        };
        let debit: i128 = voucher
            .postings()
            .iter()
            .filter(|posting| posting.currency == voucher.currency())
            .map(|posting| i128::from(posting.amount.max(0)))
            .sum();
        let outside = self
            .outside
            .entry((*ledger_date, voucher.date()))
            .or_insert_with(|| Outside {
                first: voucher.id().clone(),
                count: 0,
                debit: 0,
            });
        outside.count += 1;
        outside.debit += debit;
    }

    /// Takes a voucher.
    pub fn add(&mut self, voucher: &Voucher) {
        self.held.push(voucher.clone());
    }

    /// Reports the vouchers that are dated outside the range, one finding for each ledger date.
    pub fn report(&self, currency: Currency, findings: &mut Findings) {
        let mut by_ledger_date: BTreeMap<NaiveDate, Vec<String>> = BTreeMap::new();
        for ((ledger_date, date), outside) in &self.outside {
            let side = if *date < self.range.from() {
                "before"
            } else {
                "after"
            };
            let vouchers = match outside.count {
                1 => format!("voucher {}", outside.first),
                count => format!("{count} vouchers, the first {},", outside.first),
            };
            let text = format!(
                "{vouchers} of {} {currency} {} dated {date}, {side} the exported range",
                currency.amount(outside.debit),
                if outside.count == 1 { "is" } else { "are" },
            );
            by_ledger_date.entry(*ledger_date).or_default().push(text);
        }
        for (ledger_date, texts) in by_ledger_date {
            findings.add(Code::VoucherOutsideRange, None, Some(ledger_date), None, || {
                texts.join("; ")
            });
        }
    }

    /// All vouchers, in order.
    pub fn finish(mut self) -> Vec<Voucher> {
        self.held
            .sort_by(|a, b| (a.date(), a.id()).cmp(&(b.date(), b.id())));
        self.held
    }
}
