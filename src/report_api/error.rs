//! Why the provider did not give what was asked for, as data: what was asked, what came, which
//! kind of failure that is, and what to do.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDate;
use thiserror::Error;

use crate::archive::ArchiveError;
use crate::provider::Topic;
use crate::report_api::answer::Answer;

/// What a request was about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// An access token.
    Token,
    /// The list of ledgers.
    Ledgers,
    /// One date of one topic.
    Date {
        ledger_id: String,
        topic: Topic,
        /// The ledger date.
        date: NaiveDate,
    },
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token => f.write_str("access token"),
            Self::Ledgers => f.write_str("list of ledgers"),
            Self::Date {
                ledger_id,
                topic,
                date,
            } => write!(f, "ledger `{ledger_id}`, {topic}, {date}"),
        }
    }
}

/// What kind of failure an [`ApiError`] is; the exit code follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErrorKind {
    /// The options cannot be used.
    Config,
    /// The provider refuses the keys.
    KeysRefused,
    /// The ledger is not there for these keys.
    NotOurs,
    /// Network or service failed, and went on failing.
    Temporary,
    /// A body's numbers do not hold, and went on not holding.
    DoesNotReconcile,
    /// The provider's answer is not what its documentation says.
    Protocol,
    /// The archive cannot be read, written or locked.
    Archive,
}

/// A request, or a run of requests, that failed for good.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum ApiError {
    /// An option cannot be used.
    #[error("{problem}")]
    Options {
        /// Which, and why.
        problem: String,
        /// What to write instead.
        hint: &'static str,
    },
    /// The HTTP client cannot be built, for want of root certificates for instance.
    #[error("cannot set up HTTPS")]
    Setup(#[source] Arc<reqwest::Error>),
    /// The provider, or a gateway before it, answered with something else than 200.
    #[error("{subject}: the provider answers {status}{answer}")]
    Refused {
        /// What was asked for.
        subject: Subject,
        /// The HTTP status.
        status: u16,
        /// What the answer said.
        answer: Answer,
    },
    /// No connection, no answer in time, or a connection that broke.
    #[error("{subject}: {problem}")]
    Connection {
        /// What was asked for.
        subject: Subject,
        /// What happened.
        problem: &'static str,
        /// What the HTTP client says, unless that repeats a key.
        source: Option<Arc<reqwest::Error>>,
    },
    /// A body of a 200 answer ends early or is not JSON.
    #[error("{subject}, page {page}: the answer is not whole JSON (line {line}, column {column})")]
    NotWhole {
        /// What was asked for.
        subject: Subject,
        /// The page, from 1.
        page: usize,
        /// Line where reading stopped, from 1.
        line: usize,
        /// Column where reading stopped, from 1.
        column: usize,
    },
    /// A body of a 200 answer is whole JSON, but not of the documented form.
    #[error("{subject}, page {page}: {problem}")]
    NotDocumented {
        /// What was asked for.
        subject: Subject,
        /// The page, from 1.
        page: usize,
        /// What is wrong.
        problem: String,
    },
    /// A body of a 200 answer repeats a key or token that was sent.
    #[error(
        "{subject}: the answer repeats a key that was sent with the request (`secret-echoed`); nothing of it was kept"
    )]
    SecretEchoed {
        /// What was asked for.
        subject: Subject,
    },
    /// The cursors of the pages do not lead to an end.
    #[error("{subject}, page {page}: {problem}")]
    Cursor {
        /// What was asked for.
        subject: Subject,
        /// The page, from 1.
        page: usize,
        /// What is wrong.
        problem: &'static str,
    },
    /// A body's amounts, balances or dates contradict each other or the page before.
    #[error("{subject}, page {page}: {problem}")]
    Unreconciled {
        /// What was asked for.
        subject: Subject,
        /// The page, from 1.
        page: usize,
        /// What does not hold.
        problem: String,
    },
    /// The archive failed.
    #[error(transparent)]
    Archive(Arc<ArchiveError>),
}

impl From<ArchiveError> for ApiError {
    fn from(error: ArchiveError) -> Self {
        Self::Archive(Arc::new(error))
    }
}

impl ApiError {
    /// What kind of failure this is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Options { .. } | Self::Setup(_) => ErrorKind::Config,
            Self::Refused { subject, status, .. } => match (subject, *status) {
                (_, 408 | 423 | 429 | 500..) => ErrorKind::Temporary,
                (Subject::Token, 400 | 401 | 403) | (_, 401) => ErrorKind::KeysRefused,
                (Subject::Ledgers, 403) => ErrorKind::KeysRefused,
                (Subject::Date { .. }, 403 | 404) => ErrorKind::NotOurs,
                (Subject::Token | Subject::Ledgers | Subject::Date { .. }, _) => ErrorKind::Protocol,
            },
            Self::Connection { .. } | Self::NotWhole { .. } => ErrorKind::Temporary,
            Self::NotDocumented { .. } | Self::Cursor { .. } => ErrorKind::Protocol,
            Self::Unreconciled { .. } | Self::SecretEchoed { .. } => ErrorKind::DoesNotReconcile,
            Self::Archive(_) => ErrorKind::Archive,
        }
    }

    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::Options { hint, .. } => hint,
            Self::Setup(_) => "install the system's root certificates (the package `ca-certificates`)",
            Self::Refused { subject, status, .. } => refused_hint(subject, *status),
            Self::Connection { .. } => {
                "check the network, the proxy settings (HTTPS_PROXY, NO_PROXY) and `base_url`, and run again: what \
                 was fetched is kept"
            }
            Self::NotWhole { .. } => "run again later: what was fetched is kept",
            Self::NotDocumented { .. } | Self::Cursor { .. } => {
                "the provider's answer is not as documented; if `base_url` is right and it stays so, report it"
            }
            Self::Unreconciled { .. } => {
                "nothing of this date was kept; run again later, and if it stays so, ask the provider about the date"
            }
            Self::SecretEchoed { .. } => {
                "make new keys in the provider's portal, check `base_url`, and ask the provider why its answers repeat keys"
            }
            Self::Archive(error) => return error.hint().map(str::to_owned),
        };
        Some(text.to_owned())
    }

    /// What the request was about, where one was made.
    pub fn subject(&self) -> Option<&Subject> {
        match self {
            Self::Refused { subject, .. }
            | Self::Connection { subject, .. }
            | Self::NotWhole { subject, .. }
            | Self::NotDocumented { subject, .. }
            | Self::SecretEchoed { subject }
            | Self::Cursor { subject, .. }
            | Self::Unreconciled { subject, .. } => Some(subject),
            Self::Options { .. } | Self::Setup(_) | Self::Archive(_) => None,
        }
    }

    /// Whether the same failure awaits every other request: without a token nothing can be
    /// asked for, and without options or an archive nothing can be done.
    pub fn stops_everything(&self) -> bool {
        match self {
            Self::Options { .. } | Self::Setup(_) => true,
            Self::Archive(error) => {
                matches!(
                    **error,
                    ArchiveError::Locked { .. } | ArchiveError::Write { .. } | ArchiveError::ReadOnly(_)
                )
            }
            _ => self.subject() == Some(&Subject::Token),
        }
    }

    /// Whether trying again may help. A body that does not hold may have been damaged on its
    /// way, so it is asked for again like one that was cut.
    pub(super) fn is_retried(&self) -> bool {
        match self {
            Self::Refused { .. } => self.kind() == ErrorKind::Temporary,
            Self::Connection { .. }
            | Self::NotWhole { .. }
            | Self::NotDocumented { .. }
            | Self::Unreconciled { .. } => true,
            Self::Options { .. }
            | Self::Setup(_)
            | Self::Cursor { .. }
            | Self::SecretEchoed { .. }
            | Self::Archive(_) => false,
        }
    }

    /// How long the provider asks to wait.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { answer, .. } => answer.retry_after,
            _ => None,
        }
    }

    /// The HTTP status, where the provider refused.
    pub(super) fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }
}

fn refused_hint(subject: &Subject, status: u16) -> &'static str {
    match (subject, status) {
        (Subject::Token, 400 | 401 | 403) => {
            "check client id and secret, and that `auth` fits the keys: accounting keys take no subscription key, \
             merchant keys need one"
        }
        (_, 401) => "check the keys; with `auth = \"merchant\"` also the subscription key",
        (_, 403) => {
            "the merchant must grant these keys access, in the portal under Reports, Accounting partners"
        }
        (Subject::Date { .. }, 404) => {
            "the ledger is not there for these keys: its id is wrong, or the merchant has not granted access or has \
             taken it back (portal: Reports, Accounting partners). It does not mean that there were no sales"
        }
        (_, 300..=399 | 404) => "check `base_url` in `[api]`: this is not the Report API",
        (_, 410) => "the provider has retired this version of the API; install a later version of bilag",
        (_, 423 | 429) => {
            "the provider wants fewer requests; run again later, or with a lower `concurrency`: what was fetched is kept"
        }
        (_, 408 | 500..) => "the provider has trouble; run again later: what was fetched is kept",
        _ => "report this with the context id, to the provider or to bilag's makers",
    }
}
