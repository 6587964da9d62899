//! Text for PC8 (code page 437), which SIE 4 files are always in. It has no `ø`, no `€` and no
//! typographic marks; what stands in their place is listed for the user.

use std::collections::BTreeMap;

use crate::encode::Encoding;
use crate::writer::Limits;

/// What stands for a character that PC8 does not have, or that SIE does not take.
const SUBSTITUTES: [(char, &str); 42] = [
    ('ø', "ö"),
    ('Ø', "Ö"),
    ('€', "EUR"),
    ('\\', "/"),
    ('–', "-"),
    ('—', "-"),
    ('−', "-"),
    ('‘', "'"),
    ('’', "'"),
    ('“', "'"),
    ('”', "'"),
    ('…', "..."),
    ('×', "x"),
    ('©', "(c)"),
    ('®', "(r)"),
    ('™', "(tm)"),
    ('À', "A"),
    ('Á', "A"),
    ('Â', "A"),
    ('Ã', "A"),
    ('ã', "a"),
    ('È', "E"),
    ('Ê', "E"),
    ('Ë', "E"),
    ('Í', "I"),
    ('Î', "I"),
    ('Ï', "I"),
    ('Ó', "O"),
    ('Ô', "O"),
    ('Õ', "O"),
    ('õ', "o"),
    ('Ú', "U"),
    ('Û', "U"),
    ('Ý', "Y"),
    ('ý', "y"),
    ('ð', "d"),
    ('Ð', "D"),
    ('þ', "th"),
    ('š', "s"),
    ('Š', "S"),
    ('ž', "z"),
    ('Ž', "Z"),
];

/// What stands for everything else.
const UNKNOWN: &str = "?";

/// The characters that were replaced so far, and how often.
#[derive(Debug, Default)]
pub struct Replacements(BTreeMap<char, u64>);

/// The text in PC8.
pub fn text(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    for character in text.chars() {
        match substitute(character) {
            None => result.push(character),
            Some(substitute) => result.push_str(substitute),
        }
    }
    result
}

impl Replacements {
    /// Notes what of a text is replaced.
    pub fn note(&mut self, text: &str) {
        for character in text.chars() {
            if substitute(character).is_some() {
                *self.0.entry(character).or_default() += 1;
            }
        }
    }

    /// Lists what was replaced.
    pub fn report(&self, limits: &mut Limits) {
        for (character, count) in &self.0 {
            let substitute = substitute(*character).unwrap_or_default();
            let character = character.escape_debug();
            limits.replaced(format!(
                "`{character}` is not in the code page of SIE 4: `{substitute}` stands in its place, {count} times"
            ));
        }
    }
}

/// What stands for `character`; `None` for itself.
pub fn substitute(character: char) -> Option<&'static str> {
    // Nearly every character is one that stands for itself.
    if matches!(character, ' '..='~') && character != '\\' {
        return None;
    }
    let known = SUBSTITUTES.iter().find(|(unwanted, _)| *unwanted == character);
    match known {
        Some((_, substitute)) => Some(substitute),
        // SIE takes no control characters, which the code page has.
        None if character.is_control() => Some(" "),
        None if Encoding::Cp437.encode(character, &mut [0; 4]).is_some() => None,
        None => Some(UNKNOWN),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_code_page_lacks_is_replaced_and_listed() {
        let mut replacements = Replacements::default();
        let before = "Bø – å€ø漢 æé\t\u{7f}";
        replacements.note(before);
        assert_eq!(text(before), "Bö - åEURö? æé  ");
        let mut limits = Limits::new("sie4");
        replacements.report(&mut limits);
        assert_eq!(limits.replacements().len(), 6);
        assert!(
            limits
                .replacements()
                .iter()
                .any(|line| line.contains("`ö` stands in its place, 2 times"))
        );
    }

    #[test]
    fn every_substitute_is_in_the_code_page_and_needed() {
        for (character, substitute) in SUBSTITUTES {
            assert_eq!(Encoding::Cp437.first_missing(substitute), None, "{character}");
            let is_missing = Encoding::Cp437.encode(character, &mut [0; 4]).is_none();
            assert!(is_missing || character == '\\', "{character}");
        }
    }
}
