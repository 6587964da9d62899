//! What a run has to say about a ledger, as data.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::Serialize;
use strum::{EnumString, IntoStaticStr, VariantNames};

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
    fn accept(&mut self, codes: &BTreeSet<Code>) {
        if self.level == Level::Review && codes.contains(&self.code) {
            self.level = Level::Info;
            self.accepted = true;
        }
    }
}

/// The findings of a ledger: one per code, topic and date, with a count.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    /// The last part of a place is the format that a finding is of, empty for the ledger's own.
    by_place: BTreeMap<(Option<NaiveDate>, Option<Topic>, Code, String), Finding>,
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
        self.add_as(code.level(), code, topic, ledger_date, ordinal, message);
    }

    /// [`Self::add`] where more is known of how much it matters than the code says. Of several at
    /// one place the highest level counts.
    pub fn add_as(
        &mut self,
        level: Level,
        code: Code,
        topic: Option<Topic>,
        ledger_date: Option<NaiveDate>,
        ordinal: Option<usize>,
        message: impl FnOnce() -> String,
    ) {
        self.by_place
            .entry((ledger_date, topic, code, String::new()))
            .and_modify(|finding| {
                finding.count += 1;
                finding.level = finding.level.max(level);
            })
            .or_insert_with(|| Finding {
                code,
                level,
                topic,
                ledger_date,
                ordinal,
                count: 1,
                sum: None,
                accepted: false,
                format: None,
                message: shortened(&message(), MESSAGE_MAX).into_owned(),
            });
    }

    /// [`Self::add`] for an entry of `amount`, in minor units.
    pub fn add_amount(
        &mut self,
        code: Code,
        topic: Topic,
        ledger_date: NaiveDate,
        ordinal: usize,
        amount: i64,
        message: impl FnOnce() -> String,
    ) {
        self.add(code, Some(topic), Some(ledger_date), Some(ordinal), message);
        if let Some(finding) = self
            .by_place
            .get_mut(&(Some(ledger_date), Some(topic), code, String::new()))
        {
            finding.sum = Some(finding.sum.unwrap_or(0).saturating_add(amount));
        }
    }

    /// Makes information of what is for review and has one of `codes`, and notes that it is
    /// accepted.
    pub fn accept(&mut self, codes: &BTreeSet<Code>) {
        for finding in self.by_place.values_mut() {
            finding.accept(codes);
        }
    }

    /// Adds what there is to say about the file of a format, apart from other formats: how many
    /// cases there are, and how much they matter.
    pub fn add_of_format(&mut self, format: &str, code: Code, level: Level, count: usize, message: String) {
        let finding = Finding {
            code,
            level,
            topic: None,
            ledger_date: None,
            ordinal: None,
            count,
            sum: None,
            accepted: false,
            format: Some(format.to_owned()),
            message: format!("{format}: {message}"),
        };
        self.by_place
            .insert((None, None, code, format.to_owned()), finding);
    }

    /// Takes over all findings of `other`, adding up counts.
    pub fn merge(&mut self, other: Self) {
        for (place, finding) in other.by_place {
            self.by_place
                .entry(place)
                .and_modify(|mine| {
                    mine.count += finding.count;
                    mine.level = mine.level.max(finding.level);
                    mine.sum = match (mine.sum, finding.sum) {
                        (Some(mine), Some(other)) => Some(mine.saturating_add(other)),
                        (mine, other) => mine.or(other),
                    };
                })
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
        let place = (ledger_date, topic, code, String::new());
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

    /// Whether something leaves the range unproven.
    pub fn leave_unproven(&self) -> bool {
        self.iter()
            .any(|finding| finding.code.leaves_unproven() && finding.level >= Level::Review)
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
