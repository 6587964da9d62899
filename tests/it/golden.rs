//! Runs `bilag export` on every folder of `fixtures/` and compares what comes out, byte for byte.
//!
//! Adding a case is adding a folder. It holds `README.md` (what happens, with the arithmetic to check by hand),
//! `case.toml`, `bilag.toml`, `archive/` and `expected/`. In `case.toml`, `args` are the arguments after
//! `bilag export`, `exit` is the exit code, and `absent` lists texts (invented payers) that no output may hold.
//! `expected/summary.json` is stdout with the folders' names normalised; the other files are what lies below `--out`,
//! but for `manifest.json`, which names the program's version.
//!
//! `docs/TESTING.md` says how a difference is reviewed and accepted. An accepted file is a claim that it is right:
//! review the difference by hand, against `README.md` of the case, before committing it.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::harness::files::{repository, tree};
use crate::harness::program::{Workplace, run};
use crate::harness::snapshot::differences;

/// What `case.toml` says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    args: Vec<String>,
    exit: i32,
    #[serde(default)]
    absent: Vec<String>,
}

#[test]
fn every_fixture_exports_what_was_accepted() {
    let root = repository("fixtures");
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
        let of_case = problems_of(&folder).into_iter();
        problems.extend(of_case.map(|problem| format!("{name}: {problem}")));
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

/// Runs one case and says what is wrong with it.
fn problems_of(folder: &Path) -> Vec<String> {
    let case: Case = toml::from_str(&fs::read_to_string(folder.join("case.toml")).unwrap()).unwrap();
    let place = Workplace::new();
    let out = place.path("out");
    let mut command = place.bare(&["export", "--offline", "--json"]);
    command
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
        .env("LC_ALL", "tr_TR.UTF-8");
    let result = run(command);
    let mut problems = Vec::new();
    if result.code != case.exit {
        let (code, exit, said) = (result.code, case.exit, &result.stderr);
        problems.push(format!("the exit code is {code}, expected {exit}\n{said}"));
    }
    let mut found = tree(&out);
    found.retain(|path, _| !path.ends_with("manifest.json"));
    let summary = result.stdout.replace(&*out.to_string_lossy(), "out");
    let summary = summary.replace(&*folder.to_string_lossy(), "fixture");
    found.insert("summary.json".to_owned(), summary.into_bytes());
    for text in &case.absent {
        let holders = found
            .iter()
            .filter(|(_, content)| String::from_utf8_lossy(content).contains(text.as_str()));
        problems.extend(holders.map(|(path, _)| format!("{path} holds `{text}`, which is personal")));
    }
    problems.extend(differences(&folder.join("expected"), &found));
    problems
}
