//! The check in the base currency: the mirror accounts of a ledger in another currency are worth
//! in the journal what their balances say.
//!
//! It follows balances and postings by itself, and shares with the poster only the rates.

use std::sync::Arc;

use chrono::NaiveDate;

use crate::chart::Role;
use crate::config::{FxRevaluation, VoucherPer};
use crate::date::{begins_month, days_before, end_of_month};
use crate::journal::Voucher;
use crate::ledger::page::Page;
use crate::posting::books::{Books, PostingError};
use crate::provider::Topic;
use crate::run::RunError;
use crate::run::movement::stands_alone;

/// What the accounts of both topics are worth.
#[derive(Debug)]
pub(super) struct Worth<'r> {
    books: &'r Books<'r>,
    accounts: Vec<Account>,
    error: Option<RunError>,
}

#[derive(Debug)]
struct Account {
    role: Role,
    topic: Topic,
    number: Arc<str>,
    /// The topic's balance before the date at hand and after the entries so far, where known.
    before: Option<i64>,
    after: Option<i64>,
    /// The first date of the month, while what was left then is not known.
    opens_on: Option<NaiveDate>,
    /// What the account is worth by the journal, in minor units of the base currency.
    base: Option<i128>,
    /// What the vouchers of the date at hand add to it.
    today: i128,
}

impl<'r> Worth<'r> {
    /// The check of a ledger in another currency; there is nothing to check where no account can be
    /// followed, or another use of its number hides it.
    pub(super) fn new(books: &'r Books<'r>) -> Option<Self> {
        let account = |(role, topic)| {
            let account = books.role_accounts().get(&role)?;
            let is_seen = books.follows(role) && stands_alone(books, account);
            is_seen.then(|| Account {
                role,
                topic,
                number: Arc::clone(&account.number),
                before: None,
                after: None,
                opens_on: None,
                base: None,
                today: 0,
            })
        };
        let roles = [(Role::Funds, Topic::Funds), (Role::FeesPayable, Topic::Fees)];
        let accounts: Vec<Account> = roles.into_iter().filter_map(account).collect();
        (!accounts.is_empty()).then_some(Self {
            books,
            accounts,
            error: None,
        })
    }

    /// Takes entries of the date at hand.
    pub(super) fn page(&mut self, page: &Page<'_, '_>) {
        let (Some(first), Some(last)) = (page.entries.first(), page.entries.last()) else {
            return;
        };
        for account in self
            .accounts
            .iter_mut()
            .filter(|account| account.topic == page.topic)
        {
            account.before = account.before.or(first.balance_before);
            account.after = last.balance_after;
        }
    }

    /// Takes a voucher of the date at hand.
    pub(super) fn voucher(&mut self, voucher: &Voucher) {
        for posting in voucher.postings() {
            for account in &mut self.accounts {
                if account.number == posting.account {
                    account.today += i128::from(posting.in_base());
                }
            }
        }
    }

    /// Ends a date: what was due by then is in the journal.
    pub(super) fn end(&mut self, date: NaiveDate) {
        if self.error.is_none() {
            self.error = self.compare(date).err();
        }
    }

    /// What is wrong; it says nothing where the entries themselves do not hold.
    pub(super) fn error(self) -> Option<RunError> {
        self.error
    }

    fn compare(&mut self, date: NaiveDate) -> Result<(), RunError> {
        let books = self.books;
        let settings = books.settings;
        let is_valued = settings.fx_revaluation == FxRevaluation::MonthEnd && date == end_of_month(date);
        // A voucher per payout is not there before the payout or the month's end.
        let is_settled = settings.voucher_per != VoucherPer::Payout || is_valued;
        for account in &mut self.accounts {
            account.open(books, date)?;
            account.base = account.base.map(|base| base + account.today);
            account.today = 0;
            account.before = account.after.or(account.before);
            let balance = account
                .before
                .filter(|balance| is_valued || (is_settled && *balance == 0));
            let Some(balance) = balance else { continue };
            let ledger = i128::from(in_base(books, balance, date)?);
            if let Some(journal) = account.base.filter(|journal| *journal != ledger) {
                return Err(RunError::Worth {
                    account: account.number.to_string(),
                    date,
                    journal,
                    ledger,
                });
            }
            account.base = Some(ledger);
        }
        Ok(())
    }
}

impl Account {
    /// What the account is worth when a month begins, or bilag takes over.
    fn open(&mut self, books: &Books<'_>, date: NaiveDate) -> Result<(), PostingError> {
        let settings = books.settings;
        let opening = settings.opening_base.filter(|opening| opening.from == date);
        let stated = opening.and_then(|opening| match self.role {
            Role::Funds => opening.funds,
            _ => opening.fees_payable,
        });
        let is_month = settings.fx_revaluation == FxRevaluation::MonthEnd && begins_month(date);
        if let Some(stated) = stated {
            (self.base, self.opens_on) = (Some(i128::from(stated)), None);
        } else if opening.is_some() || is_month {
            (self.base, self.opens_on) = (None, Some(date));
        }
        // Vouchers per payout may still bring what moved the account before.
        let is_whole = settings.voucher_per != VoucherPer::Payout;
        if self.base.is_none() && self.before == Some(0) && is_whole {
            self.base = Some(0);
        }
        if let (Some(first), Some(balance)) = (self.opens_on, self.before) {
            self.base = Some(i128::from(in_base(books, balance, days_before(first, 1))?));
            self.opens_on = None;
        }
        Ok(())
    }
}

fn in_base(books: &Books<'_>, balance: i64, date: NaiveDate) -> Result<i64, PostingError> {
    if balance == 0 {
        return Ok(0);
    }
    Ok(books.in_base(balance, date)?.unwrap_or(balance))
}
