//! The one pass over a ledger's dates: prove, post, check and write each as it comes.
//!
//! What is written is staged, and kept only when nothing stands against the export. So what was
//! proven is what is written.

mod before;
mod correct;
mod keep;

use std::sync::atomic::Ordering;

use chrono::NaiveDate;

use crate::archive::Archive;
use crate::config::{DateBasis, VoucherPer};
use crate::date::{DateRange, days_before};
use crate::days::ReadAgain;
use crate::days::stored::Source;
use crate::journal::JournalTotals;
use crate::ledger::entry::EntryType;
use crate::ledger::finding::Code;
use crate::ledger::findings::Findings;
use crate::ledger::page::Page;
use crate::money::Currency;
use crate::output::manifest::ManifestSource;
use crate::posting::Poster;
use crate::posting::books::Books;
use crate::posting::rule_use;
use crate::posting::sequence::Sequence;
use crate::proof::{ProofOptions, Prover, Status};
use crate::provider::{LedgerInfo, Topic};
use crate::run::cover::Covers;
use crate::run::documents::Documents;
use crate::run::earlier::{self, Earlier};
use crate::run::movement::{Movements, entry_sums, fees_not_booked, movement_error};
use crate::run::pass::keep::{End, Kept};
use crate::run::payout_numbers::PayoutNumbers;
use crate::run::refund_check;
use crate::run::session::Session;
use crate::run::stage::Stage;
use crate::run::worth::Worth;
use crate::run::{LedgerRun, RunError, RunOptions};
use crate::writer::{Context, Opening};

/// One ledger and what to do with it.
pub(super) struct Run<'a> {
    pub(super) session: &'a Session<'a>,
    pub(super) options: &'a RunOptions,
    pub(super) currency: Currency,
    /// The dates that go into files.
    pub(super) exported: DateRange,
    pub(super) archive: &'a Archive,
    /// What was exported and closed before.
    pub(super) covers: &'a Covers,
    /// The other ledgers of the same company.
    pub(super) siblings: Vec<String>,
}

/// What the pass has come to so far.
struct Pass<'r, 'a> {
    run: &'r Run<'a>,
    context: Context<'r>,
    prover: Prover,
    poster: Poster<'r>,
    books: &'r Books<'r>,
    stage: Stage<'r>,
    /// The numbers of payouts, where vouchers have their names.
    payout_numbers: Option<PayoutNumbers<'r>>,
    findings: Findings,
    sources: Vec<ManifestSource>,
    gross_settlement: bool,
    error: Option<RunError>,
}

impl Run<'_> {
    /// Proves, posts, checks and writes; keeps what was written when nothing stands against it.
    pub(super) fn run(&self) -> LedgerRun {
        // The second time long files are held whole, and nothing is to be read again.
        let again = self.once().or_else(|ReadAgain| self.once());
        again.unwrap_or_else(|again| {
            let info = LedgerInfo::unknown(&self.session.info.ledger_id);
            LedgerRun::ended(info, RunError::ReadAgain(again))
        })
    }

    fn once(&self) -> Result<LedgerRun, ReadAgain> {
        let session = self.session;
        let books = session.books(self.currency);
        let context = Context {
            info: &session.info,
            currency: self.currency,
            range: self.exported,
            books: &books,
            config: &session.ledger_config,
            siblings: &self.siblings,
        };
        let (documents, error) = match &self.options.write {
            None => (None, None),
            // Corrections are made when all that the run makes is known.
            Some(write) if write.corrections => (None, None),
            Some(write) => match Documents::new(context, write, self.covers, self.folder(write)) {
                Ok(documents) => (Some(documents), None),
                Err(error) => (None, Some(error)),
            },
        };
        let earlier = earlier::find(&self.session.days, &books, self.options.range);
        let posted = earlier.posted(self.options.range);
        let captures = session.captures_of_refunds(&books, posted);
        let looked_back = captures
            .dates(posted)
            .and_then(|dates| DateRange::new(dates.from(), days_before(posted.from(), 1)).ok());
        let settings = &self.session.ledger_config.posting;
        let is_ordered =
            settings.date_basis == DateBasis::LedgerDate || settings.voucher_per == VoucherPer::Payout;
        let mut pass = Pass {
            run: self,
            context,
            prover: Prover::start(&self.session.days, self.proof_options()),
            poster: Poster::new(&books, captures, earlier.opening),
            books: &books,
            stage: Stage {
                documents,
                recorder: self.covers.recorder(&books),
                sequence: (!is_ordered).then(|| Sequence::new(self.exported)),
                totals: JournalTotals::default(),
                movements: Movements::default(),
                worth: Worth::new(&books),
            },
            payout_numbers: (settings.voucher_per == VoucherPer::Payout)
                .then(|| PayoutNumbers::new(&session.days, self.options.range.from())),
            findings: Findings::default(),
            sources: Vec::new(),
            gross_settlement: false,
            error,
        };
        pass.note_lookback(looked_back);
        pass.go(&earlier)
    }

    /// Whether files are to be written, not only checked.
    fn is_writing(&self) -> bool {
        let write = self.options.write.as_ref();
        write.is_some_and(|write| !write.dry_run)
    }

    fn proof_options(&self) -> ProofOptions {
        self.session.proof_options(self.options, Some(self.currency))
    }
}

impl Pass<'_, '_> {
    fn go(mut self, earlier: &Earlier) -> Result<LedgerRun, ReadAgain> {
        for date in &earlier.missing {
            self.prover.needs_before(*date);
        }
        let opening = self.prove_earlier(earlier)?;
        if let Err(error) = self.warm_up(earlier) {
            self.fail(error)?;
        }
        self.days_before();
        for date in self.run.options.range.dates() {
            if self.run.options.cancelled.load(Ordering::Relaxed) {
                self.error = Some(RunError::Cancelled);
                break;
            }
            self.date(date)?;
        }
        Ok(self.finish(earlier, opening))
    }

    /// Notes why nothing can be written; the first reason stands.
    fn fail(&mut self, error: RunError) -> Result<(), ReadAgain> {
        if let RunError::ReadAgain(again) = error {
            return Err(again);
        }
        self.error.get_or_insert(error);
        Ok(())
    }

    fn date(&mut self, date: NaiveDate) -> Result<(), ReadAgain> {
        let days = &self.run.session.days;
        let stored = days.read(date);
        let day = stored.parse();
        if !self.prover.begin(date, [&day.funds.state, &day.fees.state]) {
            return Ok(());
        }
        self.poster.begin(date);
        for topic in Topic::ALL {
            days.pages(&stored, &day, topic, &mut |page| self.page(page))?;
        }
        self.prover.end(days);
        self.note_sources(date);
        if self.error.is_none()
            && let Err(error) = self.end(date)
        {
            self.fail(error)?;
        }
        Ok(())
    }

    fn page(&mut self, page: &Page<'_, '_>) -> Result<(), ReadAgain> {
        self.prover.page(page);
        let is_invoice = |entry_type: &EntryType<'_>| *entry_type == EntryType::FeesInvoiced;
        self.gross_settlement |=
            page.topic == Topic::Fees && page.entries.iter().any(|entry| is_invoice(&entry.entry_type));
        if let Some(numbers) = &mut self.payout_numbers {
            numbers.note(page);
        }
        if self.error.is_some() {
            return Ok(());
        }
        let stage = &mut self.stage;
        let posted = stage.page(page).and_then(|()| {
            self.poster
                .page(page, &mut self.findings, &mut |voucher| stage.voucher(voucher))
        });
        match posted {
            Ok(()) => Ok(()),
            Err(error) => self.fail(error),
        }
    }

    fn end(&mut self, date: NaiveDate) -> Result<(), RunError> {
        if let (Some(numbers), Some(number)) = (&mut self.payout_numbers, self.poster.payout_of_date())
            && numbers.is_repeat(number, date)
        {
            self.poster.payout_is_repeat();
        }
        let stage = &mut self.stage;
        self.poster.end(date, &mut |voucher| stage.voucher(voucher))?;
        stage.end_date(date)
    }

    /// Notes the files that the captures of refunds were looked for in.
    fn note_lookback(&mut self, dates: Option<DateRange>) {
        let days = &self.run.session.days;
        let dates = dates.into_iter().flat_map(|dates| dates.dates());
        let sources = dates.filter_map(|date| days.source(Topic::Funds, date));
        if self.run.is_writing() {
            self.sources.extend(sources.map(manifest_source));
        }
    }

    /// Notes the files that outputs are made of; nothing when only checking.
    fn note_sources(&mut self, date: NaiveDate) {
        if self.run.is_writing() {
            let sources = self.run.session.days.sources(date);
            self.sources.extend(sources.into_iter().map(manifest_source));
        }
    }

    fn finish(mut self, earlier: &Earlier, opening: Option<Opening>) -> LedgerRun {
        self.poster.finish(&mut self.findings);
        rule_use::note_rate_changes(self.books, self.run.options.range.to(), &mut self.findings);
        let (run, books) = (self.run, self.books);
        let mut findings = self.findings;
        let refunds = self.poster.take_refunds();
        refund_check::judge(&run.session.days, books, refunds, &mut findings);
        self.poster
            .report_unknown_values(run.options.range.from(), &mut findings);
        if run.session.ledger_config.posting.market_is_assumed {
            let market = run.session.ledger_config.posting.market.code();
            findings.add(Code::MarketAssumed, None, None, None, || {
                format!("the configuration names no market; {market} follows from the ledger")
            });
        }
        self.prover.findings_mut().merge(findings);
        self.poster.raise_straddles(self.prover.findings_mut());
        let mut proof = self.prover.finish(&run.session.days);
        fees_not_booked(books, &mut proof, self.gross_settlement);
        let opening = opening.unwrap_or(Opening {
            funds: proof.funds.opening,
            fees: proof.fees.opening,
            ..Opening::default()
        });
        let mut error = self.error;
        if let Some(sequence) = &self.stage.sequence {
            sequence.report(books.currency, &mut proof.findings);
        }
        if error.is_none() {
            error = self.stage.end(&opening).err();
        }
        if error.is_none() && proof.status != Status::Failed {
            let entries = match &self.payout_numbers {
                None => entry_sums(&proof),
                Some(_) => self.poster.given(),
            };
            error = movement_error(books, entries, &self.stage.movements);
            error = error.or_else(|| self.stage.worth.take().and_then(Worth::error));
        }
        let is_open = !proof.open_dates.is_empty() && !run.options.allow_open;
        let is_open = is_open || !earlier.missing.is_empty();
        let may_write = error.is_none() && proof.status != Status::Failed && !is_open;
        let mut kept = Kept::default();
        let recorder = self.stage.recorder.take();
        if may_write && proof.exported.is_some() {
            let end = End {
                context: self.context,
                recorder,
                waiting: self.poster.waiting_dates(),
                sources: self.sources,
            };
            match run.keep(&mut self.stage, &mut proof, end) {
                Ok(done) => kept = done,
                Err(failure) => error = Some(failure),
            }
        }
        LedgerRun {
            info: LedgerInfo::unknown(&run.session.info.ledger_id),
            proof: Some(proof),
            totals: self.stage.totals,
            movements: self.stage.movements.into_map(),
            outputs: kept.outputs,
            plans: kept.plans,
            recording: kept.recording,
            books: kept.books,
            error,
        }
    }
}

fn manifest_source(source: Source) -> ManifestSource {
    ManifestSource {
        path: source.path,
        sha256: source.sha256,
    }
}
