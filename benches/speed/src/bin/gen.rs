//! Makes an archive that is the same on every machine: `gen OUT [--entries N] [--from DATE] [--dates D]
//! [--ledgers L] [--zst]`. Prints how many entries it made.
//!
//! Half of the entries are on the funds topic (captures, one refund in 25, fees retained, the payout of
//! a date), half on the fees topic (a fee for each capture, fees retained). Both topics start at balance
//! 0 and end every date at 0. The date before the first holds five entries, so that the balance on which
//! the first date opens is proven too.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use bilag_speed::calendar::Date;
use bilag_speed::{FIRST_LEDGER, Stop, UNIT};

/// Entries of one response body.
const PAGE: usize = 1000;
/// Entries of the date before the first, from which the first date's opening balance is proven.
const EVE: u64 = 5;
/// How many sales a refund can be of.
const REFUNDABLE: usize = 64;

#[expect(clippy::print_stdout, reason = "a program of its own")]
fn main() -> Result<(), Stop> {
    let plan = Plan::from_arguments(std::env::args().skip(1))?;
    let mut made = 0;
    for number in 0..plan.ledgers {
        // What does not divide evenly goes to the first ledgers.
        let entries = plan.entries / plan.ledgers + u64::from(number < plan.entries % plan.ledgers);
        made += Ledger::new(&plan, FIRST_LEDGER + number)?.fill(entries)?;
    }
    println!("{made}");
    Ok(())
}

struct Plan {
    out: PathBuf,
    entries: u64,
    from: Date,
    dates: u64,
    ledgers: u64,
    is_compressed: bool,
}

impl Plan {
    fn from_arguments(mut arguments: impl Iterator<Item = String>) -> Result<Self, Stop> {
        let mut plan = Self {
            out: PathBuf::from(arguments.next().ok_or("name the folder to fill")?),
            entries: 1_000_000,
            from: Date::parse("2026-01-01").ok_or("no date")?,
            dates: 31,
            ledgers: 1,
            is_compressed: false,
        };
        while let Some(option) = arguments.next() {
            if option == "--zst" {
                plan.is_compressed = true;
                continue;
            }
            let value = arguments.next().ok_or(format!("{option} needs a value"))?;
            match option.as_str() {
                "--entries" => plan.entries = value.parse()?,
                "--from" => plan.from = Date::parse(&value).ok_or(format!("`{value}` is no date"))?,
                "--dates" => plan.dates = value.parse()?,
                "--ledgers" => plan.ledgers = value.parse()?,
                _ => return Err(format!("`{option}` is no option").into()),
            }
        }
        if plan.dates == 0 || plan.ledgers == 0 {
            return Err("dates and ledgers start at 1".into());
        }
        Ok(plan)
    }
}

/// SplitMix64: enough to look like payments, and the same everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % limit
    }
}

/// One payment as both topics see it. The reference is JSON text, quotes included.
struct Payment {
    psp_reference: String,
    time: String,
    reference: String,
}

/// The bodies of one topic and date while they grow, and the balance, which goes on from date to date.
struct Topic {
    name: &'static str,
    bodies: String,
    on_page: usize,
    entries: u64,
    balance: i64,
}

impl Topic {
    fn new(name: &'static str) -> Self {
        Self {
            name,
            bodies: String::new(),
            on_page: 0,
            entries: 0,
            balance: 0,
        }
    }

    fn enter(
        &mut self,
        date: Date,
        entry_type: &str,
        payment: &Payment,
        handle: &str,
        amount: i64,
    ) -> Result<(), Stop> {
        if self.on_page == PAGE {
            self.close_page(true);
        }
        self.bodies
            .push_str(if self.on_page == 0 { "{\"items\":[" } else { "," });
        let before = self.balance;
        self.balance += amount;
        let Payment {
            psp_reference,
            time,
            reference,
        } = payment;
        write!(
            self.bodies,
            "{{\"pspReference\":\"{psp_reference}\",\"time\":\"{time}\",\"ledgerDate\":\"{date}\",\"entryType\":\"{entry_type}\",\
             \"reference\":{reference},\"currency\":\"NOK\",\"amount\":{amount},\"balanceBefore\":{before},\
             \"balanceAfter\":{},\"recipientHandle\":{handle}}}",
            self.balance
        )?;
        self.on_page += 1;
        self.entries += 1;
        Ok(())
    }

    fn close_page(&mut self, has_more: bool) {
        if self.on_page == 0 {
            self.bodies.push_str("{\"items\":[");
        }
        self.bodies.push_str(if has_more {
            "],\"hasMore\":true,\"cursor\":\"MzAyMzIxfDIwMjYtMDEtMDF8MTAwMA==\"}\n"
        } else {
            "],\"hasMore\":false,\"cursor\":\"\"}\n"
        });
        self.on_page = 0;
    }

    fn store(&mut self, folder: &Path, date: Date, is_compressed: bool) -> Result<(), Stop> {
        self.close_page(false);
        let file = folder.join(self.name).join(format!("{date}.json"));
        if is_compressed {
            let packed = packed(&self.bodies)?;
            fs::write(file.with_extension("json.zst"), packed)?;
        } else {
            fs::write(file, &self.bodies)?;
        }
        self.bodies.clear();
        Ok(())
    }
}

/// Packed at the level that zstd takes when nobody asks for another.
#[cfg(feature = "zst")]
fn packed(bodies: &str) -> Result<Vec<u8>, Stop> {
    Ok(zstd::stream::encode_all(
        bodies.as_bytes(),
        zstd::DEFAULT_COMPRESSION_LEVEL,
    )?)
}

#[cfg(not(feature = "zst"))]
fn packed(_: &str) -> Result<Vec<u8>, Stop> {
    Err("built without the feature `zst`".into())
}

struct Ledger<'p> {
    plan: &'p Plan,
    id: String,
    folder: PathBuf,
    random: Random,
    funds: Topic,
    fees: Topic,
    last_psp_reference: u64,
    last_payout: u64,
    /// Reference and amount of some sales of the past.
    sold: Vec<(String, i64)>,
}

impl<'p> Ledger<'p> {
    fn new(plan: &'p Plan, id: u64) -> Result<Self, Stop> {
        let folder = plan.out.join(id.to_string());
        for topic in ["funds", "fees"] {
            fs::create_dir_all(folder.join(topic))?;
        }
        let item = format!(
            "{{\"ledgerId\":\"{id}\",\"currency\":\"NOK\",\"payoutBankAccount\":{{\"scheme\":\"BBAN:NO\",\"id\":\"86011117947\"}},\
             \"owner\":{{\"scheme\":\"business:NO:ORG\",\"id\":\"987654321\"}},\"settlesForRecipientHandles\":[\"api:{UNIT}\"],\
             \"salesUnits\":[{{\"name\":\"Torget\",\"recipientHandle\":\"api:{UNIT}\"}}]}}\n"
        );
        fs::write(folder.join("ledger.json"), item)?;
        Ok(Self {
            plan,
            id: id.to_string(),
            folder,
            random: Random(id),
            funds: Topic::new("funds"),
            fees: Topic::new("fees"),
            last_psp_reference: 48_000_000_000,
            last_payout: 2_000_000,
            sold: Vec::new(),
        })
    }

    fn made(&self) -> u64 {
        self.funds.entries + self.fees.entries
    }

    /// Makes `entries` entries over the dates of the plan, a few less where a date would not pay out,
    /// after a small date before them.
    fn fill(mut self, entries: u64) -> Result<u64, Stop> {
        let mut date = self.plan.from.before();
        for number in 0..=self.plan.dates {
            self.trade(date, EVE + entries * number / self.plan.dates)?;
            for topic in [&mut self.funds, &mut self.fees] {
                topic.store(&self.folder, date, self.plan.is_compressed)?;
            }
            date = date.next();
        }
        Ok(self.made() - EVE)
    }

    /// One date: payments from six in the morning to eight in the evening, and what follows at night,
    /// until the ledger has `until` entries.
    fn trade(&mut self, date: Date, until: u64) -> Result<(), Stop> {
        let handle = format!("\"api:{UNIT}\"");
        // Fees retained on both topics, and a payout.
        let payments_until = until.saturating_sub(3);
        let expected = payments_until.saturating_sub(self.made()).max(1);
        let first = self.made();
        let mut fees = 0;
        while self.made() < payments_until {
            let seconds = 6 * 3600 + (self.made() - first) * (14 * 3600) / expected;
            let payment = self.payment(date, seconds);
            let is_last = self.made() + 1 == payments_until;
            if !self.sold.is_empty() && (is_last || self.random.below(25) == 0) {
                let pick = self.random.below(self.sold.len() as u64) as usize;
                let (reference, amount) = self.sold[pick].clone();
                let refund = Payment { reference, ..payment };
                self.funds.enter(date, "refund", &refund, &handle, -amount)?;
                continue;
            }
            let amount = match self.random.below(4) {
                0 => 3_900,
                1 => 11_900,
                _ => 500 + self.random.below(180_000) as i64,
            };
            // 1.75 % and one krone.
            let fee = 100 + (amount * 175 + 5_000) / 10_000;
            self.funds.enter(date, "capture", &payment, &handle, amount)?;
            self.fees.enter(date, "capture-fee", &payment, &handle, -fee)?;
            fees += fee;
            if self.sold.len() < REFUNDABLE {
                self.sold.push((payment.reference, amount));
            } else {
                let pick = self.random.below(REFUNDABLE as u64) as usize;
                self.sold[pick] = (payment.reference, amount);
            }
        }
        self.settle(date, fees)
    }

    fn settle(&mut self, date: Date, fees: i64) -> Result<(), Stop> {
        if fees > 0 {
            let night = Payment {
                psp_reference: format!("{}-{:04}{:02}{:02}", self.id, date.year, date.month, date.day),
                time: format!("{}T00:10:00.000000Z", date.next()),
                reference: "null".to_owned(),
            };
            self.funds.enter(date, "fees-retained", &night, "null", -fees)?;
            self.fees.enter(date, "fees-retained", &night, "null", fees)?;
        }
        if self.funds.balance > 0 {
            self.last_payout += 1;
            let payout = Payment {
                psp_reference: format!("{}-{}", self.id, self.last_payout),
                time: format!("{}T00:23:17.000000Z", date.next()),
                reference: "null".to_owned(),
            };
            let amount = -self.funds.balance;
            self.funds
                .enter(date, "payout-scheduled", &payout, "null", amount)?;
        }
        Ok(())
    }

    fn payment(&mut self, date: Date, seconds: u64) -> Payment {
        self.last_psp_reference += 1 + self.random.below(9);
        let psp_reference = format!("{}{:04}", self.last_psp_reference, self.random.below(10_000));
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        let micros = self.random.below(1_000_000);
        let order = self.random.below(1 << 40);
        // One in a hundred needs an escape in JSON.
        let reference = match self.random.below(200) {
            0 => format!("\"bord \\\"{}\\\", ute\"", order % 90),
            1 => format!("\"kj\\u00f8p {}\"", order % 100_000),
            2..=4 => format!("\"Blåbær {}\"", order % 10_000),
            _ => format!("\"ordre-{order:010x}\""),
        };
        Payment {
            psp_reference,
            time: format!("{date}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z"),
            reference,
        }
    }
}
