//! The part of a command that needs the network: keys, ledgers, missing dates.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDate;

use crate::archive::Archive;
use crate::cli::args::Global;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::progress::FetchBar;
use crate::cli::reach::{self, Reach};
use crate::config::raw::RawAuth;
use crate::config::{Config, VoucherPer};
use crate::date::DateRange;
use crate::provider::Topic;
use crate::report_api::client::Client;
use crate::report_api::credentials::{Auth, Credentials};
use crate::report_api::fetch::{self, FetchPlan, FetchReport, WantedDates};
use crate::report_api::listing::ListedLedger;
use crate::report_api::options::ClientOptions;
use crate::run;

/// What a fetch did: the ledgers, and why some of them failed.
#[derive(Debug, Default)]
pub struct Fetched {
    /// The ledgers that were asked for.
    pub reach: Reach,
    /// Failures by ledger.
    pub failures: BTreeMap<String, Failure>,
    /// Dates that the provider says are still open, by ledger.
    pub open: BTreeMap<String, BTreeSet<(Topic, NaiveDate)>>,
    /// How many requests it took.
    pub requests: usize,
    /// How many entries came.
    pub entries: usize,
}

/// Options for a client, from the configuration and the environment.
pub fn client_options(global: &Global, config: &Config) -> Result<ClientOptions, Failure> {
    let api = config.api();
    let auth = match api.auth.unwrap_or_default() {
        RawAuth::Accounting => Auth::Accounting,
        RawAuth::Merchant => Auth::Merchant,
    };
    let file = api.credentials_file.as_deref().map(|path| config.resolve(path));
    let credentials = Credentials::load(auth, file.as_deref(), |name| std::env::var(name).ok())?;
    let mut options = ClientOptions::new(credentials, today());
    if let Some(base_url) = &api.base_url {
        base_url.clone_into(&mut options.base_url);
    }
    if let Some(concurrency) = api.concurrency {
        if !(1..=64).contains(&concurrency) {
            return Err(Failure::usage(format!(
                "[api] concurrency is {concurrency}; it is a number from 1 to 64"
            )));
        }
        options.concurrency = concurrency;
    }
    if let Some(seconds) = api.timeout_seconds {
        options.request_timeout = Duration::from_secs(seconds.max(1));
    }
    if let Some(seconds) = api.retry_seconds {
        options.retry.total = Duration::from_secs(seconds);
    }
    options.progress = Arc::new(FetchBar::new(global.quiet || global.verbose > 0));
    Ok(options)
}

/// Runs `work` on a runtime of its own; Ctrl-C ends it at once, keeping what is stored.
pub fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|error| Failure::new(Exit::Unexpected, format!("cannot start the runtime: {error}")))?;
    runtime.block_on(async {
        tokio::select! {
            result = work => result,
            _ = tokio::signal::ctrl_c() => Err(Failure::new(
                Exit::Cancelled,
                "cancelled; what was fetched is kept, and the next run goes on from there",
            )),
        }
    })
}

/// Lists the ledgers that the keys reach; there is one at least.
pub async fn ledgers(client: &Client) -> Result<Vec<ListedLedger>, Failure> {
    let listed = client.ledgers(None).await?;
    if listed.is_empty() {
        return Err(Failure::new(Exit::NotOurs, "the keys reach no ledger")
            .with_hint("the merchant grants access in the portal: Reports, Accounting partners"));
    }
    Ok(listed)
}

/// The ids of listed ledgers.
pub fn ids(listed: &[ListedLedger]) -> Vec<String> {
    listed
        .iter()
        .map(|ledger| ledger.info.ledger_id.clone())
        .collect()
}

/// Fetches what the archive lacks for `range`, and what the first payout's voucher and refunds need
/// from before it.
pub async fn fetch(
    options: ClientOptions,
    archive: &Archive,
    config: &Config,
    range: DateRange,
    wanted: &[String],
) -> Result<Fetched, Failure> {
    archive.check_writable()?;
    let client = Client::new(options)?;
    let listed = ledgers(&client).await?;
    let reach = reach::find(archive, config, range, Some(&ids(&listed)), wanted)?;
    let is_wanted = |ledger: &ListedLedger| reach.ledgers.contains(&ledger.info.ledger_id);
    let ledgers: Vec<ListedLedger> = listed.into_iter().filter(is_wanted).collect();
    let mut fetched = Fetched {
        reach,
        ..Fetched::default()
    };
    let plan = FetchPlan {
        ledgers: ledgers.clone(),
        range,
    };
    fetched.take(fetch::fetch(&client, archive, plan).await)?;
    fetch_first_payout(&client, archive, config, range, &ledgers, &mut fetched).await?;
    fetch_lookback(&client, archive, config, range, &ledgers, &mut fetched).await?;
    Ok(fetched)
}

/// A voucher per payout takes in the dates since the payout before, also before the range.
async fn fetch_first_payout(
    client: &Client,
    archive: &Archive,
    config: &Config,
    range: DateRange,
    ledgers: &[ListedLedger],
    fetched: &mut Fetched,
) -> Result<(), Failure> {
    // Each round finds the next date that is missing; a payout covers about two months at most.
    const ROUNDS_MAX: usize = 100;
    for ledger in ledgers {
        let id = &ledger.info.ledger_id;
        let ledger_config = config.ledger(&ledger.info);
        if ledger_config.posting.voucher_per != VoucherPer::Payout || fetched.failures.contains_key(id) {
            continue;
        }
        let mut rounds = 0..ROUNDS_MAX;
        let missing = || {
            let missing = rounds
                .next()
                .and_then(|_| run::wanted::missing_before(archive, id, config, range));
            missing.into_iter().collect()
        };
        fetched
            .until_known(client, archive, ledger, &Topic::ALL, missing)
            .await?;
    }
    Ok(())
}

/// Refunds belong to captures up to a year before them: where it matters to which, the funds of the
/// dates before the range are needed, back to the ledger's first entry.
async fn fetch_lookback(
    client: &Client,
    archive: &Archive,
    config: &Config,
    range: DateRange,
    ledgers: &[ListedLedger],
    fetched: &mut Fetched,
) -> Result<(), Failure> {
    for ledger in ledgers {
        let id = &ledger.info.ledger_id;
        if fetched.failures.contains_key(id) {
            continue;
        }
        let Some(needed) = run::wanted::refund_lookback(archive, id, config, range) else {
            continue;
        };
        let unknown = || run::wanted::unknown_funds(archive, id, config, needed);
        fetched
            .until_known(client, archive, ledger, &[Topic::Funds], unknown)
            .await?;
    }
    Ok(())
}

impl Fetched {
    /// Fetches the dates of a ledger that `missing` gives, again and again until it gives none that
    /// was not asked for. What it gives may follow from what was fetched, so not all dates are asked
    /// for at once: the ledger may have begun a short while ago.
    async fn until_known(
        &mut self,
        client: &Client,
        archive: &Archive,
        ledger: &ListedLedger,
        topics: &[Topic],
        mut missing: impl FnMut() -> Vec<NaiveDate>,
    ) -> Result<(), Failure> {
        const DATES_AT_ONCE: usize = 31;
        let mut asked_for = BTreeSet::new();
        while !self.failures.contains_key(&ledger.info.ledger_id) {
            let mut dates = missing();
            dates.retain(|date| !asked_for.contains(date));
            dates.truncate(DATES_AT_ONCE);
            if dates.is_empty() {
                break;
            }
            asked_for.extend(dates.iter().copied());
            let wanted = topics.iter().map(|topic| WantedDates {
                ledger: ledger.clone(),
                topic: *topic,
                dates: dates.clone(),
            });
            self.take(fetch::fetch_dates(client, archive, wanted.collect()).await)?;
        }
        Ok(())
    }

    fn take(&mut self, report: FetchReport) -> Result<(), Failure> {
        if let Some(error) = report.fatal {
            return Err(error.into());
        }
        for ledger in report.ledgers {
            self.requests += ledger.requests;
            self.entries += ledger.entries;
            let open = self.open.entry(ledger.ledger_id.clone()).or_default();
            open.extend(ledger.open);
            if let Some(error) = ledger.error {
                self.failures.insert(ledger.ledger_id, error.into());
            }
        }
        Ok(())
    }
}

/// Today where the merchant is: a day may begin there before it does in UTC.
fn today() -> NaiveDate {
    #[expect(
        clippy::disallowed_methods,
        reason = "the command line is the one place that asks for the time"
    )]
    let now = chrono::Utc::now();
    now.with_timezone(&chrono_tz::Europe::Helsinki).date_naive()
}
