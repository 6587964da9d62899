//! What a command came to, as values: the one thing that renderers look at.

use std::fmt;

use chrono::NaiveDate;

use crate::chart::Market;
use crate::date::DateRange;
use crate::ledger::day::with_causes;
use crate::ledger::finding::{Finding, Level};
use crate::ledger::payout::Payout;
use crate::money::Currency;
use crate::money::amount::Amount;
use crate::proof::{EndEdge, LedgerProof, StartEdge, Status, TopicTotals};
use crate::provider::{LedgerInfo, Topic};
use crate::report::bank_text;
use crate::run::LedgerRun;
use crate::run::books::Standing;
use crate::run::documents::Output;
use crate::text::shortened;

/// The most characters of an entry type that are told. The longest that is known has 27.
const ENTRY_TYPE_MAX: usize = 200;

/// The most characters of a message that are told: it may quote a file or the provider.
const MESSAGE_MAX: usize = 2000;

/// The decimals of an amount whose currency is not known.
const UNKNOWN_EXPONENT: u32 = 2;

/// What a command about a range of dates came to.
#[derive(Debug, Clone)]
pub struct Report {
    /// The command's name.
    pub command: String,
    /// The dates that were asked for.
    pub range: DateRange,
    /// The code with which the program ends.
    pub exit_code: u8,
    /// What there is to say about the whole run.
    pub findings: Vec<Finding>,
    /// One item per ledger, in the order of the run.
    pub ledgers: Vec<LedgerReport>,
}

/// What became of one ledger.
#[derive(Debug, Clone)]
pub struct LedgerReport {
    /// The ledger, with its owner, sales units and bank account as far as the provider names them.
    pub info: LedgerInfo,
    /// The legal name of the company whose books the ledger belongs to, where the configuration says
    /// it.
    pub company: Option<String>,
    /// The market by whose customs the ledger is booked.
    pub market: Market,
    /// The verdict. `Failed` also when the ledger ended in an error.
    pub status: Status,
    /// The currency's code: the proof's, or the provider's text when the run ended before a proof.
    pub currency: Option<String>,
    /// What was proven; `None` when the run ended before.
    pub proven: Option<Proven>,
    /// The provider's accounts at each month's end; none unless they were asked for.
    pub books: Vec<BooksReport>,
    /// The files that were written.
    pub outputs: Vec<Output>,
    /// Why the ledger ended without success, apart from its findings.
    pub error: Option<ErrorReport>,
}

/// An account of the provider on a date, in the books and in the ledger.
#[derive(Debug, Clone)]
pub struct BooksReport {
    /// The account's role.
    pub role: &'static str,
    /// Its number.
    pub account: String,
    /// The date.
    pub date: NaiveDate,
    /// The provider's balance.
    pub ledger: Money,
    /// What the account shows, where its opening was booked.
    pub books: Money,
    /// The provider's balance at the date's rate, in the base currency, where there is one.
    pub base_ledger: Option<Money>,
    /// What the account shows in the base currency, where its opening has a rate.
    pub base_books: Option<Money>,
    /// What the ledger moved and the vouchers did not, because the modes leave it to others.
    pub elsewhere: Option<Money>,
}

/// What is known of a ledger's range.
#[derive(Debug, Clone)]
pub struct Proven {
    /// What the beginning of the range hangs on.
    pub start: StartEdge,
    /// What the end of the range hangs on.
    pub end: EndEdge,
    /// The dates that could be exported, where there are any.
    pub exported: Option<DateRange>,
    /// Both topics, in the order of [`Topic::ALL`].
    pub topics: [TopicReport; 2],
    /// Every payout, by ledger date.
    pub payouts: Vec<PayoutReport>,
    /// Dates that are open or missing, in order.
    pub open_dates: Vec<NaiveDate>,
    /// The sums of the journal; zeros when nothing was posted.
    pub journal: JournalReport,
    /// Everything that was found, by date, topic and code.
    pub findings: Vec<Finding>,
}

/// One topic's balances and totals.
#[derive(Debug, Clone)]
pub struct TopicReport {
    /// Which one.
    pub topic: Topic,
    /// Balance before the range, where known.
    pub opening: Option<Money>,
    /// Balance after the range, where known.
    pub closing: Option<Money>,
    /// Totals by entry type, in the order of the names.
    pub by_type: Vec<TypeReport>,
}

/// Count and sum of one entry type.
#[derive(Debug, Clone)]
pub struct TypeReport {
    /// The canonical name; of a type that bilag does not know, the provider's.
    pub entry_type: String,
    /// How many entries.
    pub count: u64,
    /// Their sum.
    pub sum: Money,
}

/// One payout with its parts: `carried + movements - remains` is its amount.
#[derive(Debug, Clone)]
pub struct PayoutReport {
    /// The provider's number for it, where the entry has one.
    pub number: Option<String>,
    /// The ledger date that it closes.
    pub ledger_date: NaiveDate,
    /// What was sent, positive.
    pub amount: Money,
    /// The text on the bank statement, as far as it is known.
    pub bank_text: Option<String>,
    /// Whether every part is known and proven.
    pub explained: bool,
    /// The balance after the payout before it, where known.
    pub carried: Option<Money>,
    /// What moved since.
    pub movements: Money,
    /// What the provider kept back, where known.
    pub remains: Option<Money>,
}

/// The journal's sums, in the ledger's currency.
#[derive(Debug, Clone)]
pub struct JournalReport {
    /// How many vouchers.
    pub vouchers: u64,
    /// How many postings.
    pub postings: u64,
    /// Sum of debits.
    pub debit: Money,
    /// Sum of credits, positive.
    pub credit: Money,
    /// What moved on each account, debit positive, in the order of the account numbers.
    pub movements: Vec<(String, Money)>,
}

/// Why a ledger ended without success.
#[derive(Debug, Clone)]
pub struct ErrorReport {
    /// What failed, with its causes.
    pub message: String,
    /// What the user can do about it.
    pub hint: Option<String>,
}

/// An amount in minor units of a currency. `{}` writes it in major units, without the currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Money {
    /// Minor units.
    pub minor: i128,
    /// The currency, where anything says it.
    pub currency: Option<Currency>,
}

impl Money {
    /// How many decimals the amount has; two when the currency is not known.
    pub fn exponent(self) -> u32 {
        self.currency
            .map_or(UNKNOWN_EXPONENT, |currency| currency.exponent())
    }

    /// The amount, to be written.
    pub fn amount(self) -> Amount {
        Amount::new(self.minor, self.exponent())
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.amount().fmt(f)
    }
}

impl LedgerReport {
    /// What a ledger's run came to. The company is for the caller to name, who has the
    /// configuration.
    pub fn of(run: &LedgerRun, market: Market) -> Self {
        let proof = run.proof.as_ref();
        Self {
            info: run.info.clone(),
            company: None,
            market,
            status: match proof {
                Some(proof) if run.error.is_none() => proof.status,
                Some(_) | None => Status::Failed,
            },
            currency: match proof {
                Some(proof) => proof.currency.map(|currency| currency.code().to_owned()),
                None => run.info.currency.clone(),
            },
            proven: proof.map(|proof| Proven::of(run, proof, market)),
            books: run.books.iter().map(BooksReport::of).collect(),
            outputs: run.outputs.clone(),
            error: run.error.as_ref().map(|error| ErrorReport {
                message: shortened(&with_causes(error), MESSAGE_MAX).into_owned(),
                hint: error.hint(),
            }),
        }
    }

    /// A ledger that failed before its run began.
    pub fn failed(info: LedgerInfo, market: Market, error: ErrorReport) -> Self {
        Self {
            company: None,
            market,
            status: Status::Failed,
            currency: info.currency.clone(),
            info,
            proven: None,
            books: Vec::new(),
            outputs: Vec::new(),
            error: Some(error),
        }
    }

    /// The ledger's id.
    pub fn ledger_id(&self) -> &str {
        &self.info.ledger_id
    }

    /// The payouts; none when the run ended before a proof.
    pub fn payouts(&self) -> &[PayoutReport] {
        self.proven.as_ref().map_or(&[], |proven| &proven.payouts)
    }

    /// The open and missing dates; none when the run ended before a proof.
    pub fn open_dates(&self) -> &[NaiveDate] {
        self.proven.as_ref().map_or(&[], |proven| &proven.open_dates)
    }

    /// The findings; none when the run ended before a proof.
    pub fn findings(&self) -> &[Finding] {
        self.proven.as_ref().map_or(&[], |proven| &proven.findings)
    }

    /// The findings of one level.
    pub fn findings_of(&self, level: Level) -> impl Iterator<Item = &Finding> {
        self.findings()
            .iter()
            .filter(move |finding| finding.level == level)
    }
}

impl BooksReport {
    fn of(standing: &Standing) -> Self {
        let money = |minor: i64, currency| Money {
            minor: minor.into(),
            currency: Some(currency),
        };
        let base = |minor: Option<i64>| minor.map(|minor| money(minor, standing.base_currency));
        Self {
            role: standing.role.name(),
            account: standing.account.to_string(),
            date: standing.date,
            ledger: money(standing.ledger, standing.currency),
            books: money(standing.books, standing.currency),
            base_ledger: base(standing.base_ledger),
            base_books: base(standing.base_books),
            elsewhere: standing.elsewhere.map(|minor| money(minor, standing.currency)),
        }
    }
}

impl Proven {
    fn of(run: &LedgerRun, proof: &LedgerProof, market: Market) -> Self {
        let money = |minor: i128| Money {
            minor,
            currency: proof.currency,
        };
        let payout = |payout: &Payout| PayoutReport {
            number: payout.number.clone(),
            ledger_date: payout.ledger_date,
            amount: money(payout.amount.into()),
            bank_text: bank_text::of(payout, &run.info, market),
            explained: payout.explained,
            carried: payout.carried.map(|minor| money(minor.into())),
            movements: money(payout.movements.into()),
            remains: payout.remains.map(|minor| money(minor.into())),
        };
        Self {
            start: proof.start,
            end: proof.end,
            exported: proof.exported,
            topics: Topic::ALL.map(|topic| {
                let totals = match topic {
                    Topic::Funds => &proof.funds,
                    Topic::Fees => &proof.fees,
                };
                TopicReport::of(topic, totals, &money)
            }),
            payouts: proof.payouts.iter().map(payout).collect(),
            open_dates: proof.open_dates.clone(),
            journal: JournalReport {
                vouchers: run.totals.vouchers,
                postings: run.totals.postings,
                debit: money(run.totals.debit),
                credit: money(run.totals.credit),
                movements: run
                    .movements
                    .iter()
                    .map(|(account, minor)| (account.to_string(), money(*minor)))
                    .collect(),
            },
            findings: proof.findings.iter().cloned().collect(),
        }
    }
}

impl TopicReport {
    fn of(topic: Topic, totals: &TopicTotals, money: &impl Fn(i128) -> Money) -> Self {
        Self {
            topic,
            opening: totals.opening.map(|minor| money(minor.into())),
            closing: totals.closing.map(|minor| money(minor.into())),
            by_type: totals
                .by_type
                .iter()
                .map(|(name, total)| TypeReport {
                    entry_type: shortened(name, ENTRY_TYPE_MAX).into_owned(),
                    count: total.count,
                    sum: money(total.sum.into()),
                })
                .collect(),
        }
    }
}
