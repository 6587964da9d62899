//! One entry on its way into a draft: what it moves, where, and on which date.

use std::sync::Arc;

use chrono::NaiveDate;

use crate::chart::Role;
use crate::config::VoucherPer;
use crate::ledger::entry::Entry;
use crate::ledger::findings::Findings;
use crate::posting::alike::sign_rank;
use crate::posting::books::PostingError;
use crate::posting::draft::{Counter, Line, Share, Slot};
use crate::posting::review::Place;
use crate::posting::treatment::Treatment;
use crate::posting::{Poster, rule_use, sales, treatment};
use crate::provider::Topic;

impl Poster<'_> {
    /// Adds an entry to its draft.
    pub(super) fn entry(
        &mut self,
        topic: Topic,
        ledger_date: NaiveDate,
        ordinal: usize,
        entry: &Entry<'_>,
        findings: &mut Findings,
    ) -> Result<(), PostingError> {
        let books = self.books;
        let treatment = treatment::of(&entry.entry_type, topic, books.settings.fees);
        let per_entry = books.settings.voucher_per == VoucherPer::Entry;
        // Captures and refunds alone may be booked on another date.
        let mut date = ledger_date;
        let (key, provider, shares) = match treatment {
            Treatment::None => return Ok(()),
            Treatment::Sales(key) => {
                let place = Place::new(books, ledger_date, ordinal, entry);
                date = place.date;
                self.straddles.look(books, &self.captures, &place);
                let shares = sales::shares(books, &self.captures, key, &place, findings)?;
                if shares.is_empty() {
                    return Ok(());
                }
                (key, Role::Funds, shares)
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
        let draft = self.draft(topic, ledger_date, ordinal, date);
        let is_single = per_entry || !key.is_summed();
        let reference = if is_single {
            entry.voucher_reference().map(crate::text::line)
        } else {
            None
        };
        let spoken = match (per_entry, is_single) {
            (true, _) => entry.spoken_reference().map(Arc::from),
            (false, true) => reference.as_deref().map(Arc::from),
            (false, false) => None,
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
            spoken,
        };
        // Of a refund, a part may fall under a rule that books nothing.
        let amount = shares
            .iter()
            .try_fold(0i64, |sum, (_, share)| sum.checked_add(share.gross));
        let amount = amount.ok_or(PostingError::Overflow(ledger_date))?;
        draft.add(line, ledger_date, amount, shares)
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
        let is_expense = role == Role::FeeExpense;
        let plain = Counter::plain(books, role)?;
        if !is_expense && !books.settings.dimensions_on_balance {
            return Ok(plain);
        }
        let rule = rule_use::of_fee(books, self.fee_join.as_ref(), topic, ledger_date, entry);
        let shared = |text: Option<&String>| text.map(|text| Arc::from(text.as_str()));
        Ok(Counter {
            department: shared(rule.and_then(|(_, rule)| rule.department.as_ref())),
            project: shared(rule.and_then(|(_, rule)| rule.project.as_ref())),
            ..plain
        })
    }
}
