//! The help texts are part of what users rely on.

use std::process::Command;

/// The help of one command, as a terminal without a width shows it.
fn help(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_bilag"))
        .args(arguments)
        .arg("--help")
        .env("COLUMNS", "100")
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}");
    assert!(output.stderr.is_empty(), "help is data and goes to stdout");
    String::from_utf8(output.stdout).unwrap()
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
