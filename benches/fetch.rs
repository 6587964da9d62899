//! Fetches the baseline month, 23 600 funds entries, from a sandbox on this machine, and prints how
//! long it takes: healthy, and with every seventh request failing. `cargo bench --bench fetch`
#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use bilag::archive::Archive;
use bilag::chart::Market;
use bilag::date::{self, DateRange};
use bilag::provider::Topic;
use bilag::report_api::client::Client;
use bilag::report_api::credentials::Credentials;
use bilag::report_api::fetch::{FetchReport, WantedDates, fetch_dates};
use bilag::report_api::options::ClientOptions;
use bilag::sandbox::fault::FaultRule;
use bilag::sandbox::generate::Generator;
use bilag::sandbox::options::{CLIENT_ID, CLIENT_SECRET, SandboxOptions};
use bilag::sandbox::plan::Plan;
use bilag::sandbox::server::Sandbox;

/// What is fetched, what goes wrong meanwhile, and how long it may take.
const CASES: [(&str, &[Topic], &[&str], u64); 7] = [
    ("funds, healthy", &[Topic::Funds], &[], 500),
    ("both topics, healthy", &Topic::ALL, &[], 1000),
    (
        "funds, every 7th 429, Retry-After 1",
        &[Topic::Funds],
        &["dates:every=7:429:retry-after=1"],
        9000,
    ),
    (
        "funds, every 7th 429",
        &[Topic::Funds],
        &["dates:every=7:429"],
        5000,
    ),
    (
        "funds, every 7th 500",
        &[Topic::Funds],
        &["dates:every=7:500"],
        5000,
    ),
    (
        "funds, every 7th cut",
        &[Topic::Funds],
        &["dates:every=7:cut"],
        5000,
    ),
    (
        "funds, every 3rd 503",
        &[Topic::Funds],
        &["dates:every=3:503"],
        5000,
    ),
];
const ROUNDS: usize = 5;

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    println!(
        "{:<40} {:>8} {:>9} {:>9} {:>9} {:>7}",
        "fetch", "requests", "fastest", "middle", "slowest", "of goal"
    );
    for (name, topics, rules, goal_ms) in CASES {
        let mut times = Vec::new();
        let mut requests = 0;
        for _ in 0..ROUNDS {
            let (took, report) = runtime.block_on(month(topics, rules));
            let ledger = &report.ledgers[0];
            assert!(
                report.fatal.is_none() && ledger.error.is_none(),
                "{name}: {report:?}"
            );
            assert_eq!(ledger.fetched.len(), 31 * topics.len(), "{name}");
            requests = ledger.requests;
            times.push(took);
        }
        times.sort();
        let [fastest, middle, slowest] = [times[0], times[ROUNDS / 2], times[ROUNDS - 1]];
        let percent = middle.as_millis() * 100 / u128::from(goal_ms);
        println!(
            "{name:<40} {requests:>8} {:>7}ms {:>7}ms {:>7}ms {percent:>6}%",
            fastest.as_millis(),
            middle.as_millis(),
            slowest.as_millis()
        );
    }
}

/// Fetches the month with the client's own limits and waits.
async fn month(topics: &[Topic], rules: &[&str]) -> (Duration, FetchReport) {
    let month = DateRange::month("2026-03").expect("a month");
    let mut plan = Plan::new(Market::Norway, "302321", month).with_entries(2 * 23_600);
    plan.with_exceptions = false;
    let faults = rules.iter().map(|rule| FaultRule::parse(rule).expect("a rule"));
    let options = SandboxOptions {
        faults: faults.collect(),
        ..SandboxOptions::default()
    };
    let sandbox = Sandbox::start(Arc::new(Generator::new(vec![plan])), options)
        .await
        .expect("a free port");
    let credentials = Credentials::Accounting {
        client_id: CLIENT_ID.into(),
        client_secret: CLIENT_SECRET.into(),
    };
    let mut options = ClientOptions::new(credentials, date::days_after(month.to(), 2));
    options.base_url = sandbox.base_url();
    let client = Client::new(options).expect("good options");
    let ledger = client.ledgers(None).await.expect("a list").remove(0);
    let folder = tempfile::tempdir().expect("a folder");
    // The first answer makes the generator's balances, which are no part of the measure.
    let warm = client.date(&ledger, Topic::Funds, month.from()).await;
    warm.expect("a date");
    let wanted = topics.iter().map(|topic| WantedDates {
        ledger: ledger.clone(),
        topic: *topic,
        dates: month.dates().collect(),
    });
    let started = Instant::now();
    let report = fetch_dates(&client, &Archive::new(folder.path()), wanted.collect()).await;
    let took = started.elapsed();
    sandbox.stop().await;
    (took, report)
}
