//! Errors on their way to the user: what failed, why, what to do, and the exit code.

use serde_json::json;

use crate::archive::ArchiveError;
use crate::cli::exit::Exit;
use crate::config::error::ConfigError;
use crate::coverage::CoverageError;
use crate::format::FormatError;
use crate::ledger::day::with_causes;
use crate::output::OutputError;
use crate::posting::books::PostingError;
use crate::report_api::credentials::CredentialsError;
use crate::report_api::error::{ApiError, ErrorKind};
use crate::run::RunError;
use crate::run::rules::RulesError;
use crate::text::shortened;

/// The longest message, in characters: it may quote a file or the provider.
const MESSAGE_MAX: usize = 2000;

/// A failure that ends a command, or one ledger of it.
#[derive(Debug, Clone)]
pub struct Failure {
    exit: Exit,
    message: String,
    hint: Option<String>,
}

impl Failure {
    /// A failure with the given exit code.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: shortened(&message.into(), MESSAGE_MAX).into_owned(),
            hint: None,
        }
    }

    /// Wrong use or wrong configuration.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// Adds what the user can do about it.
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds what the user can do about it, where there is something.
    pub fn with_optional_hint(mut self, hint: Option<&str>) -> Self {
        self.hint = hint.map(str::to_owned);
        self
    }

    fn of(exit: Exit, error: &dyn std::error::Error, hint: Option<String>) -> Self {
        Self {
            hint,
            ..Self::new(exit, with_causes(error))
        }
    }

    /// The exit code.
    pub fn exit(&self) -> Exit {
        self.exit
    }

    /// What failed, and why.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What the user can do about it.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// The failure as a document for scripts.
    pub fn to_json(&self) -> serde_json::Value {
        json!({"schema": 1, "exit_code": self.exit.code(), "error": self.message, "hint": self.hint, "ledgers": []})
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::of(Exit::Usage, &error, None)
    }
}

impl From<CredentialsError> for Failure {
    fn from(error: CredentialsError) -> Self {
        let hint = error
            .hint()
            .map(|hint| format!("{hint}; or use --offline to work from the archive alone"));
        Self::of(Exit::Usage, &error, hint)
    }
}

impl From<FormatError> for Failure {
    fn from(error: FormatError) -> Self {
        Self::of(Exit::Usage, &error, error.hint())
    }
}

impl From<crate::date::DateError> for Failure {
    fn from(error: crate::date::DateError) -> Self {
        Self::of(Exit::Usage, &error, None)
    }
}

impl From<ArchiveError> for Failure {
    fn from(error: ArchiveError) -> Self {
        Self::of(archive_exit(&error), &error, error.hint().map(str::to_owned))
    }
}

fn archive_exit(error: &ArchiveError) -> Exit {
    match error {
        ArchiveError::NoFolder(_) | ArchiveError::ReadOnly(_) => Exit::Usage,
        ArchiveError::Locked { .. } => Exit::Locked,
        ArchiveError::NotText(_)
        | ArchiveError::LedgerItem { .. }
        | ArchiveError::NotALedger(_)
        | ArchiveError::TwoVersions(..)
        | ArchiveError::Record { .. }
        | ArchiveError::Read { .. } => Exit::DoesNotReconcile,
        ArchiveError::Write { .. } => Exit::OutputRefused,
    }
}

impl From<CoverageError> for Failure {
    fn from(error: CoverageError) -> Self {
        Self::of(coverage_exit(&error), &error, error.hint().map(str::to_owned))
    }
}

fn coverage_exit(error: &CoverageError) -> Exit {
    match error {
        CoverageError::Archive(error) => archive_exit(error),
        CoverageError::Object { .. } | CoverageError::Kept(_) => Exit::DoesNotReconcile,
        CoverageError::Meanwhile(_) => Exit::Locked,
        CoverageError::Uncorrectable(_) | CoverageError::Refused(_) => Exit::OutputRefused,
        CoverageError::Nothing(_) => Exit::Usage,
    }
}

impl From<OutputError> for Failure {
    fn from(error: OutputError) -> Self {
        Self::of(Exit::OutputRefused, &error, Some(error.hint().to_owned()))
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        let exit = match error.kind() {
            ErrorKind::Config => Exit::Usage,
            ErrorKind::KeysRefused | ErrorKind::NotOurs => Exit::NotOurs,
            ErrorKind::Temporary => Exit::Temporary,
            ErrorKind::DoesNotReconcile => Exit::DoesNotReconcile,
            ErrorKind::Protocol => Exit::Unexpected,
            ErrorKind::Archive => match &error {
                ApiError::Archive(archive) => archive_exit(archive),
                _ => Exit::Unexpected,
            },
        };
        Self::of(exit, &error, error.hint())
    }
}

impl From<RulesError> for Failure {
    fn from(error: RulesError) -> Self {
        match error {
            RulesError::Archive(error) => error.into(),
            RulesError::Overflow(_) => Self::of(Exit::DoesNotReconcile, &error, None),
        }
    }
}

impl From<&RunError> for Failure {
    fn from(error: &RunError) -> Self {
        let exit = match error {
            RunError::Archive(error) => archive_exit(error),
            RunError::Coverage(error) => coverage_exit(error),
            RunError::Format(_) => Exit::Usage,
            RunError::ReadAgain(_) => Exit::DoesNotReconcile,
            RunError::Posting(posting) if posting.is_configuration() => Exit::Usage,
            RunError::Posting(PostingError::Overflow(_)) => Exit::DoesNotReconcile,
            RunError::Posting(_) | RunError::Movement { .. } | RunError::Worth { .. } => Exit::Unexpected,
            RunError::Output(OutputError::Locked(_)) => Exit::Locked,
            RunError::Output(_) => Exit::OutputRefused,
            RunError::Cancelled => Exit::Cancelled,
        };
        Self::of(exit, error, error.hint())
    }
}
