//! Writers are judged by readers that somebody else wrote: schemas, checkers, crates. A judge
//! that is not installed is skipped, and says so.

mod export;
pub(crate) mod readers;
mod saft_dk;
mod saft_no;
mod sie;
