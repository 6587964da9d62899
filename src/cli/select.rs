//! Which configuration, archive, dates and ledgers a command is about.

use std::path::PathBuf;

use etcetera::BaseStrategy;

use crate::archive::Archive;
use crate::cli::args::{Global, Selection};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::config::Config;
use crate::date::{self, DateRange};

/// The folder for what is the user's own: `bilag` in the system's configuration folder.
fn users_folder() -> Option<PathBuf> {
    Some(etcetera::choose_base_strategy().ok()?.config_dir().join("bilag"))
}

/// Where the user keeps format descriptors of their own.
pub fn users_formats() -> Option<PathBuf> {
    Some(users_folder()?.join("formats"))
}

/// Loads the configuration: the file that was named, `bilag.toml` here, or the user's own.
pub fn config(global: &Global) -> Result<Config, Failure> {
    if let Some(path) = &global.config {
        return Ok(Config::load(Some(path))?);
    }
    let here = PathBuf::from("bilag.toml");
    if here.is_file() {
        return Ok(Config::load(Some(&here))?);
    }
    let users = users_folder().map(|folder| folder.join("bilag.toml"));
    Ok(Config::load(users.filter(|path| path.is_file()).as_deref())?)
}

/// The archive: named on the command line, in the configuration, or `archive` beside it.
pub fn archive(global: &Global, config: &Config, ledgers: &[String]) -> Archive {
    let path = global.archive.clone().or_else(|| config.archive.clone());
    let path = path.unwrap_or_else(|| config.resolve(&PathBuf::from("archive")));
    let archive = Archive::new(&path);
    match ledgers {
        [only] => archive.with_single_ledger(only),
        _ => archive,
    }
}

/// The dates that were asked for.
pub fn range(selection: &Selection) -> Result<DateRange, Failure> {
    match (&selection.month, &selection.from, &selection.to) {
        (Some(month), _, _) => Ok(DateRange::month(month)?),
        (None, Some(from), Some(to)) => Ok(DateRange::new(date::parse(from)?, date::parse(to)?)?),
        _ => Err(Failure::usage(
            "name the dates with --month YYYY-MM, or --from and --to",
        )),
    }
}

/// The ledgers of the archive that were asked for: all of them when none is named.
pub fn archived_ledgers(archive: &Archive, wanted: &[String]) -> Result<Vec<String>, Failure> {
    let known = archive.ledgers()?;
    if let Some(missing) = wanted.iter().find(|id| !known.contains(id)) {
        return Err(Failure::new(
            Exit::NotOurs,
            format!(
                "ledger `{missing}` is not in the archive {}",
                archive.root().display()
            ),
        )
        .with_hint(format!("the archive has {}", listing(&known))));
    }
    if known.is_empty() {
        return Err(Failure::new(
            Exit::NotOurs,
            format!("the archive {} has no ledgers", archive.root().display()),
        )
        .with_hint(if archive.lacks_ledger_level() {
            "its folders are topics, not ledgers: name the ledger with --ledger ID"
        } else {
            "fill it with `bilag fetch`, or name another folder with --archive DIR"
        }));
    }
    Ok(if wanted.is_empty() { known } else { unique(wanted) })
}

/// `ids` without repetitions, in their order.
pub fn unique(ids: &[String]) -> Vec<String> {
    let mut unique: Vec<String> = Vec::new();
    for id in ids {
        if !unique.contains(id) {
            unique.push(id.clone());
        }
    }
    unique
}

/// Some names, for a message.
pub fn listing(names: &[String]) -> String {
    match names.len() {
        0 => "none".to_owned(),
        1..=12 => names.join(", "),
        count => format!("{} and {} more", names[..12].join(", "), count - 12),
    }
}
