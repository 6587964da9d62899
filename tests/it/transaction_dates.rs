//! Captures and refunds whose two dates differ: the ledger date, and the date in the merchant's time zone.

use bilag::chart::{Market, Role};

use crate::harness::entry::Entry;
use crate::harness::journal::Row;
use crate::harness::ledger::{Ledger, capture, fee};
use crate::harness::library::account;
use crate::harness::program::{Ran, Workplace};

/// A Norwegian ledger with one capture on a ledger date at a time, in the middle of years of known dates.
fn one_capture(ledger_date: &str, time: &str) -> Ledger {
    Ledger::new("77")
        .week_before(ledger_date)
        .date(ledger_date)
        .funds([capture("1", 12_500).time(time)])
}

/// Whether the dates differ so that it matters, and in what.
fn straddle(ledger: &Ledger, ledger_date: &str, config: &str) -> (String, String) {
    let place = Workplace::of(&[ledger]).config(config);
    let run = place.run_on("check", ledger_date, ledger_date, &[]);
    assert_eq!(run.code, 0, "{}", run.stdout);
    let found = run.findings("cutoff-straddle");
    assert_eq!(found.len(), 1, "{config}");
    assert_eq!(found[0]["count"], 1, "it is told once");
    let text = |name: &str| found[0][name].as_str().unwrap().to_owned();
    (text("level"), text("message"))
}

const REVENUE: &str = "[posting]\nmarket = \"NO\"\ncaptures = \"revenue\"\n";

#[test]
fn dates_that_differ_are_for_review_where_that_makes_a_difference_to_vat_or_a_year() {
    let plain = format!("{REVENUE}[[rules]]\ntax_code = \"3\"\n");
    let july = format!("{plain}[company]\nfiscal_year_start_month = 7\n");
    let changing = format!(
        "{REVENUE}[[rules]]\nvalid_to = \"2026-03-10\"\ntax_code = \"31\"\n[[rules]]\ntax_code = \"3\"\n"
    );
    let one_unit = format!(
        "{REVENUE}[[rules]]\nreference_prefix = \"order-\"\ncaptures = \"clearing\"\n[[rules]]\ntax_code = \"3\"\n"
    );
    let clearing = "[posting]\nmarket = \"NO\"\n";
    // Norway is one hour ahead of UTC, two from the end of March on.
    for (ledger_date, time, config, level, differences) in [
        ("2026-03-10", "2026-03-10T23:30:00Z", plain.as_str(), "info", ""),
        (
            "2026-03-10",
            "2026-03-10T23:30:00Z",
            &changing,
            "review",
            "in tax code (31 and 3);",
        ),
        (
            "2026-03-11",
            "2026-03-10T22:30:00Z",
            &changing,
            "review",
            "in tax code (3 and 31);",
        ),
        (
            "2026-03-31",
            "2026-03-31T22:30:00Z",
            &plain,
            "review",
            "in VAT month;",
        ),
        (
            "2026-04-01",
            "2026-03-31T21:30:00Z",
            &plain,
            "review",
            "in VAT month;",
        ),
        (
            "2026-06-30",
            "2026-06-30T22:30:00Z",
            &july,
            "review",
            "in VAT month, fiscal year;",
        ),
        (
            "2026-12-31",
            "2026-12-31T23:30:00Z",
            &plain,
            "review",
            "in VAT month, fiscal year;",
        ),
        ("2026-12-31", "2026-12-31T23:30:00Z", clearing, "info", ""),
        ("2026-12-31", "2026-12-31T23:30:00Z", &one_unit, "info", ""),
    ] {
        for basis in ["ledger-date", "transaction-date"] {
            let config = config.replacen(
                "[posting]\n",
                &format!("[posting]\ndate_basis = \"{basis}\"\n"),
                1,
            );
            let found = straddle(&one_capture(ledger_date, time), ledger_date, &config);
            assert_eq!(found.0, level, "{ledger_date} {config}");
            assert!(found.1.contains(differences), "{}", found.1);
        }
    }
}

#[test]
fn a_refund_differs_in_its_month_only_as_revenue() {
    let refund = |reference: &str| {
        Entry::new("refund", -12_500)
            .psp("9")
            .reference(reference)
            .time("2026-03-31T22:30:00Z")
    };
    let ledger = |reference| {
        Ledger::new("77")
            .week_before("2026-03-30")
            .date("2026-03-30")
            .funds([
                capture("1", 12_500).reference("sale-1"),
                capture("2", 12_500).reference("invoice-1"),
            ])
            .date("2026-03-31")
            .funds([refund(reference)])
    };
    let config = format!(
        "{REVENUE}[[rules]]\nreference_prefix = \"invoice-\"\ncaptures = \"clearing\"\n[[rules]]\ntax_code = \"3\"\n"
    );
    assert_eq!(straddle(&ledger("sale-1"), "2026-03-31", &config).0, "review");
    assert_eq!(straddle(&ledger("invoice-1"), "2026-03-31", &config).0, "info");
}

/// The postings on revenue accounts of the tax codes: date, code, department, amount.
fn revenue(rows: &[Row]) -> Vec<(String, String, String, i128)> {
    rows.iter()
        .filter(|row| !row.tax_code.is_empty() && row.account.starts_with('3'))
        .map(|row| {
            let text = (row.date.clone(), row.tax_code.clone(), row.department.clone());
            (text.0, text.1, text.2, row.amount)
        })
        .collect()
}

#[test]
fn rules_go_by_the_date_that_is_booked_however_vouchers_are_cut() {
    let ledger = Ledger::new("77")
        .market(Market::Sweden)
        .week_before("2026-03-31")
        .date("2026-03-31")
        // Half past midnight in Stockholm.
        .funds([capture("1", 10_600).time("2026-03-31T22:30:00Z")])
        .fees([fee("1", 200)])
        .date("2026-04-01")
        // An hour before it.
        .funds([
            capture("2", 11_200).time("2026-03-31T21:00:00Z"),
            Entry::new("refund", -10_600)
                .psp("3")
                .reference("order-1")
                .time("2026-04-01T09:00:00Z"),
        ])
        .fees([fee("2", 300)]);
    let rules = "[[rules]]\nvalid_to = \"2026-03-31\"\ntax_code = \"SE12\"\ndepartment = \"old\"\n\
                 [[rules]]\ntax_code = \"SE6\"\ndepartment = \"new\"\n";
    let expected = |moved: bool| {
        let row = |date: &str, code: &str, department: &str, amount| {
            (date.to_owned(), code.to_owned(), department.to_owned(), amount)
        };
        if moved {
            vec![
                row("2026-03-31", "SE12", "old", -10_000),
                row("2026-04-01", "SE6", "new", -10_000),
                row("2026-04-01", "SE6", "new", 10_000),
            ]
        } else {
            // By the ledger date the codes are the other way round: 106.00 at 12 %, 112.00 at 6 %.
            vec![
                row("2026-03-31", "SE12", "old", -9464),
                row("2026-04-01", "SE6", "new", -10_566),
                row("2026-04-01", "SE12", "old", 9464),
            ]
        }
    };
    for (per, basis) in [
        ("ledger-date", "ledger-date"),
        ("ledger-date", "transaction-date"),
        ("entry", "ledger-date"),
        ("entry", "transaction-date"),
    ] {
        let moved = basis == "transaction-date";
        let config = format!(
            "[posting]\nmarket = \"SE\"\ncaptures = \"revenue\"\nvoucher_per = \"{per}\"\ndate_basis = \"{basis}\"\n{rules}"
        );
        let place = Workplace::of(&[&ledger]).config(&config);
        place.export("2026-03-31", "2026-04-01");
        let rows = place.journal(&ledger, "2026-03-31", "2026-04-01");
        let mut found = revenue(&rows);
        let mut expected = expected(moved);
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{config}");
        // A fee is booked on its ledger date, in the department of its capture.
        let expense = account(ledger.market, Role::FeeExpense);
        let fees: Vec<(&str, &str, i128)> = rows
            .iter()
            .filter(|row| row.account == expense)
            .map(|row| (row.date.as_str(), row.department.as_str(), row.amount))
            .collect();
        let [first, second] = if moved { ["new", "old"] } else { ["old", "new"] };
        assert_eq!(
            fees,
            [("2026-03-31", first, 200), ("2026-04-01", second, 300)],
            "{config}"
        );
        // Each date by itself gives the same, and says what is dated outside it.
        let outside = |run: &Ran| run.findings("voucher-outside-range").len();
        let first = place.export("2026-03-31", "2026-03-31");
        let second = place.export("2026-04-01", "2026-04-01");
        assert_eq!([outside(&first), outside(&second)], [usize::from(moved); 2]);
        let mut apart = place.journal(&ledger, "2026-03-31", "2026-03-31");
        apart.extend(place.journal(&ledger, "2026-04-01", "2026-04-01"));
        let key = |row: &Row| (row.date.clone(), row.voucher.clone());
        let mut rows = rows;
        rows.sort_by_key(key);
        apart.sort_by_key(key);
        assert_eq!(apart, rows, "{config}");
    }
}

#[test]
fn a_rate_that_has_ended_is_used_for_no_sale_after_it() {
    // Ledger date 31 December, but New Year's Day in Helsinki.
    let ledger = Ledger::new("77")
        .market(Market::Finland)
        .week_before("2025-12-31")
        .date("2025-12-31")
        .funds([capture("1", 2270).time("2025-12-31T22:30:00Z")]);
    let config = "[posting]\nmarket = \"FI\"\ncaptures = \"revenue\"\ndate_basis = \"transaction-date\"\n[[rules]]\ntax_code = \"FI14\"\n";
    let place = Workplace::of(&[&ledger]).config(config);
    let run = place.run_on("export", "2025-12-31", "2025-12-31", &[]);
    assert_eq!(run.code, 2, "{}", run.stdout);
    assert!(
        run.stderr.contains("FI14") && run.stderr.contains("2026-01-01"),
        "{}",
        run.stderr
    );
}

#[test]
fn what_happened_after_midnight_has_numbers_in_targets_that_want_them() {
    let ledger = one_capture("2026-03-10", "2026-03-11T01:30:00Z");
    let config = "[posting]\nmarket = \"NO\"\ndate_basis = \"transaction-date\"\n";
    let place = Workplace::of(&[&ledger]).config(config);
    let run = place.run_on("export", "2026-03-10", "2026-03-10", &["--format", "gbat10"]);
    assert_eq!(run.code, 0, "{} {}", run.stdout, run.stderr);
}
