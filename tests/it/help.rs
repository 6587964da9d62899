//! The help texts are part of what users rely on.

use crate::harness::program::{Workplace, assert_code, run};

/// The help of one command, as a terminal without a width shows it.
fn help(arguments: &[&str]) -> String {
    let place = Workplace::new();
    let mut command = place.bare(arguments);
    command.arg("--help").env("COLUMNS", "100");
    let help = run(command);
    assert_code(&help, 0);
    assert!(help.stderr.is_empty(), "help is data and goes to stdout");
    help.stdout
}

#[test]
fn the_help_of_the_program_is_as_reviewed() {
    insta::assert_snapshot!(help(&[]));
}

#[test]
fn the_help_of_export_is_as_reviewed() {
    insta::assert_snapshot!(help(&["export"]));
}

#[test]
fn every_command_explains_itself() {
    for command in [
        "demo",
        "export",
        "fetch",
        "reconcile",
        "check",
        "plan",
        "close",
        "explain",
        "ledgers",
        "formats",
        "rules",
        "verify",
        "init",
        "sandbox",
    ] {
        assert!(help(&[command]).contains("Usage: bilag"), "{command}");
    }
}
