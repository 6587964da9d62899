//! The formats that there are: one folder each in `formats/`, one item each in the [`registry`],
//! the user's own, and those that a program registers. Here a descriptor meets the writer that makes its documents.

pub mod registry;
mod series;

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use crate::catalogue::registry::{Folder, Make, Makers, REGISTRY};
use crate::config::{Config, LedgerConfig};
use crate::format::options::Options;
use crate::format::{Descriptor, FormatError, Shape};
use crate::input;
use crate::text;
use crate::writer::Context;
use crate::writer::delimited::{DelimitedChecker, DelimitedWriter, Table};

/// The largest descriptor, in bytes. Those that are built in have a few thousand.
const FILE_MAX: u64 = 1 << 20;

/// A format: its descriptor and its writer.
#[derive(Debug)]
pub struct Format {
    /// What `format.toml` says, read when it is first asked for: a run writes few of all formats.
    pub descriptor: LazyLock<Descriptor, ReadDescriptor>,
    /// `NOTES.md`, where each column comes from; empty unless it is built in.
    pub notes: &'static str,
    /// What makes the writer.
    pub make: Make,
}

/// Reads a descriptor that cannot be wrong.
type ReadDescriptor = Box<dyn FnOnce() -> Descriptor + Send>;

static FORMATS: LazyLock<Vec<Arc<Format>>> =
    LazyLock::new(|| REGISTRY.iter().map(Format::built_in).map(Arc::new).collect());

/// All formats, in the order of the registry.
pub fn all() -> &'static [Arc<Format>] {
    &FORMATS
}

/// The format that a user names: a path to a descriptor, an id, or the name of a descriptor in
/// the user's own folder.
pub fn resolve(name: &str, users_folder: Option<&Path>) -> Result<Arc<Format>, FormatError> {
    let is_path = name.contains(['/', '\\']) || name.to_ascii_lowercase().ends_with(".toml");
    let users = users_folder.map(|folder| folder.join(format!("{name}.toml")));
    let path = match users.filter(|path| path.is_file()) {
        _ if is_path => PathBuf::from(name),
        Some(path) if find(name).is_err() => path,
        _ => return find(name).cloned(),
    };
    Ok(Arc::new(Format::load(&path)?))
}

/// The format with an id.
pub fn find(id: &str) -> Result<&'static Arc<Format>, FormatError> {
    REGISTRY
        .iter()
        .zip(all())
        .find_map(|(folder, format)| (folder.id == id).then_some(format))
        .ok_or_else(|| unknown(id, String::new()))
}

/// Refuses a configuration that names formats that there are not, or sets options of some.
/// `named` are formats that the command line names.
pub fn check_names(
    config: &Config,
    named: &[Arc<Format>],
    users_folder: Option<&Path>,
) -> Result<(), FormatError> {
    let mut known: Vec<String> = named.iter().map(|format| format.descriptor.id.clone()).collect();
    for format in config.named_formats().iter().filter(|format| !format.has_options) {
        let found = resolve(&format.name, users_folder).map_err(|error| match error {
            FormatError::Unknown { id, .. } => unknown(&id, format!("{}: ", format.place)),
            other => other,
        })?;
        known.push(found.descriptor.id.clone());
    }
    for format in config.named_formats().iter().filter(|format| format.has_options) {
        if !known.contains(&format.name) && !is_known(&format.name, users_folder) {
            return Err(unknown(&format.name, format!("{}: ", format.place)));
        }
    }
    Ok(())
}

/// Whether a format of this id is built in, or described in the user's own folder.
fn is_known(id: &str, users_folder: Option<&Path>) -> bool {
    let users = users_folder.and_then(|folder| std::fs::read_dir(folder).ok());
    let mut descriptors = users.into_iter().flatten().flatten().map(|item| item.path());
    let is_of_id = |path: PathBuf| Format::load(&path).is_ok_and(|format| format.descriptor.id == id);
    REGISTRY.iter().any(|folder| folder.id == id) || descriptors.any(is_of_id)
}

fn unknown(id: &str, place: String) -> FormatError {
    let known: Vec<&str> = REGISTRY.iter().map(|folder| folder.id).collect();
    let near = match text::nearest(id, known.iter().copied()) {
        near if near.is_empty() => String::new(),
        near => format!(" (near it is {})", near.join(", ")),
    };
    FormatError::Unknown {
        place,
        id: id.to_owned(),
        near,
        known: known.join(", "),
    }
}

impl Format {
    fn built_in(folder: &'static Folder) -> Self {
        Self {
            descriptor: LazyLock::new(Box::new(|| {
                Descriptor::parse(folder.descriptor).expect("descriptors are part of the program and tested")
            })),
            notes: folder.notes,
            make: folder.make.clone(),
        }
    }

    /// Loads a format of the user's own: a `format.toml` with a `[delimited]` layout.
    pub fn load(path: &Path) -> Result<Self, FormatError> {
        let invalid = |message: String| FormatError::File {
            path: path.to_owned(),
            message,
        };
        let text =
            input::read_text(path, FILE_MAX).map_err(|error| invalid(format!("cannot be read: {error}")))?;
        let descriptor = Descriptor::parse(&text).map_err(&invalid)?;
        if descriptor.delimited.is_none() {
            return Err(invalid("there is no [delimited] table".to_owned()));
        }
        Ok(Self {
            descriptor: LazyLock::new(Box::new(|| descriptor)),
            notes: "",
            make: Make::Delimited,
        })
    }

    /// A format that a program brings with it: the text of a descriptor, and what makes the writer.
    pub fn registered(
        descriptor: &str,
        make: impl for<'a> Fn(&Context<'a>, &Options) -> Result<Makers<'a>, FormatError> + Send + Sync + 'static,
    ) -> Result<Self, FormatError> {
        let descriptor =
            Descriptor::parse(descriptor).map_err(|message| FormatError::Descriptor { message })?;
        Ok(Self {
            descriptor: LazyLock::new(Box::new(|| descriptor)),
            notes: "",
            make: Make::Registered(Arc::new(make)),
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
    pub fn missing(&self, config: &LedgerConfig, ledger_id: &str) -> Option<&str> {
        let table = config.format_options.get(&self.descriptor.id);
        let own = table
            .and_then(|table| table.get("ledgers")?.get(ledger_id))
            .and_then(toml::Value::as_table);
        let is_set = |option: &str| match option.strip_prefix("company.") {
            Some(key) => config.company.has(key),
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

    /// The checker and the writer of one document; refuses when a needed option is not set.
    pub fn makers<'a>(&'a self, context: &Context<'a>) -> Result<Makers<'a>, FormatError> {
        if let Some(option) = self.missing(context.config, &context.info.ledger_id) {
            return Err(FormatError::Missing {
                format: self.descriptor.id.clone(),
                option: option.to_owned(),
            });
        }
        let options = self.options(context)?;
        if self.numbers_vouchers() {
            series::refuse_shared(&self.descriptor, context, &options)?;
        }
        match (&self.make, &self.descriptor.delimited) {
            (Make::Own(make), _) => make(context, &options),
            (Make::Registered(make), _) => make(context, &options),
            (Make::Delimited, Some(layout)) => {
                let shape = self.descriptor.shape(&options)?;
                let table = Table::new(layout, &shape, context, &options)?;
                let checker = DelimitedChecker::new(table.clone());
                Ok((Box::new(checker), Box::new(DelimitedWriter::new(table))))
            }
            (Make::Delimited, None) => Err(options.wrong("the format has no layout")),
        }
    }
}
