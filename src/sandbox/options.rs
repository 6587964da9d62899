//! What can be set about a sandbox, and how it is written on a command line.

use std::num::NonZeroUsize;
use std::str::FromStr;
use std::time::Duration;

use chrono::NaiveDate;
use thiserror::Error;

use crate::sandbox::fault::FaultRule;

/// The client id that the sandbox takes unless told otherwise.
pub const CLIENT_ID: &str = "sandbox-client";
/// The client secret that the sandbox takes unless told otherwise.
pub const CLIENT_SECRET: &str = "sandbox-secret";
/// The subscription key that the sandbox takes in the merchant flow unless told otherwise.
pub const SUBSCRIPTION_KEY: &str = "sandbox-subscription";

/// A word that is none of the choices.
#[derive(Debug, Error)]
#[error("`{word}` is not a choice; write {choices}")]
pub struct UnknownChoice {
    word: String,
    choices: String,
}

/// The choice that `word` names.
pub(crate) fn choose<T: Copy>(word: &str, choices: &[(&str, T)]) -> Result<T, UnknownChoice> {
    let found = choices.iter().find(|(name, _)| *name == word);
    found.map(|(_, choice)| *choice).ok_or_else(|| {
        let names: Vec<String> = choices.iter().map(|(name, _)| format!("`{name}`")).collect();
        UnknownChoice {
            word: word.to_owned(),
            choices: names.join(" or "),
        }
    })
}

/// Which keys the sandbox takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keys {
    /// Any, as long as they are there.
    Any,
    /// These only.
    Only {
        /// The client id of both flows.
        client_id: String,
        /// The client secret of both flows.
        client_secret: String,
        /// The subscription key of the merchant flow.
        subscription_key: String,
    },
}

impl Default for Keys {
    fn default() -> Self {
        Self::Only {
            client_id: CLIENT_ID.to_owned(),
            client_secret: CLIENT_SECRET.to_owned(),
            subscription_key: SUBSCRIPTION_KEY.to_owned(),
        }
    }
}

/// How a token's `expires_in` is written. The provider's texts and clients disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberForm {
    /// `"86399"`
    Text,
    /// `86399`
    Number,
}

impl FromStr for NumberForm {
    type Err = UnknownChoice;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        choose(word, &[("text", Self::Text), ("number", Self::Number)])
    }
}

/// How long tokens of one flow live and how that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenTerms {
    /// Life of a token. Zero makes tokens that have expired when they arrive.
    pub lifetime: Duration,
    /// How `expires_in` is written.
    pub expires_in: NumberForm,
}

/// What the dates endpoint says of a date that is still open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OpenDates {
    /// `tryLater` and no items.
    #[default]
    TryLater,
    /// `tryLater` and the entries so far.
    WithItems,
    /// 404, as the specification of 2023 says.
    NotFound,
}

impl FromStr for OpenDates {
    type Err = UnknownChoice;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        choose(
            word,
            &[
                ("try-later", Self::TryLater),
                ("with-items", Self::WithItems),
                ("not-found", Self::NotFound),
            ],
        )
    }
}

/// The form of a 401: the specification's own, or that of the gateway before the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UnauthorizedForm {
    /// `{"code":"Unauthorized","message":…}`
    #[default]
    Specification,
    /// `{"statusCode":401,"message":…}`
    Gateway,
}

impl FromStr for UnauthorizedForm {
    type Err = UnknownChoice;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        choose(
            word,
            &[("specification", Self::Specification), ("gateway", Self::Gateway)],
        )
    }
}

/// What the feed says when a reader has caught up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FeedEnd {
    /// The last entries come with `tryLater: false`; the next answer is empty with `tryLater`.
    #[default]
    Empty,
    /// The last entries already come with `tryLater: true`.
    WithItems,
}

impl FromStr for FeedEnd {
    type Err = UnknownChoice;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        choose(word, &[("empty", Self::Empty), ("with-items", Self::WithItems)])
    }
}

/// Everything about a sandbox but its ledgers.
#[derive(Debug, Clone)]
pub struct SandboxOptions {
    /// The port on 127.0.0.1; 0 for any that is free.
    pub port: u16,
    /// Which keys it takes.
    pub keys: Keys,
    /// Whether accounting keys reach no ledger, as before any merchant has granted access.
    pub no_access: bool,
    /// Tokens of `/accesstoken/get`.
    pub standard_tokens: TokenTerms,
    /// Tokens of `/miami/v1/token`.
    pub specialized_tokens: TokenTerms,
    /// Seconds since 1970, for the token fields that state an instant. Without it these fields
    /// are left out; the sandbox itself reads no clock.
    pub unix_time: Option<fn() -> i64>,
    /// The form of a 401 for a token that does not hold.
    pub unauthorized: UnauthorizedForm,
    /// The first date that is still open; without it, the date after a ledger's last.
    pub today: Option<NaiveDate>,
    /// Whether the whole month of `today` is open, as under monthly settlement.
    pub month_is_open: bool,
    /// What is said of an open date.
    pub open_dates: OpenDates,
    /// Entries on a page.
    pub page_size: NonZeroUsize,
    /// Ledgers on a page.
    pub ledger_page_size: NonZeroUsize,
    /// Whether the last entries of a date are followed by an empty page.
    pub empty_last_page: bool,
    /// Whether ledgers show their `salesUnits`.
    pub sales_units: bool,
    /// What the feed says at its end.
    pub feed_end: FeedEnd,
    /// How many dates the fees feed lags behind the funds feed.
    pub feed_fees_lag: u64,
    /// What goes wrong, and when. The first rule that strikes wins.
    pub faults: Vec<FaultRule>,
    /// Decides which requests a rule with a share strikes.
    pub seed: u64,
}

impl Default for SandboxOptions {
    fn default() -> Self {
        let thousand = NonZeroUsize::new(1000).expect("1000 is not zero");
        let day = Duration::from_secs(24 * 60 * 60);
        Self {
            port: 0,
            keys: Keys::default(),
            no_access: false,
            standard_tokens: TokenTerms {
                lifetime: day,
                expires_in: NumberForm::Text,
            },
            specialized_tokens: TokenTerms {
                lifetime: Duration::from_secs(900),
                expires_in: NumberForm::Number,
            },
            unix_time: None,
            unauthorized: UnauthorizedForm::default(),
            today: None,
            month_is_open: false,
            open_dates: OpenDates::default(),
            page_size: thousand,
            ledger_page_size: thousand,
            empty_last_page: false,
            sales_units: true,
            feed_end: FeedEnd::default(),
            feed_fees_lag: 0,
            faults: Vec::new(),
            seed: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_read_by_name_and_an_unknown_one_is_told_the_others() {
        assert_eq!("with-items".parse::<OpenDates>().unwrap(), OpenDates::WithItems);
        assert_eq!(
            "gateway".parse::<UnauthorizedForm>().unwrap(),
            UnauthorizedForm::Gateway
        );
        let error = "float".parse::<NumberForm>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "`float` is not a choice; write `text` or `number`"
        );
    }
}
