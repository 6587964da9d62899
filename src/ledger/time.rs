//! The time stamp of an entry, in the forms that the provider is known to write.

use std::ops::Range;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta};
use chrono_tz::Tz;

/// A time stamp in UTC with the fraction of a second as it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryTime {
    seconds: i64,
    fraction: u32,
    fraction_digits: usize,
}

impl EntryTime {
    /// Takes `YYYY-MM-DDTHH:MM:SS`, at most 9 digits of fraction, and `Z`, `+hh:mm` or `+hhmm`.
    ///
    /// The provider's guide shows offsets without a colon, which RFC 3339 does not allow.
    pub fn parse(text: &str) -> Option<Self> {
        let (date, rest) = text.split_at_checked(10)?;
        let (separator, rest) = rest.split_at_checked(1)?;
        let (clock, rest) = rest.split_at_checked(8)?;
        if !matches!(separator, "T" | "t" | " ") {
            return None;
        }
        let date = crate::date::parse(date).ok()?;
        let clock = NaiveTime::parse_from_str(clock, "%H:%M:%S").ok()?;
        let digits = rest.strip_prefix('.').map_or("", |fraction| {
            let end = fraction
                .bytes()
                .position(|byte| !byte.is_ascii_digit())
                .unwrap_or(fraction.len());
            &fraction[..end]
        });
        let offset = if digits.is_empty() {
            rest
        } else {
            &rest[1 + digits.len()..]
        };
        if digits.len() > 9 || offset.starts_with('.') {
            return None;
        }
        let local = date.and_time(clock);
        let utc = local.checked_sub_signed(offset_of(offset)?)?;
        Some(Self {
            seconds: utc.and_utc().timestamp(),
            fraction: if digits.is_empty() {
                0
            } else {
                digits.parse().ok()?
            },
            fraction_digits: digits.len(),
        })
    }

    /// Whether this instant lies in `seconds` since 1970, as [`seconds_of`] gives them for a date.
    pub fn is_within(&self, seconds: &Range<i64>) -> bool {
        seconds.contains(&self.seconds)
    }

    /// The calendar date of this instant in `zone`.
    pub fn local_date(&self, zone: Tz) -> Option<NaiveDate> {
        Some(
            DateTime::from_timestamp(self.seconds, 0)?
                .with_timezone(&zone)
                .date_naive(),
        )
    }

    /// The time in `zone` with its offset, in milliseconds: `2018-09-22T18:43:57.437+02:00`.
    pub fn local_rfc3339(&self, zone: Tz) -> Option<String> {
        let local = DateTime::from_timestamp(self.seconds, 0)?.with_timezone(&zone);
        let fraction = self.fraction_text();
        let millis = crate::text::cut(&fraction, 3);
        Some(format!(
            "{}.{millis:0<3}{}",
            local.format("%Y-%m-%dT%H:%M:%S"),
            local.format("%:z")
        ))
    }

    fn fraction_text(&self) -> String {
        match self.fraction_digits {
            0 => String::new(),
            digits => format!("{:0digits$}", self.fraction),
        }
    }
}

impl std::fmt::Display for EntryTime {
    /// UTC with `Z` and the fraction as it came.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let time = DateTime::from_timestamp(self.seconds, 0).unwrap_or_default();
        write!(f, "{}", time.format("%Y-%m-%dT%H:%M:%S"))?;
        if self.fraction_digits > 0 {
            write!(f, ".{}", self.fraction_text())?;
        }
        f.write_str("Z")
    }
}

/// The seconds since 1970 that `date` lasts in `zone`, from midnight to midnight; empty when the
/// clock has no such midnight.
pub fn seconds_of(date: NaiveDate, zone: Tz) -> Range<i64> {
    let midnight = |date: NaiveDate| {
        let local = date.and_time(NaiveTime::MIN).and_local_timezone(zone).single();
        local.map(|instant| instant.timestamp())
    };
    match (midnight(date), midnight(crate::date::days_after(date, 1))) {
        (Some(begins), Some(ends)) => begins..ends,
        _ => 0..0,
    }
}

fn offset_of(text: &str) -> Option<TimeDelta> {
    if matches!(text, "Z" | "z") {
        return Some(TimeDelta::zero());
    }
    let (sign, digits) = match text.as_bytes().first()? {
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => return None,
    };
    let (hours, minutes) = match digits.len() {
        2 => (digits, "00"),
        4 => digits.split_at_checked(2)?,
        5 => digits.split_once(':')?,
        _ => return None,
    };
    if !hours
        .bytes()
        .chain(minutes.bytes())
        .all(|byte| byte.is_ascii_digit())
    {
        return None;
    }
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours <= 14 && minutes < 60).then(|| TimeDelta::minutes(sign * (hours * 60 + minutes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_of_the_provider_mean_the_same_instant() {
        for (text, utc) in [
            ("2022-10-01T16:33:00.824993+0200", "2022-10-01T14:33:00.824993Z"),
            ("2022-10-01T16:33:00.824993+02:00", "2022-10-01T14:33:00.824993Z"),
            ("2022-10-01T16:33:00+02", "2022-10-01T14:33:00Z"),
            ("2024-04-05T07:19:26.5Z", "2024-04-05T07:19:26.5Z"),
            ("2024-01-01T00:30:00+01:00", "2023-12-31T23:30:00Z"),
        ] {
            assert_eq!(EntryTime::parse(text).unwrap().to_string(), utc);
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for bad in [
            "",
            "2024-04-05",
            "2024-04-05T07:19:26",
            "2024-04-05T07:19:26.Z",
            "2024-04-05T07:19:26.1234567890Z",
            "2024-4-5T07:19:26Z",
            "2024-04-05T25:19:26Z",
            "2024-04-05T07:19:26+2:00",
            "2024-04-05T07:19:26Zæ",
        ] {
            assert!(EntryTime::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_date_lasts_from_midnight_to_midnight_also_when_the_clock_changes() {
        let hours = |date: &str| {
            let seconds = seconds_of(crate::date::parse(date).unwrap(), chrono_tz::Europe::Oslo);
            (seconds.end - seconds.start) / 3600
        };
        assert_eq!(
            (hours("2026-03-29"), hours("2026-10-24"), hours("2026-10-25")),
            (23, 24, 25)
        );
    }

    #[test]
    fn the_date_depends_on_the_merchants_zone() {
        let time = EntryTime::parse("2026-12-31T22:30:00Z").unwrap();
        assert_eq!(
            time.local_date(chrono_tz::Europe::Oslo).unwrap().to_string(),
            "2026-12-31"
        );
        assert_eq!(
            time.local_date(chrono_tz::Europe::Helsinki).unwrap().to_string(),
            "2027-01-01"
        );
        assert_eq!(
            time.local_rfc3339(chrono_tz::Europe::Oslo).unwrap(),
            "2026-12-31T23:30:00.000+01:00"
        );
    }
}
