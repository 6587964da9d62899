//! What only the whole file shows: tax codes that there are not, rules that can never match.

use std::collections::BTreeSet;

use crate::chart::{Chart, Market};
use crate::config::lines::{At, line_of};
use crate::config::raw::RawConfig;

/// Refuses a tax code that neither a market's chart nor `[tax_codes]` has, of a rule or where a
/// format's options say what the target calls it: a typing mistake. The message has the line.
pub(super) fn check_tax_codes(raw: &RawConfig, text: &str) -> Result<(), String> {
    let mut used: Vec<(&str, Vec<At<'_>>)> = Vec::new();
    let own = raw.ledgers.iter().map(|(id, own)| {
        let table = ["ledgers", id, "rules"].map(At::Key).to_vec();
        (table, own.rules.as_deref().unwrap_or_default())
    });
    let of_file = (vec![At::Key("rules")], raw.rules.as_slice());
    for (table, rules) in std::iter::once(of_file).chain(own) {
        for (index, rule) in rules.iter().enumerate() {
            if let Some(code) = &rule.tax_code {
                used.push((
                    code,
                    [&table[..], &[At::Item(index), At::Key("tax_code")]].concat(),
                ));
            }
        }
    }
    for (format, options) in &raw.formats {
        let codes = options.get("tax_codes").and_then(toml::Value::as_table);
        for code in codes.into_iter().flat_map(toml::Table::keys) {
            used.push((code, ["formats", format, "tax_codes", code].map(At::Key).to_vec()));
        }
    }
    if used.is_empty() {
        return Ok(());
    }
    let charts = Market::ALL.map(Chart::of);
    let of_charts = charts.iter().flat_map(|chart| chart.tax_codes.keys());
    let known: BTreeSet<&str> = of_charts
        .chain(raw.tax_codes.keys())
        .map(String::as_str)
        .collect();
    let Some((code, path)) = used.into_iter().find(|(code, _)| !known.contains(code)) else {
        return Ok(());
    };
    let line = line_of(text, &path).map_or_else(String::new, |line| format!("line {line}: "));
    let near = match crate::text::nearest(code, known.iter().copied()) {
        near if near.is_empty() => String::new(),
        near => format!(" (near it is {})", near.join(", ")),
    };
    Err(format!(
        "{line}there is no tax code `{code}`{near}: no market has it; correct it, or define it under [tax_codes.\"{code}\"]"
    ))
}

/// Refuses a name under `accept` that is none of a finding that may be accepted. The message has
/// the line.
pub(super) fn check_accepted(raw: &RawConfig, text: &str) -> Result<(), String> {
    let list = [At::Key("checks"), At::Key("accept")];
    let own = raw.ledgers.iter().map(|(id, own)| {
        let table = [At::Key("ledgers"), At::Key(id)];
        (&own.checks, [&table[..], &list].concat())
    });
    for (checks, path) in std::iter::once((&raw.checks, list.to_vec())).chain(own) {
        if let Some((index, why)) = checks.wrong_name() {
            let line = line_of(text, &[&path[..], &[At::Item(index)]].concat());
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
