//! The only place that prints: data to stdout, everything for people to stderr.

use std::io::{self, Write};

use serde::Serialize;
use tracing_subscriber::filter::LevelFilter;

use crate::cli::failure::Failure;
use crate::text::shown_lines;

/// Prints text to stdout as it is.
pub fn print(text: &str) {
    // A reader that went away (`| head`) is no failure.
    let _ = io::stdout().write_all(text.as_bytes());
}

/// Prints a document for scripts to stdout.
pub fn json(document: &impl Serialize) {
    if let Ok(text) = serde_json::to_string_pretty(document) {
        print(&text);
        print("\n");
    }
}

/// Prints a line for people to stderr, without what a terminal would obey: it may hold words of the
/// provider or of a file.
pub fn note(text: &str) {
    // Nowhere is left to say that stderr is gone.
    let _ = writeln!(io::stderr(), "{}", shown_lines(text));
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
