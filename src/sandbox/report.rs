//! The ledgers, dates and feed endpoints.

use chrono::{Datelike, NaiveDate};
use hyper::StatusCode;
use serde_json::Value;

use crate::date::{days_after, days_before};
use crate::provider::Topic;
use crate::sandbox::cursor::Cursor;
use crate::sandbox::options::{FeedEnd, OpenDates, SandboxOptions};
use crate::sandbox::reply::Reply;
use crate::sandbox::request::ApiRequest;
use crate::sandbox::source::{LedgerItem, Source, SourceError, TopicDate, Window};
use crate::sandbox::token::Reach;

/// How a page goes wrong on demand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PageFault {
    /// It does not.
    None,
    /// The cursor leads to the page itself.
    RepeatCursor,
    /// The page is empty; the next one holds what this one should have held.
    EmptyPage,
}

/// What the report endpoints answer from.
pub(crate) struct Report<'a> {
    pub(crate) source: &'a dyn Source,
    pub(crate) options: &'a SandboxOptions,
    pub(crate) today: Option<NaiveDate>,
    pub(crate) reach: Reach,
    pub(crate) page_fault: PageFault,
}

/// An answer, or the error that takes its place.
type Answer = Result<Reply, Reply>;

impl Report<'_> {
    /// Answers `GET /settlement/v1/ledgers`.
    pub(crate) fn ledgers(&self, request: &ApiRequest) -> Answer {
        let cursor = cursor(request)?;
        let mut ledgers = self.reached_ledgers()?;
        if let Some(handle) = request.parameter("settlesForRecipientHandles") {
            ledgers.retain(|ledger| ledger.info.settles_for_recipient_handles.contains(&handle));
        }
        let count = ledgers.len();
        let items = ledgers.into_iter().map(|mut ledger| {
            if !self.options.sales_units {
                ledger.json.remove("salesUnits");
            }
            Value::Object(ledger.json).to_string()
        });
        let page_size = self.options.ledger_page_size.get();
        let items: Vec<String> = items.skip(cursor.skip).take(page_size).collect();
        let end = cursor.skip.saturating_add(items.len());
        let page = self.page(
            cursor,
            items,
            (end < count).then_some(Cursor {
                skip: end,
                ..Cursor::default()
            }),
        );
        let next = page
            .next
            .map_or(String::new(), |next| format!("\"cursor\":\"{}\",", next.encode()));
        Ok(Reply::json(format!(
            "{{{next}\"items\":[{}]}}",
            page.items.join(",")
        )))
    }

    /// Answers `GET /report/v2/ledgers/{ledgerId}/{topic}/dates/{ledgerDate}`.
    pub(crate) fn date(&self, request: &ApiRequest, ledger_id: &str, topic: &str, date: &str) -> Answer {
        let bad_request = |detail| Reply::problem(StatusCode::BAD_REQUEST, detail, request.path());
        let topic = parse_topic(topic).ok_or_else(|| bad_request("topic must be funds or fees"))?;
        let date = crate::date::parse(date).map_err(|_| bad_request("ledgerDate must be YYYY-MM-DD"))?;
        self.check_reach(request, ledger_id)?;
        let cursor = cursor(request)?;
        let page_size = self.options.page_size.get();
        let today = self.today(ledger_id)?;
        let window = Window {
            skip: cursor.skip,
            take: page_size.saturating_add(1),
            with_customer: with_customer(request),
            without_closing: today.is_some_and(|today| date >= today),
        };
        let place = TopicDate {
            ledger_id,
            topic,
            date,
        };
        let reading = self.source.read(&place, &window).map_err(failed)?;
        if reading.is_open || today.is_some_and(|today| self.is_open(date, today)) {
            let is_future = today.is_some_and(|today| date > today);
            if self.options.open_dates == OpenDates::NotFound {
                let detail = "report for this date is not available yet";
                return Err(Reply::problem(StatusCode::NOT_FOUND, detail, request.path()));
            }
            if self.options.open_dates == OpenDates::TryLater || is_future {
                return Ok(Reply::json(r#"{"items":[],"tryLater":true,"hasMore":false}"#));
            }
            return Ok(self.date_page(cursor, reading.items, page_size, true));
        }
        Ok(self.date_page(cursor, reading.items, page_size, false))
    }

    fn date_page(&self, cursor: Cursor, mut items: Vec<String>, page_size: usize, try_later: bool) -> Reply {
        let more_follow = items.len() > page_size;
        items.truncate(page_size);
        let ends_empty = self.options.empty_last_page && !items.is_empty();
        let skip = cursor.skip.saturating_add(items.len());
        let next = (more_follow || ends_empty).then_some(Cursor {
            skip,
            ..Cursor::default()
        });
        let page = self.page(cursor, items, next);
        Reply::json(date_body(page.next, try_later, &page.items))
    }

    /// Answers `GET /report/v2/ledgers/{ledgerId}/{topic}/feed`.
    pub(crate) fn feed(&self, request: &ApiRequest, ledger_id: &str, topic: &str) -> Answer {
        let bad_request = |detail| Reply::problem(StatusCode::BAD_REQUEST, detail, request.path());
        let topic = parse_topic(topic).ok_or_else(|| bad_request("topic must be funds or fees"))?;
        self.check_reach(request, ledger_id)?;
        let cursor = cursor(request)?;
        let span = self.source.span(ledger_id).map_err(failed)?;
        let (Some(span), Some(today)) = (span, self.today(ledger_id)?) else {
            return Ok(feed_reply(&cursor, true, &[]));
        };
        let last = match topic {
            Topic::Funds => today,
            Topic::Fees => days_before(today, self.options.feed_fees_lag),
        };
        let mut next = Cursor {
            date: Some(cursor.date.unwrap_or(span.from())),
            after_empty: false,
            ..cursor
        };
        let mut items = Vec::new();
        while let Some(date) = next.date
            && date <= last.min(span.to())
        {
            let window = Window {
                skip: next.skip,
                take: self.options.page_size.get() - items.len(),
                with_customer: with_customer(request),
                without_closing: date >= today,
            };
            let reading = self
                .source
                .read(
                    &TopicDate {
                        ledger_id,
                        topic,
                        date,
                    },
                    &window,
                )
                .map_err(failed)?;
            next.skip += reading.items.len();
            items.extend(reading.items);
            // The last date that is shown may grow: the reader stays on it.
            if items.len() == self.options.page_size.get() || date == last {
                break;
            }
            next = Cursor {
                date: Some(days_after(date, 1)),
                ..Cursor::default()
            };
        }
        let has_caught_up = items.len() < self.options.page_size.get();
        if items.is_empty() {
            let same = request.parameter("cursor").map_or(next, |_| cursor);
            return Ok(feed_reply(&same, true, &[]));
        }
        let try_later = has_caught_up && self.options.feed_end == FeedEnd::WithItems;
        let page = self.page(cursor, items, Some(next));
        Ok(feed_reply(
            &page.next.unwrap_or(next),
            try_later && !page.items.is_empty(),
            &page.items,
        ))
    }

    /// The page, or what is sent in its place.
    fn page(&self, cursor: Cursor, items: Vec<String>, next: Option<Cursor>) -> Page {
        match self.page_fault {
            PageFault::RepeatCursor => Page {
                items,
                next: Some(cursor),
            },
            PageFault::EmptyPage if !cursor.after_empty => Page {
                items: Vec::new(),
                next: Some(Cursor {
                    after_empty: true,
                    ..cursor
                }),
            },
            PageFault::None | PageFault::EmptyPage => Page { items, next },
        }
    }

    fn reached_ledgers(&self) -> Result<Vec<LedgerItem>, Reply> {
        let mut ledgers = self.source.ledgers().map_err(failed)?;
        ledgers.retain(|ledger| self.reach.includes(&ledger.info));
        Ok(ledgers)
    }

    fn check_reach(&self, request: &ApiRequest, ledger_id: &str) -> Result<(), Reply> {
        if self
            .reached_ledgers()?
            .iter()
            .any(|ledger| ledger.info.ledger_id == ledger_id)
        {
            return Ok(());
        }
        Err(Reply::problem(
            StatusCode::NOT_FOUND,
            "No such ledgerId",
            request.path(),
        ))
    }

    /// The first date of the ledger that is still open.
    fn today(&self, ledger_id: &str) -> Result<Option<NaiveDate>, Reply> {
        if self.today.is_some() {
            return Ok(self.today);
        }
        let span = self.source.span(ledger_id).map_err(failed)?;
        Ok(span.map(|span| days_after(span.to(), 1)))
    }

    fn is_open(&self, date: NaiveDate, today: NaiveDate) -> bool {
        let is_this_month = (date.year(), date.month()) == (today.year(), today.month());
        date >= today || (self.options.month_is_open && is_this_month)
    }
}

struct Page {
    items: Vec<String>,
    next: Option<Cursor>,
}

/// A body of the dates endpoint.
pub(crate) fn date_body(next: Option<Cursor>, try_later: bool, items: &[String]) -> String {
    let cursor = next.map_or(String::new(), |next| format!("\"cursor\":\"{}\",", next.encode()));
    let (has_more, items) = (next.is_some(), items.join(","));
    format!("{{{cursor}\"hasMore\":{has_more},\"tryLater\":{try_later},\"items\":[{items}]}}")
}

fn feed_reply(cursor: &Cursor, try_later: bool, items: &[String]) -> Reply {
    let cursor = cursor.encode();
    Reply::json(format!(
        "{{\"cursor\":\"{cursor}\",\"tryLater\":{try_later},\"items\":[{}]}}",
        items.join(",")
    ))
}

fn parse_topic(name: &str) -> Option<Topic> {
    Topic::ALL.into_iter().find(|topic| topic.name() == name)
}

fn cursor(request: &ApiRequest) -> Result<Cursor, Reply> {
    let Some(text) = request.parameter("cursor") else {
        return Ok(Cursor::default());
    };
    let unknown = || {
        let detail = "cursor is not one that this API gave; is it percent-encoded?";
        Reply::problem(StatusCode::BAD_REQUEST, detail, request.path())
    };
    Cursor::decode(&text).ok_or_else(unknown)
}

fn with_customer(request: &ApiRequest) -> bool {
    request
        .parameter("includeGDPRSensitiveData")
        .is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

#[expect(clippy::needless_pass_by_value, reason = "shaped for `map_err`")]
fn failed(error: SourceError) -> Reply {
    Reply::server_error(&error.to_string())
}

/// The first `api:` handle of all ledgers, whose keys the merchant flow has unless a
/// `Merchant-Serial-Number` says otherwise.
pub(crate) fn first_handle(source: &dyn Source) -> Result<Option<String>, SourceError> {
    let ledgers = source.ledgers()?;
    let mut handles = ledgers
        .into_iter()
        .flat_map(|ledger| ledger.info.settles_for_recipient_handles);
    Ok(handles.find(|handle| handle.starts_with("api:")))
}
