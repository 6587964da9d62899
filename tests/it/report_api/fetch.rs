//! The fetch: what it asks for, what it keeps, and what it leaves alone.

use std::io::Write;
use std::sync::Mutex;

use bilag::archive::{Archive, ArchiveError};
use bilag::date::DateRange;
use bilag::provider::Topic;
use bilag::report_api::client::Client;
use bilag::report_api::error::{ApiError, ErrorKind};
use bilag::report_api::fetch::{FetchPlan, FetchReport, WantedDates, fetch, fetch_dates};
use bilag::report_api::options::ClientOptions;
use chrono::{Datelike, NaiveDate};

use super::server::{Answer, EMPTY, LAST, OPEN, Request, Server, ledger, page};
use crate::harness::dates::date;

pub(super) fn plan(ids: &[&str], from: &str, to: &str) -> FetchPlan {
    let range = DateRange::new(date(from), date(to)).unwrap();
    FetchPlan {
        ledgers: ids.iter().map(|id| ledger(id)).collect(),
        range,
    }
}

/// A closed date with one entry.
pub(super) fn entry(date: NaiveDate) -> Answer {
    Answer::json(&page(&date.to_string(), 0, &[i64::from(date.day())], LAST))
}

pub(super) fn archive() -> (tempfile::TempDir, Archive) {
    let folder = crate::harness::files::scratch();
    let archive = Archive::new(folder.path());
    (folder, archive)
}

fn days(dates: &[(Topic, NaiveDate)]) -> Vec<String> {
    dates
        .iter()
        .map(|(topic, date)| format!("{topic} {date}"))
        .collect()
}

fn asked(server: &Server) -> Vec<String> {
    server
        .dates_asked()
        .into_iter()
        .map(|(_, topic, date)| format!("{topic} {date}"))
        .collect()
}

/// Answers by the date that is asked for.
pub(super) async fn by_date(
    script: impl Fn(&Request, NaiveDate) -> Answer + Send + Sync + 'static,
) -> Server {
    Server::with_token(move |request, _| {
        let (_, _, date) = request.date().unwrap();
        script(request, date)
    })
    .await
}

pub(super) fn whole(report: FetchReport) -> FetchReport {
    assert!(report.fatal.is_none(), "{:?}", report.fatal);
    report
}

#[tokio::test]
async fn a_range_is_fetched_with_the_dates_that_prove_it() {
    // Entries on the 28th and in the range; nothing on the 29th to the 31st.
    let server = by_date(|_, date| match date.day() {
        29..=31 => Answer::json(EMPTY),
        _ => entry(date),
    })
    .await;
    let (_folder, archive) = archive();
    let report = whole(
        fetch(
            &server.client(),
            &archive,
            plan(&["302321"], "2026-04-01", "2026-04-02"),
        )
        .await,
    );
    let dates = [
        "2026-03-28",
        "2026-03-29",
        "2026-03-30",
        "2026-03-31",
        "2026-04-01",
        "2026-04-02",
        "2026-04-03",
    ];
    let expected: Vec<String> = ["funds", "fees"]
        .iter()
        .flat_map(|topic| dates.map(|date| format!("{topic} {date}")))
        .collect();
    let [fetched] = &report.ledgers[..] else {
        panic!("one ledger")
    };
    assert_eq!(days(&fetched.fetched), expected);
    assert_eq!(asked(&server), expected);
    assert_eq!(
        (fetched.requests, fetched.entries, fetched.open.len()),
        (14, 8, 0)
    );
    let stored = archive
        .read("302321", Topic::Fees, date("2026-04-01"))
        .unwrap()
        .unwrap();
    assert_eq!(stored.text, format!("{}\n", page("2026-04-01", 0, &[1], LAST)));
    assert_eq!(
        archive.ledger_info("302321").unwrap().unwrap().ledger_id,
        "302321"
    );
}

#[tokio::test]
async fn the_walk_back_ends_after_seven_empty_dates() {
    let server = by_date(|_, _| Answer::json(EMPTY)).await;
    let (_folder, archive) = archive();
    whole(
        fetch(
            &server.client(),
            &archive,
            plan(&["1"], "2026-04-10", "2026-04-10"),
        )
        .await,
    );
    let asked = asked(&server);
    assert_eq!(asked.len(), 2 * (7 + 1 + 1));
    assert_eq!(asked[0], "funds 2026-04-03");
}

#[tokio::test]
async fn a_second_run_asks_for_open_dates_only() {
    // The 14th is open today; the 13th is closed.
    let server = by_date(|_, date| {
        if date.day() == 14 {
            Answer::json(OPEN)
        } else {
            entry(date)
        }
    })
    .await;
    let (_folder, archive) = archive();
    for run in 0..3 {
        server.forget();
        let plan = plan(&["1"], "2026-04-12", "2026-04-14");
        let report = whole(fetch(&server.client(), &archive, plan).await);
        assert_eq!(
            days(&report.ledgers[0].open),
            ["funds 2026-04-14", "fees 2026-04-14"]
        );
        if run > 0 {
            assert_eq!(asked(&server), ["funds 2026-04-14", "fees 2026-04-14"]);
            assert!(report.ledgers[0].fetched.is_empty());
        } else {
            assert_eq!(report.ledgers[0].fetched.len(), 8);
        }
    }
    assert!(
        archive
            .read("1", Topic::Funds, date("2026-04-14"))
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn dates_ahead_are_open_and_not_asked_for() {
    let server = by_date(|_, date| entry(date)).await;
    let (_folder, archive) = archive();
    let report = whole(
        fetch(
            &server.client(),
            &archive,
            plan(&["1"], "2026-04-15", "2026-04-17"),
        )
        .await,
    );
    assert_eq!(
        asked(&server),
        [
            "funds 2026-04-14",
            "funds 2026-04-15",
            "fees 2026-04-14",
            "fees 2026-04-15"
        ]
    );
    assert_eq!(report.ledgers[0].open.len(), 4);
}

#[tokio::test]
async fn a_next_date_that_is_open_is_no_problem() {
    let server = by_date(|_, date| {
        if date.day() == 3 {
            Answer::json(OPEN)
        } else {
            entry(date)
        }
    })
    .await;
    let (_folder, archive) = archive();
    let plan = plan(&["1"], "2026-04-02", "2026-04-02");
    let report = whole(fetch(&server.client(), &archive, plan).await);
    assert!(report.ledgers[0].error.is_none() && report.ledgers[0].open.is_empty());
    assert_eq!(report.ledgers[0].fetched.len(), 4);
}

#[tokio::test]
async fn a_404_is_a_ledger_that_is_not_ours_whichever_date_it_is_for() {
    // The date before the range, one of it, and the date after it.
    for missing in ["2026-04-01", "2026-04-02", "2026-04-03"] {
        let missing = date(missing);
        let server = by_date(move |_, date| {
            if date == missing {
                Answer::status(404)
            } else {
                entry(date)
            }
        })
        .await;
        let (_folder, archive) = archive();
        let plan = plan(&["1"], "2026-04-02", "2026-04-02");
        let report = whole(fetch(&server.client(), &archive, plan).await);
        let error = report.ledgers[0].error.as_ref().unwrap();
        assert_eq!(error.kind(), ErrorKind::NotOurs, "{missing}");
        assert!(error.to_string().contains(&missing.to_string()), "{error}");
    }
}

#[tokio::test]
async fn a_date_that_breaks_off_is_not_kept_and_comes_with_the_next_run() {
    let is_broken = std::sync::Arc::new(Mutex::new(true));
    let switch = is_broken.clone();
    let server = Server::with_token(move |request, _| {
        let (_, _, date) = request.date().unwrap();
        match (date.day(), request.query(), *switch.lock().unwrap()) {
            (2, "", _) => Answer::json(&page("2026-04-02", 0, &[2], r#""hasMore":true,"cursor":"a""#)),
            (2, _, true) => Answer::cut(EMPTY),
            (2, _, false) => Answer::json(EMPTY),
            _ => entry(date),
        }
    })
    .await;
    let (_folder, archive) = archive();
    let plan = plan(&["1"], "2026-04-01", "2026-04-03");
    let report = whole(fetch(&server.client(), &archive, plan.clone()).await);
    let error = report.ledgers[0].error.as_ref().unwrap();
    assert_eq!(error.kind(), ErrorKind::Temporary);
    assert!(error.to_string().contains("2026-04-02"), "{error}");
    assert!(
        archive
            .read("1", Topic::Funds, date("2026-04-02"))
            .unwrap()
            .is_none()
    );

    *is_broken.lock().unwrap() = false;
    let known: usize = Topic::ALL
        .iter()
        .map(|topic| archive.dates("1", *topic).unwrap().len())
        .sum();
    server.forget();
    let report = whole(fetch(&server.client(), &archive, plan).await);
    assert!(report.ledgers[0].error.is_none());
    assert_eq!(report.ledgers[0].fetched.len(), 10 - known);
}

#[tokio::test]
async fn another_runs_lock_is_respected() {
    let server = by_date(|_, date| entry(date)).await;
    let (_folder, archive) = archive();
    let lock = archive.lock().unwrap();
    let report = fetch(
        &server.client(),
        &archive,
        plan(&["1"], "2026-04-01", "2026-04-01"),
    )
    .await;
    let Some(ApiError::Archive(error)) = report.fatal else {
        panic!("locked")
    };
    assert!(matches!(*error, ArchiveError::Locked { .. }));
    assert!(server.asked().is_empty());
    drop(lock);
    whole(
        fetch(
            &server.client(),
            &archive,
            plan(&["1"], "2026-04-01", "2026-04-01"),
        )
        .await,
    );
}

#[tokio::test]
async fn a_fetch_may_be_dropped_and_taken_up_again() {
    let server = by_date(|_, date| entry(date)).await;
    let (_folder, archive) = archive();
    let plan = plan(&["1"], "2026-03-01", "2026-03-31");
    let client = server.client();
    tokio::select! {
        _ = fetch(&client, &archive, plan.clone()) => panic!("62 dates take longer than a few requests"),
        () = async { while server.asked().len() < 20 { tokio::task::yield_now().await } } => {}
    }
    // The lock ends with the last write, which may still be under way.
    while archive.lock().is_err() {
        tokio::task::yield_now().await;
    }
    let known: usize = Topic::ALL
        .iter()
        .map(|topic| archive.dates("1", *topic).unwrap().len())
        .sum();
    assert!(known < 66);
    let report = whole(fetch(&client, &archive, plan).await);
    assert_eq!(report.ledgers[0].fetched.len(), 66 - known);
}

#[tokio::test]
async fn at_most_the_agreed_number_of_requests_are_under_way() {
    for concurrency in [1, 3] {
        let server = by_date(|_, date| entry(date)).await;
        let (_folder, archive) = archive();
        let client = Client::new(ClientOptions {
            concurrency,
            ..server.options()
        })
        .unwrap();
        whole(fetch(&client, &archive, plan(&["1", "2"], "2026-03-01", "2026-03-31")).await);
        assert_eq!(server.peak(), concurrency);
    }
}

#[tokio::test]
async fn single_dates_can_be_fetched() {
    let server = by_date(|_, date| entry(date)).await;
    let (_folder, archive) = archive();
    let wanted = |topic, dates: &[&str]| WantedDates {
        ledger: ledger("1"),
        topic,
        dates: dates.iter().map(|text| date(text)).collect(),
    };
    let wanted = vec![
        wanted(Topic::Funds, &["2026-03-02", "2026-02-28"]),
        wanted(Topic::Fees, &["2026-02-28"]),
    ];
    let report = whole(fetch_dates(&server.client(), &archive, wanted).await);
    assert_eq!(report.ledgers.len(), 1);
    assert_eq!(
        days(&report.ledgers[0].fetched),
        ["funds 2026-02-28", "funds 2026-03-02", "fees 2026-02-28"]
    );
    assert_eq!(asked(&server).len(), 3);
}

#[tokio::test]
async fn files_that_somebody_saved_count_when_they_are_closed_and_whole() {
    let server = by_date(|_, date| entry(date)).await;
    let (folder, archive) = archive();
    let funds = folder.path().join("1/funds");
    std::fs::create_dir_all(&funds).unwrap();
    let more = page("2026-04-03", 0, &[3], r#""hasMore":true,"cursor":"a""#);
    for (date, text) in [
        ("2026-04-01", EMPTY),
        ("2026-04-02", OPEN),
        ("2026-04-03", &more),
        ("2026-04-04", "{"),
    ] {
        std::fs::write(funds.join(format!("{date}.json")), text).unwrap();
    }
    for (date, text) in [("2026-04-05", EMPTY), ("2026-04-06", OPEN)] {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(text.as_bytes()).unwrap();
        std::fs::write(funds.join(format!("{date}.json.gz")), packed.finish().unwrap()).unwrap();
    }
    let report = whole(
        fetch(
            &server.client(),
            &archive,
            plan(&["1"], "2026-04-01", "2026-04-06"),
        )
        .await,
    );
    let fetched = days(&report.ledgers[0].fetched);
    let funds: Vec<&str> = fetched
        .iter()
        .filter_map(|day| day.strip_prefix("funds "))
        .collect();
    assert_eq!(
        funds,
        [
            "2026-03-31",
            "2026-04-02",
            "2026-04-03",
            "2026-04-06",
            "2026-04-07"
        ]
    );
    // What was replaced keeps its name, so that no date is there twice.
    let topic = archive.topic("1", Topic::Funds).unwrap();
    for (date, suffix) in [
        ("2026-04-01", "json"),
        ("2026-04-03", "json"),
        ("2026-04-06", "json.gz"),
        ("2026-04-07", "json.zst"),
    ] {
        let files: Vec<&str> = topic
            .files(self::date(date))
            .iter()
            .map(|file| file.packing.suffix())
            .collect();
        assert_eq!(files, [suffix], "{date}");
    }
    let stored = archive
        .read("1", Topic::Funds, date("2026-04-06"))
        .unwrap()
        .unwrap();
    assert_eq!(stored.text, format!("{}\n", page("2026-04-06", 0, &[6], LAST)));
}

#[tokio::test]
async fn what_a_killed_run_left_half_written_is_removed_and_nothing_else() {
    let server = by_date(|_, date| entry(date)).await;
    let (folder, archive) = archive();
    let funds = folder.path().join("302321/funds");
    std::fs::create_dir_all(&funds).unwrap();
    std::fs::write(funds.join(".bilag-a1B2c3.part"), "half").unwrap();
    std::fs::write(funds.join(".bilag-notes"), "mine").unwrap();
    whole(
        fetch(
            &server.client(),
            &archive,
            plan(&["302321"], "2026-04-01", "2026-04-01"),
        )
        .await,
    );
    assert!(!funds.join(".bilag-a1B2c3.part").exists());
    assert!(funds.join(".bilag-notes").exists() && funds.join("2026-04-01.json.zst").exists());
}
