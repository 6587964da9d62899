//! The name under which the provider trades, by date: it stands in texts and in names of accounts.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;

use crate::chart::Chart;

/// What stands for the brand in a chart's texts and names.
const PLACE: &str = "{brand}";

/// The brands of a ledger's market, or the one that the configuration names.
#[derive(Debug)]
pub struct Brands {
    /// In order of their first dates; the first has held always.
    brands: Vec<(NaiveDate, String)>,
    /// Names of accounts that hold the brand: each of them leads to the names under all brands.
    names: BTreeMap<Arc<str>, Arc<[Arc<str>]>>,
}

impl Brands {
    /// The brands of a chart; `own` takes the place of all of them.
    pub fn new(chart: &Chart, own: Option<&str>) -> Self {
        let brands: Vec<(NaiveDate, String)> = match own {
            Some(own) => vec![(NaiveDate::MIN, own.to_owned())],
            None => {
                let brands = chart.brands.iter();
                brands
                    .map(|brand| (brand.from.unwrap_or(NaiveDate::MIN), brand.name.clone()))
                    .collect()
            }
        };
        let mut names = BTreeMap::new();
        let templates = chart.accounts.values().map(|account| &account.name);
        for template in templates.chain(chart.names.values()) {
            if brands.len() > 1 && template.contains(PLACE) {
                let of_brand = |(_, brand): &(NaiveDate, String)| Arc::from(template.replace(PLACE, brand));
                let all: Arc<[Arc<str>]> = brands.iter().map(of_brand).collect();
                for name in all.iter() {
                    names.insert(Arc::clone(name), Arc::clone(&all));
                }
            }
        }
        Self { brands, names }
    }

    fn index(&self, date: NaiveDate) -> usize {
        let later = self.brands.iter().skip(1);
        later.take_while(|(from, _)| *from <= date).count()
    }

    /// The brand on a date.
    pub fn on(&self, date: NaiveDate) -> &str {
        self.brands.get(self.index(date)).map_or("", |(_, brand)| brand)
    }

    /// Whether two dates have the same brand.
    pub fn are_alike(&self, one: NaiveDate, other: NaiveDate) -> bool {
        self.index(one) == self.index(other)
    }

    /// A name of the chart under the first brand.
    pub fn first_name(&self, template: &str) -> String {
        match self.brands.first() {
            Some((_, brand)) => template.replace(PLACE, brand),
            None => template.to_owned(),
        }
    }

    /// A name of an account, as it is on a date.
    pub fn name_on(&self, name: &Arc<str>, date: NaiveDate) -> Arc<str> {
        // Most markets have one brand.
        if self.names.is_empty() {
            return Arc::clone(name);
        }
        let all = self.names.get(name);
        let on_date = all.and_then(|all| all.get(self.index(date)));
        Arc::clone(on_date.unwrap_or(name))
    }
}
