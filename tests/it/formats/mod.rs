//! Formats: the engine for delimited text, the writers of their own, and what users may say.

mod bodies;
mod delimited;
mod options;
mod settlement;

pub(crate) mod cafe;
