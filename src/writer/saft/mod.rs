//! What the SAF-T writers of Norway and Denmark share: the totals that stand before the
//! transactions, balances by account, amounts with their currencies, and limits on length.
//!
//! Everything that stands at the head of the file is learnt in the first pass.

pub mod parts;

use std::io;

use crate::writer::Limits;
use crate::writer::xml::{Xml, first_illegal};

/// The largest file that the Norwegian tax authority takes, in bytes.
pub const FILE_SIZE_MAX: u64 = 2_000_000_000;

/// A magnitude in major units: the sign is the element's.
pub fn decimal(minor: i128, exponent: u32) -> String {
    let digits = minor.unsigned_abs();
    let scale = 10u128.pow(exponent);
    if exponent == 0 {
        return digits.to_string();
    }
    let width = exponent as usize;
    format!("{}.{:0width$}", digits / scale, digits % scale)
}

/// Takes bytes and only counts them.
#[derive(Debug, Default)]
pub struct ByteCount(pub u64);

impl io::Write for ByteCount {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A document whose next element stands `depth` elements deep, to learn how large it will be.
pub fn at_depth(depth: usize, size: &mut ByteCount) -> io::Result<Xml> {
    let mut xml = Xml::new();
    for _ in 0..depth {
        xml.open(size, "AuditFile", &[])?;
    }
    size.0 = 0;
    Ok(xml)
}

/// Refuses `text` when it has more than `max` characters, none, or one that XML cannot
/// hold.
pub fn fits(limits: &mut Limits, what: &str, text: &str, max: usize) {
    let length = text.chars().count();
    if length > max {
        limits.refuse(format!(
            "{what} `{text}` has {length} characters, at most {max} fit"
        ));
    } else if text.trim().is_empty() {
        limits.refuse(format!("{what} is empty"));
    }
    if let Some(character) = first_illegal(text) {
        limits.refuse(format!(
            "{what} holds the character U+{:04X}",
            u32::from(character)
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn magnitudes_have_no_sign() {
        assert_eq!(decimal(-5, 2), "0.05");
        assert_eq!(decimal(123, 0), "123");
    }
}
