//! The program against the sandbox: what it asks for, and the exit code that scripts rely on.

use std::sync::Arc;

use bilag::archive::Archive;
use bilag::sandbox::generate::Generator;
use bilag::sandbox::options::{Keys, SandboxOptions};
use bilag::sandbox::server::Sandbox;

use crate::harness::dates::{date, range};
use crate::harness::files::tree;
use crate::harness::ledger::{Ledger, capture};
use crate::harness::program::{Workplace, assert_code};
use crate::harness::sandbox::{faults, plan, start};

/// One ledger of which all of March is known, and its last dates open on demand.
async fn sandbox(options: SandboxOptions) -> Sandbox {
    let span = range("2026-03-01", "2026-03-31");
    start(Arc::new(Generator::new(vec![plan("302321", span, 4)])), options).await
}

fn dates<'a>(from: &'a str, to: &'a str) -> [&'a str; 5] {
    ["fetch", "--from", from, "--to", to]
}

/// What was asked for since `before`, tokens and lists too, in order of name.
fn asked(sandbox: &Sandbox, before: usize) -> Vec<String> {
    let requests = sandbox.requests();
    let mut paths: Vec<String> = requests[before..]
        .iter()
        .map(|request| request.path.replace("/report/v2/ledgers/302321/", ""))
        .collect();
    paths.sort();
    paths
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_run_asks_for_what_is_open_and_for_nothing_else() {
    let sandbox = sandbox(SandboxOptions {
        today: Some(date("2026-03-10")),
        ..SandboxOptions::default()
    })
    .await;
    let place = Workplace::beside(&sandbox.base_url(), "");
    let fetch = dates("2026-03-05", "2026-03-10");
    assert_code(&place.run_async(&fetch).await, 3);
    let (first, kept) = (sandbox.requests().len(), tree(&place.path("archive")));
    assert_code(&place.run_async(&fetch).await, 3);
    assert_eq!(
        asked(&sandbox, first),
        [
            "/miami/v1/token",
            "/settlement/v1/ledgers",
            "fees/dates/2026-03-10",
            "fees/dates/2026-03-11",
            "funds/dates/2026-03-10",
            "funds/dates/2026-03-11",
        ]
    );
    assert_eq!(tree(&place.path("archive")), kept);

    // When the last date of the range has closed, the date after it is all that is still open.
    sandbox.set_today(date("2026-03-11"));
    assert_code(&place.run_async(&fetch).await, 0);
    let third = sandbox.requests().len();
    assert_code(&place.run_async(&fetch).await, 0);
    assert_eq!(
        asked(&sandbox, third),
        [
            "/miami/v1/token",
            "/settlement/v1/ledgers",
            "fees/dates/2026-03-11",
            "funds/dates/2026-03-11",
        ]
    );

    // When that one has closed too, nothing is left to ask for, whatever the command.
    sandbox.set_today(date("2026-03-12"));
    assert_code(&place.run_async(&fetch).await, 0);
    let last = sandbox.requests().len();
    for command in [
        &["fetch"][..],
        &["check"],
        &["reconcile"],
        &["export", "--out", "books"],
    ] {
        let arguments = [command, &fetch[1..]].concat();
        assert_code(&place.run_async(&arguments).await, 0);
    }
    assert_eq!(
        asked(&sandbox, last),
        [["/miami/v1/token"; 4], ["/settlement/v1/ledgers"; 4]].concat()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn open_dates_are_3_unless_they_are_allowed() {
    let sandbox = sandbox(SandboxOptions {
        today: Some(date("2026-03-10")),
        ..SandboxOptions::default()
    })
    .await;
    let place = Workplace::beside(&sandbox.base_url(), "");
    let arguments = [
        "export",
        "--from",
        "2026-03-05",
        "--to",
        "2026-03-12",
        "--out",
        "books",
    ];
    assert_code(&place.run_async(&arguments).await, 3);
    assert!(!place.path("books").exists());
    assert_code(
        &place
            .run_async(&[&arguments[..], &["--allow-open"]].concat())
            .await,
        0,
    );
    assert!(
        place
            .path("books/302321/2026-03-05_2026-03-09/manifest.json")
            .is_file()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_archive_that_another_process_holds_is_11() {
    let sandbox = sandbox(SandboxOptions::default()).await;
    let place = Workplace::beside(&sandbox.base_url(), "");
    let lock = Archive::new(&place.path("archive")).lock().unwrap();
    let output = place.run_async(&dates("2026-03-05", "2026-03-06")).await;
    assert_code(&output, 11);
    let said = &output.stderr;
    assert!(
        said.contains(&format!("process {}", std::process::id())),
        "{said}"
    );
    assert!(tree(&place.path("archive")).is_empty());
    drop(lock);
    assert_code(&place.run_async(&dates("2026-03-05", "2026-03-06")).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_keys_are_10() {
    let keys = Keys::Only {
        client_id: "another".to_owned(),
        client_secret: "other".to_owned(),
        subscription_key: "others".to_owned(),
    };
    let sandbox = sandbox(SandboxOptions {
        keys,
        ..SandboxOptions::default()
    })
    .await;
    let place = Workplace::beside(&sandbox.base_url(), "");
    assert_code(&place.run_async(&dates("2026-03-05", "2026-03-06")).await, 10);
    assert_code(&place.run_async(&["ledgers"]).await, 10);
    assert_eq!(asked(&sandbox, 0), ["/miami/v1/token"; 2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_foreign_ledger_is_10_and_so_are_keys_that_reach_none() {
    let served = sandbox(SandboxOptions::default()).await;
    let place = Workplace::beside(&served.base_url(), "");
    let foreign = [&dates("2026-03-05", "2026-03-06")[..], &["--ledger", "999999"]].concat();
    assert_code(&place.run_async(&foreign).await, 10);
    let nothing = sandbox(SandboxOptions {
        no_access: true,
        ..SandboxOptions::default()
    })
    .await;
    let place = Workplace::beside(&nothing.base_url(), "");
    assert_code(&place.run_async(&dates("2026-03-05", "2026-03-06")).await, 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_stays_down_is_7() {
    for rule in [
        "any:503",
        "dates:500",
        "ledgers:reset",
        "dates:429:retry-after=3600",
    ] {
        let sandbox = sandbox(SandboxOptions {
            faults: faults(&[rule]),
            ..SandboxOptions::default()
        })
        .await;
        let place = Workplace::beside(&sandbox.base_url(), "retry_seconds = 1");
        let output = place.run_async(&dates("2026-03-05", "2026-03-06")).await;
        assert_code(&output, 7);
    }
    // Nobody listens there: the port was free a moment ago.
    let gone = sandbox(SandboxOptions::default()).await;
    let base_url = gone.base_url();
    gone.stop().await;
    let place = Workplace::beside(&base_url, "retry_seconds = 0");
    assert_code(&place.run_async(&dates("2026-03-05", "2026-03-06")).await, 7);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_without_encryption_is_for_this_machine_only() {
    let place = Workplace::beside("http://192.0.2.1:8080", "");
    assert_code(&place.run_async(&dates("2026-03-05", "2026-03-06")).await, 2);
}

#[test]
fn a_format_that_cannot_hold_a_month_answers_in_kilobytes() {
    let captures = (0..5_000).map(|number| capture(&format!("{number}"), 100 + number));
    let ledger = Ledger::new("77")
        .week_before("2026-02-09")
        .date("2026-02-09")
        .funds(captures);
    let settings = "[posting]\nmarket = \"NO\"\nvoucher_per = \"entry\"\n[accounts]\nfunds = \"123456789\"\n";
    let office = Workplace::of(&[&ledger]).config(settings);
    let run = office.run_on("export", "2026-02-09", "2026-02-09", &["--format", "gbat10"]);
    assert_code(&run, 8);
    assert!(run.stdout.len() < 64 << 10, "{} bytes", run.stdout.len());
    assert!(run.stderr.len() < 64 << 10, "{} bytes", run.stderr.len());
    let refused = run.findings("target-limit");
    assert!(refused[0]["count"].as_u64().unwrap() >= 5_000, "{refused:?}");
    assert!(
        refused[0]["message"].as_str().unwrap().contains(" more"),
        "{refused:?}"
    );
}
