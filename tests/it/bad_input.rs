//! Input that is not as it should be: each a message with the place and the remedy, the exit code
//! that says what kind of wrong it is, a JSON document when asked for, and no file left behind.

use std::fs;
use std::path::PathBuf;

use crate::harness::dates::date;
use crate::harness::entry::Entry;
use crate::harness::files::files_below;
use crate::harness::layout::Layout;
use crate::harness::ledger::{Ledger, capture, fee, payout};
use crate::harness::program::{Ran, Workplace, run};
use bilag::provider::Topic;

/// Two dates of a small shop, with an empty week before and a date after.
pub(crate) fn shop() -> Ledger {
    let sale = |number: &str, amount| {
        capture(number, amount)
            .handle("NO:90001")
            .time("2026-02-09T10:00:00Z")
    };
    let mut ledger = Ledger::new("77").week_before("2026-02-09");
    for (at, first) in [("2026-02-09", 1), ("2026-02-10", 2), ("2026-02-11", 3)] {
        let (one, two) = (first.to_string(), (first + 1).to_string());
        let retained = |amount| Entry::new("fees-retained", amount).psp(&format!("77-{at}"));
        ledger = ledger
            .date(at)
            .funds([
                sale(&one, 10_000),
                sale(&two, 20_000),
                retained(-525),
                payout(&format!("77-{}", 2_000_000 + first), 29_475),
            ])
            .fees([fee(&one, 175), fee(&two, 350), retained(525)]);
    }
    ledger
}

/// The shop's archive, ready to be spoiled.
struct Shop {
    place: Workplace,
}

impl Shop {
    fn new() -> Self {
        let place = Workplace::of(&[&shop()]);
        Self { place }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.place.path(name)
    }

    fn file(&self, topic: Topic, at: &str) -> PathBuf {
        shop().path(&self.path("archive"), topic, date(at), &Layout::PLAIN)
    }

    fn spoil(self, content: impl AsRef<[u8]>) -> Self {
        fs::write(self.file(Topic::Funds, "2026-02-10"), content).unwrap();
        self
    }

    /// Replaces text in the funds file of 10 February.
    fn replace(self, from: &str, to: &str) -> Self {
        let path = self.file(Topic::Funds, "2026-02-10");
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{text}");
        self.spoil(text.replacen(from, to, 1))
    }

    fn config(self, text: &str) -> Self {
        Self {
            place: self.place.config(text),
        }
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        self.place.run(arguments)
    }

    /// Asserts that the export is refused with `code`, in words that hold all of `parts`, as text
    /// and as JSON, and that nothing is written.
    #[track_caller]
    fn refused(&self, code: i32, parts: &[&str]) -> Ran {
        self.refused_with(&EXPORT, code, parts)
    }

    #[track_caller]
    fn refused_with(&self, arguments: &[&str], code: i32, parts: &[&str]) -> Ran {
        let plain = self.run(arguments);
        let mut with_json = arguments.to_vec();
        with_json.push("--json");
        let json = self.run(&with_json);
        for run in [&plain, &json] {
            let said = format!("{}{}", run.stdout.replace("\\\"", "\""), run.stderr);
            assert_eq!(run.code, code, "{said}");
            for part in parts {
                assert!(said.contains(part), "`{part}` is not in:\n{said}");
            }
            assert!(!said.contains("panicked"), "{said}");
        }
        assert!(plain.stdout.is_empty(), "data on stdout: {}", plain.stdout);
        assert_eq!(json.json()["exit_code"], code);
        assert_eq!(json.json()["schema"], 1);
        assert_eq!(files_below(&self.path("out")), Vec::<PathBuf>::new());
        assert!(!self.path("out").exists(), "an empty folder was left behind");
        json
    }
}

const EXPORT: [&str; 7] = [
    "export",
    "--from",
    "2026-02-09",
    "--to",
    "2026-02-10",
    "--out",
    "out",
];

#[test]
fn the_shop_itself_is_proven() {
    let shop = Shop::new();
    let run = shop.run(&[&EXPORT[..], &["--json"]].concat());
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(run.ledger()["status"], "proven");
    assert_eq!(run.stderr, "", "nothing is to be said");
}

#[test]
fn files_that_are_no_responses_are_named_with_the_place() {
    let place = "77/funds/2026-02-10.json";
    let whole = fs::read_to_string(Shop::new().file(Topic::Funds, "2026-02-10")).unwrap();
    let remedy = "fetch the date again";
    Shop::new()
        .spoil(&whole[..whole.len() / 2])
        .refused(4, &[place, "line ", remedy]);
    Shop::new()
        .spoil("<!DOCTYPE html>\n<html><body>Sign in</body></html>")
        .refused(4, &[place, "HTML", remedy]);
    Shop::new()
        .spoil("[1, 2, 3]")
        .refused(4, &[place, "line 1", remedy]);
    Shop::new()
        .spoil("")
        .refused(4, &[place, "no response body", remedy]);
    Shop::new()
        .spoil("[]")
        .refused(4, &[place, "no response body", remedy]);
    Shop::new().spoil("{}").refused(4, &[place, "no `items`", remedy]);
    Shop::new().spoil("null").refused(4, &[place, remedy]);
    Shop::new()
        .spoil(b"{\"items\":[{\"entryType\":\"\xff\xfe\",\"amount\":1}]}")
        .refused(4, &[place, "not UTF-8", remedy]);
    Shop::new()
        .spoil(format!("{whole}\n{{\"items\":[]}} and more"))
        .refused(4, &[place, "line ", remedy]);
}

#[test]
fn a_truncated_gzip_file_is_refused() {
    let shop = Shop::new();
    let path = shop.file(Topic::Funds, "2026-02-10");
    let layout = Layout {
        compressed: true,
        ..Layout::PLAIN
    };
    let bytes = layout.file(&[fs::read_to_string(&path).unwrap()]);
    fs::remove_file(&path).unwrap();
    let compressed = path.with_extension("json.gz");
    fs::write(&compressed, &bytes[..bytes.len() - 9]).unwrap();
    shop.refused(4, &["2026-02-10.json.gz", "cannot read", "fetch the date again"]);
    fs::write(&compressed, b"").unwrap();
    shop.refused(4, &["2026-02-10.json.gz", "fetch the date again"]);
    fs::write(&compressed, b"this is no gzip").unwrap();
    shop.refused(4, &["2026-02-10.json.gz", "fetch the date again"]);
}

#[test]
fn two_files_of_one_date_must_say_the_same() {
    let shop = Shop::new();
    let path = shop.file(Topic::Funds, "2026-02-10");
    let layout = Layout {
        compressed: true,
        ..Layout::PLAIN
    };
    let text = fs::read_to_string(&path).unwrap();
    let compressed = path.with_extension("json.gz");
    fs::write(&compressed, layout.file(&[text.replace("20000", "20001")])).unwrap();
    shop.refused(
        4,
        &[
            "2026-02-10.json",
            "2026-02-10.json.gz",
            "same date with different content",
            "remove the wrong file",
        ],
    );
    fs::write(&compressed, layout.file(&[text])).unwrap();
    assert_eq!(shop.run(&EXPORT).code, 0);
}

#[test]
fn a_ledger_json_of_another_ledger_is_refused() {
    let shop = Shop::new();
    let path = shop.path("archive/77/ledger.json");
    fs::write(&path, "{\"ledgerId\":\"78\"}").unwrap();
    shop.refused(4, &["archive/77/ledger.json", "`78`", "`77`", "remove the file"]);
    fs::write(&path, "not json").unwrap();
    shop.refused(4, &["archive/77/ledger.json", "line 1", "remove the file"]);
}

#[test]
fn a_ledger_that_is_not_there_is_not_ours() {
    let shop = Shop::new();
    let arguments = [&EXPORT[..], &["--ledger", "78"]].concat();
    shop.refused_with(&arguments, 10, &["`78`", "the archive has 77"]);
    let both = [&EXPORT[..], &["--ledger", "77", "--ledger", "78"]].concat();
    shop.refused_with(&both, 10, &["`78`"]);
}

#[test]
fn no_archive_and_an_empty_one_are_told_apart() {
    let shop = Shop::new();
    let arguments = [&EXPORT[..], &["--offline", "--archive", "elsewhere"]].concat();
    let elsewhere = || run(shop.place.bare(&arguments));
    let run = elsewhere();
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert!(
        run.stderr.contains("elsewhere does not exist") && run.stderr.contains("--archive DIR"),
        "{}",
        run.stderr
    );
    fs::create_dir(shop.path("elsewhere")).unwrap();
    let run = elsewhere();
    assert_eq!(run.code, 10, "{}", run.stderr);
    assert!(run.stderr.contains("has no ledgers"), "{}", run.stderr);
    assert!(!shop.path("out").exists());
}

#[test]
fn an_entry_in_another_currency_fails() {
    Shop::new().replace("\"NOK\"", "\"SEK\"").refused(
        4,
        &[
            "currency-mismatch",
            "funds 2026-02-10, entry 1",
            "SEK",
            "the ledger is in NOK",
        ],
    );
    Shop::new()
        .replace("\"NOK\"", "\"kroner\"")
        .refused(4, &["77/funds/2026-02-10.json", "line 1, entry 1: currency"]);
}

#[test]
fn an_entry_of_another_date_fails() {
    Shop::new()
        .replace("\"ledgerDate\":\"2026-02-10\"", "\"ledgerDate\":\"2026-02-12\"")
        .refused(
            4,
            &[
                "ledger-date-mismatch",
                "funds 2026-02-10, entry 1",
                "2026-02-12",
                "misplaced",
            ],
        );
    Shop::new()
        .replace("\"ledgerDate\":\"2026-02-10\"", "\"ledgerDate\":\"10.02.2026\"")
        .refused(
            4,
            &[
                "77/funds/2026-02-10.json",
                "ledgerDate `10.02.2026` is not a date",
            ],
        );
    // A whole file under the name of another date.
    let shop = Shop::new();
    fs::copy(
        shop.file(Topic::Funds, "2026-02-11"),
        shop.file(Topic::Funds, "2026-02-10"),
    )
    .unwrap();
    let run = shop.refused(4, &["ledger-date-mismatch"]);
    assert_eq!(
        run.findings("ledger-date-mismatch")[0]["count"],
        4,
        "one finding for all"
    );
}

#[test]
fn a_missing_date_is_incomplete() {
    let shop = Shop::new();
    fs::remove_file(shop.file(Topic::Fees, "2026-02-10")).unwrap();
    let run = shop.refused(
        3,
        &["date-missing", "fees 2026-02-10 is not in the archive; fetch it"],
    );
    assert_eq!(run.ledger()["status"], "incomplete");
    assert_eq!(run.ledger()["open_dates"], serde_json::json!(["2026-02-10"]));
    assert_eq!(run.findings("date-missing")[0]["level"], "review");
    assert_eq!(run.findings("date-missing").len(), 1);
}

#[test]
fn a_date_without_its_last_page_is_incomplete() {
    Shop::new()
        .replace("\"hasMore\":false", "\"hasMore\":true,\"cursor\":\"Mw==\"")
        .refused(3, &["date-missing", "lacks its last pages"]);
}

#[test]
fn an_open_date_is_incomplete_unless_it_is_allowed() {
    let shop = Shop::new().replace("\"tryLater\":false", "\"tryLater\":true");
    let run = shop.refused(3, &["date-open", "2026-02-10 is still open"]);
    assert_eq!(run.findings("date-open")[0]["level"], "review");
    let arguments = [&EXPORT[..], &["--allow-open", "--strict", "--json"]].concat();
    let run = shop.run(&arguments);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let ledger = run.ledger();
    assert_eq!(run.findings("date-open")[0]["level"], "info");
    assert_eq!(ledger["open_dates"], serde_json::json!(["2026-02-10"]));
    assert_eq!(ledger["status"], "incomplete");
    assert_eq!(
        ledger["topics"]["funds"]["closing"], "0.00",
        "the closing of what is exported is known"
    );
    assert_eq!(ledger["payouts"].as_array().unwrap().len(), 1);
    let folder = shop.path("out/77/2026-02-09_2026-02-09");
    let journal = fs::read_to_string(folder.join("journal.csv")).unwrap();
    assert!(journal.contains("VM-77-2026-02-09") && !journal.contains("2026-02-10"));
    assert_eq!(
        files_below(&shop.path("out")).len(),
        2,
        "the journal and the manifest"
    );
}

#[test]
fn when_the_first_date_is_open_nothing_is_exported() {
    let shop = Shop::new();
    fs::write(shop.file(Topic::Funds, "2026-02-09"), "{\"tryLater\":true}").unwrap();
    let run = shop.run(&[&EXPORT[..], &["--allow-open", "--json"]].concat());
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.ledger()["outputs"].as_array().unwrap().is_empty());
    assert!(!shop.path("out").exists());
}

#[test]
fn amounts_are_whole_minor_units_in_any_notation() {
    let whole = "\"amount\": 20000,";
    Shop::new().replace(whole, "\"amount\": 200.5,").refused(
        4,
        &[
            "77/funds/2026-02-10.json",
            "line 2, entry 2: amount `200.5` is not a whole number of minor units",
        ],
    );
    for same in ["20000.0", "2e4", "2.0E+4", "200000e-1"] {
        let shop = Shop::new().replace(whole, &format!("\"amount\": {same},"));
        let run = shop.run(&EXPORT);
        assert_eq!(run.code, 0, "{same}: {}", run.stderr);
    }
    for bad in [
        "\"20000\"",
        "null",
        "true",
        "[20000]",
        "1e400",
        "9223372036854775808",
    ] {
        Shop::new()
            .replace(whole, &format!("\"amount\": {bad},"))
            .refused(4, &["77/funds/2026-02-10.json", "entry 2: amount"]);
    }
    Shop::new()
        .replace(
            "\"amount\": 20000,\"balanceAfter\":30000",
            "\"balanceAfter\":30000",
        )
        .refused(4, &["77/funds/2026-02-10.json", "missing field `amount`"]);
}

/// A ledger of one date with these funds entries and no fees.
fn single(amounts: &[(&str, i64)]) -> Ledger {
    let entry = |(index, (entry_type, amount)): (usize, &(&str, i64))| {
        Entry::new(entry_type, *amount).psp(&format!("77-{index}"))
    };
    Ledger::new("77")
        .week_before("2026-02-09")
        .date("2026-02-09")
        .funds(amounts.iter().enumerate().map(entry))
}

const ONE_DATE: [&str; 8] = [
    "export",
    "--from",
    "2026-02-09",
    "--to",
    "2026-02-09",
    "--out",
    "out",
    "--json",
];

#[test]
fn amounts_beyond_32_bits_are_exact() {
    let ledger = single(&[("capture", 9_007_199_254_740_993), ("refund", -4_294_967_297)]);
    let place = Workplace::of(&[&ledger]);
    let run = place.run(&ONE_DATE);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let path = place.path("out/77/2026-02-09_2026-02-09/journal.csv");
    let journal = fs::read_to_string(path).unwrap();
    assert!(journal.contains("90071992547409.93") && journal.contains("42949672.97"));
}

#[test]
fn amounts_at_the_edge_of_what_fits_are_refused_and_crash_nothing() {
    let max = i64::MAX;
    for (what, amounts) in [
        ("a refund of the smallest number", vec![("refund", i64::MIN)]),
        (
            "a payout of the smallest number",
            vec![("payout-scheduled", i64::MIN)],
        ),
        (
            "a correction of the smallest number",
            vec![("correction", i64::MIN)],
        ),
        (
            "captures that sum to more than fits",
            vec![("capture", max), ("refund", -max), ("capture", max)],
        ),
    ] {
        let mut place = Workplace::of(&[&single(&amounts)]);
        for config in [
            "",
            "[posting]\ncaptures = \"revenue\"\n[[rules]]\ntax_code = \"3\"\n",
            "[posting]\nvoucher_per = \"entry\"\n",
            "[posting]\nvoucher_per = \"payout\"\n",
        ] {
            place = place.config(config);
            let run = place.run(&ONE_DATE);
            assert!(!run.stderr.contains("panicked"), "{what}: {}", run.stderr);
            assert!(
                run.code == 4 || run.code == 0,
                "{what}, {config}: {}{}",
                run.stdout,
                run.stderr
            );
            if run.code == 4 {
                assert!(!place.path("out").exists(), "{what}");
            } else {
                fs::remove_dir_all(place.path("out")).unwrap();
            }
        }
    }
}

#[test]
fn a_balance_that_does_not_fit_is_refused() {
    let ledger = single(&[("capture", i64::MAX)]);
    let place = Workplace::of(&[&ledger]);
    let path = ledger.path(
        &place.path("archive"),
        Topic::Funds,
        date("2026-02-09"),
        &Layout::PLAIN,
    );
    let text = fs::read_to_string(&path).unwrap();
    let more = format!(
        "{{\"entryType\":\"capture\",\"amount\":1,\"balanceBefore\":{}}}",
        i64::MAX
    );
    fs::write(&path, text.replace("}],", &format!("}},{more}],"))).unwrap();
    let run = place.run(&ONE_DATE);
    assert_eq!(run.code, 4, "{}{}", run.stdout, run.stderr);
    assert!(
        run.stdout.contains("larger than bilag can hold"),
        "{}",
        run.stdout
    );
}

#[test]
fn a_payout_number_of_twenty_digits_is_only_a_number() {
    let ledger = Ledger::new("77")
        .week_before("2026-02-09")
        .date("2026-02-09")
        .funds([
            Entry::new("capture", 200).psp("1"),
            Entry::new("payout-scheduled", -100).psp(&format!("77-{}", u64::MAX)),
            Entry::new("payout-scheduled", -100).psp("77-99999999999999999999999"),
        ]);
    let run = Workplace::of(&[&ledger]).run(&ONE_DATE);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
}

#[test]
fn the_configuration_is_refused_with_file_line_and_what_is_allowed() {
    let refused = |text: &str, parts: &[&str]| {
        let mut parts = parts.to_vec();
        parts.push("bilag.toml");
        Shop::new().config(text).refused(2, &parts);
    };
    refused(
        "[posting]\nmarket = \"NO\"\nvoucher = \"payout\"\n",
        &["line 3", "unknown field `voucher`", "voucher_per"],
    );
    refused("[postings]\n", &["line 1", "unknown field `postings`", "posting"]);
    refused(
        "[accounts]\nfee_expense = 7770\n",
        &["line 2", "write \"7770\" in quotes"],
    );
    refused(
        "[accounts]\nfees = \"7770\"\n",
        &["line 2", "`fees`", "fee_expense"],
    );
    for table in ["accounts", "ledgers.\"77\".accounts"] {
        refused(
            &format!("[{table}]\nsupplier = \"2400\"\n"),
            &["line 2", "`supplier` is now `fee_invoice`"],
        );
    }
    refused(
        "[accounts]\nfee_expense = \"\"\n",
        &["line 2", "not an account number"],
    );
    refused(
        "[posting]\nmarket = \"GB\"\n",
        &["line 2", "`GB`", "`NO`", "`DK`", "`FI`", "`SE`"],
    );
    refused(
        "[posting]\nvoucher_per = \"month\"\n",
        &["line 2", "`month`", "`ledger-date`", "`payout`", "`entry`"],
    );
    refused("[posting]\nbase_currency = \"kr\"\n", &["line 2", "`kr`", "NOK"]);
    refused(
        "[[rules]]\nreference_regex = \"(\"\naccount = \"3000\"\n",
        &["line 2", "unclosed group"],
    );
    refused(
        "[[rules]]\ntax_code = \"3\"\n[[rules]]\ntax_code = \"33x\"\n",
        &[
            "line 4",
            "no tax code `33x`",
            "near it is 33",
            "[tax_codes.\"33x\"]",
        ],
    );
    refused(
        "[ledgers.\"77\"]\n[[ledgers.\"77\".rules]]\ntax_code = \"FI25\"\n",
        &["line 3", "no tax code `FI25`", "FI25.5"],
    );
    refused(
        "[checks]\naccept = [\n  \"payout-gap\",\n  \"payout-gaps\",\n]\n",
        &["line 4", "no finding `payout-gaps`", "near it is payout-gap"],
    );
    refused(
        "[checks]\naccept = [\"everything\"]\n",
        &["line 2", "no finding `everything`", "not-proven", "payout-gap"],
    );
    refused(
        "[ledgers.\"77\".checks]\naccept = [\"balance-break\"]\n",
        &["line 2", "`balance-break` is an error"],
    );
    refused(
        "[checks]\npayout_numbers = \"rising\"\n",
        &["line 2", "`rising`", "`contiguous`", "`increasing`"],
    );
    refused("[checks]\nfirst_payout = -1\n", &["line 2", "-1"]);
    refused(
        "[ledgers.\"77\"]\nended = \"2026-02-30\"\n",
        &["line 2", "`2026-02-30` is not a date"],
    );
    refused(
        "\n[formats.gbat]\nvoucher_type = 1\n",
        &["line 2", "no format `gbat`", "near it is gbat10"],
    );
    refused(
        "[formats.gbat10.tax_codes]\n\"3\" = \"30\"\n\"33x\" = \"33\"\n",
        &["line 3", "no tax code `33x`", "near it is 33"],
    );
    refused(
        "[formats.gbat10]\n[formats.gbat10.ledgers.\"97\"]\nseries = 1\n",
        &[
            "line 2",
            "no ledger `97`",
            "but `77` is",
            "[formats.gbat10.ledgers.\"97\"]",
        ],
    );
    refused(
        "[output]\nformats = [\n\"journal-cvs\"]\n",
        &["line 3", "no format `journal-cvs`", "near it is journal-csv"],
    );
    refused(
        "[ledgers.\"77\".output]\nformats = [\"gbat10\", \"gbat01\"]\n",
        &["line 2", "no format `gbat01`", "near it is gbat10"],
    );
    refused(
        "[posting]\n[ledgers.\"97\".posting]\ncaptures = \"none\"\n",
        &["line 2", "no ledger `97`", "but `77` is", "[ledgers.\"97\"]"],
    );
    refused(
        "[[rules]]\nvalid_from = \"2026-02-31\"\n",
        &["line 2", "`2026-02-31` is not a date"],
    );
    refused("[tax_codes.\"3\"]\nrate = 25\n", &["line 2", "25"]);
    refused(
        "[company]\nfiscal_year_start_month = 13\n",
        &["fiscal_year_start_month is 13", "1 to 12"],
    );
    refused("[posting\n", &["line 1"]);
    refused(
        "[ledgers.\"77\".posting]\ncapture = \"none\"\n",
        &["line 2", "unknown field `capture`", "captures"],
    );
}

#[test]
fn files_that_the_configuration_names_must_be_there() {
    let sales = "sales_lines = \"lines/of-sales.json\"\n";
    Shop::new()
        .config(sales)
        .refused(2, &["lines/of-sales.json", "`sales_lines`", "No such file"]);
    Shop::new()
        .config("fx_rates_file = \"rates.csv\"\n")
        .refused(2, &["rates.csv", "`fx_rates_file`"]);
    let shop = Shop::new().config("sales_lines = \"sales.json\"\n");
    fs::write(shop.path("sales.json"), "[{\"lines\":[]}]").unwrap();
    shop.refused(2, &["sales.json", "sale 1"]);
    shop.refused_with(
        &[&EXPORT[..], &["--config", "absent.toml"]].concat(),
        2,
        &["cannot read the configuration absent.toml"],
    );
}

#[test]
fn a_capture_without_a_tax_code_is_a_fault_of_the_configuration() {
    Shop::new()
        .config("[posting]\ncaptures = \"revenue\"\n")
        .refused(2, &["ledger `77`", "`NO:90001`", "`order-1`", "[[rules]]"]);
    Shop::new()
        .config("[posting]\ncaptures = \"revenue\"\n[[rules]]\ntax_code = \"25\"\n")
        .refused(2, &["no tax code `25`", "[tax_codes.\"25\"]"]);
    Shop::new()
        .config("[posting]\nbase_currency = \"EUR\"\n")
        .refused(2, &["no rate for NOK in EUR on 2026-02-09", "[fx_rates.NOK]"]);
}

#[test]
fn wrong_use_is_refused_before_any_work() {
    let refused = |arguments: &[&str], parts: &[&str]| {
        Shop::new().refused_with(arguments, 2, parts);
    };
    refused(
        &[
            "export",
            "--from",
            "2026-02-10",
            "--to",
            "2026-02-09",
            "--out",
            "out",
        ],
        &["ends on 2026-02-09, before it begins on 2026-02-10"],
    );
    refused(
        &["export", "--month", "2026-2", "--out", "out"],
        &["`2026-2` is not a month", "YYYY-MM"],
    );
    refused(
        &["export", "--month", "2026-13", "--out", "out"],
        &["`2026-13` is not a month"],
    );
    refused(
        &[
            "export",
            "--from",
            "2026-02-30",
            "--to",
            "2026-03-01",
            "--out",
            "out",
        ],
        &["`2026-02-30` is not a date", "YYYY-MM-DD"],
    );
    refused(
        &[&EXPORT[..], &["--format", "excel"]].concat(),
        &["no format `excel`", "journal-csv"],
    );
    refused(&["export", "--from", "2026-02-09", "--out", "out"], &["--to"]);
    refused(&["export", "--month", "2026-02"], &["--out"]);
    refused(&["export", "--out", "out"], &["--from"]);
    refused(&["export", "--outt", "out"], &["--outt"]);
    Shop::new()
        .config("[output]\nformats = [\"journal-xls\"]\n")
        .refused(2, &["no format `journal-xls`", "journal-csv"]);
}

#[test]
fn an_out_folder_that_cannot_be_made_is_an_output_refused() {
    let shop = Shop::new();
    fs::write(shop.path("file"), "mine").unwrap();
    let arguments = [
        "export",
        "--from",
        "2026-02-09",
        "--to",
        "2026-02-10",
        "--out",
        "file/out",
    ];
    shop.refused_with(&arguments, 8, &["cannot write file/out", "--out DIR"]);
    assert_eq!(fs::read_to_string(shop.path("file")).unwrap(), "mine");
}

#[test]
fn a_different_file_in_the_way_stays_unless_forced() {
    let shop = Shop::new();
    let folder = shop.path("out/77/2026-02-09_2026-02-10");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("journal.csv"), "by hand\n").unwrap();
    let run = shop.run(
        &[
            &EXPORT[..],
            &["--format", "journal-csv", "--format", "entries-csv"],
        ]
        .concat(),
    );
    assert_eq!(run.code, 8, "{}", run.stderr);
    assert!(
        run.stderr
            .contains("journal.csv is there already with different content")
            && run.stderr.contains("--force"),
        "{}",
        run.stderr
    );
    assert_eq!(files_below(&folder), [folder.join("journal.csv")]);
    assert_eq!(
        fs::read_to_string(folder.join("journal.csv")).unwrap(),
        "by hand\n"
    );
    let run = shop.run(&[&EXPORT[..], &["--force"]].concat());
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(files_below(&folder).len(), 2);
    assert!(fs::read_to_string(folder.join("journal.csv")).unwrap().len() > 100);
}

#[test]
fn a_folder_in_the_way_of_a_file_is_an_output_refused() {
    let shop = Shop::new();
    let folder = shop.path("out/77/2026-02-09_2026-02-10");
    fs::create_dir_all(folder.join("journal.csv")).unwrap();
    let run = shop.run(&[&EXPORT[..], &["--force"]].concat());
    assert_eq!(run.code, 8, "{}", run.stderr);
    assert!(run.stderr.contains("journal.csv"), "{}", run.stderr);
    assert!(files_below(&folder).is_empty());
}

#[test]
fn the_same_problem_is_said_once() {
    let run = Shop::new()
        .replace("\"amount\": 20000", "\"amount\": 20001")
        .refused(4, &["balance-break"]);
    let ledger = run.ledger();
    let errors: Vec<_> = ledger["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["level"] == "error")
        .collect();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!(errors[0]["count"], 1, "{errors:?}");
}

#[test]
fn topics_without_a_ledger_want_its_name() {
    let place = Workplace::new();
    fs::create_dir_all(place.path("archive/funds")).unwrap();
    let arguments = ["export", "--offline", "--month", "2026-02", "--out", "out"];
    let run = place.run(&arguments);
    assert_eq!(run.code, 10, "{}", run.stderr);
    assert!(
        run.stderr.contains("name the ledger with --ledger ID"),
        "{}",
        run.stderr
    );
}
