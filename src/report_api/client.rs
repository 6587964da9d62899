//! Asks the provider for one thing at a time: a token, the ledgers, one ledger date. Each answer
//! is whole and checked, or an error after the retries that its kind deserves.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use chrono::NaiveDate;
use reqwest::Url;
use tokio::sync::Mutex;

use crate::provider::Topic;
use crate::report_api::error::{ApiError, Subject};
use crate::report_api::listing::{self, ListedLedger};
use crate::report_api::options::ClientOptions;
use crate::report_api::page::PagePlace;
use crate::report_api::paging::Pages;
use crate::report_api::retry::Tries;
use crate::report_api::token::{Token, TokenStore};
use crate::report_api::transport::Transport;

/// The most ledgers that keys reach. The largest accountants have some ten thousand.
const LEDGERS_MAX: usize = 1_000_000;

/// The most bytes of the answers for one date, which are in memory until the date is kept: about
/// 400 000 entries.
const DATE_BYTES_MAX: usize = 128 << 20;

/// A date with more bytes than this is fetched while no other is, so that memory holds one of them.
const DATE_BYTES_LARGE: usize = 16 << 20;

/// One ledger date of one topic, as the provider has it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FetchedDate {
    /// Closed: it will never change.
    Closed {
        /// The response bodies in page order, byte for byte.
        bodies: Vec<Vec<u8>>,
        /// How many entries they hold.
        entries: usize,
    },
    /// Not closed yet. What came with it is provisional and not given out.
    Open,
}

/// A client of the Report API. Clones share connections and token.
#[derive(Debug, Clone)]
pub struct Client {
    connection: Arc<Connection>,
}

#[derive(Debug)]
struct Connection {
    options: ClientOptions,
    transport: Transport,
    tokens: TokenStore,
    /// Held while a large date is fetched.
    large: Mutex<()>,
}

/// One request of the API proper.
struct Call<'a> {
    subject: &'a Subject,
    url: Url,
    /// Counts the requests that it takes.
    requests: &'a AtomicUsize,
}

impl Client {
    /// Checks the options and sets up the connection; nothing is sent yet.
    pub fn new(options: ClientOptions) -> Result<Self, ApiError> {
        let transport = Transport::new(&options)?;
        Ok(Self {
            connection: Arc::new(Connection {
                options,
                transport,
                tokens: TokenStore::default(),
                large: Mutex::default(),
            }),
        })
    }

    /// The options that the client was made with.
    pub fn options(&self) -> &ClientOptions {
        &self.connection.options
    }

    /// The ledgers that the keys reach, in the provider's order; with `handle` only those that
    /// settle for that recipient handle (such as `api:123455`).
    pub async fn ledgers(&self, handle: Option<&str>) -> Result<Vec<ListedLedger>, ApiError> {
        let subject = Subject::Ledgers;
        let mut ledgers: Vec<ListedLedger> = Vec::new();
        let mut known = HashSet::new();
        let mut pages = Pages::new(&subject);
        loop {
            let mut url = self.connection.transport.url(["settlement", "v1", "ledgers"]);
            append_query(&mut url, "settlesForRecipientHandles", handle);
            append_query(&mut url, "cursor", pages.cursor());
            let page = pages.page;
            let accept = |body: Vec<u8>| listing::accept(&subject, page, &body);
            let call = Call {
                subject: &subject,
                url,
                requests: &AtomicUsize::new(0),
            };
            let (listed, cursor) = self.get(&call, accept).await?;
            for ledger in listed {
                // A ledger that joins while pages are read can push another onto two of them.
                if known.insert(ledger.info.ledger_id.clone()) {
                    ledgers.push(ledger);
                }
            }
            if ledgers.len() > LEDGERS_MAX {
                return Err(pages.too_much("the list of ledgers does not end"));
            }
            match cursor {
                Some(cursor) => pages.turn_to(Some(cursor))?,
                None => return Ok(ledgers),
            }
        }
    }

    /// One date of a topic of `ledger`, which the provider has just listed.
    pub async fn date(
        &self,
        ledger: &ListedLedger,
        topic: Topic,
        date: NaiveDate,
    ) -> Result<FetchedDate, ApiError> {
        self.date_counted(&ledger.info.ledger_id, topic, date, &AtomicUsize::new(0))
            .await
    }

    /// As [`Self::date`], counting the requests that it takes.
    pub(super) async fn date_counted(
        &self,
        ledger_id: &str,
        topic: Topic,
        date: NaiveDate,
        requests: &AtomicUsize,
    ) -> Result<FetchedDate, ApiError> {
        let subject = Subject::Date {
            ledger_id: ledger_id.to_owned(),
            topic,
            date,
        };
        let mut bodies = Vec::new();
        let (mut entries, mut size, mut large) = (0, 0, None);
        let mut opening = None;
        let mut marks = BTreeSet::new();
        let mut pages = Pages::new(&subject);
        loop {
            let url = self.date_url(ledger_id, topic, date, pages.cursor());
            let place = PagePlace {
                subject: &subject,
                date,
                page: pages.page,
                opening,
                marks: &marks,
            };
            let call = Call {
                subject: &subject,
                url,
                requests,
            };
            let page = self.get(&call, |body| place.accept(body)).await?;
            if page.is_open {
                return Ok(FetchedDate::Open);
            }
            entries += page.entries;
            size += page.body.len();
            if size > DATE_BYTES_MAX {
                return Err(pages.too_much("the pages of the date do not end"));
            }
            if size > DATE_BYTES_LARGE && large.is_none() {
                large = Some(self.connection.large.lock().await);
            }
            opening = page.closing;
            marks.extend(page.mark);
            bodies.push(page.body);
            if !page.has_more {
                return Ok(FetchedDate::Closed { bodies, entries });
            }
            pages.turn_to(page.cursor)?;
        }
    }

    fn date_url(&self, ledger_id: &str, topic: Topic, date: NaiveDate, cursor: Option<&str>) -> Url {
        let date = date.to_string();
        let path = ["report", "v2", "ledgers", ledger_id, topic.name(), "dates", &date];
        let mut url = self.connection.transport.url(path);
        // The provider forgets this on the next page if it is not said again.
        append_query(
            &mut url,
            "includeGDPRSensitiveData",
            self.connection.options.include_gdpr.then_some("true"),
        );
        append_query(&mut url, "cursor", cursor);
        url
    }

    /// Sends `call` until `accept` takes the answer, the failure is one that lasts, or the
    /// retries are used up. A 401 brings a new token, once.
    async fn get<T>(
        &self,
        call: &Call<'_>,
        accept: impl Fn(Vec<u8>) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let mut tries = Tries::start(&self.connection.options.retry);
        let mut token = self.token(None).await?;
        let mut is_renewed = false;
        loop {
            call.requests.fetch_add(1, Ordering::Relaxed);
            let error = match self.send(call, &token).await.and_then(&accept) {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            if error.status() == Some(401) && !is_renewed {
                is_renewed = true;
                token = self.token(Some(&token)).await?;
                continue;
            }
            self.wait(&mut tries, error).await?;
            token = self.token(None).await?;
        }
    }

    async fn send(&self, call: &Call<'_>, token: &Token) -> Result<Vec<u8>, ApiError> {
        let Connection {
            options, transport, ..
        } = &*self.connection;
        let request = transport.http.get(call.url.clone()).bearer_auth(token.bearer());
        let request = options.credentials.identify(request)?;
        transport.exchange(call.subject, request).await
    }

    /// A token that will do, which is another than `rejected`.
    async fn token(&self, rejected: Option<&Arc<Token>>) -> Result<Arc<Token>, ApiError> {
        self.connection.tokens.get(rejected, self.ask_token()).await
    }

    async fn ask_token(&self) -> Result<Token, ApiError> {
        let Connection {
            options, transport, ..
        } = &*self.connection;
        let path = options
            .token_path
            .as_deref()
            .unwrap_or(options.credentials.token_path());
        let url = transport.url(path.split('/').filter(|segment| !segment.is_empty()));
        let mut tries = Tries::start(&options.retry);
        loop {
            let asked = Instant::now();
            let request = options.credentials.token_request(&transport.http, url.clone())?;
            let answer = transport.exchange(&Subject::Token, request).await;
            match answer.and_then(|body| Token::read(&body, asked)) {
                Ok(token) => {
                    transport.secrets.add_token(token.bearer());
                    return Ok(token);
                }
                Err(error) => self.wait(&mut tries, error).await?,
            }
        }
    }

    /// Waits before the next try, or gives `error` back when there is to be none.
    async fn wait(&self, tries: &mut Tries<'_>, error: ApiError) -> Result<(), ApiError> {
        let delay = if error.is_retried() {
            tries.next_delay(error.retry_after())
        } else {
            None
        };
        let Some(delay) = delay else { return Err(error) };
        tracing::info!(delay_ms = delay.as_millis(), "{error}; trying again");
        self.connection.options.progress.retrying(&error, delay);
        tokio::time::sleep(delay).await;
        Ok(())
    }
}

/// Adds a parameter, percent-encoded: cursors are base64 and hold `+`, `/` and `=`.
fn append_query(url: &mut Url, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        url.query_pairs_mut().append_pair(name, value);
    }
}
