//! `bilag plan`: what an export would change in what was exported before.

use serde::Serialize;
use serde_json::json;

use crate::cli::args::{Global, Plan, Selection, SelectionOpen};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::period::{PeriodCommand, formats};
use crate::cli::{select, terminal};
use crate::coverage::CoverageError;
use crate::coverage::object::Span;
use crate::date::{self, DateRange};
use crate::format::Coverage;
use crate::run::cover::FormatPlan;
use crate::run::{self, LedgerRun, WriteOptions};

/// One ledger and format in the document.
#[derive(Debug, Serialize)]
struct LedgerPlan {
    ledger_id: String,
    format: Option<String>,
    new: Vec<String>,
    same: u64,
    changed: Vec<ChangedDocument>,
    gone: Vec<String>,
    overlaps: Vec<OverlapDocument>,
    gaps: Vec<Span>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// A voucher that books something else now; both are hashes.
#[derive(Debug, Serialize)]
struct ChangedDocument {
    voucher: String,
    was: String,
    now: String,
}

/// A voucher whose entries stand in another file.
#[derive(Debug, Serialize)]
struct OverlapDocument {
    voucher: String,
    held_by: Vec<String>,
    range: Span,
}

/// Runs the command.
pub fn run(global: &Global, arguments: &Plan) -> Result<Exit, Failure> {
    if let (Some(forget), Some(reason)) = (&arguments.forget, &arguments.reason) {
        return withdraw(global, arguments, forget, reason);
    }
    let (formats, all) = formats(&arguments.formats)?;
    if all {
        return Err(Failure::usage(
            "`all` covers nothing; name the formats that are imported",
        ));
    }
    let plain = formats
        .iter()
        .find(|format| format.descriptor.coverage != Coverage::Vouchers);
    if let Some(plain) = plain {
        let id = &plain.descriptor.id;
        return Err(Failure::usage(format!(
            "`{id}` covers no vouchers, so there is nothing to plan"
        )));
    }
    let write = WriteOptions {
        formats,
        users_formats: select::users_formats(),
        dry_run: true,
        keeps_coverage: true,
        plans: true,
        ..WriteOptions::default()
    };
    let command = PeriodCommand::new(global, "plan", &selected(arguments), &arguments.formats)?;
    let fetched = command.fetch()?;
    let mut exit = Exit::Done;
    let mut ledgers = Vec::new();
    for ledger_id in &fetched.reach.ledgers {
        if let Some(failure) = fetched.failures.get(ledger_id) {
            terminal::error(failure);
            exit = exit.worse(failure.exit());
            ledgers.push(LedgerPlan::failed(ledger_id, failure.message()));
            continue;
        }
        let options = command.options(&fetched, ledger_id, Some(write.clone()));
        let run = run::ledger(&command.archive, ledger_id, &command.config, &options);
        exit = exit.worse(command.exit_of(&run));
        for plan in &run.plans {
            if plan.differs() {
                exit = exit.worse(Exit::Changed);
            }
            ledgers.push(LedgerPlan::of(ledger_id, plan));
        }
        if run.plans.is_empty() {
            let why = why_not(&run);
            if !global.json {
                terminal::note(&format!("ledger `{ledger_id}`: {why}"));
            }
            ledgers.push(LedgerPlan::failed(ledger_id, &why));
        }
    }
    if global.json {
        let code = exit.code();
        terminal::json(&json!({"schema": 1, "command": "plan", "exit_code": code, "ledgers": ledgers}));
    } else {
        for ledger in &ledgers {
            terminal::print(&ledger.to_text());
        }
    }
    Ok(exit)
}

/// Why nothing was planned for a ledger.
fn why_not(run: &LedgerRun) -> String {
    let findings = run.proof.iter().flat_map(|proof| proof.findings.iter());
    let worst = findings.max_by_key(|finding| finding.level);
    match (&run.error, worst) {
        (Some(error), _) => error.to_string(),
        (None, Some(finding)) if run.has_failed() => finding.message.clone(),
        _ => "nothing to plan: dates are open, or no format of the configuration covers vouchers".to_owned(),
    }
}

fn selected(arguments: &Plan) -> SelectionOpen {
    SelectionOpen {
        selection: Selection {
            from: arguments.from.clone(),
            to: arguments.to.clone(),
            month: arguments.month.clone(),
            ledgers: arguments.ledgers.clone(),
        },
        allow_open: arguments.allow_open,
    }
}

/// Withdraws exports that were not imported.
fn withdraw(global: &Global, arguments: &Plan, forget: &str, reason: &str) -> Result<Exit, Failure> {
    let (from, to) = forget.split_once("..").ok_or_else(|| {
        Failure::usage(format!(
            "`{forget}` is no range; write FROM..TO, each as YYYY-MM-DD"
        ))
    })?;
    let range = DateRange::new(date::parse(from)?, date::parse(to)?)?;
    let (formats, all) = formats(&arguments.formats)?;
    if all || formats.is_empty() {
        return Err(Failure::usage(
            "name the formats whose exports are withdrawn with --format",
        ));
    }
    let config = select::config(global)?;
    let wanted = select::unique(&arguments.ledgers);
    let archive = select::archive(global, &config, &wanted);
    let mut withdrawn = Vec::new();
    let mut nothing = None;
    for ledger_id in select::archived_ledgers(&archive, &wanted)? {
        for format in &formats {
            let id = &format.descriptor.id;
            match run::withdraw::forget(&archive, &ledger_id, id, range, reason) {
                Ok(ranges) => {
                    withdrawn.push(json!({"ledger_id": ledger_id, "format": id, "withdrawn": ranges}))
                }
                Err(CoverageError::Nothing(what)) => nothing = Some(what),
                Err(error) => return Err(error.into()),
            }
        }
    }
    if let (true, Some(nothing)) = (withdrawn.is_empty(), nothing) {
        return Err(CoverageError::Nothing(nothing).into());
    }
    if global.json {
        terminal::json(&json!({"schema": 1, "command": "plan", "exit_code": 0, "ledgers": withdrawn}));
    } else if !global.quiet {
        terminal::note(&format!(
            "the exports of {from} to {to} are withdrawn; they can be exported again"
        ));
    }
    Ok(Exit::Done)
}

impl LedgerPlan {
    fn of(ledger_id: &str, plan: &FormatPlan) -> Self {
        let verdict = &plan.verdict;
        let changed = verdict.changed.iter().map(|changed| ChangedDocument {
            voucher: changed.voucher.clone(),
            was: changed.was.clone(),
            now: changed.now.clone(),
        });
        let conflicts = verdict.taken.iter().chain(&verdict.elsewhere);
        let overlaps = conflicts.map(|conflict| OverlapDocument {
            voucher: conflict.voucher.clone(),
            held_by: conflict.held_by.clone(),
            range: conflict.range,
        });
        Self {
            ledger_id: ledger_id.to_owned(),
            format: Some(plan.format.clone()),
            new: verdict.new.clone(),
            same: verdict.same,
            changed: changed.collect(),
            gone: verdict.gone.clone(),
            overlaps: overlaps.collect(),
            gaps: plan.gaps.iter().map(|gap| Span::from(*gap)).collect(),
            error: None,
        }
    }

    fn failed(ledger_id: &str, why: &str) -> Self {
        Self {
            ledger_id: ledger_id.to_owned(),
            format: None,
            new: Vec::new(),
            same: 0,
            changed: Vec::new(),
            gone: Vec::new(),
            overlaps: Vec::new(),
            gaps: Vec::new(),
            error: Some(why.to_owned()),
        }
    }

    fn to_text(&self) -> String {
        let Some(format) = &self.format else {
            return String::new();
        };
        let mut text = format!(
            "{} {format}: {} new, {} the same, {} changed, {} gone, {} overlaps, {} gaps\n",
            self.ledger_id,
            self.new.len(),
            self.same,
            self.changed.len(),
            self.gone.len(),
            self.overlaps.len(),
            self.gaps.len()
        );
        let mut line = |what: &str, rest: String| text.push_str(&format!("  {what:8} {rest}\n"));
        for voucher in &self.new {
            line("new", voucher.clone());
        }
        for changed in &self.changed {
            line("changed", changed.voucher.clone());
        }
        for voucher in &self.gone {
            line("gone", voucher.clone());
        }
        for overlap in &self.overlaps {
            let by = match overlap.held_by.first() {
                Some(holder) => holder.as_str(),
                None => "no voucher",
            };
            line(
                "overlaps",
                format!("{} with {by} ({})", overlap.voucher, overlap.range),
            );
        }
        for gap in &self.gaps {
            line("gap", gap.to_string());
        }
        text
    }
}
