//! Sales lines that belong to no entry of the archive: mostly a mistyped reference.

use std::collections::BTreeSet;

use crate::archive::Archive;
use crate::config::Config;
use crate::days::Days;
use crate::ledger::finding::{Code, Finding};
use crate::ledger::findings::Findings;
use crate::provider::Topic;

/// A finding names so many.
const NAMED: usize = 5;

/// What to say of sales that the file of sales lines names and no entry of any ledger has. The
/// archive is read from its end, as far as it takes.
pub fn find(archive: &Archive, config: &Config) -> Option<Finding> {
    let mut wanted = Wanted {
        psp_references: config.sales_lines.psp_references().collect(),
        references: config.sales_lines.references().collect(),
    };
    // A ledger that cannot be read has its own run, which says so.
    for ledger_id in archive.ledgers().unwrap_or_default() {
        let days = Days::new(archive, &ledger_id, BTreeSet::new());
        for date in days.dates(Topic::Funds).into_iter().rev() {
            if wanted.is_empty() {
                return None;
            }
            let (_, found) = days.collect(Topic::Funds, date, |page, found| {
                for entry in page.entries {
                    let psp_reference = entry.psp_reference.as_deref();
                    let reference = entry.reference.as_deref();
                    found.extend(
                        psp_reference
                            .and_then(|name| wanted.psp_references.get(name))
                            .copied(),
                    );
                    found.extend(reference.and_then(|name| wanted.references.get(name)).copied());
                }
            });
            for name in found {
                wanted.psp_references.remove(name);
                wanted.references.remove(name);
            }
        }
    }
    let count = wanted.psp_references.len() + wanted.references.len();
    let mut names: Vec<String> = wanted
        .psp_references
        .iter()
        .map(|name| format!("pspReference `{}`", crate::text::line(name)))
        .chain(
            wanted
                .references
                .iter()
                .map(|name| format!("reference `{}`", crate::text::line(name))),
        )
        .take(NAMED)
        .collect();
    if count > NAMED {
        names.push(format!("{} more", count - NAMED));
    }
    let mut findings = Findings::default();
    for _ in 0..count {
        findings.add(Code::SalesLinesUnused, None, None, None, || {
            format!(
                "the file of sales lines names sales that no entry of the archive has: {}",
                names.join(", ")
            )
        });
    }
    findings.iter().next().cloned()
}

/// The names that no entry has had so far.
struct Wanted<'c> {
    psp_references: BTreeSet<&'c str>,
    references: BTreeSet<&'c str>,
}

impl Wanted<'_> {
    fn is_empty(&self) -> bool {
        self.psp_references.is_empty() && self.references.is_empty()
    }
}
