//! Fractions without rounding, and the one rounding that the books know.

use std::ops::{Add, Div, Mul, Sub};

/// A fraction in lowest terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exact {
    over: i128,
    /// Above zero.
    under: i128,
}

impl Exact {
    fn of(over: i128, under: i128) -> Self {
        let shared = common_divisor(over.unsigned_abs(), under.unsigned_abs()).max(1);
        let shared = i128::try_from(shared).unwrap() * under.signum();
        Self {
            over: over / shared,
            under: under / shared,
        }
    }

    /// A decimal such as `25.5`.
    pub(crate) fn parse(text: &str) -> Self {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
        let under = 10i128.pow(u32::try_from(decimals.len()).unwrap());
        Self::of(format!("{whole}{decimals}").parse().unwrap(), under)
    }

    /// The nearest whole number; of two that are as near, the one further from zero.
    pub(crate) fn nearest(self) -> i64 {
        let size = self.over.abs();
        let mut whole = size / self.under;
        // What is left, against a half.
        if 2 * (size - whole * self.under) >= self.under {
            whole += 1;
        }
        i64::try_from(whole * self.over.signum()).unwrap()
    }
}

fn common_divisor(a: u128, b: u128) -> u128 {
    if b == 0 { a } else { common_divisor(b, a % b) }
}

impl From<i64> for Exact {
    fn from(whole: i64) -> Self {
        Self::of(whole.into(), 1)
    }
}

impl Add for Exact {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self::of(
            self.over * other.under + other.over * self.under,
            self.under * other.under,
        )
    }
}

impl Sub for Exact {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + Self::of(-other.over, other.under)
    }
}

impl Mul for Exact {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        Self::of(self.over * other.over, self.under * other.under)
    }
}

impl Div for Exact {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        Self::of(self.over * other.under, self.under * other.over)
    }
}

#[test]
fn halves_go_away_from_zero() {
    let nearest = |text| Exact::parse(text).nearest();
    assert_eq!(
        [nearest("0.5"), nearest("-0.5"), nearest("1.49"), nearest("-2.51")],
        [1, -1, 1, -3]
    );
    let third = Exact::from(1) / Exact::from(-3);
    assert_eq!(third * Exact::from(3), Exact::from(-1));
    assert_eq!((third - third + Exact::from(2)).nearest(), 2);
}
