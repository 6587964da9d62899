//! Vouchers that no ledger would give, and what the writer of a format makes of them. The traits of
//! writers are used here and nowhere else in the tests.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use bilag::catalogue::Format;
use bilag::config::Config;
use bilag::encode::{Contained, Encoder};
use bilag::journal::id::{Origin, VoucherId};
use bilag::journal::{Posting, PostingKey, Tax, Voucher};
use bilag::money::{Currency, Rate};
use bilag::posting::books::Books;
use bilag::writer::contents::Contents;
use bilag::writer::{Context, Limits, Whole};

use crate::harness::dates::{date, range};
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
        let makers = format.makers(&context).map(|_| ());
        makers.err().map(|error| error.to_string())
    })
}

/// What a format would refuse of vouchers, without writing them.
pub(crate) fn check(format: &'static Format, configuration: &str, vouchers: &[Voucher]) -> Vec<String> {
    with_context(configuration, |context| {
        let (mut checker, _) = format.makers(context).unwrap();
        let mut limits = Limits::new(&format.descriptor.id);
        let mut contents = Contents::default();
        for voucher in vouchers {
            contents.add(voucher);
            checker.voucher(voucher, &mut limits);
        }
        let whole = Whole {
            contents: &contents,
            size: 0,
        };
        checker.end(&whole, &mut limits);
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
    voucher_of(Origin::LedgerDate(date(on)), on, postings)
}

pub(crate) fn voucher_of(origin: Origin, on: &str, postings: Vec<Posting>) -> Voucher {
    let nok = Currency::parse("NOK").unwrap();
    let id = VoucherId::new(Arc::from(LEDGER), origin);
    Voucher::new(id, date(on), nok, nok, postings).unwrap()
}

/// What the voucher of a payout is made of.
pub(crate) fn of_payout(number: &str) -> Origin {
    Origin::Payout {
        number: number.to_owned(),
        repeat: None,
    }
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
            out.write_all(&[head, body].concat())
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
