//! Lives through the program and through the oracle.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::NaiveDate;

use crate::harness::chance::Dice;
use crate::harness::files::scratch;
use crate::oracle::choose::{self, Books};
use crate::oracle::compare::{self, Journal};
use crate::oracle::drafts::Voucher;
use crate::oracle::generate;
use crate::oracle::life::{Life, next};
use crate::oracle::mirrors::Mirrors;
use crate::oracle::poster::{self, month_end};
use crate::oracle::setting::Setting;

/// First and last date.
pub(crate) type Range = (NaiveDate, NaiveDate);

/// The months of a life.
pub(crate) fn months(life: &Life) -> Vec<Range> {
    pieces(life, month_end)
}

/// The dates of a life in pieces; `end` gives the last date of the piece that begins with a date.
fn pieces(life: &Life, mut end: impl FnMut(NaiveDate) -> NaiveDate) -> Vec<Range> {
    let mut pieces = Vec::new();
    let mut first = life.first;
    while first <= life.last {
        let last = end(first).min(life.last);
        pieces.push((first, last));
        first = next(last);
    }
    pieces
}

/// The vouchers that an export of some dates has.
pub(crate) fn of(vouchers: &[Voucher], (first, last): Range) -> Vec<&Voucher> {
    let in_range = |voucher: &&Voucher| (first..=last).contains(&voucher.on);
    vouchers.iter().filter(in_range).collect()
}

/// What was compared: how many, and how many postings of each key and vouchers of each kind.
#[derive(Debug, Default)]
struct Count {
    lives: usize,
    exports: usize,
    vouchers: usize,
    postings: usize,
    seen: BTreeMap<String, usize>,
}

impl Count {
    fn add(&mut self, journal: &Journal) {
        self.exports += 1;
        self.vouchers += journal.len();
        for (id, (_, postings)) in journal {
            self.postings += postings.len();
            let name = id.splitn(3, '-').nth(2).unwrap();
            let kind = match name.split_once('@') {
                Some(("open", _)) => "open@",
                Some(("fx", _)) => "fx@",
                Some(_) => "@",
                None if name.contains('.') => "payout again",
                None if name.starts_with('P') => "payout",
                None if name.len() > 10 => "entry",
                None => "date",
            };
            let keys = postings.iter().map(|posting| posting.key.as_str());
            for what in keys.chain([kind]) {
                *self.seen.entry(what.to_owned()).or_default() += 1;
            }
        }
    }
}

/// Books a life month by month, at once, and in pieces; gives what differs.
fn try_life(seed: u64, count: &mut Count) -> Result<(), String> {
    let life = generate::life(seed);
    let books = choose::books(seed, &life);
    let folder = scratch();
    life.write(folder.path());
    count.lives += 1;
    let of_months = by_month(&life, &books, folder.path(), count)?;
    let mut dice = Dice::new(&[17, seed]);
    if seed % 3 == 1 {
        try_rest(&life, &books, &mut dice, scratch().path(), count)?;
    }
    if books.months.windows(2).any(|pair| pair[0] != pair[1]) {
        return Ok(());
    }
    let whole = compare::export(folder.path(), &life, &books.setting, (life.first, life.last))?;
    count.add(&whole);
    same("the whole", &whole, &of_months)?;
    if seed.is_multiple_of(3) {
        let mut joined = Journal::new();
        for piece in pieces(&life, |first| first + chrono::Duration::days(dice.between(0, 80))) {
            let what = format!("{} to {}", piece.0, piece.1);
            let found = compare::export(folder.path(), &life, &books.setting, piece);
            let found = found.map_err(|error| format!("{what}: {error}"))?;
            count.add(&found);
            joined.extend(found);
        }
        same("the pieces", &joined, &whole)?;
    }
    Ok(())
}

/// Books the rest of a life when nothing before a month is known.
fn try_rest(
    life: &Life,
    books: &Books,
    dice: &mut Dice,
    folder: &Path,
    count: &mut Count,
) -> Result<(), String> {
    let months = months(life);
    let index = dice.between(2, 11) as usize;
    let rest = life.from(months[index].0);
    rest.write(folder);
    let setting = Setting {
        modes: books.months[index],
        ..books.setting.clone()
    };
    let vouchers = poster::post(&rest, &setting);
    for range in [months[index], months[index + 1], (months[index].0, rest.last)] {
        let what = format!("from {} on, {} to {}", rest.first, range.0, range.1);
        let found =
            compare::export(folder, &rest, &setting, range).map_err(|error| format!("{what}: {error}"))?;
        report(&what, compare::differences(&found, &of(&vouchers, range)))?;
        count.add(&found);
    }
    Ok(())
}

/// Asserts that two ways through the program lead to the same vouchers.
fn same(what: &str, found: &Journal, other: &Journal) -> Result<(), String> {
    let expected: Vec<Voucher> = other
        .iter()
        .map(|(id, (date, postings))| Voucher {
            id: id.clone(),
            date: *date,
            on: *date,
            postings: postings.clone(),
        })
        .collect();
    report(
        what,
        compare::differences(found, &expected.iter().collect::<Vec<_>>()),
    )
}

fn report(what: &str, differences: String) -> Result<(), String> {
    if differences.is_empty() {
        Ok(())
    } else {
        Err(format!("{what}:\n{differences}"))
    }
}

/// All vouchers of a life, month by month.
fn by_month(life: &Life, books: &Books, folder: &Path, count: &mut Count) -> Result<Journal, String> {
    let mut all = Journal::new();
    let mut mirrors = Mirrors::default();
    let mut known: Option<(Setting, Vec<Voucher>)> = None;
    for (month, modes) in months(life).into_iter().zip(&books.months) {
        let setting = Setting {
            modes: *modes,
            ..books.setting.clone()
        };
        let what = format!("{} to {} {modes:?}", month.0, month.1);
        let found =
            compare::export(folder, life, &setting, month).map_err(|error| format!("{what}: {error}"))?;
        if known.as_ref().is_none_or(|(last, _)| last.modes != *modes) {
            known = Some((setting.clone(), poster::post(life, &setting)));
        }
        let vouchers = known.as_ref().map_or(&[][..], |(_, vouchers)| vouchers);
        report(&what, compare::differences(&found, &of(vouchers, month)))?;
        count.add(&found);
        mirrors
            .check(life, &setting, month, &found)
            .map_err(|error| format!("{what}: {error}"))?;
        for (id, voucher) in found {
            if all.insert(id.clone(), voucher).is_some() {
                return Err(format!("{id} is in two months"));
            }
        }
    }
    Ok(all)
}

/// So many lives are tried unless `BILAG_LIVES` says otherwise.
const LIVES: u64 = 12;

#[test]
fn lives_are_booked_as_the_second_poster_books_them() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let first = number("BILAG_SEED").unwrap_or(1);
    let lives = number("BILAG_LIVES").unwrap_or(LIVES);
    let (mut count, mut failures) = (Count::default(), Vec::new());
    for seed in first..first + lives {
        if let Err(text) = try_life(seed, &mut count) {
            let head: Vec<&str> = text.lines().take(40).collect();
            failures.push(format!("life {seed}: {}", head.join("\n")));
        }
    }
    if lives != LIVES {
        eprintln!("{count:?}");
    }
    let shown = failures.len().min(6);
    assert!(
        failures.is_empty(),
        "{} of {} lives differ\n{}",
        failures.len(),
        count.lives,
        failures[..shown].join("\n")
    );
    if lives >= LIVES {
        let kinds = [
            "@",
            "date",
            "entry",
            "fx@",
            "open@",
            "payout",
            "payout again",
            "fx_difference",
            "fx_revaluation",
            "rounding",
            "unknown_fees",
            "credit_note_funds",
            "dispute_returned",
            "payout_aborted",
        ];
        let is_missing = |kind: &&&str| !count.seen.contains_key(**kind);
        let missing: Vec<_> = kinds.iter().filter(is_missing).collect();
        assert!(missing.is_empty(), "the lives have no {missing:?}");
    }
}
