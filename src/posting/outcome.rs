//! What the configuration makes of a capture, in a form that can be compared: whether it matters
//! which of several captures a refund belongs to.

use chrono::NaiveDate;

use crate::config::{CaptureMode, Rule};
use crate::posting::basket::Basket;
use crate::posting::books::Books;

/// How a capture is booked, as far as refunds of it are booked in the same way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) frame: Frame,
    /// The tax codes; with several, what stands at each, in minor units with VAT.
    tax_codes: Vec<(String, i64)>,
}

/// An outcome apart from its tax codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Frame {
    mode: CaptureMode,
    account: Option<String>,
    department: Option<String>,
    project: Option<String>,
}

/// What is known of a capture's lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Lines {
    /// Its amount is not split by tax codes at all.
    None,
    /// All of it stands at the code of its rule.
    OneCode(Basket),
    /// It has lines of its own.
    Own(Basket),
    /// It has lines, which sum to something else than its amount.
    Mismatch(i128),
}

/// A capture, as far as rules and sales lines look at it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts<'f> {
    /// The date whose rules hold.
    pub(super) date: NaiveDate,
    pub(super) handle: Option<&'f str>,
    pub(super) reference: &'f str,
    pub(super) psp_reference: Option<&'f str>,
    pub(super) amount: i64,
}

/// What the configuration makes of a capture.
pub(super) fn of(books: &Books<'_>, capture: Facts<'_>) -> (Outcome, Lines) {
    let rule = books
        .find_rule(capture.handle, Some(capture.reference), capture.date)
        .map(|index| &books.rules()[index]);
    let mode = books.capture_mode(rule);
    let with_dimensions = mode == CaptureMode::Revenue
        || (mode == CaptureMode::Clearing && books.settings.dimensions_on_balance);
    let text = |pick: fn(&Rule) -> &Option<String>| rule.and_then(|rule| pick(rule).clone());
    let account = rule
        .and_then(|rule| rule.account.as_ref())
        .map(|number| number.0.clone());
    let frame = Frame {
        mode,
        account: account.filter(|_| mode != CaptureMode::None),
        department: text(|rule| &rule.department).filter(|_| with_dimensions),
        project: text(|rule| &rule.project).filter(|_| with_dimensions),
    };
    let lines = lines(books, rule, mode, capture);
    let tax_codes = match &lines {
        Lines::None | Lines::Mismatch(_) => Vec::new(),
        Lines::OneCode(basket) | Lines::Own(basket) => basket.tax_codes(),
    };
    (Outcome { frame, tax_codes }, lines)
}

fn lines(books: &Books<'_>, rule: Option<&Rule>, mode: CaptureMode, capture: Facts<'_>) -> Lines {
    if mode != CaptureMode::Revenue || rule.is_some_and(Rule::takes_whole) {
        return Lines::None;
    }
    let own = books
        .sales_lines
        .find(capture.psp_reference, Some(capture.reference));
    match (own, rule.and_then(|rule| rule.tax_code.as_deref())) {
        (Some(own), _) => {
            let sum: i128 = own.iter().map(|line| i128::from(line.gross)).sum();
            if sum == i128::from(capture.amount) {
                Lines::Own(Basket::of(own))
            } else {
                Lines::Mismatch(sum)
            }
        }
        (None, Some(code)) => Lines::OneCode(Basket::at_one_code(code, capture.amount)),
        (None, None) => Lines::None,
    }
}

impl Outcome {
    /// In a few words, for a person who has to choose.
    pub(super) fn describe(&self) -> String {
        let codes: Vec<&str> = self.tax_codes.iter().map(|(code, _)| code.as_str()).collect();
        let mut words = match (self.frame.mode, codes.len()) {
            (CaptureMode::None, _) => "not booked".to_owned(),
            (CaptureMode::Clearing, _) => "clearing".to_owned(),
            (CaptureMode::Revenue, 0) => "no tax code".to_owned(),
            (CaptureMode::Revenue, 1) => format!("tax code {}", codes[0]),
            (CaptureMode::Revenue, _) => format!("tax codes {}", codes.join(" and ")),
        };
        let named = [
            ("account", &self.frame.account),
            ("department", &self.frame.department),
            ("project", &self.frame.project),
        ];
        for (name, value) in named {
            if let Some(value) = value {
                words.push_str(&format!(", {name} {value}"));
            }
        }
        words
    }
}
