//! Joins fees to their captures by pspReference, over a window of dates.
//!
//! A fee may come on a later ledger date than its capture, and a capture may have several. The
//! window keeps memory flat; what lies further apart is reported as unjoined, which is
//! information, not an error (before 2025 the references did not agree at all).
//!
//! Nearly all fees come on the date of their capture. So a [`FeeJoin`] that forgets keeps only the
//! captures of the date at hand, and older ones that still wait for a fee; the first time that a
//! fee belongs to none of those, it asks for the dates of the window, also those before its first
//! date, and forgets nothing from then on.

use std::collections::HashMap;
use std::collections::hash_map::{DefaultHasher, Entry as Slot};
use std::hash::{BuildHasherDefault, Hash, Hasher};

use chrono::NaiveDate;

use crate::date::{days_after, days_before};
use crate::ledger::duplicates::AsItIs;
use crate::ledger::entry::{Entry, EntryType};
use crate::ledger::finding::Code;
use crate::ledger::findings::Findings;
use crate::ledger::page::Page;
use crate::provider::Topic;

/// How many dates a capture waits for its fee.
pub const WINDOW_DATES: u64 = 7;

/// The captures of the last dates, by a hash of their pspReference.
#[derive(Debug, Default)]
pub struct FeeJoin {
    captures: HashMap<u64, Capture, BuildHasherDefault<AsItIs>>,
    forgets: bool,
    /// Whether captures of the window are not at hand.
    has_forgotten: bool,
    /// Fees of the date at hand that belong to no capture of that date.
    others: Vec<OtherFee>,
}

#[derive(Debug)]
struct Capture {
    date: NaiveDate,
    /// The date that it is booked on.
    booked: NaiveDate,
    ordinal: u32,
    has_fee: bool,
}

#[derive(Debug)]
struct OtherFee {
    ordinal: usize,
    reference: String,
}

impl FeeJoin {
    /// A join that forgets captures once they have their fee, and has not seen those before its
    /// first date.
    pub fn forgetful() -> Self {
        Self {
            forgets: true,
            has_forgotten: true,
            ..Self::default()
        }
    }

    /// The date that the capture with this pspReference is booked on, when it is in the window.
    pub fn capture_date(&self, psp_reference: &str) -> Option<NaiveDate> {
        let capture = self.captures.get(&key(psp_reference));
        capture.map(|capture| capture.booked)
    }

    /// Takes the captures of a date before its fees are looked up. Entries of other kinds are
    /// passed over.
    pub fn captures(&mut self, page: &Page<'_, '_>) {
        self.add(page, false, |_| page.date);
    }

    /// [`Self::captures`], each booked on the date that `booked_on` says.
    pub fn captures_booked(&mut self, page: &Page<'_, '_>, booked_on: impl Fn(&Entry<'_>) -> NaiveDate) {
        self.add(page, false, booked_on);
    }

    /// Takes the captures of an earlier date again, because a fee asked for what was forgotten.
    /// Those that were not forgotten stay as they are.
    fn recall(&mut self, page: &Page<'_, '_>) {
        self.add(page, true, |_| page.date);
    }

    fn add(&mut self, page: &Page<'_, '_>, has_fee: bool, booked_on: impl Fn(&Entry<'_>) -> NaiveDate) {
        if page.topic != Topic::Funds {
            return;
        }
        for (ordinal, entry) in page.numbered() {
            if entry.entry_type != EntryType::Capture {
                continue;
            }
            if let Some(reference) = entry.psp_reference.as_deref()
                && let Slot::Vacant(slot) = self.captures.entry(key(reference))
            {
                slot.insert(Capture {
                    date: page.date,
                    booked: booked_on(entry),
                    ordinal: u32::try_from(ordinal).unwrap_or(u32::MAX),
                    has_fee,
                });
            }
        }
    }

    /// Takes the fees of a date, after its captures.
    pub fn fees(&mut self, page: &Page<'_, '_>) {
        if page.topic != Topic::Fees {
            return;
        }
        for (ordinal, entry) in page.numbered() {
            if entry.entry_type != EntryType::CaptureFee {
                continue;
            }
            let reference = entry.psp_reference.as_deref().unwrap_or("none");
            match self.captures.get_mut(&key(reference)) {
                Some(capture) if capture.date == page.date => capture.has_fee = true,
                Some(_) | None => self.others.push(OtherFee {
                    ordinal,
                    reference: reference.to_owned(),
                }),
            }
        }
    }

    /// Takes the fees of a date after the range, for the captures that wait for them; all others
    /// are passed over.
    pub fn later_fees(&mut self, page: &Page<'_, '_>) {
        for entry in page.entries {
            if entry.entry_type == EntryType::CaptureFee
                && let Some(reference) = entry.psp_reference.as_deref()
                && let Some(capture) = self.captures.get_mut(&key(reference))
                && page.date <= days_after(capture.date, WINDOW_DATES)
            {
                capture.has_fee = true;
            }
        }
    }

    /// Whether a capture that `is_counted` still waits for a fee.
    pub fn is_waiting(&self, is_counted: impl Fn(NaiveDate) -> bool) -> bool {
        self.captures
            .values()
            .any(|capture| !capture.has_fee && is_counted(capture.date))
    }

    /// Ends a date: reports fees that stand on another date than their capture, or have none.
    /// `look_again` gives the pages of the funds topic of a date once more.
    pub fn end_of_date(
        &mut self,
        date: NaiveDate,
        look_again: impl Fn(NaiveDate, &mut dyn FnMut(&Page<'_, '_>)),
        findings: &mut Findings,
    ) {
        let others = std::mem::take(&mut self.others);
        let is_known = |fee: &OtherFee| self.captures.contains_key(&key(&fee.reference));
        if self.has_forgotten && !others.iter().all(is_known) {
            for step in (1..=WINDOW_DATES + 1).rev() {
                look_again(days_before(date, step), &mut |page| self.recall(page));
            }
            self.forgets = false;
            self.has_forgotten = false;
        }
        for OtherFee { ordinal, reference } in others {
            let capture = self.captures.get_mut(&key(&reference));
            let (code, what) = match &capture {
                Some(capture) => (
                    Code::FeeDateDiffers,
                    format!("belongs to a capture of {}", capture.date),
                ),
                None => (
                    Code::FeeWithoutCapture,
                    format!("has no capture on its date or the {WINDOW_DATES} before it"),
                ),
            };
            if let Some(capture) = capture {
                capture.has_fee = true;
            }
            findings.add(code, Some(Topic::Fees), Some(date), Some(ordinal), || {
                format!("fees {date}, entry {ordinal}: the fee of pspReference `{reference}` {what}")
            });
        }
        if self.forgets {
            let before = self.captures.len();
            self.captures.retain(|_, capture| !capture.has_fee);
            self.has_forgotten |= self.captures.len() < before;
        }
    }

    /// Drops captures that have waited long enough before `date`, reporting those of the range
    /// that have no fee.
    pub fn expire(
        &mut self,
        date: NaiveDate,
        is_counted: impl Fn(NaiveDate) -> bool,
        findings: &mut Findings,
    ) {
        let limit = days_before(date, WINDOW_DATES);
        self.drop_captures(|capture| capture.date < limit, is_counted, findings);
    }

    /// Reports all captures of the range that are still without a fee.
    pub fn finish(&mut self, is_counted: impl Fn(NaiveDate) -> bool, findings: &mut Findings) {
        self.drop_captures(|_| true, is_counted, findings);
    }

    fn drop_captures(
        &mut self,
        is_dropped: impl Fn(&Capture) -> bool,
        is_counted: impl Fn(NaiveDate) -> bool,
        findings: &mut Findings,
    ) {
        let mut without_fee = Vec::new();
        self.captures.retain(|_, capture| {
            let is_dropped = is_dropped(capture);
            if is_dropped && !capture.has_fee && is_counted(capture.date) {
                without_fee.push((capture.date, capture.ordinal));
            }
            !is_dropped
        });
        // The table has no order of its own.
        without_fee.sort_unstable();
        for (date, ordinal) in without_fee {
            let place = usize::try_from(ordinal).ok();
            findings.add(
                Code::CaptureWithoutFee,
                Some(Topic::Funds),
                Some(date),
                place,
                || format!("funds {date}: captures without a fee so far, the first is entry {ordinal}"),
            );
        }
    }
}

fn key(psp_reference: &str) -> u64 {
    // A hash instead of the text keeps the window small; DefaultHasher::new has fixed keys.
    let mut hasher = DefaultHasher::new();
    psp_reference.hash(&mut hasher);
    hasher.finish()
}
