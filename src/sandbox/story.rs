//! The demo month: October 2026 at the invented mountain café Fjellbua Kaffe, with every kind of
//! entry that the provider's reference describes, and one that it does not.
//!
//! The ledger begins on 1 October. Sundays are closed and empty, but for the 25th, when the clock
//! is turned back. 1 November is there too, so that the end of October can be chained.

use std::borrow::Cow;

use chrono::{Datelike, NaiveDate, Weekday};

use crate::chart::Market;
use crate::ledger::entry::EntryType;
use crate::provider::Topic;
use crate::sandbox::engine::{Frequency, Settlement, Terms};
use crate::sandbox::random::Random;
use crate::sandbox::script::{Capture, Script};
use crate::sandbox::source::ScriptedSource;

/// The id of the demo ledger.
pub const LEDGER_ID: &str = "302321";

/// The entry type that no reference describes.
pub const UNKNOWN_TYPE: &str = "loyalty-adjustment";

const PRICES: [i64; 8] = [4900, 5600, 6900, 8900, 11_900, 15_400, 18_900, 24_500];

/// The demo ledger.
pub fn source() -> ScriptedSource {
    let mut script = Script::new(terms(), "fjellbua-", date(10, 1));
    let mut story = Story::default();
    for day in 1..=31 {
        script.turn_to(date(10, day));
        story.tell(&mut script, day);
        script.close();
    }
    script.turn_to(date(11, 1));
    story.pay_late_fee(&mut script);
    for hour in [11, 12, 14] {
        sell(&mut script, hour, 10, 8900);
    }
    script.close();
    script.finish("Fjellbua Kaffe", "987654321", "BBAN:NO", "86011117947")
}

/// The last date that the story tells of is closed when this is "today".
pub fn today() -> NaiveDate {
    date(11, 2)
}

fn terms() -> Terms {
    Terms {
        ledger_id: LEDGER_ID.to_owned(),
        market: Market::Norway,
        handle: "api:123455".into(),
        settlement: Settlement::Net,
        frequency: Frequency::Daily,
        reserve: 0,
        cutoff_hour: 0,
        fee_basis_points: 175,
    }
}

fn date(month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, month, day).expect("the story keeps to the calendar")
}

/// What the story has to remember from one date to a later one.
#[derive(Default)]
struct Story {
    regular: Option<Capture>,
    catering: Option<Capture>,
    disputed: Option<Capture>,
    unpaid_fee: Option<Capture>,
}

impl Story {
    fn tell(&mut self, script: &mut Script, day: u32) {
        if day == 25 {
            return turn_back_the_clock(script);
        }
        if script.date().weekday() == Weekday::Sun {
            return;
        }
        self.pay_late_fee(script);
        let sales = match day {
            12 => 2,
            _ => 6 + day % 5,
        };
        for number in 0..sales {
            let mut random = Random::new(&[u64::from(day), u64::from(number)]);
            let amount = PRICES[usize::try_from(random.below(8)).unwrap_or(0)];
            let minute = u32::try_from(random.below(40)).unwrap_or(0);
            let capture = sell(script, 8 + number, minute, amount);
            match (day, number) {
                (6, 0) => self.regular = Some(capture),
                (14, 0) => self.disputed = Some(capture),
                _ => {}
            }
        }
        self.tell_of_payments(script, day);
        tell_of_adjustments(script, day);
    }

    /// Refunds, disputes, payouts that fail, and captures around midnight.
    fn tell_of_payments(&mut self, script: &mut Script, day: u32) {
        let evening = script.clock(script.date(), 20, 15);
        match day {
            5 => self.catering = Some(sell(script, 19, 0, 480_000)),
            7 | 31 => {
                // Its fee comes with the next ledger date.
                self.unpaid_fee = Some(script.capture(script.clock(script.date(), 23, 59), 18_900));
            }
            9 => refund(script, self.regular.as_ref(), 2500),
            12 => refund(script, self.catering.as_ref(), 480_000),
            16 => script.abort_last_payout(script.clock(script.date(), 20, 5)),
            19 => {
                if let Some(capture) = &self.disputed {
                    script.retain_disputed(capture, evening);
                }
            }
            27 => {
                if let Some(capture) = &self.disputed {
                    script.return_disputed(capture, evening);
                }
            }
            30 => {
                // Two minutes past midnight by the clock, still on the ledger date before.
                let capture = script.capture(script.clock(date(10, 31), 0, 2), 5600);
                script.fee(&capture);
            }
            _ => {}
        }
    }

    fn pay_late_fee(&mut self, script: &mut Script) {
        if let Some(capture) = self.unpaid_fee.take() {
            script.fee(&capture);
        }
    }
}

/// What the provider settles with the merchant outside of payments.
fn tell_of_adjustments(script: &mut Script, day: u32) {
    let time = script.clock(script.date(), 21, 30);
    let mut adjust = |topic, entry_type, amount| script.adjust(topic, entry_type, time, amount);
    match day {
        13 => adjust(Topic::Funds, EntryType::TopUp, 400_000),
        20 => {
            adjust(Topic::Funds, EntryType::Correction, -1250);
            adjust(Topic::Fees, EntryType::Correction, 320);
        }
        21 => adjust(Topic::Funds, EntryType::CreditNote, -10_000),
        22 => adjust(Topic::Fees, EntryType::CreditNote, -2500),
        23 => adjust(Topic::Fees, EntryType::FeesInvoiced, 1000),
        1 => adjust(Topic::Fees, EntryType::ServiceFee, -9900),
        28 => adjust(
            Topic::Funds,
            EntryType::Unknown(Cow::Borrowed(UNKNOWN_TYPE)),
            -1500,
        ),
        _ => {}
    }
}

/// A night of 25 hours: two captures at half past two, an hour apart.
fn turn_back_the_clock(script: &mut Script) {
    let first = script.clock(script.date(), 2, 30);
    for time in [first, first + chrono::TimeDelta::hours(1)] {
        let capture = script.capture(time, 11_900);
        script.fee(&capture);
    }
}

fn sell(script: &mut Script, hour: u32, minute: u32, amount: i64) -> Capture {
    let capture = script.capture(script.clock(script.date(), hour, minute), amount);
    script.fee(&capture);
    capture
}

fn refund(script: &mut Script, capture: Option<&Capture>, amount: i64) {
    if let Some(capture) = capture {
        script.refund(capture, script.clock(script.date(), 20, 45), amount);
    }
}
