//! What must hold in every ledger, whoever wrote it.

use std::collections::{BTreeMap, BTreeSet};

use crate::ledger::body;
use crate::ledger::entry::{Entry, EntryType};
use crate::provider::Topic;
use crate::sandbox::source::{Source, TopicDate, Window};

/// A window that shows a whole date.
pub(super) const EVERYTHING: Window = Window {
    skip: 0,
    take: usize::MAX,
    with_customer: false,
    without_closing: false,
};

/// What a walk over a ledger has seen.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// How many entries of each type each topic has.
    pub(super) types: BTreeMap<(Topic, String), usize>,
    /// How many dates have no entries at all.
    pub(super) empty_dates: usize,
    /// How many dates end with negative funds.
    pub(super) negative_dates: usize,
    /// How many fees stand on another date than their capture.
    pub(super) late_fees: usize,
}

/// The body that a source gives for a place, as one page.
pub(super) fn page(source: &dyn Source, place: &TopicDate<'_>) -> String {
    let items = source.read(place, &EVERYTHING).unwrap().items;
    format!("{{\"items\":[{}],\"hasMore\":false}}", items.join(","))
}

/// Walks over the whole ledger and checks every hard invariant, and the soft ones that the
/// engine promises.
pub(super) fn walk(source: &dyn Source, ledger_id: &str) -> Seen {
    let item = source
        .ledgers()
        .unwrap()
        .into_iter()
        .find(|item| item.info.ledger_id == ledger_id)
        .unwrap();
    let currency = item.json["currency"].as_str().unwrap().to_owned();
    let mut seen = Seen::default();
    let mut balances = [0; 2];
    let mut payout_number = None;
    let mut captures: BTreeMap<String, chrono::NaiveDate> = BTreeMap::new();
    let mut unique = BTreeSet::new();
    for date in source.span(ledger_id).unwrap().unwrap().dates() {
        let [funds_text, fees_text] = Topic::ALL.map(|topic| {
            page(
                source,
                &TopicDate {
                    ledger_id,
                    topic,
                    date,
                },
            )
        });
        let (funds, fees) = (
            body::parse(&funds_text).unwrap(),
            body::parse(&fees_text).unwrap(),
        );
        seen.empty_dates += usize::from(funds.entries.is_empty() && fees.entries.is_empty());
        for (index, (topic, bodies)) in [(Topic::Funds, &funds), (Topic::Fees, &fees)]
            .into_iter()
            .enumerate()
        {
            assert!(bodies.unreadable_time.is_none());
            for entry in &bodies.entries {
                assert_eq!(
                    entry.balance_before,
                    Some(balances[index]),
                    "{topic} {date} {entry:?}"
                );
                balances[index] += entry.amount;
                assert_eq!(
                    entry.balance_after,
                    Some(balances[index]),
                    "{topic} {date} {entry:?}"
                );
                assert_eq!(entry.ledger_date, Some(date));
                assert_eq!(entry.currency.unwrap().code(), currency);
                *seen
                    .types
                    .entry((topic, entry.entry_type.name().to_owned()))
                    .or_default() += 1;
            }
        }
        check_mirror(&funds.entries, &fees.entries);
        check_payout(&funds.entries, ledger_id, &mut payout_number);
        for entry in &funds.entries {
            if let (EntryType::Capture, Some(reference)) = (&entry.entry_type, &entry.psp_reference) {
                assert!(unique.insert(reference.to_string()), "{reference} stands twice");
                captures.insert(reference.to_string(), date);
            }
        }
        for fee in fees
            .entries
            .iter()
            .filter(|entry| entry.entry_type == EntryType::CaptureFee)
        {
            let captured = captures.get(fee.psp_reference.as_deref().unwrap());
            seen.late_fees += usize::from(*captured.expect("each fee has its capture") != date);
        }
        seen.negative_dates += usize::from(balances[0] < 0);
        assert!(balances[1] <= 0, "fees are a debt: {date} {}", balances[1]);
    }
    seen
}

fn check_mirror(funds: &[Entry<'_>], fees: &[Entry<'_>]) {
    let retained = |entries: &[Entry<'_>]| -> Vec<(i64, String)> {
        let retained = entries
            .iter()
            .filter(|entry| entry.entry_type == EntryType::FeesRetained);
        retained
            .map(|entry| (entry.amount, entry.psp_reference.as_deref().unwrap().to_owned()))
            .collect()
    };
    let mirrored: Vec<_> = retained(fees)
        .into_iter()
        .map(|(amount, reference)| (-amount, reference))
        .collect();
    assert_eq!(retained(funds), mirrored);
}

fn check_payout(funds: &[Entry<'_>], ledger_id: &str, payout_number: &mut Option<u64>) {
    let is_payout = |entry: &&Entry<'_>| entry.entry_type == EntryType::PayoutScheduled;
    assert!(funds.iter().filter(is_payout).count() <= 1);
    let Some(payout) = funds.iter().find(is_payout) else {
        return;
    };
    assert_eq!(
        funds.last(),
        Some(payout),
        "a payout is the last entry of its date"
    );
    let number: u64 = payout.payout_number().unwrap().parse().unwrap();
    assert_eq!(
        payout.psp_reference.as_deref().unwrap(),
        format!("{ledger_id}-{number}")
    );
    assert!(payout.amount < 0 && payout.balance_after.unwrap() >= 0);
    assert_eq!(number, payout_number.map_or(number, |last| last + 1));
    *payout_number = Some(number);
}
