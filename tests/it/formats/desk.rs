//! What tests of writers work with: a ledger built entry by entry, runs over it, and vouchers
//! that no ledger would give.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bilag::archive::Archive;
use bilag::catalogue::{self, Format};
use bilag::config::Config;
use bilag::date::DateRange;
use bilag::encode::{Contained, Encoder};
use bilag::journal::id::{Origin, VoucherId};
use bilag::journal::{Posting, PostingKey, Tax, Voucher};
use bilag::money::{Currency, Rate};
use bilag::posting::books::Books;
use bilag::provider::LedgerInfo;
use bilag::run::{self, LedgerRun, RunOptions, WriteOptions};
use bilag::writer::contents::Contents;
use bilag::writer::{Context, Limits, Whole};
use chrono::NaiveDate;
use serde_json::json;
use tempfile::TempDir;

/// The ledger of all these tests.
pub(crate) const LEDGER: &str = "302321";

/// Every option that a format needs, and Norwegian revenue.
pub(crate) const CONFIGURATION: &str = r#"
[company]
name = "Fjellbua Kaffe AS"
registration_number = "987654321"
street = "Storgata 1"
postal_code = "0155"
city = "Oslo"
country = "NO"
contact_first_name = "Kari"
contact_last_name = "Eksempel"
phone = "+4722334455"
email = "kari@example.no"
vat_registered = true
bank_account = "86011117947"

[posting]
market = "NO"
captures = "revenue"

[[rules]]
tax_code = "3"
department = "40"

[formats.24sevenoffice]
voucher_type = "9"
tax_codes = { 3 = "3" }

[formats.xledger-gl02]
voucher_type = "LG"

[formats.dk-journal]
tax_codes = { 3 = "U25", 0 = "" }

[formats.visma-business]
voucher_type = "99"
tax_codes = { 3 = "3" }
"#;

/// `configuration` as a format wants it: Swedish formats take ten digits, and a document with
/// balances wants those that no ledger says.
pub(crate) fn suited(configuration: &str, id: &str) -> String {
    match id {
        "sie4" | "sie5" => configuration.replace("987654321", "5560360793"),
        "saft-dk" => {
            let opening = "[formats.saft-dk.opening]\n1577 = \"0.00\"\n2961 = \"0.00\"\n";
            format!("{}\n{opening}", configuration.replace("987654321", "12345674"))
        }
        "saft-no" => {
            format!("{configuration}\n[formats.saft-no.opening]\n1577 = \"0.00\"\n2961 = \"0.00\"\n")
        }
        _ => configuration.to_owned(),
    }
}

pub(crate) fn date(text: &str) -> NaiveDate {
    bilag::date::parse(text).unwrap()
}

pub(crate) fn range(from: &str, to: &str) -> DateRange {
    DateRange::new(date(from), date(to)).unwrap()
}

/// A ledger in the making. Balances follow by themselves.
#[derive(Default)]
pub(crate) struct Ledger {
    entries: BTreeMap<(NaiveDate, &'static str), Vec<serde_json::Value>>,
    balances: BTreeMap<&'static str, i64>,
}

impl Ledger {
    /// Adds an entry; entries come in order of date.
    pub(crate) fn entry(
        &mut self,
        topic: &'static str,
        on: &str,
        entry_type: &str,
        amount: i64,
        psp_reference: &str,
        reference: &str,
    ) {
        let time = format!("{on}T11:22:33.456Z");
        self.entry_at(topic, on, &time, entry_type, amount, psp_reference, reference);
    }

    #[expect(clippy::too_many_arguments, reason = "an entry has that many fields")]
    pub(crate) fn entry_at(
        &mut self,
        topic: &'static str,
        on: &str,
        time: &str,
        entry_type: &str,
        amount: i64,
        psp_reference: &str,
        reference: &str,
    ) {
        let balance = self.balances.entry(topic).or_default();
        let before = *balance;
        *balance += amount;
        let day = self.entries.entry((date(on), topic)).or_default();
        day.push(json!({
            "entryType": entry_type, "amount": amount, "currency": "NOK", "balanceBefore": before,
            "balanceAfter": *balance, "ledgerDate": on, "time": time, "pspReference": psp_reference,
            "reference": reference, "recipientHandle": "NO:57860",
        }));
    }

    /// A sale and its fee.
    pub(crate) fn sale(&mut self, on: &str, amount: i64, fee: i64, psp_reference: &str, reference: &str) {
        self.entry("funds", on, "capture", amount, psp_reference, reference);
        self.entry("fees", on, "capture-fee", -fee, psp_reference, reference);
    }

    /// Retains all fees and pays everything out.
    pub(crate) fn payout(&mut self, on: &str, number: &str) {
        let fees = -self.balances.get("fees").copied().unwrap_or(0);
        if fees != 0 {
            self.entry("funds", on, "fees-retained", -fees, number, "");
            self.entry("fees", on, "fees-retained", fees, number, "");
        }
        let funds = self.balances["funds"];
        self.entry("funds", on, "payout-scheduled", -funds, number, "");
    }

    /// Writes the archive: all dates of `range` and the seven before it.
    pub(crate) fn archive(&self, range: DateRange) -> Desk {
        let folder = TempDir::new().unwrap();
        let root = folder.path().join("archive");
        let first = self.entries.keys().map(|(date, _)| *date).min();
        let from = first.unwrap_or(range.from()).min(range.from());
        let from = bilag::date::days_before(from, 7);
        for topic in ["funds", "fees"] {
            let place = root.join(LEDGER).join(topic);
            fs::create_dir_all(&place).unwrap();
            for day in DateRange::new(from, range.to()).unwrap().dates() {
                let items = self.entries.get(&(day, topic)).cloned().unwrap_or_default();
                let body = json!({"items": items, "hasMore": false, "tryLater": false});
                fs::write(place.join(format!("{day}.json")), body.to_string()).unwrap();
            }
        }
        let info = json!({
            "ledgerId": LEDGER, "currency": "NOK",
            "payoutBankAccount": {"scheme": "BBAN:NO", "id": "86011117947"},
            "owner": {"scheme": "business:NO:ORG", "id": "987654321"},
            "settlesForRecipientHandles": ["NO:57860"],
            "salesUnits": [{"name": "Fjellbua Kaffe", "recipientHandle": "NO:57860"}],
        });
        fs::write(root.join(LEDGER).join("ledger.json"), info.to_string()).unwrap();
        Desk { folder, root }
    }
}

/// An archive and a place for outputs.
pub(crate) struct Desk {
    folder: TempDir,
    root: PathBuf,
}

/// What came of a run.
pub(crate) struct Made {
    pub(crate) run: LedgerRun,
    /// Content by file name, without the manifest.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
}

impl Made {
    /// The only file, as text.
    pub(crate) fn text(&self) -> String {
        assert_eq!(
            self.files.len(),
            1,
            "{:?} {:?}",
            self.files.keys(),
            self.problems()
        );
        String::from_utf8(self.files.values().next().unwrap().clone()).unwrap()
    }

    /// What stands against writing.
    pub(crate) fn problems(&self) -> Vec<String> {
        let findings = self.run.proof.iter().flat_map(|proof| proof.findings.iter());
        let errors = findings.filter(|finding| finding.level == bilag::ledger::finding::Level::Error);
        let errors = errors.map(|finding| finding.message.clone());
        errors
            .chain(self.run.error.iter().map(ToString::to_string))
            .collect()
    }
}

impl Desk {
    pub(crate) fn run(&self, configuration: &str, formats: &[&str], range: DateRange) -> Made {
        let out = TempDir::new_in(self.folder.path()).unwrap();
        let config = Config::parse(configuration, Path::new("bilag.toml")).unwrap();
        let formats = formats.iter().map(|id| catalogue::find(id).unwrap()).collect();
        let options = RunOptions {
            range,
            allow_open: false,
            write: Some(WriteOptions {
                out: out.path().to_owned(),
                formats,
                all_formats: false,
                users_formats: None,
                force: false,
                new_only: false,
                dry_run: false,
            }),
            open: std::collections::BTreeSet::new(),
            cancelled: Arc::default(),
        };
        let run = run::ledger(&Archive::new(&self.root), LEDGER, &config, &options);
        let files = run.outputs.iter().map(|output| {
            let name = output.path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read(&output.path).unwrap())
        });
        let files = files.collect();
        Made { run, files }
    }
}

/// A ledger date with sales, refunds, fees and payouts, twice a week.
pub(crate) fn normal_month() -> Ledger {
    let mut ledger = Ledger::default();
    let mut number = 5_001_144_570u64;
    for day in 1..=28 {
        let on = format!("2026-02-{day:02}");
        for sale in 0..(day % 3) + 1 {
            number += 3;
            let amount = 4_990 + 1_337 * i64::from(day) + 100 * i64::from(sale);
            ledger.sale(
                &on,
                amount,
                amount * 3 / 100,
                &number.to_string(),
                &format!("order-{day}-{sale}"),
            );
        }
        if day % 9 == 0 {
            number += 3;
            ledger.entry(
                "funds",
                &on,
                "refund",
                -2_500,
                &number.to_string(),
                &format!("order-{day}-0"),
            );
        }
        if day % 7 == 2 || day % 7 == 5 || day == 28 {
            ledger.payout(&on, &format!("20000{day:02}"));
        }
    }
    ledger
}

/// Runs `act` with a context for a ledger of no entries.
pub(crate) fn with_context<T>(configuration: &str, act: impl FnOnce(&Context<'_>) -> T) -> T {
    let config = Config::parse(configuration, Path::new("bilag.toml")).unwrap();
    let info: LedgerInfo = serde_json::from_value(json!({
        "ledgerId": LEDGER, "currency": "NOK", "settlesForRecipientHandles": ["NO:57860"],
        "salesUnits": [{"name": "Fjellbua Kaffe", "recipientHandle": "NO:57860"}],
    }))
    .unwrap();
    let ledger = config.ledger(&info);
    let nok = Currency::parse("NOK").unwrap();
    let books = Books::new(&info, nok, &ledger, &config);
    let context = Context {
        info: &info,
        currency: nok,
        range: range("2026-01-01", "2026-12-31"),
        books: &books,
        config: &ledger,
        siblings: &[],
    };
    act(&context)
}

/// A posting of a test's voucher.
pub(crate) fn posting(account: &str, amount: i64, text: &str) -> Posting {
    Posting {
        key: PostingKey::PayoutScheduled,
        account: Arc::from(account),
        account_name: Arc::from("Konto"),
        amount,
        currency: Currency::parse("NOK").unwrap(),
        base_amount: None,
        text: Arc::from(text),
        tax_code: None,
        tax: Tax::None,
        department: None,
        project: None,
        reference: None,
    }
}

/// A sale: funds, revenue and VAT.
pub(crate) fn sale(gross: i64, vat: i64, text: &str) -> Vec<Posting> {
    let rate = Rate::parse("25").unwrap();
    let of_sale = |account: &str, amount, tax| Posting {
        key: PostingKey::Capture,
        tax_code: matches!(tax, Tax::Net { .. } | Tax::Vat { .. }).then(|| Arc::from("3")),
        tax,
        ..posting(account, amount, text)
    };
    vec![
        of_sale("1577", gross, Tax::None),
        of_sale("3000", vat - gross, Tax::Net { rate, vat: -vat }),
        of_sale(
            "2700",
            -vat,
            Tax::Vat {
                rate,
                net: vat - gross,
            },
        ),
    ]
}

/// A voucher of one ledger date.
pub(crate) fn voucher(on: &str, postings: Vec<Posting>) -> Voucher {
    voucher_of(Origin::LedgerDate(date(on)), on, postings)
}

pub(crate) fn voucher_of(origin: Origin, on: &str, postings: Vec<Posting>) -> Voucher {
    let nok = Currency::parse("NOK").unwrap();
    Voucher::new(
        VoucherId::new(Arc::from(LEDGER), origin),
        date(on),
        nok,
        nok,
        postings,
    )
    .unwrap()
}

/// What a format makes of vouchers.
pub(crate) struct Written {
    pub(crate) refusals: Vec<String>,
    pub(crate) replacements: Vec<String>,
    /// The document's bytes; empty when it was refused.
    pub(crate) bytes: Vec<u8>,
}

/// Vouchers in one document, as the run makes it.
pub(crate) fn write(format: &'static Format, configuration: &str, vouchers: &[Voucher]) -> Written {
    with_context(configuration, |context| {
        let id = &format.descriptor.id;
        let shape = format.shape(context).unwrap();
        let (mut checker, mut writer) = format.makers(context).unwrap();
        let mut limits = Limits::new(id);
        let mut contents = Contents::default();
        let (mut head, mut body) = (Vec::new(), Vec::new());
        for voucher in vouchers {
            contents.add(voucher);
            checker.voucher(voucher, &mut limits);
            if contents.vouchers == 1 {
                writer.begin(&contents, &mut body).unwrap();
            }
            if !limits.has_refusals() {
                let written = writer.voucher(voucher, &mut body);
                written.unwrap_or_else(|error| panic!("{id}: the check found nothing, but {error}"));
            }
        }
        let whole = Whole {
            contents: &contents,
            size: body.len() as u64,
        };
        checker.end(&whole, &mut limits);
        let mut bytes = Vec::new();
        if !limits.has_refusals() && !writer.is_empty(&contents) {
            writer.end(&whole, &mut head, &mut body).unwrap();
            let contained = Contained::new(Vec::new(), shape.container, &shape.name_inside);
            let mut out = Encoder::new(contained, shape.encoding, shape.line_end);
            let both = [head, body].concat();
            out.write_all(&both)
                .unwrap_or_else(|error| panic!("{id}: the check found nothing, but {error}"));
            bytes = out.finish().unwrap().finish().unwrap();
        }
        Written {
            refusals: limits.refusals().to_vec(),
            replacements: limits.replacements().to_vec(),
            bytes,
        }
    })
}
