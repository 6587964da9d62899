//! The findings of a ledger, gathered.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::ledger::finding::{Code, Finding, Level};
use crate::provider::Topic;
use crate::text::shortened;

/// The longest message, in characters: it may quote what the provider says.
const MESSAGE_MAX: usize = 2000;

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
