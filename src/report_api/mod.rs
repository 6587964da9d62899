//! The client of the provider's Report API: the only part of bilag that knows HTTP, tokens,
//! paging and retries.
//!
//! [`client`] asks for one thing at a time and hands out nothing that is not whole; [`fetch`]
//! asks for many side by side and fills the archive with closed ledger dates. An open date is
//! never kept. `docs/CLIENT.md` describes the flow and the policies.

mod answer;
pub mod client;
pub mod credentials;
pub mod error;
pub mod fetch;
pub mod listing;
pub mod options;
mod page;
mod paging;
pub mod progress;
pub mod retry;
mod secrets;
mod step;
mod token;
mod transport;
