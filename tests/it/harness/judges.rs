//! What the tests use from outside the repository: programs and reference data of others.
//!
//! A test that lacks one of them passes without it, and [`crate::zz_judges`] names at the end of the
//! run what was not here. With `BILAG_JUDGES=required` a judge that is not here is a failure.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Mutex, OnceLock};

use crate::harness::files::repository;
use crate::harness::program::{Ran, run};

/// A program that judges our files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judge {
    Xmllint,
    Xmlschema,
    SieCheck,
    OpenApi,
    Prism,
}

impl Judge {
    pub(crate) const ALL: [Self; 5] = [
        Self::Xmllint,
        Self::Xmlschema,
        Self::SieCheck,
        Self::OpenApi,
        Self::Prism,
    ];

    /// Its name, what it judges, and how it is installed.
    fn about(self) -> [&'static str; 3] {
        match self {
            Self::Xmllint => ["xmllint", "XML by its schemas", "apt-get install libxml2-utils"],
            Self::Xmlschema => [
                "xmlschema",
                "XML by its schemas",
                "pip install xmlschema, in the Python that BILAG_JUDGES_PYTHON names",
            ],
            Self::SieCheck => ["python3", "SIE 4", "apt-get install python3"],
            Self::OpenApi => [
                "openapi-core",
                "answers of the sandbox",
                "pip install openapi-core openapi-spec-validator, in the Python that BILAG_JUDGES_PYTHON names",
            ],
            Self::Prism => [
                "Prism",
                "requests of the client",
                "npm install @stoplight/prism-cli, which BILAG_JUDGES_PRISM names",
            ],
        }
    }

    pub(crate) fn name(self) -> &'static str {
        self.about()[0]
    }

    /// The program to start, or `None` when it is not here.
    pub(crate) fn program(self) -> Option<String> {
        let program = self.look();
        if program.is_none() {
            skipped(&self.absence());
        }
        program
    }

    /// As [`Self::program`], without a word.
    pub(crate) fn look(self) -> Option<String> {
        static FOUND: [OnceLock<Option<String>>; Judge::ALL.len()] =
            [const { OnceLock::new() }; Judge::ALL.len()];
        let look = || {
            let named = |name| std::env::var(name).ok();
            let (program, arguments) = match self {
                Self::Xmllint => (Some("xmllint".to_owned()), ["--version", ""]),
                Self::Xmlschema => (named("BILAG_JUDGES_PYTHON"), ["-c", "import xmlschema"]),
                Self::SieCheck => (Some("python3".to_owned()), ["-c", "import sys"]),
                Self::OpenApi => (
                    named("BILAG_JUDGES_PYTHON"),
                    ["-c", "import openapi_core, openapi_spec_validator"],
                ),
                Self::Prism => (named("BILAG_JUDGES_PRISM"), ["--version", ""]),
            };
            let mut command = Command::new(program.as_deref()?);
            command.args(arguments.iter().filter(|argument| !argument.is_empty()));
            command
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            command
                .status()
                .is_ok_and(|status| status.success())
                .then_some(program?)
        };
        FOUND[self as usize].get_or_init(look).clone()
    }

    /// What is not judged for want of it, and the remedy.
    pub(crate) fn absence(self) -> String {
        let [name, judges, remedy] = self.about();
        format!("{name} ({judges}): {remedy}")
    }

    /// Runs the judge, if it is here, and asserts that it accepts.
    #[track_caller]
    pub(crate) fn accepts(self, arguments: &[&str]) {
        self.accepts_in(&[], arguments);
    }

    /// The same, with variables of the environment.
    #[track_caller]
    pub(crate) fn accepts_in(self, environment: &[(&str, &OsStr)], arguments: &[&str]) {
        let Some(program) = self.program() else { return };
        let mut command = Command::new(program);
        command.args(arguments).envs(environment.iter().copied());
        let Ran { code, stdout, stderr } = run(command);
        let said = format!("{stdout}{stderr}");
        let said: String = said.chars().take(2000).collect();
        assert_eq!(code, 0, "{} refuses {arguments:?}:\n{said}", self.name());
    }
}

/// The reference data that tests use, and what it judges.
pub(crate) const REFERENCE_DATA: [(&str, &str); 19] = [
    (
        "saft-no/Norwegian_SAF-T_Financial_Schema_v_1.30.xsd",
        "SAF-T of Norway",
    ),
    (
        "saft-no/Norwegian_SAF-T_Financial_Schema_v_1.40.RECONSTRUCTED.xsd",
        "SAF-T of Norway",
    ),
    (
        "saft-dk/Danish_SAF-T_Financial_v2_1.SUBSET.xsd",
        "SAF-T of Denmark",
    ),
    ("xsd/catalog.xml", "what schemas import"),
    ("xsd/sie5.xsd", "SIE 5"),
    ("../tools/sie_check.py", "SIE 4"),
    ("settlement/SettlementReport-2.0.xsd", "settlement reports"),
    ("settlement/SettlementReport-3.0.xsd", "settlement reports"),
    ("settlement/Example-Net.xml", "settlement reports"),
    ("settlement/Example-Gross.xml", "settlement reports"),
    ("samples/gbat10_tripletex_mamut.csv", "gbat10"),
    ("samples/gbat10_xledger_ar10.csv", "gbat10"),
    ("samples/gbat10_sale_with_vat.csv", "gbat10"),
    ("samples/24sevenoffice_bilagsjournal.csv", "24sevenoffice"),
    ("samples/xledger_gl02.csv", "xledger-gl02"),
    ("samples/dk_mapped_journal.csv", "dk-journal"),
    ("report-api/examples", "the reading of bodies"),
    ("report-api/openapi-reconstructed.yaml", "answers of the sandbox"),
    ("report-api/openapi-2023-12-06.yaml", "requests of the client"),
];

/// Where a piece of reference data would be: below `BILAG_REFERENCE_DATA`, else `../shared/data`.
pub(crate) fn reference_path(path: &str) -> PathBuf {
    let root = std::env::var_os("BILAG_REFERENCE_DATA");
    root.map_or_else(|| repository("../shared/data"), PathBuf::from)
        .join(path)
}

/// A piece of reference data, by its path in [`REFERENCE_DATA`], or `None` when it is not here.
pub(crate) fn reference_data(path: &str) -> Option<PathBuf> {
    let is_known = REFERENCE_DATA.iter().any(|(known, _)| *known == path);
    assert!(is_known, "`{path}` is not in the table of reference data; add it");
    let place = reference_path(path);
    if place.exists() {
        return Some(place);
    }
    skipped(&format!("{} is not here", place.display()));
    None
}

/// Whether every judge must be here.
pub(crate) fn are_required() -> bool {
    std::env::var("BILAG_JUDGES").as_deref() == Ok("required")
}

/// Fails where every judge must be there. In a run of all tests the closing list names what was
/// skipped; where only some tests were chosen, it is named here.
fn skipped(why: &str) {
    assert!(!are_required(), "every judge must be there: {why}");
    static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let are_chosen = std::env::args()
        .skip(1)
        .any(|argument| !argument.starts_with('-'));
    if are_chosen && SAID.lock().unwrap().insert(why.to_owned()) {
        say(&format!("not judged: {why}\n"));
    }
}

/// Writes to stderr past the test runner, which keeps what a passing test prints to itself.
pub(crate) fn say(text: &str) {
    use std::io::Write;
    std::io::stderr().write_all(text.as_bytes()).unwrap();
}
