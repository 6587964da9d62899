//! The demo month tells what it promises.

use crate::chart::Market;
use crate::ledger::body;
use crate::provider::Topic;
use crate::sandbox::source::{Source, TopicDate};
use crate::sandbox::tests::invariants::{page, walk};
use crate::sandbox::{market, story};

#[test]
fn the_demo_month_holds_every_invariant_and_every_entry_type() {
    let source = story::source();
    let seen = walk(&source, story::LEDGER_ID);
    let has = |topic, name: &str| seen.types.contains_key(&(topic, name.to_owned()));
    for name in [
        "capture",
        "refund",
        "fees-retained",
        "payout-scheduled",
        "payout-aborted",
        "retained-disputed-capture",
        "returned-disputed-capture",
        "correction",
        "top-up",
        "credit-note",
        story::UNKNOWN_TYPE,
    ] {
        assert!(has(Topic::Funds, name), "{name}");
    }
    for name in [
        "capture-fee",
        "fees-retained",
        "fees-invoiced",
        "service-fee",
        "credit-note",
        "correction",
    ] {
        assert!(has(Topic::Fees, name), "{name}");
    }
    let captures = seen.types[&(Topic::Funds, "capture".to_owned())];
    assert!((150..=300).contains(&captures), "{captures}");
    assert_eq!((seen.empty_dates, seen.negative_dates, seen.late_fees), (3, 1, 2));
}

#[test]
fn some_captures_happen_on_another_day_than_their_ledger_date() {
    let source = story::source();
    let mut straddlers = Vec::new();
    for date in source.span(story::LEDGER_ID).unwrap().unwrap().dates() {
        let text = page(
            &source,
            &TopicDate {
                ledger_id: story::LEDGER_ID,
                topic: Topic::Funds,
                date,
            },
        );
        let bodies = body::parse(&text).unwrap();
        let zone = market::zone(Market::Norway);
        straddlers.extend(bodies.entries.iter().filter_map(|entry| {
            let is_capture = entry.entry_type.name() == "capture";
            (is_capture && entry.time?.local_date(zone)? != date).then_some(date.to_string())
        }));
    }
    assert_eq!(straddlers, ["2026-10-30"]);
}

#[test]
fn the_sandbox_gives_the_same_demo_month_every_time() {
    let date = crate::date::parse("2026-10-16").unwrap();
    let place = TopicDate {
        ledger_id: story::LEDGER_ID,
        topic: Topic::Funds,
        date,
    };
    let text = page(&story::source(), &place);
    assert_eq!(text, page(&story::source(), &place));
    assert!(
        text.contains("\"entryType\":\"payout-aborted\"") && text.contains("302321-2000012"),
        "{text}"
    );
}
