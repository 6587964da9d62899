//! A month of a ledger, exported as a run would.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use bilag::archive::Archive;
use bilag::chart::Market;
use bilag::config::Config;
use bilag::date::DateRange;
use bilag::provider::Topic;
use bilag::run::{LedgerRun, RunOptions, WriteOptions};
use bilag::sandbox::generate::Generator;
use bilag::sandbox::plan::Plan;
use bilag::sandbox::source::{Source, TopicDate, Window};

/// The ledger of every test here.
pub(crate) const LEDGER: &str = "302321";

/// Every mode that changes what a journal looks like.
pub(crate) const MODES: [&str; 6] = [
    "",
    "captures = \"revenue\"\n",
    "captures = \"revenue\"\nvoucher_per = \"payout\"\n",
    "captures = \"revenue\"\nvoucher_per = \"entry\"\n",
    "fees = \"retained\"\ncaptures = \"none\"\n",
    "date_basis = \"transaction-date\"\nvoucher_per = \"ledger-date\"\n",
];

pub(crate) fn dates(from: &str, to: &str) -> DateRange {
    DateRange::new(bilag::date::parse(from).unwrap(), bilag::date::parse(to).unwrap()).unwrap()
}

/// A generated ledger, saved as an archive, with the files that were exported from it.
pub(crate) struct Export {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) range: DateRange,
}

impl Export {
    /// A ledger of February 2026, with the week before and after it.
    pub(crate) fn of(market: Market) -> Self {
        let plan = Plan {
            payments_per_date: 12,
            seed: 7,
            ..Plan::new(market, LEDGER, dates("2026-01-20", "2026-03-08"))
        };
        Self::of_plan(plan, dates("2026-02-01", "2026-02-28"))
    }

    /// A ledger by its plan.
    pub(crate) fn of_plan(plan: Plan, range: DateRange) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let archive = folder.path().join("archive").join(LEDGER);
        let span = plan.range;
        let generator = Generator::new(vec![plan]);
        let window = Window {
            skip: 0,
            take: usize::MAX,
            with_customer: false,
            without_closing: false,
        };
        for topic in Topic::ALL {
            fs::create_dir_all(archive.join(topic.name())).unwrap();
            for date in span.dates() {
                let place = TopicDate {
                    ledger_id: LEDGER,
                    topic,
                    date,
                };
                let items = generator.read(&place, &window).unwrap().items;
                let body = format!("{{\"items\":[{}]}}", items.join(","));
                fs::write(archive.join(topic.name()).join(format!("{date}.json")), body).unwrap();
            }
        }
        let info = &generator.ledgers().unwrap()[0].info;
        fs::write(archive.join("ledger.json"), serde_json::to_string(info).unwrap()).unwrap();
        Self { folder, range }
    }

    /// Adds dates on which nothing happened.
    pub(crate) fn add_empty_dates(&self, range: DateRange) {
        let archive = self.folder.path().join("archive").join(LEDGER);
        for topic in Topic::ALL {
            for date in range.dates() {
                let path = archive.join(topic.name()).join(format!("{date}.json"));
                fs::write(path, "{\"items\":[]}").unwrap();
            }
        }
    }

    /// Exports formats under a configuration.
    pub(crate) fn run(&self, config: &str, formats: &[&str]) -> LedgerRun {
        let path = self.folder.path().join("bilag.toml");
        let config = Config::parse(config, &path).unwrap();
        let options = RunOptions {
            range: self.range,
            allow_open: false,
            write: Some(WriteOptions {
                out: self.folder.path().join("out"),
                formats: formats
                    .iter()
                    .map(|id| bilag::catalogue::find(id).unwrap())
                    .collect(),
                all_formats: false,
                users_formats: None,
                force: true,
                new_only: false,
                dry_run: false,
            }),
            open: std::collections::BTreeSet::new(),
            cancelled: Arc::default(),
        };
        bilag::run::ledger(
            &Archive::new(&self.folder.path().join("archive")),
            LEDGER,
            &config,
            &options,
        )
    }

    /// Exports formats, which must succeed, and gives the files of each in the same order.
    pub(crate) fn files(&self, config: &str, formats: &[&str]) -> Vec<PathBuf> {
        let run = self.run(config, formats);
        assert!(
            run.error.is_none() && !run.outputs.is_empty(),
            "{config}\n{:?}\n{:?}",
            run.error,
            findings(&run)
        );
        let of_format = |id: &&str| {
            let output = run.outputs.iter().find(|output| output.format == *id);
            output.unwrap().path.clone()
        };
        formats.iter().map(of_format).collect()
    }
}

/// The findings that stop a run or ask for a person.
pub(crate) fn findings(run: &LedgerRun) -> Vec<String> {
    let proof = run.proof.iter();
    proof
        .flat_map(|proof| proof.findings.iter())
        .map(|finding| format!("{}: {}", finding.code.name(), finding.message))
        .collect()
}
