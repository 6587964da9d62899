//! The control report as text for a terminal: plain characters, aligned columns.

use std::fmt::Write;

use chrono::NaiveDate;

use crate::date::days_after;
use crate::ledger::finding::{Code, Level};
use crate::reconcile::summary::{LedgerSummary, TopicSummary};

/// The report of one ledger.
pub fn report(ledger: &LedgerSummary) -> String {
    let mut text = String::new();
    let currency = ledger.currency.as_deref().unwrap_or("");
    let status = serde_json::to_string(&ledger.status).unwrap_or_default();
    line(
        &mut text,
        format_args!(
            "Ledger {}  {currency}  {}",
            ledger.ledger_id,
            status.trim_matches('"').to_uppercase()
        ),
    );
    if let Some(error) = &ledger.error {
        line(&mut text, format_args!("  {error}"));
    }
    if let Some(topics) = &ledger.topics {
        topic(&mut text, "Funds (held by the provider)", &topics.funds);
        topic(&mut text, "Fees (owed to the provider)", &topics.fees);
    }
    payouts(&mut text, ledger);
    if let Some(journal) = &ledger.journal {
        line(
            &mut text,
            format_args!(
                "\n  Journal: {} vouchers, {} postings, debit {} = credit {}",
                journal.vouchers, journal.postings, journal.debit, journal.credit
            ),
        );
    }
    if !ledger.open_dates.is_empty() {
        line(
            &mut text,
            format_args!("\n  Open or missing dates: {}", runs(&ledger.open_dates)),
        );
    }
    findings(&mut text, ledger);
    for output in &ledger.outputs {
        line(
            &mut text,
            format_args!("  wrote {}  ({} bytes)", output.path, output.bytes),
        );
    }
    text
}

/// A line about one ledger, and what a person should see of it.
pub fn short(ledger: &LedgerSummary) -> String {
    let mut text = String::new();
    let status = serde_json::to_string(&ledger.status).unwrap_or_default();
    let journal = ledger
        .journal
        .as_ref()
        .map(|journal| format!(", {} vouchers", journal.vouchers))
        .unwrap_or_default();
    line(
        &mut text,
        format_args!(
            "ledger {}: {}, {} payouts{journal}{}",
            ledger.ledger_id,
            status.trim_matches('"'),
            ledger.payouts.len(),
            if ledger.open_dates.is_empty() {
                String::new()
            } else {
                format!(", open: {}", runs(&ledger.open_dates))
            }
        ),
    );
    let mut listed: Vec<Code> = Vec::new();
    for finding in ledger
        .findings
        .iter()
        .filter(|finding| finding.level > Level::Info)
    {
        // Of open and missing dates the first line tells all; one example says what to do.
        if matches!(finding.code, Code::DateOpen | Code::DateMissing) {
            if listed.contains(&finding.code) {
                continue;
            }
            listed.push(finding.code);
        }
        let times = if finding.count > 1 {
            format!(" ({} times)", finding.count)
        } else {
            String::new()
        };
        let level = if finding.level == Level::Error {
            "error"
        } else {
            "review"
        };
        line(
            &mut text,
            format_args!("  {level} {}{times}: {}", finding.code.name(), finding.message),
        );
    }
    text
}

/// Dates as text, with runs of them as `first to last`.
fn runs(dates: &[String]) -> String {
    let mut runs: Vec<(NaiveDate, NaiveDate)> = Vec::new();
    for date in dates.iter().filter_map(|date| crate::date::parse(date).ok()) {
        match runs.last_mut() {
            Some((_, last)) if days_after(*last, 1) == date => *last = date,
            _ => runs.push((date, date)),
        }
    }
    let text = |(first, last): &(NaiveDate, NaiveDate)| {
        if first == last {
            first.to_string()
        } else {
            format!("{first} to {last}")
        }
    };
    runs.iter().map(text).collect::<Vec<_>>().join(", ")
}

fn topic(text: &mut String, title: &str, topic: &TopicSummary) {
    line(text, format_args!("\n  {title}"));
    let unknown = "not known";
    let mut rows = vec![("opening balance".to_owned(), String::new(), topic.opening.clone())];
    for (name, total) in &topic.by_type {
        rows.push((
            format!("  {name}"),
            total.count.to_string(),
            Some(total.sum.clone()),
        ));
    }
    rows.push(("closing balance".to_owned(), String::new(), topic.closing.clone()));
    let amount_width = rows
        .iter()
        .filter_map(|(_, _, amount)| amount.as_ref().map(String::len))
        .max()
        .unwrap_or(0);
    let amount_width = amount_width.max(unknown.len());
    for (name, count, amount) in rows {
        let amount = amount.as_deref().unwrap_or(unknown);
        line(
            text,
            format_args!("    {name:<30}{count:>8}  {amount:>amount_width$}"),
        );
    }
}

fn payouts(text: &mut String, ledger: &LedgerSummary) {
    if ledger.payouts.is_empty() {
        return;
    }
    line(text, format_args!("\n  Payouts = carried + movements - remains"));
    line(
        text,
        format_args!(
            "    {:<11}{:<12}{:>14}{:>13}{:>15}{:>12}   {:<9} {}",
            "number", "date", "amount", "carried", "movements", "remains", "explained", "bank text"
        ),
    );
    for payout in &ledger.payouts {
        let known = |amount: &Option<String>| amount.clone().unwrap_or_else(|| "?".to_owned());
        line(
            text,
            format_args!(
                "    {:<11}{:<12}{:>14}{:>13}{:>15}{:>12}   {:<9} {}",
                payout.payout_number.as_deref().unwrap_or("-"),
                payout.ledger_date,
                payout.amount,
                known(&payout.carried),
                payout.movements,
                known(&payout.remains),
                if payout.explained { "yes" } else { "NO" },
                payout.bank_text.as_deref().unwrap_or("-"),
            ),
        );
    }
}

fn findings(text: &mut String, ledger: &LedgerSummary) {
    for (level, title) in [
        (Level::Error, "Errors: nothing was written for this ledger"),
        (Level::Review, "To look at"),
        (Level::Info, "Good to know"),
    ] {
        let mut of_level = ledger
            .findings
            .iter()
            .filter(|finding| finding.level == level)
            .peekable();
        if of_level.peek().is_none() {
            continue;
        }
        line(text, format_args!("\n  {title}"));
        for finding in of_level {
            let times = if finding.count > 1 {
                format!(" ({} times)", finding.count)
            } else {
                String::new()
            };
            line(
                text,
                format_args!("    {}{times}: {}", finding.code.name(), finding.message),
            );
        }
    }
    text.push('\n');
}

fn line(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    let before = text.len();
    // Writing to a String cannot fail.
    let _ = text.write_fmt(arguments);
    let end = text[before..].trim_end_matches(' ').len() + before;
    text.truncate(end);
    text.push('\n');
}
