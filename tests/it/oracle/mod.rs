//! A second poster, written from the bookkeeping rules alone and sharing no code with the program's, and lives of
//! fifteen months by chance that both must book alike.
//!
//! [`poster`] takes a life and a setting and computes every voucher with fractions. [`generate`] makes lives, [`choose`]
//! makes settings. The program books the same life month by month and at once; no voucher may differ in id, date,
//! account, amount in either currency, tax code, dimension or reference, and after every month its mirror accounts hold
//! the ledger's balances.

mod choose;
mod clock;
mod compare;
mod drafts;
mod exact;
mod exchange;
mod generate;
mod life;
mod market;
mod mirrors;
mod moves;
mod orders;
mod poster;
mod program;
mod refunds;
mod runs;
mod setting;
