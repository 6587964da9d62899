//! Amounts in the base currency with what they are in the ledger's. All are magnitudes: the
//! element says the side.

use crate::journal::{Posting, Tax, Voucher};
use crate::money::amount::Amount;
use crate::money::{Currency, divide_half_away};
use crate::posting::books::Books;
use crate::writer::contents::is_debit;
use crate::writer::saft::elements::{Tags, tags};

/// Decimals of an exchange rate.
const RATE_DECIMALS: u32 = 8;

/// An amount in the base currency with what it is in the ledger's.
#[derive(Debug, Clone)]
pub(super) struct InBoth {
    /// In the base currency.
    pub(super) base: Amount,
    base_currency: Currency,
    /// The amount in the ledger's currency, when that is another.
    foreign: Option<Foreign>,
}

#[derive(Debug, Clone)]
struct Foreign {
    currency: Currency,
    amount: Amount,
    /// Units of the base currency for one, where a rate with eight decimals gives the amount.
    rate: Option<String>,
}

impl InBoth {
    /// Writes the amount within the element of its side. `names_base` says whether the currency
    /// stands there also when it is that of the books.
    pub(super) fn write(&self, out: &mut Vec<u8>, side: &Tags, names_base: bool) {
        side.open(out);
        out.extend_from_slice(side.indent.as_bytes());
        AMOUNT.around(out, |out| self.base.push(out));
        let (currency, amount, rate) = match &self.foreign {
            Some(foreign) => (foreign.currency, foreign.amount, foreign.rate.as_deref()),
            None => (self.base_currency, self.base, None),
        };
        // A schema that wants every currency wants every rate.
        let rate = rate.or(names_base.then_some("1"));
        if names_base || self.foreign.is_some() {
            let mut element = |tags: Tags, write: &dyn Fn(&mut Vec<u8>)| {
                out.extend_from_slice(side.indent.as_bytes());
                tags.around(out, write);
            };
            element(CURRENCY_CODE, &|out| {
                out.extend_from_slice(currency.code().as_bytes());
            });
            element(CURRENCY_AMOUNT, &|out| amount.push(out));
            if let Some(rate) = rate {
                element(EXCHANGE_RATE, &|out| out.extend_from_slice(rate.as_bytes()));
            }
        }
        side.close(out);
    }
}

// One level below the element of the side.
const AMOUNT: Tags = tags!("\t", "Amount");
const CURRENCY_CODE: Tags = tags!("\t", "CurrencyCode");
const CURRENCY_AMOUNT: Tags = tags!("\t", "CurrencyAmount");
const EXCHANGE_RATE: Tags = tags!("\t", "ExchangeRate");

/// The amount of a posting.
pub(super) fn amount(books: &Books<'_>, voucher: &Voucher, posting: &Posting) -> InBoth {
    in_both(books, voucher, posting.amount, posting.in_base(), posting)
}

/// The VAT of a posting that has a part in a VAT computation: whether it is a debit, and how much.
pub(super) fn tax_amount(books: &Books<'_>, voucher: &Voucher, posting: &Posting) -> (bool, InBoth) {
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
    let is_on_debit = if base == 0 { is_debit(posting) } else { base > 0 };
    (is_on_debit, in_both(books, voucher, vat, base, posting))
}

fn in_both(books: &Books<'_>, voucher: &Voucher, amount: i64, base: i64, posting: &Posting) -> InBoth {
    let base_currency = books.settings.base_currency;
    let foreign = (posting.currency != base_currency).then(|| Foreign {
        currency: posting.currency,
        amount: posting.currency.amount(amount).magnitude(),
        rate: rate(books, voucher, amount, base, posting),
    });
    InBoth {
        base: base_currency.amount(base).magnitude(),
        base_currency,
        foreign,
    }
}

/// The rate of the voucher's date when it gives the amount, else the quotient of the two amounts.
fn rate(books: &Books<'_>, voucher: &Voucher, amount: i64, base: i64, posting: &Posting) -> Option<String> {
    let (from, to) = (
        posting.currency.exponent(),
        books.settings.base_currency.exponent(),
    );
    let of_date = books.rate(voucher.date()).ok().flatten();
    if let Some(rate) = of_date.filter(|rate| rate.convert(amount, from, to) == Some(base))
        && rate.decimals() <= RATE_DECIMALS
    {
        return Some(rate.to_string());
    }
    if amount == 0 || base == 0 {
        return None;
    }
    let scale = 10i128.pow(RATE_DECIMALS + from) / 10i128.pow(to);
    let quotient = divide_half_away(
        i128::from(base).abs().checked_mul(scale)?,
        i128::from(amount).abs(),
    )?;
    Some(Amount::new(quotient, RATE_DECIMALS).to_string())
}
