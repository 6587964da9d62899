//! What everything that is asked of one ledger begins with: the ledger, what the configuration
//! says of it, its currency, its books, its days.

use chrono::NaiveDate;

use crate::archive::{Archive, ArchiveError};
use crate::config::{Config, LedgerConfig};
use crate::date::DateRange;
use crate::days::StoredDay;
use crate::money::Currency;
use crate::posting::books::Books;
use crate::posting::refunds::CaptureIndex;
use crate::provider::LedgerInfo;
use crate::run::captures;

/// One ledger of an archive under a configuration.
#[derive(Debug)]
pub struct Session<'a> {
    /// Where its days are.
    pub archive: &'a Archive,
    /// The whole configuration.
    pub config: &'a Config,
    /// The ledger; only its id is known when the archive has no more.
    pub info: LedgerInfo,
    /// What the configuration says of it.
    pub ledger_config: LedgerConfig,
}

impl<'a> Session<'a> {
    /// Looks the ledger up; fails only when what the archive says of it cannot be read.
    pub fn open(archive: &'a Archive, config: &'a Config, ledger_id: &str) -> Result<Self, ArchiveError> {
        let info = archive
            .ledger_info(ledger_id)?
            .unwrap_or_else(|| LedgerInfo::unknown(ledger_id));
        Ok(Self {
            archive,
            config,
            ledger_config: config.ledger(&info),
            info,
        })
    }

    /// The currency that the ledgers endpoint states, if it states one.
    pub fn stated_currency(&self) -> Option<Currency> {
        self.info.currency.as_deref().and_then(Currency::parse)
    }

    /// The ledger's currency: the stated one, else that of the first entry of `range`, else the
    /// books'.
    pub fn currency(&self, range: DateRange) -> Currency {
        let first_entry = || {
            range.dates().find_map(|date| {
                let stored = self.read(date);
                let day = stored.parse();
                day.entries().find_map(|(_, _, entry)| entry.currency)
            })
        };
        self.stated_currency()
            .or_else(first_entry)
            .unwrap_or(self.ledger_config.posting.base_currency)
    }

    /// The ledger's books in `currency`.
    pub fn books(&self, currency: Currency) -> Books<'_> {
        Books::new(&self.info, currency, &self.ledger_config, self.config)
    }

    /// The captures of the refunds of `range`, where the rules of `books` need them.
    pub fn captures_of_refunds(&self, books: &Books<'_>, range: DateRange) -> CaptureIndex {
        if !books.needs_captures_of_refunds() {
            return CaptureIndex::default();
        }
        let lookback = books.settings.refund_lookback_days;
        captures::of_refunds(self.archive, &self.info.ledger_id, range, lookback)
    }

    /// What the archive has of `date`.
    pub fn read(&self, date: NaiveDate) -> StoredDay {
        StoredDay::read(self.archive, &self.info.ledger_id, date)
    }
}
