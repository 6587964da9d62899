//! The configuration file as it is written. Unknown keys are refused.

use std::collections::BTreeMap;
use std::path::PathBuf;

use chrono::NaiveDate;
use serde::Deserialize;
use serde::de::value::StrDeserializer;
use serde::de::{Error as _, IntoDeserializer as _};

use crate::account::{AccountNumber, DateText, TaxCode, optional_date};
use crate::chart::{Market, Role};
use crate::config::checks::RawChecks;
use crate::config::company::RawCompany;
use crate::config::fx_rates;
use crate::config::opening_base::RawOpeningBase;
use crate::config::values::{CaptureMode, DateBasis, FeeMode, FxRevaluation, Rule, VoucherPer};
use crate::money::{Currency, Rate};

/// The whole file. The commented one that `bilag init` writes explains each key.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawConfig {
    pub api: RawApi,
    pub archive: RawArchive,
    pub company: RawCompany,
    pub posting: RawPosting,
    #[serde(deserialize_with = "accounts")]
    pub accounts: BTreeMap<Role, AccountNumber>,
    pub tax_codes: BTreeMap<String, TaxCode>,
    pub rules: Vec<Rule>,
    #[serde(deserialize_with = "rates_by_date")]
    pub fx_rates: BTreeMap<Currency, BTreeMap<NaiveDate, Rate>>,
    pub fx_rates_file: Option<PathBuf>,
    pub sales_lines: Option<PathBuf>,
    pub output: RawOutput,
    pub checks: RawChecks,
    pub formats: BTreeMap<String, toml::Table>,
    pub ledgers: BTreeMap<String, RawLedger>,
}

/// `[api]`: where the Report API is and how to log in.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawApi {
    pub auth: Option<RawAuth>,
    pub base_url: Option<String>,
    pub credentials_file: Option<PathBuf>,
    pub concurrency: Option<usize>,
    pub timeout_seconds: Option<u64>,
    pub retry_seconds: Option<u64>,
}

/// Which keys log in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RawAuth {
    /// Accounting keys: client id and secret.
    #[default]
    Accounting,
    /// A sales unit's own keys: also subscription key and merchant serial number.
    Merchant,
}

/// `[archive]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawArchive {
    pub path: Option<PathBuf>,
}

/// `[output]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawOutput {
    pub formats: Option<Vec<String>>,
}

/// `[posting]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawPosting {
    pub market: Option<Market>,
    pub captures: Option<CaptureMode>,
    pub fees: Option<FeeMode>,
    pub voucher_per: Option<VoucherPer>,
    pub date_basis: Option<DateBasis>,
    pub base_currency: Option<Currency>,
    pub fx_revaluation: Option<FxRevaluation>,
    pub opening_base: Option<RawOpeningBase>,
    pub disputes_lost: Option<BTreeMap<String, DateText>>,
    pub fee_tax_code: Option<String>,
    pub refund_lookback_days: Option<u64>,
    pub dimensions_on_balance: Option<bool>,
    #[serde(deserialize_with = "brand")]
    pub brand: Option<String>,
}

/// `[ledgers."…"]`: what differs for one ledger. Each table has the meaning of that of the same
/// name.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawLedger {
    pub posting: RawPosting,
    #[serde(deserialize_with = "accounts")]
    pub accounts: BTreeMap<Role, AccountNumber>,
    pub rules: Option<Vec<Rule>>,
    pub company: RawCompany,
    pub output: RawOutput,
    pub checks: RawChecks,
    /// The last ledger date of a ledger that the provider has ended.
    #[serde(deserialize_with = "optional_date")]
    pub ended: Option<NaiveDate>,
}

impl RawPosting {
    /// These values, and `base`'s where these are silent.
    pub fn or(self, base: &Self) -> Self {
        Self {
            market: self.market.or(base.market),
            captures: self.captures.or(base.captures),
            fees: self.fees.or(base.fees),
            voucher_per: self.voucher_per.or(base.voucher_per),
            date_basis: self.date_basis.or(base.date_basis),
            base_currency: self.base_currency.or(base.base_currency),
            fx_revaluation: self.fx_revaluation.or(base.fx_revaluation),
            opening_base: self.opening_base.or_else(|| base.opening_base.clone()),
            disputes_lost: self.disputes_lost.or_else(|| base.disputes_lost.clone()),
            fee_tax_code: self.fee_tax_code.or_else(|| base.fee_tax_code.clone()),
            refund_lookback_days: self.refund_lookback_days.or(base.refund_lookback_days),
            dimensions_on_balance: self.dimensions_on_balance.or(base.dimensions_on_balance),
            brand: self.brand.or_else(|| base.brand.clone()),
        }
    }
}

impl RawConfig {
    /// Checks what one value's type cannot say.
    pub fn check(&self) -> Result<(), String> {
        let companies = std::iter::once(("company".to_owned(), &self.company)).chain(
            self.ledgers
                .iter()
                .map(|(id, own)| (format!("ledgers.\"{id}\".company"), &own.company)),
        );
        for (table, company) in companies {
            if let Some(month) = company.fiscal_year_start_month
                && !(1..=12).contains(&month)
            {
                return Err(format!(
                    "[{table}] fiscal_year_start_month is {month}; it is a month, 1 to 12"
                ));
            }
        }
        let postings = std::iter::once(("posting".to_owned(), &self.posting)).chain(
            self.ledgers
                .iter()
                .map(|(id, own)| (format!("ledgers.\"{id}\".posting"), &own.posting)),
        );
        for (table, posting) in postings {
            if let Some(days) = posting
                .refund_lookback_days
                .filter(|days| *days > LOOKBACK_DAYS_MAX)
            {
                return Err(format!(
                    "[{table}] refund_lookback_days is {days}; it is at most {LOOKBACK_DAYS_MAX}"
                ));
            }
        }
        let postings = std::iter::once(("posting".to_owned(), self.posting.clone())).chain(
            self.ledgers.iter().map(|(id, own)| {
                let posting = own.posting.clone().or(&self.posting);
                (format!("ledgers.\"{id}\".posting"), posting)
            }),
        );
        for (table, posting) in postings {
            if let Some(opening) = &posting.opening_base {
                opening
                    .check(posting.base_currency)
                    .map_err(|message| format!("[{table}.opening_base] {message}"))?;
            }
        }
        Ok(())
    }

    /// Each list of rules with the name of its table.
    pub fn rules(&self) -> impl Iterator<Item = (String, &[Rule])> {
        let own = self
            .ledgers
            .iter()
            .filter_map(|(id, own)| Some((format!("ledgers.\"{id}\".rules"), own.rules.as_deref()?)));
        std::iter::once(("rules".to_owned(), self.rules.as_slice())).chain(own)
    }
}

/// Refunds are possible for a year; ten are more than any look-back needs.
const LOOKBACK_DAYS_MAX: u64 = 3660;

/// A role as a key of `[accounts]`.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct RoleKey(Role);

impl<'de> Deserialize<'de> for RoleKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        if name == "supplier" {
            return Err(D::Error::custom(
                "the role `supplier` is now `fee_invoice`: what fee invoices are booked against until the invoice \
                 is registered, so no account that needs a supplier",
            ));
        }
        let name: StrDeserializer<'_, D::Error> = name.as_str().into_deserializer();
        Role::deserialize(name).map(Self)
    }
}

fn accounts<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<Role, AccountNumber>, D::Error> {
    let raw: BTreeMap<RoleKey, AccountNumber> = Deserialize::deserialize(deserializer)?;
    Ok(raw.into_iter().map(|(role, account)| (role.0, account)).collect())
}

fn brand<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() || text != crate::text::line(&text) || text.contains(['{', '}']) {
        return Err(D::Error::custom(format!(
            "`{}` is not a brand; write it like \"Vipps\"",
            crate::text::shown(&text)
        )));
    }
    Ok(Some(text))
}

fn rates_by_date<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<Currency, BTreeMap<NaiveDate, Rate>>, D::Error> {
    let raw: BTreeMap<Currency, BTreeMap<DateText, ExchangeRate>> = Deserialize::deserialize(deserializer)?;
    Ok(raw
        .into_iter()
        .map(|(currency, rates)| {
            (
                currency,
                rates.into_iter().map(|(date, rate)| (date.0, rate.0)).collect(),
            )
        })
        .collect())
}

/// A rate above zero. One of nothing would make every amount worth nothing.
struct ExchangeRate(Rate);

impl<'de> Deserialize<'de> for ExchangeRate {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        fx_rates::parse_rate(&text)
            .map(Self)
            .map_err(serde::de::Error::custom)
    }
}
