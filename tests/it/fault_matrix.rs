//! Every fault on every endpoint, alone and together: what a run keeps is exact, or its exit code
//! says that it is not all there. Nothing is lost in silence, and nothing hangs.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bilag::archive::Archive;
use bilag::chart::Market;
use bilag::cli::failure::Failure;
use bilag::date::{self, DateRange};
use bilag::report_api::client::Client;
use bilag::report_api::error::ApiError;
use bilag::report_api::fetch::{FetchPlan, fetch};
use bilag::sandbox::engine::{Frequency, Settlement};
use bilag::sandbox::generate::Generator;
use bilag::sandbox::options::SandboxOptions;
use bilag::sandbox::plan::Plan;
use bilag::sandbox::random::Random;
use tokio::task::JoinSet;

use crate::harness::dates::range;
use crate::harness::files::{Files, repository, scratch, tree};
use crate::harness::library;
use crate::harness::sandbox::{client_options, faults, plan, start};
use crate::harness::snapshot::assert_plain_file;

/// No run may take longer: each is a few dozen requests.
const LIMIT: Duration = Duration::from_secs(120);
/// What a client of these tests waits for an answer, where a fault holds it back for ever.
const IMPATIENT: Duration = Duration::from_millis(300);
const RANDOM_RUNS: u64 = 240;
/// Runs side by side.
const WIDTH: usize = 4;

const FAULTS: [&str; 18] = [
    "429",
    "429:retry-after=0",
    "429:retry-after=3600",
    "503",
    "503:retry-after=0",
    "500",
    "502",
    "423",
    "cut",
    "reset",
    "slow:5",
    "hang:20",
    "hang:600000",
    "expired",
    "repeat-cursor",
    "empty-page",
    "wrong-json",
    "html",
];
const ENDPOINTS: [(&str, &str); 4] = [
    ("token", "token"),
    ("ledgers", "ledgers"),
    ("dates:funds", "funds dates"),
    ("dates:fees", "fees dates"),
];

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    /// Everything is there, and as it should be.
    Recovered,
    /// The exit code.
    Refused(u8),
}

/// One run: what goes wrong, and how the client is set.
#[derive(Debug, Clone)]
struct Case {
    rules: Vec<String>,
    seed: u64,
    concurrency: usize,
}

/// Two ledgers of which a part is fetched, and what a run without faults makes of them.
struct Bench {
    source: Arc<Generator>,
    range: DateRange,
    archive: Files,
    export: Files,
}

impl Bench {
    async fn new() -> Self {
        let span = range("2026-03-01", "2026-03-14");
        let mut danish = Plan {
            seed: 7,
            payments_per_date: 5,
            ..Plan::new(Market::Denmark, "460017", span)
        };
        (danish.terms.settlement, danish.terms.frequency) = (Settlement::Gross, Frequency::Weekly);
        let mut bench = Self {
            source: Arc::new(Generator::new(vec![plan("302321", span, 6), danish])),
            range: range("2026-03-10", "2026-03-12"),
            archive: BTreeMap::new(),
            export: BTreeMap::new(),
        };
        let folder = scratch();
        let clean = Case {
            rules: Vec::new(),
            seed: 0,
            concurrency: 1,
        };
        assert_eq!(bench.fetch(&clean, folder.path()).await, Ok(()));
        bench.archive = tree(folder.path());
        bench.export = bench.export(folder.path());
        // Two items, and of both ledgers and topics the range, a date before it and one after it.
        assert!(bench.archive.len() >= 2 + 2 * 2 * 5, "{:?}", bench.archive.keys());
        assert_eq!(bench.export.len(), 4, "{:?}", bench.export.keys());
        bench
    }

    /// Fetches into `folder`; the error is the worst exit code.
    async fn fetch(&self, case: &Case, folder: &Path) -> Result<(), u8> {
        let sandbox = start(
            Arc::clone(&self.source) as _,
            SandboxOptions {
                faults: faults(&case.rules),
                seed: case.seed,
                page_size: NonZeroUsize::new(8).unwrap(),
                ledger_page_size: NonZeroUsize::MIN,
                ..SandboxOptions::default()
            },
        )
        .await;
        let mut options = client_options(&sandbox, date::days_after(self.range.to(), 3));
        options.concurrency = case.concurrency;
        if case.rules.iter().any(|rule| rule.contains("hang:600000")) {
            options.request_timeout = IMPATIENT;
            options.retry.retries = 2;
        }
        let exit = |error: ApiError| Failure::from(error).exit();
        let work = async {
            let client = Client::new(options).map_err(exit)?;
            let ledgers = client.ledgers(None).await.map_err(exit)?;
            let plan = FetchPlan {
                ledgers,
                range: self.range,
            };
            let report = fetch(&client, &Archive::new(folder), plan).await;
            let errors = report.ledgers.into_iter().filter_map(|ledger| ledger.error);
            let exits = report.fatal.into_iter().chain(errors).map(exit);
            exits.reduce(|a, b| a.worse(b)).map_or(Ok(()), Err)
        };
        let ended = tokio::time::timeout(LIMIT, work).await;
        let result = ended.unwrap_or_else(|_| panic!("{case:?} hangs"));
        sandbox.stop().await;
        result.map_err(|exit| exit.code())
    }

    /// The exported documents of the archive in `folder`.
    fn export(&self, folder: &Path) -> Files {
        let out = scratch();
        let formats = ["journal-csv", "entries-csv"];
        for ledger_id in ["302321", "460017"] {
            let run = library::export(folder, ledger_id, "", self.range, &formats, out.path());
            assert!(run.error.is_none() && !run.has_failed(), "{:?}", run.error);
        }
        let mut files = tree(out.path());
        // The manifest names the pages that the entries came on, and these may be cut otherwise.
        files.retain(|name, _| !name.ends_with("manifest.json"));
        files
    }

    /// Whether `kept` are files of a clean run, and all of them if `is_all`.
    fn compare(&self, case: &Case, kept: &Files, is_all: bool) {
        // A date without entries can be told on two empty pages as well as on one.
        let adds_pages = case
            .rules
            .iter()
            .any(|rule| rule.contains("empty-page") || rule.contains("repeat-cursor"));
        for (name, bytes) in kept {
            let clean = self
                .archive
                .get(name)
                .unwrap_or_else(|| panic!("{case:?} made {name}"));
            let is_equal = if adds_pages {
                items(bytes) == items(clean)
            } else {
                bytes == clean
            };
            assert!(is_equal, "{case:?} changed {name}");
        }
        assert!(
            !is_all || kept.len() == self.archive.len(),
            "{case:?} lost {:?}",
            self.archive
                .keys()
                .filter(|name| !kept.contains_key(*name))
                .collect::<Vec<_>>()
        );
    }

    /// Runs `case` and proves that its verdict is true.
    async fn judge(&self, case: &Case) -> Verdict {
        let folder = scratch();
        let result = self.fetch(case, folder.path()).await;
        writes_have_ended(folder.path()).await;
        self.compare(case, &tree(folder.path()), result.is_ok());
        if result.is_err() {
            // What was kept is good enough to go on from.
            let healthy = Case {
                rules: Vec::new(),
                ..case.clone()
            };
            assert_eq!(
                self.fetch(&healthy, folder.path()).await,
                Ok(()),
                "after {case:?}"
            );
            self.compare(case, &tree(folder.path()), true);
        }
        assert_eq!(self.export(folder.path()), self.export, "{case:?}");
        result.map_or_else(Verdict::Refused, |()| Verdict::Recovered)
    }
}

/// The texts of all items in the bodies of an archived date; of other files, the whole.
fn items(bytes: &[u8]) -> Vec<String> {
    let bodies = serde_json::Deserializer::from_slice(bytes).into_iter::<serde_json::Value>();
    let mut items = Vec::new();
    for body in bodies {
        let body = body.unwrap();
        match body["items"].as_array() {
            Some(entries) => items.extend(entries.iter().map(ToString::to_string)),
            None => items.push(body.to_string()),
        }
    }
    items
}

/// Judges all cases, some side by side, and gives the verdicts in their order.
async fn judge(cases: Vec<Case>) -> Vec<Verdict> {
    let bench = Arc::new(Bench::new().await);
    let mut verdicts: Vec<Option<Verdict>> = vec![None; cases.len()];
    let mut waiting = cases.into_iter().enumerate();
    let mut running = JoinSet::new();
    loop {
        while running.len() < WIDTH {
            let Some((place, case)) = waiting.next() else {
                break;
            };
            let bench = Arc::clone(&bench);
            running.spawn(async move { (place, bench.judge(&case).await) });
        }
        let Some(done) = running.join_next().await else {
            break;
        };
        let (place, verdict) = done.unwrap();
        verdicts[place] = Some(verdict);
    }
    verdicts.into_iter().map(Option::unwrap).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_fault_on_each_endpoint_ends_as_the_page_says() {
    let mut cases = Vec::new();
    for fault in FAULTS {
        for (endpoint, _) in ENDPOINTS {
            for often in ["first=1", "every=1"] {
                cases.push(Case {
                    rules: vec![format!("{endpoint}:{often}:{fault}")],
                    seed: 0,
                    // With one request at a time, the one that is struck is always the same.
                    concurrency: if often == "first=1" { 1 } else { 4 },
                });
            }
        }
    }
    let verdicts = judge(cases).await;
    let mut table = String::from("| fault |");
    for (_, name) in ENDPOINTS {
        write!(table, " {name} |").unwrap();
    }
    table.push_str("\n|---|---|---|---|---|\n");
    for (fault, row) in FAULTS.iter().zip(verdicts.chunks(2 * ENDPOINTS.len())) {
        write!(table, "| `{fault}` |").unwrap();
        for ((endpoint, _), cell) in ENDPOINTS.iter().zip(row.chunks(2)) {
            let has_no_pages = *endpoint == "token" && ["repeat-cursor", "empty-page"].contains(fault);
            let words = |verdict| match verdict {
                Verdict::Recovered => "recovered".to_owned(),
                Verdict::Refused(code) => format!("refused, {code}"),
            };
            let (once, always) = (words(cell[0]), words(cell[1]));
            let text = if has_no_pages {
                "no pages here".to_owned()
            } else if once == always {
                once
            } else {
                format!("{once}; always: {always}")
            };
            write!(table, " {text} |").unwrap();
        }
        table.push('\n');
    }
    compare_page(&table);
}

/// Compares the table of `docs/FAULTS.md` with `table`.
fn compare_page(table: &str) {
    const MARKS: [&str; 2] = ["<!-- table -->\n", "<!-- end of table -->\n"];
    let path = repository("docs/FAULTS.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let from = page.find(MARKS[0]).unwrap() + MARKS[0].len();
    let to = page.find(MARKS[1]).unwrap();
    assert_plain_file(&path, &format!("{}{table}{}", &page[..from], &page[to..]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn faults_together_lose_nothing_in_silence() {
    let verdicts = judge((0..RANDOM_RUNS).map(random_case).collect()).await;
    let mut counts: BTreeMap<Verdict, usize> = BTreeMap::new();
    for verdict in verdicts {
        *counts.entry(verdict).or_default() += 1;
    }
    eprintln!("{counts:?}");
    for verdict in counts.keys() {
        let is_told = matches!(verdict, Verdict::Recovered | Verdict::Refused(1 | 7 | 10));
        assert!(is_told, "{counts:?}");
    }
    assert!(counts[&Verdict::Recovered] > 50 && counts.len() > 1, "{counts:?}");
}

/// One to four rules that follow from the seed.
fn random_case(seed: u64) -> Case {
    let mut random = Random::new(&[26, seed]);
    let mut pick = |count: usize| usize::try_from(random.below(count as u64)).unwrap();
    let mut rules = Vec::new();
    for _ in 0..=pick(4) {
        let endpoint = ["any", "token", "ledgers", "dates", "dates:funds", "dates:fees"][pick(6)];
        let often = match pick(4) {
            0 => format!("first={}", 1 + pick(4)),
            1 => format!("share={}%", 5 + pick(50)),
            _ => format!("every={}", 2 + pick(6)),
        };
        // Half of the rules are temporary failures, of which most runs can recover.
        let fault = if pick(2) == 0 {
            FAULTS[[0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11][pick(11)]]
        } else {
            FAULTS[pick(FAULTS.len())]
        };
        rules.push(format!("{endpoint}:{often}:{fault}"));
    }
    Case {
        rules,
        seed,
        concurrency: 1 + pick(8),
    }
}

/// Waits until the last write of a fetch that ended early is done: the lock is held until then.
async fn writes_have_ended(archive: &Path) {
    let archive = Archive::new(archive);
    for _ in 0..2_000 {
        if archive.lock().is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("a write goes on and on");
}
