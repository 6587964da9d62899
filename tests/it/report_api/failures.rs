//! What one failing ledger, refused keys or an outage do to the fetch of many.

use std::collections::BTreeMap;

use bilag::report_api::error::ErrorKind;
use bilag::report_api::fetch::fetch;

use super::fetch::{archive, by_date, entry, plan, whole};
use super::server::{Answer, LAST, Server, page};

#[tokio::test]
async fn of_200_ledgers_3_may_fail_and_197_are_right() {
    let ids: Vec<String> = (1..=200).map(|number| (1000 + number).to_string()).collect();
    let server = by_date(|request, date| match request.date().unwrap().0.as_str() {
        "1007" => Answer::status(403),
        "1100" => Answer::status(500),
        "1200" => Answer::json(
            &page(&date.to_string(), 0, &[1], LAST).replace(r#""balanceAfter":1"#, r#""balanceAfter":2"#),
        ),
        _ => entry(date),
    })
    .await;
    let (_folder, archive) = archive();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let report = whole(fetch(&server.client(), &archive, plan(&ids, "2026-04-01", "2026-04-01")).await);
    let failed: BTreeMap<&str, ErrorKind> = report
        .ledgers
        .iter()
        .filter_map(|ledger| Some((ledger.ledger_id.as_str(), ledger.error.as_ref()?.kind())))
        .collect();
    let expected = [
        ("1007", ErrorKind::NotOurs),
        ("1100", ErrorKind::Temporary),
        ("1200", ErrorKind::DoesNotReconcile),
    ];
    assert_eq!(failed, BTreeMap::from(expected));
    for ledger in report.ledgers.iter().filter(|ledger| ledger.error.is_none()) {
        assert_eq!(ledger.fetched.len(), 6, "{}", ledger.ledger_id);
    }
    assert_eq!(server.tokens_asked(), 1);
}

#[tokio::test]
async fn refused_keys_stop_everything() {
    let server = Server::start(|_, _| Answer::new(401, "", r#"{"error":"invalid_client"}"#)).await;
    let (_folder, archive) = archive();
    let report = fetch(
        &server.client(),
        &archive,
        plan(&["1", "2", "3"], "2026-03-01", "2026-03-31"),
    )
    .await;
    assert_eq!(report.fatal.unwrap().kind(), ErrorKind::KeysRefused);
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn an_outage_stops_everything() {
    let server = Server::with_token(|_, _| Answer::status(503)).await;
    let ids: Vec<String> = (1..=100).map(|number| number.to_string()).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let (_folder, archive) = archive();
    let report = fetch(&server.client(), &archive, plan(&ids, "2026-03-01", "2026-03-31")).await;
    assert_eq!(report.fatal.unwrap().kind(), ErrorKind::Temporary);
    assert!(server.asked().len() < 400, "{}", server.asked().len());
}
