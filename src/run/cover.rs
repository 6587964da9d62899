//! Coverage in a run: what was exported and closed before is read at its beginning, and what the run
//! made is judged by it at its end. `docs/COVERAGE.md` has the rules.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::archive::Archive;
use crate::catalogue;
use crate::chart::Role;
use crate::config::{CaptureMode, DateBasis, FeeMode, LedgerConfig, VoucherPer};
use crate::coverage::CoverageError;
use crate::coverage::held::{MirrorAccounts, row_id};
use crate::coverage::object::{Export, ExportObject, Mirrored, Span};
use crate::coverage::recorder::{CoveredDate, CoveredTopic, Recorder, Recording};
use crate::coverage::state::{self, Closes, State};
use crate::coverage::verdict::{self, Verdict};
use crate::date::DateRange;
use crate::days::Days;
use crate::format::Coverage;
use crate::journal::Voucher;
use crate::posting::books::Books;
use crate::provider::Topic;
use crate::run::movement::stands_alone;
use crate::run::{RunOptions, WriteOptions};

/// What was exported and closed of a ledger before a run.
#[derive(Debug, Default)]
pub struct Covers {
    /// The months that are closed.
    pub closes: Closes,
    /// What each format of the run has, where it covers something.
    pub formats: BTreeMap<String, Covered>,
    /// What was exported to the first format of the configuration that covers vouchers, for a run
    /// that writes nothing.
    pub before: State,
    /// Whether the run's vouchers are to be recorded.
    records: bool,
}

/// What a format has of a ledger.
#[derive(Debug)]
pub struct Covered {
    /// What its files stand for.
    pub kind: Coverage,
    /// What it has.
    pub state: State,
}

/// What `plan` says of a format.
#[derive(Debug, Clone)]
pub struct FormatPlan {
    /// The format's id.
    pub format: String,
    /// What an export would change.
    pub verdict: Verdict,
    /// Dates with entries, or unknown ones, that would stay between exported ones.
    pub gaps: Vec<DateRange>,
}

impl Covers {
    /// Reads what the formats of a run have, and which months are closed.
    pub fn load(
        archive: &Archive,
        ledger_id: &str,
        options: &RunOptions,
        config: &LedgerConfig,
    ) -> Result<Self, CoverageError> {
        let settings = &config.posting;
        let mut covers = Self::default();
        let wants = options.write.is_some() || options.records;
        if !wants {
            return Ok(covers);
        }
        covers.closes = Closes::load(archive, ledger_id)?;
        for format in options.write.iter().flat_map(|write| &write.formats) {
            let descriptor = &format.descriptor;
            let id = &descriptor.id;
            let is_covered = options.write.as_ref().is_some_and(|write| write.covers(id));
            if is_covered && descriptor.coverage != Coverage::None {
                let state = State::load(archive, ledger_id, id)?;
                let kind = descriptor.coverage;
                covers.formats.insert(id.clone(), Covered { kind, state });
            }
            let is_corrected = options.write.as_ref().is_some_and(|write| write.corrections);
            if is_corrected && !(is_covered && descriptor.coverage == Coverage::Vouchers) {
                return Err(CoverageError::Nothing(format!(
                    "`{id}` covers no vouchers, so there is nothing in it to correct; name a format to import with --format"
                )));
            }
        }
        if options.write.is_none() {
            let formats = config.formats.iter().filter_map(|id| catalogue::find(id).ok());
            let mut covering = formats.filter(|format| format.descriptor.coverage == Coverage::Vouchers);
            if let Some(format) = covering.next() {
                covers.before = State::load(archive, ledger_id, &format.descriptor.id)?;
            }
        }
        let looks_back =
            settings.voucher_per == VoucherPer::Payout || settings.date_basis == DateBasis::TransactionDate;
        let last_closed = covers.closes.last_date();
        let is_closed = last_closed.is_some_and(|last| looks_back || last >= options.range.from());
        let opens = covers.closes.first_open() == Some(options.range.from());
        covers.records = options.records || !covers.formats.is_empty() || is_closed || opens;
        Ok(covers)
    }

    /// What takes the vouchers of the run; `None` when nobody asks for them.
    pub fn recorder(&self, books: &Books<'_>) -> Option<Recorder> {
        self.records
            .then(|| Recorder::new(mirror_accounts(books), self.closes.last_date()))
    }

    /// Whether a voucher stands in a file of another range of this format.
    pub fn is_elsewhere(&self, format: &str, voucher: &Voucher, range: DateRange) -> bool {
        let Some(covered) = self.formats.get(format) else {
            return false;
        };
        let range = Span::from(range);
        match row_id(voucher) {
            Some(id) => covered.state.is_held_elsewhere(&id, range),
            None => covered.state.is_held_elsewhere(voucher.id().as_str(), range),
        }
    }

    /// What an export of `recording` would change in each format.
    pub fn plans(&self, recording: &Recording, days: &Days<'_>) -> Vec<FormatPlan> {
        let vouchers = |item: &(&String, &Covered)| item.1.kind == Coverage::Vouchers;
        let plan = |(format, covered): (&String, &Covered)| {
            let mut gaps = verdict::gaps(&covered.state, None, |date| days.is_empty(date));
            gaps.retain(|gap| !recording.range.dates().any(|date| gap.contains(date)));
            gaps.extend(new_gaps(&covered.state, recording, days));
            gaps.sort_by_key(DateRange::from);
            FormatPlan {
                format: format.clone(),
                verdict: Verdict::of(recording, &covered.state),
                gaps,
            }
        };
        self.formats.iter().filter(vouchers).map(plan).collect()
    }
}

impl FormatPlan {
    /// Whether an export would be more than new vouchers and the same ones.
    pub fn differs(&self) -> bool {
        self.verdict.differs() || !self.verdict.elsewhere.is_empty() || !self.gaps.is_empty()
    }
}

impl WriteOptions {
    /// Whether an export to a format is kept, and judged by earlier ones: one that is only among all
    /// formats is not.
    pub fn covers(&self, format: &str) -> bool {
        self.keeps_coverage && !self.uncovered.contains(format)
    }
}

/// The gaps that an export would open, and what it would leave behind.
pub(super) fn new_gaps(state: &State, recording: &Recording, days: &Days<'_>) -> Vec<DateRange> {
    let mut gaps = verdict::gaps(state, Some(recording), |date| days.is_empty(date));
    gaps.extend(crate::date::runs(&verdict::left_behind(recording, state)));
    gaps
}

/// What the archive knows of a date.
pub(super) fn covered_date(days: &Days<'_>, date: NaiveDate) -> CoveredDate {
    let topic = |topic| {
        let facts = days.facts(topic, date);
        CoveredTopic {
            entries: facts.entries,
            opens_at: facts.opens_at,
            closes_at: facts.closes_at,
        }
    };
    CoveredDate {
        funds: topic(Topic::Funds),
        fees: topic(Topic::Fees),
        waits: false,
    }
}

/// The accounts that mirror the provider's; no account when the chart lacks it.
fn mirror_accounts(books: &Books<'_>) -> MirrorAccounts {
    let number = |role| {
        let account = books.role_accounts().get(&role);
        account.map(|account| account.number.clone()).unwrap_or_default()
    };
    MirrorAccounts {
        funds: number(Role::Funds),
        fees_payable: number(Role::FeesPayable),
        base: books.settings.base_currency,
    }
}

/// Which accounts mirror the provider's: all entries of the topic are booked there, and nothing else.
pub(super) fn mirrored(books: &Books<'_>) -> Mirrored {
    let accounts = books.role_accounts();
    let is_alone = |role: Role| {
        let account = accounts.get(&role);
        account.is_some_and(|account| stands_alone(books, account))
    };
    Mirrored {
        funds: !books.may_use(CaptureMode::None) && is_alone(Role::Funds),
        fees_payable: books.settings.fees == FeeMode::Accrual && is_alone(Role::FeesPayable),
    }
}

/// The modes by their names in the configuration.
pub(super) fn modes(books: &Books<'_>) -> BTreeMap<String, String> {
    let settings = books.settings;
    let voucher_per = match settings.voucher_per {
        VoucherPer::LedgerDate => "ledger-date",
        VoucherPer::Payout => "payout",
        VoucherPer::Entry => "entry",
    };
    let date_basis = match settings.date_basis {
        DateBasis::LedgerDate => "ledger-date",
        DateBasis::TransactionDate => "transaction-date",
    };
    let captures = match settings.captures {
        CaptureMode::Clearing => "clearing",
        CaptureMode::Revenue => "revenue",
        CaptureMode::None => "none",
    };
    let fees = match settings.fees {
        FeeMode::Accrual => "accrual",
        FeeMode::Retained => "retained",
    };
    let modes = [
        ("market", settings.market.code()),
        ("base_currency", settings.base_currency.code()),
        ("voucher_per", voucher_per),
        ("date_basis", date_basis),
        ("captures", captures),
        ("fees", fees),
    ];
    modes
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into()
}

/// What is to be noted of an export before its files appear.
#[derive(Debug)]
pub(super) struct Note {
    pub(super) format: String,
    pub(super) number: u64,
    pub(super) object: ExportObject,
}

/// The note of an export of what `state` does not have already; `None` when it has all of it.
pub(super) fn note(
    format: &str,
    kind: Coverage,
    state: &State,
    recording: &Recording,
    export: Export,
    replaces: &BTreeSet<u64>,
) -> Option<Note> {
    let range = Span::from(recording.range);
    let mut export = export;
    export.replaces = replaces.iter().copied().collect();
    let is_others = |date: &NaiveDate| {
        let known = state.dates.get(date);
        known.is_some_and(|known| !known.date.waits && known.range != Some(range))
    };
    let dates = recording.dates.iter().filter(|(date, _)| !is_others(date));
    export.dates = dates.map(|(date, known)| (*date, *known)).collect();
    if kind == Coverage::Vouchers {
        let vouchers = recording.vouchers.iter();
        let own = vouchers.filter(|voucher| !state.is_held_elsewhere(&voucher.id, range));
        export.vouchers = own.cloned().collect();
    }
    let knows_date = |(date, known): (&NaiveDate, &CoveredDate)| {
        state.covers(*date) || (known.waits && state.dates.contains_key(date))
    };
    let knows_all = export.dates.iter().all(knows_date)
        && export
            .vouchers
            .iter()
            .all(|voucher| state.vouchers.contains_key(&voucher.id));
    (!knows_all || !replaces.is_empty()).then(|| Note {
        format: format.to_owned(),
        number: state.next(),
        object: ExportObject::Export(export),
    })
}

/// Puts notes into the archive, under the lock of the ledger's records. A month that was closed
/// meanwhile, or another export to the same format, stops it.
pub(super) fn put(
    archive: &Archive,
    ledger_id: &str,
    closes: &Closes,
    notes: &[Note],
) -> Result<(), CoverageError> {
    if notes.is_empty() {
        return Ok(());
    }
    let _lock = archive.lock_records(ledger_id)?;
    if Closes::load(archive, ledger_id)?.next() != closes.next() {
        return Err(CoverageError::Meanwhile(format!("{ledger_id}/closes")));
    }
    for note in notes {
        state::add_export(archive, ledger_id, &note.format, note.number, &note.object)?;
    }
    Ok(())
}
