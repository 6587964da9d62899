//! One ledger from the archive to its files: prove, post, check, write, in one pass over its days.

mod beginning;
pub mod books;
pub mod captures;
pub mod close;
pub mod cover;
pub mod documents;
pub mod earlier;
pub mod explain;
mod judge;
mod movement;
mod pass;
mod payout_numbers;
mod refund_check;
pub mod rules;
pub mod session;
mod stage;
pub mod unused_lines;
mod valued;
pub mod wanted;
pub mod withdraw;
mod worth;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use chrono::NaiveDate;
use thiserror::Error;

use crate::archive::{Archive, ArchiveError};
use crate::catalogue::Format;
use crate::config::Config;
use crate::coverage::CoverageError;
use crate::coverage::recorder::Recording;
use crate::date::DateRange;
use crate::days::{Days, ReadAgain};
use crate::format::FormatError;
use crate::journal::JournalTotals;
use crate::ledger::finding::Code;
use crate::output::OutputError;
use crate::posting::books::PostingError;
use crate::proof::{LedgerProof, Prover, Status};
use crate::provider::{LedgerInfo, Topic};
use crate::run::books::Standing;
use crate::run::cover::{Covers, FormatPlan};
use crate::run::documents::Output;
use crate::run::pass::Run;
use crate::run::session::Session;

/// What to do with each ledger.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// The dates.
    pub range: DateRange,
    /// Export the dates before the first open one.
    pub allow_open: bool,
    /// What to write, and where; nothing when only checking.
    pub write: Option<WriteOptions>,
    /// Dates that the provider, asked just now, says are open; they are not in the archive.
    pub open: BTreeSet<(Topic, NaiveDate)>,
    /// Record what the run makes, for whoever runs it.
    pub records: bool,
    /// The range is to be closed, so it must be as closed months have it.
    pub closes: bool,
    /// Whether the provider, asked just now, no longer lists the ledger.
    pub is_unreachable: bool,
    /// Set from outside to end the run between two dates, leaving nothing half done.
    pub cancelled: Arc<AtomicBool>,
}

/// What to write, and where.
#[derive(Debug, Clone, Default)]
pub struct WriteOptions {
    /// The folder that gets `<ledgerId>/<from>_<to>/`.
    pub out: PathBuf,
    /// The formats; when empty, the configuration's, else `journal-csv`.
    pub formats: Vec<Arc<Format>>,
    /// Every format of the ledger's market whose needs are met.
    pub all_formats: bool,
    /// Formats beside the built-in ones that the configuration may name.
    pub registered: Vec<Arc<Format>>,
    /// Where the user keeps descriptors of their own.
    pub users_formats: Option<PathBuf>,
    /// Replace files that differ.
    pub force: bool,
    /// Leave out vouchers that another range's export to the same format holds already.
    pub new_only: bool,
    /// Only find out what the formats cannot hold.
    pub dry_run: bool,
    /// Keep in the archive what is exported, and judge this export by the earlier ones.
    pub keeps_coverage: bool,
    /// Formats that are written only because all are; they cover nothing.
    pub uncovered: BTreeSet<String>,
    /// Only say what an export would change in what was exported.
    pub plans: bool,
    /// Write nothing but corrections of what was exported.
    pub corrections: bool,
}

/// Why a ledger's run ended without success, apart from its findings.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RunError {
    /// The archive cannot be read.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The configuration does not say how to book something, or the program is wrong.
    #[error(transparent)]
    Posting(#[from] PostingError),
    /// A format cannot be written.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// A file cannot be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// A file of the archive is not the same from one look to the next.
    #[error(transparent)]
    ReadAgain(#[from] ReadAgain),
    /// What was exported or closed cannot be read, or does not allow it.
    #[error(transparent)]
    Coverage(#[from] CoverageError),
    /// The user ended the run.
    #[error("cancelled")]
    Cancelled,
    /// The journal does not move an account as the entries do: a mistake of the program.
    #[error("account {account} moves by {journal} in the journal, but by {entries} in the ledger")]
    Movement {
        account: String,
        /// By the journal, in minor units.
        journal: i128,
        /// By the entries, in minor units.
        entries: i128,
    },
    /// The journal does not leave an account at what its balance is worth: a mistake of the program.
    #[error(
        "account {account} is worth {journal} minor units of the base currency on {date} in the journal, but its balance {ledger}"
    )]
    Worth {
        account: String,
        /// The ledger date.
        date: NaiveDate,
        /// By the journal, in minor units of the base currency.
        journal: i128,
        /// The balance at the date's rate, in minor units of the base currency.
        ledger: i128,
    },
}

impl RunError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Archive(error) => error.hint().map(str::to_owned),
            Self::Coverage(error) => error.hint().map(str::to_owned),
            Self::Posting(error) => error.hint(),
            Self::Format(error) => error.hint(),
            Self::Output(error) => Some(error.hint().to_owned()),
            Self::ReadAgain(_) => Some("run again when nothing writes to the archive".to_owned()),
            Self::Movement { .. } | Self::Worth { .. } | Self::Cancelled => None,
        }
    }
}

/// What became of one ledger.
#[derive(Debug)]
pub struct LedgerRun {
    /// The ledger.
    pub info: LedgerInfo,
    /// What was proven and found; `None` when the run ended before.
    pub proof: Option<LedgerProof>,
    /// The sums of the journal.
    pub totals: JournalTotals,
    /// Movement by account number, in minor units of the ledger's currency.
    pub movements: BTreeMap<Arc<str>, i128>,
    /// What was written.
    pub outputs: Vec<Output>,
    /// What an export would change, where that was asked for.
    pub plans: Vec<FormatPlan>,
    /// What the run made, where that was asked for.
    pub recording: Option<Recording>,
    /// The provider's accounts at each month's end, in the books and in the ledger, where that was
    /// asked for.
    pub books: Vec<Standing>,
    /// Why it ended without success, apart from findings.
    pub error: Option<RunError>,
}

/// Runs one ledger.
pub fn ledger(archive: &Archive, ledger_id: &str, config: &Config, options: &RunOptions) -> LedgerRun {
    let session = match Session::open(archive, config, ledger_id, options.open.clone()) {
        Ok(session) => session,
        Err(error) => return LedgerRun::ended(LedgerInfo::unknown(ledger_id), error.into()),
    };
    let options = match with_formats(options, &session) {
        Ok(options) => options,
        Err(error) => {
            return LedgerRun {
                error: Some(error.into()),
                ..prove(archive, ledger_id, config, options)
            };
        }
    };
    let covers = match Covers::load(archive, ledger_id, &options, &session.ledger_config) {
        Ok(covers) => covers,
        Err(error) => return LedgerRun::ended(session.info, error.into()),
    };
    let exported = if options.allow_open {
        closed_part(&session.days, options.range)
    } else {
        Some(options.range)
    };
    let run = Run {
        currency: session.currency(options.range),
        siblings: siblings(archive, &session, &options),
        exported: exported.unwrap_or(options.range),
        archive,
        covers: &covers,
        session: &session,
        options: &options,
    };
    let mut result = run.run();
    conclude(&mut result, &session, &options);
    result.info = session.info;
    result
}

/// What there is to say of a ledger that the archive has and the keys no longer list.
pub fn unreachable(ledger_id: &str) -> String {
    format!(
        "the keys no longer list ledger {ledger_id}, which the archive has, so that nothing new of it can be fetched: ask the merchant to grant \
         access again, or, when the ledger has ended, give its last date as `ended` under [ledgers.\"{ledger_id}\"]"
    )
}

/// Adds what is known of the ledger as a whole, and takes as it is what the configuration accepts.
/// The verdict stays what it was.
fn conclude(result: &mut LedgerRun, session: &Session<'_>, options: &RunOptions) {
    let Some(proof) = &mut result.proof else { return };
    if options.is_unreachable {
        let id = &session.info.ledger_id;
        proof
            .findings
            .add(Code::LedgerUnreachable, None, None, None, || unreachable(id));
    }
    proof.findings.accept(&session.ledger_config.checks.accept);
}

/// The options with the formats that they come to for this ledger.
fn with_formats(options: &RunOptions, session: &Session<'_>) -> Result<RunOptions, FormatError> {
    let mut options = options.clone();
    if let Some(write) = &mut options.write {
        let named: BTreeSet<String> = write
            .formats
            .iter()
            .map(|format| format.descriptor.id.clone())
            .collect();
        write.formats = documents::formats(&session.ledger_config, &session.info.ledger_id, write)?;
        if write.all_formats {
            let ids = write.formats.iter().map(|format| format.descriptor.id.clone());
            write.uncovered = ids.filter(|id| !named.contains(id)).collect();
        }
    }
    Ok(options)
}

/// The other ledgers of the archive with the same owner, where a format has to keep their
/// voucher numbers apart.
fn siblings(archive: &Archive, session: &Session<'_>, options: &RunOptions) -> Vec<String> {
    let is_numbered = options
        .write
        .as_ref()
        .is_some_and(|write| write.formats.iter().any(|format| format.numbers_vouchers()));
    let Some(owner) = session.info.owner.as_ref().filter(|_| is_numbered) else {
        return Vec::new();
    };
    let own = &session.info.ledger_id;
    // A ledger that cannot be read has its own run, which says so.
    let has_owner = |ledger_id: &String| match archive.ledger_info(ledger_id) {
        Ok(Some(info)) => info.owner.as_ref() == Some(owner) && ledger_id != own,
        Ok(None) | Err(_) => false,
    };
    let ledgers = archive.ledgers().unwrap_or_default();
    ledgers.into_iter().filter(has_owner).collect()
}

/// Proves one ledger's range without posting anything.
pub fn prove(archive: &Archive, ledger_id: &str, config: &Config, options: &RunOptions) -> LedgerRun {
    let session = match Session::open(archive, config, ledger_id, options.open.clone()) {
        Ok(session) => session,
        Err(error) => return LedgerRun::ended(LedgerInfo::unknown(ledger_id), error.into()),
    };
    let prove = || {
        let options = session.proof_options(options, session.stated_currency());
        Prover::prove(&session.days, options)
    };
    // The second time long files are held whole, and nothing is to be read again.
    match prove().or_else(|ReadAgain| prove()) {
        Ok(proof) => {
            let mut result = LedgerRun {
                proof: Some(proof),
                ..LedgerRun::not_started(session.info.clone())
            };
            conclude(&mut result, &session, options);
            result
        }
        Err(again) => LedgerRun::ended(session.info, RunError::ReadAgain(again)),
    }
}

impl LedgerRun {
    /// A run of which nothing came.
    fn not_started(info: LedgerInfo) -> Self {
        Self {
            info,
            proof: None,
            totals: JournalTotals::default(),
            movements: BTreeMap::new(),
            outputs: Vec::new(),
            plans: Vec::new(),
            recording: None,
            books: Vec::new(),
            error: None,
        }
    }

    fn ended(info: LedgerInfo, error: RunError) -> Self {
        Self {
            error: Some(error),
            ..Self::not_started(info)
        }
    }

    /// Whether the ledger's findings stop it.
    pub fn has_failed(&self) -> bool {
        self.proof
            .as_ref()
            .is_none_or(|proof| proof.status == Status::Failed)
    }
}

/// The dates before the first one that is not closed.
fn closed_part(days: &Days<'_>, range: DateRange) -> Option<DateRange> {
    let last = range.dates().take_while(|date| days.is_closed(*date)).last()?;
    DateRange::new(range.from(), last).ok()
}

/// The folder of a ledger's range below `out`.
pub fn output_folder(out: &Path, ledger_id: &str, range: DateRange) -> PathBuf {
    out.join(ledger_id)
        .join(format!("{}_{}", range.from(), range.to()))
}
