//! Everything that can be tested from outside, in one binary.
#![expect(clippy::unwrap_used, reason = "a test may panic, helper functions included")]
#![expect(clippy::print_stderr, reason = "what was skipped or counted is named")]

mod archive;
mod bad_input;
mod baseline;
mod conformance;
mod contract;
mod coverage;
mod currency;
mod documents;
mod exits;
mod fault_matrix;
mod formats;
mod golden;
mod harness;
mod help;
mod hostile;
mod judges;
mod kills;
mod library;
mod long_dates;
mod many_ledgers;
mod mutations;
mod openapi;
mod oracle;
mod proof;
mod properties;
mod reach;
mod refunds;
mod report_api;
mod rules;
mod secrets;
mod stores;
mod strict;
mod targets;
mod texts;
mod tidy;
mod times;
mod transaction_dates;
mod vat_oracle;
mod verify;
mod vouchers_per_payout;
mod zz_judges;
