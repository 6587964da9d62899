//! Joins fees to their captures by pspReference, over a window of dates.
//!
//! A fee may come on a later ledger date than its capture, and a capture may have several. The
//! window keeps memory flat; what lies further apart is reported as unjoined, which is
//! information, not an error (before 2025 the references did not agree at all).

use std::collections::hash_map::{DefaultHasher, Entry as Slot};
use std::collections::{HashMap, VecDeque};
use std::hash::{Hash, Hasher};

use chrono::NaiveDate;

use crate::ledger::entry::EntryType;
use crate::ledger::finding::{Code, Findings};
use crate::ledger::page::Page;
use crate::provider::Topic;

/// How many dates a capture waits for its fee.
const WINDOW_DATES: u64 = 7;

/// The captures of the last dates, by a hash of their pspReference.
#[derive(Debug, Default)]
pub struct FeeJoin {
    captures: HashMap<u64, Capture>,
    by_date: VecDeque<(NaiveDate, Vec<u64>)>,
}

#[derive(Debug)]
struct Capture {
    date: NaiveDate,
    ordinal: u32,
    has_fee: bool,
}

impl FeeJoin {
    /// The ledger date of the capture with this pspReference, when it is in the window.
    pub fn capture_date(&self, psp_reference: &str) -> Option<NaiveDate> {
        self.captures.get(&key(psp_reference)).map(|capture| capture.date)
    }

    /// Takes the captures of a date before its fees are looked up. Entries of other kinds are
    /// passed over.
    pub fn captures(&mut self, page: &Page<'_, '_>) {
        if page.topic != Topic::Funds {
            return;
        }
        if self.by_date.back().is_none_or(|(date, _)| *date != page.date) {
            self.by_date.push_back((page.date, Vec::new()));
        }
        let Some((_, keys)) = self.by_date.back_mut() else {
            return;
        };
        for (ordinal, entry) in page.numbered() {
            if entry.entry_type != EntryType::Capture {
                continue;
            }
            if let Some(reference) = entry.psp_reference.as_deref()
                && let Slot::Vacant(slot) = self.captures.entry(key(reference))
            {
                keys.push(*slot.key());
                slot.insert(Capture {
                    date: page.date,
                    ordinal: u32::try_from(ordinal).unwrap_or(u32::MAX),
                    has_fee: false,
                });
            }
        }
    }

    /// Takes the fees of a date and reports those that stand on another date than their capture,
    /// or have none. `counted` is false for dates outside the range.
    pub fn fees(&mut self, page: &Page<'_, '_>, counted: bool, findings: &mut Findings) {
        if page.topic != Topic::Fees {
            return;
        }
        let date = page.date;
        for (ordinal, entry) in page.numbered() {
            if entry.entry_type != EntryType::CaptureFee {
                continue;
            }
            let reference = entry.psp_reference.as_deref().unwrap_or("none");
            let capture = self.captures.get_mut(&key(reference));
            if let Some(capture) = &capture
                && capture.date == date
            {
                // The usual case: fee and capture on one date.
            } else if counted {
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
                findings.add(code, Some(Topic::Fees), Some(date), Some(ordinal), || {
                    format!("fees {date}, entry {ordinal}: the fee of pspReference `{reference}` {what}")
                });
            }
            if let Some(capture) = capture {
                capture.has_fee = true;
            }
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
        let limit = crate::date::days_before(date, WINDOW_DATES);
        while self.by_date.front().is_some_and(|(first, _)| *first < limit) {
            self.drop_front(&is_counted, findings);
        }
    }

    /// Reports all captures of the range that are still without a fee.
    pub fn finish(&mut self, is_counted: impl Fn(NaiveDate) -> bool, findings: &mut Findings) {
        while !self.by_date.is_empty() {
            self.drop_front(&is_counted, findings);
        }
    }

    fn drop_front(&mut self, is_counted: &impl Fn(NaiveDate) -> bool, findings: &mut Findings) {
        let Some((date, keys)) = self.by_date.pop_front() else {
            return;
        };
        for key in keys {
            if let Some(capture) = self.captures.remove(&key)
                && !capture.has_fee
                && is_counted(date)
            {
                findings.add(
                    Code::CaptureWithoutFee,
                    Some(Topic::Funds),
                    Some(date),
                    usize::try_from(capture.ordinal).ok(),
                    || {
                        format!(
                            "funds {date}: captures without a fee so far, the first is entry {}",
                            capture.ordinal
                        )
                    },
                );
            }
        }
    }
}

fn key(psp_reference: &str) -> u64 {
    // A hash instead of the text keeps the window small; DefaultHasher::new has fixed keys.
    let mut hasher = DefaultHasher::new();
    psp_reference.hash(&mut hasher);
    hasher.finish()
}
