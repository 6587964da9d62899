//! Proves the sandbox against the knowledge of the provider's API.

mod archived;
mod client;
mod faults;
mod generated;
mod invariants;
mod reports;
mod story;
mod tokens;
