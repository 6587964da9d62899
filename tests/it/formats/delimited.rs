//! The engine for delimited text, and GBAT10 against the lines of its sample.

use bilag::journal::id::Origin;
use bilag::provider::Topic;

use super::cafe::CONFIGURATION;
use crate::harness::dates::date;
use crate::harness::judges::reference_data;
use crate::harness::library::format as find;
use crate::harness::vouchers::{of_payout, posting, problem, sale, voucher, voucher_of, write};

fn sample(name: &str) -> Option<String> {
    let path = reference_data(&format!("samples/{name}"))?;
    Some(std::fs::read_to_string(path).unwrap())
}

fn payout() -> bilag::journal::Voucher {
    let text = "Vipps utbet. 2000023 Vippsnr 57860";
    let mut fee = posting("7770", 1_200, text);
    fee.tax_code = Some("0".into());
    let postings = vec![posting("1920", 28_800, text), fee, posting("1521", -30_000, text)];
    voucher_of(of_payout("2000023"), "2022-10-01", postings)
}

fn text(id: &str, configuration: &str, vouchers: &[bilag::journal::Voucher]) -> String {
    let written = write(find(id), configuration, vouchers);
    assert!(written.refusals.is_empty(), "{:?}", written.refusals);
    String::from_utf8(written.bytes).unwrap()
}

/// The sample's numbers are its own; ours follow from the date.
fn renumbered(sample: &str, column: usize, number: &str) -> String {
    let renumber = |line: &str| {
        let mut cells: Vec<&str> = line.split(';').collect();
        cells[column] = number;
        cells.join(";")
    };
    sample.split_inclusive("\r\n").map(renumber).collect()
}

/// The number of 1 October: 274 days before it in a leap year.
const SMALL: &str = "7399";

#[test]
fn gbat10_is_the_sample_line_for_line() {
    for (name, variant) in [
        ("gbat10_tripletex_mamut.csv", "tripletex"),
        ("gbat10_xledger_ar10.csv", "xledger"),
    ] {
        let Some(sample) = sample(name) else { continue };
        let configuration = format!("[formats.gbat10]\nvariant = \"{variant}\"");
        assert_eq!(
            text("gbat10", &configuration, &[payout()]),
            renumbered(&sample, 1, SMALL)
        );
    }
    let Some(sample) = sample("gbat10_sale_with_vat.csv") else {
        return;
    };
    let mut postings = sale(40_000, 8_000, "Vipps salg 57860");
    postings[0].account = "1521".into();
    let sale = voucher("2022-10-01", postings);
    assert_eq!(text("gbat10", "", &[sale]), renumbered(&sample, 1, SMALL));
}

#[test]
fn gbat10_knows_its_readers() {
    let mut postings = vec![
        posting("1920", 100, "Blåbær €"),
        posting("1577", -100, "Blåbær €"),
    ];
    postings[0].department = Some("40".into());
    let voucher = [voucher("2026-02-02", postings)];
    let mamut = write(find("gbat10"), "[formats.gbat10]\nvariant = \"mamut\"", &voucher);
    assert!(mamut.refusals[0].contains("VM-302321-2026-02-02") && mamut.refusals[0].contains('€'));
    let xledger = write(
        find("gbat10"),
        "[formats.gbat10]\nvariant = \"xledger\"\nencoding = \"utf-8\"",
        &voucher,
    );
    assert!(xledger.replacements[0].contains("department `40` is left out"));
    let lines = String::from_utf8(xledger.bytes).unwrap();
    assert!(
        lines
            .lines()
            .all(|line| line.ends_with(";x") && line.split(';').count() == 29)
    );
}

#[test]
fn the_other_samples_hold_too() {
    let voucher = [payout()];
    let number = "221001000";
    if let Some(sample) = sample("24sevenoffice_bilagsjournal.csv") {
        let ours = text("24sevenoffice", CONFIGURATION, &voucher);
        let sample = sample.replace("2000023;01", &format!("{number};01"));
        let ours = ours.lines().skip(1).map(|line| line.strip_suffix(";;").unwrap());
        assert!(ours.eq(sample.lines().skip(1)));
    }
    if let Some(sample) = sample("xledger_gl02.csv") {
        let ours = text("xledger-gl02", CONFIGURATION, &voucher);
        let header = sample.lines().next().unwrap();
        assert_eq!(ours.lines().next().unwrap(), header);
        let sample = renumbered(&sample, 3, SMALL).replace(";2000023;LG", ";302321-P2000023;LG");
        assert!(ours.lines().skip(1).eq(sample.lines().skip(1)));
    }
    if let Some(sample) = sample("dk_mapped_journal.csv") {
        let ours = text("dk-journal", CONFIGURATION, &voucher);
        let cells = |text: &str| -> Vec<String> {
            let lines = text.lines().skip(1);
            lines
                .map(|line| line.split(';').nth(4).unwrap().to_owned())
                .collect()
        };
        assert_eq!(cells(&ours), cells(&sample));
        let header = sample.lines().next().unwrap();
        assert!(ours.starts_with(header), "the header begins as it always did");
    }
}

#[test]
fn a_sale_is_gross_where_the_target_computes_the_vat() {
    let gross = text(
        "dk-journal",
        CONFIGURATION,
        &[voucher("2026-02-02", sale(10_001, 2_000, "Salg"))],
    );
    assert!(gross.contains(";3000;Salg;-100,01;U25;NOK;"), "{gross}");
    assert!(!gross.contains(";2700;"));
    let lines = text(
        "netvisor",
        CONFIGURATION,
        &[voucher("2026-02-02", sale(10_001, 2_000, "Salg"))],
    );
    assert!(
        lines.contains(";3000;-80,01;") && lines.contains(";2700;-20,00;"),
        "{lines}"
    );
}

#[test]
fn what_a_spreadsheet_would_run_is_defused_and_listed() {
    let nasty = "=HYPERLINK(\"http://x\";\"y\")";
    let postings = vec![posting("1920", 100, nasty), posting("1577", -100, nasty)];
    let voucher = [voucher("2026-02-02", postings)];
    let written = write(find("dk-journal"), CONFIGURATION, &voucher);
    let text = String::from_utf8(written.bytes).unwrap();
    assert!(text.contains(";'=HYPERLINK("), "{text}");
    assert!(text.contains(";-1,00;"), "amounts keep their sign");
    assert_eq!(written.replacements.len(), 2, "{:?}", written.replacements);
}

#[test]
fn cells_that_begin_like_formulas_are_marked_where_people_open_the_file_and_nowhere_else() {
    let (mut for_people, mut for_machines) = (Vec::new(), Vec::new());
    for format in bilag::catalogue::all() {
        let id = format.descriptor.id.as_str();
        if problem(format, CONFIGURATION, &[]).is_some() {
            continue;
        }
        let is_for_people = format
            .descriptor
            .delimited
            .as_ref()
            .is_some_and(|layout| layout.spreadsheet);
        for formula in ["=2+5", "+47 22", "-1", "@SUM(1)", "\t=2+5", "\r=2+5", " =2+5"] {
            // Texts of the provider are one line before they come to a voucher.
            let formula = bilag::text::line(formula);
            let text = format!("{formula} kaffe");
            let mut sale = posting("1920", 100, &text);
            sale.reference = Some(text.as_str().into());
            let voucher = [voucher("2026-02-02", vec![sale, posting("1577", -100, &text)])];
            let written = write(find(id), CONFIGURATION, &voucher);
            let found = String::from_utf8_lossy(&written.bytes).into_owned();
            if !found.contains(&text) {
                continue;
            }
            let marked = format!("'{text}");
            assert_eq!(found.contains(&marked), is_for_people, "{id}: {found}");
            if is_for_people {
                let counts = (found.matches(&text).count(), found.matches(&marked).count());
                assert_eq!(counts.0, counts.1, "{id}: {found}");
            }
            let is_told = written
                .replacements
                .iter()
                .any(|told| told.contains("an apostrophe in front"));
            assert_eq!(is_told, is_for_people, "{id}: {:?}", written.replacements);
            if is_for_people {
                &mut for_people
            } else {
                &mut for_machines
            }
            .push(id);
        }
    }
    for_people.dedup();
    for_machines.dedup();
    for id in ["dk-journal", "24sevenoffice"] {
        assert!(for_people.contains(&id), "{for_people:?}");
    }
    for id in ["journal-csv", "journal-json", "gbat10"] {
        assert!(for_machines.contains(&id), "{for_machines:?}");
    }
}

#[test]
fn unmapped_tax_codes_are_refused_where_codes_are_the_clients_own() {
    let sale = voucher("2026-02-02", sale(10_000, 2_000, "Salg"));
    let written = write(
        find("24sevenoffice"),
        "[formats.24sevenoffice]\nvoucher_type = 9",
        &[sale],
    );
    assert!(
        written.refusals[0].contains("tax code `3`"),
        "{:?}",
        written.refusals
    );
}

#[test]
fn numbers_are_refused_where_none_follows() {
    let postings = || vec![posting("1920", 100, "x"), posting("1577", -100, "x")];
    let id = "VM-302321-2026-02-02-funds-001";
    let origin = Origin::Entry {
        ledger_date: date("2026-02-02"),
        topic: Topic::Funds,
        ordinal: 1,
    };
    let entry = voucher_of(origin, "2026-02-02", postings());
    for format in ["gbat10", "24sevenoffice", "visma-business"] {
        let written = write(find(format), CONFIGURATION, std::slice::from_ref(&entry));
        assert!(written.refusals[0].contains(id), "{format}");
    }
    let twice = [
        voucher("2026-02-02", postings()),
        voucher_of(of_payout("7"), "2026-02-02", postings()),
    ];
    let written = write(find("gbat10"), CONFIGURATION, &twice);
    assert!(
        written.refusals[0].contains("would have the number"),
        "{:?}",
        written.refusals
    );
}

#[test]
fn a_fiscal_year_of_its_own_needs_its_name() {
    let postings = || vec![posting("1920", 100, "x"), posting("1577", -100, "x")];
    let company = "[company]\nfiscal_year_start_month = 7\n[formats.gbat10]\n";
    let voucher = [voucher("2026-08-02", postings())];
    let problem = problem(find("gbat10"), company, &[]);
    assert!(problem.unwrap().contains("fiscal_year_name"));
    for (name, year) in [("start", "2026"), ("end", "2027")] {
        let text = text(
            "gbat10",
            &format!("{company}fiscal_year_name = \"{name}\""),
            &voucher,
        );
        assert!(text.contains(&format!(";2;{year};1920;")), "{text}");
    }
}
