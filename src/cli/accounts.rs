//! `bilag accounts`: the accounts that the configuration uses, to be created in the target.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::catalogue::{self, Format};
use crate::cli::args::{Accounts, Global};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::{select, terminal};
use crate::config::Config;
use crate::format::options::Options;
use crate::money::Currency;
use crate::posting::accounts::{self, UsedAccount};
use crate::posting::books::Books;
use crate::provider::LedgerInfo;
use crate::text::{cut, shown};

/// An account, with the ledgers that use it.
#[derive(Debug)]
struct Listed {
    used: UsedAccount,
    ledgers: BTreeSet<String>,
    /// What targets mind.
    warnings: BTreeSet<String>,
}

/// Runs the command.
pub fn run(global: &Global, arguments: &Accounts) -> Result<Exit, Failure> {
    let config = select::config(global)?;
    let ledgers = ledgers(global, &config, arguments)?;
    let users = select::users_formats();
    // Names are those of the brand of the day on which the accounts are created.
    #[expect(
        clippy::disallowed_methods,
        reason = "the command line is the one place that asks for the time"
    )]
    let today = chrono::Utc::now().date_naive();
    let named = arguments.formats.iter();
    let named: Vec<Arc<Format>> = named
        .map(|id| catalogue::resolve(id, users.as_deref()))
        .collect::<Result<_, _>>()?;
    // Two ledgers can use one number for different things: they are different lines then.
    let mut listed: BTreeMap<(String, String), Listed> = BTreeMap::new();
    for info in &ledgers {
        let ledger = config.ledger(info);
        let stated = info.currency.as_deref().and_then(Currency::parse);
        let books = Books::new(
            info,
            stated.unwrap_or(ledger.posting.base_currency),
            &ledger,
            &config,
        );
        let mut formats = named.clone();
        if formats.is_empty() {
            for id in &ledger.formats {
                formats.push(catalogue::resolve(id, users.as_deref())?);
            }
        }
        for mut used in accounts::used(&books) {
            used.account.name = books.brands().name_on(&used.account.name, today);
            let number = used.account.number.to_string();
            let key = (number.clone(), used.account.name.to_string());
            let entry = listed.entry(key).or_insert_with(|| Listed {
                used: used.clone(),
                ledgers: BTreeSet::new(),
                warnings: BTreeSet::new(),
            });
            entry.used.uses.extend(used.uses);
            entry.ledgers.insert(info.ledger_id.clone());
            for format in &formats {
                let table = ledger.format_options.get(&format.descriptor.id);
                let options = Options::read(&format.descriptor, table, &info.ledger_id)?;
                let market = ledger.posting.market.code();
                entry.warnings.extend(warning(format, &options, market, &number));
            }
        }
    }
    let all = ledgers.len();
    if global.json {
        let accounts: Vec<Value> = listed.values().map(|account| to_json(account, all)).collect();
        terminal::json(&json!({"schema": 1, "command": "accounts", "exit_code": 0, "accounts": accounts}));
    } else {
        terminal::print(&to_text(listed.values(), all));
    }
    Ok(Exit::Done)
}

/// The ledgers whose accounts are listed: those that were named, else those of the archive, else
/// those of the configuration, else one of which nothing is known.
fn ledgers(global: &Global, config: &Config, arguments: &Accounts) -> Result<Vec<LedgerInfo>, Failure> {
    let archive = select::archive(global, config, &arguments.ledgers);
    let archived = archive.ledgers().unwrap_or_default();
    let mut ids = select::unique(&arguments.ledgers);
    if ids.is_empty() {
        ids = archived.clone();
        ids.extend(config.ledger_ids().map(str::to_owned));
        ids = select::unique(&ids);
    }
    if ids.is_empty() {
        return Ok(vec![LedgerInfo::unknown("")]);
    }
    let info = |id: &String| {
        let known = if archived.contains(id) {
            archive.ledger_info(id)?
        } else {
            None
        };
        Ok(known.unwrap_or_else(|| LedgerInfo::unknown(id)))
    };
    ids.iter().map(info).collect()
}

/// What the target minds about an account, if anything.
fn warning(format: &Format, options: &Options, market: &str, number: &str) -> Option<String> {
    let descriptor = &format.descriptor;
    let id = &descriptor.id;
    let mut controls = options.unmet_controls(market);
    if let Some((_, control)) = controls.find(|(known, _)| *known == number) {
        return Some(format!(
            "{id}: {}; {}",
            control.text,
            descriptor.control_hint(control)
        ));
    }
    let (digits, max) = descriptor.delimited.as_ref()?.account_limits();
    if digits && !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(format!("{id}: the target takes only digits"));
    }
    let max = max.filter(|max| number.chars().count() > *max)?;
    Some(format!("{id}: the target takes at most {max} characters"))
}

/// The ledgers of an account, where not all have it.
fn some_ledgers(account: &Listed, all: usize) -> Option<&BTreeSet<String>> {
    (account.ledgers.len() < all).then_some(&account.ledgers)
}

fn joined<'t>(texts: impl IntoIterator<Item = &'t String>, separator: &str) -> String {
    let texts: Vec<&str> = texts.into_iter().map(String::as_str).collect();
    texts.join(separator)
}

fn to_json(account: &Listed, all: usize) -> Value {
    let used = &account.used;
    let uses: Vec<&str> = used.uses.iter().copied().collect();
    let warning = Some(joined(&account.warnings, "; ")).filter(|text| !text.is_empty());
    json!({
        "number": *used.account.number,
        "name": *used.account.name,
        "role": uses.join(", "),
        "standard": used.standard,
        "warning": warning,
        "ledgers": some_ledgers(account, all),
    })
}

fn to_text<'l>(accounts: impl Iterator<Item = &'l Listed>, all: usize) -> String {
    let mut text = format!("{:<10} {:<8} {:<20} {}\n", "number", "standard", "role", "name");
    for account in accounts {
        let used = &account.used;
        let uses: Vec<&str> = used.uses.iter().copied().collect();
        text.push_str(&format!(
            "{:<10} {:<8} {:<20} {}\n",
            shown(&used.account.number),
            shown(used.standard.as_deref().unwrap_or("-")),
            uses.join(", "),
            shown(cut(&used.account.name, 60)),
        ));
        if let Some(ledgers) = some_ledgers(account, all) {
            text.push_str(&format!(
                "{:<10} only of ledger {}\n",
                "",
                shown(&joined(ledgers, ", "))
            ));
        }
        for warning in &account.warnings {
            text.push_str(&format!("{:<10} ! {}\n", "", shown(warning)));
        }
    }
    text
}
