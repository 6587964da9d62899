//! Lives by chance: what shops, the provider and the bank's calendar may do to a ledger in fifteen months.

use chrono::{Datelike, NaiveDate, NaiveTime, Weekday};

use crate::harness::chance::Dice;
use crate::oracle::clock;
use crate::oracle::life::{Entry, Life, Line, Topic, before, dates, next};
use crate::oracle::market::MARKETS;
use crate::oracle::orders::Orders;
use crate::oracle::poster::month_end;

/// How often a payout is scheduled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Payouts {
    Daily,
    Weekly,
    Monthly,
    Seldom,
}

/// What a ledger is like.
#[derive(Debug)]
struct Nature {
    payouts: Payouts,
    /// Fees are invoiced by the month.
    gross: bool,
    fees_daily: bool,
    reserve: i64,
    /// Up to so many sales on a date.
    sales: i64,
    cutoff_at_four: bool,
    has_baskets: bool,
}

/// A life in the making.
pub(crate) struct Maker {
    pub(crate) dice: Dice,
    pub(crate) life: Life,
    pub(crate) today: NaiveDate,
    nature: Nature,
    balances: [i64; 2],
    ordinals: [usize; 2],
    psp: u64,
    payout: u64,
    /// An aborted payout that comes again under its number.
    again: Option<String>,
    /// What comes on a later date: topic, type, amount, and the entry's names.
    later: Vec<(NaiveDate, Topic, &'static str, i64, Names)>,
}

/// pspReference, reference and handle.
pub(crate) type Names = (Option<String>, Option<String>, Option<String>);

/// The life of a seed.
pub(crate) fn life(seed: u64) -> Life {
    let mut dice = Dice::new(&[15, seed]);
    let market = &MARKETS[dice.between(0, 3) as usize];
    let is_foreign = dice.one_in(3);
    let other = if market.currency == "EUR" { "SEK" } else { "EUR" };
    let first = NaiveDate::from_ymd_opt(2025, dice.between(8, 11) as u32, 1).unwrap();
    let mut last = first;
    for _ in 0..15 {
        last = next(month_end(last));
    }
    let nature = Nature {
        payouts: *dice.pick(&[
            Payouts::Daily,
            Payouts::Daily,
            Payouts::Weekly,
            Payouts::Monthly,
            Payouts::Seldom,
        ]),
        gross: dice.one_in(4),
        fees_daily: !dice.one_in(3),
        reserve: if dice.one_in(4) { 7_700 } else { 0 },
        sales: dice.between(1, 4),
        cutoff_at_four: dice.one_in(3),
        has_baskets: dice.one_in(3),
    };
    let mut maker = Maker {
        life: Life {
            ledger: (300_000 + seed % 100_000).to_string(),
            market,
            currency: if is_foreign { other } else { market.currency },
            first,
            last: last.pred_opt().unwrap(),
            known_from: before(first, 7),
            opening: [0, 0],
            entries: Vec::new(),
            baskets: Vec::new(),
        },
        dice,
        today: first,
        nature,
        balances: [0, 0],
        ordinals: [0, 0],
        psp: 88_000_000_000,
        payout: 2_000_001,
        again: None,
        later: Vec::new(),
    };
    maker.live();
    maker.life
}

impl Maker {
    fn live(&mut self) {
        let mut orders = Orders::default();
        let (mut is_quiet, mut is_unpaid) = (false, false);
        for date in dates(self.life.first, self.life.last) {
            self.today = date;
            self.ordinals = [0, 0];
            if date.day() == 1 {
                is_quiet = self.dice.one_in(14);
                is_unpaid = self.dice.one_in(8);
            }
            if !is_quiet && !self.dice.one_in(4) {
                for _ in 0..self.dice.between(0, self.nature.sales) {
                    orders.sell(self);
                }
                for _ in 0..self.dice.between(0, 2) {
                    if self.dice.one_in(3) {
                        orders.give_back(self);
                    }
                }
                self.oddities(&mut orders);
            }
            self.due();
            self.settle();
            if !is_unpaid {
                self.pay_out();
            }
            orders.forget(date);
        }
        // By date, funds before fees; each in the order in which it was made.
        self.life.entries.sort_by_key(|entry| (entry.date, entry.topic));
    }

    pub(crate) fn next_psp(&mut self) -> String {
        self.psp += 1;
        self.psp.to_string()
    }

    /// Adds an entry of today.
    pub(crate) fn add(
        &mut self,
        topic: Topic,
        kind: &'static str,
        amount: i64,
        (psp, reference, handle): Names,
    ) {
        let index = topic as usize;
        self.balances[index] += amount;
        self.ordinals[index] += 1;
        let (local_date, time) = self.moment(kind);
        self.life.entries.push(Entry {
            topic,
            date: self.today,
            ordinal: self.ordinals[index],
            kind,
            amount,
            after: self.balances[index],
            psp,
            reference,
            handle,
            time,
            local_date,
        });
    }

    /// When an entry of today is made: with a late cut-off also in the night that follows.
    fn moment(&mut self, kind: &str) -> (NaiveDate, String) {
        let is_sale = matches!(kind, "capture" | "refund");
        let (date, hour) = match self.dice.between(0, 11) {
            0 | 1 if is_sale && self.nature.cutoff_at_four => (next(self.today), 0),
            2 if is_sale && self.dice.one_in(3) => (self.today.pred_opt().unwrap(), 23),
            3 => (self.today, 0),
            4 => (self.today, 23),
            _ => (self.today, 12),
        };
        let minute = self.dice.between(0, 59) as u32;
        let local = date.and_time(NaiveTime::from_hms_opt(hour, minute, 7).unwrap());
        let utc = clock::utc(local, self.life.market.winter_hours);
        (date, format!("{}Z", utc.format("%Y-%m-%dT%H:%M:%S")))
    }

    /// A fee of a capture that was just added, today or on one of the next dates.
    pub(crate) fn charge(&mut self, amount: i64, names: &Names) {
        let fees = if self.dice.one_in(9) { 2 } else { 1 };
        for _ in 0..fees {
            let late = if self.dice.one_in(7) {
                self.dice.between(1, 6)
            } else {
                0
            };
            let date = self.today + chrono::Duration::days(late);
            let fee = -(amount * self.dice.between(5, 29) / 1000).max(1);
            self.later
                .push((date, Topic::Fees, "capture-fee", fee, names.clone()));
        }
    }

    pub(crate) fn keep_basket(&mut self, psp: &str, lines: Vec<Line>) {
        self.life.baskets.push((psp.to_owned(), lines));
    }

    pub(crate) fn wants_basket(&mut self) -> bool {
        self.nature.has_baskets && !self.dice.one_in(3)
    }

    /// What is neither a sale nor a settlement.
    fn oddities(&mut self, orders: &mut Orders) {
        let size = self.dice.between(1, 9_000);
        let signed = *self.dice.pick(&[size, -size]);
        let names = (Some(self.next_psp()), None, None);
        match self.dice.between(0, 150) {
            0 => self.add(Topic::Funds, "correction", signed, names),
            1 => self.add(Topic::Funds, "credit-note", signed, names),
            2 => self.add(Topic::Funds, "loyalty-adjustment", signed, names),
            3 => self.add(Topic::Fees, "correction", signed, names),
            4 => self.add(Topic::Fees, "credit-note", signed, names),
            5 | 6 => self.add(Topic::Fees, "service-fee", -size, names),
            7 => self.add(Topic::Fees, "monthly-fee", -size, names),
            8 => self.add(Topic::Funds, "top-up", size, names),
            9..=13 => {
                let Some((amount, names)) = orders.dispute(&mut self.dice) else {
                    return;
                };
                self.add(Topic::Funds, "retained-disputed-capture", -amount, names.clone());
                let mut date = self.today;
                for round in 0..self.dice.between(0, 2) {
                    if round > 0 {
                        date += chrono::Duration::days(self.dice.between(1, 20));
                        self.later.push((
                            date,
                            Topic::Funds,
                            "retained-disputed-capture",
                            -amount,
                            names.clone(),
                        ));
                    }
                    date += chrono::Duration::days(self.dice.between(0, 40));
                    self.later.push((
                        date,
                        Topic::Funds,
                        "returned-disputed-capture",
                        amount,
                        names.clone(),
                    ));
                }
            }
            // More goes back than there is.
            14 | 15 if self.balances[0] < 20_000 => {
                let amount = self.balances[0].max(0) + size;
                let handle = Some(format!("{}:90001", self.life.market.name));
                self.add(
                    Topic::Funds,
                    "refund",
                    -amount,
                    (names.0, Some("lost-1".to_owned()), handle),
                );
            }
            _ => {}
        }
    }

    /// Adds what was put off until today.
    fn due(&mut self) {
        let today = self.today;
        let (due, later) = std::mem::take(&mut self.later)
            .into_iter()
            .partition(|item| item.0 <= today);
        self.later = later;
        let due: Vec<_> = due;
        for (_, topic, kind, amount, names) in due {
            if kind == "payout-aborted" && self.dice.one_in(2) {
                self.again.clone_from(&names.0);
            }
            self.add(topic, kind, amount, names);
        }
    }

    /// What is owed for fees is retained, or invoiced.
    fn settle(&mut self) {
        let owed = self.balances[1];
        if owed == 0 {
            return;
        }
        if self.nature.gross {
            if self.today.day() == 1 && owed < 0 {
                let names = (Some(format!("invoice-{}", self.today)), None, None);
                self.add(Topic::Fees, "fees-invoiced", -owed, names);
            }
        } else if (self.nature.fees_daily || self.is_payday())
            && (owed < 0 || self.dice.one_in(5))
            && !self.dice.one_in(9)
        {
            let name = format!("{}-{}", self.life.ledger, self.today.format("%Y%m%d"));
            let part = if self.dice.one_in(9) { owed / 2 } else { owed };
            for amount in [part, owed - part].into_iter().filter(|amount| *amount != 0) {
                self.add(
                    Topic::Funds,
                    "fees-retained",
                    amount,
                    (Some(name.clone()), None, None),
                );
            }
            self.add(Topic::Fees, "fees-retained", -owed, (Some(name), None, None));
        }
    }

    fn is_payday(&self) -> bool {
        match self.nature.payouts {
            Payouts::Daily => true,
            Payouts::Weekly => self.today.weekday() == Weekday::Mon,
            Payouts::Monthly => self.today.day() == 1,
            Payouts::Seldom => self.today.day() == 17 && self.today.month().is_multiple_of(2),
        }
    }

    /// The last entry of a payday, unless there is nothing to pay.
    fn pay_out(&mut self) {
        let available = self.balances[0] - self.nature.reserve;
        if available <= 0 || !self.is_payday() || self.dice.one_in(12) {
            return;
        }
        let amount = if self.dice.one_in(15) {
            (available / 2).max(1)
        } else {
            available
        };
        let name = self.again.take().unwrap_or_else(|| {
            self.payout += 1;
            format!("117703-{}", self.payout - 1)
        });
        let names = (Some(name), None, None);
        self.add(Topic::Funds, "payout-scheduled", -amount, names.clone());
        if self.dice.one_in(14) {
            let date = self.today + chrono::Duration::days(self.dice.between(1, 4));
            self.later
                .push((date, Topic::Funds, "payout-aborted", amount, names));
        }
    }
}
