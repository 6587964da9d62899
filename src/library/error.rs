//! Why something cannot be done.

use std::fmt;

use crate::archive::ArchiveError;
use crate::config::error::ConfigError;
use crate::date::DateError;
use crate::format::FormatError;
use crate::run::RunError;

/// Why something cannot be done. The text says what failed and on what.
#[derive(Debug)]
pub struct Error {
    cause: Box<dyn std::error::Error + Send + Sync>,
    hint: Option<String>,
}

impl Error {
    pub(super) fn new(message: String, hint: &str) -> Self {
        Self {
            cause: message.into(),
            hint: Some(hint.to_owned()),
        }
    }

    /// What can be done about it.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(formatter)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.source()
    }
}

impl From<ArchiveError> for Error {
    fn from(error: ArchiveError) -> Self {
        Self {
            hint: error.hint().map(str::to_owned),
            cause: error.into(),
        }
    }
}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Self {
            hint: None,
            cause: error.into(),
        }
    }
}

impl From<DateError> for Error {
    fn from(error: DateError) -> Self {
        Self {
            hint: None,
            cause: error.into(),
        }
    }
}

impl From<FormatError> for Error {
    fn from(error: FormatError) -> Self {
        Self {
            hint: error.hint(),
            cause: error.into(),
        }
    }
}

impl From<RunError> for Error {
    fn from(error: RunError) -> Self {
        Self {
            hint: error.hint(),
            cause: error.into(),
        }
    }
}
