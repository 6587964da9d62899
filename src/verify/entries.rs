//! Journals and transactions: ids, dates, balance, totals.

use std::collections::HashSet;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use chrono::NaiveDate;

use crate::verify::Report;
use crate::verify::dialect::{Dialect, TRANSACTION_FIELDS};
use crate::verify::element::Element;
use crate::verify::lines;
use crate::verify::master::{Master, amount};
use crate::verify::rule;

/// A total that the file states before its transactions.
#[derive(Debug)]
struct Stated {
    line: u64,
    value: i128,
}

/// The transaction that is being read.
#[derive(Debug, Default)]
struct Transaction {
    line: u64,
    id: String,
    fields: HashSet<String>,
    records: HashSet<String>,
    lines: u64,
    debit: i128,
    credit: i128,
    has_system_id: bool,
}

/// Everything that is known of the entries so far. Ids are kept as hashes of 64 bits, so that a
/// file of any size fits.
#[derive(Debug, Default)]
pub(crate) struct Entries {
    pub(crate) transactions: u64,
    pub(crate) lines: u64,
    selection: Option<(NaiveDate, NaiveDate)>,
    count: Option<Stated>,
    total_debit: Option<Stated>,
    total_credit: Option<Stated>,
    debit: i128,
    credit: i128,
    journals: HashSet<String>,
    ids: HashSet<u64>,
    transaction: Option<Transaction>,
    is_in_journal: bool,
    reported_no_master: bool,
}

impl Entries {
    pub(crate) fn read_selection(&mut self, header: &Element) {
        let selection = header.child("SelectionCriteria");
        self.selection = selection.and_then(|selection| {
            Some((
                selection.date("SelectionStartDate")?,
                selection.date("SelectionEndDate")?,
            ))
        });
    }

    pub(crate) fn open(&mut self, name: &str, line: u64) {
        match name {
            "Journal" => self.is_in_journal = true,
            "Transaction" => {
                self.transaction = Some(Transaction {
                    line,
                    ..Transaction::default()
                });
            }
            _ => {}
        }
    }

    pub(crate) fn close(&mut self, name: &str, dialect: &Dialect, report: &mut Report) {
        match name {
            "Journal" => self.is_in_journal = false,
            "Transaction" => self.close_transaction(dialect, report),
            _ => {}
        }
    }

    pub(crate) fn element(
        &mut self,
        element: &Element,
        dialect: &Dialect,
        master: &mut Master,
        report: &mut Report,
    ) {
        if self.transaction.is_some() {
            if element.name == "Line" {
                self.line(element, dialect, master, report);
            } else {
                self.field(element, report);
            }
            return;
        }
        let stated = || {
            Some(Stated {
                line: element.line,
                value: element.amount()?,
            })
        };
        match (element.name.as_str(), self.is_in_journal) {
            ("NumberOfEntries", false) => self.count = stated(),
            ("TotalDebit", false) => self.total_debit = stated(),
            ("TotalCredit", false) => self.total_credit = stated(),
            ("JournalID", true) if !self.journals.insert(element.value().to_owned()) => {
                report.add(rule::JOURNAL_REPEATED, element.line, || {
                    format!("journal `{}` is listed twice", element.value())
                });
            }
            ("Type", true) => {
                let types = dialect.journal_types();
                if !types.is_empty() && !types.contains(&element.value()) {
                    report.add(rule::JOURNAL_TYPE, element.line, || {
                        format!(
                            "the journal's type is `{}`, not {}",
                            element.value(),
                            types.join(", ")
                        )
                    });
                }
            }
            _ => {}
        }
    }

    /// There is no more: what the file states of itself.
    pub(crate) fn finish(&self, dialect: &Dialect, report: &mut Report) {
        if let Some(stated) = &self.count {
            // Whether a Danish file counts transactions or lines is not settled.
            let counts = [self.transactions, self.lines].map(i128::from);
            let is_right =
                stated.value == counts[0] * 100 || (dialect.is_danish && stated.value == counts[1] * 100);
            if !is_right {
                report.add(rule::ENTRY_COUNT, stated.line, || {
                    format!(
                        "the file states {} entries and holds {} transactions",
                        stated.value / 100,
                        self.transactions
                    )
                });
            }
        }
        for (rule, stated, sum) in [
            (rule::TOTAL_DEBIT, &self.total_debit, self.debit),
            (rule::TOTAL_CREDIT, &self.total_credit, self.credit),
        ] {
            if let Some(stated) = stated.as_ref().filter(|stated| stated.value != sum) {
                report.add(rule, stated.line, || {
                    format!(
                        "the file states {}, its lines sum to {}",
                        amount(stated.value),
                        amount(sum)
                    )
                });
            }
        }
    }

    fn field(&mut self, element: &Element, report: &mut Report) {
        let (name, text, line) = (element.name.as_str(), element.value(), element.line);
        let Some(transaction) = &mut self.transaction else {
            return;
        };
        if TRANSACTION_FIELDS.contains(&name) {
            if text.is_empty() {
                report.add(rule::BLANK, line, || format!("`{name}` is blank"));
            }
            transaction.fields.insert(name.to_owned());
        }
        match name {
            "TransactionID" => {
                text.clone_into(&mut transaction.id);
                if !self.ids.insert(hash(text)) {
                    report.add(rule::TRANSACTION_REPEATED, line, || {
                        format!("transaction `{text}` is there twice")
                    });
                }
            }
            "SystemID" => transaction.has_system_id |= !text.is_empty(),
            "TransactionDate" => in_selection(self.selection, element, rule::TRANSACTION_DATE, report),
            "GLPostingDate" => in_selection(self.selection, element, rule::POSTING_DATE, report),
            "Period" if !text.parse::<u32>().is_ok_and(|period| (1..=16).contains(&period)) => {
                report.add(rule::PERIOD, line, || format!("the period is `{text}`"));
            }
            "PeriodYear"
                if !text
                    .parse::<u32>()
                    .is_ok_and(|year| (1970..=2100).contains(&year)) =>
            {
                report.add(rule::PERIOD, line, || {
                    format!("the year of the period is `{text}`")
                });
            }
            _ => {}
        }
    }

    fn line(&mut self, element: &Element, dialect: &Dialect, master: &mut Master, report: &mut Report) {
        let Some(transaction) = &mut self.transaction else {
            return;
        };
        self.lines += 1;
        transaction.lines += 1;
        let record = element.get("RecordID").unwrap_or_default();
        if !transaction.records.insert(record.to_owned()) {
            report.add(rule::RECORD_REPEATED, element.line, || {
                format!("transaction `{}` has the line `{record}` twice", transaction.id)
            });
        }
        if !master.has_accounts() && !self.reported_no_master {
            self.reported_no_master = true;
            report.add(rule::NO_MASTER, element.line, || {
                "the file lists no accounts: references are not checked".to_owned()
            });
        }
        if let Some(sides) = lines::check(element, dialect, master, report) {
            transaction.debit += sides.debit;
            transaction.credit += sides.credit;
        }
    }

    fn close_transaction(&mut self, dialect: &Dialect, report: &mut Report) {
        let Some(transaction) = self.transaction.take() else {
            return;
        };
        self.transactions += 1;
        self.debit += transaction.debit;
        self.credit += transaction.credit;
        let (id, line) = (&transaction.id, transaction.line);
        for name in TRANSACTION_FIELDS {
            if !transaction.fields.contains(name) {
                report.add(rule::MISSING, line, || {
                    format!("transaction `{id}` has no `{name}`")
                });
            }
        }
        if transaction.lines == 0 {
            report.add(rule::NO_LINES, line, || {
                format!("transaction `{id}` has no lines")
            });
        }
        if transaction.debit != transaction.credit {
            report.add(rule::UNBALANCED, line, || {
                format!(
                    "transaction `{id}` has debits of {} and credits of {}",
                    amount(transaction.debit),
                    amount(transaction.credit)
                )
            });
        }
        if dialect.is_danish && !transaction.has_system_id {
            report.add(rule::SYSTEM_ID, line, || {
                format!("transaction `{id}` has no `SystemID`")
            });
        }
    }
}

fn in_selection(
    selection: Option<(NaiveDate, NaiveDate)>,
    element: &Element,
    rule: rule::Rule,
    report: &mut Report,
) {
    let date = crate::verify::element::date(element.value());
    if let (Some((from, to)), Some(date)) = (selection, date)
        && !(from..=to).contains(&date)
    {
        report.add(rule, element.line, || {
            format!("`{}` is {date}, the selection is {from} to {to}", element.name)
        });
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
