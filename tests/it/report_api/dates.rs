//! One ledger date: its pages, when it is open, and what a 404 means.

use bilag::provider::Topic;
use bilag::report_api::client::{Client, FetchedDate};
use bilag::report_api::error::{ApiError, ErrorKind};
use bilag::report_api::options::ClientOptions;

use super::server::{Answer, EMPTY, LAST, OPEN, Server, ledger, page};
use crate::harness::dates::date;

const DATE: &str = "2026-03-23";

async fn ask(server: &Server) -> Result<FetchedDate, ApiError> {
    server
        .client()
        .date(&ledger("302321"), Topic::Funds, date(DATE))
        .await
}

fn closed(bodies: &[&str], entries: usize) -> FetchedDate {
    let bodies = bodies.iter().map(|body| body.as_bytes().to_vec()).collect();
    FetchedDate::Closed { bodies, entries }
}

#[tokio::test]
async fn pages_are_kept_byte_for_byte_and_in_order() {
    let first = page(DATE, 0, &[100, 200], "\n \"hasMore\" : true, \"cursor\":\"Mw==\"");
    let last = page(DATE, 300, &[400], LAST);
    let (one, two) = (first.clone(), last.clone());
    let server = Server::with_token(move |request, _| match request.query() {
        "" => Answer::json(&one),
        "cursor=Mw%3D%3D" => Answer::gzip(&two),
        _ => Answer::status(400),
    })
    .await;
    assert_eq!(ask(&server).await.unwrap(), closed(&[&first, &last], 3));
    assert_eq!(
        server.asked()[1].path(),
        "/report/v2/ledgers/302321/funds/dates/2026-03-23"
    );
}

#[tokio::test]
async fn empty_pages_are_normal_in_the_middle_and_at_the_end() {
    let first = page(DATE, 0, &[100], r#""hasMore":true,"cursor":"a""#);
    let bodies = [
        first,
        page(DATE, 0, &[], r#""hasMore":true,"cursor":"b""#),
        page(DATE, 100, &[5], r#""hasMore":true,"cursor":"c""#),
        EMPTY.to_owned(),
    ];
    let said = bodies.clone();
    let server = Server::with_token(move |_, before| Answer::json(&said[before])).await;
    assert_eq!(
        ask(&server).await.unwrap(),
        closed(&bodies.each_ref().map(String::as_str), 2)
    );
}

#[tokio::test]
async fn a_page_that_comes_twice_is_refused_also_when_its_balances_return_to_where_they_began() {
    let first = page(DATE, 0, &[100, -100], r#""hasMore":true,"cursor":"a""#);
    let again = page(DATE, 0, &[100, -100], LAST);
    let server =
        Server::with_token(move |_, before| Answer::json(if before == 0 { &first } else { &again })).await;
    let error = ask(&server).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    assert_eq!(
        error.to_string(),
        "ledger `302321`, funds, 2026-03-23, page 2: the cursor led to a page that came already"
    );
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test]
async fn without_has_more_the_cursor_tells() {
    let bodies = [
        page(DATE, 0, &[100], r#""cursor":"a""#),
        page(DATE, 100, &[5], r#""cursor":"""#),
    ];
    let said = bodies.clone();
    let server = Server::with_token(move |_, before| Answer::json(&said[before])).await;
    assert_eq!(
        ask(&server).await.unwrap(),
        closed(&bodies.each_ref().map(String::as_str), 2)
    );
}

#[tokio::test]
async fn a_closed_date_without_entries_is_closed() {
    let server = Server::with_token(|_, _| Answer::json(EMPTY)).await;
    assert_eq!(ask(&server).await.unwrap(), closed(&[EMPTY], 0));
}

#[tokio::test]
async fn try_later_on_any_page_means_open() {
    let with_entries = page(DATE, 0, &[100], r#""hasMore":true,"cursor":"a","tryLater":true"#);
    for bodies in [
        vec![OPEN.to_owned()],
        vec![with_entries],
        vec![
            page(DATE, 0, &[1], r#""hasMore":true,"cursor":"a""#),
            OPEN.to_owned(),
        ],
    ] {
        let count = bodies.len();
        let server = Server::with_token(move |_, before| Answer::json(&bodies[before])).await;
        assert_eq!(ask(&server).await.unwrap(), FetchedDate::Open);
        assert_eq!(server.asked().len(), count + 1);
    }
}

#[tokio::test]
async fn a_404_is_no_access_whatever_the_date() {
    let server = Server::with_token(|_, _| Answer::new(404, "", "No such ledgerId")).await;
    for today in ["2026-03-22", "2026-03-23", "2026-03-24", "2026-03-31"] {
        let client = Client::new(ClientOptions {
            today: date(today),
            ..server.options()
        })
        .unwrap();
        let error = client
            .date(&ledger("302321"), Topic::Fees, date(DATE))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotOurs, "{today}");
        assert_eq!(
            error.to_string(),
            "ledger `302321`, fees, 2026-03-23: the provider answers 404"
        );
        assert!(error.hint().unwrap().contains("granted access"));
    }
}

#[tokio::test]
async fn personal_data_is_asked_for_on_every_page_or_on_none() {
    let said = [
        page(DATE, 0, &[1], r#""hasMore":true,"cursor":"a""#),
        EMPTY.to_owned(),
    ];
    let server = Server::with_token(move |_, before| Answer::json(&said[before % 2])).await;
    for (include_gdpr, queries) in [
        (
            true,
            [
                "includeGDPRSensitiveData=true",
                "includeGDPRSensitiveData=true&cursor=a",
            ],
        ),
        (false, ["", "cursor=a"]),
    ] {
        server.forget();
        let client = Client::new(ClientOptions {
            include_gdpr,
            ..server.options()
        })
        .unwrap();
        client
            .date(&ledger("302321"), Topic::Funds, date(DATE))
            .await
            .unwrap();
        let asked = server.asked();
        assert_eq!([asked[1].query(), asked[2].query()], queries);
    }
}

#[tokio::test]
async fn cursors_that_lead_nowhere_are_an_error_at_once() {
    for (more, requests, problem) in [
        (r#""hasMore":true"#, 1, "there is no cursor"),
        (r#""hasMore":true,"cursor":null"#, 1, "there is no cursor"),
        (r#""hasMore":true,"cursor":"same""#, 2, "earlier page"),
    ] {
        let server = Server::with_token(move |_, _| Answer::json(&page(DATE, 0, &[], more))).await;
        let error = ask(&server).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol);
        assert!(error.to_string().contains(problem), "{error}");
        assert_eq!(server.asked().len(), requests + 1);
    }
}
