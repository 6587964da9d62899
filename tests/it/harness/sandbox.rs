//! The sandbox on this machine, the client that asks it, and waiting for what takes its time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bilag::chart::Market;
use bilag::date::DateRange;
use bilag::report_api::credentials::Credentials;
use bilag::report_api::options::ClientOptions;
use bilag::report_api::retry::RetryPolicy;
use bilag::sandbox::fault::FaultRule;
use bilag::sandbox::options::{CLIENT_ID, CLIENT_SECRET, SandboxOptions};
use bilag::sandbox::plan::Plan;
use bilag::sandbox::server::Sandbox;
use bilag::sandbox::source::Source;
use chrono::NaiveDate;

/// A generated ledger.
pub(crate) fn plan(ledger_id: &str, range: DateRange, payments_per_date: u64) -> Plan {
    Plan {
        payments_per_date,
        ..Plan::new(Market::Norway, ledger_id, range)
    }
}

pub(crate) fn faults(rules: &[impl AsRef<str>]) -> Vec<FaultRule> {
    let rule = |rule: &_| FaultRule::parse(AsRef::as_ref(rule)).unwrap();
    rules.iter().map(rule).collect()
}

pub(crate) async fn start(source: Arc<dyn Source>, options: SandboxOptions) -> Sandbox {
    Sandbox::start(source, options).await.unwrap()
}

/// The sandbox's own keys, and waits of a millisecond.
pub(crate) fn client_options(sandbox: &Sandbox, today: NaiveDate) -> ClientOptions {
    let credentials = Credentials::Accounting {
        client_id: CLIENT_ID.into(),
        client_secret: CLIENT_SECRET.into(),
    };
    let mut options = ClientOptions::new(credentials, today);
    options.base_url = sandbox.base_url();
    options.retry = RetryPolicy {
        retries: 6,
        total: Duration::from_secs(20),
        first_delay: Duration::from_millis(1),
        longest_delay: Duration::from_millis(4),
    };
    options
}

/// Waits until `is_done`, looking every few milliseconds; `what` has not come after a minute.
pub(crate) async fn wait_until(what: &str, mut is_done: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_done() {
        assert!(Instant::now() < deadline, "{what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
