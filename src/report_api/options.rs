//! What a client needs to know before its first request.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDate;

use crate::report_api::credentials::Credentials;
use crate::report_api::progress::Progress;
use crate::report_api::retry::RetryPolicy;

/// The provider's host; there is no test environment.
pub const PRODUCTION: &str = "https://api.vipps.no";

/// How a client reaches the provider, and within which limits.
#[derive(Clone)]
pub struct ClientOptions {
    /// Scheme and host, perhaps a path; https, except to this machine.
    pub base_url: String,
    /// The keys.
    pub credentials: Credentials,
    /// The path of the token endpoint, where it is not the one of the credentials' flow.
    pub token_path: Option<String>,
    /// How many requests may be under way at once.
    pub concurrency: usize,
    /// How long one request may take, its body included.
    pub request_timeout: Duration,
    /// How temporary failures are tried again.
    pub retry: RetryPolicy,
    /// What the provider sees of the program that asks.
    pub system: SystemNames,
    /// Whether to ask for payers' names, masked phone numbers and messages.
    pub include_gdpr: bool,
    /// The date that counts as today: a 404 for a recent date means that it is open, and no
    /// later date is asked for.
    pub today: NaiveDate,
    /// Hears how the work goes.
    pub progress: Arc<dyn Progress>,
}

impl ClientOptions {
    /// The usual options for the production host.
    pub fn new(credentials: Credentials, today: NaiveDate) -> Self {
        Self {
            base_url: PRODUCTION.to_owned(),
            credentials,
            token_path: None,
            concurrency: 4,
            request_timeout: Duration::from_secs(60),
            retry: RetryPolicy::default(),
            system: SystemNames::default(),
            include_gdpr: false,
            today,
            progress: Arc::new(()),
        }
    }
}

impl fmt::Debug for ClientOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientOptions")
            .field("base_url", &self.base_url)
            .field("credentials", &self.credentials)
            .field("token_path", &self.token_path)
            .field("concurrency", &self.concurrency)
            .field("request_timeout", &self.request_timeout)
            .field("retry", &self.retry)
            .field("system", &self.system)
            .field("include_gdpr", &self.include_gdpr)
            .field("today", &self.today)
            .finish_non_exhaustive()
    }
}

/// The `Vipps-System-…` headers, by which the provider's support finds requests. Each is at most
/// 30 characters.
#[derive(Debug, Clone)]
pub struct SystemNames {
    /// `Vipps-System-Name`.
    pub name: String,
    /// `Vipps-System-Version`.
    pub version: String,
    /// `Vipps-System-Plugin-Name`.
    pub plugin_name: String,
    /// `Vipps-System-Plugin-Version`.
    pub plugin_version: String,
}

impl SystemNames {
    /// Header names and values, in the order of the provider's documentation.
    pub(super) fn headers(&self) -> [(&'static str, &str); 4] {
        [
            ("vipps-system-name", &self.name),
            ("vipps-system-version", &self.version),
            ("vipps-system-plugin-name", &self.plugin_name),
            ("vipps-system-plugin-version", &self.plugin_version),
        ]
    }
}

impl Default for SystemNames {
    fn default() -> Self {
        let (name, version) = (
            env!("CARGO_PKG_NAME").to_owned(),
            env!("CARGO_PKG_VERSION").to_owned(),
        );
        Self {
            name: name.clone(),
            version: version.clone(),
            plugin_name: name,
            plugin_version: version,
        }
    }
}
