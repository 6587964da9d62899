//! `bilag ledgers`: the ledgers that the keys reach, or those of the archive.

use serde_json::json;

use crate::cli::args::Global;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::{online, select, terminal};
use crate::provider::LedgerInfo;
use crate::report_api::client::Client;
use crate::text::{line, shown};

/// Runs the command.
pub fn run(global: &Global) -> Result<Exit, Failure> {
    let config = select::config(global)?;
    let ledgers: Vec<LedgerInfo> = if global.offline {
        let archive = select::archive(global, &config, &[]);
        let ids = select::archived_ledgers(&archive, &[])?;
        let info = |id: &String| {
            Ok(archive
                .ledger_info(id)?
                .unwrap_or_else(|| LedgerInfo::unknown(id)))
        };
        ids.iter().map(info).collect::<Result<_, Failure>>()?
    } else {
        let options = online::client_options(global, &config)?;
        let listed = online::block_on(async { online::ledgers(&Client::new(options)?, &[]).await })?;
        listed.into_iter().map(|ledger| ledger.info).collect()
    };
    if global.json {
        terminal::json(&json!({"schema": 1, "command": "ledgers", "exit_code": 0, "ledgers": ledgers}));
        return Ok(Exit::Done);
    }
    for ledger in &ledgers {
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
    Ok(Exit::Done)
}
