//! `fiken`: the body of `POST /companies/{slug}/generalJournalEntries`.
//!
//! Fiken wants lines with a debit and a credit account, and amounts that are net of VAT on the
//! debit side and gross on the credit side. A voucher's postings come in groups of one provider
//! account and its counter accounts, so each counter posting makes a line.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::format::options::Options;
use crate::journal::{Tax, Voucher};
use crate::money::Currency;
use crate::writer::Context;
use crate::writer::api::{Body, Notes, json, number, tax_code};
use crate::writer::lines::TargetLine;

/// Fiken puts 34 characters of its own in front, within its limit of 200.
const DESCRIPTION_MAX: usize = 166;

/// Makes the bodies.
#[derive(Debug, Clone)]
pub struct Fiken {
    options: Options,
    is_open: bool,
    base: Currency,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    description: String,
    open: bool,
    journal_entries: [JournalEntry; 1],
}

#[derive(Serialize)]
struct JournalEntry {
    description: String,
    date: String,
    lines: Vec<EntryLine>,
}

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct EntryLine {
    amount: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    debit_account: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    debit_vat_code: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credit_account: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credit_vat_code: Option<Box<RawValue>>,
}

impl Fiken {
    /// Bodies for one ledger.
    pub fn new(context: &Context<'_>, options: &Options) -> Self {
        Self {
            is_open: options.flag("open"),
            options: options.clone(),
            base: context.config.posting.base_currency,
        }
    }

    fn vat_code(&self, line: &TargetLine<'_>) -> Result<Option<Box<RawValue>>, String> {
        let code = tax_code(&self.options, line, "");
        if code.is_empty() {
            return Ok(None);
        }
        if !code.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(format!("tax code `{code}` is not a number, as Fiken's codes are"));
        }
        number(code.trim_start_matches('0'))
            .or_else(|_| number("0"))
            .map(Some)
    }

    /// The lines of a provider posting and its counter postings, which sum to zero.
    fn group(
        &self,
        provider: &TargetLine<'_>,
        counters: &[TargetLine<'_>],
    ) -> Result<Vec<EntryLine>, String> {
        let account = |line: &TargetLine<'_>| {
            let number = &line.posting.account;
            Some(match self.options.party(number) {
                Some((_, party)) => format!("{number}:{party}"),
                None => number.to_string(),
            })
        };
        let mut lines = Vec::new();
        for counter in counters {
            let code = self.vat_code(counter)?;
            if counter.base < 0 {
                lines.push(EntryLine {
                    amount: -counter.base,
                    debit_account: account(provider),
                    credit_account: account(counter),
                    credit_vat_code: code,
                    ..EntryLine::default()
                });
            } else if counter.base_vat == 0 {
                lines.push(EntryLine {
                    amount: counter.base,
                    debit_account: account(counter),
                    debit_vat_code: code,
                    credit_account: account(provider),
                    ..EntryLine::default()
                });
            } else {
                // A debit with VAT is net and its credit is gross: one amount cannot be both. The
                // VAT on the net must be ours, or the entry would not balance in Fiken.
                let net = counter.base - counter.base_vat;
                let vat = match counter.posting.tax {
                    Tax::Net { rate, .. } => rate.convert(net, 2, 0),
                    Tax::None | Tax::Vat { .. } => None,
                };
                if vat != Some(counter.base_vat) {
                    return Err(format!(
                        "the refund of {} on account {} cannot be written: Fiken would compute a VAT of {} on its net, and the books have {}",
                        self.base.format(counter.base),
                        counter.posting.account,
                        vat.map_or_else(|| "nothing".to_owned(), |vat| self.base.format(vat)),
                        self.base.format(counter.base_vat)
                    ));
                }
                lines.push(EntryLine {
                    amount: net,
                    debit_account: account(counter),
                    debit_vat_code: code,
                    ..EntryLine::default()
                });
                lines.push(EntryLine {
                    amount: counter.base,
                    credit_account: account(provider),
                    ..EntryLine::default()
                });
            }
        }
        Ok(lines)
    }
}

impl Body for Fiken {
    fn body(&self, voucher: &Voucher, notes: &mut Notes) -> Result<Box<RawValue>, String> {
        let id = voucher.id();
        if self.base.exponent() != 2 {
            return Err(format!(
                "voucher {id}: Fiken counts in hundredths, which {} has not",
                self.base
            ));
        }
        let description = notes.cut(voucher, id.as_str(), DESCRIPTION_MAX);
        let all = notes.gross_lines(voucher)?;
        for line in &all {
            for (kind, value) in [
                ("department", &line.posting.department),
                ("project", &line.posting.project),
            ] {
                if let Some(value) = value {
                    notes.left_out(format!("voucher {id}: {kind} `{value}` is left out"));
                }
            }
        }
        let mut lines = Vec::new();
        for group in groups(&all).ok_or_else(|| {
            format!("voucher {id}: its postings are not pairs of accounts in the books' currency, as Fiken wants them")
        })? {
            let Some((provider, counters)) = group.split_first() else {
                continue;
            };
            let made = self.group(provider, counters);
            lines.extend(made.map_err(|message| format!("voucher {id}: {message}"))?);
        }
        json(&Request {
            description: description.clone(),
            open: self.is_open,
            journal_entries: [JournalEntry {
                description,
                date: voucher.date().to_string(),
                lines,
            }],
        })
    }
}

/// Cuts lines where their sum comes back to zero; `None` when it never does.
fn groups<'l, 'v>(lines: &'l [TargetLine<'v>]) -> Option<Vec<&'l [TargetLine<'v>]>> {
    let mut groups = Vec::new();
    let (mut start, mut sum) = (0, 0i128);
    for (index, line) in lines.iter().enumerate() {
        sum += i128::from(line.base);
        if sum == 0 {
            groups.push(&lines[start..=index]);
            start = index + 1;
        }
    }
    (start == lines.len()).then_some(groups)
}
