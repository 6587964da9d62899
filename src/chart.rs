//! The charts of the four markets, as data in `charts/`: default accounts by role, tax codes,
//! texts, currency and time zone.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use crate::account::{AccountNumber, TaxCode};
use crate::money::Currency;
use crate::provider::LedgerInfo;

/// A country whose bookkeeping habits a ledger follows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Market {
    #[default]
    #[serde(rename = "NO")]
    Norway,
    #[serde(rename = "DK")]
    Denmark,
    #[serde(rename = "FI")]
    Finland,
    #[serde(rename = "SE")]
    Sweden,
}

impl Market {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Norway, Self::Denmark, Self::Finland, Self::Sweden];

    /// The country's code of two letters.
    pub fn code(self) -> &'static str {
        match self {
            Self::Norway => "NO",
            Self::Denmark => "DK",
            Self::Finland => "FI",
            Self::Sweden => "SE",
        }
    }

    /// The market that a ledger speaks of: its owner's registry, else its handles, else its
    /// currency; Norway when nothing says.
    pub fn of_ledger(info: &LedgerInfo) -> Self {
        let by_code = |code: &str| Self::ALL.into_iter().find(|market| market.code() == code);
        let owner = info
            .owner
            .as_ref()
            .and_then(|owner| owner.scheme.split(':').nth(1))
            .and_then(by_code);
        let mut handles = info.settles_for_recipient_handles.iter();
        let by_currency = || {
            let currency = info.currency.as_deref();
            let has_currency = |market: &Self| Some(Chart::of(*market).currency.code()) == currency;
            Self::ALL.into_iter().find(has_currency).unwrap_or_default()
        };
        owner
            .or_else(|| handles.find_map(|handle| by_code(handle.split(':').next().unwrap_or_default())))
            .unwrap_or_else(by_currency)
    }
}

/// What an account is for. The configuration names accounts by role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Role {
    /// Money at the provider.
    Funds,
    /// Payouts on their way to the bank.
    PayoutsInTransit,
    /// The receivable that captures settle, in clearing mode.
    SalesClearing,
    /// Disputed captures that the provider withholds.
    Disputes,
    /// The merchant's bank account.
    Bank,
    /// The counter side of fee invoices and of credit notes on fees; the invoice itself, when it is
    /// registered with the provider as a supplier, clears it.
    FeeInvoice,
    /// Fees owed to the provider.
    FeesPayable,
    /// The cost of fees.
    FeeExpense,
    /// Disputes that were lost.
    DisputeLoss,
    /// Counter account of top-ups and their credit notes.
    TopupClearing,
    /// What a person must look at.
    Suspense,
    /// Rounding differences.
    Rounding,
    /// Exchange gains.
    FxGain,
    /// Exchange losses.
    FxLoss,
}

impl Role {
    /// The name in the configuration.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// An account of a chart.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChartAccount {
    pub number: AccountNumber,
    /// The name in the market's language, with `{brand}` where the provider's brand stands.
    pub name: String,
}

/// The texts of voucher lines, with `{brand}`, `{date}`, `{unit}`, `{no}`, `{ref}` and `{type}`. One
/// text per posting key.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    pub capture: String,
    pub refund: String,
    pub capture_fee: String,
    pub fees_retained: String,
    pub payout_scheduled: String,
    pub payout_aborted: String,
    pub dispute_retained: String,
    pub dispute_returned: String,
    pub correction: String,
    pub top_up: String,
    pub credit_note: String,
    pub fees_invoiced: String,
    pub service_fee: String,
    pub unknown: String,
    pub fx_difference: String,
    pub fx_revaluation: String,
    pub rounding: String,
    /// The text on the bank statement, where the provider builds it from the payout number.
    #[serde(default)]
    pub bank: Option<String>,
}

/// The texts of vouchers of one entry, where they speak of it in other words than a sum does.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntryTexts {
    pub capture: String,
    pub refund: String,
    pub capture_fee: String,
}

/// A name under which the provider trades.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Brand {
    pub name: String,
    /// Its first date; the first brand has held always.
    #[serde(default, deserialize_with = "crate::account::optional_date")]
    pub from: Option<NaiveDate>,
}

/// A date on which the law moved some of what a tax code is for to another code.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateChange {
    /// The code.
    pub tax_code: String,
    /// The first date of the new law.
    #[serde(deserialize_with = "crate::account::date")]
    pub from: NaiveDate,
    /// What changed, for people: a sentence without its full stop.
    pub text: String,
}

/// A market's defaults.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chart {
    /// The market's own currency.
    pub currency: Currency,
    /// The merchant's time zone.
    pub time_zone: String,
    /// The tax code on fee expense, where the market has one.
    #[serde(default)]
    pub fee_tax_code: Option<String>,
    /// Accounts by role.
    pub accounts: BTreeMap<Role, ChartAccount>,
    /// Names of accounts that tax codes and rules lead to.
    #[serde(default)]
    pub names: BTreeMap<String, String>,
    /// The account of the market's standard chart that an account of our own choice is a part of.
    #[serde(default)]
    pub standard: BTreeMap<String, String>,
    /// Tax codes by name.
    pub tax_codes: BTreeMap<String, TaxCode>,
    /// Texts in the market's language.
    pub texts: Texts,
    /// Texts of vouchers of one entry.
    pub entry_texts: EntryTexts,
    /// Dates on which a code stopped being right for some of what it was for.
    #[serde(default)]
    pub rate_changes: Vec<RateChange>,
    /// The provider's brands, in order of their first dates.
    pub brands: Vec<Brand>,
}

// Each is read when it is first asked for: a run is about one market, seldom two.
/// In the order of [`Market::ALL`].
static CHARTS: [LazyLock<Chart>; Market::ALL.len()] = [
    LazyLock::new(|| Chart::built_in(include_str!("../charts/no.toml"))),
    LazyLock::new(|| Chart::built_in(include_str!("../charts/dk.toml"))),
    LazyLock::new(|| Chart::built_in(include_str!("../charts/fi.toml"))),
    LazyLock::new(|| Chart::built_in(include_str!("../charts/se.toml"))),
];

impl Chart {
    fn built_in(text: &str) -> Self {
        toml::from_str(text).expect("the charts are part of the program and tested")
    }

    /// The chart of a market.
    pub fn of(market: Market) -> &'static Self {
        &CHARTS[market as usize]
    }

    /// The merchant's time zone.
    pub fn zone(&self) -> Tz {
        self.time_zone
            .parse()
            .expect("the charts are part of the program and tested")
    }

    /// The account of the market's standard chart that an account is, or is a part of; `None` for
    /// a number that this chart does not have.
    pub fn standard_of<'c>(&'c self, number: &'c str) -> Option<&'c str> {
        let standard = self.standard.get(number).map(String::as_str);
        standard.or_else(|| self.account_name(number).map(|_| number))
    }

    /// The name of an account by its number, with `{brand}` in its place, where the chart knows it.
    pub fn account_name(&self, number: &str) -> Option<&str> {
        self.names.get(number).map(String::as_str).or_else(|| {
            self.accounts
                .values()
                .find(|account| account.number.0 == number)
                .map(|account| account.name.as_str())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_chart_reads_and_names_every_account_that_it_leads_to() {
        for market in Market::ALL {
            let chart = Chart::of(market);
            chart.zone();
            assert!(chart.accounts.len() >= 13, "{market:?}");
            for (code, tax) in &chart.tax_codes {
                assert!(
                    tax.rate.is_zero() || tax.account.is_some(),
                    "{market:?} {code} has no VAT account"
                );
                for account in tax.account.iter().chain(&tax.revenue_account) {
                    assert!(
                        chart.account_name(&account.0).is_some(),
                        "{market:?} {} has no name",
                        account.0
                    );
                }
            }
        }
    }

    #[test]
    fn no_default_account_is_one_that_needs_a_customer_or_a_supplier() {
        for market in Market::ALL {
            let chart = Chart::of(market);
            for (role, account) in &chart.accounts {
                let needs_one = ["1500", "2400", "6190", "7440", "1700", "2871", "1510", "2440"];
                assert!(
                    !needs_one.contains(&account.number.0.as_str()),
                    "{market:?} {role:?}"
                );
            }
            let mut numbers: Vec<_> = chart.accounts.values().map(|account| &account.number).collect();
            numbers.sort();
            numbers.dedup();
            assert_eq!(
                numbers.len(),
                chart.accounts.len(),
                "{market:?}: two roles share an account"
            );
            assert_eq!(numbers.len(), 14, "{market:?}: a role has no account");
        }
    }

    #[test]
    fn the_market_follows_from_the_ledgers_owner() {
        let mut info = LedgerInfo::unknown("1");
        assert_eq!(Market::of_ledger(&info), Market::Norway);
        info.currency = Some("EUR".to_owned());
        assert_eq!(Market::of_ledger(&info), Market::Finland);
        info.owner = Some(crate::provider::SchemedId {
            scheme: "business:NO:ORG".to_owned(),
            id: String::new(),
        });
        assert_eq!(Market::of_ledger(&info), Market::Norway);
    }
}
