//! Words of the provider that everything shares: topics, ledgers, sales units.

use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

/// The two accounts of a ledger that the provider shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, IntoStaticStr)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Topic {
    /// The merchant's money at the provider; positive when the provider owes the merchant.
    Funds,
    /// The merchant's debt for fees; negative when the merchant owes the provider.
    Fees,
}

impl Topic {
    /// Both topics, in the order in which everything is written.
    pub const ALL: [Self; 2] = [Self::Funds, Self::Fees];

    /// The name in paths and files.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

impl std::fmt::Display for Topic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// A scheme and an id, as the provider writes organisations and bank accounts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemedId {
    /// Such as `business:NO:ORG` or `BBAN:NO`.
    #[serde(default, deserialize_with = "null_as_blank")]
    pub scheme: String,
    /// Kept as text: leading zeros count.
    #[serde(default, deserialize_with = "null_as_blank")]
    pub id: String,
}

/// A sales unit that a ledger settles for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SalesUnit {
    /// The name that customers see.
    #[serde(default)]
    pub name: Option<String>,
    /// Such as `api:123455` or `NO:90001`.
    #[serde(default)]
    pub recipient_handle: Option<String>,
}

/// One item of the provider's ledgers endpoint, read leniently: every field but the id may be
/// absent in saved or older responses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LedgerInfo {
    /// Digits, kept as text.
    pub ledger_id: String,
    /// ISO 4217 code; absent from the provider's 2023 schema.
    #[serde(default)]
    pub currency: Option<String>,
    /// Where payouts go.
    #[serde(default)]
    pub payout_bank_account: Option<SchemedId>,
    /// The organisation that owns the ledger.
    #[serde(default)]
    pub owner: Option<SchemedId>,
    /// The handles that the ledger settles for.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub settles_for_recipient_handles: Vec<String>,
    /// The sales units, since June 2024.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub sales_units: Vec<SalesUnit>,
}

/// Whether `text` may be a ledger's id. It names folders of archives and outputs and is a part of
/// addresses, so it is letters, digits, `-` and `_`, at most 64 of them.
pub fn is_ledger_id(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=64).contains(&text.len()) && text.bytes().all(is_plain)
}

fn null_as_blank<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

fn null_as_empty<'de, D: serde::Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

impl LedgerInfo {
    /// A ledger of which only the id is known.
    pub fn unknown(ledger_id: &str) -> Self {
        Self {
            ledger_id: ledger_id.to_owned(),
            currency: None,
            payout_bank_account: None,
            owner: None,
            settles_for_recipient_handles: Vec::new(),
            sales_units: Vec::new(),
        }
    }

    /// The number of the ledger's sales unit (the handle without its prefix), when there is
    /// exactly one.
    pub fn only_unit(&self) -> Option<&str> {
        match self.settles_for_recipient_handles.as_slice() {
            [handle] => Some(handle.split_once(':').map_or(handle.as_str(), |(_, unit)| unit)),
            _ => None,
        }
    }
}
