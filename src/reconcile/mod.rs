//! The control report: the same facts as a table for people and as a document for scripts.

pub mod bank_text;
pub mod summary;
pub mod table;
