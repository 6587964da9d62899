//! What can be wrong with the configuration and the files that it names.

use std::path::PathBuf;

use thiserror::Error;

/// Why the configuration cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file that was named is not there, or cannot be read.
    #[error("cannot read the configuration {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A file that the configuration names is not there, or cannot be read.
    #[error("cannot read {}, which the configuration names as `{key}`", path.display())]
    ReadNamed {
        /// The key that names it.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file does not say what bilag understands.
    #[error("{}: {message}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and allowed values.
        message: String,
    },
}
