//! Small voucher numbers for targets that want them.
//!
//! They follow from the voucher's date alone, without any state, so that the same date exported
//! again has the same number. Each date has 27 numbers: three for each of nine series, which
//! keep the ledgers of one company apart.

use chrono::{Datelike, NaiveDate};

use crate::format::LARGEST_SERIES;
use crate::journal::Voucher;

const NUMBERS_PER_SERIES: u32 = 3;
const NUMBERS_PER_DATE: u32 = (LARGEST_SERIES + 1) * NUMBERS_PER_SERIES;

/// What a voucher's id says, after `VM-<ledgerId>-`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Id<'v> {
    /// A ledger date, booked on its own or on another date.
    LedgerDate(NaiveDate, Option<NaiveDate>),
    /// A payout, whole or the part up to a date.
    Payout(&'v str, Option<NaiveDate>),
    /// One entry: ledger date, topic and ordinal.
    Entry(NaiveDate, &'v str),
}

/// A number below 10,000 that no other voucher of the series has in any twelve months.
pub fn small(voucher: &Voucher, series: u32) -> Result<u32, String> {
    let place = place(voucher)?;
    let date = voucher.date();
    // Counted as in a leap year, so that a date has the same number every year.
    let leap = NaiveDate::from_ymd_opt(2024, date.month(), date.day()).unwrap_or(date);
    Ok(leap.ordinal0() * NUMBERS_PER_DATE + series * NUMBERS_PER_SERIES + place + 1)
}

/// A number of nine digits that no other voucher of the series has in a hundred years: the date
/// as `YYMMDD`, the series in two digits, and the place on the date.
pub fn by_date(voucher: &Voucher, series: u32) -> Result<u32, String> {
    let place = place(voucher)?;
    let date = voucher.date();
    let year = date.year().rem_euclid(100).unsigned_abs();
    Ok(((year * 100 + date.month()) * 100 + date.day()) * 1000 + series * 10 + place)
}

/// The id in at most 20 characters for ledgers of six digits: without `VM-`, and dates as `YYMMDD`.
pub fn short_id(voucher: &Voucher) -> String {
    let date = |date: NaiveDate| date.format("%y%m%d").to_string();
    let part = |part: Option<NaiveDate>| part.map(|part| format!("@{}", date(part))).unwrap_or_default();
    let ledger_id = voucher.ledger_id();
    match parse(voucher) {
        Some(Id::LedgerDate(of, on)) => format!("{ledger_id}-{}{}", date(of), part(on)),
        Some(Id::Payout(number, upto)) => format!("{ledger_id}-P{number}{}", part(upto)),
        Some(Id::Entry(of, rest)) => {
            let rest = rest.replace("funds-", "A").replace("fees-", "B");
            format!("{ledger_id}-{}{rest}", date(of))
        }
        None => voucher.id().to_owned(),
    }
}

/// The voucher's place among those of its date and series: 0, 1 or 2.
fn place(voucher: &Voucher) -> Result<u32, String> {
    let id = voucher.id();
    match parse(voucher) {
        Some(Id::LedgerDate(_, None) | Id::Payout(_, None)) => Ok(0),
        Some(Id::Payout(_, Some(_))) => Ok(1),
        Some(Id::LedgerDate(ledger_date, Some(date))) => {
            let days = (ledger_date - date).num_days();
            u32::try_from(days)
                .ok()
                .filter(|days| (1..NUMBERS_PER_SERIES).contains(days))
                .ok_or_else(|| {
                    format!(
                        "voucher {id}: its ledger date is {days} days after its date, and a number can be given only for one or two; \
                         use `date_basis = \"ledger-date\"`"
                    )
                })
        }
        Some(Id::Entry(..)) => Err(format!(
            "voucher {id}: one voucher per entry has more vouchers than small numbers; use `voucher_per = \"ledger-date\"` or \"payout\""
        )),
        None => Err(format!("voucher {id}: no number follows from its id")),
    }
}

fn parse(voucher: &Voucher) -> Option<Id<'_>> {
    let rest = voucher
        .id()
        .strip_prefix("VM-")?
        .strip_prefix(voucher.ledger_id())?
        .strip_prefix('-')?;
    let (rest, part) = match rest.split_once('@') {
        Some((rest, part)) => (rest, Some(crate::date::parse(part).ok()?)),
        None => (rest, None),
    };
    if let Some(number) = rest.strip_prefix('P') {
        return Some(Id::Payout(number, part));
    }
    let (date, entry) = rest.split_at_checked(10)?;
    let date = crate::date::parse(date).ok()?;
    match entry.strip_prefix('-') {
        Some(entry) => Some(Id::Entry(date, entry)),
        None => entry.is_empty().then_some(Id::LedgerDate(date, part)),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use super::*;
    use crate::money::Currency;

    fn voucher(id: &str, date: &str) -> Voucher {
        let nok = Currency::parse("NOK").unwrap();
        let date = crate::date::parse(date).unwrap();
        Voucher::new(id.to_owned(), Arc::from("302321"), date, nok, nok, Vec::new()).unwrap()
    }

    #[test]
    fn a_year_of_nine_ledgers_has_small_numbers_without_collisions() {
        let mut numbers = BTreeSet::new();
        let first = crate::date::parse("2027-07-01").unwrap();
        for date in first.iter_days().take(366) {
            for series in 0..=LARGEST_SERIES {
                for (id, expected) in [
                    (format!("VM-302321-{date}"), 0),
                    (
                        format!("VM-302321-{}@{date}", crate::date::days_after(date, 1)),
                        1,
                    ),
                    (
                        format!("VM-302321-{}@{date}", crate::date::days_after(date, 2)),
                        2,
                    ),
                ] {
                    let voucher = voucher(&id, &date.to_string());
                    let number = small(&voucher, series).unwrap();
                    assert!((1..10_000).contains(&number) && numbers.insert(number), "{id}");
                    assert_eq!(by_date(&voucher, series).unwrap() % 10, expected);
                }
            }
        }
    }

    #[test]
    fn what_has_no_number_is_refused() {
        for (id, date) in [
            ("VM-302321-2026-02-02-funds-001", "2026-02-02"),
            ("VM-302321-2026-02-09@2026-02-02", "2026-02-02"),
            ("VM-302321-2026-02-01@2026-02-02", "2026-02-02"),
            ("X-1", "2026-02-02"),
        ] {
            assert!(small(&voucher(id, date), 0).unwrap_err().contains(id));
            assert!(by_date(&voucher(id, date), 0).is_err());
        }
    }

    #[test]
    fn short_ids_tell_the_same_vouchers_apart() {
        for (id, short) in [
            ("VM-302321-2026-02-02", "302321-260202"),
            ("VM-302321-2026-02-02@2026-02-01", "302321-260202@260201"),
            ("VM-302321-P2000023", "302321-P2000023"),
            ("VM-302321-2026-02-02-fees-012", "302321-260202B012"),
        ] {
            assert_eq!(short_id(&voucher(id, "2026-02-02")), short);
        }
    }
}
