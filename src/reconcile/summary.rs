//! The JSON summary, which scripts rely on. Amounts are text in major units.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::ledger::finding::Finding;
use crate::money::Currency;
use crate::proof::{EndEdge, StartEdge, Status, TopicTotals};
use crate::reconcile::bank_text;
use crate::run::LedgerRun;

/// The whole summary of a command.
#[derive(Debug, Serialize)]
pub struct Summary {
    /// The version of this layout.
    pub schema: u32,
    /// The command's name.
    pub command: String,
    /// The dates that were asked for.
    pub range: SummaryRange,
    /// The exit code.
    pub exit_code: u8,
    /// One item per ledger.
    pub ledgers: Vec<LedgerSummary>,
}

/// First and last date.
#[derive(Debug, Serialize)]
pub struct SummaryRange {
    /// First date.
    pub from: String,
    /// Last date.
    pub to: String,
}

/// What became of one ledger.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "README.md (the JSON summary) explains each key")]
pub struct LedgerSummary {
    pub ledger_id: String,
    pub currency: Option<String>,
    pub status: Status,
    pub edges: Option<Edges>,
    pub topics: Option<Topics>,
    pub payouts: Vec<PayoutSummary>,
    pub open_dates: Vec<String>,
    pub journal: Option<JournalSummary>,
    pub findings: Vec<Finding>,
    pub outputs: Vec<OutputSummary>,
    /// Why the ledger ended without success, apart from its findings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What the ends of the range hang on.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "README.md (the JSON summary) explains each key")]
pub struct Edges {
    pub start: StartEdge,
    pub end: EndEdge,
}

/// Both topics.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "README.md (the JSON summary) explains each key")]
pub struct Topics {
    pub funds: TopicSummary,
    pub fees: TopicSummary,
}

/// One topic.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "README.md (the JSON summary) explains each key")]
pub struct TopicSummary {
    pub opening: Option<String>,
    pub closing: Option<String>,
    pub by_type: BTreeMap<String, TypeSummary>,
}

/// One entry type.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "README.md (the JSON summary) explains each key")]
pub struct TypeSummary {
    pub count: u64,
    pub sum: String,
}

/// One payout.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "README.md (the JSON summary) explains each key")]
pub struct PayoutSummary {
    pub payout_number: Option<String>,
    pub ledger_date: String,
    pub amount: String,
    pub bank_text: Option<String>,
    pub explained: bool,
    pub carried: Option<String>,
    pub movements: String,
    pub remains: Option<String>,
}

/// The journal's sums, in the ledger's currency.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "README.md (the JSON summary) explains each key")]
pub struct JournalSummary {
    pub vouchers: u64,
    pub postings: u64,
    pub debit: String,
    pub credit: String,
}

/// One file.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "README.md (the JSON summary) explains each key")]
pub struct OutputSummary {
    pub format: String,
    pub path: String,
    pub sha256: String,
    pub bytes: u64,
}

impl LedgerSummary {
    /// The summary of one ledger's run.
    pub fn of(run: &LedgerRun, market: crate::chart::Market) -> Self {
        let Some(proof) = &run.proof else {
            return Self {
                ledger_id: run.info.ledger_id.clone(),
                currency: run.info.currency.clone(),
                status: Status::Failed,
                edges: None,
                topics: None,
                payouts: Vec::new(),
                open_dates: Vec::new(),
                journal: None,
                findings: Vec::new(),
                outputs: Vec::new(),
                error: run
                    .error
                    .as_ref()
                    .map(|error| crate::ledger::day::with_causes(error)),
            };
        };
        let currency = proof.currency;
        let money = |minor: i64| format(currency, minor);
        let wide = |minor: i128| i64::try_from(minor).map_or_else(|_| minor.to_string(), money);
        let payout = |payout: &crate::ledger::payout::Payout| PayoutSummary {
            payout_number: payout.number.clone(),
            ledger_date: payout.ledger_date.to_string(),
            amount: money(payout.amount),
            bank_text: bank_text::of(payout, &run.info, market),
            explained: payout.explained,
            carried: payout.carried.map(money),
            movements: money(payout.movements),
            remains: payout.remains.map(money),
        };
        Self {
            ledger_id: run.info.ledger_id.clone(),
            currency: currency.map(|currency| currency.code().to_owned()),
            status: if run.error.is_some() {
                Status::Failed
            } else {
                proof.status
            },
            edges: Some(Edges {
                start: proof.start,
                end: proof.end,
            }),
            topics: Some(Topics {
                funds: topic(&proof.funds, currency),
                fees: topic(&proof.fees, currency),
            }),
            payouts: proof.payouts.iter().map(payout).collect(),
            open_dates: proof.open_dates.iter().map(ToString::to_string).collect(),
            journal: Some(JournalSummary {
                vouchers: run.totals.vouchers,
                postings: run.totals.postings,
                debit: wide(run.totals.debit),
                credit: wide(run.totals.credit),
            }),
            findings: proof.findings.iter().cloned().collect(),
            outputs: run
                .outputs
                .iter()
                .map(|output| OutputSummary {
                    format: output.format.clone(),
                    path: output.path.to_string_lossy().into_owned(),
                    sha256: output.sha256.clone(),
                    bytes: output.bytes,
                })
                .collect(),
            error: run
                .error
                .as_ref()
                .map(|error| crate::ledger::day::with_causes(error)),
        }
    }
}

fn topic(totals: &TopicTotals, currency: Option<Currency>) -> TopicSummary {
    let by_type = totals.by_type.iter().map(|(name, total)| {
        (
            name.clone(),
            TypeSummary {
                count: total.count,
                sum: format(currency, total.sum),
            },
        )
    });
    TopicSummary {
        opening: totals.opening.map(|minor| format(currency, minor)),
        closing: totals.closing.map(|minor| format(currency, minor)),
        by_type: by_type.collect(),
    }
}

fn format(currency: Option<Currency>, minor: i64) -> String {
    currency.map_or_else(
        || crate::money::format_minor(minor, 2),
        |currency| currency.format(minor),
    )
}
