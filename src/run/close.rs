//! `bilag close`: a month's balances and vouchers are recorded, and stay as they are.

use crate::archive::Archive;
use crate::config::Config;
use crate::coverage::CoverageError;
use crate::coverage::object::{Balances, Close, CloseObject, Reopen};
use crate::coverage::state::{self, Closes, State};
use crate::coverage::verdict::Verdict;
use crate::date::DateRange;
use crate::proof::Status;
use crate::run::{LedgerRun, RunError, RunOptions};

/// Closes the month that is the range of `options`. Nothing is closed unless all of its dates are, it
/// holds, and the month before it is closed, or none ever was. `reason` is needed where it is not
/// proven. Closing a month again that is as it was does nothing.
pub fn close(
    archive: &Archive,
    ledger_id: &str,
    config: &Config,
    options: &RunOptions,
    reason: Option<&str>,
) -> LedgerRun {
    let options = RunOptions {
        records: true,
        closes: true,
        write: None,
        allow_open: false,
        ..options.clone()
    };
    let mut run = super::ledger(archive, ledger_id, config, &options);
    if run.error.is_none()
        && let Err(error) = record(archive, ledger_id, options.range, reason, &mut run)
    {
        run.error = Some(error);
    }
    run
}

fn record(
    archive: &Archive,
    ledger_id: &str,
    month: DateRange,
    reason: Option<&str>,
    run: &mut LedgerRun,
) -> Result<(), RunError> {
    let name = name(month);
    let (Some(proof), Some(recording)) = (&run.proof, run.recording.take()) else {
        // Open dates, or what does not hold; the findings say which.
        return Ok(());
    };
    if proof.findings.refuse_output() || proof.findings.fail() {
        return Ok(());
    }
    let refused = |what: String| Err(CoverageError::Refused(what).into());
    if proof.status == Status::NotProven && reason.is_none() {
        return refused(format!(
            "{name} is not proven, so closing it needs a reason: give it with --reason, or fetch what the findings name"
        ));
    }
    let _lock = archive.lock_records(ledger_id).map_err(CoverageError::from)?;
    let closes = Closes::load(archive, ledger_id)?;
    if closes.closed.iter().any(|close| close.month == name) {
        let verdict = Verdict::of(&recording, &State::of_closes(&closes.closed));
        if !verdict.differs() && verdict.new.is_empty() {
            return Ok(());
        }
        return refused(format!(
            "{name} is closed already, and is not as it was: {}; take the close back with `bilag close --reopen {name}`",
            verdict.differences()
        ));
    }
    if let Some(first_open) = closes.first_open().filter(|first| *first != month.from()) {
        let next = first_open.format("%Y-%m");
        return refused(format!(
            "{name} cannot be closed before {next}: months are closed one after the other"
        ));
    }
    let close = Close {
        month: name,
        status: match proof.status {
            Status::NotProven => "not-proven".to_owned(),
            _ => "proven".to_owned(),
        },
        reason: reason.map(str::to_owned),
        balances: Balances {
            funds: proof.funds.closing,
            fees: proof.fees.closing,
        },
        dates: recording.dates,
        vouchers: recording.vouchers,
    };
    state::add_close(archive, ledger_id, closes.next(), &CloseObject::Close(close))?;
    Ok(())
}

/// Takes the last close back, and says so for ever.
pub fn reopen(
    archive: &Archive,
    ledger_id: &str,
    month: DateRange,
    reason: &str,
) -> Result<(), CoverageError> {
    let _lock = archive.lock_records(ledger_id)?;
    let closes = Closes::load(archive, ledger_id)?;
    let name = name(month);
    match closes.closed.last() {
        Some(last) if last.month == name => {}
        Some(last) if closes.contains(month.from()) => {
            return Err(CoverageError::Refused(format!(
                "{} was closed after {name}: reopen that first",
                last.month
            )));
        }
        _ => return Err(CoverageError::Nothing(format!("{name} is not closed"))),
    }
    let reopen = Reopen {
        month: name,
        reason: reason.to_owned(),
    };
    state::add_close(archive, ledger_id, closes.next(), &CloseObject::Reopen(reopen))
}

/// A month by its name.
fn name(month: DateRange) -> String {
    month.from().format("%Y-%m").to_string()
}
