//! Both token endpoints, and who may see which ledger.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hyper::StatusCode;
use hyper::header::WWW_AUTHENTICATE;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::provider::LedgerInfo;
use crate::sandbox::options::{Keys, NumberForm, SandboxOptions, TokenTerms, UnauthorizedForm};
use crate::sandbox::reply::Reply;
use crate::sandbox::request::{ApiRequest, form_value};

const SUBSCRIPTION_HEADER: &str = "Ocp-Apim-Subscription-Key";

/// Which ledgers a token reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reach {
    All,
    /// None, as before any merchant has granted access.
    Nothing,
    /// The ledger that settles for one handle.
    Handle(String),
}

impl Reach {
    /// Whether the ledger is in reach.
    pub(crate) fn includes(&self, ledger: &LedgerInfo) -> bool {
        match self {
            Self::All => true,
            Self::Nothing => false,
            Self::Handle(handle) => ledger.settles_for_recipient_handles.contains(handle),
        }
    }
}

#[derive(Debug, Clone)]
struct Token {
    reach: Reach,
    is_merchants: bool,
    expires: Instant,
}

/// The tokens that were given out. Several may be good at once.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    issued: Mutex<(u64, BTreeMap<String, Token>)>,
}

impl Tokens {
    /// Answers `POST /accesstoken/get`. Without a `Merchant-Serial-Number` the keys are those of
    /// `first_handle`, the first `api:` handle that there is.
    pub(crate) fn standard(
        &self,
        request: &ApiRequest,
        options: &SandboxOptions,
        first_handle: Option<&str>,
    ) -> Reply {
        let Some(subscription_key) = request.header(SUBSCRIPTION_HEADER) else {
            return missing_subscription_key();
        };
        let keys = request.header("client_id").zip(request.header("client_secret"));
        let Some((client_id, client_secret)) = keys else {
            return wrong_keys();
        };
        let is_good = match &options.keys {
            Keys::Any => true,
            Keys::Only {
                subscription_key: good,
                ..
            } if subscription_key != good => {
                return wrong_subscription_key();
            }
            Keys::Only {
                client_id: id,
                client_secret: secret,
                ..
            } => client_id == id && client_secret == secret,
        };
        if !is_good {
            return wrong_keys();
        }
        let handle = match request.header("Merchant-Serial-Number") {
            Some(number) => Some(format!("api:{number}")),
            None => first_handle.map(str::to_owned),
        };
        let reach = handle.map_or(Reach::Nothing, Reach::Handle);
        let terms = &options.standard_tokens;
        let now = options.unix_time.map(|unix_time| unix_time());
        let mut answer = json!({
            "token_type": "Bearer",
            "expires_in": number(terms.lifetime.as_secs(), terms.expires_in),
            "ext_expires_in": number(0, terms.expires_in),
            "resource": "00000002-0000-0000-c000-000000000000",
            "access_token": self.issue(reach, true, terms, now),
        });
        if let Some(now) = now.and_then(|now| u64::try_from(now).ok()) {
            answer["not_before"] = number(now, terms.expires_in);
            answer["expires_on"] = number(now.saturating_add(terms.lifetime.as_secs()), terms.expires_in);
        }
        Reply::json(answer.to_string())
    }

    /// Answers `POST /miami/v1/token`.
    pub(crate) fn specialized(&self, request: &ApiRequest, options: &SandboxOptions) -> Reply {
        if request.header(SUBSCRIPTION_HEADER).is_some() {
            return invalid_client("a subscription key was sent; leave it out in this flow");
        }
        let is_form = request.header("Content-Type").is_some_and(|content_type| {
            content_type
                .to_ascii_lowercase()
                .starts_with("application/x-www-form-urlencoded")
        });
        let form = if is_form {
            std::str::from_utf8(&request.body).unwrap_or_default()
        } else {
            ""
        };
        if form_value(form, "grant_type").as_deref() != Some("client_credentials") {
            return invalid_client("grant_type=client_credentials is missing from the form");
        }
        let is_good = match (basic_keys(request), &options.keys) {
            (None, _) => false,
            (Some(_), Keys::Any) => true,
            (
                Some((id, secret)),
                Keys::Only {
                    client_id,
                    client_secret,
                    ..
                },
            ) => id == *client_id && secret == *client_secret,
        };
        if !is_good {
            return wrong_keys().with_header(WWW_AUTHENTICATE, "Basic");
        }
        let reach = if options.no_access {
            Reach::Nothing
        } else {
            Reach::All
        };
        let terms = &options.specialized_tokens;
        let now = options.unix_time.map(|unix_time| unix_time());
        let answer = json!({
            "access_token": self.issue(reach, false, terms, now),
            "token_type": "Bearer",
            "expires_in": number(terms.lifetime.as_secs(), terms.expires_in),
        });
        Reply::json(answer.to_string())
    }

    /// What the token of `request` reaches, or the 401.
    pub(crate) fn authorize(&self, request: &ApiRequest, options: &SandboxOptions) -> Result<Reach, Reply> {
        let refused = || expired(options.unauthorized);
        let bearer = request
            .header("Authorization")
            .and_then(|text| text.strip_prefix("Bearer "));
        let issued = self.lock();
        let token = bearer
            .and_then(|token| issued.1.get(token.trim()))
            .ok_or_else(refused)?;
        if token.expires <= Instant::now() {
            return Err(refused());
        }
        if token.is_merchants {
            let sent = request
                .header(SUBSCRIPTION_HEADER)
                .ok_or_else(missing_subscription_key)?;
            if let Keys::Only { subscription_key, .. } = &options.keys
                && sent != subscription_key
            {
                return Err(wrong_subscription_key());
            }
        }
        Ok(token.reach.clone())
    }

    fn issue(&self, reach: Reach, is_merchants: bool, terms: &TokenTerms, now: Option<i64>) -> String {
        let mut issued = self.lock();
        let (count, tokens) = &mut *issued;
        let instant = Instant::now();
        tokens.retain(|_, token| token.expires > instant);
        *count += 1;
        let text = web_token(*count, terms.lifetime, now);
        tokens.insert(
            text.clone(),
            Token {
                reach,
                is_merchants,
                expires: instant + terms.lifetime,
            },
        );
        text
    }

    fn lock(&self) -> MutexGuard<'_, (u64, BTreeMap<String, Token>)> {
        self.issued.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The 401 of a token that does not hold.
pub(crate) fn expired(form: UnauthorizedForm) -> Reply {
    match form {
        UnauthorizedForm::Specification => wrong_keys(),
        UnauthorizedForm::Gateway => {
            let message = "Unauthorized. Access token is missing or invalid.";
            Reply::gateway(StatusCode::UNAUTHORIZED, message)
        }
    }
}

/// Something that looks like a JSON web token, without a signature that means anything.
fn web_token(count: u64, lifetime: Duration, now: Option<i64>) -> String {
    let seconds = i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX);
    let claims = match now {
        Some(now) => json!({ "jti": count.to_string(), "nbf": now, "exp": now.saturating_add(seconds) }),
        None => json!({ "jti": count.to_string() }),
    };
    let header = URL_SAFE_NO_PAD.encode(r#"{"typ":"JWT","alg":"none"}"#);
    format!("{header}.{}.sandbox", URL_SAFE_NO_PAD.encode(claims.to_string()))
}

fn basic_keys(request: &ApiRequest) -> Option<(String, String)> {
    let encoded = request.header("Authorization")?.strip_prefix("Basic ")?;
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (client_id, client_secret) = text.split_once(':')?;
    (!client_id.is_empty() && !client_secret.is_empty())
        .then(|| (client_id.to_owned(), client_secret.to_owned()))
}

fn number(number: u64, form: NumberForm) -> Value {
    match form {
        NumberForm::Text => Value::from(number.to_string()),
        NumberForm::Number => Value::from(number),
    }
}

fn wrong_keys() -> Reply {
    let body = json!({ "code": "Unauthorized", "message": "Please check your API keys" });
    Reply::error(StatusCode::UNAUTHORIZED, &body)
}

fn invalid_client(description: &str) -> Reply {
    let body = json!({ "error": "invalid_client", "error_description": description });
    Reply::error(StatusCode::BAD_REQUEST, &body)
}

fn missing_subscription_key() -> Reply {
    let message = "Access denied due to missing subscription key. Make sure to include subscription key when \
                   making requests to an API.";
    Reply::gateway(StatusCode::UNAUTHORIZED, message)
}

fn wrong_subscription_key() -> Reply {
    let message = "Access denied due to invalid subscription key. Make sure to provide a valid key for an active \
                   subscription.";
    Reply::gateway(StatusCode::UNAUTHORIZED, message)
}
