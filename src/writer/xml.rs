//! XML text, element by element, indented with tabs.
//!
//! [`Xml`] only remembers which elements are open, so a document can be written piece by piece
//! over several calls. A character that XML 1.0 forbids is an error, never dropped: checkers look
//! for it with [`first_illegal`].

use std::io;

/// The elements that are open.
#[derive(Debug, Default)]
pub struct Xml {
    open: Vec<&'static str>,
}

impl Xml {
    /// A document without open elements.
    pub fn new() -> Self {
        Self::default()
    }

    /// A document in which these elements are open already: their heads are written later.
    pub fn within(open: &[&'static str]) -> Self {
        Self { open: open.to_vec() }
    }

    /// The first line of a document.
    pub fn declaration(&self, out: &mut Vec<u8>) -> io::Result<()> {
        out.extend_from_slice(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        Ok(())
    }

    /// Opens an element that holds others.
    pub fn open(
        &mut self,
        out: &mut Vec<u8>,
        name: &'static str,
        attributes: &[(&str, &str)],
    ) -> io::Result<()> {
        self.indent(out);
        out.push(b'<');
        out.extend_from_slice(name.as_bytes());
        write_attributes(out, attributes)?;
        out.extend_from_slice(b">\n");
        self.open.push(name);
        Ok(())
    }

    /// Closes the element that was opened last.
    pub fn close(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        let Some(name) = self.open.pop() else {
            return Err(invalid("no element is open".to_owned()));
        };
        self.indent(out);
        end_tag(out, name);
        Ok(())
    }

    /// Closes every element that is still open.
    pub fn close_all(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        while !self.open.is_empty() {
            self.close(out)?;
        }
        Ok(())
    }

    /// An element that holds text.
    pub fn element(&self, out: &mut Vec<u8>, name: &str, text: &str) -> io::Result<()> {
        self.element_with(out, name, &[], text)
    }

    /// An element that holds text and has attributes.
    pub fn element_with(
        &self,
        out: &mut Vec<u8>,
        name: &str,
        attributes: &[(&str, &str)],
        text: &str,
    ) -> io::Result<()> {
        self.indent(out);
        out.push(b'<');
        out.extend_from_slice(name.as_bytes());
        write_attributes(out, attributes)?;
        out.push(b'>');
        write_escaped(out, text)?;
        end_tag(out, name);
        Ok(())
    }

    /// An element that holds text, where there is any.
    pub fn optional(&self, out: &mut Vec<u8>, name: &str, text: Option<&str>) -> io::Result<()> {
        match text {
            Some(text) => self.element(out, name, text),
            None => Ok(()),
        }
    }

    /// An element that holds nothing.
    pub fn empty(&self, out: &mut Vec<u8>, name: &str, attributes: &[(&str, &str)]) -> io::Result<()> {
        self.indent(out);
        out.push(b'<');
        out.extend_from_slice(name.as_bytes());
        write_attributes(out, attributes)?;
        out.extend_from_slice(b"/>\n");
        Ok(())
    }

    fn indent(&self, out: &mut Vec<u8>) {
        out.resize(out.len() + self.open.len(), b'\t');
    }
}

fn end_tag(out: &mut Vec<u8>, name: &str) {
    out.extend_from_slice(b"</");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b">\n");
}

/// The first character of `text` that XML 1.0 cannot hold, not even escaped.
pub fn first_illegal(text: &str) -> Option<char> {
    text.chars().find(|character| !is_legal(*character))
}

fn is_legal(character: char) -> bool {
    match character {
        '\t' | '\n' | '\r' => true,
        '\u{FFFE}' | '\u{FFFF}' => false,
        _ => character >= ' ',
    }
}

fn write_attributes(out: &mut Vec<u8>, attributes: &[(&str, &str)]) -> io::Result<()> {
    for (name, value) in attributes {
        out.push(b' ');
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"=\"");
        write_escaped(out, value)?;
        out.push(b'"');
    }
    Ok(())
}

/// Writes text so that it reads back the same in elements and in attributes.
pub fn write_escaped(out: &mut Vec<u8>, text: &str) -> io::Result<()> {
    let bytes = text.as_bytes();
    // Nearly all text is as it is. A byte of 0xEF may begin a character that XML cannot hold. Every
    // byte is looked at, because that goes many at a time.
    let is_plain = |byte: u8| (byte >= b' ') & !matches!(byte, b'&' | b'<' | b'>' | b'"' | 0xEF);
    if bytes.iter().fold(true, |all, byte| all & is_plain(*byte)) {
        out.extend_from_slice(bytes);
        return Ok(());
    }
    for character in text.chars() {
        let escape = match character {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            '"' => "&quot;",
            // A reader turns these into spaces or line feeds unless they are written as references.
            '\t' => "&#9;",
            '\n' => "&#10;",
            '\r' => "&#13;",
            _ if is_legal(character) => {
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                continue;
            }
            _ => {
                return Err(invalid(format!(
                    "XML cannot hold the character U+{:04X}",
                    u32::from(character)
                )));
            }
        };
        out.extend_from_slice(escape.as_bytes());
    }
    Ok(())
}

fn invalid(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_nest_and_text_is_escaped() {
        let (mut xml, mut out) = (Xml::new(), Vec::new());
        xml.open(&mut out, "Report", &[("version", "1 < 2")]).unwrap();
        xml.element(&mut out, "Name", "Fjord & Fjell \"AS\"\n").unwrap();
        xml.optional(&mut out, "Note", None).unwrap();
        xml.empty(&mut out, "End", &[]).unwrap();
        xml.close(&mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "<Report version=\"1 &lt; 2\">\n\t<Name>Fjord &amp; Fjell &quot;AS&quot;&#10;</Name>\n\t<End/>\n</Report>\n"
        );
        assert!(xml.close(&mut Vec::new()).is_err());
    }

    #[test]
    fn what_xml_cannot_hold_is_refused() {
        for bad in ["\u{1}", "a\u{FFFE}", "\u{B}"] {
            assert!(first_illegal(bad).is_some());
            assert!(Xml::new().element(&mut Vec::new(), "Name", bad).is_err());
        }
        assert_eq!(first_illegal("blåbær 🙂\t"), None);
    }
}
