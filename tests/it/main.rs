//! Everything that can be tested from outside, in one binary.
#![expect(clippy::unwrap_used, reason = "a test may panic, helper functions included")]

mod conformance;
mod formats;
mod report_api;
