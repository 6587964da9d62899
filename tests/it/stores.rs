//! What every store does alike: one suite, which a new store joins by an item in [`filled`].

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::path::Path;

use bilag::store::folder::Folder;
use bilag::store::zip::Zip;
use bilag::store::{Created, Store, StoreError};
use tempfile::TempDir;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// A large file, an empty one, names that sort otherwise than they are written.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    let large = (0u32..200_000).flat_map(u32::to_le_bytes).collect();
    vec![
        ("b/funds/2026-02-01.json", b"first".to_vec()),
        ("b/funds/2026-01-31.json", large),
        ("b/fees/2026-02-01.json", Vec::new()),
        ("b/ledger.json", b"{}".to_vec()),
        ("b-c/ledger.json", b"other".to_vec()),
        ("a", b"\x00\xFF".to_vec()),
        ("åø", b"letters".to_vec()),
    ]
}

/// Every kind of store, holding `files`.
fn filled(folder: &Path, files: &[(&str, Vec<u8>)]) -> Vec<Box<dyn Store>> {
    let plain = Folder::new(&folder.join("folder"));
    for (name, bytes) in files {
        plain.put(name, bytes).unwrap();
    }
    let path = folder.join("packed.zip");
    pack(&path, files);
    vec![Box::new(plain), Box::new(Zip::new(&path))]
}

/// Packs `files` in another order than theirs, each otherwise than the one before.
pub(crate) fn pack(path: &Path, files: &[(&str, Vec<u8>)]) {
    let methods = [
        CompressionMethod::Deflated,
        CompressionMethod::Stored,
        CompressionMethod::Zstd,
    ];
    let mut zip = ZipWriter::new(fs::File::create(path).unwrap());
    for ((name, bytes), method) in files.iter().rev().zip(methods.into_iter().cycle()) {
        let options = SimpleFileOptions::default().compression_method(method);
        zip.start_file(*name, options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap();
}

fn read(store: &dyn Store, name: &str) -> Option<Vec<u8>> {
    let mut object = store.open(name).unwrap()?;
    let mut bytes = Vec::new();
    object.content.read_to_end(&mut bytes).unwrap();
    assert!(
        object.size.is_none_or(|size| size == bytes.len() as u64),
        "{name}"
    );
    Some(bytes)
}

#[test]
fn a_store_gives_back_what_it_holds() {
    let folder = TempDir::new().unwrap();
    for store in filled(folder.path(), &files()) {
        for (name, bytes) in files() {
            assert_eq!(read(&*store, name), Some(bytes), "{store:?} {name}");
        }
        for name in [
            "b",
            "b/funds",
            "c",
            "b/c",
            "b/c/d",
            "a/b",
            "A",
            "b/funds/2026-02-01",
        ] {
            assert!(store.open(name).unwrap().is_none(), "{store:?} {name}");
        }
    }
}

#[test]
fn a_store_lists_what_stands_directly_below_a_folder() {
    let folder = TempDir::new().unwrap();
    for store in filled(folder.path(), &files()) {
        let list = |name: &str| {
            let listing = store.list(name).unwrap();
            (listing.is_there, listing.files, listing.folders)
        };
        let names = |names: &[&str]| -> Vec<String> { names.iter().map(|&name| name.to_owned()).collect() };
        assert_eq!(list(""), (true, names(&["a", "åø"]), names(&["b", "b-c"])));
        assert_eq!(
            list("b"),
            (true, names(&["ledger.json"]), names(&["fees", "funds"]))
        );
        let dates = names(&["2026-01-31.json", "2026-02-01.json"]);
        assert_eq!(list("b/funds"), (true, dates, Vec::new()));
        for absent in ["c", "b/c", "b/c/d", "a", "b-"] {
            assert_eq!(
                list(absent),
                (false, Vec::new(), Vec::new()),
                "{store:?} {absent}"
            );
        }
    }
}

#[test]
fn a_store_refuses_names_that_lead_elsewhere() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("secret"), "outside").unwrap();
    for store in filled(folder.path(), &files()) {
        for name in [
            "../secret",
            "b/../../secret",
            "/etc/hosts",
            "b//ledger.json",
            "b/",
            ".",
            "b/./a",
            "b\\a",
            "a\0",
        ] {
            let refusal = store.open(name).map(|_| ()).unwrap_err().to_string();
            assert!(refusal.starts_with("cannot read"), "{refusal}");
            assert!(store.list(name).is_err(), "{store:?} {name}");
            assert!(
                store.put(name, b"").is_err() && store.create(name, b"").is_err(),
                "{name}"
            );
        }
        assert!(store.open("").is_err() && store.put("", b"").is_err());
    }
    assert_eq!(fs::read(folder.path().join("secret")).unwrap(), b"outside");
}

#[test]
fn a_store_keeps_whole_files_or_says_that_it_cannot() {
    let folder = TempDir::new().unwrap();
    for store in filled(folder.path(), &files()) {
        if store.is_read_only() {
            let refusals = [
                store.put("n", b"1").unwrap_err(),
                store.create("n", b"1").unwrap_err(),
                store.lock("l").unwrap_err(),
                store.sweep("").unwrap_err(),
            ];
            for refusal in refusals {
                assert!(matches!(refusal, StoreError::ReadOnly(_)), "{refusal}");
            }
            continue;
        }
        store.put("n/e/w", b"1").unwrap();
        store.put("n/e/w", b"two").unwrap();
        assert_eq!(read(&*store, "n/e/w").unwrap(), b"two");
        assert_eq!(store.create("n/e/w", b"3").unwrap(), Created::Taken);
        assert_eq!(read(&*store, "n/e/w").unwrap(), b"two");
        assert_eq!(store.create("n/e/v", b"3").unwrap(), Created::Kept);
        assert_eq!(read(&*store, "n/e/v").unwrap(), b"3");
        assert_eq!(store.list("n/e").unwrap().files, ["v", "w"]);
        assert!(store.put("n/e", b"a folder has the name").is_err());
        assert!(store.put("a/b", b"a file has the name").is_err());
        assert_eq!(store.list("n").unwrap().files, [""; 0]);
    }
}

#[test]
fn of_many_who_create_the_same_name_one_does() {
    let folder = TempDir::new().unwrap();
    for store in filled(folder.path(), &[])
        .iter()
        .filter(|store| !store.is_read_only())
    {
        for round in 0..20 {
            let name = format!("exports/{round}");
            let made: Vec<Created> = std::thread::scope(|scope| {
                let create = |writer: u8| store.create(&name, &[writer; 100]).unwrap();
                let threads: Vec<_> = (0..4).map(|writer| scope.spawn(move || create(writer))).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect()
            });
            let winner = made.iter().position(|made| *made == Created::Kept).unwrap();
            assert_eq!(made.iter().filter(|made| **made == Created::Kept).count(), 1);
            assert_eq!(read(&**store, &name).unwrap(), [winner as u8; 100]);
        }
        assert_eq!(store.list("exports").unwrap().files.len(), 20);
    }
}

#[test]
fn a_lock_is_held_once_and_half_written_files_are_swept() {
    let folder = TempDir::new().unwrap();
    let store = Folder::new(&folder.path().join("archive"));
    assert!(!store.list("").unwrap().is_there);
    let lock = store.lock(".lock").unwrap();
    let StoreError::Locked { holder, .. } = store.lock(".lock").unwrap_err() else {
        panic!("not held");
    };
    assert_eq!(holder.unwrap(), format!("process {}", std::process::id()));
    drop(lock);
    store.lock(".lock").unwrap();

    store.put("a/b", b"1").unwrap();
    let half = folder.path().join("archive/a/.bilag-x1y2.part");
    fs::write(&half, "ha").unwrap();
    assert_eq!(store.list("a").unwrap().files, ["b"]);
    store.sweep("a").unwrap();
    store.sweep("nothing").unwrap();
    assert!(!half.exists() && folder.path().join("archive/a/b").exists());
}

#[cfg(unix)]
#[test]
fn only_the_owner_reads_a_folder() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().unwrap();
    let store = Folder::new(&folder.path().join("archive"));
    let _lock = store.lock(".lock").unwrap();
    store.put("302321/funds/d", b"1").unwrap();
    store.create("302321/funds/e", b"1").unwrap();
    let mode = |name: &str| {
        fs::metadata(folder.path().join(name))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    for name in ["archive", "archive/302321", "archive/302321/funds"] {
        assert_eq!(mode(name), 0o700, "{name}");
    }
    for name in [
        "archive/.lock",
        "archive/302321/funds/d",
        "archive/302321/funds/e",
    ] {
        assert_eq!(mode(name), 0o600, "{name}");
    }
}

#[test]
fn a_zip_archive_with_strange_names_is_not_believed() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("strange.zip");
    for name in ["../x", "a/../../x", "/x", "a\\b", "a//b", "a/./b"] {
        // Names of the same length, since the packer mends what it is given.
        let stand_in = "n".repeat(name.len());
        pack(&path, &[(&stand_in, b"1".to_vec()), ("good", b"2".to_vec())]);
        let bytes = replaced(&fs::read(&path).unwrap(), stand_in.as_bytes(), name.as_bytes());
        fs::write(&path, bytes).unwrap();
        let refusal = Zip::new(&path).open("good").unwrap_err();
        let source = std::error::Error::source(&refusal).unwrap().to_string();
        assert!(
            source.contains(&name.escape_debug().to_string()),
            "{refusal}: {source}"
        );
    }
    // The same name twice: nobody can say which is meant.
    pack(&path, &[("one", b"1".to_vec()), ("two", b"2".to_vec())]);
    fs::write(&path, replaced(&fs::read(&path).unwrap(), b"two", b"one")).unwrap();
    assert!(Zip::new(&path).open("one").is_err());
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let places: Vec<usize> = (0..bytes.len())
        .filter(|at| bytes[*at..].starts_with(from))
        .collect();
    assert!(!places.is_empty());
    for place in places {
        bytes[place..place + to.len()].copy_from_slice(to);
    }
    bytes
}

#[test]
fn no_damage_to_a_zip_archive_changes_what_it_gives() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("damaged.zip");
    let text: Vec<u8> = (0..40)
        .flat_map(|line| format!("line {line}\n").into_bytes())
        .collect();
    let files = [
        ("deflated", text.clone()),
        ("stored", text.clone()),
        ("zstd", text.clone()),
    ];
    pack(&path, &files);
    let whole = fs::read(&path).unwrap();
    let mut refusals = BTreeSet::new();
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        fs::write(&path, bytes).unwrap();
        let store = Zip::new(&path);
        for (name, text) in &files {
            let read = store.open(name).and_then(|object| {
                let Some(mut object) = object else { return Ok(None) };
                let mut bytes = Vec::new();
                let result = object.content.read_to_end(&mut bytes);
                result.map(|_| Some(bytes)).map_err(|source| StoreError::Read {
                    path: path.clone(),
                    source,
                })
            });
            match read {
                Ok(Some(bytes)) => assert!(bytes == *text, "byte {at} changed {name}"),
                Ok(None) => {}
                Err(error) => {
                    refusals.insert(std::error::Error::source(&error).unwrap().to_string());
                }
            }
        }
    }
    let wanted = "the zip archive is damaged: its checksum is wrong";
    assert!(refusals.contains(wanted), "{refusals:#?}");
    for length in [0, 10, whole.len() / 2, whole.len() - 1] {
        fs::write(&path, &whole[..length]).unwrap();
        assert!(Zip::new(&path).list("").is_err(), "cut to {length}");
    }
    fs::remove_file(&path).unwrap();
    assert!(Zip::new(&path).list("").is_err());
}
