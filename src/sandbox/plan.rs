//! What a generated ledger is like.

use crate::chart::Market;
use crate::date::DateRange;
use crate::sandbox::engine::{Frequency, Settlement, Terms};
use crate::sandbox::random::number_of;

/// What one generated ledger is like.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What is agreed about the ledger.
    pub terms: Terms,
    /// The first and last date with entries.
    pub range: DateRange,
    /// About how many captures and refunds a date has.
    pub payments_per_date: u64,
    /// Whether there are disputes, aborted payouts, negative dates, unknown types and the like.
    pub with_exceptions: bool,
    /// Decides everything else.
    pub seed: u64,
}

impl Plan {
    /// A net ledger of `market` with daily payouts, 50 payments a date and exceptions.
    pub fn new(market: Market, ledger_id: &str, range: DateRange) -> Self {
        let unit = format!("{:0>6}", number_of(ledger_id) % 1_000_000);
        let terms = Terms {
            ledger_id: ledger_id.to_owned(),
            market,
            handle: format!("{}:{unit}", market.code()).into(),
            settlement: Settlement::Net,
            frequency: Frequency::Daily,
            reserve: 0,
            cutoff_hour: 0,
            fee_basis_points: 175,
        };
        Self {
            terms,
            range,
            payments_per_date: 50,
            with_exceptions: true,
            seed: 0,
        }
    }

    /// The same ledger with about `entries` entries on both topics together.
    pub fn with_entries(mut self, entries: u64) -> Self {
        let dates = u64::try_from(self.range.dates().count())
            .unwrap_or(u64::MAX)
            .max(1);
        // A capture is an entry on each topic; one date in twelve is empty.
        self.payments_per_date = (entries / dates).saturating_mul(12).div_ceil(11 * 2).max(1);
        self
    }
}
