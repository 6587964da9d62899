//! Ledgers, dates and feed answer in the provider's shapes.

use std::num::NonZeroUsize;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::sandbox::options::{FeedEnd, OpenDates, SandboxOptions};
use crate::sandbox::server::Sandbox;
use crate::sandbox::tests::client::{LEDGERS, all_pages, bearer, date_path, demo, get, send, with_cursor};

fn size(entries: usize) -> NonZeroUsize {
    NonZeroUsize::new(entries).unwrap()
}

#[tokio::test]
async fn the_demo_ledger_is_listed_and_found_by_its_handle() {
    let sandbox = demo(SandboxOptions::default()).await;
    let page = get(&sandbox, LEDGERS).await.json();
    assert_eq!(page["items"][0]["ledgerId"].as_str(), Some("302321"));
    assert_eq!(
        page["items"][0]["salesUnits"][0]["name"].as_str(),
        Some("Fjellbua Kaffe")
    );
    assert_eq!(
        page["items"][0]["payoutBankAccount"]["id"].as_str(),
        Some("86011117947")
    );
    assert!(page.get("cursor").is_none());
    for (handle, count) in [("api%3A123455", 1), ("api:123455", 1), ("NO:123455", 0)] {
        let page = get(
            &sandbox,
            &format!("{LEDGERS}?settlesForRecipientHandles={handle}"),
        )
        .await
        .json();
        assert_eq!(page["items"].as_array().unwrap().len(), count, "{handle}");
    }
    let older = demo(SandboxOptions {
        sales_units: false,
        ..SandboxOptions::default()
    })
    .await;
    assert!(!get(&older, LEDGERS).await.text().contains("salesUnits"));
}

#[tokio::test]
async fn bodies_and_entries_have_the_documented_fields_in_the_usual_order() {
    let page_size = size(1);
    let sandbox = demo(SandboxOptions {
        page_size,
        ..SandboxOptions::default()
    })
    .await;
    let page = get(&sandbox, &date_path("funds", "2026-10-01")).await.text();
    let keys: Vec<&str> = page
        .split('"')
        .filter(|part| page.contains(&format!("\"{part}\":")))
        .collect();
    assert_eq!(keys[..4], ["cursor", "hasMore", "tryLater", "items"]);
    assert_eq!(
        keys[4..],
        [
            "pspReference",
            "time",
            "ledgerDate",
            "entryType",
            "reference",
            "currency",
            "amount",
            "recipientHandle",
            "balanceAfter",
            "balanceBefore"
        ]
    );
}

#[tokio::test]
async fn pages_of_any_size_hold_the_same_entries() {
    let path = date_path("funds", "2026-10-16");
    let (whole, pages) = all_pages(&demo(SandboxOptions::default()).await, &path).await;
    assert_eq!(pages, 1);
    for entries in 1..=5 {
        let sandbox = demo(SandboxOptions {
            page_size: size(entries),
            ..SandboxOptions::default()
        })
        .await;
        let (items, pages) = all_pages(&sandbox, &path).await;
        assert_eq!((items, pages), (whole.clone(), whole.len().div_ceil(entries)));
    }
    let options = SandboxOptions {
        page_size: size(5),
        empty_last_page: true,
        ..SandboxOptions::default()
    };
    let (items, pages) = all_pages(&demo(options).await, &path).await;
    assert_eq!((pages, items), (whole.len().div_ceil(5) + 1, whole));
}

#[tokio::test]
async fn closed_dates_without_entries_are_empty_and_later_dates_are_open() {
    let sandbox = demo(SandboxOptions::default()).await;
    for date in ["2026-09-24", "2026-09-30", "2026-10-04"] {
        let body = get(&sandbox, &date_path("fees", date)).await.text();
        assert_eq!(body, r#"{"hasMore":false,"tryLater":false,"items":[]}"#, "{date}");
    }
    for date in ["2026-11-02", "2027-01-01"] {
        let body = get(&sandbox, &date_path("funds", date)).await.text();
        assert_eq!(body, r#"{"items":[],"tryLater":true,"hasMore":false}"#, "{date}");
    }
    assert_eq!(
        get(&sandbox, &date_path("funds", "2026-11-01")).await.json()["tryLater"],
        Value::Bool(false)
    );
}

#[tokio::test]
async fn open_dates_can_show_entries_or_be_not_found() {
    let today = crate::date::parse("2026-10-16").ok();
    let open = |open_dates| SandboxOptions {
        today,
        open_dates,
        ..SandboxOptions::default()
    };
    let path = date_path("funds", "2026-10-16");
    let sandbox = demo(open(OpenDates::WithItems)).await;
    let answer = get(&sandbox, &path).await;
    assert_eq!(answer.json()["tryLater"], Value::Bool(true));
    assert!(!answer.json()["items"].as_array().unwrap().is_empty());
    assert!(
        !answer.text().contains("payout-scheduled"),
        "the payout is decided when the date ends"
    );
    let later = get(&sandbox, &date_path("funds", "2026-10-17")).await;
    assert!(later.json()["items"].as_array().unwrap().is_empty());
    let answer = get(&demo(open(OpenDates::NotFound)).await, &path).await;
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (404, Some("application/problem+json; charset=utf-8"))
    );
}

#[tokio::test]
async fn the_whole_month_can_be_open_and_closes_when_today_moves_on() {
    let today = crate::date::parse("2026-10-31").ok();
    let sandbox = demo(SandboxOptions {
        today,
        month_is_open: true,
        ..SandboxOptions::default()
    })
    .await;
    let path = date_path("funds", "2026-10-01");
    assert_eq!(get(&sandbox, &path).await.json()["tryLater"], Value::Bool(true));
    assert_eq!(
        get(&sandbox, &date_path("funds", "2026-09-30")).await.json()["tryLater"],
        Value::Bool(false)
    );
    sandbox.set_today(crate::date::parse("2026-11-01").unwrap());
    assert_eq!(get(&sandbox, &path).await.json()["tryLater"], Value::Bool(false));
}

#[tokio::test]
async fn what_is_asked_wrongly_is_refused() {
    let sandbox = demo(SandboxOptions::default()).await;
    for (path, status) in [
        ("/report/v2/ledgers/999/funds/dates/2026-10-01".to_owned(), 404),
        ("/report/v2/ledgers/999/funds/feed".to_owned(), 404),
        (date_path("payouts", "2026-10-01"), 400),
        (date_path("funds", "2026-10-1"), 400),
        (date_path("funds", "2026-31-12"), 400),
        (
            format!("{}?cursor=Mw%3D%3D", date_path("funds", "2026-10-01")),
            400,
        ),
        ("/report/v1/ledgertransactions?ledgerId=302321".to_owned(), 410),
        ("/nothing".to_owned(), 404),
    ] {
        assert_eq!(get(&sandbox, &path).await.status, status, "{path}");
    }
    let small = demo(SandboxOptions {
        page_size: size(1),
        ..SandboxOptions::default()
    })
    .await;
    let path = date_path("funds", "2026-10-01");
    let cursor = get(&small, &path).await.json()["cursor"]
        .as_str()
        .unwrap()
        .to_owned();
    let raw = get(&small, &format!("{path}?cursor={cursor}")).await;
    assert_eq!(raw.status, 400, "a cursor that was not percent-encoded");
}

#[tokio::test]
async fn answers_are_compressed_for_clients_that_take_gzip() {
    let sandbox = demo(SandboxOptions::default()).await;
    let (bearer, path) = (bearer(&sandbox).await, date_path("funds", "2026-10-01"));
    let plain = send(&sandbox, "GET", &path, &[&bearer], "").await.unwrap();
    let zipped = send(
        &sandbox,
        "GET",
        &path,
        &[&bearer, "Accept-Encoding: br, gzip"],
        "",
    )
    .await
    .unwrap();
    assert_eq!(
        (
            plain.header("content-encoding"),
            zipped.header("content-encoding")
        ),
        (None, Some("gzip"))
    );
    assert_eq!(plain.text(), zipped.unzipped());
    let refused = send(
        &sandbox,
        "GET",
        &path,
        &[&bearer, "Accept-Encoding: gzip;q=0"],
        "",
    )
    .await
    .unwrap();
    assert_eq!(refused.header("content-encoding"), None);
}

#[tokio::test]
async fn the_log_shows_requests_and_their_status() {
    let sandbox = demo(SandboxOptions::default()).await;
    get(&sandbox, &date_path("funds", "bad")).await;
    let seen: Vec<_> = sandbox
        .requests()
        .into_iter()
        .map(|record| (record.method, record.status))
        .collect();
    assert_eq!(
        seen,
        [("POST".to_owned(), Some(200)), ("GET".to_owned(), Some(400))]
    );
    let port = sandbox.port();
    sandbox.stop().await;
    assert!(tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err());
}

#[tokio::test]
async fn a_connection_serves_one_request_after_the_other() {
    let sandbox = demo(SandboxOptions::default()).await;
    let bearer = bearer(&sandbox).await;
    let second = format!("GET {LEDGERS} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{bearer}\r\n\r\n");
    let first = second.replace("Connection: close\r\n", "");
    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", sandbox.port()))
        .await
        .unwrap();
    stream
        .write_all(format!("{first}{second}").as_bytes())
        .await
        .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    assert_eq!(text.matches("HTTP/1.1 200").count(), 2, "{text}");
}

/// Reads the feed until it says to try later; gives the items and the cursor.
async fn read_feed(sandbox: &Sandbox, topic: &str, mut cursor: String) -> (Vec<Value>, String, usize) {
    let (mut items, mut pages) = (Vec::new(), 0);
    loop {
        let path = format!("/report/v2/ledgers/302321/{topic}/feed");
        let page = get(sandbox, &with_cursor(&path, &cursor)).await.json();
        assert!(page.get("hasMore").is_none());
        page["cursor"].as_str().unwrap().clone_into(&mut cursor);
        items.extend(page["items"].as_array().unwrap().iter().cloned());
        pages += 1;
        if page["tryLater"] == Value::Bool(true) {
            return (items, cursor, pages);
        }
    }
}

#[tokio::test]
async fn the_feed_holds_every_entry_and_then_stands_still() {
    let sandbox = demo(SandboxOptions {
        page_size: size(100),
        ..SandboxOptions::default()
    })
    .await;
    let mut by_date = Vec::new();
    for date in crate::date::DateRange::month("2026-10").unwrap().dates() {
        by_date.extend(
            all_pages(&sandbox, &date_path("funds", &date.to_string()))
                .await
                .0,
        );
    }
    by_date.extend(all_pages(&sandbox, &date_path("funds", "2026-11-01")).await.0);
    let (items, cursor, _) = read_feed(&sandbox, "funds", String::new()).await;
    assert_eq!(items, by_date);
    let (again, same, pages) = read_feed(&sandbox, "funds", cursor.clone()).await;
    assert_eq!((again.len(), same, pages), (0, cursor, 1));
}

#[tokio::test]
async fn the_feed_grows_and_fees_may_lag_behind() {
    let today = crate::date::parse("2026-10-16").ok();
    let options = SandboxOptions {
        today,
        feed_fees_lag: 2,
        feed_end: FeedEnd::WithItems,
        ..SandboxOptions::default()
    };
    let sandbox = demo(options).await;
    let (first, cursor, pages) = read_feed(&sandbox, "funds", String::new()).await;
    assert_eq!(
        (pages, first.last().unwrap()["ledgerDate"].as_str()),
        (1, Some("2026-10-16"))
    );
    assert_eq!(
        first.last().unwrap()["entryType"].as_str(),
        Some("payout-aborted")
    );
    let (fees, _, _) = read_feed(&sandbox, "fees", String::new()).await;
    assert_eq!(fees.last().unwrap()["ledgerDate"].as_str(), Some("2026-10-14"));
    sandbox.set_today(crate::date::parse("2026-10-17").unwrap());
    let (more, _, _) = read_feed(&sandbox, "funds", cursor).await;
    assert_eq!(more[0]["entryType"].as_str(), Some("fees-retained"));
    assert_eq!(more[0]["balanceBefore"], first.last().unwrap()["balanceAfter"]);
}
