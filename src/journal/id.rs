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

const NUMBERS_PER_SERIES: u32 = 3;
const NUMBERS_PER_DATE: u32 = (LARGEST_SERIES + 1) * NUMBERS_PER_SERIES;

/// What a voucher is made of. The order is the order of vouchers of one date.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// The entries of a ledger date.
    LedgerDate(NaiveDate),
    /// Entries of a ledger date that are booked on another date, which is the voucher's.
    Moved {
        /// The ledger date.
        ledger_date: NaiveDate,
        /// The date of the booking.
        date: NaiveDate,
    },
    /// The entries up to a payout.
    Payout {
        /// The payout's number.
        number: String,
        /// The last date of an earlier part that stands alone; `None` for the payout's own part.
        part: Option<NaiveDate>,
    },
    /// One entry.
    Entry {
        /// The ledger date.
        ledger_date: NaiveDate,
        /// The topic.
        topic: Topic,
        /// The entry's place on the date, from 1.
        ordinal: usize,
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
            Origin::Payout { number, part: None } => write!(self.long, "-P{number}"),
            Origin::Payout {
                number,
                part: Some(part),
            } => write!(self.long, "-P{number}@{part}"),
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
    /// `YYMMDD`, topics as `A` (funds) and `B` (fees).
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
            Origin::Payout { number, part: None } => format!("{ledger_id}-P{number}"),
            Origin::Payout {
                number,
                part: Some(part),
            } => format!("{ledger_id}-P{number}@{}", date(part)),
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
    /// `date` is the voucher's. Each date has 27 numbers: three for each series.
    pub fn small_number(&self, date: NaiveDate, series: u32) -> Result<u32, String> {
        let place = self.place()?;
        // Counted as in a leap year, so that a date has the same number every year.
        let leap = NaiveDate::from_ymd_opt(2024, date.month(), date.day()).unwrap_or(date);
        Ok(leap.ordinal0() * NUMBERS_PER_DATE + series * NUMBERS_PER_SERIES + place + 1)
    }

    /// A number of nine digits that no other voucher of the series has in a hundred years: the
    /// voucher's date as `YYMMDD`, the series in two digits, and the place on the date.
    pub fn date_number(&self, date: NaiveDate, series: u32) -> Result<u32, String> {
        let place = self.place()?;
        let year = date.year().rem_euclid(100).unsigned_abs();
        Ok(((year * 100 + date.month()) * 100 + date.day()) * 1000 + series * 10 + place)
    }

    /// The voucher's place among those of its date and series: 0, 1 or 2.
    fn place(&self) -> Result<u32, String> {
        match &self.origin {
            Origin::LedgerDate(_) | Origin::Payout { part: None, .. } => Ok(0),
            Origin::Payout { part: Some(_), .. } => Ok(1),
            Origin::Moved { ledger_date, date } => {
                let days = (*ledger_date - *date).num_days();
                u32::try_from(days)
                    .ok()
                    .filter(|days| (1..NUMBERS_PER_SERIES).contains(days))
                    .ok_or_else(|| {
                        format!(
                            "voucher {self}: its ledger date is {days} days after its date, and a number can be given only for one or two; \
                             use `date_basis = \"ledger-date\"`"
                        )
                    })
            }
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

    fn payout(number: &str, part: Option<&str>) -> VoucherId {
        id(Origin::Payout {
            number: number.to_owned(),
            part: part.map(date),
        })
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
                "VM-302321-P2000023@2026-12-31",
                "302321-P2000023@261231",
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
    fn ids_are_in_the_order_of_the_ledger() {
        let ordered = [
            id(Origin::LedgerDate(date("2026-02-02"))),
            moved("2026-02-03", "2026-02-02"),
            payout("2000023", None),
            entry(999),
            entry(1000),
        ];
        assert!(ordered.is_sorted());
    }

    #[test]
    fn a_year_of_nine_ledgers_has_small_numbers_without_collisions() {
        let mut numbers = BTreeSet::new();
        for date in date("2027-07-01").iter_days().take(366) {
            for series in 0..=LARGEST_SERIES {
                let ids = [
                    id(Origin::LedgerDate(date)),
                    id(Origin::Moved {
                        ledger_date: crate::date::days_after(date, 1),
                        date,
                    }),
                    id(Origin::Moved {
                        ledger_date: crate::date::days_after(date, 2),
                        date,
                    }),
                ];
                for (place, id) in (0..).zip(ids) {
                    let number = id.small_number(date, series).unwrap();
                    assert!((1..10_000).contains(&number) && numbers.insert(number), "{id}");
                    assert_eq!(id.date_number(date, series).unwrap() % 10, place);
                }
            }
        }
    }

    #[test]
    fn what_has_no_number_is_refused() {
        let day = date("2026-02-02");
        for id in [
            entry(1),
            moved("2026-02-09", "2026-02-02"),
            moved("2026-02-01", "2026-02-02"),
        ] {
            assert!(id.small_number(day, 0).unwrap_err().contains(id.as_str()));
            assert!(id.date_number(day, 0).is_err());
        }
    }
}
