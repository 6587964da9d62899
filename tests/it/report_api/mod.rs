//! The client against a scripted server on this machine.

mod dates;
mod failures;
mod fetch;
mod hostile;
mod keys;
mod ledgers;
mod published;
mod retries;
mod server;
