//! The list of ledgers: paging, the filter, and what is no list.

use bilag::report_api::error::ErrorKind;

use super::server::{Answer, Server};

#[tokio::test]
async fn all_pages_are_listed_and_items_kept_as_they_came() {
    let item = r#"{ "ledgerId":"302321",  "currency":"NOK", "salesUnits":[{"name":"Kafé \u00e6"}] }"#;
    let first = format!(r#"{{"items":[{item}],"cursor":"a+b/c=="}}"#);
    let server = Server::with_token(move |request, _| match request.query() {
        "" => Answer::json(&first),
        "cursor=a%2Bb%2Fc%3D%3D" => {
            Answer::gzip(r#"{"items":[{"ledgerId":"302321"},{"ledgerId":"7"}],"cursor":"end"}"#)
        }
        _ => Answer::json(r#"{"items":[],"cursor":null}"#),
    })
    .await;
    let ledgers = server.client().ledgers(None).await.unwrap();
    let ids: Vec<&str> = ledgers
        .iter()
        .map(|ledger| ledger.info.ledger_id.as_str())
        .collect();
    assert_eq!(ids, ["302321", "7"]);
    assert_eq!(ledgers[0].item, item);
    assert_eq!(server.asked().len(), 4);
}

#[tokio::test]
async fn ledgers_can_be_asked_for_by_handle() {
    let server = Server::with_token(|_, _| Answer::json(r#"{"items":[],"cursor":""}"#)).await;
    assert!(
        server
            .client()
            .ledgers(Some("api:123455"))
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        server.asked()[1].query(),
        "settlesForRecipientHandles=api%3A123455"
    );
}

#[tokio::test]
async fn a_list_that_goes_in_circles_is_an_error() {
    let server = Server::with_token(|_, _| Answer::json(r#"{"items":[],"cursor":"x"}"#)).await;
    let error = server.client().ledgers(None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test]
async fn what_is_no_list_of_ledgers_is_refused() {
    for body in [
        r#"{"cursor":""}"#,
        r#"{"items":null}"#,
        r#"[{"ledgerId":"1"}]"#,
        r#"{"items":[{"id":"1"}]}"#,
        r#"{"items":[{"ledgerId":""}]}"#,
        r#"{"items":[{"ledgerId":"../1"}]}"#,
        r#"{"items":[{"ledgerId":"a/b"}]}"#,
    ] {
        let server = Server::with_token(move |_, _| Answer::json(body)).await;
        let error = server.client().ledgers(None).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol, "{body}");
        assert!(error.hint().is_some());
    }
}
