//! A month of a generated ledger, exported as a run would.

use std::path::PathBuf;

use bilag::chart::Market;
use bilag::date::DateRange;
use bilag::run::LedgerRun;
use bilag::sandbox::plan::Plan;

use crate::harness::dates::range;
use crate::harness::exporter::Exporter;
use crate::harness::ledger::Ledger;
use crate::harness::library::findings;

/// The ledger of every test here.
pub(crate) const LEDGER: &str = "302321";

/// Every mode that changes what a journal looks like.
pub(crate) const MODES: [&str; 6] = [
    "",
    "captures = \"revenue\"\n",
    "captures = \"revenue\"\nvoucher_per = \"payout\"\n",
    "captures = \"revenue\"\nvoucher_per = \"entry\"\n",
    "fees = \"retained\"\ncaptures = \"none\"\n",
    "date_basis = \"transaction-date\"\nvoucher_per = \"ledger-date\"\n",
];

/// A generated ledger, saved as an archive, with the files that were exported from it.
pub(crate) struct Export {
    exporter: Exporter,
    pub(crate) range: DateRange,
}

impl Export {
    /// A ledger of February 2026, with the week before and after it.
    pub(crate) fn of(market: Market) -> Self {
        let plan = Plan {
            payments_per_date: 12,
            seed: 7,
            ..Plan::new(market, LEDGER, range("2026-01-20", "2026-03-08"))
        };
        Self::of_plan(plan, range("2026-02-01", "2026-02-28"))
    }

    /// A ledger by its plan.
    pub(crate) fn of_plan(plan: Plan, range: DateRange) -> Self {
        let exporter = Exporter::generated(plan, LEDGER);
        Self { exporter, range }
    }

    /// Adds `count` dates on which nothing happened.
    pub(crate) fn add_empty_dates(&self, first: &str, count: u64) {
        let nothing = Ledger::new(LEDGER).without_item().empty(first, count);
        self.exporter.add(&nothing);
    }

    /// Exports formats under a configuration.
    pub(crate) fn run(&self, config: &str, formats: &[&str]) -> LedgerRun {
        self.exporter.run(config, formats, self.range).run
    }

    /// Exports formats, which must succeed, and gives the files of each in the same order.
    pub(crate) fn files(&self, config: &str, formats: &[&str]) -> Vec<PathBuf> {
        let made = self.exporter.run(config, formats, self.range);
        let (error, findings) = (&made.run.error, findings(&made.run));
        let is_written = error.is_none() && !made.files.is_empty();
        assert!(is_written, "{config}\n{error:?}\n{findings:?}");
        let first = |id: &&str| made.paths(id).remove(0);
        formats.iter().map(first).collect()
    }
}
