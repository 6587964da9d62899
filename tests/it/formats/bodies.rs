//! Request bodies for APIs, and the Visma Business import.

use bilag::journal::{Posting, PostingKey, Tax, Voucher};
use bilag::money::Rate;
use serde_json::{Value, json};

use super::cafe::CONFIGURATION;
use crate::harness::library::format;
use crate::harness::vouchers::{posting, sale, voucher, write};

fn text(id: &str, voucher: &Voucher) -> String {
    let written = write(format(id), CONFIGURATION, std::slice::from_ref(voucher));
    assert!(written.refusals.is_empty(), "{:?}", written.refusals);
    String::from_utf8(written.bytes).unwrap()
}

fn body(id: &str, voucher: &Voucher) -> Value {
    serde_json::from_str(&text(id, voucher)).unwrap()
}

fn refund(gross: i64, vat: i64) -> Voucher {
    let rate = Rate::parse("25").unwrap();
    let of_refund = |account: &str, amount, tax| Posting {
        key: PostingKey::Refund,
        tax_code: (tax != Tax::None).then(|| "3".into()),
        tax,
        ..posting(account, amount, "Vipps refusjon")
    };
    let postings = vec![
        of_refund("1577", -gross, Tax::None),
        of_refund("3000", gross - vat, Tax::Net { rate, vat }),
        of_refund(
            "2700",
            vat,
            Tax::Vat {
                rate,
                net: gross - vat,
            },
        ),
    ];
    voucher("2026-02-02", postings)
}

#[test]
fn amounts_keep_all_their_digits() {
    let large = voucher(
        "2026-02-02",
        vec![
            posting("1920", 9_007_199_254_740_993, "x"),
            posting("1577", -9_007_199_254_740_993, "x"),
        ],
    );
    for id in [
        "tripletex",
        "poweroffice",
        "visma-eaccounting",
        "business-central",
    ] {
        assert!(text(id, &large).contains("90071992547409.93"), "{id}");
    }
    assert!(text("fiken", &large).contains("9007199254740993"));
}

#[test]
fn tripletex_gets_gross_postings_from_row_1() {
    let body = body("tripletex", &voucher("2026-02-02", sale(12_500, 2_500, "Salg")));
    assert_eq!(body["externalVoucherNumber"], "VM-302321-2026-02-02");
    let postings = body["postings"].as_array().unwrap();
    assert_eq!(postings.len(), 2);
    assert_eq!(postings[0]["row"], 1);
    assert_eq!(postings[1]["account"], json!({"id": "{{account:3000}}"}));
    assert_eq!(postings[1]["vatType"], json!({"id": "{{vatType:3}}"}));
    assert_eq!(postings[1]["amountGross"].to_string(), "-125.0");
}

#[test]
fn poweroffice_gets_a_key_that_it_refuses_twice() {
    let body = body("poweroffice", &voucher("2026-02-02", sale(12_500, 2_500, "Salg")));
    assert_eq!(body["ExternalImportReference"], "VM-302321-2026-02-02");
    assert_eq!(body["ImportedVoucherNo"], 260_202_000);
    assert_eq!(body["VoucherLines"][0]["VatId"], "{{vat:0}}");
}

#[test]
fn fiken_gets_both_accounts_on_a_line() {
    let lines =
        body("fiken", &voucher("2026-02-02", sale(12_500, 2_500, "Salg")))["journalEntries"][0]["lines"]
            .clone();
    assert_eq!(
        lines,
        json!([{"amount": 12_500, "debitAccount": "1577", "creditAccount": "3000", "creditVatCode": 3}])
    );
    let lines = body("fiken", &refund(12_500, 2_500))["journalEntries"][0]["lines"].clone();
    assert_eq!(
        lines,
        json!([
            {"amount": 10_000, "debitAccount": "3000", "debitVatCode": 3},
            {"amount": 12_500, "creditAccount": "1577"}
        ])
    );
}

#[test]
fn fiken_is_refused_where_its_vat_would_not_balance() {
    let written = write(format("fiken"), CONFIGURATION, &[refund(12_502, 2_500)]);
    assert!(
        written.refusals[0].contains("VM-302321-2026-02-02"),
        "{:?}",
        written.refusals
    );
    assert!(written.refusals[0].contains("25.01"), "{:?}", written.refusals);
}

#[test]
fn eaccounting_has_vat_on_lines_of_its_own() {
    let body = body(
        "visma-eaccounting",
        &voucher("2026-02-02", sale(12_500, 2_500, "Salg")),
    );
    let rows = body["Rows"].as_array().unwrap();
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[1]["VatCodeId"], "{{vatCode:3}}");
    assert!(rows[0].get("VatCodeId").is_none() && rows[2].get("VatCodeId").is_none());
    let lettered = voucher(
        "2026-02-02",
        vec![posting("19A", 1, "x"), posting("0157", -1, "x")],
    );
    let written = write(format("visma-eaccounting"), CONFIGURATION, &[lettered]);
    assert_eq!(written.refusals.len(), 2, "{:?}", written.refusals);
}

#[test]
fn business_central_gets_one_batch_per_voucher() {
    let body = body(
        "business-central",
        &voucher("2026-02-02", sale(12_500, 2_500, "Salg")),
    );
    let requests = body["requests"].as_array().unwrap();
    assert_eq!(requests.len(), 3);
    assert_eq!(
        requests[0]["url"],
        "companies({{company:}})/journals({{journal:BILAG}})/journalLines"
    );
    assert_eq!(requests[2]["body"]["documentNumber"], "302321-260202");
    assert_eq!(requests[2]["body"]["comment"], "VM-302321-2026-02-02");
}

#[test]
fn visma_business_puts_the_amount_on_its_side() {
    let text = text(
        "visma-business",
        &voucher("2026-02-02", sale(12_500, 2_500, "Salg \"nr 1\"")),
    );
    assert!(
        text.starts_with("@IMPORT_METHOD(3)\r\n@WaBnd(Descr,ValDt)\r\n\"VM-302321\" 20260202\r\n@WaVo(VoNo,")
    );
    assert!(
        text.ends_with(
            "260202000 20260202 99 \"Salg  nr 1 \" 1577 0 0 3 0 0 0 0 125.00 0.00 125.00\r\n\
             260202000 20260202 99 \"Salg  nr 1 \" 0 0 0 0 3000 3 1 3 100.00 25.00 125.00\r\n"
        ),
        "{text}"
    );
    let unmapped = "[formats.visma-business]\nvoucher_type = 99";
    let written = write(format("visma-business"), unmapped, &[refund(12_500, 2_500)]);
    assert!(
        written.refusals[0].contains("tax code `3`"),
        "{:?}",
        written.refusals
    );
}
