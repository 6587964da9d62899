//! What holds for every valid ledger, however it is cut into pages and whatever stands in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use bilag::chart::{Market, Role};
use bilag::date::DateRange;
use bilag::ledger::body;
use bilag::proof::Status;
use bilag::provider::Topic;
use proptest::prelude::*;

use crate::harness::chance::{Dice, Shape, cases, random_ledger};
use crate::harness::dates::{date, range};
use crate::harness::journal::{Row, by_account, journal, minor};
use crate::harness::layout::Layout;
use crate::harness::ledger::{Ledger, canonical};
use crate::harness::library::{account, export_plain as export, output_folder as folder};
use crate::harness::program::{Workplace, assert_code, run};

/// The dates of random ledgers that are exported: the entries begin on 31 January.
fn exported(ledger: &Ledger) -> DateRange {
    DateRange::new(date("2026-01-31"), ledger.span().to()).unwrap()
}

fn posting(ledger: &Ledger, mode: &str) -> String {
    let market = ledger.market.code();
    format!(
        "[posting]\nmarket = \"{market}\"\n{mode}\n[[rules]]\nreference_prefix = \"gift\"\ndepartment = \"GAVER\"\n"
    )
}

/// Debit equals credit in every voucher, in the ledger's currency and in the books'.
fn assert_balanced(rows: &[Row], currency: &str, what: &str) {
    let mut sums: BTreeMap<&str, (i128, i128)> = BTreeMap::new();
    for row in rows {
        let (sum, base) = sums.entry(&row.voucher).or_default();
        if row.currency == currency {
            *sum += row.amount;
        }
        *base += row.base.unwrap_or(0);
    }
    for (voucher, sums) in sums {
        assert_eq!(sums, (0, 0), "voucher {voucher} of {what}");
    }
}

/// The entries that came out are those that went in, by topic and type.
fn assert_nothing_dropped(folder: &Path, ledger: &Ledger, range: DateRange, what: &str) {
    let mut expected: BTreeMap<(String, String), (u64, i128)> = BTreeMap::new();
    for (index, topic) in Topic::ALL.into_iter().enumerate() {
        for item in ledger.entries(index, range) {
            let key = (topic.name().to_owned(), canonical(&item.entry_type).to_owned());
            let (count, sum) = expected.entry(key).or_default();
            *count += 1;
            *sum += i128::from(item.amount);
        }
    }
    let text = fs::read_to_string(folder.join("entries.csv")).unwrap();
    let mut actual: BTreeMap<(String, String), (u64, i128)> = BTreeMap::new();
    for record in csv::Reader::from_reader(text.as_bytes()).records() {
        let record = record.unwrap();
        let (count, sum) = actual
            .entry((record[1].to_owned(), record[5].to_owned()))
            .or_default();
        *count += 1;
        *sum += minor(&record[6]);
    }
    assert_eq!(expected, actual, "entries of {what}");
}

#[test]
fn every_ledger_is_booked_whole_and_in_balance() {
    for seed in 0..500 {
        let mut dice = Dice::new(&[seed, 1]);
        let shape = Shape {
            seed,
            dates: dice.between(1, 12) as u64,
            entries_per_date: dice.between(0, 9),
        };
        let ledger = random_ledger(&shape);
        let layout = Layout::random(&mut dice);
        let fees = *dice.pick(&["accrual", "accrual", "retained"]);
        let per = *dice.pick(&["ledger-date", "ledger-date", "payout", "entry"]);
        let basis = *dice.pick(&["ledger-date", "transaction-date"]);
        let what = format!("{shape:?} {layout:?} {fees} {per} {basis}");
        let place = Workplace::new();
        let archive = place.path("archive");
        ledger.write(&archive, &layout);
        let range = exported(&ledger);
        let config = format!("fees = \"{fees}\"\nvoucher_per = \"{per}\"\ndate_basis = \"{basis}\"");
        let run = export(
            &archive,
            &ledger,
            &posting(&ledger, &config),
            range,
            place.folder(),
        );
        let proof = run.proof.as_ref().unwrap();
        assert!(run.error.is_none(), "{what}: {:?}", run.error);
        // Of a ledger without a single entry nothing is known.
        let is_empty = ledger.dates.values().flatten().all(Vec::is_empty);
        let status = if is_empty {
            Status::NotProven
        } else {
            Status::Proven
        };
        assert_eq!(proof.status, status, "{what}: {:?}", proof.findings);
        assert!(proof.payouts.iter().all(|payout| payout.explained), "{what}");
        let folder = folder(place.folder(), &ledger, range);
        let rows = journal(&folder);
        assert_balanced(&rows, &ledger.currency, &what);
        assert_nothing_dropped(&folder, &ledger, range, &what);
        // A voucher per payout waits for the payout, or for the end of the month, which 31 January is.
        let last = ledger.last_payout(range).unwrap_or(range.from());
        let booked = match per {
            "payout" => DateRange::new(range.from(), last).unwrap(),
            _ => range,
        };
        let moved = by_account(&rows);
        let movement = |role| moved.get(&account(ledger.market, role)).copied().unwrap_or(0);
        assert_eq!(movement(Role::Funds), ledger.sum(0, booked), "funds of {what}");
        if fees == "accrual" {
            assert_eq!(
                movement(Role::FeesPayable),
                ledger.sum(1, booked),
                "fees of {what}"
            );
        } else {
            assert_eq!(movement(Role::FeesPayable), 0, "{what}");
        }
        for (topic, totals) in [&proof.funds, &proof.fees].into_iter().enumerate() {
            let sum: i128 = totals.by_type.values().map(|total| i128::from(total.sum)).sum();
            let count: u64 = totals.by_type.values().map(|total| total.count).sum();
            assert_eq!(sum, ledger.sum(topic, range), "{what}");
            assert_eq!(count, ledger.entries(topic, range).count() as u64, "{what}");
            if let (Some(opening), Some(closing)) = (totals.opening, totals.closing) {
                assert_eq!(i128::from(closing) - i128::from(opening), sum, "{what}");
            }
        }
    }
}

#[test]
fn revenue_and_vat_together_are_what_was_captured() {
    for seed in 0..120 {
        let mut dice = Dice::new(&[seed, 2]);
        let shape = Shape {
            seed,
            dates: dice.between(1, 8) as u64,
            entries_per_date: dice.between(1, 9),
        };
        let ledger = random_ledger(&shape);
        let (standard, reduced) = match ledger.market.code() {
            "NO" => ("3", "33"),
            "DK" => ("DK25", "DK0"),
            "FI" => ("FI25.5", "FI13.5"),
            _ => ("SE25", "SE6"),
        };
        let per = *dice.pick(&["ledger-date", "entry"]);
        let config = format!(
            "[posting]\nmarket = \"{}\"\ncaptures = \"revenue\"\nvoucher_per = \"{per}\"\n[[rules]]\nhandle = \"api:123455\"\ntax_code = \"{reduced}\"\n[[rules]]\ntax_code = \"{standard}\"\n",
            ledger.market.code()
        );
        let what = format!("{shape:?} {per}");
        let place = Workplace::new();
        let archive = place.path("archive");
        ledger.write(&archive, &Layout::random(&mut dice));
        let range = exported(&ledger);
        let run = export(&archive, &ledger, &config, range, place.folder());
        assert!(run.error.is_none(), "{what}: {:?}", run.error);
        let rows = journal(&folder(place.folder(), &ledger, range));
        assert_balanced(&rows, &ledger.currency, &what);
        let funds = account(ledger.market, Role::Funds);
        let sold = rows
            .iter()
            .filter(|row| matches!(row.key.as_str(), "capture" | "refund") && row.account != funds)
            .map(|row| row.amount)
            .sum::<i128>();
        let captured: i128 = ledger
            .entries(0, range)
            .filter(|item| matches!(item.entry_type.as_str(), "capture" | "refund"))
            .map(|item| i128::from(item.amount))
            .sum();
        assert_eq!(sold, -captured, "{what}");
        let moved = by_account(&rows).get(&funds).copied().unwrap_or(0);
        assert_eq!(moved, ledger.sum(0, range), "{what}");
    }
}

#[test]
fn a_ledger_in_another_currency_balances_in_both() {
    for seed in 0..100 {
        let mut dice = Dice::new(&[seed, 3]);
        let shape = Shape {
            seed,
            dates: dice.between(1, 8) as u64,
            entries_per_date: dice.between(0, 9),
        };
        let ledger = random_ledger(&shape);
        let per = *dice.pick(&["ledger-date", "payout", "entry"]);
        let mut config = format!(
            "[posting]\nvoucher_per = \"{per}\"\nbase_currency = \"USD\"\n[accounts]\nfx_loss = \"9999\"\n[fx_rates.{}]\n",
            ledger.currency
        );
        for at in ledger.span().dates() {
            let rate = dice.between(10_000, 130_000);
            config.push_str(&format!(
                "\"{at}\" = \"{}.{:04}\"\n",
                rate / 10_000,
                rate % 10_000
            ));
        }
        let place = Workplace::new();
        let archive = place.path("archive");
        ledger.write(&archive, &Layout::PLAIN);
        let range = exported(&ledger);
        let what = format!("{shape:?} {per}");
        let run = export(&archive, &ledger, &config, range, place.folder());
        assert!(run.error.is_none(), "{what}: {:?}", run.error);
        let rows = journal(&folder(place.folder(), &ledger, range));
        assert_balanced(&rows, &ledger.currency, &what);
        assert!(rows.iter().all(|row| row.base.is_some()), "{what}");
        // When the funds account closes at zero, its booked value is zero too.
        let closes_at_zero = run.proof.unwrap().funds.closing == Some(0);
        if closes_at_zero && per != "payout" {
            let funds = account(ledger.market, Role::Funds);
            let value: i128 = rows
                .iter()
                .filter(|row| row.account == funds)
                .filter_map(|row| row.base)
                .sum();
            assert_eq!(value, 0, "{what}");
        }
    }
}

#[test]
fn where_pages_end_changes_nothing() {
    for seed in 0..60 {
        let mut dice = Dice::new(&[seed, 4]);
        let shape = Shape {
            seed,
            dates: dice.between(1, 6) as u64,
            entries_per_date: dice.between(0, 12),
        };
        let ledger = random_ledger(&shape);
        let range = exported(&ledger);
        let place = Workplace::new();
        let mut first: Option<[Vec<u8>; 3]> = None;
        for (index, layout) in [
            Layout::PLAIN,
            Layout::random(&mut dice),
            Layout::random(&mut dice),
        ]
        .iter()
        .enumerate()
        {
            let archive = place.path(&format!("archive-{index}"));
            let out = place.path(&format!("out-{index}"));
            ledger.write(&archive, layout);
            let run = export(&archive, &ledger, &posting(&ledger, ""), range, &out);
            assert!(run.error.is_none(), "{shape:?} {layout:?}: {:?}", run.error);
            let folder = folder(&out, &ledger, range);
            let bytes = ["journal.csv", "entries.csv", "journal.json"]
                .map(|name| fs::read(folder.join(name)).unwrap());
            match &first {
                None => first = Some(bytes),
                Some(first) => assert!(*first == bytes, "{shape:?} {layout:?}"),
            }
        }
    }
}

#[test]
fn what_a_voucher_covers_and_when_it_is_dated_changes_no_account_in_total() {
    for seed in 0..40 {
        let mut dice = Dice::new(&[seed, 5]);
        let shape = Shape {
            seed,
            dates: dice.between(1, 10) as u64,
            entries_per_date: dice.between(1, 8),
        };
        let ledger = random_ledger(&shape);
        // Up to a payout, so that none of the ways holds anything back.
        let Some(last) = ledger.last_payout(exported(&ledger)) else {
            continue;
        };
        let range = DateRange::new(date("2026-01-31"), last).unwrap();
        let place = Workplace::new();
        let archive = place.path("archive");
        ledger.write(&archive, &Layout::PLAIN);
        let mut first = None;
        for per in ["ledger-date", "payout", "entry"] {
            for basis in ["ledger-date", "transaction-date"] {
                let out = place.path(&format!("{per}-{basis}"));
                let config = format!("voucher_per = \"{per}\"\ndate_basis = \"{basis}\"");
                let run = export(&archive, &ledger, &posting(&ledger, &config), range, &out);
                assert!(run.error.is_none(), "{shape:?} {per} {basis}: {:?}", run.error);
                let sums = by_account(&journal(&folder(&out, &ledger, range)));
                match &first {
                    None => first = Some(sums),
                    Some(first) => assert_eq!(*first, sums, "{shape:?} {per} {basis}"),
                }
            }
        }
    }
}

/// Where a voucher stands among those of its date: ledger dates, then what was moved to the date,
/// then payouts, then the month's end; single entries in the order of the ledger, funds before fees.
fn place_of(id: &str) -> (u8, String, usize) {
    if let Some((stem, ordinal)) = id.rsplit_once('-')
        && (stem.ends_with("-funds") || stem.ends_with("-fees"))
    {
        let topic = stem.replace("-funds", "-1").replace("-fees", "-2");
        return (0, topic, ordinal.parse().unwrap());
    }
    let kind = if id.contains("-open@") {
        3
    } else if id.contains("-P") {
        2
    } else {
        u8::from(id.contains('@'))
    };
    (kind, id.to_owned(), 0)
}

#[test]
fn vouchers_are_in_order_and_their_ids_are_their_own() {
    for seed in 0..60 {
        let mut dice = Dice::new(&[seed, 6]);
        let shape = Shape {
            seed,
            dates: dice.between(2, 8) as u64,
            entries_per_date: dice.between(1, 8),
        };
        let ledger = random_ledger(&shape);
        let per = *dice.pick(&["ledger-date", "payout", "entry"]);
        let basis = *dice.pick(&["ledger-date", "transaction-date"]);
        let place = Workplace::new();
        let archive = place.path("archive");
        ledger.write(&archive, &Layout::PLAIN);
        let range = exported(&ledger);
        let config = format!("voucher_per = \"{per}\"\ndate_basis = \"{basis}\"");
        export(
            &archive,
            &ledger,
            &posting(&ledger, &config),
            range,
            place.folder(),
        );
        let rows = journal(&folder(place.folder(), &ledger, range));
        let mut vouchers: Vec<(String, String)> = rows
            .iter()
            .map(|row| (row.date.clone(), row.voucher.clone()))
            .collect();
        vouchers.dedup();
        let mut sorted = vouchers.clone();
        sorted.sort_by_key(|(date, id)| (date.clone(), place_of(id)));
        sorted.dedup();
        assert_eq!(vouchers, sorted, "{shape:?} {per} {basis}");
        let mut ids: Vec<&String> = vouchers.iter().map(|(_, id)| id).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), vouchers.len(), "{shape:?} {per} {basis}");
    }
}

#[test]
fn the_machines_zone_and_language_change_no_byte() {
    let place = Workplace::new();
    let shape = Shape {
        seed: 77,
        dates: 10,
        entries_per_date: 8,
    };
    let ledger = random_ledger(&shape);
    ledger.write(&place.path("archive"), &Layout::PLAIN);
    let range = exported(&ledger);
    fs::write(
        place.path("bilag.toml"),
        "[posting]\ndate_basis = \"transaction-date\"\n",
    )
    .unwrap();
    let (from, to) = (range.from().to_string(), range.to().to_string());
    let mut first = None;
    for (index, (zone, language)) in [
        ("UTC", "C"),
        ("UTC", "C"),
        ("Pacific/Kiritimati", "nb_NO.UTF-8"),
        ("America/Adak", "tr_TR.UTF-8"),
        ("Asia/Kathmandu", "ar_EG.UTF-8"),
    ]
    .into_iter()
    .enumerate()
    {
        let out = format!("out-{index}");
        let mut command = place.command(&["--json", "export", "--from", &from, "--to", &to, "--out", &out]);
        command
            .env("TZ", zone)
            .env("LC_ALL", language)
            .env("LANG", language);
        for format in ["journal-csv", "entries-csv", "journal-json"] {
            command.args(["--format", format]);
        }
        let output = run(command);
        assert_code(&output, 0);
        let folder = folder(&place.path(&out), &ledger, range);
        let mut bytes = ["journal.csv", "entries.csv", "journal.json", "manifest.json"]
            .map(|name| fs::read(folder.join(name)).unwrap())
            .to_vec();
        bytes.push(output.stdout.replace(&out, "out").into_bytes());
        match &first {
            None => first = Some(bytes),
            Some(first) => assert!(*first == bytes, "{zone} {language}"),
        }
    }
}

#[test]
fn a_second_run_leaves_every_file_as_it_is() {
    let place = Workplace::new();
    let ledger = random_ledger(&Shape {
        seed: 5,
        dates: 6,
        entries_per_date: 6,
    });
    ledger.write(&place.path("archive"), &Layout::PLAIN);
    let arguments = [
        "export",
        "--from",
        "2026-01-31",
        "--to",
        "2026-02-05",
        "--out",
        "out",
    ];
    let folder = folder(&place.path("out"), &ledger, range("2026-01-31", "2026-02-05"));
    let first = place.run(&arguments);
    assert_eq!(first.code, 0, "{}", first.stderr);
    let read = || ["journal.csv", "manifest.json"].map(|name| fs::read(folder.join(name)).unwrap());
    let bytes = read();
    let second = place.run(&arguments);
    assert_eq!(second.code, 0, "{}", second.stderr);
    assert!(bytes == read());
}

/// A number written in one of the ways that JSON allows, and what it is.
fn written_number() -> impl Strategy<Value = (String, i64)> {
    (any::<i64>(), 0u32..4, 0usize..4).prop_map(|(number, zeros, form)| {
        let number = number / 10i64.pow(zeros) * 10i64.pow(zeros);
        let text = match form {
            0 => number.to_string(),
            1 => format!("{number}.{}", "0".repeat(zeros as usize + 1)),
            2 => format!("{}e{zeros}", number / 10i64.pow(zeros)),
            _ => format!("{}.0E+{zeros}", number / 10i64.pow(zeros)),
        };
        (text, number)
    })
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn a_whole_number_in_any_form_is_read_exactly((text, number) in written_number()) {
        let body = format!("{{\"items\":[{{\"entryType\":\"capture\",\"amount\":{text}}}]}}");
        let bodies = body::parse(&body).unwrap();
        prop_assert_eq!(bodies.entries[0].amount, number);
    }

    #[test]
    fn a_fraction_of_a_minor_unit_is_refused(whole in any::<i32>(), fraction in 1u32..999) {
        let body = format!("{{\"items\":[{{\"entryType\":\"capture\",\"amount\":{whole}.{fraction:03}}}]}}");
        prop_assert!(body::parse(&body).is_err());
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "[\\[\\]{}\":,0-9a-zA-Zæ.\\\\ \n-]{0,60}") {
        // Refused or read: either is an answer.
        let _ = body::parse(&text);
        let _ = body::parse(&format!("{{\"items\":[{text}]}}"));
    }
}

/// The rows of a journal, so that two journals can be compared whatever their order.
fn sorted(mut rows: Vec<Row>) -> Vec<Row> {
    rows.sort_by(|a, b| (&a.date, &a.voucher).cmp(&(&b.date, &b.voucher)));
    rows
}

#[test]
fn a_range_exported_in_parts_gives_the_vouchers_of_the_whole() {
    for seed in 0..50 {
        let mut dice = Dice::new(&[seed, 7]);
        let shape = Shape {
            seed,
            dates: dice.between(2, 12) as u64,
            entries_per_date: dice.between(1, 6),
        };
        let ledger = random_ledger(&shape);
        let range = exported(&ledger);
        let per = *dice.pick(&["ledger-date", "payout", "entry"]);
        let basis = *dice.pick(&["ledger-date", "transaction-date"]);
        let mut config = format!("voucher_per = \"{per}\"\ndate_basis = \"{basis}\"");
        if dice.one_in(3) {
            config
                .push_str("\ncaptures = \"revenue\"\n[[rules]]\naccount = \"3900\"\nhandle = \"api:123455\"");
            config.push_str("\n[[rules]]\naccount = \"3901\"\nvalid_to = \"2026-02-03\"");
            config.push_str("\n[[rules]]\naccount = \"3902\"");
        }
        let config = format!("[posting]\nmarket = \"{}\"\n{config}\n", ledger.market.code());
        let what = format!("{shape:?} {config}");
        let place = Workplace::new();
        let archive = place.path("archive");
        ledger.write(&archive, &Layout::PLAIN);
        let rows = |range: DateRange, name: &str| {
            let out = place.path(name);
            let run = export(&archive, &ledger, &config, range, &out);
            assert!(run.error.is_none(), "{what}: {:?}", run.error);
            let proof = run.proof.unwrap();
            assert_eq!(proof.status, Status::Proven, "{what}: {:?}", proof.findings);
            journal(&folder(&out, &ledger, range))
        };
        let whole = rows(range, "whole");
        let mut parts = Vec::new();
        let mut from = range.from();
        while from <= range.to() {
            let to = bilag::date::days_after(from, dice.between(0, 4) as u64).min(range.to());
            parts.extend(rows(DateRange::new(from, to).unwrap(), &format!("part-{from}")));
            from = to.succ_opt().unwrap();
        }
        assert_eq!(sorted(whole), sorted(parts), "{what}");
    }
}

#[test]
fn with_open_dates_allowed_the_dates_before_them_are_those_of_the_whole() {
    for seed in 0..25 {
        let mut dice = Dice::new(&[seed, 8]);
        let shape = Shape {
            seed,
            dates: dice.between(2, 9) as u64,
            entries_per_date: dice.between(1, 6),
        };
        let ledger = random_ledger(&shape);
        let range = exported(&ledger);
        let open = bilag::date::days_after(range.from(), dice.between(1, shape.dates as i64 - 1) as u64);
        let closed = DateRange::new(range.from(), open.pred_opt().unwrap()).unwrap();
        let per = *dice.pick(&["ledger-date", "entry", "payout"]);
        let config = posting(&ledger, &format!("voucher_per = \"{per}\""));
        let place = Workplace::new();
        let archive = place.path("archive");
        ledger.write(&archive, &Layout::PLAIN);
        export(&archive, &ledger, &config, closed, &place.path("closed"));
        let path = ledger.path(&archive, *dice.pick(&Topic::ALL), open, &Layout::PLAIN);
        if dice.one_in(2) {
            fs::remove_file(path).unwrap();
        } else {
            fs::write(path, "{\"items\":[],\"tryLater\":true}").unwrap();
        }
        fs::write(place.path("bilag.toml"), &config).unwrap();
        let (from, to) = (range.from().to_string(), range.to().to_string());
        let arguments = ["--json", "export", "--from", &from, "--to", &to, "--out", "open"];
        let refused = place.run(&arguments);
        assert_eq!(refused.code, 3, "{shape:?}: {}", refused.stdout);
        let allowed = place.run(&[&arguments[..], &["--allow-open"]].concat());
        assert_eq!(allowed.code, 0, "{shape:?}: {}", allowed.stdout);
        let summary = allowed.ledger();
        assert_eq!(summary["open_dates"][0], open.to_string());
        let read =
            |out: &str| fs::read(folder(&place.path(out), &ledger, closed).join("journal.csv")).unwrap();
        assert!(read("open") == read("closed"), "{shape:?}");
        for (topic, name) in ["funds", "fees"].into_iter().enumerate() {
            let totals = &summary["topics"][name];
            if ledger.entries(topic, closed).count() > 0 {
                let last = ledger.entries(topic, closed).last().unwrap();
                assert_eq!(
                    minor(totals["closing"].as_str().unwrap()),
                    i128::from(last.after.unwrap()),
                    "{shape:?}"
                );
            }
        }
    }
}

#[test]
fn every_kind_of_generated_ledger_is_proven_and_booked() {
    use bilag::archive::Archive;
    use bilag::sandbox::archived::write_archive;
    use bilag::sandbox::engine::{Frequency, Settlement};
    use bilag::sandbox::generate::Generator;
    use bilag::sandbox::plan::Plan;

    let mut seed = 0;
    for market in Market::ALL {
        for settlement in [Settlement::Net, Settlement::Gross] {
            for frequency in [Frequency::Daily, Frequency::Weekly, Frequency::Monthly] {
                seed += 1;
                let entries = range("2026-02-08", "2026-02-28");
                let mut plan = Plan::new(market, "302321", entries);
                plan.terms.settlement = settlement;
                plan.terms.frequency = frequency;
                plan.terms.reserve = if seed % 3 == 0 { 10_000 } else { 0 };
                plan.payments_per_date = 12;
                plan.seed = seed;
                let what = format!("{plan:?}");
                let place = Workplace::new();
                let archive = place.path("archive");
                let source = Generator::new(vec![plan]);
                write_archive(
                    &source,
                    &Archive::new(&archive),
                    range("2026-02-01", "2026-02-28"),
                )
                .unwrap();
                let ledger = Ledger::new("302321").market(market);
                let run = export(&archive, &ledger, "", entries, place.folder());
                assert!(run.error.is_none(), "{what}: {:?}", run.error);
                let proof = run.proof.unwrap();
                assert_eq!(proof.status, Status::Proven, "{what}: {:?}", proof.findings);
                let rows = journal(&folder(place.folder(), &ledger, entries));
                assert_balanced(&rows, &ledger.currency, &what);
                let moved = by_account(&rows);
                for (role, totals) in [(Role::Funds, &proof.funds), (Role::FeesPayable, &proof.fees)] {
                    let sum: i128 = totals.by_type.values().map(|total| i128::from(total.sum)).sum();
                    let account = account(market, role);
                    assert_eq!(moved.get(&account).copied().unwrap_or(0), sum, "{what}");
                }
            }
        }
    }
}
