//! What the SAF-T writers of Norway and Denmark share: the totals that stand before the
//! transactions, balances by account, amounts with their currencies, and limits on length.
//!
//! What stands at the head of the file is known only when all transactions are written.

pub mod parts;

use std::collections::BTreeMap;

use crate::chart::Role;
use crate::config::company::{Company, CompanyField};
use crate::journal::{Posting, Voucher};
use crate::posting::books::Books;
use crate::writer::contents::AccountBalance;
use crate::writer::xml::first_illegal;
use crate::writer::{Context, Limits};

/// The largest file that the Norwegian tax authority takes, in bytes.
pub const FILE_SIZE_MAX: u64 = 2_000_000_000;

/// A magnitude in major units: the sign is the element's.
pub fn decimal(minor: i128, exponent: u32) -> String {
    let digits = minor.unsigned_abs();
    let scale = 10u128.pow(exponent);
    if exponent == 0 {
        return digits.to_string();
    }
    let width = exponent as usize;
    format!("{}.{:0width$}", digits / scale, digits % scale)
}

/// The elements that are open where transactions stand.
pub const OPEN: [&str; 3] = ["AuditFile", "GeneralLedgerEntries", "Journal"];

/// Refuses `text` when it has more than `max` characters, none, or one that XML cannot
/// hold.
pub fn fits(limits: &mut Limits, what: &str, text: &str, max: usize) {
    fits_as(limits, || what.to_owned(), text, max);
}

/// [`fits`], for texts whose names are made only when they are needed.
fn fits_as(limits: &mut Limits, what: impl Fn() -> String, text: &str, max: usize) {
    // Nearly all texts are short and plain.
    if !text.is_empty() && text.len() <= max && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return;
    }
    let what = what();
    let length = text.chars().count();
    if length > max {
        limits.refuse(format!(
            "{what} `{text}` has {length} characters, at most {max} fit"
        ));
    } else if text.trim().is_empty() {
        limits.refuse(format!("{what} is empty"));
    }
    if let Some(character) = first_illegal(text) {
        limits.refuse(format!(
            "{what} holds the character U+{:04X}",
            u32::from(character)
        ));
    }
}

/// What is known of an account: by the user, by the whole number, by its role, by the longest
/// beginning of the number.
pub fn grouping<'g, G>(
    books: &Books<'_>,
    number: &str,
    own: &'g BTreeMap<String, G>,
    accounts: &'g BTreeMap<String, G>,
    roles: &'g BTreeMap<Role, G>,
) -> Option<&'g G> {
    let by_role = || {
        let by_number = books.role_accounts();
        let role = by_number
            .iter()
            .find(|(_, account)| &*account.number == number)?
            .0;
        roles.get(role)
    };
    let by_beginning = || {
        let known = accounts.iter();
        known
            .filter(|(beginning, _)| number.starts_with(beginning.as_str()))
            .max_by_key(|(beginning, _)| beginning.len())
            .map(|(_, grouping)| grouping)
    };
    own.get(number)
        .or_else(|| accounts.get(number))
        .or_else(by_role)
        .or_else(by_beginning)
}

/// Refuses what a line cannot hold. `tax_code_max` is the country's.
pub fn check_posting(
    voucher: &Voucher,
    line: usize,
    posting: &Posting,
    tax_code_max: usize,
    limits: &mut Limits,
) {
    let place = |what: &str| format!("{what} of voucher {} line {line}", voucher.id());
    fits_as(limits, || place("the account"), &posting.account, 70);
    if let Some(reference) = &posting.reference {
        fits_as(limits, || place("the reference"), reference, 35);
    }
    if let Some(code) = &posting.tax_code {
        fits_as(limits, || place("the tax code"), code, tax_code_max);
    }
    if parts::is_too_long(&posting.text) {
        limits.replaced(format!(
            "{} was cut at {} characters",
            place("the text"),
            parts::TEXT_MAX
        ));
    } else if posting.text.trim().is_empty() {
        limits.refuse(format!("{} is empty", place("the text")));
    }
    if let Some(character) = first_illegal(&posting.text) {
        limits.refuse(format!(
            "{} holds the character U+{:04X}",
            place("the text"),
            u32::from(character)
        ));
    }
    if !parts::has_one_side(posting) {
        limits.refuse(format!(
            "{} has another sign in the base currency, and a line has one side",
            place("the amount")
        ));
    }
    if posting.currency.exponent() > 2 {
        limits.refuse(format!(
            "{} is in {}, which has more than two decimals",
            place("the amount"),
            posting.currency
        ));
    }
}

/// Refuses what an account cannot hold.
pub fn check_account(account: &AccountBalance, limits: &mut Limits) {
    fits(limits, "the account", &account.number, 70);
    fits(
        limits,
        &format!("the name of account {}", account.number),
        &account.name,
        256,
    );
    if account.name == account.number {
        limits.replaced(format!(
            "account {} has no name: its number stands in its place",
            account.number
        ));
    }
    for minor in [account.opening, account.closing] {
        if minor.unsigned_abs() >= 10u128.pow(18) {
            limits.refuse(format!(
                "the balance of account {} has more than 18 digits",
                account.number
            ));
        }
    }
}

/// Refuses a field of the company that does not fit, where it is set.
pub fn check_company(company: &Company, field: CompanyField, max: usize, limits: &mut Limits) {
    if let Some(text) = company.text(field) {
        fits(limits, &format!("company.{}", field.name()), text, max);
    }
}

/// Refuses a country that is no code.
pub fn check_country(country: Option<&str>, limits: &mut Limits) {
    let is_code =
        |country: &&str| country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase());
    if let Some(country) = country.filter(|country| !is_code(country)) {
        limits.refuse(format!(
            "company.country `{country}` is not a code of two capitals"
        ));
    }
}

/// Refuses a file that is too large.
pub fn check_size(size: u64, limits: &mut Limits) {
    if size > FILE_SIZE_MAX {
        limits.refuse(format!(
            "the file would have {size} bytes, at most {FILE_SIZE_MAX} are taken: export shorter ranges"
        ));
    }
}

/// What a reader of the file has to know first.
pub fn comment(context: &Context<'_>) -> String {
    format!(
        "Payment ledger extract: Vipps MobilePay ledger {}. Not the complete books. Accounts other than the \
         provider's open at the configured balance, else 0.00.",
        context.info.ledger_id
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn magnitudes_have_no_sign() {
        assert_eq!(decimal(-5, 2), "0.05");
        assert_eq!(decimal(123, 0), "123");
    }
}
