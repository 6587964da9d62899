//! The café whose month goes through every format.

use bilag::date::DateRange;

use crate::harness::dates::range;
use crate::harness::entry::Entry;
use crate::harness::exporter::Exporter;
use crate::harness::ledger::Ledger;
use crate::harness::vouchers::cafe;

/// Every option that a format needs, and Norwegian revenue.
pub(crate) const CONFIGURATION: &str = r#"
[company]
name = "Fjellbua Kaffe AS"
registration_number = "987654321"
street = "Storgata 1"
postal_code = "0155"
city = "Oslo"
country = "NO"
contact_first_name = "Kari"
contact_last_name = "Eksempel"
phone = "+4722334455"
email = "kari@example.no"
vat_registered = true
bank_account = "86011117947"

[posting]
market = "NO"
captures = "revenue"

[[rules]]
tax_code = "3"
department = "40"

[formats.24sevenoffice]
voucher_type = "9"
tax_codes = { 3 = "3" }

[formats.xledger-gl02]
voucher_type = "LG"

[formats.dk-journal]
tax_codes = { 3 = "U25", 0 = "" }

[formats.visma-business]
voucher_type = "99"
tax_codes = { 3 = "3" }
"#;

/// `configuration` as a format wants it: Swedish formats take ten digits, and a document with
/// balances wants those that no ledger says.
pub(crate) fn suited(configuration: &str, id: &str) -> String {
    match id {
        "sie4" | "sie5" => configuration.replace("987654321", "5560360793"),
        "saft-dk" => {
            let opening = "[formats.saft-dk.opening]\n1577 = \"0.00\"\n2961 = \"0.00\"\n";
            format!("{}\n{opening}", configuration.replace("987654321", "12345674"))
        }
        "saft-no" => {
            format!("{configuration}\n[formats.saft-no.opening]\n1577 = \"0.00\"\n2961 = \"0.00\"\n")
        }
        _ => configuration.to_owned(),
    }
}

pub(crate) fn february() -> DateRange {
    range("2026-02-01", "2026-02-28")
}

/// February 2026: sales and fees every date, some refunds, and payouts twice a week.
pub(crate) fn normal_month() -> Exporter {
    let mut ledger = cafe();
    let mut number = 5_001_144_570u64;
    let mut next = || {
        number += 3;
        number.to_string()
    };
    for day in 1..=28 {
        ledger = ledger.date(&format!("2026-02-{day:02}"));
        for sale in 0..(day % 3) + 1 {
            let amount = 4_990 + 1_337 * i64::from(day) + 100 * i64::from(sale);
            ledger = sold(
                ledger,
                &next(),
                &format!("order-{day}-{sale}"),
                amount,
                amount * 3 / 100,
            );
        }
        if day % 9 == 0 {
            let refund = Entry::new("refund", -2_500).psp(&next());
            ledger = ledger.funds([refund.reference(&format!("order-{day}-0"))]);
        }
        if day % 7 == 2 || day % 7 == 5 || day == 28 {
            ledger = ledger.pay_out(&format!("20000{day:02}"));
        }
    }
    Exporter::of(ledger, february())
}

/// Adds a sale whose fee tells the same order.
pub(crate) fn sold(ledger: Ledger, number: &str, order: &str, amount: i64, cost: i64) -> Ledger {
    let entry = |entry_type, amount| [Entry::new(entry_type, amount).psp(number).reference(order)];
    ledger
        .funds(entry("capture", amount))
        .fees(entry("capture-fee", -cost))
}
