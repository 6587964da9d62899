//! Vouchers of single entries: two postings that differ from those of the entry before only in
//! their amounts, their reference and the voucher's number.
//!
//! The first voucher of a kind is made the long way; those that follow are made of it, so that a
//! voucher costs no more than its two lines.

use chrono::NaiveDate;

use crate::journal::Voucher;
use crate::journal::id::{Origin, VoucherId};
use crate::ledger::entry::Entry;
use crate::posting::alike::Alike;
use crate::posting::books::{Books, PostingError};
use crate::posting::draft::{Counter, Draft, Line, Share, Slot};

/// The last voucher of each kind of entry. There are few kinds.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    vouchers: Vec<(Alike, Voucher)>,
}

impl Pairs {
    /// The voucher of an entry; `None` where it has to be made the long way: its text speaks of
    /// the entry, or there is nothing to post.
    pub(super) fn voucher(
        &mut self,
        books: &Books<'_>,
        alike: Alike,
        date: NaiveDate,
        ordinal: usize,
        entry: &Entry<'_>,
    ) -> Result<Option<&Voucher>, PostingError> {
        if entry.amount == 0 {
            return Ok(None);
        }
        let reference = entry.voucher_reference().map(crate::text::as_line);
        let index = match self.vouchers.iter().position(|(known, _)| *known == alike) {
            Some(index) => {
                let voucher = &mut self.vouchers[index].1;
                if voucher.date() != date {
                    voucher.move_to_date(date, &books.text(alike.key, date, None, ""));
                }
                let moved = voucher.move_to(ordinal, entry.amount, reference.as_deref());
                moved.ok_or(PostingError::Overflow(date))?;
                index
            }
            None if books.text_speaks_of_entry(alike.key) => return Ok(None),
            None => {
                let line = Line {
                    key: alike.key,
                    slot: Slot::Single {
                        date,
                        topic: alike.topic,
                        ordinal,
                    },
                    provider: alike.provider,
                    entry_type: Box::default(),
                    reference: reference.as_deref().map(Into::into),
                };
                let origin = Origin::Entry {
                    ledger_date: date,
                    topic: alike.topic,
                    ordinal,
                };
                let share = Share {
                    gross: entry.amount,
                    vat: None,
                };
                let counter = Counter::plain(books, alike.counter)?;
                let mut draft = Draft::new(Some(VoucherId::new(books.ledger_id.clone(), origin)), date);
                draft.add(line, date, entry.amount, vec![(counter, share)])?;
                let Some(voucher) = draft.finish(books)? else {
                    return Ok(None);
                };
                self.vouchers.push((alike, voucher));
                self.vouchers.len() - 1
            }
        };
        Ok(Some(&self.vouchers[index].1))
    }
}
