//! Text from outside, made safe for one line of a voucher and for a terminal.

use std::borrow::Cow;
use std::cmp::Reverse;

/// The longest line that a terminal gets, in characters. What is longer came from outside.
const LINE_MAX: usize = 2000;

/// The longest name of a file, in bytes: most systems take 255, and a year or a voucher may be added.
const FILE_NAME_MAX: usize = 200;

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

/// `text` of several lines as a terminal gets it: like [`shown_lines`], and each line cut to
/// `LINE_MAX` characters.
pub fn for_terminal(text: &str) -> Cow<'_, str> {
    let text = shown_lines(text);
    if text
        .split('\n')
        .all(|line| cut(line, LINE_MAX).len() == line.len())
    {
        return text;
    }
    let lines: Vec<Cow<'_, str>> = text.split('\n').map(|line| shortened(line, LINE_MAX)).collect();
    Cow::Owned(lines.join("\n"))
}

/// A JSON document without a character that a terminal might obey: each is written as its escape,
/// so that readers of JSON get the same text.
pub fn escaped_json(text: &str) -> Cow<'_, str> {
    if text.is_ascii() && !text.contains('\u{7F}') {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_ascii() && character != '\u{7F}' || !is_unprintable(character) {
            escaped.push(character);
        } else {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                escaped.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    Cow::Owned(escaped)
}

/// The first `count` characters of `text`, and a mark when there are more.
pub fn shortened(text: &str, count: usize) -> Cow<'_, str> {
    let start = cut(text, count);
    if start.len() == text.len() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("{start}… ({} bytes in all)", text.len()))
}

/// Why a file that is written cannot have this name, on any system; `None` when it can.
pub fn file_name_problem(name: &str) -> Option<&'static str> {
    let stem = name.split('.').next().unwrap_or_default();
    let stem = stem.trim_end().to_ascii_uppercase();
    let is_numbered = |prefix: &str| {
        let number = stem.strip_prefix(prefix).map(str::as_bytes);
        number.is_some_and(|number| matches!(number, [b'0'..=b'9']))
    };
    if name.is_empty() {
        Some("it is empty")
    } else if name.len() > FILE_NAME_MAX {
        Some("it is longer than 200 bytes")
    } else if name.chars().any(is_unprintable) {
        Some("it holds a character that is not printed")
    } else if name.contains(['/', '\\', ':', '*', '?', '"', '<', '>', '|']) {
        Some("it holds a character that names of files cannot have on every system")
    } else if name.starts_with(['.', ' ']) || name.ends_with(['.', ' ']) {
        Some("it begins or ends with a point or a space")
    } else if ["CON", "PRN", "AUX", "NUL"].contains(&stem.as_str())
        || is_numbered("COM")
        || is_numbered("LPT")
    {
        Some("it is the name of a device on Windows")
    } else {
        None
    }
}

/// Whether `character` has no place in a line: controls, marks that change the direction of text,
/// noncharacters.
fn is_unprintable(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
        || matches!(
            character,
            '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{FFF9}'..='\u{FFFB}'
        )
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
    fn a_terminal_gets_no_endless_lines() {
        let text = format!("short\n{}\nshort", "æ".repeat(LINE_MAX + 1));
        let shown = for_terminal(&text);
        assert_eq!(shown.lines().count(), 3);
        assert!(shown.lines().all(|line| line.chars().count() < LINE_MAX + 30));
        assert!(shown.contains("… (4002 bytes in all)\nshort"));
        assert_eq!(for_terminal("a\nb\u{1b}"), "a\nb�");
        let most = "æ".repeat(LINE_MAX);
        assert_eq!(for_terminal(&most), most);
    }

    #[test]
    fn json_is_escaped_without_being_changed() {
        let text = "a\u{202E}b\u{9b}c\u{7f}d\u{1FFFE}æ😋\u{200F}";
        let document = serde_json::to_string(&[text]).unwrap();
        let escaped = escaped_json(&document);
        assert!(!escaped.chars().any(is_unprintable), "{escaped}");
        assert!(escaped.contains("æ😋"));
        let read: Vec<String> = serde_json::from_str(&escaped).unwrap();
        assert_eq!(read, [text]);
    }

    #[test]
    fn names_of_files_are_names_on_every_system() {
        for good in [
            "journal.csv",
            "a",
            "2026.sie",
            "console.txt",
            "COM10.txt",
            "æ ø.csv",
            "nul-1.csv",
        ] {
            assert_eq!(file_name_problem(good), None, "{good}");
        }
        let long = "a".repeat(201);
        for bad in [
            "",
            ".",
            "..",
            "../x",
            "a/b",
            "a\\b",
            "a\nb",
            "a\0b",
            "a\u{202E}b",
            "NUL",
            "con.csv",
            "Com1.txt",
            "lpt9",
            "a:b",
            "a.",
            " a",
            "a ",
            ".a",
            &long,
        ] {
            assert!(file_name_problem(bad).is_some(), "{bad:?}");
        }
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
