//! Tokens and keys: what is sent, when it is sent again, and where it never appears.

use bilag::report_api::client::Client;
use bilag::report_api::credentials::{Auth, Credentials, CredentialsError};
use bilag::report_api::error::{ApiError, ErrorKind};
use bilag::report_api::options::{ClientOptions, SystemNames};

use super::server::{Answer, Request, Server, TOKEN, accounting, merchant};
use crate::harness::dates::date;

const NO_LEDGERS: &str = r#"{"items":[]}"#;

fn told(request: &Request) -> Vec<String> {
    let mut headers: Vec<String> = request
        .headers
        .iter()
        .filter(|(name, _)| !["host", "user-agent", "accept", "accept-encoding"].contains(&name.as_str()))
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    headers.sort();
    headers
}

const SYSTEM: [&str; 4] = [
    concat!("vipps-system-name: ", env!("CARGO_PKG_NAME")),
    concat!("vipps-system-plugin-name: ", env!("CARGO_PKG_NAME")),
    concat!("vipps-system-plugin-version: ", env!("CARGO_PKG_VERSION")),
    concat!("vipps-system-version: ", env!("CARGO_PKG_VERSION")),
];

#[tokio::test]
async fn accounting_keys_are_sent_to_the_letter() {
    let server = Server::with_token(|_, _| Answer::json(NO_LEDGERS)).await;
    assert!(server.client().ledgers(None).await.unwrap().is_empty());
    let [token, ledgers] = &server.asked()[..] else {
        panic!("two requests")
    };
    assert_eq!(
        (token.method.as_str(), token.target.as_str()),
        ("POST", "/miami/v1/token")
    );
    assert_eq!(token.body, "grant_type=client_credentials");
    let basic = "authorization: Basic aWQtb2YtY2xpZW50OlNFQ1JFVC0x";
    let form = "content-type: application/x-www-form-urlencoded; charset=utf-8";
    assert_eq!(
        told(token),
        [&[basic, "content-length: 29", form], &SYSTEM[..]].concat()
    );
    assert_eq!(
        (ledgers.method.as_str(), ledgers.target.as_str()),
        ("GET", "/settlement/v1/ledgers")
    );
    assert_eq!(
        told(ledgers),
        [&["authorization: Bearer TOKEN-1"], &SYSTEM[..]].concat()
    );
    assert_eq!(ledgers.header("accept"), Some("application/json"));
    assert_eq!(ledgers.header("accept-encoding"), Some("gzip"));
}

#[tokio::test]
async fn merchant_keys_are_sent_to_the_letter() {
    let server = Server::with_token(|_, _| Answer::json(NO_LEDGERS)).await;
    let client = Client::new(ClientOptions {
        credentials: merchant(),
        ..server.options()
    })
    .unwrap();
    client.ledgers(None).await.unwrap();
    let [token, ledgers] = &server.asked()[..] else {
        panic!("two requests")
    };
    assert_eq!(
        (token.method.as_str(), token.target.as_str()),
        ("POST", "/accesstoken/get")
    );
    assert_eq!(token.body, "");
    let unit = [
        "merchant-serial-number: 1234567",
        "ocp-apim-subscription-key: SECRET-2",
    ];
    let keys = [
        "client_id: id-of-client",
        "client_secret: SECRET-1",
        "content-length: 0",
    ];
    assert_eq!(told(token), [&keys[..], &unit, &SYSTEM].concat());
    assert_eq!(
        told(ledgers),
        [&["authorization: Bearer TOKEN-1"], &unit[..], &SYSTEM].concat()
    );
}

#[tokio::test]
async fn a_base_url_may_end_in_a_slash_and_have_a_path() {
    let server = Server::with_token(|_, _| Answer::json(NO_LEDGERS)).await;
    for end in ["/", "/mock", "/mock/"] {
        server.forget();
        let base_url = format!("{}{end}", server.options().base_url);
        let options = ClientOptions {
            base_url,
            token_path: Some("/my/token".to_owned()),
            ..server.options()
        };
        Client::new(options).unwrap().ledgers(None).await.unwrap();
        let prefix = end.trim_end_matches('/');
        let targets: Vec<String> = server.asked().into_iter().map(|request| request.target).collect();
        assert_eq!(
            targets,
            [
                format!("{prefix}/my/token"),
                format!("{prefix}/settlement/v1/ledgers")
            ]
        );
    }
}

#[tokio::test]
async fn a_token_is_shared_until_it_ends() {
    for life in ["900", "\"86398\"", "null", "\"soon\"", "18446744073709551615"] {
        let token = format!(r#"{{"access_token":"T","expires_in":{life}}}"#);
        let server = Server::start(move |request, _| {
            Answer::json(if request.is_token() {
                token.as_str()
            } else {
                NO_LEDGERS
            })
        })
        .await;
        let client = server.client();
        client.ledgers(None).await.unwrap();
        client.ledgers(None).await.unwrap();
        assert_eq!(server.tokens_asked(), 1, "{life}");
    }
}

#[tokio::test]
async fn a_token_that_has_ended_is_renewed_before_it_is_used() {
    for life in ["0", "\"0\""] {
        let token = format!(r#"{{"access_token":"T","expires_in":{life}}}"#);
        let server = Server::start(move |request, _| {
            Answer::json(if request.is_token() {
                token.as_str()
            } else {
                NO_LEDGERS
            })
        })
        .await;
        let client = server.client();
        client.ledgers(None).await.unwrap();
        client.ledgers(None).await.unwrap();
        assert_eq!(server.tokens_asked(), 2, "{life}");
    }
}

#[tokio::test]
async fn a_401_brings_one_new_token() {
    let server = Server::start(|request, before| match (request.is_token(), before) {
        (true, before) => Answer::json(&TOKEN.replace("TOKEN-1", &format!("TOKEN-{before}"))),
        (false, 1) => Answer::status(401),
        (false, _) => Answer::json(NO_LEDGERS),
    })
    .await;
    server.client().ledgers(None).await.unwrap();
    let bearers: Vec<String> = server
        .asked()
        .iter()
        .filter(|request| !request.is_token())
        .map(|request| request.header("authorization").unwrap().to_owned())
        .collect();
    assert_eq!(bearers, ["Bearer TOKEN-0", "Bearer TOKEN-2"]);
}

#[tokio::test]
async fn a_second_401_means_that_the_keys_are_refused() {
    let body = r#"{"code":"Unauthorized","message":"Please check your API keys"}"#;
    let server = Server::with_token(move |_, _| Answer::new(401, "x-request-id: r-7\r\n", body)).await;
    let error = server.client().ledgers(None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::KeysRefused);
    let message = "list of ledgers: the provider answers 401: Unauthorized: Please check your API keys (context id `r-7`)";
    assert_eq!(error.to_string(), message);
    assert_eq!((server.tokens_asked(), server.asked().len()), (2, 4));
}

#[tokio::test]
async fn keys_that_the_token_endpoint_refuses_are_not_sent_again() {
    for status in [400, 401, 403] {
        let server =
            Server::start(move |_, _| Answer::new(status, "", r#"{"error":"invalid_client"}"#)).await;
        let client = server.client();
        for _ in 0..2 {
            let error = client.ledgers(None).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::KeysRefused);
            assert!(
                error
                    .to_string()
                    .starts_with(&format!("access token: the provider answers {status}"))
            );
            assert!(error.hint().is_some() && error.stops_everything());
        }
        assert_eq!(server.asked().len(), 1);
    }
}

#[tokio::test]
async fn a_token_endpoint_in_trouble_is_tried_again() {
    let server = Server::start(|request, before| match (request.is_token(), before) {
        (true, 0) => Answer::status(503),
        (true, 1) => Answer::cut(TOKEN),
        (true, _) => Answer::json(TOKEN),
        (false, _) => Answer::json(NO_LEDGERS),
    })
    .await;
    server.client().ledgers(None).await.unwrap();
    assert_eq!(server.tokens_asked(), 3);
}

#[tokio::test]
async fn no_secret_is_shown_by_debug_or_error() {
    let answer = r#"{"error":"no","message":"refused","secret":"SECRET-1 SECRET-2 TOKEN-1"}"#;
    let server = Server::with_token(move |_, _| Answer::new(500, "", answer)).await;
    for credentials in [accounting(), merchant()] {
        let client = Client::new(ClientOptions {
            credentials,
            ..server.options()
        })
        .unwrap();
        let error = client.ledgers(None).await.unwrap_err();
        let shown = format!(
            "{client:?} {:?} {error} {error:?} {:?}",
            client.options(),
            error.hint()
        );
        assert!(shown.contains("answers 500"));
        for secret in ["SECRET", "TOKEN-1", "id-of-client", "aWQtb2Yt"] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
    }
}

#[tokio::test]
async fn a_provider_that_repeats_a_secret_is_not_quoted() {
    for secret in ["SECRET-1", "SECRET-2", "TOKEN-1"] {
        let answer = format!(r#"{{"message":"bad value {secret}","contextId":"c-1"}}"#);
        let server = Server::with_token(move |_, _| Answer::new(400, "", &answer)).await;
        let client = Client::new(ClientOptions {
            credentials: merchant(),
            ..server.options()
        })
        .unwrap();
        let error = client.ledgers(None).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "list of ledgers: the provider answers 400 (context id `c-1`)"
        );
    }
}

#[test]
fn keys_travel_over_plain_http_only_within_this_machine() {
    let options = |base_url: &str| ClientOptions {
        base_url: base_url.to_owned(),
        ..ClientOptions::new(accounting(), date("2026-04-15"))
    };
    for good in [
        "http://127.0.0.1:1",
        "http://localhost",
        "http://[::1]:80/x",
        "https://api.vipps.no",
    ] {
        // A machine without root certificates cannot set up HTTPS, but the address is taken.
        assert!(
            matches!(Client::new(options(good)), Ok(_) | Err(ApiError::Setup(_))),
            "{good}"
        );
    }
    let bad = [
        "http://api.vipps.no",
        "http://127.0.0.1.example.no",
        "ftp://localhost",
        "api.vipps.no",
        "",
        "https://x/?a=b",
        "https://u:PASSWORD@x",
    ];
    for bad in bad {
        let error = Client::new(options(bad)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{bad}");
        assert!(error.hint().is_some() && !error.to_string().contains("PASSWORD"));
    }
}

#[test]
fn headers_that_the_provider_will_not_take_are_refused() {
    for name in ["a name that is longer than thirty characters", "line\nfeed"] {
        let system = SystemNames {
            plugin_name: name.to_owned(),
            ..SystemNames::default()
        };
        let options = ClientOptions {
            system,
            ..ClientOptions::new(accounting(), date("2026-04-15"))
        };
        let error = Client::new(options).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains("vipps-system-plugin-name"));
    }
}

#[test]
fn keys_come_from_the_environment_else_from_the_file() {
    let folder = crate::harness::files::scratch();
    let path = folder.path().join("keys.toml");
    let file = |text: &str, mode: u32| {
        std::fs::write(&path, text).unwrap();
        #[cfg(unix)]
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    };
    let nothing = |_: &str| None;
    let load = |auth, environment: &dyn Fn(&str) -> Option<String>| {
        Credentials::load(auth, Some(&path), environment)
    };

    file("client_id = \"a\"\nclient_secret = \"SECRET\"\n", 0o600);
    assert!(matches!(
        load(Auth::Accounting, &nothing),
        Ok(Credentials::Accounting { .. })
    ));
    let Err(CredentialsError::Missing(names)) = load(Auth::Merchant, &nothing) else {
        panic!("two are missing")
    };
    assert_eq!(names, ["BILAG_SUBSCRIPTION_KEY", "BILAG_MERCHANT_SERIAL_NUMBER"]);
    let environment = |name: &str| Some(format!(" {name}\n"));
    let Ok(Credentials::Merchant {
        merchant_serial_number,
        ..
    }) = load(Auth::Merchant, &environment)
    else {
        panic!("all are there")
    };
    assert_eq!(merchant_serial_number, "BILAG_MERCHANT_SERIAL_NUMBER");

    for bad in [
        "client_id = \"SECRET\nclient_secret",
        "client_id = 5",
        "client_di = \"SECRET\"",
        "SECRET",
    ] {
        file(bad, 0o600);
        let error = load(Auth::Accounting, &nothing).unwrap_err();
        assert!(matches!(error, CredentialsError::Content { .. }), "{error}");
        assert!(!format!("{error} {error:?}").contains("SECRET"), "{error:?}");
    }
    #[cfg(unix)]
    for mode in [0o640, 0o604, 0o660] {
        file("client_id = \"a\"\nclient_secret = \"b\"\n", mode);
        let error = load(Auth::Accounting, &nothing).unwrap_err();
        assert!(
            matches!(error, CredentialsError::ReadableByOthers { .. }),
            "{error}"
        );
        assert!(error.hint().unwrap().contains("chmod 600"));
    }
}
