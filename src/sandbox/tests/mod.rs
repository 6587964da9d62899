//! Proves the sandbox against the knowledge of the provider's API.

mod invariants;
mod story;
