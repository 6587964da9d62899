//! What may never be shown or kept: the keys and tokens of a run, in every form in which they
//! travel, or in which whoever they are sent to may send them back.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::fmt;
use std::sync::{PoisonError, RwLock};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use memchr::memmem::Finder;
use secrecy::{ExposeSecret, SecretString};

use crate::digest::hexadecimal;
use crate::report_api::credentials::Credentials;

/// A secret with fewer bytes than this is looked for in messages only: a body may hold it by
/// chance.
const LENGTH_MIN: usize = 8;
/// A secret with fewer bytes than this stands in every other message.
const LENGTH_MIN_IN_MESSAGES: usize = 4;
/// So many tokens are remembered; those before have ended.
const TOKENS: usize = 4;
/// How often a text may be escaped within itself.
const ESCAPES: usize = 3;

/// The keys of a client, and its latest tokens.
pub(super) struct Secrets {
    keys: Vec<Forms>,
    tokens: RwLock<VecDeque<Forms>>,
}

/// One secret as it may stand in a text.
struct Forms {
    /// As it is, in hexadecimal, and in base64 wherever it may begin there.
    exact: Vec<Finder<'static>>,
    /// In small letters.
    folded: Finder<'static>,
}

impl Secrets {
    pub(super) fn of(credentials: &Credentials) -> Self {
        let keys: Vec<&SecretString> = match credentials {
            // What goes into a Basic credential beside the secret is not secret; where that is
            // repeated whole, the secret shows in it.
            Credentials::Accounting { client_secret, .. } => vec![client_secret],
            Credentials::Merchant {
                client_secret,
                subscription_key,
                ..
            } => vec![client_secret, subscription_key],
        };
        let keys = keys.into_iter().map(ExposeSecret::expose_secret).map(Forms::of);
        Self {
            keys: keys.collect(),
            tokens: RwLock::default(),
        }
    }

    /// Adds a token that was just given.
    pub(super) fn add_token(&self, token: &str) {
        let mut tokens = self.tokens.write().unwrap_or_else(PoisonError::into_inner);
        if tokens.iter().any(|known| known.is(token)) {
            return;
        }
        if tokens.len() == TOKENS {
            tokens.pop_front();
        }
        tokens.push_back(Forms::of(token));
    }

    /// Whether a body holds one of them.
    pub(super) fn are_in(&self, body: &[u8]) -> bool {
        self.any(body, |forms, text| {
            forms.length() >= LENGTH_MIN && forms.are_in(text)
        })
    }

    /// Whether a text that is to be shown holds one of them.
    pub(super) fn are_in_message(&self, message: &str) -> bool {
        self.any(message.as_bytes(), |forms, text| {
            let is_folded_in = || forms.folded.find(&text.to_ascii_lowercase()).is_some();
            forms.length() >= LENGTH_MIN_IN_MESSAGES && (forms.are_in(text) || is_folded_in())
        })
    }

    fn any(&self, text: &[u8], is_in: impl Fn(&Forms, &[u8]) -> bool) -> bool {
        let tokens = self.tokens.read().unwrap_or_else(PoisonError::into_inner);
        let is_any_in = |text: &[u8]| {
            self.keys
                .iter()
                .chain(tokens.iter())
                .any(|forms| is_in(forms, text))
        };
        let mut text = Cow::Borrowed(text);
        for _ in 0..ESCAPES {
            if is_any_in(&text) {
                return true;
            }
            match unescaped(&text) {
                Some(plain) => text = Cow::Owned(plain),
                None => return false,
            }
        }
        is_any_in(&text)
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").finish_non_exhaustive()
    }
}

impl Forms {
    fn of(secret: &str) -> Self {
        let bytes = secret.as_bytes();
        let small = hexadecimal(bytes);
        let mut exact = vec![secret.to_owned(), small.to_ascii_uppercase(), small];
        // Base64 makes four characters of three bytes. Whatever stands before the secret shifts it by
        // 0, 1 or 2 bytes; the groups that it fills alone are the same in any text.
        for skipped in 0..3 {
            let own = bytes.get(skipped..).unwrap_or_default();
            let own = &own[..own.len() / 3 * 3];
            exact.push(STANDARD_NO_PAD.encode(own));
            exact.push(URL_SAFE_NO_PAD.encode(own));
        }
        exact[1..].sort_unstable();
        exact.dedup();
        // A few characters of base64 stand in any text.
        let finders = exact.iter().enumerate();
        let finders = finders.filter(|(place, form)| *place == 0 || form.len() >= LENGTH_MIN);
        Self {
            exact: finders.map(|(_, form)| Finder::new(form).into_owned()).collect(),
            folded: Finder::new(&secret.to_ascii_lowercase()).into_owned(),
        }
    }

    fn is(&self, secret: &str) -> bool {
        self.exact
            .first()
            .is_some_and(|form| form.needle() == secret.as_bytes())
    }

    fn length(&self) -> usize {
        self.folded.needle().len()
    }

    fn are_in(&self, text: &[u8]) -> bool {
        self.exact.iter().any(|form| form.find(text).is_some())
    }
}

/// The text without the escapes of JSON, addresses and HTML; `None` when there are none.
fn unescaped(text: &[u8]) -> Option<Vec<u8>> {
    memchr::memchr3(b'\\', b'%', b'&', text)?;
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    let mut has_changed = false;
    while let Some(at) = memchr::memchr3(b'\\', b'%', b'&', rest) {
        plain.extend_from_slice(&rest[..at]);
        rest = &rest[at..];
        let (character, length) = escape(rest).unwrap_or((char::from(rest[0]), 1));
        has_changed |= length > 1;
        plain.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        rest = &rest[length..];
    }
    plain.extend_from_slice(rest);
    has_changed.then_some(plain)
}

/// The character that an escape at the beginning of `text` stands for, and how long the escape is.
/// Keys are ASCII, so what stands for more than that is left.
fn escape(text: &[u8]) -> Option<(char, usize)> {
    let ascii = |code: u32| char::from_u32(code).filter(char::is_ascii);
    let number = |digits: &[u8], radix| u32::from_str_radix(std::str::from_utf8(digits).ok()?, radix).ok();
    match text {
        [b'\\', b'u', ..] => Some((ascii(number(text.get(2..6)?, 16)?)?, 6)),
        [b'\\', b'x', ..] => Some((ascii(number(text.get(2..4)?, 16)?)?, 4)),
        [b'\\', character @ (b'/' | b'\\' | b'"' | b'\''), ..] => Some((char::from(*character), 2)),
        [b'%', ..] => Some((ascii(number(text.get(1..3)?, 16)?)?, 3)),
        [b'&', b'#', ..] => {
            let end = text.iter().take(12).position(|byte| *byte == b';')?;
            let code = match text.get(2..end)? {
                [b'x' | b'X', digits @ ..] => number(digits, 16)?,
                digits => number(digits, 10)?,
            };
            Some((ascii(code)?, end + 1))
        }
        [b'&', ..] => [("&amp;", '&'), ("&lt;", '<'), ("&gt;", '>'), ("&quot;", '"')]
            .into_iter()
            .find(|(name, _)| text.starts_with(name.as_bytes()))
            .map(|(name, character)| (character, name.len())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};

    use super::*;

    const ID: &str = "id-of-client";
    const SECRET: &str = "kAn?>ri/s+cret~9c&42";
    const TOKEN: &str = "eyJ0eXAi.kanari_token-77d0";

    fn secrets() -> Secrets {
        let secrets = Secrets::of(&Credentials::Accounting {
            client_id: ID.into(),
            client_secret: SECRET.into(),
        });
        secrets.add_token(TOKEN);
        secrets
    }

    fn percent(text: &str, every: bool) -> String {
        let is_kept = |byte: u8| !every && (byte.is_ascii_alphanumeric() || byte == b'-');
        text.bytes()
            .map(|byte| match byte {
                byte if is_kept(byte) => char::from(byte).to_string(),
                byte => format!("%{byte:02x}"),
            })
            .collect()
    }

    fn forms(secret: &str) -> Vec<String> {
        let json: String = secret
            .chars()
            .map(|c| format!("\\u{:04X}", u32::from(c)))
            .collect();
        let html: String = secret.chars().map(|c| format!("&#{};", u32::from(c))).collect();
        let mut forms = vec![
            secret.to_owned(),
            percent(secret, false),
            percent(secret, true).to_uppercase(),
            percent(&percent(secret, false), false),
            serde_json::to_string(secret).unwrap(),
            secret.replace('/', "\\/").replace('&', "&amp;"),
            json.clone(),
            json.replace('\\', "\\\\"),
            html,
            hexadecimal(secret.as_bytes()),
            hexadecimal(secret.as_bytes()).to_uppercase(),
        ];
        for before in ["", ":", "a:", "id:", &format!("{ID}:")] {
            let whole = format!("{before}{secret}");
            forms.push(STANDARD.encode(&whole));
            forms.push(STANDARD_NO_PAD.encode(&whole));
            forms.push(URL_SAFE.encode(&whole));
            forms.push(percent(&STANDARD.encode(&whole), false));
            forms.push(STANDARD.encode(whole + "\n and more"));
        }
        forms
    }

    #[test]
    fn a_secret_is_seen_in_every_form() {
        let secrets = secrets();
        for secret in [SECRET, TOKEN] {
            for form in forms(secret) {
                let text = format!("bad value `{form}` in header");
                assert!(secrets.are_in(text.as_bytes()), "{secret}: {text}");
                assert!(secrets.are_in_message(&text), "{secret}: {text}");
            }
            assert!(secrets.are_in_message(&secret.to_uppercase()));
        }
    }

    #[test]
    fn what_is_no_secret_is_not_seen() {
        let secrets = secrets();
        let other: String = forms("another-secret-of-another").join(" ");
        for text in [
            ID,
            "",
            "\\",
            "%",
            "%zz \\u12 &#; &#x; \\u00zz &",
            "100 % \\o/ &amp;",
            &SECRET[1..],
            &other,
        ] {
            assert!(!secrets.are_in(text.as_bytes()), "{text}");
            assert!(!secrets.are_in_message(text), "{text}");
        }
    }

    #[test]
    fn short_secrets_are_seen_in_messages_only() {
        let secrets = Secrets::of(&Credentials::Accounting {
            client_id: ID.into(),
            client_secret: "items".into(),
        });
        secrets.add_token("T");
        assert!(!secrets.are_in(b"{\"items\":[],\"T\":1}"));
        assert!(secrets.are_in_message("no items"));
        assert!(!secrets.are_in_message("a T"));
    }

    #[test]
    fn the_latest_tokens_are_known() {
        let secrets = secrets();
        for number in 0..TOKENS {
            assert!(secrets.are_in(TOKEN.as_bytes()));
            secrets.add_token(&format!("token-{number}-of-the-client"));
            secrets.add_token(&format!("token-{number}-of-the-client"));
        }
        assert!(!secrets.are_in(TOKEN.as_bytes()));
        assert!(secrets.are_in(b"token-0-of-the-client"));
        assert!(!format!("{secrets:?}").contains("token-0"));
    }
}
