//! Explains payouts: what was carried, what moved since, what remains.

use chrono::NaiveDate;
use serde::Deserialize;

use crate::ledger::entry::{Entry, EntryType};
use crate::ledger::finding::Code;
use crate::ledger::findings::Findings;
use crate::provider::Topic;

/// What is asked of the numbers of a ledger's payouts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PayoutNumbers {
    /// Each is the one before and one. The provider's texts say so.
    #[default]
    Contiguous,
    /// They rise; some may be left out.
    Increasing,
}

/// One payout and whether its amount is accounted for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payout {
    /// The provider's number for it, where the entry has one.
    pub number: Option<String>,
    /// The ledger date that it closes.
    pub ledger_date: NaiveDate,
    /// What was sent, in minor units, positive.
    pub amount: i64,
    /// The bank text that the entry states (Denmark and Finland).
    pub reference: Option<String>,
    /// The one sales unit of the entries that it covers, where there is one.
    pub handle: Option<String>,
    /// The funds balance after the previous payout, or at the start of the range.
    pub carried: Option<i64>,
    /// What moved on funds since then, without the payout itself.
    pub movements: i64,
    /// What the provider kept back: carried + movements − amount.
    pub remains: Option<i64>,
    /// Whether every part is known and proven.
    pub explained: bool,
}

/// Where the carried balance comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Anchor {
    /// The start of the range, proven or not.
    Opening { proven: bool },
    /// The payout before.
    Payout,
}

/// Follows the funds topic and explains each payout.
#[derive(Debug)]
pub struct PayoutTracker {
    anchor: Anchor,
    carried: Option<i64>,
    movements: i64,
    handle: HandleSeen,
    payouts: Vec<Payout>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum HandleSeen {
    None,
    One(String),
    Several,
}

impl PayoutTracker {
    /// Starts at the beginning of a range; `carried` is the funds balance there when it is known,
    /// and `proven` whether it is chained to an earlier entry or the ledger's first.
    pub fn new(carried: Option<i64>, proven: bool) -> Self {
        Self {
            anchor: Anchor::Opening { proven },
            carried,
            movements: 0,
            handle: HandleSeen::None,
            payouts: Vec::new(),
        }
    }

    /// Says what the range opened at, learnt from its first entry, and whether that is proven.
    pub fn opens_at(&mut self, carried: Option<i64>, proven: bool) {
        if self.anchor != Anchor::Payout {
            self.carried = carried;
            self.anchor = Anchor::Opening { proven };
        }
    }

    /// Forgets what was carried: dates in between are not known.
    pub fn interrupt(&mut self) {
        *self = Self {
            payouts: std::mem::take(&mut self.payouts),
            ..Self::new(None, false)
        };
    }

    /// Takes the payouts out.
    pub fn into_payouts(self) -> Vec<Payout> {
        self.payouts
    }

    /// Takes one entry of the funds topic.
    pub fn entry(
        &mut self,
        entry: &Entry<'_>,
        date: NaiveDate,
        ordinal: usize,
        money: impl Fn(i64) -> String,
        findings: &mut Findings,
    ) {
        if entry.entry_type != EntryType::PayoutScheduled {
            self.movements = self.movements.saturating_add(entry.amount);
            if let Some(handle) = entry.recipient_handle.as_deref() {
                self.handle = match std::mem::replace(&mut self.handle, HandleSeen::Several) {
                    HandleSeen::None => HandleSeen::One(handle.to_owned()),
                    HandleSeen::One(known) if known == handle => HandleSeen::One(known),
                    HandleSeen::One(_) | HandleSeen::Several => HandleSeen::Several,
                };
            }
            return;
        }
        let number = entry.payout_number().map(str::to_owned);
        let name = number.clone().unwrap_or_else(|| "without a number".to_owned());
        let remains = self
            .carried
            .and_then(|carried| carried.checked_add(self.movements))
            .and_then(|balance| balance.checked_add(entry.amount));
        let mut report = |code, message: &dyn Fn() -> String| {
            findings.add(code, Some(Topic::Funds), Some(date), Some(ordinal), message);
        };
        let mut explained = false;
        match (remains, self.carried, self.anchor) {
            (Some(remains), Some(carried), _) if remains < 0 => report(Code::PayoutUnexplained, &|| {
                format!(
                    "payout {name} of {} is larger than what is there: carried {} and movements {} make {}",
                    money(entry.amount.saturating_neg()),
                    money(carried),
                    money(self.movements),
                    money(carried.saturating_add(self.movements))
                )
            }),
            (Some(_), Some(carried), Anchor::Opening { proven: false }) if carried != 0 => {
                report(Code::NotProven, &|| {
                    format!(
                        "payout {name} rests on a carried balance of {} that no earlier entry proves; \
                         fetch the dates before the range",
                        money(carried)
                    )
                });
            }
            (Some(_), Some(_), _) => explained = true,
            (None, _, _) | (_, None, _) => report(Code::NotProven, &|| {
                format!("payout {name} cannot be explained: the balance before it is not known")
            }),
        }
        if let Some(remains) = remains
            && remains > 0
        {
            report(Code::ReserveBalance, &|| {
                format!(
                    "payout {name} leaves {} with the provider (a reserve)",
                    money(remains)
                )
            });
        }
        self.payouts.push(Payout {
            number,
            ledger_date: date,
            amount: entry.amount.saturating_neg(),
            reference: entry.reference.as_deref().map(crate::text::line),
            handle: match std::mem::replace(&mut self.handle, HandleSeen::None) {
                HandleSeen::One(handle) => Some(handle),
                HandleSeen::None | HandleSeen::Several => None,
            },
            carried: self.carried,
            movements: self.movements,
            remains,
            explained,
        });
        self.anchor = Anchor::Payout;
        self.carried = entry.balance_after.or(remains);
        self.movements = 0;
    }
}
