//! Vouchers that no ledger would give, and what the writer of a format makes of them. The traits of
//! writers are used here and nowhere else in the tests.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use bilag::catalogue::Format;
use bilag::config::Config;
use bilag::encode::{Contained, Encoder};
use bilag::journal::{Posting, PostingKey, Tax, Voucher};
use bilag::money::{Currency, Rate};
use bilag::posting::books::Books;
use bilag::proof::LedgerProof;
use bilag::writer::{Context, Limits};

use crate::harness::dates::{date, range};
use crate::harness::exporter::Exporter;
use crate::harness::ledger::Ledger;

/// The ledger of all vouchers here.
pub(crate) const LEDGER: &str = "302321";

/// The ledger of a café, as yet without entries.
pub(crate) fn cafe() -> Ledger {
    Ledger::new(LEDGER)
        .sales_unit("Fjellbua Kaffe", "NO:57860")
        .bank_account("86011117947")
}

/// Runs `act` with a context for a ledger of no entries.
fn with_context<T>(configuration: &str, act: impl FnOnce(&Context<'_>) -> T) -> T {
    let config = Config::parse(configuration, Path::new("bilag.toml")).unwrap();
    let info = serde_json::from_str(&cafe().item_json()).unwrap();
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

/// The problem that a format has with its options and the ledgers beside its own, or nothing.
pub(crate) fn problem(format: &'static Format, configuration: &str, siblings: &[String]) -> Option<String> {
    with_context(configuration, |context| {
        let context = Context { siblings, ..*context };
        let writer = format.writer(&context).map(|_| ());
        writer.err().map(|error| error.to_string())
    })
}

/// What a format would refuse of vouchers, without writing them.
pub(crate) fn check(format: &'static Format, configuration: &str, vouchers: &[Voucher]) -> Vec<String> {
    with_context(configuration, |context| {
        let mut writer = format.writer(context).unwrap();
        let mut limits = Limits::new(&format.descriptor.id);
        for voucher in vouchers {
            writer.check_voucher(voucher, &mut limits);
        }
        writer.check_end(&mut limits);
        limits.refusals().to_vec()
    })
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
    voucher_named(&format!("VM-{LEDGER}-{on}"), on, postings)
}

pub(crate) fn voucher_named(id: &str, on: &str, postings: Vec<Posting>) -> Voucher {
    let nok = Currency::parse("NOK").unwrap();
    Voucher::new(id.to_owned(), Arc::from(LEDGER), date(on), nok, nok, postings).unwrap()
}

/// What a format makes of vouchers.
pub(crate) struct Written {
    pub(crate) refusals: Vec<String>,
    pub(crate) replacements: Vec<String>,
    /// The document's bytes; empty when it was refused.
    pub(crate) bytes: Vec<u8>,
}

/// Both passes over vouchers, in one document, as the run does it.
pub(crate) fn write(format: &'static Format, configuration: &str, vouchers: &[Voucher]) -> Written {
    with_context(configuration, |context| {
        let shape = format.shape(context).unwrap();
        let mut writer = format.writer(context).unwrap();
        let mut limits = Limits::new(&format.descriptor.id);
        for voucher in vouchers {
            writer.check_voucher(voucher, &mut limits);
        }
        writer.check_end(&mut limits);
        let mut bytes = Vec::new();
        if !limits.has_refusals() && !writer.is_empty() {
            let contained = Contained::new(Vec::new(), shape.container, &shape.name_inside);
            let mut out = Encoder::new(contained, shape.encoding, shape.line_end);
            let id = &format.descriptor.id;
            let mut both = || -> std::io::Result<()> {
                writer.start(&PROOF, &mut out)?;
                for voucher in vouchers {
                    writer.voucher(voucher, &mut out)?;
                }
                writer.end(&mut out)
            };
            both().unwrap_or_else(|error| panic!("{id}: the check found nothing, but {error}"));
            let contained = out.finish().unwrap();
            bytes = contained.finish().unwrap();
        }
        Written {
            refusals: limits.refusals().to_vec(),
            replacements: limits.replacements().to_vec(),
            bytes,
        }
    })
}

/// The proof of a ledger without entries.
static PROOF: LazyLock<LedgerProof> = LazyLock::new(|| {
    let range = range("2026-01-01", "2026-01-02");
    let exported = Exporter::of(cafe(), range).run("[posting]\nmarket = \"NO\"", &["journal-csv"], range);
    exported.run.proof.unwrap()
});
