//! Exact money: integer minor units and their text form.
//!
//! An amount is an `i64` of minor units (øre, cents) from the wire to the journal. It becomes
//! text only here, so nothing can be rounded on the way out.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

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

    /// `minor` in major units: a point, the currency's decimals, a minus in front when negative.
    pub fn format(&self, minor: i64) -> String {
        format_minor(minor, self.exponent())
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

/// `minor` with `exponent` decimals, such as `-12.50` for −1250 and 2.
pub fn format_minor(minor: i64, exponent: u32) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    let digits = minor.unsigned_abs();
    if exponent == 0 {
        return format!("{sign}{digits}");
    }
    let scale = 10u64.pow(exponent);
    let width = exponent as usize;
    format!("{sign}{}.{:0width$}", digits / scale, digits % scale)
}

/// [`format_minor`] without the sign.
pub fn format_magnitude(minor: i64, exponent: u32) -> String {
    let mut text = format_minor(minor, exponent);
    if minor < 0 {
        text.remove(0);
    }
    text
}

/// Adds `minor` with `exponent` decimals to `out`, as [`format_minor`] writes it.
pub fn push_minor(out: &mut Vec<u8>, minor: i128, exponent: u32) {
    let mut digits = [b'0'; 48];
    let decimals = exponent as usize;
    let mut start = digits.len();
    let mut rest = minor.unsigned_abs();
    // At least one digit stands before the point.
    while rest > 0 || digits.len() - start <= decimals {
        start -= 1;
        // Most amounts fit in 64 bits, where division is cheap.
        let digit = match u64::try_from(rest) {
            Ok(small) => {
                rest = u128::from(small / 10);
                small % 10
            }
            Err(_) => {
                let digit = rest % 10;
                rest /= 10;
                u64::try_from(digit).unwrap_or_default()
            }
        };
        digits[start] = b'0' + u8::try_from(digit).unwrap_or_default();
    }
    if minor < 0 {
        out.push(b'-');
    }
    let point = digits.len() - decimals;
    out.extend_from_slice(&digits[start..point]);
    if decimals > 0 {
        out.push(b'.');
        out.extend_from_slice(&digits[point..]);
    }
}

/// Reads a decimal number such as `-12.5` as units of `10^-decimals`, exactly: an optional minus,
/// digits, and at most `decimals` digits after a point. `None` for anything else.
pub fn parse_decimal(text: &str, decimals: u32) -> Option<i128> {
    let (magnitude, is_negative) = match text.strip_prefix('-') {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    let (whole, fraction) = magnitude.split_once('.').unwrap_or((magnitude, ""));
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let decimals = usize::try_from(decimals).ok()?;
    let is_complete = !whole.is_empty() && (fraction.is_empty() != magnitude.contains('.'));
    if !is_complete || !plain(whole) || !plain(fraction) || fraction.len() > decimals || whole.len() > 20 {
        return None;
    }
    let units: i128 = format!("{whole}{fraction:0<decimals$}").parse().ok()?;
    Some(if is_negative { -units } else { units })
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

/// A non-negative number kept exactly, as a fraction: VAT rates and exchange rates.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rate {
    numerator: i128,
    denominator: i128,
}

impl Rate {
    /// Takes digits with at most one point, such as `25`, `25.5` or `11.7000`; at most 18 digits.
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let complete = !whole.is_empty() && (fraction.is_empty() != text.contains('.'));
        if !complete || !plain(whole) || !plain(fraction) || whole.len() + fraction.len() > 18 {
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

    /// The rate with `decimals` decimals, half away from zero. `None` on overflow.
    pub fn to_decimals(&self, decimals: u32) -> Option<String> {
        let scaled = self.numerator.checked_mul(10i128.checked_pow(decimals)?)?;
        Some(format_minor(
            divide_half_away(scaled, self.denominator)?,
            decimals,
        ))
    }
}

impl fmt::Display for Rate {
    /// All decimals of a decimal number; a quotient is shown with eight.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = (0..=18)
            .find(|decimals| 10i128.pow(*decimals) == self.denominator)
            .unwrap_or(8);
        f.write_str(&self.to_decimals(decimals).unwrap_or_default())
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
        for bad in ["", "-", "1.", ".5", "1.234", "+1", "1,5", "1 0", "--1", "1e2"] {
            assert_eq!(parse_decimal(bad, 2), None, "{bad}");
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
