//! The accounts that the vouchers of a ledger can move: by role, by tax codes, by rules.

use std::collections::{BTreeMap, BTreeSet};

use crate::chart::Role;
use crate::config::{CaptureMode, FeeMode};
use crate::posting::books::{Account, Books};

/// An account that vouchers can move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsedAccount {
    /// Its number and name.
    pub account: Account,
    /// What it is used for: names of roles, `revenue`, `vat`, `rule`.
    pub uses: BTreeSet<&'static str>,
    /// The account of the market's standard chart that it is, or is a part of; `None` for numbers
    /// that the market's chart does not have.
    pub standard: Option<String>,
}

/// The accounts that the vouchers of `books` can move, by number. Codes and rules that lead
/// nowhere add nothing; the run that needs them says so.
pub fn used(books: &Books<'_>) -> Vec<UsedAccount> {
    let mut used: BTreeMap<Account, BTreeSet<&'static str>> = BTreeMap::new();
    let mut add = |account: Account, what: &'static str| {
        used.entry(account).or_default().insert(what);
    };
    for role in roles(books) {
        if let Ok(account) = books.account(role) {
            add(account, role.name());
        }
    }
    let mut codes: BTreeSet<&str> = BTreeSet::new();
    for rule in books.rules() {
        let mode = books.capture_mode(Some(rule));
        if let Some(account) = rule.account.as_ref().filter(|_| mode != CaptureMode::None) {
            add(books.numbered(&account.0), "rule");
        }
        if mode == CaptureMode::Revenue
            && let Some(code) = rule.tax_code.as_deref()
        {
            let Some(tax) = books.known_tax_code(code) else {
                continue;
            };
            codes.insert(code);
            if let Some(revenue) = tax.revenue_account.as_ref().filter(|_| rule.account.is_none()) {
                add(books.numbered(&revenue.0), "revenue");
            }
        }
    }
    if books.may_use(CaptureMode::Revenue) {
        for code in books.sales_lines.tax_codes() {
            let Some(tax) = books.known_tax_code(code) else {
                continue;
            };
            codes.insert(code);
            if let Some(revenue) = &tax.revenue_account {
                add(books.numbered(&revenue.0), "revenue");
            }
        }
    }
    for tax in codes.into_iter().filter_map(|code| books.known_tax_code(code)) {
        if let Some(account) = tax.account.as_ref().filter(|_| !tax.rate.is_zero()) {
            add(books.numbered(&account.0), "vat");
        }
    }
    let with_standard = |(account, uses): (Account, BTreeSet<&'static str>)| UsedAccount {
        standard: books.chart.standard_of(&account.number).map(str::to_owned),
        account,
        uses,
    };
    used.into_iter().map(with_standard).collect()
}

/// The roles that these books can post to.
fn roles(books: &Books<'_>) -> Vec<Role> {
    let mut roles = vec![
        Role::Funds,
        Role::PayoutsInTransit,
        Role::Disputes,
        Role::FeeExpense,
        Role::TopupClearing,
        Role::Suspense,
    ];
    // A default rule with an account of its own takes what would go there.
    let takes_all = |rule: &crate::config::Rule| rule.is_default() && rule.account.is_some();
    if books.may_use(CaptureMode::Clearing) && !books.rules().iter().any(takes_all) {
        roles.push(Role::SalesClearing);
    }
    if books.settings.fees == FeeMode::Accrual {
        roles.extend([Role::FeesPayable, Role::FeeInvoice]);
    }
    if books.is_foreign() {
        roles.extend([Role::Rounding, Role::FxGain, Role::FxLoss]);
    }
    roles
}
