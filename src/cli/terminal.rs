//! The only place that prints: data to stdout, everything for people to stderr.

use std::io::{self, Write};
use std::sync::OnceLock;

use serde::Serialize;
use tracing_subscriber::filter::LevelFilter;

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::text::{escaped_json, for_terminal};

/// Why data could not be written to stdout, once that has happened.
static LOST: OnceLock<String> = OnceLock::new();

/// Prints text for people to stdout, without what a terminal would obey: it may hold words of the
/// provider or of a file.
pub fn print(text: &str) {
    write(&for_terminal(text));
}

/// Prints a document for scripts to stdout.
pub fn json(document: &impl Serialize) {
    match serde_json::to_string_pretty(document) {
        Ok(text) => json_text(&(text + "\n")),
        Err(error) => lose(&error.into()),
    }
}

/// Prints a document for scripts that is text already.
pub fn json_text(text: &str) {
    write(&escaped_json(text));
}

fn write(text: &str) {
    if let Err(error) = io::stdout().write_all(text.as_bytes()) {
        lose(&error);
    }
}

/// Notes that something printed was lost. A reader that went away (`| head`) has what it wanted.
pub fn lose(error: &io::Error) {
    if error.kind() != io::ErrorKind::BrokenPipe {
        LOST.get_or_init(|| error.to_string());
    }
}

/// Whether something that was printed was lost.
pub fn has_lost() -> bool {
    LOST.get().is_some()
}

/// The exit code of a run that would end with `exit`, when all that was printed is written out.
/// What was lost is said, and is a failure.
pub fn finish(exit: Exit) -> Exit {
    if let Err(error) = io::stdout().flush() {
        lose(&error);
    }
    let Some(why) = LOST.get() else { return exit };
    let message = format!("cannot write to standard output: {why}");
    error(
        &Failure::new(Exit::Unexpected, message)
            .with_hint("what was printed is not complete; make room, or send it elsewhere, and run again"),
    );
    exit.worse(Exit::Unexpected)
}

/// Prints a line for people to stderr, without what a terminal would obey: it may hold words of the
/// provider or of a file.
pub fn note(text: &str) {
    // Nowhere is left to say that stderr is gone.
    let _ = writeln!(io::stderr(), "{}", for_terminal(text));
}

/// Prints a failure to stderr.
pub fn error(failure: &Failure) {
    note(&format!("error: {}", failure.message()));
    if let Some(hint) = failure.hint() {
        note(&format!("hint: {hint}"));
    }
}

/// Starts the log of requests and retries on stderr: nothing, retries with `-v`, requests with
/// `-vv`.
pub fn start_log(verbose: u8, quiet: bool) {
    let level = match (quiet, verbose) {
        (true, _) | (_, 0) => LevelFilter::OFF,
        (_, 1) => LevelFilter::INFO,
        _ => LevelFilter::DEBUG,
    };
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(io::stderr)
        .without_time()
        .with_target(false)
        .with_ansi(false)
        .finish();
    // A second subscriber in one process is a test harness's; its log is as good.
    let _ = tracing::subscriber::set_global_default(subscriber);
}
