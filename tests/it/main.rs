//! Everything that can be tested from outside, in one binary.
#![expect(clippy::unwrap_used, reason = "a test may panic, helper functions included")]

mod baseline;
mod exits;
mod fault_matrix;
mod kills;
mod many_ledgers;
mod report_api;
mod sandboxed;
