//! The exit codes, which scripts rely on.

use std::process::ExitCode;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done, and everything that can be checked holds.
    Done,
    /// Unexpected failure.
    Unexpected,
    /// Wrong use, wrong configuration.
    Usage,
    /// Ledger dates of the range are still open.
    Incomplete,
    /// A check failed; nothing was written for that ledger.
    DoesNotReconcile,
    /// What an export would write differs from what was exported before (`plan`).
    Changed,
    /// Written, but findings need a person (with `--strict`).
    NeedsPerson,
    /// Network or service failed after retries.
    Temporary,
    /// An output was refused.
    OutputRefused,
    /// Keys refused, or the ledger is not ours.
    NotOurs,
    /// Another run holds the lock.
    Locked,
    /// Cancelled.
    Cancelled,
}

impl Exit {
    /// The code.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Unexpected => 1,
            Self::Usage => 2,
            Self::Incomplete => 3,
            Self::DoesNotReconcile => 4,
            Self::NeedsPerson => 5,
            Self::Changed => 6,
            Self::Temporary => 7,
            Self::OutputRefused => 8,
            Self::NotOurs => 10,
            Self::Locked => 11,
            Self::Cancelled => 130,
        }
    }

    /// The worse of two, in the order 130, 11, 1, 2, 10, 4, 8, 7, 3, 6, 5, 0.
    pub fn worse(self, other: Self) -> Self {
        if self.rank() <= other.rank() { self } else { other }
    }

    fn rank(self) -> u8 {
        match self {
            Self::Cancelled => 0,
            Self::Locked => 1,
            Self::Unexpected => 2,
            Self::Usage => 3,
            Self::NotOurs => 4,
            Self::DoesNotReconcile => 5,
            Self::OutputRefused => 6,
            Self::Temporary => 7,
            Self::Incomplete => 8,
            Self::Changed => 9,
            Self::NeedsPerson => 10,
            Self::Done => 11,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_code_wins_in_the_documented_order() {
        let order = [1, 2, 10, 4, 8, 7, 3, 6, 5, 0];
        let all = [
            Exit::Done,
            Exit::Unexpected,
            Exit::Usage,
            Exit::Incomplete,
            Exit::DoesNotReconcile,
            Exit::NeedsPerson,
            Exit::Changed,
            Exit::Temporary,
            Exit::OutputRefused,
            Exit::NotOurs,
        ];
        let place = |exit: Exit| order.iter().position(|code| *code == exit.code());
        for a in all {
            for b in all {
                let expected = if place(a) <= place(b) { a } else { b };
                assert_eq!(a.worse(b), expected);
            }
        }
    }
}
