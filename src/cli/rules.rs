//! `bilag rules test`: what each rule took in a range, and what no rule took.
//!
//! It asks the archive alone and writes nothing.

use std::collections::BTreeMap;
use std::fmt::Write;

use chrono::NaiveDate;
use serde_json::{Value, json};

use crate::archive::Archive;
use crate::cli::args::{Global, RulesCommand, Selection};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::{select, terminal};
use crate::config::{CaptureMode, Config, Rule};
use crate::date::{DateRange, days_before};
use crate::days::Days;
use crate::ledger::finding::Findings;
use crate::money::Currency;
use crate::posting::books::Books;
use crate::posting::rule_use::{self, Kind};
use crate::posting::sales::Place;
use crate::proof::{EDGE_DATES, TypeTotal};
use crate::provider::{LedgerInfo, Topic};
use crate::run::captures;

/// What one rule took, or none, by kind.
type Tally = BTreeMap<Kind, TypeTotal>;

/// What rules did on one ledger.
struct LedgerTest {
    info: LedgerInfo,
    currency: Currency,
    rules: Vec<(Rule, Tally)>,
    no_rule: BTreeMap<(Kind, Option<String>), Untaken>,
    open_dates: Vec<NaiveDate>,
    default_mode: CaptureMode,
}

/// Entries of a kind and sales unit that no rule took.
#[derive(Default)]
struct Untaken {
    total: TypeTotal,
    first_reference: Option<String>,
}

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
        tests.push(test_ledger(&archive, &ledger_id, &config, range)?);
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
            "ledgers": tests.iter().map(LedgerTest::to_json).collect::<Vec<_>>(),
        }));
    } else {
        for test in &tests {
            terminal::print(&test.describe(range));
        }
    }
    Ok(exit)
}

fn test_ledger(
    archive: &Archive,
    ledger_id: &str,
    config: &Config,
    range: DateRange,
) -> Result<LedgerTest, Failure> {
    let info = archive
        .ledger_info(ledger_id)?
        .unwrap_or_else(|| LedgerInfo::unknown(ledger_id));
    let ledger_config = config.ledger(&info);
    let days = Days::whole(archive, ledger_id);
    let currency = crate::run::currency(&days, &info, &ledger_config, range);
    let books = Books::new(&info, currency, &ledger_config, config);
    let captures = captures::of_refunds(&days, &books, range);
    let mut fee_join = rule_use::fee_join(&books);
    if let Some(join) = &mut fee_join {
        for step in (1..=EDGE_DATES).rev() {
            let date = days_before(range.from(), step);
            days.visit(Topic::Funds, date, |page| join.captures(page));
        }
    }
    let mut rules: Vec<(Rule, Tally)> = books
        .rules()
        .iter()
        .map(|rule| (rule.clone(), Tally::new()))
        .collect();
    let mut no_rule = BTreeMap::<(Kind, Option<String>), Untaken>::new();
    let mut open_dates = Vec::new();
    for date in range.dates() {
        let stored = days.read(date);
        let day = stored.parse();
        if !day.is_closed() {
            open_dates.push(date);
            continue;
        }
        if let Some(join) = &mut fee_join {
            join.captures(&day.page(Topic::Funds));
            join.expire(date, |_| false, &mut Findings::default());
        }
        for (topic, ordinal, entry) in day.entries() {
            let place = Place {
                ledger_date: date,
                ordinal,
                entry,
            };
            let Some((kind, rule)) = rule_use::of(&books, &captures, fee_join.as_ref(), topic, &place) else {
                continue;
            };
            let total = match rule {
                Some(number) => rules[number - 1].1.entry(kind).or_default(),
                None => {
                    let handle = entry.recipient_handle.as_deref().map(crate::text::line);
                    let untaken = no_rule.entry((kind, handle)).or_default();
                    let reference = entry.reference.as_deref().map(crate::text::line);
                    untaken.first_reference = untaken.first_reference.take().or(reference);
                    &mut untaken.total
                }
            };
            total.count += 1;
            total.sum = total.sum.checked_add(entry.amount).ok_or_else(|| {
                Failure::new(
                    Exit::DoesNotReconcile,
                    format!("the sums of ledger `{ledger_id}` are larger than bilag can hold"),
                )
            })?;
        }
    }
    Ok(LedgerTest {
        info,
        currency,
        rules,
        no_rule,
        open_dates,
        default_mode: ledger_config.posting.captures,
    })
}

impl LedgerTest {
    /// Whether the rule asks for a sales unit that the ledger does not settle for.
    fn is_foreign(&self, rule: &Rule) -> bool {
        let handles = &self.info.settles_for_recipient_handles;
        !handles.is_empty()
            && rule
                .handle
                .as_ref()
                .is_some_and(|handle| !handles.contains(handle))
    }

    fn to_json(&self) -> Value {
        let totals = |tally: &Tally| {
            let mut object = serde_json::Map::new();
            for kind in Kind::ALL {
                let total = tally.get(&kind).copied().unwrap_or_default();
                object.insert(kind.name().to_owned(), self.total_json(total));
            }
            object
        };
        let rules: Vec<Value> = (1..)
            .zip(&self.rules)
            .map(|(number, (rule, tally))| {
                let mut object = serde_json::Map::new();
                object.insert("rule".to_owned(), json!(number));
                object.insert("conditions".to_owned(), to_object(conditions(rule)));
                object.insert("effects".to_owned(), to_object(effects(rule)));
                object.extend(totals(tally));
                object.insert("took_nothing".to_owned(), json!(tally.is_empty()));
                object.insert(
                    "handle_is_not_the_ledgers".to_owned(),
                    json!(self.is_foreign(rule)),
                );
                Value::Object(object)
            })
            .collect();
        let no_rule: Vec<Value> = self
            .no_rule
            .iter()
            .map(|((kind, handle), untaken)| {
                json!({
                    "kind": kind, "recipient_handle": handle, "first_reference": untaken.first_reference,
                    "count": untaken.total.count, "sum": self.currency.format(untaken.total.sum),
                })
            })
            .collect();
        json!({
            "ledger_id": self.info.ledger_id, "currency": self.currency, "rules": rules, "no_rule": no_rule,
            "open_dates": self.open_dates.iter().map(ToString::to_string).collect::<Vec<_>>(),
        })
    }

    fn total_json(&self, total: TypeTotal) -> Value {
        json!({"count": total.count, "sum": self.currency.format(total.sum)})
    }

    fn describe(&self, range: DateRange) -> String {
        let mut text = format!(
            "Ledger {}, {}, {} to {}\n",
            self.info.ledger_id,
            self.currency,
            range.from(),
            range.to()
        );
        let line = |text: &mut String, kind: Kind, total: TypeTotal, note: &str| {
            let sum = self.currency.format(total.sum);
            // Writing to a String cannot fail.
            let _ = writeln!(
                text,
                "{}",
                format!("      {:<9}{:>7}{sum:>16}{note}", kind.name(), total.count).trim_end()
            );
        };
        for (index, (rule, tally)) in self.rules.iter().enumerate() {
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
                text.push_str(if self.is_foreign(rule) {
                    "      took nothing: the ledger does not settle for this handle\n"
                } else {
                    "      took nothing\n"
                });
            }
        }
        if !self.no_rule.is_empty() {
            text.push_str(if self.default_mode == CaptureMode::Revenue {
                "  no rule (an export refuses captures and refunds without a tax code)\n"
            } else {
                "  no rule\n"
            });
        }
        for ((kind, handle), untaken) in &self.no_rule {
            let note = format!(
                "   handle {}, first reference {}",
                handle.as_deref().unwrap_or("none"),
                untaken.first_reference.as_deref().unwrap_or("none")
            );
            line(&mut text, *kind, untaken.total, &note);
        }
        if !self.open_dates.is_empty() {
            let dates: Vec<String> = self.open_dates.iter().map(ToString::to_string).collect();
            let _ = writeln!(
                text,
                "  not closed in the archive, left out: {}",
                select::listing(&dates)
            );
        }
        text.push('\n');
        text
    }
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
    let captures = rule.captures.map(|mode| {
        match mode {
            CaptureMode::Clearing => "clearing",
            CaptureMode::Revenue => "revenue",
            CaptureMode::None => "none",
        }
        .to_owned()
    });
    present([
        ("captures", captures),
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
