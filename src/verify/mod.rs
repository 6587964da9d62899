//! `bilag verify`: what a schema does not see in a SAF-T file, from any program.
//!
//! The schemas of Norway and Denmark check form and almost no meaning. This reads a file once,
//! in memory that grows with its master data and not with its transactions, and names every
//! broken rule with its line. The rules are listed in [`rule`] and explained in
//! `docs/VERIFY.md`. What a schema does see (order, unknown elements) is left to it.

mod dialect;
mod element;
mod entries;
mod fields;
mod lines;
mod master;
pub mod rule;
mod stream;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use serde::Serialize;
use thiserror::Error;

use crate::input;
use crate::verify::dialect::Dialect;
use crate::verify::entries::Entries;
use crate::verify::master::Master;
use crate::verify::rule::{Level, Rule};
use crate::verify::stream::{Step, Stream};

/// How many findings of one rule are kept; all are counted.
pub const FINDINGS_KEPT: usize = 100;

/// Why a file could not be verified at all.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The file is not there, or cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file is XML, but no SAF-T.
    #[error("line {line}: the root element is not `AuditFile`: this is no SAF-T file")]
    NotSaft {
        /// Where the root element is.
        line: u64,
    },
    /// The file is no well-formed XML in UTF-8.
    #[error("line {line}: {message}")]
    Malformed {
        /// Where.
        line: u64,
        /// What is wrong.
        message: String,
    },
}

/// A broken rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VerifyFinding {
    /// The rule's number.
    pub rule: &'static str,
    /// Whether the rule is an error, or only worth a look.
    pub level: Level,
    /// The line of the file, from 1.
    pub line: u64,
    /// What is wrong, with the values.
    pub message: String,
}

/// What a file holds, and what is wrong with it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// `NO` or `DK`.
    pub country: &'static str,
    /// What the file says of its version.
    pub version: String,
    /// Accounts in the master data.
    pub accounts: u64,
    pub transactions: u64,
    /// Lines of transactions.
    pub lines: u64,
    /// How often each rule is broken.
    pub counts: BTreeMap<&'static str, u64>,
    /// Findings in the order of the file, at most [`FINDINGS_KEPT`] for each rule.
    pub findings: Vec<VerifyFinding>,
}

impl Report {
    /// Whether no rule of level error is broken.
    pub fn is_clean(&self) -> bool {
        self.errors() == 0
    }

    /// How many errors there are, those that were not kept included.
    pub fn errors(&self) -> u64 {
        self.count(Level::Error)
    }

    /// How many notes there are, those that were not kept included.
    pub fn notes(&self) -> u64 {
        self.count(Level::Note)
    }

    fn count(&self, level: Level) -> u64 {
        let counts = self.counts.iter();
        counts
            .filter(|(id, _)| rule::find(id).is_some_and(|rule| rule.level == level))
            .map(|(_, count)| count)
            .sum()
    }

    fn add(&mut self, rule: Rule, line: u64, message: impl FnOnce() -> String) {
        let count = self.counts.entry(rule.id).or_default();
        *count += 1;
        if *count <= FINDINGS_KEPT as u64 {
            self.findings.push(VerifyFinding {
                rule: rule.id,
                level: rule.level,
                line,
                message: message(),
            });
        }
    }
}

/// Verifies a file.
pub fn file(path: &Path) -> Result<Report, VerifyError> {
    let (file, _) = input::open(path).map_err(|source| VerifyError::Read {
        path: path.to_owned(),
        source,
    })?;
    reader(BufReader::with_capacity(1 << 16, file))
}

/// Verifies what a reader gives.
pub fn reader(input: impl BufRead) -> Result<Report, VerifyError> {
    let mut stream = Stream::new(input);
    let mut report = Report::default();
    let dialect = root(&mut stream, &mut report)?;
    let mut verifier = Verifier {
        master: Master::default(),
        entries: Entries::default(),
        dialect,
        report,
    };
    while let Some(step) = stream.next()? {
        verifier.step(&step);
    }
    Ok(verifier.finish())
}

fn root(stream: &mut Stream<impl BufRead>, report: &mut Report) -> Result<Dialect, VerifyError> {
    match stream.next()? {
        Some(Step::Open {
            name,
            line,
            namespace,
        }) if name == "AuditFile" => {
            let dialect = Dialect::of_namespace(namespace.as_deref());
            if namespace.as_deref() != Some(dialect.namespace()) {
                report.add(rule::NAMESPACE, line, || {
                    format!(
                        "the namespace is `{}`, not `{}`",
                        namespace.unwrap_or_default(),
                        dialect.namespace()
                    )
                });
            }
            Ok(dialect)
        }
        Some(Step::Open { line, .. } | Step::Close { line, .. }) => Err(VerifyError::NotSaft { line }),
        Some(Step::Element(element)) => Err(VerifyError::NotSaft { line: element.line }),
        None => Err(VerifyError::Malformed {
            line: 1,
            message: "the file is empty".to_owned(),
        }),
    }
}

struct Verifier {
    dialect: Dialect,
    report: Report,
    master: Master,
    entries: Entries,
}

impl Verifier {
    fn step(&mut self, step: &Step) {
        let Self {
            dialect,
            report,
            master,
            entries,
        } = self;
        match step {
            Step::Open { name, line, .. } => entries.open(name, *line),
            Step::Close { name, .. } => entries.close(name, dialect, report),
            Step::Element(element) if element.name == "Header" => {
                dialect.read_version(element);
                fields::header(element, dialect, report);
                fields::each_field(element, dialect, report);
                entries.read_selection(element);
            }
            Step::Element(element) => {
                fields::each_field(element, dialect, report);
                if !master.element(element, dialect, report) {
                    entries.element(element, dialect, master, report);
                }
            }
        }
    }

    fn finish(mut self) -> Report {
        self.entries.finish(&self.dialect, &mut self.report);
        self.master.finish(&mut self.report);
        self.report.country = self.dialect.country();
        self.report.version = self.dialect.version.clone();
        self.report.accounts = self.master.account_count();
        self.report.transactions = self.entries.transactions;
        self.report.lines = self.entries.lines;
        self.report.findings.sort_by_key(|finding| finding.line);
        self.report
    }
}
