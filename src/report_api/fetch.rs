//! Fills the archive with the closed ledger dates that it lacks.
//!
//! Ledgers, topics and dates are steps that run side by side under the client's limit, so memory
//! holds a few dates at most. A date is stored whole or not at all, and is never asked for again
//! once it is; whatever ends a run, the next one goes on from there. The futures may be dropped
//! at any time.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::NaiveDate;
use tokio::task::JoinSet;

use crate::archive::lock::ArchiveLock;
use crate::archive::{Archive, ArchiveError};
use crate::date::{self, DateRange};
use crate::ledger::{Topic, body};
use crate::report_api::client::{Client, FetchedDate};
use crate::report_api::error::{ApiError, ErrorKind};
use crate::report_api::listing::ListedLedger;

/// How far back the last entries before a range are looked for.
const LOOK_BACK_DAYS: u64 = 7;
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
    /// The topic.
    pub topic: Topic,
    /// The dates.
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
    /// The ledger.
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
        let mut add = |topic, task| steps.push_back(Step { ledger, topic, task });
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
        steps.extend(dates.into_iter().map(|date| Step {
            ledger: index,
            topic,
            task: Task::Date(date),
        }));
    }
    run(client, archive, ledgers, steps).await
}

/// One piece of work; its requests follow one another.
#[derive(Debug, Clone, Copy)]
struct Step {
    /// Index of the ledger.
    ledger: usize,
    topic: Topic,
    task: Task,
}

#[derive(Debug, Clone, Copy)]
enum Task {
    /// Get this date.
    Date(NaiveDate),
    /// Get this date if it is closed; if not, nothing is lost.
    Next(NaiveDate),
    /// Get the last date with entries before this one.
    LookBack(NaiveDate),
}

/// What a step did, also one that failed midway.
#[derive(Debug, Default)]
struct Outcome {
    entries: usize,
    fetched: Vec<NaiveDate>,
    open: Option<NaiveDate>,
    error: Option<ApiError>,
}

/// How a date stands after it was dealt with.
enum Standing {
    /// The archive had it, with so many entries.
    Known(usize),
    /// It is in the archive now, with so many entries.
    Fetched(usize),
    Open,
    /// The archive has a file that cannot be read. It is evidence: bilag leaves it alone, and
    /// the check of the ledger names it.
    Unreadable,
}

/// What all steps share.
struct Session {
    client: Client,
    archive: Archive,
    ledgers: Vec<ListedLedger>,
    requests: Vec<AtomicUsize>,
    /// Held until the last write is done, also when the fetch itself was dropped.
    _lock: ArchiveLock,
}

async fn run(
    client: &Client,
    archive: &Archive,
    ledgers: Vec<ListedLedger>,
    steps: VecDeque<Step>,
) -> FetchReport {
    let mut report = FetchReport::new(&ledgers);
    match Session::open(client, archive, ledgers).await {
        Ok(session) => {
            report.run_steps(&session, steps).await;
            for (ledger, requests) in report.ledgers.iter_mut().zip(&session.requests) {
                ledger.requests = requests.load(Ordering::Relaxed);
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

    /// Runs the steps, as many at once as the client may, leaving out those of ledgers that have
    /// failed. Returning early ends the steps that are under way.
    async fn run_steps(&mut self, session: &Arc<Session>, mut steps: VecDeque<Step>) {
        let options = session.client.options();
        options.progress.planned(steps.len());
        let mut running = JoinSet::new();
        let mut failures_in_a_row = 0;
        loop {
            while running.len() < options.concurrency.max(1) {
                let Some(step) = steps.pop_front() else { break };
                if self.ledgers[step.ledger].error.is_none() {
                    let session = Arc::clone(session);
                    running.spawn(async move { (step, session.take(step).await) });
                }
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
                    return;
                }
            }
        }
    }

    /// Books a step to its ledger. Gives back its error when that is the ledger's first.
    fn add(&mut self, step: Step, outcome: Outcome) -> Option<ApiError> {
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

impl Session {
    /// Locks the archive and keeps the ledgers' items in it.
    async fn open(
        client: &Client,
        archive: &Archive,
        ledgers: Vec<ListedLedger>,
    ) -> Result<Arc<Self>, ApiError> {
        let (client, archive) = (client.clone(), archive.clone());
        blocking(move || {
            let lock = archive.lock()?;
            for ledger in &ledgers {
                archive.store_ledger(&ledger.info.ledger_id, &ledger.item)?;
            }
            let requests = ledgers.iter().map(|_| AtomicUsize::new(0)).collect();
            Ok(Arc::new(Self {
                client,
                archive,
                ledgers,
                requests,
                _lock: lock,
            }))
        })
        .await
    }

    async fn take(self: &Arc<Self>, step: Step) -> Outcome {
        let mut outcome = Outcome::default();
        let result = match step.task {
            Task::Date(date) => self.take_date(step, date, &mut outcome).await,
            Task::Next(date) => self.take_next(step, date, &mut outcome).await,
            Task::LookBack(from) => self.look_back(step, from, &mut outcome).await,
        };
        outcome.error = result.err();
        outcome
    }

    async fn take_date(
        self: &Arc<Self>,
        step: Step,
        date: NaiveDate,
        outcome: &mut Outcome,
    ) -> Result<(), ApiError> {
        match self.settle(step, date, outcome).await? {
            Standing::Open => outcome.open = Some(date),
            Standing::Known(_) | Standing::Fetched(_) | Standing::Unreadable => {}
        }
        Ok(())
    }

    async fn take_next(
        self: &Arc<Self>,
        step: Step,
        date: NaiveDate,
        outcome: &mut Outcome,
    ) -> Result<(), ApiError> {
        match self.settle(step, date, outcome).await {
            Err(error) if error.kind() != ErrorKind::NotOurs => Err(error),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// Walks back to the last date with entries, so that the range's opening balance can be
    /// chained to it. Beyond a date that is not known a chain would prove nothing.
    async fn look_back(
        self: &Arc<Self>,
        step: Step,
        from: NaiveDate,
        outcome: &mut Outcome,
    ) -> Result<(), ApiError> {
        for days in 1..=LOOK_BACK_DAYS {
            match self.settle(step, date::days_before(from, days), outcome).await {
                Ok(Standing::Known(0) | Standing::Fetched(0)) => {}
                Ok(Standing::Known(_) | Standing::Fetched(_) | Standing::Open | Standing::Unreadable) => {
                    return Ok(());
                }
                // The ledger may be younger than the date; its own dates tell if it is not ours.
                Err(error) if error.kind() == ErrorKind::NotOurs => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Sees to it that `date` is in the archive if it is closed.
    async fn settle(
        self: &Arc<Self>,
        step: Step,
        date: NaiveDate,
        outcome: &mut Outcome,
    ) -> Result<Standing, ApiError> {
        let (session, topic) = (Arc::clone(self), step.topic);
        if let Some(standing) = blocking(move || session.known(step, date)).await? {
            return Ok(standing);
        }
        if date > self.client.options().today {
            return Ok(Standing::Open);
        }
        let ledger_id = &self.ledgers[step.ledger].info.ledger_id;
        let requests = &self.requests[step.ledger];
        match self.client.date_counted(ledger_id, topic, date, requests).await? {
            FetchedDate::Open => Ok(Standing::Open),
            FetchedDate::Closed { bodies, entries } => {
                let session = Arc::clone(self);
                blocking(move || {
                    let ledger_id = &session.ledgers[step.ledger].info.ledger_id;
                    session.archive.store_date(ledger_id, topic, date, &bodies)
                })
                .await?;
                outcome.fetched.push(date);
                outcome.entries += entries;
                Ok(Standing::Fetched(entries))
            }
        }
    }

    /// How `date` stands in the archive; `None` when it is not there, or was saved by somebody
    /// while it was open or without its last page.
    fn known(&self, step: Step, date: NaiveDate) -> Result<Option<Standing>, ArchiveError> {
        let ledger_id = &self.ledgers[step.ledger].info.ledger_id;
        let Some(stored) = self.archive.read(ledger_id, step.topic, date)? else {
            return Ok(None);
        };
        let Ok(bodies) = body::parse(&stored.text) else {
            return Ok(Some(Standing::Unreadable));
        };
        let is_closed = !bodies.is_open && !bodies.has_more;
        Ok(is_closed.then_some(Standing::Known(bodies.entries.len())))
    }
}

/// Runs `work`, which waits for the disk, where it holds up nobody.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ArchiveError> + Send + 'static,
) -> Result<T, ApiError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => Ok(result?),
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
