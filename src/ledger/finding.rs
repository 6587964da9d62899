//! What a run has to say about a ledger, as data.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::Serialize;
use strum::{EnumString, IntoStaticStr, VariantNames};

use crate::provider::Topic;

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
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    EnumString,
    IntoStaticStr,
    VariantNames,
)]
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
    PayoutGap,
    NoEntries,
    LedgerUnreachable,
    UnusedConfiguration,
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
    FeesOwed,
    FeeDateDiffers,
    CaptureWithoutFee,
    FeeWithoutCapture,
    CutoffStraddle,
    UnexpectedSign,
    TimeUnreadable,
    RefundCaptureNotFound,
    RefundSplitEstimated,
    RefundAmbiguous,
    OverRefunded,
    RefundLookbackIncomplete,
    SalesLinesMissing,
    SalesLinesUnused,
    SalesLinesIgnored,
    RuleUnused,
    RuleOverRateChange,
    AwaitsPayout,
    VoucherOutsideRange,
    FxOpeningUnknown,
    MarketAssumed,
    TargetLimit,
    TextReplaced,
    ControlAccount,
    VatDiffersInTarget,
    DoubleBooking,
    CoverageOverlap,
    CoverageGap,
    CoverageReplaced,
    StatementOverlap,
    MonthClosed,
    DatedInClosedMonth,
    ClosingDiffers,
    BooksDiffer,
    OpeningBalance,
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
            | Self::TargetLimit
            | Self::CoverageOverlap
            | Self::CoverageGap
            | Self::MonthClosed
            | Self::ClosingDiffers
            | Self::BooksDiffer => Level::Error,
            Self::DateOpen
            | Self::DateMissing
            | Self::NotProven
            | Self::PayoutGap
            | Self::NoEntries
            | Self::LedgerUnreachable
            | Self::UnusedConfiguration
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
            | Self::RefundAmbiguous
            | Self::OverRefunded
            | Self::RefundLookbackIncomplete
            | Self::SalesLinesMissing
            | Self::SalesLinesUnused
            | Self::AwaitsPayout
            | Self::VoucherOutsideRange
            | Self::FxOpeningUnknown
            | Self::ControlAccount
            | Self::VatDiffersInTarget
            | Self::DoubleBooking
            | Self::CoverageReplaced
            | Self::StatementOverlap
            | Self::DatedInClosedMonth
            | Self::OpeningBalance => Level::Review,
            Self::LegacyEntryType
            | Self::PayoutOrder
            | Self::NegativeBalance
            | Self::ReserveBalance
            | Self::FeeDateDiffers
            | Self::CaptureWithoutFee
            | Self::FeeWithoutCapture
            | Self::CutoffStraddle
            | Self::SalesLinesIgnored
            | Self::RuleUnused
            | Self::RuleOverRateChange
            | Self::MarketAssumed
            | Self::FeesOwed
            | Self::TextReplaced => Level::Info,
        }
    }

    /// Whether a finding of this kind says that a link of the proof is missing, unless it is only
    /// information.
    pub fn leaves_unproven(self) -> bool {
        matches!(
            self,
            Self::NotProven | Self::PayoutGap | Self::NoEntries | Self::RefundLookbackIncomplete
        )
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
    /// The sum of the entries that it stands for, in minor units, where it is about amounts.
    #[serde(skip)]
    pub sum: Option<i64>,
    /// Whether the configuration accepts it, so that it is information where it would be for review.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub accepted: bool,
    /// The format whose file it is about; `None` for what is about the ledger.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// What it is, with names and amounts, and what to do.
    pub message: String,
}

impl Finding {
    /// A finding about a whole run, which is information when its code is one of `accepted`.
    pub fn of_run(code: Code, message: String, accepted: &BTreeSet<Code>) -> Self {
        let mut finding = Self {
            code,
            level: code.level(),
            topic: None,
            ledger_date: None,
            ordinal: None,
            count: 1,
            sum: None,
            accepted: false,
            format: None,
            message,
        };
        finding.accept(accepted);
        finding
    }

    /// Makes information of it when it is for review and has one of `codes`.
    pub(super) fn accept(&mut self, codes: &BTreeSet<Code>) {
        if self.level == Level::Review && codes.contains(&self.code) {
            self.level = Level::Info;
            self.accepted = true;
        }
    }
}
