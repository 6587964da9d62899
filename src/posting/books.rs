//! What one ledger's postings need, resolved once: accounts, texts, tax codes, rules, rates.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use thiserror::Error;

use crate::account::TaxCode;
use crate::chart::{Chart, Role};
use crate::config::fx_rates::FxRates;
use crate::config::sales_lines::SalesLines;
use crate::config::{CaptureMode, Config, DateBasis, LedgerConfig, PostingSettings, Rule, VoucherPer};
use crate::journal::Unbalanced;
use crate::ledger::entry::{Entry, EntryType};
use crate::money::{Currency, Rate};
use crate::posting::brand::Brands;
use crate::provider::LedgerInfo;

/// Why a ledger cannot be booked. All but the last two are faults of the configuration.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PostingError {
    /// No account has the role.
    #[error("the chart of {market} has no account for the role `{role}`")]
    NoAccount {
        /// The market's code.
        market: &'static str,
        /// The role's name.
        role: &'static str,
    },
    /// A capture or refund that no rule gives a tax code, in revenue mode.
    #[error(
        "no rule gives a tax code to the {what} of {date} with handle `{handle}`, reference `{reference}`"
    )]
    NoTaxCode {
        /// `capture` or `refund`.
        what: &'static str,
        /// Its ledger date.
        date: NaiveDate,
        /// Its sales unit.
        handle: String,
        /// The merchant's reference, else the pspReference.
        reference: String,
    },
    /// A tax code that neither the market nor the configuration has.
    #[error("there is no tax code `{code}`; the codes are {known}")]
    UnknownTaxCode {
        code: String,
        /// All codes that there are.
        known: String,
    },
    /// A tax code used outside its dates.
    #[error("tax code `{code}` is not valid on {date} (reference `{reference}`)")]
    TaxCodeNotValid {
        code: String,
        /// The date that the capture is booked on.
        date: NaiveDate,
        /// The merchant's reference, else the pspReference.
        reference: String,
    },
    /// A tax code without the account that is needed.
    #[error("tax code `{code}` has no {what}")]
    NoTaxAccount {
        code: String,
        /// `account` or `revenue_account`.
        what: &'static str,
    },
    /// No exchange rate.
    #[error("there is no rate for {currency} in {base} on {date} or the 7 dates before it")]
    NoRate {
        /// The ledger's currency.
        currency: Currency,
        /// The base currency.
        base: Currency,
        /// The ledger date.
        date: NaiveDate,
    },
    /// A sum beyond what bilag can hold.
    #[error("the amounts of {0} are larger than bilag can hold")]
    Overflow(NaiveDate),
    /// A mistake of the program.
    #[error(transparent)]
    Unbalanced(#[from] Unbalanced),
}

impl PostingError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NoAccount { role, .. } => format!("set `{role} = \"…\"` under [accounts]"),
            Self::NoTaxCode { .. } => {
                "add a [[rules]] entry with `tax_code`, or with `account` alone for what carries no VAT; \
                 a rule without a condition is the default"
                    .to_owned()
            }
            Self::UnknownTaxCode { code, .. } => {
                format!("define it under [tax_codes.\"{code}\"], or correct the rule")
            }
            Self::TaxCodeNotValid { .. } => {
                "give the rules `valid_from` and `valid_to`, so that each date has its code".to_owned()
            }
            Self::NoTaxAccount { code, what } => format!("set `{what} = \"…\"` under [tax_codes.\"{code}\"]"),
            Self::NoRate { currency, .. } => {
                format!("add the rate under [fx_rates.{currency}], or name a file with `fx_rates_file`")
            }
            Self::Overflow(_) | Self::Unbalanced(_) => return None,
        })
    }

    /// Whether the configuration is at fault.
    pub fn is_configuration(&self) -> bool {
        !matches!(self, Self::Overflow(_) | Self::Unbalanced(_))
    }
}

/// An account by number and name. The name is that under the first brand: [`Brands::name_on`] has
/// the one of a date.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Account {
    pub number: Arc<str>,
    /// The name, empty when nothing says it.
    pub name: Arc<str>,
}

/// A tax code, ready to use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedTax {
    pub code: Arc<str>,
    /// Percent.
    pub rate: Rate,
    /// Where the VAT goes, when there is any.
    pub vat_account: Option<Account>,
}

/// Everything that the postings of one ledger need.
#[derive(Debug)]
pub struct Books<'a> {
    /// The ledger.
    pub info: &'a LedgerInfo,
    /// The ledger's id, shared by its vouchers.
    pub ledger_id: Arc<str>,
    /// The ledger's currency.
    pub currency: Currency,
    /// Modes, market, base currency.
    pub settings: &'a PostingSettings,
    /// The month in which fiscal years start.
    pub fiscal_year_start_month: u32,
    /// The highest number that the ledger's first payout may have.
    pub first_payout: u64,
    /// The market's defaults.
    pub chart: &'static Chart,
    /// How captures split.
    pub sales_lines: &'a SalesLines,
    pub(super) config: &'a LedgerConfig,
    fx_rates: &'a FxRates,
    accounts: BTreeMap<Role, Account>,
    brands: Brands,
    rules_used: Vec<Cell<bool>>,
    lines_used: Cell<bool>,
}

impl<'a> Books<'a> {
    /// The books of a ledger in `currency`.
    pub fn new(
        info: &'a LedgerInfo,
        currency: Currency,
        ledger: &'a LedgerConfig,
        config: &'a Config,
    ) -> Self {
        let chart = Chart::of(ledger.posting.market);
        let brands = Brands::new(chart, ledger.posting.brand.as_deref());
        Self {
            info,
            ledger_id: Arc::from(info.ledger_id.as_str()),
            currency,
            settings: &ledger.posting,
            fiscal_year_start_month: ledger.company.fiscal_year_start_month,
            first_payout: ledger.checks.first_payout,
            chart,
            sales_lines: &config.sales_lines,
            config: ledger,
            fx_rates: &config.fx_rates,
            accounts: accounts(ledger, &brands),
            brands,
            rules_used: ledger.rules.iter().map(|_| Cell::new(false)).collect(),
            lines_used: Cell::new(false),
        }
    }

    /// Whether the ledger is in another currency than the books.
    pub fn is_foreign(&self) -> bool {
        self.currency != self.settings.base_currency
    }

    /// The account of a role: the configuration's, else the chart's.
    pub fn account(&self, role: Role) -> Result<Account, PostingError> {
        let missing = || PostingError::NoAccount {
            market: self.settings.market.code(),
            role: role.name(),
        };
        self.accounts.get(&role).cloned().ok_or_else(missing)
    }

    /// The provider's brands.
    pub fn brands(&self) -> &Brands {
        &self.brands
    }

    /// An account by its number; its name is the one that the chart has for the number, else that of its role.
    pub fn numbered(&self, number: &str) -> Account {
        let by_role = || {
            let own = &self.config.accounts;
            let (role, _) = own.iter().find(|(_, account)| account.0 == number)?;
            self.chart.accounts.get(role).map(|account| account.name.as_str())
        };
        let name = self.chart.names.get(number).map(String::as_str);
        let name = name
            .or_else(by_role)
            .or_else(|| self.chart.account_name(number))
            .unwrap_or_default();
        Account {
            number: Arc::from(number),
            name: Arc::from(self.brands.first_name(name)),
        }
    }

    /// The first rule that takes an entry, with its place in the file from 1.
    pub fn rule(
        &self,
        handle: Option<&str>,
        reference: Option<&str>,
        date: NaiveDate,
    ) -> Option<(usize, &'a Rule)> {
        let index = self.find_rule(handle, reference, date)?;
        self.rules_used[index].set(true);
        Some((index + 1, &self.config.rules[index]))
    }

    /// The place of the first rule that would take an entry, from 0, for those who only ask.
    pub fn find_rule(&self, handle: Option<&str>, reference: Option<&str>, date: NaiveDate) -> Option<usize> {
        let mut rules = self.config.rules.iter();
        rules.position(|rule| rule.matches(handle, reference, date))
    }

    /// The date in the market's zone on which an entry happened, where it has a time.
    pub fn local_date(&self, entry: &Entry<'_>) -> Option<NaiveDate> {
        entry.time.and_then(|time| time.local_date(self.chart.zone()))
    }

    /// The date that a capture or refund is booked on, and that its rules and tax codes go by: its
    /// ledger date, or the one on which it happened. One voucher per payout has its own dates.
    pub fn sale_date(&self, ledger_date: NaiveDate, entry: &Entry<'_>) -> NaiveDate {
        let moves = self.settings.date_basis == DateBasis::TransactionDate
            && self.settings.voucher_per != VoucherPer::Payout
            && matches!(entry.entry_type, EntryType::Capture | EntryType::Refund);
        let happened = moves.then(|| self.local_date(entry)).flatten();
        happened.unwrap_or(ledger_date)
    }

    /// The rules, in the order of the file.
    pub fn rules(&self) -> &'a [Rule] {
        &self.config.rules
    }

    /// The places of the rules that took nothing so far, from 1.
    pub fn unused_rules(&self) -> Vec<usize> {
        (1..)
            .zip(&self.rules_used)
            .filter(|(_, used)| !used.get())
            .map(|(number, _)| number)
            .collect()
    }

    /// How captures and refunds under `rule` are booked.
    pub fn capture_mode(&self, rule: Option<&Rule>) -> CaptureMode {
        rule.and_then(|rule| rule.captures)
            .unwrap_or(self.settings.captures)
    }

    /// Whether any capture may be booked in this mode.
    pub fn may_use(&self, mode: CaptureMode) -> bool {
        self.settings.captures == mode || self.config.rules.iter().any(|rule| rule.captures == Some(mode))
    }

    /// Notes that the sales lines of a capture were used.
    pub fn use_lines(&self) {
        self.lines_used.set(true);
    }

    /// Whether the sales lines of any capture were used.
    pub fn has_used_lines(&self) -> bool {
        self.lines_used.get()
    }

    /// A tax code by its name, on whatever date.
    pub fn known_tax_code(&self, code: &str) -> Option<&'a TaxCode> {
        self.config.tax_codes.get(code)
    }

    /// A tax code for a capture of `date`.
    pub fn tax_code(
        &self,
        code: &str,
        date: NaiveDate,
        reference: &str,
    ) -> Result<&'a TaxCode, PostingError> {
        let known = &self.config.tax_codes;
        let tax = known.get(code).ok_or_else(|| PostingError::UnknownTaxCode {
            code: code.to_owned(),
            known: known.keys().map(String::as_str).collect::<Vec<_>>().join(", "),
        })?;
        if !tax.is_valid_on(date) {
            return Err(PostingError::TaxCodeNotValid {
                code: code.to_owned(),
                date,
                reference: reference.to_owned(),
            });
        }
        Ok(tax)
    }

    /// The tax code with its VAT account looked up.
    pub fn resolve_tax(&self, code: &str, tax: &TaxCode) -> Result<ResolvedTax, PostingError> {
        let vat_account = match (&tax.account, tax.rate.is_zero()) {
            (Some(account), false) => Some(self.numbered(&account.0)),
            (None, false) => {
                return Err(PostingError::NoTaxAccount {
                    code: code.to_owned(),
                    what: "account",
                });
            }
            (_, true) => None,
        };
        Ok(ResolvedTax {
            code: Arc::from(code),
            rate: tax.rate,
            vat_account,
        })
    }

    /// The rate of the ledger's currency in the base currency on a ledger date; `None` when the
    /// ledger is in the base currency.
    pub fn rate(&self, date: NaiveDate) -> Result<Option<Rate>, PostingError> {
        if !self.is_foreign() {
            return Ok(None);
        }
        let (currency, base) = (self.currency, self.settings.base_currency);
        let rate = self.fx_rates.rate(currency, base, date);
        rate.map(Some)
            .ok_or(PostingError::NoRate { currency, base, date })
    }

    /// `amount` of a ledger date in the base currency; `None` when the ledger is in it.
    pub fn in_base(&self, amount: i64, date: NaiveDate) -> Result<Option<i64>, PostingError> {
        let Some(rate) = self.rate(date)? else {
            return Ok(None);
        };
        let (from, to) = (self.currency.exponent(), self.settings.base_currency.exponent());
        rate.convert(amount, from, to)
            .map(Some)
            .ok_or(PostingError::Overflow(date))
    }

    /// All accounts that the ledger's postings may use by role, for documents that list them.
    pub fn role_accounts(&self) -> &BTreeMap<Role, Account> {
        &self.accounts
    }
}

/// The chart's accounts with the configuration's in their place.
fn accounts(ledger: &LedgerConfig, brands: &Brands) -> BTreeMap<Role, Account> {
    let chart = Chart::of(ledger.posting.market);
    let roles = chart.accounts.keys().chain(ledger.accounts.keys());
    let account = |role: &Role| {
        let known = chart.accounts.get(role);
        let number = ledger
            .accounts
            .get(role)
            .or_else(|| known.map(|account| &account.number))?;
        let by_number = chart.names.get(&number.0).map(String::as_str);
        let name = by_number
            .or_else(|| known.map(|account| account.name.as_str()))
            .unwrap_or_default();
        Some((
            *role,
            Account {
                number: Arc::from(number.0.as_str()),
                name: Arc::from(brands.first_name(name)),
            },
        ))
    };
    roles.filter_map(account).collect()
}
