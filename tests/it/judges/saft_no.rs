//! `saft-no`, judged by the authority's schema and read back.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use bilag::chart::Market;
use bilag::sandbox::plan::Plan;

use super::export::{Export, LEDGER, MODES};
use super::readers::{Movements, journal, minor, validate};
use crate::harness::dates::range;
use crate::harness::library::findings;

pub(crate) const COMPANY: &str = r#"
[company]
name = "Bø & <Sønner> 🙂 AS"
registration_number = "987654321"
street = "Storgata 1"
postal_code = "0155"
city = "Oslo"
country = "NO"
contact_first_name = "Kari"
contact_last_name = "Nordmann"
phone = "+4722334455"
email = "kari@example.no"
vat_registered = true
bank_account = "86011117947"
"#;

pub(crate) const RULES: &str = r#"
[[rules]]
tax_code = "3"
department = "Bø & co"
project = "P<1>"
"#;

pub(crate) fn config(posting: &str) -> String {
    format!("[posting]\nmarket = \"NO\"\n{posting}\n{COMPANY}{RULES}")
}

/// The text of the first `name` in each line that has one.
fn leaf<'t>(line: &'t str, name: &str) -> Option<&'t str> {
    let rest = line.trim().strip_prefix(&format!("<{name}>"))?;
    rest.strip_suffix(&format!("</{name}>"))
}

/// Reads movements back, line by line, and checks opening + movement = closing on the way.
pub(crate) fn read_back(path: &Path) -> Movements {
    let text = fs::read_to_string(path).unwrap();
    let mut movements = Movements::new();
    let mut balances = Movements::new();
    let (mut account, mut side) = (String::new(), 0);
    for line in text.lines() {
        if let Some(number) = leaf(line, "AccountID") {
            account = number.to_owned();
        }
        for (name, sign) in [("Debit", 1), ("Credit", -1)] {
            if line.trim() == format!("<{name}Amount>") {
                side = sign;
            }
            if let Some(amount) = leaf(line, &format!("Closing{name}Balance")) {
                *balances.entry(account.clone()).or_default() += sign * minor(amount);
            }
            if let Some(amount) = leaf(line, &format!("Opening{name}Balance")) {
                *balances.entry(account.clone()).or_default() -= sign * minor(amount);
            }
        }
        if let Some(amount) = leaf(line, "Amount") {
            *movements.entry(account.clone()).or_default() += side * minor(amount);
            side = 0;
        }
    }
    for (account, movement) in &movements {
        assert_eq!(
            balances.get(account),
            Some(movement),
            "account {account} of {}",
            path.display()
        );
    }
    movements
}

#[test]
fn a_month_in_every_mode_is_valid_and_says_what_the_journal_says() {
    let export = Export::of(Market::Norway);
    for mode in MODES {
        for version in ["1.30", "1.40"] {
            let config = format!("{}\n[formats.saft-no]\nversion = \"{version}\"\n", config(mode));
            let files = export.files(&config, &["saft-no", "journal-csv"]);
            let schema = match version {
                "1.30" => "saft-no/Norwegian_SAF-T_Financial_Schema_v_1.30.xsd",
                _ => "saft-no/Norwegian_SAF-T_Financial_Schema_v_1.40.RECONSTRUCTED.xsd",
            };
            validate(schema, &files[0]);
            assert_eq!(read_back(&files[0]), journal(&files[1]), "{mode}");
            let report = bilag::verify::file(&files[0]).unwrap();
            assert_eq!(report.findings, [], "{mode}");
            let name = files[0].file_name().unwrap().to_str().unwrap();
            assert_eq!(name, "SAF-T Financial_987654321_20260228235959.xml");
        }
    }
}

#[test]
fn a_ledger_in_another_currency_is_written_in_both() {
    let export = Export::of(Market::Denmark);
    let config = config("captures = \"revenue\"\nbase_currency = \"NOK\"\n")
        + "\n[fx_rates.DKK]\n\"2026-01-25\" = \"1.5723\"\n\"2026-02-01\" = \"1.5731\"\n\"2026-02-08\" = \"1.6\"\n\"2026-02-15\" = \"1.5999\"\n\"2026-02-22\" = \"1.58\"\n"
        + "[formats.saft-no.opening]\n\"1577\" = \"0.00\"\n\"2961\" = \"0.00\"\n";
    let files = export.files(&config, &["saft-no", "journal-csv"]);
    validate("saft-no/Norwegian_SAF-T_Financial_Schema_v_1.30.xsd", &files[0]);
    assert_eq!(read_back(&files[0]), journal(&files[1]));
    assert!(
        fs::read_to_string(&files[0])
            .unwrap()
            .contains("<ExchangeRate>1.5731</ExchangeRate>")
    );
}

#[test]
fn what_does_not_fit_is_refused_by_name() {
    let export = Export::of(Market::Norway);
    let long = "å".repeat(300);
    for (from, to, message) in [
        ("Bø & <Sønner> 🙂 AS", long.as_str(), "company.name `ååå"),
        (
            "+4722334455",
            "+47 22 33 44 55 / 66 77",
            "company.phone `+47 22 33 44 55 / 66 77` has 23 characters, at most 18 fit",
        ),
        (
            "country = \"NO\"",
            "country = \"Norge\"",
            "company.country `Norge`",
        ),
        ("P<1>", long.as_str(), "the dimension `ååå"),
        ("city = \"Oslo\"", "city = \" \"", "company.city is empty"),
    ] {
        let run = export.run(
            &config("captures = \"revenue\"\n").replace(from, to),
            &["saft-no"],
        );
        assert!(run.outputs.is_empty());
        let findings = findings(&run).join("\n");
        assert!(findings.contains(message), "{message}\n{findings}");
    }
    let without_phone = config("").replace("phone = \"+4722334455\"", "");
    let error = export.run(&without_phone, &["saft-no"]).error.unwrap();
    assert_eq!(error.to_string(), "format `saft-no` needs `company.phone`");
}

#[test]
fn two_fiscal_years_are_two_files_and_the_second_opens_where_the_first_closes() {
    let plan = Plan {
        payments_per_date: 12,
        seed: 3,
        ..Plan::new(Market::Norway, LEDGER, range("2026-12-10", "2027-01-20"))
    };
    let export = Export::of_plan(plan, range("2026-12-20", "2027-01-15"));
    for mode in MODES {
        let config =
            config(mode) + "[formats.saft-no.opening]\n\"1920\" = \"100.00\"\n\"3000\" = \"-7.00\"\n";
        let run = export.run(&config, &["saft-no", "journal-csv"]);
        let outputs = run.outputs.iter().filter(|output| output.format == "saft-no");
        let paths: Vec<_> = outputs.map(|output| output.path.clone()).collect();
        assert_eq!(paths.len(), 2, "{mode} {:?}", findings(&run));
        let mut sums = Movements::new();
        for (path, version) in paths.iter().zip(["1.30", "1.40"]) {
            assert_eq!(bilag::verify::file(path).unwrap().findings, [], "{mode}");
            let text = fs::read_to_string(path).unwrap();
            assert!(text.contains(&format!("<AuditFileVersion>{version}<")), "{mode}");
            for (account, movement) in read_back(path) {
                *sums.entry(account).or_default() += movement;
            }
        }
        let csv = run
            .outputs
            .iter()
            .find(|output| output.format == "journal-csv")
            .unwrap();
        assert_eq!(sums, journal(&csv.path), "{mode}");
        let (first, second) = (balances(&paths[0]), balances(&paths[1]));
        for (account, (opening, _)) in &second {
            let closing = first.get(account).map_or(0, |(_, closing)| *closing);
            let is_balance = account.starts_with(['1', '2']);
            assert_eq!(*opening, if is_balance { closing } else { 0 }, "{mode} {account}");
        }
        // The provider's account closes in the books where the provider says it does.
        let proof = run.proof.as_ref().unwrap();
        if !mode.contains("payout") && !mode.contains("none") {
            assert_eq!(second["1577"].1, proof.funds.closing.unwrap(), "{mode}");
            assert_eq!(second["2961"].1, proof.fees.closing.unwrap(), "{mode}");
        }
    }
}

/// Opening and closing balance by account.
fn balances(path: &Path) -> BTreeMap<String, (i64, i64)> {
    let text = fs::read_to_string(path).unwrap();
    let mut balances = BTreeMap::<String, (i64, i64)>::new();
    let mut account = String::new();
    for line in text.lines() {
        if let Some(number) = leaf(line, "AccountID") {
            account = number.to_owned();
        }
        for (side, sign) in [("Debit", 1), ("Credit", -1)] {
            if let Some(amount) = leaf(line, &format!("Opening{side}Balance")) {
                balances.entry(account.clone()).or_default().0 = sign * minor(amount);
            }
            if let Some(amount) = leaf(line, &format!("Closing{side}Balance")) {
                balances.entry(account.clone()).or_default().1 = sign * minor(amount);
            }
        }
    }
    balances
}
