//! What a client tells while it works, so that the caller can draw it or log it.

use std::time::Duration;

use crate::report_api::error::ApiError;

/// Hears how the work goes. Calls come from several threads and should return at once.
pub trait Progress: Send + Sync {
    /// A fetch begins that has this many steps; a step is a ledger date of one topic, or the
    /// walk to the last entries before the range.
    fn planned(&self, steps: usize);

    /// A step is done and brought this many new entries.
    fn step_done(&self, entries: usize);

    /// A request failed for a temporary reason and is tried again after `delay`.
    fn retrying(&self, error: &ApiError, delay: Duration);
}

/// Hears nothing.
impl Progress for () {
    fn planned(&self, _steps: usize) {}
    fn step_done(&self, _entries: usize) {}
    fn retrying(&self, _error: &ApiError, _delay: Duration) {}
}
