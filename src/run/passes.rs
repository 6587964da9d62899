//! The two passes over one ledger.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::archive::{Archive, ArchiveError};
use crate::chart::Chart;
use crate::config::{Config, LedgerConfig};
use crate::date::DateRange;
use crate::days::StoredDay;
use crate::journal::{JournalTotals, Voucher};
use crate::ledger::day::LedgerDay;
use crate::ledger::entry::EntryType;
use crate::ledger::finding::{Code, Findings, Level};
use crate::money::Currency;
use crate::output::manifest::ManifestSource;
use crate::posting::Poster;
use crate::posting::books::{Books, PostingError};
use crate::posting::refunds::CaptureIndex;
use crate::posting::sequence::Sequence;
use crate::proof::{LedgerProof, ProofOptions, Prover, Status};
use crate::provider::LedgerInfo;
use crate::run::captures;
use crate::run::documents::{Documents, Output};
use crate::run::earlier::{self, Earlier};
use crate::run::movement::add_movements;
use crate::run::{LedgerRun, RunError, RunOptions, WriteOptions, output_folder};
use crate::writer::{Context, Opening};

/// So many postings are kept from the first pass; with more, memory would grow with the range.
const POSTINGS_KEPT: u64 = 10_000;

/// One ledger and what to do with it.
pub(super) struct Run<'a> {
    pub(super) archive: &'a Archive,
    pub(super) info: &'a LedgerInfo,
    pub(super) config: &'a Config,
    pub(super) ledger_config: &'a LedgerConfig,
    pub(super) options: &'a RunOptions,
    pub(super) currency: Currency,
    /// The dates that go into files.
    pub(super) exported: DateRange,
}

/// What the first pass learns.
struct FirstPass {
    proof: LedgerProof,
    totals: JournalTotals,
    movements: BTreeMap<Arc<str>, i128>,
    sources: Vec<ManifestSource>,
    lag_days: u64,
    /// The vouchers, when they are few enough to be kept for the second pass.
    vouchers: Option<Vec<Voucher>>,
}

impl Run<'_> {
    /// Proves, posts and checks; then writes, when nothing stands against it.
    pub(super) fn both_passes(&self) -> LedgerRun {
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
            captures::of_refunds(self.archive, &self.info.ledger_id, posted, lookback)
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
                match self.second_pass(&books, captures, &earlier, documents, &mut first, write) {
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
        let mut kept = Some(Vec::new());
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
                        kept = kept.filter(|_| totals.postings <= POSTINGS_KEPT);
                        if let Some(vouchers) = &mut kept {
                            vouchers.push(voucher);
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
            vouchers: kept,
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
                sha256: source.sha256.clone(),
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
        first: &mut FirstPass,
        write: &WriteOptions,
    ) -> Result<Vec<Output>, RunError> {
        let folder = output_folder(&write.out, &self.info.ledger_id, self.exported);
        documents.start(&folder, &first.proof)?;
        let mut sequence = Sequence::new(first.lag_days);
        match first.vouchers.take().filter(|_| !documents.want_days()) {
            Some(vouchers) => sequence.add(vouchers),
            None => self.post_again(books, captures, earlier, &mut documents, &mut sequence)?,
        }
        for voucher in sequence.finish() {
            documents.voucher(&voucher)?;
        }
        Ok(documents.finish(&self.config.fingerprint, &first.sources, write.force)?)
    }

    /// Reads and posts the days once more, handing on vouchers as soon as their turn has come.
    fn post_again(
        &self,
        books: &Books<'_>,
        captures: CaptureIndex,
        earlier: &Earlier,
        documents: &mut Documents<'_>,
        sequence: &mut Sequence,
    ) -> Result<(), RunError> {
        let mut poster = Poster::new(books, captures, earlier.funds_opening);
        self.warm_up(&mut poster, earlier, &mut Findings::default())?;
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
        Ok(())
    }
}
