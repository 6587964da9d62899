//! Folders: of the repository, of a test, and what is in them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// Files by their path below a folder, with `/` between the parts.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// A file of the repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A folder that goes away; in memory where the system has such a place, because the tests
/// write many small files.
pub(crate) fn scratch() -> TempDir {
    let memory = Path::new("/dev/shm");
    let builder = tempfile::Builder::new();
    match memory.is_dir().then(|| builder.tempdir_in(memory)) {
        Some(Ok(folder)) => folder,
        _ => builder.tempdir().unwrap(),
    }
}

/// All files below a folder, unfinished ones included; none when it is not there.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        let Ok(items) = fs::read_dir(&next) else { continue };
        for item in items {
            let path = item.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// What the files below `folder` hold, without an archive's lock.
pub(crate) fn tree(folder: &Path) -> Files {
    let mut files = files_below(folder);
    files.retain(|path| path.file_name().is_some_and(|name| name != ".bilag.lock"));
    let read = |path: PathBuf| {
        let name = path.strip_prefix(folder).unwrap().to_str().unwrap();
        let bytes = fs::read(&path).unwrap();
        match name.strip_suffix(".zst") {
            Some(name) => (name.replace('\\', "/"), zstd::decode_all(&bytes[..]).unwrap()),
            None => (name.replace('\\', "/"), bytes),
        }
    };
    let count = files.len();
    let tree: Files = files.into_iter().map(read).collect();
    assert_eq!(tree.len(), count, "no file is there twice, packed and not");
    tree
}
