//! Exchange rates by ledger date, from the configuration and from a rates file.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::NaiveDate;

use crate::config::error::ConfigError;
use crate::date::days_before;
use crate::input;
use crate::money::{Currency, Rate};

/// The largest file of rates, in bytes. The European Central Bank's table since 1999 has a tenth of
/// that.
const FILE_MAX: u64 = 16 << 20;

/// How many dates back a rate may stand in for a date without one (weekends, holidays).
const LOOKBACK_DATES: u64 = 7;

/// Rates in units of the base currency, and a central bank's table.
#[derive(Debug, Clone, Default)]
pub struct FxRates {
    /// Units of base currency for one unit of the currency.
    direct: BTreeMap<Currency, BTreeMap<NaiveDate, Rate>>,
    /// Units of each currency for one euro, by date: the European Central Bank's table.
    per_euro: BTreeMap<NaiveDate, BTreeMap<Currency, Rate>>,
}

impl FxRates {
    /// Rates as the configuration's `[fx_rates]` has them.
    pub fn new(direct: BTreeMap<Currency, BTreeMap<NaiveDate, Rate>>) -> Self {
        Self {
            direct,
            per_euro: BTreeMap::new(),
        }
    }

    /// The rate of `currency` in `base` on `date`, or on the latest of the seven dates before it
    /// that has one. A rate written in the configuration wins over a table's.
    pub fn rate(&self, currency: Currency, base: Currency, date: NaiveDate) -> Option<Rate> {
        (0..=LOOKBACK_DATES).find_map(|days| {
            let date = days_before(date, days);
            let direct = self
                .direct
                .get(&currency)
                .and_then(|rates| rates.get(&date))
                .copied();
            direct.or_else(|| self.cross_rate(currency, base, date))
        })
    }

    fn cross_rate(&self, currency: Currency, base: Currency, date: NaiveDate) -> Option<Rate> {
        let table = self.per_euro.get(&date)?;
        let per_euro = |wanted: Currency| match wanted.code() {
            "EUR" => Rate::parse("1"),
            _ => table.get(&wanted).copied(),
        };
        per_euro(base)?.divided_by(&per_euro(currency)?)
    }

    /// Adds a rates file and returns its text: either `date,currency,rate` (units of base
    /// currency for one unit), or the European Central Bank's `eurofxref` layout (`Date,USD,…`,
    /// units of each currency for one euro, `N/A` where there is none).
    pub fn load(&mut self, path: &Path) -> Result<String, ConfigError> {
        let content = input::read_text(path, FILE_MAX).map_err(|source| ConfigError::ReadNamed {
            key: "fx_rates_file",
            path: path.to_owned(),
            source,
        })?;
        self.parse(&content).map_err(|message| ConfigError::Invalid {
            path: path.to_owned(),
            message,
        })?;
        Ok(content)
    }

    fn parse(&mut self, content: &str) -> Result<(), String> {
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(content.as_bytes());
        let headers: Vec<String> = reader
            .headers()
            .map_err(|error| error.to_string())?
            .iter()
            .map(str::to_owned)
            .collect();
        let is_plain = headers
            .iter()
            .map(|name| name.to_lowercase())
            .eq(["date", "currency", "rate"]);
        let currencies: Vec<Option<Currency>> = headers.iter().map(|name| Currency::parse(name)).collect();
        let is_table = headers
            .first()
            .is_some_and(|name| name.eq_ignore_ascii_case("date"))
            && currencies.iter().any(Option::is_some);
        if !is_plain && !is_table {
            return Err(format!(
                "line 1: the columns are `{}`; write `date,currency,rate` or use the European Central Bank's table",
                headers.join(",")
            ));
        }
        for record in reader.records() {
            let record = record.map_err(|error| error.to_string())?;
            let line = record.position().map_or(0, csv::Position::line);
            let field = |index: usize| record.get(index).unwrap_or("");
            let date =
                parse_date(field(0)).ok_or_else(|| format!("line {line}: `{}` is not a date", field(0)))?;
            let rate = |text: &str| parse_rate(text).map_err(|message| format!("line {line}: {message}"));
            if is_plain {
                let currency = Currency::parse(field(1))
                    .ok_or_else(|| format!("line {line}: `{}` is not a currency code", field(1)))?;
                let rate = rate(field(2))?;
                let known = self.direct.entry(currency).or_default();
                if known.insert(date, rate).is_some_and(|earlier| earlier != rate) {
                    return Err(format!("line {line}: a second rate for {currency} on {date}"));
                }
                continue;
            }
            for (index, currency) in currencies.iter().enumerate() {
                let text = field(index);
                if let Some(currency) = currency
                    && !matches!(text, "" | "N/A")
                {
                    let rate = rate(text)?;
                    let known = self.per_euro.entry(date).or_default();
                    if known
                        .insert(*currency, rate)
                        .is_some_and(|earlier| earlier != rate)
                    {
                        return Err(format!("line {line}: a second rate for {currency} on {date}"));
                    }
                }
            }
        }
        Ok(())
    }
}

/// Reads an exchange rate, which is above zero; an error says what is wrong.
pub(super) fn parse_rate(text: &str) -> Result<Rate, String> {
    Rate::parse(text).filter(|rate| !rate.is_zero()).ok_or_else(|| {
        format!(
            "`{text}` is not an exchange rate; it is a number above zero with a decimal point, such as 11.7000"
        )
    })
}

/// ISO dates, and the `20 November 2026` of the central bank's daily file.
fn parse_date(text: &str) -> Option<NaiveDate> {
    crate::date::parse(text)
        .ok()
        .or_else(|| NaiveDate::parse_from_str(text, "%d %B %Y").ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn currency(code: &str) -> Currency {
        Currency::parse(code).unwrap()
    }

    fn date(text: &str) -> NaiveDate {
        crate::date::parse(text).unwrap()
    }

    #[test]
    fn a_weekend_takes_fridays_rate_and_a_gap_of_eight_days_none() {
        let mut rates = FxRates::default();
        rates
            .parse("date,currency,rate\n2026-02-06,EUR,11.7000\n")
            .unwrap();
        let rate = |text| rates.rate(currency("EUR"), currency("NOK"), date(text));
        assert_eq!(rate("2026-02-08").unwrap().to_string(), "11.7000");
        assert!(rate("2026-02-14").is_none() && rate("2026-02-05").is_none());
    }

    #[test]
    fn the_central_banks_table_gives_cross_rates() {
        let mut rates = FxRates::default();
        rates
            .parse("Date, USD, NOK, DKK, \n20 November 2026, N/A, 11.7000, 7.4600, \n")
            .unwrap();
        let rate = |from, to| rates.rate(currency(from), currency(to), date("2026-11-20"));
        assert_eq!(rate("EUR", "NOK").unwrap().to_string(), "11.7000");
        assert_eq!(rate("DKK", "NOK").unwrap().convert(74600, 2, 2), Some(117_000));
        assert!(rate("USD", "NOK").is_none());
    }

    #[test]
    fn a_rates_file_that_is_not_clear_is_refused() {
        for bad in [
            "",
            "a,b\n1,2\n",
            "date,currency,rate\n2026-02-30,EUR,1\n",
            "date,currency,rate\n2026-02-03,EUR,11,7\n2026-02-03,EUR,0\n",
            "date,currency,rate\n2026-02-03,EUR,-11.7\n",
            "date,currency,rate\n2026-02-03,EUR,0.0000\n",
            "Date,NOK\n2026-02-03,x\n",
            "Date,NOK\n2026-02-03,0\n",
            "Date,NOK\n2026-02-03,11.7\n2026-02-03,11.8\n",
        ] {
            assert!(FxRates::default().parse(bad).is_err(), "{bad}");
        }
    }
}
