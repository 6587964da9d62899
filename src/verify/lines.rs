//! One line of a transaction: sides, references, currency, tax.

use crate::money::{divide_half_away, parse_decimal};
use crate::verify::Report;
use crate::verify::dialect::Dialect;
use crate::verify::element::Element;
use crate::verify::master::{Master, amount};
use crate::verify::rule;

/// What a line adds to its transaction, in hundredths.
pub(crate) struct Sides {
    pub(crate) debit: i128,
    pub(crate) credit: i128,
}

/// Checks a line and moves its account. `None` when it has no amount on one side.
pub(crate) fn check(
    line: &Element,
    dialect: &Dialect,
    master: &mut Master,
    report: &mut Report,
) -> Option<Sides> {
    let sides: Vec<(bool, &Element)> = line
        .all("DebitAmount")
        .map(|side| (true, side))
        .chain(line.all("CreditAmount").map(|side| (false, side)))
        .collect();
    if sides.len() != 1 {
        report.add(rule::LINE_SIDES, line.line, || {
            format!(
                "line `{}` has {} amounts",
                line.get("RecordID").unwrap_or_default(),
                sides.len()
            )
        });
    }
    references(line, master, report);
    each_amount(line, dialect, report);
    let is_debit = sides.first().map(|(is_debit, _)| *is_debit);
    for tax in line.all("TaxInformation") {
        check_tax(tax, is_debit, dialect, master, report);
    }
    if line.all("TaxInformation").count() > 1 {
        report.add(rule::TAX_REPEATED, line.line, || {
            "the line has several taxes".to_owned()
        });
    }
    let [(is_debit, side)] = sides[..] else {
        return None;
    };
    let amount = side.child("Amount").and_then(Element::amount)?;
    let number = line.get("AccountID").unwrap_or_default();
    let is_listed = master.move_account(number, if is_debit { amount } else { -amount });
    if !is_listed && master.has_accounts() {
        report.add(rule::LINE_ACCOUNT, line.line, || {
            format!("account `{number}` is not listed")
        });
    }
    Some(if is_debit {
        Sides {
            debit: amount,
            credit: 0,
        }
    } else {
        Sides {
            debit: 0,
            credit: amount,
        }
    })
}

fn references(line: &Element, master: &Master, report: &mut Report) {
    if !master.has_accounts() {
        return;
    }
    let (customer, supplier) = (line.get("CustomerID"), line.get("SupplierID"));
    if let Some(customer) = customer.filter(|id| !master.has_customer(id)) {
        report.add(rule::LINE_CUSTOMER, line.line, || {
            format!("customer `{customer}` is not listed")
        });
    }
    if let Some(supplier) = supplier.filter(|id| !master.has_supplier(id)) {
        report.add(rule::LINE_SUPPLIER, line.line, || {
            format!("supplier `{supplier}` is not listed")
        });
    }
    if let (Some(customer), Some(supplier)) = (customer, supplier) {
        report.add(rule::TWO_PARTIES, line.line, || {
            format!("the line has customer `{customer}` and supplier `{supplier}`")
        });
    }
    for analysis in line.all("Analysis") {
        let kind = analysis.get("AnalysisType").unwrap_or_default();
        let value = analysis.get("AnalysisID").unwrap_or_default();
        if !master.has_dimension(kind, value) {
            report.add(rule::LINE_ANALYSIS, analysis.line, || {
                format!("`{value}` of `{kind}` is not listed")
            });
        }
    }
}

/// Every amount below an element that can be in another currency.
fn each_amount(element: &Element, dialect: &Dialect, report: &mut Report) {
    if element.child("Amount").is_some() {
        currency(element, dialect, report);
    }
    for child in &element.children {
        each_amount(child, dialect, report);
    }
}

fn currency(place: &Element, dialect: &Dialect, report: &mut Report) {
    let code = place.get("CurrencyCode");
    let text = place.get("CurrencyAmount");
    let is_complete = match (code, text) {
        (None, None) => !dialect.is_danish && place.get("ExchangeRate").is_none(),
        (Some(_), Some(_)) => !dialect.is_danish || place.get("ExchangeRate").is_some(),
        _ => false,
    };
    if !is_complete {
        report.add(rule::CURRENCY_INCOMPLETE, place.line, || {
            format!(
                "`{}` has not all of `CurrencyCode`, `CurrencyAmount` and `ExchangeRate`",
                place.name
            )
        });
        return;
    }
    // Amounts of virtual currencies have more decimals than can be multiplied exactly here.
    let own = text.and_then(|text| parse_decimal(text, 2));
    let rate = place.rate("ExchangeRate");
    let base = place.child("Amount").and_then(Element::amount);
    let (Some(own), Some(rate), Some(base)) = (own, rate, base) else {
        return;
    };
    let product = own
        .checked_mul(rate)
        .and_then(|product| divide_half_away(product, 100_000_000));
    if product.is_some_and(|product| (i128::from(product) - base).abs() > 1) {
        report.add(rule::EXCHANGE, place.line, || {
            format!(
                "{} times {} is {}, the amount is {}",
                amount(own),
                place.get("ExchangeRate").unwrap_or_default(),
                amount(product.map_or(0, i128::from)),
                amount(base)
            )
        });
    }
}

fn check_tax(
    tax: &Element,
    line_is_debit: Option<bool>,
    dialect: &Dialect,
    master: &Master,
    report: &mut Report,
) {
    let line = tax.line;
    let sides: Vec<(Option<bool>, &Element)> = tax
        .children
        .iter()
        .filter_map(|child| match child.name.as_str() {
            "DebitTaxAmount" => Some((Some(true), child)),
            "CreditTaxAmount" => Some((Some(false), child)),
            "TaxAmount" => Some((None, child)),
            _ => None,
        })
        .collect();
    let is_right = matches!(&sides[..], [(side, _)] if side.is_none() == dialect.has_plain_tax_amount());
    if !is_right {
        report.add(rule::TAX_SIDES, line, || {
            format!("the tax has {} amounts", sides.len())
        });
    }
    let code = tax.get("TaxCode");
    if let Some(code) = code.filter(|code| master.has_accounts() && !master.has_tax_code(code)) {
        report.add(rule::TAX_CODE, line, || {
            format!("tax code `{code}` is not in the tax table")
        });
    }
    let percent = tax.get("TaxPercentage").unwrap_or_default();
    let rate = tax.rate("TaxPercentage");
    if let (Some(code), Some(rate)) = (code, rate)
        && !master.has_rate(code, rate)
    {
        report.add(rule::TAX_RATE, line, || {
            format!("the tax has {percent} %, which is not the rate of tax code `{code}` in the tax table")
        });
    }
    let Some((side, place)) = sides.first() else {
        return;
    };
    let stated = place.child("Amount").and_then(Element::amount);
    if let (Some(side), Some(line_is_debit), Some(stated)) = (*side, line_is_debit, stated)
        && side != line_is_debit
        && stated != 0
    {
        report.add(rule::TAX_SIDE, line, || {
            "the tax stands on the other side than its line".to_owned()
        });
    }
    let base = tax
        .child("TaxBase")
        .and_then(|base| parse_decimal(base.value(), 8));
    if let (Some(base), Some(rate), Some(stated)) = (base, rate, stated) {
        arithmetic(base, rate, stated, percent, line, report);
    }
}

/// `base` and `rate` have eight decimals, `stated` two.
fn arithmetic(base: i128, rate: i128, stated: i128, percent: &str, line: u64, report: &mut Report) {
    // 8 + 8 decimals, and 2 for the percent, less the 2 of the result.
    let scale = 10i128.pow(16);
    let Some(tax) = base
        .checked_mul(rate)
        .and_then(|product| divide_half_away(product, scale))
        .map(i128::from)
    else {
        return;
    };
    let off = (tax.abs() - stated.abs()).abs();
    let message = || {
        format!(
            "{percent} % of {} is {}, the tax amount is {}",
            amount(base / 1_000_000),
            amount(tax),
            amount(stated)
        )
    };
    // Rounding each of many sales moves their sum by far less than one in a hundred.
    if off > (tax.abs() / 100).max(1) {
        report.add(rule::TAX_AMOUNT, line, message);
    } else if off > 1 {
        report.add(rule::TAX_ROUNDING, line, message);
    }
}
