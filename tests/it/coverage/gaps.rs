//! Nothing between two exports is forgotten; what was there before the first is said; the books move
//! as the ledger does.

use super::{FEBRUARY, JANUARY, MARCH, export, exported, message, object, place, plan, shop};
use crate::harness::dates::range;
use crate::harness::ledger::Ledger;
use crate::harness::program::{Workplace, assert_code};

#[test]
fn a_month_that_was_left_out_is_a_gap() {
    let place = place();
    exported(&place, JANUARY, "out", &[]);
    let run = export(&place, MARCH, "out", &[]);
    assert_code(&run, 8);
    let said = message(&run, "coverage-gap");
    assert!(
        said.contains("2026-02-03 to 2026-02-03, 2026-02-10 to 2026-02-10"),
        "{said}"
    );
    assert_eq!(plan(&place, MARCH, 6)["gaps"][0]["from"], "2026-02-03");
    exported(&place, FEBRUARY, "out", &[]);
    exported(&place, MARCH, "out", &[]);
    // Before the first export it is the same.
    let place = super::place();
    exported(&place, MARCH, "out", &[]);
    assert_code(&export(&place, JANUARY, "out", &[]), 8);
    exported(&place, FEBRUARY, "out", &[]);
    exported(&place, JANUARY, "out", &[]);
}

#[test]
fn quiet_dates_are_no_gap_and_unknown_ones_are() {
    let place = place();
    exported(&place, ("2026-01-01", "2026-01-05"), "out", &[]);
    exported(&place, ("2026-01-12", "2026-01-31"), "out", &[]);
    let ledger = Ledger::new("302321")
        .week_before("2026-01-01")
        .date("2026-01-05")
        .sale("1", 10_000, 300)
        .pay_out("2000001")
        .known(range("2026-01-01", "2026-01-10"))
        .date("2026-03-02")
        .sale("2", 10_000, 300)
        .pay_out("2000002")
        .empty("2026-03-03", 10);
    let place = Workplace::of(&[&ledger]);
    exported(&place, ("2026-01-01", "2026-01-10"), "out", &[]);
    let run = export(&place, ("2026-03-02", "2026-03-05"), "out", &[]);
    assert_code(&run, 8);
    assert!(message(&run, "coverage-gap").contains("2026-01-11 to 2026-03-01"));
}

#[test]
fn the_opening_of_the_first_export_is_said_once() {
    let place = place();
    // 1 February opens with the capture of 29 January, and its fee.
    let run = exported(&place, FEBRUARY, "out", &[]);
    let findings = run.findings("opening-balance");
    assert_eq!(findings.len(), 2, "{findings:?}");
    assert!(
        findings[0]["message"].as_str().unwrap().contains("80.00 NOK"),
        "{findings:?}"
    );
    assert_eq!(findings[0]["level"], "review");
    assert!(
        exported(&place, MARCH, "out", &[])
            .findings("opening-balance")
            .is_empty()
    );
}

#[test]
fn books_that_do_not_move_as_the_ledger_are_refused() {
    let place = place();
    exported(&place, JANUARY, "out", &[]);
    // A record that says less than what was booked: as if a voucher had been lost.
    let path = super::object_path(&place, "exports/tripletex", 1);
    let mut record = object(&place, "exports/tripletex", 1);
    record["vouchers"][2]["mirror"]["funds"] = 0.into();
    std::fs::write(path, record.to_string()).unwrap();
    let run = export(&place, FEBRUARY, "out", &[]);
    assert_code(&run, 4);
    let said = message(&run, "books-differ");
    assert!(said.contains("from 2026-01-05 to 2026-02-10"), "{said}");
    assert_eq!(run.ledger()["status"], "failed");
}

#[test]
fn fees_that_a_mode_does_not_book_are_no_difference() {
    let retained = "[posting]\nfees = \"retained\"\n";
    let place = Workplace::of(&[&shop()]).config(retained);
    exported(&place, JANUARY, "out", &[]);
    // From February on they are: what is owed then is to be booked by hand.
    let place = place.config("");
    let run = exported(&place, FEBRUARY, "out", &[]);
    let said = message(&run, "opening-balance");
    assert!(said.contains("fees") && said.contains("-2.40 NOK"), "{said}");
}

#[test]
fn a_ledger_in_another_currency_goes_from_zero_to_zero_in_both() {
    let ledger = Ledger::new("302321")
        .market(bilag::chart::Market::Finland)
        .week_before("2026-01-01")
        .date("2026-01-05")
        .sale("1001", 10_000, 300)
        .date("2026-01-06")
        .sale("1002", 5_000, 150)
        .pay_out("2000001")
        .date("2026-02-05")
        .sale("1003", 7_000, 210)
        .date("2026-02-09")
        .pay_out("2000002")
        .known(range("2026-01-01", "2026-03-07"));
    let place = Workplace::of(&[&ledger]).config(
        "[posting]\nmarket = \"NO\"\nbase_currency = \"NOK\"\n[fx_rates.EUR]\n\"2026-01-01\" = \"11.70\"\n\"2026-01-06\" = \"11.82\"\n\
         \"2026-01-31\" = \"11.50\"\n\"2026-02-05\" = \"11.55\"\n\"2026-02-09\" = \"11.33\"\n\"2026-02-28\" = \"11.40\"\n",
    );
    for month in [JANUARY, FEBRUARY] {
        exported(&place, month, "out", &["--format", "fiken"]);
        exported(&place, month, "again", &["--format", "fiken"]);
    }
    let note = object(&place, "exports/fiken", 1);
    assert_eq!(note["vouchers"][0]["base_currency"], "NOK");
    let place = place.config(
        "[posting]\nmarket = \"NO\"\nbase_currency = \"NOK\"\n[fx_rates.EUR]\n\"2026-01-01\" = \"11.70\"\n\"2026-01-06\" = \"11.92\"\n\
         \"2026-01-31\" = \"11.50\"\n\"2026-02-05\" = \"11.55\"\n\"2026-02-09\" = \"11.33\"\n\"2026-02-28\" = \"11.40\"\n",
    );
    assert_code(&export(&place, JANUARY, "out", &["--format", "fiken"]), 8);
    exported(&place, JANUARY, "out", &["--format", "fiken", "--corrections"]);
    exported(&place, JANUARY, "fresh", &["--format", "fiken"]);
}

#[test]
fn the_control_report_has_books_beside_the_ledger_at_each_months_end() {
    let report = |place: &Workplace, from: &str, to: &str| {
        let run = place.run_on("reconcile", from, to, &[]);
        assert_code(&run, 0);
        let books = run.ledger()["books"].as_array().unwrap().clone();
        let lines = books.iter().map(|line| {
            let text = |key: &str| line[key].as_str().unwrap_or("none").to_owned();
            format!(
                "{} {} {} {} {}",
                text("role"),
                text("date"),
                text("ledger"),
                text("books"),
                text("elsewhere")
            )
        });
        (
            lines.collect::<Vec<String>>(),
            run.findings("opening-balance").len(),
        )
    };
    let exports = "[output]\nformats = [\"tripletex\"]\n";
    let place = place().config(exports);
    exported(&place, JANUARY, "out", &[]);
    let expected = [
        "funds 2026-01-31 80.00 80.00 none",
        "funds 2026-02-05 0.00 0.00 none",
        "fees_payable 2026-01-31 -2.40 -2.40 none",
        "fees_payable 2026-02-05 0.00 0.00 none",
    ];
    assert_eq!(
        report(&place, "2026-01-01", "2026-02-05"),
        (expected.map(str::to_owned).to_vec(), 0)
    );
    // Carried over what was exported before.
    let (lines, _) = report(&place, "2026-02-01", "2026-02-28");
    assert_eq!(lines[0], "funds 2026-02-28 0.00 0.00 none");
    // What fees move is booked elsewhere.
    let place = Workplace::of(&[&shop()]).config(&format!("{exports}[posting]\nfees = \"retained\"\n"));
    let (lines, _) = report(&place, JANUARY.0, JANUARY.1);
    assert_eq!(lines[1], "fees_payable 2026-01-31 -2.40 0.00 -2.40");
    // The first export opened with money.
    let place = Workplace::of(&[&shop()]).config(exports);
    exported(&place, FEBRUARY, "out", &[]);
    assert_eq!(report(&place, FEBRUARY.0, FEBRUARY.1).1, 2);
}
