//! `bilag sandbox`: a local Report API until Ctrl-C.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::archive::Archive;
use crate::cli::args::{Global, Sandbox as Arguments};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::terminal;
use crate::date::{self, DateRange};
use crate::sandbox::archived::ArchiveSource;
use crate::sandbox::fault::FaultRule;
use crate::sandbox::generate::Generator;
use crate::sandbox::market;
use crate::sandbox::options::{Keys, SUBSCRIPTION_KEY, SandboxOptions};
use crate::sandbox::plan::Plan;
use crate::sandbox::server::Sandbox;
use crate::sandbox::source::Source;
use crate::sandbox::story;

/// Runs the command.
pub fn run(global: &Global, arguments: &Arguments) -> Result<Exit, Failure> {
    let source = source(arguments)?;
    let options = options(arguments)?;
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|error| Failure::new(Exit::Unexpected, format!("cannot start the runtime: {error}")))?;
    runtime.block_on(async {
        let sandbox = Sandbox::start(source, options).await.map_err(|error| {
            Failure::new(
                Exit::Unexpected,
                format!("cannot listen on 127.0.0.1 port {}: {error}", arguments.port),
            )
            .with_hint("choose another port, or leave out --port for any that is free")
        })?;
        if global.json {
            terminal::json(
                &serde_json::json!({"schema": 1, "base_url": sandbox.base_url(), "port": sandbox.port()}),
            );
        } else {
            terminal::print(&format!("{}\n", sandbox.base_url()));
        }
        if !global.quiet {
            terminal::note("serving on 127.0.0.1 only; Ctrl-C ends");
        }
        if terminal::has_lost() {
            // Whoever was to be told of the address never will.
            sandbox.stop().await;
            return Ok(Exit::Done);
        }
        let stopped = tokio::signal::ctrl_c().await;
        sandbox.stop().await;
        stopped
            .map_err(|error| Failure::new(Exit::Unexpected, format!("cannot wait for Ctrl-C: {error}")))?;
        Ok(Exit::Done)
    })
}

fn source(arguments: &Arguments) -> Result<Arc<dyn Source>, Failure> {
    if let Some(data) = &arguments.data {
        let archive = Archive::new(data);
        let archive = match &arguments.ledger {
            Some(ledger_id) => archive.with_single_ledger(ledger_id),
            None => archive,
        };
        if archive.ledgers()?.is_empty() {
            return Err(
                Failure::usage(format!("the folder {} has no ledgers", data.display())).with_hint(
                    "it holds LEDGER/funds/DATE.json; where the ledger level is missing, name the ledger with --ledger ID",
                ),
            );
        }
        let source = ArchiveSource::open(archive)
            .map_err(|error| Failure::usage(crate::ledger::day::with_causes(&error)))?;
        return Ok(Arc::new(source));
    }
    let Some(entries) = arguments.entries else {
        return Ok(Arc::new(story::source()));
    };
    let usage = |error: crate::sandbox::options::UnknownChoice| Failure::usage(error.to_string());
    let market = market::parse(&arguments.market).map_err(usage)?;
    let range = DateRange::month(&arguments.month)?;
    let count = u64::from(arguments.ledger_count.max(1));
    let mut plans = Vec::new();
    for number in 0..count {
        let ledger_id = (302_321 + number).to_string();
        let mut plan = Plan::new(market, &ledger_id, range).with_entries(entries / count);
        plan.terms.settlement = arguments.settlement.parse().map_err(usage)?;
        plan.terms.frequency = arguments.frequency.parse().map_err(usage)?;
        plan.terms.reserve = arguments.reserve;
        plan.seed = arguments.seed;
        plans.push(plan);
    }
    Ok(Arc::new(Generator::new(plans)))
}

fn options(arguments: &Arguments) -> Result<SandboxOptions, Failure> {
    let mut options = SandboxOptions {
        port: arguments.port,
        seed: arguments.seed,
        unix_time: Some(unix_time),
        ..SandboxOptions::default()
    };
    options.today = match &arguments.today {
        Some(today) => Some(date::parse(today)?),
        None if arguments.data.is_none() && arguments.entries.is_none() => Some(story::today()),
        None => None,
    };
    options.page_size = NonZeroUsize::new(arguments.page_size)
        .filter(|size| size.get() <= 1000)
        .ok_or_else(|| Failure::usage("a page holds 1 to 1000 entries"))?;
    options.open_dates = arguments
        .open_dates
        .parse()
        .map_err(|error: crate::sandbox::options::UnknownChoice| Failure::usage(error.to_string()))?;
    options.month_is_open = arguments.month_is_open;
    options.empty_last_page = arguments.empty_last_page;
    if let Some(seconds) = arguments.token_seconds {
        options.standard_tokens.lifetime = Duration::from_secs(seconds);
        options.specialized_tokens.lifetime = Duration::from_secs(seconds);
    }
    options.keys = match (&arguments.client_id, &arguments.client_secret) {
        (Some(client_id), Some(client_secret)) => Keys::Only {
            client_id: client_id.clone(),
            client_secret: client_secret.clone(),
            subscription_key: arguments
                .subscription_key
                .clone()
                .unwrap_or_else(|| SUBSCRIPTION_KEY.to_owned()),
        },
        _ => Keys::Any,
    };
    for rule in &arguments.faults {
        let rule = FaultRule::parse(rule)
            .map_err(|error| Failure::usage(error.to_string()).with_hint(error.hint()))?;
        options.faults.push(rule);
    }
    Ok(options)
}

/// Seconds since 1970, for the fields of a token that state an instant.
fn unix_time() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
