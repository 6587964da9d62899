//! The two sides of a draft's sums, net and VAT apart, in both currencies.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;

use crate::chart::Role;
use crate::journal::{Posting, PostingKey, Tax};
use crate::posting::books::{Account, Books, PostingError};
use crate::posting::draft::Counter;

/// The two sides of what is posted for one reason.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) provider: Role,
    pub(super) amounts: BTreeMap<NaiveDate, i64>,
    pub(super) counters: BTreeMap<CounterKey, CounterSums>,
    pub(super) entry_type: Box<str>,
    pub(super) reference: Option<Arc<str>>,
    pub(super) spoken: Option<Arc<str>>,
}

/// Sorts and tells apart the counter sides of a pair.
pub(super) type CounterKey = (Arc<str>, Option<Arc<str>>, Option<Arc<str>>, Option<Arc<str>>);

/// One counter side's sums.
#[derive(Debug)]
pub(super) struct CounterSums {
    pub(super) counter: Counter,
    /// Gross whose VAT is to be computed, by ledger date.
    pub(super) computed: BTreeMap<NaiveDate, i64>,
    /// Gross and VAT that were given, by ledger date.
    pub(super) given: BTreeMap<NaiveDate, (i64, i64)>,
}

/// Sums in both currencies.
#[derive(Debug, Default, Clone, Copy)]
struct Both {
    amount: i64,
    base: i64,
}

impl Both {
    fn add(&mut self, amount: i64, date: NaiveDate, books: &Books<'_>) -> Result<(), PostingError> {
        let overflow = || PostingError::Overflow(date);
        let base = books.in_base(amount, date)?.unwrap_or(amount);
        self.amount = self.amount.checked_add(amount).ok_or_else(overflow)?;
        self.base = self.base.checked_add(base).ok_or_else(overflow)?;
        Ok(())
    }

    fn negated(self) -> Option<Self> {
        Some(Self {
            amount: self.amount.checked_neg()?,
            base: self.base.checked_neg()?,
        })
    }
}

impl Pair {
    /// Adds the pair's postings: the provider's, the counter sides, and the VAT apart.
    pub(super) fn postings(
        &self,
        key: PostingKey,
        voucher_date: NaiveDate,
        books: &Books<'_>,
        postings: &mut Vec<Posting>,
    ) -> Result<(), PostingError> {
        let text = books.text(key, voucher_date, self.spoken.as_deref(), &self.entry_type);
        let mut provider = Both::default();
        for (date, amount) in &self.amounts {
            provider.add(*amount, *date, books)?;
        }
        let posting = |account: Account, both: Both| Posting {
            key,
            account: account.number,
            account_name: books.brands().name_on(&account.name, voucher_date),
            amount: both.amount,
            currency: books.currency,
            base_amount: books.is_foreign().then_some(both.base),
            text: text.clone(),
            tax_code: None,
            tax: Tax::None,
            department: None,
            project: None,
            reference: self.reference.clone(),
        };
        let account = books.account(self.provider)?;
        let mut pair = Vec::new();
        for (dimensions, both) in self.provider_parts(provider, books)? {
            let (department, project) = dimensions;
            pair.push(Posting {
                department,
                project,
                ..posting(account.clone(), both)
            });
        }
        let mut vat_postings: BTreeMap<CounterKey, Posting> = BTreeMap::new();
        for (side, sums) in &self.counters {
            let (net, vat) = sums.net_and_vat(books)?;
            // Checked once here, so that the signs below may be turned without another thought.
            let overflow = || PostingError::Overflow(voucher_date);
            let (net_back, vat_back) = (
                net.negated().ok_or_else(overflow)?,
                vat.negated().ok_or_else(overflow)?,
            );
            let counter = &sums.counter;
            let code = side.1.clone();
            let dimensions = |posting: Posting| Posting {
                tax_code: code.clone(),
                department: counter.department.clone(),
                project: counter.project.clone(),
                ..posting
            };
            let tax = counter.tax.as_ref();
            pair.push(Posting {
                tax: tax.map_or(Tax::None, |tax| Tax::Net {
                    rate: tax.rate,
                    vat: vat_back.amount,
                }),
                ..dimensions(posting(counter.account.clone(), net_back))
            });
            if let Some((tax, account)) = tax.and_then(|tax| Some((tax, tax.vat_account.as_ref()?)))
                && (vat.amount != 0 || vat.base != 0)
            {
                let key = (
                    account.number.clone(),
                    code.clone(),
                    side.2.clone(),
                    side.3.clone(),
                );
                let addition = Posting {
                    tax: Tax::Vat {
                        rate: tax.rate,
                        net: net_back.amount,
                    },
                    ..dimensions(posting(account.clone(), vat_back))
                };
                match vat_postings.get_mut(&key) {
                    None => {
                        vat_postings.insert(key, addition);
                    }
                    Some(known) => merge(known, &addition).ok_or_else(overflow)?,
                }
            }
        }
        pair.extend(vat_postings.into_values());
        // An amount of zero moves nothing; most systems refuse the line.
        postings.extend(
            pair.into_iter()
                .filter(|posting| posting.amount != 0 || posting.in_base() != 0),
        );
        Ok(())
    }
}

/// Department and project.
type Dimensions = (Option<Arc<str>>, Option<Arc<str>>);

impl Pair {
    /// The provider's side: one posting without dimensions, or, where balance accounts carry them,
    /// one for each department and project of the counter side. Together they are `whole`.
    fn provider_parts(
        &self,
        whole: Both,
        books: &Books<'_>,
    ) -> Result<Vec<(Dimensions, Both)>, PostingError> {
        if !books.settings.dimensions_on_balance {
            return Ok(vec![((None, None), whole)]);
        }
        let mut parts: BTreeMap<Dimensions, Both> = BTreeMap::new();
        for sums in self.counters.values() {
            let counter = &sums.counter;
            let part = parts
                .entry((counter.department.clone(), counter.project.clone()))
                .or_default();
            let given = sums.given.iter().map(|(date, (gross, _))| (date, gross));
            for (date, gross) in sums.computed.iter().chain(given) {
                part.add(*gross, *date, books)?;
            }
        }
        // Each part is rounded by itself in the base currency; the last one takes the rest, so that
        // the account moves by the value of the whole.
        let rounded: i128 = parts.values().map(|both| i128::from(both.base)).sum();
        if let Some(mut last) = parts.last_entry() {
            let base = i128::from(whole.base) - rounded + i128::from(last.get().base);
            last.get_mut().base = i64::try_from(base).unwrap_or(whole.base);
        }
        Ok(parts.into_iter().collect())
    }
}

/// Adds VAT of the same account, code and dimensions from another revenue account. `None` on
/// overflow.
fn merge(known: &mut Posting, addition: &Posting) -> Option<()> {
    known.amount = known.amount.checked_add(addition.amount)?;
    if let (Some(mine), Some(theirs)) = (&mut known.base_amount, addition.base_amount) {
        *mine = mine.checked_add(theirs)?;
    }
    if let (Tax::Vat { net, .. }, Tax::Vat { net: more, .. }) = (&mut known.tax, &addition.tax) {
        *net = net.checked_add(*more)?;
    }
    Some(())
}

impl CounterSums {
    /// Splits the sums into net and VAT. VAT is computed on the aggregated gross, half away from
    /// zero; the net takes the rest, so that the gross stays exact.
    fn net_and_vat(&self, books: &Books<'_>) -> Result<(Both, Both), PostingError> {
        let (mut net, mut vat) = (Both::default(), Both::default());
        let (mut gross_so_far, mut vat_so_far) = (0i64, 0i64);
        for (date, gross) in &self.computed {
            let overflow = || PostingError::Overflow(*date);
            let vat_here = match &self.counter.tax {
                None => 0,
                Some(tax) => {
                    // Dates share the VAT of the whole, so that their parts sum to it exactly.
                    gross_so_far = gross_so_far.checked_add(*gross).ok_or_else(overflow)?;
                    let so_far = tax.rate.vat_in_gross(gross_so_far).ok_or_else(overflow)?;
                    let here = so_far.checked_sub(vat_so_far).ok_or_else(overflow)?;
                    vat_so_far = so_far;
                    here
                }
            };
            let net_here = gross.checked_sub(vat_here).ok_or_else(overflow)?;
            vat.add(vat_here, *date, books)?;
            net.add(net_here, *date, books)?;
        }
        for (date, (gross, vat_here)) in &self.given {
            let net_here = gross
                .checked_sub(*vat_here)
                .ok_or(PostingError::Overflow(*date))?;
            vat.add(*vat_here, *date, books)?;
            net.add(net_here, *date, books)?;
        }
        Ok((net, vat))
    }
}
