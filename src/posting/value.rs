//! What the mirror accounts are worth in the books, when the ledger is in another currency.
//!
//! Each is cleared at its booked value: what is left in the base currency when nothing is left in
//! the ledger's is an exchange difference. What is left of both at the end of a month is valued at
//! the rate of its last date, so that the next month opens at a value that nobody has to look up.

use std::sync::Arc;

use chrono::NaiveDate;

use crate::chart::Role;
use crate::config::{CaptureMode, FeeMode, FxRevaluation, VoucherPer};
use crate::date::end_of_month;
use crate::journal::PostingKey;
use crate::journal::id::{Origin, VoucherId};
use crate::ledger::finding::Code;
use crate::ledger::findings::Findings;
use crate::ledger::page::Page;
use crate::posting::Poster;
use crate::posting::books::{Books, PostingError};
use crate::posting::draft::{Difference, Draft, Slot};
use crate::posting::mirror::{MirrorAccount, in_base};
use crate::posting::withheld::{Left, Withheld};
use crate::provider::Topic;

/// The balances of both topics before the first date that a poster takes, where they are known;
/// minor units of the ledger's currency.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Balances {
    pub funds: Option<i64>,
    pub fees: Option<i64>,
}

/// The mirror accounts in both currencies.
#[derive(Debug)]
pub(super) struct Values {
    accounts: [MirrorAccount; 2],
    withheld: Withheld,
    /// What came back on a date without that what it went at is known.
    unknown: Vec<(NaiveDate, Left)>,
}

impl Values {
    pub(super) fn new(opening: Balances) -> Self {
        Self {
            accounts: [
                MirrorAccount::new(Role::Funds, Topic::Funds, opening.funds),
                MirrorAccount::new(Role::FeesPayable, Topic::Fees, opening.fees),
            ],
            withheld: Withheld::default(),
            unknown: Vec::new(),
        }
    }

    /// Follows the balances through entries of the date at hand.
    pub(super) fn follow(&mut self, page: &Page<'_, '_>) {
        let accounts = self.accounts.iter_mut();
        accounts
            .filter(|account| account.topic == page.topic)
            .for_each(|account| account.follow(page));
        if page.topic == Topic::Funds {
            self.withheld.follow(page);
        }
    }
}

impl Books<'_> {
    /// Whether the postings of the ledger are all that moves the account of a role, so that its
    /// worth can be followed. A till that debits the funds account itself books at values that
    /// bilag does not see; what is not accrued is not on fees payable.
    pub fn follows(&self, role: Role) -> bool {
        self.is_foreign()
            && match role {
                Role::Funds => !self.may_use(CaptureMode::None),
                Role::FeesPayable => self.settings.fees == FeeMode::Accrual,
                Role::Disputes => true,
                _ => false,
            }
    }
}

impl Poster<'_> {
    /// Takes entries of the funds topic of a date before the first that is posted, for the
    /// disputes and payouts that may come back.
    pub fn withheld_before(&mut self, page: &Page<'_, '_>) {
        self.values.withheld.before(page);
    }

    /// Ends the date for the mirror accounts: exchange differences go into its drafts.
    pub(super) fn value(&mut self, date: NaiveDate) -> Result<(), PostingError> {
        let books = self.books;
        if !books.is_foreign() {
            return Ok(());
        }
        let drafts = &mut self.today.drafts;
        for account in &mut self.values.accounts {
            let role = account.role;
            if !books.follows(role) {
                continue;
            }
            account.open(books, date)?;
            let mut moved = 0i64;
            for draft in drafts.iter() {
                let here = draft.moved_in_base(role, date, books)?;
                moved = moved.checked_add(here).ok_or(PostingError::Overflow(date))?;
            }
            if let Some(rest) = account.close(date, moved)?.filter(|rest| *rest != 0)
                && let Some(draft) = draft_of(drafts, role, date, books)
            {
                draft.add_difference(final_difference(role, date, rest));
                account.base = Some(0);
            }
        }
        for left in self.values.withheld.close(books, date)? {
            let slot = Slot::Single {
                date,
                topic: Topic::Funds,
                ordinal: left.ordinal,
            };
            let draft = drafts.iter_mut().find(|draft| draft.has(slot));
            match left.rest.zip(draft) {
                Some((rest, draft)) => draft.add_difference(Difference {
                    reference: Some(Arc::clone(&left.reference)).filter(|name| !name.is_empty()),
                    ..final_difference(left.role, date, rest)
                }),
                None => self.values.unknown.push((date, left)),
            }
        }
        Ok(())
    }

    /// Values what is left on the mirror accounts at the end of a month.
    pub(super) fn revaluation(&mut self, date: NaiveDate) -> Result<Option<Draft>, PostingError> {
        let books = self.books;
        let is_wanted = books.is_foreign() && books.settings.fx_revaluation == FxRevaluation::MonthEnd;
        if !is_wanted || date != end_of_month(date) {
            return Ok(None);
        }
        let overflow = || PostingError::Overflow(date);
        let origin = Origin::Revaluation { month_end: date };
        let id = VoucherId::new(Arc::clone(&books.ledger_id), origin);
        let mut draft = Draft::new(Some(id), date);
        let mut add = |role, rest| {
            if rest != 0 {
                draft.add_difference(Difference {
                    key: PostingKey::FxRevaluation,
                    ..final_difference(role, date, rest)
                });
            }
        };
        for account in &mut self.values.accounts {
            if let (Some(balance), Some(base)) = (account.balance, account.base)
                && books.follows(account.role)
            {
                let value = in_base(books, balance, date)?;
                add(account.role, base.checked_sub(value).ok_or_else(overflow)?);
                account.base = Some(value);
            }
        }
        let more = self.values.withheld.revalue(books, date)?;
        add(Role::Disputes, more.checked_neg().ok_or_else(overflow)?);
        Ok(Some(draft))
    }

    /// Reports values that were not known on dates from `from`, so that differences are missing.
    pub fn report_unknown_values(&self, from: NaiveDate, findings: &mut Findings) {
        let code = Code::FxOpeningUnknown;
        if !self.books.is_foreign() {
            return;
        }
        for account in &self.values.accounts {
            let (role, topic) = (account.role.name(), Some(account.topic));
            if account.was_moved && account.role == Role::Funds && !self.books.follows(Role::Funds) {
                findings.add(code, topic, Some(from), None, || {
                    "captures are booked elsewhere, at values that bilag does not see, so no exchange difference is booked on funds: value the account by hand".to_owned()
                });
            }
            if account.unknown_on.is_some_and(|date| date >= from) {
                findings.add(code, topic, Some(from), None, || {
                    format!(
                        "what {role} was worth in the books at the start is not known, so exchange differences are missing until the account is empty or a month begins: \
                         fetch the dates back to the beginning of the month, or state the value under [posting.opening_base]"
                    )
                });
            }
        }
        for (date, left) in &self.values.unknown {
            if *date < from {
                continue;
            }
            findings.add(code, Some(Topic::Funds), Some(*date), Some(left.ordinal), || {
                let what = match left.role {
                    Role::PayoutsInTransit => "payout",
                    _ => "dispute",
                };
                let (role, name) = (left.role.name(), &left.reference);
                format!(
                    "{what} {name} came back, and what it went at is not known, so no exchange difference is booked on {role}: fetch earlier dates, or book it by hand"
                )
            });
        }
    }
}

fn final_difference(role: Role, ledger_date: NaiveDate, rest: i64) -> Difference {
    Difference {
        key: PostingKey::FxDifference,
        role,
        ledger_date,
        rest,
        reference: None,
    }
}

/// Where a difference of the date goes: into the voucher of the date, else the last that moves the
/// account.
fn draft_of<'d>(
    drafts: &'d mut [Draft],
    role: Role,
    date: NaiveDate,
    books: &Books<'_>,
) -> Option<&'d mut Draft> {
    let is_dates = |draft: &Draft| books.settings.voucher_per == VoucherPer::LedgerDate && draft.date == date;
    let index = drafts
        .iter()
        .position(is_dates)
        .or_else(|| drafts.iter().rposition(|draft| draft.moves(role, date, books)));
    index.and_then(|index| drafts.get_mut(index))
}
