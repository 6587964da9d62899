//! Turns ledger entries into vouchers, by the chart of accounts, the modes and the user's rules.
//!
//! [`Poster`] takes one date after the other, page by page, and gives back the vouchers that
//! nothing later can change. [`treatment`] is the posting table, [`sales`] decides the counter
//! side of captures and refunds, [`draft`] sums and splits VAT, `pair` makes vouchers of single
//! entries without a detour, [`accounts`] lists what can be moved, [`sequence`] keeps the vouchers in order.

pub mod accounts;
mod alike;
mod awaiting;
mod basket;
pub mod books;
pub mod brand;
pub mod draft;
mod mirror;
mod outcome;
mod own_lines;
mod pair;
pub mod refunds;
pub mod replay;
mod rests;
pub mod review;
pub mod rule_use;
pub mod sale;
pub mod sales;
pub mod sequence;
mod single;
mod straddle;
mod text;
pub mod treatment;
pub mod value;
pub mod withheld;

use std::sync::Arc;

use chrono::NaiveDate;

use crate::config::{FeeMode, VoucherPer};
use crate::date::end_of_month;
use crate::journal::Voucher;
use crate::journal::id::{Origin, VoucherId};
use crate::ledger::day::LedgerDay;
use crate::ledger::entry::EntryType;
use crate::ledger::fee_join::FeeJoin;
use crate::ledger::finding::Code;
use crate::ledger::findings::Findings;
use crate::ledger::page::Page;
use crate::posting::alike::Sums;
use crate::posting::awaiting::Awaiting;
use crate::posting::books::{Books, PostingError};
use crate::posting::draft::Draft;
use crate::posting::pair::Pairs;
use crate::posting::refunds::{CaptureIndex, SeenRefund};
use crate::posting::straddle::Straddles;
use crate::posting::value::{Balances, Values};
use crate::provider::Topic;

/// Turns the entries of one ledger into vouchers.
#[derive(Debug)]
pub struct Poster<'a> {
    books: &'a Books<'a>,
    captures: CaptureIndex,
    /// The captures of the last dates; kept only when rules look at dates.
    fee_join: Option<FeeJoin>,
    /// The draft of the payout that is still to come, or of the month's end.
    waiting: Vec<Draft>,
    awaiting: Awaiting,
    values: Values,
    straddles: Straddles,
    pairs: Pairs,
    today: Today,
    /// The refunds whose captures make no difference, for those who look whether there are any.
    refunds: Vec<SeenRefund>,
}

/// What the date at hand has come to so far.
#[derive(Debug, Default)]
struct Today {
    drafts: Vec<Draft>,
    sums: Sums,
    /// The number of the date's last payout, or the date where it has none.
    payout: Option<String>,
    /// Whether a payout of an earlier date has that number.
    is_repeat: bool,
}

/// Takes vouchers, each when it is finished.
pub type Sink<'s, E> = dyn FnMut(&Voucher) -> Result<(), E> + 's;

impl<'a> Poster<'a> {
    /// A poster for a ledger whose topics open at `opening` on the first date that it takes.
    /// `captures` are those that the refunds of the range belong to.
    pub fn new(books: &'a Books<'a>, captures: CaptureIndex, opening: Balances) -> Self {
        Self {
            books,
            captures,
            fee_join: rule_use::fee_join(books),
            waiting: Vec::new(),
            awaiting: Awaiting::default(),
            values: Values::new(opening),
            straddles: Straddles::default(),
            pairs: Pairs::default(),
            today: Today::default(),
            refunds: Vec::new(),
        }
    }

    /// Takes entries of a date before the range, for the captures that later fees belong to.
    pub fn captures_before(&mut self, page: &Page<'_, '_>) {
        if let Some(join) = &mut self.fee_join {
            rule_use::join_captures(self.books, join, page);
        }
    }

    /// Whether captures before the range can make a difference.
    pub fn wants_captures_before(&self) -> bool {
        self.fee_join.is_some()
    }

    /// Begins the next date.
    pub fn begin(&mut self, date: NaiveDate) {
        self.today.sums.clear();
        self.today.payout = None;
        self.today.is_repeat = false;
        if let Some(join) = &mut self.fee_join {
            join.expire(date, |_| false, &mut Findings::default());
        }
        if self.books.settings.voucher_per == VoucherPer::Payout {
            self.today.drafts.append(&mut self.waiting);
            let month_end = end_of_month(date);
            let last = self.today.drafts.last();
            if last.is_none_or(|last: &Draft| last.date != month_end) {
                let id = VoucherId::new(Arc::clone(&self.books.ledger_id), Origin::Open { month_end });
                self.today.drafts.push(Draft::new(Some(id), month_end));
            }
        }
    }

    /// Takes entries of the date at hand, funds before fees. Vouchers of one entry go to `sink`
    /// at once, where nothing that comes later on the date can add to them.
    pub fn page<E: From<PostingError>>(
        &mut self,
        page: &Page<'_, '_>,
        findings: &mut Findings,
        sink: &mut Sink<'_, E>,
    ) -> Result<(), E> {
        let (topic, date) = (page.topic, page.date);
        if let Some(join) = &mut self.fee_join {
            rule_use::join_captures(self.books, join, page);
        }
        let settings = self.books.settings;
        if settings.voucher_per == VoucherPer::Payout {
            self.awaiting.add(page);
        }
        let is_immediate = settings.voucher_per == VoucherPer::Entry && !self.books.is_foreign();
        for (ordinal, entry) in page.numbered() {
            match entry.entry_type {
                EntryType::PayoutScheduled if topic == Topic::Funds => {
                    let number = entry.payout_number().map(str::to_owned);
                    self.today.payout = Some(number.unwrap_or_else(|| date.to_string()));
                }
                EntryType::Refund if topic == Topic::Funds && !self.captures.decides() => {
                    self.refunds.extend(SeenRefund::of(date, ordinal, entry));
                }
                _ => {}
            }
            let alike = self.alike(topic, entry);
            if let (Some(alike), true) = (alike, is_immediate)
                && let Some(voucher) = self.pairs.voucher(self.books, alike, date, ordinal, entry)?
            {
                sink(voucher)?;
                continue;
            }
            match alike.filter(|_| settings.voucher_per != VoucherPer::Entry) {
                Some(alike) => self.today.sums.add(alike, entry.amount, date)?,
                None => {
                    self.entry(topic, date, ordinal, entry, findings)?;
                    if is_immediate {
                        self.give(sink)?;
                    }
                }
            }
        }
        if self.books.is_foreign() {
            self.values.follow(page);
        }
        Ok(())
    }

    /// The number of the date's last payout, or the date where it has none.
    pub fn payout_of_date(&self) -> Option<&str> {
        self.today.payout.as_deref()
    }

    /// The number of the date's last payout is that of a payout of an earlier date.
    pub fn payout_is_repeat(&mut self) {
        self.today.is_repeat = true;
    }

    /// Ends the date: all of its vouchers are finished, or with one voucher per payout that of the
    /// payout or the month that the date ends.
    pub fn end<E: From<PostingError>>(&mut self, date: NaiveDate, sink: &mut Sink<'_, E>) -> Result<(), E> {
        for (alike, sum) in self.today.sums.take() {
            self.add_alike(date, alike, sum)?;
        }
        self.value(date)?;
        self.end_drafts(date, sink)?;
        if let Some(draft) = self.revaluation(date)?
            && let Some(voucher) = draft.finish(self.books)?
        {
            sink(&voucher)?;
        }
        Ok(())
    }

    fn end_drafts<E: From<PostingError>>(
        &mut self,
        date: NaiveDate,
        sink: &mut Sink<'_, E>,
    ) -> Result<(), E> {
        if self.books.settings.voucher_per == VoucherPer::Payout {
            match self.today.payout.take() {
                Some(number) => self.name_payout(&number, date),
                None if date == end_of_month(date) => {}
                None => {
                    self.waiting = std::mem::take(&mut self.today.drafts);
                    return Ok(());
                }
            }
            self.awaiting.give();
        }
        self.give(sink)
    }

    /// Takes a whole date and returns its vouchers.
    pub fn day(
        &mut self,
        day: &LedgerDay<'_>,
        findings: &mut Findings,
    ) -> Result<Vec<Voucher>, PostingError> {
        let mut vouchers = Vec::new();
        let mut sink = |voucher: &Voucher| {
            vouchers.push(voucher.clone());
            Ok::<(), PostingError>(())
        };
        self.begin(day.date);
        for topic in Topic::ALL {
            self.page(&day.page(topic), findings, &mut sink)?;
        }
        self.end(day.date, &mut sink)?;
        Ok(vouchers)
    }

    /// Drops what waits for a payout: the date was followed only for what the accounts are worth.
    pub fn forget_waiting(&mut self) {
        self.waiting.clear();
        self.awaiting = Awaiting::default();
        self.refunds.clear();
    }

    /// Takes out the refunds whose captures make no difference to the books.
    pub fn take_refunds(&mut self) -> Vec<SeenRefund> {
        std::mem::take(&mut self.refunds)
    }

    /// Hands on the vouchers of all drafts.
    fn give<E: From<PostingError>>(&mut self, sink: &mut Sink<'_, E>) -> Result<(), E> {
        for draft in std::mem::take(&mut self.today.drafts) {
            if let Some(voucher) = draft.finish(self.books)? {
                sink(&voucher)?;
            }
        }
        Ok(())
    }

    /// The ledger dates whose entries wait for a payout, in order.
    pub fn waiting_dates(&self) -> Vec<NaiveDate> {
        let mut dates: Vec<NaiveDate> = self.waiting.iter().flat_map(Draft::ledger_dates).collect();
        dates.sort_unstable();
        dates.dedup();
        dates
    }

    /// What the vouchers given so far have taken in, on funds and fees, in minor units; only
    /// followed with one voucher per payout.
    pub fn given(&self) -> [i128; 2] {
        self.awaiting.given()
    }

    /// Whether entries still wait for a payout.
    fn waits_for_payout(&self) -> bool {
        self.waiting.iter().any(|draft| !draft.is_empty())
    }

    /// The draft that an entry belongs to, made when it is the first.
    fn draft(&mut self, topic: Topic, ledger_date: NaiveDate, ordinal: usize, date: NaiveDate) -> &mut Draft {
        let drafts = &mut self.today.drafts;
        let id = |origin| Some(VoucherId::new(Arc::clone(&self.books.ledger_id), origin));
        let index = match self.books.settings.voucher_per {
            VoucherPer::Payout => drafts.len() - 1,
            VoucherPer::Entry => {
                let origin = Origin::Entry {
                    ledger_date,
                    topic,
                    ordinal,
                };
                drafts.push(Draft::new(id(origin), date));
                drafts.len() - 1
            }
            VoucherPer::LedgerDate => {
                drafts
                    .iter()
                    .position(|draft| draft.date == date)
                    .unwrap_or_else(|| {
                        let origin = if date == ledger_date {
                            Origin::LedgerDate(ledger_date)
                        } else {
                            Origin::Moved { ledger_date, date }
                        };
                        drafts.push(Draft::new(id(origin), date));
                        drafts.len() - 1
                    })
            }
        };
        &mut drafts[index]
    }

    /// Gives the draft of the date's month the payout's number and date.
    fn name_payout(&mut self, number: &str, date: NaiveDate) {
        let ledger_id = Arc::clone(&self.books.ledger_id);
        if let Some(draft) = self.today.drafts.last_mut() {
            let number = number.to_owned();
            let repeat = self.today.is_repeat.then_some(date);
            draft.id = Some(VoucherId::new(ledger_id, Origin::Payout { number, repeat }));
            draft.date = date;
        }
    }

    /// Makes those of the findings ones for review that tell of dates which differ in tax code, VAT
    /// month or fiscal year.
    pub fn raise_straddles(&self, findings: &mut Findings) {
        self.straddles.raise(findings);
    }

    /// Reports rules that took nothing, and what waits for a payout.
    pub fn finish(&self, findings: &mut Findings) {
        for number in self.books.unused_rules() {
            findings.add(Code::RuleUnused, None, None, None, || {
                format!(
                    "rule {number} of the configuration took no entry (other rules may have taken none too)"
                )
            });
        }
        if !self.books.has_used_lines() {
            findings.retain(|finding| finding.code != Code::SalesLinesMissing);
        }
        if self.waits_for_payout() {
            let topics = match self.books.settings.fees {
                FeeMode::Accrual => &Topic::ALL[..],
                FeeMode::Retained => &[Topic::Funds],
            };
            self.awaiting.report(topics, self.books.currency, findings);
        }
    }
}
