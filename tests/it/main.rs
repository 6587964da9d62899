//! Everything that can be tested from outside, in one binary.
#![expect(clippy::unwrap_used, reason = "a test may panic, helper functions included")]
#![expect(clippy::print_stderr, reason = "a judge that is not installed is named")]

mod bad_input;
mod builder;
mod contract;
mod formats;
mod golden;
mod judges;
mod mutations;
mod properties;
mod report_api;
mod rules;
mod tidy;
mod vat_oracle;
mod verify;
