//! Each fault looks to a client as it would in earnest.

use std::io::ErrorKind;
use std::num::NonZeroUsize;

use crate::sandbox::fault::FaultRule;
use crate::sandbox::options::SandboxOptions;
use crate::sandbox::server::Sandbox;
use crate::sandbox::tests::client::{Answer, LEDGERS, all_pages, bearer, date_path, demo, send, with_cursor};

async fn faulty(rule: &str) -> Sandbox {
    demo(SandboxOptions {
        faults: vec![FaultRule::parse(rule).unwrap()],
        page_size: NonZeroUsize::new(4).unwrap(),
        ..SandboxOptions::default()
    })
    .await
}

async fn ask(rule: &str) -> std::io::Result<Answer> {
    let sandbox = faulty(rule).await;
    let bearer = bearer(&sandbox).await;
    send(&sandbox, "GET", &date_path("funds", "2026-10-01"), &[&bearer], "").await
}

#[tokio::test]
async fn status_faults_have_the_provider_s_bodies() {
    let answer = ask("dates:429:retry-after=7").await.unwrap();
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("7")));
    let answer = ask("dates:429").await.unwrap();
    assert_eq!((answer.status, answer.header("retry-after")), (429, None));
    let answer = ask("dates:500").await.unwrap();
    assert_eq!(
        (answer.status, answer.json()["errorCode"].as_u64()),
        (500, Some(10001))
    );
    assert!(answer.json()["contextId"].is_string());
    let answer = ask("dates:502").await.unwrap();
    assert!(answer.status == 502 && answer.text().starts_with("<html>"));
    assert_eq!(ask("dates:503").await.unwrap().status, 503);
    assert_eq!(ask("dates:423").await.unwrap().status, 423);
}

#[tokio::test]
async fn a_good_status_can_carry_a_bad_body() {
    let answer = ask("dates:html").await.unwrap();
    assert!(answer.status == 200 && answer.is_whole() && answer.text().starts_with("<html>"));
    let answer = ask("dates:wrong-json").await.unwrap();
    assert!(answer.status == 200 && answer.is_whole());
    assert!(serde_json::from_slice::<serde_json::Value>(&answer.body).is_err());
}

#[tokio::test]
async fn connections_break_before_and_within_the_body() {
    let answer = ask("dates:cut").await.unwrap();
    assert!(answer.status == 200 && !answer.is_whole() && !answer.body.is_empty());
    let error = ask("dates:reset").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    let error = ask("dates:hang:20").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    let answer = ask("dates:slow:20").await.unwrap();
    assert!(answer.status == 200 && answer.is_whole());
}

#[tokio::test]
async fn a_good_token_is_refused_once() {
    let sandbox = faulty("any:expired").await;
    let path = date_path("funds", "2026-10-01");
    assert_eq!(
        send(&sandbox, "POST", "/miami/v1/token", &[], "")
            .await
            .unwrap()
            .status,
        401
    );
    let sandbox = faulty("dates:expired").await;
    let bearer = bearer(&sandbox).await;
    let statuses = [
        send(&sandbox, "GET", &path, &[&bearer], "").await.unwrap().status,
        send(&sandbox, "GET", &path, &[&bearer], "").await.unwrap().status,
    ];
    assert_eq!(statuses, [401, 200]);
}

#[tokio::test]
async fn a_cursor_can_lead_to_its_own_page() {
    let sandbox = faulty("dates:repeat-cursor").await;
    let bearer = bearer(&sandbox).await;
    let path = date_path("funds", "2026-10-01");
    let first = send(&sandbox, "GET", &path, &[&bearer], "").await.unwrap().json();
    let cursor = first["cursor"].as_str().unwrap();
    let second = send(&sandbox, "GET", &with_cursor(&path, cursor), &[&bearer], "")
        .await
        .unwrap()
        .json();
    assert_eq!(first, second);
    assert_eq!(first["hasMore"], serde_json::Value::Bool(true));
}

#[tokio::test]
async fn an_empty_page_hides_no_entries() {
    let path = date_path("funds", "2026-10-01");
    let (whole, pages) = all_pages(&faulty("feed:empty-page").await, &path).await;
    let (items, with_empty) = all_pages(&faulty("dates:empty-page").await, &path).await;
    assert_eq!((items, with_empty), (whole, pages * 2));
    let (ledgers, pages) = all_pages(&faulty("ledgers:empty-page").await, LEDGERS).await;
    assert_eq!((ledgers.len(), pages), (1, 2));
}

#[tokio::test]
async fn a_rule_strikes_only_the_requests_that_it_names() {
    let sandbox = faulty("dates:every=2:503").await;
    let bearer = bearer(&sandbox).await;
    let mut statuses = Vec::new();
    for path in [LEDGERS, "d1", "d2", LEDGERS, "d3", "d4"] {
        let date = date_path("funds", &path.replace('d', "2026-10-0"));
        let path = if path == LEDGERS { LEDGERS } else { &date };
        statuses.push(send(&sandbox, "GET", path, &[&bearer], "").await.unwrap().status);
    }
    assert_eq!(statuses, [200, 200, 503, 200, 200, 503]);
}
