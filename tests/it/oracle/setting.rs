//! How a ledger is to be booked, as the oracle reads it, and as `bilag.toml` says it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use chrono::NaiveDate;

use crate::oracle::exact::Exact;
use crate::oracle::life::before;
use crate::oracle::market::Market;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Captures {
    Clearing,
    Revenue,
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fees {
    Accrual,
    Retained,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VoucherPer {
    LedgerDate,
    Payout,
    Entry,
}

/// The modes, which may be others from one month to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Modes {
    pub(crate) captures: Captures,
    pub(crate) fees: Fees,
    pub(crate) voucher_per: VoucherPer,
    /// Captures and refunds stand on the date of the merchant's clock.
    pub(crate) by_transaction: bool,
}

/// A condition on the merchant's reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reference {
    Any,
    Prefix(&'static str),
    /// A pattern that only says how the reference ends.
    End(&'static str),
}

#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) handle: Option<String>,
    pub(crate) reference: Reference,
    pub(crate) from: Option<&'static str>,
    pub(crate) to: Option<&'static str>,
    pub(crate) captures: Option<Captures>,
    pub(crate) code: Option<&'static str>,
    pub(crate) account: Option<&'static str>,
    pub(crate) department: Option<&'static str>,
    pub(crate) project: Option<&'static str>,
}

impl Rule {
    /// A rule that takes everything and does nothing.
    pub(crate) const PLAIN: Self = Self {
        handle: None,
        reference: Reference::Any,
        from: None,
        to: None,
        captures: None,
        code: None,
        account: None,
        department: None,
        project: None,
    };

    fn takes(&self, handle: Option<&str>, reference: Option<&str>, date: NaiveDate) -> bool {
        // Dates in ISO form compare as texts do.
        let date = date.to_string();
        let handle_fits = self.handle.is_none() || self.handle.as_deref() == handle;
        let reference_fits = match self.reference {
            Reference::Any => true,
            Reference::Prefix(prefix) => reference.is_some_and(|text| text.starts_with(prefix)),
            Reference::End(end) => reference.is_some_and(|text| text.ends_with(end)),
        };
        let date_fits = self.from.is_none_or(|from| from <= date.as_str())
            && self.to.is_none_or(|to| date.as_str() <= to);
        handle_fits && reference_fits && date_fits
    }

    fn toml(&self) -> String {
        let mut text = "[[rules]]\n".to_owned();
        let (prefix, end) = match self.reference {
            Reference::Any => (None, None),
            Reference::Prefix(prefix) => (Some(prefix), None),
            Reference::End(end) => (None, Some(format!("{end}$"))),
        };
        for (key, value) in [
            ("handle", self.handle.as_deref()),
            ("reference_prefix", prefix),
            ("reference_regex", end.as_deref()),
            ("valid_from", self.from),
            ("valid_to", self.to),
            ("captures", self.captures.map(captures_name)),
            ("tax_code", self.code),
            ("account", self.account),
            ("department", self.department),
            ("project", self.project),
        ] {
            if let Some(value) = value {
                writeln!(text, "{key} = \"{value}\"").unwrap();
            }
        }
        text
    }
}

fn captures_name(captures: Captures) -> &'static str {
    match captures {
        Captures::Clearing => "clearing",
        Captures::Revenue => "revenue",
        Captures::None => "none",
    }
}

/// A whole configuration.
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    pub(crate) market: &'static Market,
    pub(crate) modes: Modes,
    pub(crate) rules: Vec<Rule>,
    /// Units of the base currency for one of the ledger's, by date; empty where they are the same.
    pub(crate) rates: BTreeMap<NaiveDate, String>,
    pub(crate) currency: &'static str,
    /// Mirror accounts are valued anew at the end of each month.
    pub(crate) revalues: bool,
    pub(crate) has_baskets: bool,
}

impl Setting {
    pub(crate) fn is_foreign(&self) -> bool {
        self.currency != self.market.currency
    }

    /// Whether others may book captures and refunds.
    pub(crate) fn may_leave_out(&self) -> bool {
        let none = Some(Captures::None);
        self.modes.captures == Captures::None || self.rules.iter().any(|rule| rule.captures == none)
    }

    /// The first rule that takes an entry.
    pub(crate) fn rule(
        &self,
        handle: Option<&str>,
        reference: Option<&str>,
        date: NaiveDate,
    ) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.takes(handle, reference, date))
    }

    /// What a balance is worth: nothing is worth nothing, whatever the rate.
    pub(crate) fn worth(&self, balance: i64, date: NaiveDate) -> i64 {
        if balance == 0 {
            0
        } else {
            self.in_base(balance, date)
        }
    }

    /// An amount in the base currency, at the rate of a date, else of the latest of the seven before.
    pub(crate) fn in_base(&self, amount: i64, date: NaiveDate) -> i64 {
        if !self.is_foreign() {
            return amount;
        }
        let known = self.rates.range(before(date, 7)..=date).next_back();
        let (_, rate) = known.unwrap_or_else(|| panic!("there is no rate on {date}"));
        (Exact::from(amount) * Exact::parse(rate)).nearest()
    }

    /// The configuration file; `folder` has the baskets.
    pub(crate) fn toml(&self, folder: &Path) -> String {
        let modes = self.modes;
        let mut text = String::new();
        if self.has_baskets {
            writeln!(text, "sales_lines = '{}'", folder.join("lines.json").display()).unwrap();
        }
        writeln!(text, "[posting]\nmarket = \"{}\"", self.market.name).unwrap();
        writeln!(text, "captures = \"{}\"", captures_name(modes.captures)).unwrap();
        if modes.fees == Fees::Retained {
            text += "fees = \"retained\"\n";
        }
        text += match modes.voucher_per {
            VoucherPer::LedgerDate => "",
            VoucherPer::Payout => "voucher_per = \"payout\"\n",
            VoucherPer::Entry => "voucher_per = \"entry\"\n",
        };
        if modes.by_transaction {
            text += "date_basis = \"transaction-date\"\n";
        }
        if self.is_foreign() && !self.revalues {
            text += "fx_revaluation = \"none\"\n";
        }
        for rule in &self.rules {
            text += &rule.toml();
        }
        if self.is_foreign() {
            writeln!(text, "[fx_rates.{}]", self.currency).unwrap();
            for (date, rate) in &self.rates {
                writeln!(text, "\"{date}\" = \"{rate}\"").unwrap();
            }
        }
        text
    }
}
