//! Explains entries: where each came from, which rule takes it, and what is booked for it.

pub mod explained;

use chrono::NaiveDate;

use crate::archive::{Archive, ArchiveError};
use crate::config::{Config, DateBasis, VoucherPer};
use crate::date::{DateRange, days_before};
use crate::days::stored::StoredDay;
use crate::journal::Voucher;
use crate::journal::id::Origin;
use crate::ledger::day::LedgerDay;
use crate::ledger::entry::Entry;
use crate::ledger::findings::Findings;
use crate::posting::Poster;
use crate::posting::books::{Books, PostingError};
use crate::posting::refunds::CaptureIndex;
use crate::posting::review::Place;
use crate::posting::rule_use;
use crate::posting::value::Balances;
use crate::proof::EDGE_DATES;
use crate::provider::Topic;
use crate::run::explain::explained::{Explained, Source};
use crate::run::session::Session;

/// Every entry of the ledger that `reference` names: its pspReference, the merchant's reference,
/// or a payout's number.
pub fn entries(
    archive: &Archive,
    ledger_id: &str,
    config: &Config,
    reference: &str,
) -> Result<Vec<Explained>, ArchiveError> {
    let mut session = Session::whole(archive, config, ledger_id)?;
    // What is booked for one entry shows best in a voucher of its own.
    let settings = &mut session.ledger_config.posting;
    if settings.voucher_per == VoucherPer::Payout {
        // Those have dates of their own.
        settings.date_basis = DateBasis::LedgerDate;
    }
    settings.voucher_per = VoucherPer::Entry;
    let mut found = Vec::new();
    for topic in Topic::ALL {
        for date in archive.dates(ledger_id, topic)? {
            let stored = session.read(date);
            let day = stored.parse();
            for (index, entry) in day.topic(topic).entries.iter().enumerate() {
                if is_named(entry, reference) {
                    let ordinal = index + 1;
                    let source = source(&stored, &day, topic, ordinal);
                    found.push(explain(&session, &day, topic, ordinal, entry, source));
                }
            }
        }
    }
    Ok(found)
}

fn is_named(entry: &Entry<'_>, reference: &str) -> bool {
    entry.psp_reference.as_deref() == Some(reference)
        || entry.reference.as_deref() == Some(reference)
        || entry.voucher_reference() == Some(reference)
}

fn source(stored: &StoredDay, day: &LedgerDay<'_>, topic: Topic, ordinal: usize) -> Source {
    let source = stored.source(topic);
    let (page, item) = Source::place(ordinal, &day.topic(topic).page_sizes);
    Source {
        path: source.map(|source| source.path.clone()),
        sha256: source.map(|source| source.sha256.clone()),
        page,
        item,
    }
}

fn explain(
    session: &Session<'_>,
    day: &LedgerDay<'_>,
    topic: Topic,
    ordinal: usize,
    entry: &Entry<'_>,
    source: Source,
) -> Explained {
    let currency = session
        .stated_currency()
        .or(entry.currency)
        .unwrap_or(session.ledger_config.posting.base_currency);
    let books = session.books(currency);
    let place = Place::new(&books, day.date, ordinal, entry);
    let (rule, booked) = book(session, &books, day, topic, &place);
    let text = |text: Option<&str>| text.map(str::to_owned);
    Explained {
        ledger_id: session.info.ledger_id.clone(),
        topic,
        ledger_date: day.date,
        ordinal,
        time: entry.time,
        entry_type: entry.entry_type.name().to_owned(),
        amount: entry.amount,
        currency,
        balance_before: entry.balance_before,
        balance_after: entry.balance_after,
        psp_reference: text(entry.psp_reference.as_deref()),
        reference: text(entry.reference.as_deref()),
        recipient_handle: text(entry.recipient_handle.as_deref()),
        source,
        rule,
        booked,
    }
}

/// The rule that takes an entry, and the voucher that it makes by itself.
fn book(
    session: &Session<'_>,
    books: &Books<'_>,
    day: &LedgerDay<'_>,
    topic: Topic,
    place: &Place<'_, '_>,
) -> (Option<usize>, Result<Option<Voucher>, PostingError>) {
    let captures = captures(session, books, day.date);
    let mut fee_join = rule_use::fee_join(books);
    let mut poster = Poster::new(books, captures.clone(), Balances::default());
    // The poster wants captures before the date when rules speak of fees by their capture.
    if let Some(join) = &mut fee_join {
        for step in (1..=EDGE_DATES).rev() {
            session
                .days
                .visit(Topic::Funds, days_before(day.date, step), |page| {
                    poster.captures_before(page);
                    rule_use::join_captures(books, join, page);
                });
        }
        rule_use::join_captures(books, join, &day.page(Topic::Funds));
    }
    let rule = rule_use::of(books, &captures, fee_join.as_ref(), topic, place);
    let origin = Origin::Entry {
        ledger_date: day.date,
        topic,
        ordinal: place.ordinal,
    };
    let vouchers = poster.day(day, &mut Findings::default());
    let voucher = vouchers.map(|vouchers| {
        vouchers
            .into_iter()
            .find(|voucher| *voucher.id().origin() == origin)
    });
    (rule.and_then(|(_, number)| number), voucher)
}

fn captures(session: &Session<'_>, books: &Books<'_>, date: NaiveDate) -> CaptureIndex {
    DateRange::new(date, date)
        .map(|range| session.captures_of_refunds(books, range))
        .unwrap_or_default()
}
