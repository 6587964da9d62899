//! `bilag explain`: shows an entry, its source, the rule that took it, and what was booked for it.

use serde_json::json;

use crate::cli::args::{Explain, Global};
use crate::cli::exit::Exit;
use crate::cli::explained::EntryDocument;
use crate::cli::failure::Failure;
use crate::cli::{select, terminal};
use crate::run::explain;

/// Runs the command.
pub fn run(global: &Global, wanted: &Explain) -> Result<Exit, Failure> {
    let config = select::config(global)?;
    let archive = select::archive(global, &config, &wanted.ledgers);
    let mut found = Vec::new();
    for ledger_id in select::archived_ledgers(&archive, &wanted.ledgers)? {
        let entries = explain::entries(&archive, &ledger_id, &config, &wanted.reference)?;
        found.extend(entries.iter().map(EntryDocument::of));
    }
    let exit = if found.is_empty() {
        Exit::NotOurs
    } else {
        Exit::Done
    };
    if global.json {
        terminal::json(
            &json!({"schema": 1, "command": "explain", "exit_code": exit.code(), "entries": found}),
        );
    } else {
        for entry in &found {
            terminal::print(&entry.to_text());
        }
    }
    if found.is_empty() {
        let message = format!(
            "no entry with the reference `{}` in the archive",
            crate::text::line(&wanted.reference)
        );
        terminal::error(
            &Failure::new(exit, message)
                .with_hint("fetch its dates first, or name the archive with --archive DIR"),
        );
    }
    Ok(exit)
}
