//! The archive: what it reads is whole, or the reader is told; a mailed zip is an archive.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, Read, Write};
use std::path::{Path, PathBuf};

use bilag::archive::topic::ArchivedFile;
use bilag::archive::{Archive, ArchiveError};
use bilag::digest::sha256_hex;
use bilag::ledger::day::with_causes;
use bilag::provider::Topic;
use chrono::NaiveDate;
use tempfile::TempDir;

use crate::harness::dates::{date, range};
use crate::harness::entry::Entry;
use crate::harness::files::{files_below, scratch, tree};
use crate::harness::layout::Layout;
use crate::harness::ledger::Ledger;
use crate::harness::program::{Ran, Workplace};
use crate::stores::pack;

const LEDGER: &str = "302321";

/// An archive of one date, whose file the tests write themselves.
struct Shelf {
    folder: TempDir,
}

impl Shelf {
    fn new() -> Self {
        let folder = scratch();
        fs::create_dir_all(folder.path().join(LEDGER).join("funds")).unwrap();
        Self { folder }
    }

    fn archive(&self) -> Archive {
        Archive::new(self.folder.path())
    }

    fn date() -> NaiveDate {
        date("2026-03-01")
    }

    fn path(&self, suffix: &str) -> PathBuf {
        let name = format!("{}.{suffix}", Self::date());
        self.folder.path().join(LEDGER).join("funds").join(name)
    }

    fn files(&self) -> Vec<ArchivedFile> {
        let topic = self.archive().topic(LEDGER, Topic::Funds).unwrap();
        topic.files(Self::date()).to_vec()
    }

    /// Reads the date's only file; says why not.
    fn read(&self, suffix: &str, bytes: &[u8]) -> Result<String, String> {
        fs::write(self.path(suffix), bytes).unwrap();
        let [file] = &self.files()[..] else {
            panic!("one file")
        };
        let read = self.archive().read_whole(file);
        assert_eq!(
            read.is_ok(),
            self.read_slowly(file).is_ok(),
            "both ways of reading agree"
        );
        let (text, hash) = read.map_err(|error| {
            let said = with_causes(&error);
            assert!(said.contains(&format!("2026-03-01.{suffix}")), "{said}");
            said
        })?;
        assert_eq!(hash.sha256, sha256_hex(bytes));
        assert_eq!(hash.bytes, bytes.len() as u64);
        assert_eq!(hash.path, format!("{LEDGER}/funds/2026-03-01.{suffix}"));
        Ok(text)
    }

    /// As text, a few bytes at a time, and only told at the end whether it was whole.
    fn read_slowly(&self, file: &ArchivedFile) -> Result<(), ArchiveError> {
        let mut reader = self.archive().open(file)?;
        let mut some = [0; 7];
        while matches!(reader.read(&mut some), Ok(1..)) {}
        // A failure may be overlooked once, but not at the end.
        reader.finish().map(|_| ())
    }
}

/// Text that packs well but not to nothing.
fn text() -> String {
    let line = |n: u64| format!("{{\"amount\":{},\"reference\":\"r{n}\"}}\n", n * 7919 % 10_007);
    (0..60).map(line).collect()
}

fn zst(text: &str) -> Vec<u8> {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn gz(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

type Packer = (&'static str, fn(&str) -> Vec<u8>);

const PACKERS: [Packer; 2] = [("json.zst", zst), ("json.gz", gz)];

#[test]
fn no_flipped_bit_changes_a_text_unseen() {
    let whole = text();
    for (suffix, pack) in PACKERS {
        let shelf = Shelf::new();
        let bytes = pack(&whole);
        assert_eq!(shelf.read(suffix, &bytes).unwrap(), whole);
        let mut refused = 0;
        for at in 0..bytes.len() {
            for bit in [0, 3, 7] {
                let mut damaged = bytes.clone();
                damaged[at] ^= 1 << bit;
                match shelf.read(suffix, &damaged) {
                    Ok(text) => assert!(text == whole, "{suffix}: bit {bit} of byte {at}"),
                    Err(_) => refused += 1,
                }
            }
        }
        // What is left are fields that say nothing of the text, such as gzip's time.
        assert!(
            refused > 3 * bytes.len() - 60,
            "{suffix}: {refused} of {}",
            3 * bytes.len()
        );
    }
}

#[test]
fn a_file_that_was_cut_short_is_refused() {
    let whole = text();
    for (suffix, pack) in PACKERS {
        let shelf = Shelf::new();
        let bytes = pack(&whole);
        for length in 0..bytes.len() {
            assert!(
                shelf.read(suffix, &bytes[..length]).is_err(),
                "{suffix}: {length} bytes"
            );
        }
    }
    // A file as it is has no end of its own; what is in it tells.
    let shelf = Shelf::new();
    assert_eq!(shelf.read("json", b"").unwrap(), "");
    assert_eq!(shelf.read("json", b"{\"ite").unwrap(), "{\"ite");
}

#[test]
fn every_frame_of_a_file_is_read_and_checked() {
    let (first, second) = (text(), "the second\n".repeat(40));
    for (suffix, pack) in PACKERS {
        let shelf = Shelf::new();
        let frames = [pack(&first), pack(&second)].concat();
        assert_eq!(shelf.read(suffix, &frames).unwrap(), format!("{first}{second}"));
        let empty_between = [pack(&first), pack(""), pack(&second)].concat();
        assert_eq!(
            shelf.read(suffix, &empty_between).unwrap(),
            format!("{first}{second}")
        );
        let start = pack(&first).len();
        for at in [start, start + 20, frames.len() - 1] {
            let mut damaged = frames.clone();
            damaged[at] ^= 0x20;
            assert!(shelf.read(suffix, &damaged).is_err(), "{suffix}: byte {at}");
        }
        for length in start + 1..frames.len() {
            assert!(
                shelf.read(suffix, &frames[..length]).is_err(),
                "{suffix}: {length} bytes"
            );
        }
    }
}

#[test]
fn what_follows_a_text_is_refused() {
    let whole = text();
    for (suffix, pack) in PACKERS {
        let shelf = Shelf::new();
        for rubbish in [&b"\n"[..], b"rubbish", &[0], &[0; 40], b"{\"items\":[]}"] {
            let bytes = [&pack(&whole)[..], rubbish].concat();
            assert!(shelf.read(suffix, &bytes).is_err(), "{suffix}: {rubbish:?}");
        }
    }
}

#[test]
fn a_text_without_checksum_or_size_is_read() {
    let shelf = Shelf::new();
    let bytes = zstd::encode_all(text().as_bytes(), 19).unwrap();
    assert_eq!(shelf.read("json.zst", &bytes).unwrap(), text());
}

#[test]
fn a_file_that_wants_much_memory_is_refused_by_name() {
    let shelf = Shelf::new();
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(28).unwrap();
    encoder.write_all(text().as_bytes()).unwrap();
    let refusal = shelf.read("json.zst", &encoder.finish().unwrap()).unwrap_err();
    assert!(refusal.contains("too much memory"), "{refusal}");
}

#[test]
fn what_is_no_text_is_refused_by_name() {
    for (suffix, bytes) in [
        ("json", b"\xFF\xFE".to_vec()),
        ("json.zst", zstd::encode_all(&b"\xFF\xFE"[..], 1).unwrap()),
    ] {
        let shelf = Shelf::new();
        fs::write(shelf.path(suffix), bytes).unwrap();
        let error = shelf.archive().read_whole(&shelf.files()[0]).unwrap_err();
        assert!(matches!(error, ArchiveError::NotText(_)), "{error}");
    }
}

#[test]
fn errors_of_a_reader_name_the_file() {
    let shelf = Shelf::new();
    let bytes = zst(&text());
    fs::write(shelf.path("json.zst"), &bytes[..bytes.len() / 2]).unwrap();
    let mut lines = shelf.archive().open(&shelf.files()[0]).unwrap().lines();
    let error = lines.find_map(Result::err).unwrap();
    assert!(error.to_string().contains("2026-03-01.json.zst"), "{error}");
    let gone = shelf.files();
    fs::remove_file(shelf.path("json.zst")).unwrap();
    let error = shelf.archive().open(&gone[0]).unwrap_err();
    assert!(matches!(error, ArchiveError::Read { .. }) && error.to_string().contains("2026-03-01"));
}

#[test]
fn two_files_of_a_date_must_hold_the_same() {
    let shelf = Shelf::new();
    let archive = shelf.archive();
    fs::write(shelf.path("json"), text()).unwrap();
    fs::write(shelf.path("json.zst"), zst(&text())).unwrap();
    fs::write(shelf.path("json.gz"), gz(&text())).unwrap();
    fs::write(shelf.path("txt"), "else").unwrap();
    let files = shelf.files();
    let suffixes: Vec<&str> = files.iter().map(|file| file.packing.suffix()).collect();
    assert_eq!(suffixes, ["json", "json.gz", "json.zst"]);
    assert_eq!(archive.one_of(&files).unwrap(), Some(&files[0]));
    assert_eq!(archive.one_of(&[]).unwrap(), None);
    let stored = archive
        .read(LEDGER, Topic::Funds, Shelf::date())
        .unwrap()
        .unwrap();
    assert_eq!((stored.text, &stored.path), (text(), &files[0].path));
    for other in [text() + "\n", text()[1..].to_owned(), String::new()] {
        fs::write(shelf.path("json.zst"), zst(&other)).unwrap();
        let error = archive.one_of(&files).unwrap_err();
        assert!(matches!(error, ArchiveError::TwoVersions(..)), "{error}");
    }
    fs::write(shelf.path("json.zst"), [zst(&text()), b"!".to_vec()].concat()).unwrap();
    assert!(matches!(
        archive.one_of(&files).unwrap_err(),
        ArchiveError::Read { .. }
    ));
}

#[test]
fn dates_are_kept_packed_and_byte_for_byte() {
    let shelf = Shelf::new();
    let archive = shelf.archive();
    let bodies = ["{\"items\": []}", "{}\r\n"];
    archive
        .store_date(LEDGER, Topic::Funds, Shelf::date(), &bodies)
        .unwrap();
    let bytes = fs::read(shelf.path("json.zst")).unwrap();
    assert_eq!(
        zstd::decode_all(&bytes[..]).unwrap(),
        b"{\"items\": []}\n{}\r\n\n"
    );
    // One frame, which says how much it holds and has a checksum.
    assert_eq!(
        zstd::zstd_safe::find_frame_compressed_size(&bytes).unwrap(),
        bytes.len()
    );
    assert_eq!(zstd::zstd_safe::get_frame_content_size(&bytes).unwrap(), Some(19));
    assert_eq!(bytes[4] & 0b100, 0b100, "the frame's header promises a checksum");
    assert_eq!(archive.dates(LEDGER, Topic::Funds).unwrap(), [Shelf::date()]);
}

fn month() -> Ledger {
    let sale = |amount, reference: &str| Entry::new("capture", amount).psp(reference).reference(reference);
    Ledger::new(LEDGER)
        .empty("2026-01-31", 1)
        .date("2026-02-01")
        .funds([sale(12_500, "a1"), sale(4_000, "a2")])
        .date("2026-02-02")
        .funds([sale(99, "b1")])
        .empty("2026-02-03", 2)
}

const EXPORT: [&str; 7] = [
    "export",
    "--offline",
    "--from",
    "2026-02-01",
    "--to",
    "2026-02-03",
    "--archive",
];

/// The files of an archive, under `top`, packed into `path`.
fn mail(archive: &Path, top: &str, path: &Path) {
    let files: Vec<(String, Vec<u8>)> = files_below(archive)
        .into_iter()
        .map(|file| {
            let name = file
                .strip_prefix(archive)
                .unwrap()
                .to_str()
                .unwrap()
                .replace('\\', "/");
            (format!("{top}{name}"), fs::read(file).unwrap())
        })
        .collect();
    let files: Vec<(&str, Vec<u8>)> = files
        .iter()
        .map(|(name, bytes)| (name.as_str(), bytes.clone()))
        .collect();
    pack(path, &files);
}

fn run(place: &Workplace, arguments: &[&str]) -> Ran {
    place.run(arguments)
}

/// The files of an export, the folder of the archive left out of what they say.
fn exported(place: &Workplace, archive: &str) -> BTreeMap<String, Vec<u8>> {
    let ran = run(place, &[&EXPORT[..], &[archive, "--out", "books"]].concat());
    assert_eq!(ran.code, 0, "{archive}: {}", ran.stderr);
    let files = tree(&place.path("books"));
    fs::remove_dir_all(place.path("books")).unwrap();
    files
}

#[test]
fn a_mailed_zip_is_an_archive() {
    let place = Workplace::beside("http://127.0.0.1:9", "");
    month().write(&place.path("archive"), &Layout::PLAIN);
    let expected = exported(&place, "archive");
    assert!(expected.keys().any(|name| name.ends_with("manifest.json")) && expected.len() > 1);
    for (name, top) in [
        ("plain.zip", ""),
        ("top.ZIP", "books of 2026/"),
        ("two.zip", "302320/"),
    ] {
        mail(&place.path("archive"), top, &place.path(name));
        assert_eq!(exported(&place, name), expected, "{name}");
        let reconcile = run(&place, &[&["reconcile"], &EXPORT[1..], &[name]].concat());
        assert_eq!(reconcile.code, 0, "{}", reconcile.stderr);
        let explain = run(&place, &["explain", "a2", "--offline", "--archive", name]);
        assert!(
            explain.stdout.contains("302321/funds/2026-02-01.json"),
            "{}",
            explain.stdout
        );
    }
    // A single ledger is no folder to be looked through, and a flat one needs its name.
    mail(&place.path("archive/302321"), "", &place.path("flat.zip"));
    let ran = run(&place, &[&EXPORT[..], &["flat.zip", "--out", "books"]].concat());
    assert!(ran.code != 0 && ran.stderr.contains("--ledger"), "{}", ran.stderr);
    let ran = run(
        &place,
        &[&EXPORT[..], &["flat.zip", "--out", "books", "--ledger", LEDGER]].concat(),
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let journal = |files: &BTreeMap<String, Vec<u8>>| {
        let is_journal = |(name, _): &(&String, &Vec<u8>)| name.ends_with("journal.csv");
        files.iter().find(is_journal).map(|(_, bytes)| bytes.clone())
    };
    assert_eq!(journal(&tree(&place.path("books"))), journal(&expected));
}

#[test]
fn nothing_is_fetched_into_a_zip() {
    let place = Workplace::beside("http://127.0.0.1:9", "");
    month().write(&place.path("archive"), &Layout::PLAIN);
    mail(&place.path("archive"), "", &place.path("mailed.zip"));
    let before = fs::read(place.path("mailed.zip")).unwrap();
    for command in ["fetch", "export"] {
        let dates = [
            "--from",
            "2026-02-01",
            "--to",
            "2026-02-03",
            "--archive",
            "mailed.zip",
        ];
        let out: &[&str] = if command == "export" {
            &["--out", "books"]
        } else {
            &[]
        };
        let ran = run(&place, &[&[command], &dates[..], out].concat());
        assert_eq!(ran.code, 2, "{}", ran.stderr);
        assert!(
            ran.stderr.contains("mailed.zip can only be read"),
            "{}",
            ran.stderr
        );
        assert!(ran.stderr.contains("--offline"), "{}", ran.stderr);
    }
    assert_eq!(fs::read(place.path("mailed.zip")).unwrap(), before);
}

#[test]
fn a_damaged_zip_is_refused_by_name() {
    let place = Workplace::beside("http://127.0.0.1:9", "");
    month().write(&place.path("archive"), &Layout::PLAIN);
    mail(&place.path("archive"), "", &place.path("mailed.zip"));
    let whole = fs::read(place.path("mailed.zip")).unwrap();
    let arguments = [&EXPORT[..], &["damaged.zip", "--out", "books"]].concat();
    for bytes in [&whole[..whole.len() - 30], b"no zip at all", b""] {
        fs::write(place.path("damaged.zip"), bytes).unwrap();
        let ran = run(&place, &arguments);
        assert_eq!(ran.code, 4, "{}", ran.stderr);
        assert!(ran.stderr.contains("cannot read damaged.zip"), "{}", ran.stderr);
    }
    // One date of it is not as it was packed.
    let name = b"302321/funds/2026-02-02.json";
    let at = whole.windows(name.len()).position(|bytes| bytes == name).unwrap();
    let mut bytes = whole.clone();
    bytes[at + name.len() + 60] ^= 1;
    fs::write(place.path("damaged.zip"), bytes).unwrap();
    let ran = run(&place, &arguments);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    let said = ran.stderr + &ran.stdout;
    assert!(said.contains("302321/funds/2026-02-02.json"), "{said}");
    assert!(!place.path("books").exists());
    let ran = run(&place, &[&EXPORT[..], &["absent.zip", "--out", "books"]].concat());
    assert_eq!(ran.code, 2, "{}", ran.stderr);
}

#[test]
fn a_folder_called_like_a_zip_is_a_folder() {
    let place = Workplace::beside("http://127.0.0.1:9", "");
    month().write(&place.path("books.zip"), &Layout::PLAIN);
    assert!(!exported(&place, "books.zip").is_empty());
    assert_eq!(month().span(), range("2026-01-31", "2026-02-04"));
}
