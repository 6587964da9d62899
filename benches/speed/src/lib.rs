//! What the maker of archives and the floor share: the invented ledger and the days of a calendar; and the
//! parts of the floor.

pub mod booking;
pub mod calendar;
pub mod csv;
pub mod reading;
pub mod saft;

/// The first ledger that is made; the others are numbered on from it.
pub const FIRST_LEDGER: u64 = 302_321;

/// The sales unit that every payment of an archive comes from.
pub const UNIT: &str = "123455";

/// Why a program of this crate stops: a sentence for the person who started it.
pub type Stop = Box<dyn std::error::Error>;
