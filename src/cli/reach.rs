//! Which ledgers a command is about: those that the keys list, and those of the archive, which must
//! not drop out in silence when the keys no longer list them.

use std::collections::{BTreeMap, BTreeSet};

use crate::archive::{Archive, ArchiveError};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::select;
use crate::config::{Config, OwnTable};
use crate::date::DateRange;
use crate::ledger::finding::{Code, Finding};
use crate::provider::Topic;
use crate::text;

/// So many edits make an id that nobody knows a typing mistake.
const TYPING_EDITS: usize = 2;

/// The ledgers of a command.
#[derive(Debug, Default)]
pub struct Reach {
    /// Their ids, in order.
    pub ledgers: Vec<String>,
    /// Those that the archive has and the keys no longer list.
    pub unreachable: BTreeSet<String>,
    /// The dates of those that ended within the range.
    pub ranges: BTreeMap<String, DateRange>,
    /// Those that ended before the range and are left out.
    pub ended: Vec<String>,
    /// What the configuration says to no effect.
    pub findings: Vec<Finding>,
}

/// The ledgers that a command is about. `listed` are those that the keys list, when the provider was
/// asked; `wanted` those that were named, or none for all.
pub fn find(
    archive: &Archive,
    config: &Config,
    range: DateRange,
    listed: Option<&[String]>,
    wanted: &[String],
) -> Result<Reach, Failure> {
    let known = known(archive, listed)?;
    // An archive without the ledger level knows of no other ledger than the one it stands for.
    let judged = (!archive.lacks_ledger_level()).then_some(known.as_slice());
    let mut reach = Reach {
        findings: unused(config, judged)?,
        ..Reach::default()
    };
    let ledgers = match listed {
        None => select::archived_ledgers(archive, wanted)?,
        Some(listed) => {
            if let Some(missing) = wanted.iter().find(|id| !known.contains(id)) {
                let message = format!("the keys do not reach ledger `{missing}`");
                return Err(Failure::new(Exit::NotOurs, message)
                    .with_hint(format!("they reach {}", select::listing(listed))));
            }
            let is_wanted = |id: &String| wanted.is_empty() || wanted.contains(id);
            known.into_iter().filter(is_wanted).collect()
        }
    };
    for id in ledgers {
        if !listed.is_some_and(|listed| listed.contains(&id)) {
            match (config.ended(&id), listed) {
                (Some(ended), _) => {
                    // An entry after the date that was given is not lost for it.
                    let last = last_archived(archive, &id, range)?.map_or(ended, |last| last.max(ended));
                    let Ok(known) = DateRange::new(range.from(), last.min(range.to())) else {
                        if wanted.contains(&id) {
                            return Err(Failure::usage(format!(
                                "ledger `{id}` ended on {ended}, before {}",
                                range.from()
                            )));
                        }
                        reach.ended.push(id);
                        continue;
                    };
                    reach.ranges.insert(id.clone(), known);
                }
                (None, Some(_)) => {
                    reach.unreachable.insert(id.clone());
                }
                (None, None) => {}
            }
        }
        reach.ledgers.push(id);
    }
    Ok(reach)
}

/// The ledgers that are listed, and after them those that only the archive has.
pub fn known(archive: &Archive, listed: Option<&[String]>) -> Result<Vec<String>, Failure> {
    let archived = match archive.ledgers() {
        Err(ArchiveError::NoFolder(_)) if listed.is_some() => Vec::new(),
        archived => archived?,
    };
    let mut known = listed.unwrap_or_default().to_vec();
    for id in archived {
        if !known.contains(&id) {
            known.push(id);
        }
    }
    Ok(known)
}

/// The last date of `range` that the archive has of either topic.
fn last_archived(
    archive: &Archive,
    ledger_id: &str,
    range: DateRange,
) -> Result<Option<chrono::NaiveDate>, Failure> {
    let mut last = None;
    for topic in Topic::ALL {
        let dates = archive.dates(ledger_id, topic)?;
        last = last.max(dates.into_iter().rfind(|date| range.contains(*date)));
    }
    Ok(last)
}

/// What of the configuration can have no effect, for a person to look at. A table of a ledger that
/// nobody knows, whose id is near a known one, is refused: the known one would be booked by the
/// defaults.
fn unused(config: &Config, known: Option<&[String]>) -> Result<Vec<Finding>, Failure> {
    let mut messages = config.unused.clone();
    for OwnTable {
        ledger_id: id,
        name,
        place,
    } in config.own_tables()
    {
        let Some(known) = known.filter(|known| !known.contains(&id)) else {
            continue;
        };
        let what = format!("{place}: no ledger `{id}` is listed by the keys or in the archive");
        let near = known.iter().find(|known| text::edits(known, &id) <= TYPING_EDITS);
        if let Some(near) = near {
            return Err(Failure::usage(format!("{what}, but `{near}` is"))
                .with_hint(format!("correct [{name}], or take it out")));
        }
        messages.push(format!(
            "{what}; [{name}] says nothing about any ledger: correct the id, or take it out"
        ));
    }
    let accepted = config.checks().accept;
    let finding = |message| Finding::of_run(Code::UnusedConfiguration, message, &accepted);
    Ok(messages.into_iter().map(finding).collect())
}
