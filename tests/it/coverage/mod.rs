//! What was exported, closed and corrected, walked through as an accountant does it: each routine is a
//! run of the whole program.

mod closing;
mod corrections;
mod gaps;
mod objects;
mod plan;
mod routines;

use std::path::PathBuf;

use serde_json::Value;

use crate::harness::dates::range;
use crate::harness::ledger::Ledger;
use crate::harness::program::{Ran, Workplace, assert_code};

pub(crate) const JANUARY: (&str, &str) = ("2026-01-01", "2026-01-31");
pub(crate) const FEBRUARY: (&str, &str) = ("2026-02-01", "2026-02-28");
pub(crate) const MARCH: (&str, &str) = ("2026-03-01", "2026-03-31");

/// A shop with some dates a month, and a payout that takes in the end of January.
pub(crate) fn shop() -> Ledger {
    Ledger::new("302321")
        .week_before("2026-01-01")
        .date("2026-01-05")
        .sale("1001", 10_000, 300)
        .sale("1002", 2_500, 75)
        .pay_out("2000001")
        .date("2026-01-12")
        .sale("1003", 40_000, 1_200)
        .pay_out("2000002")
        .date("2026-01-29")
        .sale("1004", 8_000, 240)
        .date("2026-02-03")
        .sale("1005", 6_000, 180)
        .pay_out("2000003")
        .date("2026-02-10")
        .sale("1006", 5_000, 150)
        .pay_out("2000004")
        .date("2026-03-02")
        .sale("1007", 7_000, 210)
        .pay_out("2000005")
        .known(range("2026-01-01", "2026-04-07"))
}

pub(crate) fn place() -> Workplace {
    Workplace::of(&[&shop()])
}

/// Exports a month to an import format, into a folder.
pub(crate) fn export(place: &Workplace, month: (&str, &str), out: &str, more: &[&str]) -> Ran {
    let mut arguments = vec![
        "export", "--from", month.0, "--to", month.1, "--json", "--out", out,
    ];
    if !more.contains(&"--format") {
        arguments.extend(["--format", "tripletex"]);
    }
    arguments.extend(more);
    place.run(&arguments)
}

/// The same, which must succeed.
#[track_caller]
pub(crate) fn exported(place: &Workplace, month: (&str, &str), out: &str, more: &[&str]) -> Ran {
    let run = export(place, month, out, more);
    assert_code(&run, 0);
    run
}

/// The message of the only finding with a code.
#[track_caller]
pub(crate) fn message(run: &Ran, code: &str) -> String {
    let findings = run.findings(code);
    assert_eq!(findings.len(), 1, "{code}\n{}\n{}", run.stderr, run.stdout);
    findings[0]["message"].as_str().unwrap().to_owned()
}

/// The names of the files in a range's folder of an output, without the manifest.
pub(crate) fn files(place: &Workplace, out: &str, name: &str) -> Vec<String> {
    let folder = place.path(out).join("302321").join(name);
    let Ok(items) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let names = items.map(|item| item.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name != "manifest.json").collect();
    names.sort();
    names
}

/// Where an object of a format is.
pub(crate) fn object_path(place: &Workplace, row: &str, number: u32) -> PathBuf {
    place
        .path("archive")
        .join("302321")
        .join(row)
        .join(format!("{number}.json"))
}

/// An object of the archive.
pub(crate) fn object(place: &Workplace, row: &str, number: u32) -> Value {
    let path = object_path(place, row, number);
    // Large ones are packed.
    let text = match std::fs::read(&path) {
        Ok(text) => text,
        Err(_) => zstd::decode_all(&std::fs::read(path.with_extension("json.zst")).unwrap()[..]).unwrap(),
    };
    serde_json::from_slice(&text).unwrap()
}

/// How many objects a row has.
pub(crate) fn objects(place: &Workplace, row: &str) -> usize {
    let folder = place.path("archive").join("302321").join(row);
    std::fs::read_dir(folder).map_or(0, |items| items.count())
}

/// What `plan` says of a month.
pub(crate) fn plan(place: &Workplace, month: (&str, &str), code: i32) -> Value {
    let run = place.run(&[
        "plan",
        "--from",
        month.0,
        "--to",
        month.1,
        "--format",
        "tripletex",
        "--json",
    ]);
    assert_code(&run, code);
    let document = run.json();
    assert_eq!(document["exit_code"], code);
    document["ledgers"][0].clone()
}

/// The shop's configuration with captures booked on another account: every voucher with one changes.
pub(crate) const MENDED: &str = "[accounts]\nsales_clearing = \"1599\"\n";
