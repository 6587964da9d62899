//! The client against a mock of the published API, which somebody else's program made from its
//! OpenAPI document and which refuses requests that are not as documented.

use std::io::{Read, Write};
use std::net::TcpStream;

use bilag::provider::Topic;
use bilag::report_api::client::FetchedDate;
use bilag::report_api::error::ErrorKind;

use super::server::{Answer, Request, Server};
use crate::harness::dates::date;
use crate::openapi::Prism;

/// Asks the mock what the client asked, headers included; gives the status and the body.
fn ask(address: &str, request: &Request) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    let mut head = format!("{} {} HTTP/1.1\r\n", request.method, request.target);
    for (name, value) in &request.headers {
        if !["connection", "accept-encoding"].contains(&name.as_str()) {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    head.push_str("connection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, body.to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn judge_openapi_requests() {
    let Some(prism) = Prism::start().await else {
        return;
    };
    // The mock has no token endpoint: the document has none.
    let address = prism.address.clone();
    let server = Server::with_token(move |request, _| {
        let (status, body) = ask(&address, request);
        Answer::new(status, "content-type: application/json\r\n", &body)
    })
    .await;
    let client = server.client();

    // The documented example of a list names a cursor, and always the same one.
    let error = client.ledgers(None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol, "{error}");
    assert!(error.to_string().contains("page 2"), "{error}");

    // The documented example of an entry opens and closes at the same balance, in spite of its amount.
    let ledger = super::server::ledger("302321");
    let error = client
        .date(&ledger, Topic::Funds, date("2020-10-05"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DoesNotReconcile, "{error}");
    assert!(
        error
            .to_string()
            .contains("opens at 499.00 NOK and closes at 499.00 NOK, but its amount is 499.00 NOK"),
        "{error}"
    );

    // With a list that ends and a balance that holds, both examples are taken as they are.
    let address = prism.address.clone();
    let server = Server::with_token(move |request, _| {
        let (status, body) = ask(&address, request);
        assert_eq!(status, 200, "{request:?}: {body}");
        let mut body: serde_json::Value = serde_json::from_str(&body).unwrap();
        if request.path().ends_with("/ledgers") {
            body["cursor"] = "".into();
        } else {
            body["items"][0]["balanceAfter"] = 99_800.into();
        }
        Answer::json(&body.to_string())
    })
    .await;
    let client = server.client();
    let ledgers = client.ledgers(Some("api:123455")).await.unwrap();
    assert_eq!(ledgers[0].info.ledger_id, "302321");
    assert_eq!(ledgers[0].info.settles_for_recipient_handles, ["api:123455"]);
    for topic in Topic::ALL {
        let date = client.date(&ledgers[0], topic, date("2020-10-05")).await.unwrap();
        assert!(matches!(date, FetchedDate::Closed { entries: 1, .. }), "{date:?}");
    }
}
