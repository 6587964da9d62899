//! Response bodies of the dates endpoint, read leniently in form and strictly in money.
//!
//! Unknown fields are ignored, optional ones may be null or missing, old names count. An amount
//! must be a whole number of minor units; anything else is refused with its line.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use thiserror::Error;

use crate::ledger::entry::{Entry, EntryType};
use crate::ledger::time::EntryTime;
use crate::money::{self, Currency};

/// Why a file of bodies cannot be read. The place is a line and column of the text.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BodyError {
    /// The text is no sequence of report bodies.
    #[error("line {line}, column {column}: {message}")]
    Syntax {
        /// Line, from 1.
        line: usize,
        /// Column in bytes, from 1.
        column: usize,
        /// What the parser says.
        message: String,
    },
    /// A value has the right form of JSON but not the meaning.
    #[error("line {line}, entry {ordinal}: {field} `{value}` {problem}")]
    Value {
        /// Line, from 1.
        line: usize,
        /// The entry's place in the file, from 1.
        ordinal: usize,
        /// The field's name on the wire.
        field: &'static str,
        /// The text found there, shortened.
        value: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// There is no body at all.
    #[error("the file holds no response body")]
    Empty,
}

/// The bodies of one ledger, topic and date, in page order.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Bodies<'a> {
    /// The entries of all bodies, in order.
    pub entries: Vec<Entry<'a>>,
    /// How many entries each body holds.
    pub page_sizes: Vec<usize>,
    /// Whether any body says that the date is not yet closed.
    pub is_open: bool,
    /// Whether the last body says that another page follows.
    pub has_more: bool,
    /// Where the first entry with a time that bilag cannot read stands, from 1.
    pub unreadable_time: Option<usize>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireBody<'a> {
    #[serde(borrow, default)]
    items: Option<Vec<WireEntry<'a>>>,
    #[serde(default)]
    try_later: Option<bool>,
    #[serde(default)]
    has_more: Option<bool>,
    #[serde(borrow, default)]
    cursor: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireEntry<'a> {
    #[serde(borrow)]
    entry_type: Text<'a>,
    #[serde(borrow)]
    amount: &'a RawValue,
    #[serde(borrow, default)]
    balance_before: Option<&'a RawValue>,
    #[serde(borrow, default)]
    balance_after: Option<&'a RawValue>,
    #[serde(borrow, default)]
    currency: Option<Text<'a>>,
    #[serde(borrow, default)]
    ledger_date: Option<Text<'a>>,
    #[serde(borrow, default)]
    time: Option<Text<'a>>,
    #[serde(borrow, default)]
    psp_reference: Option<Text<'a>>,
    #[serde(borrow, default)]
    reference: Option<Text<'a>>,
    #[serde(borrow, default)]
    recipient_handle: Option<Text<'a>>,
}

/// Text that borrows from the body unless it has escapes. (Serde borrows a plain `Cow`, but makes
/// an `Option<Cow>` owned.)
struct Text<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> serde::de::Visitor<'de> for TextVisitor {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("text")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(TextVisitor)
    }
}

impl<'a> Text<'a> {
    /// The text, or nothing when it is empty.
    fn filled(text: Option<Self>) -> Option<Cow<'a, str>> {
        text.map(|text| text.0).filter(|text| !text.is_empty())
    }
}

/// Parses the response bodies in `text`: one after the other, or a JSON array of them.
pub fn parse(text: &str) -> Result<Bodies<'_>, BodyError> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let wire = wire_bodies(text)?;
    let mut bodies = Bodies::default();
    for body in &wire {
        bodies.is_open |= body.try_later == Some(true);
        bodies.has_more = body
            .has_more
            .unwrap_or_else(|| body.cursor.as_ref().is_some_and(|cursor| !cursor.0.is_empty()));
    }
    let parser = Parser { text };
    for body in wire {
        let Some(items) = body.items else {
            if body.try_later == Some(true) {
                bodies.page_sizes.push(0);
                continue;
            }
            return Err(BodyError::Syntax {
                line: 1,
                column: 1,
                message: "a response body has no `items`; this is not an answer of the Report API".to_owned(),
            });
        };
        bodies.page_sizes.push(items.len());
        for item in items {
            let ordinal = bodies.entries.len() + 1;
            if bodies.unreadable_time.is_none()
                && item
                    .time
                    .as_ref()
                    .is_some_and(|time| EntryTime::parse(&time.0).is_none())
            {
                bodies.unreadable_time = Some(ordinal);
            }
            bodies.entries.push(parser.entry(item, ordinal)?);
        }
    }
    Ok(bodies)
}

fn wire_bodies(text: &str) -> Result<Vec<WireBody<'_>>, BodyError> {
    let start = text.trim_start();
    if start.is_empty() {
        return Err(BodyError::Empty);
    }
    if start.starts_with('[') {
        let bodies: Vec<WireBody<'_>> =
            serde_json::from_str(text).map_err(|error| syntax(text, 0, &error))?;
        return if bodies.is_empty() {
            Err(BodyError::Empty)
        } else {
            Ok(bodies)
        };
    }
    let mut bodies = Vec::new();
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<WireBody<'_>>();
    while let Some(body) = stream.next() {
        bodies.push(body.map_err(|error| syntax(text, stream.byte_offset(), &error))?);
    }
    Ok(bodies)
}

fn syntax(text: &str, offset: usize, error: &serde_json::Error) -> BodyError {
    let mut message = error.to_string();
    if let Some(end) = message.rfind(" at line ") {
        message.truncate(end);
    }
    // A text of the body may be a person's name.
    if let (Some(from), Some(to)) = (message.find('"'), message.rfind('"')) {
        message.replace_range(from..=to, "…");
    }
    let (line, column) = match error.line() {
        0 => place(text, offset),
        line => (line, error.column()),
    };
    if text.trim_start().starts_with('<') {
        "this is HTML or XML, not an answer of the Report API".clone_into(&mut message);
    }
    BodyError::Syntax {
        line,
        column,
        message,
    }
}

fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    (
        before.bytes().filter(|byte| *byte == b'\n').count() + 1,
        before.len() - line_start + 1,
    )
}

struct Parser<'a> {
    text: &'a str,
}

impl<'a> Parser<'a> {
    fn entry(&self, wire: WireEntry<'a>, ordinal: usize) -> Result<Entry<'a>, BodyError> {
        let currency = match wire.currency {
            None => None,
            Some(code) => Some(Currency::parse(&code.0).ok_or_else(|| BodyError::Value {
                line: self.line_of(wire.amount.get()),
                ordinal,
                field: "currency",
                value: code_or_nothing(&code.0),
                problem: "is not a currency code",
            })?),
        };
        let ledger_date = match wire.ledger_date {
            None => None,
            Some(date) => Some(crate::date::parse(&date.0).map_err(|_| BodyError::Value {
                line: self.line_of(wire.amount.get()),
                ordinal,
                field: "ledgerDate",
                value: shorten(&date.0),
                problem: "is not a date",
            })?),
        };
        Ok(Entry {
            legacy_name: EntryType::is_legacy_name(&wire.entry_type.0),
            amount: self.minor(wire.amount, ordinal, "amount")?,
            currency,
            balance_before: self.balance(wire.balance_before, ordinal, "balanceBefore")?,
            balance_after: self.balance(wire.balance_after, ordinal, "balanceAfter")?,
            ledger_date,
            time: wire.time.and_then(|time| EntryTime::parse(&time.0)),
            psp_reference: Text::filled(wire.psp_reference),
            reference: Text::filled(wire.reference),
            recipient_handle: Text::filled(wire.recipient_handle),
            entry_type: EntryType::parse(wire.entry_type.0),
        })
    }

    fn balance(
        &self,
        raw: Option<&'a RawValue>,
        ordinal: usize,
        field: &'static str,
    ) -> Result<Option<i64>, BodyError> {
        match raw {
            None => Ok(None),
            Some(raw) if raw.get() == "null" => Ok(None),
            Some(raw) => self.minor(raw, ordinal, field).map(Some),
        }
    }

    fn minor(&self, raw: &'a RawValue, ordinal: usize, field: &'static str) -> Result<i64, BodyError> {
        let text = raw.get();
        money::parse_whole(text).map_err(|problem| BodyError::Value {
            line: self.line_of(text),
            ordinal,
            field,
            value: shorten(text),
            problem,
        })
    }

    /// The line of `part`, which is a piece of the parsed text.
    fn line_of(&self, part: &str) -> usize {
        let offset = part.as_ptr().addr().saturating_sub(self.text.as_ptr().addr());
        place(self.text, offset).0
    }
}

/// A code that could be meant as a currency; longer words may be a person's name.
fn code_or_nothing(text: &str) -> String {
    let is_code = text.len() <= 8 && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if is_code { text.to_owned() } else { shorten(text) }
}

/// What may be shown of a value: numbers, dates and codes. Words may be a person's name.
fn shorten(text: &str) -> String {
    let is_word = |character: char| !character.is_ascii() || character.is_ascii_alphabetic();
    if text.chars().filter(|character| is_word(*character)).count() > 4 {
        return "…".to_owned();
    }
    let shown = crate::text::cut(text, 40);
    if shown.len() < text.len() {
        format!("{shown}…")
    } else {
        shown.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_bodies_and_arrays_of_bodies_are_one_date() {
        let page = r#"{"items":[{"entryType":"capture","amount":1}],"hasMore":true,"cursor":"Mw=="}"#;
        let last = r#"{"items":[],"hasMore":false}"#;
        let one_by_one = format!("{page}\n{last}");
        let as_array = format!("[{page},{last}]");
        let bodies = parse(&one_by_one).unwrap();
        assert_eq!(bodies.page_sizes, [1, 0]);
        assert!(!bodies.has_more && !bodies.is_open);
        assert_eq!(bodies, parse(&as_array).unwrap());
        assert!(parse(page).unwrap().has_more);
    }

    #[test]
    fn an_open_date_stays_open_on_any_page() {
        assert!(parse(r#"{"tryLater":true}"#).unwrap().is_open);
        assert!(
            parse(r#"{"items":[],"tryLater":true}{"items":[]}"#)
                .unwrap()
                .is_open
        );
    }

    #[test]
    fn what_is_no_body_is_refused_with_its_place() {
        for bad in [
            "",
            "  ",
            "<html>",
            "[1,2]",
            "{}",
            "{\"items\":null}",
            "{\"items\":[]",
            "[]",
            "null",
            "{\"items\":[]}x",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        let text = "{\"items\":[\n{\"entryType\":\"capture\",\"amount\":1},\n{\"entryType\":\"capture\",\"amount\":1.5}]}";
        assert_eq!(
            parse(text).unwrap_err().to_string(),
            "line 3, entry 2: amount `1.5` is not a whole number of minor units"
        );
    }
}
