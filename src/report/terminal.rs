//! The control report as text for a terminal: plain characters, aligned columns.
//!
//! What comes from outside goes through [`shown`]: no name and no message can move the cursor, or
//! pass for a line of the report.

use std::fmt::Write;

use chrono::NaiveDate;

use crate::date;
use crate::ledger::finding::{Code, Finding, Level};
use crate::proof::Status;
use crate::provider::Topic;
use crate::report::model::{LedgerReport, Money, TopicReport};
use crate::text::{shown, shown_lines};

/// The report of one ledger.
pub fn report(ledger: &LedgerReport) -> String {
    let mut text = String::new();
    line(
        &mut text,
        format_args!(
            "Ledger {}  {}  {}",
            shown(ledger.ledger_id()),
            shown(ledger.currency.as_deref().unwrap_or("")),
            status(ledger.status).to_uppercase()
        ),
    );
    if let Some(error) = &ledger.error {
        line(&mut text, format_args!("  {}", shown_lines(&error.message)));
    }
    if let Some(proven) = &ledger.proven {
        for totals in &proven.topics {
            topic(&mut text, totals);
        }
    }
    payouts(&mut text, ledger);
    if let Some(proven) = &ledger.proven {
        let journal = &proven.journal;
        line(
            &mut text,
            format_args!(
                "\n  Journal: {} vouchers, {} postings, debit {} = credit {}",
                journal.vouchers, journal.postings, journal.debit, journal.credit
            ),
        );
    }
    if !ledger.open_dates().is_empty() {
        line(
            &mut text,
            format_args!("\n  Open or missing dates: {}", runs(ledger.open_dates())),
        );
    }
    findings(&mut text, ledger);
    for output in &ledger.outputs {
        let path = output.path.to_string_lossy();
        line(
            &mut text,
            format_args!("  wrote {}  ({} bytes)", shown(&path), output.bytes),
        );
    }
    text
}

/// A line about one ledger, and what a person should see of it.
pub fn short(ledger: &LedgerReport) -> String {
    let mut text = String::new();
    let vouchers = ledger
        .proven
        .as_ref()
        .map(|proven| format!(", {} vouchers", proven.journal.vouchers))
        .unwrap_or_default();
    let open = match ledger.open_dates() {
        [] => String::new(),
        dates => format!(", open: {}", runs(dates)),
    };
    line(
        &mut text,
        format_args!(
            "ledger {}: {}, {} payouts{vouchers}{open}",
            shown(ledger.ledger_id()),
            status(ledger.status),
            ledger.payouts().len(),
        ),
    );
    let mut listed: Vec<Code> = Vec::new();
    for finding in ledger.findings() {
        let level = match finding.level {
            Level::Error => "error",
            Level::Review => "review",
            Level::Info => continue,
        };
        // Of open and missing dates the first line tells all; one example says what to do.
        if matches!(finding.code, Code::DateOpen | Code::DateMissing) {
            if listed.contains(&finding.code) {
                continue;
            }
            listed.push(finding.code);
        }
        line(&mut text, format_args!("  {level} {}", Told(finding)));
    }
    text
}

/// A finding's code, how often, and what it says.
struct Told<'a>(&'a Finding);

impl std::fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let finding = self.0;
        f.write_str(finding.code.name())?;
        if finding.count > 1 {
            write!(f, " ({} times)", finding.count)?;
        }
        write!(f, ": {}", shown(&finding.message))
    }
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Proven => "proven",
        Status::NotProven => "not-proven",
        Status::Incomplete => "incomplete",
        Status::Failed => "failed",
    }
}

/// Dates as text, with runs of them as `first to last`.
fn runs(dates: &[NaiveDate]) -> String {
    let runs = date::runs(dates);
    let text = |run: &date::DateRange| {
        if run.from() == run.to() {
            run.from().to_string()
        } else {
            format!("{} to {}", run.from(), run.to())
        }
    };
    runs.iter().map(text).collect::<Vec<_>>().join(", ")
}

/// An amount, or what stands for one that is not known.
fn known(amount: Option<Money>, unknown: &str) -> String {
    amount.map_or_else(|| unknown.to_owned(), |amount| amount.to_string())
}

fn topic(text: &mut String, topic: &TopicReport) {
    let title = match topic.topic {
        Topic::Funds => "Funds (held by the provider)",
        Topic::Fees => "Fees (owed to the provider)",
    };
    line(text, format_args!("\n  {title}"));
    let unknown = "not known";
    let balance = |name: &str, balance| (name.to_owned(), String::new(), known(balance, unknown));
    let mut rows = vec![balance("opening balance", topic.opening)];
    rows.extend(topic.by_type.iter().map(|total| {
        let name = format!("  {}", shown(&total.entry_type));
        (name, total.count.to_string(), total.sum.to_string())
    }));
    rows.push(balance("closing balance", topic.closing));
    let amount_width = rows
        .iter()
        .map(|(_, _, amount)| amount.len())
        .fold(unknown.len(), usize::max);
    for (name, count, amount) in rows {
        line(
            text,
            format_args!("    {name:<30}{count:>8}  {amount:>amount_width$}"),
        );
    }
}

fn payouts(text: &mut String, ledger: &LedgerReport) {
    if ledger.payouts().is_empty() {
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
    for payout in ledger.payouts() {
        line(
            text,
            format_args!(
                "    {:<11}{:<12}{:>14}{:>13}{:>15}{:>12}   {:<9} {}",
                shown(payout.number.as_deref().unwrap_or("-")),
                payout.ledger_date.to_string(),
                payout.amount,
                known(payout.carried, "?"),
                payout.movements,
                known(payout.remains, "?"),
                if payout.explained { "yes" } else { "NO" },
                shown(payout.bank_text.as_deref().unwrap_or("-")),
            ),
        );
    }
}

fn findings(text: &mut String, ledger: &LedgerReport) {
    for (level, title) in [
        (Level::Error, "Errors: nothing was written for this ledger"),
        (Level::Review, "To look at"),
        (Level::Info, "Good to know"),
    ] {
        let mut of_level = ledger.findings_of(level).peekable();
        if of_level.peek().is_none() {
            continue;
        }
        line(text, format_args!("\n  {title}"));
        for finding in of_level {
            line(text, format_args!("    {}", Told(finding)));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::Market;
    use crate::proof::{EndEdge, StartEdge};
    use crate::provider::LedgerInfo;
    use crate::report::model::{ErrorReport, JournalReport, PayoutReport, Proven, TypeReport};
    use crate::run::documents::Output;

    /// Clears the screen, writes over the line, sets a title, turns the direction of writing.
    const HOSTILE: &str = "a\u{1b}[2J\rb\n  wrote x\u{9b}1m\u{7}\u{202E}";

    fn hostile() -> LedgerReport {
        let date = date::parse("2026-10-01").unwrap();
        let text = || HOSTILE.to_owned();
        let money = Money {
            minor: -1250,
            currency: None,
        };
        let topic = |topic| TopicReport {
            topic,
            opening: None,
            closing: Some(money),
            by_type: vec![TypeReport {
                entry_type: text(),
                count: 1,
                sum: money,
            }],
        };
        let finding = |level| Finding {
            code: Code::Unreadable,
            level,
            topic: None,
            ledger_date: None,
            ordinal: None,
            count: 2,
            message: text(),
        };
        LedgerReport {
            info: LedgerInfo::unknown(HOSTILE),
            company: Some(text()),
            market: Market::default(),
            status: Status::Failed,
            currency: Some(text()),
            proven: Some(Proven {
                start: StartEdge::Unchained,
                end: EndEdge::Closed,
                exported: None,
                topics: Topic::ALL.map(topic),
                payouts: vec![PayoutReport {
                    number: Some(text()),
                    ledger_date: date,
                    amount: money,
                    bank_text: Some(text()),
                    explained: false,
                    carried: None,
                    movements: money,
                    remains: Some(money),
                }],
                open_dates: vec![date],
                journal: JournalReport {
                    vouchers: 0,
                    postings: 0,
                    debit: money,
                    credit: money,
                    movements: Vec::new(),
                },
                findings: [Level::Error, Level::Review, Level::Info].map(finding).to_vec(),
            }),
            books: Vec::new(),
            outputs: vec![Output {
                format: text(),
                path: HOSTILE.into(),
                sha256: text(),
                bytes: 1,
            }],
            error: Some(ErrorReport {
                message: text(),
                hint: None,
            }),
        }
    }

    #[test]
    fn nothing_from_outside_is_obeyed_by_a_terminal_or_begins_a_line() {
        let mut ledger = hostile();
        for text in [report(&ledger), short(&ledger)] {
            let is_obeyed =
                |character: char| (character.is_control() && character != '\n') || character == '\u{202E}';
            assert!(!text.contains(is_obeyed), "{text:?}");
            assert!(text.contains("-12.50") || text.starts_with("ledger "));
        }
        // A parser's message has lines of its own.
        ledger.error = None;
        for text in [report(&ledger), short(&ledger)] {
            assert!(!text.contains("\n  wrote x"), "{text:?}");
        }
    }

    #[test]
    fn every_status_is_called_what_scripts_call_it() {
        for known in [
            Status::Proven,
            Status::NotProven,
            Status::Incomplete,
            Status::Failed,
        ] {
            assert_eq!(serde_json::json!(known), status(known));
        }
    }
}
