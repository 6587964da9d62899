//! XML as text: elements by constant names, text escaped, one element a line.
//!
//! A writer keeps one [`Xml`] for its document and drains it after each part, so that a document
//! of any size stands in memory one voucher at a time.

use std::io;

/// A document in the making.
#[derive(Debug)]
pub struct Xml {
    text: String,
    open: Vec<&'static str>,
    indent: &'static str,
}

impl Xml {
    /// An empty document whose elements are indented by `indent` for each level.
    pub fn new(indent: &'static str) -> Self {
        Self {
            text: String::new(),
            open: Vec::new(),
            indent,
        }
    }

    /// The declaration, for a document in UTF-8.
    pub fn declaration(&mut self) {
        self.text.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    }

    /// Opens an element that holds others.
    pub fn open(&mut self, name: &'static str) {
        self.open_with(name, &[]);
    }

    /// Opens an element with attributes that holds others.
    pub fn open_with(&mut self, name: &'static str, attributes: &[(&'static str, &str)]) {
        self.tag(name, attributes);
        self.text.push_str(">\n");
        self.open.push(name);
    }

    /// Closes the element that was opened last.
    pub fn close(&mut self) {
        if let Some(name) = self.open.pop() {
            self.indentation();
            self.text.push_str("</");
            self.text.push_str(name);
            self.text.push_str(">\n");
        }
    }

    /// Closes every element that is still open.
    pub fn close_all(&mut self) {
        while !self.open.is_empty() {
            self.close();
        }
    }

    /// An element that holds text.
    pub fn leaf(&mut self, name: &'static str, text: &str) {
        self.leaf_with(name, &[], text);
    }

    /// An element with attributes that holds text.
    pub fn leaf_with(&mut self, name: &'static str, attributes: &[(&'static str, &str)], text: &str) {
        self.tag(name, attributes);
        self.text.push('>');
        escape(text, &mut self.text);
        self.text.push_str("</");
        self.text.push_str(name);
        self.text.push_str(">\n");
    }

    /// An element that holds text, where there is any.
    pub fn leaf_if(&mut self, name: &'static str, text: Option<&str>) {
        if let Some(text) = text {
            self.leaf(name, text);
        }
    }

    /// An element that holds nothing.
    pub fn empty(&mut self, name: &'static str, attributes: &[(&'static str, &str)]) {
        self.tag(name, attributes);
        self.text.push_str("/>\n");
    }

    /// How many bytes wait to be drained.
    pub fn len(&self) -> usize {
        self.text.len()
    }

    /// How many lines wait to be drained.
    pub fn line_count(&self) -> usize {
        self.text.bytes().filter(|byte| *byte == b'\n').count()
    }

    /// Whether nothing waits to be drained.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Writes what waits to `out`.
    pub fn drain(&mut self, out: &mut dyn io::Write) -> io::Result<()> {
        out.write_all(self.text.as_bytes())?;
        self.text.clear();
        Ok(())
    }

    fn tag(&mut self, name: &'static str, attributes: &[(&'static str, &str)]) {
        self.indentation();
        self.text.push('<');
        self.text.push_str(name);
        for (name, value) in attributes {
            self.text.push(' ');
            self.text.push_str(name);
            self.text.push_str("=\"");
            escape(value, &mut self.text);
            self.text.push('"');
        }
    }

    fn indentation(&mut self) {
        for _ in &self.open {
            self.text.push_str(self.indent);
        }
    }
}

/// The first character of `text` that XML 1.0 forbids, escaped or not. Writers look for it in
/// their first pass, and refuse the text by name.
pub fn first_illegal(text: &str) -> Option<char> {
    text.chars().find(|character| match character {
        '\t' | '\n' | '\r' => false,
        '\u{FFFE}' | '\u{FFFF}' => true,
        _ => *character < ' ',
    })
}

fn escape(text: &str, into: &mut String) {
    for character in text.chars() {
        match character {
            '&' => into.push_str("&amp;"),
            '<' => into.push_str("&lt;"),
            '>' => into.push_str("&gt;"),
            '"' => into.push_str("&quot;"),
            _ => into.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_forbids_is_found() {
        assert_eq!(first_illegal("blåbær 🙂\t"), None);
        assert_eq!(first_illegal("a\u{1}"), Some('\u{1}'));
        assert!(first_illegal("\u{FFFE}").is_some());
    }

    #[test]
    fn text_and_attributes_are_escaped_and_elements_nest() {
        let mut xml = Xml::new("\t");
        xml.open_with("A", &[("b", "\"&\"")]);
        xml.leaf("C", "<æ & 🙂>");
        xml.leaf_if("D", None);
        xml.empty("E", &[]);
        xml.close();
        xml.close();
        let mut out = Vec::new();
        xml.drain(&mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "<A b=\"&quot;&amp;&quot;\">\n\t<C>&lt;æ &amp; 🙂&gt;</C>\n\t<E/>\n</A>\n"
        );
        assert!(xml.is_empty());
    }
}
