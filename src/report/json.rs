//! The JSON summary, which scripts rely on: its keys and its text stay as they are. Amounts are text
//! in major units; README.md (the JSON summary) explains each key.

use chrono::NaiveDate;
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::ledger::finding::Finding;
use crate::proof::{EndEdge, StartEdge, Status};
use crate::report::model::{
    JournalReport, LedgerReport, Money, PayoutReport, Proven, Report, TopicReport, TypeReport,
};
use crate::run::documents::Output as Written;

/// The version of this layout.
const SCHEMA: u32 = 1;

/// The summary of a command, as a document that ends in a line end.
pub fn render(report: &Report) -> String {
    let document = Document {
        schema: SCHEMA,
        command: &report.command,
        range: Range {
            from: report.range.from(),
            to: report.range.to(),
        },
        exit_code: report.exit_code,
        findings: &report.findings,
        ledgers: report.ledgers.iter().map(Ledger::of).collect(),
    };
    let mut text = serde_json::to_string_pretty(&document).expect("every key is text");
    text.push('\n');
    text
}

#[derive(serde::Serialize)]
struct Document<'a> {
    schema: u32,
    command: &'a str,
    range: Range,
    exit_code: u8,
    findings: &'a [Finding],
    ledgers: Vec<Ledger<'a>>,
}

#[derive(serde::Serialize)]
struct Range {
    from: NaiveDate,
    to: NaiveDate,
}

#[derive(serde::Serialize)]
struct Ledger<'a> {
    ledger_id: &'a str,
    currency: Option<&'a str>,
    status: Status,
    edges: Option<Edges>,
    topics: Option<Topics<'a>>,
    payouts: Vec<Payout<'a>>,
    open_dates: &'a [NaiveDate],
    journal: Option<Journal>,
    findings: &'a [Finding],
    outputs: Vec<Output<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

#[derive(serde::Serialize)]
struct Edges {
    start: StartEdge,
    end: EndEdge,
}

/// An object with a key for each topic.
struct Topics<'a>(&'a [TopicReport]);

#[derive(serde::Serialize)]
struct Topic<'a> {
    opening: Option<Text>,
    closing: Option<Text>,
    by_type: ByType<'a>,
}

/// An object with a key for each entry type.
struct ByType<'a>(&'a [TypeReport]);

#[derive(serde::Serialize)]
struct Total {
    count: u64,
    sum: Text,
}

#[derive(serde::Serialize)]
struct Payout<'a> {
    payout_number: Option<&'a str>,
    ledger_date: NaiveDate,
    amount: Text,
    bank_text: Option<&'a str>,
    explained: bool,
    carried: Option<Text>,
    movements: Text,
    remains: Option<Text>,
}

#[derive(serde::Serialize)]
struct Journal {
    vouchers: u64,
    postings: u64,
    debit: Text,
    credit: Text,
}

#[derive(serde::Serialize)]
struct Output<'a> {
    format: &'a str,
    path: String,
    sha256: &'a str,
    bytes: u64,
}

/// An amount as text in major units.
struct Text(Money);

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.amount().with_text(|text| serializer.serialize_str(text))
    }
}

impl Serialize for Topics<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for topic in self.0 {
            let value = Topic {
                opening: topic.opening.map(Text),
                closing: topic.closing.map(Text),
                by_type: ByType(&topic.by_type),
            };
            map.serialize_entry(topic.topic.name(), &value)?;
        }
        map.end()
    }
}

impl Serialize for ByType<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for total in self.0 {
            let value = Total {
                count: total.count,
                sum: Text(total.sum),
            };
            map.serialize_entry(&total.entry_type, &value)?;
        }
        map.end()
    }
}

impl<'a> Ledger<'a> {
    fn of(ledger: &'a LedgerReport) -> Self {
        let proven = ledger.proven.as_ref();
        Self {
            ledger_id: ledger.ledger_id(),
            currency: ledger.currency.as_deref(),
            status: ledger.status,
            edges: proven.map(|proven| Edges {
                start: proven.start,
                end: proven.end,
            }),
            topics: proven.map(|proven| Topics(&proven.topics)),
            payouts: ledger.payouts().iter().map(Payout::of).collect(),
            open_dates: ledger.open_dates(),
            journal: proven.map(|Proven { journal, .. }| Journal::of(journal)),
            findings: ledger.findings(),
            outputs: ledger.outputs.iter().map(Output::of).collect(),
            error: ledger.error.as_ref().map(|error| error.message.as_str()),
        }
    }
}

impl<'a> Payout<'a> {
    fn of(payout: &'a PayoutReport) -> Self {
        Self {
            payout_number: payout.number.as_deref(),
            ledger_date: payout.ledger_date,
            amount: Text(payout.amount),
            bank_text: payout.bank_text.as_deref(),
            explained: payout.explained,
            carried: payout.carried.map(Text),
            movements: Text(payout.movements),
            remains: payout.remains.map(Text),
        }
    }
}

impl Journal {
    fn of(journal: &JournalReport) -> Self {
        Self {
            vouchers: journal.vouchers,
            postings: journal.postings,
            debit: Text(journal.debit),
            credit: Text(journal.credit),
        }
    }
}

impl<'a> Output<'a> {
    fn of(output: &'a Written) -> Self {
        Self {
            format: &output.format,
            path: output.path.to_string_lossy().into_owned(),
            sha256: &output.sha256,
            bytes: output.bytes,
        }
    }
}
