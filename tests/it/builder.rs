//! Ledgers for tests: valid by construction, of any shape, written as raw response bodies; and
//! the ways to run them.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use bilag::archive::Archive;
use bilag::catalogue;
use bilag::chart::{Chart, Market, Role};
use bilag::config::Config;
use bilag::date::DateRange;
use bilag::provider::Topic;
use bilag::run::{self, LedgerRun, RunOptions, WriteOptions};
use bilag::sandbox::random::Random;
use chrono::{Days, NaiveDate};
use tempfile::TempDir;

/// An optional text field as it may stand on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Field {
    Absent,
    Null,
    Text(String),
}

impl From<&str> for Field {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// One entry, and all that can be wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) entry_type: String,
    pub(crate) amount: i64,
    pub(crate) before: Option<i64>,
    pub(crate) after: Option<i64>,
    pub(crate) currency: Field,
    pub(crate) ledger_date: Field,
    pub(crate) time: Field,
    pub(crate) psp_reference: Field,
    pub(crate) reference: Field,
    pub(crate) handle: Field,
}

impl Item {
    /// An entry whose balances, currency and date are filled in when it is added.
    pub(crate) fn new(entry_type: &str, amount: i64) -> Self {
        Self {
            entry_type: entry_type.to_owned(),
            amount,
            before: None,
            after: None,
            currency: Field::Absent,
            ledger_date: Field::Absent,
            time: Field::Absent,
            psp_reference: Field::Null,
            reference: Field::Null,
            handle: Field::Null,
        }
    }

    pub(crate) fn psp(mut self, text: &str) -> Self {
        self.psp_reference = text.into();
        self
    }

    pub(crate) fn reference(mut self, text: &str) -> Self {
        self.reference = text.into();
        self
    }

    pub(crate) fn handle(mut self, text: &str) -> Self {
        self.handle = text.into();
        self
    }

    pub(crate) fn time(mut self, text: &str) -> Self {
        self.time = text.into();
        self
    }

    pub(crate) fn json(&self) -> String {
        let mut fields = Vec::new();
        let mut text = |name: &str, field: &Field| match field {
            Field::Absent => {}
            Field::Null => fields.push(format!("\"{name}\":null")),
            Field::Text(text) => {
                fields.push(format!("\"{name}\":{}", serde_json::to_string(text).unwrap()));
            }
        };
        text("pspReference", &self.psp_reference);
        text("time", &self.time);
        text("ledgerDate", &self.ledger_date);
        text("entryType", &Field::Text(self.entry_type.clone()));
        text("reference", &self.reference);
        text("currency", &self.currency);
        text("recipientHandle", &self.handle);
        fields.push(format!("\"amount\": {}", self.amount));
        let mut number = |name: &str, value: Option<i64>| {
            if let Some(value) = value {
                fields.push(format!("\"{name}\":{value}"));
            }
        };
        number("balanceAfter", self.after);
        number("balanceBefore", self.before);
        format!("{{{}}}", fields.join(","))
    }
}

/// How entries are cut into bodies, and bodies into a file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    pub(crate) page_size: usize,
    pub(crate) as_array: bool,
    pub(crate) compressed: bool,
    pub(crate) paging: Paging,
    pub(crate) empty_last_page: bool,
}

/// How a body says that another follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paging {
    HasMore,
    CursorOnly,
    Silent,
}

impl Layout {
    pub(crate) const PLAIN: Self = Self {
        page_size: 1000,
        as_array: false,
        compressed: false,
        paging: Paging::HasMore,
        empty_last_page: false,
    };

    pub(crate) fn random(dice: &mut Dice) -> Self {
        Self {
            page_size: dice.between(1, 9) as usize,
            as_array: dice.one_in(2),
            compressed: dice.one_in(3),
            paging: *dice.pick(&[Paging::HasMore, Paging::CursorOnly, Paging::Silent]),
            empty_last_page: dice.one_in(4),
        }
    }

    pub(crate) fn pages(&self, items: &[Item]) -> Vec<Vec<Item>> {
        let mut pages: Vec<Vec<Item>> = items.chunks(self.page_size).map(<[Item]>::to_vec).collect();
        if pages.is_empty() || self.empty_last_page {
            pages.push(Vec::new());
        }
        pages
    }

    /// The bodies of pages; each but the last says that more follow.
    pub(crate) fn bodies(&self, pages: &[Vec<Item>]) -> Vec<String> {
        let last = pages.len() - 1;
        let body = |(index, page): (usize, &Vec<Item>)| {
            let items: Vec<String> = page.iter().map(Item::json).collect();
            let more = match (self.paging, index < last) {
                (Paging::HasMore, true) => format!(",\"hasMore\":true,\"cursor\":\"cursor{index}\""),
                (Paging::HasMore, false) => ",\"tryLater\":false,\"hasMore\":false".to_owned(),
                (Paging::CursorOnly, true) => format!(",\"cursor\":\"cursor{index}\""),
                (Paging::CursorOnly, false) => ",\"cursor\":\"\"".to_owned(),
                (Paging::Silent, _) => String::new(),
            };
            format!("{{\"items\":[{}]{more}}}", items.join(",\n"))
        };
        pages.iter().enumerate().map(body).collect()
    }

    /// The file of bodies.
    pub(crate) fn file(&self, bodies: &[String]) -> Vec<u8> {
        let text = if self.as_array {
            format!("[{}]", bodies.join(","))
        } else {
            bodies.join("\n")
        };
        if !self.compressed {
            return text.into_bytes();
        }
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    pub(crate) fn suffix(&self) -> &'static str {
        if self.compressed { "json.gz" } else { "json" }
    }
}

/// Repeatable chance.
#[derive(Debug)]
pub(crate) struct Dice(Random);

impl Dice {
    pub(crate) fn new(parts: &[u64]) -> Self {
        Self(Random::new(parts))
    }

    pub(crate) fn one_in(&mut self, count: u64) -> bool {
        self.0.below(count) == 0
    }

    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.0.below(u64::try_from(high - low + 1).unwrap()) as i64
    }

    pub(crate) fn pick<'t, T>(&mut self, items: &'t [T]) -> &'t T {
        &items[self.0.below(items.len() as u64) as usize]
    }
}

/// A ledger in memory.
#[derive(Debug, Clone)]
pub(crate) struct TestLedger {
    pub(crate) id: String,
    pub(crate) market: Market,
    pub(crate) currency: String,
    /// Whether the archive has the ledgers endpoint's item.
    pub(crate) has_item: bool,
    /// Funds and fees of each date; every date between the first and the last is there.
    pub(crate) dates: BTreeMap<NaiveDate, [Vec<Item>; 2]>,
    balances: [i64; 2],
    payout_number: u64,
}

impl TestLedger {
    /// An empty Norwegian ledger.
    pub(crate) fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            market: Market::Norway,
            currency: "NOK".to_owned(),
            has_item: true,
            dates: BTreeMap::new(),
            balances: [0, 0],
            payout_number: 2_000_001,
        }
    }

    /// The same in another market and its currency.
    pub(crate) fn market(mut self, market: Market) -> Self {
        self.market = market;
        self.currency = Chart::of(market).currency.code().to_owned();
        self
    }

    /// Adds `count` dates without entries from `first`.
    pub(crate) fn empty(mut self, first: &str, count: u64) -> Self {
        for step in 0..count {
            let date = date(first).checked_add_days(Days::new(step)).unwrap();
            self.dates.entry(date).or_default();
        }
        self
    }

    /// Adds entries to a date, continuing the balances.
    pub(crate) fn day(mut self, at: &str, funds: Vec<Item>, fees: Vec<Item>) -> Self {
        for (topic, items) in [funds, fees].into_iter().enumerate() {
            self.dates.entry(date(at)).or_default();
            for item in items {
                self.add(date(at), topic, item);
            }
        }
        self
    }

    /// Lets a topic (0 funds, 1 fees) go on from a balance that no entry made.
    pub(crate) fn opening(mut self, funds: i64, fees: i64) -> Self {
        self.balances = [funds, fees];
        self
    }

    fn add(&mut self, date: NaiveDate, topic: usize, mut item: Item) {
        item.before = Some(self.balances[topic]);
        self.balances[topic] += item.amount;
        item.after = Some(self.balances[topic]);
        if item.currency == Field::Absent {
            item.currency = Field::Text(self.currency.clone());
        }
        if item.ledger_date == Field::Absent {
            item.ledger_date = Field::Text(date.to_string());
        }
        self.dates.entry(date).or_default()[topic].push(item);
    }

    pub(crate) fn item_json(&self) -> String {
        let code = self.market.code();
        format!(
            "{{\"ledgerId\":\"{}\",\"currency\":\"{}\",\"owner\":{{\"scheme\":\"business:{code}:ORG\",\"id\":\"987654321\"}},\"settlesForRecipientHandles\":[\"{code}:90001\"]}}",
            self.id, self.currency
        )
    }

    /// Writes the ledger into an archive.
    pub(crate) fn write(&self, archive: &Path, layout: &Layout) {
        let folder = archive.join(&self.id);
        fs::create_dir_all(folder.join("funds")).unwrap();
        fs::create_dir_all(folder.join("fees")).unwrap();
        if self.has_item {
            fs::write(folder.join("ledger.json"), self.item_json()).unwrap();
        }
        for (date, topics) in &self.dates {
            for (topic, items) in Topic::ALL.into_iter().zip(topics) {
                let bodies = layout.bodies(&layout.pages(items));
                let path = self.path(archive, topic, *date, layout);
                fs::write(path, layout.file(&bodies)).unwrap();
            }
        }
    }

    pub(crate) fn path(&self, archive: &Path, topic: Topic, date: NaiveDate, layout: &Layout) -> PathBuf {
        let name = format!("{date}.{}", layout.suffix());
        archive.join(&self.id).join(topic.name()).join(name)
    }

    /// All entries of a topic in a range.
    pub(crate) fn entries(&self, topic: usize, range: DateRange) -> impl Iterator<Item = &Item> {
        self.dates
            .range(range.from()..=range.to())
            .flat_map(move |(_, topics)| &topics[topic])
    }

    pub(crate) fn sum(&self, topic: usize, range: DateRange) -> i128 {
        self.entries(topic, range)
            .map(|item| i128::from(item.amount))
            .sum()
    }

    /// The first and last date that the archive has.
    pub(crate) fn span(&self) -> DateRange {
        let (first, last) = (self.dates.keys().next(), self.dates.keys().next_back());
        DateRange::new(*first.unwrap(), *last.unwrap()).unwrap()
    }

    /// The last date in `range` with a payout.
    pub(crate) fn last_payout(&self, range: DateRange) -> Option<NaiveDate> {
        let is_payout = |item: &Item| is_payout(&item.entry_type);
        self.dates
            .range(range.from()..=range.to())
            .rev()
            .find(|(_, topics)| topics[0].iter().any(is_payout))
            .map(|(date, _)| *date)
    }
}

fn is_payout(entry_type: &str) -> bool {
    matches!(entry_type, "payout-scheduled" | "scheduled-for-payout" | "payout")
}

/// The canonical name of an entry type.
pub(crate) fn canonical(entry_type: &str) -> &str {
    if is_payout(entry_type) {
        "payout-scheduled"
    } else {
        entry_type
    }
}

/// What a random ledger is like.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) seed: u64,
    pub(crate) dates: u64,
    pub(crate) entries_per_date: i64,
}

const FUNDS_TYPES: [(&str, i64); 12] = [
    ("capture", 1),
    ("capture", 1),
    ("capture", 1),
    ("refund", -1),
    ("payout-aborted", 1),
    ("retained-disputed-capture", -1),
    ("returned-disputed-capture", 1),
    ("correction", 0),
    ("top-up", 1),
    ("credit-note", 0),
    ("loyalty-adjustment", 0),
    ("capture-fee", 0),
];
const FEES_TYPES: [(&str, i64); 8] = [
    ("capture-fee", -1),
    ("capture-fee", -1),
    ("capture-fee", -1),
    ("correction", 0),
    ("credit-note", 0),
    ("fees-invoiced", 1),
    ("capture", 0),
    ("something-else", 0),
];
const REFERENCES: [&str; 7] = [
    "order-1001",
    "a,b;\"c\"",
    "line\nbreak",
    "=1+1",
    "emoji 😋 æøå",
    "",
    "gift-77",
];

/// A valid ledger by chance: seven empty dates, then `shape.dates` with whatever may happen.
pub(crate) fn random_ledger(shape: &Shape) -> TestLedger {
    let mut dice = Dice::new(&[shape.seed, shape.dates, shape.entries_per_date as u64]);
    let market = *dice.pick(&Market::ALL);
    let mut ledger = TestLedger::new(&dice.between(1, 999_999).to_string())
        .market(market)
        .empty("2026-01-24", 7);
    ledger.has_item = !dice.one_in(6);
    let gross = dice.one_in(3);
    let reserve = if dice.one_in(3) { 5000 } else { 0 };
    let payout_odds = *dice.pick(&[1, 1, 3, 7]);
    for step in 0..shape.dates {
        let day = date("2026-01-31").checked_add_days(Days::new(step)).unwrap();
        ledger.dates.entry(day).or_default();
        if dice.one_in(8) {
            continue;
        }
        for (topic, types) in [&FUNDS_TYPES[..], &FEES_TYPES[..]].into_iter().enumerate() {
            for _ in 0..dice.between(0, shape.entries_per_date) {
                let item = random_item(&mut dice, types, day, market);
                ledger.add(day, topic, item);
            }
        }
        close(&mut ledger, &mut dice, day, gross, reserve, payout_odds);
    }
    ledger
}

fn random_item(dice: &mut Dice, types: &[(&str, i64)], day: NaiveDate, market: Market) -> Item {
    let (entry_type, sign) = *dice.pick(types);
    let mut sign = if sign == 0 { *dice.pick(&[1, -1]) } else { sign };
    if dice.one_in(15) {
        sign = -sign;
    }
    let size = match dice.between(1, 60) {
        1 => 0,
        2 => 5_000_000_000,
        3..=20 => dice.between(1, 99),
        _ => dice.between(100, 60_000),
    };
    let number = dice.between(10_000_000_000, 99_999_999_999);
    let mut item = Item::new(entry_type, sign * size);
    if size == 0 || !dice.one_in(9) {
        item = item.psp(&number.to_string());
    } else if dice.one_in(2) {
        item.psp_reference = Field::Absent;
    }
    item.reference = match dice.between(0, 3) {
        0 => Field::Absent,
        1 => Field::Null,
        _ => Field::Text((*dice.pick(&REFERENCES)).to_owned()),
    };
    item.handle = match dice.between(0, 4) {
        0 => Field::Absent,
        1 => Field::Null,
        2 => Field::Text(format!("{}:90001", market.code())),
        _ => Field::Text("api:123455".to_owned()),
    };
    item.time = match dice.between(0, 5) {
        0 => Field::Absent,
        1 => Field::Text(format!("{day}T23:30:00.5Z")),
        2 => Field::Text(format!("{day}T10:00:00+0200")),
        _ => Field::Text(format!("{day}T09:15:27.528092Z")),
    };
    if dice.one_in(10) {
        item.currency = Field::Null;
    }
    if dice.one_in(10) {
        item.ledger_date = Field::Null;
    }
    item
}

/// What ends a date: fees settled, perhaps a payout.
fn close(
    ledger: &mut TestLedger,
    dice: &mut Dice,
    day: NaiveDate,
    gross: bool,
    reserve: i64,
    payout_odds: u64,
) {
    let fees = ledger.balances[1];
    if gross {
        if fees != 0 && dice.one_in(4) {
            ledger.add(day, 1, Item::new("fees-invoiced", -fees).psp("invoice-1"));
        }
    } else if fees != 0 && !dice.one_in(6) {
        let name = format!("{}-{}", ledger.id, day.format("%Y%m%d"));
        ledger.add(day, 0, Item::new("fees-retained", fees).psp(&name));
        if fees.abs() > 1 && dice.one_in(4) {
            // Two rows on one topic and one on the other are the same movement.
            ledger.add(day, 1, Item::new("fees-retained", -fees / 2).psp(&name));
            ledger.add(day, 1, Item::new("fees-retained", -fees + fees / 2).psp(&name));
        } else {
            ledger.add(day, 1, Item::new("fees-retained", -fees).psp(&name));
        }
    }
    let available = ledger.balances[0] - reserve;
    if available > 0 && dice.one_in(payout_odds) {
        let entry_type = if dice.one_in(9) {
            *dice.pick(&["scheduled-for-payout", "payout"])
        } else {
            "payout-scheduled"
        };
        let name = format!("{}-{}", ledger.id, ledger.payout_number);
        ledger.payout_number += 1;
        ledger.add(day, 0, Item::new(entry_type, -available).psp(&name));
    }
}

pub(crate) fn date(text: &str) -> NaiveDate {
    bilag::date::parse(text).unwrap()
}

pub(crate) fn range(from: &str, to: &str) -> DateRange {
    DateRange::new(date(from), date(to)).unwrap()
}

/// A folder that goes away; in memory where the system has such a place, because these tests
/// write many small files.
pub(crate) fn scratch() -> TempDir {
    let memory = Path::new("/dev/shm");
    let builder = tempfile::Builder::new();
    match memory.is_dir().then(|| builder.tempdir_in(memory)) {
        Some(Ok(folder)) => folder,
        _ => builder.tempdir().unwrap(),
    }
}

/// Runs a ledger through the library, writing the three plain formats.
pub(crate) fn export(
    archive: &Path,
    ledger: &TestLedger,
    config: &str,
    range: DateRange,
    out: &Path,
) -> LedgerRun {
    let config = Config::parse(config, Path::new("bilag.toml")).unwrap();
    let formats = ["journal-csv", "entries-csv", "journal-json"];
    let options = RunOptions {
        range,
        allow_open: false,
        write: Some(WriteOptions {
            out: out.to_owned(),
            formats: formats.iter().map(|id| catalogue::find(id).unwrap()).collect(),
            all_formats: false,
            force: false,
            new_only: false,
            users_formats: None,
            dry_run: false,
        }),
        open: std::collections::BTreeSet::new(),
        cancelled: Arc::default(),
    };
    run::ledger(&Archive::new(archive), &ledger.id, &config, &options)
}

/// Where an export of a ledger's range goes.
pub(crate) fn folder(out: &Path, ledger: &TestLedger, range: DateRange) -> PathBuf {
    run::output_folder(out, &ledger.id, range)
}

/// A row of `journal.csv`, amounts in minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) voucher: String,
    pub(crate) date: String,
    pub(crate) account: String,
    pub(crate) amount: i128,
    pub(crate) base: Option<i128>,
    pub(crate) currency: String,
    pub(crate) key: String,
    pub(crate) text: String,
    pub(crate) tax_code: String,
    pub(crate) department: String,
    pub(crate) reference: String,
}

/// Reads a `journal.csv`.
pub(crate) fn journal(folder: &Path) -> Vec<Row> {
    let text = fs::read_to_string(folder.join("journal.csv")).unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let headers = reader.headers().unwrap().clone();
    let column = |name: &str| headers.iter().position(|header| header == name).unwrap();
    let row = |record: csv::StringRecord| {
        let text = |name: &str| record[column(name)].to_owned();
        let base = (!text("base_debit").is_empty())
            .then(|| minor(&text("base_debit")) - minor(&text("base_credit")));
        Row {
            voucher: text("voucher"),
            date: text("date"),
            account: text("account"),
            amount: minor(&text("debit")) - minor(&text("credit")),
            base,
            currency: text("currency"),
            key: text("posting_key"),
            text: text("text"),
            tax_code: text("tax_code"),
            department: text("department"),
            reference: text("reference"),
        }
    };
    reader.records().map(|record| row(record.unwrap())).collect()
}

/// Reads an amount with two decimals as minor units, exactly.
pub(crate) fn minor(text: &str) -> i128 {
    let (whole, cents) = text.split_once('.').unwrap();
    assert_eq!(cents.len(), 2, "`{text}` has two decimals");
    format!("{whole}{cents}").parse().unwrap()
}

/// Movement by account, in the ledger's currency.
pub(crate) fn by_account(rows: &[Row]) -> BTreeMap<String, i128> {
    let mut sums = BTreeMap::new();
    for row in rows {
        *sums.entry(row.account.clone()).or_default() += row.amount;
    }
    sums.retain(|_, sum| *sum != 0);
    sums
}

/// The market's account of a role.
pub(crate) fn account(market: Market, role: Role) -> String {
    Chart::of(market).accounts[&role].number.0.clone()
}

/// The program, away from any configuration but the one that it is given.
pub(crate) fn bilag(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bilag"));
    command
        .current_dir(folder)
        .env("HOME", folder)
        .env("XDG_CONFIG_HOME", folder.join("no-config"))
        .args(["--offline", "--archive", "archive"]);
    command
}

/// What a run of the program came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("stdout is no JSON ({error}):\n{}\n{}", self.stdout, self.stderr))
    }

    pub(crate) fn ledger(&self) -> serde_json::Value {
        self.json()["ledgers"][0].clone()
    }

    /// The findings of the first ledger with a code.
    pub(crate) fn findings(&self, code: &str) -> Vec<serde_json::Value> {
        let all = self.ledger()["findings"].as_array().unwrap().clone();
        all.into_iter()
            .filter(|finding| finding["code"] == code)
            .collect()
    }
}

/// Runs the program in `folder` (whose `archive` it reads) to its end.
pub(crate) fn bilag_run(folder: &Path, arguments: &[&str]) -> Ran {
    ran(&bilag(folder).args(arguments).output().unwrap())
}

pub(crate) fn ran(output: &Output) -> Ran {
    Ran {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout.clone()).unwrap(),
        stderr: String::from_utf8(output.stderr.clone()).unwrap(),
    }
}

/// All files below a folder, temporary ones included; none when it is not there.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let Ok(items) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut files = Vec::new();
    for item in items {
        let path = item.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}
