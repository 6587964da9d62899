//! `[checks]`: what a person has looked at and takes as it is.

use std::collections::BTreeSet;

use serde::de::Error;
use serde::{Deserialize, Deserializer};
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
    pub accept: Option<Vec<Acceptable>>,
}

/// The code of a finding that may be accepted.
#[derive(Debug, Clone, Copy)]
pub struct Acceptable(Code);

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

impl<'de> Deserialize<'de> for Acceptable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let Ok(code) = name.parse::<Code>() else {
            let known = Code::VARIANTS.iter().copied();
            let reviewed = known.filter(|name| name.parse().is_ok_and(|code: Code| code.level() == Level::Review));
            return Err(D::Error::custom(match text::nearest(&name, Code::VARIANTS) {
                near if near.is_empty() => format!(
                    "there is no finding `{name}`; those for review are {}",
                    reviewed.collect::<Vec<_>>().join(", ")
                ),
                near => format!("there is no finding `{name}`; near it is {}", near.join(", ")),
            }));
        };
        if code.level() == Level::Error {
            return Err(D::Error::custom(format!(
                "`{name}` is an error, which nobody can accept: something does not hold"
            )));
        }
        Ok(Self(code))
    }
}

impl RawChecks {
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
            accept: accept.into_iter().map(|Acceptable(code)| code).collect(),
        }
    }
}
