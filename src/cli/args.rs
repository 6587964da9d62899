//! The arguments of every command.

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand};

use crate::provider::is_ledger_id;

/// Turns payment ledgers (Vipps MobilePay) into proven vouchers for accounting systems.
#[derive(Debug, Parser)]
#[command(
    name = "bilag",
    version,
    about = "Turns payment ledgers (Vipps MobilePay) into vouchers, and proves that they are complete and right, or refuses",
    before_help = "Start with:  bilag demo\nThen:        bilag init, and  bilag export --month 2026-10 --out books",
    after_help = "Exit codes: 0 done, 1 unexpected, 2 wrong use, 3 dates still open, 4 does not reconcile, 5 needs a person \
                  (--strict), 6 changed since it was exported (plan), 7 try again later, 8 output refused, 10 keys refused or not our ledger, 11 locked, 130 cancelled",
    max_term_width = 100
)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// The configuration [default: bilag.toml here, else in the user's config folder]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The archive: a folder of ledger dates, or a zip of one [default: the configuration's, else `archive` beside it]
    #[arg(long, global = true, value_name = "DIR")]
    pub archive: Option<PathBuf>,
    /// Never touch the network: work from the archive alone
    #[arg(long, global = true)]
    pub offline: bool,
    /// Print one JSON document to stdout instead of text
    #[arg(long, global = true)]
    pub json: bool,
    /// Show every finding by itself, and retries; twice: every request
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// Print no progress and no notes
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Fail (exit code 5) when findings need a person
    #[arg(long, global = true)]
    pub strict: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Do the whole job on a built-in ledger month, without keys
    #[command(before_help = "Example:  bilag demo --out bilag-demo")]
    Demo(Demo),
    /// Fetch what is missing, check, post, and write the files
    #[command(before_help = "Example:  bilag export --month 2026-10 --out books")]
    Export(Export),
    /// Only fill the archive; cheap to run every hour
    #[command(before_help = "Example:  bilag fetch --month 2026-10")]
    Fetch(Fetch),
    /// Print the control report: balances, payouts, findings
    #[command(before_help = "Example:  bilag reconcile --month 2026-10 --offline")]
    Reconcile(SelectionOpen),
    /// Say what an export would change in what was exported before, or withdraw an export
    #[command(before_help = "Example:  bilag plan --month 2026-10 --format tripletex")]
    Plan(Plan),
    /// Close a month: its balances and vouchers stay as they are from then on
    #[command(before_help = "Example:  bilag close --month 2026-10")]
    Close(Close),
    /// Run every check and write nothing
    #[command(before_help = "Example:  bilag check --month 2026-10 --format gbat10")]
    Check(Check),
    /// Show an entry, where it came from, and what was booked for it
    #[command(before_help = "Example:  bilag explain 48210981051 --offline")]
    Explain(Explain),
    /// Show what each rule of the configuration took, and what none took
    Rules(RulesArguments),
    /// List the accounts that the configuration uses, to be created in the accounting system
    #[command(before_help = "Example:  bilag accounts --format tripletex")]
    Accounts(Accounts),
    /// List the ledgers that the keys reach (with --offline: those of the archive)
    Ledgers,
    /// List the formats, show one, or check a descriptor of your own
    Formats(FormatsArguments),
    /// Find what a schema does not see in SAF-T files, from any program
    #[command(before_help = "Example:  bilag verify books/302321/2026-10-01_2026-10-31/*.xml")]
    Verify(Verify),
    /// Write a commented bilag.toml
    Init(Init),
    /// Serve a local Report API to test against
    #[command(before_help = "Example:  bilag sandbox --port 8080 --fault dates:every=7:429:retry-after=1")]
    Sandbox(Sandbox),
}

/// Which dates and ledgers.
#[derive(Debug, Clone, Args)]
pub struct Selection {
    /// First ledger date, YYYY-MM-DD
    #[arg(long, value_name = "DATE", requires = "to", required_unless_present = "month")]
    pub from: Option<String>,
    /// Last ledger date, YYYY-MM-DD
    #[arg(long, value_name = "DATE", requires = "from")]
    pub to: Option<String>,
    /// A whole month, YYYY-MM
    #[arg(long, value_name = "MONTH", conflicts_with_all = ["from", "to"])]
    pub month: Option<String>,
    /// Only this ledger; may be repeated [default: all that the keys reach]
    #[arg(long = "ledger", value_name = "ID", value_parser = ledger_id)]
    pub ledgers: Vec<String>,
}

/// A selection where open dates may be tolerated.
#[derive(Debug, Clone, Args)]
pub struct SelectionOpen {
    /// Which dates and ledgers.
    #[command(flatten)]
    pub selection: Selection,
    /// Take the closed dates before the first open one, instead of nothing
    #[arg(long)]
    pub allow_open: bool,
}

/// Options of `fetch`.
#[derive(Debug, Clone, Args)]
pub struct Fetch {
    /// Which dates and ledgers.
    #[command(flatten)]
    pub selected: SelectionOpen,
    /// Also ask for payers' names, masked phone numbers and messages (personal data)
    #[arg(long)]
    pub include_personal_data: bool,
}

/// Options of `check`.
#[derive(Debug, Clone, Args)]
pub struct Check {
    /// Which dates and ledgers.
    #[command(flatten)]
    pub selected: SelectionOpen,
    /// Also check what this format can hold; may be repeated
    #[arg(long = "format", value_name = "ID")]
    pub formats: Vec<String>,
}

/// Options of `export`.
#[derive(Debug, Clone, Args)]
pub struct Export {
    /// Which dates and ledgers.
    #[command(flatten)]
    pub selected: SelectionOpen,
    /// The format to write, or `all`; may be repeated [default: the configuration's, else journal-csv]
    #[arg(long = "format", value_name = "ID")]
    pub formats: Vec<String>,
    /// The folder for the files, which go to DIR/LEDGER/FROM_TO/
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Replace files that differ, and what was exported to the format and not imported
    #[arg(long)]
    pub force: bool,
    /// Leave out vouchers that were exported to the same format before, for other dates
    #[arg(long, conflicts_with = "force")]
    pub new_only: bool,
    /// Write only what corrects vouchers that were imported and come out otherwise now: reversals and new vouchers
    #[arg(long, conflicts_with_all = ["force", "new_only"])]
    pub corrections: bool,
}

/// Options of `plan`.
#[derive(Debug, Clone, Args)]
pub struct Plan {
    /// First ledger date, YYYY-MM-DD
    #[arg(long, value_name = "DATE", requires = "to", required_unless_present_any = ["month", "forget"])]
    pub from: Option<String>,
    /// Last ledger date, YYYY-MM-DD
    #[arg(long, value_name = "DATE", requires = "from")]
    pub to: Option<String>,
    /// A whole month, YYYY-MM
    #[arg(long, value_name = "MONTH", conflicts_with_all = ["from", "to"])]
    pub month: Option<String>,
    /// Only this ledger; may be repeated [default: all that the keys reach]
    #[arg(long = "ledger", value_name = "ID")]
    pub ledgers: Vec<String>,
    /// Take the closed dates before the first open one, instead of nothing
    #[arg(long)]
    pub allow_open: bool,
    /// The format; may be repeated [default: the configuration's]
    #[arg(long = "format", value_name = "ID")]
    pub formats: Vec<String>,
    /// Withdraw the exports of these dates, which were not imported
    #[arg(long, value_name = "FROM..TO", requires = "reason", conflicts_with_all = ["from", "month"])]
    pub forget: Option<String>,
    /// Why they are withdrawn
    #[arg(long, value_name = "TEXT", requires = "forget")]
    pub reason: Option<String>,
}

/// Options of `close`.
#[derive(Debug, Clone, Args)]
pub struct Close {
    /// The month to close, YYYY-MM
    #[arg(long, value_name = "MONTH", required_unless_present = "reopen")]
    pub month: Option<String>,
    /// Open the month that was closed last again, YYYY-MM
    #[arg(long, value_name = "MONTH", requires = "reason", conflicts_with = "month")]
    pub reopen: Option<String>,
    /// Why it is opened again, or closed although it is not proven
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Only this ledger; may be repeated [default: all that the keys reach]
    #[arg(long = "ledger", value_name = "ID")]
    pub ledgers: Vec<String>,
}

/// Options of `demo`.
#[derive(Debug, Clone, Args)]
pub struct Demo {
    /// The folder for the files
    #[arg(long, value_name = "DIR", default_value = "bilag-demo")]
    pub out: PathBuf,
}

/// Options of `explain`.
#[derive(Debug, Clone, Args)]
pub struct Explain {
    /// The pspReference, or the merchant's reference
    #[arg(value_name = "PSP_REFERENCE")]
    pub reference: String,
    /// Only this ledger; may be repeated
    #[arg(long = "ledger", value_name = "ID", value_parser = ledger_id)]
    pub ledgers: Vec<String>,
}

/// What to do with rules.
#[derive(Debug, Args)]
pub struct RulesArguments {
    /// What to do
    #[command(subcommand)]
    pub command: RulesCommand,
}

/// What to do with rules.
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// Try the rules on archived dates: what each took, what none took; writes nothing
    Test(Selection),
}

/// Whose accounts, and for which targets.
#[derive(Debug, Args)]
pub struct Accounts {
    /// Only of this ledger [default: every ledger of the archive and of the configuration]
    #[arg(long = "ledger", value_name = "ID")]
    pub ledgers: Vec<String>,
    /// Say what the target of this format minds [default: the formats of the configuration]
    #[arg(long = "format", value_name = "FORMAT")]
    pub formats: Vec<String>,
}

/// What to do with formats.
#[derive(Debug, Args)]
pub struct FormatsArguments {
    /// What to do [default: list]
    #[command(subcommand)]
    pub command: Option<FormatsCommand>,
}

/// What to do with formats.
#[derive(Debug, Subcommand)]
pub enum FormatsCommand {
    /// List all formats with their evidence and what they need
    List,
    /// Show one format: what it is, where it comes from, what to set up
    Show {
        /// The format's id
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Check a format descriptor of your own
    Check {
        /// The file
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

/// Options of `verify`.
#[derive(Debug, Clone, Args)]
pub struct Verify {
    /// The files
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
}

/// Options of `init`.
#[derive(Debug, Clone, Args)]
pub struct Init {
    /// The file to write
    #[arg(long, value_name = "FILE", default_value = "bilag.toml")]
    pub file: PathBuf,
}

/// Options of `sandbox`.
#[derive(Debug, Clone, Args)]
pub struct Sandbox {
    /// The port on 127.0.0.1; 0 for any that is free
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub port: u16,
    /// Serve an archive (a folder, or a zip of one) instead of the demo month
    #[arg(long, value_name = "DIR", conflicts_with_all = ["entries", "ledger_count"])]
    pub data: Option<PathBuf>,
    /// The ledger of a folder without the ledger level (DIR/funds/DATE.json)
    #[arg(long, value_name = "ID", requires = "data", value_parser = ledger_id)]
    pub ledger: Option<String>,
    /// Serve a generated ledger of about so many entries
    #[arg(long, value_name = "N")]
    pub entries: Option<u64>,
    /// Generate so many ledgers
    #[arg(long, value_name = "N", requires = "entries", default_value_t = 1)]
    pub ledger_count: u32,
    /// The market of generated ledgers: NO, DK, FI or SE
    #[arg(long, value_name = "CODE", default_value = "NO")]
    pub market: String,
    /// How generated ledgers settle fees: net or gross
    #[arg(long, value_name = "FORM", default_value = "net")]
    pub settlement: String,
    /// How often generated ledgers pay out: daily, weekly or monthly
    #[arg(long, value_name = "FORM", default_value = "daily")]
    pub frequency: String,
    /// What a payout of a generated ledger leaves behind, in minor units
    #[arg(long, value_name = "MINOR", default_value_t = 0)]
    pub reserve: i64,
    /// The month of generated ledgers, YYYY-MM
    #[arg(long, value_name = "MONTH", default_value = "2026-10")]
    pub month: String,
    /// Decides everything that is generated or struck by chance
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// The first date that is still open, YYYY-MM-DD [default: the one after the last]
    #[arg(long, value_name = "DATE")]
    pub today: Option<String>,
    /// Entries on a page, 1 to 1000
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub page_size: usize,
    /// What is said of an open date: try-later, with-items or not-found
    #[arg(long, value_name = "FORM", default_value = "try-later")]
    pub open_dates: String,
    /// The whole month of today is open, as under monthly settlement
    #[arg(long)]
    pub month_is_open: bool,
    /// End each date with an empty page
    #[arg(long)]
    pub empty_last_page: bool,
    /// How long tokens live, in seconds
    #[arg(long, value_name = "SECONDS")]
    pub token_seconds: Option<u64>,
    /// Take only this client id, with --client-secret [default: any keys, as long as they are there]
    #[arg(long, value_name = "ID", requires = "client_secret")]
    pub client_id: Option<String>,
    /// The client secret that goes with --client-id
    #[arg(long, value_name = "SECRET", requires = "client_id")]
    pub client_secret: Option<String>,
    /// The subscription key of the merchant flow that goes with --client-id
    #[arg(long, value_name = "KEY", requires = "client_id")]
    pub subscription_key: Option<String>,
    /// What goes wrong, such as `dates:every=7:429:retry-after=1`; may be repeated (docs/SANDBOX.md)
    #[arg(long = "fault", value_name = "RULE")]
    pub faults: Vec<String>,
}

/// A ledger's id as it is written on the command line.
fn ledger_id(text: &str) -> Result<String, &'static str> {
    if is_ledger_id(text) {
        Ok(text.to_owned())
    } else {
        Err("a ledger's id is letters and digits")
    }
}
