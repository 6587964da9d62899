//! Vouchers straight from the poster, without an archive and without a run.

use std::path::Path;
use std::rc::Rc;

use bilag::config::Config;
use bilag::days::stored::{Source, StoredDay, StoredTopic};
use bilag::journal::Voucher;
use bilag::ledger::finding::Code;
use bilag::ledger::findings::Findings;
use bilag::money::Currency;
use bilag::posting::Poster;
use bilag::posting::books::Books;
use bilag::posting::refunds::CaptureIndex;
use bilag::posting::value::Balances;
use bilag::provider::LedgerInfo;

use crate::harness::dates::date;

/// What the poster makes of the response bodies of a ledger's funds, by date. The configuration names its files
/// beside `path`; the lines of sales that it has must be right.
pub(crate) fn post(
    configuration: &str,
    path: &Path,
    currency: &str,
    funds: &[(&str, String)],
) -> Vec<Voucher> {
    let config = Config::parse(configuration, path).unwrap();
    let info = LedgerInfo::unknown("1");
    let ledger = config.ledger(&info);
    let books = Books::new(&info, Currency::parse(currency).unwrap(), &ledger, &config);
    let opening = Balances {
        funds: Some(0),
        fees: Some(0),
    };
    let mut poster = Poster::new(&books, CaptureIndex::default(), opening);
    let mut vouchers = Vec::new();
    for (on, text) in funds {
        let stored = StoredDay {
            date: date(on),
            funds: stored(text),
            fees: stored(r#"{"items":[],"hasMore":false,"tryLater":false}"#),
        };
        let mut findings = Findings::default();
        vouchers.extend(poster.day(&stored.parse(), &mut findings).unwrap());
        assert!(
            !findings.has_code(Code::SalesLinesMismatch),
            "the lines are right"
        );
    }
    vouchers
}

fn stored(text: &str) -> StoredTopic {
    StoredTopic::Text {
        text: Rc::new(text.to_owned()),
        source: Rc::new(Source {
            path: String::new(),
            sha256: String::new(),
        }),
    }
}
