//! `bilag formats`: what can be written, on what evidence, and what to set up.

use serde_json::json;

use crate::catalogue::{self, Format};
use crate::cli::args::{FormatsCommand, Global};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::{select, terminal};

/// Runs the command.
pub fn run(global: &Global, command: Option<FormatsCommand>) -> Result<Exit, Failure> {
    match command.unwrap_or(FormatsCommand::List) {
        FormatsCommand::List => list(global),
        FormatsCommand::Show { id } => {
            let format = catalogue::resolve(&id, select::users_formats().as_deref())?;
            show(global, &format);
        }
        FormatsCommand::Check { file } => {
            let format = Format::load(&file)?;
            if global.json {
                terminal::json(&document(&format));
            } else {
                let columns = format
                    .descriptor
                    .delimited
                    .as_ref()
                    .map_or(0, |layout| layout.columns.len());
                terminal::print(&format!(
                    "{}: {} columns, nothing wrong\n",
                    file.display(),
                    columns
                ));
            }
        }
    }
    Ok(Exit::Done)
}

fn list(global: &Global) {
    if global.json {
        let formats: Vec<_> = catalogue::all().iter().map(|format| document(format)).collect();
        terminal::json(&json!({ "formats": formats }));
        return;
    }
    for format in catalogue::all() {
        let descriptor = &format.descriptor;
        terminal::print(&format!(
            "{:<22} {:<12} {:<12} {}\n",
            descriptor.id,
            descriptor.evidence.name(),
            descriptor.markets.join(","),
            descriptor.title
        ));
    }
}

fn show(global: &Global, format: &Format) {
    let descriptor = &format.descriptor;
    if global.json {
        let mut document = document(format);
        document["setup"] = json!(descriptor.setup.trim());
        document["notes"] = json!(format.notes);
        terminal::json(&document);
        return;
    }
    terminal::print(&format!(
        "{}: {}\nmarkets: {}\nevidence: {}\nfile: {}\nneeds: {}\n{}\nSet up once\n{}\n\n{}",
        descriptor.id,
        descriptor.title,
        descriptor.markets.join(", "),
        descriptor.evidence.name(),
        descriptor.file,
        if descriptor.needs.is_empty() {
            "nothing".to_owned()
        } else {
            descriptor.needs.join(", ")
        },
        options(format),
        descriptor.setup.trim(),
        format.notes,
    ));
}

/// The options of `[formats.<id>]`, one a line.
fn options(format: &Format) -> String {
    let mut text = String::new();
    for (name, option) in &format.descriptor.options {
        let default = match &option.default {
            Some(default) if default.is_empty() => " [default: empty]".to_owned(),
            Some(default) => format!(" [default: {default}]"),
            None => String::new(),
        };
        let values = match option.values.as_slice() {
            [] => String::new(),
            values => format!(" [one of {}]", values.join(", ")),
        };
        text.push_str(&format!("option {name}: {}{default}{values}\n", option.text));
    }
    text
}

fn document(format: &Format) -> serde_json::Value {
    let descriptor = &format.descriptor;
    json!({
        "id": descriptor.id,
        "title": descriptor.title,
        "markets": descriptor.markets,
        "evidence": descriptor.evidence,
        "file": descriptor.file,
        "needs": descriptor.needs,
    })
}
