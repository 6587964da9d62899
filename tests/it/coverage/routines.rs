//! Month after month, again, elsewhere, in several formats.

use std::fs;

use super::{
    FEBRUARY, JANUARY, MARCH, MENDED, export, exported, files, message, object, objects, place, plan, shop,
};
use crate::harness::files::tree;
use crate::harness::program::{Workplace, assert_code};

#[test]
fn the_first_month_ever_and_the_second_are_new() {
    let place = place();
    let run = exported(&place, JANUARY, "out", &[]);
    assert!(run.findings("opening-balance").is_empty());
    assert_eq!(objects(&place, "exports/tripletex"), 1);
    let first = object(&place, "exports/tripletex", 1);
    assert_eq!(first["kind"], "export");
    assert_eq!(first["vouchers"].as_array().unwrap().len(), 3);
    assert_eq!(
        first["dates"].as_object().unwrap().len(),
        31,
        "empty dates are covered too"
    );
    assert_eq!(plan(&place, FEBRUARY, 0)["new"].as_array().unwrap().len(), 2);
    exported(&place, FEBRUARY, "out", &[]);
    assert_eq!(objects(&place, "exports/tripletex"), 2);
    assert_eq!(plan(&place, FEBRUARY, 0)["same"], 2);
}

#[test]
fn a_repeat_costs_nothing_anywhere() {
    let place = place();
    exported(&place, JANUARY, "out", &[]);
    let first = tree(&place.path("out/302321"));
    for out in ["out", "elsewhere", "out"] {
        exported(&place, JANUARY, out, &[]);
        assert_eq!(tree(&place.path(out).join("302321")), first, "{out}");
        assert_eq!(objects(&place, "exports/tripletex"), 1);
    }
}

#[test]
fn a_mended_configuration_is_no_silent_change() {
    let place = place();
    exported(&place, JANUARY, "out", &[]);
    let before = tree(&place.path("out"));
    let place = place.config(MENDED);
    for out in ["out", "fresh"] {
        let run = export(&place, JANUARY, out, &[]);
        assert_code(&run, 8);
        let message = message(&run, "coverage-overlap");
        assert!(message.contains("3 vouchers book something else"), "{message}");
        assert!(
            message.contains("--corrections") && message.contains("--force"),
            "{message}"
        );
    }
    assert_eq!(tree(&place.path("out")), before);
    assert!(files(&place, "fresh", "2026-01-01_2026-01-31").is_empty());

    // It was not imported: --force replaces it.
    exported(&place, JANUARY, "out", &["--force"]);
    assert_ne!(tree(&place.path("out")), before);
    assert_eq!(
        object(&place, "exports/tripletex", 2)["replaces"],
        serde_json::json!([1])
    );
    exported(&place, JANUARY, "fresh", &[]);
    assert_eq!(objects(&place, "exports/tripletex"), 2);
    exported(&place, FEBRUARY, "out", &[]);
}

#[test]
fn a_voucher_stands_in_files_of_one_range_only() {
    let place = place();
    exported(&place, JANUARY, "out", &[]);
    let whole = ("2026-01-01", "2026-02-28");
    let run = export(&place, whole, "out", &[]);
    assert_code(&run, 8);
    assert!(message(&run, "coverage-overlap").contains("--new-only"));
    assert!(files(&place, "out", "2026-01-01_2026-02-28").is_empty());
    exported(&place, whole, "out", &["--new-only"]);
    let new = files(&place, "out", "2026-01-01_2026-02-28");
    assert_eq!(new.len(), 2, "{new:?}");
    assert!(new.iter().all(|name| name.contains("2026-02-")), "{new:?}");
    // The same again is the same file, also elsewhere.
    exported(&place, whole, "fresh", &["--new-only"]);
    assert_eq!(files(&place, "fresh", "2026-01-01_2026-02-28"), new);
    // What is covered by other ranges wholly makes no file.
    exported(&place, ("2026-01-05", "2026-02-28"), "fresh", &["--new-only"]);
    assert!(files(&place, "fresh", "2026-01-05_2026-02-28").is_empty());
    exported(&place, MARCH, "out", &[]);
}

#[test]
fn three_formats_have_a_coverage_each_and_plain_ones_none() {
    let place = place();
    for (count, format) in (1..).zip(["tripletex", "gbat10", "fiken"]) {
        exported(&place, JANUARY, "out", &["--format", format]);
        assert_eq!(objects(&place, "exports"), count);
        assert_eq!(objects(&place, &format!("exports/{format}")), 1);
    }
    // A format that joins later begins where it begins.
    exported(
        &place,
        FEBRUARY,
        "out",
        &["--format", "tripletex", "--format", "gbat10"],
    );
    exported(&place, FEBRUARY, "out", &["--format", "journal-csv"]);
    exported(
        &place,
        ("2026-01-10", "2026-02-20"),
        "out",
        &["--format", "journal-csv"],
    );
    assert_eq!(objects(&place, "exports"), 3);
    // All formats at once are a look, not an import.
    let place = super::place();
    exported(&place, JANUARY, "out", &["--format", "all"]);
    exported(&place, ("2026-01-01", "2026-02-28"), "out", &["--format", "all"]);
    assert_eq!(objects(&place, "exports"), 0);
}

#[test]
fn an_hourly_job_with_a_fresh_folder_writes_what_is_new() {
    let place = place();
    for (hour, to) in [
        "2026-01-05",
        "2026-01-05",
        "2026-01-12",
        "2026-01-31",
        "2026-01-31",
    ]
    .iter()
    .enumerate()
    {
        exported(
            &place,
            ("2026-01-01", to),
            &format!("hour{hour}"),
            &["--new-only"],
        );
    }
    let names = |hour: usize, to: &str| files(&place, &format!("hour{hour}"), &format!("2026-01-01_{to}"));
    assert_eq!(names(0, "2026-01-05"), names(1, "2026-01-05"));
    let all = [
        names(0, "2026-01-05"),
        names(2, "2026-01-12"),
        names(3, "2026-01-31"),
    ]
    .concat();
    assert_eq!(all.len(), 3, "{all:?}");
    assert_eq!(names(3, "2026-01-31"), names(4, "2026-01-31"));
    assert_eq!(objects(&place, "exports/tripletex"), 3);
}

#[test]
fn a_second_machine_with_the_archive_goes_on() {
    let place = place();
    exported(&place, JANUARY, "out", &[]);
    let second = Workplace::new();
    for (name, bytes) in tree(&place.path("archive")) {
        let path = second.path("archive").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    exported(&second, JANUARY, "out", &[]);
    assert_eq!(tree(&second.path("out")), tree(&place.path("out")));
    exported(&second, FEBRUARY, "out", &[]);
    let second = second.config(MENDED);
    assert_code(&export(&second, JANUARY, "out", &[]), 8);
}

#[test]
fn one_voucher_per_entry_is_known_by_its_date() {
    let place = place().config("[posting]\nvoucher_per = \"entry\"\n");
    exported(&place, JANUARY, "out", &[]);
    let first = object(&place, "exports/tripletex", 1);
    let rows = first["vouchers"].as_array().unwrap();
    assert_eq!(rows.len(), 3);
    // Two captures, their fees, the retained fees seen from both sides, the payout.
    assert!(rows[0]["count"].as_u64().unwrap() >= 6, "{}", rows[0]);
    assert_eq!(plan(&place, JANUARY, 0)["changed"].as_array().unwrap().len(), 0);
    exported(&place, JANUARY, "fresh", &[]);
    let whole = ("2026-01-01", "2026-02-28");
    assert_code(&export(&place, whole, "out", &[]), 8);
    exported(&place, whole, "out", &["--new-only"]);
    let new = files(&place, "out", "2026-01-01_2026-02-28");
    assert!(
        !new.is_empty() && new.iter().all(|name| name.contains("-2026-02-")),
        "{new:?}"
    );
    let place = place.config(&format!("[posting]\nvoucher_per = \"entry\"\n{MENDED}"));
    assert_code(&export(&place, JANUARY, "fresh", &[]), 8);
}

#[test]
fn a_mode_that_changes_inside_what_was_exported_is_said() {
    let place = place();
    exported(&place, ("2026-01-01", "2026-01-08"), "out", &[]);
    let place = place.config("[posting]\nvoucher_per = \"payout\"\n");
    // The payout's voucher would take the entries that the dates' vouchers hold.
    let run = export(&place, ("2026-01-01", "2026-01-31"), "out", &[]);
    assert_code(&run, 8);
    let said = message(&run, "coverage-overlap");
    assert!(said.contains("take entries that were exported before"), "{said}");
    assert!(said.contains("VM-302321-2026-01-05"), "{said}");
    // --new-only does not leave out what is covered in part or otherwise.
    assert_code(
        &export(&place, ("2026-01-01", "2026-01-31"), "out", &["--new-only"]),
        8,
    );
    assert_eq!(plan(&place, JANUARY, 6)["overlaps"].as_array().unwrap().len(), 1);
}

#[test]
fn a_mode_that_changes_after_what_waits_leaves_nothing_behind() {
    let payout = "[posting]\nvoucher_per = \"payout\"\n";
    let place = place().config(payout);
    // 29 January waits for the payout of 3 February.
    exported(&place, ("2026-01-01", "2026-01-30"), "out", &[]);
    let place = place.config("");
    let run = export(&place, ("2026-01-31", "2026-02-28"), "out", &[]);
    assert_code(&run, 8);
    assert!(message(&run, "coverage-gap").contains("2026-01-29"));
    let place = place.config(payout);
    exported(&place, ("2026-01-31", "2026-02-28"), "out", &[]);
}

#[test]
fn a_payout_merchant_exports_month_by_month() {
    let place = Workplace::of(&[&shop()]).config("[posting]\nvoucher_per = \"payout\"\n");
    for month in [JANUARY, FEBRUARY, MARCH] {
        exported(&place, month, "out", &[]);
        exported(&place, month, "again", &[]);
    }
    assert_eq!(objects(&place, "exports/tripletex"), 3);
    let run = place.run(&[
        "plan",
        "--from",
        "2026-01-01",
        "--to",
        "2026-03-31",
        "--format",
        "tripletex",
        "--json",
    ]);
    assert_code(&run, 6);
    let plan = &run.json()["ledgers"][0];
    assert_eq!(
        plan["changed"].as_array().unwrap().len() + plan["gone"].as_array().unwrap().len(),
        0,
        "{plan}"
    );
}

#[test]
fn a_range_that_cuts_a_payouts_voucher_is_no_change() {
    let place = place().config("[posting]\nvoucher_per = \"payout\"\n");
    exported(&place, JANUARY, "out", &[]);
    exported(&place, FEBRUARY, "out", &[]);
    // The payout of 12 January lies after the range.
    exported(&place, ("2026-01-01", "2026-01-08"), "part", &["--new-only"]);
    assert!(files(&place, "part", "2026-01-01_2026-01-08").is_empty());
}

#[test]
fn what_was_covered_without_a_voucher_is_not_booked_in_silence() {
    let place = place().config("[posting]\ncaptures = \"none\"\nfees = \"retained\"\n");
    exported(&place, JANUARY, "out", &[]);
    // 29 January had a capture and its fee only, of which nothing was booked.
    let place = place.config("[posting]\nfees = \"retained\"\n");
    let run = export(&place, JANUARY, "out", &[]);
    assert_code(&run, 8);
    assert!(message(&run, "coverage-overlap").contains("was covered without a voucher"));
    exported(&place, JANUARY, "out", &["--corrections"]);
    let note = object(&place, "exports/tripletex", 2);
    let last = note["written"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&last["is_new"], &last["voucher"]["id"]),
        (&true.into(), &"VM-302321-2026-01-29".into())
    );
    assert_eq!(note["written"].as_array().unwrap().len(), 5);
    assert_eq!(plan(&place, JANUARY, 0)["same"], 3);
    exported(&place, FEBRUARY, "out", &[]);
}

#[test]
fn force_replaces_a_longer_export_as_a_whole_and_says_so() {
    let place = place();
    exported(&place, ("2026-01-01", "2026-02-28"), "out", &[]);
    let place = place.config(MENDED);
    let run = exported(&place, JANUARY, "out", &["--force"]);
    let said = message(&run, "coverage-replaced");
    assert!(said.contains("2026-01-01 to 2026-02-28"), "{said}");
    assert_eq!(plan(&place, FEBRUARY, 0)["new"].as_array().unwrap().len(), 2);
    exported(&place, FEBRUARY, "out", &[]);
}

#[test]
fn an_open_month_is_exported_as_it_closes() {
    let place = place();
    // The archive ends on 7 April.
    let april = ("2026-04-01", "2026-04-30");
    assert_code(&export(&place, april, "out", &[]), 3);
    exported(&place, april, "out", &["--allow-open", "--new-only"]);
    let note = object(&place, "exports/tripletex", 1);
    assert_eq!(note["range"]["to"], "2026-04-07");
}

#[test]
fn a_statement_of_dates_that_stand_in_another_is_named() {
    let place = place();
    let descriptor = own_format("statement", "coverage = \"dates\"");
    fs::write(place.path("statement.toml"), descriptor).unwrap();
    let own = ["--format", "./statement.toml"];
    for out in ["out", "again"] {
        let run = exported(&place, JANUARY, out, &own);
        assert!(run.findings("statement-overlap").is_empty());
    }
    assert_eq!(objects(&place, "exports/statement"), 1);
    let run = exported(&place, ("2026-01-10", "2026-02-28"), "out", &own);
    assert!(message(&run, "statement-overlap").contains("2026-01-12"));
    assert_eq!(run.findings("statement-overlap")[0]["level"], "review");
}

#[test]
fn a_users_own_format_covers_vouchers_unless_it_says_otherwise() {
    let place = place();
    let descriptor = own_format("mine", "");
    fs::write(place.path("mine.toml"), descriptor).unwrap();
    let own = ["--format", "./mine.toml"];
    exported(&place, JANUARY, "out", &own);
    assert_code(&export(&place, ("2026-01-01", "2026-02-28"), "out", &own), 8);
}

#[test]
fn modes_change_at_a_months_beginning() {
    let modes = [
        "",
        "[posting]\nvoucher_per = \"payout\"\n",
        "[posting]\nvoucher_per = \"entry\"\n",
        "[posting]\ncaptures = \"revenue\"\n[[rules]]\ntax_code = \"3\"\n",
    ];
    for first in 0..modes.len() {
        let mut place = super::place();
        for (step, month) in [JANUARY, FEBRUARY, MARCH].into_iter().enumerate() {
            place = place.config(modes[(first + step) % modes.len()]);
            let run = exported(&place, month, "out", &[]);
            assert!(run.findings("opening-balance").is_empty(), "{first} {step}");
        }
        // Each month stands as it was exported, under its own mode only.
        assert_code(&export(&place, JANUARY, "again", &[]), 8);
        place = place.config(modes[first]);
        exported(&place, JANUARY, "again", &[]);
    }
}

/// A descriptor of a user's own.
fn own_format(id: &str, more: &str) -> String {
    format!(
        "id = \"{id}\"\ntitle = \"Own\"\nfile = \"own.txt\"\n{more}\n[delimited]\nseparator = \";\"\ndecimal = \"point\"\ndate = \"YYYY-MM-DD\"\ncolumns = [\n{{ name = \"Voucher\", field = \"voucher\" }},\n\
         {{ name = \"Date\", field = \"date\" }},\n{{ name = \"Account\", field = \"account\" }},\n{{ name = \"Amount\", field = \"amount\" }},\n]\n"
    )
}
