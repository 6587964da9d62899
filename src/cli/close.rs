//! `bilag close`: locks a month, or opens the last one again.

use serde_json::json;

use crate::cli::args::{Close, Global, Selection, SelectionOpen};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::period::{PeriodCommand, Show};
use crate::cli::{select, terminal};
use crate::date::DateRange;
use crate::run::close;

/// Runs the command.
pub fn run(global: &Global, arguments: &Close) -> Result<Exit, Failure> {
    let reason = arguments.reason.as_deref();
    if let (Some(month), Some(reason)) = (&arguments.reopen, reason) {
        return reopen(global, arguments, month, reason);
    }
    let selected = SelectionOpen {
        selection: Selection {
            from: None,
            to: None,
            month: arguments.month.clone(),
            ledgers: arguments.ledgers.clone(),
        },
        allow_open: false,
    };
    let command = PeriodCommand::new(global, "close", &selected, &[])?;
    let fetched = command.fetch()?;
    command.over(&fetched, Show::Short, |command, ledger_id| {
        let options = command.options(&fetched, ledger_id, None);
        close::close(&command.archive, ledger_id, &command.config, &options, reason)
    })
}

/// Takes the last close back.
fn reopen(global: &Global, arguments: &Close, month: &str, reason: &str) -> Result<Exit, Failure> {
    let range = DateRange::month(month)?;
    let config = select::config(global)?;
    let wanted = select::unique(&arguments.ledgers);
    let archive = select::archive(global, &config, &wanted);
    let mut exit = Exit::Done;
    let mut ledgers = Vec::new();
    for ledger_id in select::archived_ledgers(&archive, &wanted)? {
        let error = match close::reopen(&archive, &ledger_id, range, reason) {
            Ok(()) => None,
            Err(error) => {
                let failure = Failure::from(error);
                terminal::error(&failure);
                exit = exit.worse(failure.exit());
                Some(failure.message().to_owned())
            }
        };
        ledgers.push(json!({"ledger_id": ledger_id, "reopened": error.is_none(), "error": error}));
    }
    if global.json {
        let code = exit.code();
        terminal::json(&json!({"schema": 1, "command": "close", "exit_code": code, "ledgers": ledgers}));
    } else if exit == Exit::Done && !global.quiet {
        terminal::note(&format!("{month} is open again"));
    }
    Ok(exit)
}
