//! Master data: accounts, parties, tax codes, dimensions. Everything here stays in memory.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;

use crate::money::amount::Amount;
use crate::verify::Report;
use crate::verify::dialect::{Dialect, STANDARD_TAX_CODES, is_grouping_pair, usual_rate};
use crate::verify::element::Element;
use crate::verify::rule::{self, Rule};

/// An account with its balances, in hundredths, debit positive.
#[derive(Debug)]
struct Account {
    line: u64,
    number: String,
    opening: Option<i128>,
    closing: Option<i128>,
    movement: i128,
}

/// A tax code's rates by the dates on which they hold.
#[derive(Debug)]
struct TaxRate {
    from: Option<NaiveDate>,
    rate: Option<i128>,
}

/// The master data read so far.
#[derive(Debug, Default)]
pub(crate) struct Master {
    accounts: Vec<Account>,
    account_places: HashMap<String, usize>,
    customers: HashSet<String>,
    suppliers: HashSet<String>,
    tax_codes: HashMap<String, Vec<TaxRate>>,
    dimensions: HashSet<(String, String)>,
    /// Balances of parties whose account is not known yet, because accounts may come later.
    party_accounts: BTreeSet<(u64, String)>,
}

impl Master {
    /// Takes an element of the master data; `false` when it is none.
    pub(crate) fn element(&mut self, element: &Element, dialect: &Dialect, report: &mut Report) -> bool {
        match element.name.as_str() {
            "Account" => self.account(element, dialect, report),
            "Customer" => self.customer(element, report),
            "Supplier" => self.supplier(element, report),
            "TaxCodeDetails" => self.tax_code(element, dialect, report),
            "AnalysisTypeTableEntry" => self.dimension(element, report),
            _ => return false,
        }
        true
    }

    pub(crate) fn account_count(&self) -> u64 {
        self.accounts.len() as u64
    }

    /// Whether there is any master data to check references against.
    pub(crate) fn has_accounts(&self) -> bool {
        !self.accounts.is_empty()
    }

    /// Moves an account; `false` when it is not listed.
    pub(crate) fn move_account(&mut self, number: &str, amount: i128) -> bool {
        let place = self.account_places.get(number);
        match place.and_then(|place| self.accounts.get_mut(*place)) {
            Some(account) => {
                account.movement += amount;
                true
            }
            None => false,
        }
    }

    pub(crate) fn has_customer(&self, id: &str) -> bool {
        self.customers.contains(id)
    }

    pub(crate) fn has_supplier(&self, id: &str) -> bool {
        self.suppliers.contains(id)
    }

    pub(crate) fn has_tax_code(&self, code: &str) -> bool {
        self.tax_codes.contains_key(code)
    }

    /// Whether the tax table gives the code this rate, on any dates.
    pub(crate) fn has_rate(&self, code: &str, rate: i128) -> bool {
        self.tax_codes.get(code).is_none_or(|rates| {
            rates
                .iter()
                .any(|known| known.rate.is_none_or(|known| known == rate))
        })
    }

    pub(crate) fn has_dimension(&self, kind: &str, value: &str) -> bool {
        self.dimensions.contains(&(kind.to_owned(), value.to_owned()))
    }

    /// There is no more: what could not be known before.
    pub(crate) fn finish(&self, report: &mut Report) {
        for account in &self.accounts {
            if let (Some(opening), Some(closing)) = (account.opening, account.closing)
                && opening + account.movement != closing
            {
                report.add(rule::BALANCE, account.line, || {
                    format!(
                        "account {}: opening {} and movement {} make {}, the closing balance is {}",
                        account.number,
                        amount(opening),
                        amount(account.movement),
                        amount(opening + account.movement),
                        amount(closing)
                    )
                });
            }
        }
        for (line, number) in &self.party_accounts {
            if self.has_accounts() && !self.account_places.contains_key(number) {
                report.add(rule::PARTY_ACCOUNT, *line, || {
                    format!("account `{number}` is not listed")
                });
            }
        }
    }

    fn account(&mut self, element: &Element, dialect: &Dialect, report: &mut Report) {
        let line = element.line;
        let number = element.get("AccountID").unwrap_or_default().to_owned();
        if self.account_places.contains_key(&number) {
            report.add(rule::ACCOUNT_REPEATED, line, || {
                format!("account {number} is listed twice")
            });
            return;
        }
        if let Some(kind) = element.get("AccountType")
            && !dialect.account_types().contains(&kind)
        {
            report.add(rule::ACCOUNT_TYPE, line, || {
                format!(
                    "account {number} has the type `{kind}`, not {}",
                    dialect.account_types().join(", ")
                )
            });
        }
        if !dialect.is_danish {
            grouping(element, &number, dialect, report);
        }
        let opening = balance(element, "Opening", rule::OPENING_SIDES, true, report);
        let closing = balance(element, "Closing", rule::CLOSING_SIDES, true, report);
        self.account_places.insert(number.clone(), self.accounts.len());
        self.accounts.push(Account {
            line,
            number,
            opening,
            closing,
            movement: 0,
        });
    }

    fn customer(&mut self, element: &Element, report: &mut Report) {
        let id = element.get("CustomerID").unwrap_or_default().to_owned();
        self.party(element, report);
        if !self.customers.insert(id.clone()) {
            report.add(rule::CUSTOMER_REPEATED, element.line, || {
                format!("customer {id} is listed twice")
            });
        }
    }

    fn supplier(&mut self, element: &Element, report: &mut Report) {
        let id = element.get("SupplierID").unwrap_or_default().to_owned();
        self.party(element, report);
        if !self.suppliers.insert(id.clone()) {
            report.add(rule::SUPPLIER_REPEATED, element.line, || {
                format!("supplier {id} is listed twice")
            });
        }
    }

    fn party(&mut self, element: &Element, report: &mut Report) {
        // Since 1.30 balances stand in elements of their own, before that on the party itself.
        let mut places: Vec<&Element> = element.all("BalanceAccount").collect();
        let is_own = places.is_empty();
        if is_own {
            places.push(element);
        }
        for place in places {
            balance(place, "Opening", rule::OPENING_SIDES, !is_own, report);
            balance(place, "Closing", rule::CLOSING_SIDES, !is_own, report);
            if let Some(number) = place.get("AccountID") {
                self.party_accounts.insert((place.line, number.to_owned()));
            }
        }
    }

    fn tax_code(&mut self, element: &Element, dialect: &Dialect, report: &mut Report) {
        let line = element.line;
        let code = element.get("TaxCode").unwrap_or_default().to_owned();
        let rate = element.rate("TaxPercentage");
        for name in ["TaxPercentage", "BaseRate"] {
            for text in element.all(name).map(Element::value) {
                let value = crate::money::parse_decimal(text, 8);
                if !value.is_some_and(|value| (0..=100 * 100_000_000).contains(&value)) {
                    report.add(rule::PERCENTAGE, line, || {
                        format!("`{name}` of tax code `{code}` is `{text}`")
                    });
                }
            }
        }
        if !dialect.is_danish {
            let standard = element.get("StandardTaxCode").unwrap_or_default();
            if !STANDARD_TAX_CODES.contains(&standard.to_uppercase().as_str()) {
                report.add(rule::STANDARD_TAX_CODE, line, || {
                    format!("the standard code of tax code `{code}` is `{standard}`")
                });
            }
            if let (Some(rate), Some(usual)) = (rate, usual_rate(standard))
                && rate != usual
            {
                report.add(rule::STANDARD_RATE, line, || {
                    format!(
                        "tax code `{code}` has {} %, its standard code {standard} usually {} %",
                        element.get("TaxPercentage").unwrap_or_default(),
                        usual / 100_000_000
                    )
                });
            }
        }
        let from = element.date("EffectiveDate");
        let rates = self.tax_codes.entry(code.clone()).or_default();
        if rates.iter().any(|known| known.from == from) {
            report.add(rule::TAX_CODE_REPEATED, line, || {
                format!("tax code `{code}` is listed twice")
            });
        }
        rates.push(TaxRate { from, rate });
    }

    fn dimension(&mut self, element: &Element, report: &mut Report) {
        let kind = element.get("AnalysisType").unwrap_or_default().to_owned();
        let value = element.get("AnalysisID").unwrap_or_default().to_owned();
        if !self.dimensions.insert((kind.clone(), value.clone())) {
            report.add(rule::ANALYSIS_REPEATED, element.line, || {
                format!("`{value}` of `{kind}` is listed twice")
            });
        }
    }
}

fn grouping(element: &Element, number: &str, dialect: &Dialect, report: &mut Report) {
    let pair = (element.get("GroupingCategory"), element.get("GroupingCode"));
    let (Some(category), Some(code)) = pair else {
        if !dialect.is_old() {
            report.add(rule::GROUPING_MISSING, element.line, || {
                format!("account {number} lacks its grouping category or code")
            });
        }
        return;
    };
    if dialect.is_old() {
        return;
    }
    match is_grouping_pair(category, code) {
        Some(true) => {}
        Some(false) => report.add(rule::GROUPING_PAIR, element.line, || {
            format!("account {number}: code `{code}` does not belong to category `{category}`")
        }),
        None => report.add(rule::GROUPING_UNKNOWN, element.line, || {
            format!("account {number}: category `{category}` is not in the list")
        }),
    }
}

/// A balance on one of two sides, debit positive.
fn balance(
    element: &Element,
    which: &str,
    rule: Rule,
    is_mandatory: bool,
    report: &mut Report,
) -> Option<i128> {
    let mut sides = element.children.iter().filter_map(|child| {
        let side = child.name.strip_prefix(which)?.strip_suffix("Balance")?;
        Some((side == "Credit", child))
    });
    let first = sides.next();
    let count = usize::from(first.is_some()) + sides.count();
    if count > 1 || (count == 0 && is_mandatory) {
        report.add(rule, element.line, || {
            format!("`{}` has {count} {} balances", element.name, which.to_lowercase())
        });
    }
    let (is_credit, child) = first.filter(|_| count == 1)?;
    let amount = child.amount()?;
    Some(if is_credit { -amount } else { amount })
}

/// Hundredths, to be written.
pub(crate) fn amount(hundredths: i128) -> Amount {
    Amount::new(hundredths, 2)
}
