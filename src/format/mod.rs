//! What a format is: its descriptor, its options, its layout, and what can be wrong with them.
//!
//! This is data only. The writers make documents of it, and the catalogue joins the two.

pub mod control;
pub mod delimited;
pub mod field;
pub mod options;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::de::IntoDeserializer;
use serde::de::value::Error as ValueError;
use serde::{Deserialize, Deserializer, Serialize};
use strum::IntoStaticStr;
use thiserror::Error;

use crate::encode::{Container, Encoding, LineEnd};
use crate::format::control::ControlAccount;
use crate::format::delimited::Layout;
use crate::format::options::{OptionSpec, Options, Variant};
use crate::text;

/// The longest id and name of a file, in characters.
const NAME_MAX: usize = 100;

/// Files of bilag's own beside the outputs.
const RESERVED: [&str; 2] = ["manifest.json", "export-log.json"];

/// How sure we are that the target takes the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
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
        self.into()
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

/// What a file of a format stands for in the target.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Coverage {
    /// The vouchers in it: whoever imports one of them from two files books it twice.
    #[default]
    Vouchers,
    /// The dates in it: a statement, of which each date belongs into one file.
    Dates,
    /// Nothing: any number of files may hold the same voucher or date.
    None,
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
    /// What a file of the format stands for in the target, and so what may be in only one file.
    #[serde(default)]
    pub coverage: Coverage,
    /// The key that `coverage` took the place of.
    #[serde(default, rename = "plain", deserialize_with = "refuse_plain")]
    _plain: Option<()>,
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
    /// Accounts that the target keeps for customers or suppliers, by number.
    #[serde(default)]
    pub control_accounts: BTreeMap<String, ControlAccount>,
    /// What to set up in the accounting system, once.
    #[serde(default)]
    pub setup: String,
    /// The layout of delimited text; absent where a writer of its own makes the documents.
    #[serde(default)]
    pub delimited: Option<Layout>,
}

/// Descriptors had `plain` before: a serde error has the line, and says what to write instead.
fn refuse_plain<'de, D: Deserializer<'de>>(_: D) -> Result<Option<()>, D::Error> {
    Err(serde::de::Error::custom(
        "there is no key `plain`; write `coverage = \"none\"` for a format of which any number of files may hold a \
         voucher (instead of `plain = true`), and nothing otherwise",
    ))
}

fn second_hand() -> Evidence {
    Evidence::SecondHand
}

impl Descriptor {
    /// Reads a descriptor and checks what can be checked without a ledger.
    pub fn parse(source: &str) -> Result<Self, String> {
        let mut descriptor: Self =
            toml::from_str(source).map_err(|error| crate::config::values::toml_message(source, &error))?;
        // The id names a folder of what was exported.
        for (key, name) in [("id", &descriptor.id), ("file", &descriptor.file)] {
            let problem = text::file_name_problem(name)
                .or_else(|| (name.chars().count() > NAME_MAX).then_some("it is longer than 100 characters"));
            if let Some(problem) = problem {
                let name = text::shortened(name, NAME_MAX);
                let kind = if key == "id" { "a format" } else { "a file" };
                return Err(format!(
                    "`{key}` is the name of {kind}, not `{}`: {problem}",
                    name.escape_debug()
                ));
            }
        }
        if RESERVED
            .iter()
            .any(|name| descriptor.file.eq_ignore_ascii_case(name))
        {
            return Err(format!(
                "`file` cannot be `{}`: bilag keeps a file of its own there",
                descriptor.file
            ));
        }
        if let Some(layout) = &descriptor.delimited {
            layout.check(source, &descriptor.options)?;
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

    /// What to do about postings on a control account.
    pub fn control_hint(&self, control: &ControlAccount) -> String {
        let (id, party) = (&self.id, control.party.name());
        match self.options.contains_key(party) {
            true => format!("book to another account, or set `{party} = \"…\"` under [formats.{id}]"),
            false => "book to another account".to_owned(),
        }
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

/// Why a format cannot be written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FormatError {
    /// No such format.
    #[error("{place}there is no format `{id}`{near}; the formats are {known}")]
    Unknown {
        /// Where the name stands, when it is in the configuration.
        place: String,
        /// The name as given.
        id: String,
        /// The formats whose names are near it.
        near: String,
        /// All formats.
        known: String,
    },
    /// An option without a default is not set.
    #[error("format `{format}` needs `{option}`")]
    Missing {
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
    /// A descriptor that a program registers and that cannot be used.
    #[error("the descriptor of a format: {message}")]
    Descriptor {
        /// What is wrong, with line and allowed values.
        message: String,
    },
    /// An option is set to something that the format does not take.
    #[error("format `{format}`: {message}")]
    Option {
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
            Self::Unknown { place, .. } if !place.is_empty() => Some(
                "a descriptor of your own is known when it lies in the folder `formats` beside your own bilag.toml, or when [output] formats names its path"
                    .to_owned(),
            ),
            Self::Unknown { .. } | Self::Option { .. } | Self::File { .. } | Self::Descriptor { .. } => None,
        }
    }
}
