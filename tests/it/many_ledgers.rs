//! An accounting office's run: two hundred ledgers, of which some fail and the others do not mind.

use std::collections::BTreeMap;
use std::sync::Arc;

use bilag::date::DateRange;
use bilag::sandbox::generate::Generator;
use bilag::sandbox::options::SandboxOptions;
use bilag::sandbox::source::{LedgerItem, Reading, Source, SourceError, TopicDate, Window};
use serde_json::Value;

use crate::harness::dates::range;
use crate::harness::files::tree;
use crate::harness::program::{Workplace, assert_code};
use crate::harness::sandbox::{plan, start};

const LEDGERS: u64 = 200;
/// Whose dates cannot be served.
const DOWN: &str = "500017";
/// Whose balances do not hold.
const BROKEN: &str = "500101";
/// Whose dates are open.
const OPEN: &str = "500188";

/// A generator of which three ledgers fail.
struct Troubled(Generator);

impl Source for Troubled {
    fn ledgers(&self) -> Result<Vec<LedgerItem>, SourceError> {
        self.0.ledgers()
    }

    fn span(&self, ledger_id: &str) -> Result<Option<DateRange>, SourceError> {
        self.0.span(ledger_id)
    }

    fn read(&self, place: &TopicDate<'_>, window: &Window) -> Result<Reading, SourceError> {
        let mut reading = self.0.read(place, window)?;
        match place.ledger_id {
            DOWN => {
                return Err(SourceError::Content {
                    path: "nowhere".to_owned(),
                    message: "out of order".to_owned(),
                });
            }
            BROKEN => {
                for item in &mut reading.items {
                    let mut entry: Value = serde_json::from_str(item).unwrap();
                    entry["balanceAfter"] = (entry["balanceAfter"].as_i64().unwrap() + 1).into();
                    *item = entry.to_string();
                }
            }
            OPEN => reading.is_open = true,
            _ => {}
        }
        Ok(reading)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_of_two_hundred_ledgers_fail_and_the_others_are_right() {
    let span = range("2026-03-01", "2026-03-03");
    let plans = || (0..LEDGERS).map(|number| plan(&(500_000 + number).to_string(), span, 3));
    let arguments = [
        "export",
        "--from",
        "2026-03-02",
        "--to",
        "2026-03-02",
        "--out",
        "books",
        "--json",
    ];

    let healthy = start(
        Arc::new(Generator::new(plans().collect())),
        SandboxOptions::default(),
    )
    .await;
    let place = Workplace::beside(&healthy.base_url(), "");
    assert_code(&place.run_async(&arguments).await, 0);
    let expected = tree(&place.path("books"));

    let troubled = Troubled(Generator::new(plans().collect()));
    let sandbox = start(Arc::new(troubled), SandboxOptions::default()).await;
    let place = Workplace::beside(&sandbox.base_url(), "retry_seconds = 1");
    let output = place.run_async(&arguments).await;
    assert_code(&output, 4);

    // One document on stdout, which names all ledgers and what became of each.
    let summary: Value = output.json();
    assert_eq!(summary["exit_code"], 4);
    let ledgers = summary["ledgers"].as_array().unwrap();
    assert_eq!(ledgers.len(), 200);
    let mut statuses: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for ledger in ledgers {
        let status = ledger["status"].as_str().unwrap();
        let id = ledger["ledger_id"].as_str().unwrap();
        statuses.entry(status).or_default().push(id);
        let is_troubled = [DOWN, BROKEN, OPEN].contains(&id);
        assert_eq!(
            ledger["outputs"].as_array().unwrap().is_empty(),
            is_troubled,
            "{id}"
        );
    }
    assert_eq!(statuses.remove("failed").unwrap(), [DOWN, BROKEN]);
    assert_eq!(statuses.remove("incomplete").unwrap(), [OPEN]);
    assert_eq!(statuses.into_values().map(|ids| ids.len()).sum::<usize>(), 197);
    let said = &output.stderr;
    for (id, why) in [(DOWN, "500"), (BROKEN, "balance")] {
        assert!(said.contains(&format!("`{id}`")), "{id}: {why}\n{said}");
    }

    // What was written is what a run without trouble writes, and nothing of the three.
    let written = tree(&place.path("books"));
    let mut wanted = expected;
    wanted.retain(|name, _| ![DOWN, BROKEN, OPEN].iter().any(|id| name.starts_with(id)));
    assert_eq!(
        written.keys().collect::<Vec<_>>(),
        wanted.keys().collect::<Vec<_>>()
    );
    for (name, bytes) in &written {
        // A manifest names the configuration, and the two have different addresses.
        assert!(
            name.ends_with("manifest.json") || *bytes == wanted[name],
            "{name}"
        );
    }
    assert!(written.len() >= 197 * 2);
}
