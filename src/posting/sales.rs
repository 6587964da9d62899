//! The counter side of captures and refunds: clearing, revenue with VAT, or another account.

use std::sync::Arc;

use chrono::NaiveDate;

use crate::chart::Role;
use crate::config::sales_lines::SalesLine;
use crate::config::{CaptureMode, Rule};
use crate::journal::PostingKey;
use crate::ledger::findings::Findings;
use crate::posting::books::{Books, PostingError};
use crate::posting::draft::{Counter, Share};
use crate::posting::refunds::CaptureIndex;
use crate::posting::review::{self, Place, name};
use crate::posting::sale::Sale;

/// The counter shares of a capture or refund, which sum to what is booked of it: to its amount, but
/// for what falls under a rule that books nothing.
pub fn shares(
    books: &Books<'_>,
    captures: &CaptureIndex,
    key: PostingKey,
    place: &Place<'_, '_>,
    findings: &mut Findings,
) -> Result<Vec<(Counter, Share)>, PostingError> {
    let entry = place.entry;
    if key != PostingKey::Refund {
        let rule = rule_of(books, None, place).map(|(_, rule)| rule);
        let lines = books.sales_lines.of(entry);
        if lines.is_some() {
            books.use_lines();
        } else {
            misses_lines(books, rule, place, findings);
        }
        return part(books, rule, lines, entry.amount, place, place.date, findings);
    }
    let Some(settled) = captures.of(place.ledger_date, place.ordinal) else {
        if books.needs_references() && entry.amount != 0 && entry.reference.is_none() {
            review::without_reference(place, findings);
        }
        let lines = books.sales_lines.find(entry.psp_reference.as_deref(), None);
        let rule = rule_of(books, None, place).map(|(_, rule)| rule);
        return part(books, rule, lines, entry.amount, place, place.date, findings);
    };
    review::settled(books, captures, settled, place, findings);
    let mut shares = Vec::new();
    for of_capture in &settled.parts {
        let capture = &of_capture.capture;
        let rule = rule_of(books, Some(capture), place).map(|(_, rule)| rule);
        let (lines, amount) = (of_capture.lines.as_deref(), of_capture.amount);
        shares.extend(part(books, rule, lines, amount, place, capture.date, findings)?);
    }
    if settled.excess != 0 || settled.parts.is_empty() {
        let rule = rule_of(books, None, place).map(|(_, rule)| rule);
        let (lines, amount) = (settled.excess_lines.as_deref(), settled.excess);
        shares.extend(part(books, rule, lines, amount, place, place.date, findings)?);
    }
    Ok(shares)
}

/// What is booked of `amount`, which is a capture, a refund, or the part of a refund that belongs
/// to one capture, under its rule and on its date.
fn part(
    books: &Books<'_>,
    rule: Option<&Rule>,
    lines: Option<&[SalesLine]>,
    amount: i64,
    place: &Place<'_, '_>,
    date: NaiveDate,
    findings: &mut Findings,
) -> Result<Vec<(Counter, Share)>, PostingError> {
    let whole = Share {
        gross: amount,
        vat: None,
    };
    match books.capture_mode(rule) {
        CaptureMode::None => Ok(Vec::new()),
        CaptureMode::Clearing => {
            let account = match rule.and_then(|rule| rule.account.as_ref()) {
                Some(account) => books.numbered(&account.0),
                None => books.account(Role::SalesClearing)?,
            };
            let with_dimensions = books.settings.dimensions_on_balance;
            let rule = rule.filter(|_| with_dimensions);
            Ok(vec![(counter(rule, account), whole)])
        }
        CaptureMode::Revenue => {
            let takes_whole = rule.is_some_and(Rule::takes_whole);
            if takes_whole && lines.is_some() {
                review::ignored_lines(place, findings);
            }
            match lines.filter(|_| !takes_whole) {
                Some(lines) => by_lines(books, rule, lines, amount, place, date, findings),
                None => Ok(vec![(by_rule(books, rule, place, date)?, whole)]),
            }
        }
    }
}

/// A capture without lines, where its rule would split them.
fn misses_lines(books: &Books<'_>, rule: Option<&Rule>, place: &Place<'_, '_>, findings: &mut Findings) {
    if !books.sales_lines.is_empty()
        && books.capture_mode(rule) == CaptureMode::Revenue
        && !rule.is_some_and(Rule::takes_whole)
    {
        review::missing_lines(place, findings);
    }
}

/// The rule of a capture or refund, with its place in the file from 1. A refund follows the
/// capture that it belongs to, where that is known.
pub fn rule_of<'a>(
    books: &Books<'a>,
    capture: Option<&Sale>,
    place: &Place<'_, '_>,
) -> Option<(usize, &'a Rule)> {
    let reference = place.entry.reference.as_deref();
    match capture {
        Some(capture) => books.rule(capture.handle.as_deref(), reference, capture.date),
        None => books.rule(place.entry.recipient_handle.as_deref(), reference, place.date),
    }
}

/// Revenue by the rule: its tax code, or its account alone for what carries no VAT.
fn by_rule(
    books: &Books<'_>,
    rule: Option<&Rule>,
    place: &Place<'_, '_>,
    date: NaiveDate,
) -> Result<Counter, PostingError> {
    let code = rule.and_then(|rule| rule.tax_code.as_deref());
    let account = rule.and_then(|rule| rule.account.as_ref());
    match (code, account) {
        (Some(code), _) => taxed(books, rule, code, place, date),
        (None, Some(account)) => Ok(counter(rule, books.numbered(&account.0))),
        (None, None) => Err(PostingError::NoTaxCode {
            what: if place.entry.entry_type == crate::ledger::entry::EntryType::Refund {
                "refund"
            } else {
                "capture"
            },
            date: place.ledger_date,
            handle: place
                .entry
                .recipient_handle
                .as_deref()
                .map_or_else(|| "none".to_owned(), crate::text::line),
            reference: name(place.entry),
        }),
    }
}

/// Revenue by sales lines: they decide the split and its tax codes, the rule the dimensions.
fn by_lines(
    books: &Books<'_>,
    rule: Option<&Rule>,
    lines: &[SalesLine],
    amount: i64,
    place: &Place<'_, '_>,
    date: NaiveDate,
    findings: &mut Findings,
) -> Result<Vec<(Counter, Share)>, PostingError> {
    let sum: i128 = lines.iter().map(|line| i128::from(line.gross)).sum();
    if sum != i128::from(amount) {
        review::lines_do_not_sum(books, sum, amount, false, place, findings);
        // Nothing is written for the ledger; until then the amount stands where it cannot mislead.
        let whole = Share {
            gross: amount,
            vat: None,
        };
        return Ok(vec![(counter(None, books.account(Role::Suspense)?), whole)]);
    }
    let mut shares = Vec::new();
    for line in lines {
        let counter = taxed(books, rule, &line.tax_code, place, date)?;
        let tax = counter.tax.as_ref();
        let carries_vat = tax.is_some_and(|tax| tax.vat_account.is_some());
        if let (Some(vat), Some(tax)) = (line.vat, tax) {
            let expected = tax.rate.vat_in_gross(line.gross).unwrap_or(0);
            let differs_by = i128::from(vat) - i128::from(expected);
            if differs_by.abs() > i128::from(carries_vat) {
                review::vat_does_not_fit(books, line, expected, place, findings);
            }
        }
        shares.push((
            counter,
            Share {
                gross: line.gross,
                vat: line.vat.filter(|_| carries_vat),
            },
        ));
    }
    Ok(shares)
}

fn taxed(
    books: &Books<'_>,
    rule: Option<&Rule>,
    code: &str,
    place: &Place<'_, '_>,
    date: NaiveDate,
) -> Result<Counter, PostingError> {
    let tax = books.tax_code(code, date, &name(place.entry))?;
    let by_rule = rule.and_then(|rule| rule.account.as_ref());
    // With sales lines of several codes, a rule's account would mix them up; it holds for the
    // rule's own code.
    let by_rule = by_rule.filter(|_| {
        rule.and_then(|rule| rule.tax_code.as_deref())
            .is_none_or(|own| own == code)
    });
    let account = by_rule
        .or(tax.revenue_account.as_ref())
        .ok_or_else(|| PostingError::NoTaxAccount {
            code: code.to_owned(),
            what: "revenue_account",
        })?;
    Ok(Counter {
        tax: Some(books.resolve_tax(code, tax)?),
        ..counter(rule, books.numbered(&account.0))
    })
}

fn counter(rule: Option<&Rule>, account: crate::posting::books::Account) -> Counter {
    let shared = |text: Option<&String>| text.map(|text| Arc::from(text.as_str()));
    Counter {
        account,
        tax_code: None,
        tax: None,
        department: shared(rule.and_then(|rule| rule.department.as_ref())),
        project: shared(rule.and_then(|rule| rule.project.as_ref())),
    }
}
