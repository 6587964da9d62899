//! The JSON documents of the commands, as scripts read them: each whole, as it was reviewed.

use crate::harness::files::repository;
use crate::harness::program::{Workplace, assert_code, run};
use crate::harness::snapshot::assert_document;

/// Runs a command on the archive of a fixture, and compares its document.
fn assert_reviewed(name: &str, fixture: &str, arguments: &[&str]) {
    let place = Workplace::new();
    let folder = repository("fixtures").join(fixture);
    let mut command = place.bare(arguments);
    command
        .arg("--json")
        .arg("--config")
        .arg(folder.join("bilag.toml"));
    command.arg("--archive").arg(folder.join("archive"));
    let document = run(command);
    assert_code(&document, 0);
    let text = document.stdout.replace(&*folder.to_string_lossy(), "fixture");
    assert_document(&repository("tests/it/snapshots"), name, text.as_bytes());
}

const RANGE: [&str; 4] = ["--from", "2026-03-10", "--to", "2026-03-10"];

#[test]
fn the_document_of_check_is_as_reviewed() {
    let arguments = [&["check", "--offline"], &RANGE[..]].concat();
    assert_reviewed("check.json", "net-day", &arguments);
}

#[test]
fn the_document_of_reconcile_is_as_reviewed() {
    let arguments = [&["reconcile", "--offline"], &RANGE[..]].concat();
    assert_reviewed("reconcile.json", "net-day", &arguments);
}

#[test]
fn the_document_of_explain_is_as_reviewed() {
    assert_reviewed("explain.json", "net-day", &["explain", "--offline", "K-1001"]);
}

#[test]
fn the_document_of_rules_test_is_as_reviewed() {
    let range = ["--from", "2026-03-02", "--to", "2026-03-04"];
    let arguments = [&["rules", "test"], &range[..]].concat();
    assert_reviewed("rules-test.json", "refunds-follow-their-capture", &arguments);
}
