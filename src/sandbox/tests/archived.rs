//! An archive folder is served as it stands, and any source can be written as one.

use std::fs;
use std::num::NonZeroUsize;

use crate::archive::Archive;
use crate::chart::Market;
use crate::date::DateRange;
use crate::provider::Topic;
use crate::sandbox::archived::{ArchiveSource, write_archive};
use crate::sandbox::generate::Generator;
use crate::sandbox::options::SandboxOptions;
use crate::sandbox::plan::Plan;
use crate::sandbox::source::{Source, TopicDate, Window};
use crate::sandbox::story;
use crate::sandbox::tests::client::{all_pages, date_path, get, start};
use crate::sandbox::tests::invariants::{EVERYTHING, page, walk};

#[test]
fn the_demo_month_written_and_read_again_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let archive = Archive::new(folder.path());
    let source = story::source();
    let range = source.span(story::LEDGER_ID).unwrap().unwrap();
    write_archive(&source, &archive, range).unwrap();
    let read = ArchiveSource::open(archive).unwrap();
    walk(&read, story::LEDGER_ID);
    assert_eq!(read.span(story::LEDGER_ID).unwrap(), Some(range));
    assert_eq!(read.ledgers().unwrap()[0].json, source.ledgers().unwrap()[0].json);
    for date in range.dates() {
        for topic in Topic::ALL {
            let place = TopicDate {
                ledger_id: story::LEDGER_ID,
                topic,
                date,
            };
            assert_eq!(page(&read, &place), page(&source, &place));
            let open = Window {
                skip: 2,
                take: 3,
                without_closing: true,
                ..EVERYTHING
            };
            assert_eq!(
                read.read(&place, &open).unwrap(),
                source.read(&place, &open).unwrap()
            );
        }
    }
}

#[test]
fn long_dates_are_written_in_bodies_of_a_thousand() {
    let folder = tempfile::tempdir().unwrap();
    let archive = Archive::new(folder.path());
    let range = DateRange::month("2026-02").unwrap();
    let plan = Plan {
        payments_per_date: 1500,
        with_exceptions: false,
        ..Plan::new(Market::Finland, "77001", range)
    };
    let source = Generator::new(vec![plan]);
    let dates = DateRange::new(range.from(), crate::date::days_after(range.from(), 3)).unwrap();
    write_archive(&source, &archive, dates).unwrap();
    let longest = dates.dates().map(|date| {
        let stored = archive.read("77001", Topic::Funds, date).unwrap().unwrap();
        crate::ledger::body::parse(&stored.text).unwrap().page_sizes
    });
    let sizes = longest.max_by_key(Vec::len).unwrap();
    assert!(sizes.len() == 2 && sizes[0] == 1000, "{sizes:?}");
}

#[tokio::test]
async fn saved_responses_are_served_field_by_field_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let funds = folder.path().join("302321/funds");
    fs::create_dir_all(&funds).unwrap();
    let entry = r#"{"entryType":"capture", "amount":1e2,"currency":"NOK","new":{"a":[1.50]},"name":"N","message":"M"}"#;
    let bodies =
        format!(r#"[{{"items":[{entry},{entry}],"hasMore":true,"cursor":"x"}},{{"items":[{entry}]}}]"#);
    fs::write(funds.join("2026-10-01.json"), bodies).unwrap();
    fs::write(funds.join("2026-10-02.json"), r#"{"items":[],"tryLater":true}"#).unwrap();
    fs::write(funds.join("2026-10-03.json"), "<html>").unwrap();
    let source = ArchiveSource::open(Archive::new(folder.path())).unwrap();
    let page_size = NonZeroUsize::new(2).unwrap();
    let sandbox = start(
        source,
        SandboxOptions {
            page_size,
            ..SandboxOptions::default()
        },
    )
    .await;
    let (items, pages) = all_pages(&sandbox, &date_path("funds", "2026-10-01")).await;
    assert_eq!((items.len(), pages), (3, 2));
    let body = get(&sandbox, &date_path("funds", "2026-10-01")).await.text();
    assert!(
        body.contains(r#"{"entryType":"capture","amount":1e2,"currency":"NOK","new":{"a":[1.50]}}"#),
        "{body}"
    );
    let asked = format!(
        "{}?includeGDPRSensitiveData=true",
        date_path("funds", "2026-10-01")
    );
    assert!(get(&sandbox, &asked).await.text().contains(entry));
    assert!(
        get(&sandbox, &date_path("funds", "2026-10-02"))
            .await
            .text()
            .contains("\"tryLater\":true")
    );
    assert_eq!(get(&sandbox, &date_path("funds", "2026-10-03")).await.status, 500);
    let ledgers = get(&sandbox, "/settlement/v1/ledgers").await.text();
    assert_eq!(ledgers, r#"{"items":[{"currency":"NOK","ledgerId":"302321"}]}"#);
}
