//! What only the whole file shows: tax codes that there are not, rules that can never match.

use std::collections::BTreeSet;

use crate::chart::{Chart, Market};
use crate::config::lines::{Step, line_of};
use crate::config::raw::RawConfig;
use crate::config::values::Rule;

/// Refuses a rule with a tax code that neither a market's chart nor `[tax_codes]` has: a typing
/// mistake. The message has the line.
pub(super) fn check_tax_codes(raw: &RawConfig, text: &str) -> Result<(), String> {
    if raw
        .rules()
        .all(|(_, rules)| rules.iter().all(|rule| rule.tax_code.is_none()))
    {
        return Ok(());
    }
    let charts = Market::ALL.map(Chart::of);
    let of_charts = charts.iter().flat_map(|chart| chart.tax_codes.keys());
    let known: BTreeSet<&String> = of_charts.chain(raw.tax_codes.keys()).collect();
    let check = |rules: &[Rule], table: &[Step<'_>]| {
        for (index, rule) in rules.iter().enumerate() {
            let Some(code) = rule.tax_code.as_ref().filter(|code| !known.contains(code)) else {
                continue;
            };
            let path = [table, &[Step::Item(index), Step::Key("tax_code")]].concat();
            let line = line_of(text, &path).map_or_else(String::new, |line| format!("line {line}: "));
            let near = match crate::text::nearest(code, known.iter().copied()) {
                near if near.is_empty() => String::new(),
                near => format!(" (near it is {})", near.join(", ")),
            };
            return Err(format!(
                "{line}there is no tax code `{code}`{near}: no market has it; correct it, or define it under [tax_codes.\"{code}\"]"
            ));
        }
        Ok(())
    };
    check(&raw.rules, &[Step::Key("rules")])?;
    for (id, own) in &raw.ledgers {
        let table = [Step::Key("ledgers"), Step::Key(id), Step::Key("rules")];
        check(own.rules.as_deref().unwrap_or_default(), &table)?;
    }
    Ok(())
}

/// Refuses a name under `accept` that is none of a finding that may be accepted. The message has
/// the line.
pub(super) fn check_accepted(raw: &RawConfig, text: &str) -> Result<(), String> {
    let list = [Step::Key("checks"), Step::Key("accept")];
    let own = raw.ledgers.iter().map(|(id, own)| {
        let table = [Step::Key("ledgers"), Step::Key(id)];
        (&own.checks, [&table[..], &list].concat())
    });
    for (checks, path) in std::iter::once((&raw.checks, list.to_vec())).chain(own) {
        if let Some((index, why)) = checks.wrong_name() {
            let line = line_of(text, &[&path[..], &[Step::Item(index)]].concat());
            return Err(line.map_or_else(|| why.clone(), |line| format!("line {line}: {why}")));
        }
    }
    Ok(())
}

/// The rules that can never match, each with its table, its number and why.
pub(super) fn unused_rules(raw: &RawConfig) -> Vec<String> {
    let mut unused = Vec::new();
    for (table, rules) in raw.rules() {
        for (index, rule) in rules.iter().enumerate() {
            let number = index + 1;
            if let (Some(from), Some(to)) = (rule.valid_from, rule.valid_to)
                && from > to
            {
                unused.push(format!(
                    "[[{table}]] number {number} can never match: it is valid from {from} to {to}, which is never"
                ));
            } else if let Some(earlier) = rules[..index].iter().position(|earlier| earlier.covers(rule)) {
                unused.push(format!(
                    "[[{table}]] number {number} can never match: number {} before it takes all that it would; \
                     put the more specific rule first, or take it out",
                    earlier + 1
                ));
            }
        }
    }
    unused
}
