//! Turns the ledgers of a payment provider (Vipps MobilePay) into vouchers that a bookkeeping
//! system imports, and proves that they are complete and right, or refuses.
//!
//! The data flows one way: report API, archive, ledger days, posting, journal, writer, encoding,
//! file. `docs/ARCHITECTURE.md` draws the flow.

pub mod account;
pub mod archive;
pub mod catalogue;
pub mod chart;
pub mod cli;
pub mod config;
pub mod date;
pub mod days;
pub mod digest;
pub mod encode;
pub mod format;
pub mod journal;
pub mod ledger;
pub mod money;
pub mod output;
pub mod posting;
pub mod proof;
pub mod provider;
pub mod report;
pub mod report_api;
pub mod run;
pub mod sandbox;
pub mod store;
pub mod text;
pub mod verify;
pub mod writer;
