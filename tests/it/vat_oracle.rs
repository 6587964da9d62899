//! Compares VAT, net amounts and exchange with a computation of its own: whole fractions, and the definition of
//! rounding (the nearest minor unit, of two the one further from zero) in place of a division.
//!
//! Random rates, amounts, signs, splits and dates go through the poster itself. Nothing may be off by a minor unit.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fs;

use bilag::journal::{PostingKey, Voucher};
use bilag::money::Rate;
use proptest::prelude::*;

use crate::harness::chance::cases;
use crate::harness::files::scratch;
use crate::harness::poster::post;

/// A decimal such as `25.5` as a fraction: 255 and 10.
fn fraction(text: &str) -> (u128, u128) {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let denominator = 10u128.pow(u32::try_from(decimals.len()).unwrap());
    (format!("{whole}{decimals}").parse().unwrap(), denominator)
}

/// The full product of two numbers of 128 bits: high and low half.
fn product(a: u128, b: u128) -> (u128, u128) {
    let half = |number: u128| (number >> 64, number & u128::from(u64::MAX));
    let ((a1, a0), (b1, b0)) = (half(a), half(b));
    let (low, middle, other, high) = (a0 * b0, a1 * b0, a0 * b1, a1 * b1);
    let (low, carry1) = low.overflowing_add(middle << 64);
    let (low, carry2) = low.overflowing_add(other << 64);
    let high = high + (middle >> 64) + (other >> 64) + u128::from(carry1) + u128::from(carry2);
    (high, low)
}

/// Whether `result` is `amount × numerator / denominator`, rounded as defined above.
fn is_rounded(result: i64, amount: i64, numerator: u128, denominator: u128) -> bool {
    if result != 0 && result.signum() != amount.signum() {
        return false;
    }
    let exact = product(u128::from(amount.unsigned_abs()), numerator);
    let taken = product(u128::from(result.unsigned_abs()), denominator);
    let (larger, smaller) = (exact.max(taken), exact.min(taken));
    let (low, borrow) = larger.1.overflowing_sub(smaller.1);
    let distance = (larger.0 - smaller.0 - u128::from(borrow), low);
    if distance.0 != 0 || distance.1 > denominator {
        return false;
    }
    match (2 * distance.1).cmp(&denominator) {
        Ordering::Less => true,
        // A tie: what was taken is the larger of the two.
        Ordering::Equal => taken > exact,
        Ordering::Greater => false,
    }
}

/// The one number that [`is_rounded`] accepts, found by trying around a rough quotient.
fn rounded(amount: i64, numerator: u128, denominator: u128) -> i64 {
    let rough =
        i128::from(amount) * i128::try_from(numerator).unwrap() / i128::try_from(denominator).unwrap();
    let rough = i64::try_from(rough).unwrap();
    let mut found =
        (rough - 1..=rough + 1).filter(|guess| is_rounded(*guess, amount, numerator, denominator));
    let result = found.next().unwrap();
    assert_eq!(found.next(), None, "only one number is the rounded one");
    result
}

fn vat_of(gross: i64, rate: &str) -> i64 {
    let (numerator, denominator) = fraction(rate);
    rounded(gross, numerator, 100 * denominator + numerator)
}

fn exchanged(amount: i64, rate: &str) -> i64 {
    let (numerator, denominator) = fraction(rate);
    rounded(amount, numerator, denominator)
}

fn percent() -> impl Strategy<Value = String> {
    let known = ["25", "15", "12", "6", "0", "25.5", "14", "13.5", "10", "11.11"];
    prop_oneof![
        3 => prop::sample::select(known.to_vec()).prop_map(str::to_owned),
        1 => (0u32..100, 0u32..1000).prop_map(|(whole, part)| format!("{whole}.{part:03}")),
    ]
}

fn exchange_rate() -> impl Strategy<Value = String> {
    (1u32..2000, 0u32..10_000).prop_map(|(whole, part)| format!("{}.{part:04}", f_whole(whole)))
}

/// Rates of 0 to 19, mostly near those of the Nordic currencies.
fn f_whole(number: u32) -> u32 {
    if number < 1500 {
        7 + number % 5
    } else {
        number % 20
    }
}

/// Amounts of either sign; one in three leaves half a minor unit of VAT at 12 %.
fn amount() -> impl Strategy<Value = i64> {
    let size = prop_oneof![
        (0i64..40_000).prop_map(|number| number * 28 + 14),
        1i64..300,
        1i64..2_000_000_000,
    ];
    (size, any::<bool>()).prop_map(|(size, negative)| if negative { -size } else { size })
}

proptest! {
    #![proptest_config(cases(20_000))]

    #[test]
    fn vat_is_the_nearest_minor_unit(gross in any::<i64>(), rate in percent()) {
        let (numerator, denominator) = fraction(&rate);
        let vat = Rate::parse(&rate).unwrap().vat_in_gross(gross).unwrap();
        prop_assert!(is_rounded(vat, gross, numerator, 100 * denominator + numerator));
        let mirrored = gross.checked_neg().and_then(|gross| Rate::parse(&rate).unwrap().vat_in_gross(gross));
        prop_assert!(mirrored.is_none_or(|mirrored| mirrored == -vat));
    }

    #[test]
    fn ties_at_12_percent_go_away_from_zero(step in -40_000_000i64..40_000_000) {
        let gross = step * 28 + 14;
        let twice = gross * 12 * 2 / 112;
        prop_assert!(twice % 2 != 0 && gross * 12 * 2 % 112 == 0, "a tie");
        let away = (twice + twice.signum()) / 2;
        prop_assert_eq!(Rate::parse("12").unwrap().vat_in_gross(gross), Some(away));
    }

    #[test]
    fn exchange_is_the_nearest_minor_unit(amount in -1_000_000_000_000_000i64..1_000_000_000_000_000, rate in exchange_rate()) {
        let (numerator, denominator) = fraction(&rate);
        let converted = Rate::parse(&rate).unwrap().convert(amount, 2, 2).unwrap();
        prop_assert!(is_rounded(converted, amount, numerator, denominator));
    }

    #[test]
    fn cross_rates_are_not_rounded_before_the_amount(
        amount in -1_000_000_000_000i64..1_000_000_000_000, base in exchange_rate(), own in exchange_rate()
    ) {
        let ((base_n, base_d), (own_n, own_d)) = (fraction(&base), fraction(&own));
        prop_assume!(own_n != 0);
        let cross = Rate::parse(&base).unwrap().divided_by(&Rate::parse(&own).unwrap()).unwrap();
        prop_assert!(is_rounded(cross.convert(amount, 2, 2).unwrap(), amount, base_n * own_d, base_d * own_n));
    }
}

/// A part of a sale: tax code by number, gross, and the VAT where the shop gives it.
#[derive(Debug, Clone)]
struct Part {
    code: usize,
    gross: i64,
    given: Option<i64>,
}

/// A capture or refund; with one part and no VAT it goes by the rule of its sales unit.
#[derive(Debug, Clone)]
struct Sale {
    is_refund: bool,
    date: usize,
    parts: Vec<Part>,
}

impl Sale {
    fn amount(&self) -> i64 {
        self.parts.iter().map(|part| part.gross).sum()
    }

    fn needs_lines(&self) -> bool {
        self.parts.len() > 1 || self.parts.iter().any(|part| part.given.is_some())
    }
}

#[derive(Debug, Clone)]
struct Month {
    rates: Vec<String>,
    fx: Option<Vec<String>>,
    voucher_per: &'static str,
    sales: Vec<Sale>,
}

const DATES: [&str; 3] = ["2026-02-10", "2026-02-11", "2026-02-12"];
const CODES: usize = 3;

fn sale() -> impl Strategy<Value = Sale> {
    let part = || (0..CODES, amount(), prop::option::weighted(0.3, 0u8..100));
    let parts = prop_oneof![
        2 => prop::collection::vec(part(), 1),
        1 => prop::collection::vec(part(), 2..5),
    ];
    (any::<bool>(), 0..DATES.len(), parts).prop_map(|(is_refund, date, parts)| Sale {
        is_refund,
        date,
        parts: parts
            .into_iter()
            .map(|(code, gross, share)| Part {
                code,
                gross,
                given: share.map(|share| i64::from(share) % 3 - 1),
            })
            .collect(),
    })
}

fn month() -> impl Strategy<Value = Month> {
    (
        prop::collection::vec(percent(), CODES),
        prop::option::of(prop::collection::vec(exchange_rate(), DATES.len())),
        prop::sample::select(vec!["ledger-date", "payout", "entry"]),
        prop::collection::vec(sale(), 1..12),
    )
        .prop_map(|(rates, fx, voucher_per, mut sales)| {
            for part in sales.iter_mut().flat_map(|sale| &mut sale.parts) {
                // Without a rate there is no VAT to give.
                if fraction(&rates[part.code]).0 == 0 {
                    part.given = None;
                }
                // A shop may round otherwise, by one minor unit.
                part.given = part.given.map(|by| vat_of(part.gross, &rates[part.code]) + by);
            }
            sales.retain(|sale| sale.amount() != 0);
            let mut fx = fx;
            for rate in fx.iter_mut().flatten() {
                if fraction(rate).0 == 0 {
                    "1.0000".clone_into(rate);
                }
            }
            Month {
                rates,
                fx,
                voucher_per,
                sales,
            }
        })
}

impl Month {
    fn config(&self) -> String {
        let mut text = format!(
            "sales_lines = \"lines.csv\"\n[posting]\nmarket = \"NO\"\ncaptures = \"revenue\"\nvoucher_per = \"{}\"\n",
            self.voucher_per
        );
        for (code, rate) in self.rates.iter().enumerate() {
            text += &format!(
                "[[rules]]\nhandle = \"api:{code}\"\ntax_code = \"C{code}\"\n[tax_codes.C{code}]\nrate = \"{rate}\"\naccount = \"27{code}\"\nrevenue_account = \"30{code}\"\n"
            );
        }
        if let Some(fx) = &self.fx {
            text += "[fx_rates.EUR]\n";
            for (date, rate) in DATES.iter().zip(fx) {
                text += &format!("\"{date}\" = \"{rate}\"\n");
            }
        }
        text
    }

    fn lines(&self) -> String {
        let mut text = "psp_reference,reference,gross,vat_code,vat\n".to_owned();
        for (index, sale) in self
            .sales
            .iter()
            .enumerate()
            .filter(|(_, sale)| sale.needs_lines())
        {
            for part in &sale.parts {
                let vat = part.given.map(|vat| vat.to_string()).unwrap_or_default();
                text += &format!("p{index},,{},C{},{vat}\n", part.gross, part.code);
            }
        }
        text
    }

    /// The funds of each date; on the last one everything is paid out.
    fn funds(&self) -> Vec<String> {
        let mut balance = 0i64;
        let mut dates = Vec::new();
        for (date, name) in DATES.iter().enumerate() {
            let mut items = Vec::new();
            let mut add = |entry_type: &str, psp_reference: &str, handle: &str, amount: i64| {
                items.push(serde_json::json!({
                    "pspReference": psp_reference, "time": format!("{name}T10:00:00Z"), "ledgerDate": name,
                    "entryType": entry_type, "reference": null, "currency": self.currency(), "amount": amount,
                    "recipientHandle": handle, "balanceBefore": balance, "balanceAfter": balance + amount,
                }));
                balance += amount;
            };
            for (index, sale) in self
                .sales
                .iter()
                .enumerate()
                .filter(|(_, sale)| sale.date == date)
            {
                let entry_type = if sale.is_refund { "refund" } else { "capture" };
                let handle = format!("api:{}", sale.parts[0].code);
                add(entry_type, &format!("p{index}"), &handle, sale.amount());
            }
            if date + 1 == DATES.len() {
                let total: i64 = self.sales.iter().map(Sale::amount).sum();
                add("payout-scheduled", "1-2000001", "api:0", -total);
            }
            dates.push(serde_json::json!({"items": items, "hasMore": false, "tryLater": false}).to_string());
        }
        dates
    }

    fn currency(&self) -> &'static str {
        if self.fx.is_some() { "EUR" } else { "NOK" }
    }

    /// What the poster makes of it.
    fn post(&self) -> Vec<Voucher> {
        let folder = scratch();
        fs::write(folder.path().join("lines.csv"), self.lines()).unwrap();
        let funds: Vec<_> = DATES.into_iter().zip(self.funds()).collect();
        let path = folder.path().join("bilag.toml");
        post(&self.config(), &path, self.currency(), &funds)
    }

    /// Revenue and VAT as they must be: by voucher, refund or capture, sign of the entry, and code,
    /// in the ledger's currency and in the base currency, credit positive.
    fn expected(&self) -> BTreeMap<String, Vec<(String, i64, i64)>> {
        /// Computed gross, and given gross and VAT, by date.
        type Sums = (BTreeMap<usize, i64>, BTreeMap<usize, (i64, i64)>);
        let mut groups = BTreeMap::<(String, bool, bool, usize), Sums>::new();
        let mut places = [0usize; DATES.len()];
        for sale in &self.sales {
            places[sale.date] += 1;
            let voucher = match self.voucher_per {
                "payout" => "VM-1-P2000001".to_owned(),
                "entry" => format!("VM-1-{}-funds-{:03}", DATES[sale.date], places[sale.date]),
                _ => format!("VM-1-{}", DATES[sale.date]),
            };
            for part in &sale.parts {
                let group = (voucher.clone(), sale.is_refund, sale.amount() < 0, part.code);
                let sums = groups.entry(group).or_default();
                match part.given {
                    None => *sums.0.entry(sale.date).or_default() += part.gross,
                    Some(vat) => {
                        let sum = sums.1.entry(sale.date).or_default();
                        *sum = (sum.0 + part.gross, sum.1 + vat);
                    }
                }
            }
        }
        let base = |amount: i64, date: usize| match &self.fx {
            None => amount,
            Some(fx) => exchanged(amount, &fx[date]),
        };
        let mut expected = BTreeMap::<String, Vec<(String, i64, i64)>>::new();
        for ((voucher, is_refund, _, code), (computed, given)) in groups {
            let mut parts: Vec<(usize, i64, i64)> = Vec::new();
            let (mut gross_so_far, mut vat_so_far) = (0, 0);
            for (date, gross) in computed {
                gross_so_far += gross;
                let vat = vat_of(gross_so_far, &self.rates[code]);
                parts.push((date, gross - (vat - vat_so_far), vat - vat_so_far));
                vat_so_far = vat;
            }
            parts.extend(
                given
                    .into_iter()
                    .map(|(date, (gross, vat))| (date, gross - vat, vat)),
            );
            let key = if is_refund { "refund" } else { "capture" };
            let sum = |pick: fn(&(usize, i64, i64)) -> i64| -> (i64, i64) {
                let amounts = parts.iter().map(|part| (pick(part), base(pick(part), part.0)));
                amounts.fold((0, 0), |sum, next| (sum.0 + next.0, sum.1 + next.1))
            };
            let (net, net_base) = sum(|part| part.1);
            let (vat, vat_base) = sum(|part| part.2);
            let postings = expected.entry(voucher).or_default();
            for (account, amount, base) in [
                (format!("{key} 30{code}"), net, net_base),
                (format!("{key} 27{code}"), vat, vat_base),
            ] {
                if amount != 0 || base != 0 {
                    postings.push((account, amount, base));
                }
            }
        }
        for postings in expected.values_mut() {
            postings.sort();
        }
        expected.retain(|_, postings| !postings.is_empty());
        expected
    }
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn the_poster_splits_as_the_oracle_does(month in month()) {
        prop_assume!(!month.sales.is_empty());
        let vouchers = month.post();
        let mut found = BTreeMap::<String, Vec<(String, i64, i64)>>::new();
        let (mut funds, mut funds_base) = (0i64, 0i64);
        for voucher in &vouchers {
            let rest: i64 = voucher.postings().iter().map(|posting| posting.in_base()).sum();
            prop_assert_eq!(rest, 0, "{} balances", voucher.id());
            for posting in voucher.postings() {
                if &*posting.account == "1577" {
                    funds_base += posting.in_base();
                    funds += if posting.key == PostingKey::FxDifference { 0 } else { posting.amount };
                }
                if posting.key == PostingKey::Rounding {
                    let most = i64::try_from(voucher.postings().len() * DATES.len()).unwrap();
                    prop_assert!(posting.amount.abs() <= most, "roundings stay small");
                }
                if posting.tax_code.is_some() {
                    let name = format!("{} {}", posting.key.name(), posting.account);
                    found
                        .entry(voucher.id().to_string())
                        .or_default()
                        .push((name, -posting.amount, -posting.in_base()));
                }
            }
        }
        found.values_mut().for_each(|postings| postings.sort());
        prop_assert_eq!(found, month.expected());
        prop_assert_eq!(funds, 0, "what came in was paid out");
        prop_assert_eq!(funds_base, 0, "an empty account is empty in the books too");
    }
}
