//! Lines of an SIE 4 file: a label and its fields, and the checksum over them.

use std::io::{self, Write as _};

use flate2::Crc;

use crate::encode::Encoding;

/// A field of an item.
#[derive(Debug, Clone, Copy)]
pub enum Field<'f> {
    /// Quoted where it has to be.
    Text(&'f str),
    /// In quotes always, as most programs write names.
    Quoted(&'f str),
    /// Dimensions with their objects, in braces.
    Objects(&'f [(&'f str, &'f str)]),
}

/// Writes items and sums them up.
#[derive(Debug, Default)]
pub struct Items {
    sum: Option<Crc>,
}

impl Items {
    /// Items that stand between the two `#KSUMMA`, after others that are written later.
    pub fn within_sum() -> Self {
        Self {
            sum: Some(Crc::new()),
        }
    }

    /// Starts the checksum, which is over everything between the two `#KSUMMA`.
    pub fn start_sum(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"#KSUMMA\n");
        self.sum = Some(Crc::new());
    }

    /// Ends the checksum, when it was started, over these items and those that `follow`.
    pub fn end_sum(self, follow: &Self, out: &mut Vec<u8>) -> io::Result<()> {
        match (self.sum, &follow.sum) {
            (Some(mut sum), Some(follow)) => {
                sum.combine(follow);
                writeln!(out, "#KSUMMA {}", sum.sum())
            }
            _ => Ok(()),
        }
    }

    /// Writes an item.
    pub fn item(&mut self, out: &mut Vec<u8>, label: &str, fields: &[Field<'_>]) {
        out.extend_from_slice(label.as_bytes());
        self.add(label);
        for field in fields {
            out.push(b' ');
            match field {
                Field::Text(text) => self.text(out, text, false),
                Field::Quoted(text) => self.text(out, text, true),
                Field::Objects(objects) => {
                    out.push(b'{');
                    for (index, (dimension, object)) in objects.iter().enumerate() {
                        if index > 0 {
                            out.push(b' ');
                        }
                        self.text(out, dimension, false);
                        out.push(b' ');
                        self.text(out, object, true);
                    }
                    out.push(b'}');
                }
            }
        }
        out.push(b'\n');
    }

    fn text(&mut self, out: &mut Vec<u8>, text: &str, is_quoted: bool) {
        self.add(text);
        let needs_quotes = text.is_empty() || text.contains([' ', '"', '{', '}']);
        if !is_quoted && !needs_quotes {
            out.extend_from_slice(text.as_bytes());
            return;
        }
        out.push(b'"');
        for byte in text.bytes() {
            if byte == b'"' {
                out.push(b'\\');
            }
            out.push(byte);
        }
        out.push(b'"');
    }

    /// Separators, quotes and braces are not part of the sum.
    fn add(&mut self, text: &str) {
        if let Some(sum) = &mut self.sum {
            let mut buffer = [0; 4];
            for character in text.chars() {
                if let Some(length) = Encoding::Cp437.encode(character, &mut buffer) {
                    sum.update(&buffer[..length]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        let (mut items, mut out) = (Items::default(), Vec::new());
        let objects = [("1", "A B"), ("6", "P")];
        let fields = [
            Field::Text("1580"),
            Field::Objects(&objects),
            Field::Text(""),
            Field::Text("a {b} \"c\""),
        ];
        items.item(&mut out, "#TRANS", &fields);
        items.item(&mut out, "#X", &[Field::Objects(&[]), Field::Quoted("y")]);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "#TRANS 1580 {1 \"A B\" 6 \"P\"} \"\" \"a {b} \\\"c\\\"\"\n#X {} \"y\"\n"
        );
    }

    #[test]
    fn the_sum_is_over_labels_and_fields_in_pc8() {
        let (mut items, mut out) = (Items::default(), Vec::new());
        items.start_sum(&mut out);
        items.item(&mut out, "#FNAMN", &[Field::Quoted("å \"b\"")]);
        let mut later = Items::within_sum();
        later.item(&mut out, "#VER", &[]);
        items.end_sum(&later, &mut out).unwrap();
        let mut sum = Crc::new();
        sum.update(b"#FNAMN\x86 \"b\"#VER");
        let text = String::from_utf8(out).unwrap();
        assert!(text.ends_with(&format!("#KSUMMA {}\n", sum.sum())), "{text}");
    }
}
