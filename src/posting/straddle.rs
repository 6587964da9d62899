//! Captures and refunds that happened on another calendar date than their ledger date, where that
//! makes a difference to VAT or to a year.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use crate::config::{CaptureMode, Rule};
use crate::date::FiscalCalendar;
use crate::ledger::entry::EntryType;
use crate::ledger::finding::Code;
use crate::ledger::findings::Findings;
use crate::posting::books::Books;
use crate::posting::refunds::CaptureIndex;
use crate::posting::review::Place;
use crate::posting::sale::Sale;
use crate::posting::sales;
use crate::provider::Topic;

/// The first of such entries on each ledger date.
#[derive(Debug, Default)]
pub(super) struct Straddles(BTreeMap<NaiveDate, Straddle>);

#[derive(Debug)]
struct Straddle {
    ordinal: usize,
    message: String,
}

impl Straddles {
    /// Looks at a capture or refund; nothing where no revenue is booked.
    pub(super) fn look(&mut self, books: &Books<'_>, captures: &CaptureIndex, place: &Place<'_, '_>) {
        if !books.may_use(CaptureMode::Revenue) {
            return;
        }
        let ledger_date = place.ledger_date;
        let happened = books.local_date(place.entry).filter(|date| *date != ledger_date);
        let Some(happened) = happened.filter(|_| !self.0.contains_key(&ledger_date)) else {
            return;
        };
        let Some(differences) = differences(books, captures, place, happened) else {
            return;
        };
        let booked = if place.date == ledger_date {
            "its ledger date"
        } else {
            "the date on which it happened"
        };
        let message = format!(
            "funds {ledger_date}, entry {}: {} (reference `{}`) happened on {happened} in the merchant's time zone, \
             and the two dates differ in {differences}; it is booked by {booked}",
            place.ordinal,
            place.entry.entry_type.name(),
            crate::text::line(place.entry.voucher_reference().unwrap_or("none")),
        );
        let ordinal = place.ordinal;
        self.0.insert(ledger_date, Straddle { ordinal, message });
    }

    /// Makes the findings of these dates ones for review.
    pub(super) fn raise(&self, findings: &mut Findings) {
        for (date, straddle) in &self.0 {
            findings.raise(
                Code::CutoffStraddle,
                Some(Topic::Funds),
                Some(*date),
                Some(straddle.ordinal),
                &straddle.message,
            );
        }
    }
}

/// What differs between the ledger date and the date on which an entry happened, in words; `None`
/// when nothing does, or no revenue is booked on either.
fn differences(
    books: &Books<'_>,
    captures: &CaptureIndex,
    place: &Place<'_, '_>,
    happened: NaiveDate,
) -> Option<String> {
    let dates = [place.ledger_date, happened];
    let mut differences = Vec::new();
    if place.entry.entry_type == EntryType::Refund {
        // Its tax code is that of its capture, whatever its own date.
        let is_revenue = |capture: Option<&Sale>| {
            let rule = sales::rule_of(books, capture, place).map(|(_, rule)| rule);
            books.capture_mode(rule) == CaptureMode::Revenue
        };
        let settled = captures.of(place.ledger_date, place.ordinal);
        let parts = settled
            .map(|settled| settled.parts.as_slice())
            .unwrap_or_default();
        let books_revenue = if parts.is_empty() {
            is_revenue(None)
        } else {
            parts.iter().any(|part| is_revenue(Some(&part.capture)))
        };
        if !books_revenue {
            return None;
        }
    } else {
        let [by_ledger, by_time] = dates.map(|date| revenue_code(books, place, date));
        if by_ledger.is_none() && by_time.is_none() {
            return None;
        }
        if by_ledger != by_time && books.sales_lines.of(place.entry).is_none() {
            let name = |code: Option<Option<String>>| code.flatten().unwrap_or_else(|| "none".to_owned());
            differences.push(format!("tax code ({} and {})", name(by_ledger), name(by_time)));
        }
    }
    let [by_ledger, by_time] = dates.map(|date| (date.year(), date.month()));
    if by_ledger != by_time {
        differences.push("VAT month".to_owned());
    }
    let calendar = FiscalCalendar::new(books.fiscal_year_start_month);
    let [by_ledger, by_time] = dates.map(|date| calendar.map(|calendar| calendar.year_start(date)));
    if by_ledger != by_time {
        differences.push("fiscal year".to_owned());
    }
    (!differences.is_empty()).then(|| differences.join(", "))
}

/// The tax code that the rules of a date give a capture as revenue; `None` where it is none.
fn revenue_code(books: &Books<'_>, place: &Place<'_, '_>, date: NaiveDate) -> Option<Option<String>> {
    let entry = place.entry;
    let (handle, reference) = (entry.recipient_handle.as_deref(), entry.reference.as_deref());
    let rule: Option<&Rule> = books
        .rules()
        .iter()
        .find(|rule| rule.matches(handle, reference, date));
    let is_revenue = books.capture_mode(rule) == CaptureMode::Revenue;
    is_revenue.then(|| rule.and_then(|rule| rule.tax_code.clone()))
}
