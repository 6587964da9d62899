//! What a person should look at in captures and refunds, in words.

use chrono::NaiveDate;

use crate::config::sales_lines::SalesLine;
use crate::ledger::entry::Entry;
use crate::ledger::finding::Code;
use crate::ledger::findings::Findings;
use crate::posting::books::Books;
use crate::posting::refunds::CaptureIndex;
use crate::posting::sale::Settled;
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

impl Place<'_, '_> {
    fn find(&self, findings: &mut Findings, code: Code, message: impl FnOnce() -> String) {
        findings.add(
            code,
            Some(Topic::Funds),
            Some(self.ledger_date),
            Some(self.ordinal),
            message,
        );
    }
}

/// What names an entry to a person: the merchant's reference, else the provider's.
pub fn name(entry: &Entry<'_>) -> String {
    crate::text::line(
        entry
            .reference
            .as_deref()
            .or(entry.psp_reference.as_deref())
            .unwrap_or("none"),
    )
}

/// What is to be said of a refund whose captures were looked for.
pub(super) fn settled(
    books: &Books<'_>,
    captures: &CaptureIndex,
    settled: &Settled,
    place: &Place<'_, '_>,
    findings: &mut Findings,
) {
    let entry = place.entry;
    let currency = books.currency;
    let money = |minor: i64| currency.amount(minor).magnitude();
    if settled.unknown_dates > 0 {
        place.find(findings, Code::RefundLookbackIncomplete, || {
            let (first, last) = captures.unknown_span().unwrap_or((place.ledger_date, place.ledger_date));
            format!(
                "the refund with reference `{}` may belong to a capture up to {} dates before it, and {} of these dates are not in the archive (between {first} and {last}); fetch the funds topic of them",
                name(entry),
                captures.lookback_days(),
                settled.unknown_dates
            )
        });
    }
    // One with the opposite sign has a finding of its own.
    if settled.unknown_dates == 0 && (settled.excess != 0 || !settled.is_found) && entry.amount < 0 {
        let at = (place.ledger_date, place.ordinal);
        without_capture(books, settled, at, entry.amount, &name(entry), findings);
    }
    if let Some(code) = &settled.overdrawn {
        place.find(findings, Code::OverRefunded, || {
            format!(
                "the sales lines of the refund with reference `{}` take more at tax code `{code}` than its captures have left there",
                name(entry)
            )
        });
    }
    if let Some(names) = &settled.ambiguous {
        place.find(findings, Code::RefundAmbiguous, || {
            format!(
                "the refund of {} {currency} with reference `{}` may belong to several captures, which are booked in different ways: {names}; it takes from the earliest on",
                money(entry.amount),
                name(entry)
            )
        });
    }
    if settled.is_estimated {
        place.find(findings, Code::RefundSplitEstimated, || {
            format!(
                "the refund with reference `{}` is part of what is left of a capture at several tax codes; it is split in proportion to that",
                name(entry)
            )
        });
    }
    if let Some(mismatch) = settled.mismatch {
        lines_do_not_sum(
            books,
            mismatch.lines,
            mismatch.amount,
            mismatch.of_capture,
            place,
            findings,
        );
    }
}

/// A refund that has no capture, or is more than what is left of its captures. `at` is its date and
/// ordinal.
pub fn without_capture(
    books: &Books<'_>,
    settled: &Settled,
    at: (NaiveDate, usize),
    amount: i64,
    reference: &str,
    findings: &mut Findings,
) {
    let lookback_days = books.settings.refund_lookback_days;
    let reference = crate::text::line(reference);
    let money = |minor: i64| format!("{} {}", books.currency.amount(minor).magnitude(), books.currency);
    let code = if settled.is_found {
        Code::OverRefunded
    } else {
        Code::RefundCaptureNotFound
    };
    findings.add(code, Some(Topic::Funds), Some(at.0), Some(at.1), || match code {
        Code::OverRefunded => format!(
            "the refund of {} with reference `{reference}` is {} more than what is left of its captures; what is too much is booked by the rules of its own date",
            money(amount),
            money(settled.excess)
        ),
        _ => format!(
            "the capture of the refund of {} with reference `{reference}` was not found on its date or the {lookback_days} before it; it is booked by the rules of its own date",
            money(amount)
        ),
    });
}

/// A refund without a reference, whose capture would matter.
pub(super) fn without_reference(place: &Place<'_, '_>, findings: &mut Findings) {
    place.find(findings, Code::RefundCaptureNotFound, || {
        format!(
            "the refund `{}` has no reference, so that its capture cannot be found; it is booked by the rules of its own date",
            name(place.entry)
        )
    });
}

/// Lines that sum to something else than their entry.
pub(super) fn lines_do_not_sum(
    books: &Books<'_>,
    sum: i128,
    amount: i64,
    of_capture: bool,
    place: &Place<'_, '_>,
    findings: &mut Findings,
) {
    let money = |minor: i128| books.currency.amount(minor);
    let amount = i128::from(amount);
    place.find(findings, Code::SalesLinesMismatch, || {
        format!(
            "the sales lines of {}reference `{}` sum to {}, but the amount is {}: the difference is {} {}",
            if of_capture { "the capture of " } else { "" },
            name(place.entry),
            money(sum),
            money(amount),
            money(amount - sum),
            books.currency
        )
    });
}

/// A line whose VAT is not what its code gives.
pub(super) fn vat_does_not_fit(
    books: &Books<'_>,
    line: &SalesLine,
    expected: i64,
    place: &Place<'_, '_>,
    findings: &mut Findings,
) {
    let money = |minor: i64| books.currency.format(minor);
    place.find(findings, Code::SalesLinesMismatch, || {
        format!(
            "a sales line of reference `{}` has a VAT of {} on {}, but tax code `{}` gives {}",
            name(place.entry),
            money(line.vat.unwrap_or(0)),
            money(line.gross),
            line.tax_code,
            money(expected)
        )
    });
}

/// Lines that a rule with an account alone passes over.
pub(super) fn ignored_lines(place: &Place<'_, '_>, findings: &mut Findings) {
    place.find(findings, Code::SalesLinesIgnored, || {
        format!(
            "reference `{}` has sales lines, but its rule names an account without a tax code, which takes the whole amount",
            name(place.entry)
        )
    });
}

/// A capture without lines, where others have some.
pub(super) fn missing_lines(place: &Place<'_, '_>, findings: &mut Findings) {
    place.find(findings, Code::SalesLinesMissing, || {
        format!(
            "the capture with reference `{}`, pspReference `{}`, has no sales lines, though others have some; it is booked by its rule",
            name(place.entry),
            place.entry.psp_reference.as_deref().map_or_else(|| "none".to_owned(), crate::text::line)
        )
    });
}
