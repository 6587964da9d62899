//! `bilag rules test`: shows what each rule took in a range, and what no rule took.

use std::fmt::Write;

use chrono::NaiveDate;
use serde_json::{Value, json};

use crate::cli::args::{Global, RulesCommand, Selection};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::{select, terminal};
use crate::config::{CaptureMode, Rule};
use crate::date::DateRange;
use crate::posting::rule_use::Kind;
use crate::proof::TypeTotal;
use crate::run::rules::{self, RulesTest, Tally};

/// Runs the command.
pub fn run(global: &Global, command: &RulesCommand) -> Result<Exit, Failure> {
    let RulesCommand::Test(selection) = command;
    test(global, selection)
}

fn test(global: &Global, selection: &Selection) -> Result<Exit, Failure> {
    let config = select::config(global)?;
    let archive = select::archive(global, &config, &selection.ledgers);
    let range = select::range(selection)?;
    let mut tests = Vec::new();
    for ledger_id in select::archived_ledgers(&archive, &select::unique(&selection.ledgers))? {
        tests.push(rules::test(&archive, &ledger_id, &config, range)?);
    }
    let exit = if tests.iter().all(|test| test.open_dates.is_empty()) {
        Exit::Done
    } else {
        Exit::Incomplete
    };
    if global.json {
        terminal::json(&json!({
            "schema": 1,
            "command": "rules test",
            "range": {"from": range.from().to_string(), "to": range.to().to_string()},
            "exit_code": exit.code(),
            "ledgers": tests.iter().map(to_json).collect::<Vec<_>>(),
        }));
    } else {
        for test in &tests {
            terminal::print(&to_text(test, range));
        }
    }
    Ok(exit)
}

fn to_json(test: &RulesTest) -> Value {
    let totals = |tally: &Tally| {
        let mut object = serde_json::Map::new();
        for kind in Kind::ALL {
            let total = tally.get(&kind).copied().unwrap_or_default();
            object.insert(kind.name().to_owned(), total_json(test, total));
        }
        object
    };
    let rules: Vec<Value> = (1..)
        .zip(&test.rules)
        .map(|(number, (rule, tally))| {
            let mut object = serde_json::Map::new();
            object.insert("rule".to_owned(), json!(number));
            object.insert("conditions".to_owned(), to_object(conditions(rule)));
            object.insert("effects".to_owned(), to_object(effects(rule)));
            object.extend(totals(tally));
            object.insert("took_nothing".to_owned(), json!(tally.is_empty()));
            object.insert(
                "handle_is_not_the_ledgers".to_owned(),
                json!(test.is_foreign(rule)),
            );
            Value::Object(object)
        })
        .collect();
    let no_rule: Vec<Value> = test
        .no_rule
        .iter()
        .map(|((kind, handle), untaken)| {
            json!({
                "kind": kind, "recipient_handle": handle, "first_reference": untaken.first_reference,
                "count": untaken.total.count, "sum": test.currency.format(untaken.total.sum),
            })
        })
        .collect();
    json!({
        "ledger_id": test.info.ledger_id, "currency": test.currency, "rules": rules, "no_rule": no_rule,
        "open_dates": test.open_dates.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

fn total_json(test: &RulesTest, total: TypeTotal) -> Value {
    json!({"count": total.count, "sum": test.currency.format(total.sum)})
}

fn to_text(test: &RulesTest, range: DateRange) -> String {
    let mut text = format!(
        "Ledger {}, {}, {} to {}\n",
        test.info.ledger_id,
        test.currency,
        range.from(),
        range.to()
    );
    let line = |text: &mut String, kind: Kind, total: TypeTotal, note: &str| {
        let sum = test.currency.format(total.sum);
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{}",
            format!("      {:<9}{:>7}{sum:>16}{note}", kind.name(), total.count).trim_end()
        );
    };
    for (index, (rule, tally)) in test.rules.iter().enumerate() {
        let _ = writeln!(
            text,
            "  rule {}: {} -> {}",
            index + 1,
            joined(&conditions(rule), "everything else"),
            joined(&effects(rule), "the defaults")
        );
        for (kind, total) in tally {
            line(&mut text, *kind, *total, "");
        }
        if tally.is_empty() {
            text.push_str(if test.is_foreign(rule) {
                "      took nothing: the ledger does not settle for this handle\n"
            } else {
                "      took nothing\n"
            });
        }
    }
    if !test.no_rule.is_empty() {
        text.push_str(if test.default_mode == CaptureMode::Revenue {
            "  no rule (an export refuses captures and refunds without a tax code)\n"
        } else {
            "  no rule\n"
        });
    }
    for ((kind, handle), untaken) in &test.no_rule {
        let note = format!(
            "   handle {}, first reference {}",
            handle.as_deref().unwrap_or("none"),
            untaken.first_reference.as_deref().unwrap_or("none")
        );
        line(&mut text, *kind, untaken.total, &note);
    }
    if !test.open_dates.is_empty() {
        let dates: Vec<String> = test.open_dates.iter().map(ToString::to_string).collect();
        let _ = writeln!(
            text,
            "  not closed in the archive, left out: {}",
            select::listing(&dates)
        );
    }
    text.push('\n');
    text
}

/// The keys of a rule that are conditions, as the file has them.
fn conditions(rule: &Rule) -> Vec<(&'static str, String)> {
    let date = |date: Option<NaiveDate>| date.map(|date| date.to_string());
    present([
        ("handle", rule.handle.clone()),
        ("reference_prefix", rule.reference_prefix.clone()),
        (
            "reference_regex",
            rule.reference_regex
                .as_ref()
                .map(|pattern| pattern.0.as_str().to_owned()),
        ),
        ("valid_from", date(rule.valid_from)),
        ("valid_to", date(rule.valid_to)),
    ])
}

/// The keys of a rule that say what follows.
fn effects(rule: &Rule) -> Vec<(&'static str, String)> {
    present([
        ("captures", rule.captures.map(|mode| mode.name().to_owned())),
        ("tax_code", rule.tax_code.clone()),
        ("account", rule.account.as_ref().map(|account| account.0.clone())),
        ("department", rule.department.clone()),
        ("project", rule.project.clone()),
    ])
}

fn present<const N: usize>(values: [(&'static str, Option<String>); N]) -> Vec<(&'static str, String)> {
    values
        .into_iter()
        .filter_map(|(key, value)| Some((key, value?)))
        .collect()
}

fn joined(values: &[(&'static str, String)], none: &str) -> String {
    if values.is_empty() {
        return none.to_owned();
    }
    let parts: Vec<String> = values
        .iter()
        .map(|(key, value)| format!("{key} {value}"))
        .collect();
    parts.join(", ")
}

fn to_object(values: Vec<(&'static str, String)>) -> Value {
    let object = values
        .into_iter()
        .map(|(key, value)| (key.to_owned(), Value::String(value)))
        .collect();
    Value::Object(object)
}
