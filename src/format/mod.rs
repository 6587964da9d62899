//! The formats: one folder each in `formats/`, one item each in the [`registry`].
//!
//! A descriptor (`format.toml`) says what a format is and how its documents are cut, named and
//! encoded; the registry joins it to the writer that makes them.

pub mod delimited;
pub mod options;
pub mod registry;
mod series;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde::de::IntoDeserializer;
use serde::de::value::Error as ValueError;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::encode::{Container, Encoding, LineEnd};
use crate::format::delimited::Layout;
use crate::format::options::{OptionSpec, Options, Variant};
use crate::format::registry::{Folder, Make, REGISTRY};
use crate::writer::delimited::DelimitedWriter;
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
    #[serde(default)]
    pub markets: Vec<String>,
    /// How sure we are.
    #[serde(default = "second_hand")]
    pub evidence: Evidence,
    /// The file's name; with several documents, the year or voucher goes before the suffix.
    pub file: String,
    /// Whether the format is for scripts and not for import, so that the same voucher may be in
    /// several files.
    #[serde(default)]
    pub plain: bool,
    /// What the target's own integration with the provider books, where it has one that books
    /// sales.
    #[serde(default)]
    pub own_integration: Option<String>,
    /// How the journal is cut.
    #[serde(default)]
    pub split: Split,
    /// How text becomes bytes.
    #[serde(default)]
    pub encoding: Encoding,
    /// How lines end.
    #[serde(default)]
    pub line_end: LineEnd,
    /// What the document stands in.
    #[serde(default)]
    pub container: Container,
    /// What must be set: `company.…` or an option of `[formats.<id>]`. Options that are declared
    /// without a default belong to it.
    #[serde(default)]
    pub needs: Vec<String>,
    /// The options of `[formats.<id>]`, by name.
    #[serde(default)]
    pub options: BTreeMap<String, OptionSpec>,
    /// The tables of `[formats.<id>]` beside its options, by name, and what each is.
    #[serde(default)]
    pub tables: BTreeMap<String, String>,
    /// Sets of values, one of which the option `variant` chooses.
    #[serde(default)]
    pub variants: BTreeMap<String, Variant>,
    /// What to set up in the accounting system, once.
    #[serde(default)]
    pub setup: String,
    /// The layout of delimited text; absent where a writer of its own makes the documents.
    #[serde(default)]
    pub delimited: Option<Layout>,
}

fn second_hand() -> Evidence {
    Evidence::SecondHand
}

impl Descriptor {
    /// Reads a descriptor and checks what can be checked without a ledger.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut descriptor: Self =
            toml::from_str(text).map_err(|error| crate::config::values::toml_message(text, &error))?;
        if descriptor.file.contains(['/', '\\']) || descriptor.file.trim_matches('.').is_empty() {
            return Err(format!("`file` is the name of a file, not `{}`", descriptor.file));
        }
        if let Some(layout) = &descriptor.delimited {
            layout.check(text, &descriptor.options)?;
        }
        for (name, spec) in &descriptor.options {
            if spec.default.is_none() && !spec.optional && !descriptor.needs.contains(name) {
                descriptor.needs.push(name.clone());
            }
        }
        Ok(descriptor)
    }

    /// Whether the descriptor says which options there are.
    pub fn declares_options(&self) -> bool {
        !self.options.is_empty()
    }

    /// How documents are named and encoded under these options. The options `encoding`,
    /// `line_end` and `container` stand for the keys of the same name.
    pub fn shape(&self, options: &Options) -> Result<Shape, FormatError> {
        let container = choice(options, "container", self.container)?;
        let file = match container {
            Container::Plain => self.file.clone(),
            Container::Zip => format!("{}.zip", self.file),
        };
        Ok(Shape {
            file,
            name_inside: self.file.clone(),
            split: self.split,
            encoding: choice(options, "encoding", self.encoding)?,
            line_end: choice(options, "line_end", self.line_end)?,
            container,
        })
    }
}

/// The value of an option from a closed list, or what holds when it is not set.
pub(crate) fn choice<'de, T: Deserialize<'de>>(
    options: &'de Options,
    key: &str,
    default: T,
) -> Result<T, FormatError> {
    let Some(text) = options.get(key) else {
        return Ok(default);
    };
    T::deserialize(text.into_deserializer())
        .map_err(|error: ValueError| options.wrong(&format!("`{key}`: {error}")))
}

/// How the documents of a format are cut, named and encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// The file's name; with several documents, the year or voucher goes before the suffix.
    pub file: String,
    /// The document's name inside its container.
    pub name_inside: String,
    /// How the journal is cut.
    pub split: Split,
    /// How text becomes bytes.
    pub encoding: Encoding,
    /// How lines end.
    pub line_end: LineEnd,
    /// What the document stands in.
    pub container: Container,
}

/// Makes a writer for one document.
pub type Maker = for<'a> fn(&Context<'a>, &Options) -> Result<Box<dyn Writer + 'a>, FormatError>;

/// A format: its descriptor and its writer.
#[derive(Debug, Clone)]
pub struct Format {
    /// What `format.toml` says.
    pub descriptor: Descriptor,
    /// `NOTES.md`: where each column comes from.
    pub notes: &'static str,
    /// What makes the writer.
    pub make: Make,
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
    /// A format of the user's own that cannot be used.
    #[error("{}: {message}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and allowed values.
        message: String,
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
            Self::Unknown { .. } | Self::Option { .. } | Self::File { .. } => None,
        }
    }
}

static FORMATS: LazyLock<Vec<Format>> = LazyLock::new(|| {
    let format = |folder: &Folder| Format {
        descriptor: Descriptor::parse(folder.descriptor)
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

/// The format that a user names: a path to a descriptor, an id, or the name of a descriptor in
/// the user's own folder.
pub fn resolve(name: &str, users_folder: Option<&Path>) -> Result<&'static Format, FormatError> {
    let is_path = name.contains(['/', '\\']) || name.to_ascii_lowercase().ends_with(".toml");
    let users = users_folder.map(|folder| folder.join(format!("{name}.toml")));
    let path = match users.filter(|path| path.is_file()) {
        _ if is_path => PathBuf::from(name),
        Some(path) if find(name).is_err() => path,
        _ => return find(name),
    };
    // A run names a handful of formats, and they live as long as it does.
    Ok(Box::leak(Box::new(Format::load(&path)?)))
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
    /// Loads a format of the user's own: a `format.toml` with a `[delimited]` layout.
    pub fn load(path: &Path) -> Result<Self, FormatError> {
        let invalid = |message: String| FormatError::File {
            path: path.to_owned(),
            message,
        };
        let text =
            std::fs::read_to_string(path).map_err(|error| invalid(format!("cannot be read: {error}")))?;
        let descriptor = Descriptor::parse(&text).map_err(&invalid)?;
        if descriptor.delimited.is_none() {
            return Err(invalid("there is no [delimited] table".to_owned()));
        }
        Ok(Self {
            descriptor,
            notes: "",
            make: Make::Delimited,
        })
    }

    /// The format's options for the ledger.
    pub fn options(&self, context: &Context<'_>) -> Result<Options, FormatError> {
        let table = context.options(&self.descriptor.id);
        Options::read(&self.descriptor, table, &context.info.ledger_id)
    }

    /// How the documents of the ledger are cut, named and encoded.
    pub fn shape(&self, context: &Context<'_>) -> Result<Shape, FormatError> {
        self.descriptor.shape(&self.options(context)?)
    }

    /// Whether vouchers have numbers that several ledgers of one company would share.
    pub fn numbers_vouchers(&self) -> bool {
        self.descriptor.options.contains_key("series")
    }

    /// The first option that is needed and not set, if any.
    pub fn missing(&self, context: &Context<'_>) -> Option<&str> {
        let table = context.options(&self.descriptor.id);
        let own = table
            .and_then(|table| table.get("ledgers")?.get(&context.info.ledger_id))
            .and_then(toml::Value::as_table);
        let is_set = |option: &str| match option.strip_prefix("company.") {
            Some(key) => company_has(context, key),
            None => [table, own]
                .into_iter()
                .flatten()
                .any(|table| table.contains_key(option)),
        };
        self.descriptor
            .needs
            .iter()
            .map(String::as_str)
            .find(|option| !is_set(option))
    }

    /// A writer for one document; refuses when a needed option is not set.
    pub fn writer<'a>(&'a self, context: &Context<'a>) -> Result<Box<dyn Writer + 'a>, FormatError> {
        if let Some(option) = self.missing(context) {
            return Err(FormatError::Missing {
                format: self.descriptor.id.clone(),
                option: option.to_owned(),
            });
        }
        let options = self.options(context)?;
        if self.numbers_vouchers() {
            series::refuse_shared(&self.descriptor, context, &options)?;
        }
        match (self.make, &self.descriptor.delimited) {
            (Make::Own(make), _) => make(context, &options),
            (Make::Delimited, Some(layout)) => {
                let shape = self.descriptor.shape(&options)?;
                let writer = DelimitedWriter::new(layout, &shape, context, &options)?;
                Ok(Box::new(writer))
            }
            (Make::Delimited, None) => Err(options.wrong("the format has no layout")),
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
