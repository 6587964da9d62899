//! Which rule takes an entry: the decision that posting makes, also for those who only ask.

use chrono::NaiveDate;
use serde::Serialize;

use crate::chart::Role;
use crate::config::Rule;
use crate::journal::PostingKey;
use crate::ledger::entry::Entry;
use crate::ledger::fee_join::FeeJoin;
use crate::ledger::finding::Code;
use crate::ledger::findings::Findings;
use crate::ledger::page::Page;
use crate::posting::books::Books;
use crate::posting::refunds::CaptureIndex;
use crate::posting::review::Place;
use crate::posting::sales;
use crate::posting::treatment::{self, Treatment};
use crate::provider::Topic;

/// What rules decide about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Captures,
    Refunds,
    /// An entry that becomes fee expense.
    Fees,
}

impl Kind {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Captures, Self::Refunds, Self::Fees];

    /// The name in texts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Captures => "captures",
            Self::Refunds => "refunds",
            Self::Fees => "fees",
        }
    }
}

/// The join of fees to captures that rules with dates need; `None` where no rule has any.
pub fn fee_join(books: &Books<'_>) -> Option<FeeJoin> {
    let looks_at_dates = books
        .rules()
        .iter()
        .any(|rule| rule.valid_from.is_some() || rule.valid_to.is_some());
    looks_at_dates.then(FeeJoin::default)
}

/// Shows the join the captures of a page, each on the date that its rules go by.
pub fn join_captures(books: &Books<'_>, join: &mut FeeJoin, page: &Page<'_, '_>) {
    join.captures_booked(page, |entry| books.sale_date(page.date, entry));
}

/// The rule of a fee, with its place in the file from 1: on the date that the fee's capture is
/// booked on, where that is known.
pub fn of_fee<'a>(
    books: &Books<'a>,
    fee_join: Option<&FeeJoin>,
    topic: Topic,
    ledger_date: NaiveDate,
    entry: &Entry<'_>,
) -> Option<(usize, &'a Rule)> {
    let capture_date = match (topic, fee_join, entry.psp_reference.as_deref()) {
        (Topic::Fees, Some(join), Some(reference)) => join.capture_date(reference),
        _ => None,
    };
    books.rule(
        entry.recipient_handle.as_deref(),
        entry.reference.as_deref(),
        capture_date.unwrap_or(ledger_date),
    )
}

/// Reports rules that cover both sides of a date on which the law moved some of what their tax code
/// is for to another code, once `last` has come to that date and the rule took something.
pub fn note_rate_changes(books: &Books<'_>, last: NaiveDate, findings: &mut Findings) {
    let unused = books.unused_rules();
    for change in books
        .chart
        .rate_changes
        .iter()
        .filter(|change| change.from <= last)
    {
        for (number, rule) in (1..).zip(books.rules()) {
            let covers_both = rule.valid_from.is_none_or(|from| from < change.from)
                && rule.valid_to.is_none_or(|to| change.from <= to);
            if rule.tax_code.as_deref() == Some(change.tax_code.as_str())
                && covers_both
                && !unused.contains(&number)
            {
                findings.add(Code::RuleOverRateChange, None, None, None, || {
                    format!(
                        "rule {number} has tax code `{}` before and after {}: {}; where the rule is about what moved, give it `valid_to` and add one for the new code",
                        change.tax_code, change.from, change.text
                    )
                });
            }
        }
    }
}

/// What an entry is to the rules, and the rule that takes it; `None` for entries that no rule
/// decides about.
pub fn of(
    books: &Books<'_>,
    captures: &CaptureIndex,
    fee_join: Option<&FeeJoin>,
    topic: Topic,
    place: &Place<'_, '_>,
) -> Option<(Kind, Option<usize>)> {
    let entry = place.entry;
    match treatment::of(&entry.entry_type, topic, books.settings.fees) {
        Treatment::Sales(PostingKey::Refund) => {
            // The first of its captures, where it has several.
            let settled = captures.of(place.ledger_date, place.ordinal);
            let part = settled.and_then(|settled| settled.parts.first());
            let rule = sales::rule_of(books, part.map(|part| &*part.capture), place);
            Some((Kind::Refunds, rule.map(|(number, _)| number)))
        }
        Treatment::Sales(_) => {
            let rule = sales::rule_of(books, None, place);
            Some((Kind::Captures, rule.map(|(number, _)| number)))
        }
        Treatment::Pair {
            counter: Role::FeeExpense,
            ..
        } => {
            let rule = of_fee(books, fee_join, topic, place.ledger_date, entry);
            Some((Kind::Fees, rule.map(|(number, _)| number)))
        }
        Treatment::Pair { .. } | Treatment::None => None,
    }
}
