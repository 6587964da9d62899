//! The keys to the provider's API, and where they come from: the environment, or a file that
//! only its owner can read. They never appear in text that bilag writes.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use secrecy::SecretString;
use thiserror::Error;

use crate::input;

/// The most that is read of a credentials file, in bytes. It has four short lines.
const FILE_MAX: u64 = 1 << 16;

/// Which kind of keys the user has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auth {
    /// Accounting keys: every ledger whose merchant granted access.
    Accounting,
    /// A merchant's own sales unit keys: that unit's ledger.
    Merchant,
}

impl Auth {
    /// The names that this kind of keys needs.
    fn names(self) -> &'static [Name] {
        match self {
            Self::Accounting => &NAMES[..2],
            Self::Merchant => &NAMES,
        }
    }
}

/// The keys themselves. `Debug` shows no secret.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// Accounting keys, or an organisation's merchant-level keys.
    Accounting {
        client_id: SecretString,
        client_secret: SecretString,
    },
    /// Sales unit keys.
    Merchant {
        client_id: SecretString,
        client_secret: SecretString,
        /// Subscription key of the API product.
        subscription_key: SecretString,
        /// The sales unit's number (MSN); not secret.
        merchant_serial_number: String,
    },
}

/// Why there are no keys to use.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CredentialsError {
    /// One or more are nowhere to be found.
    #[error("no {} to be found", .0.join(", "))]
    Missing(Vec<&'static str>),
    /// The file cannot be read.
    #[error("cannot read the credentials file {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Others than its owner can read the file.
    #[error("others can read the credentials file {} (its mode is {mode:03o})", path.display())]
    ReadableByOthers {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file does not say what it should. The text is not shown: it holds secrets.
    #[error("{}: {problem}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong, without any value.
        problem: String,
    },
}

impl CredentialsError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Missing(_) => Some(
                "set the environment variables, or name a file with `credentials_file` in `[api]`; the keys are \
                 found in the provider's portal"
                    .to_owned(),
            ),
            Self::Read { .. } => None,
            Self::ReadableByOthers { path, .. } => Some(format!("run `chmod 600 {}`", path.display())),
            Self::Content { .. } => Some("write lines such as `client_id = \"…\"`".to_owned()),
        }
    }
}

/// A key's name in the file and in the environment.
struct Name {
    file: &'static str,
    environment: &'static str,
}

const NAMES: [Name; 4] = [
    Name {
        file: "client_id",
        environment: "BILAG_CLIENT_ID",
    },
    Name {
        file: "client_secret",
        environment: "BILAG_CLIENT_SECRET",
    },
    Name {
        file: "subscription_key",
        environment: "BILAG_SUBSCRIPTION_KEY",
    },
    Name {
        file: "merchant_serial_number",
        environment: "BILAG_MERCHANT_SERIAL_NUMBER",
    },
];

impl Credentials {
    /// Takes each key from the environment, else from `file`.
    pub fn load(
        auth: Auth,
        file: Option<&Path>,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, CredentialsError> {
        let table = file.map_or_else(|| Ok(toml::Table::new()), read_file)?;
        let mut missing = Vec::new();
        let mut values = Vec::new();
        for name in auth.names() {
            let from_file = || {
                table
                    .get(name.file)
                    .and_then(toml::Value::as_str)
                    .map(str::to_owned)
            };
            // Ends are trimmed because a secret that a shell read from a file brings its line end.
            let value = [environment(name.environment), from_file()]
                .into_iter()
                .flatten()
                .map(|text| text.trim().to_owned())
                .find(|text| !text.is_empty());
            match value {
                Some(value) => values.push(value),
                None => missing.push(name.environment),
            }
        }
        let mut values = values.into_iter();
        match (auth, values.next(), values.next(), values.next(), values.next()) {
            (Auth::Accounting, Some(client_id), Some(client_secret), ..) => Ok(Self::Accounting {
                client_id: client_id.into(),
                client_secret: client_secret.into(),
            }),
            (Auth::Merchant, Some(client_id), Some(client_secret), Some(subscription_key), Some(msn)) => {
                Ok(Self::Merchant {
                    client_id: client_id.into(),
                    client_secret: client_secret.into(),
                    subscription_key: subscription_key.into(),
                    merchant_serial_number: msn,
                })
            }
            _ => Err(CredentialsError::Missing(missing)),
        }
    }
}

fn read_file(path: &Path) -> Result<toml::Table, CredentialsError> {
    let read = |source| CredentialsError::Read {
        path: path.to_owned(),
        source,
    };
    let (file, _) = input::open(path).map_err(read)?;
    refuse_other_readers(&file, path)?;
    let mut text = String::new();
    file.take(FILE_MAX).read_to_string(&mut text).map_err(read)?;
    let content = |problem| CredentialsError::Content {
        path: path.to_owned(),
        problem,
    };
    // The parser's own message quotes the line, and with it the secret.
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let before = error
            .span()
            .and_then(|span| text.get(..span.start))
            .unwrap_or_default();
        content(format!("line {} is not TOML", before.matches('\n').count() + 1))
    })?;
    for (key, value) in &table {
        if !NAMES.iter().any(|name| name.file == key) {
            let allowed = NAMES.map(|name| name.file).join(", ");
            return Err(content(format!(
                "`{}` is not a key of this file; allowed are {allowed}",
                crate::text::cut(key, 40)
            )));
        }
        if !value.is_str() {
            return Err(content(format!("`{key}` is not text; put it in quotes")));
        }
    }
    Ok(table)
}

#[cfg(unix)]
fn refuse_other_readers(file: &File, path: &Path) -> Result<(), CredentialsError> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = file.metadata().map_err(|source| CredentialsError::Read {
        path: path.to_owned(),
        source,
    })?;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        Ok(())
    } else {
        Err(CredentialsError::ReadableByOthers {
            path: path.to_owned(),
            mode,
        })
    }
}

/// Elsewhere a file has no mode; its folder decides who can read it.
#[cfg(not(unix))]
fn refuse_other_readers(_file: &File, _path: &Path) -> Result<(), CredentialsError> {
    Ok(())
}
