//! Vouchers of single entries: two postings that differ from those of the entry before only in
//! their amounts, their reference, the text that speaks of it, and the voucher's number.
//!
//! The first voucher of a kind is made the long way; those that follow are made of it, so that a
//! voucher costs no more than its two lines.

use std::sync::Arc;

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
    kinds: Vec<Kind>,
    /// The text of the entry at hand.
    text: String,
}

/// What the vouchers of a kind of entry have in common, on one date.
#[derive(Debug)]
struct Kind {
    alike: Alike,
    voucher: Voucher,
    /// What stands around the reference in their texts; `None` when those are all the same.
    around: Option<(String, String)>,
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
        let mut index = self.kinds.iter().position(|kind| kind.alike == alike);
        if let Some(place) = index
            && !books.brands().are_alike(self.kinds[place].voucher.date(), date)
        {
            // Its accounts have other names now.
            self.kinds.swap_remove(place);
            index = None;
        }
        let index = match index {
            Some(index) => {
                let kind = &mut self.kinds[index];
                if kind.voucher.date() != date {
                    let text = books.text(alike.key, date, None, "");
                    kind.voucher.move_to_date(date, &text);
                    kind.around = books.around_reference(alike.key, date);
                }
                let moved = kind.voucher.move_to(ordinal, entry.amount, reference.as_deref());
                moved.ok_or(PostingError::Overflow(date))?;
                if let Some((before, after)) = &kind.around {
                    let text = match entry.spoken_reference() {
                        Some(spoken) => {
                            self.text.clear();
                            for part in [before, &*spoken, after] {
                                self.text.push_str(part);
                            }
                            Arc::from(self.text.as_str())
                        }
                        None => books.text(alike.key, date, None, ""),
                    };
                    kind.voucher.say(&text);
                }
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
                    spoken: entry.spoken_reference().map(Arc::from),
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
                self.kinds.push(Kind {
                    alike,
                    voucher,
                    around: books.around_reference(alike.key, date),
                });
                self.kinds.len() - 1
            }
        };
        Ok(Some(&self.kinds[index].voucher))
    }
}
