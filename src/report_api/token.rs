//! Access tokens: asked for when needed, shared by all requests, renewed before they end.
//!
//! The two flows differ in everything: path, how the keys are sent, and how long a token lives
//! (a day, or 15 minutes). The accounting flow answers `invalid_client` to a subscription key.

use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use reqwest::{RequestBuilder, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex;

use crate::report_api::credentials::Credentials;
use crate::report_api::error::{ApiError, ErrorKind, Subject};

/// A token that says nothing about its life is taken to live this long.
const LIFE_UNKNOWN: Duration = Duration::from_secs(300);
/// A token is renewed this long before its end, or a tenth of its life if that is less.
const MARGIN_MAX: Duration = Duration::from_secs(60);

/// An access token.
#[derive(Debug)]
pub(super) struct Token {
    bearer: SecretString,
    renewed_from: Instant,
}

impl Token {
    /// Reads the token endpoint's answer.
    pub(super) fn read(body: &[u8], asked: Instant) -> Result<Self, ApiError> {
        #[derive(Deserialize)]
        struct WireToken {
            access_token: String,
            #[serde(default)]
            expires_in: Value,
        }
        let wire: WireToken = serde_json::from_slice(body).map_err(|error| {
            let (subject, page) = (Subject::Token, 1);
            match error.classify() {
                serde_json::error::Category::Data => ApiError::NotDocumented {
                    subject,
                    page,
                    problem: "the answer has no `access_token`".to_owned(),
                },
                _ => ApiError::NotWhole {
                    subject,
                    page,
                    line: error.line(),
                    column: error.column(),
                },
            }
        })?;
        // Text in the provider's specification, a number on the wire of the newer endpoint.
        let seconds = match &wire.expires_in {
            Value::Number(number) => number.as_u64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        let life = seconds.map_or(LIFE_UNKNOWN, Duration::from_secs);
        let usable = life - (life / 10).min(MARGIN_MAX);
        // A life beyond what the clock can hold never ends within a run.
        let renewed_from = asked.checked_add(usable).unwrap_or(asked + LIFE_UNKNOWN);
        Ok(Self {
            bearer: wire.access_token.into(),
            renewed_from,
        })
    }

    /// The text to send after `Bearer`.
    pub(super) fn bearer(&self) -> &str {
        self.bearer.expose_secret()
    }

    fn is_fresh(&self) -> bool {
        Instant::now() < self.renewed_from
    }
}

/// The token in use, or why there can be none.
#[derive(Debug, Default)]
pub(super) struct TokenStore {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Empty,
    Live(Arc<Token>),
    /// The keys were refused; asking again would only lock the account.
    Refused(ApiError),
}

impl TokenStore {
    /// The token in use, or one from `ask` when there is none, it is about to end, or it is the
    /// one that the provider just `rejected`. Others wait meanwhile and take the same.
    pub(super) async fn get(
        &self,
        rejected: Option<&Arc<Token>>,
        ask: impl Future<Output = Result<Token, ApiError>>,
    ) -> Result<Arc<Token>, ApiError> {
        let mut state = self.state.lock().await;
        match &*state {
            State::Refused(error) => return Err(error.clone()),
            State::Live(token)
                if token.is_fresh() && !rejected.is_some_and(|rejected| Arc::ptr_eq(rejected, token)) =>
            {
                return Ok(Arc::clone(token));
            }
            State::Live(_) | State::Empty => {}
        }
        match ask.await {
            Ok(token) => {
                let token = Arc::new(token);
                *state = State::Live(Arc::clone(&token));
                Ok(token)
            }
            Err(error) => {
                if error.kind() == ErrorKind::KeysRefused {
                    *state = State::Refused(error.clone());
                }
                Err(error)
            }
        }
    }
}

impl Credentials {
    /// The path of the flow's token endpoint.
    pub(super) fn token_path(&self) -> &'static str {
        match self {
            Self::Accounting { .. } => "/miami/v1/token",
            Self::Merchant { .. } => "/accesstoken/get",
        }
    }

    /// The request for a token, to the letter of the flow.
    pub(super) fn token_request(&self, http: &reqwest::Client, url: Url) -> Result<RequestBuilder, ApiError> {
        let request = http.post(url);
        match self {
            Self::Accounting {
                client_id,
                client_secret,
            } => Ok(request
                .basic_auth(client_id.expose_secret(), Some(client_secret.expose_secret()))
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded; charset=utf-8")
                .body("grant_type=client_credentials")),
            Self::Merchant {
                client_id,
                client_secret,
                ..
            } => {
                let request = request
                    .header("client_id", secret_header("client_id", client_id)?)
                    .header("client_secret", secret_header("client_secret", client_secret)?)
                    // A POST without a length may be refused.
                    .header(CONTENT_LENGTH, 0);
                self.identify(request)
            }
        }
    }

    /// Adds what each request carries beside the token: nothing for accounting keys.
    pub(super) fn identify(&self, request: RequestBuilder) -> Result<RequestBuilder, ApiError> {
        match self {
            Self::Accounting { .. } => Ok(request),
            Self::Merchant {
                subscription_key,
                merchant_serial_number,
                ..
            } => {
                let msn = SecretString::from(merchant_serial_number.as_str());
                Ok(request
                    .header(
                        "ocp-apim-subscription-key",
                        secret_header("subscription_key", subscription_key)?,
                    )
                    .header(
                        "merchant-serial-number",
                        secret_header("merchant_serial_number", &msn)?,
                    ))
            }
        }
    }
}

fn secret_header(name: &str, secret: &SecretString) -> Result<HeaderValue, ApiError> {
    let mut value = HeaderValue::from_str(secret.expose_secret()).map_err(|_| ApiError::Options {
        problem: format!("`{name}` holds characters that no key has"),
        hint: "copy the key again from the provider's portal",
    })?;
    value.set_sensitive(true);
    Ok(value)
}
