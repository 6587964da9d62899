//! Elements of transactions: their tags, with line ends and indent, are made when the program is.

use std::io;

use crate::writer::xml::write_escaped;

/// The tags of an element.
#[derive(Debug, Clone, Copy)]
pub struct Tags {
    /// What stands before it on its line.
    pub indent: &'static str,
    /// The tag that begins it, with its indent.
    pub start: &'static str,
    /// The tag that ends it, and the line end.
    pub end: &'static str,
}

/// The [`Tags`] of an element: its indent, its name.
macro_rules! tags {
    ($indent:literal, $name:literal) => {
        Tags {
            indent: $indent,
            start: concat!($indent, "<", $name, ">"),
            end: concat!("</", $name, ">\n"),
        }
    };
}
pub(super) use tags;

impl Tags {
    /// Writes the element around what `write` appends, which needs no escapes.
    #[inline]
    pub fn around(&self, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
        out.extend_from_slice(self.start.as_bytes());
        write(out);
        out.extend_from_slice(self.end.as_bytes());
    }

    /// Writes the element around text.
    #[inline]
    pub fn text(&self, out: &mut Vec<u8>, text: &str) -> io::Result<()> {
        out.extend_from_slice(self.start.as_bytes());
        write_escaped(out, text)?;
        out.extend_from_slice(self.end.as_bytes());
        Ok(())
    }

    /// Begins the element, which holds others.
    #[inline]
    pub fn open(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.start.as_bytes());
        out.push(b'\n');
    }

    /// Ends the element, which holds others.
    #[inline]
    pub fn close(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.indent.as_bytes());
        out.extend_from_slice(self.end.as_bytes());
    }
}
