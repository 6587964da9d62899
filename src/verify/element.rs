//! One element with what is in it.

use chrono::NaiveDate;

use crate::money::parse_decimal;

/// An element, whole.
#[derive(Debug, Default)]
pub(crate) struct Element {
    pub(crate) name: String,
    /// The line on which it begins.
    pub(crate) line: u64,
    pub(crate) text: String,
    pub(crate) children: Vec<Element>,
}

impl Element {
    pub(crate) fn new(name: String, line: u64) -> Self {
        Self {
            name,
            line,
            ..Self::default()
        }
    }

    /// The first child of a name.
    pub(crate) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// All children of a name.
    pub(crate) fn all<'e>(&'e self, name: &'e str) -> impl Iterator<Item = &'e Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of a child, without the space around it; `None` when it is absent or blank.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.child(name)
            .map(Element::value)
            .filter(|text| !text.is_empty())
    }

    /// The text, without the space around it.
    pub(crate) fn value(&self) -> &str {
        self.text.trim()
    }

    /// The text of a child as a date; `None` when it is absent or no date.
    pub(crate) fn date(&self, name: &str) -> Option<NaiveDate> {
        date(self.get(name)?)
    }

    /// The text as an amount in hundredths.
    pub(crate) fn amount(&self) -> Option<i128> {
        parse_decimal(self.value(), 2)
    }

    /// A decimal of a child with eight decimals.
    pub(crate) fn rate(&self, name: &str) -> Option<i128> {
        parse_decimal(self.get(name)?, 8)
    }
}

/// A date of a schema: ISO, with or without an offset, which means nothing here.
pub(crate) fn date(text: &str) -> Option<NaiveDate> {
    let (date, offset) = text.split_at_checked(10)?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_offset = match offset.as_bytes() {
        [] | [b'Z'] => true,
        [b'+' | b'-', rest @ ..] => {
            rest.len() == 5 && rest[2] == b':' && digits(&offset[1..3]) && digits(&offset[4..])
        }
        _ => false,
    };
    crate::date::parse(date).ok().filter(|_| is_offset)
}

#[cfg(test)]
mod tests {
    #[test]
    fn dates_may_carry_an_offset() {
        for good in ["2026-02-28", "2026-02-28Z", "2026-02-28+01:00"] {
            assert!(super::date(good).is_some(), "{good}");
        }
        for bad in [
            "2026-02-30",
            "20260228",
            "2026-02-28T00:00:00",
            "2026-02-28+1",
            "æøå-02-28",
        ] {
            assert!(super::date(bad).is_none(), "{bad}");
        }
    }
}
