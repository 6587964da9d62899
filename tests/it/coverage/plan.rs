//! `bilag plan`, and trials that are withdrawn.

use super::{FEBRUARY, JANUARY, MENDED, export, exported, object, place, plan};
use crate::harness::program::assert_code;

#[test]
fn a_plan_says_what_an_export_would_change_and_changes_nothing() {
    let place = place();
    let ids = |value: &serde_json::Value| -> Vec<String> {
        let all = value.as_array().unwrap().iter();
        all.map(|id| id.as_str().unwrap().to_owned()).collect()
    };
    let first = plan(&place, JANUARY, 0);
    assert_eq!(
        ids(&first["new"]),
        [
            "VM-302321-2026-01-05",
            "VM-302321-2026-01-12",
            "VM-302321-2026-01-29"
        ]
    );
    assert_eq!(first["format"], "tripletex");
    assert!(!place.path("archive/302321/exports").exists());
    exported(&place, JANUARY, "out", &[]);
    assert_eq!(plan(&place, JANUARY, 0)["same"], 3);
    let place = place.config(MENDED);
    let changed = plan(&place, JANUARY, 6);
    assert_eq!(changed["changed"].as_array().unwrap().len(), 3);
    assert_eq!(changed["changed"][0]["voucher"], "VM-302321-2026-01-05");
    assert_ne!(changed["changed"][0]["was"], changed["changed"][0]["now"]);
    let place = place.config("[posting]\nvoucher_per = \"payout\"\n");
    let otherwise = plan(&place, ("2026-01-01", "2026-01-28"), 6);
    assert_eq!(otherwise["gone"].as_array().unwrap().len(), 2);
    assert!(!otherwise["overlaps"].as_array().unwrap().is_empty());
}

#[test]
fn a_plan_needs_a_format_that_covers_vouchers() {
    let place = place();
    let run = place.run(&["plan", "--month", "2026-01", "--format", "journal-csv"]);
    assert_code(&run, 2);
    assert_code(&place.run(&["plan", "--format", "tripletex"]), 2);
    let run = place.run(&["plan", "--month", "2026-01", "--format", "tripletex"]);
    assert_code(&run, 0);
    assert!(run.stdout.contains("302321 tripletex: 3 new"), "{}", run.stdout);
}

#[test]
fn a_trial_is_withdrawn_with_its_reason() {
    let place = place();
    exported(&place, JANUARY, "out", &[]);
    exported(&place, FEBRUARY, "out", &[]);
    let forget = |range: &str| {
        place.run(&[
            "plan",
            "--forget",
            range,
            "--format",
            "tripletex",
            "--reason",
            "a trial",
        ])
    };
    assert_code(&forget("2026-03-01..2026-03-31"), 2);
    assert_code(&forget("2026-01-01..2026-01-15"), 8);
    assert_code(&forget("2026-02-01"), 2);
    assert_code(&forget("2026-02-01..2026-02-28"), 0);
    let note = object(&place, "exports/tripletex", 3);
    assert_eq!(
        (&note["kind"], &note["reason"]),
        (&"forget".into(), &"a trial".into())
    );
    assert_eq!(note["withdraws"], serde_json::json!([2]));
    // February may come otherwise now, and in another range.
    let place = place.config(MENDED);
    exported(&place, ("2026-02-01", "2026-02-15"), "elsewhere", &[]);
    assert_code(&export(&place, JANUARY, "elsewhere", &[]), 8);
}
