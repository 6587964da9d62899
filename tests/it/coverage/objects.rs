//! The objects themselves: where they are, and what happens when one is not as it should be.

use std::fs;

use super::{FEBRUARY, JANUARY, export, exported, files, object_path, objects, place, shop};
use crate::harness::files::tree;
use crate::harness::layout::Layout;
use crate::harness::program::{Workplace, assert_code};
use crate::stores::pack;

#[test]
fn a_crash_between_note_and_files_is_completed_by_a_repeat() {
    let place = place();
    exported(&place, JANUARY, "out", &[]);
    let whole = tree(&place.path("out"));
    fs::remove_dir_all(place.path("out")).unwrap();
    exported(&place, JANUARY, "out", &[]);
    assert_eq!(tree(&place.path("out")), whole);
    assert_eq!(objects(&place, "exports/tripletex"), 1);
}

#[test]
fn a_file_in_the_way_keeps_the_note_back() {
    let place = place();
    let folder = place.path("out/302321/2026-01-01_2026-01-31");
    fs::create_dir_all(&folder).unwrap();
    for name in ["a", "tripletex-VM-302321-2026-01-05.json"] {
        fs::write(folder.join(name), "mine").unwrap();
    }
    let run = export(&place, JANUARY, "out", &[]);
    let names = files(&place, "out", "2026-01-01_2026-01-31");
    if names.len() == 2 {
        assert_code(&run, 8);
        assert_eq!(objects(&place, "exports/tripletex"), 0);
    }
}

#[test]
fn an_object_that_cannot_be_read_stops_the_run_by_its_name() {
    let place = place();
    exported(&place, JANUARY, "out", &[]);
    exported(&place, FEBRUARY, "out", &[]);
    let first = object_path(&place, "exports/tripletex", 1);
    let text = fs::read_to_string(&first).unwrap();
    for damaged in [
        "{",
        "",
        "{\"schema\": 9, \"ledger_id\": \"302321\"}",
        &text.replace("302321", "1"),
    ] {
        fs::write(&first, damaged).unwrap();
        let run = export(&place, FEBRUARY, "out", &[]);
        assert_code(&run, 4);
        assert!(run.stderr.contains("1.json"), "{}", run.stderr);
    }
    fs::remove_file(&first).unwrap();
    let run = export(&place, FEBRUARY, "out", &[]);
    assert_code(&run, 4);
    assert!(
        run.stderr.contains("1.json") && run.stderr.contains("missing"),
        "{}",
        run.stderr
    );
    assert_eq!(objects(&place, "exports/tripletex"), 1, "nothing took its place");
    // Formats without coverage do not ask.
    exported(&place, FEBRUARY, "out", &["--format", "journal-csv"]);
}

#[test]
fn a_flat_folder_and_a_zip_keep_their_objects_beside_them() {
    let ledger = shop();
    let place = Workplace::new();
    let flat = place.path("flat");
    ledger.write(&place.path("whole"), &Layout::PLAIN);
    fs::rename(place.path("whole/302321"), &flat).unwrap();
    let files: Vec<(String, Vec<u8>)> = tree(&flat).into_iter().collect();
    let files: Vec<(&str, Vec<u8>)> = files
        .iter()
        .map(|(name, bytes)| (name.as_str(), bytes.clone()))
        .collect();
    pack(&place.path("flat.zip"), &files);
    for (archive, out) in [("flat", "a"), ("flat.zip", "b")] {
        let run = |month: (&str, &str)| {
            place.bare(&[
                "export",
                "--offline",
                "--archive",
                archive,
                "--ledger",
                "302321",
                "--from",
                month.0,
                "--to",
                month.1,
                "--format",
                "tripletex",
                "--out",
                out,
            ])
        };
        for month in [JANUARY, JANUARY, FEBRUARY] {
            assert_code(&crate::harness::program::run(run(month)), 0);
        }
        let state = place.path(&format!("{archive}.state/302321/exports/tripletex"));
        assert_eq!(fs::read_dir(state).unwrap().count(), 2);
        let code = crate::harness::program::run(run(("2026-01-01", "2026-02-28"))).code;
        assert_eq!(code, 8);
    }
    assert!(!flat.join("exports").exists());
}

#[test]
fn two_exports_at_once_are_not_both_done() {
    let place = place();
    fs::create_dir_all(place.path("out/302321")).unwrap();
    for path in ["out/302321/.bilag.lock", "archive/302321/.bilag.lock"] {
        let lock = fs::File::create(place.path(path)).unwrap();
        lock.lock().unwrap();
        let run = export(&place, JANUARY, "out", &[]);
        assert_code(&run, 11);
        assert!(run.stderr.contains(".bilag.lock"), "{}", run.stderr);
        assert!(files(&place, "out", "2026-01-01_2026-01-31").is_empty());
        assert_eq!(objects(&place, "exports/tripletex"), 0);
    }
    exported(&place, JANUARY, "out", &[]);
}

#[test]
fn what_stands_in_a_zip_of_an_archive_counts() {
    let place = place();
    exported(&place, JANUARY, "out", &[]);
    let held: Vec<(String, Vec<u8>)> = tree(&place.path("archive")).into_iter().collect();
    let held: Vec<(&str, Vec<u8>)> = held
        .iter()
        .map(|(name, bytes)| (name.as_str(), bytes.clone()))
        .collect();
    pack(&place.path("mailed.zip"), &held);
    let export = |from: &str, to: &str| {
        let run = place.bare(&[
            "export",
            "--offline",
            "--archive",
            "mailed.zip",
            "--from",
            from,
            "--to",
            to,
            "--format",
            "tripletex",
            "--out",
            "b",
        ]);
        crate::harness::program::run(run)
    };
    assert_code(&export(JANUARY.0, JANUARY.1), 0);
    assert!(!place.path("mailed.zip.state").exists());
    assert_code(&export(JANUARY.0, FEBRUARY.1), 8);
    assert_code(&export(FEBRUARY.0, FEBRUARY.1), 0);
    assert!(
        place
            .path("mailed.zip.state/302321/exports/tripletex/2.json")
            .is_file()
    );
    assert_code(&export(FEBRUARY.0, FEBRUARY.1), 0);
}
