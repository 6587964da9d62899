//! Generated ledgers hold every invariant, whatever their terms and seed.

use std::num::NonZeroUsize;

use crate::chart::Market;
use crate::date::DateRange;
use crate::ledger::body;
use crate::provider::Topic;
use crate::sandbox::engine::{Frequency, Settlement};
use crate::sandbox::generate::Generator;
use crate::sandbox::options::SandboxOptions;
use crate::sandbox::plan::Plan;
use crate::sandbox::source::{Source, TopicDate, Window};
use crate::sandbox::tests::client::{all_pages, get, start};
use crate::sandbox::tests::invariants::{EVERYTHING, Seen, page, walk};

fn dates(from: &str, to: &str) -> DateRange {
    DateRange::new(crate::date::parse(from).unwrap(), crate::date::parse(to).unwrap()).unwrap()
}

fn plan(market: Market) -> Plan {
    Plan::new(market, "1452776", dates("2026-02-20", "2026-04-10"))
}

#[test]
fn every_market_settlement_frequency_and_reserve_holds_the_invariants() {
    let mut seed = 0;
    for market in Market::ALL {
        for settlement in [Settlement::Net, Settlement::Gross] {
            for frequency in [Frequency::Daily, Frequency::Weekly, Frequency::Monthly] {
                for reserve in [0, 100_000] {
                    seed += 1;
                    let mut plan = Plan {
                        payments_per_date: 8,
                        seed,
                        ..plan(market)
                    };
                    plan.terms.settlement = settlement;
                    plan.terms.frequency = frequency;
                    plan.terms.reserve = reserve;
                    plan.terms.cutoff_hour = u32::try_from(seed % 5).unwrap();
                    let seen = walk(&Generator::new(vec![plan]), "1452776");
                    let has = |topic, name: &str| seen.types.contains_key(&(topic, name.to_owned()));
                    assert_eq!(has(Topic::Fees, "fees-invoiced"), settlement == Settlement::Gross);
                    assert_eq!(has(Topic::Funds, "fees-retained"), settlement == Settlement::Net);
                    assert!(has(Topic::Funds, "payout-scheduled"));
                }
            }
        }
    }
}

#[test]
fn many_seeds_hold_the_invariants_and_show_every_exception() {
    let mut all = Seen::default();
    for seed in 0..12 {
        let seen = walk(
            &Generator::new(vec![Plan {
                seed,
                payments_per_date: 20,
                ..plan(Market::Norway)
            }]),
            "1452776",
        );
        for (key, count) in seen.types {
            *all.types.entry(key).or_default() += count;
        }
        all.negative_dates += seen.negative_dates;
        all.late_fees += seen.late_fees;
        all.empty_dates += seen.empty_dates;
    }
    assert!(all.negative_dates > 0 && all.late_fees > 0 && all.empty_dates > 0);
    for name in [
        "refund",
        "payout-aborted",
        "retained-disputed-capture",
        "returned-disputed-capture",
        "correction",
        "top-up",
        "credit-note",
        "settlement-adjustment",
    ] {
        assert!(all.types.contains_key(&(Topic::Funds, name.to_owned())), "{name}");
    }
    for name in ["correction", "credit-note", "service-fee"] {
        assert!(all.types.contains_key(&(Topic::Fees, name.to_owned())), "{name}");
    }
}

#[test]
fn a_ledger_is_as_large_as_asked() {
    let source = Generator::new(vec![plan(Market::Denmark).with_entries(6000)]);
    let seen = walk(&source, "1452776");
    let count: usize = seen.types.values().sum();
    assert!((4500..7500).contains(&count), "{count}");
}

#[test]
fn a_page_does_not_depend_on_what_was_asked_before() {
    let date = crate::date::parse("2026-03-29").unwrap();
    let place = TopicDate {
        ledger_id: "1452776",
        topic: Topic::Funds,
        date,
    };
    let source = || Generator::new(vec![plan(Market::Finland)]);
    let whole = source().read(&place, &EVERYTHING).unwrap().items;
    assert!(whole.len() > 10, "{}", whole.len());
    let last = Window {
        skip: whole.len() - 3,
        take: 2,
        ..EVERYTHING
    };
    assert_eq!(
        source().read(&place, &last).unwrap().items,
        whole[whole.len() - 3..whole.len() - 1]
    );
    let other = Generator::new(vec![Plan {
        seed: 1,
        ..plan(Market::Finland)
    }]);
    assert_ne!(page(&other, &place), page(&source(), &place));
}

#[tokio::test]
async fn served_pages_of_any_size_give_the_same_entries() {
    let path = "/report/v2/ledgers/1452776/funds/dates/2026-03-29";
    let serve = |entries| {
        let page_size = NonZeroUsize::new(entries).unwrap();
        let plan = Plan {
            payments_per_date: 8,
            ..plan(Market::Norway)
        };
        start(
            Generator::new(vec![plan]),
            SandboxOptions {
                page_size,
                ..SandboxOptions::default()
            },
        )
    };
    let (whole, _) = all_pages(&serve(1000).await, path).await;
    assert!(whole.len() > 4);
    for entries in 1..=5 {
        assert_eq!(all_pages(&serve(entries).await, path).await.0, whole);
    }
}

#[tokio::test]
async fn customers_are_shown_on_request_and_only_on_the_page_that_asked() {
    let page_size = NonZeroUsize::new(2).unwrap();
    let options = SandboxOptions {
        page_size,
        ..SandboxOptions::default()
    };
    let sandbox = start(Generator::new(vec![plan(Market::Denmark)]), options).await;
    let path = "/report/v2/ledgers/1452776/funds/dates/2026-03-29";
    let with = get(&sandbox, &format!("{path}?includeGDPRSensitiveData=true")).await;
    assert_eq!(with.text().matches("maskedPhoneNo").count(), 2);
    let cursor = with.json()["cursor"]
        .as_str()
        .unwrap()
        .replace('+', "%2B")
        .replace('=', "%3D");
    assert!(
        !get(&sandbox, &format!("{path}?cursor={cursor}"))
            .await
            .text()
            .contains("maskedPhoneNo")
    );
    let repeated = format!("{path}?cursor={cursor}&includeGDPRSensitiveData=true");
    assert!(
        get(&sandbox, &repeated)
            .await
            .text()
            .contains("\"name\":\"Testkunde Nummer")
    );
}

#[tokio::test]
async fn several_ledgers_are_listed_page_by_page() {
    let range = dates("2026-03-01", "2026-03-02");
    let plans = (0..7)
        .map(|number| Plan::new(Market::Norway, &format!("46001{number}"), range))
        .collect();
    let ledger_page_size = NonZeroUsize::new(3).unwrap();
    let options = SandboxOptions {
        ledger_page_size,
        ..SandboxOptions::default()
    };
    let (ledgers, pages) = all_pages(
        &start(Generator::new(plans), options).await,
        "/settlement/v1/ledgers",
    )
    .await;
    assert_eq!((ledgers.len(), pages), (7, 3));
    assert_eq!(ledgers[6]["ledgerId"].as_str(), Some("460016"));
}

#[test]
fn danish_payouts_name_their_bank_text() {
    let source = Generator::new(vec![Plan {
        with_exceptions: false,
        ..plan(Market::Denmark)
    }]);
    let date = crate::date::parse("2026-03-29").unwrap();
    let text = page(
        &source,
        &TopicDate {
            ledger_id: "1452776",
            topic: Topic::Funds,
            date,
        },
    );
    let bodies = body::parse(&text).unwrap();
    let reference = bodies.entries.last().unwrap().reference.as_deref().unwrap();
    assert!(reference.len() == 20 && reference.starts_with("02") && reference[13..].starts_with("290326"));
}
