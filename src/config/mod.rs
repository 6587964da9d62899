//! The configuration file, checked: what the program uses, per ledger.
//!
//! [`raw`] is the file as `serde` sees it; [`Config::load`] turns it into values that cannot be
//! wrong. A ledger's own table overrides the file's value by value.

pub mod checks;
pub mod company;
pub mod error;
pub mod fx_rates;
pub mod lines;
pub mod opening_base;
pub mod raw;
pub mod sales_lines;
pub mod values;
mod whole;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use crate::account::AccountNumber;
use crate::account::TaxCode;
use crate::chart::{Chart, Market, Role};
use crate::config::checks::Checks;
use crate::config::company::Company;
use crate::config::error::ConfigError;
use crate::config::fx_rates::FxRates;
use crate::config::lines::{At, line_of};
use crate::config::opening_base::OpeningBase;
use crate::config::raw::{RawApi, RawConfig, RawPosting};
use crate::config::sales_lines::SalesLines;
pub use crate::config::values::{CaptureMode, DateBasis, FeeMode, FxRevaluation, Rule, VoucherPer};
use crate::input;
use crate::money::Currency;
use crate::provider::LedgerInfo;

/// The largest configuration, in bytes. One with ten thousand ledgers has a tenth of that.
const FILE_MAX: u64 = 16 << 20;

/// How entries become vouchers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostingSettings {
    /// Chart, tax codes, texts, time zone.
    pub market: Market,
    /// Whether the configuration names the market, or it follows from the ledger.
    pub market_is_assumed: bool,
    /// What captures and refunds are booked against.
    pub captures: CaptureMode,
    /// When fees become an expense.
    pub fees: FeeMode,
    /// What one voucher covers.
    pub voucher_per: VoucherPer,
    /// Which date captures and refunds are booked on.
    pub date_basis: DateBasis,
    /// The currency of the books.
    pub base_currency: Currency,
    /// When balances in another currency are valued anew.
    pub fx_revaluation: FxRevaluation,
    /// What the mirror accounts of a ledger in another currency were worth when bilag began.
    pub opening_base: Option<OpeningBase>,
    /// Disputes, by pspReference, that are lost, and booked from the disputes account on a date.
    pub disputes_lost: BTreeMap<String, NaiveDate>,
    /// The tax code on fee expense, where there is one.
    pub fee_tax_code: Option<String>,
    /// How many dates before a refund its capture is looked for.
    pub refund_lookback_days: u64,
    /// Whether balance accounts carry department and project too.
    pub dimensions_on_balance: bool,
    /// The brand in texts and account names, in place of the market's on each date.
    pub brand: Option<String>,
}

/// Everything that the configuration says about one ledger.
#[derive(Debug, Clone)]
pub struct LedgerConfig {
    /// How entries become vouchers.
    pub posting: PostingSettings,
    /// Accounts that replace the chart's, by role.
    pub accounts: BTreeMap<Role, AccountNumber>,
    /// Tax codes: the market's, with the configuration's in their place or added.
    pub tax_codes: BTreeMap<String, TaxCode>,
    /// Rules in the order of the file.
    pub rules: Vec<Rule>,
    /// The organisation.
    pub company: Company,
    /// Formats to write when the command line names none.
    pub formats: Vec<String>,
    /// Options of each format, as the file has them.
    pub format_options: BTreeMap<String, toml::Table>,
    /// What its checks take as it is.
    pub checks: Checks,
}

/// A table that is about one ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnTable {
    /// The ledger.
    pub ledger_id: String,
    /// The table's name, without brackets.
    pub name: String,
    /// Where it stands, for messages.
    pub place: String,
}

/// A format that the configuration names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedFormat {
    /// The name.
    pub name: String,
    /// Where it stands, for messages.
    pub place: String,
    /// Whether its options are set there, so that it must be an id; else it may be the path of a
    /// descriptor.
    pub has_options: bool,
}

/// The configuration, loaded and checked.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// The file, when there is one.
    pub path: Option<PathBuf>,
    /// The archive's folder, when the file names one.
    pub archive: Option<PathBuf>,
    /// Exchange rates by ledger date.
    pub fx_rates: FxRates,
    /// How captures split, by pspReference or reference.
    pub sales_lines: SalesLines,
    /// SHA-256 of the file and of what it refers to, for the manifest; of nothing without a file.
    pub fingerprint: String,
    /// What can have no effect: rules that never match. For a person to look at.
    pub unused: Vec<String>,
    raw: RawConfig,
    text: String,
}

impl Config {
    /// Loads `path`; without one, the configuration is empty and every value is the default.
    pub fn load(path: Option<&Path>) -> Result<Self, ConfigError> {
        let Some(path) = path else {
            return Ok(Self {
                fingerprint: crate::digest::sha256_hex(b""),
                ..Self::default()
            });
        };
        let text = input::read_text(path, FILE_MAX).map_err(|source| ConfigError::Read {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&text, path)
    }

    /// Reads a configuration from its text; `path` is for messages and for relative paths.
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let invalid = |message: String| ConfigError::Invalid {
            path: path.to_owned(),
            message,
        };
        let raw: RawConfig =
            toml::from_str(text).map_err(|error| invalid(values::toml_message(text, &error)))?;
        raw.check().map_err(&invalid)?;
        whole::check_tax_codes(&raw, text).map_err(&invalid)?;
        whole::check_accepted(&raw, text).map_err(&invalid)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut hashed = text.as_bytes().to_vec();
        let mut fx_rates = FxRates::new(raw.fx_rates.clone());
        if let Some(file) = &raw.fx_rates_file {
            hashed.extend_from_slice(fx_rates.load(&folder.join(file))?.as_bytes());
        }
        let sales_lines = match &raw.sales_lines {
            Some(file) => {
                let (lines, content) = SalesLines::load(&folder.join(file))?;
                hashed.extend_from_slice(content.as_bytes());
                lines
            }
            None => SalesLines::default(),
        };
        Ok(Self {
            path: Some(path.to_owned()),
            archive: raw.archive.path.as_ref().map(|archive| folder.join(archive)),
            fx_rates,
            sales_lines,
            fingerprint: crate::digest::sha256_hex(&hashed),
            unused: whole::unused_rules(&raw),
            raw,
            text: text.to_owned(),
        })
    }

    /// The tables that are about one ledger, also those of a format's options.
    pub fn own_tables(&self) -> Vec<OwnTable> {
        let mut tables = Vec::new();
        for id in self.raw.ledgers.keys() {
            tables.push(OwnTable {
                ledger_id: id.clone(),
                name: format!("ledgers.\"{id}\""),
                place: self.place(&[At::Key("ledgers"), At::Key(id)]),
            });
        }
        for (format, options) in &self.raw.formats {
            let ledgers = options.get("ledgers").and_then(toml::Value::as_table);
            for id in ledgers.into_iter().flat_map(toml::Table::keys) {
                let path = ["formats", format, "ledgers", id].map(At::Key);
                tables.push(OwnTable {
                    ledger_id: id.clone(),
                    name: format!("formats.{format}.ledgers.\"{id}\""),
                    place: self.place(&path),
                });
            }
        }
        tables
    }

    /// The last ledger date of a ledger that has ended.
    pub fn ended(&self, ledger_id: &str) -> Option<NaiveDate> {
        self.raw.ledgers.get(ledger_id)?.ended
    }

    /// What the checks of the whole run take as it is.
    pub fn checks(&self) -> Checks {
        self.raw.checks.clone().into()
    }

    /// Every format that the file names, or sets options of.
    pub fn named_formats(&self) -> Vec<NamedFormat> {
        let mut named = Vec::new();
        let mut add = |name: &str, has_options, path: &[At<'_>]| {
            named.push(NamedFormat {
                name: name.to_owned(),
                place: self.place(path),
                has_options,
            });
        };
        for id in self.raw.formats.keys() {
            add(id, true, &[At::Key("formats"), At::Key(id)]);
        }
        let outputs = [At::Key("output"), At::Key("formats")];
        let of = |list: &Option<Vec<String>>| list.clone().unwrap_or_default();
        for (index, name) in of(&self.raw.output.formats).iter().enumerate() {
            add(name, false, &[&outputs[..], &[At::Item(index)]].concat());
        }
        for (id, own) in &self.raw.ledgers {
            let table = [At::Key("ledgers"), At::Key(id)];
            for (index, name) in of(&own.output.formats).iter().enumerate() {
                let path = [&table[..], &outputs, &[At::Item(index)]].concat();
                add(name, false, &path);
            }
        }
        named
    }

    /// The file and, where it can be said, the line of what `path` leads to.
    pub fn place(&self, path: &[At<'_>]) -> String {
        let file = self.path.as_deref().unwrap_or(Path::new("the configuration"));
        match line_of(&self.text, path) {
            Some(line) => format!("{}: line {line}", file.display()),
            None => file.display().to_string(),
        }
    }

    /// The `[api]` table.
    pub fn api(&self) -> &RawApi {
        &self.raw.api
    }

    /// Resolves a path that the file names relative to itself.
    pub fn resolve(&self, path: &Path) -> PathBuf {
        self.path
            .as_deref()
            .and_then(Path::parent)
            .map_or_else(|| path.to_owned(), |folder| folder.join(path))
    }

    /// The ledgers that the file has tables of, in order.
    pub fn ledger_ids(&self) -> impl Iterator<Item = &str> {
        self.raw.ledgers.keys().map(String::as_str)
    }

    /// What holds for one ledger.
    pub fn ledger(&self, info: &LedgerInfo) -> LedgerConfig {
        let own = self.raw.ledgers.get(&info.ledger_id).cloned().unwrap_or_default();
        let posting = own.posting.or(&self.raw.posting);
        let (market, market_is_assumed) = match posting.market {
            Some(market) => (market, false),
            None => (Market::of_ledger(info), true),
        };
        let chart = Chart::of(market);
        let mut accounts = self.raw.accounts.clone();
        accounts.extend(own.accounts);
        let mut tax_codes = chart.tax_codes.clone();
        tax_codes.extend(self.raw.tax_codes.clone());
        LedgerConfig {
            posting: settings(&posting, market, market_is_assumed, chart),
            accounts,
            tax_codes,
            rules: own.rules.unwrap_or_else(|| self.raw.rules.clone()),
            company: own.company.or(&self.raw.company).into(),
            formats: own
                .output
                .formats
                .or_else(|| self.raw.output.formats.clone())
                .unwrap_or_default(),
            format_options: self.raw.formats.clone(),
            checks: own.checks.or(&self.raw.checks).into(),
        }
    }
}

fn settings(posting: &RawPosting, market: Market, market_is_assumed: bool, chart: &Chart) -> PostingSettings {
    let base_currency = posting.base_currency.unwrap_or(chart.currency);
    PostingSettings {
        market,
        market_is_assumed,
        captures: posting.captures.unwrap_or_default(),
        fees: posting.fees.unwrap_or_default(),
        voucher_per: posting.voucher_per.unwrap_or_default(),
        date_basis: posting.date_basis.unwrap_or_default(),
        base_currency,
        fx_revaluation: posting.fx_revaluation.unwrap_or_default(),
        opening_base: posting
            .opening_base
            .as_ref()
            .and_then(|opening| opening.in_minor_units(base_currency).ok()),
        disputes_lost: posting
            .disputes_lost
            .iter()
            .flatten()
            .map(|(name, date)| (name.clone(), date.0))
            .collect(),
        fee_tax_code: posting
            .fee_tax_code
            .clone()
            .or_else(|| chart.fee_tax_code.clone())
            .filter(|code| !code.is_empty()),
        refund_lookback_days: posting.refund_lookback_days.unwrap_or(366),
        dimensions_on_balance: posting.dimensions_on_balance.unwrap_or(false),
        brand: posting.brand.clone(),
    }
}
