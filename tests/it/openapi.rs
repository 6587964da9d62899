//! Programs that somebody else wrote, between the sandbox, the client and the OpenAPI documents.
//!
//! The documents are not part of the repository, nor are the programs: `docs/TESTING.md` says how they are found.

use std::net::{TcpListener, TcpStream};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use bilag::archive::Archive;
use bilag::chart::Market;
use bilag::sandbox::archived::ArchiveSource;
use bilag::sandbox::engine::{Frequency, Settlement};
use bilag::sandbox::generate::Generator;
use bilag::sandbox::options::{OpenDates, SandboxOptions};
use bilag::sandbox::plan::Plan;
use bilag::sandbox::server::Sandbox;
use bilag::sandbox::source::Source;
use bilag::sandbox::story;

use crate::harness::dates::{date, range};
use crate::harness::files::{repository, scratch};
use crate::harness::judges::{Judge, reference_data};
use crate::harness::program::{assert_code, run_async};
use crate::harness::sandbox::{faults, start, wait_until};

pub(crate) fn document(name: &str) -> Option<PathBuf> {
    reference_data(&format!("report-api/{name}"))
}

/// What is served and how, the dates that are asked for, and how many answers that makes at least.
type Case = (Arc<dyn Source>, SandboxOptions, [&'static str; 2], usize);

/// Ledgers of two markets, one with payers.
fn markets() -> Arc<dyn Source> {
    let span = range("2026-03-01", "2026-03-04");
    let mut danish = Plan::new(Market::Denmark, "460017", span);
    (danish.terms.settlement, danish.terms.frequency) = (Settlement::Gross, Frequency::Weekly);
    let plans = [Plan::new(Market::Finland, "77001", span), danish];
    Arc::new(Generator::new(plans.to_vec()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn judge_openapi_answers() {
    let Some(python) = Judge::OpenApi.program() else {
        return;
    };
    let Some(document) = document("openapi-reconstructed.yaml") else {
        return;
    };
    let small = NonZeroUsize::new(7).unwrap();
    let unix_time: Option<fn() -> i64> = Some(|| 1_774_000_000);
    let cases: [Case; 4] = [
        (
            Arc::new(story::source()),
            SandboxOptions {
                today: Some(story::today()),
                page_size: small,
                unix_time,
                ..SandboxOptions::default()
            },
            ["2026-10-01", "2026-11-03"],
            200,
        ),
        (
            markets(),
            SandboxOptions {
                today: Some(date("2026-03-04")),
                open_dates: OpenDates::WithItems,
                ledger_page_size: NonZeroUsize::MIN,
                empty_last_page: true,
                page_size: small,
                ..SandboxOptions::default()
            },
            ["2026-02-28", "2026-03-05"],
            100,
        ),
        (
            markets(),
            SandboxOptions {
                today: Some(date("2026-03-03")),
                open_dates: OpenDates::NotFound,
                sales_units: false,
                ..SandboxOptions::default()
            },
            ["2026-03-01", "2026-03-05"],
            40,
        ),
        (
            markets(),
            SandboxOptions {
                faults: faults(&[
                    "dates:every=3:429:retry-after=1",
                    "ledgers:every=3:429",
                    "feed:every=2:429",
                    "any:every=4:500",
                    "dates:every=11:expired",
                    "any:every=13:503",
                ]),
                ..SandboxOptions::default()
            },
            ["2026-03-01", "2026-03-04"],
            40,
        ),
    ];
    let judge = async |sandbox: &Sandbox, [from, to]: [&str; 2]| {
        let mut judge = Command::new(&python);
        judge
            .arg(repository("tests/judges/openapi_answers.py"))
            .arg(sandbox.base_url())
            .arg(&document)
            .args([from, to]);
        run_async(judge).await
    };
    for (source, options, dates, least) in cases {
        let sandbox = start(source, options).await;
        let judged = judge(&sandbox, dates).await;
        assert_code(&judged, 0);
        let said = judged.stdout;
        eprint!("{said}");
        let count = said.strip_prefix("judged ").unwrap().split(' ').next().unwrap();
        assert!(count.parse::<usize>().unwrap() >= least, "{said}");
    }
    // The judge sees what is wrong.
    for saved in [
        r#"{"items":[{"entryType":"capture","currency":"NOK","amount":"100"}]}"#,
        r#"{"items":[{"entryType":"capture","currency":"NOK"}]}"#,
        r#"{"items":[{"entryType":"capture","currency":"NOK","amount":100,"payer":"?"}]}"#,
    ] {
        let folder = scratch();
        let funds = folder.path().join("302321/funds");
        std::fs::create_dir_all(&funds).unwrap();
        std::fs::write(funds.join("2026-03-01.json"), saved).unwrap();
        let source = ArchiveSource::open(Archive::new(folder.path())).unwrap();
        let sandbox = start(Arc::new(source), SandboxOptions::default()).await;
        let judged = judge(&sandbox, ["2026-03-01", "2026-03-01"]).await;
        assert_code(&judged, 1);
        assert!(judged.stdout.contains("wrong: "));
    }
}

/// A mock of the published API, made from its OpenAPI document by Prism. It ends when dropped.
pub(crate) struct Prism {
    process: Child,
    pub(crate) address: String,
}

impl Prism {
    /// `None` when Prism or the document is not there.
    pub(crate) async fn start() -> Option<Self> {
        let prism = Judge::Prism.program()?;
        let document = document("openapi-2023-12-06.yaml")?;
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let process = Command::new(prism)
            .args(["mock", "--errors", "-h", "127.0.0.1", "-p", &port.to_string()])
            .arg(document)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let prism = Self {
            process,
            address: format!("127.0.0.1:{port}"),
        };
        wait_until("Prism does not listen", || {
            TcpStream::connect(&prism.address).is_ok()
        })
        .await;
        Some(prism)
    }
}

impl Drop for Prism {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        let _ended = self.process.kill();
        let _reaped = self.process.wait();
    }
}
