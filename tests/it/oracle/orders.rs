//! What a shop's customers do: orders that are captured in parts, given back in parts, and numbered again.

use chrono::NaiveDate;

use crate::harness::chance::Dice;
use crate::oracle::exact::Exact;
use crate::oracle::generate::{Maker, Names};
use crate::oracle::life::{Line, Topic};

/// How references begin or end, by which rules tell them apart.
const KINDS: [(&str, &str); 8] = [
    ("shop-", ""),
    ("shop-", ""),
    ("food-", ""),
    ("food-", ""),
    ("gift-", ""),
    ("shop-", "-tip"),
    ("b2b-", ""),
    ("till-", ""),
];

/// One order.
#[derive(Debug)]
struct Order {
    since: NaiveDate,
    reference: String,
    handle: Option<String>,
    /// Amounts and names of its captures.
    captures: Vec<(i64, Names)>,
    is_disputed: bool,
    /// Another sales unit has an order of the same reference.
    is_shared: bool,
    /// What has not been given back.
    rest: i64,
    /// What is left by code, while there is one capture and refunds name their lines.
    basket: Option<Vec<(&'static str, i64)>>,
}

/// All orders that may still go on.
#[derive(Debug, Default)]
pub(crate) struct Orders {
    orders: Vec<Order>,
    count: usize,
}

impl Orders {
    /// A capture: of a new order, or one more of an order that is there.
    pub(crate) fn sell(&mut self, maker: &mut Maker) {
        let goes_on = maker.dice.one_in(3).then(|| self.pick(&mut maker.dice)).flatten();
        let index = match goes_on {
            // A number is used again when its order has come back whole, or the order is captured in parts.
            Some(index) => index,
            None => {
                self.count += 1;
                let (prefix, end) = *maker.dice.pick(&KINDS);
                let unit = if maker.dice.one_in(4) { 2 } else { 1 };
                let handle =
                    (!maker.dice.one_in(15)).then(|| format!("{}:9000{unit}", maker.life.market.name));
                let other = format!("{}:9000{}", maker.life.market.name, 3 - unit);
                let twin = self
                    .orders
                    .iter_mut()
                    .find(|twin| handle.is_some() && twin.handle.as_ref() == Some(&other) && !twin.is_shared);
                let twin = twin.filter(|_| maker.dice.one_in(4));
                let is_shared = twin.is_some();
                let reference = match twin {
                    Some(twin) => {
                        (twin.is_shared, twin.basket) = (true, None);
                        twin.reference.clone()
                    }
                    None => format!("{prefix}{}{end}", self.count),
                };
                self.orders.push(Order {
                    since: maker.today,
                    reference,
                    is_shared,
                    handle,
                    captures: Vec::new(),
                    is_disputed: false,
                    rest: 0,
                    basket: None,
                });
                self.orders.len() - 1
            }
        };
        let order = &mut self.orders[index];
        let earlier = order.captures.last().map(|capture| capture.0);
        let amount = match (earlier, maker.dice.between(0, 9)) {
            (Some(earlier), 0..=2) => earlier,
            (_, 3) => maker.dice.between(0, 900) * 28 + 14,
            (_, 4) => maker.dice.between(1, 99),
            _ => maker.dice.between(100, 60_000),
        };
        let psp = maker.next_psp();
        let names = (
            Some(psp.clone()),
            Some(order.reference.clone()),
            order.handle.clone(),
        );
        maker.add(Topic::Funds, "capture", amount, names.clone());
        order.basket = None;
        if amount > 100 && maker.wants_basket() {
            let lines = basket(maker, amount);
            if order.rest <= 0 && !order.is_shared {
                order.basket = Some(lines.iter().map(|line| (line.1, line.0)).collect());
            }
            maker.keep_basket(&psp, lines);
        }
        if !maker.dice.one_in(12) {
            maker.charge(amount, &names);
        }
        order.rest = order.rest.max(0) + amount;
        order.captures.push((amount, names));
    }

    /// A refund of some kind.
    pub(crate) fn give_back(&mut self, maker: &mut Maker) {
        let psp = maker.next_psp();
        let Some(index) = self.pick(&mut maker.dice).filter(|_| !maker.dice.one_in(25)) else {
            let handle = Some(format!("{}:90001", maker.life.market.name));
            let amount = maker.dice.between(1, 5_000);
            return maker.add(
                Topic::Funds,
                "refund",
                -amount,
                (Some(psp), Some(format!("lost-{amount}")), handle),
            );
        };
        let order = &mut self.orders[index];
        if order.rest <= 0 && !maker.dice.one_in(6) {
            return;
        }
        let rest = order.rest.max(1);
        let one = maker.dice.pick(&order.captures).0;
        let mut own = None;
        let amount = match maker.dice.between(0, 9) {
            0..=2 => rest,
            3 | 4 => one.min(rest),
            5 if one > 2 => (one / 3).min(rest),
            6 => rest + maker.dice.between(1, 500),
            7 | 8 if order.basket.as_ref().is_some_and(|basket| !basket.is_empty()) => {
                let basket = order.basket.as_mut().unwrap();
                let index = maker.dice.between(0, basket.len() as i64 - 1) as usize;
                let (code, left) = &mut basket[index];
                let gross = if maker.dice.one_in(2) {
                    *left
                } else {
                    (*left / 2).max(1)
                };
                *left -= gross;
                own = Some(vec![(-gross, *code, None)]);
                basket.retain(|line| line.1 > 0);
                gross
            }
            _ => maker.dice.between(1, rest),
        };
        let is_named = own.is_some() || !maker.dice.one_in(20);
        let handle = order.handle.clone().filter(|_| is_named);
        maker.add(
            Topic::Funds,
            "refund",
            -amount,
            (Some(psp.clone()), Some(order.reference.clone()), handle),
        );
        order.rest -= amount;
        match own {
            Some(lines) => maker.keep_basket(&psp, lines),
            None => order.basket = None,
        }
    }

    /// Orders end before the program stops looking back for them.
    pub(crate) fn forget(&mut self, date: NaiveDate) {
        self.orders.retain(|order| (date - order.since).num_days() < 330);
        // Most orders come to rest.
        if self.orders.len() > 12 {
            self.orders.remove(0);
        }
    }

    /// The amount and the names of some capture, each order once.
    pub(crate) fn dispute(&mut self, dice: &mut Dice) -> Option<(i64, Names)> {
        let index = self.pick(dice)?;
        let order = &mut self.orders[index];
        let is_new = !std::mem::replace(&mut order.is_disputed, true);
        order.captures.last().cloned().filter(|_| is_new)
    }

    fn pick(&self, dice: &mut Dice) -> Option<usize> {
        (!self.orders.is_empty()).then(|| dice.between(0, self.orders.len() as i64 - 1) as usize)
    }
}

/// Lines of two or three codes that are valid on all dates.
fn basket(maker: &mut Maker, amount: i64) -> Vec<Line> {
    let codes = maker.life.market.codes.iter();
    let codes: Vec<_> = codes
        .filter(|code| code.5.is_empty() && code.4 < "2025")
        .collect();
    let mut left = amount;
    let mut lines: Vec<Line> = Vec::new();
    let count = maker.dice.between(1, 2);
    for index in 0..=count {
        let gross = if index == count {
            left
        } else {
            maker.dice.between(1, left - (count - index))
        };
        left -= gross;
        let code = maker.dice.pick(&codes).0;
        match lines.iter_mut().find(|line| line.1 == code) {
            Some(line) => line.0 += gross,
            None => lines.push((gross, code, None)),
        }
    }
    for (gross, code, vat) in &mut lines {
        let rate = Exact::parse(maker.life.market.code(code).1);
        let near = (Exact::from(*gross) * rate / (rate + Exact::from(100))).nearest();
        // The shop rounds in its own way.
        if near > 1 && maker.dice.one_in(2) {
            *vat = Some(near + maker.dice.between(-1, 1));
        }
    }
    lines
}
