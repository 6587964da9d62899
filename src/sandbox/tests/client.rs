//! A client that hides nothing: it writes requests and reads answers byte by byte.

use std::io::{self, Read};
use std::sync::Arc;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::sandbox::options::{CLIENT_ID, CLIENT_SECRET, SandboxOptions};
use crate::sandbox::server::Sandbox;
use crate::sandbox::source::Source;
use crate::sandbox::story;

pub(super) const FORM: &str = "Content-Type: application/x-www-form-urlencoded; charset=utf-8";
pub(super) const LEDGERS: &str = "/settlement/v1/ledgers";

/// An answer as it came.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// Whether the body is as long as its header says.
    pub(super) fn is_whole(&self) -> bool {
        self.header("content-length") == Some(self.body.len().to_string().as_str())
    }

    pub(super) fn unzipped(&self) -> String {
        let mut text = String::new();
        flate2::read::GzDecoder::new(self.body.as_slice())
            .read_to_string(&mut text)
            .unwrap();
        text
    }
}

pub(super) async fn demo(options: SandboxOptions) -> Sandbox {
    start(story::source(), options).await
}

pub(super) async fn start(source: impl Source + 'static, options: SandboxOptions) -> Sandbox {
    Sandbox::start(Arc::new(source), options).await.unwrap()
}

/// Sends one request on a connection of its own.
pub(super) async fn send(
    sandbox: &Sandbox,
    method: &str,
    path: &str,
    headers: &[&str],
    body: &str,
) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(("127.0.0.1", sandbox.port())).await?;
    let headers: String = headers.iter().flat_map(|header| [*header, "\r\n"]).collect();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await?;
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
    let end = end.ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))?;
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Ok(Answer {
        status,
        head,
        body: bytes[end + 4..].to_vec(),
    })
}

/// The `Authorization` header of an accounting partner.
pub(super) async fn bearer(sandbox: &Sandbox) -> String {
    let basic = basic(CLIENT_ID, CLIENT_SECRET);
    let form = "grant_type=client_credentials";
    let answer = send(sandbox, "POST", "/miami/v1/token", &[&basic, FORM], form)
        .await
        .unwrap();
    format!(
        "Authorization: Bearer {}",
        answer.json()["access_token"].as_str().unwrap()
    )
}

pub(super) fn basic(client_id: &str, client_secret: &str) -> String {
    use base64::Engine;
    let keys = base64::engine::general_purpose::STANDARD.encode(format!("{client_id}:{client_secret}"));
    format!("Authorization: Basic {keys}")
}

/// Gets `path` as an accounting partner.
pub(super) async fn get(sandbox: &Sandbox, path: &str) -> Answer {
    let bearer = bearer(sandbox).await;
    send(sandbox, "GET", path, &[&bearer], "").await.unwrap()
}

/// The path of a demo ledger's date.
pub(super) fn date_path(topic: &str, date: &str) -> String {
    format!("/report/v2/ledgers/302321/{topic}/dates/{date}")
}

/// `path` with a cursor, encoded as it must be.
pub(super) fn with_cursor(path: &str, cursor: &str) -> String {
    format!(
        "{path}?cursor={}",
        cursor.replace('+', "%2B").replace('=', "%3D").replace('/', "%2F")
    )
}

/// Follows the pages of a date or of the ledgers; gives all items and the number of pages.
pub(super) async fn all_pages(sandbox: &Sandbox, path: &str) -> (Vec<Value>, usize) {
    let bearer = bearer(sandbox).await;
    let (mut items, mut pages, mut next) = (Vec::new(), 0, path.to_owned());
    loop {
        let page = send(sandbox, "GET", &next, &[&bearer], "").await.unwrap().json();
        items.extend(page["items"].as_array().unwrap().iter().cloned());
        pages += 1;
        if let Some(has_more) = page.get("hasMore") {
            assert_eq!(has_more.as_bool().unwrap(), page.get("cursor").is_some());
        }
        match page.get("cursor") {
            Some(cursor) => next = with_cursor(path, cursor.as_str().unwrap()),
            None => return (items, pages),
        }
    }
}
