//! Fills the archive with the closed ledger dates that it lacks.
//!
//! Ledgers, topics and dates are steps that run side by side under the client's limit, so memory
//! holds a few dates at most. A date is stored whole or not at all, and is never asked for again
//! once it is; whatever ends a run, the next one goes on from there. The futures may be dropped
//! at any time.

use std::collections::VecDeque;
use std::sync::Arc;

use chrono::NaiveDate;
use tokio::task::JoinSet;

use crate::archive::Archive;
use crate::date::{self, DateRange};
use crate::provider::Topic;
use crate::report_api::client::Client;
use crate::report_api::error::{ApiError, ErrorKind};
use crate::report_api::listing::ListedLedger;
use crate::report_api::step::{FetchState, FetchStep, Outcome, Task};

/// So many ledgers that fail in a row for a temporary reason, without one success in between,
/// are an outage; going on would only take hours.
const OUTAGE_LEDGERS: usize = 10;

/// What to fetch: a range of dates for each of some ledgers, and what it takes to prove them.
#[derive(Debug, Clone)]
pub struct FetchPlan {
    /// The ledgers, as the provider listed them.
    pub ledgers: Vec<ListedLedger>,
    /// The dates.
    pub range: DateRange,
}

/// Single dates of one topic.
#[derive(Debug, Clone)]
pub struct WantedDates {
    /// The ledger, as the provider listed it.
    pub ledger: ListedLedger,
    pub topic: Topic,
    pub dates: Vec<NaiveDate>,
}

/// What a fetch did.
#[derive(Debug, Clone)]
pub struct FetchReport {
    /// Per ledger, in the order of the plan.
    pub ledgers: Vec<LedgerFetch>,
    /// What ended the whole fetch before its time: refused keys, or an archive that cannot be
    /// written. Ledgers without an error of their own may then lack dates.
    pub fatal: Option<ApiError>,
}

/// What a fetch did for one ledger.
#[derive(Debug, Clone)]
pub struct LedgerFetch {
    pub ledger_id: String,
    /// How many requests it took, retries included and tokens not.
    pub requests: usize,
    /// How many entries came.
    pub entries: usize,
    /// The dates that were added to the archive, in order.
    pub fetched: Vec<(Topic, NaiveDate)>,
    /// The dates asked for that are still open, or lie ahead, in order.
    pub open: Vec<(Topic, NaiveDate)>,
    /// Why the rest of the ledger was given up.
    pub error: Option<ApiError>,
}

/// Fetches what the archive lacks of the plan's range, the last date with entries before it, and
/// the date after it when that is closed.
pub async fn fetch(client: &Client, archive: &Archive, plan: FetchPlan) -> FetchReport {
    let today = client.options().today;
    let mut steps = VecDeque::new();
    for ledger in 0..plan.ledgers.len() {
        let mut add = |topic, task| steps.push_back(FetchStep { ledger, topic, task });
        // The walks come first: each is a row of requests that cannot run side by side.
        for topic in Topic::ALL {
            add(topic, Task::LookBack(plan.range.from()));
        }
        for date in plan.range.dates() {
            for topic in Topic::ALL {
                add(topic, Task::Date(date));
            }
        }
        let next = date::days_after(plan.range.to(), 1);
        for topic in Topic::ALL.into_iter().filter(|_| next <= today) {
            add(topic, Task::Next(next));
        }
    }
    run(client, archive, plan.ledgers, steps).await
}

/// Fetches what the archive lacks of single dates.
pub async fn fetch_dates(client: &Client, archive: &Archive, wanted: Vec<WantedDates>) -> FetchReport {
    let mut ledgers: Vec<ListedLedger> = Vec::new();
    let mut steps = VecDeque::new();
    for WantedDates { ledger, topic, dates } in wanted {
        let known = ledgers
            .iter()
            .position(|known| known.info.ledger_id == ledger.info.ledger_id);
        let index = known.unwrap_or(ledgers.len());
        if known.is_none() {
            ledgers.push(ledger);
        }
        steps.extend(dates.into_iter().map(|date| FetchStep {
            ledger: index,
            topic,
            task: Task::Date(date),
        }));
    }
    run(client, archive, ledgers, steps).await
}

async fn run(
    client: &Client,
    archive: &Archive,
    ledgers: Vec<ListedLedger>,
    steps: VecDeque<FetchStep>,
) -> FetchReport {
    let mut report = FetchReport::new(&ledgers);
    match FetchState::open(client, archive, ledgers).await {
        Ok(state) => {
            report.run_steps(&state, steps).await;
            for (ledger, requests) in report.ledgers.iter_mut().zip(state.requests()) {
                ledger.requests = requests;
                ledger.fetched.sort_unstable();
                ledger.open.sort_unstable();
            }
        }
        Err(error) => report.fatal = Some(error),
    }
    report
}

impl FetchReport {
    fn new(ledgers: &[ListedLedger]) -> Self {
        let ledgers = ledgers.iter().map(|ledger| LedgerFetch {
            ledger_id: ledger.info.ledger_id.clone(),
            requests: 0,
            entries: 0,
            fetched: Vec::new(),
            open: Vec::new(),
            error: None,
        });
        Self {
            ledgers: ledgers.collect(),
            fatal: None,
        }
    }

    /// Runs the steps, leaving out those of ledgers that have failed. Twice as many are under way
    /// as may ask the provider: the others are busy with the disk. A fatal error ends them.
    async fn run_steps(&mut self, state: &Arc<FetchState>, mut steps: VecDeque<FetchStep>) {
        let options = state.client.options();
        options.progress.planned(steps.len());
        let mut running = JoinSet::new();
        let mut failures_in_a_row = 0;
        loop {
            while running.len() < 2 * options.concurrency.max(1) {
                let Some(step) = steps.pop_front() else { break };
                if self.ledgers[step.ledger].error.is_some() {
                    options.progress.step_done(0);
                    continue;
                }
                let state = Arc::clone(state);
                running.spawn(async move { (step, state.take(step).await) });
            }
            let Some(done) = running.join_next().await else {
                return;
            };
            let (step, outcome) = done.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
            options.progress.step_done(outcome.entries);
            if !outcome.fetched.is_empty() || outcome.open.is_some() {
                failures_in_a_row = 0;
            }
            if let Some(error) = self.add(step, outcome) {
                failures_in_a_row += usize::from(error.kind() == ErrorKind::Temporary);
                if error.stops_everything() || failures_in_a_row == OUTAGE_LEDGERS {
                    self.fatal = Some(error);
                    running.shutdown().await;
                    return;
                }
            }
        }
    }

    /// Books a step to its ledger. Gives back its error when that is the ledger's first.
    fn add(&mut self, step: FetchStep, outcome: Outcome) -> Option<ApiError> {
        let ledger = &mut self.ledgers[step.ledger];
        ledger.entries += outcome.entries;
        ledger
            .fetched
            .extend(outcome.fetched.into_iter().map(|date| (step.topic, date)));
        ledger.open.extend(outcome.open.map(|date| (step.topic, date)));
        let error = outcome.error.filter(|_| ledger.error.is_none())?;
        ledger.error = Some(error.clone());
        Some(error)
    }
}
