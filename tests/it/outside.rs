//! What the tests use from outside the repository: reference data and programs that others wrote.
//!
//! A test that lacks one of them says so and passes, unless `BILAG_JUDGES=required`: then a judge
//! that is not there is a failure.

use std::io::Write;
use std::path::{Path, PathBuf};

/// Reference data, by its path below `BILAG_REFERENCE_DATA`, else below `../shared/data`.
pub(crate) fn reference_data(path: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let root = std::env::var_os("BILAG_REFERENCE_DATA").map_or_else(beside, PathBuf::from);
    let path = root.join(path);
    if path.exists() {
        return Some(path);
    }
    skipped(&format!(
        "{} is not here; BILAG_REFERENCE_DATA names the folder of reference data",
        path.display()
    ));
    None
}

/// Says that a test could not do its work, or fails where every judge must be there.
pub(crate) fn skipped(why: &str) {
    assert!(
        std::env::var("BILAG_JUDGES").as_deref() != Ok("required"),
        "every judge must be there: {why}"
    );
    // Straight to stderr: what is printed by macro is not seen when a test passes.
    let mut stderr = std::io::stderr();
    stderr.write_all(format!("skipped: {why}\n").as_bytes()).unwrap();
}
