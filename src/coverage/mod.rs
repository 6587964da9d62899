//! What was exported, so that nothing is booked twice or never: kept in the archive, by entries.
//!
//! A run's vouchers go to a [`recorder::Recorder`]. What it made is compared ([`verdict`]) with what
//! the format has of the ledger ([`state`]), which all its objects ([`object`]) come to. `docs/COVERAGE.md`
//! has the rules.

pub mod books;
pub mod correct;
pub mod held;
pub mod object;
pub mod recorder;
pub mod state;
pub mod verdict;

use std::path::PathBuf;

use thiserror::Error;

use crate::archive::ArchiveError;
use crate::coverage::held::KeptError;

/// Why coverage cannot be read, or not be added to.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CoverageError {
    /// The archive cannot be read or written.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// An object is not what it should be.
    #[error("{} {message}", path.display())]
    Object {
        /// The object.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// Another run has exported or closed while this one was at work.
    #[error("another run has written {0} meanwhile")]
    Meanwhile(String),
    /// Something cannot be corrected by a file.
    #[error("{0}")]
    Uncorrectable(String),
    /// A kept voucher cannot be made again.
    #[error(transparent)]
    Kept(#[from] KeptError),
    /// Something is asked for that what was exported or closed does not allow.
    #[error("{0}")]
    Refused(String),
    /// There is nothing of what was asked for.
    #[error("{0}")]
    Nothing(String),
}

impl CoverageError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Archive(error) => error.hint(),
            Self::Object { .. } | Self::Kept(KeptError::Damaged(_)) => Some(
                "restore it from a backup: it says what was exported or closed, and nothing takes its place in silence",
            ),
            Self::Meanwhile(_) => Some("run again"),
            Self::Uncorrectable(_) | Self::Kept(_) | Self::Refused(_) | Self::Nothing(_) => None,
        }
    }
}
