//! What each entry of a life moves: the table of the bookkeeping rules, the modes, the rules.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::oracle::life::{Entry, Life, Topic, before};
use crate::oracle::market::Role;
use crate::oracle::refunds::{self, Baskets, Share};
use crate::oracle::setting::{Captures, Fees, Setting, VoucherPer};

/// One account, code and dimension that is moved, and where its VAT goes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Side {
    pub(crate) account: &'static str,
    pub(crate) code: Option<&'static str>,
    pub(crate) department: Option<&'static str>,
    pub(crate) project: Option<&'static str>,
    /// Rate and account of VAT.
    pub(crate) vat: Option<(&'static str, &'static str)>,
}

/// What an entry moves.
#[derive(Debug)]
pub(crate) struct Move<'l> {
    pub(crate) entry: &'l Entry,
    pub(crate) key: &'static str,
    pub(crate) provider: &'static str,
    /// The counter sides with their gross, by the sign of the entry, and the VAT that was given.
    pub(crate) counters: Vec<(Side, i64, Option<i64>)>,
    /// The voucher's date, unless vouchers are per payout.
    pub(crate) date: NaiveDate,
}

impl Move<'_> {
    /// What the provider's account moves by.
    pub(crate) fn amount(&self) -> i64 {
        self.counters.iter().map(|counter| counter.1).sum()
    }

    /// Whether equal types of a voucher are summed.
    pub(crate) fn is_summed(&self) -> bool {
        matches!(self.key, "capture" | "refund" | "capture_fee" | "fees_retained")
    }
}

/// Gives moves for the entries of one life.
#[derive(Debug)]
pub(crate) struct Mover<'l> {
    life: &'l Life,
    setting: &'l Setting,
    shares: BTreeMap<usize, Vec<Share>>,
    baskets: Baskets<'l>,
    captures: BTreeMap<&'l str, &'l Entry>,
}

impl<'l> Mover<'l> {
    pub(crate) fn new(life: &'l Life, setting: &'l Setting) -> Self {
        let captures = life
            .entries
            .iter()
            .filter(|entry| entry.kind == "capture" && entry.topic == Topic::Funds);
        Self {
            life,
            setting,
            shares: refunds::shares(life),
            baskets: refunds::baskets(life),
            captures: captures
                .filter_map(|entry| Some((entry.psp.as_deref()?, entry)))
                .collect(),
        }
    }

    /// What the entry at a place moves; none where it is not posted.
    pub(crate) fn of(&self, place: usize) -> Option<Move<'l>> {
        let entry = &self.life.entries[place];
        let (key, provider, counter) = match (entry.topic, entry.kind) {
            (Topic::Funds, "capture") => return self.sale("capture", place, entry),
            (Topic::Funds, "refund") => return self.sale("refund", place, entry),
            (Topic::Funds, "fees-retained") => {
                let counter = match self.setting.modes.fees {
                    Fees::Accrual => Role::FeesPayable,
                    Fees::Retained => Role::FeeExpense,
                };
                ("fees_retained", Role::Funds, counter)
            }
            (Topic::Funds, kind) => {
                let (key, counter) = match kind {
                    "payout-scheduled" => ("payout_scheduled", Role::InTransit),
                    "payout-aborted" => ("payout_aborted", Role::InTransit),
                    "retained-disputed-capture" => ("dispute_retained", Role::Disputes),
                    "returned-disputed-capture" => ("dispute_returned", Role::Disputes),
                    "correction" => ("correction_funds", Role::Suspense),
                    "top-up" => ("top_up", Role::TopupClearing),
                    "credit-note" => ("credit_note_funds", Role::TopupClearing),
                    _ => ("unknown_funds", Role::Suspense),
                };
                (key, Role::Funds, counter)
            }
            (Topic::Fees, "fees-retained") => return None,
            (Topic::Fees, _) if self.setting.modes.fees == Fees::Retained => return None,
            (Topic::Fees, kind) => {
                let (key, counter) = match kind {
                    "capture-fee" => ("capture_fee", Role::FeeExpense),
                    "fees-invoiced" => ("fees_invoiced", Role::FeeInvoice),
                    "correction" => ("correction_fees", Role::FeeExpense),
                    "credit-note" => ("credit_note_fees", Role::FeeInvoice),
                    "service-fee" => ("service_fee", Role::FeeExpense),
                    _ => ("unknown_fees", Role::Suspense),
                };
                (key, Role::FeesPayable, counter)
            }
        };
        let market = self.setting.market;
        let mut side = plain(market.account(counter));
        if counter == Role::FeeExpense {
            side.code = market.fee_code;
            let rule = self.fee_rule_date(entry);
            let rule = self
                .setting
                .rule(entry.handle.as_deref(), entry.reference.as_deref(), rule);
            side.department = rule.and_then(|rule| rule.department);
            side.project = rule.and_then(|rule| rule.project);
        }
        Some(Move {
            entry,
            key,
            provider: market.account(provider),
            counters: vec![(side, entry.amount, None)],
            date: entry.date,
        })
    }

    /// The date whose rules a capture goes by.
    fn rule_date(&self, entry: &Entry) -> NaiveDate {
        let modes = self.setting.modes;
        if modes.by_transaction && modes.voucher_per != VoucherPer::Payout {
            entry.local_date
        } else {
            entry.date
        }
    }

    /// The date whose rules a fee goes by: its capture's, where that is at most seven dates back.
    fn fee_rule_date(&self, fee: &Entry) -> NaiveDate {
        let capture = fee.psp.as_deref().filter(|_| fee.topic == Topic::Fees);
        let capture = capture.and_then(|psp| self.captures.get(psp));
        let known = |capture: &&&Entry| capture.date <= fee.date && capture.date >= before(fee.date, 7);
        capture
            .filter(known)
            .map_or(fee.date, |capture| self.rule_date(capture))
    }

    fn sale(&self, key: &'static str, place: usize, entry: &'l Entry) -> Option<Move<'l>> {
        let mut counters = Vec::new();
        match self.shares.get(&place) {
            None => {
                let lines = entry.psp.as_deref().and_then(|psp| self.baskets.get(psp));
                match lines {
                    None => self.add(&mut counters, entry, entry, (None, entry.amount, None)),
                    Some(lines) => {
                        for (gross, code, vat) in *lines {
                            self.add(&mut counters, entry, entry, (Some(code), *gross, *vat));
                        }
                    }
                }
            }
            Some(shares) => {
                for share in shares {
                    let capture = share.capture.map_or(entry, |place| &self.life.entries[place]);
                    for (code, gross, vat) in &share.parts {
                        self.add(
                            &mut counters,
                            capture,
                            entry,
                            (*code, -gross, vat.map(|vat| -vat)),
                        );
                    }
                }
            }
        }
        let modes = self.setting.modes;
        let moves = modes.by_transaction && modes.voucher_per != VoucherPer::Payout;
        (!counters.is_empty()).then(|| Move {
            entry,
            key,
            provider: self.setting.market.account(Role::Funds),
            counters,
            date: if moves { entry.local_date } else { entry.date },
        })
    }

    /// Adds a part of an entry, which goes by the rules of `origin`.
    fn add(
        &self,
        counters: &mut Vec<(Side, i64, Option<i64>)>,
        origin: &Entry,
        entry: &Entry,
        (code, gross, vat): (Option<&'static str>, i64, Option<i64>),
    ) {
        let handle = origin.handle.as_deref();
        let rule = self
            .setting
            .rule(handle, entry.reference.as_deref(), self.rule_date(origin));
        let mode = rule
            .and_then(|rule| rule.captures)
            .unwrap_or(self.setting.modes.captures);
        let own_account = rule.and_then(|rule| rule.account);
        let (rules_code, market) = (rule.and_then(|rule| rule.code), self.setting.market);
        let side = match mode {
            Captures::None => return,
            Captures::Clearing => plain(own_account.unwrap_or(market.account(Role::SalesClearing))),
            Captures::Revenue => {
                // An account alone takes the whole amount, lines or not.
                let is_account_alone = own_account.is_some() && rules_code.is_none();
                let code = code.filter(|_| !is_account_alone).or(rules_code);
                let mut side = match code {
                    None => plain(own_account.expect("a rule gives each capture a code or an account")),
                    Some(code) => {
                        let own_account = own_account.filter(|_| rules_code.is_none_or(|own| own == code));
                        taxed(market.code(code), own_account, self.rule_date(origin))
                    }
                };
                side.department = rule.and_then(|rule| rule.department);
                side.project = rule.and_then(|rule| rule.project);
                side
            }
        };
        let vat = vat.filter(|_| side.vat.is_some());
        counters.push((side, gross, vat));
    }
}

fn plain(account: &'static str) -> Side {
    Side {
        account,
        code: None,
        department: None,
        project: None,
        vat: None,
    }
}

fn taxed(
    (name, rate, vat_account, revenue, from, to): &crate::oracle::market::Code,
    own_account: Option<&'static str>,
    date: NaiveDate,
) -> Side {
    let date = date.to_string();
    let is_valid = *from <= date.as_str() && (to.is_empty() || date.as_str() <= *to);
    assert!(is_valid, "the life uses {name} on {date}");
    Side {
        code: Some(name),
        vat: (!vat_account.is_empty()).then_some((*rate, *vat_account)),
        ..plain(own_account.unwrap_or(revenue))
    }
}
