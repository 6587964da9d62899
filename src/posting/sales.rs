//! The counter side of captures and refunds: clearing, revenue with VAT, or another account.

use std::sync::Arc;

use chrono::NaiveDate;

use crate::chart::Role;
use crate::config::sales_lines::SalesLine;
use crate::config::{CaptureMode, Rule};
use crate::journal::PostingKey;
use crate::ledger::entry::Entry;
use crate::ledger::finding::{Code, Findings};
use crate::money::divide_half_away;
use crate::posting::books::{Books, PostingError};
use crate::posting::draft::{Counter, Share};
use crate::posting::refunds::{CaptureIndex, FoundCapture};
use crate::provider::Topic;

/// A capture or refund and where it stands.
#[derive(Debug)]
pub struct Place<'e, 'd> {
    pub ledger_date: NaiveDate,
    /// The date that it is booked on, and that rules and tax codes go by.
    pub date: NaiveDate,
    /// Its place on the ledger date, from 1.
    pub ordinal: usize,
    pub entry: &'e Entry<'d>,
}

impl<'e, 'd> Place<'e, 'd> {
    /// Where an entry stands in these books.
    pub fn new(books: &Books<'_>, ledger_date: NaiveDate, ordinal: usize, entry: &'e Entry<'d>) -> Self {
        Self {
            ledger_date,
            date: books.sale_date(ledger_date, entry),
            ordinal,
            entry,
        }
    }
}

/// The counter shares of a capture or refund, which sum to its amount; `None` when it is not
/// booked.
pub fn shares(
    books: &Books<'_>,
    captures: &CaptureIndex,
    key: PostingKey,
    place: &Place<'_, '_>,
    findings: &mut Findings,
) -> Result<Option<Vec<(Counter, Share)>>, PostingError> {
    let entry = place.entry;
    let capture = if key == PostingKey::Refund {
        captures.capture_of(entry, place.ledger_date)
    } else {
        None
    };
    let date = capture.map_or(place.date, |capture| capture.date);
    let rule = rule_of(books, capture, place).map(|(_, rule)| rule);
    let whole = Share {
        gross: entry.amount,
        vat: None,
    };
    let mode = books.capture_mode(rule);
    if key == PostingKey::Refund
        && capture.is_none()
        && books.needs_captures_of_refunds()
        && mode != CaptureMode::None
    {
        findings.add(Code::RefundCaptureNotFound, Some(Topic::Funds), Some(place.ledger_date), Some(place.ordinal), || {
            format!(
                "the capture of the refund with reference `{}` was not found in the {} dates before it; it is booked by the rules of its own date",
                name(entry),
                books.settings.refund_lookback_days
            )
        });
    }
    match mode {
        CaptureMode::None => Ok(None),
        CaptureMode::Clearing => {
            let account = match rule.and_then(|rule| rule.account.as_ref()) {
                Some(account) => books.numbered(&account.0),
                None => books.account(Role::SalesClearing)?,
            };
            let with_dimensions = books.settings.dimensions_on_balance;
            let rule = rule.filter(|_| with_dimensions);
            Ok(Some(vec![(counter(rule, account), whole)]))
        }
        CaptureMode::Revenue => {
            let lines = match key {
                PostingKey::Refund => lines_of_refund(books, capture, place, findings),
                _ => books.sales_lines.of(entry).map(<[SalesLine]>::to_vec),
            };
            match lines {
                Some(lines) => by_lines(books, rule, &lines, place, date, findings).map(Some),
                None => Ok(Some(vec![(by_rule(books, rule, place, date)?, whole)])),
            }
        }
    }
}

/// The rule of a capture or refund, with its place in the file from 1. A refund follows the
/// capture that it belongs to, where that is known.
pub fn rule_of<'a>(
    books: &Books<'a>,
    capture: Option<&FoundCapture>,
    place: &Place<'_, '_>,
) -> Option<(usize, &'a Rule)> {
    let reference = place.entry.reference.as_deref();
    match capture {
        Some(capture) => books.rule(capture.handle.as_deref(), reference, capture.date),
        None => books.rule(place.entry.recipient_handle.as_deref(), reference, place.date),
    }
}

/// The lines of a refund: its own, else its capture's in proportion.
fn lines_of_refund(
    books: &Books<'_>,
    capture: Option<&FoundCapture>,
    place: &Place<'_, '_>,
    findings: &mut Findings,
) -> Option<Vec<SalesLine>> {
    let entry = place.entry;
    if let Some(own) = books.sales_lines.find(entry.psp_reference.as_deref(), None) {
        return Some(own.to_vec());
    }
    let psp_reference = capture.and_then(|capture| capture.psp_reference.as_deref());
    let of_capture = books
        .sales_lines
        .find(psp_reference, entry.reference.as_deref())?;
    Some(proportional(of_capture, entry.amount, place, findings))
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
    place: &Place<'_, '_>,
    date: NaiveDate,
    findings: &mut Findings,
) -> Result<Vec<(Counter, Share)>, PostingError> {
    let amount = i128::from(place.entry.amount);
    let sum: i128 = lines.iter().map(|line| i128::from(line.gross)).sum();
    let mut mismatch = |message: &dyn Fn() -> String| {
        findings.add(
            Code::SalesLinesMismatch,
            Some(Topic::Funds),
            Some(place.ledger_date),
            Some(place.ordinal),
            message,
        );
    };
    let money = |minor: i128| books.currency.amount(minor);
    if sum != amount {
        mismatch(&|| {
            format!(
                "the sales lines of reference `{}` sum to {}, but the amount is {}: the difference is {} {}",
                name(place.entry),
                money(sum),
                money(amount),
                money(amount - sum),
                books.currency
            )
        });
        // Nothing is written for the ledger; until then the amount stands where it cannot mislead.
        let whole = Share {
            gross: place.entry.amount,
            vat: None,
        };
        return Ok(vec![(counter(None, books.account(Role::Suspense)?), whole)]);
    }
    let mut shares = Vec::new();
    for line in lines {
        let counter = taxed(books, rule, &line.tax_code, place, date)?;
        let carries_vat = counter.tax.as_ref().is_some_and(|tax| tax.vat_account.is_some());
        if let Some(vat) = line.vat {
            let is_part = vat == 0
                || (vat.signum() == line.gross.signum() && vat.unsigned_abs() <= line.gross.unsigned_abs());
            if !is_part || (vat != 0 && !carries_vat) {
                mismatch(&|| {
                    format!(
                        "a sales line of reference `{}` has a VAT of {} on {} with tax code `{}`, which cannot be",
                        name(place.entry),
                        books.currency.amount(vat),
                        books.currency.amount(line.gross),
                        line.tax_code
                    )
                });
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

/// The lines of a capture, scaled to a refund of part of it, so that they sum to the refund.
fn proportional(
    lines: &[SalesLine],
    amount: i64,
    place: &Place<'_, '_>,
    findings: &mut Findings,
) -> Vec<SalesLine> {
    let total: i128 = lines.iter().map(|line| i128::from(line.gross)).sum();
    if total == -i128::from(amount) {
        // All of it comes back: the lines themselves, with the signs turned.
        let turned = |line: &SalesLine| SalesLine {
            gross: line.gross.saturating_neg(),
            vat: line.vat.map(i64::saturating_neg),
            tax_code: line.tax_code.clone(),
        };
        return lines.iter().map(turned).collect();
    }
    if lines.iter().any(|line| line.tax_code != lines[0].tax_code) {
        findings.add(Code::RefundSplitEstimated, Some(Topic::Funds), Some(place.ledger_date), Some(place.ordinal), || {
            format!(
                "the refund with reference `{}` is part of a capture with several tax codes; it is split in proportion to the capture",
                name(place.entry)
            )
        });
    }
    let (mut so_far, mut booked) = (0i128, 0i64);
    let mut scaled = Vec::with_capacity(lines.len());
    for line in lines {
        so_far += i128::from(line.gross);
        // Rounding the running sum, not each part, lets the parts sum to the amount exactly.
        let upto = divide_half_away(i128::from(amount) * so_far, total.max(1)).unwrap_or(amount);
        scaled.push(SalesLine {
            gross: upto.saturating_sub(booked),
            tax_code: line.tax_code.clone(),
            vat: None,
        });
        booked = upto;
    }
    scaled
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

/// What names an entry to a person: the merchant's reference, else the provider's.
fn name(entry: &Entry<'_>) -> String {
    crate::text::line(
        entry
            .reference
            .as_deref()
            .or(entry.psp_reference.as_deref())
            .unwrap_or("none"),
    )
}
