//! The client against a scripted server on this machine.

mod dates;
mod failures;
mod fetch;
mod keys;
mod ledgers;
mod retries;
mod server;
