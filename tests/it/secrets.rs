//! Keys are written nowhere, and payers' data only into the archive, only when asked for. Canaries
//! are put where both come in, and looked for in everything that comes out.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bilag::archive::Archive;
use bilag::sandbox::archived::ArchiveSource;
use bilag::sandbox::generate::Generator;
use bilag::sandbox::options::{Keys, SandboxOptions};
use bilag::sandbox::server::Sandbox;
use bilag::sandbox::source::Source;

use crate::harness::dates::range;
use crate::harness::files::tree;
use crate::harness::program::{Ran, Workplace, assert_code, run_async};
use crate::harness::sandbox::{faults, plan, start};

const CLIENT_ID: &str = "kanari-id-5a1e";
const CLIENT_SECRET: &str = "kanari-secret-9c42";
const SUBSCRIPTION_KEY: &str = "kanari-subscription-77d0";
/// What the sandbox invents for payers, and the fields that it comes in.
const PERSONAL: [&str; 7] = [
    "Testkunde",
    "Takk for maten",
    "To kaffe",
    "dugnaden",
    "xxxx ",
    "maskedPhoneNo",
    "😋",
];
const RANGE: [&str; 4] = ["--from", "2026-03-02", "--to", "2026-03-05"];
const LOUDNESS: [&[&str]; 4] = [&[], &["-v", "-v"], &["--json"], &["--json", "-v", "-v"]];

/// Every text that may stand nowhere: the keys, also as they travel, and the head of a token.
fn secrets() -> Vec<String> {
    let basic = STANDARD.encode(format!("{CLIENT_ID}:{CLIENT_SECRET}"));
    let known = [CLIENT_SECRET, SUBSCRIPTION_KEY, "eyJ0eXAi", "Bearer ", "Basic "];
    known.iter().map(ToString::to_string).chain([basic]).collect()
}

fn personal() -> Vec<String> {
    PERSONAL.map(str::to_owned).to_vec()
}

#[track_caller]
fn assert_silent(what: &str, said: &str, canaries: &[String]) {
    for canary in canaries {
        let Some(at) = said.find(canary) else { continue };
        let from = said[..at]
            .char_indices()
            .rev()
            .nth(80)
            .map_or(0, |(index, _)| index);
        panic!("{what} shows `{canary}`: …{}", &said[from..at + canary.len()]);
    }
}

#[track_caller]
fn assert_output_silent(what: &str, output: &Ran) {
    let canaries = [secrets(), personal()].concat();
    assert_silent(&format!("{what}, stdout"), &output.stdout, &canaries);
    assert_silent(&format!("{what}, stderr"), &output.stderr, &canaries);
}

/// No file under the workplace shows a key; none shows a payer, but those under `exempt`.
#[track_caller]
fn assert_files_silent(place: &Workplace, exempt: &str) {
    for (name, bytes) in tree(place.folder()) {
        let text = String::from_utf8_lossy(&bytes);
        assert_silent(&name, &text, &secrets());
        if exempt.is_empty() || !name.starts_with(exempt) {
            assert_silent(&name, &text, &personal());
        }
    }
}

fn source() -> Arc<dyn Source> {
    let span = range("2026-03-01", "2026-03-06");
    Arc::new(Generator::new(vec![plan("302321", span, 12)]))
}

async fn sandbox(source: Arc<dyn Source>, rules: &[&str], keys: Keys) -> Sandbox {
    let options = SandboxOptions {
        faults: faults(rules),
        keys,
        ..SandboxOptions::default()
    };
    start(source, options).await
}

/// Runs the program with the canaries for keys, and sees to it that it shows none.
async fn run(place: &Workplace, arguments: &[&str]) -> Ran {
    let mut command = place.command(arguments);
    command
        .env("BILAG_CLIENT_ID", CLIENT_ID)
        .env("BILAG_CLIENT_SECRET", CLIENT_SECRET)
        .env("BILAG_SUBSCRIPTION_KEY", SUBSCRIPTION_KEY)
        .env("BILAG_MERCHANT_SERIAL_NUMBER", "123455");
    let output = run_async(command).await;
    assert_output_silent(&arguments.join(" "), &output);
    output
}

/// Every command that reads the range, with an out folder of its own.
async fn run_all(place: &Workplace, reference: &str, offline: bool) {
    for (number, loudness) in LOUDNESS.iter().enumerate() {
        let (books, demo) = (format!("books-{number}"), format!("demo-{number}"));
        let template = format!("template-{number}.toml");
        let mut commands: Vec<Vec<&str>> = vec![
            [&["check"], &RANGE[..]].concat(),
            [&["reconcile"], &RANGE[..]].concat(),
            [&["export", "--format", "all", "--out", &books], &RANGE[..]].concat(),
            vec!["explain", reference],
            vec!["ledgers"],
        ];
        if offline {
            commands.iter_mut().for_each(|command| command.push("--offline"));
        } else {
            commands.push(vec!["demo", "--out", &demo]);
            commands.push(vec!["formats", "list"]);
            commands.push(vec!["formats", "show", "journal-csv"]);
            commands.push(vec!["init", "--file", &template]);
        }
        for command in commands {
            let output = run(place, &[&command, *loudness].concat()).await;
            assert_code(&output, 0);
            assert!(
                command[0] == "init" || !output.stdout.is_empty() || !output.stderr.is_empty(),
                "{command:?}"
            );
        }
    }
}

/// The reference of a payment by an invented customer.
fn reference(archive: &BTreeMap<String, Vec<u8>>) -> String {
    let bytes = &archive["302321/funds/2026-03-03.json"];
    let body: serde_json::Value = serde_json::from_slice(bytes).unwrap();
    body["items"][0]["pspReference"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_command_shows_a_key_or_a_payer() {
    let sandbox = sandbox(source(), &[], Keys::Any).await;
    let place = Workplace::beside(&sandbox.base_url(), "");
    for loudness in LOUDNESS {
        let fetch = [&["fetch"], &RANGE[..], loudness].concat();
        assert_code(&run(&place, &fetch).await, 0);
    }
    run_all(&place, &reference(&tree(&place.path("archive"))), false).await;
    assert_files_silent(&place, "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn payers_are_in_the_archive_when_they_are_asked_for_and_nowhere_else() {
    let first = sandbox(source(), &[], Keys::Any).await;
    let place = Workplace::beside(&first.base_url(), "");
    let fetch = [&["fetch", "--include-personal-data", "-v", "-v"], &RANGE[..]].concat();
    assert_code(&run(&place, &fetch).await, 0);
    let archive = tree(&place.path("archive"));
    let text: String = archive
        .values()
        .map(|bytes| String::from_utf8_lossy(bytes))
        .collect();
    for canary in ["Testkunde", "Takk for maten", "xxxx ", "maskedPhoneNo"] {
        assert!(text.contains(canary), "the sandbox does not serve `{canary}`");
    }
    let reference = reference(&archive);
    run_all(&place, &reference, false).await;
    run_all(&place, &reference, true).await;
    assert_files_silent(&place, "archive/");

    // A folder with payers, served again: nobody who does not ask is told of them.
    let saved = ArchiveSource::open(Archive::new(&place.path("archive"))).unwrap();
    let second = sandbox(Arc::new(saved), &[], Keys::Any).await;
    let place = Workplace::beside(&second.base_url(), "");
    let fetch = [&["fetch", "-v", "-v"], &RANGE[..]].concat();
    assert_code(&run(&place, &fetch).await, 0);
    assert_files_silent(&place, "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_failure_shows_a_key_or_a_payer() {
    for (rules, api, expected) in [
        (&[][..], "", 10),
        (&[], "auth = \"merchant\"", 10),
        (&["dates:every=1:expired"], "", 10),
        (&["any:429"], "", 7),
        (&["dates:429:retry-after=4000"], "", 7),
        (&["dates:cut"], "", 7),
        (&["dates:reset"], "", 7),
        (&["dates:500"], "", 7),
        (&["dates:wrong-json"], "", 7),
        (&["dates:html"], "", 7),
        (&["dates:repeat-cursor"], "", 1),
    ] {
        let keys = if rules.is_empty() {
            Keys::default()
        } else {
            Keys::Any
        };
        let sandbox = sandbox(source(), rules, keys).await;
        let place = Workplace::beside(&sandbox.base_url(), &format!("retry_seconds = 0\n{api}"));
        for loudness in LOUDNESS {
            let fetch = [&["fetch", "--include-personal-data"], &RANGE[..], loudness].concat();
            assert_eq!(run(&place, &fetch).await.code, expected, "{rules:?} {api}");
        }
        assert_files_silent(&place, "");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_damaged_archive_makes_a_payer_known() {
    let sandbox = sandbox(source(), &[], Keys::Any).await;
    let place = Workplace::beside(&sandbox.base_url(), "");
    let fetch = [&["fetch", "--include-personal-data"], &RANGE[..]].concat();
    assert_code(&run(&place, &fetch).await, 0);
    let archive = tree(&place.path("archive"));
    let whole = String::from_utf8(archive["302321/funds/2026-03-03.json"].clone()).unwrap();
    let reference = reference(&archive);
    // In place of what was fetched, as if somebody had saved it by hand.
    fs::remove_file(place.path("archive/302321/funds/2026-03-03.json.zst")).unwrap();
    let path = place.path("archive/302321/funds/2026-03-03.json");
    let name_at = whole.find("\"Testkunde").unwrap();
    let name_end = name_at + 1 + whole[name_at + 1..].find('"').unwrap() + 1;
    let name = &whole[name_at..name_end];
    let first_amount = {
        let from = whole.find("\"amount\":").unwrap();
        &whole[from..from + whole[from..].find(',').unwrap()]
    };
    let damaged = [
        whole[..name_at + 12].to_owned(),
        whole.replacen(first_amount, &format!("\"amount\":{name}"), 1),
        whole.replacen(first_amount, "\"amount\":1.5", 1),
        whole.replacen(first_amount, "\"amount\":77", 1),
        whole.replacen("\"entryType\":\"capture\"", &format!("\"entryType\":{name}7"), 1),
        whole.replacen("\"time\":\"", "\"time\":\"Testk", 1),
        whole.replacen("\"hasMore\":false", &format!("\"hasMore\":{name}"), 1),
        whole.replacen("\"items\":[", &format!("\"items\":[{name},"), 1),
    ];
    for text in damaged {
        assert_ne!(text, whole);
        fs::write(&path, &text).unwrap();
        for loudness in LOUDNESS {
            for command in [
                &["check", "--offline"][..],
                &["reconcile", "--offline"],
                &["export", "--offline", "--out", "books"],
                &["fetch", "--include-personal-data"],
            ] {
                run(&place, &[command, &RANGE[..], loudness].concat()).await;
            }
            run(&place, &[&["explain", &reference][..], loudness].concat()).await;
        }
    }
    assert_files_silent(&place, "archive/");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_in_the_wrong_place_is_not_repeated() {
    // In the configuration, where people look first for a place to put it.
    for line in [
        format!("client_secret = \"{CLIENT_SECRET}\""),
        format!("client_secret = {CLIENT_SECRET}"),
        format!("auth = \"{CLIENT_SECRET}\""),
        format!("base_url = \"https://{CLIENT_ID}:{CLIENT_SECRET}@localhost\""),
        format!("concurrency = \"{CLIENT_SECRET}\""),
    ] {
        let place = Workplace::beside("http://127.0.0.1:9", "");
        fs::write(place.path("bilag.toml"), format!("[api]\n{line}\n")).unwrap();
        for loudness in LOUDNESS {
            assert_code(&run(&place, &[&["ledgers"], loudness].concat()).await, 2);
        }
    }
    // In a credentials file that does not hold what it should.
    for text in [
        format!("client_id = \"{CLIENT_ID}\"\nclient_secret = {CLIENT_SECRET}\n"),
        format!("secret = \"{CLIENT_SECRET}\"\n"),
        format!("client_secret = [\"{CLIENT_SECRET}\"]\n"),
    ] {
        let place = Workplace::beside("http://127.0.0.1:9", "credentials_file = \"keys.toml\"");
        fs::write(place.path("keys.toml"), text).unwrap();
        #[cfg(unix)]
        fs::set_permissions(
            place.path("keys.toml"),
            std::os::unix::fs::PermissionsExt::from_mode(0o600),
        )
        .unwrap();
        assert_code(&run(&place, &["ledgers", "-v", "-v"]).await, 2);
    }
}
