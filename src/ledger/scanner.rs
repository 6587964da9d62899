//! A scanner of JSON text that goes forward only and refuses whatever is not plain.
//!
//! `None` means that the text is not of the form asked for; the scanner's place is then of no use.

use std::borrow::Cow;

use crate::ledger::digits::leading_number;

/// A place in a text.
pub(crate) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// What is not yet read.
    #[inline(always)]
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    /// The offset of the next byte.
    pub(crate) fn offset(&self) -> usize {
        self.at
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.at == self.text.len()
    }

    /// Goes on behind the next `length` bytes, which the caller has looked at.
    #[inline(always)]
    pub(crate) fn skip(&mut self, length: usize) {
        self.at += length;
    }

    #[inline(always)]
    pub(crate) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[inline(always)]
    pub(crate) fn next_byte(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    #[inline(always)]
    pub(crate) fn expect(&mut self, byte: u8) -> Option<()> {
        (self.next_byte()? == byte).then_some(())
    }

    /// Goes on behind `literal` if it comes next.
    #[inline(always)]
    pub(crate) fn take<const N: usize>(&mut self, literal: &[u8; N]) -> bool {
        let is_next = self.rest().first_chunk() == Some(literal);
        if is_next {
            self.at += N;
        }
        is_next
    }

    /// Goes on behind the white space that JSON allows.
    #[inline(always)]
    pub(crate) fn skip_space(&mut self) {
        if self.peek().is_some_and(|byte| byte <= b' ') {
            self.skip_more_space();
        }
    }

    #[cold]
    fn skip_more_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// A key without escapes, with its colon and the white space around that.
    pub(crate) fn key(&mut self) -> Option<&'a str> {
        self.expect(b'"')?;
        let Cow::Borrowed(key) = self.text_behind_quote()? else {
            return None;
        };
        self.skip_space();
        self.expect(b':')?;
        self.skip_space();
        Some(key)
    }

    /// A text.
    #[inline(always)]
    pub(crate) fn text(&mut self) -> Option<Cow<'a, str>> {
        self.expect(b'"')?;
        self.text_behind_quote()
    }

    /// A text, or nothing for `null`.
    #[inline(always)]
    pub(crate) fn text_or_null(&mut self) -> Option<Option<Cow<'a, str>>> {
        match self.next_byte()? {
            b'"' => self.text_behind_quote().map(Some),
            b'n' => self.take(b"ull").then_some(None),
            _ => None,
        }
    }

    /// A whole number without fraction or exponent.
    #[inline(always)]
    pub(crate) fn integer(&mut self) -> Option<i64> {
        let is_negative = self.peek()? == b'-';
        self.at += usize::from(is_negative);
        let first = self.peek()?;
        let (mut number, count) = leading_number(self.rest());
        if count == 0 || (first == b'0' && count > 1) {
            return None;
        }
        self.at += count;
        if count == 8 {
            while let Some(digit @ b'0'..=b'9') = self.peek() {
                number = number.checked_mul(10)?.checked_add(u64::from(digit - b'0'))?;
                self.at += 1;
            }
        }
        if matches!(self.peek(), Some(b'.' | b'e' | b'E')) {
            return None;
        }
        if is_negative {
            0i64.checked_sub_unsigned(number)
        } else {
            i64::try_from(number).ok()
        }
    }

    /// A whole number, or nothing for `null`.
    #[inline(always)]
    pub(crate) fn integer_or_null(&mut self) -> Option<Option<i64>> {
        if self.peek()? == b'n' {
            return self.take(b"null").then_some(None);
        }
        self.integer().map(Some)
    }

    /// `true` or `false`, or nothing for `null`.
    pub(crate) fn truth_or_null(&mut self) -> Option<Option<bool>> {
        match self.peek()? {
            b't' => self.take(b"true").then_some(Some(true)),
            b'f' => self.take(b"false").then_some(Some(false)),
            _ => self.take(b"null").then_some(None),
        }
    }

    /// Goes on behind a text, number, truth value or `null`.
    pub(crate) fn skip_scalar(&mut self) -> Option<()> {
        match self.peek()? {
            b'"' => self.text().map(|_| ()),
            b'-' | b'0'..=b'9' => self.skip_number(),
            _ => self.truth_or_null().map(|_| ()),
        }
    }

    fn skip_number(&mut self) -> Option<()> {
        self.take(b"-");
        if !self.take(b"0") {
            self.skip_digits()?;
        }
        if self.take(b".") {
            self.skip_digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.skip_digits()?;
        }
        Some(())
    }

    /// Goes on behind one digit or more.
    fn skip_digits(&mut self) -> Option<()> {
        let digits = self
            .rest()
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        self.at += digits;
        (digits > 0).then_some(())
    }

    /// The text up to the closing quote, behind which the scanner goes on.
    #[inline(always)]
    fn text_behind_quote(&mut self) -> Option<Cow<'a, str>> {
        let begins = self.at;
        self.at += plain_length(self.rest());
        let plain = self.text.get(begins..self.at)?;
        match self.next_byte()? {
            b'"' => Some(Cow::Borrowed(plain)),
            b'\\' => self.escaped(plain).map(Cow::Owned),
            _ => None,
        }
    }

    /// The text that begins with `plain` and the escape whose backslash was the last byte read.
    #[cold]
    fn escaped(&mut self, plain: &str) -> Option<String> {
        let mut text = String::with_capacity(plain.len() + 32);
        text.push_str(plain);
        loop {
            text.push(self.escape()?);
            let begins = self.at;
            self.at += plain_length(self.rest());
            text.push_str(self.text.get(begins..self.at)?);
            match self.next_byte()? {
                b'"' => return Some(text),
                b'\\' => {}
                _ => return None,
            }
        }
    }

    /// The character of an escape whose backslash has been read.
    fn escape(&mut self) -> Option<char> {
        Some(match self.next_byte()? {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let high = self.four_hex()?;
                let unit = match high {
                    // The first half of a character outside the basic plane.
                    0xD800..=0xDBFF => {
                        let low = self.take(b"\\u").then(|| self.four_hex())??;
                        let low = low.checked_sub(0xDC00).filter(|low| *low < 0x400)?;
                        0x10000 + ((high - 0xD800) << 10) + low
                    }
                    unit => unit,
                };
                char::from_u32(unit)?
            }
            _ => return None,
        })
    }

    fn four_hex(&mut self) -> Option<u32> {
        let digits: &[u8; 4] = self.rest().first_chunk()?;
        self.at += 4;
        digits.iter().try_fold(0, |number, digit| {
            Some(number * 16 + char::from(*digit).to_digit(16)?)
        })
    }
}

/// How many bytes come before the first quote, backslash or control character.
#[inline(always)]
fn plain_length(bytes: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    let mut length = 0;
    while let Some(chunk) = bytes.get(length..).and_then(<[u8]>::first_chunk) {
        let chunk = u64::from_le_bytes(*chunk);
        // With its second bit turned, a quote is the next number after the control characters.
        let turned = chunk ^ (ONES * 2);
        let backslashes = chunk ^ (ONES * u64::from(b'\\'));
        // The highest bit of a byte is set where it is what is looked for. A borrow can only
        // reach the bytes after such a one.
        let special =
            turned.wrapping_sub(ONES * 0x21) & !turned | backslashes.wrapping_sub(ONES) & !backslashes;
        let special = special & HIGHS;
        if special != 0 {
            return length + (special.trailing_zeros() / 8) as usize;
        }
        length += 8;
    }
    let rest = bytes.get(length..).unwrap_or_default();
    let is_special = |byte: &u8| *byte < b' ' || matches!(byte, b'"' | b'\\');
    length + rest.iter().position(is_special).unwrap_or(rest.len())
}
