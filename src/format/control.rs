//! Accounts that a target keeps for customers and suppliers: it takes no posting there, or minds
//! one, without saying whose it is.

use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

/// Who a posting on a control account belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, IntoStaticStr)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Party {
    /// One of the customers.
    Customer,
    /// One of the suppliers.
    Supplier,
}

impl Party {
    /// The name in texts, which is also that of the option that says who it is.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// What a target does with a posting on a control account that names nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Does {
    /// It takes no such posting.
    Refuses,
    /// It takes it in a way that a person has to look at, or what it does is not known.
    Minds,
}

/// What a descriptor says of a control account.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ControlAccount {
    /// Whose account it is.
    pub party: Party,
    /// What the target does.
    pub does: Does,
    /// The same for people: a sentence without its full stop.
    pub text: String,
    /// The markets in whose charts the number has this meaning; all when empty.
    #[serde(default)]
    pub markets: Vec<String>,
    /// The variants of the format that this holds for; all when empty.
    #[serde(default)]
    pub variants: Vec<String>,
}

impl ControlAccount {
    /// Whether it is one in the books of `market`.
    pub fn is_of(&self, market: &str) -> bool {
        self.markets.is_empty() || self.markets.iter().any(|code| code == market)
    }
}
