//! `bilag demo`: the whole job on a built-in ledger month, through the real client.

use std::sync::Arc;

use crate::archive::Archive;
use crate::cli::args::{Demo, Global};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::online;
use crate::cli::period::{PeriodCommand, Show};
use crate::cli::terminal;
use crate::config::Config;
use crate::date::DateRange;
use crate::report_api::credentials::Credentials;
use crate::report_api::options::ClientOptions;
use crate::run::WriteOptions;
use crate::sandbox::options::{CLIENT_ID, CLIENT_SECRET, SandboxOptions};
use crate::sandbox::server::Sandbox;
use crate::sandbox::story;

/// The demo's configuration: an invented company.
const CONFIGURATION: &str = include_str!("demo.toml");

/// Runs the command.
pub fn run(global: &Global, demo: &Demo) -> Result<Exit, Failure> {
    let archive = Archive::new(&demo.out.join("archive"));
    let config = Config::parse(CONFIGURATION, &demo.out.join("bilag.toml"))?;
    let range = DateRange::month("2026-10")?;
    let unexpected = |error: std::io::Error| {
        Failure::new(
            Exit::Unexpected,
            format!("cannot start the sandbox on 127.0.0.1: {error}"),
        )
    };
    let fetched = online::block_on(async {
        let options = SandboxOptions {
            today: Some(story::today()),
            ..SandboxOptions::default()
        };
        let sandbox = Sandbox::start(Arc::new(story::source()), options)
            .await
            .map_err(unexpected)?;
        let credentials = Credentials::Accounting {
            client_id: CLIENT_ID.into(),
            client_secret: CLIENT_SECRET.into(),
        };
        let mut options = ClientOptions::new(credentials, story::today());
        options.base_url = sandbox.base_url();
        let fetched = online::fetch(options, &archive, &config, range, &[]).await;
        sandbox.stop().await;
        fetched
    })?;
    if !global.quiet {
        terminal::note(&format!(
            "fetched {} entries in {} requests from the built-in sandbox\n",
            fetched.entries, fetched.requests
        ));
    }
    let write = WriteOptions {
        out: demo.out.clone(),
        force: true,
        ..WriteOptions::default()
    };
    let command = PeriodCommand {
        global,
        name: "demo",
        config,
        archive,
        range,
        allow_open: false,
        wanted: Vec::new(),
        formats: Vec::new(),
        all_formats: false,
        cancelled: Arc::default(),
    };
    command.finish(&fetched, Some(write), Show::Report)
}
