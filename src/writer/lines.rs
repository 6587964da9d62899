//! The lines of a voucher as targets want them: with VAT of its own, or folded into revenue.

use crate::format::delimited::{AmountCurrency, VatMode};
use crate::journal::{Posting, Tax, Voucher};
use crate::money::divide_half_away;

/// One line: a posting and its amounts, with VAT folded in where that was asked for.
#[derive(Debug, Clone, Copy)]
pub struct TargetLine<'v> {
    /// The posting.
    pub posting: &'v Posting,
    /// Minor units of the posting's currency.
    pub amount: i64,
    /// Minor units of the base currency.
    pub base: i64,
    /// The VAT in `amount`.
    pub vat: i64,
    /// The VAT in `base`.
    pub base_vat: i64,
}

/// The VAT of a voucher where the target, which computes it from the gross amount of each line,
/// gets another than the books have. Minor units, what is owed positive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OtherVat {
    /// In the books.
    pub booked: i128,
    /// In the target.
    pub computed: i128,
    /// What the lines differ by, each without its sign: differences of two tax codes do not make
    /// up for each other.
    pub difference: i128,
}

/// The VAT that the target computes otherwise, from the amounts that are written.
pub fn other_vat(lines: &[TargetLine<'_>], amounts: AmountCurrency) -> Option<OtherVat> {
    let mut other = OtherVat {
        booked: 0,
        computed: 0,
        difference: 0,
    };
    for line in lines {
        let (gross, booked) = match amounts {
            AmountCurrency::Base => (line.base, line.base_vat),
            AmountCurrency::Ledger => (line.amount, line.vat),
        };
        if let Tax::Net { rate, .. } = line.posting.tax
            && let Some(computed) = rate.vat_in_gross(gross)
        {
            let (booked, computed) = (i128::from(booked), i128::from(computed));
            other.booked -= booked;
            other.computed -= computed;
            other.difference += (computed - booked).abs();
        }
    }
    (other.difference != 0).then_some(other)
}

/// The lines of a voucher, in order. Their base amounts sum to zero, as the postings' do.
pub fn lines(voucher: &Voucher, vat: VatMode) -> Result<Vec<TargetLine<'_>>, String> {
    let mut lines: Vec<TargetLine<'_>> = Vec::with_capacity(voucher.postings().len());
    for posting in voucher.postings() {
        if vat == VatMode::Gross && matches!(posting.tax, Tax::Vat { .. }) {
            fold(&mut lines, posting).ok_or_else(|| {
                format!(
                    "voucher {}: the VAT on account {} belongs to no revenue line",
                    voucher.id(),
                    posting.account
                )
            })?;
        } else {
            lines.push(TargetLine {
                posting,
                amount: posting.amount,
                base: posting.in_base(),
                vat: 0,
                base_vat: 0,
            });
        }
    }
    // The one amount whose sign cannot be turned.
    match lines
        .iter()
        .find(|line| line.amount == i64::MIN || line.base == i64::MIN)
    {
        Some(_) => Err(format!("voucher {}: an amount is too large", voucher.id())),
        None => Ok(lines),
    }
}

/// Adds a VAT posting to the revenue lines that it was computed for: those of its key, code and
/// dimensions that have no VAT yet. In the base currency they share it in proportion.
fn fold(lines: &mut [TargetLine<'_>], vat_posting: &Posting) -> Option<()> {
    let mut open: Vec<(&mut TargetLine<'_>, i64)> = lines
        .iter_mut()
        .filter(|line| {
            let posting = line.posting;
            line.vat == 0
                && posting.key == vat_posting.key
                && posting.tax_code == vat_posting.tax_code
                && posting.department == vat_posting.department
                && posting.project == vat_posting.project
        })
        .filter_map(|line| match line.posting.tax {
            Tax::Net { vat, .. } if vat != 0 => Some((line, vat)),
            Tax::Net { .. } | Tax::None | Tax::Vat { .. } => None,
        })
        .collect();
    let total = i128::from(vat_posting.amount);
    if open.iter().map(|(_, vat)| i128::from(*vat)).sum::<i128>() != total || total == 0 {
        return None;
    }
    let base_total = i128::from(vat_posting.in_base());
    let (mut so_far, mut base_so_far) = (0i128, 0i64);
    for (line, vat) in &mut open {
        so_far += i128::from(*vat);
        let base_upto = divide_half_away(base_total * so_far * total.signum(), total.abs())?;
        line.vat = *vat;
        line.base_vat = base_upto - base_so_far;
        line.amount = line.amount.checked_add(line.vat)?;
        line.base = line.base.checked_add(line.base_vat)?;
        base_so_far = base_upto;
    }
    Some(())
}
