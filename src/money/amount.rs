//! How an amount is written: the one place where minor units become text.
//!
//! Digits are made on the stack, so that an amount costs no allocation unless its reader wants a
//! `String`.

use std::fmt;

/// The longest amount: a sign, 39 digits (those of an `i128`) and a decimal mark.
const LENGTH_MAX: usize = 41;

/// The most decimals that an amount can have.
pub const EXPONENT_MAX: u32 = 38;

/// An amount in major units, on its way to text: a minus in front when negative, a decimal mark,
/// and always all decimals. `{}` takes a width, like any number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Amount {
    is_negative: bool,
    magnitude: u128,
    exponent: u32,
    mark: u8,
}

impl Amount {
    /// `minor` units, of which 10 to the power of `exponent` make a major one.
    ///
    /// # Panics
    ///
    /// When `exponent`, which a currency or a layout fixes and never a file, is above
    /// [`EXPONENT_MAX`].
    pub fn new(minor: impl Into<i128>, exponent: u32) -> Self {
        assert!(exponent <= EXPONENT_MAX, "an amount has at most 38 decimals");
        let minor = minor.into();
        Self {
            is_negative: minor < 0,
            magnitude: minor.unsigned_abs(),
            exponent,
            mark: b'.',
        }
    }

    /// The same without its sign, where an element, a column or a word carries it.
    pub fn magnitude(self) -> Self {
        Self {
            is_negative: false,
            ..self
        }
    }

    /// The same with a decimal comma.
    pub fn with_comma(self) -> Self {
        Self { mark: b',', ..self }
    }

    /// The magnitudes for a debit and a credit column (debit positive): one of them is zero.
    pub fn sides(self) -> (Self, Self) {
        let zero = Self {
            is_negative: false,
            magnitude: 0,
            ..self
        };
        if self.is_negative {
            (zero, self.magnitude())
        } else {
            (self, zero)
        }
    }

    /// Appends the text to bytes.
    pub fn push(self, out: &mut Vec<u8>) {
        let mut buffer = [0; LENGTH_MAX];
        let start = self.fill_signed(&mut buffer);
        out.extend_from_slice(&buffer[start..]);
    }

    /// Appends the text to text.
    pub fn push_str(self, out: &mut String) {
        self.with_text(|text| out.push_str(text));
    }

    /// Hands the text to `take`.
    pub fn with_text<T>(self, take: impl FnOnce(&str) -> T) -> T {
        let mut buffer = [0; LENGTH_MAX];
        let start = self.fill_signed(&mut buffer);
        take(ascii(&buffer[start..]))
    }

    /// Writes the amount to the end of `buffer`; gives where it starts.
    fn fill_signed(self, buffer: &mut [u8; LENGTH_MAX]) -> usize {
        let start = self.fill(buffer);
        if !self.is_negative {
            return start;
        }
        buffer[start - 1] = b'-';
        start - 1
    }

    /// Writes the magnitude to the end of `buffer`; gives where it starts. One byte is left before
    /// it for a sign.
    fn fill(self, buffer: &mut [u8; LENGTH_MAX]) -> usize {
        let (mut start, mut count) = (LENGTH_MAX, 0);
        let mut push = |digit: u8| {
            if count == self.exponent && count > 0 {
                start -= 1;
                buffer[start] = self.mark;
            }
            start -= 1;
            buffer[start] = b'0' + digit;
            count += 1;
            count
        };
        let mut pushed = 0;
        // Dividing 128 bits is slow, and hardly any amount needs them.
        let mut wide = self.magnitude;
        let mut rest = loop {
            match u64::try_from(wide) {
                Ok(narrow) => break narrow,
                Err(_) => pushed = push((wide % 10) as u8),
            }
            wide /= 10;
        };
        while rest > 0 || pushed <= self.exponent {
            pushed = push((rest % 10) as u8);
            rest /= 10;
        }
        start
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut buffer = [0; LENGTH_MAX];
        let start = self.fill(&mut buffer);
        f.pad_integral(!self.is_negative, "", ascii(&buffer[start..]))
    }
}

fn ascii(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("only digits, signs and marks are put in")
}

/// Appends `minor` with `exponent` decimals, such as `-12.50` for −1250 and 2. `exponent` is at
/// most [`EXPONENT_MAX`].
pub fn push_minor(out: &mut Vec<u8>, minor: impl Into<i128>, exponent: u32) {
    Amount::new(minor, exponent).push(out);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::{RngSeed, TestRunner};

    use super::*;
    use crate::money::{WHOLE_DIGITS_MAX, format_minor, parse_decimal};

    const EXPONENTS: [u32; 7] = [0, 1, 2, 3, 8, 18, EXPONENT_MAX];

    /// The slow way: through text with leading zeros.
    fn reference(minor: i128, exponent: u32) -> String {
        let exponent = exponent as usize;
        let width = exponent + 1;
        let digits = format!("{:0>width$}", minor.unsigned_abs());
        let (whole, fraction) = digits.split_at(digits.len() - exponent);
        let sign = if minor < 0 { "-" } else { "" };
        let point = if exponent > 0 { "." } else { "" };
        format!("{sign}{whole}{point}{fraction}")
    }

    fn agrees(minor: i128) {
        for exponent in EXPONENTS {
            let (amount, expected) = (Amount::new(minor, exponent), reference(minor, exponent));
            assert_eq!(amount.to_string(), expected);
            let magnitude = expected.trim_start_matches('-');
            assert_eq!(amount.magnitude().to_string(), magnitude);
            assert_eq!(amount.with_comma().to_string(), expected.replace('.', ","));
            assert_eq!(format!("{amount:>50}"), format!("{expected:>50}"));
            assert_eq!(format!("{amount:<50}|"), format!("{expected:<50}|"));
            let (debit, credit) = amount.sides();
            let zero = reference(0, exponent);
            let sides = if minor < 0 {
                (zero.as_str(), magnitude)
            } else {
                (magnitude, zero.as_str())
            };
            assert_eq!((debit.to_string().as_str(), credit.to_string().as_str()), sides);
            let mut bytes = b"x".to_vec();
            push_minor(&mut bytes, minor, exponent);
            let mut text = String::from("x");
            amount.push_str(&mut text);
            assert_eq!(bytes, text.as_bytes());
            assert_eq!(text, format!("x{expected}"));
            if let Ok(narrow) = i64::try_from(minor) {
                assert_eq!(format_minor(narrow, exponent), expected);
            }
            let whole = magnitude.split('.').next().unwrap_or_default();
            if minor != i128::MIN && whole.len() <= WHOLE_DIGITS_MAX {
                assert_eq!(parse_decimal(&expected, exponent), Some(minor), "{expected}");
            }
        }
    }

    #[test]
    fn the_ends_of_every_width_are_written_whole() {
        for end in [
            i128::MIN,
            i128::MIN + 1,
            i128::from(i64::MIN) - 1,
            i128::from(i64::MIN),
            i128::from(u64::MAX),
            i128::from(u64::MAX) + 1,
            i128::MAX,
        ] {
            agrees(end);
        }
        (-1001..=1001).for_each(agrees);
    }

    #[test]
    fn any_amount_is_written_as_the_slow_way_writes_it_and_read_back() {
        let config = ProptestConfig {
            rng_seed: RngSeed::Fixed(1),
            failure_persistence: None,
            cases: 1000,
            ..ProptestConfig::default()
        };
        let narrow = any::<i64>().prop_map(i128::from);
        let small = any::<i16>().prop_map(i128::from);
        TestRunner::new(config)
            .run(&prop_oneof![any::<i128>(), narrow, small], |minor| {
                agrees(minor);
                Ok(())
            })
            .unwrap();
    }
}
