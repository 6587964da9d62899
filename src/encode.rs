//! From UTF-8 text with `\n` to the bytes that a target reads.

pub mod zip;

use std::io;

use serde::Deserialize;

use crate::encode::zip::Zip;

/// How text becomes bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// UTF-8 without a byte order mark.
    #[default]
    #[serde(rename = "utf-8")]
    Utf8,
    /// UTF-8 with a byte order mark.
    #[serde(rename = "utf-8-bom")]
    Utf8Bom,
    /// The code page of Western European Windows.
    #[serde(rename = "windows-1252")]
    Windows1252,
    /// Latin 1: as Windows-1252, without the characters that it has at 0x80 to 0x9F.
    #[serde(rename = "iso-8859-1")]
    Iso8859_1,
    /// The code page of the IBM PC (SIE files).
    Cp437,
}

/// How lines end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LineEnd {
    /// `\n`.
    #[default]
    Lf,
    /// `\r\n`.
    Crlf,
}

/// What a document stands in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Container {
    /// A file of its own.
    #[default]
    Plain,
    /// The one file of a zip archive.
    Zip,
}

/// The last step before the file: bytes as they are, or in a container.
#[derive(Debug)]
pub enum Contained<W> {
    /// As they are.
    Plain(W),
    /// In a zip archive.
    Zip(Zip<W>),
}

impl<W: io::Write> Contained<W> {
    /// A container on `out`; `name` is the document's name inside.
    pub fn new(out: W, container: Container, name: &str) -> Self {
        match container {
            Container::Plain => Self::Plain(out),
            Container::Zip => Self::Zip(Zip::new(out, name)),
        }
    }

    /// Completes the container and gives `out` back.
    pub fn finish(self) -> io::Result<W> {
        match self {
            Self::Plain(mut out) => {
                out.flush()?;
                Ok(out)
            }
            Self::Zip(zip) => zip.finish(),
        }
    }
}

impl<W: io::Write> io::Write for Contained<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(out) => out.write(bytes),
            Self::Zip(zip) => zip.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(out) => out.flush(),
            Self::Zip(zip) => zip.flush(),
        }
    }
}

impl Encoding {
    /// The bytes of one character, or `None` where the encoding has none. ASCII is the same in
    /// all of them.
    pub fn encode(self, character: char, buffer: &mut [u8; 4]) -> Option<usize> {
        match self {
            Self::Utf8 | Self::Utf8Bom => Some(character.encode_utf8(buffer).len()),
            _ if character.is_ascii() => {
                buffer[0] = u8::try_from(character).ok()?;
                Some(1)
            }
            Self::Iso8859_1 => {
                buffer[0] = u8::try_from(u32::from(character))
                    .ok()
                    .filter(|byte| *byte >= 0xA0)?;
                Some(1)
            }
            Self::Windows1252 => {
                let mut text = [0; 4];
                let text = character.encode_utf8(&mut text);
                let (bytes, _, had_errors) = encoding_rs::WINDOWS_1252.encode(text);
                buffer[0] = *bytes.first().filter(|_| !had_errors && bytes.len() == 1)?;
                Some(1)
            }
            Self::Cp437 => {
                let text = character.to_string();
                let bytes = oem_cp::encode_string_checked(&text, &oem_cp::code_table::ENCODING_TABLE_CP437)?;
                buffer[0] = *bytes.first()?;
                Some(1)
            }
        }
    }

    /// The first character of `text` that the encoding does not have.
    pub fn first_missing(self, text: &str) -> Option<char> {
        text.chars()
            .find(|character| self.encode(*character, &mut [0; 4]).is_none())
    }
}

/// Takes UTF-8 with `\n` and passes on encoded bytes. A character that the encoding does not
/// have is an error, never a substitute. What is to stay UTF-8 with `\n` passes as it is.
#[derive(Debug)]
pub struct Encoder<W> {
    out: W,
    encoding: Encoding,
    line_end: LineEnd,
    is_started: bool,
    partial: Vec<u8>,
}

impl<W: io::Write> Encoder<W> {
    /// An encoder in front of `out`.
    pub fn new(out: W, encoding: Encoding, line_end: LineEnd) -> Self {
        Self {
            out,
            encoding,
            line_end,
            is_started: false,
            partial: Vec::new(),
        }
    }

    /// Ends the text and gives `out` back.
    pub fn finish(mut self) -> io::Result<W> {
        if !self.partial.is_empty() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the text ends within a character",
            ));
        }
        self.out.flush()?;
        Ok(self.out)
    }

    fn text(&mut self, text: &str) -> io::Result<()> {
        if !self.is_started {
            self.is_started = true;
            if self.encoding == Encoding::Utf8Bom {
                self.out.write_all("\u{FEFF}".as_bytes())?;
            }
        }
        if matches!(self.encoding, Encoding::Utf8 | Encoding::Utf8Bom) && self.line_end == LineEnd::Lf {
            return self.out.write_all(text.as_bytes());
        }
        let mut bytes = Vec::with_capacity(text.len());
        let mut buffer = [0; 4];
        for character in text.chars() {
            if character == '\n' && self.line_end == LineEnd::Crlf {
                bytes.push(b'\r');
            }
            let length = self.encoding.encode(character, &mut buffer).ok_or_else(|| {
                io::Error::new(
                    io::ErrorKind::InvalidData,
                    format!("the character `{character}` does not exist in the target's code page"),
                )
            })?;
            bytes.extend_from_slice(&buffer[..length]);
        }
        self.out.write_all(&bytes)
    }
}

impl<W: io::Write> io::Write for Encoder<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.encoding == Encoding::Utf8 && self.line_end == LineEnd::Lf {
            // As writers make it: text already, or bytes that are none.
            self.out.write_all(bytes)?;
            return Ok(bytes.len());
        }
        let owned;
        let all = if self.partial.is_empty() {
            bytes
        } else {
            self.partial.extend_from_slice(bytes);
            owned = std::mem::take(&mut self.partial);
            &owned
        };
        let valid = match std::str::from_utf8(all) {
            Ok(text) => return self.text(text).map(|()| bytes.len()),
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Err(_) => {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "a writer wrote invalid UTF-8",
                ));
            }
        };
        let (whole, rest) = all.split_at(valid);
        let rest = rest.to_vec();
        let text = String::from_utf8_lossy(whole).into_owned();
        self.text(&text)?;
        self.partial = rest;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn encoded(text: &str, encoding: Encoding, line_end: LineEnd) -> io::Result<Vec<u8>> {
        let mut encoder = Encoder::new(Vec::new(), encoding, line_end);
        // One byte at a time, so that characters are cut in the middle.
        for byte in text.as_bytes() {
            encoder.write_all(&[*byte])?;
        }
        encoder.finish()
    }

    #[test]
    fn each_encoding_has_its_own_bytes() {
        let lines = |encoding| encoded("æ\n", encoding, LineEnd::Crlf).unwrap();
        assert_eq!(lines(Encoding::Utf8), "æ\r\n".as_bytes());
        assert_eq!(lines(Encoding::Windows1252), [0xE6, b'\r', b'\n']);
        assert_eq!(lines(Encoding::Iso8859_1), [0xE6, b'\r', b'\n']);
        assert_eq!(lines(Encoding::Cp437), [0x91, b'\r', b'\n']);
        assert_eq!(
            encoded("a", Encoding::Utf8Bom, LineEnd::Lf).unwrap(),
            [0xEF, 0xBB, 0xBF, b'a']
        );
    }

    #[test]
    fn what_a_code_page_lacks_is_refused_not_replaced() {
        assert!(encoded("€", Encoding::Windows1252, LineEnd::Lf).is_ok());
        for (text, encoding) in [
            ("€", Encoding::Iso8859_1),
            ("漢", Encoding::Windows1252),
            ("ø", Encoding::Cp437),
            ("🙂", Encoding::Iso8859_1),
        ] {
            assert!(encoded(text, encoding, LineEnd::Lf).is_err(), "{text}");
            assert_eq!(encoding.first_missing(text), text.chars().next());
        }
    }
}
