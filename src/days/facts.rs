//! What is worth remembering of a topic and date that was read.

use chrono::NaiveDate;

use crate::days::stored::StoredTopic;
use crate::ledger::day::TopicState;
use crate::ledger::entry::EntryType;
use crate::ledger::page::Page;
use crate::money::Currency;
use crate::provider::Topic;

/// What look-backs need to know of a topic and date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Whether the entries are all there.
    pub state: TopicState,
    /// How many entries there are.
    pub entries: usize,
    /// The balance before the first entry, where it says it; minor units.
    pub opens_at: Option<i64>,
    /// The balance after the last entry, where it says it; minor units.
    pub closes_at: Option<i64>,
    /// The place of each payout in the row of payouts ([`Entry::payout_place`]), where its number
    /// says one, in their order.
    ///
    /// [`Entry::payout_place`]: crate::ledger::entry::Entry::payout_place
    pub payout_places: Vec<Option<u64>>,
    /// The numbers of its payouts, of those that have one, in their order.
    pub payout_numbers: Vec<String>,
    /// The first currency that an entry states.
    pub currency: Option<Currency>,
}

impl Facts {
    pub(super) fn none(state: TopicState) -> Self {
        Self {
            state,
            entries: 0,
            opens_at: None,
            closes_at: None,
            payout_places: Vec::new(),
            payout_numbers: Vec::new(),
            currency: None,
        }
    }

    pub(super) fn of(stored: &StoredTopic, topic: Topic, date: NaiveDate) -> Self {
        let day = stored.parse();
        let mut facts = Self::none(day.state.clone());
        facts.add(&day.page(topic, date));
        facts
    }

    /// Whether a payout stands among the entries.
    pub fn has_payout(&self) -> bool {
        !self.payout_places.is_empty()
    }

    pub(super) fn add(&mut self, page: &Page<'_, '_>) {
        for entry in page.entries {
            if self.entries == 0 {
                self.opens_at = entry.balance_before;
            }
            self.entries += 1;
            self.closes_at = entry.balance_after;
            if entry.entry_type == EntryType::PayoutScheduled {
                self.payout_places.push(entry.payout_place());
                self.payout_numbers
                    .extend(entry.payout_number().map(str::to_owned));
            }
            self.currency = self.currency.or(entry.currency);
        }
    }
}
