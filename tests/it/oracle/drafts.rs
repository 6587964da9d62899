//! Sums the moves of a voucher, takes the VAT out, and values all in the base currency.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::oracle::exact::Exact;
use crate::oracle::market::Role;
use crate::oracle::moves::{Move, Side};
use crate::oracle::setting::{Setting, VoucherPer};

/// What a posting says. Debit is positive.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Posting {
    pub(crate) key: String,
    pub(crate) account: String,
    pub(crate) amount: i64,
    /// Of `amount`.
    pub(crate) currency: String,
    /// None where the ledger is in the books' currency.
    pub(crate) base: Option<i64>,
    pub(crate) code: Option<String>,
    pub(crate) department: Option<String>,
    pub(crate) project: Option<String>,
    pub(crate) reference: Option<String>,
}

/// A voucher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Voucher {
    pub(crate) id: String,
    pub(crate) date: NaiveDate,
    /// The ledger date that makes it whole: the export of this date has it.
    pub(crate) on: NaiveDate,
    pub(crate) postings: Vec<Posting>,
}

/// How much an account moves because of one ledger date, in both currencies.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Movement {
    pub(crate) account: &'static str,
    pub(crate) date: NaiveDate,
    pub(crate) amount: i64,
    pub(crate) base: i64,
}

/// What is posted together: a key, and the entry's place, or its sign where entries are summed.
type GroupKey = (&'static str, usize);

/// One of the sides that a group moves, gross by ledger date; a given VAT stands beside its gross.
#[derive(Debug, Default)]
struct Sums {
    computed: BTreeMap<NaiveDate, i64>,
    given: BTreeMap<NaiveDate, (i64, i64)>,
}

#[derive(Debug, Default)]
struct Group {
    provider: &'static str,
    reference: Option<String>,
    amounts: BTreeMap<NaiveDate, i64>,
    counters: BTreeMap<Side, Sums>,
}

/// A voucher in the making.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) id: String,
    pub(crate) date: NaiveDate,
    pub(crate) on: NaiveDate,
    groups: BTreeMap<GroupKey, Group>,
    /// Postings that only the base currency has, or that need no sums.
    pub(crate) extra: Vec<Posting>,
}

impl Draft {
    pub(crate) fn new(id: String, date: NaiveDate, on: NaiveDate) -> Self {
        Self {
            id,
            date,
            on,
            groups: BTreeMap::new(),
            extra: Vec::new(),
        }
    }

    /// Adds the move of the entry at `place`.
    pub(crate) fn add(&mut self, setting: &Setting, place: usize, moved: &Move<'_>) {
        let is_summed = moved.is_summed() && setting.modes.voucher_per != VoucherPer::Entry;
        let slot = if is_summed {
            usize::from(moved.entry.amount < 0)
        } else {
            place + 2
        };
        let group = self.groups.entry((moved.key, slot)).or_default();
        group.provider = moved.provider;
        if !is_summed {
            group.reference = reference(moved);
        }
        let date = moved.entry.date;
        *group.amounts.entry(date).or_default() += moved.amount();
        for (side, gross, vat) in &moved.counters {
            let sums = group.counters.entry(side.clone()).or_default();
            match vat {
                None => *sums.computed.entry(date).or_default() += gross,
                Some(vat) => {
                    let sum = sums.given.entry(date).or_default();
                    *sum = (sum.0 + gross, sum.1 + vat);
                }
            }
        }
    }

    /// Whether it has the entry at `place`, which is not summed with others.
    pub(crate) fn holds(&self, place: usize) -> bool {
        self.groups.keys().any(|(_, slot)| *slot == place + 2)
    }

    /// The postings, and how much each account moves by date.
    pub(crate) fn post(&self, setting: &Setting) -> (Vec<Posting>, Vec<Movement>) {
        let (mut postings, mut movements) = (Vec::new(), Vec::new());
        for ((key, _), group) in &self.groups {
            let mut lines = BTreeMap::<(usize, Side), (i64, i64)>::new();
            let mut add = |rank: usize, side: &Side, date: NaiveDate, amount: i64| {
                let base = setting.in_base(amount, date);
                let sum = lines.entry((rank, side.clone())).or_default();
                *sum = (sum.0 + amount, sum.1 + base);
                movements.push(Movement {
                    account: side.account,
                    date,
                    amount,
                    base,
                });
            };
            let provider = Side {
                account: group.provider,
                code: None,
                department: None,
                project: None,
                vat: None,
            };
            for (date, amount) in &group.amounts {
                add(0, &provider, *date, *amount);
            }
            for (side, sums) in &group.counters {
                for (date, net, vat) in sums.split(side) {
                    add(
                        1,
                        &Side {
                            vat: None,
                            ..side.clone()
                        },
                        date,
                        -net,
                    );
                    if let Some((_, account)) = side.vat {
                        let vat_side = Side {
                            account,
                            vat: None,
                            ..side.clone()
                        };
                        add(2, &vat_side, date, -vat);
                    }
                }
            }
            for ((_, side), (amount, base)) in lines {
                if amount != 0 || base != 0 {
                    postings.push(Posting {
                        key: (*key).to_owned(),
                        account: side.account.to_owned(),
                        amount,
                        currency: setting.currency.to_owned(),
                        base: setting.is_foreign().then_some(base),
                        code: side.code.map(str::to_owned),
                        department: side.department.map(str::to_owned),
                        project: side.project.map(str::to_owned),
                        reference: group.reference.clone(),
                    });
                }
            }
        }
        (postings, movements)
    }

    /// The voucher, when it has postings. What rounding leaves in the base currency goes to its own account.
    pub(crate) fn finish(self, setting: &Setting) -> Option<Voucher> {
        let (mut postings, _) = self.post(setting);
        postings.extend(self.extra);
        if postings.is_empty() {
            return None;
        }
        let rest: i64 = postings.iter().filter_map(|posting| posting.base).sum();
        if rest != 0 {
            let account = setting.market.account(Role::Rounding);
            postings.push(in_base_only(setting, "rounding", account, -rest));
        }
        postings.sort();
        Some(Voucher {
            id: self.id,
            date: self.date,
            on: self.on,
            postings,
        })
    }
}

/// A posting that moves nothing in the ledger's currency.
pub(crate) fn in_base_only(setting: &Setting, key: &str, account: &str, amount: i64) -> Posting {
    Posting {
        key: key.to_owned(),
        account: account.to_owned(),
        amount,
        currency: setting.market.currency.to_owned(),
        base: Some(amount),
        code: None,
        department: None,
        project: None,
        reference: None,
    }
}

fn reference(moved: &Move<'_>) -> Option<String> {
    let psp = moved.entry.psp.clone()?;
    if moved.key.starts_with("payout") {
        psp.rsplit('-').next().map(str::to_owned)
    } else {
        Some(psp)
    }
}

impl Sums {
    /// Net and VAT by ledger date: VAT is of the voucher's gross, of which the dates take their part in turn.
    fn split(&self, side: &Side) -> Vec<(NaiveDate, i64, i64)> {
        let mut parts = Vec::new();
        let (mut gross_so_far, mut vat_so_far) = (0, 0);
        for (date, gross) in &self.computed {
            gross_so_far += gross;
            let vat = side.vat.map_or(0, |(rate, _)| {
                let rate = Exact::parse(rate);
                (Exact::from(gross_so_far) * rate / (rate + Exact::from(100))).nearest()
            });
            parts.push((*date, gross - (vat - vat_so_far), vat - vat_so_far));
            vat_so_far = vat;
        }
        parts.extend(
            self.given
                .iter()
                .map(|(date, (gross, vat))| (*date, gross - vat, *vat)),
        );
        parts
    }
}
