//! The server: HTTP/1.1 on 127.0.0.1, from the connection to the endpoint and back.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::NaiveDate;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::header::ALLOW;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::sandbox::fault::{Fault, Faults};
use crate::sandbox::options::SandboxOptions;
use crate::sandbox::reply::{DeliveredBody, Delivery, Reply};
use crate::sandbox::report::{PageFault, Report, first_handle};
use crate::sandbox::request::{ApiRequest, Route};
use crate::sandbox::source::Source;
use crate::sandbox::token::{self, Tokens};

/// The longest body that a request may have; the token form is far shorter.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// How many requests the log keeps.
const LOG_MAX: usize = 10_000;

/// A request that the sandbox has answered, or chosen not to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestRecord {
    /// Such as `GET`.
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// The status sent; `None` when the connection was reset or left hanging.
    pub status: Option<u16>,
}

/// A running sandbox. It stops when dropped.
#[derive(Debug)]
pub struct Sandbox {
    address: SocketAddr,
    service: Arc<Service>,
    task: JoinHandle<()>,
}

impl Sandbox {
    /// Starts to serve `source` on 127.0.0.1.
    pub async fn start(source: Arc<dyn Source>, options: SandboxOptions) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
        let address = listener.local_addr()?;
        let service = Arc::new(Service {
            source,
            faults: Faults::new(&options.faults, options.seed),
            tokens: Tokens::default(),
            today: Mutex::new(options.today),
            log: Mutex::new(Vec::new()),
            options,
        });
        let task = tokio::spawn(accept(listener, Arc::clone(&service)));
        Ok(Self {
            address,
            service,
            task,
        })
    }

    /// Where it listens, such as `http://127.0.0.1:8080`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The requests so far, in the order in which they were answered; the first 10 000 at most.
    pub fn requests(&self) -> Vec<RequestRecord> {
        lock(&self.service.log).clone()
    }

    /// Makes `today` the first date that is still open. Dates before it close, and the feed grows.
    pub fn set_today(&self, today: NaiveDate) {
        *lock(&self.service.today) = Some(today);
    }

    /// Stops and waits until the port is free.
    pub async fn stop(mut self) {
        self.task.abort();
        // The task was told to end; that it ended so is no failure.
        let _ended = (&mut self.task).await;
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Service {
    source: Arc<dyn Source>,
    options: SandboxOptions,
    faults: Faults,
    tokens: Tokens,
    today: Mutex<Option<NaiveDate>>,
    log: Mutex<Vec<RequestRecord>>,
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Service")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, service: Arc<Service>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve(stream, Arc::clone(&service)));
                }
                // Out of file descriptors, or a client that has left: better in a moment.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Serves one connection until it ends, well or on demand badly.
async fn serve(stream: TcpStream, service: Arc<Service>) {
    let is_reset = AtomicBool::new(false);
    let handler = service_fn(|request| respond(&service, request, &is_reset));
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .auto_date_header(false)
        .serve_connection(TokioIo::new(stream), handler);
    // A connection that breaks is the client's to notice.
    let _ended = (&mut connection).await;
    let stream = connection.into_parts().io.into_inner();
    if is_reset.load(Ordering::Relaxed) {
        // Where lingering cannot be turned off, the connection ends without a reset.
        let _is_set = stream.set_zero_linger();
    }
}

async fn respond(
    service: &Arc<Service>,
    request: hyper::Request<Incoming>,
    is_reset: &AtomicBool,
) -> io::Result<Response<DeliveredBody>> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, BODY_BYTES_MAX)
        .collect()
        .await
        .map_err(io::Error::other)?
        .to_bytes();
    let request = ApiRequest {
        method: parts.method,
        uri: parts.uri,
        headers: parts.headers,
        body,
    };
    let mut record = RequestRecord {
        method: request.method.to_string(),
        path: request
            .uri
            .path_and_query()
            .map_or("/", |path| path.as_str())
            .to_owned(),
        status: None,
    };
    let route = Route::of(request.path());
    let fault = route
        .endpoint()
        .and_then(|endpoint| service.faults.strike(endpoint, route.topic()));
    match fault {
        Some(Fault::Reset) => {
            is_reset.store(true, Ordering::Relaxed);
            service.log(record);
            return Err(io::Error::other("reset on demand"));
        }
        Some(Fault::Hang(duration)) => {
            service.log(record);
            tokio::time::sleep(duration).await;
            return Err(io::Error::other("hung up on demand"));
        }
        _ => {}
    }
    let delivery = match fault {
        Some(Fault::Cut) => Delivery::Cut,
        Some(Fault::Slow(duration)) => Delivery::Slow(duration),
        _ => Delivery::Whole,
    };
    let takes_gzip = request.takes_gzip();
    let task = Arc::clone(service);
    // Sources read files and generate entries, which must not hold up other connections.
    let reply = tokio::task::spawn_blocking(move || task.answer(&request, fault)).await?;
    record.status = Some(reply.status.as_u16());
    service.log(record);
    reply.into_response(takes_gzip, delivery)
}

impl Service {
    fn log(&self, record: RequestRecord) {
        let mut log = lock(&self.log);
        if log.len() < LOG_MAX {
            log.push(record);
        }
    }

    fn answer(&self, request: &ApiRequest, fault: Option<Fault>) -> Reply {
        let page_fault = match fault {
            Some(Fault::TooManyRequests(seconds)) => {
                let message = "Rate limit is exceeded. Try again later.";
                return Reply::gateway(StatusCode::TOO_MANY_REQUESTS, message).retry_after(seconds);
            }
            Some(Fault::Unavailable(seconds)) => {
                let message = "Service unavailable.";
                return Reply::gateway(StatusCode::SERVICE_UNAVAILABLE, message).retry_after(seconds);
            }
            Some(Fault::ServerError) => return Reply::server_error("Unknown error, please try again"),
            Some(Fault::BadGateway) => return Reply::bad_gateway(),
            Some(Fault::Locked) => return Reply::gateway(StatusCode::LOCKED, "Locked. Try again later."),
            Some(Fault::Expired) => return token::expired(self.options.unauthorized),
            Some(Fault::Html) => return Reply::html(),
            Some(Fault::WrongJson) => return self.route(request, PageFault::None).truncated(),
            Some(Fault::RepeatCursor) => PageFault::RepeatCursor,
            Some(Fault::EmptyPage) => PageFault::EmptyPage,
            Some(Fault::Cut | Fault::Slow(_) | Fault::Reset | Fault::Hang(_)) | None => PageFault::None,
        };
        self.route(request, page_fault)
    }

    fn route(&self, request: &ApiRequest, page_fault: PageFault) -> Reply {
        let route = Route::of(request.path());
        if route == Route::Unknown {
            return Reply::gateway(StatusCode::NOT_FOUND, "Resource not found");
        }
        if request.method != route.method() {
            let allowed = if route.method() == hyper::Method::GET {
                "GET"
            } else {
                "POST"
            };
            return Reply::gateway(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed")
                .with_header(ALLOW, allowed);
        }
        match route {
            Route::StandardToken => match first_handle(self.source.as_ref()) {
                Ok(handle) => self.tokens.standard(request, &self.options, handle.as_deref()),
                Err(error) => Reply::server_error(&error.to_string()),
            },
            Route::SpecializedToken => self.tokens.specialized(request, &self.options),
            Route::Gone => Reply::problem(StatusCode::GONE, "use /report/v2", request.path()),
            Route::Ledgers | Route::Date { .. } | Route::Feed { .. } | Route::Unknown => self
                .report(request, route, page_fault)
                .unwrap_or_else(|error| error),
        }
    }

    fn report(&self, request: &ApiRequest, route: Route<'_>, page_fault: PageFault) -> Result<Reply, Reply> {
        let report = Report {
            source: self.source.as_ref(),
            options: &self.options,
            today: *lock(&self.today),
            reach: self.tokens.authorize(request, &self.options)?,
            page_fault,
        };
        match route {
            Route::Date {
                ledger_id,
                topic,
                date,
            } => report.date(request, ledger_id, topic, date),
            Route::Feed { ledger_id, topic } => report.feed(request, ledger_id, topic),
            _ => report.ledgers(request),
        }
    }
}
