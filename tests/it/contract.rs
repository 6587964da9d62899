//! What scripts and accountants rely on: the summary, the exit codes, the ids, the findings, the
//! words of the proof. `docs/PROOF.md` and `docs/FINDINGS.md` say the same in prose.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use bilag::digest::sha256_hex;
use bilag::ledger::finding::{Code, Level};
use bilag::provider::Topic;
use serde_json::{Value, json};

use crate::bad_input::shop;
use crate::harness::dates::date;
use crate::harness::entry::Entry;
use crate::harness::files::files_below;
use crate::harness::journal::Row;
use crate::harness::layout::Layout;
use crate::harness::ledger::{Ledger, capture, payout};
use crate::harness::program::{Workplace, run};

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn set<'t>(names: &[&'t str]) -> BTreeSet<&'t str> {
    names.iter().copied().collect()
}

/// A payout of ledger 77.
fn paid(number: u64, amount: i64) -> Entry {
    payout(&format!("77-{number}"), amount)
}

#[test]
fn the_summary_has_exactly_the_keys_that_are_promised() {
    let ledger = Ledger::new("77")
        .week_before("2026-02-09")
        .date("2026-02-09")
        .funds([capture("1", 10_000), paid(2_000_001, 10_000)])
        .empty("2026-02-10", 1);
    let office = Workplace::of(&[&ledger]);
    let run = office.export("2026-02-09", "2026-02-09");
    let summary = run.json();
    assert_eq!(
        keys(&summary),
        set(&["schema", "command", "range", "exit_code", "findings", "ledgers"])
    );
    assert_eq!(summary["findings"], json!([]));
    assert_eq!(summary["schema"], 1);
    assert_eq!(summary["command"], "export");
    assert_eq!(
        summary["range"],
        json!({"from": "2026-02-09", "to": "2026-02-09"})
    );
    let ledger = &summary["ledgers"][0];
    assert_eq!(
        keys(ledger),
        set(&[
            "ledger_id",
            "currency",
            "status",
            "edges",
            "topics",
            "payouts",
            "open_dates",
            "journal",
            "findings",
            "outputs"
        ])
    );
    assert_eq!(keys(&ledger["edges"]), set(&["start", "end"]));
    assert_eq!(keys(&ledger["topics"]), set(&["funds", "fees"]));
    assert_eq!(
        ledger["topics"],
        json!({
            "funds": {
                "opening": "0.00",
                "closing": "0.00",
                "by_type": {
                    "capture": {"count": 1, "sum": "100.00"},
                    "payout-scheduled": {"count": 1, "sum": "-100.00"},
                },
            },
            "fees": {"opening": null, "closing": null, "by_type": {}},
        })
    );
    assert_eq!(
        ledger["payouts"],
        json!([{
            "payout_number": "2000001",
            "ledger_date": "2026-02-09",
            "amount": "100.00",
            "bank_text": "Utb. 2000001 Vippsnr 90001",
            "explained": true,
            "carried": "0.00",
            "movements": "100.00",
            "remains": "0.00",
        }])
    );
    assert_eq!(
        ledger["journal"],
        json!({"vouchers": 1, "postings": 4, "debit": "200.00", "credit": "200.00"})
    );
    let finding = &ledger["findings"][0];
    assert_eq!(
        keys(finding),
        set(&[
            "code",
            "level",
            "topic",
            "ledger_date",
            "ordinal",
            "count",
            "message"
        ])
    );
    let output = &ledger["outputs"][0];
    assert_eq!(keys(output), set(&["format", "path", "sha256", "bytes"]));
    assert_eq!(output["format"], "journal-csv");
    assert_eq!(output["path"], "out/77/2026-02-09_2026-02-09/journal.csv");
    let bytes = fs::read(office.path(output["path"].as_str().unwrap())).unwrap();
    assert_eq!(output["sha256"], sha256_hex(&bytes));
    assert_eq!(output["bytes"], bytes.len());
}

#[test]
fn a_date_is_booked_as_the_table_says() {
    let office = Workplace::of(&[&shop()]);
    office.export("2026-02-09", "2026-02-09");
    let lines: Vec<(String, String, i128, String)> = office
        .journal(&shop(), "2026-02-09", "2026-02-09")
        .into_iter()
        .map(|row| (row.key, row.account, row.amount, row.tax_code))
        .collect();
    let expected = [
        ("capture", "1577", 30_000, ""),
        ("capture", "1576", -30_000, ""),
        ("capture_fee", "2961", -525, ""),
        ("capture_fee", "7770", 525, "0"),
        ("fees_retained", "1577", -525, ""),
        ("fees_retained", "2961", 525, ""),
        ("payout_scheduled", "1577", -29_475, ""),
        ("payout_scheduled", "1578", 29_475, ""),
    ]
    .map(|(key, account, amount, tax)| (key.to_owned(), account.to_owned(), amount, tax.to_owned()));
    assert_eq!(lines, expected);
}

/// Ledgers that end with each exit code that an offline export of 9 February can have.
fn ledgers_by_code() -> (Workplace, BTreeMap<i32, &'static str>) {
    let of = |id: &str| {
        let mut ledger = shop();
        ledger.id = id.to_owned();
        ledger
    };
    let (done, incomplete, wrong, review, refused, fault) =
        (of("100"), of("103"), of("104"), of("105"), of("108"), of("102"));
    let office = Workplace::of(&[&done, &incomplete, &wrong, &review, &refused, &fault]);
    let office = office.config("[ledgers.\"102\".posting]\ncaptures = \"revenue\"\n");
    let archive = office.path("archive");
    let path = |ledger: &Ledger| ledger.path(&archive, Topic::Funds, date("2026-02-09"), &Layout::PLAIN);
    fs::remove_file(path(&incomplete)).unwrap();
    let text = fs::read_to_string(path(&wrong)).unwrap();
    fs::write(
        path(&wrong),
        text.replace("\"amount\": 20000", "\"amount\": 20001"),
    )
    .unwrap();
    let text = fs::read_to_string(path(&review)).unwrap();
    fs::write(path(&review), text.replacen("\"capture\"", "\"loyalty\"", 1)).unwrap();
    let there = office.path("out/108/2026-02-09_2026-02-09");
    fs::create_dir_all(&there).unwrap();
    fs::write(there.join("journal.csv"), "by hand\n").unwrap();
    let codes = [
        (0, "100"),
        (3, "103"),
        (4, "104"),
        (5, "105"),
        (8, "108"),
        (2, "102"),
    ];
    (office, BTreeMap::from(codes))
}

#[test]
fn the_worst_ledger_gives_the_exit_code_and_stops_no_other() {
    let order = [2, 4, 8, 3, 5, 0];
    for (place, worse) in order.iter().enumerate() {
        for better in &order[place..] {
            let (office, ledgers) = ledgers_by_code();
            let pair = [ledgers[better], ledgers[worse]];
            let run = office.run_on(
                "export",
                "2026-02-09",
                "2026-02-09",
                &["--strict", "--ledger", pair[0], "--ledger", pair[1]],
            );
            assert_eq!(run.code, *worse, "{better} and {worse}: {}", run.stderr);
            assert_eq!(run.json()["exit_code"], *worse);
            for (code, id) in [(better, pair[0]), (worse, pair[1])] {
                let is_written = office
                    .path(&format!("out/{id}/2026-02-09_2026-02-09/manifest.json"))
                    .exists();
                assert_eq!(is_written, matches!(code, 0 | 5), "{better} and {worse}: {id}");
            }
        }
    }
}

#[test]
fn a_ledger_beside_failing_ones_gets_the_bytes_that_it_gets_alone() {
    let (office, _) = ledgers_by_code();
    let run = office.run_on("export", "2026-02-09", "2026-02-09", &[]);
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert_eq!(run.json()["ledgers"].as_array().unwrap().len(), 6);
    let (alone, _) = ledgers_by_code();
    let run = alone.run_on("export", "2026-02-09", "2026-02-09", &["--ledger", "100"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    for name in ["journal.csv", "manifest.json"] {
        let read =
            |office: &Workplace| fs::read(office.path("out/100/2026-02-09_2026-02-09").join(name)).unwrap();
        assert!(read(&office) == read(&alone), "{name}");
    }
}

#[test]
fn findings_for_a_person_fail_only_when_asked_to_and_after_writing() {
    let ledger = Ledger::new("77")
        .week_before("2026-02-09")
        .date("2026-02-09")
        .funds([Entry::new("correction", 100).psp("1")]);
    let office = Workplace::of(&[&ledger]);
    let calm = office.run_on("export", "2026-02-09", "2026-02-09", &[]);
    assert_eq!(calm.code, 0);
    let strict = office.run_on("export", "2026-02-09", "2026-02-09", &["--strict"]);
    assert_eq!(strict.code, 5);
    assert_eq!(strict.ledger()["outputs"].as_array().unwrap().len(), 1);
    assert_eq!(
        office
            .run_on("check", "2026-02-09", "2026-02-09", &["--strict"])
            .code,
        5
    );
    assert_eq!(
        office
            .run_on("reconcile", "2026-02-09", "2026-02-09", &["--strict"])
            .code,
        5
    );
}

#[test]
fn the_list_of_formats_has_the_keys_that_are_promised() {
    let run = Workplace::new().run(&["formats", "list", "--json"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let document = run.json();
    assert_eq!(keys(&document), set(&["formats"]));
    let formats = document["formats"].as_array().unwrap();
    for format in formats {
        assert_eq!(
            keys(format),
            set(&["id", "title", "markets", "evidence", "file", "needs"])
        );
        assert!(matches!(
            format["evidence"].as_str().unwrap(),
            "spec" | "code" | "second-hand"
        ));
    }
    for id in ["journal-csv", "entries-csv", "journal-json"] {
        assert!(formats.iter().any(|format| format["id"] == id), "{id}");
    }
}

#[test]
fn the_manifest_names_sources_and_outputs_and_no_time() {
    let office = Workplace::of(&[&shop()]);
    office.export("2026-02-09", "2026-02-10");
    let folder = office.path("out/77/2026-02-09_2026-02-10");
    let read = || fs::read_to_string(folder.join("manifest.json")).unwrap();
    let first = read();
    let manifest: Value = serde_json::from_str(&first).unwrap();
    assert_eq!(
        keys(&manifest),
        set(&[
            "schema",
            "program",
            "ledger_id",
            "range",
            "configuration",
            "sources",
            "outputs"
        ])
    );
    assert_eq!(
        manifest["range"],
        json!({"from": "2026-02-09", "to": "2026-02-10"})
    );
    let sources = manifest["sources"].as_array().unwrap();
    assert_eq!(sources.len(), 4);
    for source in sources {
        let path = office.path("archive").join(source["path"].as_str().unwrap());
        assert_eq!(source["sha256"], sha256_hex(&fs::read(path).unwrap()));
    }
    let journal = fs::read(folder.join("journal.csv")).unwrap();
    assert_eq!(manifest["outputs"][0]["sha256"], sha256_hex(&journal));
    office.export("2026-02-09", "2026-02-10");
    assert_eq!(read(), first, "a second run changes nothing");
    let run = office.run_on("export", "2026-02-09", "2026-02-10", &["--format", "entries-csv"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(
        run.ledger()["outputs"].as_array().unwrap().len(),
        1,
        "only what this run wrote"
    );
    let manifest: Value = serde_json::from_str(&read()).unwrap();
    let names: Vec<&str> = manifest["outputs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|output| output["path"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["entries.csv", "journal.csv"]);
    assert_eq!(fs::read(folder.join("journal.csv")).unwrap(), journal);
    assert_eq!(files_below(&folder).len(), 3);
}

#[test]
fn one_refused_output_stops_all_outputs_of_the_ledger() {
    let office = Workplace::of(&[&shop()]);
    let folder = office.path("out/77/2026-02-09_2026-02-10");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("entries.csv"), "other\n").unwrap();
    let run = office.run_on(
        "export",
        "2026-02-09",
        "2026-02-10",
        &["--format", "journal-csv", "--format", "entries-csv"],
    );
    assert_eq!(run.code, 8);
    assert_eq!(files_below(&folder), [folder.join("entries.csv")]);
    assert!(run.ledger()["outputs"].as_array().unwrap().is_empty());
    assert_eq!(run.ledger()["status"], "failed");
}

fn ids(rows: &[Row]) -> Vec<(String, String)> {
    let mut ids: Vec<(String, String)> = rows
        .iter()
        .map(|row| (row.voucher.clone(), row.date.clone()))
        .collect();
    ids.dedup();
    ids
}

fn named(ids: &[(&str, &str)]) -> Vec<(String, String)> {
    ids.iter()
        .map(|(id, date)| ((*id).to_owned(), (*date).to_owned()))
        .collect()
}

#[test]
fn voucher_ids_follow_from_what_a_voucher_covers() {
    let office = Workplace::of(&[&shop()]);
    office.export("2026-02-09", "2026-02-10");
    assert_eq!(
        ids(&office.journal(&shop(), "2026-02-09", "2026-02-10")),
        named(&[
            ("VM-77-2026-02-09", "2026-02-09"),
            ("VM-77-2026-02-10", "2026-02-10")
        ])
    );
    let office = Workplace::of(&[&shop()]).config("[posting]\nvoucher_per = \"payout\"\n");
    office.export("2026-02-09", "2026-02-10");
    assert_eq!(
        ids(&office.journal(&shop(), "2026-02-09", "2026-02-10")),
        named(&[("VM-77-P2000001", "2026-02-09"), ("VM-77-P2000002", "2026-02-10")])
    );
    let office = Workplace::of(&[&shop()]).config("[posting]\nvoucher_per = \"entry\"\n");
    office.export("2026-02-09", "2026-02-09");
    let rows = office.journal(&shop(), "2026-02-09", "2026-02-09");
    // The fees row of fees-retained mirrors the one on funds and has no voucher.
    assert_eq!(
        ids(&rows),
        named(&[
            ("VM-77-2026-02-09-funds-001", "2026-02-09"),
            ("VM-77-2026-02-09-funds-002", "2026-02-09"),
            ("VM-77-2026-02-09-funds-003", "2026-02-09"),
            ("VM-77-2026-02-09-funds-004", "2026-02-09"),
            ("VM-77-2026-02-09-fees-001", "2026-02-09"),
            ("VM-77-2026-02-09-fees-002", "2026-02-09"),
        ])
    );
    let references: Vec<&str> = rows.iter().map(|row| row.reference.as_str()).collect();
    assert_eq!(
        references,
        [
            "1",
            "1",
            "2",
            "2",
            "77-2026-02-09",
            "77-2026-02-09",
            "2000001",
            "2000001",
            "1",
            "1",
            "2",
            "2"
        ]
    );
}

#[test]
fn ordinals_take_three_digits_or_more() {
    let captures = (1..=1000).map(|number| capture(&number.to_string(), 100));
    let ledger = Ledger::new("77")
        .week_before("2026-02-09")
        .date("2026-02-09")
        .funds(captures);
    let office = Workplace::of(&[&ledger]).config("[posting]\nvoucher_per = \"entry\"\n");
    office.export("2026-02-09", "2026-02-09");
    let ids = ids(&office.journal(&ledger, "2026-02-09", "2026-02-09"));
    assert_eq!(ids.len(), 1000);
    assert!(ids.iter().any(|(id, _)| id == "VM-77-2026-02-09-funds-001"));
    assert!(ids.iter().any(|(id, _)| id == "VM-77-2026-02-09-funds-1000"));
}

#[test]
fn by_transaction_date_captures_and_refunds_move_and_nothing_else() {
    // Half past midnight in Oslo on the 10th, and an hour before midnight on the 8th.
    let ledger = Ledger::new("77")
        .week_before("2026-02-09")
        .date("2026-02-09")
        .funds([
            capture("1", 100).time("2026-02-08T22:00:00Z"),
            capture("2", 200).time("2026-02-09T10:00:00Z"),
            Entry::new("refund", -50).psp("3").time("2026-02-09T23:30:00Z"),
            Entry::new("correction", 10).psp("4").time("2026-02-08T22:00:00Z"),
        ])
        .fees([Entry::new("capture-fee", -5)
            .psp("1")
            .time("2026-02-08T22:00:00Z")]);
    let office = Workplace::of(&[&ledger]).config("[posting]\ndate_basis = \"transaction-date\"\n");
    let run = office.export("2026-02-09", "2026-02-09");
    let outside = run.findings("voucher-outside-range");
    assert_eq!(
        (&outside[0]["level"], outside[0]["message"].as_str().unwrap()),
        (
            &Value::from("review"),
            "voucher VM-77-2026-02-09@2026-02-08 of 1.00 NOK is dated 2026-02-08, before the exported range; \
             voucher VM-77-2026-02-09@2026-02-10 of 0.50 NOK is dated 2026-02-10, after the exported range"
        )
    );
    // No revenue is booked, so that the dates make no difference to VAT.
    assert_eq!(run.findings("cutoff-straddle")[0]["level"], "info");
    let rows = office.journal(&ledger, "2026-02-09", "2026-02-09");
    assert_eq!(
        ids(&rows),
        named(&[
            ("VM-77-2026-02-09@2026-02-08", "2026-02-08"),
            ("VM-77-2026-02-09", "2026-02-09"),
            ("VM-77-2026-02-09@2026-02-10", "2026-02-10"),
        ])
    );
    let keys = |voucher: &str| -> BTreeSet<String> {
        rows.iter()
            .filter(|row| row.voucher == voucher)
            .map(|row| row.key.clone())
            .collect()
    };
    let set = |names: &[&str]| {
        names
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(keys("VM-77-2026-02-09@2026-02-08"), set(&["capture"]));
    assert_eq!(
        keys("VM-77-2026-02-09"),
        set(&["capture", "capture_fee", "correction_funds"])
    );
    assert_eq!(keys("VM-77-2026-02-09@2026-02-10"), set(&["refund"]));
}

/// Captures on both sides of a turn of the month, paid out on the second date after it.
fn over_the_turn(last: &str, first: &str, then: &str) -> Ledger {
    Ledger::new("77")
        .week_before(last)
        .date(last)
        .funds([capture("1", 12_500)])
        .date(first)
        .funds([capture("2", 25_000)])
        .date(then)
        .funds([capture("3", 12_500), paid(2_000_001, 50_000)])
}

#[test]
fn a_payouts_voucher_takes_in_the_dates_before_the_range() {
    let ledger = over_the_turn("2026-02-09", "2026-02-10", "2026-02-11");
    let office = Workplace::of(&[&ledger]).config("[posting]\nvoucher_per = \"payout\"\n");
    let run = office.export("2026-02-10", "2026-02-11");
    let rows = office.journal(&ledger, "2026-02-10", "2026-02-11");
    assert_eq!(ids(&rows), named(&[("VM-77-P2000001", "2026-02-11")]));
    assert_eq!(rows[0].amount, 50_000, "the capture of the 9th is in it");
    assert_eq!(run.ledger()["payouts"][0]["carried"], "125.00");
    let manifest = office.path("out/77/2026-02-10_2026-02-11/manifest.json");
    assert!(
        fs::read_to_string(manifest)
            .unwrap()
            .contains("77/funds/2026-02-09.json"),
        "what the voucher rests on is a source"
    );
    // The 9th alone has no payout: its capture waits.
    office.export("2026-02-09", "2026-02-09");
    assert!(office.journal(&ledger, "2026-02-09", "2026-02-09").is_empty());
}

#[test]
fn what_cancels_out_before_the_range_waits_for_its_payout_all_the_same() {
    // The 9th closes at zero without a payout: a capture and its refund.
    let refund = Entry::new("refund", -12_500).psp("9").reference("order-1");
    let ledger = Ledger::new("77")
        .empty("2026-02-01", 8)
        .date("2026-02-09")
        .funds([capture("1", 12_500), refund])
        .date("2026-02-10")
        .funds([capture("2", 5000), paid(2_000_001, 5000)]);
    let office = Workplace::of(&[&ledger]).config("[posting]\nvoucher_per = \"payout\"\n");
    office.export("2026-02-10", "2026-02-10");
    let rows = office.journal(&ledger, "2026-02-10", "2026-02-10");
    assert_eq!(ids(&rows), named(&[("VM-77-P2000001", "2026-02-10")]));
    let booked: Vec<(&str, i128)> = rows
        .iter()
        .filter(|row| row.account == "1577")
        .map(|row| (row.key.as_str(), row.amount))
        .collect();
    assert_eq!(
        booked,
        [
            ("capture", 17_500),
            ("refund", -12_500),
            ("payout_scheduled", -5000)
        ]
    );
}

#[test]
fn a_payouts_voucher_is_split_where_the_month_ends() {
    let ledger = over_the_turn("2026-02-28", "2026-03-01", "2026-03-02");
    for mode in [
        "",
        "fees = \"retained\"\n",
        "captures = \"revenue\"\n[[rules]]\ntax_code = \"3\"\n",
        "captures = \"none\"\n",
    ] {
        let settings = format!("[posting]\nvoucher_per = \"payout\"\n{mode}");
        let office = Workplace::of(&[&ledger]).config(&settings);
        office.export("2026-02-28", "2026-03-02");
        let rows = office.journal(&ledger, "2026-02-28", "2026-03-02");
        let open = ("VM-77-open@2026-02-28", "2026-02-28");
        let payout = ("VM-77-P2000001", "2026-03-02");
        let expected = if mode.contains("none") {
            // Nothing but the payout is booked.
            vec![payout]
        } else {
            vec![open, payout]
        };
        assert_eq!(ids(&rows), named(&expected), "{mode}");
        // Each month by itself has the same, and March does not need February.
        office.export("2026-02-28", "2026-02-28");
        office.export("2026-03-01", "2026-03-02");
        let mut apart = office.journal(&ledger, "2026-02-28", "2026-02-28");
        apart.extend(office.journal(&ledger, "2026-03-01", "2026-03-02"));
        assert_eq!(apart, rows, "{mode}");
    }
}

#[test]
fn in_revenue_mode_each_month_has_its_own_vat() {
    let ledger = over_the_turn("2026-02-28", "2026-03-01", "2026-03-02");
    let revenue = "captures = \"revenue\"\nvoucher_per = \"payout\"\n[[rules]]\ntax_code = \"3\"\n";
    let office = Workplace::of(&[&ledger]).config(&format!("[posting]\n{revenue}"));
    office.export("2026-02-28", "2026-03-02");
    let rows = office.journal(&ledger, "2026-02-28", "2026-03-02");
    let vat: Vec<i128> = rows
        .iter()
        .filter(|row| row.account == "2700")
        .map(|row| row.amount)
        .collect();
    assert_eq!(vat, [-2500, -7500]);
}

#[test]
fn a_payouts_voucher_needs_the_dates_since_the_payout_before() {
    let mut ledger = over_the_turn("2026-02-09", "2026-02-10", "2026-02-11");
    ledger.dates.remove(&date("2026-02-09"));
    let office = Workplace::of(&[&ledger]).config("[posting]\nvoucher_per = \"payout\"\n");
    let run = office.run_on("export", "2026-02-10", "2026-02-11", &[]);
    assert_eq!(run.code, 3, "{}", run.stdout);
    assert_eq!(run.findings("date-missing")[0]["ledger_date"], "2026-02-09");
    assert!(!office.path("out").exists());
}

#[test]
fn the_dates_before_the_range_that_a_payout_takes_in_must_hold_too() {
    let ledger = over_the_turn("2026-02-09", "2026-02-10", "2026-02-11");
    let office = Workplace::of(&[&ledger]).config("[posting]\nvoucher_per = \"payout\"\n");
    let path = ledger.path(
        &office.path("archive"),
        Topic::Funds,
        date("2026-02-09"),
        &Layout::PLAIN,
    );
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("\"amount\": 12500", "\"amount\": 12400")).unwrap();
    let run = office.run_on("export", "2026-02-10", "2026-02-11", &[]);
    assert_eq!(run.code, 4, "{}", run.stdout);
    assert_eq!(run.findings("balance-break").len(), 1, "{}", run.stdout);
}

fn edges(office: &Workplace, from: &str, to: &str) -> (String, String, String) {
    let ledger = office.run_on("check", from, to, &[]).ledger();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (
        text(&ledger["status"]),
        text(&ledger["edges"]["start"]),
        text(&ledger["edges"]["end"]),
    )
}

fn verdict(status: &str, start: &str, end: &str) -> (String, String, String) {
    (status.to_owned(), start.to_owned(), end.to_owned())
}

#[test]
fn edges_say_what_the_ends_of_a_range_hang_on() {
    let office = Workplace::of(&[&shop()]);
    assert_eq!(
        edges(&office, "2026-02-09", "2026-02-10"),
        verdict("proven", "first-entry", "chained")
    );
    assert_eq!(
        edges(&office, "2026-02-10", "2026-02-10"),
        verdict("proven", "chained", "chained")
    );
    assert_eq!(
        edges(&office, "2026-02-11", "2026-02-11"),
        verdict("proven", "chained", "closed")
    );
    assert_eq!(
        edges(&office, "2026-02-09", "2026-02-11"),
        verdict("proven", "first-entry", "closed")
    );
}

#[test]
fn a_week_that_is_not_whole_or_not_known_proves_no_beginning() {
    let mut ledger = shop();
    ledger.dates.remove(&date("2026-02-05"));
    let office = Workplace::of(&[&ledger]);
    assert_eq!(
        edges(&office, "2026-02-09", "2026-02-10"),
        verdict("not-proven", "unchained", "chained")
    );
    let run = office.run_on("check", "2026-02-09", "2026-02-10", &[]);
    assert_eq!(run.code, 0);
    let message = run.findings("not-proven")[0]["message"].to_string();
    assert!(message.contains("2026-02-05"), "{message}");
    assert_eq!(run.findings("not-proven").len(), 2, "one for each topic");
    assert_eq!(
        office
            .run_on("check", "2026-02-09", "2026-02-10", &["--strict"])
            .code,
        5
    );
    // A week of closed and empty dates is no beginning either when the range opens at a balance.
    let ledger = Ledger::new("77")
        .week_before("2026-02-09")
        .opening(5000, 0)
        .date("2026-02-09")
        .funds([capture("1", 100)]);
    let office = Workplace::of(&[&ledger]);
    assert_eq!(
        edges(&office, "2026-02-09", "2026-02-09"),
        verdict("not-proven", "unchained", "closed")
    );
}

#[test]
fn a_topic_without_entries_has_no_say_in_the_edges() {
    let ledger = Ledger::new("77")
        .week_before("2026-02-09")
        .date("2026-02-09")
        .funds([capture("1", 100)])
        .empty("2026-02-10", 2)
        .date("2026-02-12")
        .funds([capture("2", 100)]);
    let office = Workplace::of(&[&ledger]);
    assert_eq!(
        edges(&office, "2026-02-09", "2026-02-10"),
        verdict("proven", "first-entry", "chained")
    );
    assert_eq!(
        edges(&office, "2026-02-12", "2026-02-12"),
        verdict("proven", "chained", "closed")
    );
}

#[test]
fn the_weaker_topic_decides_the_edges() {
    let fee = |number: &str| Entry::new("capture-fee", -5).psp(number);
    let ledger = Ledger::new("77")
        .week_before("2026-02-09")
        .date("2026-02-09")
        .funds([capture("1", 100)])
        .fees([fee("1")])
        .date("2026-02-10")
        .funds([capture("2", 100)])
        .fees([fee("2")])
        .date("2026-02-11")
        .funds([capture("3", 100)]);
    let office = Workplace::of(&[&ledger]);
    assert_eq!(
        edges(&office, "2026-02-10", "2026-02-10"),
        verdict("proven", "chained", "closed"),
        "no later fee chains the end"
    );
}

#[test]
fn a_next_date_that_does_not_open_at_the_closing_breaks_the_range() {
    let mut ledger = shop();
    for item in &mut ledger.dates.get_mut(&date("2026-02-11")).unwrap()[0] {
        item.before = item.before.map(|balance| balance + 100);
        item.after = item.after.map(|balance| balance + 100);
    }
    let office = Workplace::of(&[&ledger]);
    let run = office.run_on("check", "2026-02-09", "2026-02-10", &[]);
    assert_eq!(run.code, 4, "{}", run.stdout);
    let broken = &run.findings("balance-break");
    assert_eq!(broken.len(), 1);
    assert_eq!(broken[0]["ledger_date"], "2026-02-10");
    assert_eq!(broken[0]["topic"], "funds");
    let run = office.run_on("check", "2026-02-11", "2026-02-11", &[]);
    assert_eq!(run.code, 4, "nor does that date follow from the one before");
}

#[test]
fn an_open_next_date_leaves_the_end_closed() {
    let office = Workplace::of(&[&shop()]);
    let path = shop().path(
        &office.path("archive"),
        Topic::Funds,
        date("2026-02-11"),
        &Layout::PLAIN,
    );
    fs::write(path, "{\"items\":[],\"tryLater\":true}").unwrap();
    assert_eq!(
        edges(&office, "2026-02-09", "2026-02-10"),
        verdict("proven", "first-entry", "closed")
    );
}

#[test]
fn balances_that_are_absent_prove_nothing_but_a_gap_between_known_ones_does() {
    let mut ledger = shop();
    for topics in ledger.dates.values_mut() {
        for item in topics.iter_mut().flatten() {
            (item.before, item.after) = (None, None);
        }
    }
    let office = Workplace::of(&[&ledger]);
    let run = office.run_on("export", "2026-02-09", "2026-02-10", &[]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert_eq!(run.ledger()["status"], "not-proven");
    assert_eq!(run.ledger()["topics"]["funds"]["opening"], Value::Null);
    assert_eq!(run.ledger()["payouts"][0]["explained"], false);
    let mut ledger = shop();
    let items = &mut ledger.dates.get_mut(&date("2026-02-09")).unwrap()[0];
    (items[1].before, items[1].after) = (None, None);
    let office = Workplace::of(&[&ledger]);
    assert_eq!(
        edges(&office, "2026-02-09", "2026-02-10"),
        verdict("proven", "first-entry", "chained")
    );
}

#[test]
fn a_payout_is_explained_by_what_was_carried_and_what_moved() {
    let ledger = Ledger::new("77")
        .week_before("2026-02-09")
        .date("2026-02-09")
        .funds([capture("1", 10_000)])
        .date("2026-02-10")
        .funds([capture("2", 5000), paid(2_000_001, 12_000)])
        .date("2026-02-11")
        .funds([capture("3", 1000), paid(2_000_002, 4000)]);
    let office = Workplace::of(&[&ledger]);
    let run = office.run_on("check", "2026-02-10", "2026-02-11", &[]);
    assert_eq!(run.ledger()["status"], "proven");
    let payouts = run.ledger()["payouts"].clone();
    let parts = |payout: &Value| {
        ["carried", "movements", "amount", "remains", "explained"]
            .map(|key| payout[key].to_string().replace('"', ""))
            .join(" ")
    };
    assert_eq!(parts(&payouts[0]), "100.00 50.00 120.00 30.00 true");
    assert_eq!(parts(&payouts[1]), "30.00 10.00 40.00 0.00 true");
    let reserve = run.findings("reserve-balance");
    assert_eq!(reserve.len(), 1);
    assert_eq!(reserve[0]["level"], "info");
    assert_eq!(reserve[0]["ledger_date"], "2026-02-10");
    // Without the dates before, nothing proves what was carried.
    let mut alone = ledger.clone();
    alone.dates.retain(|at, _| *at >= date("2026-02-10"));
    let office = Workplace::of(&[&alone]);
    let run = office.run_on("check", "2026-02-10", "2026-02-11", &[]);
    assert_eq!(run.code, 0);
    assert_eq!(run.ledger()["status"], "not-proven");
    let payouts = run.ledger()["payouts"].clone();
    assert_eq!(parts(&payouts[0]), "100.00 50.00 120.00 30.00 false");
    assert_eq!(parts(&payouts[1]), "30.00 10.00 40.00 0.00 true");
}

#[test]
fn a_payout_larger_than_the_balance_is_unexplained() {
    let ledger = Ledger::new("77")
        .week_before("2026-02-09")
        .date("2026-02-09")
        .funds([capture("1", 10_000), paid(2_000_001, 10_001)]);
    let office = Workplace::of(&[&ledger]);
    let run = office.run_on("export", "2026-02-09", "2026-02-09", &[]);
    assert_eq!(run.code, 4);
    assert_eq!(run.findings("payout-unexplained")[0]["level"], "error");
    assert_eq!(run.ledger()["payouts"][0]["explained"], false);
    assert!(!office.path("out").exists());
}

/// The level of each code that a ledger's range gives.
fn levels(ledger: &Ledger, config: &str, from: &str, to: &str) -> BTreeMap<String, String> {
    let office = Workplace::of(&[ledger]).config(config);
    let run = office.run_on("check", from, to, &[]);
    let ledger = run.ledger();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let findings = ledger["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|finding| (text(&finding["code"]), text(&finding["level"])))
        .collect()
}

#[test]
fn each_thing_that_needs_a_person_has_its_code_and_level() {
    let ledger = Ledger::new("77")
        .week_before("2026-02-09")
        .date("2026-02-09")
        .funds([
            capture("1", 100_000).time("2026-02-08T12:00:00Z"),
            Entry::new("loyalty", -300).psp("2"),
            Entry::new("correction", -100).psp("3"),
            Entry::new("credit-note", -100).psp("4"),
            Entry::new("top-up", 5000).psp("5"),
            Entry::new("retained-disputed-capture", -1000).psp("1"),
            Entry::new("returned-disputed-capture", 1000).psp("1"),
            Entry::new("payout-aborted", 2000).psp("77-2000000"),
            Entry::new("capture", -5).psp("6"),
            Entry::new("fees-retained", 30).psp("7"),
            Entry::new("payout", -1000).psp("2000001"),
        ])
        .fees([
            Entry::new("correction", 30).psp("8"),
            Entry::new("fees-retained", -30).psp("7"),
            Entry::new("capture-fee", -1).psp("99"),
        ])
        .date("2026-02-10")
        .funds([Entry::new("refund", -200_000).psp("9").reference("unknown-order")])
        .fees([Entry::new("capture-fee", -1).psp("1")]);
    let config = "[posting]\nmarket = \"NO\"\n[[rules]]\nreference_prefix = \"order\"\naccount = \"1501\"\n";
    let found = levels(&ledger, config, "2026-02-09", "2026-02-10");
    let expected = [
        ("unknown-entry-type", "review"),
        ("correction-review", "review"),
        ("credit-note-review", "review"),
        ("top-up-review", "review"),
        ("dispute", "review"),
        ("payout-aborted", "review"),
        ("unexpected-sign", "review"),
        ("fees-retained-inverted", "review"),
        ("refund-capture-not-found", "review"),
        ("legacy-entry-type", "info"),
        ("reserve-balance", "info"),
        ("negative-balance", "info"),
        ("fee-without-capture", "info"),
        ("fee-date-differs", "info"),
        ("capture-without-fee", "info"),
        ("cutoff-straddle", "info"),
    ];
    let expected: BTreeMap<String, String> = expected
        .map(|(code, level)| (code.to_owned(), level.to_owned()))
        .into();
    assert_eq!(found, expected);
}

#[test]
fn the_levels_are_those_of_the_contract() {
    use Code::*;
    let errors = [
        BalanceBreak,
        CurrencyMismatch,
        LedgerDateMismatch,
        MirrorMismatch,
        PayoutUnexplained,
        DuplicateEntry,
        Unreadable,
        SalesLinesMismatch,
    ];
    let reviews = [
        NotProven,
        UnknownEntryType,
        CorrectionReview,
        CreditNoteReview,
        TopUpReview,
        Dispute,
        PayoutAborted,
        UnexpectedSign,
        FeesRetainedInverted,
        RefundCaptureNotFound,
        DateOpen,
        DateMissing,
        PayoutGap,
        NoEntries,
        LedgerUnreachable,
        UnusedConfiguration,
    ];
    let infos = [
        LegacyEntryType,
        NegativeBalance,
        ReserveBalance,
        FeeDateDiffers,
        CaptureWithoutFee,
        FeeWithoutCapture,
        CutoffStraddle,
    ];
    for (codes, level) in [
        (&errors[..], Level::Error),
        (&reviews[..], Level::Review),
        (&infos[..], Level::Info),
    ] {
        for code in codes {
            assert_eq!(code.level(), level, "{code:?}");
        }
    }
}

#[test]
fn unknown_types_go_to_suspense_by_their_sign_and_the_run_goes_on() {
    let ledger = Ledger::new("77")
        .week_before("2026-02-09")
        .date("2026-02-09")
        .funds([
            Entry::new("loyalty", 300).psp("1"),
            Entry::new("loyalty", -100).psp("2"),
        ])
        .fees([Entry::new("capture", -50).psp("3")]);
    let office = Workplace::of(&[&ledger]);
    let run = office.export("2026-02-09", "2026-02-09");
    let moved: Vec<(String, String, i128, String)> = office
        .journal(&ledger, "2026-02-09", "2026-02-09")
        .into_iter()
        .map(|row| (row.key, row.account, row.amount, row.reference))
        .collect();
    let expected = [
        ("unknown_funds", "1577", 300, "1"),
        ("unknown_funds", "2997", -300, "1"),
        ("unknown_funds", "1577", -100, "2"),
        ("unknown_funds", "2997", 100, "2"),
        ("unknown_fees", "2961", -50, "3"),
        ("unknown_fees", "2997", 50, "3"),
    ]
    .map(|(key, account, amount, name)| (key.to_owned(), account.to_owned(), amount, name.to_owned()));
    assert_eq!(moved, expected);
    let findings = run.findings("unknown-entry-type");
    assert_eq!(findings.len(), 2, "one for each topic");
    assert_eq!(findings[0]["count"], 2);
    assert_eq!(findings[0]["ordinal"], 1);
}

#[test]
fn only_an_entry_equal_in_every_field_is_a_duplicate() {
    let twice = |item: Entry| vec![item.clone(), item];
    let ledger = Ledger::new("77")
        .week_before("2026-02-09")
        .date("2026-02-09")
        .funds(twice(capture("1", 100)));
    let office = Workplace::of(&[&ledger]);
    let run = office.export("2026-02-09", "2026-02-09");
    assert!(run.findings("duplicate-entry").is_empty());
    assert_eq!(
        run.ledger()["topics"]["funds"]["by_type"]["capture"],
        json!({"count": 2, "sum": "2.00"})
    );
    // Nothing moves, so that the balances are equal too.
    let ledger = Ledger::new("77")
        .week_before("2026-02-09")
        .date("2026-02-09")
        .funds(twice(capture("1", 0)));
    let office = Workplace::of(&[&ledger]);
    let run = office.run_on("export", "2026-02-09", "2026-02-09", &[]);
    assert_eq!(run.code, 4);
    assert_eq!(run.findings("duplicate-entry")[0]["ordinal"], 2);
}

#[test]
fn a_dispute_that_goes_back_and_forth_is_no_duplicate() {
    let cycle = || {
        let retained = Entry::new("retained-disputed-capture", -100).psp("1");
        [retained, Entry::new("returned-disputed-capture", 100).psp("1")]
    };
    let entries = || [capture("1", 100)].into_iter().chain(cycle()).chain(cycle());
    let ledger = || Ledger::new("77").week_before("2026-02-09").date("2026-02-09");
    let office = Workplace::of(&[&ledger().funds(entries())]);
    let run = office.export("2026-02-09", "2026-02-09");
    assert!(run.findings("duplicate-entry").is_empty());

    // Without balances nothing proves the second time.
    let file = office.path("archive/77/funds/2026-02-09.json");
    let bare = fs::read_to_string(&file).unwrap();
    let bare = bare.replace("\"balanceAfter\"", "\"after\"");
    fs::write(&file, bare.replace("\"balanceBefore\"", "\"before\"")).unwrap();
    let run = office.run_on("export", "2026-02-09", "2026-02-09", &[]);
    assert_eq!(run.code, 4);
    let found = run.findings("duplicate-entry");
    assert_eq!((&found[0]["ordinal"], &found[0]["count"]), (&json!(4), &json!(2)));
}

#[test]
fn a_page_that_comes_twice_is_duplicates_from_where_the_balances_break() {
    let ledger = Ledger::new("77")
        .week_before("2026-02-09")
        .date("2026-02-09")
        .funds([capture("1", 100), capture("2", 200)]);
    let office = Workplace::of(&[&ledger]);
    let file = office.path("archive/77/funds/2026-02-09.json");
    let body = fs::read_to_string(&file).unwrap();
    let first = body.replacen("\"hasMore\":false", "\"hasMore\":true", 1);
    fs::write(&file, format!("{first}\n{body}")).unwrap();
    let run = office.run_on("export", "2026-02-09", "2026-02-09", &[]);
    assert_eq!(run.code, 4);
    let found = run.findings("duplicate-entry");
    assert_eq!((&found[0]["ordinal"], &found[0]["count"]), (&json!(3), &json!(2)));
    assert_eq!(run.findings("balance-break")[0]["ordinal"], 3);
}

#[test]
fn old_names_count_and_are_told() {
    let ledger = Ledger::new("77")
        .week_before("2026-02-09")
        .date("2026-02-09")
        .funds([
            capture("1", 100),
            Entry::new("scheduled-for-payout", -100).psp("2000001"),
        ])
        .date("2026-02-10")
        .funds([capture("2", 100), Entry::new("payout", -100).psp("77-2000002")]);
    let office = Workplace::of(&[&ledger]);
    let run = office.export("2026-02-09", "2026-02-10");
    assert_eq!(run.ledger()["status"], "proven");
    assert_eq!(
        run.ledger()["topics"]["funds"]["by_type"]["payout-scheduled"],
        json!({"count": 2, "sum": "-2.00"})
    );
    let numbers: Vec<Value> = run.ledger()["payouts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|payout| payout["payout_number"].clone())
        .collect();
    assert_eq!(numbers, ["2000001", "2000002"]);
    assert_eq!(run.findings("legacy-entry-type").len(), 2, "one for each date");
}

#[test]
fn the_mirror_is_compared_as_a_sum_per_date() {
    let retained = |amount: i64| Entry::new("fees-retained", amount).psp("r");
    let base = |fees: Vec<Entry>| {
        Ledger::new("77")
            .week_before("2026-02-09")
            .date("2026-02-09")
            .funds([capture("1", 1000), retained(-30)])
            .fees(fees)
    };
    let fee = Entry::new("capture-fee", -30).psp("1");
    let two_rows = base(vec![fee.clone(), retained(10), retained(20)]);
    let run = Workplace::of(&[&two_rows]).export("2026-02-09", "2026-02-09");
    assert!(run.findings("mirror-mismatch").is_empty());
    for fees in [
        vec![fee.clone(), retained(29)],
        vec![fee.clone()],
        vec![fee, retained(-30)],
    ] {
        let run = Workplace::of(&[&base(fees)]).run_on("export", "2026-02-09", "2026-02-09", &[]);
        assert_eq!(run.code, 4);
        let findings = run.findings("mirror-mismatch");
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0]["topic"], Value::Null);
        assert_eq!(findings[0]["ledger_date"], "2026-02-09");
    }
}

#[test]
fn a_negative_balance_is_told_once_for_each_date() {
    let refund = |number: &str, amount: i64| Entry::new("refund", -amount).psp(number);
    let ledger = Ledger::new("77")
        .week_before("2026-02-09")
        .date("2026-02-09")
        .funds([refund("1", 100), refund("2", 100)])
        .empty("2026-02-10", 1)
        .date("2026-02-11")
        .funds([capture("3", 500)])
        .date("2026-02-12")
        .funds([refund("4", 400), capture("5", 200)])
        .date("2026-02-13")
        .funds([capture("6", 200)]);
    let run = Workplace::of(&[&ledger]).export("2026-02-09", "2026-02-13");
    let dates: Vec<Value> = run
        .findings("negative-balance")
        .iter()
        .map(|finding| finding["ledger_date"].clone())
        .collect();
    assert_eq!(
        dates,
        ["2026-02-09", "2026-02-10", "2026-02-11"],
        "a balance that is below zero only within the date is not told"
    );
    assert_eq!(run.findings("negative-balance")[0]["level"], "info");
}

#[test]
fn captures_and_refunds_and_signs_are_never_netted() {
    let ledger = Ledger::new("77")
        .week_before("2026-02-09")
        .date("2026-02-09")
        .funds([
            capture("1", 1000),
            capture("2", 500),
            Entry::new("capture", -200).psp("3"),
            Entry::new("refund", -300).psp("4"),
            Entry::new("refund", 100).psp("5"),
        ]);
    let office = Workplace::of(&[&ledger]);
    office.export("2026-02-09", "2026-02-09");
    let funds: Vec<(String, i128)> = office
        .journal(&ledger, "2026-02-09", "2026-02-09")
        .into_iter()
        .filter(|row| row.account == "1577")
        .map(|row| (row.key, row.amount))
        .collect();
    let expected = [
        ("capture", 1500),
        ("capture", -200),
        ("refund", -300),
        ("refund", 100),
    ]
    .map(|(key, amount)| (key.to_owned(), amount));
    assert_eq!(funds, expected);
}

#[test]
fn with_fees_retained_the_fees_topic_is_not_booked_and_gross_ledgers_are_told() {
    let ledger = Ledger::new("77")
        .week_before("2026-02-09")
        .date("2026-02-09")
        .funds([capture("1", 1000)])
        .fees([
            Entry::new("capture-fee", -30).psp("1"),
            Entry::new("fees-invoiced", 20).psp("invoice"),
        ]);
    let office = Workplace::of(&[&ledger]).config("[posting]\nfees = \"retained\"\n");
    let run = office.export("2026-02-09", "2026-02-09");
    let found = run.findings("fees-not-posted");
    assert_eq!(found[0]["level"], "review");
    let message = found[0]["message"].as_str().unwrap();
    assert!(
        message.contains("0.10 NOK of fees are owed when 2026-02-09 ends"),
        "{message}"
    );
    assert!(run.findings("fees-owed").is_empty());
    let keys: BTreeSet<String> = office
        .journal(&ledger, "2026-02-09", "2026-02-09")
        .into_iter()
        .map(|row| row.key)
        .collect();
    assert_eq!(keys, BTreeSet::from(["capture".to_owned()]));
    let owing = Ledger::new("77")
        .week_before("2026-02-09")
        .date("2026-02-09")
        .funds([capture("1", 1000)])
        .fees([
            Entry::new("capture-fee", -30).psp("1"),
            Entry::new("service-fee", -9900).psp("service"),
        ]);
    let office = Workplace::of(&[&owing]).config("[posting]\nfees = \"retained\"\n");
    let found = office.export("2026-02-09", "2026-02-09").findings("fees-owed");
    assert_eq!(found[0]["level"], "info");
    let message = found[0]["message"].as_str().unwrap();
    assert!(
        message.contains("99.30 NOK of fees are owed when 2026-02-09 ends"),
        "{message}"
    );
    let office = Workplace::of(&[&shop()]).config("[posting]\nfees = \"retained\"\n");
    let run = office.export("2026-02-09", "2026-02-09");
    assert!(run.findings("fees-owed").is_empty());
    let rows = office.journal(&shop(), "2026-02-09", "2026-02-09");
    let fees: Vec<(&str, i128, &str)> = rows
        .iter()
        .filter(|row| row.key == "fees_retained")
        .map(|row| (row.account.as_str(), row.amount, row.tax_code.as_str()))
        .collect();
    assert_eq!(fees, [("1577", -525, ""), ("7770", 525, "0")]);
}

#[test]
fn a_refund_follows_the_rule_of_its_capture() {
    let ledger = Ledger::new("77")
        .week_before("2026-02-09")
        .date("2026-02-09")
        .funds([capture("1", 1250)])
        .date("2026-02-10")
        .funds([
            capture("2", 1250),
            Entry::new("refund", -1250).psp("3").reference("order-1"),
        ]);
    let config = "[posting]\ncaptures = \"revenue\"\n\
                  [[rules]]\nvalid_to = \"2026-02-09\"\ntax_code = \"3\"\ndepartment = \"OLD\"\n\
                  [[rules]]\ntax_code = \"5\"\n";
    let office = Workplace::of(&[&ledger]).config(config);
    let run = office.export("2026-02-10", "2026-02-10");
    let rows = office.journal(&ledger, "2026-02-10", "2026-02-10");
    let booked: Vec<(&str, &str, i128, &str, &str)> = rows
        .iter()
        .filter(|row| row.account != "1577")
        .map(|row| {
            (
                row.key.as_str(),
                row.account.as_str(),
                row.amount,
                row.tax_code.as_str(),
                row.department.as_str(),
            )
        })
        .collect();
    assert_eq!(
        booked,
        [
            ("capture", "3100", -1250, "5", ""),
            ("refund", "3000", 1000, "3", "OLD"),
            ("refund", "2700", 250, "3", "OLD"),
        ]
    );
    assert!(run.findings("refund-capture-not-found").is_empty());
}

#[test]
fn reading_is_lenient_in_form() {
    let office = Workplace::new();
    let archive = office.path("archive/77");
    for topic in ["funds", "fees"] {
        fs::create_dir_all(archive.join(topic)).unwrap();
        for day in 2..=9 {
            fs::write(
                archive.join(topic).join(format!("2026-02-{day:02}.json")),
                "\u{FEFF}{\"items\":[],\"newField\":{\"a\":[1]}}",
            )
            .unwrap();
        }
    }
    let items = "{\"items\":[{\"entryType\":\"capture\",\"amount\":100,\"balanceBefore\":0,\"balanceAfter\":100,\
                 \"time\":\"2026-02-09T10:00:00+0200\",\"somethingNew\":null,\"pspReference\":7.5e0}]}";
    let path = archive.join("funds/2026-02-09.json");
    fs::write(&path, items.replace(",\"pspReference\":7.5e0", "")).unwrap();
    let run = office.export("2026-02-09", "2026-02-09");
    assert_eq!(run.ledger()["status"], "proven");
    assert_eq!(run.findings("market-assumed").len(), 1);
    // A reference that is a number is not what the provider writes.
    fs::write(&path, items).unwrap();
    let run = office.run_on("export", "2026-02-09", "2026-02-09", &[]);
    assert_eq!(run.code, 4);
}

#[test]
fn a_folder_without_the_ledger_level_is_read_for_exactly_one_ledger() {
    let office = Workplace::of(&[&shop()]);
    let flat = office.path("archive/77");
    let flat = flat.to_str().unwrap();
    let output = |more: &[&str]| {
        let arguments = ["--offline", "--archive", flat, "check", "--json"];
        let range = ["--from", "2026-02-09", "--to", "2026-02-10"];
        run(office.bare(&[&arguments[..], &range, more].concat()))
    };
    let run = output(&["--ledger", "77"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(run.ledger()["status"], "proven");
    assert_eq!(output(&[]).code, 10);
    // Such a folder knows nothing of other ledgers, so their settings are no typing mistakes.
    let office = office.config("[ledgers.\"78\".posting]\ncaptures = \"none\"\n");
    let of_one = ["--archive", flat, "--ledger", "77"];
    let known = office.run(&["check", "--from", "2026-02-09", "--to", "2026-02-10"]);
    assert_eq!(known.code, 2, "{}", known.stderr);
    let arguments = ["check", "--offline", "--from", "2026-02-09", "--to", "2026-02-10"];
    let run = crate::harness::program::run(office.bare(&[&arguments[..], &of_one].concat()));
    assert_eq!(run.code, 0, "{}", run.stderr);
}
