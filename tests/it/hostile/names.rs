//! Names from outside never lead anywhere but where they should, and no output takes the place of
//! another.

use std::fs;
use std::path::Path;

use bilag::Books;
use bilag::archive::Archive;

use super::{RANGE, ledger, workplace};
use crate::harness::files::{files_below, scratch};
use crate::harness::layout::Layout;
use crate::harness::program::{Workplace, assert_code};

const IDS: [&str; 9] = [
    "../../x",
    "..",
    ".",
    "",
    "a/b",
    "/tmp/x",
    "a\\b",
    "3023 21",
    "a\u{1b}[31m",
];

/// A format of the user's own, with an amount and an account.
fn format(id: &str, file: &str) -> String {
    let file = toml::Value::from(file);
    let id = toml::Value::from(id);
    format!(
        "id = {id}\ntitle = \"Mine\"\nfile = {file}\n[delimited]\nseparator = \";\"\ncolumns = [\n\
         {{name = \"A\", field = \"account\"}}, {{name = \"B\", field = \"amount\"}}]\n"
    )
}

/// An archive whose folders are topics: the ledger's id is what the command line says.
fn flat_workplace() -> Workplace {
    let place = workplace();
    fs::rename(place.path("archive"), place.path("ledgers")).unwrap();
    fs::rename(place.path("ledgers/302321"), place.path("archive")).unwrap();
    fs::remove_file(place.path("archive/ledger.json")).unwrap();
    place
}

#[test]
fn a_ledger_id_never_leads_out_of_a_folder() {
    let long = "1".repeat(65);
    let place = flat_workplace();
    let before = files_below(place.folder());
    for id in IDS.iter().copied().chain([long.as_str()]) {
        for command in [
            &["export", "--out", "deep/er/books"][..],
            &["check"],
            &["reconcile"],
        ] {
            let run = place.run(&[command, &RANGE[..], &["--ledger", id]].concat());
            assert_code(&run, 2);
            assert!(
                run.stderr.contains("a ledger's id is letters and digits"),
                "{}",
                run.stderr
            );
        }
        let run = place.run(&["explain", "5001", "--ledger", id]);
        assert_code(&run, 2);
        // A program that uses the library is held to the same.
        let books = Books::open(place.path("archive"));
        assert!(books.unwrap().month(id, "2026-02").is_err(), "{id:?}");
    }
    assert_eq!(files_below(place.folder()), before);
    let run = place.run(&[&["export", "--out", "books", "--ledger", "302321"], &RANGE[..]].concat());
    assert_code(&run, 0);
}

#[test]
fn a_folder_with_no_ledgers_name_is_named_and_not_passed_over() {
    for name in ["302321 (copy)", "a\u{1b}[31mb", "..x"] {
        let place = workplace();
        fs::create_dir_all(place.path("archive").join(name).join("funds")).unwrap();
        let run = place.run(&[&["check"], &RANGE[..]].concat());
        assert_code(&run, 4);
        assert!(
            run.stderr.contains("its name is no ledger's id"),
            "{}",
            run.stderr
        );
        assert!(!run.stderr.contains('\u{1b}'));
    }
    // What holds no topic is no ledger, whatever it is called.
    let place = workplace();
    fs::create_dir_all(place.path("archive/my notes/2026")).unwrap();
    assert_code(&place.run(&[&["check"], &RANGE[..]].concat()), 0);
}

#[test]
fn names_of_files_and_formats_are_checked_where_they_are_read() {
    let place = Workplace::new();
    let long = format!("{}.csv", "a".repeat(297));
    let bad = [
        "a\nb.csv",
        "a\0b.csv",
        &long,
        "../a.csv",
        "a/b.csv",
        "a\\b.csv",
        "",
        ".",
        "..",
        ".bilag-x.part",
        "manifest.json",
        "Manifest.JSON",
        "export-log.json",
        "NUL",
        "con.csv",
        "com1.txt",
        "a:b.csv",
        "a\u{202E}vsc.csv",
        "a ",
        "a.",
    ];
    for name in bad {
        for (id, file) in [("mine", name), (name, "mine.csv")] {
            if id.to_lowercase().ends_with(".json") {
                continue;
            }
            fs::write(place.path("mine.toml"), format(id, file)).unwrap();
            let run = place.bare(&["formats", "check", "mine.toml"]);
            let run = crate::harness::program::run(run);
            assert_code(&run, 2);
            let lines = run.stderr.trim_end().lines().count();
            assert!(
                lines == 1 && run.stderr.len() < 400,
                "{id:?} {file:?}: {}",
                run.stderr
            );
        }
    }
    fs::write(
        place.path("mine.toml"),
        format("my-format.2", "Bilag og æøå 2026.csv"),
    )
    .unwrap();
    let run = crate::harness::program::run(place.bare(&["formats", "check", "mine.toml"]));
    assert_code(&run, 0);
}

#[test]
fn two_outputs_never_share_a_name() {
    for (first, second, code) in [
        // The name of a file of a format that is built in, and of another of the user's own.
        (format("mine", "journal.csv"), None, 8),
        (format("mine", "JOURNAL.csv"), None, 8),
        (format("mine", "mine.csv"), Some(format("other", "Mine.csv")), 8),
        // The id of a format that is built in: nothing of what was named is left out in silence.
        (format("journal-csv", "mine.csv"), None, 2),
    ] {
        let place = workplace();
        fs::write(place.path("mine.toml"), first).unwrap();
        let mut formats = vec!["--format", "journal-csv", "--format", "./mine.toml"];
        if let Some(second) = second {
            fs::write(place.path("other.toml"), second).unwrap();
            formats.extend(["--format", "./other.toml"]);
        }
        for command in [&["export", "--out", "books"][..], &["check"]] {
            let run = place.run(&[command, &formats, &RANGE[..]].concat());
            assert_code(&run, code);
            let says = ["two files of the export would be", "two formats have this id"];
            assert!(
                says.iter().any(|says| run.stderr.contains(says)),
                "{}",
                run.stderr
            );
        }
        assert!(!place.path("books").exists());
    }
    // The same format named twice is written once.
    let place = workplace();
    fs::write(place.path("mine.toml"), format("mine", "mine.csv")).unwrap();
    let twice = ["--format", "./mine.toml", "--format", "./mine.toml"];
    let run = place.run(&[&["export", "--out", "books"], &twice[..], &RANGE[..]].concat());
    assert_code(&run, 0);
}

#[test]
fn a_name_that_is_only_known_at_the_end_is_refused_before_anything_is_in_its_place() {
    // The second format cuts at the fiscal year, and comes to the name of the first.
    let split = format("years", "mine.csv").replace("[delimited]", "split = \"voucher\"\n[delimited]");
    let place = workplace();
    fs::write(place.path("years.toml"), split).unwrap();
    let export = |formats: &[&str]| place.run(&[&["export", "--out", "books"], formats, &RANGE[..]].concat());
    let run = export(&["--format", "./years.toml"]);
    assert_code(&run, 0);
    let written = files_below(&place.path("books/302321/2026-02-09_2026-02-10"));
    let name = written
        .iter()
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .find(|name| name.starts_with("mine-"))
        .unwrap();
    fs::remove_dir_all(place.path("books")).unwrap();
    fs::write(place.path("one.toml"), format("one", &name)).unwrap();
    let run = export(&["--format", "./years.toml", "--format", "./one.toml"]);
    assert_code(&run, 8);
    assert!(
        run.stderr.contains("two files of the export would be"),
        "{}",
        run.stderr
    );
    assert_eq!(
        files_below(&place.path("books")),
        Vec::<std::path::PathBuf>::new()
    );
}

#[cfg(unix)]
#[test]
fn a_lock_that_is_no_lock_is_left_as_it_is() {
    use std::os::unix::fs::symlink;
    let archive = scratch();
    let lock = archive.path().join(".bilag.lock");
    let elsewhere = scratch();
    let target = elsewhere.path().join("letter.txt");
    fs::write(
        &target,
        "process of a friend: dear friend, this is a long letter that is no lock at all",
    )
    .unwrap();
    let take = || Archive::new(archive.path()).lock();

    symlink(&target, &lock).unwrap();
    let before = fs::read(&target).unwrap();
    assert!(told(&take().unwrap_err()).contains("in the place of the lock"));
    fs::remove_file(&lock).unwrap();
    // A second name of a file, and a file of somebody else.
    fs::hard_link(&target, &lock).unwrap();
    assert!(told(&take().unwrap_err()).contains("in the place of the lock"));
    assert_eq!(fs::read(&target).unwrap(), before);
    fs::remove_file(&lock).unwrap();
    // A link that leads nowhere makes nothing.
    symlink(elsewhere.path().join("new"), &lock).unwrap();
    assert!(take().is_err());
    assert!(!elsewhere.path().join("new").exists());
    fs::remove_file(&lock).unwrap();
    // The lock of a run that was killed is a lock.
    fs::write(&lock, "process 4242\n").unwrap();
    drop(take().unwrap());
    drop(take().unwrap());
    let text = fs::read_to_string(&lock).unwrap();
    assert_eq!(text, format!("process {}\n", std::process::id()));
}

#[cfg(unix)]
fn told(error: &dyn std::error::Error) -> String {
    bilag::ledger::day::with_causes(error)
}

#[cfg(unix)]
#[test]
fn nothing_is_swept_through_a_link() {
    use std::os::unix::fs::symlink;
    let (archive, elsewhere) = (scratch(), scratch());
    let unfinished = |folder: &Path| {
        let path = folder.join(".bilag-abc.part");
        fs::write(&path, "half").unwrap();
        path
    };
    fs::create_dir_all(archive.path().join("1/fees")).unwrap();
    symlink(elsewhere.path(), archive.path().join("1/funds")).unwrap();
    symlink(elsewhere.path(), archive.path().join("2")).unwrap();
    let (ours, theirs) = (
        unfinished(&archive.path().join("1/fees")),
        unfinished(elsewhere.path()),
    );
    // A folder that is called like an unfinished file is none.
    fs::create_dir(archive.path().join("1/fees/.bilag-xyz.part")).unwrap();
    let store = Archive::new(archive.path());
    let lock = store.lock().unwrap();
    lock.sweep(&store, "1").unwrap();
    lock.sweep(&store, "2").unwrap();
    assert!(!ours.exists() && theirs.exists());
}

#[cfg(unix)]
#[test]
fn an_archive_is_its_owners_and_outputs_are_as_the_user_hands_them_on() {
    use crate::harness::dates::date;
    use bilag::provider::Topic;
    use std::os::unix::fs::PermissionsExt;
    let place = Workplace::new();
    let archive = Archive::new(&place.path("archive"));
    let body = br#"{"items":[],"hasMore":false}"#;
    archive
        .store_date("302321", Topic::Funds, date("2026-02-09"), &[body])
        .unwrap();
    archive
        .store_ledger("302321", "{\"ledgerId\":\"302321\"}")
        .unwrap();
    let _lock = archive.lock().unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for file in files_below(&place.path("archive")) {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
        let folders = file
            .ancestors()
            .skip(1)
            .take_while(|folder| *folder != place.folder());
        folders.for_each(|folder| assert_eq!(mode(folder), 0o700, "{}", folder.display()));
    }
    // Outputs are made for others, such as the accountant: the user's umask decides.
    let place = workplace();
    let layout = Layout::PLAIN;
    ledger().write(&place.path("archive"), &layout);
    for (umask, file, folder) in [
        ("022", 0o644, 0o755),
        ("077", 0o600, 0o700),
        ("027", 0o640, 0o750),
    ] {
        let out = format!("books-{umask}");
        let program = place.command(&[&["export", "--out", &out], &RANGE[..]].concat());
        let mut shell = std::process::Command::new("sh");
        shell
            .args(["-c", &format!("umask {umask}; exec \"$0\" \"$@\"")])
            .arg(program.get_program())
            .args(program.get_args())
            .current_dir(place.folder());
        assert_code(&crate::harness::program::run(shell), 0);
        for path in files_below(&place.path(&out)) {
            assert_eq!(mode(&path), file, "{}", path.display());
            assert_eq!(mode(path.parent().unwrap()), folder, "{}", path.display());
        }
    }
}
