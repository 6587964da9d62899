//! What is tried again, for how long, and what is not.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bilag::provider::Topic;
use bilag::report_api::client::{Client, FetchedDate};
use bilag::report_api::error::{ApiError, ErrorKind};
use bilag::report_api::options::ClientOptions;
use bilag::report_api::progress::Progress;
use bilag::report_api::retry::RetryPolicy;

use super::server::{Answer, EMPTY, LAST, Server, ledger, page};
use crate::harness::dates::date;

const DATE: &str = "2026-03-23";

async fn ask(client: &Client) -> Result<FetchedDate, ApiError> {
    client.date(&ledger("302321"), Topic::Funds, date(DATE)).await
}

/// Answers `first`, then a good page.
async fn once(first: Answer) -> Server {
    let good = page(DATE, 0, &[100], LAST);
    Server::with_token(move |_, before| {
        if before == 0 {
            first.clone()
        } else {
            Answer::json(&good)
        }
    })
    .await
}

#[tokio::test]
async fn what_is_temporary_is_tried_again() {
    let good = page(DATE, 0, &[100], LAST);
    let mut answers: Vec<Answer> = [408, 423, 429, 500, 502, 503, 504].map(Answer::status).to_vec();
    answers.push(Answer::new(
        502,
        "content-type: text/html\r\n",
        "<html>Bad gateway</html>",
    ));
    answers.push(Answer::new(429, "retry-after: 0\r\n", ""));
    answers.push(Answer::cut(&good));
    answers.push(Answer::json(""));
    answers.push(Answer::json(&good[..good.len() - 1]));
    answers.push(Answer::json(&format!("{good}{good}")));
    answers.push(Answer::json("<html>Maintenance</html>"));
    answers.push(Answer::json("[]"));
    answers.push(Answer::json("{}"));
    answers.push(Answer::json(r#"{"items":[{"amount":1}]}"#));
    answers.push(Answer::json(r#"{"items":[],"cursor":5}"#));
    answers.push(Answer::json(
        &good.replace(r#""balanceAfter":100"#, r#""balanceAfter":101"#),
    ));
    answers.push(Answer::json(&good.replace("2026-03-23", "2026-03-22")));
    for answer in answers {
        let server = once(answer.clone()).await;
        let Ok(FetchedDate::Closed { bodies, entries: 1 }) = ask(&server.client()).await else {
            panic!("{answer:?}")
        };
        assert_eq!(bodies, [good.as_bytes()]);
        assert_eq!(server.asked().len(), 3, "{answer:?}");
    }
}

#[tokio::test]
async fn what_lasts_is_not_tried_again() {
    for (status, kind) in [
        (204, ErrorKind::Protocol),
        (302, ErrorKind::Protocol),
        (400, ErrorKind::Protocol),
        (403, ErrorKind::NotOurs),
        (404, ErrorKind::NotOurs),
        (410, ErrorKind::Protocol),
        (422, ErrorKind::Protocol),
    ] {
        let headers = "location: http://127.0.0.1:9/\r\n";
        let body = if status == 204 {
            ""
        } else {
            r#"{"title":"T","detail":"D","contextId":"c-9","name":"Kari Nordmann"}"#
        };
        let server = once(Answer::new(status, headers, body)).await;
        let error = ask(&server.client()).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{status}");
        assert!(error.hint().is_some() && !error.to_string().contains("Kari"));
        if status != 204 {
            let message = format!(
                "ledger `302321`, funds, 2026-03-23: the provider answers {status}: T: D (context id `c-9`)"
            );
            assert_eq!(error.to_string(), message);
        }
        assert_eq!(server.asked().len(), 2, "{status}");
    }
}

#[tokio::test]
async fn what_stays_wrong_is_an_error_of_its_kind() {
    let broken = page(DATE, 0, &[100], LAST).replace(r#""balanceAfter":100"#, r#""balanceAfter":101"#);
    for (answer, kind) in [
        (Answer::status(503), ErrorKind::Temporary),
        (Answer::cut(EMPTY), ErrorKind::Temporary),
        (Answer::json("{"), ErrorKind::Temporary),
        (Answer::json("{}"), ErrorKind::Protocol),
        (Answer::json(&broken), ErrorKind::DoesNotReconcile),
        (
            Answer::json(&broken.replace("101", "0.5")),
            ErrorKind::DoesNotReconcile,
        ),
        (
            Answer::json(&page("2026-03-24", 0, &[1], LAST)),
            ErrorKind::DoesNotReconcile,
        ),
    ] {
        let server = Server::with_token(move |_, _| answer.clone()).await;
        let error = ask(&server.client()).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(
            error
                .to_string()
                .starts_with("ledger `302321`, funds, 2026-03-23"),
            "{error}"
        );
        assert!(!format!("{error} {error:?}").contains("Kari"), "{error:?}");
        assert_eq!(server.asked().len(), 5, "a token, a try and three more");
    }
}

#[tokio::test]
async fn a_page_that_does_not_follow_the_one_before_is_asked_for_again() {
    let first = page(DATE, 0, &[100], r#""hasMore":true,"cursor":"a""#);
    let (wrong, right) = (page(DATE, 99, &[5], LAST), page(DATE, 100, &[5], LAST));
    for heals in [true, false] {
        let (first, wrong, right) = (first.clone(), wrong.clone(), right.clone());
        let server = Server::with_token(move |_, before| match before {
            0 => Answer::json(&first),
            2 if heals => Answer::json(&right),
            _ => Answer::json(&wrong),
        })
        .await;
        match ask(&server.client()).await {
            Ok(FetchedDate::Closed { entries, .. }) => assert!(heals && entries == 2),
            Ok(FetchedDate::Open) => panic!("the date is closed"),
            Err(error) => {
                assert!(!heals);
                let message = "ledger `302321`, funds, 2026-03-23, page 2: entry 1 opens at 0.99 NOK, but the entry before it closed at 1.00 NOK";
                assert_eq!(error.to_string(), message);
            }
        }
    }
}

#[tokio::test]
async fn a_wait_that_the_provider_asks_for_replaces_our_own() {
    let server = once(Answer::new(429, "retry-after: 0\r\n", "")).await;
    let mut options = server.options();
    options.retry.first_delay = Duration::from_secs(3600);
    options.retry.total = Duration::from_secs(5);
    assert!(ask(&Client::new(options).unwrap()).await.is_ok());
}

#[tokio::test]
async fn a_wait_that_is_too_long_ends_the_tries() {
    let server = once(Answer::new(429, "retry-after: 3600\r\n", "")).await;
    let error = ask(&server.client()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Temporary);
    assert!(
        error.to_string().ends_with("answers 429 (asks to wait 3600 s)"),
        "{error}"
    );
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test]
async fn no_connection_and_no_answer_are_temporary() {
    let server = Server::with_token(|_, _| Answer::cut("")).await;
    let unbound = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let options = ClientOptions {
        base_url: format!("http://{unbound}"),
        ..server.options()
    };
    let error = ask(&Client::new(options).unwrap()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string().as_str()),
        (
            ErrorKind::Temporary,
            "access token: no connection to the provider"
        )
    );

    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let retry = RetryPolicy {
        retries: 1,
        ..server.options().retry
    };
    let base_url = format!("http://{}", silent.local_addr().unwrap());
    let options = ClientOptions {
        base_url,
        retry,
        request_timeout: Duration::from_millis(20),
        ..server.options()
    };
    let error = ask(&Client::new(options).unwrap()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string().as_str()),
        (ErrorKind::Temporary, "access token: no answer in time")
    );
}

#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl Progress for Heard {
    fn planned(&self, _steps: usize) {}
    fn step_done(&self, _entries: usize) {}
    fn retrying(&self, error: &ApiError, delay: Duration) {
        assert!(delay < Duration::from_secs(1));
        self.0.lock().unwrap().push(error.to_string());
    }
}

#[tokio::test]
async fn each_retry_is_told() {
    let server = once(Answer::status(500)).await;
    let heard = Arc::new(Heard::default());
    let client = Client::new(ClientOptions {
        progress: heard.clone(),
        ..server.options()
    })
    .unwrap();
    ask(&client).await.unwrap();
    assert_eq!(
        *heard.0.lock().unwrap(),
        ["ledger `302321`, funds, 2026-03-23: the provider answers 500"]
    );
}
