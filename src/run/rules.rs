//! What each rule takes of a range, and what no rule takes. It asks the archive alone and writes
//! nothing.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use thiserror::Error;

use crate::archive::{Archive, ArchiveError};
use crate::config::{CaptureMode, Config, Rule};
use crate::date::{DateRange, days_before};
use crate::ledger::entry::Entry;
use crate::ledger::fee_join::FeeJoin;
use crate::ledger::findings::Findings;
use crate::money::Currency;
use crate::posting::books::Books;
use crate::posting::review::Place;
use crate::posting::rule_use::{self, Kind};
use crate::proof::{EDGE_DATES, TypeTotal};
use crate::provider::{LedgerInfo, Topic};
use crate::run::session::Session;

/// Why rules could not be tested on a ledger.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RulesError {
    /// The archive cannot be read.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// A sum is beyond what bilag can hold.
    #[error("the sums of ledger `{0}` are larger than bilag can hold")]
    Overflow(String),
}

/// What one rule took, by kind.
pub type Tally = BTreeMap<Kind, TypeTotal>;

/// What rules did on one ledger.
#[derive(Debug)]
pub struct RulesTest {
    /// The ledger.
    pub info: LedgerInfo,
    pub currency: Currency,
    /// Every rule with what it took, in the order of the file.
    pub rules: Vec<(Rule, Tally)>,
    /// What no rule took, by kind and sales unit.
    pub no_rule: BTreeMap<(Kind, Option<String>), Untaken>,
    /// The dates that are not closed in the archive; they were left out.
    pub open_dates: Vec<NaiveDate>,
    /// How captures are booked that no rule takes.
    pub default_mode: CaptureMode,
}

/// Entries of a kind and sales unit that no rule took.
#[derive(Debug, Default)]
pub struct Untaken {
    /// How many, and their sum.
    pub total: TypeTotal,
    /// The first merchant's reference among them.
    pub first_reference: Option<String>,
}

/// Tests the rules of a ledger on the closed dates of `range`.
pub fn test(
    archive: &Archive,
    ledger_id: &str,
    config: &Config,
    range: DateRange,
) -> Result<RulesTest, RulesError> {
    let session = Session::whole(archive, config, ledger_id)?;
    let currency = session.currency(range);
    let books = session.books(currency);
    let captures = session.captures_of_refunds(&books, range);
    let mut fee_join = rule_use::fee_join(&books);
    if let Some(join) = &mut fee_join {
        captures_before(&session, &books, range, join);
    }
    let mut test = RulesTest {
        info: session.info.clone(),
        currency,
        rules: books
            .rules()
            .iter()
            .map(|rule| (rule.clone(), Tally::new()))
            .collect(),
        no_rule: BTreeMap::new(),
        open_dates: Vec::new(),
        default_mode: session.ledger_config.posting.captures,
    };
    for date in range.dates() {
        let stored = session.read(date);
        let day = stored.parse();
        if !day.is_closed() {
            test.open_dates.push(date);
            continue;
        }
        if let Some(join) = &mut fee_join {
            rule_use::join_captures(&books, join, &day.page(Topic::Funds));
            join.expire(date, |_| false, &mut Findings::default());
        }
        for (topic, ordinal, entry) in day.entries() {
            let place = Place::new(&books, date, ordinal, entry);
            if let Some((kind, rule)) = rule_use::of(&books, &captures, fee_join.as_ref(), topic, &place) {
                test.count(kind, rule, entry)
                    .ok_or_else(|| RulesError::Overflow(ledger_id.to_owned()))?;
            }
        }
    }
    Ok(test)
}

/// Fees of the range's first dates belong to captures before it.
fn captures_before(session: &Session<'_>, books: &Books<'_>, range: DateRange, join: &mut FeeJoin) {
    for step in (1..=EDGE_DATES).rev() {
        let date = days_before(range.from(), step);
        session.days.visit(Topic::Funds, date, |page| {
            rule_use::join_captures(books, join, page);
        });
    }
}

impl RulesTest {
    /// Counts an entry that the `rule`th rule took, or none; `None` when the sum overflows.
    fn count(&mut self, kind: Kind, rule: Option<usize>, entry: &Entry<'_>) -> Option<()> {
        let total = match rule {
            Some(number) => self.rules[number - 1].1.entry(kind).or_default(),
            None => {
                let handle = entry.recipient_handle.as_deref().map(crate::text::line);
                let untaken = self.no_rule.entry((kind, handle)).or_default();
                let reference = entry.reference.as_deref().map(crate::text::line);
                untaken.first_reference = untaken.first_reference.take().or(reference);
                &mut untaken.total
            }
        };
        total.count += 1;
        total.sum = total.sum.checked_add(entry.amount)?;
        Some(())
    }

    /// Whether the rule asks for a sales unit that the ledger does not settle for.
    pub fn is_foreign(&self, rule: &Rule) -> bool {
        let handles = &self.info.settles_for_recipient_handles;
        !handles.is_empty()
            && rule
                .handle
                .as_ref()
                .is_some_and(|handle| !handles.contains(handle))
    }
}
