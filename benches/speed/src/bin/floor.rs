//! How fast the job can be when nothing else is done: `floor read|parse LEDGER MONTH`,
//! `floor csv LEDGER MONTH FILE`, `floor saft LEDGER MONTH FILE HEAD`.
//!
//! `read` reads the files; `parse` also takes the bodies apart, checks the chain of balances and types dates
//! and currencies; `csv` and `saft` also write the bytes that bilag writes with a voucher per entry.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;

use bilag_speed::Stop;
use bilag_speed::booking::{Booking, Bookings};
use bilag_speed::calendar::Date;
use bilag_speed::csv::{self, Vouchers};
use bilag_speed::reading::{Chain, Entry, TOPICS, files};
use bilag_speed::saft::{self, Totals, Transactions};

/// How much is written at once.
const BLOCK: usize = 1 << 16;

#[expect(clippy::print_stdout, reason = "a program of its own")]
fn main() -> Result<(), Stop> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let count = match arguments[..] {
        ["read", ledger, month] => read(Path::new(ledger), month),
        ["parse", ledger, month] => Month::new(ledger, month)?.parse(),
        ["csv", ledger, month, file] => Month::new(ledger, month)?.write_csv(file),
        ["saft", ledger, month, file, head] => Month::new(ledger, month)?.write_saft(file, head),
        _ => Err("usage: floor read|parse|csv|saft LEDGER MONTH [FILE [HEAD]]".into()),
    }?;
    println!("{count}");
    Ok(())
}

fn read(ledger: &Path, month: &str) -> Result<u64, Stop> {
    let (mut content, mut bytes) = (Vec::new(), 0);
    for path in files(ledger, month)?.into_iter().flat_map(|(_, paths)| paths) {
        content.clear();
        bytes += File::open(path)?.read_to_end(&mut content)? as u64;
    }
    Ok(bytes)
}

/// One month of one ledger.
struct Month<'a> {
    ledger: &'a Path,
    ledger_id: &'a str,
    month: &'a str,
}

impl<'a> Month<'a> {
    fn new(ledger: &'a str, month: &'a str) -> Result<Self, Stop> {
        let ledger = Path::new(ledger);
        let ledger_id = ledger.file_name().and_then(|name| name.to_str());
        Ok(Self {
            ledger,
            ledger_id: ledger_id.ok_or("the folder has no name")?,
            month,
        })
    }

    /// Calls `begin` for each topic of each date, and `take` for each entry with what that gave.
    fn each<T>(
        &self,
        begin: impl Fn(&'static str, Date) -> T,
        mut take: impl FnMut(&T, &Entry<'_>) -> Result<(), Stop>,
    ) -> Result<u64, Stop> {
        let (mut content, mut entries) = (Vec::new(), 0);
        let mut chains: [Chain; 2] = Default::default();
        for (date, paths) in files(self.ledger, self.month)? {
            for ((topic, path), chain) in TOPICS.into_iter().zip(paths).zip(&mut chains) {
                content.clear();
                File::open(path)?.read_to_end(&mut content)?;
                let begun = begin(topic, date);
                entries += chain.entries(&content, date, |entry| take(&begun, entry))?;
            }
        }
        Ok(entries)
    }

    /// The same for entries that are booked.
    fn each_booked<T>(
        &self,
        begin: impl Fn(&'static str, Date) -> T,
        mut take: impl FnMut(&T, &Booking, &Entry<'_>) -> Result<(), Stop>,
    ) -> Result<u64, Stop> {
        self.each(
            |topic, date| (topic, Bookings::default(), begin(topic, date)),
            |(topic, bookings, begun), entry| match bookings.of(topic, entry)? {
                Some(booking) => take(begun, booking, entry),
                None => Ok(()),
            },
        )
    }

    fn parse(&self) -> Result<u64, Stop> {
        self.each(|_, _| (), |(), _| Ok(()))
    }

    fn write_csv(&self, file: &str) -> Result<u64, Stop> {
        let mut out = Blocks::new(file, csv::HEADER)?;
        let entries = self.each_booked(
            |topic, date| Vouchers::new(self.ledger_id, topic, &date.to_string()),
            |vouchers, booking, entry| {
                vouchers.write(&mut out.block, booking, entry);
                out.write_if_full()
            },
        )?;
        out.finish(b"")?;
        Ok(entries)
    }

    /// Reads everything twice: the head of the file says what its transactions come to.
    fn write_saft(&self, file: &str, head: &str) -> Result<u64, Stop> {
        let mut totals = Totals::default();
        self.each_booked(
            |_, _| (),
            |(), booking, entry| {
                totals.add(booking, entry.amount);
                Ok(())
            },
        )?;
        let created = files(self.ledger, self.month)?.last().map(|(date, _)| *date);
        let created = created.ok_or("no date of the month is there")?;
        let head = totals.fill(&fs::read_to_string(head)?);
        let mut out = Blocks::new(file, head.as_bytes())?;
        let entries = self.each_booked(
            |topic, date| Transactions::new(self.ledger_id, topic, date, created),
            |transactions, booking, entry| {
                transactions.write(&mut out.block, booking, entry);
                out.write_if_full()
            },
        )?;
        out.finish(saft::TAIL)?;
        Ok(entries)
    }
}

/// A file that is written in blocks.
struct Blocks {
    file: File,
    block: Vec<u8>,
}

impl Blocks {
    fn new(file: &str, head: &[u8]) -> Result<Self, Stop> {
        let mut block = Vec::with_capacity(BLOCK * 2);
        block.extend_from_slice(head);
        Ok(Self {
            file: File::create(file)?,
            block,
        })
    }

    fn write_if_full(&mut self) -> Result<(), Stop> {
        if self.block.len() >= BLOCK {
            self.file.write_all(&self.block)?;
            self.block.clear();
        }
        Ok(())
    }

    fn finish(mut self, tail: &[u8]) -> Result<(), Stop> {
        self.block.extend_from_slice(tail);
        Ok(self.file.write_all(&self.block)?)
    }
}
