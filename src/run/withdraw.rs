//! `plan --forget`: exports that were a trial are withdrawn.

use crate::archive::Archive;
use crate::coverage::CoverageError;
use crate::coverage::object::{ExportObject, Forget, Span};
use crate::coverage::state::{self, Closes, State};
use crate::date::DateRange;

/// Withdraws the exports of a ledger to a format whose dates lie in `range`, with the corrections of
/// them; gives their ranges. Files count as a whole: one that only reaches into the range is refused.
pub fn forget(
    archive: &Archive,
    ledger_id: &str,
    format: &str,
    range: DateRange,
    reason: &str,
) -> Result<Vec<Span>, CoverageError> {
    let _lock = archive.lock_records(ledger_id)?;
    let state = State::load(archive, ledger_id, format)?;
    let mut withdraws = Vec::new();
    let mut ranges = Vec::new();
    for (number, span) in state.files() {
        let is_within = range.contains(span.from) && range.contains(span.to);
        let touches = span.from <= range.to() && range.from() <= span.to;
        if touches && !is_within {
            return Err(CoverageError::Refused(format!(
                "ledger `{ledger_id}`: the export of {span} to `{format}` is only in part in {}; a file is withdrawn as a whole",
                Span::from(range)
            )));
        }
        if is_within {
            withdraws.push(*number);
            ranges.push(*span);
        }
    }
    if withdraws.is_empty() {
        return Err(CoverageError::Nothing(format!(
            "ledger `{ledger_id}`: nothing of {} was exported to `{format}`",
            Span::from(range)
        )));
    }
    let closes = Closes::load(archive, ledger_id)?;
    if let Some(date) = range.dates().find(|date| closes.contains(*date)) {
        return Err(CoverageError::Refused(format!(
            "ledger `{ledger_id}`: {date} is in a closed month, whose exports stand"
        )));
    }
    let object = ExportObject::Forget(Forget {
        range: range.into(),
        reason: reason.to_owned(),
        withdraws,
    });
    state::add_export(archive, ledger_id, format, state.next(), &object)?;
    Ok(ranges)
}
