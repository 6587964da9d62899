//! Long dates are read page by page; what comes of them is what comes of the same date held whole.

use std::collections::BTreeSet;
use std::fs;

use bilag::Books;
use chrono::NaiveDate;

use crate::harness::entry::Entry;
use crate::harness::files::{files_below, tree};
use crate::harness::ledger::{Ledger, capture, fee};
use crate::harness::program::{Ran, Workplace, assert_code};

const FUNDS: &str = "archive/77/funds/2026-03-02.json";
const CONFIG: &str = "[posting]\nmarket = \"NO\"\nvoucher_per = \"entry\"\n";

/// How the bodies of the archive are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// One on each line, as bilag keeps them: long files are read page by page.
    Lines,
    /// Over several lines: files are held whole.
    Spread,
}

/// A long date and a short one.
fn month() -> Ledger {
    let number = |n: i64| format!("{}", 9_000_000_000 + n);
    let captures = (0..1_500).map(|n| capture(&number(n), 100 + n % 7).reference("kj\u{f8}p \"1\""));
    let fees = (0..1_500).map(|n| fee(&number(n), 1 + n % 2));
    Ledger::new("77")
        .week_before("2026-03-02")
        .date("2026-03-02")
        .funds(captures)
        .fees(fees)
        .pay_out("77-2000001")
        .date("2026-03-03")
        .sale("8", 4_000, 40)
        .pay_out("77-2000002")
        .empty("2026-03-04", 1)
}

fn place(form: Form) -> Workplace {
    let place = Workplace::of(&[&month()]).config(CONFIG);
    if form == Form::Lines {
        for file in files_below(&place.path("archive")) {
            let text = fs::read_to_string(&file).unwrap();
            fs::write(&file, text.replace(",\n", ",")).unwrap();
        }
        assert!(fs::metadata(place.path(FUNDS)).unwrap().len() > 300_000);
    }
    place
}

/// Exports both dates in several formats.
fn export(place: &Workplace, more: &[&str]) -> Ran {
    let formats = [
        "--format",
        "journal-csv",
        "--format",
        "entries-csv",
        "--format",
        "tripletex",
    ];
    let formats = if more.is_empty() { &formats[..4] } else { &[] };
    place.run_on("export", "2026-03-02", "2026-03-03", &[formats, more].concat())
}

/// What a run came to, without where it came from: exit code, status, and findings by code and count.
fn outcome(place: &Workplace, more: &[&str]) -> (i32, String, Vec<String>, usize) {
    let run = export(place, more);
    let ledger = run.ledger();
    let findings = ledger["findings"].as_array().unwrap().iter();
    let findings = findings.map(|finding| {
        format!(
            "{} {} {} {} {}",
            finding["code"], finding["topic"], finding["ledger_date"], finding["ordinal"], finding["count"]
        )
    });
    (
        run.code,
        ledger["status"].to_string() + &ledger["topics"].to_string() + &ledger["payouts"].to_string(),
        findings.collect(),
        files_below(&place.path("out")).len(),
    )
}

#[test]
fn a_long_date_gives_the_same_files_page_by_page_and_whole() {
    let [lines, spread] = [Form::Lines, Form::Spread].map(|form| {
        let place = place(form);
        assert_code(&export(&place, &[]), 0);
        let mut files = tree(&place.path("out"));
        // The manifest holds the hashes of the sources, which differ.
        files.retain(|name, _| !name.ends_with("manifest.json"));
        (files, outcome(&place, &[]))
    });
    assert_eq!(lines.0.len(), 2);
    assert!(lines.0 == spread.0, "the files differ");
    assert_eq!(lines.1, spread.1);
    assert!(lines.1.1.starts_with("\"proven\""), "{}", lines.1.1);
    // 3,002 captures and fees, the retained fees and the payout of two dates, and a head.
    let journal = lines
        .0
        .iter()
        .find(|(name, _)| name.ends_with("journal.csv"))
        .unwrap();
    let text = std::str::from_utf8(journal.1).unwrap();
    assert_eq!(text.lines().count(), 1 + 2 * (3_002 + 2 * 2));
    let place_of = |id: &str| text.find(id).unwrap();
    assert!(place_of("-funds-999,") < place_of("-funds-1000,"));
    assert!(place_of("-2026-03-02-funds-1502,") < place_of("-2026-03-02-fees-001,"));
}

/// Something that is wrong with the funds of the long date.
type Damage = (&'static str, fn(&mut Vec<String>), i32);

#[test]
fn what_shows_only_late_in_a_long_date_is_seen_and_nothing_is_kept() {
    let damages: [Damage; 8] = [
        (
            "the last page is open",
            |pages| pages.push("{\"items\":[],\"tryLater\":true}".to_owned()),
            3,
        ),
        ("the last page is missing", |pages| drop(pages.pop()), 3),
        ("a page is cut", |pages| pages[1].truncate(20_000), 4),
        ("a page is no page", |pages| pages.push("<html>".to_owned()), 4),
        (
            "a page is there twice",
            |pages| pages.insert(1, pages[0].clone()),
            4,
        ),
        (
            "an entry is there twice",
            |pages| {
                let start = pages[0].find("[{").unwrap() + 1;
                let entry = pages[0][start..].to_owned();
                let entry = entry[..=entry.find('}').unwrap()].to_owned();
                pages[0] = pages[0].replacen(&entry, &format!("{entry},{entry}"), 1);
            },
            4,
        ),
        (
            "an amount is altered",
            |pages| pages[1] = pages[1].replacen("\"amount\": 1", "\"amount\": 2", 1),
            4,
        ),
        ("nothing is left", Vec::clear, 4),
    ];
    for (what, damage, code) in damages {
        let [lines, spread] = [Form::Lines, Form::Spread].map(|form| {
            let place = place(Form::Lines);
            let text = fs::read_to_string(place.path(FUNDS)).unwrap();
            let mut pages: Vec<String> = text.lines().map(str::to_owned).collect();
            assert_eq!(pages.len(), 2);
            damage(&mut pages);
            let text = pages.join("\n");
            // A space is enough for the reader to hold it whole: the array is no body.
            let text = if form == Form::Lines {
                text
            } else {
                text.replace("},{", "},\n{")
            };
            fs::write(place.path(FUNDS), text).unwrap();
            outcome(&place, &[])
        });
        assert_eq!(lines, spread, "{what}");
        assert_eq!(lines.0, code, "{what}: {lines:?}");
        assert_eq!(lines.3, 0, "{what}: nothing was written");
    }
}

#[test]
fn a_run_that_reads_a_long_date_again_gives_each_voucher_once() {
    let place = place(Form::Lines);
    let text = fs::read_to_string(place.path(FUNDS)).unwrap();
    let (first, last) = text.split_once('\n').unwrap();
    // The first page is taken; the second stands on several lines, so the date is read again, whole.
    fs::write(
        place.path(FUNDS),
        format!("{first}\n{}", last.replacen("},{", "},\n{", 1)),
    )
    .unwrap();
    let books = Books::open(place.path("archive")).unwrap().configured(CONFIG);
    let books = books.unwrap();
    let date = |day| NaiveDate::from_ymd_opt(2026, 3, day).unwrap();
    let range = books.range("77", date(2), date(3)).unwrap();
    let (outcome, vouchers) = range.post().unwrap();
    let ids: BTreeSet<String> = vouchers.iter().map(|voucher| voucher.id().to_string()).collect();
    assert!(outcome.holds());
    assert_eq!(ids.len(), 3_002 + 2 * 2);
    assert_eq!((vouchers.len(), outcome.vouchers), (ids.len(), ids.len() as u64));
}

#[test]
fn an_export_ends_before_an_open_long_date() {
    let whole = place(Form::Lines);
    let open = place(Form::Lines);
    let text = fs::read_to_string(open.path(FUNDS)).unwrap();
    // The long date becomes the second one, and is open on its last page.
    for place in [&whole, &open] {
        for topic in ["funds", "fees"] {
            let path = |date: &str| place.path(&format!("archive/77/{topic}/{date}.json"));
            fs::write(path("2026-03-01"), "{\"items\":[]}").unwrap();
        }
    }
    fs::write(open.path(FUNDS), text + "\n{\"items\":[],\"tryLater\":true}").unwrap();
    let dates = |place: &Workplace, to: &str, more: &[&str]| {
        let run = place.run_on("export", "2026-03-01", to, more);
        assert_code(&run, 0);
        tree(&place.path("out/77/2026-03-01_2026-03-01"))
    };
    let expected = dates(&whole, "2026-03-01", &[]);
    assert_eq!(dates(&open, "2026-03-03", &["--allow-open"]), expected);
    assert_eq!(expected.len(), 2);
}

#[test]
fn a_fee_finds_its_capture_after_it_was_forgotten() {
    // The capture of the first date has its fee at once; another comes five dates later.
    let ledger = |late: &str| {
        Ledger::new("77")
            .week_before("2026-03-02")
            .date("2026-03-02")
            .sale("1", 5_000, 50)
            .sale("2", 6_000, 60)
            .empty("2026-03-03", 4)
            .date("2026-03-07")
            .fees([Entry::new("capture-fee", -7).psp(late)])
            .sale("3", 700, 7)
    };
    for (late, code) in [("1", "fee-date-differs"), ("4", "fee-without-capture")] {
        let place = Workplace::of(&[&ledger(late)]).config(CONFIG);
        let run = place.run_on("check", "2026-03-02", "2026-03-07", &[]);
        assert_code(&run, 0);
        let findings = run.ledger()["findings"].as_array().unwrap().clone();
        let codes: Vec<&str> = findings
            .iter()
            .map(|finding| finding["code"].as_str().unwrap())
            .collect();
        assert_eq!(codes, [code], "{late}");
    }
}
