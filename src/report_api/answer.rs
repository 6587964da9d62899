//! From an HTTP answer that is no 200 to what it says: the one place that knows the many shapes
//! of the provider's and its gateways' errors.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::DateTime;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde_json::Value;

use crate::report_api::secrets::Secrets;
use crate::text;

/// How much of the provider's own message is shown, in characters.
const MESSAGE_MAX: usize = 200;
/// How much of a context id is shown, in characters.
const CONTEXT_ID_MAX: usize = 80;

/// Fields that say what went wrong, the short ones first. Nothing else of a body is ever shown.
const MESSAGE_FIELDS: [&str; 8] = [
    "code",
    "errorCode",
    "title",
    "error",
    "message",
    "errorMessage",
    "detail",
    "error_description",
];
/// Fields and headers by which the provider's support finds a request.
const CONTEXT_FIELDS: [&str; 4] = ["contextId", "traceId", "trace_id", "correlation_id"];
const CONTEXT_HEADERS: [&str; 4] = ["contextid", "x-correlation-id", "x-request-id", "request-id"];

/// What an answer other than 200 said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The provider's message, on one line.
    pub message: Option<String>,
    /// The id by which the provider's support finds the request.
    pub context_id: Option<String>,
    /// How long the provider asks to wait.
    pub retry_after: Option<Duration>,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(message) = &self.message {
            write!(f, ": {message}")?;
        }
        if let Some(context_id) = &self.context_id {
            write!(f, " (context id `{context_id}`)")?;
        }
        if let Some(wait) = self.retry_after {
            write!(f, " (asks to wait {} s)", wait.as_secs())?;
        }
        Ok(())
    }
}

impl Answer {
    /// What an answer with these headers and this body says. What repeats one of `secrets` is left
    /// out.
    pub(super) fn read(headers: &HeaderMap, body: &[u8], secrets: &Secrets) -> Self {
        // Gateways answer with HTML or nothing; then the status must do.
        let body: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
        let from_headers = || {
            let mut values = CONTEXT_HEADERS
                .iter()
                .filter_map(|name| headers.get(*name)?.to_str().ok());
            values.find_map(|value| one_line(value, CONTEXT_ID_MAX, secrets))
        };
        let context_id = fields(&body, &CONTEXT_FIELDS)
            .next()
            .and_then(|value| one_line(&value, CONTEXT_ID_MAX, secrets));
        Self {
            message: message(&body, secrets),
            context_id: context_id.or_else(from_headers),
            retry_after: headers
                .get(RETRY_AFTER)
                .and_then(|value| retry_after(value.to_str().ok()?, SystemTime::now())),
        }
    }
}

fn message(body: &Value, secrets: &Secrets) -> Option<String> {
    let mut parts: Vec<String> = Vec::new();
    // Some gateways wrap everything in an `error` object.
    for object in [body, &body["error"]] {
        for part in fields(object, &MESSAGE_FIELDS) {
            if !parts.contains(&part) {
                parts.push(part);
            }
        }
    }
    one_line(&parts.join(": "), MESSAGE_MAX, secrets)
}

/// The values of those of `names` that are text or numbers.
fn fields<'a>(object: &'a Value, names: &'a [&str]) -> impl Iterator<Item = String> + 'a {
    names.iter().filter_map(|name| match object.get(name)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

/// A text from outside as one short line, unless it is empty or repeats a secret.
fn one_line(value: &str, length_max: usize, secrets: &Secrets) -> Option<String> {
    let line = text::line(value);
    // The whole text is looked at: a cut would hide half of a secret and show the other.
    let is_told = !line.is_empty() && !secrets.are_in_message(value) && !secrets.are_in_message(&line);
    is_told.then(|| text::cut(&line, length_max).to_owned())
}

/// Reads a `Retry-After` header: seconds, or the date until which to wait.
fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let until = u64::try_from(DateTime::parse_from_rfc2822(value).ok()?.timestamp()).ok()?;
    let now = now.duration_since(UNIX_EPOCH).ok()?;
    Some(Duration::from_secs(until).saturating_sub(now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report_api::credentials::Credentials;

    fn answer(body: &str) -> String {
        let secrets = Secrets::of(&Credentials::Accounting {
            client_id: "id-of-client".into(),
            client_secret: "SECRET-1".into(),
        });
        Answer::read(&HeaderMap::new(), body.as_bytes(), &secrets).to_string()
    }

    #[test]
    fn every_documented_shape_of_error_is_told_in_one_line() {
        for (body, told) in [
            (
                r#"{"code":"Unauthorized","message":"Please check your\nAPI keys"}"#,
                ": Unauthorized: Please check your API keys",
            ),
            (
                r#"{"errorCode":10001,"errorMessage":"Unknown","contextId":"c-1"}"#,
                ": 10001: Unknown (context id `c-1`)",
            ),
            (
                r#"{"type":"x","title":"Bad request","status":"400","detail":"ledgerDate"}"#,
                ": Bad request: ledgerDate",
            ),
            (
                r#"{"error":"invalid_client","error_description":"AADSTS7000215","trace_id":"t"}"#,
                ": invalid_client: AADSTS7000215 (context id `t`)",
            ),
            (r#"{"error":{"code":"X","message":"Y"}}"#, ": X: Y"),
            ("<html><body>Bad gateway</body></html>", ""),
            ("No such ledgerId", ""),
            ("", ""),
        ] {
            assert_eq!(answer(body), told);
        }
    }

    #[test]
    fn a_long_message_is_cut_and_other_fields_are_never_told() {
        let body = format!(
            r#"{{"message":"{}","items":[{{"name":"Kari Nordmann"}}]}}"#,
            "æ".repeat(1000)
        );
        assert_eq!(answer(&body).matches('æ').count(), MESSAGE_MAX);
        assert!(!answer(&body).contains("Kari"));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = UNIX_EPOCH + Duration::from_secs(784_111_770);
        assert_eq!(retry_after("120", now), Some(Duration::from_secs(120)));
        assert_eq!(
            retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now),
            Some(Duration::from_secs(7))
        );
        assert_eq!(
            retry_after("Sun, 06 Nov 1983 08:49:37 GMT", now),
            Some(Duration::ZERO)
        );
        assert_eq!(retry_after("soon", now), None);
    }
}
