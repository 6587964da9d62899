//! Writers are judged by readers that somebody else wrote: schemas, checkers, crates. A judge
//! that is not installed is skipped, and named at the end of the run.

mod export;
pub(crate) mod readers;
mod saft_dk;
mod saft_no;
mod sie;
