//! The control report as text for a terminal: plain characters, aligned columns.
//!
//! What comes from outside goes through [`shown`]: no name and no message can move the cursor, or
//! pass for a line of the report.

use std::fmt::Write;

use chrono::NaiveDate;

use crate::date;
use crate::ledger::finding::{Code, Finding, Level};
use crate::money::Currency;
use crate::proof::Status;
use crate::provider::Topic;
use crate::report::model::{LedgerReport, Money, TopicReport};
use crate::text::{shown, shown_lines};

/// How many lines findings get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// One for each code and topic.
    Few,
    /// One for each code, topic and date.
    All,
}

/// The report of one ledger.
pub fn report(ledger: &LedgerReport, detail: Detail) -> String {
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
    findings(&mut text, ledger, detail);
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
pub fn short(ledger: &LedgerReport, detail: Detail) -> String {
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
    let is_shown = |finding: &&Finding| finding.level > Level::Info || finding.accepted;
    let mut listed: Vec<Code> = Vec::new();
    for told in grouped(ledger, ledger.findings().iter().filter(is_shown), detail) {
        let finding = told.first;
        // Of open and missing dates the first line tells all; one example says what to do.
        if matches!(finding.code, Code::DateOpen | Code::DateMissing) {
            if listed.contains(&finding.code) {
                continue;
            }
            listed.push(finding.code);
        }
        line(&mut text, format_args!("  {} {told}", level_of(finding)));
    }
    text
}

/// A finding on a line, with how much it matters.
pub fn told(finding: &Finding) -> String {
    format!("{} {}", level_of(finding), Told::of(finding))
}

fn level_of(finding: &Finding) -> &'static str {
    match finding.level {
        Level::Error => "error",
        Level::Review => "review",
        Level::Info if finding.accepted => "accepted",
        Level::Info => "info",
    }
}

/// The findings of each code and topic as one line, in the order in which they begin; or each by
/// itself.
fn grouped<'a>(
    ledger: &LedgerReport,
    findings: impl Iterator<Item = &'a Finding>,
    detail: Detail,
) -> Vec<Told<'a>> {
    let currency = ledger.currency.as_deref().and_then(Currency::parse);
    let mut all: Vec<Told<'_>> = Vec::new();
    for finding in findings {
        let is_alike = |told: &&mut Told<'_>| {
            let first = told.first;
            let of = |finding: &Finding| (finding.code, finding.topic, finding.level, finding.accepted);
            detail == Detail::Few && of(first) == of(finding) && first.format == finding.format
        };
        match all.iter_mut().find(is_alike) {
            Some(told) => {
                told.count += finding.count;
                told.last = finding.ledger_date.max(told.last);
                let sums = told.sum.zip(finding.sum);
                told.sum = sums.map(|(sum, more)| sum + i128::from(more));
            }
            None => all.push(Told {
                currency,
                ..Told::of(finding)
            }),
        }
    }
    all
}

/// A finding's code, how often, on which dates and what in all, and what the first says.
struct Told<'a> {
    first: &'a Finding,
    count: usize,
    last: Option<NaiveDate>,
    /// In minor units, where every one of them has a sum.
    sum: Option<i128>,
    currency: Option<Currency>,
}

impl<'a> Told<'a> {
    fn of(finding: &'a Finding) -> Self {
        Self {
            first: finding,
            count: finding.count,
            last: finding.ledger_date,
            sum: finding.sum.map(i128::from),
            currency: None,
        }
    }
}

impl std::fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let finding = self.first;
        f.write_str(finding.code.name())?;
        if self.count > 1 {
            write!(f, " ({} times", self.count)?;
            match (finding.ledger_date, self.last) {
                (Some(first), Some(last)) if first != last => write!(f, ", {first} to {last}")?,
                _ => {}
            }
            if let Some(minor) = self.sum {
                let currency = self.currency;
                write!(f, ", together {}", Money { minor, currency })?;
            }
            f.write_str(")")?;
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

fn findings(text: &mut String, ledger: &LedgerReport, detail: Detail) {
    for (level, title) in [
        (Level::Error, "Errors: nothing was written for this ledger"),
        (Level::Review, "To look at"),
        (Level::Info, "Good to know"),
    ] {
        let of_level = grouped(ledger, ledger.findings_of(level), detail);
        if of_level.is_empty() {
            continue;
        }
        line(text, format_args!("\n  {title}"));
        for told in of_level {
            let accepted = if told.first.accepted { "accepted " } else { "" };
            line(text, format_args!("    {accepted}{told}"));
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
            sum: None,
            accepted: false,
            format: None,
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
        for text in [report(&ledger, Detail::Few), short(&ledger, Detail::All)] {
            let is_obeyed =
                |character: char| (character.is_control() && character != '\n') || character == '\u{202E}';
            assert!(!text.contains(is_obeyed), "{text:?}");
            assert!(text.contains("-12.50") || text.starts_with("ledger "));
        }
        // A parser's message has lines of its own.
        ledger.error = None;
        for text in [report(&ledger, Detail::Few), short(&ledger, Detail::All)] {
            assert!(!text.contains("\n  wrote x"), "{text:?}");
        }
    }

    #[test]
    fn findings_of_a_code_and_topic_are_one_line_unless_all_are_wanted() {
        let mut ledger = hostile();
        let on = |date: &str, topic, count| Finding {
            code: Code::Dispute,
            level: Level::Review,
            topic: Some(topic),
            ledger_date: Some(date::parse(date).unwrap()),
            ordinal: Some(1),
            count,
            sum: Some(-1250 * i64::try_from(count).unwrap()),
            accepted: false,
            format: None,
            message: format!("of {date}"),
        };
        ledger.proven.as_mut().unwrap().findings = vec![
            on("2026-10-01", Topic::Funds, 2),
            on("2026-10-01", Topic::Fees, 1),
            on("2026-10-02", Topic::Funds, 1),
            on("2026-10-09", Topic::Funds, 4),
        ];
        let few = short(&ledger, Detail::Few);
        let lines: Vec<&str> = few.lines().skip(1).collect();
        assert_eq!(
            lines,
            [
                "  review dispute (7 times, 2026-10-01 to 2026-10-09, together -87.50): of 2026-10-01",
                "  review dispute: of 2026-10-01",
            ]
        );
        assert_eq!(short(&ledger, Detail::All).lines().count(), 5);
        assert!(
            report(&ledger, Detail::Few)
                .contains("    dispute (7 times, 2026-10-01 to 2026-10-09, together -87.50): of")
        );
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
