//! What the provider does differently in its markets, beside what their charts say: schemes, payout
//! texts, and when a ledger date begins and ends.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use crate::chart::{Chart, Market};
use crate::money::Currency;
use crate::sandbox::options::{UnknownChoice, choose};

/// The market of a country code.
pub fn parse(code: &str) -> Result<Market, UnknownChoice> {
    choose(code, &Market::ALL.map(|market| (market.code(), market)))
}

/// The currency of a market's ledgers.
pub fn currency(market: Market) -> Currency {
    Chart::of(market).currency
}

/// The merchant's time zone, which decides when a ledger date ends.
pub fn zone(market: Market) -> Tz {
    Chart::of(market).zone()
}

/// What ledgers of a market look like, with invented numbers in the market's form.
#[derive(Debug, Clone, Copy)]
pub struct Looks {
    /// The scheme of organisation numbers.
    pub owner_scheme: &'static str,
    /// An organisation number.
    pub owner: &'static str,
    /// A bank account.
    pub bank_account: &'static str,
    /// Whether payouts show a bank text as their `reference`.
    pub has_payout_text: bool,
}

/// What ledgers of a market look like. Nothing about Swedish ledgers is documented; theirs follow
/// the other markets.
pub fn looks(market: Market) -> Looks {
    let (owner_scheme, owner, bank_account, has_payout_text) = match market {
        Market::Norway => ("business:NO:ORG", "987654321", "86011117947", false),
        Market::Denmark => ("business:DK:CVR", "12345674", "00401234567890", true),
        Market::Finland => ("business:FI:Y-tunnus", "1234567-1", "12345600000785", true),
        Market::Sweden => ("business:SE:ORG", "5560000001", "60001234567", false),
    };
    Looks {
        owner_scheme,
        owner,
        bank_account,
        has_payout_text,
    }
}

/// The bank text that the ledger shows as the `reference` of a payout; Norway and Sweden show
/// none.
pub fn payout_reference(market: Market, handle: &str, date: NaiveDate) -> Option<String> {
    looks(market).has_payout_text.then(|| {
        let recipient = handle.split_once(':').map_or(handle, |(_, number)| number);
        let digits = format!("02{recipient:0>8}001{}", date.format("%d%m%y"));
        format!("{digits}{}", check_digit(&digits))
    })
}

/// Weights 7, 3, 1 from the right, complement to ten: the method of the Finnish viitenumero,
/// which the Danish payout texts follow too.
fn check_digit(digits: &str) -> u32 {
    let weighted = digits.chars().rev().zip([7, 3, 1].into_iter().cycle());
    let sum: u32 = weighted
        .filter_map(|(digit, weight)| Some(digit.to_digit(10)? * weight))
        .sum();
    (10 - sum % 10) % 10
}

/// The instant that clocks in `zone` show as `date` and `time`. Where the clock is turned back,
/// the first of the two; where it is turned forward over `time`, an hour later.
pub fn instant(zone: Tz, date: NaiveDate, time: NaiveTime) -> DateTime<Utc> {
    let local = date.and_time(time);
    let found = zone.from_local_datetime(&local).earliest();
    let later = || {
        zone.from_local_datetime(&(local + TimeDelta::hours(1)))
            .earliest()
    };
    found
        .or_else(later)
        .map_or_else(|| local.and_utc(), |found| found.with_timezone(&Utc))
}

/// The instant when the ledger date `date` begins, for a merchant whose dates begin at
/// `cutoff_hour`.
pub fn date_begins(zone: Tz, date: NaiveDate, cutoff_hour: u32) -> DateTime<Utc> {
    instant(
        zone,
        date,
        NaiveTime::from_hms_opt(cutoff_hour, 0, 0).unwrap_or(NaiveTime::MIN),
    )
}

/// The instant when the ledger date `date` ends.
pub fn date_ends(zone: Tz, date: NaiveDate, cutoff_hour: u32) -> DateTime<Utc> {
    date_begins(
        zone,
        date.checked_add_days(Days::new(1)).unwrap_or(date),
        cutoff_hour,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn danish_and_finnish_payouts_carry_a_check_digit() {
        let date = crate::date::parse("2026-04-01").unwrap();
        assert_eq!(
            payout_reference(Market::Denmark, "DK:90601", date).unwrap(),
            "02000906010010104266"
        );
        assert_eq!(payout_reference(Market::Norway, "NO:90601", date), None);
    }

    #[test]
    fn a_ledger_date_has_25_hours_when_the_clock_is_turned_back() {
        let zone = zone(Market::Norway);
        let hours = |date: &str, cutoff| {
            let date = crate::date::parse(date).unwrap();
            (date_ends(zone, date, cutoff) - date_begins(zone, date, cutoff)).num_hours()
        };
        assert_eq!((hours("2026-10-25", 0), hours("2026-03-29", 0)), (25, 23));
        assert_eq!((hours("2026-10-24", 4), hours("2026-03-29", 2)), (25, 23));
    }
}
