//! The commands about a range of dates: export, fetch, check, reconcile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::SIGINT;

use crate::archive::Archive;
use crate::catalogue::{self, Format};
use crate::chart::Market;
use crate::cli::args::{Check, Export, Fetch, Global, SelectionOpen};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::online::{self, Fetched};
use crate::cli::{reach, select, terminal};
use crate::config::Config;
use crate::config::company::CompanyField;
use crate::date::DateRange;
use crate::ledger::finding::{Code, Finding, Level};
use crate::proof::Status;
use crate::provider::LedgerInfo;
use crate::report;
use crate::report::model::{ErrorReport, LedgerReport, Report};
use crate::report::terminal::Detail;
use crate::run::{self, LedgerRun, RunOptions, WriteOptions};

/// `bilag export`.
pub fn export(global: &Global, arguments: &Export) -> Result<Exit, Failure> {
    let command = PeriodCommand::new(global, "export", &arguments.selected, &arguments.formats)?;
    let write = WriteOptions {
        out: arguments.out.clone(),
        formats: command.formats.clone(),
        all_formats: command.all_formats,
        force: arguments.force,
        new_only: arguments.new_only,
        corrections: arguments.corrections,
        keeps_coverage: true,
        users_formats: select::users_formats(),
        ..WriteOptions::default()
    };
    command.run(Some(write), Show::Short)
}

/// `bilag check`.
pub fn check(global: &Global, arguments: &Check) -> Result<Exit, Failure> {
    let command = PeriodCommand::new(global, "check", &arguments.selected, &arguments.formats)?;
    let write = WriteOptions {
        formats: command.formats.clone(),
        all_formats: command.all_formats,
        users_formats: select::users_formats(),
        dry_run: true,
        keeps_coverage: true,
        ..WriteOptions::default()
    };
    command.run(Some(write), Show::Short)
}

/// `bilag reconcile`.
pub fn reconcile(global: &Global, selected: &SelectionOpen) -> Result<Exit, Failure> {
    let command = PeriodCommand::new(global, "reconcile", selected, &[])?;
    let fetched = command.fetch()?;
    command.over(&fetched, Show::Report, |command, ledger_id| {
        let options = RunOptions {
            records: true,
            ..command.options(&fetched, ledger_id, None)
        };
        run::ledger(&command.archive, ledger_id, &command.config, &options)
    })
}

/// `bilag fetch`.
pub fn fetch(global: &Global, arguments: &Fetch) -> Result<Exit, Failure> {
    if global.offline {
        return Err(Failure::usage("`fetch` needs the network; leave out --offline"));
    }
    let command = PeriodCommand::new(global, "fetch", &arguments.selected, &[])?;
    let mut options = online::client_options(global, &command.config)?;
    options.include_gdpr = arguments.include_personal_data;
    let fetched = online::block_on(online::fetch(
        options,
        &command.archive,
        &command.config,
        command.range,
        &command.wanted,
    ))?;
    if !global.quiet {
        terminal::note(&format!(
            "{} requests, {} new entries",
            fetched.requests, fetched.entries
        ));
    }
    command.over(&fetched, Show::Short, |command, ledger_id| {
        run::prove(
            &command.archive,
            ledger_id,
            &command.config,
            &command.options(&fetched, ledger_id, None),
        )
    })
}

/// How much of a ledger is shown on the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Show {
    /// A line, and what is wrong.
    Short,
    /// The whole control report.
    Report,
}

/// One command's selection: configuration, archive, dates, ledgers.
pub struct PeriodCommand<'a> {
    /// Options of every command.
    pub global: &'a Global,
    /// The command's name, for the summary.
    pub name: &'static str,
    /// The configuration.
    pub config: Config,
    pub archive: Archive,
    /// The dates.
    pub range: DateRange,
    /// Take the closed dates before the first open one.
    pub allow_open: bool,
    /// The ledgers that were named.
    pub wanted: Vec<String>,
    /// The formats that were named.
    pub formats: Vec<Arc<Format>>,
    /// Whether every format is wanted.
    pub all_formats: bool,
    /// Set by Ctrl-C.
    pub cancelled: Arc<AtomicBool>,
}

impl<'a> PeriodCommand<'a> {
    /// A command by its name, for some dates; `names` are formats.
    pub fn new(
        global: &'a Global,
        name: &'static str,
        selected: &SelectionOpen,
        names: &[String],
    ) -> Result<Self, Failure> {
        let config = select::config(global)?;
        let (formats, all_formats) = formats(names)?;
        catalogue::check_names(&config, &formats, select::users_formats().as_deref())?;
        let wanted = select::unique(&selected.selection.ledgers);
        Ok(Self {
            archive: select::archive(global, &config, &wanted),
            range: select::range(&selected.selection)?,
            allow_open: selected.allow_open,
            cancelled: Arc::default(),
            global,
            name,
            config,
            wanted,
            formats,
            all_formats,
        })
    }

    /// Fetches what is missing, unless offline, and runs every ledger.
    pub fn run(&self, write: Option<WriteOptions>, show: Show) -> Result<Exit, Failure> {
        self.finish(&self.fetch()?, write, show)
    }

    /// Fetches what is missing; offline, looks which ledgers there are.
    pub fn fetch(&self) -> Result<Fetched, Failure> {
        if self.global.offline {
            Ok(Fetched {
                reach: reach::find(&self.archive, &self.config, self.range, None, &self.wanted)?,
                ..Fetched::default()
            })
        } else {
            let options = online::client_options(self.global, &self.config)?;
            online::block_on(online::fetch(
                options,
                &self.archive,
                &self.config,
                self.range,
                &self.wanted,
            ))
        }
    }

    /// Runs every ledger of a fetch.
    pub fn finish(
        &self,
        fetched: &Fetched,
        write: Option<WriteOptions>,
        show: Show,
    ) -> Result<Exit, Failure> {
        self.over(fetched, show, |command, ledger_id| {
            let options = command.options(fetched, ledger_id, write.clone());
            run::ledger(&command.archive, ledger_id, &command.config, &options)
        })
    }

    /// How a ledger is run.
    pub fn options(&self, fetched: &Fetched, ledger_id: &str, write: Option<WriteOptions>) -> RunOptions {
        RunOptions {
            range: fetched.reach.ranges.get(ledger_id).copied().unwrap_or(self.range),
            allow_open: self.allow_open,
            write,
            records: false,
            closes: false,
            open: fetched.open.get(ledger_id).cloned().unwrap_or_default(),
            is_unreachable: fetched.reach.unreachable.contains(ledger_id),
            cancelled: Arc::clone(&self.cancelled),
        }
    }

    /// Runs `each` on every ledger of a fetch, and shows what came of it.
    pub fn over(
        &self,
        fetched: &Fetched,
        show: Show,
        each: impl Fn(&Self, &str) -> LedgerRun,
    ) -> Result<Exit, Failure> {
        self.watch_for_cancel();
        let reach = &fetched.reach;
        let mut findings = reach.findings.clone();
        findings.extend(self.unused_lines());
        let mut exit = self.exit_of_findings(&findings);
        let mut ledgers = Vec::new();
        for ledger_id in &reach.ledgers {
            let (ledger, ledger_exit) = match fetched.failures.get(ledger_id) {
                Some(failure) => {
                    terminal::error(failure);
                    (failed_report(ledger_id, failure), failure.exit())
                }
                None => {
                    let run = each(self, ledger_id);
                    let config = self.config.ledger(&run.info);
                    let mut ledger = LedgerReport::of(&run, config.posting.market);
                    ledger.company = config.company.text(CompanyField::Name).map(str::to_owned);
                    (ledger, self.exit_of(&run))
                }
            };
            exit = exit.worse(ledger_exit);
            if !self.global.json {
                self.show(&ledger, show);
            }
            ledgers.push(ledger);
            if self.cancelled.load(Ordering::Relaxed) {
                return Err(Failure::new(
                    Exit::Cancelled,
                    "cancelled; ledgers that were not yet written are left as they were",
                ));
            }
        }
        if !reach.ended.is_empty() && !self.global.quiet {
            let ended = select::listing(&reach.ended);
            terminal::note(&format!("ended before the range, and left out: {ended}"));
        }
        if self.global.json {
            terminal::json_text(&report::json::render(&Report {
                command: self.name.to_owned(),
                range: self.range,
                exit_code: exit.code(),
                findings,
                ledgers,
            }));
            return Ok(exit);
        }
        for finding in findings.iter().filter(|_| !self.global.quiet) {
            terminal::note(&report::terminal::told(finding));
        }
        if reach.ledgers.len() > 1 && !self.global.quiet {
            let failed: Vec<String> = ledgers
                .iter()
                .filter(|ledger| ledger.status == Status::Failed)
                .map(|ledger| ledger.ledger_id().to_owned())
                .collect();
            terminal::note(&format!(
                "{} ledgers, failed: {}",
                ledgers.len(),
                select::listing(&failed)
            ));
        }
        Ok(exit)
    }

    fn exit_of_findings(&self, findings: &[Finding]) -> Exit {
        let is_for_review = findings.iter().any(|finding| finding.level >= Level::Review);
        if self.global.strict && is_for_review {
            Exit::NeedsPerson
        } else {
            Exit::Done
        }
    }

    /// Sales lines that belong to no entry; a fetch books nothing and does not look for them.
    fn unused_lines(&self) -> Vec<Finding> {
        let is_fetch = self.name == "fetch";
        let unused = (!is_fetch).then(|| run::unused_lines::find(&self.archive, &self.config));
        unused.flatten().into_iter().collect()
    }

    /// The exit code of one ledger; says on the terminal why it is not zero.
    pub fn exit_of(&self, run: &LedgerRun) -> Exit {
        let mut exit = Exit::Done;
        if let Some(error) = &run.error {
            let failure = Failure::from(error);
            terminal::error(
                &Failure::new(
                    failure.exit(),
                    format!("ledger `{}`: {}", run.info.ledger_id, failure.message()),
                )
                .with_optional_hint(failure.hint()),
            );
            exit = failure.exit();
        }
        let Some(proof) = &run.proof else { return exit };
        if proof.status == Status::Failed {
            exit = exit.worse(Exit::DoesNotReconcile);
        }
        if proof.findings.refuse_output() {
            exit = exit.worse(Exit::OutputRefused);
        }
        let needs_before = proof.open_dates.iter().any(|date| *date < self.range.from());
        if proof.status == Status::Incomplete && (!self.allow_open || needs_before) {
            exit = exit.worse(if proof.findings.has_code(Code::LedgerUnreachable) {
                // What is missing will never come.
                Exit::NotOurs
            } else {
                Exit::Incomplete
            });
        }
        if self.global.strict && proof.findings.has(Level::Review) {
            exit = exit.worse(Exit::NeedsPerson);
        }
        exit
    }

    fn show(&self, ledger: &LedgerReport, show: Show) {
        let detail = if self.global.verbose > 0 {
            Detail::All
        } else {
            Detail::Few
        };
        match show {
            Show::Report => terminal::print(&report::terminal::report(ledger, detail)),
            Show::Short => {
                for output in &ledger.outputs {
                    terminal::print(&format!("{}\n", output.path.to_string_lossy()));
                }
                if !self.global.quiet {
                    terminal::note(report::terminal::short(ledger, detail).trim_end());
                }
            }
        }
    }

    /// Ctrl-C sets a flag that the run looks at between dates, so that nothing is left half done.
    fn watch_for_cancel(&self) {
        // Where the system refuses, Ctrl-C ends the process the system's way.
        if let Err(error) = signal_hook::flag::register(SIGINT, Arc::clone(&self.cancelled)) {
            tracing::info!("cannot watch for Ctrl-C: {error}");
        }
    }
}

fn failed_report(ledger_id: &str, failure: &Failure) -> LedgerReport {
    let error = ErrorReport {
        message: failure.message().to_owned(),
        hint: failure.hint().map(str::to_owned),
    };
    LedgerReport::failed(LedgerInfo::unknown(ledger_id), Market::default(), error)
}

/// The formats that were named, and whether all are wanted.
pub fn formats(names: &[String]) -> Result<(Vec<Arc<Format>>, bool), Failure> {
    let mut formats = Vec::new();
    for name in names.iter().filter(|name| *name != "all") {
        formats.push(catalogue::resolve(name, select::users_formats().as_deref())?);
    }
    Ok((formats, names.iter().any(|name| name == "all")))
}
