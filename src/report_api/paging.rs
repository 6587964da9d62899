//! Cursors, and that they lead to an end.

use std::collections::BTreeSet;

use crate::report_api::error::{ApiError, Subject};

/// The most pages of one date or list. An endless run of fresh cursors ends here.
const PAGES_MAX: usize = 10_000;

/// The longest cursor, in bytes. It becomes a part of an address.
const CURSOR_MAX: usize = 8 << 10;

/// Follows the cursors of a paged answer and sees to it that they end.
pub(super) struct Pages<'a> {
    subject: &'a Subject,
    /// The page that is next, from 1.
    pub(super) page: usize,
    cursor: Option<String>,
    seen: BTreeSet<String>,
}

impl<'a> Pages<'a> {
    pub(super) fn new(subject: &'a Subject) -> Self {
        Self {
            subject,
            page: 1,
            cursor: None,
            seen: BTreeSet::new(),
        }
    }

    pub(super) fn cursor(&self) -> Option<&str> {
        self.cursor.as_deref()
    }

    /// That the pages so far are more than anything that is asked for has.
    pub(super) fn too_much(&self, problem: &'static str) -> ApiError {
        ApiError::Cursor {
            subject: self.subject.clone(),
            page: self.page,
            problem,
        }
    }

    /// Goes to the next page, which begins at `cursor`.
    pub(super) fn turn_to(&mut self, cursor: Option<String>) -> Result<(), ApiError> {
        let error = |problem| ApiError::Cursor {
            subject: self.subject.clone(),
            page: self.page,
            problem,
        };
        let cursor = cursor.ok_or_else(|| error("more is to follow, but there is no cursor"))?;
        if cursor.len() > CURSOR_MAX {
            return Err(error("the cursor is longer than an address can be"));
        }
        if !self.seen.insert(cursor.clone()) {
            return Err(error("the cursor is one that an earlier page gave already"));
        }
        if self.page == PAGES_MAX {
            return Err(error("the pages do not end"));
        }
        self.page += 1;
        self.cursor = Some(cursor);
        Ok(())
    }
}
