//! Everything that can be tested from outside, in one binary.
#![expect(clippy::unwrap_used, reason = "a test may panic, helper functions included")]

mod bad_input;
mod builder;
mod contract;
mod golden;
mod judges;
mod mutations;
mod properties;
mod report_api;
