//! The id of a voucher: what it is made of, and how targets write it.
//!
//! The long form is the idempotency key in targets. The short and numeric forms follow from the
//! same parts, without any state, so that the same voucher exported again has the same number.

use std::cmp::Ordering;
use std::fmt::{self, Write};
use std::sync::Arc;

use chrono::{Datelike, NaiveDate};

use crate::provider::Topic;

/// The largest series of voucher numbers; each ledger of one company has its own.
pub const LARGEST_SERIES: u32 = 8;

/// The vouchers of a date and series that have small numbers: its own (of its entries, its payout,
/// or its month's end), and those of the ledger dates after and before it.
const NUMBERS_PER_SERIES: u32 = 3;
const NUMBERS_PER_DATE: u32 = (LARGEST_SERIES + 1) * NUMBERS_PER_SERIES;
/// The small numbers of a year's dates, 29 February counted. Those above are for revaluations, one
/// for each month and series.
const NUMBERS_OF_DATES: u32 = 366 * NUMBERS_PER_DATE;

/// A voucher's place among those of its date and series, where each date has ten: the last digit of
/// its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The one voucher that is the date's own. No date has two of those: entries of its ledger date,
    /// or a payout (one voucher takes in all payouts of a date), or the end of a month without a
    /// payout on it.
    Own = 0,
    /// Entries of the next ledger date.
    OfNext = 1,
    OfNextButOne = 2,
    Revaluation = 3,
    /// Entries of the ledger date before, which ended after midnight.
    OfLast = 4,
    OfLastButOne = 5,
}

/// What a voucher is made of. The order is the order of vouchers of one date.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// The entries of a ledger date.
    LedgerDate(NaiveDate),
    /// One entry.
    Entry {
        /// The ledger date.
        ledger_date: NaiveDate,
        /// The topic.
        topic: Topic,
        /// The entry's place on the date, from 1.
        ordinal: usize,
    },
    /// Entries of a ledger date that are booked on another date, which is the voucher's.
    Moved {
        /// The ledger date.
        ledger_date: NaiveDate,
        /// The date of the booking.
        date: NaiveDate,
    },
    /// The entries up to a payout, since the one before or the beginning of the month.
    Payout {
        /// The payout's number.
        number: String,
        /// The payout's ledger date where a payout before it has the same number, else `None`.
        repeat: Option<NaiveDate>,
    },
    /// The entries of a month after its last payout.
    Open {
        /// The month's last date.
        month_end: NaiveDate,
    },
    /// The value of what is left at the end of a month, in the base currency.
    Revaluation {
        /// The month's last date.
        month_end: NaiveDate,
    },
    /// What corrects a voucher that was imported: its reversal, or the new one in its place.
    Correction {
        /// The id of the voucher that is corrected.
        of: String,
        /// Its short form.
        short: String,
        /// How many corrections of it there were, with this one.
        number: u32,
        /// Whether this is the new voucher, or the reversal.
        is_new: bool,
    },
}

/// A voucher's id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VoucherId {
    ledger_id: Arc<str>,
    origin: Origin,
    long: String,
}

impl VoucherId {
    /// The id of a ledger's voucher.
    pub fn new(ledger_id: Arc<str>, origin: Origin) -> Self {
        let mut id = Self {
            ledger_id,
            origin,
            long: String::new(),
        };
        id.spell();
        id
    }

    /// The ledger.
    pub fn ledger_id(&self) -> &Arc<str> {
        &self.ledger_id
    }

    /// What the voucher is made of.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The long form: `VM-302321-2026-02-02`.
    pub fn as_str(&self) -> &str {
        &self.long
    }

    /// The id of another entry of the same topic and date. Does nothing to ids of other kinds.
    pub(crate) fn move_to(&mut self, place: usize) {
        if let Origin::Entry { ordinal, .. } = &mut self.origin {
            *ordinal = place;
            let stem = self.long.rfind('-').map_or(0, |hyphen| hyphen + 1);
            self.long.truncate(stem);
            push_ordinal(&mut self.long, place);
        }
    }

    /// The id of an entry of the same topic on another date. Does nothing to ids of other kinds.
    pub(crate) fn move_to_date(&mut self, date: NaiveDate) {
        if let Origin::Entry { ledger_date, .. } = &mut self.origin {
            *ledger_date = date;
            self.spell();
        }
    }

    fn spell(&mut self) {
        self.long.clear();
        if let Origin::Correction { of, .. } = &self.origin {
            self.long.push_str(of);
        } else {
            self.long.push_str("VM-");
            self.long.push_str(&self.ledger_id);
        }
        // Writing to a String cannot fail.
        let _ = match &self.origin {
            Origin::Correction { number, is_new, .. } => write!(self.long, "{}{number}", mark(*is_new)),
            Origin::LedgerDate(date) => write!(self.long, "-{date}"),
            Origin::Moved { ledger_date, date } => write!(self.long, "-{ledger_date}@{date}"),
            Origin::Payout { number, repeat: None } => write!(self.long, "-P{number}"),
            Origin::Payout {
                number,
                repeat: Some(date),
            } => write!(self.long, "-P{number}.{}", date.format("%Y%m%d")),
            Origin::Open { month_end } => write!(self.long, "-open@{month_end}"),
            Origin::Revaluation { month_end } => write!(self.long, "-fx@{month_end}"),
            Origin::Entry {
                ledger_date,
                topic,
                ordinal,
            } => {
                let written = write!(self.long, "-{ledger_date}-{topic}-");
                push_ordinal(&mut self.long, *ordinal);
                written
            }
        };
    }

    /// The id in at most 20 characters for ledgers of six digits: without `VM-`, dates as
    /// `YYMMDD`, topics as `A` (funds) and `B` (fees), a payout whose number was there before as
    /// `R` and its date.
    pub fn short(&self) -> String {
        let ledger_id = &self.ledger_id;
        let date = |date: &NaiveDate| date.format("%y%m%d").to_string();
        match &self.origin {
            Origin::Correction {
                short,
                number,
                is_new,
                ..
            } => format!("{short}{}{number}", mark(*is_new)),
            Origin::LedgerDate(of) => format!("{ledger_id}-{}", date(of)),
            Origin::Moved {
                ledger_date,
                date: on,
            } => {
                format!("{ledger_id}-{}@{}", date(ledger_date), date(on))
            }
            Origin::Payout { number, repeat: None } => format!("{ledger_id}-P{number}"),
            Origin::Payout { repeat: Some(of), .. } => format!("{ledger_id}-R{}", date(of)),
            Origin::Open { month_end } => format!("{ledger_id}-open@{}", date(month_end)),
            Origin::Revaluation { month_end } => format!("{ledger_id}-fx@{}", date(month_end)),
            Origin::Entry {
                ledger_date,
                topic,
                ordinal,
            } => {
                let topic = match topic {
                    Topic::Funds => 'A',
                    Topic::Fees => 'B',
                };
                format!("{ledger_id}-{}{topic}{ordinal:03}", date(ledger_date))
            }
        }
    }

    /// A number below 10,000 that no other voucher of the series has in any twelve months.
    /// `date` is the voucher's. Each date has 27 numbers: three for each series; the last date of
    /// each month has nine more for revaluations, above those of all dates.
    pub fn small_number(&self, date: NaiveDate, series: u32) -> Result<u32, String> {
        let place = match self.place()? {
            Place::Own => 0,
            Place::OfNext => 1,
            Place::OfLast => 2,
            Place::Revaluation => {
                return Ok(NUMBERS_OF_DATES + date.month0() * (LARGEST_SERIES + 1) + series + 1);
            }
            Place::OfNextButOne | Place::OfLastButOne => {
                return Err(format!(
                    "voucher {self}: its ledger date is two days from its date, and there are small numbers only for one day; \
                     use `date_basis = \"ledger-date\"`"
                ));
            }
        };
        // Counted as in a leap year, so that a date has the same number every year.
        let leap = NaiveDate::from_ymd_opt(2024, date.month(), date.day()).unwrap_or(date);
        Ok(leap.ordinal0() * NUMBERS_PER_DATE + series * NUMBERS_PER_SERIES + place + 1)
    }

    /// A number of nine digits that no other voucher of the series has in a hundred years: the
    /// voucher's date as `YYMMDD`, the series in two digits, and the place on the date.
    pub fn date_number(&self, date: NaiveDate, series: u32) -> Result<u32, String> {
        let place = self.place()? as u32;
        let year = date.year().rem_euclid(100).unsigned_abs();
        Ok(((year * 100 + date.month()) * 100 + date.day()) * 1000 + series * 10 + place)
    }

    fn place(&self) -> Result<Place, String> {
        match &self.origin {
            Origin::LedgerDate(_) | Origin::Payout { .. } | Origin::Open { .. } => Ok(Place::Own),
            Origin::Revaluation { .. } => Ok(Place::Revaluation),
            Origin::Moved { ledger_date, date } => match (*ledger_date - *date).num_days() {
                1 => Ok(Place::OfNext),
                2 => Ok(Place::OfNextButOne),
                -1 => Ok(Place::OfLast),
                -2 => Ok(Place::OfLastButOne),
                days => Err(format!(
                    "voucher {self}: its ledger date is {} days from its date, and a number can be given only for one or two; \
                     use `date_basis = \"ledger-date\"`",
                    days.unsigned_abs()
                )),
            },
            Origin::Correction { .. } => Err(format!(
                "voucher {self}: a correction has no small number; correct the voucher in the target by hand, and withdraw its export \
                 with `bilag plan --forget` before it is exported again"
            )),
            Origin::Entry { .. } => Err(format!(
                "voucher {self}: one voucher per entry has more vouchers than small numbers; use `voucher_per = \"ledger-date\"` or \"payout\""
            )),
        }
    }
}

/// By what the vouchers are made of, not by their text: entry 999 comes before entry 1000.
impl Ord for VoucherId {
    fn cmp(&self, other: &Self) -> Ordering {
        (&self.ledger_id, &self.origin).cmp(&(&other.ledger_id, &other.origin))
    }
}

impl PartialOrd for VoucherId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for VoucherId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.long)
    }
}

/// What tells a correction from what it corrects: `~R` for a reversal, `~` for the new voucher.
fn mark(is_new: bool) -> &'static str {
    if is_new { "~" } else { "~R" }
}

/// Three digits or more.
fn push_ordinal(text: &mut String, ordinal: usize) {
    let mut digits = [b'0'; 20];
    let (mut rest, mut start) = (ordinal, digits.len());
    while rest > 0 || digits.len() - start < 3 {
        start -= 1;
        digits[start] = b'0' + u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
    }
    text.extend(digits[start..].iter().map(|digit| char::from(*digit)));
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::date::{days_after, days_before};

    fn date(text: &str) -> NaiveDate {
        crate::date::parse(text).unwrap()
    }

    fn id(origin: Origin) -> VoucherId {
        VoucherId::new(Arc::from("302321"), origin)
    }

    fn entry(ordinal: usize) -> VoucherId {
        id(Origin::Entry {
            ledger_date: date("2026-02-02"),
            topic: Topic::Fees,
            ordinal,
        })
    }

    fn moved(ledger_date: &str, to: &str) -> VoucherId {
        id(Origin::Moved {
            ledger_date: date(ledger_date),
            date: date(to),
        })
    }

    fn payout(number: &str, repeat: Option<&str>) -> VoucherId {
        id(Origin::Payout {
            number: number.to_owned(),
            repeat: repeat.map(date),
        })
    }

    fn open(month_end: &str) -> VoucherId {
        let month_end = date(month_end);
        id(Origin::Open { month_end })
    }

    fn revaluation(month_end: &str) -> VoucherId {
        let month_end = date(month_end);
        id(Origin::Revaluation { month_end })
    }

    #[test]
    fn an_id_has_a_long_and_a_short_form() {
        for (id, long, short) in [
            (
                id(Origin::LedgerDate(date("2026-02-02"))),
                "VM-302321-2026-02-02",
                "302321-260202",
            ),
            (
                moved("2026-02-02", "2026-02-01"),
                "VM-302321-2026-02-02@2026-02-01",
                "302321-260202@260201",
            ),
            (payout("2000023", None), "VM-302321-P2000023", "302321-P2000023"),
            (
                payout("2000023", Some("2026-12-31")),
                "VM-302321-P2000023.20261231",
                "302321-R261231",
            ),
            (
                open("2026-12-31"),
                "VM-302321-open@2026-12-31",
                "302321-open@261231",
            ),
            (
                revaluation("2026-12-31"),
                "VM-302321-fx@2026-12-31",
                "302321-fx@261231",
            ),
            (entry(12), "VM-302321-2026-02-02-fees-012", "302321-260202B012"),
            (
                entry(1000),
                "VM-302321-2026-02-02-fees-1000",
                "302321-260202B1000",
            ),
        ] {
            assert_eq!((id.as_str(), id.short().as_str()), (long, short));
        }
    }

    #[test]
    fn an_id_moves_to_any_entry_of_its_date() {
        let mut moving = entry(1);
        for ordinal in [2, 999, 1000, 7, 123_456] {
            moving.move_to(ordinal);
            assert_eq!(moving, entry(ordinal));
        }
    }

    #[test]
    fn an_id_moves_to_another_date() {
        let mut moving = entry(12);
        moving.move_to_date(date("2026-03-01"));
        assert_eq!(moving.as_str(), "VM-302321-2026-03-01-fees-012");
        moving.move_to_date(date("2026-02-02"));
        assert_eq!(moving, entry(12));
    }

    #[test]
    fn ids_of_a_date_are_in_the_order_of_their_kinds() {
        let funds = Origin::Entry {
            ledger_date: date("2026-02-02"),
            topic: Topic::Funds,
            ordinal: 1000,
        };
        let ordered = [
            id(Origin::LedgerDate(date("2026-02-02"))),
            id(funds),
            entry(999),
            entry(1000),
            moved("2026-02-03", "2026-02-02"),
            moved("2026-02-04", "2026-02-02"),
            payout("2000023", None),
            payout("2000023", Some("2026-02-02")),
            open("2026-02-02"),
            revaluation("2026-02-02"),
        ];
        assert!(ordered.is_sorted_by(|a, b| a < b));
    }

    /// What one series can have on a date: something of its own, by the mode of its month, and what
    /// other ledger dates book on it, in whatever mode theirs is.
    #[test]
    fn a_year_of_nine_ledgers_has_small_numbers_without_collisions() {
        let mut numbers = BTreeSet::new();
        for date in date("2027-07-01").iter_days().take(366) {
            let of = |ledger_date| id(Origin::Moved { ledger_date, date });
            let (number, month_end) = ("2000023".to_owned(), date);
            let own = [
                id(Origin::LedgerDate(date)),
                id(Origin::Payout { number, repeat: None }),
                id(Origin::Open { month_end }),
            ];
            let mut ids = vec![
                id(Origin::LedgerDate(date)),
                of(days_after(date, 1)),
                of(days_before(date, 1)),
            ];
            if days_after(date, 1).day() == 1 {
                ids.push(id(Origin::Revaluation { month_end }));
            }
            for series in 0..=LARGEST_SERIES {
                let of_own = own.each_ref().map(|id| id.small_number(date, series));
                assert!(of_own.iter().all(|number| *number == of_own[0]));
                for id in &ids {
                    let number = id.small_number(date, series).unwrap();
                    assert!((1..10_000).contains(&number) && numbers.insert(number), "{id}");
                }
            }
        }
    }

    #[test]
    fn vouchers_of_a_date_have_numbers_of_their_own_by_date() {
        let on = date("2026-01-31");
        let ids = [
            open("2026-01-31"),
            moved("2026-02-01", "2026-01-31"),
            moved("2026-02-02", "2026-01-31"),
            revaluation("2026-01-31"),
            moved("2026-01-30", "2026-01-31"),
            moved("2026-01-29", "2026-01-31"),
        ];
        for (place, id) in (0..).zip(ids) {
            assert_eq!(id.date_number(on, 8), Ok(260_131_080 + place), "{id}");
        }
    }

    /// Targets that have imported a voucher know it by its number.
    #[test]
    fn numbers_do_not_change_from_one_version_to_the_next() {
        let cases = [
            (
                id(Origin::LedgerDate(date("2026-02-02"))),
                "2026-02-02",
                865,
                260_202_000,
            ),
            (payout("2000023", None), "2026-02-02", 865, 260_202_000),
            (moved("2026-02-03", "2026-02-02"), "2026-02-02", 866, 260_202_001),
            (moved("2026-02-01", "2026-02-02"), "2026-02-02", 867, 260_202_004),
            (moved("2026-03-01", "2026-02-28"), "2026-02-28", 1568, 260_228_001),
            (
                id(Origin::LedgerDate(date("2026-12-31"))),
                "2026-12-31",
                9856,
                261_231_000,
            ),
            (open("2026-01-31"), "2026-01-31", 811, 260_131_000),
            (revaluation("2026-01-31"), "2026-01-31", 9883, 260_131_003),
            (revaluation("2026-12-31"), "2026-12-31", 9982, 261_231_003),
        ];
        for (id, on, small, by_date) in cases {
            assert_eq!(id.small_number(date(on), 0), Ok(small), "{id}");
            assert_eq!(id.date_number(date(on), 0), Ok(by_date), "{id}");
        }
    }

    #[test]
    fn what_has_no_number_is_refused() {
        let day = date("2026-02-02");
        for id in [
            entry(1),
            moved("2026-02-09", "2026-02-02"),
            moved("2026-01-30", "2026-02-02"),
        ] {
            assert!(id.small_number(day, 0).unwrap_err().contains(id.as_str()));
            assert!(id.date_number(day, 0).is_err());
        }
        for ledger_date in ["2026-01-31", "2026-02-04"] {
            let id = moved(ledger_date, "2026-02-02");
            assert!(id.small_number(day, 0).unwrap_err().contains(id.as_str()));
        }
    }
}
