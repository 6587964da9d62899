//! What the code and its pages promise about themselves. Where a rule is in the way of something
//! better, change the rule here, with its reason, in a commit of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use bilag::catalogue;
use bilag::chart::{Chart, Market, Role};
use bilag::config::FeeMode;
use bilag::journal::PostingKey;
use bilag::ledger::entry::EntryType;
use bilag::posting::treatment::{self, Treatment};
use bilag::provider::Topic;
use regex::Regex;
use strum::VariantNames;

/// What each module may use, and why. The data flows one way; what is missing here is either
/// against the flow or has not been needed.
const EDGES: [(&str, &[&str], &str); 29] = [
    ("text", &[], "a plain helper"),
    ("date", &[], "a plain helper"),
    ("money", &[], "a plain helper"),
    ("digest", &[], "a plain helper"),
    (
        "input",
        &[],
        "the one door for files that others made, whatever they hold",
    ),
    ("provider", &[], "the provider's words, which everything shares"),
    (
        "account",
        &["date", "money", "text"],
        "account numbers and tax codes, as charts and configuration write them",
    ),
    ("encode", &[], "text to bytes, whatever the text is"),
    (
        "output",
        &["digest", "input", "text"],
        "bytes to files, whatever the bytes are; looks at what stands in their place",
    ),
    (
        "store",
        &["input", "text"],
        "names to bytes and back, whatever the bytes are",
    ),
    (
        "archive",
        &["date", "digest", "provider", "store"],
        "names what it keeps, packs it, and hashes what it reads",
    ),
    (
        "ledger",
        &["date", "money", "provider", "text"],
        "entries and what must hold between them, wherever they come from",
    ),
    (
        "days",
        &["archive", "ledger", "money", "provider"],
        "reads what the archive keeps",
    ),
    (
        "proof",
        &["archive", "date", "days", "ledger", "money", "provider", "text"],
        "looks before and after the range that it proves",
    ),
    ("chart", &["account", "money", "provider"], "a market's defaults"),
    (
        "config",
        &[
            "account", "chart", "date", "digest", "input", "ledger", "money", "provider", "text",
        ],
        "starts from the market's chart; describes a ledger's entries in rules",
    ),
    (
        "journal",
        &["date", "money", "provider"],
        "vouchers know nothing of where they come from",
    ),
    (
        "coverage",
        &["archive", "date", "digest", "journal", "money", "provider"],
        "keeps in the archive what was exported and closed: vouchers, wherever they come from",
    ),
    (
        "posting",
        &[
            "account", "chart", "config", "date", "journal", "ledger", "money", "provider", "text",
        ],
        "turns entries into vouchers and reads nothing itself",
    ),
    (
        "format",
        &["config", "encode", "text"],
        "what a format is: data, which the configuration sets options of",
    ),
    (
        "writer",
        &[
            "account", "chart", "config", "date", "encode", "format", "journal", "ledger", "money",
            "posting", "proof", "provider", "text",
        ],
        "turns finished data into text; opens no files, so neither `output` nor `archive`",
    ),
    (
        "catalogue",
        &["config", "format", "input", "journal", "text", "writer"],
        "joins descriptors to writers, reads those of the user, looks whether a ledger has set what a format needs, and knows the name nearest to a wrong one",
    ),
    (
        "run",
        &[
            "archive",
            "catalogue",
            "chart",
            "config",
            "coverage",
            "date",
            "days",
            "digest",
            "encode",
            "format",
            "input",
            "journal",
            "ledger",
            "money",
            "output",
            "posting",
            "proof",
            "provider",
            "text",
            "writer",
        ],
        "one ledger from end to end, without network and terminal",
    ),
    (
        "report",
        &[
            "chart", "date", "ledger", "money", "proof", "provider", "run", "text",
        ],
        "shows what a run came to; prints nothing",
    ),
    (
        "report_api",
        &["archive", "date", "digest", "input", "ledger", "provider", "text"],
        "fills the archive and knows nothing of bookkeeping",
    ),
    (
        "sandbox",
        &["archive", "chart", "date", "ledger", "money", "provider"],
        "plays the provider in each market; must not share the client's view of the API",
    ),
    (
        "verify",
        &["date", "input", "money", "text"],
        "judges files by the rules of their authority, so it must not know how they were written",
    ),
    (
        "library",
        &[
            "archive",
            "catalogue",
            "config",
            "date",
            "format",
            "journal",
            "ledger",
            "money",
            "proof",
            "run",
            "writer",
        ],
        "the few names that other programs use; the program itself needs more",
    ),
    (
        "cli",
        &[
            "archive",
            "catalogue",
            "chart",
            "config",
            "coverage",
            "date",
            "days",
            "encode",
            "format",
            "journal",
            "ledger",
            "money",
            "output",
            "posting",
            "proof",
            "provider",
            "report",
            "report_api",
            "run",
            "sandbox",
            "text",
            "verify",
            "writer",
        ],
        "holds everything together; nothing may use it",
    ),
];

/// The most lines of a source file, without its unit tests.
const LINES: usize = 400;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The files of the project below `folder`, by their names from the root.
fn files(folder: &str, found: &mut Vec<String>) {
    let mut paths: Vec<PathBuf> = fs::read_dir(root().join(folder))
        .unwrap()
        .map(|item| item.unwrap().path())
        .collect();
    paths.sort();
    for path in paths {
        let name = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
        if matches!(name.as_str(), ".git" | "target" | "Cargo.lock") {
            continue;
        }
        if path.is_dir() {
            files(&name, found);
        } else {
            found.push(name);
        }
    }
}

fn sources() -> Vec<(String, String)> {
    let mut names = Vec::new();
    files("src", &mut names);
    names.retain(|name| name.ends_with(".rs"));
    assert!(names.len() > 80);
    names
        .into_iter()
        .map(|name| {
            let text = read(&name);
            (name, text)
        })
        .collect()
}

/// The lines of code with their numbers, without comments.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..)
        .zip(text.lines())
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

#[test]
fn modules_use_only_what_the_flow_allows() {
    let uses = Regex::new(r"\bcrate::([a-z_]+)").unwrap();
    let allowed: BTreeMap<&str, &[&str]> = EDGES.iter().map(|(module, edges, _)| (*module, *edges)).collect();
    let mut wrong = Vec::new();
    for (name, text) in sources() {
        let module = name.split('/').nth(1).unwrap().trim_end_matches(".rs");
        if matches!(module, "lib" | "main") {
            continue;
        }
        let edges = allowed
            .get(module)
            .unwrap_or_else(|| panic!("`{module}` is not in the table of edges; add it with its reason"));
        for (line, code) in code(&text) {
            for found in uses.captures_iter(code) {
                let target = &found[1];
                if target != module && !edges.contains(&target) {
                    wrong.push(format!("{name}:{line}: `{module}` may not use `{target}`"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_page_of_the_architecture_names_every_module() {
    let page = read("docs/ARCHITECTURE.md");
    let table = page.split("| module |").nth(1).unwrap();
    for (module, _, _) in EDGES {
        let first_column = Regex::new(&format!(r"(?m)^\| [^|]*`{module}`")).unwrap();
        assert!(first_column.is_match(table), "`{module}` is not in the table");
    }
}

#[test]
fn no_files_of_one_folder_use_each_other_in_a_circle() {
    let uses = Regex::new(r"\bcrate((?:::[a-z_0-9]+)+)").unwrap();
    let sources = sources();
    let modules: BTreeMap<Vec<&str>, &str> = sources
        .iter()
        .map(|(name, text)| {
            let path = name.trim_start_matches("src/").trim_end_matches(".rs");
            (path.trim_end_matches("/mod").split('/').collect(), text.as_str())
        })
        .collect();
    // What stands in one folder, and what it uses beside itself there. What a folder's own file
    // declares is for all below it, so it is not beside them.
    let mut edges: BTreeMap<Vec<&str>, BTreeSet<Vec<&str>>> = BTreeMap::new();
    for (module, text) in &modules {
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        for (_, code) in code(text) {
            for found in uses.captures_iter(code) {
                let target: Vec<&str> = found.get(1).unwrap().as_str().split("::").skip(1).collect();
                let shared = module.iter().zip(&target).take_while(|(a, b)| a == b).count();
                if shared == 0 || shared >= module.len().min(target.len()) {
                    continue;
                }
                let (user, used) = (module[..=shared].to_vec(), target[..=shared].to_vec());
                if modules.contains_key(&used) {
                    edges.entry(user).or_default().insert(used);
                }
            }
        }
    }
    let mut circles = Vec::new();
    for start in edges.keys() {
        let (mut seen, mut next) = (BTreeSet::new(), vec![start]);
        while let Some(module) = next.pop() {
            let fresh = edges.get(module).into_iter().flatten();
            next.extend(fresh.filter(|used| seen.insert(*used)));
        }
        if seen.contains(start) {
            circles.push(start.join("::"));
        }
    }
    assert!(circles.is_empty(), "in a circle: {}", circles.join(", "));
}

#[test]
fn the_flow_has_no_way_back() {
    // The table goes from low to high: a module may use only what stands above it in the table.
    let places: BTreeMap<&str, usize> = EDGES
        .iter()
        .enumerate()
        .map(|(place, edge)| (edge.0, place))
        .collect();
    for (place, (module, edges, _)) in EDGES.iter().enumerate() {
        for used in *edges {
            assert!(
                places[used] < place,
                "`{module}` uses `{used}`, which stands above it"
            );
        }
    }
}

#[test]
fn only_the_terminal_module_prints_and_nothing_is_left_from_debugging() {
    let forbidden = Regex::new(r"\b(e?print(ln)?|dbg|todo|unimplemented)!").unwrap();
    refuse(&forbidden, |name| name == "src/cli/terminal.rs");
}

#[test]
fn no_amount_ever_becomes_a_float() {
    refuse(&Regex::new(r"\bf(32|64)\b|\bas_f64\b").unwrap(), |_| false);
}

fn refuse(forbidden: &Regex, is_exempt: impl Fn(&str) -> bool) {
    let mut wrong = Vec::new();
    for (name, text) in sources() {
        if is_exempt(&name) {
            continue;
        }
        for (line, code) in code(&text) {
            if forbidden.is_match(code) {
                wrong.push(format!("{name}:{line}: {}", code.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_source_file_says_what_it_is_for() {
    for (name, text) in sources() {
        assert!(text.starts_with("//!"), "{name} does not start with `//!`");
    }
}

#[test]
fn files_stay_short_enough_to_read() {
    let mut wrong = Vec::new();
    for (name, text) in sources() {
        let tests = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
        let count = text[..tests].lines().count();
        if count > LINES {
            wrong.push(format!("{name} has {count} lines, of {LINES}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_path_of_somebodys_machine_is_in_any_file() {
    // Made of parts, so that this file does not find itself.
    let folders = ["root", "work", "home", "Users"];
    let path = Regex::new(&format!(
        r#"(^|[\s"'`(=:])/({})/[A-Za-z0-9_.-]"#,
        folders.join("|")
    ))
    .unwrap();
    let mut names = Vec::new();
    files("", &mut names);
    let mut wrong = Vec::new();
    for name in names {
        // What is no text holds no path that a person could follow.
        let Ok(text) = fs::read_to_string(root().join(&name)) else {
            continue;
        };
        for (line, text) in (1..).zip(text.lines()) {
            if folders.iter().any(|folder| text.contains(folder)) && path.is_match(text) {
                wrong.push(format!("{name}:{line}: {}", text.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_folder_of_formats_is_in_the_registry_and_has_notes() {
    let folders: BTreeSet<String> = fs::read_dir(root().join("formats"))
        .unwrap()
        .map(|item| item.unwrap().path())
        .filter(|path| path.is_dir())
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    let registered: BTreeSet<String> = catalogue::all()
        .iter()
        .map(|format| format.descriptor.id.clone())
        .collect();
    assert_eq!(folders, registered);
    for format in catalogue::all() {
        let id = &format.descriptor.id;
        assert!(format.notes.len() > 80, "formats/{id}/NOTES.md says too little");
        assert!(
            !format.descriptor.title.is_empty() && !format.descriptor.setup.is_empty(),
            "{id}"
        );
    }
}

/// `BalanceBreak` as `balance-break`.
fn kebab(variant: &str) -> String {
    let mut name = String::new();
    for (index, letter) in variant.char_indices() {
        if letter.is_ascii_uppercase() && index > 0 {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

/// The codes with their levels, as the source says them.
fn codes() -> BTreeMap<String, String> {
    let text = read("src/ledger/finding.rs");
    let variants = text.split_once("pub enum Code {").unwrap().1;
    let variants = variants.split_once('}').unwrap().0;
    let levels = text.split_once("pub fn level(self) -> Level {").unwrap().1;
    let levels = levels.split_once("\n    }\n").unwrap().0;
    let variant = Regex::new(r"Self::(\w+)|Level::(\w+)").unwrap();
    let (mut codes, mut waiting) = (BTreeMap::new(), Vec::new());
    for found in variant.captures_iter(levels) {
        match (found.get(1), found.get(2)) {
            (Some(code), _) => waiting.push(kebab(code.as_str())),
            (None, Some(level)) => {
                for code in waiting.drain(..) {
                    codes.insert(code, level.as_str().to_lowercase());
                }
            }
            (None, None) => {}
        }
    }
    let names: BTreeSet<String> = variants
        .lines()
        .map(str::trim)
        .filter(|line| line.ends_with(','))
        .map(|line| kebab(line.trim_end_matches(',')))
        .collect();
    assert_eq!(names, codes.keys().cloned().collect());
    codes
}

#[test]
fn every_finding_is_explained_with_its_level() {
    let page = read("docs/FINDINGS.md");
    let row = Regex::new(r"(?m)^\| `([a-z-]+)` \| (error|review|info) \| (.+?) \| (.+?) \|$").unwrap();
    let documented: BTreeMap<String, String> = row
        .captures_iter(&page)
        .map(|found| (found[1].to_owned(), found[2].to_owned()))
        .collect();
    assert_eq!(documented, codes());
}

#[test]
fn every_finding_is_made_somewhere() {
    let code = Regex::new(r"Code::(\w+)").unwrap();
    let mut made = BTreeSet::new();
    for (name, text) in sources() {
        if name != "src/ledger/finding.rs" {
            made.extend(code.captures_iter(&text).map(|found| kebab(&found[1])));
        }
    }
    for code in codes().keys() {
        assert!(made.contains(code), "nothing reports `{code}`");
    }
}

/// The posting table as the code has it, one row for each entry type and topic.
fn posting_table() -> Vec<String> {
    let types = [
        EntryType::Capture,
        EntryType::Refund,
        EntryType::FeesRetained,
        EntryType::PayoutScheduled,
        EntryType::PayoutAborted,
        EntryType::RetainedDisputedCapture,
        EntryType::ReturnedDisputedCapture,
        EntryType::Correction,
        EntryType::TopUp,
        EntryType::CreditNote,
        EntryType::CaptureFee,
        EntryType::FeesInvoiced,
        EntryType::ServiceFee,
        EntryType::Unknown("anything else".into()),
    ];
    let mut rows = Vec::new();
    for topic in Topic::ALL {
        for entry_type in &types {
            let is_else = matches!(entry_type, EntryType::Unknown(_));
            if !is_else && !entry_type.belongs_to(topic) {
                continue;
            }
            let name = format!("{topic} {entry_type}");
            let sign = entry_type.usual_sign(topic);
            let accrual = treatment::of(entry_type, topic, FeeMode::Accrual);
            let retained = treatment::of(entry_type, topic, FeeMode::Retained);
            if topic == Topic::Funds && accrual != retained {
                rows.extend(posting_row(
                    &format!("{name}, `fees = \"accrual\"`"),
                    sign,
                    accrual,
                ));
                rows.extend(posting_row(
                    &format!("{name}, `fees = \"retained\"`"),
                    sign,
                    retained,
                ));
            } else {
                rows.extend(posting_row(&name, sign, accrual));
            }
        }
    }
    rows
}

fn posting_row(name: &str, sign: Option<i64>, treatment: Treatment) -> Option<String> {
    let (key, provider, counter) = match treatment {
        Treatment::None => return None,
        Treatment::Sales(key) => (key, Role::Funds, Role::SalesClearing),
        Treatment::Pair {
            key,
            provider,
            counter,
        } => (key, provider, counter),
    };
    let (debit, credit) = if sign == Some(-1) {
        (counter, provider)
    } else {
        (provider, counter)
    };
    let sign = match sign {
        Some(1) => "+",
        Some(_) => "−",
        None => "±",
    };
    let accounts: Vec<String> = Market::ALL
        .into_iter()
        .map(|market| {
            let number = |role| Chart::of(market).accounts[&role].number.0.clone();
            format!("{} / {}", number(debit), number(credit))
        })
        .collect();
    Some(format!(
        "| {name} | {sign} | `{}` | {} | {} / {} | {} |",
        key.name(),
        if key.is_summed() { "summed" } else { "each" },
        debit.name(),
        credit.name(),
        accounts.join(" | ")
    ))
}

#[test]
fn the_posting_page_has_the_table_of_the_code() {
    let page = read("docs/POSTING.md");
    let table = posting_table();
    let missing: Vec<&String> = table.iter().filter(|row| !page.contains(row.as_str())).collect();
    assert!(
        missing.is_empty(),
        "docs/POSTING.md differs; the table is\n{}",
        table.join("\n")
    );
    for key in PostingKey::VARIANTS {
        assert!(page.contains(&format!("`{key}`")), "`{key}` is not explained");
    }
    for market in Market::ALL {
        for (role, account) in &Chart::of(market).accounts {
            let row = Regex::new(&format!(
                r"(?m)^\| `{}` .*\b{}\b",
                role.name(),
                regex::escape(&account.number.0)
            ))
            .unwrap();
            assert!(
                row.is_match(&page),
                "the account of `{}` in {} is not on the page",
                role.name(),
                market.code()
            );
        }
    }
}

#[test]
fn a_release_checks_its_arithmetic() {
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap();
    assert_eq!(
        manifest["profile"]["release"]["overflow-checks"].as_bool(),
        Some(true)
    );
}

#[test]
fn every_line_of_the_security_page_names_tests_that_are_there() {
    let page = read("docs/SECURITY.md");
    let mut names = Vec::new();
    files("tests/it", &mut names);
    let named = Regex::new(r"`([a-z_]+(?:::[a-z_0-9]+)+)`").unwrap();
    let rows = page
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| threat"));
    let mut count = 0;
    for row in rows {
        let shown_by = row.rsplit("| ").next().unwrap();
        let tests: Vec<&str> = named
            .captures_iter(shown_by)
            .map(|found| found.get(1).unwrap().as_str())
            .collect();
        assert!(!tests.is_empty(), "no test is named by {row}");
        for test in tests {
            let (module, function) = test.rsplit_once("::").unwrap();
            let file = format!("tests/it/{}.rs", module.replace("::", "/"));
            assert!(names.contains(&file), "{test} is nowhere");
            assert!(
                read(&file).contains(&format!("fn {function}(")),
                "{test} is nowhere"
            );
            count += 1;
        }
    }
    assert!(count > 30, "{count}");
}
