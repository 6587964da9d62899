//! Which two accounts an entry goes to, and with which text.

use crate::Stop;
use crate::reading::Entry;

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
    /// The text up to what it speaks of: a payout's number, else the merchant's reference.
    pub text: String,
    /// The text after it; `None` where it speaks of nothing.
    pub after: Option<&'static str>,
}

/// All bookings.
#[derive(Debug)]
pub struct Bookings([Booking; 5]);

impl Default for Bookings {
    /// Made once.
    fn default() -> Self {
        let booking = |key, accounts, tax_code, text: &str, after| Booking {
            key,
            accounts,
            tax_code,
            text: text.to_owned(),
            after,
        };
        let payout = Some(" Vipps 123455");
        Self([
            booking("capture", [1, 0], "", "Vipps salg ", Some("")),
            booking("capture_fee", [3, 4], "0", "Vipps gebyr ", Some("")),
            booking("refund", [1, 0], "", "Vipps refusjon ", Some("")),
            booking("fees_retained", [1, 3], "", "Vipps gebyr trukket", None),
            booking("payout_scheduled", [1, 2], "", "Utb. ", payout),
        ])
    }
}

impl Bookings {
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

    /// The text, in the parts that it is made of.
    pub fn text<'b>(&'b self, entry: &Entry<'b>) -> [&'b str; 3] {
        let Some(after) = self.after else {
            return [&self.text, "", ""];
        };
        let spoken = match self.key {
            "payout_scheduled" => self.reference(entry),
            _ => entry.reference.unwrap_or(entry.psp_reference),
        };
        [&self.text, spoken, after]
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
