//! Serves an archive folder, and writes one from any source.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use chrono::NaiveDate;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::archive::{Archive, ArchiveError};
use crate::date::DateRange;
use crate::ledger::entry::EntryType;
use crate::provider::{LedgerInfo, Topic};
use crate::sandbox::cursor::Cursor;
use crate::sandbox::engine::is_closing;
use crate::sandbox::report::date_body;
use crate::sandbox::source::{LedgerItem, Reading, Source, SourceError, TopicDate, Window};

/// How many entries stand in each body that [`write_archive`] writes: the provider's page size.
const BODY_ENTRIES: usize = 1000;

/// The fields that a request has to ask for.
const CUSTOMER_FIELDS: [&str; 3] = ["message", "name", "maskedPhoneNo"];

/// The ledgers of an archive folder. Entries are served as they stand there; only the pages are
/// cut anew. A date without a file is open: nobody knows what happened on it.
#[derive(Debug)]
pub struct ArchiveSource {
    archive: Archive,
    ledgers: Vec<LedgerItem>,
    spans: BTreeMap<String, DateRange>,
}

impl ArchiveSource {
    /// Opens an archive and looks which ledgers and dates it holds. What is added later is not
    /// seen.
    pub fn open(archive: Archive) -> Result<Self, SourceError> {
        let (mut ledgers, mut spans) = (Vec::new(), BTreeMap::new());
        for ledger_id in archive.ledgers()? {
            let mut dates = Vec::new();
            for topic in Topic::ALL {
                dates.extend(archive.dates(&ledger_id, topic)?);
            }
            dates.sort_unstable();
            if let Some((from, to)) = dates.first().zip(dates.last()) {
                let span = DateRange::new(*from, *to).expect("sorted dates are in order");
                spans.insert(ledger_id.clone(), span);
            }
            ledgers.push(ledger_item(&archive, &ledger_id, &dates)?);
        }
        Ok(Self {
            archive,
            ledgers,
            spans,
        })
    }
}

impl Source for ArchiveSource {
    fn ledgers(&self) -> Result<Vec<LedgerItem>, SourceError> {
        Ok(self.ledgers.clone())
    }

    fn span(&self, ledger_id: &str) -> Result<Option<DateRange>, SourceError> {
        Ok(self.spans.get(ledger_id).copied())
    }

    fn read(&self, place: &TopicDate<'_>, window: &Window) -> Result<Reading, SourceError> {
        let Some(stored) = self.archive.read(place.ledger_id, place.topic, place.date)? else {
            // A hole in the folder is not a date without entries.
            return Ok(Reading {
                items: Vec::new(),
                is_open: true,
            });
        };
        let failed = |error: serde_json::Error| SourceError::Content {
            path: stored.path.clone(),
            message: error.to_string(),
        };
        let bodies = bodies(&stored.text).map_err(failed)?;
        let is_open = bodies.iter().any(|body| body.try_later == Some(true));
        let mut items = Vec::new();
        let mut left_out = 0;
        for item in bodies.into_iter().flat_map(|body| body.items.unwrap_or_default()) {
            if items.len() == window.take {
                break;
            }
            if window.without_closing && is_closing(&entry_type(item).map_err(failed)?) {
                continue;
            }
            if left_out < window.skip {
                left_out += 1;
                continue;
            }
            let item = if window.with_customer {
                Cow::Borrowed(item.get())
            } else {
                without_customer(item).map_err(failed)?
            };
            items.push(item.into_owned());
        }
        Ok(Reading { items, is_open })
    }
}

/// Writes the dates of `range` as an archive, every ledger and both topics, empty dates too.
pub fn write_archive(source: &dyn Source, archive: &Archive, range: DateRange) -> Result<(), SourceError> {
    for ledger in source.ledgers()? {
        let ledger_id = &ledger.info.ledger_id;
        archive.store_ledger(ledger_id, &Value::Object(ledger.json.clone()).to_string())?;
        for date in range.dates() {
            for topic in Topic::ALL {
                let bodies = date_bodies(
                    source,
                    &TopicDate {
                        ledger_id,
                        topic,
                        date,
                    },
                )?;
                archive.store_date(ledger_id, topic, date, &bodies)?;
            }
        }
    }
    Ok(())
}

fn date_bodies(source: &dyn Source, place: &TopicDate<'_>) -> Result<Vec<String>, SourceError> {
    let mut bodies = Vec::new();
    let mut skip = 0;
    loop {
        let window = Window {
            skip,
            take: BODY_ENTRIES + 1,
            with_customer: false,
            without_closing: false,
        };
        let mut reading = source.read(place, &window)?;
        let has_more = reading.items.len() > BODY_ENTRIES;
        reading.items.truncate(BODY_ENTRIES);
        skip += reading.items.len();
        let next = has_more.then_some(Cursor {
            skip,
            ..Cursor::default()
        });
        bodies.push(date_body(next, reading.is_open, &reading.items));
        if !has_more {
            return Ok(bodies);
        }
    }
}

fn ledger_item(archive: &Archive, ledger_id: &str, dates: &[NaiveDate]) -> Result<LedgerItem, SourceError> {
    if let (Some(info), Some(text)) = (archive.ledger_info(ledger_id)?, archive.ledger_item(ledger_id)?) {
        let json = serde_json::from_str(&text).map_err(|error| ArchiveError::Read {
            path: archive.root().join(ledger_id).join("ledger.json"),
            source: error.into(),
        })?;
        return Ok(LedgerItem { info, json });
    }
    let mut json = Map::from_iter([("ledgerId".to_owned(), json!(ledger_id))]);
    if let Some(currency) = first_currency(archive, ledger_id, dates)? {
        json.insert("currency".to_owned(), json!(currency));
    }
    Ok(LedgerItem {
        info: LedgerInfo::unknown(ledger_id),
        json,
    })
}

fn first_currency(
    archive: &Archive,
    ledger_id: &str,
    dates: &[NaiveDate],
) -> Result<Option<String>, SourceError> {
    for date in dates {
        for topic in Topic::ALL {
            let Some(stored) = archive.read(ledger_id, topic, *date)? else {
                continue;
            };
            // A file that cannot be read is reported when it is asked for.
            let Ok(bodies) = crate::ledger::body::parse(&stored.text) else {
                continue;
            };
            if let Some(currency) = bodies.entries.iter().find_map(|entry| entry.currency) {
                return Ok(Some(currency.code().to_owned()));
            }
        }
    }
    Ok(None)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredBody<'a> {
    #[serde(borrow, default)]
    items: Option<Vec<&'a RawValue>>,
    #[serde(default)]
    try_later: Option<bool>,
}

fn bodies(text: &str) -> Result<Vec<StoredBody<'_>>, serde_json::Error> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    if text.trim_start().starts_with('[') {
        return serde_json::from_str(text);
    }
    serde_json::Deserializer::from_str(text).into_iter().collect()
}

fn entry_type(item: &RawValue) -> Result<EntryType<'_>, serde_json::Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Typed<'a> {
        #[serde(borrow, default)]
        entry_type: Cow<'a, str>,
    }
    serde_json::from_str::<Typed<'_>>(item.get()).map(|typed| EntryType::parse(typed.entry_type))
}

/// The item without the fields that a request has to ask for; the others stay as they are.
fn without_customer(item: &RawValue) -> Result<Cow<'_, str>, serde_json::Error> {
    let object: RawObject<'_> = serde_json::from_str(item.get())?;
    let is_customers = |key: &str| CUSTOMER_FIELDS.contains(&key);
    if !object.0.iter().any(|(key, _)| is_customers(key)) {
        return Ok(Cow::Borrowed(item.get()));
    }
    let mut fields = Vec::new();
    for (key, value) in object.0.iter().filter(|(key, _)| !is_customers(key)) {
        fields.push(format!("{}:{}", serde_json::to_string(key)?, value.get()));
    }
    Ok(Cow::Owned(format!("{{{}}}", fields.join(","))))
}

/// The fields of a JSON object, in order and with their values as they are written.
struct RawObject<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for RawObject<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = RawObject<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an entry")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(RawObject(fields))
            }
        }
        deserializer.deserialize_map(Fields)
    }
}
