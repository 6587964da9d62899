//! One HTTP exchange: where to, over what, and how much of the answer is read.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{RequestBuilder, Response, Url};

use crate::ledger::day::with_causes;
use crate::report_api::answer::Answer;
use crate::report_api::error::{ApiError, Subject};
use crate::report_api::options::ClientOptions;
use crate::report_api::secrets::Secrets;
use crate::text;

/// The largest body that is read; a page of 1000 entries is about 300 KB.
const BODY_BYTES_MAX: usize = 8 << 20;
/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// The way to the provider's host.
#[derive(Debug)]
pub(super) struct Transport {
    base_url: Url,
    /// Sends the headers that all requests have in common.
    pub(super) http: reqwest::Client,
    /// What no answer may repeat.
    pub(super) secrets: Secrets,
}

impl Transport {
    /// Checks the address and sets up the client; nothing is sent yet.
    pub(super) fn new(options: &ClientOptions) -> Result<Self, ApiError> {
        let base_url = base_url(&options.base_url)?;
        let http = http_client(options, &base_url)?;
        Ok(Self {
            base_url,
            http,
            secrets: Secrets::of(&options.credentials),
        })
    }

    /// The address of a path under the host.
    pub(super) fn url<'a>(&self, segments: impl IntoIterator<Item = &'a str>) -> Url {
        let mut url = self.base_url.clone();
        // An address without a path was refused when the client was made.
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    /// Sends one request and reads the whole body of a 200; anything else is an error. Here everything
    /// comes in that the provider says, so here it is seen to that it repeats no key.
    pub(super) async fn exchange(
        &self,
        subject: &Subject,
        request: RequestBuilder,
    ) -> Result<Vec<u8>, ApiError> {
        let started = Instant::now();
        let connection = |error| self.connection(subject, error);
        let answer = request.send().await.map_err(connection)?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = read_body(subject, answer, connection).await;
        let elapsed_ms = started.elapsed().as_millis();
        tracing::debug!(
            status,
            elapsed_ms,
            bytes = body.as_ref().map_or(0, Vec::len),
            "{subject}"
        );
        match (status, body) {
            (200, Ok(body)) if *subject != Subject::Token && self.secrets.are_in(&body) => {
                Err(ApiError::SecretEchoed {
                    subject: subject.clone(),
                })
            }
            (200, body) => body,
            // The status says enough when the body of an error is cut.
            (status, body) => Err(ApiError::Refused {
                subject: subject.clone(),
                status,
                answer: Answer::read(&headers, &body.unwrap_or_default(), &self.secrets),
            }),
        }
    }

    /// What the HTTP client says, without the address: its query holds the cursor.
    fn connection(&self, subject: &Subject, error: reqwest::Error) -> ApiError {
        let problem = match &error {
            error if error.is_timeout() => "no answer in time",
            error if error.is_connect() => "no connection to the provider",
            error if error.is_body() || error.is_decode() => "the answer broke off",
            _ => "the connection failed",
        };
        // It may quote a certificate or a proxy.
        let error = error.without_url();
        let is_told = !self.secrets.are_in_message(&with_causes(&error));
        ApiError::Connection {
            subject: subject.clone(),
            problem,
            source: is_told.then(|| Arc::new(error)),
        }
    }
}

async fn read_body(
    subject: &Subject,
    mut answer: Response,
    connection: impl Fn(reqwest::Error) -> ApiError,
) -> Result<Vec<u8>, ApiError> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(&connection)? {
        if body.len() + chunk.len() > BODY_BYTES_MAX {
            let problem = "the answer is larger than any page of the Report API".to_owned();
            return Err(ApiError::NotDocumented {
                subject: subject.clone(),
                page: 1,
                problem,
            });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn base_url(text: &str) -> Result<Url, ApiError> {
    let url = Url::parse(text).map_err(|_| bad_base_url(text, "is no address"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(bad_base_url(text, "may hold no user name and no password"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(bad_base_url(text, "may hold no `?` and no `#`"));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => Err(bad_base_url(text, "would send the keys in the clear")),
        _ => Err(bad_base_url(text, "is no address of a server")),
    }
}

fn bad_base_url(address: &str, problem: &str) -> ApiError {
    // What follows these marks, or stands before them, may be a key; then it is not repeated.
    let address = if address.contains(['@', '?', '#']) {
        "base_url"
    } else {
        address
    };
    ApiError::Options {
        problem: format!("`{}` {problem}", text::shortened(&text::line(address), 200)),
        hint: "write `base_url = \"https://api.vipps.no\"`; plain http is only for a sandbox on this machine",
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || address
            .parse()
            .is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

fn http_client(options: &ClientOptions, base_url: &Url) -> Result<reqwest::Client, ApiError> {
    install_tls();
    let mut headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]);
    for (name, value) in options.system.headers() {
        let short = if value.chars().count() <= 30 {
            HeaderValue::from_str(value).ok()
        } else {
            None
        };
        let value = short.ok_or_else(|| ApiError::Options {
            problem: format!("`{}` cannot be sent as `{name}`", text::line(value)),
            hint: "the provider takes at most 30 plain characters",
        })?;
        headers.insert(name, value);
    }
    let mut builder = reqwest::Client::builder()
        .default_headers(headers)
        .user_agent(concat!("bilag/", env!("CARGO_PKG_VERSION")))
        .timeout(options.request_timeout)
        .connect_timeout(CONNECT_TIMEOUT)
        // A redirect would take the keys to a place that nobody named.
        .redirect(Policy::none());
    if is_loopback(base_url) {
        // No proxy can reach this machine's own ports.
        builder = builder.no_proxy();
    }
    if base_url.scheme() == "http" {
        // Reading the system's certificates takes time, and a machine may have none.
        builder = builder.tls_certs_only([]);
    }
    builder.build().map_err(|error| ApiError::Setup(Arc::new(error)))
}

fn install_tls() {
    static INSTALLED: OnceLock<()> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        // An error means that the process has a provider already, which serves as well.
        let _: Result<(), _> = rustls::crypto::ring::default_provider().install_default();
    });
}
