//! Proves the sandbox against the knowledge of the provider's API.

mod client;
mod faults;
mod invariants;
mod reports;
mod story;
mod tokens;
