//! `bilag close`: a closed month stays as it was.

use super::{FEBRUARY, JANUARY, MARCH, MENDED, export, exported, message, object, objects, place};
use crate::harness::program::{Ran, Workplace, assert_code};

fn close(place: &Workplace, month: &str) -> Ran {
    place.run(&["close", "--month", month, "--json"])
}

fn reopen(place: &Workplace, month: &str) -> Ran {
    place.run(&["close", "--reopen", month, "--reason", "a late invoice"])
}

#[test]
fn months_are_closed_one_after_the_other() {
    let place = place();
    let run = close(&place, "2026-01");
    assert_code(&run, 0);
    assert_eq!(run.json()["command"], "close");
    let first = object(&place, "closes", 1);
    assert_eq!(
        (&first["kind"], &first["month"]),
        (&"close".into(), &"2026-01".into())
    );
    assert_eq!(
        first["balances"],
        serde_json::json!({"funds": 8000, "fees": -240})
    );
    // Again it is done already.
    assert_code(&close(&place, "2026-01"), 0);
    assert_eq!(objects(&place, "closes"), 1);
    let run = close(&place, "2026-03");
    assert_code(&run, 8);
    assert!(run.stderr.contains("2026-02"), "{}", run.stderr);
    assert_code(&close(&place, "2026-02"), 0);
    assert_code(&close(&place, "2026-03"), 0);
    // A month with open dates is not closed.
    assert_code(&close(&place, "2026-04"), 3);
    assert_eq!(objects(&place, "closes"), 3);
}

#[test]
fn a_closed_month_is_written_again_only_as_it_was() {
    let place = place();
    exported(&place, JANUARY, "out", &[]);
    exported(&place, JANUARY, "out", &["--format", "journal-csv"]);
    assert_code(&close(&place, "2026-01"), 0);
    for format in ["tripletex", "journal-csv", "fiken"] {
        exported(&place, JANUARY, "again", &["--format", format]);
    }
    exported(&place, FEBRUARY, "out", &[]);
    for other in [
        MENDED,
        "[posting]\nvoucher_per = \"entry\"\n",
        "[posting]\nfees = \"retained\"\n",
    ] {
        let place = Workplace::of(&[&super::shop()]);
        assert_code(&close(&place, "2026-01"), 0);
        let place = place.config(other);
        for format in ["tripletex", "journal-csv"] {
            for more in [&[][..], &["--force"]] {
                let more = [&["--format", format], more].concat();
                let run = export(&place, JANUARY, "out", &more);
                assert_code(&run, 8);
                assert!(message(&run, "month-closed").contains("2026-01"), "{other}");
            }
        }
        assert!(!place.path("out/302321/2026-01-01_2026-01-31").exists());
        // The open month is free, and so is a look.
        exported(&place, FEBRUARY, "out", &["--format", "journal-csv"]);
        assert_code(&close(&place, "2026-01"), 8);
    }
}

#[test]
fn only_the_last_close_is_taken_back_and_that_is_kept() {
    let place = place();
    assert_code(&close(&place, "2026-01"), 0);
    assert_code(&close(&place, "2026-02"), 0);
    let run = reopen(&place, "2026-01");
    assert_code(&run, 8);
    assert_code(&reopen(&place, "2026-03"), 2);
    assert_code(&place.run(&["close", "--reopen", "2026-02"]), 2);
    assert_code(&reopen(&place, "2026-02"), 0);
    let note = object(&place, "closes", 3);
    assert_eq!(
        (&note["kind"], &note["reason"]),
        (&"reopen".into(), &"a late invoice".into())
    );
    assert_code(&reopen(&place, "2026-01"), 0);
    let place = place.config(MENDED);
    exported(&place, JANUARY, "out", &[]);
    assert_code(&close(&place, "2026-01"), 0);
    exported(&place, FEBRUARY, "out", &[]);
    exported(&place, MARCH, "out", &[]);
}

#[test]
fn what_is_not_proven_is_closed_with_a_reason() {
    let ledger = super::shop();
    let place = Workplace::of(&[&ledger]);
    // Nothing before February is known.
    for topic in ["funds", "fees"] {
        for date in crate::harness::dates::range("2025-12-25", "2026-01-31").dates() {
            std::fs::remove_file(place.path(&format!("archive/302321/{topic}/{date}.json"))).unwrap();
        }
    }
    let run = close(&place, "2026-02");
    assert_code(&run, 8);
    assert!(run.stderr.contains("--reason"), "{}", run.stderr);
    assert_eq!(objects(&place, "closes"), 0);
    let run = place.run(&[
        "close",
        "--month",
        "2026-02",
        "--reason",
        "taken over from another office",
    ]);
    assert_code(&run, 0);
    let note = object(&place, "closes", 1);
    assert_eq!(
        (&note["status"], &note["reason"]),
        (&"not-proven".into(), &"taken over from another office".into())
    );
}

#[test]
fn the_next_month_opens_with_what_was_closed() {
    let place = place();
    assert_code(&close(&place, "2026-01"), 0);
    let path = super::object_path(&place, "closes", 1);
    let mut record = object(&place, "closes", 1);
    record["balances"]["funds"] = 7999.into();
    std::fs::write(path, record.to_string()).unwrap();
    let run = export(&place, FEBRUARY, "out", &["--format", "journal-csv"]);
    assert_code(&run, 4);
    let said = message(&run, "closing-differs");
    assert!(said.contains("79.99 NOK") && said.contains("80.00 NOK"), "{said}");
    assert_code(&close(&place, "2026-02"), 4);
}

#[test]
fn a_voucher_of_an_open_month_dated_in_a_closed_one_is_named() {
    let ledger = crate::harness::ledger::Ledger::new("302321")
        .date("2026-01-30")
        .sale("1", 10_000, 300)
        .date("2026-02-01")
        // It was paid before midnight.
        .funds([crate::harness::ledger::capture("2", 5_000).time("2026-01-31T22:30:00.000Z")])
        .pay_out("2000001")
        .known(crate::harness::dates::range("2026-01-01", "2026-03-10"));
    let place = Workplace::of(&[&ledger]).config("[posting]\ndate_basis = \"transaction-date\"\n");
    assert_code(&close(&place, "2026-01"), 0);
    let run = exported(&place, FEBRUARY, "out", &[]);
    let said = message(&run, "dated-in-closed-month");
    assert!(said.contains("VM-302321-2026-02-01@2026-01-31"), "{said}");
    assert_code(&close(&place, "2026-02"), 0);
    exported(&place, JANUARY, "out", &[]);
    exported(&place, FEBRUARY, "again", &[]);
}

#[test]
fn a_close_that_cannot_be_read_stops_every_export() {
    let place = place();
    assert_code(&close(&place, "2026-01"), 0);
    std::fs::write(super::object_path(&place, "closes", 1), "{").unwrap();
    let run = export(&place, FEBRUARY, "out", &["--format", "journal-csv"]);
    assert_code(&run, 4);
    assert!(run.stderr.contains("closes"), "{}", run.stderr);
}

#[test]
fn one_voucher_per_entry_is_closed_by_its_dates() {
    let entry = "[posting]\nvoucher_per = \"entry\"\n";
    let place = place().config(entry);
    assert_code(&close(&place, "2026-01"), 0);
    exported(&place, JANUARY, "out", &["--format", "journal-csv"]);
    let place = place.config("");
    assert_code(&export(&place, JANUARY, "again", &["--format", "journal-csv"]), 8);
}
