//! Dates and time stamps, read digit by digit, mean what a slow reader with `chrono` says.

use bilag::ledger::time::EntryTime;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use regex::Regex;

use crate::harness::chance::cases;

/// Reads with regular expressions and `chrono`.
struct SlowReader {
    date: Regex,
    rest: Regex,
}

impl SlowReader {
    fn new() -> Self {
        let rest = r"^(?:\.(?<fraction>[0-9]{1,9}))?(?:[Zz]|(?<sign>[+-])(?:(?<h>[0-9]{2})(?<m>[0-9]{2})?|(?<hours>[0-9]{1,3}):(?<minutes>[0-9]{1,3})))$";
        Self {
            date: Regex::new("^[0-9]{4}-[0-9]{2}-[0-9]{2}$").unwrap(),
            rest: Regex::new(rest).unwrap(),
        }
    }

    fn date(&self, text: &str) -> Option<NaiveDate> {
        let is_date = self.date.is_match(text);
        is_date.then(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok())?
    }

    /// The time in UTC, and the digits of its fraction.
    fn time(&self, text: &str) -> Option<(NaiveDateTime, String)> {
        let date = self.date(text.get(..10)?)?;
        let separator = text.get(10..11)?;
        let clock = NaiveTime::parse_from_str(text.get(11..19)?, "%H:%M:%S").ok()?;
        let rest = self.rest.captures(text.get(19..)?)?;
        if !["T", "t", " "].contains(&separator) {
            return None;
        }
        let part = |name: &str| rest.name(name).map(|part| part.as_str());
        let number = |text: Option<&str>| text.map_or(0, |text| text.parse::<i64>().unwrap());
        let (hours, minutes) = match (part("hours"), part("minutes")) {
            (Some(hours), Some(minutes)) if hours.len() + minutes.len() == 4 => (Some(hours), Some(minutes)),
            (Some(_), _) => return None,
            _ => (part("h"), part("m")),
        };
        let (hours, minutes) = (number(hours), number(minutes));
        if hours > 14 || minutes > 59 {
            return None;
        }
        let ahead = TimeDelta::minutes(hours * 60 + minutes);
        let ahead = if part("sign") == Some("-") { -ahead } else { ahead };
        let utc = date.and_time(clock).checked_sub_signed(ahead)?;
        Some((utc, part("fraction").unwrap_or_default().to_owned()))
    }

    fn agrees(&self, text: &str) {
        let fast = EntryTime::parse(text);
        let slow = self.time(text);
        assert_eq!(fast.is_some(), slow.is_some(), "{text:?}");
        let (Some(fast), Some((utc, fraction))) = (fast, slow) else {
            return;
        };
        let seconds = utc.and_utc().timestamp();
        assert!(fast.is_within(&(seconds..seconds + 1)), "{text:?}");
        let point = if fraction.is_empty() { "" } else { "." };
        // A leap second is shown as the one before.
        let whole = chrono::DateTime::from_timestamp(seconds, 0).unwrap();
        assert_eq!(
            fast.to_string(),
            format!("{}{point}{fraction}Z", whole.format("%Y-%m-%dT%H:%M:%S")),
            "{text:?}"
        );
    }
}

/// A time stamp with numbers a little beyond what is allowed.
fn time_text() -> impl Strategy<Value = String> {
    let year = prop_oneof![4 => 1990u32..2040, 1 => 0u32..10_000, 1 => select(vec![0, 9999])];
    let date = (year, 0u32..14, 0u32..33).prop_map(|(y, m, d)| format!("{y:04}-{m:02}-{d:02}"));
    let valid = (1u32..13, 1u32..29).prop_map(|(m, d)| format!("2026-{m:02}-{d:02}"));
    let date = prop_oneof![3 => valid, 1 => date, 1 => select(vec!["0000-01-01", "9999-12-31"]).prop_map(str::to_owned)];
    let second = prop_oneof![4 => 0u32..60, 1 => 58u32..63];
    let clock = (0u32..25, 0u32..61, second).prop_map(|(h, m, s)| format!("{h:02}:{m:02}:{s:02}"));
    let edges = [
        "00:00:00",
        "23:59:59",
        "23:59:60",
        "24:00:00",
        " 1: 2: 3",
        "12: 9:60",
        "\u{a0}7:9:26",
        "7:19:026",
    ];
    let clock = prop_oneof![4 => clock, 1 => select(edges.to_vec()).prop_map(str::to_owned)];
    let fraction = prop_oneof![2 => Just(String::new()), 3 => "\\.[0-9]{1,9}", 1 => "\\.[0-9]{0,11}"];
    let offset = [
        "Z", "z", "+00:00", "-00:00", "+01:00", "+0100", "-0130", "+14:59", "+15:00", "-02", "+1:023",
        "+001:5", "+02:60", "",
    ];
    let offset =
        prop_oneof![3 => select(offset.to_vec()).prop_map(str::to_owned), 1 => "[+-][0-9]{2}:?[0-9]{2}"];
    let separator = select(vec!["T", "T", "T", "t", " ", "_"]);
    (date, separator, clock, fraction, offset).prop_map(|(date, separator, clock, fraction, offset)| {
        format!("{date}{separator}{clock}{fraction}{offset}")
    })
}

proptest! {
    #![proptest_config(cases(1_500))]

    #[test]
    fn a_time_stamp_means_what_the_slow_reader_says(text in time_text()) {
        SLOW.with(|slow| slow.agrees(&text));
    }

    #[test]
    fn a_spoilt_time_stamp_means_what_the_slow_reader_says(
        text in time_text(),
        changes in proptest::collection::vec((any::<Index>(), "[0-9:. TZz+æ\u{2003}-]?", any::<bool>()), 1..12),
    ) {
        for (place, piece, replaces) in changes {
            let characters: Vec<char> = text.chars().collect();
            let place = place.index(characters.len());
            let mut spoilt: String = characters[..place].iter().collect();
            spoilt.push_str(&piece);
            spoilt.extend(&characters[place + usize::from(replaces)..]);
            SLOW.with(|slow| slow.agrees(&spoilt));
        }
    }

    #[test]
    fn a_spoilt_date_means_what_the_slow_reader_says(
        text in "[0-9]{4}-[01][0-9]-[0-3][0-9]",
        place in any::<Index>(),
        piece in "[0-9 +æ-]?",
    ) {
        let place = place.index(10);
        for spoilt in [
            text.clone(),
            format!("{}{piece}{}", &text[..place], &text[place..]),
            format!("{}{piece}{}", &text[..place], &text[place + 1..]),
        ] {
            SLOW.with(|slow| assert_eq!(bilag::date::parse(&spoilt).ok(), slow.date(&spoilt), "{spoilt:?}"));
        }
    }
}

thread_local! {
    static SLOW: SlowReader = SlowReader::new();
}

#[test]
fn every_date_of_some_centuries_is_read() {
    for year in [0, 1, 1582, 1899, 1900, 1970, 2000, 2024, 2026, 2100, 9999] {
        for (month, day) in (0..14).flat_map(|month| (0..33).map(move |day| (month, day))) {
            let text = format!("{year:04}-{month:02}-{day:02}");
            let date = NaiveDate::from_ymd_opt(year, month, day);
            assert_eq!(bilag::date::parse(&text).ok(), date, "{text}");
        }
    }
}

#[test]
fn a_leap_second_counts_with_the_second_that_chrono_puts_it_in() {
    for (text, utc) in [
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
        ("2016-12-31T23:59:60.5+00:00", "2016-12-31T23:59:59.5Z"),
        ("2017-01-01T00:59:60+01:00", "2017-01-01T00:00:00Z"),
        ("2016-12-31T22:59:60-01:00", "2016-12-31T23:59:59Z"),
    ] {
        assert_eq!(EntryTime::parse(text).unwrap().to_string(), utc);
        SLOW.with(|slow| slow.agrees(text));
    }
}

#[test]
fn times_beyond_the_years_of_four_digits_are_shown_with_all_digits() {
    for text in ["0000-01-01T00:00:00.123+14:00", "9999-12-31T23:59:59-14:00"] {
        SLOW.with(|slow| slow.agrees(text));
    }
}
