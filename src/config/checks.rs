//! `[checks]`: what a person has looked at and takes as it is.

use std::collections::BTreeSet;

use serde::Deserialize;
use strum::VariantNames;

use crate::ledger::finding::{Code, Level};
use crate::ledger::payout::PayoutNumbers;
use crate::text;

/// The number of a ledger's first payout: the provider counts from here.
const FIRST_PAYOUT: u64 = 2_000_001;

/// `[checks]`, as far as a table says it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawChecks {
    pub payout_numbers: Option<PayoutNumbers>,
    pub first_payout: Option<u64>,
    pub accept: Option<Vec<String>>,
}

/// What a ledger's checks take as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checks {
    /// What is asked of the numbers of payouts.
    pub payout_numbers: PayoutNumbers,
    /// The number that a ledger's first payout has at most.
    pub first_payout: u64,
    /// Findings for review that are information for this merchant.
    pub accept: BTreeSet<Code>,
}

/// The finding of this name, if it may be accepted.
fn acceptable(name: &str) -> Result<Code, String> {
    let Ok(code) = name.parse::<Code>() else {
        let is_for_review = |name: &&&str| name.parse().is_ok_and(|code: Code| code.level() == Level::Review);
        let reviewed: Vec<&str> = Code::VARIANTS.iter().filter(is_for_review).copied().collect();
        return Err(match text::nearest(name, Code::VARIANTS.iter().copied()) {
            near if near.is_empty() => format!(
                "there is no finding `{name}`; those for review are {}",
                reviewed.join(", ")
            ),
            near => format!("there is no finding `{name}`; near it is {}", near.join(", ")),
        });
    };
    if code.level() == Level::Error {
        return Err(format!(
            "`{name}` is an error, which nobody can accept: something does not hold"
        ));
    }
    Ok(code)
}

impl RawChecks {
    /// The first name under `accept` that is none of a finding that may be accepted: its place in
    /// the list, and why.
    pub fn wrong_name(&self) -> Option<(usize, String)> {
        let names = self.accept.iter().flatten().enumerate();
        names
            .filter_map(|(index, name)| Some((index, acceptable(name).err()?)))
            .next()
    }

    /// These values, and `base`'s where these are silent.
    pub fn or(self, base: &Self) -> Self {
        Self {
            payout_numbers: self.payout_numbers.or(base.payout_numbers),
            first_payout: self.first_payout.or(base.first_payout),
            accept: self.accept.or_else(|| base.accept.clone()),
        }
    }
}

impl From<RawChecks> for Checks {
    fn from(raw: RawChecks) -> Self {
        let accept = raw.accept.unwrap_or_default();
        Self {
            payout_numbers: raw.payout_numbers.unwrap_or_default(),
            first_payout: raw.first_payout.unwrap_or(FIRST_PAYOUT),
            accept: accept.iter().filter_map(|name| acceptable(name).ok()).collect(),
        }
    }
}
