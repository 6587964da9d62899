//! `bilag explain`: an entry, its source, the rule that took it, and what was booked for it.

use chrono::NaiveDate;
use serde_json::json;

use crate::archive::Archive;
use crate::cli::args::{Explain, Global};
use crate::cli::exit::Exit;
use crate::cli::explained::{Explained, ExplainedPosting, Source};
use crate::cli::failure::Failure;
use crate::cli::{select, terminal};
use crate::config::{Config, LedgerConfig, VoucherPer};
use crate::date::{DateRange, days_before};
use crate::days::{Days, StoredDay};
use crate::journal::Voucher;
use crate::ledger::day::{LedgerDay, with_causes};
use crate::ledger::entry::Entry;
use crate::ledger::finding::Findings;
use crate::money::Currency;
use crate::posting::Poster;
use crate::posting::books::{Books, PostingError};
use crate::posting::refunds::CaptureIndex;
use crate::posting::rule_use;
use crate::posting::sales::Place;
use crate::proof::EDGE_DATES;
use crate::provider::{LedgerInfo, Topic};
use crate::run::captures;

/// Runs the command.
pub fn run(global: &Global, wanted: &Explain) -> Result<Exit, Failure> {
    let config = select::config(global)?;
    let archive = select::archive(global, &config, &wanted.ledgers);
    let mut found = Vec::new();
    for ledger_id in select::archived_ledgers(&archive, &wanted.ledgers)? {
        let info = archive
            .ledger_info(&ledger_id)?
            .unwrap_or_else(|| LedgerInfo::unknown(&ledger_id));
        let explainer = Explainer::new(&archive, &config, info);
        explainer.find(&wanted.reference, &mut found)?;
    }
    let exit = if found.is_empty() {
        Exit::NotOurs
    } else {
        Exit::Done
    };
    if global.json {
        terminal::json(
            &json!({"schema": 1, "command": "explain", "exit_code": exit.code(), "entries": found}),
        );
    } else {
        for entry in &found {
            terminal::print(&entry.to_text());
        }
    }
    if found.is_empty() {
        let message = format!(
            "no entry with the reference `{}` in the archive",
            crate::text::line(&wanted.reference)
        );
        terminal::error(
            &Failure::new(exit, message)
                .with_hint("fetch its dates first, or name the archive with --archive DIR"),
        );
    }
    Ok(exit)
}

/// Explains entries of one ledger.
struct Explainer<'a> {
    archive: &'a Archive,
    config: &'a Config,
    info: LedgerInfo,
    /// With a voucher per entry: what is booked for one entry shows best in a voucher of its own.
    ledger_config: LedgerConfig,
}

impl<'a> Explainer<'a> {
    fn new(archive: &'a Archive, config: &'a Config, info: LedgerInfo) -> Self {
        let mut ledger_config = config.ledger(&info);
        ledger_config.posting.voucher_per = VoucherPer::Entry;
        Self {
            archive,
            config,
            info,
            ledger_config,
        }
    }

    /// Adds every entry that `reference` names.
    fn find(&self, reference: &str, found: &mut Vec<Explained>) -> Result<(), Failure> {
        let is_named = |entry: &Entry<'_>| {
            entry.psp_reference.as_deref() == Some(reference)
                || entry.reference.as_deref() == Some(reference)
                || entry.voucher_reference() == Some(reference)
        };
        for topic in Topic::ALL {
            for date in self.archive.dates(&self.info.ledger_id, topic)? {
                let stored = self.read(date);
                let day = stored.parse();
                for (index, entry) in day.topic(topic).entries.iter().enumerate() {
                    if is_named(entry) {
                        found.push(self.explain(&stored, &day, topic, index + 1, entry)?);
                    }
                }
            }
        }
        Ok(())
    }

    fn explain(
        &self,
        stored: &StoredDay,
        day: &LedgerDay<'_>,
        topic: Topic,
        ordinal: usize,
        entry: &Entry<'_>,
    ) -> Result<Explained, Failure> {
        let stated = self.info.currency.as_deref().and_then(Currency::parse);
        let currency = stated
            .or(entry.currency)
            .unwrap_or(self.ledger_config.posting.base_currency);
        let place = Place {
            ledger_date: day.date,
            ordinal,
            entry,
        };
        let (rule, booked) = self.book(currency, day, topic, &place);
        let not_booked = match &booked {
            Ok(Some(_)) => None,
            Ok(None) => {
                Some("the entry is a mirror or a detail of another and is not booked by itself".to_owned())
            }
            Err(error) => Some(with_causes(error)),
        };
        let postings = match &booked {
            Ok(Some(voucher)) => ExplainedPosting::all(voucher),
            Ok(None) | Err(_) => Vec::new(),
        };
        let money = |minor: i64| currency.format(minor);
        let text = |text: Option<&str>| text.map(str::to_owned);
        Ok(Explained {
            ledger_id: self.info.ledger_id.clone(),
            topic,
            ledger_date: day.date.to_string(),
            ordinal,
            time: entry.time.map(|time| time.to_string()),
            entry_type: entry.entry_type.name().to_owned(),
            amount: money(entry.amount),
            currency: currency.code().to_owned(),
            balance_before: entry.balance_before.map(money),
            balance_after: entry.balance_after.map(money),
            psp_reference: text(entry.psp_reference.as_deref()),
            reference: text(entry.reference.as_deref()),
            recipient_handle: text(entry.recipient_handle.as_deref()),
            source: self.source(stored, topic, ordinal, &day.topic(topic).page_sizes)?,
            rule,
            voucher_per_date: format!("VM-{}-{}", self.info.ledger_id, day.date),
            postings,
            not_booked,
        })
    }

    /// The rule that takes an entry, and the voucher that it makes by itself.
    fn book(
        &self,
        currency: Currency,
        day: &LedgerDay<'_>,
        topic: Topic,
        place: &Place<'_, '_>,
    ) -> (Option<usize>, Result<Option<Voucher>, PostingError>) {
        let books = Books::new(&self.info, currency, &self.ledger_config, self.config);
        let captures = self.captures(&books, day.date);
        let mut fee_join = rule_use::fee_join(&books);
        let mut poster = Poster::new(&books, captures.clone(), None);
        for step in (1..=EDGE_DATES).rev() {
            let before = self.read(days_before(day.date, step));
            let before = before.parse();
            poster.captures_before(&before.page(Topic::Funds));
            if let Some(join) = &mut fee_join {
                join.captures(&before.page(Topic::Funds));
            }
        }
        if let Some(join) = &mut fee_join {
            join.captures(&day.page(Topic::Funds));
        }
        let rule = rule_use::of(&books, &captures, fee_join.as_ref(), topic, place);
        let id = format!(
            "VM-{}-{}-{topic}-{:03}",
            self.info.ledger_id, day.date, place.ordinal
        );
        let vouchers = poster.day(day, &mut Findings::default());
        let voucher =
            vouchers.map(|vouchers| vouchers.into_iter().find(|voucher| voucher.id().as_str() == id));
        (rule.and_then(|(_, number)| number), voucher)
    }

    fn captures(&self, books: &Books<'_>, date: NaiveDate) -> CaptureIndex {
        let days = Days::whole(self.archive, &self.info.ledger_id);
        match DateRange::new(date, date) {
            Ok(range) => captures::of_refunds(&days, books, range),
            Err(_) => CaptureIndex::default(),
        }
    }

    fn source(
        &self,
        stored: &StoredDay,
        topic: Topic,
        ordinal: usize,
        page_sizes: &[usize],
    ) -> Result<Source, Failure> {
        let source = stored.source(topic);
        let path = source.map(|source| source.path.clone());
        let sha256 = source.map(|source| source.sha256.clone());
        let (page, item) = Source::place(ordinal, page_sizes);
        Ok(Source {
            path,
            sha256,
            page,
            item,
        })
    }

    fn read(&self, date: NaiveDate) -> StoredDay {
        StoredDay::read(self.archive, &self.info.ledger_id, date)
    }
}
