//! `bilag init`: a configuration with every key explained.

use std::io::Write;

use crate::cli::args::{Global, Init};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::terminal;

/// The file that is written.
pub const TEMPLATE: &str = include_str!("bilag.template.toml");

/// Writes the file, never over another.
pub fn run(global: &Global, options: &Init) -> Result<Exit, Failure> {
    let path = &options.file;
    let failure = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => Failure::new(
            Exit::OutputRefused,
            format!("{} is there already", path.display()),
        )
        .with_hint("name another file with --file FILE"),
        _ => Failure::new(
            Exit::OutputRefused,
            format!("cannot write {}: {error}", path.display()),
        ),
    };
    let mut file = std::fs::File::create_new(path).map_err(failure)?;
    file.write_all(TEMPLATE.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(failure)?;
    if !global.quiet {
        terminal::note(&format!(
            "wrote {}; set the keys in the environment and try `bilag ledgers`",
            path.display()
        ));
    }
    Ok(Exit::Done)
}
