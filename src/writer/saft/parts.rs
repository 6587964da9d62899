//! Parts of a SAF-T file that both countries write: amounts, balances, sides, texts.

use std::io;

use crate::config::company::{Company, CompanyField};
use crate::journal::{Posting, Tax, Voucher};
use crate::money::divide_half_away;
use crate::posting::books::Books;
use crate::text::cut;
use crate::writer::contents::{AccountBalance, is_debit};
use crate::writer::saft::decimal;
use crate::writer::xml::Xml;

/// The longest description.
pub const TEXT_MAX: usize = 256;

/// An amount in the base currency with what it is in the ledger's, as magnitudes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amount {
    /// In the base currency.
    pub base: String,
    /// Currency code, amount and rate, when the amount is in another currency.
    pub foreign: Option<Foreign>,
}

/// An amount in another currency than the books'.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreign {
    /// ISO 4217 code.
    pub code: String,
    /// The amount in it.
    pub amount: String,
    /// Units of the base currency for one, where a rate with eight decimals gives the amount.
    pub rate: Option<String>,
}

/// The amount of a posting.
pub fn amount(books: &Books<'_>, voucher: &Voucher, posting: &Posting) -> Amount {
    in_both(books, voucher, posting.amount, posting.in_base(), posting)
}

/// The VAT of a posting that has a part in a VAT computation: its sign and amount.
pub fn tax_amount(books: &Books<'_>, voucher: &Voucher, posting: &Posting) -> (bool, Amount) {
    let vat = match posting.tax {
        Tax::Net { vat, .. } => vat,
        Tax::None | Tax::Vat { .. } => 0,
    };
    let base = match posting.base_amount {
        Some(base) if posting.amount != 0 => divide_half_away(
            i128::from(vat) * i128::from(base),
            i128::from(posting.amount).abs(),
        )
        .map_or(
            vat,
            |magnitude| if posting.amount < 0 { -magnitude } else { magnitude },
        ),
        Some(_) | None => vat,
    };
    let side = if base == 0 { is_debit(posting) } else { base > 0 };
    (side, in_both(books, voucher, vat, base, posting))
}

fn in_both(books: &Books<'_>, voucher: &Voucher, amount: i64, base: i64, posting: &Posting) -> Amount {
    let base_exponent = books.settings.base_currency.exponent();
    let foreign = (posting.currency != books.settings.base_currency).then(|| Foreign {
        code: posting.currency.code().to_owned(),
        amount: decimal(i128::from(amount), posting.currency.exponent()),
        rate: rate(books, voucher, amount, base, posting),
    });
    Amount {
        base: decimal(i128::from(base), base_exponent),
        foreign,
    }
}

/// The rate of the voucher's date when it gives the amount, else the quotient of the two amounts.
fn rate(books: &Books<'_>, voucher: &Voucher, amount: i64, base: i64, posting: &Posting) -> Option<String> {
    let (from, to) = (
        posting.currency.exponent(),
        books.settings.base_currency.exponent(),
    );
    let day = books.rate(voucher.date()).ok().flatten();
    if let Some(day) = day.filter(|day| day.convert(amount, from, to) == Some(base)) {
        let text = day.to_string();
        let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
        if decimals <= 8 {
            return Some(text);
        }
    }
    if amount == 0 || base == 0 {
        return None;
    }
    let scale = 10i128.pow(8 + from) / 10i128.pow(to);
    let quotient = divide_half_away(
        i128::from(base).abs().checked_mul(scale)?,
        i128::from(amount).abs(),
    )?;
    Some(decimal(i128::from(quotient), 8))
}

/// Whether a posting's two amounts point the same way, so that one side holds both.
pub fn has_one_side(posting: &Posting) -> bool {
    posting.in_base().signum() * posting.amount.signum() >= 0
}

/// Writes opening and closing balance, each as one of two elements by its sign.
pub fn balances(xml: &Xml, out: &mut Vec<u8>, account: &AccountBalance, exponent: u32) -> io::Result<()> {
    for (minor, debit, credit) in [
        (account.opening, "OpeningDebitBalance", "OpeningCreditBalance"),
        (account.closing, "ClosingDebitBalance", "ClosingCreditBalance"),
    ] {
        let name = if minor < 0 { credit } else { debit };
        xml.element(out, name, &decimal(minor, exponent))?;
    }
    Ok(())
}

/// Writes the company's address.
pub fn address(xml: &mut Xml, out: &mut Vec<u8>, company: &Company) -> io::Result<()> {
    xml.open(out, "Address", &[])?;
    xml.optional(out, "StreetName", company.text(CompanyField::Street))?;
    xml.optional(out, "City", company.text(CompanyField::City))?;
    xml.optional(out, "PostalCode", company.text(CompanyField::PostalCode))?;
    xml.optional(out, "Country", company.text(CompanyField::Country))?;
    xml.element(out, "AddressType", "StreetAddress")?;
    xml.close(out)
}

/// Writes whom to ask.
pub fn contact(xml: &mut Xml, out: &mut Vec<u8>, company: &Company) -> io::Result<()> {
    xml.open(out, "Contact", &[])?;
    xml.open(out, "ContactPerson", &[])?;
    xml.optional(out, "FirstName", company.text(CompanyField::ContactFirstName))?;
    xml.optional(out, "LastName", company.text(CompanyField::ContactLastName))?;
    xml.close(out)?;
    xml.optional(out, "Telephone", company.text(CompanyField::Phone))?;
    xml.optional(out, "Email", company.text(CompanyField::Email))?;
    xml.close(out)
}

/// A text as far as it fits.
pub fn description(text: &str) -> &str {
    cut(text, TEXT_MAX)
}

/// Whether a text has to be cut.
pub fn is_too_long(text: &str) -> bool {
    cut(text, TEXT_MAX).len() < text.len()
}
