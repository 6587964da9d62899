//! Text from outside, made safe for one line of a voucher and for a terminal.

use std::borrow::Cow;
use std::cmp::Reverse;

/// `text` as one line: control characters, line ends and noncharacters become spaces, runs of
/// white space become one space, and the ends are trimmed.
///
/// Everything that comes from the provider passes through here before it reaches a voucher, so
/// that no writer has to expect a line feed or a character that XML forbids.
pub fn line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split(|character: char| character.is_whitespace() || is_unprintable(character)) {
        if word.is_empty() {
            continue;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

/// [`line()`] without a copy of text that is one already, as nearly all references are.
pub fn as_line(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(line(text))
    }
}

/// `text` with a mark in the place of each character that a terminal might obey, line ends
/// included; nothing else is changed.
pub fn shown(text: &str) -> Cow<'_, str> {
    replaced(text, is_unprintable)
}

/// Like [`shown`] for text of several lines, such as a parser's message: line ends and tabs stay.
pub fn shown_lines(text: &str) -> Cow<'_, str> {
    replaced(text, |character| {
        !matches!(character, '\n' | '\t') && is_unprintable(character)
    })
}

fn replaced(text: &str, is_replaced: impl Fn(char) -> bool) -> Cow<'_, str> {
    if text.chars().any(&is_replaced) {
        Cow::Owned(text.replace(is_replaced, "\u{FFFD}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// Whether `character` has no place in a line: controls, bidirectional overrides, noncharacters.
fn is_unprintable(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
        || matches!(character, '\u{FDD0}'..='\u{FDEF}' | '\u{FEFF}')
        || (u32::from(character) & 0xFFFE) == 0xFFFE
}

/// The first `count` characters of `text` (characters, never bytes).
pub fn cut(text: &str, count: usize) -> &str {
    // A text has no more characters than bytes.
    if text.len() <= count {
        return text;
    }
    text.char_indices()
        .nth(count)
        .map_or(text, |(end, _)| &text[..end])
}

/// How many characters have to be put in, taken out or replaced to make `b` of `a`.
pub fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (above, character) in a.chars().enumerate() {
        let mut diagonal = above;
        row[0] = above + 1;
        for (column, other) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(character != *other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[b.len()]
}

/// The names of `known` that `word` may have been meant to be, the nearest first; three at most.
pub fn nearest<'a, T: AsRef<str> + ?Sized + 'a>(
    word: &str,
    known: impl IntoIterator<Item = &'a T>,
) -> Vec<&'a str> {
    let edits_max = (word.chars().count() / 2).max(2);
    let same_start = |name: &str| word.chars().zip(name.chars()).take_while(|(a, b)| a == b).count();
    let mut near: Vec<(usize, Reverse<usize>, &str)> = known
        .into_iter()
        .map(AsRef::as_ref)
        .map(|name| (edits(word, name), Reverse(same_start(name)), name))
        .filter(|(edits, ..)| *edits <= edits_max)
        .collect();
    near.sort_unstable();
    near.truncate(3);
    near.into_iter().map(|(.., name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_holds_no_line_ends_and_no_controls() {
        assert_eq!(
            line("  Sommer sesong\r\n\tAskeladden\u{0} "),
            "Sommer sesong Askeladden"
        );
        assert_eq!(line("a\u{202E}b\u{FFFE}c"), "a b c");
        assert_eq!(line("\n"), "");
    }

    #[test]
    fn a_terminal_gets_no_controls_and_ordinary_text_as_it_is() {
        assert_eq!(shown("to  rad, æøå–€ "), "to  rad, æøå–€ ");
        assert_eq!(shown("a\u{1b}[31m\r\nb\u{202E}\u{9b}"), "a�[31m��b��");
        assert_eq!(shown_lines("a\n\tb\u{7}\r"), "a\n\tb��");
    }

    #[test]
    fn cutting_counts_characters() {
        assert_eq!(cut("ærlig", 2), "ær");
        assert_eq!(cut("ab", 5), "ab");
    }

    #[test]
    fn edits_are_counted_and_the_nearest_name_comes_first() {
        assert_eq!(edits("302312", "302321"), 2);
        assert_eq!(edits("gbat", "gbat10"), 2);
        assert_eq!((edits("", "æø"), edits("abc", "abc")), (2, 0));
        let known = ["sie4", "gbat10", "journal-csv"];
        assert_eq!(nearest("gbat", &known), ["gbat10"]);
        assert_eq!(nearest("FI25", &["DK25", "FI0", "FI25.5"])[0], "FI25.5");
        assert_eq!(nearest("excel", &known), [""; 0]);
    }
}
