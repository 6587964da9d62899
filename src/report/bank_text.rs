//! The text that a payout has on the bank statement.

use crate::chart::{Chart, Market};
use crate::ledger::payout::Payout;
use crate::provider::LedgerInfo;

/// The expected bank text of a payout, as far as it is known.
///
/// Norway: `Utb. <payout number> Vippsnr <sales unit>`; the API does not state it reliably.
/// Denmark and Finland: the payout's reference, else `02`, the sales unit in eight digits,
/// `001`, the ledger date as DDMMYY and a check digit.
pub fn of(payout: &Payout, info: &LedgerInfo, market: Market) -> Option<String> {
    let unit = payout
        .handle
        .as_deref()
        .map(|handle| handle.split_once(':').map_or(handle, |(_, unit)| unit))
        .or_else(|| info.only_unit());
    match (&Chart::of(market).texts.bank, &payout.reference) {
        (Some(template), _) => Some(
            template
                .replace("{no}", payout.number.as_deref()?)
                .replace("{unit}", unit?),
        ),
        (None, Some(reference)) => Some(reference.clone()),
        (None, None) if matches!(market, Market::Denmark | Market::Finland) => numeric(payout, unit?),
        (None, None) => None,
    }
}

fn numeric(payout: &Payout, unit: &str) -> Option<String> {
    if unit.len() > 8 || !unit.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digits = format!("02{unit:0>8}001{}", payout.ledger_date.format("%d%m%y"));
    let check = check_digit(&digits);
    Some(format!("{digits}{check}"))
}

/// The check digit by weights 7, 3, 1 from the right, as in Finnish reference numbers.
pub fn check_digit(digits: &str) -> u32 {
    let weights = [7, 3, 1].into_iter().cycle();
    let sum: u32 = digits
        .bytes()
        .rev()
        .zip(weights)
        .map(|(byte, weight)| u32::from(byte - b'0') * weight)
        .sum();
    (10 - sum % 10) % 10
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_digit_is_that_of_the_known_example() {
        assert_eq!(check_digit("0200090601001010426"), 6, "02000906010010104266");
    }
}
