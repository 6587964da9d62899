//! Judges what a run made by what was exported and closed before, in findings.

use std::collections::BTreeSet;

use crate::archive::Archive;
use crate::coverage::CoverageError;
use crate::coverage::books::{self as against, Account};
use crate::coverage::object::{Export, Span};
use crate::coverage::recorder::Recording;
use crate::coverage::state::State;
use crate::coverage::verdict::Verdict;
use crate::days::Days;
use crate::format::Coverage;
use crate::ledger::finding::Code;
use crate::ledger::findings::Findings;
use crate::money::Currency;
use crate::posting::books::Books;
use crate::provider::Topic;
use crate::run::WriteOptions;
use crate::run::cover::{self, Covered, Covers, Note};

/// What judging needs to know.
pub(super) struct Judge<'j> {
    pub(super) archive: &'j Archive,
    pub(super) days: &'j Days<'j>,
    pub(super) books: &'j Books<'j>,
    pub(super) covers: &'j Covers,
    pub(super) recording: &'j Recording,
}

impl Judge<'_> {
    /// What was closed stays as it was, and the month after it opens with its balances.
    pub(super) fn closes(&self, findings: &mut Findings) {
        let closes = &self.covers.closes;
        let Some(last) = closes.closed.last() else {
            return;
        };
        let verdict = Verdict::of(self.recording, &State::of_closes(&closes.closed));
        if verdict.differs() {
            let from = verdict.concerns(self.recording);
            findings.add(Code::MonthClosed, None, from, None, || {
                format!(
                    "a closed month stays as it was ({} is the last one): {}. Write corrections with `bilag export --corrections`, or take \
                     the close back with `bilag close --reopen {}`",
                    last.month,
                    verdict.differences(),
                    last.month
                )
            });
        }
        if let Some((count, first)) = &self.recording.dated_back {
            findings.add(Code::DatedInClosedMonth, None, None, None, || {
                format!("{count} vouchers of entries of an open month are dated in a closed one, the first is {first}")
            });
        }
        let Some(first_open) = closes.first_open() else {
            return;
        };
        for topic in Topic::ALL {
            let topics = self.recording.dates.range(first_open..);
            let topics = topics.map(|(date, known)| match topic {
                Topic::Funds => (date, known.funds),
                Topic::Fees => (date, known.fees),
            });
            let closing = match topic {
                Topic::Funds => last.balances.funds,
                Topic::Fees => last.balances.fees,
            };
            // Only what directly follows the closed month opens with its balances.
            let is_next = self
                .recording
                .dates
                .keys()
                .next()
                .is_some_and(|first| *first <= first_open);
            let mut with_entries = topics.filter(|(_, known)| known.entries > 0);
            let opening = with_entries
                .next()
                .and_then(|(date, known)| Some((*date, known.opens_at?)));
            if let (true, Some(closing), Some((date, opening))) = (is_next, closing, opening)
                && closing != opening
            {
                let money = |minor| self.money(minor);
                findings.add(Code::ClosingDiffers, Some(topic), Some(date), None, || {
                    format!(
                        "{} was closed with a {topic} balance of {}, but {date} opens at {}",
                        last.month,
                        money(closing),
                        money(opening)
                    )
                });
            }
        }
    }

    /// Whether each format may have what the run made; gives what is to be noted of it.
    pub(super) fn formats(
        &self,
        write: &WriteOptions,
        export: impl Fn(&str) -> Export,
        findings: &mut Findings,
    ) -> Result<Vec<Note>, CoverageError> {
        let mut notes = Vec::new();
        for (format, covered) in &self.covers.formats {
            let note = match covered.kind {
                Coverage::Vouchers => self.format(format, covered, write, export(format), findings)?,
                Coverage::Dates => self.statement(format, covered, export(format), findings),
                Coverage::None => None,
            };
            notes.extend(note);
        }
        Ok(notes)
    }

    fn format(
        &self,
        format: &str,
        covered: &Covered,
        write: &WriteOptions,
        export: Export,
        findings: &mut Findings,
    ) -> Result<Option<Note>, CoverageError> {
        let recording = self.recording;
        let verdict = Verdict::of(recording, &covered.state);
        let elsewhere: &[_] = if write.new_only { &[] } else { &verdict.elsewhere };
        let mut replaces = BTreeSet::new();
        let mut reloaded = None;
        if verdict.differs() || !elsewhere.is_empty() {
            if !write.force {
                self.overlap(format, &verdict, findings);
                return Ok(None);
            }
            replaces.extend(&verdict.files);
            let ids = elsewhere.iter().map(|conflict| &conflict.voucher);
            replaces.extend(ids.filter_map(|id| Some(covered.state.vouchers.get(id)?.file)));
            if replaces.iter().any(|file| covered.state.is_corrected(*file)) {
                findings.add(Code::CoverageOverlap, None, None, None, || {
                    format!(
                        "{format}: what would be replaced was corrected, so it was imported; write corrections again with \
                         `bilag export --corrections`"
                    )
                });
                return Ok(None);
            }
            reloaded = Some(State::load_without(
                self.archive,
                &recording.ledger_id,
                format,
                &replaces,
            )?);
        }
        let state = reloaded.as_ref().unwrap_or(&covered.state);
        self.replaced(format, &covered.state, &replaces, findings);
        let gaps = cover::new_gaps(state, recording, self.days);
        if let Some(first) = gaps.first() {
            findings.add(Code::CoverageGap, None, Some(first.from()), None, || {
                let gaps: Vec<String> = gaps.iter().map(|gap| Span::from(*gap).to_string()).collect();
                format!(
                    "{format}: {} would never be exported, although there are entries or the dates are not known; export them first",
                    gaps.join(", ")
                )
            });
            return Ok(None);
        }
        let mirrored = export.mirrored;
        let accounts = against::accounts(recording, mirrored, state, |date| self.days.is_empty(date));
        for account in accounts {
            self.account(format, account, findings);
        }
        Ok(cover::note(
            format,
            covered.kind,
            state,
            recording,
            export,
            &replaces,
        ))
    }

    fn overlap(&self, format: &str, verdict: &Verdict, findings: &mut Findings) {
        let from = verdict.concerns(self.recording);
        findings.add(Code::CoverageOverlap, None, from, None, || {
            if verdict.differs() {
                return format!(
                    "{format}: {}. If that was imported, write what differs with `bilag export --corrections`; if it was not, replace it \
                     with --force",
                    verdict.differences()
                );
            }
            let count = verdict.elsewhere.len();
            let first = &verdict.elsewhere[0];
            format!(
                "{format}: {count} vouchers stand in a file of other dates already, the first is {} ({}); importing both files books them \
                 twice. Leave them out with --new-only",
                first.voucher, first.range
            )
        });
    }

    /// Says which dates are no longer covered when a file of other dates is replaced.
    fn replaced(&self, format: &str, state: &State, replaces: &BTreeSet<u64>, findings: &mut Findings) {
        let range = self.recording.range;
        let is_wider = |span: &Span| !range.contains(span.from) || !range.contains(span.to);
        let files = state.files().iter();
        let wider = files.filter(|(file, span)| replaces.contains(file) && is_wider(span));
        let wider: Vec<String> = wider.map(|(_, span)| span.to_string()).collect();
        if !wider.is_empty() {
            findings.add(Code::CoverageReplaced, None, None, None, || {
                format!(
                    "{format}: the export of {} is replaced as a whole; export its other dates again",
                    wider.join(", ")
                )
            });
        }
    }

    /// The books move as the ledger does, from a known opening.
    fn account(&self, format: &str, account: Account, findings: &mut Findings) {
        let Account {
            topic,
            from,
            to,
            opening,
            closing,
            moved,
            moved_base,
        } = account;
        let money = |minor| self.money(minor);
        if !account.agrees() {
            findings.add(Code::BooksDiffer, Some(topic), Some(to), None, || {
                format!(
                    "{format}: from {from} to {to} the ledger goes from {} to {}, but all vouchers exported move the account of {topic} by {}",
                    money(opening),
                    money(closing),
                    money(moved)
                )
            });
        } else if self.books.is_foreign() && !account.agrees_in_base() {
            let base = self.books.settings.base_currency;
            findings.add(Code::BooksDiffer, Some(topic), Some(to), None, || {
                format!(
                    "{format}: from {from} to {to} the ledger goes from zero to zero, but all vouchers exported leave {} {base} on the account",
                    base.format(moved_base)
                )
            });
        }
        if opening != 0 && self.recording.dates.contains_key(&from) {
            findings.add(Code::OpeningBalance, Some(topic), Some(from), None, || {
                format!(
                    "{format}: the first exported date opens at {}; book that on the account of {topic} by hand, unless the books have it",
                    money(opening)
                )
            });
        }
    }

    /// A statement: each date belongs into one file.
    fn statement(
        &self,
        format: &str,
        covered: &Covered,
        export: Export,
        findings: &mut Findings,
    ) -> Option<Note> {
        let range = Span::from(self.recording.range);
        let other = self.recording.dates.iter().find_map(|(date, known)| {
            let held = covered.state.dates.get(date)?.range?;
            (!known.is_empty() && held != range).then_some((*date, held))
        });
        if let Some((date, held)) = other {
            findings.add(Code::StatementOverlap, None, Some(date), None, || {
                format!("{format}: {date} stands in the statement of {held} already; import only one of them")
            });
        }
        let none = BTreeSet::new();
        cover::note(
            format,
            covered.kind,
            &covered.state,
            self.recording,
            export,
            &none,
        )
    }

    fn money(&self, minor: i64) -> String {
        let currency: Currency = self.books.currency;
        format!("{} {currency}", currency.format(minor))
    }
}
