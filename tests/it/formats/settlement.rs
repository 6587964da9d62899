//! The settlement report: valid, obeying its sums, and equal to the provider's own examples.

use std::io::Write;

use bilag::date::DateRange;
use quick_xml::events::Event;

use super::cafe::{CONFIGURATION, february, normal_month};
use crate::harness::dates::{date, range};
use crate::harness::entry::Entry;
use crate::harness::exporter::{Exported, Exporter};
use crate::harness::judges::{Judge, reference_data};
use crate::harness::ledger::{Ledger, payout};
use crate::harness::vouchers::cafe;

/// An element with its text and its children, read by another program than the one that wrote it.
#[derive(Debug, Clone, Default, PartialEq)]
struct Element {
    name: String,
    text: String,
    children: Vec<Element>,
}

impl Element {
    fn read(xml: &str) -> Self {
        let mut reader = quick_xml::Reader::from_str(xml);
        let mut open = vec![Self::default()];
        loop {
            match reader.read_event().unwrap() {
                Event::Start(start) => open.push(Self {
                    name: start.name().as_ref().to_owned(),
                    ..Self::default()
                }),
                Event::Text(text) => {
                    let text: &str = text.as_ref();
                    let element = open.last_mut().unwrap();
                    element.text = format!("{}{}", element.text, text.trim());
                }
                Event::GeneralRef(name) => {
                    let name: &str = name.as_ref();
                    let text = quick_xml::escape::unescape(&format!("&{name};"))
                        .unwrap()
                        .into_owned();
                    open.last_mut().unwrap().text.push_str(&text);
                }
                Event::End(_) => {
                    let done = open.pop().unwrap();
                    open.last_mut().unwrap().children.push(done);
                }
                Event::Eof => return open.pop().unwrap().children.remove(0),
                _ => {}
            }
        }
    }

    fn all<'e>(&'e self, name: &str, found: &mut Vec<&'e Self>) {
        for child in &self.children {
            if child.name == name {
                found.push(child);
            }
            child.all(name, found);
        }
    }

    fn find(&self, name: &str) -> Vec<&Self> {
        let mut found = Vec::new();
        self.all(name, &mut found);
        found
    }

    fn get(&self, name: &str) -> &str {
        let child = self.children.iter().find(|child| child.name == name);
        child.map_or("", |child| child.text.as_str())
    }

    fn minor(&self, name: &str) -> i64 {
        let (whole, cents) = self.get(name).split_once('.').unwrap();
        assert_eq!(cents.len(), 2, "{name}");
        format!("{whole}{cents}").parse().unwrap()
    }
}

/// What the comments of the schema say about the sums.
fn assert_sums(report: &Element) {
    for settlement in report.find("SettlementInfo") {
        let transactions = settlement.find("TransactionInfo");
        assert_eq!(
            settlement.get("NumOfTransactions"),
            transactions.len().to_string()
        );
        for kind in ["Capture", "Refund", "Gross", "Net", "Fee"] {
            let sum: i64 = transactions
                .iter()
                .map(|transaction| transaction.minor(&format!("Transaction{kind}Amount")))
                .sum();
            assert_eq!(
                settlement.minor(&format!("{kind}SettlementAmount")),
                sum,
                "{kind}"
            );
        }
        for transaction in transactions {
            let amount = |kind: &str| transaction.minor(&format!("Transaction{kind}Amount"));
            assert_eq!(amount("Gross"), amount("Capture") + amount("Refund"));
            assert_eq!(amount("Net"), amount("Gross") - amount("Fee"));
            assert!(amount("Capture") >= 0 && amount("Refund") <= 0 && amount("Fee") >= 0);
        }
        let kind = settlement.get("SettlementType");
        assert_eq!(
            settlement.minor("SettledAmount"),
            settlement.minor(&format!("{kind}SettlementAmount"))
        );
    }
}

/// Lets `xmllint` judge a report.
fn assert_valid(report: &Exported, schema: &str) {
    if let Some(schema) = reference_data(&format!("settlement/{schema}")) {
        let (schema, paths) = (schema.to_str().unwrap(), report.paths("vipps-settlement-xml"));
        let report = paths[0].to_str().unwrap();
        Judge::Xmllint.accepts(&["--noout", "--nonet", "--schema", schema, report]);
    }
}

fn report(exporter: &Exporter, options: &str, range: DateRange) -> Element {
    let configuration = format!("{CONFIGURATION}\n[formats.vipps-settlement-xml]\n{options}\n");
    let made = exporter.run(&configuration, &["vipps-settlement-xml"], range);
    Element::read(&made.text())
}

#[test]
fn a_month_is_valid_and_its_sums_hold() {
    let exporter = normal_month();
    let made = exporter.run(CONFIGURATION, &["vipps-settlement-xml"], february());
    assert_valid(&made, "SettlementReport-3.0.xsd");
    let report = Element::read(&made.text());
    assert_sums(&report);
    let settlements = report.find("SettlementInfo");
    assert_eq!(
        report.find("NumOfSettlements")[0].text,
        settlements.len().to_string()
    );
    assert!(settlements.len() >= 8);
    for (payout, settlement) in made.run.proof.unwrap().payouts.iter().zip(settlements) {
        assert_eq!(settlement.minor("SettledAmount"), payout.amount);
        assert_eq!(settlement.get("SettlementID"), payout.number.as_deref().unwrap());
        assert_eq!(settlement.get("SettlementType"), "Net");
    }
    let time = &report.find("TransactionTime")[0].text;
    assert_eq!(time, "2026-02-01T12:22:33.456+01:00");
}

#[test]
fn version_2_is_valid_too() {
    let exporter = normal_month();
    let configuration = format!("{CONFIGURATION}\n[formats.vipps-settlement-xml]\nversion = \"2.0\"");
    let made = exporter.run(&configuration, &["vipps-settlement-xml"], february());
    assert_valid(&made, "SettlementReport-2.0.xsd");
    let report = Element::read(&made.text());
    let payments = report.find("PaymentsInfo")[0];
    let sum: i64 = report
        .find("SettlementInfo")
        .iter()
        .map(|settlement| settlement.minor("NetSettlementAmount"))
        .sum();
    assert_eq!(payments.minor("TotalSettledNetAmount"), sum);
    let city = configuration.replace("city = \"Oslo\"", "city = \"Mo i Rana\"");
    let made = exporter.run(&city, &["vipps-settlement-xml"], february());
    assert!(made.problems()[0].contains("Mo i Rana"), "{:?}", made.problems());
}

#[test]
fn a_zip_holds_the_same_report_and_the_same_bytes() {
    let exporter = normal_month();
    let plain = exporter.run(CONFIGURATION, &["vipps-settlement-xml"], february());
    let zipped = format!("{CONFIGURATION}\n[formats.vipps-settlement-xml]\ncontainer = \"zip\"");
    let first = exporter.run(&zipped, &["vipps-settlement-xml"], february());
    let again = exporter.run(&zipped, &["vipps-settlement-xml"], february());
    assert_eq!(first.files, again.files);
    let bytes = &first.files["vipps-settlement.xml.zip"];
    let number = |from: usize, length: usize| -> usize {
        bytes[from..from + length]
            .iter()
            .rev()
            .fold(0, |number, byte| number * 256 + usize::from(*byte))
    };
    assert_eq!(&bytes[..4], b"PK\x03\x04");
    assert_eq!(number(12, 2), 0x21, "1 January 1980");
    let (compressed, size, name) = (number(18, 4), number(22, 4), number(26, 2));
    assert_eq!(&bytes[30..30 + name], b"vipps-settlement.xml");
    let mut content = Vec::new();
    let start = 30 + name;
    let mut decoder = flate2::write::DeflateDecoder::new(&mut content);
    decoder.write_all(&bytes[start..start + compressed]).unwrap();
    decoder.finish().unwrap();
    assert_eq!(content.len(), size);
    let mut crc = flate2::Crc::new();
    crc.update(&content);
    assert_eq!(number(14, 4), crc.sum() as usize);
    assert_eq!(content, plain.text().into_bytes());
    assert_eq!(
        number(bytes.len() - 6, 4),
        start + compressed,
        "where the directory begins"
    );
}

#[test]
fn the_first_payout_takes_in_the_dates_before_the_range() {
    let ledger = cafe()
        .date("2026-01-29")
        .sale("11", 10_000, 300)
        .date("2026-01-30")
        .pay_out("2000001")
        .date("2026-01-31")
        .sale("12", 20_000, 600)
        .date("2026-02-01")
        .sale("13", 30_000, 900)
        .date("2026-02-02")
        .pay_out("2000002")
        .date("2026-02-03")
        .sale("14", 40_000, 1_200);
    let exporter = Exporter::of(ledger, february());
    let report = report(&exporter, "", february());
    assert_sums(&report);
    let references: Vec<_> = report
        .find("TransactionID")
        .iter()
        .map(|id| id.text.clone())
        .collect();
    assert_eq!(
        references,
        ["12", "13"],
        "what is not paid out waits for the next report"
    );
    assert_eq!(report.find("SettlementInfo")[0].minor("SettledAmount"), 48_500);
}

#[test]
fn what_the_report_has_no_place_for_is_refused_by_name() {
    let problems = |fill: &dyn Fn(Ledger) -> Ledger| {
        let ledger = cafe().date("2026-02-02").sale("5001", 10_000, 300);
        let ledger = fill(ledger).date("2026-02-03").pay_out("2000001");
        let made = Exporter::of(ledger, february()).run(CONFIGURATION, &["vipps-settlement-xml"], february());
        assert!(made.files.is_empty());
        made.problems().join("\n")
    };
    let entry = |entry_type, amount, number| [Entry::new(entry_type, amount).psp(number)];
    let ulid = problems(&|ledger| ledger.sale("01H7W7Q", 100, 3));
    assert!(ulid.contains("`01H7W7Q`") && ulid.contains("number"), "{ulid}");
    let dispute = problems(&|ledger| ledger.funds(entry("retained-disputed-capture", -500, "7")));
    assert!(
        dispute.contains("payout 2000001") && dispute.contains("retained-disputed-capture"),
        "{dispute}"
    );
    let correction = problems(&|ledger| ledger.fees(entry("correction", 5, "7")));
    assert!(
        correction.contains("fees 2026-02-02, entry 2: correction"),
        "{correction}"
    );
    let stray = problems(&|ledger| ledger.fees(entry("capture-fee", -5, "777")));
    assert!(
        stray.contains("`777`") && stray.contains("fees retained are 3.05"),
        "{stray}"
    );
    let inverted = problems(&|ledger| ledger.funds(entry("capture", -5, "78")));
    assert!(inverted.contains("wrong sign"), "{inverted}");
}

#[test]
fn a_reserve_is_refused_and_a_range_without_payouts_makes_no_file() {
    let ledger = cafe()
        .date("2026-02-02")
        .sale("5001", 10_000, 0)
        .date("2026-02-03")
        .funds([payout("2000001", 9_000)]);
    let exporter = Exporter::of(ledger, february());
    let made = exporter.run(CONFIGURATION, &["vipps-settlement-xml"], february());
    assert!(
        made.problems()[0].contains("90.00 was paid out"),
        "{:?}",
        made.problems()
    );
    let made = exporter.run(
        CONFIGURATION,
        &["vipps-settlement-xml"],
        range("2026-02-05", "2026-02-06"),
    );
    assert!(
        made.files.is_empty() && made.problems().is_empty(),
        "{:?}",
        made.problems()
    );
}

/// The provider's example as the ledger that it would have come from: all entries on the date
/// of their settlement, fees on the fees topic, and retained when the settlement is net.
fn ledger_of(example: &Element) -> Ledger {
    let mut ledger = cafe();
    for settlement in example.find("SettlementInfo") {
        ledger = ledger.date(settlement.get("SettlementDate"));
        for transaction in settlement.find("TransactionInfo") {
            let entry = |entry_type, amount| {
                Entry::new(entry_type, amount)
                    .psp(transaction.get("TransactionID"))
                    .reference(transaction.get("OrderID"))
                    .time(transaction.get("TransactionTime"))
            };
            let gross = transaction.minor("TransactionGrossAmount");
            let cost = transaction.minor("TransactionFeeAmount");
            let kind = if gross < 0 { "refund" } else { "capture" };
            ledger = ledger.funds([entry(kind, gross)]);
            if cost != 0 {
                ledger = ledger.fees([entry("capture-fee", -cost)]);
            }
        }
        let number = settlement.get("SettlementID");
        ledger = if settlement.get("SettlementType") == "Net" {
            ledger.pay_out(number)
        } else {
            ledger.funds([payout(number, settlement.minor("SettledAmount"))])
        };
    }
    ledger
}

#[test]
fn the_providers_own_examples_come_back_with_equal_figures() {
    for name in ["Example-Net.xml", "Example-Gross.xml"] {
        let Some(path) = reference_data(&format!("settlement/{name}")) else {
            continue;
        };
        let example = Element::read(&std::fs::read_to_string(path).unwrap());
        let details = example.find("SettlementDetailsInfo")[0];
        let payments = details.find("PaymentsInfo")[0];
        let range = DateRange::new(
            date(payments.get("ReportDateFrom")),
            date(payments.get("ReportDateTo")),
        )
        .unwrap();
        let options = format!(
            "serial_number = \"{}\"\nsale_unit_name = \"{}\"",
            details.get("SerialNumber"),
            details.get("SaleUnitName")
        );
        let ours = report(&Exporter::of(ledger_of(&example), range), &options, range);
        assert_sums(&ours);
        for kind in ["SettlementInfo", "TransactionInfo"] {
            let (theirs, ours) = (example.find(kind), ours.find(kind));
            assert_eq!(theirs.len(), ours.len(), "{name}");
            for (theirs, ours) in theirs.iter().zip(ours) {
                for field in &theirs.children {
                    match field.name.as_str() {
                        "TransactionInfo" => {}
                        "TransactionTime" => {
                            let seconds = |time: &str| time[..19].to_owned() + &time[time.len() - 6..];
                            assert_eq!(seconds(&field.text), seconds(ours.get("TransactionTime")));
                        }
                        name => assert_eq!(field.text, ours.get(name), "{name}"),
                    }
                }
            }
        }
    }
}
