//! Cursors: a place in a sequence of entries, written so that clients must treat it as opaque.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::NaiveDate;

/// Where the next page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Cursor {
    /// The date, on the feed.
    pub(crate) date: Option<NaiveDate>,
    /// How many items come before the page.
    pub(crate) skip: usize,
    /// Whether the page before was left empty on purpose.
    pub(crate) after_empty: bool,
}

impl Cursor {
    /// The text for the wire. It always holds a `+`, which a client that does not percent-encode
    /// its cursors sends as a space.
    pub(crate) fn encode(&self) -> String {
        let date = self.date.map(|date| date.to_string()).unwrap_or_default();
        STANDARD.encode(format!("at~{}~{date}~{}", self.skip, u8::from(self.after_empty)))
    }

    /// Reads a text that [`Self::encode`] wrote.
    pub(crate) fn decode(text: &str) -> Option<Self> {
        let text = String::from_utf8(STANDARD.decode(text).ok()?).ok()?;
        let mut parts = text.strip_prefix("at~")?.split('~');
        let skip = parts.next()?.parse().ok()?;
        let date = match parts.next()? {
            "" => None,
            date => Some(crate::date::parse(date).ok()?),
        };
        let after_empty = parts.next()? == "1";
        parts.next().is_none().then_some(Self {
            date,
            skip,
            after_empty,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_was_and_needs_encoding() {
        let date = crate::date::parse("2026-10-25").ok();
        for cursor in [
            Cursor::default(),
            Cursor {
                skip: 1000,
                ..Cursor::default()
            },
            Cursor {
                date,
                skip: 7,
                after_empty: true,
            },
        ] {
            let text = cursor.encode();
            assert!(text.contains('+'), "{text}");
            assert_eq!(Cursor::decode(&text), Some(cursor));
        }
        for bad in ["", "Mw==", "YXR+", "at~1~~0"] {
            assert_eq!(Cursor::decode(bad), None, "{bad}");
        }
    }
}
