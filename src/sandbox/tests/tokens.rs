//! Both token flows demand what the provider demands, and tokens reach what they should.

use std::time::Duration;

use crate::sandbox::options::{Keys, NumberForm, SandboxOptions, TokenTerms, UnauthorizedForm};
use crate::sandbox::tests::client::{FORM, LEDGERS, basic, bearer, date_path, demo, get, send};

const MERCHANT: [&str; 3] = [
    "client_id: sandbox-client",
    "client_secret: sandbox-secret",
    "Ocp-Apim-Subscription-Key: sandbox-subscription",
];

#[tokio::test]
async fn the_merchant_flow_takes_keys_in_headers_and_writes_numbers_as_text() {
    let sandbox = demo(SandboxOptions {
        unix_time: Some(|| 1_790_000_000),
        ..SandboxOptions::default()
    })
    .await;
    let answer = send(&sandbox, "POST", "/accessToken/get", &MERCHANT, "")
        .await
        .unwrap();
    let token = answer.json();
    assert_eq!(
        (answer.status, token["expires_in"].as_str()),
        (200, Some("86400"))
    );
    assert_eq!(
        (token["token_type"].as_str(), token["expires_on"].as_str()),
        (Some("Bearer"), Some("1790086400"))
    );
    let wrong = ["client_id: x", MERCHANT[1], MERCHANT[2]];
    let answer = send(&sandbox, "POST", "/accesstoken/get", &wrong, "")
        .await
        .unwrap();
    assert_eq!(
        (answer.status, answer.json()["code"].as_str()),
        (401, Some("Unauthorized"))
    );
    let answer = send(&sandbox, "POST", "/accesstoken/get", &MERCHANT[..2], "")
        .await
        .unwrap();
    assert_eq!(
        (answer.status, answer.json()["statusCode"].as_u64()),
        (401, Some(401))
    );
    let answer = send(&sandbox, "POST", "/accesstoken/get", &MERCHANT[2..], "")
        .await
        .unwrap();
    assert_eq!(answer.status, 401);
    assert_eq!(
        send(&sandbox, "GET", "/accesstoken/get", &MERCHANT, "")
            .await
            .unwrap()
            .status,
        405
    );
}

#[tokio::test]
async fn the_accounting_flow_takes_basic_keys_and_a_form() {
    let sandbox = demo(SandboxOptions::default()).await;
    let keys = basic("sandbox-client", "sandbox-secret");
    let ask = async |headers: &[&str], form: &str| {
        let answer = send(&sandbox, "POST", "/miami/v1/token", headers, form)
            .await
            .unwrap();
        (answer.status, answer.json())
    };
    let (status, token) = ask(&[&keys, FORM], "grant_type=client_credentials&scope=x").await;
    assert_eq!(
        (status, token["expires_in"].as_u64(), token.get("expires_on")),
        (200, Some(900), None)
    );
    for (headers, form) in [
        (&[&keys[..], FORM][..], ""),
        (&[&keys, FORM], "grant_type=password"),
        (&[&keys], "grant_type=client_credentials"),
        (&[&keys, FORM, MERCHANT[2]], "grant_type=client_credentials"),
    ] {
        let (status, error) = ask(headers, form).await;
        assert_eq!(
            (status, error["error"].as_str()),
            (400, Some("invalid_client")),
            "{headers:?} {form}"
        );
    }
    let wrong = basic("sandbox-client", "x");
    assert_eq!(ask(&[&wrong, FORM], "grant_type=client_credentials").await.0, 401);
    assert_eq!(ask(&[FORM], "grant_type=client_credentials").await.0, 401);
}

#[tokio::test]
async fn several_tokens_are_good_at_once_and_no_other_text_is() {
    let sandbox = demo(SandboxOptions::default()).await;
    let (first, second) = (bearer(&sandbox).await, bearer(&sandbox).await);
    assert_ne!(first, second);
    for token in [&first, &second] {
        assert_eq!(
            send(&sandbox, "GET", LEDGERS, &[token], "").await.unwrap().status,
            200
        );
    }
    let without_bearer = first.replace("Bearer ", "");
    for wrong in [&without_bearer[..], "Authorization: Bearer eyJ0", "X: y"] {
        let answer = send(&sandbox, "GET", LEDGERS, &[wrong], "").await.unwrap();
        assert_eq!(
            (answer.status, answer.json()["code"].as_str()),
            (401, Some("Unauthorized")),
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn tokens_expire_and_the_gateway_may_say_so() {
    let terms = TokenTerms {
        lifetime: Duration::ZERO,
        expires_in: NumberForm::Text,
    };
    let options = SandboxOptions {
        specialized_tokens: terms,
        unauthorized: UnauthorizedForm::Gateway,
        ..SandboxOptions::default()
    };
    let answer = get(&demo(options).await, LEDGERS).await;
    assert_eq!(
        (answer.status, answer.json()["statusCode"].as_u64()),
        (401, Some(401))
    );
}

#[tokio::test]
async fn a_merchants_token_reaches_its_own_ledger_with_the_subscription_key_only() {
    let sandbox = demo(SandboxOptions::default()).await;
    for (number, count, status) in [("123455", 1, 200), ("999999", 0, 404)] {
        let serial = format!("Merchant-Serial-Number: {number}");
        let headers = [MERCHANT[0], MERCHANT[1], MERCHANT[2], &serial];
        let token = send(&sandbox, "POST", "/accesstoken/get", &headers, "")
            .await
            .unwrap()
            .json();
        let bearer = format!(
            "Authorization: Bearer {}",
            token["access_token"].as_str().unwrap()
        );
        let ledgers = send(&sandbox, "GET", LEDGERS, &[&bearer, MERCHANT[2]], "")
            .await
            .unwrap();
        assert_eq!(ledgers.json()["items"].as_array().unwrap().len(), count);
        let path = date_path("funds", "2026-10-01");
        assert_eq!(
            send(&sandbox, "GET", &path, &[&bearer, MERCHANT[2]], "")
                .await
                .unwrap()
                .status,
            status
        );
        let answer = send(&sandbox, "GET", LEDGERS, &[&bearer], "").await.unwrap();
        assert_eq!(
            (answer.status, answer.json()["statusCode"].as_u64()),
            (401, Some(401))
        );
        let wrong_key = "Ocp-Apim-Subscription-Key: x";
        assert_eq!(
            send(&sandbox, "GET", LEDGERS, &[&bearer, wrong_key], "")
                .await
                .unwrap()
                .status,
            401
        );
    }
}

#[tokio::test]
async fn any_keys_will_do_when_told_so_and_no_access_is_an_empty_list() {
    let options = SandboxOptions {
        keys: Keys::Any,
        no_access: true,
        ..SandboxOptions::default()
    };
    let sandbox = demo(options).await;
    let headers = [&basic("mine", "too")[..], FORM];
    let form = "grant_type=client_credentials";
    assert_eq!(
        send(&sandbox, "POST", "/miami/v1/token", &headers, form)
            .await
            .unwrap()
            .status,
        200
    );
    assert_eq!(get(&sandbox, LEDGERS).await.text(), r#"{"items":[]}"#);
    let answer = get(&sandbox, &date_path("funds", "2026-10-01")).await;
    assert_eq!(
        (answer.status, answer.json()["detail"].as_str()),
        (404, Some("No such ledgerId"))
    );
}
