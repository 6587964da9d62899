//! `export --corrections`: what was imported is reversed and booked anew, and nothing else is written.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use super::{FEBRUARY, JANUARY, MENDED, export, exported, files, message, object, objects, place, plan};
use crate::harness::files::tree;
use crate::harness::program::{Workplace, assert_code};

/// The vouchers of a corrections object: id, date, sum by account of what is booked.
fn written(note: &Value) -> Vec<(String, String)> {
    let all = note["written"].as_array().unwrap().iter();
    all.map(|written| {
        let (id, number) = (&written["voucher"]["id"], &written["number"]);
        let mark = if written["is_new"] == true { "~" } else { "~R" };
        (
            format!("{}{mark}{number}", id.as_str().unwrap()),
            written["date"].as_str().unwrap().to_owned(),
        )
    })
    .collect()
}

fn correct(place: &Workplace, month: (&str, &str), out: &str) {
    exported(place, month, out, &["--corrections"]);
}

/// What all files of an output book, by account.
fn booked(place: &Workplace, out: &str) -> BTreeMap<String, i64> {
    let mut sums = BTreeMap::new();
    for (name, bytes) in tree(&place.path(out)) {
        if name.ends_with("manifest.json") || !name.contains("tripletex") {
            continue;
        }
        let document: Value = serde_json::from_slice(&bytes).unwrap();
        for line in lines(&document) {
            let number = line["account"]["id"].to_string();
            let amount = line["amountGross"].to_string();
            let minor = amount.trim_matches('"').replace('.', "");
            let minor: i64 = minor.parse().unwrap();
            *sums.entry(number).or_default() += if amount.contains('.') { minor } else { minor * 100 };
        }
    }
    sums
}

fn lines(document: &Value) -> Vec<Value> {
    match document {
        Value::Array(items) => items.iter().flat_map(lines).collect(),
        Value::Object(map) => match map.get("postings") {
            Some(postings) => postings.as_array().unwrap().clone(),
            None => map.values().flat_map(lines).collect(),
        },
        _ => Vec::new(),
    }
}

#[test]
fn what_was_imported_is_reversed_and_booked_anew() {
    let place = place();
    exported(&place, JANUARY, "books", &[]);
    let place = place.config(MENDED);
    correct(&place, JANUARY, "books");
    let note = object(&place, "exports/tripletex", 2);
    assert_eq!(note["kind"], "corrections");
    let expected = ["2026-01-05", "2026-01-12", "2026-01-29"].map(|date| {
        let id = format!("VM-302321-{date}");
        [
            (format!("{id}~R1"), date.to_owned()),
            (format!("{id}~1"), date.to_owned()),
        ]
    });
    assert_eq!(written(&note), expected.concat());
    assert_eq!(files(&place, "books", "2026-01-01_2026-01-31~2").len(), 6);

    // Old, reversed and new together are what a first export under the new configuration is.
    exported(
        &Workplace::of(&[&super::shop()]).config(MENDED),
        JANUARY,
        "x",
        &[],
    );
    let fresh = Workplace::of(&[&super::shop()]).config(MENDED);
    exported(&fresh, JANUARY, "books", &[]);
    let mut all = booked(&place, "books");
    all.retain(|_, sum| *sum != 0);
    let mut right = booked(&fresh, "books");
    right.retain(|_, sum| *sum != 0);
    assert!(!right.is_empty());
    assert_eq!(all, right);

    // From then on they count as the same.
    assert_eq!(plan(&place, JANUARY, 0)["same"], 3);
    exported(&place, JANUARY, "again", &[]);
    exported(&place, FEBRUARY, "books", &[]);
    assert_eq!(objects(&place, "exports/tripletex"), 3);
    // Replacing by force what was imported is refused.
    let place = place.config("");
    let run = export(&place, JANUARY, "books", &["--force"]);
    assert_code(&run, 8);
    assert!(message(&run, "coverage-overlap").contains("was corrected"));
    // And back again.
    correct(&place, JANUARY, "books");
    let note = object(&place, "exports/tripletex", 4);
    assert!(written(&note)[0].0.ends_with("~R2"), "{note}");
    assert_eq!(plan(&place, JANUARY, 0)["same"], 3);
}

#[test]
fn corrections_are_completed_by_a_repeat() {
    let place = place();
    exported(&place, JANUARY, "books", &[]);
    let place = place.config(MENDED);
    correct(&place, JANUARY, "books");
    let name = "2026-01-01_2026-01-31~2";
    let whole = tree(&place.path("books/302321").join(name));
    fs::remove_dir_all(place.path("books/302321").join(name)).unwrap();
    correct(&place, JANUARY, "books");
    assert_eq!(tree(&place.path("books/302321").join(name)), whole);
    correct(&place, JANUARY, "elsewhere");
    assert_eq!(tree(&place.path("elsewhere/302321").join(name)), whole);
    assert_eq!(objects(&place, "exports/tripletex"), 2);
    // Nothing was ever wrong with February.
    exported(&place, FEBRUARY, "books", &[]);
    correct(&place, FEBRUARY, "books");
    assert!(files(&place, "books", "2026-02-01_2026-02-28~3").is_empty());
}

#[test]
fn corrections_of_a_closed_month_are_dated_in_the_first_open_one() {
    let place = place();
    exported(&place, ("2026-01-01", "2026-02-28"), "books", &[]);
    assert_code(&place.run(&["close", "--month", "2026-01"]), 0);
    let place = place.config(MENDED);
    correct(&place, ("2026-01-01", "2026-02-28"), "books");
    let note = object(&place, "exports/tripletex", 2);
    let dates: Vec<String> = written(&note).into_iter().map(|(_, date)| date).collect();
    let expected = [
        vec!["2026-02-01"; 6],
        vec!["2026-02-03"; 2],
        vec!["2026-02-10"; 2],
    ]
    .concat();
    assert_eq!(dates, expected);
}

#[test]
fn another_mode_is_corrected_only_where_all_of_it_was_exported() {
    let place = place();
    exported(&place, ("2026-01-01", "2026-01-28"), "books", &[]);
    let place = place.config("[posting]\nvoucher_per = \"payout\"\n");
    correct(&place, ("2026-01-01", "2026-01-28"), "books");
    let note = object(&place, "exports/tripletex", 2);
    let mut ids: Vec<String> = written(&note).into_iter().map(|(id, _)| id).collect();
    ids.sort();
    let expected = [
        "VM-302321-2026-01-05~R1",
        "VM-302321-2026-01-12~R1",
        "VM-302321-P2000001~1",
        "VM-302321-P2000002~1",
    ];
    assert_eq!(ids, expected);
    assert_eq!(plan(&place, ("2026-01-01", "2026-01-28"), 0)["same"], 2);

    // 29 January stands in a date's voucher, and February's payout would take it.
    let place = super::place();
    exported(&place, ("2026-01-01", "2026-01-30"), "books", &[]);
    let place = place.config("[posting]\nvoucher_per = \"entry\"\n");
    let run = export(&place, ("2026-01-01", "2026-01-30"), "books", &["--corrections"]);
    assert_code(&run, 8);
    assert!(run.stderr.contains("by hand"), "{}", run.stderr);
    assert_eq!(objects(&place, "exports/tripletex"), 1);
}

#[test]
fn a_plain_format_holds_no_corrections() {
    let place = place();
    let run = export(
        &place,
        JANUARY,
        "out",
        &["--format", "journal-csv", "--corrections"],
    );
    assert_code(&run, 2);
    // A target that numbers vouchers has no number for a correction.
    exported(&place, JANUARY, "out", &["--format", "gbat10"]);
    let place = place.config(MENDED);
    let run = export(&place, JANUARY, "out", &["--format", "gbat10", "--corrections"]);
    assert_code(&run, 8);
    assert_eq!(objects(&place, "exports/gbat10"), 1);
}
