//! What is left of a capture at each tax code.

use crate::config::sales_lines::SalesLine;
use crate::money::divide_half_away;

/// The tax codes of a capture, and what refunds have left of them. Amounts are minor units with
/// VAT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Basket {
    codes: Vec<Left>,
    /// The capture's own lines, as long as nothing was taken.
    untouched: Option<Vec<SalesLine>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Left {
    tax_code: String,
    /// What was captured.
    gross: i64,
    /// What is left of it.
    left: i64,
    /// What is left of the VAT, as long as the shop has said all of it.
    vat: Option<i64>,
}

/// What a refund takes of a basket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Taken {
    /// Per tax code, with the refund's sign.
    pub(super) lines: Vec<SalesLine>,
    /// Whether several codes could have been meant.
    pub(super) is_estimated: bool,
}

impl Basket {
    /// The basket of a capture with these lines.
    pub(super) fn of(lines: &[SalesLine]) -> Self {
        let mut codes: Vec<Left> = Vec::new();
        for line in lines {
            match codes.iter_mut().find(|known| known.tax_code == line.tax_code) {
                Some(known) => {
                    known.gross = known.gross.saturating_add(line.gross);
                    known.left = known.gross;
                    known.vat = known
                        .vat
                        .zip(line.vat)
                        .and_then(|(sum, vat)| sum.checked_add(vat));
                }
                None => codes.push(Left {
                    tax_code: line.tax_code.clone(),
                    gross: line.gross,
                    left: line.gross,
                    vat: line.vat,
                }),
            }
        }
        Self {
            codes,
            untouched: Some(lines.to_vec()),
        }
    }

    /// The basket of a capture without lines, which stands at one code.
    pub(super) fn at_one_code(tax_code: &str, gross: i64) -> Self {
        Self::of(&[SalesLine {
            gross,
            tax_code: tax_code.to_owned(),
            vat: None,
        }])
    }

    /// The codes that were captured; where there are several, with the amount at each.
    pub(super) fn tax_codes(&self) -> Vec<(String, i64)> {
        let is_one = self.codes.len() == 1;
        let amount = |code: &Left| if is_one { 0 } else { code.gross };
        let mut codes: Vec<_> = self
            .codes
            .iter()
            .map(|code| (code.tax_code.clone(), amount(code)))
            .collect();
        codes.sort_unstable();
        codes
    }

    /// What is left of a tax code.
    pub(super) fn left_of(&self, tax_code: &str) -> i64 {
        let code = self.codes.iter().find(|code| code.tax_code == tax_code);
        code.map_or(0, |code| code.left)
    }

    /// A refund of `amount`, above zero, takes of each code in proportion to what is left of it.
    pub(super) fn take(&mut self, amount: i64) -> Taken {
        let left = |code: &Left| code.left;
        let rest = self.sum(left);
        if let Some(lines) = self.untouched.take().filter(|_| rest == i128::from(amount)) {
            let turned = lines.iter().map(|line| SalesLine {
                gross: line.gross.saturating_neg(),
                vat: line.vat.map(i64::saturating_neg),
                tax_code: line.tax_code.clone(),
            });
            let lines = turned.collect();
            for code in &mut self.codes {
                (code.left, code.vat) = (0, code.vat.map(|_| 0));
            }
            return Taken {
                lines,
                is_estimated: false,
            };
        }
        self.share(amount, rest, left, |code, share| {
            // All that is left of a code takes the VAT that is left of it.
            let vat = code.vat.filter(|_| share == code.left);
            code.left = code.left.saturating_sub(share);
            code.vat = vat.map(|_| 0).or(code.vat.filter(|_| share == 0));
            (share.saturating_neg(), vat.map(i64::saturating_neg))
        })
    }

    /// Takes back `amount`, above zero, of earlier refunds.
    pub(super) fn put_back(&mut self, amount: i64) -> Taken {
        let taken = |code: &Left| code.gross.saturating_sub(code.left);
        let sum = self.sum(taken);
        self.share(amount, sum, taken, |code, share| {
            code.left = code.left.saturating_add(share);
            code.vat = code.vat.filter(|_| share == 0);
            (share, None)
        })
    }

    /// Takes one line of a refund's own, with its sign.
    pub(super) fn take_line(&mut self, line: &SalesLine) {
        self.untouched = None;
        match self.codes.iter_mut().find(|code| code.tax_code == line.tax_code) {
            Some(code) => {
                code.left = code.left.saturating_add(line.gross);
                let vat = code.vat.zip(line.vat);
                code.vat = vat.and_then(|(left, vat)| left.checked_add(vat));
            }
            // More than nothing: the last refund makes up for it.
            None => self.codes.push(Left {
                tax_code: line.tax_code.clone(),
                gross: 0,
                left: line.gross,
                vat: None,
            }),
        }
    }

    fn sum(&self, weight: impl Fn(&Left) -> i64) -> i128 {
        self.codes.iter().map(|code| i128::from(weight(code))).sum()
    }

    /// Shares `amount` out by `weight`, which sums to `total`; `book` moves a code by its share and
    /// gives the line's amount and VAT.
    fn share(
        &mut self,
        amount: i64,
        total: i128,
        weight: impl Fn(&Left) -> i64,
        book: impl Fn(&mut Left, i64) -> (i64, Option<i64>),
    ) -> Taken {
        let several = self.codes.iter().filter(|code| weight(code) != 0).count() > 1;
        let is_estimated = several && total != i128::from(amount);
        let (mut so_far, mut shared) = (0i128, 0i64);
        let mut lines = Vec::with_capacity(self.codes.len());
        for code in &mut self.codes {
            so_far += i128::from(weight(code));
            // Rounding the running sum, not each part, lets the parts sum to the amount exactly, and
            // gives no code more than its weight.
            let upto = divide_half_away(i128::from(amount) * so_far, total.max(1)).unwrap_or(amount);
            let share = upto.saturating_sub(shared);
            shared = upto;
            let (gross, vat) = book(code, share);
            if gross != 0 {
                lines.push(SalesLine {
                    gross,
                    tax_code: code.tax_code.clone(),
                    vat,
                });
            }
        }
        Taken { lines, is_estimated }
    }
}
