//! `bilag verify`: what a schema does not see in SAF-T files, ours or anybody's.

use serde_json::json;

use crate::cli::args::{Global, Verify};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::terminal;
use crate::ledger::day::with_causes;
use crate::text::shown;
use crate::verify::rule::Level;
use crate::verify::{self, FINDINGS_KEPT, Report, VerifyError};

/// Runs the command.
pub fn run(global: &Global, arguments: &Verify) -> Result<Exit, Failure> {
    let mut exit = Exit::Done;
    let mut documents = Vec::new();
    for path in &arguments.files {
        let name = path.display().to_string();
        match verify::file(path) {
            Ok(report) => {
                exit = exit.worse(exit_of(&report, global.strict));
                if !global.json {
                    show(&name, &report);
                }
                documents.push(json!({ "path": name, "report": report }));
            }
            Err(error) => {
                let failed = match &error {
                    VerifyError::Read { .. } | VerifyError::NotSaft { .. } => Exit::Usage,
                    _ => Exit::DoesNotReconcile,
                };
                exit = exit.worse(failed);
                let message = with_causes(&error);
                terminal::error(&Failure::new(failed, format!("{name}: {message}")));
                documents.push(json!({ "path": name, "error": message }));
            }
        }
    }
    if global.json {
        terminal::json(
            &json!({"schema": 1, "command": "verify", "exit_code": exit.code(), "files": documents}),
        );
    }
    Ok(exit)
}

fn exit_of(report: &Report, strict: bool) -> Exit {
    if report
        .findings
        .iter()
        .any(|finding| finding.level == Level::Error)
    {
        Exit::DoesNotReconcile
    } else if strict && !report.findings.is_empty() {
        Exit::NeedsPerson
    } else {
        Exit::Done
    }
}

fn show(name: &str, report: &Report) {
    terminal::print(&format!(
        "{}: SAF-T {} {}, {} accounts, {} transactions, {} lines\n",
        shown(name),
        report.country,
        shown(&report.version),
        report.accounts,
        report.transactions,
        report.lines
    ));
    for finding in &report.findings {
        let level = match finding.level {
            Level::Error => "error",
            Level::Note => "note",
        };
        terminal::print(&format!(
            "  line {}: {level} {}: {}\n",
            finding.line,
            finding.rule,
            shown(&finding.message)
        ));
    }
    for (rule, count) in report
        .counts
        .iter()
        .filter(|(_, count)| **count > FINDINGS_KEPT as u64)
    {
        terminal::print(&format!(
            "  {rule}: {count} in all; the first {FINDINGS_KEPT} are shown\n"
        ));
    }
    if report.findings.is_empty() {
        terminal::print("  no rule is broken\n");
    }
}
