//! A local Report API for everyone who builds on the real one, which has no test environment.
//!
//! [`server`] answers like the provider, [`fault`] makes it fail on demand, and a
//! [`source::Source`] holds what it serves: the demo month ([`story`]), a generated ledger of any
//! size ([`generate`]), or an archive folder ([`archived`]). Nothing here reads a clock; "today" is
//! an option.

pub mod archived;
mod cursor;
pub mod engine;
pub mod fault;
pub mod generate;
pub mod market;
pub mod options;
mod payments;
pub mod plan;
pub mod random;
mod reply;
mod report;
mod request;
pub mod script;
pub mod server;
pub mod source;
pub mod story;
mod token;

#[cfg(test)]
mod tests;
