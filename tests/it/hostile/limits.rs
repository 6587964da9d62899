//! Small inputs stay small, endless ones end, and what is no file is not waited for: a program that
//! hangs is ended by the harness, which fails the test.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use super::{RANGE, workplace};
use crate::harness::layout::gzip;
use crate::harness::program::{Workplace, assert_code, run};

/// The program with so many MiB of address space.
#[cfg(target_os = "linux")]
fn confined(place: &Workplace, arguments: &[&str], mib: u64) -> Command {
    let program = place.command(arguments);
    let mut shell = Command::new("sh");
    shell
        .args(["-c", &format!("ulimit -v {}; exec \"$0\" \"$@\"", mib << 10)])
        .arg(program.get_program())
        .args(program.get_args())
        .current_dir(place.folder());
    shell
}

#[cfg(unix)]
fn fifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[cfg(unix)]
fn device(path: &Path) {
    std::os::unix::fs::symlink("/dev/zero", path).unwrap();
}

#[cfg(unix)]
#[test]
fn a_pipe_or_a_device_is_no_input() {
    const NAMED: &str = "it is no file but a pipe, a device or a socket";
    for make in [fifo, device] {
        let place = workplace();
        make(&place.path("odd"));
        make(&place.path("odd.toml"));
        make(&place.path("odd.csv"));
        for (config, arguments, code) in [
            ("", &["check", "--config", "odd"][..], 2),
            ("sales_lines = \"odd\"", &["check"], 2),
            ("sales_lines = \"odd.csv\"", &["check"], 2),
            ("fx_rates_file = \"odd\"", &["check"], 2),
            (
                "[output]\nformats = [\"./odd.toml\"]",
                &["export", "--out", "books"],
                2,
            ),
            ("", &["check", "--format", "./odd.toml"], 2),
        ] {
            fs::write(place.path("bilag.toml"), config).unwrap();
            let ran = run(place.command(&[arguments, &RANGE[..]].concat()));
            assert_code(&ran, code);
            assert!(
                ran.stderr.contains(NAMED),
                "{config} {arguments:?}: {}",
                ran.stderr
            );
        }
        for arguments in [&["formats", "check", "odd.toml"][..], &["verify", "odd"]] {
            let ran = run(place.bare(arguments));
            assert_code(&ran, 2);
            assert!(ran.stderr.contains(NAMED), "{arguments:?}: {}", ran.stderr);
        }
        fs::write(place.path("bilag.toml"), "[api]\ncredentials_file = \"odd\"\n").unwrap();
        let ran = run(place.bare(&["ledgers"]));
        assert_code(&ran, 2);
        assert!(ran.stderr.contains(NAMED), "{}", ran.stderr);
        // A format of the user's own that is no file is none.
        fs::create_dir_all(place.path("no-config/bilag/formats")).unwrap();
        make(&place.path("no-config/bilag/formats/mine.toml"));
        fs::remove_file(place.path("bilag.toml")).unwrap();
        assert_code(
            &run(place.command(&[&["check", "--format", "mine"], &RANGE[..]].concat())),
            2,
        );
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_or_a_device_in_the_archive_or_among_the_outputs_is_not_waited_for() {
    for make in [fifo, device] {
        for suffix in ["json", "json.gz", "json.zst"] {
            let place = workplace();
            let date = place.path("archive/302321/funds/2026-02-09.json");
            fs::remove_file(&date).unwrap();
            make(&date.with_file_name(format!("2026-02-09.{suffix}")));
            for command in [&["check"][..], &["reconcile"], &["export", "--out", "books"]] {
                let ran = run(place.command(&[command, &RANGE[..]].concat()));
                assert_code(&ran, 4);
            }
            assert!(!place.path("books").exists());
        }
        for name in ["archive/302321/ledger.json", "archive/.bilag.lock"] {
            let place = workplace();
            // Only a fetch takes the lock.
            let code = if name.ends_with("json") { 4 } else { 0 };
            let _ = fs::remove_file(place.path(name));
            make(&place.path(name));
            assert_code(&run(place.command(&[&["check"], &RANGE[..]].concat())), code);
        }
        let place = workplace();
        make(&place.path("odd.zip"));
        let arguments = [&["check", "--offline", "--archive", "odd.zip"], &RANGE[..]].concat();
        assert_ne!(run(place.bare(&arguments)).code, 0);
        for name in ["journal.csv", "manifest.json"] {
            let place = workplace();
            let folder = place.path("books/302321/2026-02-09_2026-02-10");
            fs::create_dir_all(&folder).unwrap();
            make(&folder.join(name));
            let ran = run(place.command(&[&["export", "--out", "books"], &RANGE[..]].concat()));
            assert_code(&ran, 8);
        }
    }
}

/// Pieces that are packed by themselves and come again and again.
#[cfg(target_os = "linux")]
fn packed(pack: &dyn Fn(&[u8]) -> Vec<u8>, head: &[u8], filling: u8, mib: usize) -> Vec<u8> {
    let mut packed = pack(head);
    let piece = pack(&vec![filling; 1 << 20]);
    for _ in 0..mib {
        packed.extend_from_slice(&piece);
    }
    packed
}

#[cfg(target_os = "linux")]
#[test]
fn what_unpacks_to_more_than_entries_do_is_refused_and_never_held() {
    let zst = |bytes: &[u8]| zstd::encode_all(bytes, 1).unwrap();
    let heads: [(&[u8], u8); 2] = [(b"{\"items\":[{\"reference\":\"", b'a'), (b"", 0)];
    for (head, filling) in heads {
        let files = [
            ("json.zst", packed(&zst, head, filling, 1024)),
            ("json.gz", packed(&gzip, head, filling, 1024)),
        ];
        for (suffix, bytes) in files {
            let place = workplace();
            let date = place.path("archive/302321/funds/2026-02-09.json");
            fs::remove_file(&date).unwrap();
            fs::write(date.with_file_name(format!("2026-02-09.{suffix}")), bytes).unwrap();
            let ran = run(confined(&place, &[&["check"], &RANGE[..]].concat(), 350));
            assert_code(&ran, 4);
            let says = ["64 times its size", "holds no response bodies"];
            let said = ran.stdout + &ran.stderr;
            assert!(
                says.iter().any(|says| said.contains(says)),
                "{suffix} {filling}: {said}"
            );
            // Looking for an entry holds dates whole.
            // It finds the fee, on the other topic.
            assert_code(&run(confined(&place, &["explain", "5001"], 350)), 0);
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_zip_that_unpacks_to_more_than_entries_do_is_refused() {
    let place = workplace();
    let mut zip = zip::ZipWriter::new(fs::File::create(place.path("bomb.zip")).unwrap());
    for topic in ["funds", "fees"] {
        zip.start_file(
            format!("302321/{topic}/2026-02-09.json"),
            zip::write::SimpleFileOptions::default(),
        )
        .unwrap();
        for _ in 0..20 {
            zip.write_all(&vec![b' '; 1 << 20]).unwrap();
        }
    }
    zip.finish().unwrap();
    let arguments = [
        "check",
        "--from",
        "2026-02-09",
        "--to",
        "2026-02-09",
        "--archive",
        "bomb.zip",
    ];
    let ran = run(place.bare(&[&["--offline"], &arguments[..]].concat()));
    assert_code(&ran, 4);
    assert!((ran.stdout + &ran.stderr).contains("64 times its size"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_large_file_of_nothing_is_refused_at_its_beginning() {
    let place = workplace();
    let path = place.path("archive/302321/funds/2026-02-09.json");
    let file = fs::File::create(&path).unwrap();
    file.set_len(1 << 30).unwrap();
    let ran = run(confined(&place, &[&["check"], &RANGE[..]].concat(), 350));
    assert_code(&ran, 4);
    assert!((ran.stdout + &ran.stderr).contains("holds no response bodies"));
}

#[test]
fn json_that_stands_deep_in_itself_is_refused() {
    let place = workplace();
    let path = place.path("archive/302321/funds/2026-02-09.json");
    let deep = |open: &str, close: &str| open.repeat(100_000) + &close.repeat(100_000);
    for text in [
        deep("[", "]"),
        deep("{\"a\":", "1}"),
        format!("{{\"items\":[],\"hasMore\":false,\"x\":{}}}", deep("[", "]")),
        format!(
            "{{\"items\":[{{\"x\":{}}}],\"hasMore\":false}}",
            deep("{\"a\":[", "]}")
        ),
        format!("{{\"items\":{}", "[".repeat(100_000)),
    ] {
        fs::write(&path, &text).unwrap();
        assert_code(&run(place.command(&[&["check"], &RANGE[..]].concat())), 4);
    }
    let sales = place.path("lines.json");
    fs::write(&sales, deep("[", "]")).unwrap();
    fs::write(place.path("bilag.toml"), "sales_lines = \"lines.json\"\n").unwrap();
    assert_code(&run(place.command(&[&["check"], &RANGE[..]].concat())), 2);
    for text in [
        deep("a.", "b"),
        format!("a = {}", deep("[", "]")),
        deep("[", "]"),
        "a = ".to_owned() + &deep("{a=", "}"),
    ] {
        fs::write(place.path("bilag.toml"), text).unwrap();
        assert_code(&run(place.command(&[&["check"], &RANGE[..]].concat())), 2);
    }
}

#[test]
fn a_range_of_ten_thousand_years_is_refused() {
    let place = workplace();
    for (from, to) in [("0001-01-01", "9999-12-31"), ("1900-01-01", "2026-12-31")] {
        for command in [&["check"][..], &["export", "--out", "books"], &["rules", "test"]] {
            let ran = run(place.command(&[command, &["--from", from, "--to", to]].concat()));
            assert_code(&ran, 2);
            assert!(ran.stderr.contains("longer than 30 years"), "{}", ran.stderr);
        }
    }
    // Ten years are a question that may be asked.
    let ran = run(place.command(&["check", "--from", "2017-01-01", "--to", "2026-02-10"]));
    assert_code(&ran, 3);
}

#[test]
fn files_beyond_any_use_are_refused_by_their_size() {
    let place = workplace();
    let large = |name: &str, size: u64| {
        fs::File::create(place.path(name)).unwrap().set_len(size).unwrap();
    };
    large("large.toml", 17 << 20);
    large("lines.json", 257 << 20);
    large("lines.csv", 257 << 20);
    large("rates.csv", 17 << 20);
    let check = |arguments: &[&str]| {
        let ran = run(place.command(&[arguments, &RANGE[..]].concat()));
        assert_code(&ran, 2);
        assert!(ran.stderr.contains("it is larger than the"), "{}", ran.stderr);
    };
    check(&["check", "--config", "large.toml"]);
    check(&["check", "--format", "./large.toml"]);
    for config in [
        "sales_lines = \"lines.json\"",
        "sales_lines = \"lines.csv\"",
        "fx_rates_file = \"rates.csv\"",
    ] {
        fs::write(place.path("bilag.toml"), config).unwrap();
        check(&["check"]);
    }
}
