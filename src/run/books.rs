//! The provider's accounts at each month's end, in the books and in the ledger, for the control report.

use std::sync::Arc;

use chrono::NaiveDate;

use crate::chart::Role;
use crate::coverage::books::{Account, account_until};
use crate::coverage::recorder::Recording;
use crate::date::{days_before, end_of_month};
use crate::ledger::finding::Code;
use crate::money::Currency;
use crate::posting::books::Books;
use crate::proof::LedgerProof;
use crate::provider::Topic;
use crate::run::cover::{self, Covers};
use crate::run::session::Session;

/// An account of the provider on a date. Amounts are minor units; in the books, debit is positive.
#[derive(Debug, Clone)]
pub struct Standing {
    /// Funds or fees payable.
    pub role: Role,
    /// The account's number.
    pub account: Arc<str>,
    /// The date: a month's end, or the last one of the range.
    pub date: NaiveDate,
    /// The ledger's currency.
    pub currency: Currency,
    /// The books' currency.
    pub base_currency: Currency,
    /// The provider's balance.
    pub ledger: i64,
    /// What the account shows when the balance before the first exported entry was booked on it.
    pub books: i64,
    /// The provider's balance at the date's rate, where there is one.
    pub base_ledger: Option<i64>,
    /// What the account shows in the base currency, where the opening has a rate.
    pub base_books: Option<i64>,
    /// What the ledger moved and the vouchers did not, where the modes leave it to others.
    pub elsewhere: Option<i64>,
}

/// Both accounts at each month's end of what was made, carried over what was exported before. Says
/// `opening-balance` where the first exported date is in the range.
pub(super) fn standings(
    session: &Session<'_>,
    books: &Books<'_>,
    recording: &Recording,
    proof: &mut LedgerProof,
    covers: &Covers,
) -> Vec<Standing> {
    let range = recording.range;
    let mut ends: Vec<NaiveDate> = range
        .dates()
        .filter(|date| end_of_month(*date) == *date)
        .collect();
    if ends.last() != Some(&range.to()) {
        ends.push(range.to());
    }
    let mirrored = cover::mirrored(books);
    let accounts = [
        (Topic::Funds, Role::Funds, mirrored.funds),
        (Topic::Fees, Role::FeesPayable, mirrored.fees_payable),
    ];
    let mut standings = Vec::new();
    for (topic, role, is_mirrored) in accounts {
        let mut is_said = false;
        for end in &ends {
            let is_empty = |date| session.days.is_empty(date);
            let account = account_until(topic, is_mirrored, *end, recording, &covers.before, is_empty);
            let Some(account) = account else { continue };
            let is_first = range.contains(account.from) && covers.before.covers(account.from);
            if is_mirrored && is_first && account.opening != 0 && !is_said {
                is_said = true;
                let opening = books.currency.format(account.opening);
                let (from, currency) = (account.from, books.currency);
                proof.findings.add(Code::OpeningBalance, Some(topic), Some(from), None, || {
                    format!(
                        "the first exported date opens at {opening} {currency}; book that on the account of {topic} by hand, unless the books have it"
                    )
                });
            }
            standings.extend(standing(role, is_mirrored, *end, account, books));
        }
    }
    standings
}

/// `None` where no account has the role, or a sum is larger than bilag can hold.
fn standing(
    role: Role,
    is_mirrored: bool,
    date: NaiveDate,
    account: Account,
    books: &Books<'_>,
) -> Option<Standing> {
    let shown = account.opening.checked_add(account.moved)?;
    let in_base = |amount, date| match books.in_base(amount, date) {
        Ok(base) => Some(base.unwrap_or(amount)),
        Err(_) => None,
    };
    // A balance of zero needs no rate.
    let opening_base = match account.opening {
        0 => Some(0),
        opening => in_base(opening, days_before(account.from, 1)),
    };
    let base_ledger = match account.closing {
        0 => Some(0),
        closing => in_base(closing, date),
    };
    Some(Standing {
        role,
        account: books.role_accounts().get(&role)?.number.clone(),
        date,
        currency: books.currency,
        base_currency: books.settings.base_currency,
        ledger: account.closing,
        books: shown,
        base_ledger,
        base_books: opening_base.and_then(|opening| opening.checked_add(account.moved_base)),
        elsewhere: match is_mirrored {
            true => None,
            false => Some(account.closing.checked_sub(shown)?),
        },
    })
}
