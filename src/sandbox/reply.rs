//! Answers, and the ways in which they can reach the client or fail to.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, SizeHint};
use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, VARY};
use hyper::{Response, StatusCode};
use serde_json::{Value, json};
use tokio::time::Sleep;

const JSON: &str = "application/json; charset=utf-8";
const PROBLEM: &str = "application/problem+json; charset=utf-8";
const HTML: &str = "text/html";
const ERROR_PAGE: &str = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n\
    <center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n";

/// An answer before it is sent.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    content_type: &'static str,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Vec<u8>,
}

/// How an answer is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// As it should be.
    Whole,
    /// The connection ends in the middle.
    Cut,
    /// With a pause in the middle.
    Slow(Duration),
}

impl Reply {
    fn new(status: StatusCode, content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            content_type,
            headers: Vec::new(),
            body: body.into(),
        }
    }

    /// 200 with JSON.
    pub(crate) fn json(body: impl Into<Vec<u8>>) -> Self {
        Self::new(StatusCode::OK, JSON, body)
    }

    /// 200 with a page of HTML.
    pub(crate) fn html() -> Self {
        Self::new(StatusCode::OK, HTML, ERROR_PAGE)
    }

    /// 502 with a page of HTML.
    pub(crate) fn bad_gateway() -> Self {
        Self::new(StatusCode::BAD_GATEWAY, HTML, ERROR_PAGE)
    }

    /// An error in the form of RFC 7807.
    pub(crate) fn problem(status: StatusCode, detail: &str, path: &str) -> Self {
        let title = status.canonical_reason().unwrap_or("Error");
        let body = json!({ "type": "about:blank", "title": title,
            "status": status.as_u16(), "detail": detail, "instance": path });
        Self::new(status, PROBLEM, body.to_string())
    }

    /// An error in the form of the gateway before the API.
    pub(crate) fn gateway(status: StatusCode, message: &str) -> Self {
        let body = json!({ "statusCode": status.as_u16(), "message": message });
        Self::new(status, JSON, body.to_string())
    }

    /// An error with a body of its own.
    pub(crate) fn error(status: StatusCode, body: &Value) -> Self {
        Self::new(status, JSON, body.to_string())
    }

    /// 500 with an `errorCode` and a `contextId`.
    pub(crate) fn server_error(message: &str) -> Self {
        let body = json!({ "errorCode": 10001, "errorMessage": message,
            "contextId": "00000000-5a4d-4b0c-8000-000000000500" });
        Self::error(StatusCode::INTERNAL_SERVER_ERROR, &body)
    }

    /// The same answer with `Retry-After`, if there is a number of seconds.
    pub(crate) fn retry_after(mut self, seconds: Option<u64>) -> Self {
        self.headers
            .extend(seconds.map(|seconds| (RETRY_AFTER, HeaderValue::from(seconds))));
        self
    }

    /// The same answer with one more header.
    pub(crate) fn with_header(mut self, name: HeaderName, value: &'static str) -> Self {
        self.headers.push((name, HeaderValue::from_static(value)));
        self
    }

    /// The same answer with half of its body.
    pub(crate) fn truncated(mut self) -> Self {
        self.body.truncate(self.body.len() / 2);
        self
    }

    /// Makes it a response of hyper's.
    pub(crate) fn into_response(
        mut self,
        with_gzip: bool,
        delivery: Delivery,
    ) -> io::Result<Response<DeliveredBody>> {
        if with_gzip {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(&self.body)?;
            self.body = encoder.finish()?;
            self.headers
                .push((CONTENT_ENCODING, HeaderValue::from_static("gzip")));
            self.headers
                .push((VARY, HeaderValue::from_static("Accept-Encoding")));
        }
        let mut response = Response::new(DeliveredBody::new(self.body.into(), delivery));
        *response.status_mut() = self.status;
        response
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        response.headers_mut().extend(self.headers);
        Ok(response)
    }
}

/// A body on its way: its parts, pauses, and perhaps an early end.
pub(crate) struct DeliveredBody {
    steps: VecDeque<DeliveryStep>,
    bytes_left: u64,
}

enum DeliveryStep {
    Send(Bytes),
    Wait(Pin<Box<Sleep>>),
    Fail,
}

impl DeliveredBody {
    fn new(mut body: Bytes, delivery: Delivery) -> Self {
        let bytes_left = u64::try_from(body.len()).expect("a body is shorter than 2^64 bytes");
        let half = body.split_to(body.len() / 2);
        // The wait before the failure lets the half that was sent reach the client.
        let wait = |duration| DeliveryStep::Wait(Box::pin(tokio::time::sleep(duration)));
        let steps: Vec<DeliveryStep> = match delivery {
            Delivery::Whole => vec![DeliveryStep::Send(half), DeliveryStep::Send(body)],
            Delivery::Cut => vec![
                DeliveryStep::Send(half),
                wait(Duration::from_millis(1)),
                DeliveryStep::Fail,
            ],
            Delivery::Slow(duration) => {
                vec![DeliveryStep::Send(half), wait(duration), DeliveryStep::Send(body)]
            }
        };
        Self {
            steps: steps.into(),
            bytes_left,
        }
    }
}

impl Body for DeliveredBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        loop {
            if let Some(DeliveryStep::Wait(sleep)) = self.steps.front_mut()
                && sleep.as_mut().poll(context).is_pending()
            {
                return Poll::Pending;
            }
            match self.steps.pop_front() {
                None => return Poll::Ready(None),
                Some(DeliveryStep::Wait(_)) => {}
                Some(DeliveryStep::Send(bytes)) if bytes.is_empty() => {}
                Some(DeliveryStep::Send(bytes)) => {
                    self.bytes_left -= u64::try_from(bytes.len()).expect("a part is shorter than the whole");
                    return Poll::Ready(Some(Ok(Frame::data(bytes))));
                }
                Some(DeliveryStep::Fail) => return Poll::Ready(Some(Err(io::Error::other("cut on demand")))),
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes_left)
    }
}
