//! The merchant's clock, by the rule of the European Union: summer from the last Sunday of March to the last Sunday of
//! October, both at one o'clock UTC.

use chrono::{Datelike, Duration, NaiveDate, NaiveDateTime, Weekday};

fn last_sunday(year: i32, month: u32) -> NaiveDateTime {
    let mut date = NaiveDate::from_ymd_opt(year, month, 31).unwrap();
    while date.weekday() != Weekday::Sun {
        date = date.pred_opt().unwrap();
    }
    date.and_hms_opt(1, 0, 0).unwrap()
}

/// A moment in UTC, from what the merchant's clock shows; `winter_hours` ahead of UTC in winter.
pub(crate) fn utc(local: NaiveDateTime, winter_hours: i64) -> NaiveDateTime {
    let in_winter = local - Duration::hours(winter_hours);
    let summer = last_sunday(local.year(), 3)..last_sunday(local.year(), 10);
    let in_summer = in_winter - Duration::hours(1);
    if summer.contains(&in_summer) {
        in_summer
    } else {
        in_winter
    }
}

#[test]
fn the_last_sundays_turn_the_clock() {
    let at = |text: &str| text.parse::<NaiveDateTime>().unwrap();
    assert_eq!(utc(at("2026-03-29T01:30:00"), 1), at("2026-03-29T00:30:00"));
    assert_eq!(utc(at("2026-03-29T03:30:00"), 1), at("2026-03-29T01:30:00"));
    assert_eq!(utc(at("2026-10-25T04:00:00"), 2), at("2026-10-25T02:00:00"));
    assert_eq!(utc(at("2026-01-01T00:30:00"), 2), at("2025-12-31T22:30:00"));
}
