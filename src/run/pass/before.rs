//! The dates before the range: those that become part of its vouchers, and those that a poster or a
//! writer has to know.

use chrono::NaiveDate;

use crate::days::ReadAgain;
use crate::journal::Voucher;
use crate::ledger::finding::{Code, Level};
use crate::ledger::findings::Findings;
use crate::proof::{ProofOptions, Prover};
use crate::provider::Topic;
use crate::run::RunError;
use crate::run::earlier::{self, Earlier};
use crate::run::pass::Pass;
use crate::writer::Opening;

impl Pass<'_, '_> {
    /// Dates before the range that become part of a voucher must hold like those in it. Returns
    /// what the books hold before them, when there are any.
    pub(super) fn prove_earlier(&mut self, earlier: &Earlier) -> Result<Option<Opening>, ReadAgain> {
        let Some(range) = earlier.posted_before(self.run.options.range) else {
            return Ok(None);
        };
        let days = &self.run.session.days;
        let options = ProofOptions {
            range,
            ..self.run.proof_options()
        };
        let proof = Prover::prove(days, options)?;
        let mut errors = proof.findings;
        // Whether the range opens where these dates close is for the range's own proof to say.
        errors.retain(|finding| {
            let is_seam = finding.code == Code::BalanceBreak && finding.ordinal.is_none();
            finding.level == Level::Error && !is_seam
        });
        self.prover.findings_mut().merge(errors);
        Ok(Some(Opening {
            funds: proof.funds.opening,
            fees: proof.fees.opening,
            ..Opening::default()
        }))
    }

    /// Brings the poster to the first date of the range.
    pub(super) fn warm_up(&mut self, earlier: &Earlier) -> Result<(), RunError> {
        let days = &self.run.session.days;
        if self.poster.wants_captures_before() {
            for date in earlier.capture_dates() {
                days.visit(Topic::Funds, date, |page| self.poster.captures_before(page));
            }
        }
        for date in earlier.withheld.into_iter().flat_map(|dates| dates.dates()) {
            days.visit(Topic::Funds, date, |page| self.poster.withheld_before(page));
        }
        for date in earlier.valued_dates() {
            self.post_before(date, &mut Findings::default())?;
            self.poster.forget_waiting();
            self.note_sources(date);
        }
        if let Some(range) = earlier.posted_before(self.run.options.range) {
            for date in range.dates() {
                let mut findings = std::mem::take(&mut self.findings);
                let posted = self.post_before(date, &mut findings);
                self.findings = findings;
                posted?;
                self.note_sources(date);
            }
        }
        Ok(())
    }

    /// Posts a date before the range, whose own vouchers belong to an earlier export.
    fn post_before(&mut self, date: NaiveDate, findings: &mut Findings) -> Result<(), RunError> {
        let days = &self.run.session.days;
        let stored = days.read(date);
        let day = stored.parse();
        let mut nowhere = |_: &Voucher| Ok::<(), RunError>(());
        self.poster.begin(date);
        for topic in Topic::ALL {
            days.pages(&stored, &day, topic, &mut |page| {
                self.poster.page(page, findings, &mut nowhere)
            })?;
        }
        self.poster.end(date, &mut nowhere)
    }

    /// Shows the documents that want them the days that the first payout takes in.
    pub(super) fn days_before(&mut self) {
        let run = self.run;
        let Some(documents) = self
            .stage
            .documents
            .as_mut()
            .filter(|documents| documents.want_days_before())
        else {
            return;
        };
        let Some(range) = earlier::since_payout(&run.session.days, run.options.range) else {
            return;
        };
        for date in range.dates() {
            for topic in Topic::ALL {
                run.session
                    .days
                    .visit(topic, date, |page| documents.page_before(page));
            }
            documents.day_before(date);
        }
    }
}
