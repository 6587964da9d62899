//! `saft-dk`, judged by a condensed copy of the schema, by `bilag verify`, and read back.

use std::fs;

use bilag::chart::Market;

use super::export::{Export, MODES};
use super::readers::{journal, validate};
use super::saft_no::read_back;
use crate::harness::library::findings;

const SCHEMA: &str = "saft-dk/Danish_SAF-T_Financial_v2_1.SUBSET.xsd";

const CONFIG: &str = r#"
[company]
name = "Brød & <Smør> ApS"
registration_number = "12345678"
street = "Strøget 1"
postal_code = "1160"
city = "København"
country = "DK"
bank_account = "00401234567890"
vat_registered = true

[[rules]]
tax_code = "DK25"
department = "1"

[posting]
market = "DK"
"#;

#[test]
fn a_month_in_every_mode_is_valid_and_says_what_the_journal_says() {
    let export = Export::of(Market::Denmark);
    for mode in MODES {
        let files = export.files(&format!("{CONFIG}{mode}"), &["saft-dk", "journal-csv"]);
        validate(SCHEMA, &files[0]);
        assert_eq!(read_back(&files[0]), journal(&files[1]), "{mode}");
        let report = bilag::verify::file(&files[0]).unwrap();
        assert_eq!(report.findings, [], "{mode}");
        assert_eq!(report.country, "DK");
        let name = files[0].file_name().unwrap();
        assert_eq!(name, "SAFT_DK_12345678_2026-02-01_2026-02-28.xml");
    }
}

#[test]
fn danish_rules_are_broken_by_name() {
    let export = Export::of(Market::Denmark);
    let files = export.files(&format!("{CONFIG}captures = \"revenue\"\n"), &["saft-dk"]);
    let good = fs::read_to_string(&files[0]).unwrap();
    for (rule, from, to) in [
        ("N002", "Version>2.0<", "Version>3.0<"),
        ("N009", "<CVR>12345678</CVR>", ""),
        ("N009", "<StreetName>Strøget 1</StreetName>", ""),
        ("N027", "AccountType>Asset<", "AccountType>GL<"),
        ("N044", "<Type>GL</Type>", "<Type>Salg</Type>"),
        ("N063", "<ExchangeRate>1</ExchangeRate>", ""),
        (
            "N064",
            "<ExchangeRate>1</ExchangeRate>",
            "<ExchangeRate>7.46</ExchangeRate>",
        ),
        ("N065", "<SystemID>302321-260201</SystemID>", ""),
        ("N010", "<TaxCode>DK25</TaxCode>", "<TaxCode>DK25-SALES</TaxCode>"),
        (
            "N070",
            "<TaxInformation>\n\t\t\t\t\t\t<TaxType>VAT</TaxType>\n\t\t\t\t\t\t<TaxCode>DK25<",
            "<TaxInformation>\n\t\t\t\t\t\t<TaxType>VAT</TaxType>\n\t\t\t\t\t\t<TaxCode>DK9<",
        ),
    ] {
        assert!(good.contains(from), "{rule}: {from}");
        let report = bilag::verify::reader(good.replacen(from, to, 1).as_bytes()).unwrap();
        assert!(report.counts.contains_key(rule), "{rule}: {:?}", report.findings);
    }
}

#[test]
fn what_denmark_asks_for_is_refused_by_name() {
    let export = Export::of(Market::Denmark);
    for (from, to, message) in [
        (
            "12345678",
            "DK-123",
            "company.registration_number `DK-123` is no CVR number of eight digits",
        ),
        (
            "00401234567890",
            "12",
            "company.bank_account is no registration number of four digits",
        ),
        (
            "\n[posting]",
            "\n[accounts]\nfunds = \"X1\"\nsales_clearing = \"Y1\"\n[posting]",
            "",
        ),
        (
            "København",
            "København, som er en by i Danmark med et langt navn",
            "company.city `København, som",
        ),
    ] {
        let run = export.run(&CONFIG.replacen(from, to, 1), &["saft-dk"]);
        let findings = findings(&run).join("\n");
        assert!(findings.contains(message), "{message}\n{findings}");
        assert_eq!(run.outputs.is_empty(), !message.is_empty());
    }
}
