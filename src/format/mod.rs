//! The formats: one folder each in `formats/`, one item each in the [`registry`].
//!
//! A descriptor (`format.toml`) says what a format is and how its documents are cut, named and
//! encoded; the registry joins it to the writer that makes them.

pub mod registry;

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::encode::{Encoding, LineEnd};
use crate::format::registry::{Folder, REGISTRY};
use crate::writer::{Context, Writer};

/// How sure we are that the target takes the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    /// A specification by whoever owns the format.
    Spec,
    /// Programs in use that write or read it.
    Code,
    /// Only what others say.
    SecondHand,
}

impl Evidence {
    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Spec => "spec",
            Self::Code => "code",
            Self::SecondHand => "second-hand",
        }
    }
}

/// How a journal becomes documents.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Split {
    /// One document.
    #[default]
    None,
    /// One document per fiscal year.
    FiscalYear,
    /// One document per voucher.
    Voucher,
}

/// What `format.toml` says of every format.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Descriptor {
    /// The id, which is also the folder's name.
    pub id: String,
    /// One line for people.
    pub title: String,
    /// Where the format is used.
    pub markets: Vec<String>,
    /// How sure we are.
    pub evidence: Evidence,
    /// The file's name; with several documents, the year or voucher goes before the suffix.
    pub file: String,
    /// How the journal is cut.
    #[serde(default)]
    pub split: Split,
    /// How text becomes bytes.
    #[serde(default)]
    pub encoding: Encoding,
    /// How lines end.
    #[serde(default)]
    pub line_end: LineEnd,
    /// Options without a default that must be set: `company.…` or a key of `[formats.<id>]`.
    #[serde(default)]
    pub needs: Vec<String>,
    /// What to set up in the accounting system, once.
    pub setup: String,
}

/// Makes a writer for one document.
pub type Maker = for<'a> fn(&Context<'a>) -> Result<Box<dyn Writer + 'a>, FormatError>;

/// A format: its descriptor and its writer.
#[derive(Debug, Clone)]
pub struct Format {
    /// What `format.toml` says.
    pub descriptor: Descriptor,
    /// `NOTES.md`: where each column comes from.
    pub notes: &'static str,
    /// Makes the writer.
    pub make: Maker,
}

/// Why a format cannot be written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FormatError {
    /// No such format.
    #[error("there is no format `{id}`; the formats are {known}")]
    Unknown {
        /// The name as given.
        id: String,
        /// All formats.
        known: String,
    },
    /// An option without a default is not set.
    #[error("format `{format}` needs `{option}`")]
    Missing {
        /// The format.
        format: String,
        /// `company.…` or a key of `[formats.<id>]`.
        option: String,
    },
    /// An option is set to something that the format does not take.
    #[error("format `{format}`: {message}")]
    Option {
        /// The format.
        format: String,
        /// What is wrong, and what is allowed.
        message: String,
    },
}

impl FormatError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Missing { format, option } => Some(match option.strip_prefix("company.") {
                Some(key) => format!("set `{key}` under [company]"),
                None => format!(
                    "set `{option}` under [formats.{format}]; `bilag formats show {format}` explains it"
                ),
            }),
            Self::Unknown { .. } | Self::Option { .. } => None,
        }
    }
}

static FORMATS: LazyLock<Vec<Format>> = LazyLock::new(|| {
    let format = |folder: &Folder| Format {
        descriptor: toml::from_str(folder.descriptor)
            .expect("descriptors are part of the program and tested"),
        notes: folder.notes,
        make: folder.make,
    };
    REGISTRY.iter().map(format).collect()
});

/// All formats, in the order of the registry.
pub fn all() -> &'static [Format] {
    &FORMATS
}

/// The format with an id.
pub fn find(id: &str) -> Result<&'static Format, FormatError> {
    all()
        .iter()
        .find(|format| format.descriptor.id == id)
        .ok_or_else(|| FormatError::Unknown {
            id: id.to_owned(),
            known: all()
                .iter()
                .map(|format| format.descriptor.id.as_str())
                .collect::<Vec<_>>()
                .join(", "),
        })
}

impl Format {
    /// The first option that is needed and not set, if any.
    pub fn missing(&self, context: &Context<'_>) -> Option<&str> {
        let is_set = |option: &str| match option.strip_prefix("company.") {
            Some(key) => company_has(context, key),
            None => context
                .options(&self.descriptor.id)
                .is_some_and(|table| table.contains_key(option)),
        };
        self.descriptor
            .needs
            .iter()
            .map(String::as_str)
            .find(|option| !is_set(option))
    }

    /// A writer for one document; refuses when a needed option is not set.
    pub fn writer<'a>(&self, context: &Context<'a>) -> Result<Box<dyn Writer + 'a>, FormatError> {
        match self.missing(context) {
            Some(option) => Err(FormatError::Missing {
                format: self.descriptor.id.clone(),
                option: option.to_owned(),
            }),
            None => (self.make)(context),
        }
    }
}

fn company_has(context: &Context<'_>, key: &str) -> bool {
    let company = &context.config.company;
    match key {
        "name" => company.name.is_some(),
        "registration_number" => company.registration_number.is_some(),
        "street" => company.street.is_some(),
        "postal_code" => company.postal_code.is_some(),
        "city" => company.city.is_some(),
        "country" => company.country.is_some(),
        "contact_first_name" => company.contact_first_name.is_some(),
        "contact_last_name" => company.contact_last_name.is_some(),
        "phone" => company.phone.is_some(),
        "email" => company.email.is_some(),
        "vat_registered" => company.vat_registered.is_some(),
        "bank_account" => company.bank_account.is_some() || company.iban.is_some(),
        "iban" => company.iban.is_some(),
        _ => false,
    }
}
