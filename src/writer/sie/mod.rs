//! What the SIE writers share: organisation numbers, kinds of account, limits.
//!
//! Sources: `formats/sie4/NOTES.md`.

pub mod item;
pub mod pc8;
pub mod sie4;
pub mod sie5;

use crate::config::company::CompanyField;
use crate::journal::Voucher;
use crate::writer::{Context, Limits};

/// Cost centres.
pub const DEPARTMENT_DIMENSION: &str = "1";

/// Projects.
pub const PROJECT_DIMENSION: &str = "6";

/// What an account is, by the first digits of its number in the BAS chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountKind {
    /// Class 1.
    Asset,
    /// Class 2, apart from equity.
    Liability,
    /// Class 2, group 20.
    Equity,
    /// Class 3, and what class 8 earns.
    Income,
    /// Classes 4 to 8.
    Cost,
}

impl AccountKind {
    /// The kind of an account; `None` for a number that no class of the chart has.
    pub fn of(number: &str) -> Option<Self> {
        let income = ["3", "80", "81", "82", "83"];
        Some(match number.as_bytes() {
            [b'1', ..] => Self::Asset,
            [b'2', b'0', ..] => Self::Equity,
            [b'2', ..] => Self::Liability,
            [b'3'..=b'8', ..] if income.iter().any(|begin| number.starts_with(begin)) => Self::Income,
            [b'3'..=b'8', ..] => Self::Cost,
            _ => return None,
        })
    }

    /// Whether the account belongs to the balance sheet.
    pub fn is_balance(self) -> bool {
        matches!(self, Self::Asset | Self::Liability | Self::Equity)
    }
}

/// The organisation number as SIE wants it, `556334-3689`; `None` when it has not ten digits.
pub fn organisation_number(context: &Context<'_>) -> Option<String> {
    let number = context.config.company.text(CompanyField::RegistrationNumber)?;
    let digits: String = number
        .chars()
        .filter(|character| !"- ".contains(*character))
        .collect();
    let is_number = digits.len() == 10 && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| format!("{}-{}", &digits[..6], &digits[6..]))
}

/// Refuses an organisation number and accounts that SIE cannot hold.
pub fn check_head<'n>(context: &Context<'_>, numbers: impl Iterator<Item = &'n str>, limits: &mut Limits) {
    if organisation_number(context).is_none() {
        let number = context.config.company.text(CompanyField::RegistrationNumber);
        limits.refuse(format!(
            "company.registration_number `{}` is no Swedish organisation number of ten digits",
            number.unwrap_or_default()
        ));
    }
    for number in numbers {
        let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number || AccountKind::of(number).is_none() {
            limits.refuse(format!(
                "account {number} is not a number of the classes 1 to 8, which is what SIE programs take"
            ));
        }
    }
}

/// What a voucher is called: its id, which is how a person finds an earlier import of it.
pub fn voucher_text(voucher: &Voucher) -> String {
    format!("Vipps MobilePay {}", voucher.id())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_follow_the_classes() {
        for (number, kind) in [
            ("1580", Some(AccountKind::Asset)),
            ("2081", Some(AccountKind::Equity)),
            ("2611", Some(AccountKind::Liability)),
            ("3001", Some(AccountKind::Income)),
            ("6570", Some(AccountKind::Cost)),
            ("8310", Some(AccountKind::Income)),
            ("9000", None),
            ("", None),
        ] {
            assert_eq!(AccountKind::of(number), kind, "{number}");
        }
    }
}
