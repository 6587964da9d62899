//! Runs `bilag export` on every folder of `fixtures/` and compares what comes out, byte for byte.
//!
//! Adding a case is adding a folder. It holds `README.md` (what happens, with the arithmetic to check by hand),
//! `case.toml`, `bilag.toml`, `archive/` and `expected/`. In `case.toml`, `args` are the arguments after
//! `bilag export`, `exit` is the exit code, and `absent` lists texts (invented payers) that no output may hold.
//! `expected/summary.json` is stdout with the folders' names normalised; the other files are what lies below `--out`,
//! but for `manifest.json`, which names the program's version.
//!
//! `BILAG_ACCEPT=1 cargo test --test it golden` rewrites every `expected/`. An accepted file is a claim that it is
//! right: review the difference by hand, against `README.md` of the case, before committing it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

/// What `case.toml` says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    args: Vec<String>,
    exit: i32,
    #[serde(default)]
    absent: Vec<String>,
}

/// Files by their path below a folder, with `/` between the parts.
type Files = BTreeMap<String, Vec<u8>>;

#[test]
fn every_fixture_exports_what_was_accepted() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let accept = std::env::var_os("BILAG_ACCEPT").is_some_and(|value| value == "1");
    let mut folders: Vec<PathBuf> = fs::read_dir(&root)
        .unwrap()
        .map(|item| item.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    assert!(!folders.is_empty(), "there are no fixtures in {}", root.display());
    let mut problems = Vec::new();
    for folder in folders {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        problems.extend(
            run(&folder, accept)
                .into_iter()
                .map(|problem| format!("{name}: {problem}")),
        );
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

/// Runs one case and says what is wrong with it.
fn run(folder: &Path, accept: bool) -> Vec<String> {
    let case: Case = toml::from_str(&fs::read_to_string(folder.join("case.toml")).unwrap()).unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let out = scratch.path().join("out");
    let result = Command::new(env!("CARGO_BIN_EXE_bilag"))
        .args(["export", "--offline", "--json"])
        .args(["--format", "journal-csv", "--format", "entries-csv"])
        .arg("--config")
        .arg(folder.join("bilag.toml"))
        .arg("--archive")
        .arg(folder.join("archive"))
        .arg("--out")
        .arg(&out)
        .args(&case.args)
        // The machine's zone and language must not show in any output.
        .env("TZ", "Pacific/Chatham")
        .env("LC_ALL", "tr_TR.UTF-8")
        .current_dir(scratch.path())
        .output()
        .unwrap();
    let mut problems = Vec::new();
    if result.status.code() != Some(case.exit) {
        problems.push(format!(
            "the exit code is {:?}, expected {}\n{}",
            result.status.code(),
            case.exit,
            String::from_utf8_lossy(&result.stderr)
        ));
    }
    let mut found = files_below(&out);
    found.retain(|path, _| !path.ends_with("manifest.json"));
    let summary = String::from_utf8(result.stdout)
        .unwrap()
        .replace(&*out.to_string_lossy(), "out")
        .replace(&*folder.to_string_lossy(), "fixture");
    found.insert("summary.json".to_owned(), summary.into_bytes());
    for text in &case.absent {
        let holders = found
            .iter()
            .filter(|(_, content)| String::from_utf8_lossy(content).contains(text.as_str()));
        problems.extend(holders.map(|(path, _)| format!("{path} holds `{text}`, which is personal")));
    }
    let expected = folder.join("expected");
    if accept {
        if expected.is_dir() {
            fs::remove_dir_all(&expected).unwrap();
        }
        for (path, content) in &found {
            let path = expected.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
    }
    problems.extend(differences(&files_below(&expected), &found));
    problems
}

/// How `found` differs from `expected`: files that are missing or left over, and first lines that differ.
fn differences(expected: &Files, found: &Files) -> Vec<String> {
    let paths: BTreeSet<&String> = expected.keys().chain(found.keys()).collect();
    let mut differences = Vec::new();
    for path in paths {
        match (expected.get(path), found.get(path)) {
            (Some(_), None) => differences.push(format!("{path} is expected and was not written")),
            (None, Some(_)) => differences.push(format!("{path} was written and is not expected")),
            (Some(expected), Some(found)) if expected != found => {
                differences.push(format!("{path} differs: {}", first_difference(expected, found)));
            }
            (Some(_), Some(_)) | (None, None) => {}
        }
    }
    differences
}

fn first_difference(expected: &[u8], found: &[u8]) -> String {
    let lines = |bytes: &[u8]| -> Vec<String> {
        String::from_utf8_lossy(bytes)
            .split_inclusive('\n')
            .map(str::to_owned)
            .collect()
    };
    let (expected, found) = (lines(expected), lines(found));
    let index = (0..expected.len().max(found.len()))
        .find(|index| expected.get(*index) != found.get(*index))
        .unwrap_or(0);
    format!(
        "line {}\n  expected {:?}\n  found    {:?}",
        index + 1,
        expected.get(index),
        found.get(index)
    )
}

/// All files below a folder; none when it is not there.
fn files_below(folder: &Path) -> Files {
    let mut files = Files::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(here) = waiting.pop() {
        let Ok(items) = fs::read_dir(&here) else {
            continue;
        };
        for item in items {
            let path = item.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
                continue;
            }
            let parts = path.strip_prefix(folder).unwrap().components();
            let parts: Vec<_> = parts
                .map(|part| part.as_os_str().to_string_lossy().into_owned())
                .collect();
            files.insert(parts.join("/"), fs::read(&path).unwrap());
        }
    }
    files
}
