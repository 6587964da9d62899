//! A loopback HTTP server that answers from a closure and remembers what it was asked.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bilag::provider::{LedgerInfo, Topic};
use bilag::report_api::client::Client;
use bilag::report_api::credentials::Credentials;
use bilag::report_api::listing::ListedLedger;
use bilag::report_api::options::ClientOptions;
use bilag::report_api::retry::RetryPolicy;
use chrono::NaiveDate;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::harness::dates::date;
use crate::harness::layout::gzip;

/// What the server was asked: the head in lower case names, and the body.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Request {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    pub(super) fn path(&self) -> &str {
        self.target.split('?').next().unwrap()
    }

    pub(super) fn query(&self) -> &str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }

    pub(super) fn is_token(&self) -> bool {
        self.method == "POST"
    }

    /// Ledger, topic and date of a request for a date.
    pub(super) fn date(&self) -> Option<(String, Topic, NaiveDate)> {
        let parts: Vec<&str> = self.path().split('/').collect();
        let ["", "report", "v2", "ledgers", ledger, topic, "dates", on] = parts[..] else {
            return None;
        };
        let topic = Topic::ALL
            .into_iter()
            .find(|known| known.name() == topic)
            .unwrap();
        Some((ledger.to_owned(), topic, date(on)))
    }
}

/// An answer, to the byte.
#[derive(Debug, Clone)]
pub(super) struct Answer(Vec<u8>);

impl Answer {
    pub(super) fn new(status: u16, headers: &str, body: &str) -> Self {
        let length = body.len();
        Self(
            format!("HTTP/1.1 {status} Said\r\n{headers}content-length: {length}\r\n\r\n{body}").into_bytes(),
        )
    }

    pub(super) fn json(body: &str) -> Self {
        Self::new(200, "content-type: application/json\r\n", body)
    }

    pub(super) fn status(status: u16) -> Self {
        Self::new(status, "", "")
    }

    /// The head promises all of `body`, but only a part comes.
    pub(super) fn cut(body: &str) -> Self {
        let mut answer = Self::json(body);
        answer.0.truncate(answer.0.len() - body.len() / 2);
        answer
    }

    /// A 200 with gzip.
    pub(super) fn gzip(body: &str) -> Self {
        let body = gzip(body.as_bytes());
        let mut answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        answer.extend(body);
        Self(answer)
    }
}

/// The server; it ends with the test's runtime.
pub(super) struct Server {
    address: String,
    log: Arc<Log>,
}

#[derive(Default)]
struct Log {
    asked: Mutex<Vec<Request>>,
    under_way: AtomicUsize,
    peak: AtomicUsize,
}

type Script = dyn Fn(&Request, usize) -> Answer + Send + Sync;

impl Server {
    /// Answers each request by `script`, which is also told how many came before it.
    pub(super) async fn start(script: impl Fn(&Request, usize) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let log = Arc::new(Log::default());
        let (script, shared): (Arc<Script>, _) = (Arc::new(script), Arc::clone(&log));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&script), Arc::clone(&shared)));
            }
        });
        Self { address, log }
    }

    /// As [`Self::start`], with a token for everybody; `script` sees the other requests only.
    pub(super) async fn with_token(
        script: impl Fn(&Request, usize) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let count = Mutex::new(0);
        Self::start(move |request, _| {
            if request.is_token() {
                return Answer::json(TOKEN);
            }
            let before = {
                let mut count = count.lock().unwrap();
                *count += 1;
                *count - 1
            };
            script(request, before)
        })
        .await
    }

    pub(super) fn asked(&self) -> Vec<Request> {
        self.log.asked.lock().unwrap().clone()
    }

    pub(super) fn tokens_asked(&self) -> usize {
        self.asked().iter().filter(|request| request.is_token()).count()
    }

    /// The dates that were asked for, in the order of topic and date, each as often as asked.
    pub(super) fn dates_asked(&self) -> Vec<(String, Topic, NaiveDate)> {
        let mut dates: Vec<_> = self.asked().iter().filter_map(Request::date).collect();
        dates.sort();
        dates
    }

    /// The most requests that were under way at once.
    pub(super) fn peak(&self) -> usize {
        self.log.peak.load(Ordering::SeqCst)
    }

    pub(super) fn forget(&self) {
        self.log.asked.lock().unwrap().clear();
    }

    /// Options for a client that waits for milliseconds only.
    pub(super) fn options(&self) -> ClientOptions {
        ClientOptions {
            base_url: self.address.clone(),
            retry: RetryPolicy {
                retries: 3,
                total: Duration::from_secs(30),
                first_delay: Duration::from_millis(1),
                longest_delay: Duration::from_millis(2),
            },
            ..ClientOptions::new(accounting(), date("2026-04-15"))
        }
    }

    pub(super) fn client(&self) -> Client {
        Client::new(self.options()).unwrap()
    }
}

async fn serve(mut stream: TcpStream, script: Arc<Script>, log: Arc<Log>) {
    let mut bytes = Vec::new();
    while let Some(request) = read_request(&mut stream, &mut bytes).await {
        let before = {
            let mut asked = log.asked.lock().unwrap();
            asked.push(request.clone());
            asked.len() - 1
        };
        let under_way = log.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        log.peak.fetch_max(under_way, Ordering::SeqCst);
        // Gives the client the chance to ask for more meanwhile.
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        log.under_way.fetch_sub(1, Ordering::SeqCst);
        let Answer(answer) = script(&request, before);
        let is_whole = is_whole(&answer);
        if stream.write_all(&answer).await.is_err() || !is_whole {
            return;
        }
    }
}

fn is_whole(answer: &[u8]) -> bool {
    let head_end = answer
        .windows(4)
        .position(|bytes| bytes == b"\r\n\r\n")
        .unwrap_or(0);
    let head = String::from_utf8_lossy(&answer[..head_end]).into_owned();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    length.is_some_and(|length| answer.len() == head_end + 4 + length.parse::<usize>().unwrap())
}

async fn read_request(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<Request> {
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
            let mut lines = head.lines();
            let mut first = lines.next()?.split(' ');
            let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
            let headers: Vec<(String, String)> = lines
                .filter_map(|line| line.split_once(": "))
                .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
                .collect();
            let length = headers.iter().find(|(name, _)| name == "content-length");
            let length: usize = length.map_or(0, |(_, value)| value.parse().unwrap());
            if bytes.len() >= end + 4 + length {
                let body = String::from_utf8(bytes[end + 4..end + 4 + length].to_vec()).unwrap();
                bytes.drain(..end + 4 + length);
                return Some(Request {
                    method,
                    target,
                    headers,
                    body,
                });
            }
        }
        let mut part = [0; 4096];
        match stream.read(&mut part).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&part[..count]),
        }
    }
}

pub(super) const TOKEN: &str = r#"{"access_token":"TOKEN-1","token_type":"Bearer","expires_in":900}"#;
pub(super) const EMPTY: &str = r#"{"hasMore":false,"items":[]}"#;
pub(super) const OPEN: &str = r#"{"items":[],"tryLater":true}"#;

pub(super) fn accounting() -> Credentials {
    Credentials::Accounting {
        client_id: "id-of-client".into(),
        client_secret: "SECRET-1".into(),
    }
}

pub(super) fn merchant() -> Credentials {
    Credentials::Merchant {
        client_id: "id-of-client".into(),
        client_secret: "SECRET-1".into(),
        subscription_key: "SECRET-2".into(),
        merchant_serial_number: "1234567".to_owned(),
    }
}

pub(super) fn ledger(id: &str) -> ListedLedger {
    ListedLedger {
        info: LedgerInfo::unknown(id),
        item: format!(r#"{{"ledgerId":"{id}"}}"#),
    }
}

/// A body with captures of the amounts, whose balances begin at `opening`.
pub(super) fn page(date: &str, opening: i64, amounts: &[i64], more: &str) -> String {
    let mut balance = opening;
    let mut items = Vec::new();
    for amount in amounts {
        let after = balance + amount;
        items.push(format!(
            r#"{{"entryType":"capture","ledgerDate":"{date}","currency":"NOK","amount":{amount},"balanceBefore":{balance},"balanceAfter":{after},"name":"Kari Nordmann"}}"#
        ));
        balance = after;
    }
    format!(r#"{{"items":[{}],{more}}}"#, items.join(","))
}

pub(super) const LAST: &str = r#""hasMore":false"#;
