//! Which two accounts an entry goes to, and with which text.

use crate::calendar::Date;
use crate::reading::Entry;
use crate::{Stop, UNIT};

/// An account of the chart, by its place in [`ACCOUNTS`].
pub type Account = usize;

/// Numbers and names.
pub const ACCOUNTS: [(&str, &str); 5] = [
    ("1576", "Vipps, salg til oppgjør"),
    ("1577", "Vipps, til gode"),
    ("1578", "Vipps, utbetalinger underveis"),
    ("2961", "Vipps, påløpte gebyrer"),
    ("7770", "Bank- og kortgebyrer"),
];

/// How one type of entry is booked.
#[derive(Debug)]
pub struct Booking {
    /// The posting key.
    pub key: &'static str,
    /// Takes the entry's amount, then its opposite.
    pub accounts: [Account; 2],
    /// The tax code of the second posting.
    pub tax_code: &'static str,
    /// The text; of a payout up to its number, and after it.
    pub text: (String, &'static str),
}

/// The bookings of one date, made once for all of its entries.
#[derive(Debug)]
pub struct Bookings([Booking; 5]);

impl Bookings {
    /// For a date.
    pub fn new(date: Date) -> Self {
        let booking = |key, accounts, tax_code, text, after| Booking {
            key,
            accounts,
            tax_code,
            text: (text, after),
        };
        let sale = format!("Vipps salg {date} {UNIT}");
        let retained = "Vipps gebyr trukket".to_owned();
        Self([
            booking("capture", [1, 0], "", sale, ""),
            booking("capture_fee", [3, 4], "0", format!("Vipps gebyr {date}"), ""),
            booking("refund", [1, 0], "", format!("Vipps refusjon {date}"), ""),
            booking("fees_retained", [1, 3], "", retained, ""),
            booking(
                "payout_scheduled",
                [1, 2],
                "",
                "Utb. ".to_owned(),
                " Vipps 123455",
            ),
        ])
    }

    /// The booking of an entry, or `None` when the other topic's entry already says it.
    pub fn of(&self, topic: &str, entry: &Entry<'_>) -> Result<Option<&Booking>, Stop> {
        let place = match (topic, entry.entry_type) {
            ("funds", "capture") => 0,
            ("fees", "capture-fee") => 1,
            ("funds", "refund") => 2,
            ("funds", "fees-retained") => 3,
            ("funds", "payout-scheduled") => 4,
            ("fees", "fees-retained") => return Ok(None),
            (topic, other) => return Err(format!("the floor knows no `{other}` on {topic}").into()),
        };
        Ok(Some(&self.0[place]))
    }
}

impl Booking {
    /// What stands for the entry in the books: the provider's reference, of a payout its number.
    pub fn reference<'e>(&self, entry: &Entry<'e>) -> &'e str {
        if self.key == "payout_scheduled" {
            entry.psp_reference.rsplit('-').next().unwrap_or_default()
        } else {
            entry.psp_reference
        }
    }

    /// Appends the text.
    pub fn write_text(&self, out: &mut Vec<u8>, reference: &str) {
        let (before, after) = &self.text;
        out.extend_from_slice(before.as_bytes());
        if !after.is_empty() {
            out.extend_from_slice(reference.as_bytes());
            out.extend_from_slice(after.as_bytes());
        }
    }
}

/// Appends the magnitude of an amount in minor units with two decimals.
pub fn write_amount(out: &mut Vec<u8>, minor: i64) {
    let magnitude = minor.unsigned_abs();
    out.extend_from_slice(itoa::Buffer::new().format(magnitude / 100).as_bytes());
    let [tens, ones] = [magnitude % 100 / 10, magnitude % 10].map(|digit| b'0' + digit as u8);
    out.extend_from_slice(&[b'.', tens, ones]);
}

/// Appends the number that ends a voucher's id, of at least three digits.
pub fn write_ordinal(out: &mut Vec<u8>, ordinal: u64) {
    let mut digits = itoa::Buffer::new();
    let digits = digits.format(ordinal);
    out.extend_from_slice(&b"000"[digits.len().min(3)..]);
    out.extend_from_slice(digits.as_bytes());
}
