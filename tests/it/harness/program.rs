//! The program in a folder of its own: nothing of the user's reaches it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use bilag::sandbox::options::{CLIENT_ID, CLIENT_SECRET};
use serde_json::Value;
use tempfile::TempDir;

use crate::harness::dates::range;
use crate::harness::files::scratch;
use crate::harness::journal::{Row, journal};
use crate::harness::layout::Layout;
use crate::harness::ledger::Ledger;
use crate::harness::library::output_folder;

/// No run of the program takes longer.
const LIMIT: Duration = Duration::from_secs(120);
const OFFLINE: [&str; 3] = ["--offline", "--archive", "archive"];

/// A folder in which the program is run: `bilag.toml`, `archive`, and what it writes.
pub(crate) struct Workplace {
    folder: TempDir,
    is_offline: bool,
}

impl Workplace {
    /// A place where the program reads `archive` and asks nobody.
    pub(crate) fn new() -> Self {
        Self {
            folder: scratch(),
            is_offline: true,
        }
    }

    /// The same with ledgers in the archive.
    pub(crate) fn of(ledgers: &[&Ledger]) -> Self {
        let place = Self::new();
        for ledger in ledgers {
            ledger.write(&place.path("archive"), &Layout::PLAIN);
        }
        place
    }

    /// A place with the keys and the address of the sandbox at `base_url`; `api` are more lines of `[api]`.
    pub(crate) fn beside(base_url: &str, api: &str) -> Self {
        let place = Self {
            folder: scratch(),
            is_offline: false,
        };
        place.config(&format!("[api]\nbase_url = \"{base_url}\"\n{api}\n"))
    }

    /// Writes `bilag.toml`.
    pub(crate) fn config(self, text: &str) -> Self {
        fs::write(self.path("bilag.toml"), text).unwrap();
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The program with exactly `arguments`.
    pub(crate) fn bare(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("bilag"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("HOME", self.folder.path())
            .env("XDG_CONFIG_HOME", self.path("no-config"));
        for name in [
            "BILAG_CLIENT_ID",
            "BILAG_CLIENT_SECRET",
            "BILAG_SUBSCRIPTION_KEY",
            "BILAG_MERCHANT_SERIAL_NUMBER",
        ] {
            command.env_remove(name);
        }
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// The program as it is run in this place: without network, or with the sandbox's keys.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        if self.is_offline {
            return self.bare(&[&OFFLINE, arguments].concat());
        }
        let mut command = self.bare(arguments);
        command
            .env("BILAG_CLIENT_ID", CLIENT_ID)
            .env("BILAG_CLIENT_SECRET", CLIENT_SECRET);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        run(self.command(arguments))
    }

    /// Runs the program while the sandbox of the test goes on.
    pub(crate) async fn run_async(&self, arguments: &[&str]) -> Ran {
        run_async(self.command(arguments)).await
    }

    /// Runs a command on a range of dates, for its JSON document; an export goes to `out`.
    pub(crate) fn run_on(&self, command: &str, from: &str, to: &str, more: &[&str]) -> Ran {
        let mut arguments = vec![command, "--from", from, "--to", to, "--json"];
        if command == "export" {
            arguments.extend(["--out", "out"]);
        }
        arguments.extend(more);
        self.run(&arguments)
    }

    /// Exports a range of dates, which must succeed.
    pub(crate) fn export(&self, from: &str, to: &str) -> Ran {
        let run = self.run_on("export", from, to, &[]);
        assert_code(&run, 0);
        run
    }

    /// The journal of an export of a ledger.
    pub(crate) fn journal(&self, ledger: &Ledger, from: &str, to: &str) -> Vec<Row> {
        journal(&output_folder(&self.path("out"), ledger, range(from, to)))
    }
}

/// What a run of the program came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    pub(crate) fn new(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let (status, stdout, stderr) = (output.status, text(output.stdout), text(output.stderr));
        let code = status.code();
        Self {
            code: code.unwrap_or_else(|| panic!("{status}: {stderr}")),
            stdout,
            stderr,
        }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("stdout is no JSON ({error}):\n{}\n{}", self.stdout, self.stderr))
    }

    /// The first ledger of the summary.
    pub(crate) fn ledger(&self) -> Value {
        self.json()["ledgers"][0].clone()
    }

    /// The findings of the first ledger with a code.
    pub(crate) fn findings(&self, code: &str) -> Vec<Value> {
        let all = self.ledger()["findings"].as_array().unwrap().clone();
        all.into_iter()
            .filter(|finding| finding["code"] == code)
            .collect()
    }
}

/// Runs a program to its end.
pub(crate) fn run(command: Command) -> Ran {
    let mut command = assert_cmd::Command::from_std(command);
    Ran::new(command.timeout(LIMIT).output().unwrap())
}

/// Runs a program to its end while others go on.
pub(crate) async fn run_async(command: Command) -> Ran {
    tokio::task::spawn_blocking(move || run(command)).await.unwrap()
}

/// Asserts an exit code, showing what the program said when it is another.
#[track_caller]
pub(crate) fn assert_code(run: &Ran, expected: i32) {
    assert_eq!(run.code, expected, "\n{}\n{}", run.stderr, run.stdout);
}
