//! `bilag explain`: an entry, its source, the rule that took it, and what was booked for it.

use serde_json::{Value, json};

use crate::archive::Archive;
use crate::cli::args::{Explain, Global};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::{select, terminal};
use crate::config::{Config, VoucherPer};
use crate::date::{DateRange, days_before};
use crate::ledger::day::StoredDay;
use crate::ledger::entry::Entry;
use crate::ledger::finding::Findings;
use crate::ledger::proof::EDGE_DATES;
use crate::ledger::{LedgerInfo, Topic};
use crate::money::Currency;
use crate::posting::Poster;
use crate::posting::books::Books;
use crate::posting::refunds::CaptureIndex;
use crate::posting::rule_use;
use crate::posting::sales::Place;

/// Runs the command.
pub fn run(global: &Global, wanted: &Explain) -> Result<Exit, Failure> {
    let config = select::config(global)?;
    let archive = select::archive(global, &config, &wanted.ledgers);
    let mut found = Vec::new();
    for ledger_id in select::archived_ledgers(&archive, &wanted.ledgers)? {
        explain_ledger(&archive, &ledger_id, &config, &wanted.reference, &mut found)?;
    }
    if global.json {
        let code = if found.is_empty() { Exit::NotOurs.code() } else { 0 };
        terminal::json(&json!({"schema": 1, "command": "explain", "exit_code": code, "entries": found}));
    } else {
        for entry in &found {
            terminal::print(&describe(entry));
        }
    }
    if found.is_empty() {
        terminal::error(
            &Failure::new(
                Exit::NotOurs,
                format!(
                    "no entry with the reference `{}` in the archive",
                    wanted.reference
                ),
            )
            .with_hint("fetch its dates first, or name the archive with --archive DIR"),
        );
        return Ok(Exit::NotOurs);
    }
    Ok(Exit::Done)
}

fn explain_ledger(
    archive: &Archive,
    ledger_id: &str,
    config: &Config,
    reference: &str,
    found: &mut Vec<Value>,
) -> Result<(), Failure> {
    let info = archive
        .ledger_info(ledger_id)?
        .unwrap_or_else(|| LedgerInfo::unknown(ledger_id));
    for topic in Topic::ALL {
        for date in archive.dates(ledger_id, topic)? {
            let stored = StoredDay::read(archive, ledger_id, date);
            let day = stored.parse();
            let names = |entry: &Entry<'_>| {
                [&entry.psp_reference, &entry.reference]
                    .into_iter()
                    .flatten()
                    .any(|text| text == reference)
                    || entry.voucher_reference() == Some(reference)
            };
            for (index, entry) in day
                .topic(topic)
                .entries
                .iter()
                .enumerate()
                .filter(|(_, entry)| names(entry))
            {
                let ledger_config = config.ledger(&info);
                let currency = info
                    .currency
                    .as_deref()
                    .and_then(Currency::parse)
                    .or(entry.currency)
                    .unwrap_or(ledger_config.posting.base_currency);
                // What is booked for one entry shows best in a voucher of its own.
                let mut per_entry = ledger_config.clone();
                per_entry.posting.voucher_per = VoucherPer::Entry;
                let books = Books::new(&info, currency, &per_entry, config);
                let captures = match DateRange::new(date, date) {
                    Ok(range) if books.needs_captures_of_refunds() => {
                        CaptureIndex::build(archive, ledger_id, range, books.settings.refund_lookback_days)
                    }
                    _ => CaptureIndex::default(),
                };
                let mut fee_join = rule_use::fee_join(&books);
                let before: Vec<StoredDay> = (1..=EDGE_DATES)
                    .rev()
                    .map(|step| StoredDay::read(archive, ledger_id, days_before(date, step)))
                    .collect();
                if let Some(join) = &mut fee_join {
                    before.iter().for_each(|stored| join.captures(&stored.parse()));
                    join.captures(&day);
                }
                let place = Place {
                    ledger_date: date,
                    ordinal: index + 1,
                    entry,
                };
                let rule = rule_use::of(&books, &captures, fee_join.as_ref(), topic, &place)
                    .and_then(|(_, rule)| rule);
                let id = format!("VM-{ledger_id}-{date}-{topic}-{:03}", index + 1);
                let mut poster = Poster::new(&books, captures, None);
                for stored in &before {
                    poster.captures_before(&stored.parse());
                }
                let vouchers = poster.day(&day, &mut Findings::default());
                let booked = vouchers
                    .map_err(|error| crate::ledger::day::with_causes(&error))
                    .map(|vouchers| vouchers.into_iter().find(|voucher| voucher.id() == id));
                let source = stored.sources().find(|source| source.path.contains(topic.name()));
                let sha256 = source.map(|source| archive.sha256(&source.path)).transpose()?;
                let mut page = (1, index + 1);
                for size in &day.topic(topic).page_sizes {
                    if page.1 <= *size {
                        break;
                    }
                    page = (page.0 + 1, page.1 - size);
                }
                let postings: Vec<Value> = match &booked {
                    Ok(Some(voucher)) => voucher
                        .postings()
                        .iter()
                        .map(|posting| {
                            json!({
                                "account": &*posting.account, "account_name": &*posting.account_name,
                                "amount": posting.currency.format(posting.amount),
                                "currency": posting.currency.code(), "posting_key": posting.key.name(),
                                "text": &*posting.text, "tax_code": posting.tax_code.as_deref(),
                                "department": posting.department.as_deref(), "project": posting.project.as_deref(),
                            })
                        })
                        .collect(),
                    Ok(None) | Err(_) => Vec::new(),
                };
                found.push(json!({
                    "ledger_id": ledger_id,
                    "topic": topic,
                    "ledger_date": date.to_string(),
                    "ordinal": index + 1,
                    "time": entry.time.map(|time| time.to_string()),
                    "entry_type": entry.entry_type.name(),
                    "amount": currency.format(entry.amount),
                    "currency": currency.code(),
                    "balance_before": entry.balance_before.map(|minor| currency.format(minor)),
                    "balance_after": entry.balance_after.map(|minor| currency.format(minor)),
                    "psp_reference": entry.psp_reference,
                    "reference": entry.reference,
                    "recipient_handle": entry.recipient_handle,
                    "source": {
                        "path": source.map(|source| &source.path), "sha256": sha256,
                        "page": page.0, "item": page.1,
                    },
                    "rule": rule,
                    "voucher_per_date": format!("VM-{ledger_id}-{date}"),
                    "postings": postings,
                    "not_booked": match &booked {
                        Ok(Some(_)) => None,
                        Ok(None) => Some("the entry is a mirror or a detail of another and is not booked by itself".to_owned()),
                        Err(error) => Some(error.clone()),
                    },
                }));
            }
        }
    }
    Ok(())
}

/// An entry as text: what it is, where it stands, what follows from it.
fn describe(entry: &Value) -> String {
    let text = |key: &str| entry[key].as_str().unwrap_or("-").to_owned();
    let mut lines = vec![
        format!(
            "{} of {} {} on ledger {}, {} {}, entry {}",
            text("entry_type"),
            text("amount"),
            text("currency"),
            text("ledger_id"),
            text("topic"),
            text("ledger_date"),
            entry["ordinal"]
        ),
        format!(
            "  time {}  balance {} -> {}",
            text("time"),
            text("balance_before"),
            text("balance_after")
        ),
        format!(
            "  pspReference {}  reference {}  handle {}",
            text("psp_reference"),
            text("reference"),
            text("recipient_handle")
        ),
        format!(
            "  from {}, page {}, item {}, sha256 {}",
            entry["source"]["path"].as_str().unwrap_or("-"),
            entry["source"]["page"],
            entry["source"]["item"],
            entry["source"]["sha256"].as_str().unwrap_or("-")
        ),
        match entry["rule"].as_u64() {
            Some(number) => format!("  taken by rule {number}"),
            None => "  taken by no rule: the defaults hold".to_owned(),
        },
    ];
    for posting in entry["postings"].as_array().into_iter().flatten() {
        let text = |key: &str| posting[key].as_str().unwrap_or("").to_owned();
        lines.push(format!(
            "    {:<8} {:<36} {:>14}  {}",
            text("account"),
            text("account_name"),
            text("amount"),
            text("text")
        ));
    }
    if let Some(why) = entry["not_booked"].as_str() {
        lines.push(format!("    not booked: {why}"));
    }
    lines.push(format!("  part of voucher {}\n\n", text("voucher_per_date")));
    lines.join("\n")
}
