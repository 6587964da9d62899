//! Texts of vouchers, names of accounts by brand, departments on both sides, and tax codes by the
//! dates of their law.

use std::collections::{BTreeMap, BTreeSet};

use bilag::chart::Market;

use crate::harness::entry::Entry;
use crate::harness::files::tree;
use crate::harness::journal::Row;
use crate::harness::ledger::{Ledger, capture};
use crate::harness::program::{Workplace, assert_code};

const DATE: &str = "2026-02-09";

/// The texts of each posting key, in order of their postings.
fn texts(rows: &[Row]) -> Vec<(&str, &str)> {
    let mut texts: Vec<(&str, &str)> = rows
        .iter()
        .map(|row| (row.key.as_str(), row.text.as_str()))
        .collect();
    texts.dedup();
    texts
}

fn booked(ledger: &Ledger, from: &str, to: &str, config: &str) -> Vec<Row> {
    let place = Workplace::of(&[ledger]).config(config);
    assert_code(&place.export(from, to), 0);
    place.journal(ledger, from, to)
}

#[test]
fn with_one_voucher_per_entry_the_text_holds_the_merchants_reference() {
    let ledger = Ledger::new("77")
        .week_before(DATE)
        .date(DATE)
        .funds([
            Entry::new("capture", 10_000).psp("501").reference("order-1"),
            Entry::new("capture", 5_000)
                .psp("502")
                .reference("a\u{1b}[31m \u{202e}b\n\"c\", d"),
            Entry::new("capture", 300).psp("503").reference(" \u{7} "),
            Entry::new("refund", -2_000).psp("504").reference("order-1"),
            Entry::new("correction", 7).psp("505"),
        ])
        .fees([
            Entry::new("capture-fee", -30).psp("501").reference("order-1"),
            Entry::new("service-fee", -9900).psp("506"),
        ])
        .date("2026-02-10")
        .funds([Entry::new("capture", 100).psp("507").reference("order-2")])
        .pay_out("2000001");
    let per_entry = "[posting]\nmarket = \"NO\"\nvoucher_per = \"entry\"\n";
    let expected = [
        ("capture", "Vipps salg order-1"),
        ("capture", "Vipps salg a [31m b \"c\", d"),
        // A reference of controls says nothing: the provider's takes its place.
        ("capture", "Vipps salg 503"),
        ("refund", "Vipps refusjon order-1"),
        ("correction_funds", "Vipps korreksjon 505"),
        ("capture_fee", "Vipps gebyr order-1"),
        ("service_fee", "Vipps tjenestegebyr 506"),
        ("capture", "Vipps salg order-2"),
    ];
    // A rule without effect sends every entry the long way: the same bytes.
    for rules in ["", "[[rules]]\ncaptures = \"clearing\"\n"] {
        let rows = booked(&ledger, DATE, "2026-02-10", &format!("{per_entry}{rules}"));
        assert_eq!(texts(&rows)[..expected.len()], expected, "{rules}");
        let payout = rows.iter().find(|row| row.key == "payout_scheduled").unwrap();
        assert!(payout.text.starts_with("Utb. 2000001 Vipps"), "{}", payout.text);
        // The posting's reference is still the provider's.
        assert_eq!(rows[0].reference, "501");
    }
    let rows = booked(&ledger, DATE, DATE, "[posting]\nmarket = \"NO\"\n");
    assert!(
        rows.iter().all(|row| !row.text.contains("order-1")),
        "sums speak of dates"
    );
}

/// A sale in the evening before MobilePay becomes Vipps, and one on the day.
fn over_the_change(market: Market) -> Ledger {
    Ledger::new("77")
        .market(market)
        .week_before("2027-01-11")
        .date("2027-01-11")
        .funds([capture("1", 10_000)])
        .fees([Entry::new("capture-fee", -30).psp("1")])
        .date("2027-01-12")
        .funds([capture("2", 20_000)])
        .fees([Entry::new("capture-fee", -60).psp("2")])
}

#[test]
fn texts_and_names_have_the_brand_of_the_vouchers_date_and_numbers_never_change() {
    for (market, code, funds) in [(Market::Denmark, "DK", "6331"), (Market::Finland, "FI", "1720")] {
        let ledger = over_the_change(market);
        for per in ["ledger-date", "entry"] {
            let config = format!("[posting]\nmarket = \"{code}\"\nvoucher_per = \"{per}\"\n");
            let rows = booked(&ledger, "2027-01-11", "2027-01-12", &config);
            for row in &rows {
                let (is, is_not) = match row.date.as_str() {
                    "2027-01-11" => ("MobilePay", "Vipps"),
                    _ => ("Vipps", "MobilePay"),
                };
                assert!(
                    row.text.contains(is) && !row.text.contains(is_not),
                    "{per} {}",
                    row.text
                );
                assert!(!row.account_name.contains(is_not), "{per} {}", row.account_name);
            }
            let of_funds: BTreeSet<&str> = rows
                .iter()
                .filter(|row| row.account == funds)
                .map(|row| row.account_name.as_str())
                .collect();
            assert_eq!(of_funds.len(), 2, "{of_funds:?}");
            let numbers = |date: &str| -> BTreeSet<&str> {
                let of_date = rows.iter().filter(|row| row.date == date);
                of_date.map(|row| row.account.as_str()).collect()
            };
            assert_eq!(numbers("2027-01-11"), numbers("2027-01-12"));
        }
    }
}

#[test]
fn a_brand_of_ones_own_takes_the_place_of_the_markets() {
    for (own, on_both) in [
        ("MobilePay", "MobilePay"),
        ("Vipps", "Vipps"),
        ("Vipps MobilePay", "Vipps MobilePay"),
    ] {
        let config = format!("[posting]\nmarket = \"DK\"\nbrand = \"{own}\"\n");
        let rows = booked(
            &over_the_change(Market::Denmark),
            "2027-01-11",
            "2027-01-12",
            &config,
        );
        assert!(
            rows.iter()
                .all(|row| row.text.starts_with(&format!("{on_both} "))),
            "{own}"
        );
        let funds = rows.iter().filter(|row| row.account == "6331");
        assert!(funds.clone().count() > 0);
        for row in funds {
            assert_eq!(row.account_name, format!("{on_both}, tilgodehavende"));
        }
    }
    for bad in ["", " ", "a\\nb", "{date}"] {
        let place = Workplace::of(&[&over_the_change(Market::Denmark)]);
        let run = place.config(&format!("[posting]\nbrand = \"{bad}\"\n")).run_on(
            "export",
            "2027-01-11",
            "2027-01-12",
            &[],
        );
        assert_code(&run, 2);
        assert!(run.stderr.contains("is not a brand"), "{}", run.stderr);
    }
}

#[test]
fn master_data_has_the_name_of_the_ranges_last_date() {
    let config = "[posting]\nmarket = \"DK\"\nbase_currency = \"DKK\"\n[company]\nname = \"Prøve ApS\"\nregistration_number = \"12345678\"\n\
                  street = \"Gade 1\"\npostal_code = \"1000\"\ncity = \"København\"\ncountry = \"DK\"\nbank_account = \"12345678901234\"\n";
    let names = |to: &str| {
        let place = Workplace::of(&[&over_the_change(Market::Denmark)]).config(config);
        let run = place.run_on("export", "2027-01-11", to, &["--format", "saft-dk"]);
        assert_code(&run, 0);
        let files = tree(&place.path("out")).into_iter();
        let saft = files.filter(|(name, _)| name.ends_with(".xml"));
        let text: String = saft.map(|(_, bytes)| String::from_utf8(bytes).unwrap()).collect();
        let count = |brand: &str| text.matches(&format!("AccountDescription>{brand}, ")).count();
        (count("MobilePay"), count("Vipps"))
    };
    let (mobilepay, vipps) = names("2027-01-11");
    assert!(mobilepay > 0 && vipps == 0, "{mobilepay} {vipps}");
    let (mobilepay, vipps) = names("2027-01-12");
    assert!(mobilepay == 0 && vipps > 0, "{mobilepay} {vipps}");
}

#[test]
fn dimensions_on_balance_stand_on_both_sides() {
    let of_unit = |psp: &str, amount: i64, unit: &str| {
        Entry::new("capture", amount)
            .psp(psp)
            .reference(&format!("{unit}-{psp}"))
    };
    let ledger = Ledger::new("77")
        .week_before(DATE)
        .date(DATE)
        .funds([
            of_unit("1", 12_500, "cafe"),
            of_unit("2", 23_000, "shop"),
            of_unit("3", 100, "rest"),
        ])
        .fees([Entry::new("capture-fee", -30).psp("1").reference("cafe-1")]);
    let rules = "[[rules]]\nreference_prefix = \"cafe\"\ntax_code = \"3\"\ndepartment = \"CAFE\"\nproject = \"P1\"\n\
                 [[rules]]\nreference_prefix = \"shop\"\ntax_code = \"31\"\ndepartment = \"SHOP\"\n\
                 [[rules]]\ntax_code = \"5\"\n";
    for captures in ["revenue", "clearing"] {
        for currency in ["NOK", "EUR"] {
            let config = format!(
                "[posting]\nmarket = \"NO\"\ncaptures = \"{captures}\"\ndimensions_on_balance = true\nbase_currency = \"{currency}\"\n{rules}\
                 [fx_rates.NOK]\n\"{DATE}\" = \"0.08533\"\n"
            );
            let rows = booked(&ledger, DATE, DATE, &config);
            // Each department's postings balance by themselves, and no funds go without one that have one.
            let mut sums: BTreeMap<(&str, &str), i128> = BTreeMap::new();
            for row in rows
                .iter()
                .filter(|row| row.key == "capture" || row.key == "capture_fee")
            {
                *sums.entry((&row.department, &row.project)).or_default() += row.amount;
            }
            assert_eq!(sums.len(), 3, "{sums:?}");
            assert!(
                sums.values().all(|sum| *sum == 0),
                "{captures} {currency} {sums:?}"
            );
            let funds: Vec<(&str, i128)> = rows
                .iter()
                .filter(|row| row.account == "1577")
                .map(|row| (row.department.as_str(), row.amount))
                .collect();
            assert_eq!(
                funds,
                [("", 100), ("CAFE", 12_500), ("SHOP", 23_000)],
                "{captures}"
            );
            assert!(
                rows.iter()
                    .any(|row| row.account == "2961" && row.department == "CAFE")
            );
        }
    }
    // Without the option no provider account carries any.
    let config = format!("[posting]\nmarket = \"NO\"\ncaptures = \"revenue\"\n{rules}");
    let rows = booked(&ledger, DATE, DATE, &config);
    let mut provider = rows
        .iter()
        .filter(|row| row.account == "1577" || row.account == "2961");
    assert!(provider.all(|row| row.department.is_empty() && row.project.is_empty()));
}

#[test]
fn the_finnish_standard_rate_has_a_beginning() {
    let of = |date: &str| {
        let ledger = Ledger::new("77")
            .market(Market::Finland)
            .week_before(date)
            .date(date)
            .funds([capture("1", 12_550)]);
        let config = "[posting]\nmarket = \"FI\"\ncaptures = \"revenue\"\n[[rules]]\ntax_code = \"FI25.5\"\n";
        Workplace::of(&[&ledger])
            .config(config)
            .run_on("export", date, date, &[])
    };
    assert_code(&of("2024-09-01"), 0);
    let run = of("2024-08-31");
    assert_code(&run, 2);
    assert!(
        run.stderr.contains("`FI25.5` is not valid on 2024-08-31"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_swedish_rule_over_the_change_of_the_food_rate_is_told() {
    let noticed = |date: &str, rules: &str| {
        let ledger = Ledger::new("77")
            .market(Market::Sweden)
            .week_before(date)
            .date(date)
            .funds([capture("1", 11_200)]);
        let config = format!("[posting]\nmarket = \"SE\"\ncaptures = \"revenue\"\n{rules}");
        let run = Workplace::of(&[&ledger]).config(&config).export(date, date);
        assert_code(&run, 0);
        run.findings("rule-over-rate-change").len()
    };
    let both = "[[rules]]\ntax_code = \"SE12\"\n";
    assert_eq!(noticed("2026-04-01", both), 1);
    assert_eq!(noticed("2026-03-31", both), 0, "the new law does not hold yet");
    let parted = "[[rules]]\nvalid_to = \"2026-03-31\"\ntax_code = \"SE12\"\n[[rules]]\ntax_code = \"SE6\"\n";
    assert_eq!(noticed("2026-04-01", parted), 0);
    let restaurant = "[[rules]]\nvalid_from = \"2026-04-01\"\ntax_code = \"SE12\"\n";
    assert_eq!(noticed("2026-04-02", restaurant), 0, "written for the new law");
    let unused = "[[rules]]\nhandle = \"SE:90001\"\ntax_code = \"SE12\"\n[[rules]]\ntax_code = \"SE25\"\n";
    assert_eq!(noticed("2026-04-02", unused), 0);
}
