//! Looks through the text of response bodies for references, without parsing what holds none of
//! them: a year of an archive is gone through at the speed of reading it.
//!
//! Where the text leaves any doubt, the answer is [`Look::Unsure`], and the caller parses.

use memchr::memmem::Finder;

/// What a look at some text came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// None of the references, and so many entries.
    Nothing(usize),
    /// One of the references is there.
    Hit,
    /// The text is not of the common form.
    Unsure,
}

/// Looks through text.
pub(super) struct Search {
    reference: Finder<'static>,
    entry_type: Finder<'static>,
    try_later: Finder<'static>,
    has_more: Finder<'static>,
    /// Letters of a key may be written as escapes; nobody does.
    escapes: [Finder<'static>; 2],
}

impl Search {
    pub(super) fn new() -> Self {
        Self {
            reference: Finder::new("\"reference\""),
            entry_type: Finder::new("\"entryType\""),
            try_later: Finder::new("\"tryLater\""),
            has_more: Finder::new("\"hasMore\""),
            escapes: [Finder::new("\\u006"), Finder::new("\\u007")],
        }
    }

    /// Whether the last body of a text says that another page follows it.
    pub(super) fn says_more(&self, text: &[u8]) -> bool {
        truths(&self.has_more, text).last() == Some(true)
    }

    /// Looks for references that are `wanted` in text of whole response bodies. Bodies that are
    /// open, or the last of which is not the last page, are in doubt; `is_last` says whether the
    /// text holds the last one.
    pub(super) fn look(&self, text: &[u8], is_last: bool, wanted: &dyn Fn(&str) -> bool) -> Look {
        let has_escapes = memchr::memchr(b'\\', text).is_some();
        if has_escapes && self.escapes.iter().any(|escape| escape.find(text).is_some()) {
            return Look::Unsure;
        }
        for place in self.reference.find_iter(text) {
            match value(text, place + self.reference.needle().len()) {
                None => {}
                Some(rest) if rest.starts_with(b"null") => {}
                Some(rest) => match string(rest) {
                    Some(reference) if wanted(&reference) => return Look::Hit,
                    Some(_) => {}
                    None => return Look::Unsure,
                },
            }
        }
        let is_open = truths(&self.try_later, text).any(|truth| truth);
        if is_open || (is_last && self.says_more(text)) {
            return Look::Unsure;
        }
        let length = self.entry_type.needle().len();
        let entries = self.entry_type.find_iter(text);
        Look::Nothing(
            entries
                .filter(|place| value(text, place + length).is_some())
                .count(),
        )
    }
}

/// Whether what a key says is true, each time that it is there.
fn truths(key: &Finder<'_>, text: &[u8]) -> impl Iterator<Item = bool> {
    let length = key.needle().len();
    let values = key
        .find_iter(text)
        .filter_map(move |place| value(text, place + length));
    values.map(|rest| !(rest.starts_with(b"false") || rest.starts_with(b"null")))
}

/// What stands after the colon that follows a key; `None` where the text is no key.
fn value(text: &[u8], after: usize) -> Option<&[u8]> {
    let rest = text[after..].trim_ascii_start();
    Some(rest.strip_prefix(b":")?.trim_ascii_start())
}

/// The string that `text` begins with.
fn string(text: &[u8]) -> Option<std::borrow::Cow<'_, str>> {
    let inner = text.strip_prefix(b"\"")?;
    let mut end = memchr::memchr2(b'"', b'\\', inner)?;
    if inner[end] == b'"' {
        return std::str::from_utf8(&inner[..end]).ok().map(Into::into);
    }
    while inner[end] == b'\\' {
        let next = end + 2;
        end = next + memchr::memchr2(b'"', b'\\', inner.get(next..)?)?;
    }
    let quoted = std::str::from_utf8(text.get(..end + 2)?).ok()?;
    serde_json::from_str::<String>(quoted).ok().map(Into::into)
}

/// Whether text ends as bodies do, so that nothing was cut off.
pub(super) fn ends_whole(text: &[u8]) -> bool {
    matches!(text.trim_ascii_end().last(), Some(b'}' | b']'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(text: &str) -> Look {
        Search::new().look(text.as_bytes(), true, &|reference| {
            reference == "a\"b" || reference == "ø"
        })
    }

    #[test]
    fn only_values_of_the_key_are_references() {
        let entry = |reference: &str| {
            format!(
                "{{\"items\":[{{\"entryType\":\"capture\",\"reference\" : {reference}}}],\"hasMore\":false}}"
            )
        };
        assert_eq!(look(&entry("null")), Look::Nothing(1));
        assert_eq!(look(&entry("\"reference\"")), Look::Nothing(1));
        assert_eq!(look(&entry("\"a\"")), Look::Nothing(1));
        assert_eq!(look(&entry("\"a\\\"b\"")), Look::Hit);
        assert_eq!(look(&entry("\"\\u00f8\"")), Look::Hit);
        assert_eq!(look(&entry("\"ø\"")), Look::Hit);
        assert_eq!(look(&entry("\"\\u0061\"")), Look::Unsure);
        assert_eq!(look(&entry("\"a\\")), Look::Unsure);
        assert_eq!(look(&entry("7")), Look::Unsure);
    }

    #[test]
    fn open_and_unfinished_bodies_are_in_doubt() {
        assert_eq!(look("{\"items\":[],\"tryLater\" : true}"), Look::Unsure);
        assert_eq!(look("{\"hasMore\":true,\"items\":[]}"), Look::Unsure);
        assert_eq!(
            look("{\"hasMore\":true}\n{\"hasMore\":false,\"tryLater\":false}"),
            Look::Nothing(0)
        );
    }
}
