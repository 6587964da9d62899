//! Exact money: integer minor units, currencies and rates.
//!
//! An amount is an `i64` of minor units (øre, cents) from the wire to the journal, sums are
//! `i128`. Both become text only in [`amount`] and are read only here, so nothing can be rounded on
//! the way in or out.

pub mod amount;

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::money::amount::Amount;

/// An ISO 4217 currency code, such as `NOK`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// Takes three ASCII capital letters; anything else is no currency code.
    pub fn parse(code: &str) -> Option<Self> {
        let bytes: [u8; 3] = code.as_bytes().try_into().ok()?;
        bytes.iter().all(u8::is_ascii_uppercase).then_some(Self(bytes))
    }

    /// The three letters.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).expect("the constructor takes ASCII letters only")
    }

    /// How many decimals the major unit has (ISO 4217: 2 for NOK, DKK, SEK and EUR).
    pub fn exponent(&self) -> u32 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG" | b"RWF"
            | b"UGX" | b"UYI" | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            _ => 2,
        }
    }

    /// `minor` units of this currency, to be written with its decimals.
    pub fn amount(&self, minor: impl Into<i128>) -> Amount {
        Amount::new(minor, self.exponent())
    }

    /// `minor` in major units: a point, the currency's decimals, a minus in front when negative.
    pub fn format(&self, minor: i64) -> String {
        self.amount(minor).to_string()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Self::parse(&code).ok_or_else(|| {
            serde::de::Error::custom(format!(
                "`{code}` is not a currency code; write three capitals such as \"NOK\""
            ))
        })
    }
}

/// The most digits before the point that [`parse_decimal`] reads.
const WHOLE_DIGITS_MAX: usize = 20;

/// `minor` with `exponent` decimals, such as `-12.50` for −1250 and 2. `exponent` is at most
/// [`amount::EXPONENT_MAX`].
pub fn format_minor(minor: i64, exponent: u32) -> String {
    Amount::new(minor, exponent).to_string()
}

/// Reads a decimal number such as `-12.5` as units of `10^-decimals`, exactly: an optional minus,
/// digits, and at most `decimals` digits after a point. `None` for anything else.
pub fn parse_decimal(text: &str, decimals: u32) -> Option<i128> {
    let (number, is_negative) = without_sign(text);
    let (whole, fraction) = number_parts(number)?;
    let missing = decimals.checked_sub(u32::try_from(fraction.len()).ok()?)?;
    if whole.len() > WHOLE_DIGITS_MAX {
        return None;
    }
    let units = digits(whole, fraction)?.checked_mul(10i128.checked_pow(missing)?)?;
    Some(if is_negative { -units } else { units })
}

/// Reads a JSON number of minor units without a detour over floating point. Fractions and
/// exponents are taken where they are integral (`100.0`, `1e2`). An error says what is wrong, to
/// go after the number.
pub fn parse_whole(text: &str) -> Result<i64, &'static str> {
    const NOT_A_NUMBER: &str = "is not a number of minor units";
    const NOT_WHOLE: &str = "is not a whole number of minor units";
    const TOO_LARGE: &str = "is larger than bilag can hold";
    if let Ok(number) = text.parse() {
        return Ok(number);
    }
    let (number, is_negative) = without_sign(text);
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, fraction) = number_parts(mantissa).ok_or(NOT_A_NUMBER)?;
    let exponent: i32 = exponent.parse().map_err(|_| TOO_LARGE)?;
    let all = [whole, fraction].concat();
    let significant = all.trim_end_matches('0');
    let zeros = all.len() - significant.len();
    if significant.is_empty() {
        return Ok(0);
    }
    let places = |count: usize| i64::try_from(count).map_err(|_| TOO_LARGE);
    let shift = i64::from(exponent) + places(zeros)? - places(fraction.len())?;
    if shift < 0 {
        return Err(NOT_WHOLE);
    }
    let units = || {
        let units = digits(significant, "")?.checked_mul(10i128.checked_pow(u32::try_from(shift).ok()?)?)?;
        i64::try_from(if is_negative { -units } else { units }).ok()
    };
    units().ok_or(TOO_LARGE)
}

/// A number without its minus, and whether it had one.
fn without_sign(text: &str) -> (&str, bool) {
    text.strip_prefix('-')
        .map_or((text, false), |number| (number, true))
}

/// The digits before and after the point of a plain number without a sign. A point needs digits on
/// both sides.
fn number_parts(text: &str) -> Option<(&str, &str)> {
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    match text.split_once('.') {
        Some((whole, fraction)) => (plain(whole) && plain(fraction)).then_some((whole, fraction)),
        None => plain(text).then_some((text, "")),
    }
}

/// The number that the digits of `whole` and `fraction`, one after the other, make. `None` when it
/// is larger than 128 bits hold.
fn digits(whole: &str, fraction: &str) -> Option<i128> {
    let mut digits = whole.bytes().chain(fraction.bytes());
    digits.try_fold(0i128, |number, digit| {
        number
            .checked_mul(10)?
            .checked_add(i128::from(digit.checked_sub(b'0')?))
    })
}

/// Divides and rounds half away from zero, the one rounding that bilag does.
///
/// `divisor` is positive. `None` when the result does not fit an `i64`.
pub fn divide_half_away(dividend: i128, divisor: i128) -> Option<i64> {
    let half = divisor / 2;
    let magnitude = dividend.checked_abs()?;
    let quotient = magnitude / divisor;
    let remainder = magnitude % divisor;
    let up = remainder > half || (remainder == half && divisor % 2 == 0);
    let rounded = quotient + i128::from(up);
    i64::try_from(if dividend < 0 { -rounded } else { rounded }).ok()
}

/// The most digits that a rate can have.
const RATE_DIGITS_MAX: usize = 18;

/// A non-negative number kept exactly, as a fraction: VAT rates and exchange rates.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rate {
    numerator: i128,
    denominator: i128,
}

impl Rate {
    /// Takes digits with at most one point, such as `25`, `25.5` or `11.7000`; at most 18 digits.
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = number_parts(text)?;
        if whole.len() + fraction.len() > RATE_DIGITS_MAX {
            return None;
        }
        let decimal = Decimal::from_str_exact(text).ok()?;
        Some(Self {
            numerator: decimal.mantissa(),
            denominator: 10i128.pow(decimal.scale()),
        })
    }

    /// This rate divided by `other`; `None` when `other` is zero.
    pub fn divided_by(&self, other: &Self) -> Option<Self> {
        if other.is_zero() {
            return None;
        }
        Some(Self {
            numerator: self.numerator.checked_mul(other.denominator)?,
            denominator: self.denominator.checked_mul(other.numerator)?,
        })
    }

    /// Whether the rate is zero.
    pub fn is_zero(&self) -> bool {
        self.numerator == 0
    }

    /// The VAT contained in `gross` at this rate in percent: `gross × rate / (100 + rate)`,
    /// half away from zero. `None` on overflow.
    pub fn vat_in_gross(&self, gross: i64) -> Option<i64> {
        let hundred = self.denominator.checked_mul(100)?;
        divide_half_away(
            i128::from(gross).checked_mul(self.numerator)?,
            hundred.checked_add(self.numerator)?,
        )
    }

    /// `amount` times this rate, half away from zero, where the result has `to` decimals and
    /// `amount` has `from`. `None` on overflow.
    pub fn convert(&self, amount: i64, from: u32, to: u32) -> Option<i64> {
        let dividend = i128::from(amount)
            .checked_mul(self.numerator)?
            .checked_mul(10i128.pow(to))?;
        divide_half_away(dividend, self.denominator.checked_mul(10i128.pow(from))?)
    }

    /// How many decimals the rate is shown with: all of a decimal number, eight of a quotient.
    pub fn decimals(&self) -> u32 {
        (0..=18)
            .find(|decimals| 10i128.pow(*decimals) == self.denominator)
            .unwrap_or(8)
    }

    /// The rate with `decimals` decimals, half away from zero. `None` on overflow.
    pub fn to_decimals(&self, decimals: u32) -> Option<String> {
        let scaled = self.numerator.checked_mul(10i128.checked_pow(decimals)?)?;
        let units = divide_half_away(scaled, self.denominator)?;
        Some(Amount::new(units, decimals).to_string())
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_decimals(self.decimals()).unwrap_or_default())
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            serde::de::Error::custom(format!(
                "`{text}` is not a rate; write it in quotes with a decimal point, such as \"25\" or \"11.7000\""
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_print_with_the_currencys_decimals() {
        let nok = Currency::parse("NOK").unwrap();
        assert_eq!(nok.format(0), "0.00");
        assert_eq!(nok.format(-5), "-0.05");
        assert_eq!(nok.format(i64::MIN), "-92233720368547758.08");
        assert_eq!(Currency::parse("ISK").unwrap().format(-1250), "-1250");
        assert_eq!(Currency::parse("KWD").unwrap().format(1), "0.001");
        assert!(Currency::parse("nok").is_none() && Currency::parse("NO").is_none());
    }

    #[test]
    fn decimals_are_read_exactly_or_not_at_all() {
        assert_eq!(parse_decimal("-12.5", 2), Some(-1250));
        assert_eq!(parse_decimal("7", 0), Some(7));
        assert_eq!(parse_decimal("-0", 2), Some(0));
        for bad in [
            "", "-", "1.", ".5", "1.234", "+1", "1,5", "1 0", "--1", "1e2", "1.2.3",
        ] {
            assert_eq!(parse_decimal(bad, 2), None, "{bad}");
        }
        let (longest, longer) = ("9".repeat(20), "9".repeat(21));
        assert!(parse_decimal(&longest, 18).is_some());
        assert!(parse_decimal(&longest, 19).is_none() && parse_decimal(&longer, 2).is_none());
        assert!(parse_decimal("1", 60).is_none());
    }

    #[test]
    fn amounts_are_whole_or_refused() {
        for (text, number) in [
            ("0", 0),
            ("-0", 0),
            ("100.0", 100),
            ("1e2", 100),
            ("-1.5E3", -1500),
            ("9223372036854775807", i64::MAX),
            ("-9223372036854775808.0", i64::MIN),
            ("0.00123e5", 123),
            ("0e-9", 0),
        ] {
            assert_eq!(parse_whole(text), Ok(number), "{text}");
        }
        for bad in [
            "100.5",
            "1e-1",
            "9223372036854775808",
            "1e400",
            "1e-400",
            "1e99999999999999999999",
            "-9223372036854775809",
            "1.",
            "\"100\"",
            "null",
            "true",
            "{}",
            "[1]",
        ] {
            assert!(parse_whole(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_half_rounds_away_from_zero() {
        assert_eq!(divide_half_away(5, 2), Some(3));
        assert_eq!(divide_half_away(-5, 2), Some(-3));
        assert_eq!(divide_half_away(4, 3), Some(1));
        assert_eq!(divide_half_away(5, 3), Some(2));
        assert_eq!(divide_half_away(i128::from(i64::MAX) + 1, 1), None);
    }

    #[test]
    fn vat_at_12_percent_has_ties() {
        let rate = Rate::parse("12").unwrap();
        assert_eq!(rate.vat_in_gross(14), Some(2), "14 × 12 / 112 is exactly 1.5");
        assert_eq!(rate.vat_in_gross(-14), Some(-2));
        assert_eq!(Rate::parse("25.5").unwrap().vat_in_gross(12550), Some(2550));
    }

    #[test]
    fn rates_are_exact_decimals_only() {
        for bad in [
            "",
            ".5",
            "5.",
            "1e2",
            "-1",
            "1 0",
            "1_0",
            "25,5",
            "1234567890123456789",
        ] {
            assert!(Rate::parse(bad).is_none(), "{bad}");
        }
        assert_eq!(Rate::parse("11.7000").unwrap().to_string(), "11.7000");
        assert_eq!(Rate::parse("11.7000").unwrap().convert(10000, 2, 2), Some(117000));
    }
}
