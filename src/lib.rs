//! Turns the ledgers of a payment provider (Vipps MobilePay) into vouchers that a bookkeeping
//! system imports, and proves that they are complete and right, or refuses.
//!
//! [`Books`] opens an archive, [`LedgerRange`] proves, posts and writes some dates of a ledger,
//! [`Outcome`] says what came of it, and a [`Writer`] makes documents that bilag does not know:
//!
//! ```
//! use std::io::{self, Write};
//!
//! use bilag::{Books, Status, Voucher, Writer};
//!
//! /// A line for each voucher: its id, its date, its debit.
//! struct Lines;
//!
//! impl Writer for Lines {
//!     fn voucher(&mut self, voucher: &Voucher, out: &mut Vec<u8>) -> io::Result<()> {
//!         let debit: i64 = voucher.postings().iter().map(|posting| posting.amount.max(0)).sum();
//!         let debit = voucher.currency().format(debit);
//!         writeln!(out, "{} {} {debit}", voucher.id(), voucher.date())
//!     }
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // A folder, or a zip of one.
//! let mut books = Books::open("fixtures/month-with-weekly-payouts/archive")?
//!     .configured("[posting]\nmarket = \"NO\"")?;
//! let descriptor = "id = \"lines\"\ntitle = \"A line a voucher\"\nfile = \"lines.txt\"";
//! books.register(descriptor, |_document| Box::new(Lines))?;
//!
//! let february = books.month("640315", "2026-02")?;
//! assert_eq!(february.prove()?.status, Status::Proven);
//!
//! let (outcome, vouchers) = february.post()?;
//! for finding in &outcome.findings {
//!     println!("{}: {}", finding.code.name(), finding.message);
//! }
//! assert_eq!(vouchers[0].id().to_string(), "VM-640315-2026-02-02");
//! assert_eq!(vouchers[0].postings()[0].amount, 450_00);
//!
//! let out = tempfile::tempdir()?;
//! let outcome = february.write(&["lines", "gbat10"], out.path())?;
//! for output in &outcome.outputs {
//!     println!("{} {}", output.path.display(), output.sha256);
//! }
//! # let lines = std::fs::read_to_string(&outcome.outputs[0].path)?;
//! # assert!(lines.starts_with("VM-640315-2026-02-02 2026-02-02 465.76\n"), "{lines}");
//! # Ok(())
//! # }
//! ```
//!
//! The data flows one way: report API, archive, ledger days, posting, journal, writer, encoding,
//! file. `docs/ARCHITECTURE.md` draws the flow.
//!
//! The public modules are there for the program and its tests. They are hidden here, are not part
//! of the library, and change without notice; `RUSTDOCFLAGS="--cfg internals"` shows them.

#[cfg_attr(not(internals), doc(hidden))]
pub mod account;
#[cfg_attr(not(internals), doc(hidden))]
pub mod archive;
#[cfg_attr(not(internals), doc(hidden))]
pub mod catalogue;
#[cfg_attr(not(internals), doc(hidden))]
pub mod chart;
#[cfg_attr(not(internals), doc(hidden))]
pub mod cli;
#[cfg_attr(not(internals), doc(hidden))]
pub mod config;
#[cfg_attr(not(internals), doc(hidden))]
pub mod coverage;
#[cfg_attr(not(internals), doc(hidden))]
pub mod date;
#[cfg_attr(not(internals), doc(hidden))]
pub mod days;
#[cfg_attr(not(internals), doc(hidden))]
pub mod digest;
#[cfg_attr(not(internals), doc(hidden))]
pub mod encode;
#[cfg_attr(not(internals), doc(hidden))]
pub mod format;
#[cfg_attr(not(internals), doc(hidden))]
pub mod input;
#[cfg_attr(not(internals), doc(hidden))]
pub mod journal;
#[cfg_attr(not(internals), doc(hidden))]
pub mod ledger;
mod library;
#[cfg_attr(not(internals), doc(hidden))]
pub mod money;
#[cfg_attr(not(internals), doc(hidden))]
pub mod output;
#[cfg_attr(not(internals), doc(hidden))]
pub mod posting;
#[cfg_attr(not(internals), doc(hidden))]
pub mod proof;
#[cfg_attr(not(internals), doc(hidden))]
pub mod provider;
#[cfg_attr(not(internals), doc(hidden))]
pub mod report;
#[cfg_attr(not(internals), doc(hidden))]
pub mod report_api;
#[cfg_attr(not(internals), doc(hidden))]
pub mod run;
#[cfg_attr(not(internals), doc(hidden))]
pub mod sandbox;
#[cfg_attr(not(internals), doc(hidden))]
pub mod store;
#[cfg_attr(not(internals), doc(hidden))]
pub mod text;
#[cfg_attr(not(internals), doc(hidden))]
pub mod verify;
#[cfg_attr(not(internals), doc(hidden))]
pub mod writer;

#[doc(inline)]
pub use crate::journal::id::VoucherId;
#[doc(inline)]
pub use crate::journal::{Posting, PostingKey, Tax, Voucher};
#[doc(inline)]
pub use crate::ledger::finding::{Code, Finding, Level};
#[doc(inline)]
pub use crate::library::error::Error;
#[doc(inline)]
pub use crate::library::writer::{Document, Writer};
#[doc(inline)]
pub use crate::library::{Books, LedgerRange, Outcome};
#[doc(inline)]
pub use crate::money::{Currency, Rate};
#[doc(inline)]
pub use crate::proof::Status;
#[doc(inline)]
pub use crate::provider::Topic;
#[doc(inline)]
pub use crate::run::documents::Output;
