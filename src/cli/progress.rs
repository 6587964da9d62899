//! Progress of a fetch: a bar on a terminal, nothing elsewhere.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::report_api::error::ApiError;
use crate::report_api::progress::Progress;

/// Draws a fetch on the terminal. (`indicatif` hides itself where there is none.)
#[derive(Debug)]
pub struct FetchBar {
    bar: ProgressBar,
    entries: AtomicU64,
}

impl FetchBar {
    /// A bar, or nothing at all when `quiet`.
    pub fn new(quiet: bool) -> Self {
        let bar = if quiet {
            ProgressBar::hidden()
        } else {
            ProgressBar::new(0)
        };
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} ledger dates  {per_sec}  {msg}");
        bar.set_style(style.expect("the template is a constant"));
        Self {
            bar,
            entries: AtomicU64::new(0),
        }
    }
}

impl Drop for FetchBar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

impl Progress for FetchBar {
    fn planned(&self, steps: usize) {
        self.bar.inc_length(steps as u64);
    }

    fn step_done(&self, entries: usize) {
        let entries = self.entries.fetch_add(entries as u64, Ordering::Relaxed) + entries as u64;
        self.bar.set_message(format!("{entries} entries"));
        self.bar.inc(1);
    }

    fn retrying(&self, _error: &ApiError, _delay: Duration) {
        // The log tells of it, with `-v`.
    }
}
