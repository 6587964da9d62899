//! Turns the ledgers of a payment provider (Vipps MobilePay) into vouchers that a bookkeeping
//! system imports, and proves that they are complete and right, or refuses.
//!
//! The data flows one way: [`report_api`] → [`archive`] → [`ledger`] → [`posting`] → [`journal`]
//! → [`writer`] → [`encode`] → [`output`]. `docs/ARCHITECTURE.md` draws the flow.

pub mod archive;
pub mod date;
pub mod ledger;
pub mod money;
pub mod sandbox;
pub mod text;
