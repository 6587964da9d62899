//! What the provider's ledger says, parsed and checked.
//!
//! [`body`] parses response bodies into [`entry::Entry`] values that borrow from them, [`strict`]
//! does so fast where a body is of the common form,
//! [`day`] puts the two topics of one ledger date together, [`check`] proves the balance chain,
//! [`payout`] explains each payout, and [`finding`] is how all of them report.

pub mod body;
pub mod check;
pub mod day;
mod digits;
pub mod duplicates;
pub mod entry;
pub mod fee_join;
pub mod finding;
pub mod findings;
pub mod page;
pub mod payout;
mod refusal;
mod scanner;
pub mod strict;
pub mod time;
