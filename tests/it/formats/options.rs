//! Options of formats, and formats of the user's own.

use std::fs;

use bilag::catalogue::{self, Format};

use crate::harness::files::{repository, scratch};
use crate::harness::library;
use crate::harness::vouchers::{self, posting, voucher, write};

fn problem(configuration: &str, id: &str) -> String {
    vouchers::problem(library::format(id), configuration, &[]).unwrap_or_default()
}

#[test]
fn every_descriptor_says_what_it_must() {
    for format in catalogue::all() {
        let descriptor = &format.descriptor;
        let id = &descriptor.id;
        let folder = repository("formats").join(id);
        assert!(
            folder.join("format.toml").is_file(),
            "{id}: the folder has the id's name"
        );
        assert!(
            !descriptor.markets.is_empty() && !descriptor.setup.trim().is_empty(),
            "{id}"
        );
        assert!(format.notes.starts_with(&format!("# {id}")), "{id}: notes");
        for (name, option) in &descriptor.options {
            assert!(option.text.ends_with('.'), "{id}: {name}");
            let default = option.default.as_ref();
            assert!(option.values.is_empty() || default.is_none_or(|value| option.values.contains(value)));
        }
    }
    let folders = fs::read_dir(repository("formats")).unwrap();
    assert_eq!(
        folders.count(),
        catalogue::all().len(),
        "every folder is in the list"
    );
}

#[test]
fn options_that_do_not_exist_are_refused_with_those_that_do() {
    let message = problem("[formats.gbat10]\nvouchertype = 9", "gbat10");
    assert!(
        message.contains("`vouchertype`") && message.contains("voucher_type"),
        "{message}"
    );
    let message = problem("[formats.gbat10]\nvariant = \"sap\"", "gbat10");
    assert!(message.contains("tripletex"), "{message}");
    let message = problem("[formats.gbat10]\nencoding = \"latin1\"", "gbat10");
    assert!(message.contains("iso-8859-1"), "{message}");
    let message = problem("[formats.gbat10]\nseries = 9", "gbat10");
    assert!(message.contains("from 0 to 8"), "{message}");
    assert!(problem("", "visma-business").contains("voucher_type"));
}

#[test]
fn a_ledger_has_options_of_its_own() {
    let configuration = "[formats.visma-business.ledgers.302321]\nvoucher_type = 12\nseries = 2";
    let postings = vec![posting("1920", 100, "x"), posting("1577", -100, "x")];
    let voucher = [voucher("2026-02-02", postings)];
    let written = write(library::format("visma-business"), configuration, &voucher);
    let text = String::from_utf8(written.bytes).unwrap();
    assert!(
        text.contains("\r\n260202020 20260202 12 \"x\" 1920 0 0 3 0 0 0 0 1.00 0.00 1.00\r\n"),
        "{text}"
    );
}

#[test]
fn ledgers_of_one_company_need_series_of_their_own() {
    let siblings = ["302322".to_owned()];
    let gbat10 = library::format("gbat10");
    let message = |configuration: &str| vouchers::problem(gbat10, configuration, &siblings);
    assert!(message("").unwrap().contains("302322"));
    assert_eq!(message("[formats.gbat10.ledgers.302322]\nseries = 1"), None);
    assert_eq!(message("[formats.gbat10.ledgers.302321]\nvoucher_type = 8"), None);
}

const OWN: &str = r#"
id = "mine"
title = "My own"
file = "mine.csv"

[options.journal]
text = "The journal."
default = "7"

[delimited]
separator = "\t"
quoting = "csv"
decimal = "comma"
date = "DD/MM/YYYY"
header = true
sign = "credit-positive"
preamble = ["[Vouchers]"]
columns = [
    { name = "Journal", option = "journal" },
    { name = "Voucher", field = "voucher", first_line_only = true },
    { name = "Date", field = "date", first_line_only = true },
    { name = "Account", field = "account" },
    { name = "Debit", field = "debit", empty = "0,00" },
    { name = "Credit", field = "credit", empty = "0,00" },
    { name = "Amount", field = "amount" },
    { name = "Side", field = "side" },
    { name = "Text", field = "text", max = 8, cut = true },
]
"#;

fn load(text: &str) -> Result<Format, String> {
    let folder = scratch();
    let path = folder.path().join("mine.toml");
    fs::write(&path, text).unwrap();
    Format::load(&path).map_err(|error| error.to_string())
}

#[test]
fn the_key_that_coverage_took_the_place_of_says_what_to_write() {
    for value in ["true", "false"] {
        let error = load(&OWN.replacen("\ntitle", &format!("\nplain = {value}\ntitle"), 1)).unwrap_err();
        assert!(
            error.contains("line 3") && error.contains("coverage = \"none\""),
            "{error}"
        );
    }
    let error = load(&OWN.replacen("\ntitle", "\ncoverage = \"some\"\ntitle", 1)).unwrap_err();
    assert!(error.contains("vouchers") && error.contains("dates"), "{error}");
}

#[test]
fn a_format_of_ones_own_is_written() {
    let format: &'static Format = Box::leak(Box::new(load(OWN).unwrap()));
    let postings = vec![
        posting("1920", 123_456, "A\"b\tc"),
        posting("1577", -123_456, "Lang tekst"),
    ];
    let written = write(
        format,
        "[formats.mine]\njournal = 3",
        &[voucher("2026-02-02", postings)],
    );
    assert_eq!(
        String::from_utf8(written.bytes).unwrap(),
        "[Vouchers]\nJournal\tVoucher\tDate\tAccount\tDebit\tCredit\tAmount\tSide\tText\n\
         3\tVM-302321-2026-02-02\t02/02/2026\t1920\t1234,56\t0,00\t-1234,56\tD\t\"A\"\"b c\"\n\
         3\t\t\t1577\t0,00\t1234,56\t1234,56\tC\tLang tek\n"
    );
    assert_eq!(written.replacements.len(), 2, "{:?}", written.replacements);
}

#[test]
fn mistakes_in_a_format_are_told_with_line_and_what_is_allowed() {
    for (wrong, right, expected) in [
        ("field = \"konto\"", "field = \"account\"", "line 22"),
        ("field = \"konto\"", "field = \"account\"", "posting_key"),
        ("date = \"YY/MM\"", "date = \"DD/MM/YYYY\"", "YYYYMMDD"),
        ("colour = true", "header = true", "separator"),
        ("option = \"batch\" }", "option = \"journal\" }", "line 19"),
        (
            "field = \"text\", constant = \"x\",",
            "field = \"text\",",
            "exactly one of",
        ),
        (
            "field = \"period\" }",
            "option = \"journal\" }",
            "fiscal_year_name",
        ),
        ("separator = \"ab\"", "separator = \"\\t\"", "line 11"),
        ("file = \"../mine.csv\"", "file = \"mine.csv\"", "name of a file"),
    ] {
        let message = load(&OWN.replace(right, wrong)).unwrap_err();
        assert!(
            message.contains("mine.toml") && message.contains(expected),
            "{expected}: {message}"
        );
    }
    let without_amounts: String = OWN
        .lines()
        .filter(|line| {
            !["Debit", "Amount", "Side"]
                .iter()
                .any(|name| line.contains(&format!("\"{name}\"")))
        })
        .map(|line| format!("{line}\n"))
        .collect();
    assert!(load(&without_amounts).unwrap_err().contains("no amounts"));
    assert!(
        load("id = \"x\"\ntitle = \"x\"\nfile = \"x\"")
            .unwrap_err()
            .contains("[delimited]")
    );
}
