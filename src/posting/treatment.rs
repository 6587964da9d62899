//! Which accounts an entry moves: the posting table.
//!
//! The provider account moves by the entry's amount, the counter account by its opposite, so an
//! unusual sign swaps debit and credit by itself. `docs/POSTING.md` shows the table with the
//! default accounts of each market.

use crate::chart::Role;
use crate::config::FeeMode;
use crate::journal::PostingKey;
use crate::ledger::entry::EntryType;
use crate::provider::Topic;

/// How an entry is booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Treatment {
    /// Not at all: a mirror of another entry, or a detail of one.
    None,
    /// A capture or refund: the counter side follows from the capture mode and the rules.
    Sales(PostingKey),
    /// A pair of a provider account and a counter account.
    Pair {
        /// Why.
        key: PostingKey,
        /// Funds or fees payable, or funds for what both topics show.
        provider: Role,
        /// The other side.
        counter: Role,
    },
}

/// The treatment of an entry type on a topic.
pub fn of(entry_type: &EntryType<'_>, topic: Topic, fees: FeeMode) -> Treatment {
    match topic {
        Topic::Funds => on_funds(entry_type, fees),
        // The cost is taken when it is retained; the fees topic is detail.
        Topic::Fees if fees == FeeMode::Retained => Treatment::None,
        Topic::Fees => on_fees(entry_type),
    }
}

/// The mirror account that is the counter side of a posting key, where it is one: what the
/// provider takes from funds for what it is owed, or keeps back.
pub fn counter_of(key: PostingKey, fees: FeeMode) -> Option<Role> {
    match key {
        PostingKey::FeesRetained if fees == FeeMode::Accrual => Some(Role::FeesPayable),
        PostingKey::DisputeRetained | PostingKey::DisputeReturned => Some(Role::Disputes),
        PostingKey::PayoutScheduled | PostingKey::PayoutAborted => Some(Role::PayoutsInTransit),
        _ => None,
    }
}

fn on_funds(entry_type: &EntryType<'_>, fees: FeeMode) -> Treatment {
    use PostingKey as Key;
    let (key, counter) = match entry_type {
        EntryType::Capture => return Treatment::Sales(Key::Capture),
        EntryType::Refund => return Treatment::Sales(Key::Refund),
        EntryType::FeesRetained => match fees {
            FeeMode::Accrual => (Key::FeesRetained, Role::FeesPayable),
            FeeMode::Retained => (Key::FeesRetained, Role::FeeExpense),
        },
        EntryType::PayoutScheduled => (Key::PayoutScheduled, Role::PayoutsInTransit),
        EntryType::PayoutAborted => (Key::PayoutAborted, Role::PayoutsInTransit),
        EntryType::RetainedDisputedCapture => (Key::DisputeRetained, Role::Disputes),
        EntryType::ReturnedDisputedCapture => (Key::DisputeReturned, Role::Disputes),
        EntryType::Correction => (Key::CorrectionFunds, Role::Suspense),
        EntryType::TopUp => (Key::TopUp, Role::TopupClearing),
        EntryType::CreditNote => (Key::CreditNoteFunds, Role::TopupClearing),
        EntryType::CaptureFee | EntryType::FeesInvoiced | EntryType::ServiceFee | EntryType::Unknown(_) => {
            (Key::UnknownFunds, Role::Suspense)
        }
    };
    Treatment::Pair {
        key,
        provider: Role::Funds,
        counter,
    }
}

fn on_fees(entry_type: &EntryType<'_>) -> Treatment {
    use PostingKey as Key;
    let (key, counter) = match entry_type {
        EntryType::CaptureFee => (Key::CaptureFee, Role::FeeExpense),
        // The same movement as on funds, where it is booked.
        EntryType::FeesRetained => return Treatment::None,
        EntryType::FeesInvoiced => (Key::FeesInvoiced, Role::FeeInvoice),
        EntryType::ServiceFee => (Key::ServiceFee, Role::FeeExpense),
        EntryType::Correction => (Key::CorrectionFees, Role::FeeExpense),
        EntryType::CreditNote => (Key::CreditNoteFees, Role::FeeInvoice),
        EntryType::Capture
        | EntryType::Refund
        | EntryType::PayoutScheduled
        | EntryType::PayoutAborted
        | EntryType::RetainedDisputedCapture
        | EntryType::ReturnedDisputedCapture
        | EntryType::TopUp
        | EntryType::Unknown(_) => (Key::UnknownFees, Role::Suspense),
    };
    Treatment::Pair {
        key,
        provider: Role::FeesPayable,
        counter,
    }
}
