//! Faults on demand: which requests go wrong, and how.
//!
//! A rule is text, such as `dates:every=7:429:retry-after=1`. Which requests it strikes follows
//! from their order and the seed alone, so that a failing run can be repeated.

use std::str::FromStr;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use thiserror::Error;

use crate::provider::Topic;
use crate::sandbox::random::Random;

/// The longest wait that a rule may ask for.
const WAIT_MAX_MS: u64 = 600_000;
/// The longest `Retry-After` that a rule may ask for.
const RETRY_AFTER_MAX_SECONDS: u64 = 86_400;

/// Why a text is no fault rule.
#[derive(Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultError {
    /// A part that means nothing.
    #[error("`{part}` in the fault `{rule}` means nothing")]
    UnknownPart {
        /// The whole rule.
        rule: String,
        part: String,
    },
    /// A part whose number is missing or out of range.
    #[error("`{part}` in the fault `{rule}` has no number between {min} and {max}")]
    Number {
        /// The whole rule.
        rule: String,
        part: String,
        /// Smallest number.
        min: u64,
        /// Largest number.
        max: u64,
    },
    /// More than one of a kind of part.
    #[error("the fault `{rule}` says twice {what}; make two rules of it")]
    Twice {
        /// The whole rule.
        rule: String,
        /// What is said twice.
        what: &'static str,
    },
    /// A part that does not go with the fault.
    #[error("`retry-after` in the fault `{0}` goes with 429 and 503 only")]
    RetryAfter(String),
    /// A topic for requests that have none.
    #[error("`funds` and `fees` in the fault `{0}` go with `dates` and `feed` only")]
    Topic(String),
    /// No part says what goes wrong.
    #[error("the fault `{0}` does not say what goes wrong")]
    NoFault(String),
}

impl FaultError {
    /// What the user can do about it.
    pub fn hint(&self) -> &'static str {
        "write [token|ledgers|dates|feed|any]:[funds|fees]:[every=N|first=N|share=N%]:FAULT, such as \
         `dates:every=7:429:retry-after=1`; FAULT is 429, 500, 502, 503, 423, cut, reset, slow:MS, hang:MS, \
         expired, repeat-cursor, empty-page, wrong-json or html"
    }
}

/// A kind of request that faults can strike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// Both token endpoints.
    Token,
    /// The list of ledgers.
    Ledgers,
    /// A ledger date.
    Dates,
    Feed,
}

/// Which of the requests that reach a rule it strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selection {
    All,
    /// The nth, the 2nth and so on.
    Every(u64),
    /// The first so many.
    First(u64),
    /// So many percent, chosen by the seed.
    Share(u64),
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// 429, with `Retry-After` in seconds if there is a number.
    TooManyRequests(Option<u64>),
    /// 503, with `Retry-After` in seconds if there is a number.
    Unavailable(Option<u64>),
    /// 500 with an `errorCode` and a `contextId`.
    ServerError,
    /// 502 with a page of HTML.
    BadGateway,
    /// 423.
    Locked,
    /// The connection ends in the middle of the body.
    Cut,
    /// The connection is reset before anything is answered.
    Reset,
    /// A pause in the middle of the body.
    Slow(Duration),
    /// No answer; the connection ends after the time.
    Hang(Duration),
    /// 401 although the token is good.
    Expired,
    /// The page's cursor leads to the page itself.
    RepeatCursor,
    /// An empty page that says that more follows, and it does.
    EmptyPage,
    /// 200 with JSON that ends too early.
    WrongJson,
    /// 200 with a page of HTML.
    Html,
}

/// One rule: where, how often, what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FaultRule {
    /// Which requests count; all if `None`.
    pub endpoint: Option<Endpoint>,
    /// Which topic's requests count; both, and those without one, if `None`.
    pub topic: Option<Topic>,
    /// Which of these are struck.
    pub selection: Selection,
    /// What happens to them.
    pub fault: Fault,
}

impl FaultRule {
    /// Reads a rule such as `dates:every=7:429:retry-after=1`.
    ///
    /// `expired` strikes once unless a selection says more, because a client may ask for a token
    /// once only.
    pub fn parse(rule: &str) -> Result<Self, FaultError> {
        let mut draft = RuleDraft::default();
        let mut parts = rule.split(':');
        while let Some(part) = parts.next() {
            draft.read(rule, part, &mut parts)?;
        }
        let mut fault = draft.fault.ok_or_else(|| FaultError::NoFault(rule.to_owned()))?;
        if let Some(seconds) = draft.retry_after {
            match &mut fault {
                Fault::TooManyRequests(retry_after) | Fault::Unavailable(retry_after) => {
                    *retry_after = Some(seconds);
                }
                _ => return Err(FaultError::RetryAfter(rule.to_owned())),
            }
        }
        let usual = if fault == Fault::Expired {
            Selection::First(1)
        } else {
            Selection::All
        };
        let endpoint = draft.endpoint.flatten();
        if draft.topic.is_some() && matches!(endpoint, Some(Endpoint::Token | Endpoint::Ledgers)) {
            return Err(FaultError::Topic(rule.to_owned()));
        }
        Ok(Self {
            endpoint,
            topic: draft.topic,
            selection: draft.selection.unwrap_or(usual),
            fault,
        })
    }
}

impl FromStr for FaultRule {
    type Err = FaultError;

    fn from_str(rule: &str) -> Result<Self, Self::Err> {
        Self::parse(rule)
    }
}

#[derive(Default)]
struct RuleDraft {
    endpoint: Option<Option<Endpoint>>,
    topic: Option<Topic>,
    selection: Option<Selection>,
    fault: Option<Fault>,
    retry_after: Option<u64>,
}

impl RuleDraft {
    /// Reads one part; `rest` are the parts after it, of which it may take one.
    fn read<'a>(
        &mut self,
        rule: &str,
        part: &str,
        rest: &mut impl Iterator<Item = &'a str>,
    ) -> Result<(), FaultError> {
        let (name, value) = part
            .split_once('=')
            .map_or((part, None), |(name, value)| (name, Some(value)));
        let number = |text: Option<&str>, min, max| {
            let number = text
                .and_then(|text| text.parse().ok())
                .filter(|number| (min..=max).contains(number));
            number.ok_or_else(|| FaultError::Number {
                rule: rule.to_owned(),
                part: part.to_owned(),
                min,
                max,
            })
        };
        let (is_set_already, what) = match (name, value) {
            ("any", None) => (self.endpoint.replace(None).is_some(), "which requests"),
            ("funds", None) => (self.topic.replace(Topic::Funds).is_some(), "which topic"),
            ("fees", None) => (self.topic.replace(Topic::Fees).is_some(), "which topic"),
            ("every", _) => self.select(Selection::Every(number(value, 1, u64::MAX)?)),
            ("first", _) => self.select(Selection::First(number(value, 1, u64::MAX)?)),
            ("share", _) => {
                let percent = value.and_then(|text| text.strip_suffix('%'));
                self.select(Selection::Share(number(percent, 1, 100)?))
            }
            ("retry-after", _) => {
                let seconds = number(value, 0, RETRY_AFTER_MAX_SECONDS)?;
                (self.retry_after.replace(seconds).is_some(), "when to retry")
            }
            ("slow" | "hang", _) => {
                let wait = Duration::from_millis(number(value.or_else(|| rest.next()), 1, WAIT_MAX_MS)?);
                self.fail(if name == "slow" {
                    Fault::Slow(wait)
                } else {
                    Fault::Hang(wait)
                })
            }
            (_, None) => match (Endpoint::named(name), Fault::named(name)) {
                (Some(endpoint), _) => (self.endpoint.replace(Some(endpoint)).is_some(), "which requests"),
                (None, Some(fault)) => self.fail(fault),
                (None, None) => {
                    return Err(FaultError::UnknownPart {
                        rule: rule.to_owned(),
                        part: part.to_owned(),
                    });
                }
            },
            (_, Some(_)) => {
                return Err(FaultError::UnknownPart {
                    rule: rule.to_owned(),
                    part: part.to_owned(),
                });
            }
        };
        if is_set_already {
            Err(FaultError::Twice {
                rule: rule.to_owned(),
                what,
            })
        } else {
            Ok(())
        }
    }

    fn select(&mut self, selection: Selection) -> (bool, &'static str) {
        (self.selection.replace(selection).is_some(), "how often")
    }

    fn fail(&mut self, fault: Fault) -> (bool, &'static str) {
        (self.fault.replace(fault).is_some(), "what goes wrong")
    }
}

impl Endpoint {
    fn named(name: &str) -> Option<Self> {
        match name {
            "token" => Some(Self::Token),
            "ledgers" => Some(Self::Ledgers),
            "dates" => Some(Self::Dates),
            "feed" => Some(Self::Feed),
            _ => None,
        }
    }
}

impl Fault {
    /// The fault of that name, of those that need no number.
    fn named(name: &str) -> Option<Self> {
        match name {
            "429" => Some(Self::TooManyRequests(None)),
            "503" => Some(Self::Unavailable(None)),
            "500" => Some(Self::ServerError),
            "502" => Some(Self::BadGateway),
            "423" => Some(Self::Locked),
            "cut" => Some(Self::Cut),
            "reset" => Some(Self::Reset),
            "expired" => Some(Self::Expired),
            "repeat-cursor" => Some(Self::RepeatCursor),
            "empty-page" => Some(Self::EmptyPage),
            "wrong-json" => Some(Self::WrongJson),
            "html" => Some(Self::Html),
            _ => None,
        }
    }
}

/// The rules of a running sandbox, each with the number of requests that reached it.
#[derive(Debug)]
pub(crate) struct Faults {
    seed: u64,
    rules: Mutex<Vec<(FaultRule, u64)>>,
}

impl Faults {
    pub(crate) fn new(rules: &[FaultRule], seed: u64) -> Self {
        Self {
            seed,
            rules: Mutex::new(rules.iter().map(|rule| (*rule, 0)).collect()),
        }
    }

    /// What happens to the next request of the kind `endpoint`, about `topic` if about any. Every
    /// rule for it counts the request, also when an earlier rule strikes.
    pub(crate) fn strike(&self, endpoint: Endpoint, topic: Option<Topic>) -> Option<Fault> {
        let mut struck = None;
        let mut rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        for (index, (rule, count)) in (0..).zip(rules.iter_mut()) {
            let is_other = rule.endpoint.is_some_and(|wanted| wanted != endpoint);
            if is_other || (rule.topic.is_some() && rule.topic != topic) {
                continue;
            }
            *count += 1;
            let strikes = match rule.selection {
                Selection::All => true,
                Selection::Every(every) => count.is_multiple_of(every),
                Selection::First(first) => *count <= first,
                Selection::Share(percent) => Random::new(&[self.seed, index, *count]).below(100) < percent,
            };
            if strikes && struck.is_none() {
                struck = Some(rule.fault);
            }
        }
        struck
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_say_where_how_often_and_what() {
        let rule = FaultRule::parse("dates:every=7:429:retry-after=1").unwrap();
        assert_eq!(rule.endpoint, Some(Endpoint::Dates));
        assert_eq!(rule.selection, Selection::Every(7));
        assert_eq!(rule.fault, Fault::TooManyRequests(Some(1)));
        let slow = Fault::Slow(Duration::from_millis(50));
        assert_eq!(FaultRule::parse("slow:50").unwrap().fault, slow);
        assert_eq!(FaultRule::parse("slow=50:any").unwrap().fault, slow);
        assert_eq!(
            FaultRule::parse("expired").unwrap().selection,
            Selection::First(1)
        );
        assert_eq!(
            FaultRule::parse("feed:share=5%:reset").unwrap().selection,
            Selection::Share(5)
        );
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        for bad in [
            "",
            "dates",
            "418",
            "429:500",
            "every=0:429",
            "share=5:429",
            "share=101%:429",
            "slow",
            "slow:0",
            "hang:600001",
            "retry-after=1:500",
            "dates:feed:429",
            "every=2:first=1:429",
            "429=1",
            "dates=1:429",
            "token:funds:429",
            "funds:fees:429",
        ] {
            assert!(FaultRule::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn rules_strike_by_count_and_seed_alone() {
        let strikes = |rule: &str, seed| -> String {
            let faults = Faults::new(&[FaultRule::parse(rule).unwrap()], seed);
            let struck = |_| {
                if faults.strike(Endpoint::Dates, Some(Topic::Funds)).is_some() {
                    'x'
                } else {
                    '.'
                }
            };
            (0..9).map(struck).collect()
        };
        assert_eq!(strikes("dates:every=3:429", 0), "..x..x..x");
        assert_eq!(strikes("first=2:429", 0), "xx.......");
        assert_eq!(strikes("funds:first=2:429", 0), "xx.......");
        assert_eq!(strikes("dates:fees:429", 0), ".........");
        assert_eq!(strikes("feed:429", 0), ".........");
        assert_eq!(strikes("share=50%:429", 1), strikes("share=50%:429", 1));
        assert_ne!(strikes("share=50%:429", 1), strikes("share=50%:429", 2));
    }
}
