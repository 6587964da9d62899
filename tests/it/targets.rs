//! What targets mind: accounts of customers and suppliers, VAT that they compute otherwise; and
//! `bilag accounts`, which says it before the first import.

use std::fs;

use serde_json::{Value, json};

use crate::harness::entry::Entry;
use crate::harness::files::tree;
use crate::harness::ledger::{Ledger, capture};
use crate::harness::program::{Ran, Workplace, assert_code};

const DATE: &str = "2026-02-09";

/// A sale and a fee invoice on one date: a posting on each account that could be a control account.
fn shop() -> Ledger {
    Ledger::new("77")
        .week_before(DATE)
        .date(DATE)
        .funds([capture("1", 12_500)])
        .fees([
            Entry::new("capture-fee", -300).psp("1"),
            Entry::new("fees-invoiced", 300).psp("invoice"),
        ])
}

fn export(config: &str, formats: &[&str]) -> (Workplace, Ran) {
    let place = Workplace::of(&[&shop()]).config(config);
    let named: Vec<&str> = formats.iter().flat_map(|format| ["--format", format]).collect();
    let run = place.run_on("export", DATE, DATE, &named);
    (place, run)
}

/// All documents that an export left, one after the other.
fn written(place: &Workplace) -> String {
    let files = tree(&place.path("out")).into_iter();
    let documents =
        files.filter(|(name, _)| !name.ends_with("manifest.json") && !name.ends_with("export-log.json"));
    documents
        .map(|(_, bytes)| String::from_utf8_lossy(&bytes).into_owned())
        .collect()
}

const NORWAY: &str =
    "[posting]\nmarket = \"NO\"\n[accounts]\nsales_clearing = \"1500\"\nfee_invoice = \"2400\"\n";
const SWEDEN: &str = "[posting]\nmarket = \"SE\"\nbase_currency = \"NOK\"\n[accounts]\nsales_clearing = \"1510\"\nfee_invoice = \"2440\"\n";

#[test]
fn a_target_that_refuses_a_control_account_refuses_the_file() {
    for (format, config) in [
        ("tripletex", NORWAY),
        ("gbat10", NORWAY),
        ("poweroffice", NORWAY),
        ("visma-eaccounting", SWEDEN),
    ] {
        let (place, run) = export(config, &[format]);
        assert_code(&run, 8);
        let found = &run.findings("control-account")[0];
        assert_eq!(
            (&found["level"], &found["count"]),
            (&json!("error"), &json!(2)),
            "{format}"
        );
        let message = found["message"].as_str().unwrap();
        assert!(message.starts_with(&format!("{format}: account 15")), "{message}");
        assert!(
            message.contains("VM-77-2026-02-09") && message.contains("book to another account"),
            "{message}"
        );
        assert!(written(&place).is_empty(), "{format}");
    }
}

#[test]
fn what_a_target_only_minds_is_written_and_asks_for_a_person() {
    for (format, config, more) in [
        ("fiken", NORWAY, ""),
        (
            "24sevenoffice",
            NORWAY,
            "[formats.24sevenoffice]\nvoucher_type = \"9\"\n",
        ),
        (
            "visma-business",
            NORWAY,
            "[formats.visma-business]\nvoucher_type = \"9\"\n",
        ),
        ("visma-eaccounting", NORWAY, ""),
        (
            "sie4",
            SWEDEN,
            "[company]\nname = \"Prov AB\"\nregistration_number = \"5566778899\"\n",
        ),
    ] {
        let (place, run) = export(&format!("{config}{more}"), &[format]);
        assert_code(&run, 0);
        assert_eq!(run.findings("control-account")[0]["level"], "review", "{format}");
        assert!(!written(&place).is_empty(), "{format}");
    }
}

#[test]
fn no_default_account_is_minded_by_any_target() {
    for market in ["NO", "DK", "FI", "SE"] {
        let config = format!(
            "[posting]\nmarket = \"{market}\"\nbase_currency = \"NOK\"\n[company]\nname = \"Prov AB\"\nregistration_number = \"5566778899\"\n\
             [formats.24sevenoffice]\nvoucher_type = \"9\"\n[formats.visma-business]\nvoucher_type = \"9\"\n"
        );
        let (_, run) = export(
            &config,
            &[
                "tripletex",
                "gbat10",
                "poweroffice",
                "visma-eaccounting",
                "fiken",
                "24sevenoffice",
                "visma-business",
                "sie4",
            ],
        );
        assert_code(&run, 0);
        assert!(run.findings("control-account").is_empty(), "{market}");
    }
}

#[test]
fn the_same_number_means_nothing_in_another_market_or_variant() {
    // 1510 is nobody's control account in Norway; what Mamut does with 1500 is not known.
    let (_, run) = export(
        "[posting]\nmarket = \"NO\"\n[accounts]\nsales_clearing = \"1510\"\n",
        &["visma-eaccounting", "sie4"],
    );
    assert!(run.findings("control-account").is_empty());
    let (_, run) = export(
        &format!("{NORWAY}[formats.gbat10]\nvariant = \"mamut\"\n"),
        &["gbat10"],
    );
    assert_code(&run, 0);
    assert!(run.findings("control-account").is_empty());
}

#[test]
fn a_customer_and_a_supplier_stand_where_the_target_has_a_place_for_them() {
    let config = |format: &str, more: &str| {
        format!("{NORWAY}[formats.{format}]\ncustomer = \"10001\"\nsupplier = \"20079\"\n{more}")
    };
    for (format, places) in [
        (
            "gbat10",
            &[
                ";1500;0;-125.00;10001;0;",
                ";2400;0;-3.00;0;20079;",
                ";1577;0;125.00;0;0;",
            ][..],
        ),
        (
            "tripletex",
            &[
                "\"customer\": {\n        \"id\": \"{{customer:10001}}\"",
                "\"supplier\": {\n        \"id\": \"{{supplier:20079}}\"",
                "{{account:1500}}",
            ][..],
        ),
        (
            "poweroffice",
            &[
                "\"AccountId\": \"{{customer:10001}}\"",
                "\"AccountId\": \"{{supplier:20079}}\"",
            ][..],
        ),
        (
            "fiken",
            &[
                "\"creditAccount\": \"1500:10001\"",
                "\"creditAccount\": \"2400:20079\"",
            ][..],
        ),
    ] {
        let (place, run) = export(&config(format, ""), &[format]);
        assert_code(&run, 0);
        assert!(run.findings("control-account").is_empty(), "{format}");
        let text = written(&place);
        for wanted in places {
            assert!(text.contains(wanted), "{format}: {wanted}\n{text}");
        }
    }
    let only_customer =
        |format: &str| format!("{NORWAY}[formats.{format}]\ncustomer = \"10001\"\nvoucher_type = \"9\"\n");
    let (place, _) = export(&only_customer("24sevenoffice"), &["24sevenoffice"]);
    let text = written(&place);
    assert!(
        text.contains("Project;CustomerId") && text.contains(";10001\r\n"),
        "{text}"
    );
    let (place, run) = export(&only_customer("visma-business"), &["visma-business"]);
    let text = written(&place);
    assert!(
        text.contains(" 10001 0 0 1 ") && !text.contains(" 1500 "),
        "{text}"
    );
    // The account of suppliers is still named.
    assert_eq!(run.findings("control-account")[0]["count"], 1);
}

#[test]
fn formats_are_told_apart() {
    let (_, run) = export(NORWAY, &["tripletex", "fiken", "gbat10"]);
    assert_code(&run, 8);
    let found = run.findings("control-account");
    let levels: Vec<(&str, &str)> = found
        .iter()
        .map(|finding| {
            let message = finding["message"].as_str().unwrap();
            (
                message.split(':').next().unwrap(),
                finding["level"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        levels,
        [("fiken", "review"), ("gbat10", "error"), ("tripletex", "error")]
    );
}

/// `count` captures of 1.02 at 15 per cent whose VAT the shop rounded one by one to 0.13.
fn rounded_one_by_one(count: usize) -> Workplace {
    let mut ledger = Ledger::new("77").week_before(DATE).date(DATE);
    let mut lines = String::from("psp_reference,reference,gross,tax_code,vat\n");
    for number in 1..=count {
        let reference = format!("70{number}");
        ledger = ledger.funds([capture(&reference, 102)]);
        lines += &format!("{reference},,102,31,13\n");
    }
    let place = Workplace::of(&[&ledger]).config(
        "sales_lines = \"lines.csv\"\n[posting]\nmarket = \"NO\"\ncaptures = \"revenue\"\n[[rules]]\ntax_code = \"31\"\n\
         [formats.24sevenoffice]\nvoucher_type = \"9\"\n[formats.24sevenoffice.tax_codes]\n31 = \"31\"\n\
         [formats.visma-business]\nvoucher_type = \"9\"\n[formats.visma-business.tax_codes]\n31 = \"31\"\n",
    );
    fs::write(place.path("lines.csv"), lines).unwrap();
    place
}

#[test]
fn vat_that_the_target_computes_otherwise_is_named_by_voucher() {
    // 20 × 1.02 = 20.40 with 20 × 0.13 = 2.60; the target computes 20.40 × 15 / 115 = 2.66.
    let place = rounded_one_by_one(20);
    for format in [
        "gbat10",
        "tripletex",
        "poweroffice",
        "fiken",
        "24sevenoffice",
        "visma-business",
    ] {
        let run = place.run_on("export", DATE, DATE, &["--format", format, "--force"]);
        assert_code(&run, 0);
        let found = &run.findings("vat-differs-in-target")[0];
        assert_eq!(
            (&found["level"], &found["count"]),
            (&json!("review"), &json!(1)),
            "{format}"
        );
        let message = found["message"].as_str().unwrap();
        let wanted = "voucher VM-77-2026-02-09: 2.66 in the target, 2.60 in the books, 0.06 NOK apart";
        assert!(
            message.starts_with(format) && message.ends_with(wanted),
            "{message}"
        );
        assert!(run.findings("text-replaced").is_empty(), "{format}");
    }
    // 10 × 1.02 = 10.20 with 1.30; the target computes 1.33.
    let run = rounded_one_by_one(10).run_on("export", DATE, DATE, &["--format", "gbat10"]);
    let found = &run.findings("vat-differs-in-target")[0];
    assert_eq!(found["level"], "info");
    // VAT on lines of its own is what the books have.
    let run = rounded_one_by_one(20).run_on(
        "export",
        DATE,
        DATE,
        &["--format", "journal-csv", "--format", "visma-eaccounting"],
    );
    assert!(run.findings("vat-differs-in-target").is_empty());
}

fn accounts(place: &Workplace, more: &[&str]) -> Vec<Value> {
    let arguments: Vec<&str> = ["accounts", "--json"].iter().chain(more).copied().collect();
    let run = place.run(&arguments);
    assert_code(&run, 0);
    let document = run.json();
    assert_eq!(
        (&document["schema"], &document["command"]),
        (&json!(1), &json!("accounts"))
    );
    document["accounts"].as_array().unwrap().clone()
}

fn of<'a>(accounts: &'a [Value], number: &str) -> &'a Value {
    let found = accounts.iter().find(|account| account["number"] == *number);
    found.unwrap_or_else(|| panic!("{number} is not among {accounts:?}"))
}

#[test]
fn the_accounts_of_a_configuration_are_those_that_its_vouchers_move() {
    let place = Workplace::of(&[&shop()]).config("[posting]\nmarket = \"NO\"\n");
    let listed = accounts(&place, &["--format", "tripletex"]);
    let numbers: Vec<&str> = listed
        .iter()
        .map(|account| account["number"].as_str().unwrap())
        .collect();
    assert_eq!(
        numbers,
        [
            "1505", "1576", "1577", "1578", "2961", "2962", "2997", "2998", "7770"
        ]
    );
    assert_eq!(
        of(&listed, "1576"),
        &json!({"number": "1576", "name": "Vipps, salg til oppgjør", "role": "sales_clearing", "standard": "1570", "warning": null, "ledgers": null})
    );
    assert_eq!(of(&listed, "7770")["standard"], "7770");
    // Every account that a voucher of the ledger moves is listed.
    place.export(DATE, DATE);
    for row in place.journal(&shop(), DATE, DATE) {
        of(&listed, &row.account);
    }
}

#[test]
fn rules_tax_codes_and_own_numbers_are_among_the_accounts() {
    let config = "[posting]\nmarket = \"NO\"\ncaptures = \"revenue\"\nfees = \"retained\"\nbase_currency = \"SEK\"\n\
                  [accounts]\nfunds = \"1902\"\n\
                  [[rules]]\nhandle = \"api:1\"\naccount = \"2901\"\n[[rules]]\nhandle = \"api:2\"\ncaptures = \"clearing\"\naccount = \"1500\"\n\
                  [[rules]]\nhandle = \"api:3\"\ntax_code = \"31\"\naccount = \"3031\"\n[[rules]]\ntax_code = \"3\"\n";
    let place = Workplace::of(&[&shop()]).config(config);
    let listed = accounts(&place, &["--format", "tripletex", "--format", "fiken"]);
    assert_eq!(of(&listed, "2901")["role"], "rule");
    assert_eq!(of(&listed, "2901")["standard"], "2900");
    assert_eq!(of(&listed, "3031")["standard"], Value::Null);
    assert_eq!(
        (&of(&listed, "3000")["role"], &of(&listed, "2700")["role"]),
        (&json!("revenue"), &json!("vat"))
    );
    assert_eq!(of(&listed, "2701")["role"], "vat");
    assert_eq!(of(&listed, "1902")["role"], "funds");
    for role in ["fx_gain", "fx_loss", "rounding"] {
        assert!(listed.iter().any(|account| account["role"] == role), "{role}");
    }
    for number in ["1577", "2961", "2962", "3030"] {
        assert!(
            listed.iter().all(|account| account["number"] != number),
            "{number}"
        );
    }
    let warning = of(&listed, "1500")["warning"].as_str().unwrap();
    assert!(
        warning.contains("tripletex: ") && warning.contains("fiken: "),
        "{warning}"
    );
    assert!(
        warning.contains("set `customer = \"…\"` under [formats.tripletex]"),
        "{warning}"
    );
}

#[test]
fn accounts_of_one_ledger_only_say_so_and_no_archive_is_needed() {
    let config = "[posting]\nmarket = \"NO\"\n[ledgers.\"88\".accounts]\nfunds = \"1582\"\n[ledgers.\"77\".posting]\nfees = \"retained\"\n";
    let place = Workplace::new().config(config);
    let listed = accounts(&place, &["--format", "gbat10"]);
    assert_eq!(of(&listed, "1582")["ledgers"], json!(["88"]));
    assert_eq!(of(&listed, "1577")["ledgers"], json!(["77"]));
    assert_eq!(of(&listed, "2961")["ledgers"], json!(["88"]));
    assert_eq!(of(&listed, "1576")["ledgers"], Value::Null);
    let only = accounts(&place, &["--ledger", "77"]);
    assert!(only.iter().all(|account| account["number"] != "1582"));
    let run = place.run(&["accounts"]);
    assert!(
        run.stdout.contains("1582") && run.stdout.contains("only of ledger 88"),
        "{}",
        run.stdout
    );
    let run = Workplace::new().run(&["accounts", "--format", "no-such-format"]);
    assert_code(&run, 2);
}
