//! The time stamp of an entry, in the forms that the provider is known to write.

use std::ops::Range;

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Timelike};
use chrono_tz::Tz;

use crate::ledger::digits::{leading_number, two};

/// A time stamp in UTC with the fraction of a second as it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryTime {
    seconds: i64,
    fraction: u32,
    fraction_digits: u8,
}

impl EntryTime {
    /// Takes `YYYY-MM-DDTHH:MM:SS`, at most 9 digits of fraction, and `Z`, `+hh:mm` or `+hhmm`.
    ///
    /// The provider's guide shows offsets without a colon, which RFC 3339 does not allow.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some((time, length)) = Self::leading_utc(text.as_bytes(), midnight)
            && length == text.len()
        {
            return Some(time);
        }
        let (date, rest) = text.as_bytes().split_first_chunk()?;
        let (separator, rest) = rest.split_first()?;
        let (clock, rest) = rest.split_first_chunk()?;
        if !matches!(separator, b'T' | b't' | b' ') {
            return None;
        }
        let (second_of_day, is_leap) = clock_seconds(clock).or_else(|| spaced_clock(clock))?;
        let (fraction, fraction_digits, offset) = match rest.split_first() {
            Some((b'.', rest)) => {
                let (fraction, digits) = fraction(rest)?;
                (fraction, digits, rest.get(usize::from(digits)..)?)
            }
            _ => (0, 0, rest),
        };
        let offset = offset_seconds(offset)?;
        // The second after 23:59:59 of UTC is counted with it; on clocks east of UTC it is the
        // first of the next minute.
        let leap = i64::from(is_leap && offset > 0);
        Some(Self {
            seconds: midnight(date)? + second_of_day + leap - offset,
            fraction,
            fraction_digits,
        })
    }

    /// The time stamp at the start of `text`, when it is `YYYY-MM-DDTHH:MM:SS`, a fraction or
    /// none, and `Z`; and how long it is.
    ///
    /// `midnight` gives the seconds from 1970 to the start of a date, as [`midnight`] does: who
    /// reads many times of one date need not work it out again for each.
    #[inline(always)]
    pub(crate) fn leading_utc(
        text: &[u8],
        midnight: impl FnOnce(&[u8; 10]) -> Option<i64>,
    ) -> Option<(Self, usize)> {
        let (date, rest) = text.split_first_chunk()?;
        let (b'T', rest) = rest.split_first()? else {
            return None;
        };
        let (clock, rest) = rest.split_first_chunk()?;
        let (second_of_day, _) = clock_seconds(clock)?;
        let (fraction, fraction_digits, rest) = match rest.split_first()? {
            (b'.', rest) => {
                let (fraction, digits) = fraction(rest)?;
                (fraction, digits, rest.get(usize::from(digits)..)?)
            }
            _ => (0, 0, rest),
        };
        if *rest.first()? != b'Z' {
            return None;
        }
        let time = Self {
            seconds: midnight(date)? + second_of_day,
            fraction,
            fraction_digits,
        };
        Some((time, text.len() - rest.len() + 1))
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
        match usize::from(self.fraction_digits) {
            0 => String::new(),
            digits => format!("{:0digits$}", self.fraction),
        }
    }
}

impl std::fmt::Display for EntryTime {
    /// UTC with `Z` and the fraction as it came.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let time = DateTime::from_timestamp(self.seconds, 0).unwrap_or_default();
        // Parts of a naive time are had without adding an offset for each.
        let time = time.naive_utc();
        let mut text = *b"0000-00-00T00:00:00.000000000Z";
        let year = match u32::try_from(time.year()) {
            Ok(year) if year <= 9999 => year,
            // An offset has moved the time out of the years of four digits.
            _ => {
                let point = if self.fraction_digits > 0 { "." } else { "" };
                let time = time.format("%Y-%m-%dT%H:%M:%S");
                return write!(f, "{time}{point}{}Z", self.fraction_text());
            }
        };
        let digits = usize::from(self.fraction_digits);
        write_digits(&mut text[..4], year);
        write_digits(&mut text[5..7], time.month());
        write_digits(&mut text[8..10], time.day());
        write_digits(&mut text[11..13], time.hour());
        write_digits(&mut text[14..16], time.minute());
        write_digits(&mut text[17..19], time.second());
        let end = match digits {
            0 => 19,
            digits => 20 + digits,
        };
        if digits > 0 {
            write_digits(&mut text[20..end], self.fraction);
        }
        text[end] = b'Z';
        f.write_str(std::str::from_utf8(&text[..=end]).map_err(|_| std::fmt::Error)?)
    }
}

/// Fills `text` with the last decimal digits of `number`.
fn write_digits(text: &mut [u8], mut number: u32) {
    for byte in text.iter_mut().rev() {
        *byte = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

/// The seconds from 1970 to the start of the date `YYYY-MM-DD`, without offset.
pub(crate) fn midnight(date: &[u8; 10]) -> Option<i64> {
    Some(i64::from(crate::date::from_text(date)?.to_epoch_days()) * 86_400)
}

/// The second of the day that `HH:MM:SS` names, and whether it is a leap second, which counts as
/// the one before it.
#[inline(always)]
fn clock_seconds(text: &[u8; 8]) -> Option<(i64, bool)> {
    let [h1, h2, b':', m1, m2, b':', s1, s2] = *text else {
        return None;
    };
    let (hour, minute, second) = (two(h1, h2)?, two(m1, m2)?, two(s1, s2)?);
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let whole_minutes = i64::from(hour) * 3600 + i64::from(minute) * 60;
    Some((whole_minutes + i64::from(second.min(59)), second == 60))
}

/// A clock with spaces in front of its numbers, such as ` 7:05:00`.
#[cold]
fn spaced_clock(text: &[u8; 8]) -> Option<(i64, bool)> {
    let clock = NaiveTime::parse_from_str(std::str::from_utf8(text).ok()?, "%H:%M:%S").ok()?;
    Some((
        i64::from(clock.num_seconds_from_midnight()),
        clock.nanosecond() >= 1_000_000_000,
    ))
}

/// The one to nine digits at the start of `text` as a number, and how many they are.
#[inline(always)]
fn fraction(text: &[u8]) -> Option<(u32, u8)> {
    let (number, count) = leading_number(text);
    let (number, count) = match text.get(count) {
        Some(last @ b'0'..=b'9') => (number * 10 + u64::from(last - b'0'), count + 1),
        _ => (number, count),
    };
    let is_longer = text.get(count).is_some_and(u8::is_ascii_digit);
    if count == 0 || is_longer {
        return None;
    }
    Some((u32::try_from(number).ok()?, u8::try_from(count).ok()?))
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

/// How many seconds a clock with this offset is ahead of UTC.
fn offset_seconds(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?;
    if matches!(text, "Z" | "z") {
        return Some(0);
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
    (hours <= 14 && minutes < 60).then(|| sign * (hours * 3600 + minutes * 60))
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
