//! One step of a fetch: a date, or the walk to the last entries before a range.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use chrono::NaiveDate;
use tokio::sync::Semaphore;

use crate::archive::lock::ArchiveLock;
use crate::archive::{Archive, ArchiveError};
use crate::date;
use crate::ledger::body;
use crate::provider::Topic;
use crate::report_api::client::{Client, FetchedDate};
use crate::report_api::error::ApiError;
use crate::report_api::listing::ListedLedger;

/// How far back the last entries before a range are looked for.
const LOOK_BACK_DAYS: u64 = 7;

/// One piece of work; its requests follow one another.
#[derive(Debug, Clone, Copy)]
pub(super) struct FetchStep {
    /// Index of the ledger.
    pub(super) ledger: usize,
    pub(super) topic: Topic,
    pub(super) task: Task,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Task {
    /// Get this date.
    Date(NaiveDate),
    /// Get this date if it is closed; if not, nothing is lost.
    Next(NaiveDate),
    /// Get the last date with entries before this one.
    LookBack(NaiveDate),
}

/// What a step did, also one that failed midway.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) entries: usize,
    pub(super) fetched: Vec<NaiveDate>,
    pub(super) open: Option<NaiveDate>,
    pub(super) error: Option<ApiError>,
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
pub(super) struct FetchState {
    pub(super) client: Client,
    archive: Archive,
    ledgers: Vec<ListedLedger>,
    requests: Vec<AtomicUsize>,
    /// Per ledger, the error that gave it up.
    failures: Vec<OnceLock<ApiError>>,
    /// Who may ask the provider. Looking into the archive and writing to it need no place, so
    /// that the provider is never idle while the disk is busy.
    places: Semaphore,
    /// Held until the last write is done, also when the fetch itself was dropped.
    _lock: ArchiveLock,
}

impl FetchState {
    /// Locks the archive and keeps the ledgers' items in it.
    pub(super) async fn open(
        client: &Client,
        archive: &Archive,
        ledgers: Vec<ListedLedger>,
    ) -> Result<Arc<Self>, ApiError> {
        let (client, archive) = (client.clone(), archive.clone());
        blocking(move || {
            let lock = archive.lock()?;
            for ledger in &ledgers {
                lock.sweep(&archive, &ledger.info.ledger_id)?;
                archive.store_ledger(&ledger.info.ledger_id, &ledger.item)?;
            }
            let requests = ledgers.iter().map(|_| AtomicUsize::new(0)).collect();
            let failures = ledgers.iter().map(|_| OnceLock::new()).collect();
            let places = Semaphore::new(client.options().concurrency.max(1));
            Ok(Arc::new(Self {
                places,
                client,
                archive,
                ledgers,
                requests,
                failures,
                _lock: lock,
            }))
        })
        .await
    }

    /// How many requests each ledger took, in the order of the ledgers.
    pub(super) fn requests(&self) -> impl Iterator<Item = usize> {
        self.requests
            .iter()
            .map(|requests| requests.load(Ordering::Relaxed))
    }

    /// Does `step`, as far as it goes.
    pub(super) async fn take(self: &Arc<Self>, step: FetchStep) -> Outcome {
        let mut outcome = Outcome::default();
        let result = match step.task {
            Task::Date(date) => self.take_date(step, date, &mut outcome).await,
            Task::Next(date) => self.take_next(step, date, &mut outcome).await,
            Task::LookBack(from) => self.look_back(step, from, &mut outcome).await,
        };
        outcome.error = result.err();
        if let Some(error) = &outcome.error {
            self.failures[step.ledger].get_or_init(|| error.clone());
        }
        outcome
    }

    async fn take_date(
        self: &Arc<Self>,
        step: FetchStep,
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
        step: FetchStep,
        date: NaiveDate,
        outcome: &mut Outcome,
    ) -> Result<(), ApiError> {
        self.settle(step, date, outcome).await.map(|_| ())
    }

    /// Walks back to the last date with entries, so that the range's opening balance can be
    /// chained to it. Beyond a date that is not known a chain would prove nothing.
    async fn look_back(
        self: &Arc<Self>,
        step: FetchStep,
        from: NaiveDate,
        outcome: &mut Outcome,
    ) -> Result<(), ApiError> {
        for days in 1..=LOOK_BACK_DAYS {
            match self.settle(step, date::days_before(from, days), outcome).await? {
                Standing::Known(0) | Standing::Fetched(0) => {}
                Standing::Known(_) | Standing::Fetched(_) | Standing::Open | Standing::Unreadable => {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Sees to it that `date` is in the archive if it is closed.
    async fn settle(
        self: &Arc<Self>,
        step: FetchStep,
        date: NaiveDate,
        outcome: &mut Outcome,
    ) -> Result<Standing, ApiError> {
        let (state, topic) = (Arc::clone(self), step.topic);
        if let Some(standing) = blocking(move || state.known(step, date)).await? {
            return Ok(standing);
        }
        if date > self.client.options().today {
            return Ok(Standing::Open);
        }
        let ledger_id = &self.ledgers[step.ledger].info.ledger_id;
        let requests = &self.requests[step.ledger];
        let place = self
            .places
            .acquire()
            .await
            .expect("the semaphore is never closed");
        if let Some(error) = self.failures[step.ledger].get() {
            return Err(error.clone());
        }
        let fetched = self.client.date_counted(ledger_id, topic, date, requests).await?;
        drop(place);
        match fetched {
            FetchedDate::Open => Ok(Standing::Open),
            FetchedDate::Closed { bodies, entries } => {
                let state = Arc::clone(self);
                blocking(move || {
                    let ledger_id = &state.ledgers[step.ledger].info.ledger_id;
                    state.archive.store_date(ledger_id, topic, date, &bodies)
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
    fn known(&self, step: FetchStep, date: NaiveDate) -> Result<Option<Standing>, ArchiveError> {
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
