//! What a target cannot hold, minds, or holds otherwise, collected while documents are made.

use std::collections::BTreeMap;

use crate::format::control::{ControlAccount, Does};
use crate::journal::id::VoucherId;
use crate::ledger::finding::{Code, Level};
use crate::ledger::findings::Findings;
use crate::money::Currency;
use crate::writer::lines::OtherVat;

/// How many refusals are named; the others are counted.
const NAMED_REFUSALS: usize = 20;

/// How many replacements are named; the others are counted.
const NAMED_REPLACEMENTS: usize = 100;

/// Collects what a target cannot hold, and what had to be replaced so that it can.
#[derive(Debug)]
pub struct Limits {
    format: String,
    refusals: Items,
    replacements: Items,
    /// Postings on accounts that the target keeps for customers or suppliers.
    controls: BTreeMap<String, OnControl>,
    /// Vouchers whose VAT the target computes otherwise.
    other_vat: Items,
    /// Whether one of them differs by more than rounding does.
    has_large_vat: bool,
}

/// Postings on a control account.
#[derive(Debug)]
struct OnControl {
    does: Does,
    text: String,
    lines: usize,
    first: String,
}

/// What was found of one kind: some of it by name, the rest counted.
#[derive(Debug)]
struct Items {
    /// How many are named at most.
    most: usize,
    named: Vec<String>,
    more: usize,
    /// The last one that could be a repetition, named or not.
    last: String,
}

impl Items {
    fn new(most: usize) -> Self {
        Self {
            most,
            named: Vec::new(),
            more: 0,
            last: String::new(),
        }
    }

    fn add(&mut self, what: String) {
        if self.named.len() < self.most {
            self.named.push(what);
        } else {
            self.more += 1;
        }
    }

    fn add_once(&mut self, what: String) {
        if self.last != what && !recent(&self.named).contains(&what) {
            self.last.clone_from(&what);
            self.add(what);
        }
    }
}

impl Limits {
    /// An empty collection for a format.
    pub fn new(format: &str) -> Self {
        Self {
            format: format.to_owned(),
            refusals: Items::new(NAMED_REFUSALS),
            replacements: Items::new(NAMED_REPLACEMENTS),
            controls: BTreeMap::new(),
            other_vat: Items::new(NAMED_REPLACEMENTS),
            has_large_vat: false,
        }
    }

    /// The target cannot hold something: what, of which voucher or entry, and the limit.
    pub fn refuse(&mut self, what: impl Into<String>) {
        self.refusals.add(what.into());
    }

    /// Something was replaced to fit the target: what, of which voucher, and by what.
    pub fn replaced(&mut self, what: impl Into<String>) {
        self.replacements.add(what.into());
    }

    /// Refuses something that every line of a voucher may repeat: it is named once in a row.
    pub fn refuse_once(&mut self, what: String) {
        self.refusals.add_once(what);
    }

    /// Lists a replacement that every line of a voucher may repeat: it is named once in a row.
    pub fn replaced_once(&mut self, what: String) {
        self.replacements.add_once(what);
    }

    /// A posting on one of the target's control accounts names no customer or supplier.
    pub fn on_control(&mut self, number: &str, control: &ControlAccount, voucher: &VoucherId, hint: &str) {
        match self.controls.get_mut(number) {
            Some(known) => known.lines += 1,
            None => {
                let known = OnControl {
                    does: control.does,
                    text: format!("{}; {hint}", control.text),
                    lines: 1,
                    first: voucher.to_string(),
                };
                self.controls.insert(number.to_owned(), known);
            }
        }
    }

    /// The target computes the VAT of a voucher, and gets `other` than the books have; amounts in
    /// `currency`.
    pub fn vat_differs(&mut self, voucher: &VoucherId, other: Option<OtherVat>, currency: Currency) {
        let Some(other) = other else { return };
        // 0.05 in minor units; where there are none, every difference is larger.
        let rounding = match currency.exponent() {
            0 | 1 => 0,
            exponent => 5 * 10i128.pow(exponent - 2),
        };
        self.has_large_vat |= other.difference > rounding;
        let money = |amount: i128| currency.amount(amount);
        self.other_vat.add(format!(
            "voucher {voucher}: {} in the target, {} in the books, {} {currency} apart",
            money(other.computed),
            money(other.booked),
            money(other.difference)
        ));
    }

    /// Whether anything was refused.
    pub fn has_refusals(&self) -> bool {
        let refuses = |control: &OnControl| control.does == Does::Refuses;
        !self.refusals.named.is_empty() || self.controls.values().any(refuses)
    }

    /// The refusals that are named.
    pub fn refusals(&self) -> &[String] {
        &self.refusals.named
    }

    /// The replacements that are named.
    pub fn replacements(&self) -> &[String] {
        &self.replacements.named
    }

    /// Puts everything into `findings`: one finding of each kind, with its count and what is named
    /// of it.
    pub fn report(self, findings: &mut Findings) {
        let vat = if self.has_large_vat {
            Level::Review
        } else {
            Level::Info
        };
        for (code, level, about, mut items) in [
            (Code::TargetLimit, Code::TargetLimit.level(), "", self.refusals),
            (
                Code::TextReplaced,
                Code::TextReplaced.level(),
                "",
                self.replacements,
            ),
            (
                Code::VatDiffersInTarget,
                vat,
                "the target computes VAT from gross amounts: ",
                self.other_vat,
            ),
        ] {
            let count = items.named.len() + items.more;
            if count == 0 {
                continue;
            }
            if items.more > 0 {
                items.named.push(format!("and {} more", items.more));
            }
            let message = format!("{about}{}", items.named.join("; "));
            findings.add_of_format(&self.format, code, level, count, message);
        }
        let refuses = |control: &OnControl| control.does == Does::Refuses;
        if !self.controls.is_empty() {
            let level = match self.controls.values().any(refuses) {
                true => Level::Error,
                false => Level::Review,
            };
            let lines = self.controls.values().map(|control| control.lines).sum();
            let said = self.controls.iter().map(|(number, control)| {
                let (text, lines, first) = (&control.text, control.lines, &control.first);
                format!("account {number} ({lines} lines, the first in voucher {first}): {text}")
            });
            let message = said.collect::<Vec<_>>().join("; ");
            findings.add_of_format(&self.format, Code::ControlAccount, level, lines, message);
        }
    }
}

/// The last items of a list: as many as the faults of one voucher are expected to be.
fn recent(items: &[String]) -> &[String] {
    &items[items.len().saturating_sub(20)..]
}
