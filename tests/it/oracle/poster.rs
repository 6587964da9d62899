//! The second poster: a life and a setting in, all vouchers out.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};

use crate::oracle::drafts::{Draft, Voucher};
use crate::oracle::exchange;
use crate::oracle::life::{Entry, Life, Topic, before};
use crate::oracle::moves::{Move, Mover};
use crate::oracle::setting::{Setting, VoucherPer};

/// All vouchers of a life, as they are when it is booked from its first entry on.
pub(crate) fn post(life: &Life, setting: &Setting) -> Vec<Voucher> {
    let mover = Mover::new(life, setting);
    let payouts = Payouts::of(life);
    let mut drafts: Vec<Draft> = Vec::new();
    let mut places = BTreeMap::<String, usize>::new();
    for (place, entry) in life.entries.iter().enumerate() {
        let Some(moved) = mover
            .of(place)
            .filter(|moved| entry.amount != 0 && moved.amount() != 0)
        else {
            continue;
        };
        let (id, date, on) = voucher_of(life, setting, &payouts, &moved);
        let index = *places.entry(id.clone()).or_insert_with(|| {
            drafts.push(Draft::new(id, date, on));
            drafts.len() - 1
        });
        drafts[index].add(setting, place, &moved);
    }
    if setting.is_foreign() {
        exchange::add_differences(life, setting, &mut drafts);
    }
    drafts
        .into_iter()
        .filter_map(|draft| draft.finish(setting))
        .collect()
}

/// What of the funds topic is not posted, up to a date: others book it.
pub(crate) fn unposted(life: &Life, setting: &Setting, first: NaiveDate, last: NaiveDate) -> i64 {
    let mover = Mover::new(life, setting);
    let entries = life.entries.iter().enumerate();
    entries
        .filter(|(_, entry)| entry.topic == Topic::Funds && (first..=last).contains(&entry.date))
        .map(|(place, entry)| entry.amount - mover.of(place).map_or(0, |moved| moved.amount()))
        .sum()
}

/// Id, date, and the ledger date that makes the voucher whole.
fn voucher_of(
    life: &Life,
    setting: &Setting,
    payouts: &Payouts,
    moved: &Move<'_>,
) -> (String, NaiveDate, NaiveDate) {
    let (ledger, entry) = (&life.ledger, moved.entry);
    let on = entry.date;
    match setting.modes.voucher_per {
        VoucherPer::Payout => {
            let (name, date, on) = payouts.voucher(on);
            (format!("VM-{ledger}-{name}"), date, on)
        }
        VoucherPer::Entry => {
            let (topic, ordinal) = (entry.topic.name(), entry.ordinal);
            (format!("VM-{ledger}-{on}-{topic}-{ordinal:03}"), moved.date, on)
        }
        VoucherPer::LedgerDate if moved.date == on => (format!("VM-{ledger}-{on}"), on, on),
        VoucherPer::LedgerDate => (format!("VM-{ledger}-{on}@{}", moved.date), moved.date, on),
    }
}

/// The payouts of a life by their date, with the names of their vouchers.
struct Payouts {
    names: BTreeMap<NaiveDate, String>,
}

pub(crate) fn payout_number(entry: &Entry) -> String {
    let psp = entry.psp.as_deref().unwrap();
    psp.rsplit('-').next().unwrap().to_owned()
}

pub(crate) fn month_end(date: NaiveDate) -> NaiveDate {
    let (year, month) = match date.month() {
        12 => (date.year() + 1, 1),
        month => (date.year(), month + 1),
    };
    before(NaiveDate::from_ymd_opt(year, month, 1).unwrap(), 1)
}

impl Payouts {
    fn of(life: &Life) -> Self {
        let mut names = BTreeMap::new();
        let mut seen = BTreeSet::new();
        for entry in life
            .entries
            .iter()
            .filter(|entry| entry.kind == "payout-scheduled")
        {
            let number = payout_number(entry);
            let name = if seen.contains(&number) {
                format!("P{number}.{}", entry.date.format("%Y%m%d"))
            } else {
                format!("P{number}")
            };
            seen.insert(number);
            names.insert(entry.date, name);
        }
        Self { names }
    }

    /// Name, date and last ledger date of the voucher that has the entries of a date.
    fn voucher(&self, date: NaiveDate) -> (String, NaiveDate, NaiveDate) {
        let payout = self.names.range(date..).next();
        let end = month_end(date);
        match payout {
            Some((paid, name)) if *paid <= end => (name.clone(), *paid, *paid),
            _ => (format!("open@{end}"), end, end),
        }
    }
}
