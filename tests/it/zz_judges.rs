//! What was not judged in this run, named once. The name lets the list come last.

use crate::harness::files::repository;
use crate::harness::judges::{Judge, REFERENCE_DATA, are_required, reference_path, say};

#[test]
fn the_judges_that_are_not_here() {
    let programs = Judge::ALL.into_iter().filter(|judge| judge.look().is_none());
    let mut absent: Vec<String> = programs.map(Judge::absence).collect();
    for (path, judges) in REFERENCE_DATA {
        let place = reference_path(path);
        if !place.exists() {
            absent.push(format!(
                "{} ({judges}): BILAG_REFERENCE_DATA names its folder",
                place.display()
            ));
        }
    }
    if !absent.is_empty() {
        say(&format!(
            "\nnot judged, for want of:\n  {}\n",
            absent.join("\n  ")
        ));
    }
    assert!(
        !are_required() || absent.is_empty(),
        "every judge must be here: {absent:?}"
    );
}

#[test]
fn every_judge_is_on_the_page_of_the_tests() {
    let page = std::fs::read_to_string(repository("docs/TESTING.md")).unwrap();
    for judge in Judge::ALL {
        assert!(page.contains(judge.name()), "{}", judge.name());
    }
}
