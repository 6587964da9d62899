//! A request as the sandbox sees it, and where it goes.

use hyper::body::Bytes;
use hyper::header::{ACCEPT_ENCODING, HeaderMap};
use hyper::{Method, Uri};

use crate::provider::Topic;
use crate::sandbox::fault::Endpoint;

/// A request with its body.
#[derive(Debug)]
pub(crate) struct ApiRequest {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Where a request goes. Parts of the path are as they came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route<'a> {
    StandardToken,
    SpecializedToken,
    Ledgers,
    Date {
        ledger_id: &'a str,
        topic: &'a str,
        date: &'a str,
    },
    Feed {
        ledger_id: &'a str,
        topic: &'a str,
    },
    /// The first version of the API, removed in May 2024.
    Gone,
    Unknown,
}

impl<'a> Route<'a> {
    /// Reads a path. The token path of the merchant flow is written in several ways in the
    /// provider's texts, so its case does not count.
    pub(crate) fn of(path: &'a str) -> Self {
        if path.eq_ignore_ascii_case("/accesstoken/get") {
            return Self::StandardToken;
        }
        let mut parts = [""; 7];
        let mut count = 0;
        for part in path.split('/').skip(1) {
            let Some(place) = parts.get_mut(count) else {
                return Self::Unknown;
            };
            *place = part;
            count += 1;
        }
        match parts.split_at(count).0 {
            ["miami", "v1", "token"] => Self::SpecializedToken,
            ["settlement", "v1", "ledgers"] => Self::Ledgers,
            ["report", "v2", "ledgers", ledger_id, topic, "dates", date] => Self::Date {
                ledger_id,
                topic,
                date,
            },
            ["report", "v2", "ledgers", ledger_id, topic, "feed"] => Self::Feed { ledger_id, topic },
            ["report", "v1", "ledgertransactions"] => Self::Gone,
            _ => Self::Unknown,
        }
    }

    /// The kind of request that fault rules speak of.
    pub(crate) fn endpoint(&self) -> Option<Endpoint> {
        match self {
            Self::StandardToken | Self::SpecializedToken => Some(Endpoint::Token),
            Self::Ledgers => Some(Endpoint::Ledgers),
            Self::Date { .. } => Some(Endpoint::Dates),
            Self::Feed { .. } => Some(Endpoint::Feed),
            Self::Gone | Self::Unknown => None,
        }
    }

    /// The topic that the request is about.
    pub(crate) fn topic(&self) -> Option<Topic> {
        match self {
            Self::Date { topic, .. } | Self::Feed { topic, .. } => {
                Topic::ALL.into_iter().find(|known| known.name() == *topic)
            }
            Self::StandardToken | Self::SpecializedToken | Self::Ledgers | Self::Gone | Self::Unknown => None,
        }
    }

    /// The method that the route takes.
    pub(crate) fn method(&self) -> Method {
        match self {
            Self::StandardToken | Self::SpecializedToken => Method::POST,
            Self::Ledgers | Self::Date { .. } | Self::Feed { .. } | Self::Gone | Self::Unknown => Method::GET,
        }
    }
}

impl ApiRequest {
    /// The path without the query.
    pub(crate) fn path(&self) -> &str {
        self.uri.path()
    }

    /// A header's text; `None` when it is missing, empty or not text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .get(name)?
            .to_str()
            .ok()
            .map(str::trim)
            .filter(|text| !text.is_empty())
    }

    /// The first value of a query parameter; `None` when it is missing or empty.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        form_value(self.uri.query().unwrap_or_default(), name).filter(|value| !value.is_empty())
    }

    /// Whether the client takes gzip.
    pub(crate) fn takes_gzip(&self) -> bool {
        let encodings = self
            .headers
            .get_all(ACCEPT_ENCODING)
            .iter()
            .filter_map(|value| value.to_str().ok());
        encodings.flat_map(|value| value.split(',')).any(|encoding| {
            let (name, weight) = encoding.split_once(';').unwrap_or((encoding, ""));
            name.trim().eq_ignore_ascii_case("gzip") && !matches!(weight.trim(), "q=0" | "q=0.0" | "q=0.00")
        })
    }
}

/// The first value of `name` in a query or form.
pub(crate) fn form_value(form: &str, name: &str) -> Option<String> {
    let pairs = form
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let mut values = pairs
        .filter(|(key, _)| decode(key) == name)
        .map(|(_, value)| decode(value));
    values.next()
}

/// Undoes percent encoding, in which `+` is a space. What is no UTF-8 becomes U+FFFD.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, tail @ ..] = rest {
        rest = tail;
        let escaped = match (byte, tail) {
            (b'%', [high, low, after @ ..]) => hex(*high)
                .zip(hex(*low))
                .map(|(high, low)| (high * 16 + low, after)),
            _ => None,
        };
        match escaped {
            Some((value, after)) => {
                bytes.push(value);
                rest = after;
            }
            None => bytes.push(if *byte == b'+' { b' ' } else { *byte }),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_routes() {
        assert_eq!(Route::of("/accessToken/get"), Route::StandardToken);
        assert_eq!(Route::of("/Miami/v1/token"), Route::Unknown);
        assert_eq!(
            Route::of("/report/v2/ledgers/12345/funds/dates/2026-10-01"),
            Route::Date {
                ledger_id: "12345",
                topic: "funds",
                date: "2026-10-01"
            }
        );
        assert_eq!(
            Route::of("/report/v2/ledgers/1/fees/feed"),
            Route::Feed {
                ledger_id: "1",
                topic: "fees"
            }
        );
        assert_eq!(Route::of("/report/v2/ledgers/1/fees/feed/x/y/z"), Route::Unknown);
        assert_eq!(Route::of("/"), Route::Unknown);
    }

    #[test]
    fn forms_are_decoded() {
        assert_eq!(form_value("a=1&cursor=YXR%2B%3d", "cursor").unwrap(), "YXR+=");
        assert_eq!(
            form_value("cursor=YXR+", "cursor").unwrap(),
            "YXR ",
            "a plus that was not encoded is a space"
        );
        assert_eq!(form_value("x=%zz%4", "x").unwrap(), "%zz%4");
        assert_eq!(form_value("", "x"), None);
    }
}
