//! What everything that is asked of one ledger begins with: the ledger, what the configuration
//! says of it, its currency, its books, its days.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::archive::{Archive, ArchiveError};
use crate::chart::Chart;
use crate::config::{Config, LedgerConfig};
use crate::date::{DateRange, days_before};
use crate::days::Days;
use crate::days::stored::StoredDay;
use crate::money::Currency;
use crate::posting::books::Books;
use crate::posting::refunds::CaptureIndex;
use crate::proof::ProofOptions;
use crate::provider::{LedgerInfo, Topic};
use crate::run::{RunOptions, captures};

/// How far back an entry is looked for that says the currency.
const LOOKBACK_DATES: u64 = 400;

/// One ledger of an archive under a configuration.
#[derive(Debug)]
pub struct Session<'a> {
    pub days: Days<'a>,
    /// The whole configuration.
    pub config: &'a Config,
    /// The ledger; only its id is known when the archive has no more.
    pub info: LedgerInfo,
    /// What the configuration says of it.
    pub ledger_config: LedgerConfig,
}

impl<'a> Session<'a> {
    /// Looks the ledger up; fails only when what the archive says of it cannot be read. `open` are
    /// dates that are not in the archive because the provider says that they are open.
    pub fn open(
        archive: &'a Archive,
        config: &'a Config,
        ledger_id: &str,
        open: BTreeSet<(Topic, NaiveDate)>,
    ) -> Result<Self, ArchiveError> {
        Self::with(archive, config, Days::new(archive, ledger_id, open), ledger_id)
    }

    /// For those who look at single entries: every date is held whole.
    pub fn whole(archive: &'a Archive, config: &'a Config, ledger_id: &str) -> Result<Self, ArchiveError> {
        Self::with(archive, config, Days::whole(archive, ledger_id), ledger_id)
    }

    fn with(
        archive: &Archive,
        config: &'a Config,
        days: Days<'a>,
        ledger_id: &str,
    ) -> Result<Self, ArchiveError> {
        let info = archive
            .ledger_info(ledger_id)?
            .unwrap_or_else(|| LedgerInfo::unknown(ledger_id));
        Ok(Self {
            days,
            config,
            ledger_config: config.ledger(&info),
            info,
        })
    }

    /// The currency that the ledgers endpoint states, if it states one.
    pub fn stated_currency(&self) -> Option<Currency> {
        self.info.currency.as_deref().and_then(Currency::parse)
    }

    /// The ledger's currency: the stated one, else that of the first entry of `range`, else of the
    /// last one before, as far as the dates are known, else the books'.
    pub fn currency(&self, range: DateRange) -> Currency {
        let of_date = |date| {
            let mut topics = Topic::ALL.into_iter();
            topics.find_map(|topic| self.days.facts(topic, date).currency)
        };
        let first_entry = || range.dates().find_map(of_date);
        let entry_before = || {
            let dates = (1..=LOOKBACK_DATES).map(|step| days_before(range.from(), step));
            let mut known = dates.take_while(|date| self.days.is_closed(*date));
            known.find_map(of_date)
        };
        self.stated_currency()
            .or_else(first_entry)
            .or_else(entry_before)
            .unwrap_or(self.ledger_config.posting.base_currency)
    }

    /// How the dates of a run are proven, in the currency that is known of them.
    pub fn proof_options(&self, options: &RunOptions, currency: Option<Currency>) -> ProofOptions {
        ProofOptions {
            range: options.range,
            currency,
            zone: Chart::of(self.ledger_config.posting.market).zone(),
            allow_open: options.allow_open,
            payout_numbers: self.ledger_config.checks.payout_numbers,
            first_payout: self.ledger_config.checks.first_payout,
        }
    }

    /// The ledger's books in `currency`.
    pub fn books(&self, currency: Currency) -> Books<'_> {
        Books::new(&self.info, currency, &self.ledger_config, self.config)
    }

    /// The captures of the refunds of `range`, where the rules of `books` need them.
    pub fn captures_of_refunds(&self, books: &Books<'_>, range: DateRange) -> CaptureIndex {
        captures::of_refunds(&self.days, books, range)
    }

    /// What the archive has of `date`.
    pub fn read(&self, date: NaiveDate) -> StoredDay {
        self.days.read(date)
    }
}
