//! Expected files: snapshots of insta, and plain files that a person can open, under the same rules.
//! `docs/TESTING.md` says how one is reviewed and accepted.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use insta::Settings;
use similar::TextDiff;

use crate::harness::files::{Files, tree};

/// Asserts that a document has the bytes of the snapshot in `folder` with its name.
///
/// UTF-8 with `\n` is a text snapshot, whose difference insta shows. It would take CRLF for LF and spare blank
/// ends, so the bytes are compared as well. All other documents are binary snapshots, which are exact.
pub(crate) fn assert_document(folder: &Path, name: &str, bytes: &[u8]) {
    let mut settings = Settings::clone_current();
    settings.set_snapshot_path(folder);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| match plain_text(bytes) {
        Some(text) => {
            insta::assert_snapshot!(name, text);
            assert_bytes(&folder.join(format!("{name}.snap")), text);
        }
        None => insta::assert_binary_snapshot!(name, bytes.to_vec()),
    });
}

/// The text of bytes that a text snapshot can hold.
fn plain_text(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    let has_one_end = text
        .strip_suffix('\n')
        .is_some_and(|body| body == body.trim_end());
    let is_plain = has_one_end && !text.contains('\r') && !text.starts_with('\u{FEFF}');
    is_plain.then_some(text)
}

/// Asserts what insta does not: that nothing but the same bytes follows the head of a snapshot.
fn assert_bytes(snapshot: &Path, text: &str) {
    if pending(snapshot).exists() {
        // Insta has seen the difference, and was told to let everything pass for now.
        return;
    }
    let kept = fs::read_to_string(snapshot).unwrap();
    let (_, accepted) = kept.split_once("\n---\n").unwrap();
    let place = snapshot.display();
    assert!(
        accepted == text,
        "{place} has other line ends or blank ends; INSTA_UPDATE=force writes it anew"
    );
}

/// What becomes of plain files that differ, by the words that insta has for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Update {
    /// The expected file is written.
    Always,
    /// A file `.new` is written beside the expected one.
    New,
    /// Nothing is written.
    No,
}

impl Update {
    fn from_environment() -> Self {
        let is_ci = std::env::var("CI").is_ok_and(|value| value != "false" && value != "0");
        match std::env::var("INSTA_UPDATE").as_deref() {
            Ok("always" | "force" | "1") => Self::Always,
            Ok("no") => Self::No,
            Ok("new") => Self::New,
            _ if is_ci => Self::No,
            _ => Self::New,
        }
    }
}

/// Compares files with the plain ones in `expected`, and says how they differ: nothing when all bytes are
/// the same.
pub(crate) fn differences(expected: &Path, found: &Files) -> Vec<String> {
    let update = Update::from_environment();
    let mut accepted = tree(expected);
    for stale in accepted.keys().filter(|name| is_pending(name)) {
        fs::remove_file(expected.join(stale)).unwrap();
    }
    accepted.retain(|name, _| !is_pending(name));
    let names: BTreeSet<&String> = accepted.keys().chain(found.keys()).collect();
    let mut differences = Vec::new();
    for name in names {
        let (old, new) = (accepted.get(name), found.get(name));
        if old == new {
            continue;
        }
        let path = expected.join(name);
        match (update, new) {
            (Update::Always, Some(bytes)) => write(&path, bytes),
            (Update::Always, None) => fs::remove_file(&path).unwrap(),
            (_, Some(bytes)) => {
                if update == Update::New {
                    write(&pending(&path), bytes);
                }
                differences.push(difference(name, old.map_or(&[][..], Vec::as_slice), bytes));
            }
            (_, None) => differences.push(format!("{name} is expected and was not written")),
        }
    }
    differences
}

/// Compares one plain file; see [`differences`].
pub(crate) fn assert_plain_file(path: &Path, found: &str) {
    let accepted = fs::read(path).unwrap_or_default();
    if pending(path).exists() {
        fs::remove_file(pending(path)).unwrap();
    }
    if accepted == found.as_bytes() {
        return;
    }
    match Update::from_environment() {
        Update::Always => return write(path, found.as_bytes()),
        Update::New => write(&pending(path), found.as_bytes()),
        Update::No => {}
    }
    let name = path.display().to_string();
    panic!("{}", difference(&name, &accepted, found.as_bytes()));
}

fn pending(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    name.into()
}

fn is_pending(name: &str) -> bool {
    name.ends_with(".new")
}

fn write(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// The lines that differ, with what a line shows only to a machine.
fn difference(name: &str, old: &[u8], new: &[u8]) -> String {
    let text = |bytes| {
        let text = String::from_utf8_lossy(bytes).replace('\r', "\\r");
        text.replace('\u{FEFF}', "\\u{FEFF}")
    };
    let (old, new) = (text(old), text(new));
    let mut shown = format!("{name} differs (INSTA_UPDATE=always accepts it)\n");
    let diff = TextDiff::from_lines(&old, &new);
    write!(
        shown,
        "{}",
        diff.unified_diff().context_radius(2).header("expected", "found")
    )
    .unwrap();
    shown
}

#[test]
fn line_ends_and_blank_ends_are_differences() {
    let folder = crate::harness::files::scratch();
    let found = |text: &str| Files::from([("a/journal.csv".to_owned(), text.as_bytes().to_vec())]);
    write(&folder.path().join("a/journal.csv"), b"1;2\n");
    for other in ["1;2\r\n", "1;2", "1;2\n\n", "\u{FEFF}1;2\n", "1;2 \n"] {
        let text = plain_text(other.as_bytes());
        assert!(text.is_none_or(|text| text != "1;2\n"), "{other:?}");
        if Update::from_environment() != Update::Always {
            let differences = differences(folder.path(), &found(other));
            assert_eq!(differences.len(), 1, "{other:?}");
            let is_told = other.trim_end() == "1;2" || differences[0].contains('+');
            assert!(is_told, "{other:?}: {differences:?}");
        }
    }
    assert_eq!(differences(folder.path(), &found("1;2\n")), Vec::<String>::new());
    assert_eq!(tree(folder.path()).len(), 1, "what was pending is gone");
}
