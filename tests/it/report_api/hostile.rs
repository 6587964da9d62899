//! A server that means harm: it repeats the keys, never ends, or names what is not there.

use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
use bilag::provider::Topic;
use bilag::report_api::client::Client;
use bilag::report_api::error::{ApiError, ErrorKind};
use bilag::report_api::options::ClientOptions;

use super::server::{Answer, EMPTY, Request, Server, accounting, ledger, page};
use crate::harness::dates::date;
use crate::harness::files::files_below;
use crate::harness::program::{Ran, Workplace, run_async};

const ID: &str = "kanari-id-5a1e";
const SECRET: &str = "kAn?ri/s+cret~9c&42";
const SUBSCRIPTION: &str = "kanari-subscription-77d0";
const ACCESS: &str = "eyJ0eXAiOiJKV1Qi.kanari_token-08f3";
const RANGE: [&str; 4] = ["--from", "2026-04-13", "--to", "2026-04-14"];
const LIST: &str = r#"{"items":[{"ledgerId":"302321","currency":"NOK"}]}"#;

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn percent(text: &str) -> String {
    let kept = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    text.bytes()
        .map(|byte| match byte {
            byte if kept(byte) => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

/// A secret as a server may send it back, so that it is a JSON text and a header.
fn forms(secret: &str) -> Vec<String> {
    let json: String = secret
        .chars()
        .map(|c| format!("\\u{:04x}", u32::from(c)))
        .collect();
    let basic = format!("{ID}:{secret}");
    vec![
        secret.to_owned(),
        percent(secret),
        percent(&percent(secret)),
        json,
        secret.replace('/', "\\/"),
        hex(secret),
        hex(secret).to_uppercase(),
        STANDARD.encode(secret),
        STANDARD.encode(&basic),
        STANDARD_NO_PAD.encode(&basic),
        URL_SAFE.encode(&basic),
        percent(&STANDARD.encode(&basic)),
    ]
}

/// What no output and no file may hold, in any of its forms; as JSON reads it, too.
fn canaries() -> Vec<String> {
    let secrets = [SECRET, SUBSCRIPTION, ACCESS];
    let mut canaries: Vec<String> = secrets.iter().flat_map(|secret| forms(secret)).collect();
    canaries.extend(secrets.map(str::to_uppercase));
    canaries.extend([
        "kanari_token".to_owned(),
        "s+cret".to_owned(),
        "iption-77".to_owned(),
    ]);
    canaries
}

#[track_caller]
fn assert_silent(what: &str, text: &str) {
    for canary in canaries() {
        assert!(!text.contains(&canary), "{what} shows `{canary}`: {text}");
    }
}

async fn fetch(place: &Workplace, more: &[&str]) -> Ran {
    let mut command = place.bare(&[&["fetch"], &RANGE[..], more].concat());
    command
        .env("BILAG_CLIENT_ID", ID)
        .env("BILAG_CLIENT_SECRET", SECRET)
        .env("BILAG_SUBSCRIPTION_KEY", SUBSCRIPTION)
        .env("BILAG_MERCHANT_SERIAL_NUMBER", "123455");
    run_async(command).await
}

fn token() -> Answer {
    Answer::json(&format!(r#"{{"access_token":"{ACCESS}","expires_in":900}}"#))
}

fn is_list(request: &Request) -> bool {
    request.path() == "/settlement/v1/ledgers"
}

/// Runs fetches against a server that answers `script` wherever it is not about a token.
async fn assert_fetch_silent(
    what: &str,
    codes: &[i32],
    script: impl Fn(&Request) -> Answer + Send + Sync + 'static,
) {
    let server = Server::start(move |request, _| {
        if request.is_token() {
            token()
        } else {
            script(request)
        }
    })
    .await;
    let api = "auth = \"merchant\"\nretry_seconds = 0";
    for more in [&["-v", "-v"][..], &["--json"]] {
        let place = Workplace::beside(&server.options().base_url, api);
        let ran = fetch(&place, more).await;
        assert!(codes.contains(&ran.code), "{what}: {} {}", ran.code, ran.stderr);
        assert_silent(what, &ran.stdout);
        assert_silent(what, &ran.stderr);
        for path in files_below(&place.path("archive")) {
            let bytes = std::fs::read(&path).unwrap();
            let bytes = zstd::decode_all(&bytes[..]).unwrap_or(bytes);
            assert_silent(path.to_str().unwrap(), &String::from_utf8_lossy(&bytes));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_error_of_a_server_shows_a_key_in_any_form() {
    for secret in [SECRET, SUBSCRIPTION, ACCESS] {
        let forms = Arc::new(forms(secret));
        for (index, form) in forms.iter().enumerate() {
            for field in ["contextId", "message", "title", "errorCode", "traceId"] {
                let body = format!(r#"{{"{field}":"a {form} b"}}"#);
                let header = if field == "title" && !form.contains('\\') {
                    format!("x-request-id: {form}\r\ncontextid: {form}\r\n")
                } else {
                    String::new()
                };
                // At the list, and at a date; one form of each is enough for the slower ways.
                let is_at_list = index % 2 == 0;
                if index > 3 && field == "traceId" {
                    continue;
                }
                assert_fetch_silent(&format!("{field} {form}"), &[1, 10], move |request| {
                    if is_list(request) && !is_at_list {
                        Answer::json(LIST)
                    } else {
                        Answer::new(if is_at_list { 403 } else { 400 }, &header, &body)
                    }
                })
                .await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_endpoint_that_repeats_the_keys_is_not_quoted() {
    for form in forms(SECRET) {
        let body =
            format!(r#"{{"error":"invalid_client","error_description":"{form}","trace_id":"{form}"}}"#);
        let server = Server::start(move |_, _| Answer::new(401, "", &body)).await;
        let place = Workplace::beside(&server.options().base_url, "");
        let ran = fetch(&place, &["-v", "-v"]).await;
        assert_eq!(ran.code, 10);
        assert!(ran.stderr.contains("the provider answers 401"), "{}", ran.stderr);
        assert_silent("token", &(ran.stdout + &ran.stderr));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_is_not_cut_through_a_key() {
    for before in [170, 190, 195] {
        let body = format!(r#"{{"message":"{} {ACCESS}"}}"#, "x".repeat(before));
        assert_fetch_silent("a long message", &[1], move |_| Answer::new(400, "", &body)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_repeats_a_key_is_never_kept() {
    for secret in [SECRET, SUBSCRIPTION, ACCESS] {
        for form in forms(secret) {
            let body = page("2026-04-13", 0, &[100], r#""hasMore":false"#)
                .replace("Kari Nordmann", &format!("order {form}"));
            let list = LIST.replace("NOK\"", &format!("NOK\",\"name\":\"{form}\""));
            let is_date = |request: &Request| request.path().ends_with("2026-04-13");
            let shared = body.clone();
            assert_fetch_silent(&format!("date {form}"), &[4], move |request| {
                if is_list(request) {
                    Answer::json(LIST)
                } else if is_date(request) && request.path().contains("funds") {
                    Answer::json(&shared)
                } else {
                    Answer::json(EMPTY)
                }
            })
            .await;
            assert_fetch_silent(&format!("list {form}"), &[4], move |_| Answer::json(&list)).await;
        }
    }
}

#[tokio::test]
async fn a_body_that_repeats_a_key_is_an_error_of_its_own_and_asked_for_once() {
    let body = page("2026-04-13", 0, &[100], r#""hasMore":false"#).replace("Kari Nordmann", "SECRET-1");
    let server = Server::with_token(move |_, _| Answer::json(&body)).await;
    let asked = server
        .client()
        .date(&ledger("302321"), Topic::Funds, date("2026-04-13"))
        .await;
    let error = asked.unwrap_err();
    assert!(matches!(error, ApiError::SecretEchoed { .. }), "{error}");
    assert_eq!(error.kind(), ErrorKind::DoesNotReconcile);
    assert!(error.to_string().contains("`secret-echoed`") && error.hint().is_some());
    assert!(!format!("{error:?} {error}").contains("SECRET-1"));
    assert_eq!(server.asked().len(), 2);
}

#[test]
fn an_address_with_something_secret_in_it_is_not_repeated() {
    for address in [
        "https://id:PASSWORD@api.vipps.no",
        "https://id:PASSWORD@bad host",
        "https://id:PASSWORD@[::1",
        "id:PASSWORD@api",
        "https://api.vipps.no/?key=PASSWORD",
        "https://api.vipps.no/#PASSWORD",
    ] {
        let options = ClientOptions {
            base_url: address.to_owned(),
            ..ClientOptions::new(accounting(), date("2026-04-15"))
        };
        let error = Client::new(options).unwrap_err();
        assert!(!error.to_string().contains("PASSWORD"), "{error}");
    }
}

#[tokio::test]
async fn a_ledger_of_an_impossible_name_is_refused() {
    let long = "1".repeat(65);
    for id in [
        "../x",
        "",
        ".",
        "..",
        "a/b",
        "a\\u0000b",
        "a\\\\b",
        " ",
        "æ",
        &long,
    ] {
        let list = format!(r#"{{"items":[{{"ledgerId":"{id}"}}]}}"#);
        let server = Server::with_token(move |_, _| Answer::json(&list)).await;
        let error = server.client().ledgers(None).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol, "{id}");
        assert!(
            error
                .to_string()
                .ends_with("a ledger's id is not letters and digits")
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_thousand_ledgers_are_listed_in_seconds() {
    let server = Server::with_token(|request, before| {
        let items: Vec<String> = (0..1000)
            .map(|number| format!(r#"{{"ledgerId":"{}"}}"#, before * 1000 + number))
            .collect();
        assert!(is_list(request));
        let cursor = if before < 99 {
            format!(",\"cursor\":\"c{before}\"")
        } else {
            String::new()
        };
        Answer::json(&format!("{{\"items\":[{}]{cursor}}}", items.join(",")))
    })
    .await;
    let begun = Instant::now();
    let ledgers = server.client().ledgers(None).await.unwrap();
    assert_eq!(ledgers.len(), 100_000);
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_without_an_end_end() {
    // Each page is as large as a page can be, and goes on from the one before.
    let whole = page("2026-04-13", 0, &[0], r#""hasMore":true,"cursor":"CURSOR""#);
    let whole = whole.replace("Nordmann", &"Nordmann ".repeat(800_000));
    let server = Server::with_token(move |_, before| {
        let body = whole.replace("CURSOR", &format!("c{before}"));
        Answer::json(&body.replacen("Kari Nordmann", &format!("Kari {before}"), 1))
    })
    .await;
    let asked = server
        .client()
        .date(&ledger("302321"), Topic::Funds, date("2026-04-13"))
        .await;
    let error = asked.unwrap_err();
    assert!(
        error.to_string().ends_with("the pages of the date do not end"),
        "{error}"
    );
    assert_eq!(error.kind(), ErrorKind::Protocol);
    // A token, and no more pages than 128 MiB have.
    assert_eq!(server.asked().len(), 1 + 19);
}

#[tokio::test]
async fn a_body_or_a_cursor_beyond_measure_is_refused() {
    let long = format!(r#"{{"items":[],"hasMore":false,"x":"{}"}}"#, "x".repeat(9 << 20));
    let cursor = format!(
        r#"{{"items":[],"hasMore":true,"cursor":"{}"}}"#,
        "x".repeat(9 << 10)
    );
    for (body, says) in [
        (long, "the answer is larger than any page of the Report API"),
        (cursor, "the cursor is longer than an address can be"),
    ] {
        for answer in [Answer::json(&body), Answer::gzip(&body)] {
            let server = Server::with_token(move |_, _| answer.clone()).await;
            let options = ClientOptions {
                retry: bilag::report_api::retry::RetryPolicy {
                    retries: 0,
                    ..server.options().retry
                },
                ..server.options()
            };
            let client = Client::new(options).unwrap();
            let asked = client
                .date(&ledger("302321"), Topic::Funds, date("2026-04-13"))
                .await;
            assert!(asked.unwrap_err().to_string().ends_with(says), "{says}");
        }
    }
}
