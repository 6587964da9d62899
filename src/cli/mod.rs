//! The command line: arguments, the clock, the terminal, and the run from end to end.

pub mod accounts;
pub mod args;
pub mod close;
pub mod demo;
pub mod exit;
pub mod explain;
pub mod explained;
pub mod failure;
pub mod formats;
pub mod init;
pub mod ledgers;
pub mod online;
pub mod period;
pub mod plan;
pub mod progress;
pub mod reach;
pub mod rules;
pub mod sandbox;
pub mod select;
pub mod terminal;
pub mod verify;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::args::{Arguments, Command};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::text;

/// Runs the program with the process's arguments.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let exit = if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Done
            };
            // The arguments are not known yet, so this looks at the words.
            if error.use_stderr() && std::env::args_os().any(|word| word == "--json") {
                let text = error.to_string();
                let message = text.split("\n\n").next().unwrap_or_default();
                let message = text::line(message.trim_start_matches("error: "));
                terminal::json(&Failure::usage(message).to_json());
            }
            let text = error.to_string();
            let printed = if text::shown_lines(&text) == text {
                error.print()
            } else {
                // It quotes an argument that a terminal would obey.
                terminal::note(text.trim_end());
                Ok(())
            };
            // Nobody is left to tell when stderr is gone.
            if let (Err(error), Exit::Done) = (printed, exit) {
                terminal::lose(&error);
            }
            return terminal::finish(exit).into();
        }
    };
    terminal::start_log(arguments.global.verbose, arguments.global.quiet);
    let json = arguments.global.json;
    let exit = match run(arguments) {
        Ok(exit) => exit,
        Err(failure) => {
            if json {
                terminal::json(&failure.to_json());
            }
            terminal::error(&failure);
            failure.exit()
        }
    };
    terminal::finish(exit).into()
}

fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let global = arguments.global;
    match arguments.command {
        Command::Demo(demo) => demo::run(&global, &demo),
        Command::Export(export) => period::export(&global, &export),
        Command::Accounts(accounts) => accounts::run(&global, &accounts),
        Command::Fetch(fetch) => period::fetch(&global, &fetch),
        Command::Reconcile(selection) => period::reconcile(&global, &selection),
        Command::Check(check) => period::check(&global, &check),
        Command::Plan(plan) => plan::run(&global, &plan),
        Command::Close(close) => close::run(&global, &close),
        Command::Explain(wanted) => explain::run(&global, &wanted),
        Command::Rules(rules) => rules::run(&global, &rules.command),
        Command::Ledgers => ledgers::run(&global),
        Command::Formats(formats) => formats::run(&global, formats.command),
        Command::Verify(files) => verify::run(&global, &files),
        Command::Init(options) => init::run(&global, &options),
        Command::Sandbox(options) => sandbox::run(&global, &options),
    }
}
