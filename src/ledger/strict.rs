//! Response bodies of the common form, read fast.
//!
//! [`page`] reads what the provider's service writes day in, day out, in one pass, and leaves
//! everything else to the lenient parser: it answers only where [`crate::ledger::body::parse`]
//! would give exactly the same. It reports no errors; finding the place and the words for them is
//! the lenient parser's work.

use std::borrow::Cow;

use chrono::NaiveDate;

use crate::ledger::body::Bodies;
use crate::ledger::entry::{Entry, EntryType};
use crate::ledger::scanner::Scanner;
use crate::ledger::time::{self, EntryTime};
use crate::money::Currency;

/// One response body whose form leaves no doubt.
#[derive(Debug, PartialEq, Eq)]
pub struct StrictPage<'a> {
    /// The entries, in order.
    pub entries: Vec<Entry<'a>>,
    /// Whether the body says that the date is not yet closed.
    pub is_open: bool,
    /// Whether the body says that another page follows.
    pub has_more: bool,
    /// Where the first entry with a time that bilag cannot read stands, from 1, within the page.
    pub unreadable_time: Option<usize>,
}

/// Whether a line holds only the white space that JSON allows.
pub fn is_blank(line: &[u8]) -> bool {
    line.iter()
        .all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
}

/// Reads bodies that stand one on each line; `None` when one of them is not of the common form.
pub fn bodies(text: &str) -> Option<Bodies<'_>> {
    let mut bodies = Bodies::default();
    let mut rest = text;
    while !rest.is_empty() {
        let end = memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
        let (line, after) = rest.split_at_checked(end)?;
        rest = after.strip_prefix('\n').unwrap_or(after);
        if is_blank(line.as_bytes()) {
            continue;
        }
        let page = page(line)?;
        let before = bodies.entries.len();
        bodies.page_sizes.push(page.entries.len());
        bodies.is_open |= page.is_open;
        bodies.has_more = page.has_more;
        bodies.unreadable_time = bodies
            .unreadable_time
            .or(page.unreadable_time.map(|place| place + before));
        if bodies.entries.is_empty() {
            bodies.entries = page.entries;
        } else {
            bodies.entries.extend(page.entries);
        }
    }
    (!bodies.page_sizes.is_empty()).then_some(bodies)
}

/// Reads one body; `None` whenever anything about it is not of the common form, so that the
/// lenient parser decides.
pub fn page(text: &str) -> Option<StrictPage<'_>> {
    let mut reader = Reader::new(text);
    let (mut items, mut has_more, mut try_later, mut cursor) = (None, None, None, None);
    reader.scanner.skip_space();
    reader.scanner.expect(b'{')?;
    loop {
        let scanner = &mut reader.scanner;
        scanner.skip_space();
        match scanner.key()? {
            "items" => once(&mut items, reader.entries()?)?,
            "hasMore" => once(&mut has_more, scanner.truth_or_null()?)?,
            "tryLater" => once(&mut try_later, scanner.truth_or_null()?)?,
            "cursor" => once(&mut cursor, scanner.text_or_null()?)?,
            _ => scanner.skip_scalar()?,
        }
        reader.scanner.skip_space();
        match reader.scanner.next_byte()? {
            b',' => {}
            b'}' => break,
            _ => return None,
        }
    }
    reader.scanner.skip_space();
    let cursor = cursor.flatten();
    reader.scanner.is_at_end().then_some(StrictPage {
        entries: items?,
        is_open: try_later.flatten() == Some(true),
        has_more: has_more
            .flatten()
            .unwrap_or_else(|| cursor.is_some_and(|cursor| !cursor.is_empty())),
        unreadable_time: reader.unreadable_time,
    })
}

/// Sets a field that may come only once.
fn once<T>(field: &mut Option<T>, value: T) -> Option<()> {
    field.replace(value).is_none().then_some(())
}

/// The fields of an entry.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    EntryType,
    Amount,
    BalanceBefore,
    BalanceAfter,
    Currency,
    LedgerDate,
    Time,
    PspReference,
    Reference,
    RecipientHandle,
    /// One that bilag does not know; also the place before the first.
    Other,
}

impl Field {
    fn of_name(name: &str) -> Self {
        match name {
            "entryType" => Self::EntryType,
            "amount" => Self::Amount,
            "balanceBefore" => Self::BalanceBefore,
            "balanceAfter" => Self::BalanceAfter,
            "currency" => Self::Currency,
            "ledgerDate" => Self::LedgerDate,
            "time" => Self::Time,
            "pspReference" => Self::PspReference,
            "reference" => Self::Reference,
            "recipientHandle" => Self::RecipientHandle,
            _ => Self::Other,
        }
    }

    /// Takes this very field's key with its colon, if it comes next.
    #[inline(always)]
    fn take(self, scanner: &mut Scanner<'_>) -> bool {
        match self {
            Self::EntryType => scanner.take(b"\"entryType\":"),
            Self::Amount => scanner.take(b"\"amount\":"),
            Self::BalanceBefore => scanner.take(b"\"balanceBefore\":"),
            Self::BalanceAfter => scanner.take(b"\"balanceAfter\":"),
            Self::Currency => scanner.take(b"\"currency\":"),
            Self::LedgerDate => scanner.take(b"\"ledgerDate\":"),
            Self::Time => scanner.take(b"\"time\":"),
            Self::PspReference => scanner.take(b"\"pspReference\":"),
            Self::Reference => scanner.take(b"\"reference\":"),
            Self::RecipientHandle => scanner.take(b"\"recipientHandle\":"),
            Self::Other => false,
        }
    }
}

/// What is remembered from one entry to the next: their fields come in the same order, and many
/// say the same date and currency.
struct Reader<'a> {
    scanner: Scanner<'a>,
    /// The field that came after each, when it was last looked up.
    following: [Field; Field::Other as usize + 1],
    ledger_date: Option<([u8; 12], NaiveDate)>,
    currency: Option<([u8; 5], Currency)>,
    midnight: Option<([u8; 10], i64)>,
    unreadable_time: Option<usize>,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            scanner: Scanner::new(text),
            following: [Field::Other; Field::Other as usize + 1],
            ledger_date: None,
            currency: None,
            midnight: None,
            unreadable_time: None,
        }
    }

    fn entries(&mut self) -> Option<Vec<Entry<'a>>> {
        self.scanner.expect(b'[')?;
        self.scanner.skip_space();
        let mut entries = Vec::new();
        if self.scanner.take(b"]") {
            return Some(entries);
        }
        loop {
            let begins = self.scanner.offset();
            self.entry(&mut entries)?;
            if entries.len() == 1 {
                // The others are about as long.
                let length = self.scanner.offset() - begins + 1;
                entries.reserve(self.scanner.rest().len() / length + 1);
            }
            self.scanner.skip_space();
            match self.scanner.next_byte()? {
                b',' => self.scanner.skip_space(),
                b']' => return Some(entries),
                _ => return None,
            }
        }
    }

    /// Reads an entry and puts it behind the others.
    #[inline(always)]
    fn entry(&mut self, entries: &mut Vec<Entry<'a>>) -> Option<()> {
        let (mut entry_type, mut legacy_name, mut amount) = (None, false, None);
        let (mut balance_before, mut balance_after) = (None, None);
        let (mut currency, mut ledger_date, mut time) = (None, None, None);
        let (mut psp_reference, mut reference, mut recipient_handle) = (None, None, None);
        let mut seen = 0u16;
        let mut previous = Field::Other;
        self.scanner.expect(b'{')?;
        loop {
            self.scanner.skip_space();
            let field = self.field(previous)?;
            if field != Field::Other {
                let bit = 1 << field as u16;
                if seen & bit != 0 {
                    return None;
                }
                seen |= bit;
                previous = field;
            }
            match field {
                Field::EntryType => {
                    let name = self.scanner.text()?;
                    legacy_name = EntryType::is_legacy_name(&name);
                    entry_type = Some(EntryType::parse(name));
                }
                Field::Amount => amount = Some(self.scanner.integer()?),
                Field::BalanceBefore => balance_before = self.scanner.integer_or_null()?,
                Field::BalanceAfter => balance_after = self.scanner.integer_or_null()?,
                Field::Currency => currency = self.currency()?,
                Field::LedgerDate => ledger_date = self.ledger_date()?,
                Field::Time => time = self.time(entries.len() + 1)?,
                Field::PspReference => psp_reference = self.filled_text()?,
                Field::Reference => reference = self.filled_text()?,
                Field::RecipientHandle => recipient_handle = self.filled_text()?,
                Field::Other => self.scanner.skip_scalar()?,
            }
            self.scanner.skip_space();
            match self.scanner.next_byte()? {
                b',' => {}
                b'}' => break,
                _ => return None,
            }
        }
        let (entry_type, amount) = (entry_type?, amount?);
        entries.push(Entry {
            entry_type,
            legacy_name,
            amount,
            currency,
            balance_before,
            balance_after,
            ledger_date,
            time,
            psp_reference,
            reference,
            recipient_handle,
        });
        Some(())
    }

    /// The field whose key comes next, and goes on to its value.
    #[inline(always)]
    fn field(&mut self, previous: Field) -> Option<Field> {
        let expected = self.following[previous as usize];
        if expected.take(&mut self.scanner) {
            self.scanner.skip_space();
            return Some(expected);
        }
        self.unexpected_field(previous)
    }

    #[cold]
    fn unexpected_field(&mut self, previous: Field) -> Option<Field> {
        let field = Field::of_name(self.scanner.key()?);
        if field != Field::Other {
            self.following[previous as usize] = field;
        }
        Some(field)
    }

    /// A text, or nothing for `null` and for an empty one.
    #[inline(always)]
    fn filled_text(&mut self) -> Option<Option<Cow<'a, str>>> {
        let text = self.scanner.text_or_null()?;
        Some(text.filter(|text| !text.is_empty()))
    }

    #[inline(always)]
    fn currency(&mut self) -> Option<Option<Currency>> {
        if let Some((text, currency)) = &self.currency
            && self.scanner.take(text)
        {
            return Some(Some(*currency));
        }
        self.other_currency()
    }

    #[cold]
    fn other_currency(&mut self) -> Option<Option<Currency>> {
        let quoted = self.scanner.rest().first_chunk().copied();
        let Some(code) = self.scanner.text_or_null()? else {
            return Some(None);
        };
        let currency = Currency::parse(&code)?;
        if let (Cow::Borrowed(_), Some(quoted)) = (code, quoted) {
            self.currency = Some((quoted, currency));
        }
        Some(Some(currency))
    }

    #[inline(always)]
    fn ledger_date(&mut self) -> Option<Option<NaiveDate>> {
        if let Some((text, date)) = &self.ledger_date
            && self.scanner.take(text)
        {
            return Some(Some(*date));
        }
        self.other_ledger_date()
    }

    #[cold]
    fn other_ledger_date(&mut self) -> Option<Option<NaiveDate>> {
        let quoted = self.scanner.rest().first_chunk().copied();
        let Some(text) = self.scanner.text_or_null()? else {
            return Some(None);
        };
        let date = crate::date::parse(&text).ok()?;
        if let (Cow::Borrowed(_), Some(quoted)) = (text, quoted) {
            self.ledger_date = Some((quoted, date));
        }
        Some(Some(date))
    }

    #[inline(always)]
    fn time(&mut self, ordinal: usize) -> Option<Option<EntryTime>> {
        let quoted = self.scanner.rest();
        if let Some((b'"', text)) = quoted.split_first() {
            let last = &mut self.midnight;
            let leading = EntryTime::leading_utc(text, |date| match last {
                Some((text, midnight)) if text == date => Some(*midnight),
                _ => {
                    let midnight = time::midnight(date)?;
                    *last = Some((*date, midnight));
                    Some(midnight)
                }
            });
            if let Some((time, length)) = leading
                && text.get(length) == Some(&b'"')
            {
                self.scanner.skip(length + 2);
                return Some(Some(time));
            }
        }
        self.other_time(ordinal)
    }

    #[cold]
    fn other_time(&mut self, ordinal: usize) -> Option<Option<EntryTime>> {
        let Some(text) = self.scanner.text_or_null()? else {
            return Some(None);
        };
        let time = EntryTime::parse(&text);
        if time.is_none() {
            self.unreadable_time.get_or_insert(ordinal);
        }
        Some(time)
    }
}
