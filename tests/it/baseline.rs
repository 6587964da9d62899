//! The baseline month: a ledger of 23 600 funds entries, through the client and exact.

use std::sync::Arc;

use bilag::archive::Archive;
use bilag::date::{self, DateRange};
use bilag::provider::Topic;
use bilag::report_api::client::Client;
use bilag::report_api::fetch::{FetchPlan, fetch};
use bilag::sandbox::generate::Generator;
use bilag::sandbox::options::SandboxOptions;
use bilag::sandbox::plan::Plan;

use crate::harness::files::{Files, scratch, tree};
use crate::harness::sandbox::{client_options, faults, plan, start};

/// A month with about 23 600 entries on the funds topic, 1000 at most on each date.
fn baseline() -> (Plan, DateRange) {
    let month = DateRange::month("2026-03").unwrap();
    let mut plan = plan("302321", month, 1).with_entries(2 * 23_600);
    plan.with_exceptions = false;
    (plan, month)
}

/// Fetches the month with one request in seven struck by `fault`; gives the archive's files and how
/// often the provider was asked for a funds date of the month.
async fn month(rules: &[String]) -> (Files, usize) {
    let (plan, month) = baseline();
    let options = SandboxOptions {
        faults: faults(rules),
        ..SandboxOptions::default()
    };
    let sandbox = start(Arc::new(Generator::new(vec![plan])), options).await;
    let client = Client::new(client_options(&sandbox, date::days_after(month.to(), 2))).unwrap();
    let ledgers = client.ledgers(None).await.unwrap();
    let folder = scratch();
    let plan = FetchPlan {
        ledgers,
        range: month,
    };
    let report = fetch(&client, &Archive::new(folder.path()), plan).await;
    assert!(
        report.fatal.is_none() && report.ledgers[0].error.is_none(),
        "{report:?}"
    );
    let asked = sandbox.requests();
    let funds = asked
        .iter()
        .filter(|request| request.path.contains("/funds/dates/2026-03-"));
    (tree(folder.path()), funds.count())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_baseline_month_is_exact_also_when_every_seventh_request_fails() {
    let (clean, requests) = month(&[]).await;
    let (_, range) = baseline();
    let mut funds = 0;
    for date in range.dates() {
        for topic in Topic::ALL {
            let bytes = &clean[&format!("302321/{topic}/{date}.json")];
            let bodies = bilag::ledger::body::parse(std::str::from_utf8(bytes).unwrap()).unwrap();
            assert!(!bodies.is_open && !bodies.has_more);
            funds += usize::from(topic == Topic::Funds) * bodies.entries.len();
        }
    }
    assert!((23_000..24_200).contains(&funds), "{funds} entries");
    assert!(requests <= 40, "{requests} requests");
    for fault in ["429", "429:retry-after=0", "500"] {
        let (archive, requests) = month(&[format!("dates:funds:every=7:{fault}")]).await;
        assert!(archive == clean, "{fault}");
        assert!(requests <= 48, "{requests} requests with {fault}");
    }
}
