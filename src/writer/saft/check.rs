//! What the file cannot hold. Names of places are made only for what does not fit.

use crate::config::company::{Company, CompanyField};
use crate::journal::{Posting, Voucher};
use crate::text::cut;
use crate::writer::contents::AccountBalance;
use crate::writer::saft::Saft;
use crate::writer::saft::country::Country;
use crate::writer::xml::first_illegal;
use crate::writer::{Checker, Limits, Whole};

/// The largest file that the Norwegian tax authority takes, in bytes.
pub(super) const FILE_SIZE_MAX: u64 = 2_000_000_000;

/// The longest description.
pub(super) const TEXT_MAX: usize = 256;

/// Says what the file of a country cannot hold.
#[derive(Debug)]
pub struct SaftChecker<'a, C: Country>(pub Saft<'a, C>);

impl<C: Country> Checker for SaftChecker<'_, C> {
    fn voucher(&mut self, voucher: &Voucher, limits: &mut Limits) {
        fits(limits, "the voucher id", voucher.id().as_str(), 70);
        if C::HAS_SYSTEM_ID {
            fits(limits, "the voucher's short id", &voucher.id().short(), 18);
        }
        for (line, posting) in (1..).zip(voucher.postings()) {
            check_posting(voucher, line, posting, C::TAX_CODE_MAX, limits);
            if C::HAS_DIMENSIONS {
                check_dimensions(voucher, line, posting, limits);
            }
        }
    }

    fn end(&mut self, whole: &Whole<'_>, limits: &mut Limits) {
        let (saft, contents) = (&self.0, whole.contents);
        let company = &saft.context.config.company;
        for (field, max) in C::COMPANY_LIMITS {
            if let Some(text) = company.text(*field) {
                fits(limits, &format!("company.{}", field.name()), text, *max);
            }
        }
        check_country(company, limits);
        C::check_company(company, limits);
        fits(limits, "journal", &saft.journal, 18);
        if let Some(voucher_type) = saft.country.voucher_type() {
            fits(limits, "voucher_type", voucher_type, 70);
        }
        let dimensions = || contents.departments.iter().chain(&contents.projects);
        if C::HAS_DIMENSIONS {
            for text in dimensions() {
                fits(limits, "the dimension", text, 35);
            }
        }
        let (accounts, faults) = saft.balances(contents);
        for fault in faults {
            limits.refuse(fault);
        }
        for account in &accounts {
            saft.check_account(account, limits);
        }
        C::check_tax_codes(saft, contents, &saft.dates(contents), limits);
        if !C::HAS_DIMENSIONS && dimensions().next().is_some() {
            limits.replaced("departments and projects are left out of the file");
        }
        if whole.size > FILE_SIZE_MAX {
            limits.refuse(format!(
                "the file would have {} bytes, at most {FILE_SIZE_MAX} are taken: export shorter ranges",
                whole.size
            ));
        }
    }
}

impl<C: Country> Saft<'_, C> {
    fn check_account(&self, account: &AccountBalance, limits: &mut Limits) {
        let number = &account.number;
        fits(limits, "the account", number, 70);
        let what = format!("the name of account {number}");
        fits(limits, &what, &account.name, 256);
        if account.name == *number {
            limits.replaced(format!(
                "account {number} has no name: its number stands in its place"
            ));
        }
        for minor in [account.opening, account.closing] {
            if minor.unsigned_abs() >= 10u128.pow(18) {
                limits.refuse(format!("the balance of account {number} has more than 18 digits"));
            }
        }
        match self.grouping(number) {
            Some(grouping) => C::check_grouping(grouping, limits),
            None => {
                let ((what, example), format) = (C::GROUPING, C::FORMAT);
                limits.refuse(format!(
                    "account {number} has no {what}: set `\"{number}\" = {{ {example} }}` under [formats.{format}.grouping]"
                ));
            }
        }
    }
}

/// Refuses `text` when it has more than `max` characters, none, or one that XML cannot
/// hold.
pub fn fits(limits: &mut Limits, what: &str, text: &str, max: usize) {
    fits_as(limits, || what.to_owned(), text, max);
}

/// [`fits`], for texts whose names are made only when they are needed.
pub fn fits_as(limits: &mut Limits, what: impl Fn() -> String, text: &str, max: usize) {
    if is_short_and_plain(text, max) {
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
    refuse_illegal(limits, || what, text);
}

/// What nearly all texts are: at most `max` characters of visible ASCII with single bytes, spaces
/// only after the first of them.
fn is_short_and_plain(text: &str, max: usize) -> bool {
    let bytes = text.as_bytes();
    let is_plain = |all, byte: &u8| all & matches!(byte, b' '..=b'~');
    bytes.len() <= max && bytes.first().is_some_and(u8::is_ascii_graphic) && bytes.iter().fold(true, is_plain)
}

fn refuse_illegal(limits: &mut Limits, what: impl FnOnce() -> String, text: &str) {
    if let Some(character) = first_illegal(text) {
        limits.refuse(format!(
            "{} holds the character U+{:04X}",
            what(),
            u32::from(character)
        ));
    }
}

/// Refuses what a line cannot hold.
fn check_posting(
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
    let text = &*posting.text;
    if !is_short_and_plain(text, TEXT_MAX) {
        if cut(text, TEXT_MAX).len() < text.len() {
            limits.replaced(format!("{} was cut at {TEXT_MAX} characters", place("the text")));
        } else if text.trim().is_empty() {
            limits.refuse(format!("{} is empty", place("the text")));
        }
        refuse_illegal(limits, || place("the text"), text);
    }
    if posting.in_base().signum() * posting.amount.signum() < 0 {
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

/// Refuses dimensions that XML cannot hold. Their lengths are judged once each, at the end.
fn check_dimensions(voucher: &Voucher, line: usize, posting: &Posting, limits: &mut Limits) {
    for value in [&posting.department, &posting.project].into_iter().flatten() {
        let what = || format!("the dimension of voucher {} line {line}", voucher.id());
        refuse_illegal(limits, what, value);
    }
}

/// Refuses a country that is no code.
fn check_country(company: &Company, limits: &mut Limits) {
    let is_code =
        |country: &&str| country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase());
    let country = company.text(CompanyField::Country);
    if let Some(country) = country.filter(|country| !is_code(country)) {
        limits.refuse(format!(
            "company.country `{country}` is not a code of two capitals"
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quick_look_at_a_text_sees_what_the_slow_one_does() {
        for (text, is_refused) in [
            ("", true),
            (" ", true),
            ("a b", false),
            (" a", false),
            ("abcd", true),
            ("æøå", false),
            ("æøåé", true),
            ("a\u{1}", true),
            ("a\u{7f}", false),
        ] {
            let mut limits = Limits::new("saft-no");
            fits(&mut limits, "the text", text, 3);
            assert_eq!(limits.has_refusals(), is_refused, "{text:?}");
        }
    }
}
