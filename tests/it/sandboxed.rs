//! What the tests share that run the client or the program against the sandbox.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use bilag::chart::Market;
use bilag::date::DateRange;
use bilag::report_api::credentials::Credentials;
use bilag::report_api::options::ClientOptions;
use bilag::report_api::retry::RetryPolicy;
use bilag::sandbox::fault::FaultRule;
use bilag::sandbox::options::{CLIENT_ID, CLIENT_SECRET, SandboxOptions};
use bilag::sandbox::plan::Plan;
use bilag::sandbox::server::Sandbox;
use bilag::sandbox::source::Source;
use chrono::NaiveDate;

pub(crate) fn day(text: &str) -> NaiveDate {
    bilag::date::parse(text).unwrap()
}

pub(crate) fn range(from: &str, to: &str) -> DateRange {
    DateRange::new(day(from), day(to)).unwrap()
}

/// A generated ledger.
pub(crate) fn plan(ledger_id: &str, range: DateRange, payments_per_date: u64) -> Plan {
    Plan {
        payments_per_date,
        ..Plan::new(Market::Norway, ledger_id, range)
    }
}

pub(crate) fn faults(rules: &[impl AsRef<str>]) -> Vec<FaultRule> {
    let rule = |rule: &_| FaultRule::parse(AsRef::as_ref(rule)).unwrap();
    rules.iter().map(rule).collect()
}

pub(crate) async fn start(source: Arc<dyn Source>, options: SandboxOptions) -> Sandbox {
    Sandbox::start(source, options).await.unwrap()
}

/// The sandbox's own keys, and waits of a millisecond.
pub(crate) fn client_options(sandbox: &Sandbox, today: NaiveDate) -> ClientOptions {
    let credentials = Credentials::Accounting {
        client_id: CLIENT_ID.into(),
        client_secret: CLIENT_SECRET.into(),
    };
    let mut options = ClientOptions::new(credentials, today);
    options.base_url = sandbox.base_url();
    options.retry = RetryPolicy {
        retries: 6,
        total: Duration::from_secs(20),
        first_delay: Duration::from_millis(1),
        longest_delay: Duration::from_millis(4),
    };
    options
}

/// Files by their path under `folder`, without the lock.
pub(crate) fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        let Ok(items) = fs::read_dir(&next) else { continue };
        for item in items {
            let path = item.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_some_and(|name| name != ".bilag.lock") {
                let name = path.strip_prefix(folder).unwrap();
                let name = name.to_str().unwrap().replace('\\', "/");
                let bytes = fs::read(&path).unwrap();
                let file = match name.strip_suffix(".zst") {
                    Some(name) => (name.to_owned(), zstd::decode_all(&bytes[..]).unwrap()),
                    None => (name, bytes),
                };
                let known = files.insert(file.0, file.1);
                assert!(known.is_none(), "{} is there twice", path.display());
            }
        }
    }
    files
}

/// A folder with a `bilag.toml` in which the program can be run.
pub(crate) struct Workplace {
    folder: tempfile::TempDir,
}

impl Workplace {
    /// With a configuration for the sandbox at `base_url`; `api` are more lines of `[api]`.
    pub(crate) fn new(base_url: &str, api: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let text = format!("[api]\nbase_url = \"{base_url}\"\n{api}\n");
        fs::write(folder.path().join("bilag.toml"), text).unwrap();
        Self { folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The program with `arguments`, the sandbox's keys, and nothing of the user's.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bilag"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("HOME", self.folder.path())
            .env("XDG_CONFIG_HOME", self.path("config"))
            .env("BILAG_CLIENT_ID", CLIENT_ID)
            .env("BILAG_CLIENT_SECRET", CLIENT_SECRET)
            .env_remove("BILAG_SUBSCRIPTION_KEY")
            .env_remove("BILAG_MERCHANT_SERIAL_NUMBER")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs the program where it may take its time.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Output {
        output(self.command(arguments)).await
    }
}

/// Runs `command` to its end, which has to come within two minutes.
pub(crate) async fn output(mut command: Command) -> Output {
    let run = tokio::task::spawn_blocking(move || command.output().unwrap());
    let ended = tokio::time::timeout(Duration::from_secs(120), run).await;
    ended.expect("the program ends").unwrap()
}

pub(crate) fn code(output: &Output) -> i32 {
    let code = output.status.code();
    code.unwrap_or_else(|| panic!("{:?}: {}", output.status, String::from_utf8_lossy(&output.stderr)))
}

/// Asserts an exit code, showing what the program said when it is another.
#[track_caller]
pub(crate) fn assert_code(output: &Output, expected: i32) {
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert_eq!(
        code(output),
        expected,
        "\n{}\n{}",
        said(&output.stderr),
        said(&output.stdout)
    );
}
