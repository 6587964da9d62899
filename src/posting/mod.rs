//! Turns ledger days into vouchers, by the chart of accounts, the modes and the user's rules.
//!
//! [`Poster`] takes one day after the other and gives back the vouchers that no later day can
//! change. [`treatment`] is the posting table, [`sales`] decides the counter side of captures
//! and refunds, [`draft`] sums and splits VAT, [`sequence`] keeps the vouchers in order.

mod alike;
pub mod books;
pub mod draft;
pub mod refunds;
pub mod rule_use;
pub mod sales;
pub mod sequence;
pub mod treatment;
mod value;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;

use crate::chart::Role;
use crate::config::{CaptureMode, DateBasis, FeeMode, VoucherPer};
use crate::date::{end_of_fiscal_year, end_of_month};
use crate::journal::{PostingKey, Voucher};
use crate::ledger::day::LedgerDay;
use crate::ledger::entry::{Entry, EntryType};
use crate::ledger::fee_join::FeeJoin;
use crate::ledger::finding::{Code, Findings};
use crate::posting::alike::sign_rank;
use crate::posting::books::{Books, PostingError};
use crate::posting::draft::{Counter, Draft, Line, Share, Slot};
use crate::posting::refunds::CaptureIndex;
use crate::posting::treatment::Treatment;
use crate::provider::Topic;

/// Turns the days of one ledger into vouchers.
#[derive(Debug)]
pub struct Poster<'a> {
    books: &'a Books<'a>,
    captures: CaptureIndex,
    /// The captures of the last dates; kept only when rules look at dates.
    fee_join: Option<FeeJoin>,
    /// Drafts of the payout that is still to come, the earlier parts first.
    waiting: Vec<Draft>,
    funds_in_base: FundsInBase,
}

/// The funds account in both currencies, while the ledger is in another than the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FundsInBase {
    /// The balance in the ledger's currency, as the entries say it.
    balance: Option<i64>,
    /// The balance in the base currency, as it is booked.
    base: Option<i64>,
}

impl<'a> Poster<'a> {
    /// A poster for a ledger whose funds account opens at `opening`, where that is known.
    /// `captures` are those that the refunds of the range belong to.
    pub fn new(books: &'a Books<'a>, captures: CaptureIndex, opening: Option<i64>) -> Self {
        Self {
            books,
            captures,
            fee_join: rule_use::fee_join(books),
            waiting: Vec::new(),
            funds_in_base: FundsInBase {
                balance: opening,
                base: (opening == Some(0)).then_some(0),
            },
        }
    }

    /// Takes a date before the range, for the captures that later fees belong to.
    pub fn captures_before(&mut self, day: &LedgerDay<'_>) {
        if let Some(join) = &mut self.fee_join {
            join.captures(day);
        }
    }

    /// Takes a date before the range only for the booked value of the funds account.
    pub fn value_before(&mut self, day: &LedgerDay<'_>) -> Result<(), PostingError> {
        self.day(day, &mut Findings::default())?;
        self.waiting.clear();
        Ok(())
    }

    /// Takes the next date and returns its vouchers: all of them, or with one voucher per payout
    /// those of the payout that the date ends.
    pub fn day(
        &mut self,
        day: &LedgerDay<'_>,
        findings: &mut Findings,
    ) -> Result<Vec<Voucher>, PostingError> {
        if let Some(join) = &mut self.fee_join {
            join.captures(day);
            join.expire(day.date, |_| false, &mut Findings::default());
        }
        let mut drafts = Vec::new();
        if self.books.settings.voucher_per == VoucherPer::Payout {
            drafts.append(&mut self.waiting);
            let end = self.end_of_part(day.date);
            if drafts.last().is_none_or(|last: &Draft| last.date != end) {
                drafts.push(Draft::new(String::new(), end));
            }
        }
        let mut sums = BTreeMap::new();
        for (topic, ordinal, entry) in day.entries() {
            match self.alike(topic, entry) {
                Some(alike) => {
                    let sum: &mut i64 = sums.entry(alike).or_default();
                    let overflow = || PostingError::Overflow(day.date);
                    *sum = sum.checked_add(entry.amount).ok_or_else(overflow)?;
                }
                None => self.entry(&mut drafts, topic, day.date, ordinal, entry, findings)?,
            }
        }
        for (alike, sum) in sums {
            self.add_alike(&mut drafts, day.date, alike, sum)?;
        }
        self.value_funds(&mut drafts, day)?;
        if self.books.settings.voucher_per == VoucherPer::Payout {
            let payout = day
                .funds
                .entries
                .iter()
                .rfind(|entry| entry.entry_type == EntryType::PayoutScheduled);
            match payout {
                Some(payout) => self.name_payout(&mut drafts, payout, day.date),
                None => {
                    self.waiting = drafts;
                    return Ok(Vec::new());
                }
            }
        }
        drafts
            .into_iter()
            .filter_map(|draft| draft.finish(self.books).transpose())
            .collect()
    }

    /// Whether entries still wait for a payout.
    fn waits_for_payout(&self) -> bool {
        self.waiting.iter().any(|draft| !draft.is_empty())
    }

    fn entry(
        &self,
        drafts: &mut Vec<Draft>,
        topic: Topic,
        ledger_date: NaiveDate,
        ordinal: usize,
        entry: &Entry<'_>,
        findings: &mut Findings,
    ) -> Result<(), PostingError> {
        let books = self.books;
        let treatment = treatment::of(&entry.entry_type, topic, books.settings.fees);
        let per_entry = books.settings.voucher_per == VoucherPer::Entry;
        let (key, provider, shares) = match treatment {
            Treatment::None => return Ok(()),
            Treatment::Sales(key) => {
                let place = sales::Place {
                    ledger_date,
                    ordinal,
                    entry,
                };
                match sales::shares(books, &self.captures, key, &place, findings)? {
                    Some(shares) => (key, Role::Funds, shares),
                    None => return Ok(()),
                }
            }
            Treatment::Pair {
                key,
                provider,
                counter,
            } => {
                let counter = self.counter(counter, topic, ledger_date, entry)?;
                (
                    key,
                    provider,
                    vec![(
                        counter,
                        Share {
                            gross: entry.amount,
                            vat: None,
                        },
                    )],
                )
            }
        };
        let date = self.voucher_date(key, ledger_date, entry);
        let draft = self.draft(drafts, topic, ledger_date, ordinal, date);
        let is_single = per_entry || !key.is_summed();
        let reference = if is_single {
            entry.voucher_reference().map(crate::text::line)
        } else {
            None
        };
        let slot = if is_single {
            Slot::Single {
                date: ledger_date,
                topic,
                ordinal,
            }
        } else {
            Slot::Summed {
                sign_rank: sign_rank(topic, entry),
            }
        };
        // Only texts of single entries speak of the type.
        let entry_type = if is_single {
            crate::text::line(entry.entry_type.name())
        } else {
            String::new()
        };
        let line = Line {
            key,
            slot,
            provider,
            entry_type: entry_type.into_boxed_str(),
            reference: reference.map(Arc::from),
        };
        draft.add(line, ledger_date, entry.amount, shares)
    }

    /// The counter side of a pair; fee expense carries the market's tax code and the rule's
    /// department and project.
    fn counter(
        &self,
        role: Role,
        topic: Topic,
        ledger_date: NaiveDate,
        entry: &Entry<'_>,
    ) -> Result<Counter, PostingError> {
        let books = self.books;
        let account = books.account(role)?;
        let is_expense = role == Role::FeeExpense;
        if !is_expense && !books.settings.dimensions_on_balance {
            return Ok(Counter {
                account,
                tax_code: None,
                tax: None,
                department: None,
                project: None,
            });
        }
        let rule = rule_use::of_fee(books, self.fee_join.as_ref(), topic, ledger_date, entry);
        let shared = |text: Option<&String>| text.map(|text| Arc::from(text.as_str()));
        Ok(Counter {
            account,
            tax_code: if is_expense {
                shared(books.settings.fee_tax_code.as_ref())
            } else {
                None
            },
            tax: None,
            department: shared(rule.and_then(|(_, rule)| rule.department.as_ref())),
            project: shared(rule.and_then(|(_, rule)| rule.project.as_ref())),
        })
    }

    /// The date that an entry is booked on: its ledger date, unless captures and refunds go by
    /// the local calendar. One voucher per payout has its own dates.
    fn voucher_date(&self, key: PostingKey, ledger_date: NaiveDate, entry: &Entry<'_>) -> NaiveDate {
        let settings = self.books.settings;
        let moves = settings.date_basis == DateBasis::TransactionDate
            && settings.voucher_per != VoucherPer::Payout
            && matches!(key, PostingKey::Capture | PostingKey::Refund);
        if !moves {
            return ledger_date;
        }
        entry
            .time
            .and_then(|time| time.local_date(self.books.chart.zone()))
            .unwrap_or(ledger_date)
    }

    /// The draft that an entry belongs to, made when it is the first.
    fn draft<'d>(
        &self,
        drafts: &'d mut Vec<Draft>,
        topic: Topic,
        ledger_date: NaiveDate,
        ordinal: usize,
        date: NaiveDate,
    ) -> &'d mut Draft {
        let ledger_id = &self.books.info.ledger_id;
        let index = match self.books.settings.voucher_per {
            VoucherPer::Payout => drafts.len() - 1,
            VoucherPer::Entry => {
                let id = format!("VM-{ledger_id}-{ledger_date}-{topic}-{ordinal:03}");
                drafts.push(Draft::new(id, date));
                drafts.len() - 1
            }
            VoucherPer::LedgerDate => {
                drafts
                    .iter()
                    .position(|draft| draft.date == date)
                    .unwrap_or_else(|| {
                        let suffix = if date == ledger_date {
                            String::new()
                        } else {
                            format!("@{date}")
                        };
                        drafts.push(Draft::new(format!("VM-{ledger_id}-{ledger_date}{suffix}"), date));
                        drafts.len() - 1
                    })
            }
        };
        &mut drafts[index]
    }

    /// Whether the funds account's booked value is known.
    pub fn knows_funds_value(&self) -> bool {
        self.funds_in_base.base.is_some()
    }

    /// The last date of the part of a payout's voucher that `date` lies in: fiscal years, and in
    /// revenue mode months, are kept apart.
    fn end_of_part(&self, date: NaiveDate) -> NaiveDate {
        if self.books.may_use(CaptureMode::Revenue) {
            end_of_month(date)
        } else {
            end_of_fiscal_year(date, self.books.fiscal_year_start_month)
        }
    }

    /// Gives the waiting drafts the payout's number; the last part is dated by the payout.
    fn name_payout(&self, drafts: &mut [Draft], payout: &Entry<'_>, date: NaiveDate) {
        let ledger_id = &self.books.info.ledger_id;
        let number = payout
            .payout_number()
            .map_or_else(|| date.to_string(), str::to_owned);
        let Some((last, earlier)) = drafts.split_last_mut() else {
            return;
        };
        for draft in earlier {
            draft.id = format!("VM-{ledger_id}-P{number}@{}", draft.date);
        }
        last.id = format!("VM-{ledger_id}-P{number}");
        last.date = date;
    }

    /// Reports rules that took nothing, fees that are not booked, and what waits for a payout.
    pub fn finish(&self, gross_settlement: bool, findings: &mut Findings) {
        for number in self.books.unused_rules() {
            findings.add(Code::RuleUnused, None, None, None, || {
                format!(
                    "rule {number} of the configuration took no entry (other rules may have taken none too)"
                )
            });
        }
        if self.waits_for_payout() {
            findings.add(Code::AwaitsPayout, None, None, None, || {
                "what comes after the last payout of the range waits for the voucher of the next one"
                    .to_owned()
            });
        }
        if gross_settlement && self.books.settings.fees == FeeMode::Retained {
            findings.add(Code::FeesNotPosted, Some(Topic::Fees), None, None, || {
                "the ledger settles gross: with `fees = \"retained\"` its fees are booked only with the provider's invoice".to_owned()
            });
        }
    }
}
