//! Lives through the program and through the oracle.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::NaiveDate;

use crate::harness::files::scratch;
use crate::oracle::choose::{self, Books};
use crate::oracle::compare::{self, Journal};
use crate::oracle::drafts::Voucher;
use crate::oracle::generate;
use crate::oracle::life::{Life, Topic, next};
use crate::oracle::market::Role;
use crate::oracle::poster::{self, month_end};
use crate::oracle::setting::{Fees, Setting};

/// The months of a life.
fn months(life: &Life) -> Vec<(NaiveDate, NaiveDate)> {
    let mut months = Vec::new();
    let mut first = life.first;
    while first <= life.last {
        months.push((first, month_end(first)));
        first = next(month_end(first));
    }
    months
}

fn of(vouchers: &[Voucher], (first, last): (NaiveDate, NaiveDate)) -> Vec<&Voucher> {
    let in_range = |voucher: &&Voucher| (first..=last).contains(&voucher.on);
    vouchers.iter().filter(in_range).collect()
}

/// What was compared.
#[derive(Debug, Default, Clone, Copy)]
struct Count {
    lives: usize,
    exports: usize,
    vouchers: usize,
    postings: usize,
}

/// Books a life both ways, month by month and at once; gives what differs.
fn try_life(seed: u64, count: &mut Count) -> Result<(), String> {
    let life = generate::life(seed);
    let books = choose::books(seed, &life);
    let folder = scratch();
    life.write(folder.path());
    count.lives += 1;
    let of_month = by_month(&life, &books, folder.path(), count)?;
    let is_one_mode = books.months.windows(2).all(|pair| pair[0] == pair[1]);
    if is_one_mode {
        let range = (life.first, life.last);
        let whole = compare::export(folder.path(), &life, &books.setting, range)?;
        let expected = poster::post(&life, &books.setting);
        report("the whole", compare::differences(&whole, &of(&expected, range)))?;
        count.exports += 1;
        if whole != of_month {
            return Err("the whole has other vouchers than the months".to_owned());
        }
    }
    Ok(())
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
        count.exports += 1;
        count.vouchers += found.len();
        count.postings += found.values().map(|voucher| voucher.1.len()).sum::<usize>();
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

/// The mirror accounts, from the program's own vouchers, in both currencies.
#[derive(Debug, Default)]
struct Mirrors {
    sums: BTreeMap<String, (i64, i64)>,
    /// What others booked on funds, or fees that no voucher holds.
    elsewhere: BTreeMap<Topic, i64>,
    is_unvalued: bool,
}

impl Mirrors {
    fn check(
        &mut self,
        life: &Life,
        setting: &Setting,
        (first, last): (NaiveDate, NaiveDate),
        found: &Journal,
    ) -> Result<(), String> {
        for posting in found.values().flat_map(|voucher| &voucher.1) {
            let sum = self.sums.entry(posting.account.clone()).or_default();
            if posting.currency == life.currency {
                sum.0 += posting.amount;
            }
            sum.1 += posting.base.unwrap_or(posting.amount);
        }
        let unposted = poster::unposted(life, setting, first, last);
        *self.elsewhere.entry(Topic::Funds).or_default() += unposted;
        if setting.modes.fees == Fees::Retained {
            let moved = life.balance(Topic::Fees, last)
                - life.balance(Topic::Fees, crate::oracle::life::before(first, 1));
            *self.elsewhere.entry(Topic::Fees).or_default() += moved;
        }
        if !crate::oracle::RULES.payouts
            && setting.modes.voucher_per == crate::oracle::setting::VoucherPer::Payout
        {
            return Ok(());
        }
        let mirrors = [(Topic::Funds, Role::Funds), (Topic::Fees, Role::FeesPayable)];
        self.is_unvalued |= !setting.revalues || !crate::oracle::RULES.currency;
        for (topic, role) in mirrors {
            let account = setting.market.account(role);
            let (booked, value) = self.sums.get(account).copied().unwrap_or_default();
            let elsewhere = self.elsewhere.get(&topic).copied().unwrap_or_default();
            let balance = life.balance(topic, last);
            if booked + elsewhere != balance {
                return Err(format!(
                    "{account} holds {booked} with {elsewhere} elsewhere, the ledger {balance}"
                ));
            }
            let is_valued = !self.is_unvalued && elsewhere == 0 || !setting.is_foreign();
            if is_valued && value != setting.in_base(booked, last) {
                return Err(format!(
                    "{account} is worth {value} on {last}, and holds {booked}"
                ));
            }
        }
        Ok(())
    }
}

/// `BILAG_LIVES` tries more, `BILAG_LIFE` one alone, from a seed on.
#[test]
fn lives_are_booked_as_the_second_poster_books_them() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let (first, lives) = match number("BILAG_LIFE") {
        Some(seed) => (seed, 1),
        None => (
            number("BILAG_SEED").unwrap_or(1),
            number("BILAG_LIVES").unwrap_or(24),
        ),
    };
    let (mut count, mut failures) = (Count::default(), Vec::new());
    for seed in first..first + lives {
        if let Err(text) = try_life(seed, &mut count) {
            failures.push(format!("life {seed}: {text}"));
        }
    }
    eprintln!("{count:?}");
    let shown = failures.len().min(5);
    assert!(
        failures.is_empty(),
        "{} lives differ\n{}",
        failures.len(),
        failures[..shown].join("\n")
    );
}
