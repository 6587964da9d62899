//! Output that cannot be written is a failure with a message, whatever was to be printed.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};

use super::{RANGE, workplace};
use crate::harness::program::{Workplace, run};

fn full() -> File {
    OpenOptions::new().write(true).open("/dev/full").unwrap()
}

/// A pipe that nobody reads.
fn closed_pipe() -> std::io::PipeWriter {
    let (_, writer) = std::io::pipe().unwrap();
    writer
}

fn ended(mut command: Command, stdout: impl Into<Stdio>) -> (ExitStatus, String) {
    let mut child: Child = command.stdout(stdout).spawn().unwrap();
    let mut stderr = String::new();
    let mut pipe = child.stderr.take().unwrap();
    pipe.read_to_string(&mut stderr).unwrap();
    (child.wait().unwrap(), stderr)
}

/// Every command that prints something, with the code that it ends with otherwise.
fn commands(place: &Workplace) -> Vec<(Vec<&'static str>, i32)> {
    let saft = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/verify/good-no.xml");
    let own = "id = \"mine\"\ntitle = \"Mine\"\nfile = \"mine.csv\"\n[delimited]\nseparator = \";\"\ncolumns = [\n\
               {name = \"A\", field = \"account\"}, {name = \"B\", field = \"amount\"}]\n";
    std::fs::write(place.path("mine.toml"), own).unwrap();
    let on = |words: &[&'static str]| [words, &RANGE[..]].concat();
    vec![
        (on(&["export", "--out", "books"]), 0),
        (on(&["check"]), 0),
        (on(&["reconcile"]), 0),
        (on(&["rules", "test"]), 0),
        (on(&["check", "--ledger", "77"]), 10),
        (vec!["explain", "5001"], 0),
        (vec!["ledgers"], 0),
        (vec!["formats", "list"], 0),
        (vec!["formats", "show", "journal-csv"], 0),
        (vec!["formats", "check", "mine.toml"], 0),
        (vec!["verify", saft], 0),
        (vec!["demo", "--out", "demo"], 0),
        (vec!["check", "--from", "soon", "--to", "later"], 2),
        (vec!["no-such-command"], 2),
    ]
}

#[test]
fn a_full_disk_is_a_failure_of_every_command() {
    let place = workplace();
    for (arguments, otherwise) in commands(&place) {
        for more in [&[][..], &["--json"], &["--quiet"]] {
            let arguments = [&arguments, more].concat();
            let prints = run(place.command(&arguments));
            assert_eq!(prints.code, otherwise, "{arguments:?}: {}", prints.stderr);
            // A JSON document is always printed; a check that is content, or a refusal, need not be.
            assert!(more != ["--json"] || !prints.stdout.is_empty(), "{arguments:?}");
            let (status, stderr) = ended(place.command(&arguments), full());
            let expected = if prints.stdout.is_empty() { otherwise } else { 1 };
            assert_eq!(status.code(), Some(expected), "{arguments:?}: {stderr}");
            assert_eq!(
                stderr.contains("cannot write to standard output: No space left on device"),
                expected == 1,
                "{arguments:?}: {stderr}"
            );
        }
    }
    for arguments in [&["--help"][..], &["export", "--help"], &["--version"]] {
        let (status, stderr) = ended(place.bare(arguments), full());
        assert_eq!(status.code(), Some(1), "{arguments:?}");
        assert!(stderr.contains("cannot write to standard output"), "{stderr}");
    }
    // The files themselves are whole: only what was printed of them is lost.
    assert!(
        place
            .path("books/302321/2026-02-09_2026-02-10/manifest.json")
            .is_file()
    );
}

#[test]
fn a_sandbox_that_cannot_say_where_it_is_ends() {
    let place = workplace();
    for more in [&[][..], &["--json"]] {
        let (status, stderr) = ended(place.bare(&[&["sandbox"], more].concat()), full());
        assert_eq!(status.code(), Some(1), "{stderr}");
        assert!(stderr.contains("cannot write to standard output"), "{stderr}");
    }
}

#[test]
fn only_a_pipe_that_nobody_reads_is_silent() {
    let place = workplace();
    for (arguments, otherwise) in commands(&place) {
        for more in [&[][..], &["--json"]] {
            let arguments = [&arguments, more].concat();
            let (status, stderr) = ended(place.command(&arguments), closed_pipe());
            assert_eq!(status.code(), Some(otherwise), "{arguments:?}: {stderr}");
            assert!(!stderr.contains("standard output"), "{arguments:?}: {stderr}");
        }
    }
}
