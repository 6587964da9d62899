//! One ledger from the archive to its files: prove, post, check, write.
//!
//! Two passes over the days. The first proves and posts, and asks every writer what its target
//! cannot hold; only when nothing stands against it, the second writes.

pub mod documents;
pub mod earlier;
pub mod export_log;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::NaiveDate;
use thiserror::Error;

use crate::archive::{Archive, ArchiveError};
use crate::chart::{Chart, Role};
use crate::config::{CaptureMode, Config, FeeMode, LedgerConfig, VoucherPer};
use crate::date::DateRange;
use crate::format::{Format, FormatError};
use crate::journal::{JournalTotals, Voucher};
use crate::ledger::day::{LedgerDay, StoredDay};
use crate::ledger::entry::EntryType;
use crate::ledger::finding::{Code, Findings, Level};
use crate::ledger::proof::{LedgerProof, ProofOptions, Prover, Status};
use crate::ledger::{LedgerInfo, Topic};
use crate::money::Currency;
use crate::output::OutputError;
use crate::output::manifest::ManifestSource;
use crate::posting::Poster;
use crate::posting::books::{Books, PostingError};
use crate::posting::refunds::CaptureIndex;
use crate::posting::sequence::Sequence;
use crate::run::documents::{Documents, Output};
use crate::run::earlier::Earlier;
use crate::writer::{Context, Opening};

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
    /// Set from outside to end the run between two dates, leaving nothing half done.
    pub cancelled: Arc<AtomicBool>,
}

/// What to write, and where.
#[derive(Debug, Clone, Default)]
pub struct WriteOptions {
    /// The folder that gets `<ledgerId>/<from>_<to>/`.
    pub out: PathBuf,
    /// The formats; when empty, the configuration's, else `journal-csv`.
    pub formats: Vec<&'static Format>,
    /// Every format of the ledger's market whose needs are met.
    pub all_formats: bool,
    /// Where the user keeps descriptors of their own.
    pub users_formats: Option<PathBuf>,
    /// Replace files that differ.
    pub force: bool,
    /// Leave out vouchers that another range's export to the same format holds already.
    pub new_only: bool,
    /// Only find out what the formats cannot hold.
    pub dry_run: bool,
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
    /// The user ended the run.
    #[error("cancelled")]
    Cancelled,
    /// The journal does not move an account as the entries do: a mistake of the program.
    #[error("account {account} moves by {journal} in the journal, but by {entries} in the ledger")]
    Movement {
        /// The account.
        account: String,
        /// By the journal, in minor units.
        journal: i128,
        /// By the entries, in minor units.
        entries: i128,
    },
}

impl RunError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Archive(error) => error.hint().map(str::to_owned),
            Self::Posting(error) => error.hint(),
            Self::Format(error) => error.hint(),
            Self::Output(error) => Some(error.hint().to_owned()),
            Self::Movement { .. } | Self::Cancelled => None,
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
    /// Why it ended without success, apart from findings.
    pub error: Option<RunError>,
}

/// Runs one ledger.
pub fn ledger(archive: &Archive, ledger_id: &str, config: &Config, options: &RunOptions) -> LedgerRun {
    let info = match archive.ledger_info(ledger_id) {
        Ok(info) => info.unwrap_or_else(|| LedgerInfo::unknown(ledger_id)),
        Err(error) => return LedgerRun::ended(LedgerInfo::unknown(ledger_id), error.into()),
    };
    let ledger_config = config.ledger(&info);
    let exported = if options.allow_open {
        closed_part(archive, ledger_id, options.range)
    } else {
        Some(options.range)
    };
    let run = Run {
        archive,
        info: &info,
        config,
        currency: currency(archive, &info, &ledger_config, options.range),
        ledger_config: &ledger_config,
        options,
        exported: exported.unwrap_or(options.range),
    };
    let mut result = run.both_passes();
    result.info = info;
    result
}

/// Proves one ledger's range without posting anything.
pub fn prove(archive: &Archive, ledger_id: &str, config: &Config, options: &RunOptions) -> LedgerRun {
    let info = match archive.ledger_info(ledger_id) {
        Ok(info) => info.unwrap_or_else(|| LedgerInfo::unknown(ledger_id)),
        Err(error) => return LedgerRun::ended(LedgerInfo::unknown(ledger_id), error.into()),
    };
    let ledger_config = config.ledger(&info);
    let proof_options = ProofOptions {
        range: options.range,
        currency: info.currency.as_deref().and_then(Currency::parse),
        zone: Chart::of(ledger_config.posting.market).zone(),
        allow_open: options.allow_open,
    };
    let mut prover = Prover::start(archive, ledger_id, proof_options);
    for date in options.range.dates() {
        let stored = StoredDay::read(archive, ledger_id, date);
        let mut day = stored.parse();
        day.note_open(&options.open);
        prover.day(&day);
    }
    LedgerRun {
        proof: Some(prover.finish(archive, ledger_id)),
        ..LedgerRun::not_started(info)
    }
}

/// A date before the range that its first payout's voucher needs and the archive lacks.
pub fn missing_before(
    archive: &Archive,
    ledger_id: &str,
    config: &Config,
    range: DateRange,
) -> Option<NaiveDate> {
    let info = archive.ledger_info(ledger_id).ok()??;
    let ledger_config = config.ledger(&info);
    let currency = currency(archive, &info, &ledger_config, range);
    let books = Books::new(&info, currency, &ledger_config, config);
    earlier::find(archive, &books, range).missing.first().copied()
}

impl LedgerRun {
    /// A run of which nothing came.
    pub fn not_started(info: LedgerInfo) -> Self {
        Self {
            info,
            proof: None,
            totals: JournalTotals::default(),
            movements: BTreeMap::new(),
            outputs: Vec::new(),
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

struct Run<'a> {
    archive: &'a Archive,
    info: &'a LedgerInfo,
    config: &'a Config,
    ledger_config: &'a LedgerConfig,
    options: &'a RunOptions,
    currency: Currency,
    exported: DateRange,
}

/// What the first pass learns.
struct FirstPass {
    proof: LedgerProof,
    totals: JournalTotals,
    movements: BTreeMap<Arc<str>, i128>,
    sources: Vec<ManifestSource>,
    lag_days: u64,
}

impl Run<'_> {
    fn both_passes(&self) -> LedgerRun {
        let books = Books::new(self.info, self.currency, self.ledger_config, self.config);
        let siblings = self.siblings();
        let context = Context {
            info: self.info,
            currency: self.currency,
            range: self.exported,
            books: &books,
            config: self.ledger_config,
            siblings: &siblings,
        };
        let mut error = None;
        let mut documents = match &self.options.write {
            None => Documents::default(),
            Some(write) => Documents::new(context, write).unwrap_or_else(|failure| {
                error = Some(failure);
                Documents::default()
            }),
        };
        let earlier = earlier::find(self.archive, &books, self.options.range);
        let captures = if books.needs_captures_of_refunds() {
            let lookback = books.settings.refund_lookback_days;
            let posted = earlier.posted(self.options.range);
            CaptureIndex::build(self.archive, &self.info.ledger_id, posted, lookback)
        } else {
            CaptureIndex::default()
        };
        let mut first = self.first_pass(&books, &captures, &earlier, &mut documents, &mut error);
        let is_open = !first.proof.open_dates.is_empty() && !self.options.allow_open;
        let is_open = is_open || !earlier.missing.is_empty();
        let may_write = error.is_none() && first.proof.status != Status::Failed && !is_open;
        let mut outputs = Vec::new();
        if let (true, Some(write)) = (may_write && first.proof.exported.is_some(), &self.options.write) {
            let is_refused = documents.has_refusals();
            documents.report(&mut first.proof.findings);
            if !is_refused && !write.dry_run {
                match self.second_pass(&books, captures, &earlier, documents, &first, write) {
                    Ok(written) => outputs = written,
                    Err(failure) => error = Some(failure),
                }
            }
        }
        LedgerRun {
            info: LedgerInfo::unknown(&self.info.ledger_id),
            proof: Some(first.proof),
            totals: first.totals,
            movements: first.movements,
            outputs,
            error,
        }
    }

    /// The other ledgers of the archive with the same owner, where a format has to keep their
    /// voucher numbers apart.
    fn siblings(&self) -> Vec<String> {
        let is_numbered = self.options.write.as_ref().is_some_and(|write| {
            let by_configuration = write.formats.is_empty() && !self.ledger_config.formats.is_empty();
            let mut formats = write.formats.iter();
            write.all_formats || by_configuration || formats.any(|format| format.numbers_vouchers())
        });
        let Some(owner) = self.info.owner.as_ref().filter(|_| is_numbered) else {
            return Vec::new();
        };
        // A ledger that cannot be read has its own run, which says so.
        let has_owner = |ledger_id: &String| match self.archive.ledger_info(ledger_id) {
            Ok(Some(info)) => info.owner.as_ref() == Some(owner) && *ledger_id != self.info.ledger_id,
            Ok(None) | Err(_) => false,
        };
        let ledgers = self.archive.ledgers().unwrap_or_default();
        ledgers.into_iter().filter(has_owner).collect()
    }

    fn first_pass(
        &self,
        books: &Books<'_>,
        captures: &CaptureIndex,
        earlier: &Earlier,
        documents: &mut Documents<'_>,
        error: &mut Option<RunError>,
    ) -> FirstPass {
        let options = ProofOptions {
            range: self.options.range,
            currency: self
                .info
                .currency
                .as_deref()
                .and_then(Currency::parse)
                .or(Some(self.currency)),
            zone: Chart::of(self.ledger_config.posting.market).zone(),
            allow_open: self.options.allow_open,
        };
        let mut prover = Prover::start(self.archive, &self.info.ledger_id, options);
        for date in &earlier.missing {
            prover.needs_before(*date);
        }
        let opening = self.prove_earlier(options, earlier, prover.findings_mut());
        let mut findings = Findings::default();
        let mut totals = JournalTotals::default();
        let mut movements = BTreeMap::<Arc<str>, i128>::new();
        let mut sources = Vec::new();
        let mut lag_days = 0;
        let mut gross_settlement = false;
        let mut poster = Poster::new(books, captures.clone(), earlier.funds_opening);
        if let Err(failure) = self.warm_up(&mut poster, earlier, &mut findings) {
            *error = error.take().or(Some(failure.into()));
        }
        for date in earlier
            .posted_before(self.options.range)
            .iter()
            .flat_map(DateRange::dates)
        {
            let stored = StoredDay::read(self.archive, &self.info.ledger_id, date);
            if let Err(failure) = self.hash_sources(&stored, &mut sources) {
                *error = error.take().or(Some(failure.into()));
            }
        }
        if documents.want_days_before()
            && let Some(range) = earlier::since_payout(self.archive, books, self.options.range)
        {
            for date in range.dates() {
                documents.day_before(&StoredDay::read(self.archive, &self.info.ledger_id, date).parse());
            }
        }
        for date in self.options.range.dates() {
            if self.options.cancelled.load(Ordering::Relaxed) {
                *error = Some(RunError::Cancelled);
                break;
            }
            let stored = StoredDay::read(self.archive, &self.info.ledger_id, date);
            let mut day = stored.parse();
            day.note_open(&self.options.open);
            if !prover.day(&day) {
                continue;
            }
            if let Err(failure) = self.hash_sources(&stored, &mut sources) {
                *error = error.take().or(Some(failure.into()));
            }
            gross_settlement |= day
                .fees
                .entries
                .iter()
                .any(|entry| entry.entry_type == EntryType::FeesInvoiced);
            documents.check_day(&day);
            if error.is_some() {
                continue;
            }
            match poster.day(&day, &mut findings) {
                Err(failure) => *error = Some(failure.into()),
                Ok(vouchers) => {
                    for voucher in vouchers {
                        let lag = (date - voucher.date()).num_days();
                        lag_days = lag_days.max(u64::try_from(lag).unwrap_or(0));
                        totals.add(&voucher);
                        add_movements(&mut movements, &voucher);
                        if let Err(failure) = documents.check_voucher(&voucher) {
                            *error = Some(failure.into());
                            break;
                        }
                    }
                }
            }
        }
        poster.finish(gross_settlement, &mut findings);
        if books.is_foreign() && !poster.knows_funds_value() {
            findings.add(Code::FxOpeningUnknown, None, Some(self.options.range.from()), None, || {
                "the booked value of the funds account at the start is not known: no earlier date in the archive closes at zero, so no exchange difference is booked".to_owned()
            });
        }
        if self.ledger_config.posting.market_is_assumed {
            let market = self.ledger_config.posting.market.code();
            findings.add(Code::MarketAssumed, None, None, None, || {
                format!("the configuration names no market; {market} follows from the ledger")
            });
        }
        prover.findings_mut().merge(findings);
        let proof = prover.finish(self.archive, &self.info.ledger_id);
        let opening = opening.unwrap_or(Opening {
            funds: proof.funds.opening,
            fees: proof.fees.opening,
            ..Opening::default()
        });
        if let Err(failure) = documents.check_end(&opening) {
            *error = error.take().or(Some(failure.into()));
        }
        if error.is_none() && proof.status != Status::Failed {
            *error = self.movement_error(books, &proof, &movements);
        }
        FirstPass {
            proof,
            totals,
            movements,
            sources,
            lag_days,
        }
    }

    /// Notes the files that outputs are made of; nothing when only checking.
    fn hash_sources(
        &self,
        stored: &StoredDay,
        sources: &mut Vec<ManifestSource>,
    ) -> Result<(), ArchiveError> {
        if self.options.write.as_ref().is_none_or(|write| write.dry_run) {
            return Ok(());
        }
        for source in stored.sources() {
            sources.push(ManifestSource {
                path: source.path.clone(),
                sha256: self.archive.sha256(&source.path)?,
            });
        }
        Ok(())
    }

    /// Dates before the range that become part of a voucher must hold like those in it. Returns
    /// what the books hold before them, when there are any.
    fn prove_earlier(
        &self,
        options: ProofOptions,
        earlier: &Earlier,
        findings: &mut Findings,
    ) -> Option<Opening> {
        let range = earlier.posted_before(self.options.range)?;
        let mut prover = Prover::start(
            self.archive,
            &self.info.ledger_id,
            ProofOptions { range, ..options },
        );
        for date in range.dates() {
            prover.day(&StoredDay::read(self.archive, &self.info.ledger_id, date).parse());
        }
        let proof = prover.finish(self.archive, &self.info.ledger_id);
        let mut errors = proof.findings;
        // Whether the range opens where these dates close is for the range's own proof to say.
        errors.retain(|finding| {
            let is_seam = finding.code == Code::BalanceBreak && finding.ordinal.is_none();
            finding.level == Level::Error && !is_seam
        });
        findings.merge(errors);
        Some(Opening {
            funds: proof.funds.opening,
            fees: proof.fees.opening,
            ..Opening::default()
        })
    }

    /// Brings a poster to the first date of the range.
    fn warm_up(
        &self,
        poster: &mut Poster<'_>,
        earlier: &Earlier,
        findings: &mut Findings,
    ) -> Result<(), PostingError> {
        let read = |date| StoredDay::read(self.archive, &self.info.ledger_id, date);
        for date in earlier.capture_dates() {
            poster.captures_before(&read(date).parse());
        }
        for date in earlier.valued_dates() {
            poster.value_before(&read(date).parse())?;
        }
        if let Some(range) = earlier.posted_before(self.options.range) {
            for date in range.dates() {
                poster.day(&read(date).parse(), findings)?;
            }
        }
        Ok(())
    }

    fn second_pass(
        &self,
        books: &Books<'_>,
        captures: CaptureIndex,
        earlier: &Earlier,
        mut documents: Documents<'_>,
        first: &FirstPass,
        write: &WriteOptions,
    ) -> Result<Vec<Output>, RunError> {
        let folder = output_folder(&write.out, &self.info.ledger_id, self.exported);
        documents.start(&folder, &first.proof)?;
        let mut poster = Poster::new(books, captures, earlier.funds_opening);
        self.warm_up(&mut poster, earlier, &mut Findings::default())?;
        let mut sequence = Sequence::new(first.lag_days);
        for date in self.exported.dates() {
            if self.options.cancelled.load(Ordering::Relaxed) {
                return Err(RunError::Cancelled);
            }
            let stored = StoredDay::read(self.archive, &self.info.ledger_id, date);
            let day: LedgerDay<'_> = stored.parse();
            sequence.add(poster.day(&day, &mut Findings::default())?);
            for voucher in sequence.ready(date) {
                documents.voucher(&voucher)?;
            }
            documents.day(&day)?;
        }
        for voucher in sequence.finish() {
            documents.voucher(&voucher)?;
        }
        Ok(documents.finish(&self.config.fingerprint, &first.sources, write.force)?)
    }

    /// The journal moves the provider accounts by exactly what the entries say.
    fn movement_error(
        &self,
        books: &Books<'_>,
        proof: &LedgerProof,
        movements: &BTreeMap<Arc<str>, i128>,
    ) -> Option<RunError> {
        if books.settings.voucher_per == VoucherPer::Payout || books.may_use(CaptureMode::None) {
            return None;
        }
        let sum = |totals: &crate::ledger::proof::TopicTotals| {
            totals
                .by_type
                .values()
                .map(|total| i128::from(total.sum))
                .sum::<i128>()
        };
        let mut expected = vec![(Role::Funds, sum(&proof.funds))];
        if books.settings.fees == FeeMode::Accrual {
            expected.push((Role::FeesPayable, sum(&proof.fees)));
        }
        let accounts = books.role_accounts();
        expected.into_iter().find_map(|(role, entries)| {
            let account = accounts.get(&role)?;
            // Where an account has several uses, its movement says nothing about one of them.
            let uses = accounts
                .values()
                .filter(|other| other.number == account.number)
                .count();
            let is_ruled = books.rules().iter().any(|rule| {
                rule.account
                    .as_ref()
                    .is_some_and(|number| number.0 == *account.number)
            });
            let journal = movements.get(&account.number).copied().unwrap_or(0);
            (uses == 1 && !is_ruled && journal != entries).then(|| RunError::Movement {
                account: account.number.to_string(),
                journal,
                entries,
            })
        })
    }
}

fn add_movements(movements: &mut BTreeMap<Arc<str>, i128>, voucher: &Voucher) {
    for posting in voucher.postings() {
        if posting.currency == voucher.currency() {
            *movements.entry(posting.account.clone()).or_default() += i128::from(posting.amount);
        }
    }
}

/// The dates before the first one that is not closed.
fn closed_part(archive: &Archive, ledger_id: &str, range: DateRange) -> Option<DateRange> {
    let is_closed = |date: &NaiveDate| StoredDay::read(archive, ledger_id, *date).parse().is_closed();
    let last = range.dates().take_while(is_closed).last()?;
    DateRange::new(range.from(), last).ok()
}

/// The ledger's currency: what the ledgers endpoint says, else its first entry, else the books'.
pub fn currency(archive: &Archive, info: &LedgerInfo, config: &LedgerConfig, range: DateRange) -> Currency {
    let stated = info.currency.as_deref().and_then(Currency::parse);
    let first_entry = || {
        range.dates().find_map(|date| {
            let stored = StoredDay::read(archive, &info.ledger_id, date);
            let day = stored.parse();
            day.entries().find_map(|(_, _, entry)| entry.currency)
        })
    };
    stated
        .or_else(first_entry)
        .unwrap_or(config.posting.base_currency)
}

/// The folder of a ledger's range below `out`.
pub fn output_folder(out: &Path, ledger_id: &str, range: DateRange) -> PathBuf {
    out.join(ledger_id)
        .join(format!("{}_{}", range.from(), range.to()))
}
