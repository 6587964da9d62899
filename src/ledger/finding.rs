//! What a run has to say about a ledger, as data.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;
use strum::IntoStaticStr;

use crate::provider::Topic;
use crate::text::shortened;

/// The longest message, in characters: it may quote what the provider says.
const MESSAGE_MAX: usize = 2000;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Good to know.
    Info,
    /// A person should look; a failure only with `--strict`.
    Review,
    /// Something does not hold. Nothing is written for the ledger.
    Error,
}

/// What kind of thing was found. The text form is part of the contract with scripts.
/// `docs/FINDINGS.md` explains each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, IntoStaticStr)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Code {
    Unreadable,
    DateOpen,
    DateMissing,
    BalanceBreak,
    CurrencyMismatch,
    LedgerDateMismatch,
    MirrorMismatch,
    PayoutUnexplained,
    DuplicateEntry,
    SalesLinesMismatch,
    NotProven,
    NoEntries,
    UnknownEntryType,
    LegacyEntryType,
    CorrectionReview,
    CreditNoteReview,
    TopUpReview,
    Dispute,
    PayoutAborted,
    PayoutOrder,
    NegativeBalance,
    ReserveBalance,
    FeesRetainedInverted,
    FeesNotPosted,
    FeeDateDiffers,
    CaptureWithoutFee,
    FeeWithoutCapture,
    CutoffStraddle,
    UnexpectedSign,
    TimeUnreadable,
    RefundCaptureNotFound,
    RefundSplitEstimated,
    RuleUnused,
    AwaitsPayout,
    VoucherOutsideRange,
    FxOpeningUnknown,
    MarketAssumed,
    TargetLimit,
    TextReplaced,
    DoubleBooking,
    AlreadyExported,
}

impl Code {
    /// How much a finding of this kind matters when nothing else is said.
    pub fn level(self) -> Level {
        match self {
            Self::Unreadable
            | Self::BalanceBreak
            | Self::CurrencyMismatch
            | Self::LedgerDateMismatch
            | Self::MirrorMismatch
            | Self::PayoutUnexplained
            | Self::DuplicateEntry
            | Self::SalesLinesMismatch
            | Self::TargetLimit => Level::Error,
            Self::DateOpen
            | Self::DateMissing
            | Self::NotProven
            | Self::UnknownEntryType
            | Self::CorrectionReview
            | Self::CreditNoteReview
            | Self::TopUpReview
            | Self::Dispute
            | Self::PayoutAborted
            | Self::FeesRetainedInverted
            | Self::FeesNotPosted
            | Self::UnexpectedSign
            | Self::TimeUnreadable
            | Self::RefundCaptureNotFound
            | Self::RefundSplitEstimated
            | Self::AwaitsPayout
            | Self::VoucherOutsideRange
            | Self::FxOpeningUnknown
            | Self::DoubleBooking
            | Self::AlreadyExported => Level::Review,
            Self::NoEntries
            | Self::LegacyEntryType
            | Self::PayoutOrder
            | Self::NegativeBalance
            | Self::ReserveBalance
            | Self::FeeDateDiffers
            | Self::CaptureWithoutFee
            | Self::FeeWithoutCapture
            | Self::CutoffStraddle
            | Self::RuleUnused
            | Self::MarketAssumed
            | Self::TextReplaced => Level::Info,
        }
    }

    /// The code as scripts see it.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// One finding about a ledger: a code, where, and what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What kind of thing.
    pub code: Code,
    /// How much it matters.
    pub level: Level,
    /// The topic, where one is concerned.
    pub topic: Option<Topic>,
    /// The ledger date, where one is concerned.
    pub ledger_date: Option<NaiveDate>,
    /// The entry's place on its date, from 1: the first one where several are counted.
    pub ordinal: Option<usize>,
    /// How many entries or places it stands for.
    pub count: usize,
    /// What it is, with names and amounts, and what to do.
    pub message: String,
}

/// The findings of a ledger: one per code, topic and date, with a count.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    by_place: BTreeMap<(Option<NaiveDate>, Option<Topic>, Code), Finding>,
}

impl Findings {
    /// Adds a finding. When one of the same code, topic and date is there already, that one is
    /// counted up and keeps its message, which tells of the first.
    pub fn add(
        &mut self,
        code: Code,
        topic: Option<Topic>,
        ledger_date: Option<NaiveDate>,
        ordinal: Option<usize>,
        message: impl FnOnce() -> String,
    ) {
        self.by_place
            .entry((ledger_date, topic, code))
            .and_modify(|finding| finding.count += 1)
            .or_insert_with(|| Finding {
                code,
                level: code.level(),
                topic,
                ledger_date,
                ordinal,
                count: 1,
                message: shortened(&message(), MESSAGE_MAX).into_owned(),
            });
    }

    /// Takes over all findings of `other`, adding up counts.
    pub fn merge(&mut self, other: Self) {
        for (place, finding) in other.by_place {
            self.by_place
                .entry(place)
                .and_modify(|mine| mine.count += finding.count)
                .or_insert(finding);
        }
    }

    /// Keeps the findings that `is_kept`.
    pub fn retain(&mut self, is_kept: impl Fn(&Finding) -> bool) {
        self.by_place.retain(|_, finding| is_kept(finding));
    }

    /// Makes a finding one for review that matters more than its code says, with the place on its
    /// date and the message of what makes it so. One that is not there is added.
    pub fn raise(
        &mut self,
        code: Code,
        topic: Option<Topic>,
        ledger_date: Option<NaiveDate>,
        ordinal: Option<usize>,
        message: &str,
    ) {
        let place = (ledger_date, topic, code);
        if !self.by_place.contains_key(&place) {
            self.add(code, topic, ledger_date, ordinal, String::new);
        }
        if let Some(finding) = self.by_place.get_mut(&place) {
            finding.level = finding.level.max(Level::Review);
            finding.ordinal = ordinal;
            message.clone_into(&mut finding.message);
        }
    }

    /// Gives every finding of `code` the level `level`.
    pub fn set_level(&mut self, code: Code, level: Level) {
        for finding in self.by_place.values_mut().filter(|finding| finding.code == code) {
            finding.level = level;
        }
    }

    /// All findings, by date, topic and code.
    pub fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.by_place.values()
    }

    /// Whether there is a finding of at least `level`.
    pub fn has(&self, level: Level) -> bool {
        self.iter().any(|finding| finding.level >= level)
    }

    /// Whether there is a finding of this kind.
    pub fn has_code(&self, code: Code) -> bool {
        self.iter().any(|finding| finding.code == code)
    }
}
