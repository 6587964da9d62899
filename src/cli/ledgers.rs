//! `bilag ledgers`: the ledgers that the keys reach, or those of the archive.

use serde_json::json;

use crate::archive::Archive;
use crate::cli::args::Global;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::{online, reach, select, terminal};
use crate::ledger::finding::{Code, Finding, Level};
use crate::provider::LedgerInfo;
use crate::report;
use crate::report_api::client::Client;
use crate::run;
use crate::text::{line, shown};

/// Runs the command.
pub fn run(global: &Global) -> Result<Exit, Failure> {
    let config = select::config(global)?;
    let archive = select::archive(global, &config, &[]);
    let (ledgers, unreachable) = if global.offline {
        (
            archived(&archive, &select::archived_ledgers(&archive, &[])?)?,
            Vec::new(),
        )
    } else {
        let options = online::client_options(global, &config)?;
        let listed = online::block_on(async { online::ledgers(&Client::new(options)?).await })?;
        let ids = online::ids(&listed);
        let known = reach::known(&archive, Some(&ids))?;
        let listed = listed.into_iter().map(|ledger| ledger.info).collect();
        (listed, archived(&archive, &known[ids.len()..])?)
    };
    let accepted = |info: &LedgerInfo| config.ledger(info).checks.accept;
    let findings: Vec<Finding> = unreachable
        .iter()
        .filter(|info| config.ended(&info.ledger_id).is_none())
        .map(|info| {
            let message = run::unreachable(&info.ledger_id);
            Finding::of_run(Code::LedgerUnreachable, message, &accepted(info))
        })
        .collect();
    let is_for_review = findings.iter().any(|finding| finding.level >= Level::Review);
    let exit = if global.strict && is_for_review {
        Exit::NeedsPerson
    } else {
        Exit::Done
    };
    if global.json {
        terminal::json(&json!({
            "schema": 1, "command": "ledgers", "exit_code": exit.code(), "ledgers": ledgers,
            "unreachable": unreachable, "findings": findings,
        }));
        return Ok(exit);
    }
    print(&ledgers);
    if !unreachable.is_empty() {
        terminal::print("in the archive, and not listed by the keys:\n");
        print(&unreachable);
    }
    for finding in &findings {
        terminal::note(&report::terminal::told(finding));
    }
    Ok(exit)
}

/// What the archive says of ledgers.
fn archived(archive: &Archive, ids: &[String]) -> Result<Vec<LedgerInfo>, Failure> {
    let info = |id: &String| {
        Ok(archive
            .ledger_info(id)?
            .unwrap_or_else(|| LedgerInfo::unknown(id)))
    };
    ids.iter().map(info).collect()
}

fn print(ledgers: &[LedgerInfo]) {
    for ledger in ledgers {
        let names: Vec<&str> = ledger
            .sales_units
            .iter()
            .filter_map(|unit| unit.name.as_deref())
            .collect();
        let owner = ledger
            .owner
            .as_ref()
            .map(|owner| format!("{} {}", owner.scheme, owner.id))
            .unwrap_or_default();
        terminal::print(&format!(
            "{:<10} {:<4} {:<24} {:<24} {}\n",
            shown(&ledger.ledger_id),
            shown(ledger.currency.as_deref().unwrap_or("-")),
            shown(&owner),
            shown(&ledger.settles_for_recipient_handles.join(",")),
            line(&names.join(", ")),
        ));
    }
}
