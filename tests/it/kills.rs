//! A fetch that is ended from outside: what it leaves is whole, and the next run goes on from it.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bilag::sandbox::generate::Generator;
use bilag::sandbox::options::SandboxOptions;
use bilag::sandbox::random::Random;
use bilag::sandbox::server::Sandbox;

use crate::harness::dates::range;
use crate::harness::files::tree;
use crate::harness::program::{Ran, Workplace, assert_code, run_async};
use crate::harness::sandbox::{faults, plan, start, wait_until};

const FETCH: [&str; 5] = ["fetch", "--from", "2026-03-08", "--to", "2026-03-19"];
const KILLS: u64 = 100;
/// How often a fetch is killed before it may end.
const KILLS_IN_A_ROW: u64 = 10;
/// All kills together; what is left of them after it is not done.
const LIMIT: Duration = Duration::from_secs(50);

async fn slow_sandbox() -> Sandbox {
    let span = range("2026-03-01", "2026-03-31");
    let options = SandboxOptions {
        faults: faults(&["dates:share=60%:slow:8", "dates:share=20%:cut"]),
        page_size: NonZeroUsize::new(20).unwrap(),
        ..SandboxOptions::default()
    };
    start(Arc::new(Generator::new(vec![plan("302321", span, 25)])), options).await
}

async fn clean_archive(sandbox: &Sandbox) -> BTreeMap<String, Vec<u8>> {
    let place = Workplace::beside(&sandbox.base_url(), "");
    assert_code(&place.run_async(&FETCH).await, 0);
    let archive = tree(&place.path("archive"));
    assert!(archive.len() > 1 + 2 * 12, "{:?}", archive.keys());
    archive
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_fetch_leaves_whole_dates_and_the_next_one_completes_them() {
    let sandbox = slow_sandbox().await;
    let clean = clean_archive(&sandbox).await;
    let mut random = Random::new(&[9]);
    let started = Instant::now();
    let (mut kills, mut killed, mut halves) = (0, 0, 0);
    while kills < KILLS && started.elapsed() < LIMIT {
        let place = Workplace::beside(&sandbox.base_url(), "concurrency = 3");
        for _ in 0..KILLS_IN_A_ROW {
            let mut process = place.command(&FETCH).spawn().unwrap();
            tokio::time::sleep(Duration::from_millis(random.below(120))).await;
            process.kill().unwrap();
            let ended = tokio::task::spawn_blocking(move || process.wait_with_output().unwrap());
            killed += usize::from(ended.await.unwrap().status.code().is_none());
            kills += 1;
            let mut kept = tree(&place.path("archive"));
            let files = kept.len();
            // What was being written lies beside the dates, under a name that nobody reads.
            kept.retain(|name, _| !name.ends_with(".part"));
            halves += files - kept.len();
            for (name, bytes) in &kept {
                assert_eq!(clean.get(name), Some(bytes), "kill {kills} left {name}");
            }
        }
        assert_code(&place.run_async(&FETCH).await, 0);
        assert_eq!(tree(&place.path("archive")), clean, "after {kills} kills");
    }
    eprintln!("{kills} kills, {killed} in time, {halves} unfinished files");
    assert!(killed > 20, "{killed} of {kills}");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fetch_that_is_interrupted_says_so_and_keeps_what_it_has() {
    let sandbox = slow_sandbox().await;
    let clean = clean_archive(&sandbox).await;
    let before = sandbox.requests().len();
    let place = Workplace::beside(&sandbox.base_url(), "concurrency = 1");
    let process = place.command(&FETCH).spawn().unwrap();
    wait_until("the fetch does not ask", || {
        sandbox.requests().len() >= before + 12
    })
    .await;
    let mut interrupt = std::process::Command::new("kill");
    interrupt.args(["-INT", &process.id().to_string()]);
    assert_code(&run_async(interrupt).await, 0);
    let ended = tokio::task::spawn_blocking(move || process.wait_with_output().unwrap());
    let ended = tokio::time::timeout(Duration::from_secs(30), ended).await;
    let ended = Ran::new(ended.expect("an interrupted fetch ends").unwrap());
    assert_code(&ended, 130);
    let said = &ended.stderr;
    assert!(said.contains("cancelled; what was fetched is kept"), "{said}");
    let kept = tree(&place.path("archive"));
    assert!(kept.len() > 1 && kept.len() < clean.len(), "{:?}", kept.keys());
    for (name, bytes) in &kept {
        assert_eq!(clean.get(name), Some(bytes), "{name}");
    }
}
