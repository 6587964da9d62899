//! The settlement report: valid, obeying its sums, and equal to the provider's own examples.

use std::io::Write;
use std::process::{Command, Stdio};

use bilag::date::DateRange;
use quick_xml::events::Event;

use super::desk::{CONFIGURATION, Desk, Ledger, date, normal_month, range};
use crate::outside::{reference_data, skipped};

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

/// Lets `xmllint` judge a report; says so when it cannot.
fn assert_valid(xml: &[u8], schema: &str) {
    let Some(folder) = reference_data("settlement") else {
        return;
    };
    let mut command = Command::new("xmllint");
    command
        .args(["--noout", "--nonet", "--schema"])
        .arg(folder.join(schema))
        .arg("-");
    let spawned = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let Ok(mut child) = spawned else {
        skipped("xmllint is not installed");
        return;
    };
    child.stdin.take().unwrap().write_all(xml).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn february() -> DateRange {
    range("2026-02-01", "2026-02-28")
}

fn report(desk: &Desk, options: &str, range: DateRange) -> Element {
    let configuration = format!("{CONFIGURATION}\n[formats.vipps-settlement-xml]\n{options}\n");
    let made = desk.run(&configuration, &["vipps-settlement-xml"], range);
    Element::read(&made.text())
}

#[test]
fn a_month_is_valid_and_its_sums_hold() {
    let desk = normal_month().archive(february());
    let made = desk.run(CONFIGURATION, &["vipps-settlement-xml"], february());
    assert_valid(made.text().as_bytes(), "SettlementReport-3.0.xsd");
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
    let desk = normal_month().archive(february());
    let configuration = format!("{CONFIGURATION}\n[formats.vipps-settlement-xml]\nversion = \"2.0\"");
    let made = desk.run(&configuration, &["vipps-settlement-xml"], february());
    assert_valid(made.text().as_bytes(), "SettlementReport-2.0.xsd");
    let report = Element::read(&made.text());
    let payments = report.find("PaymentsInfo")[0];
    let sum: i64 = report
        .find("SettlementInfo")
        .iter()
        .map(|settlement| settlement.minor("NetSettlementAmount"))
        .sum();
    assert_eq!(payments.minor("TotalSettledNetAmount"), sum);
    let city = configuration.replace("city = \"Oslo\"", "city = \"Mo i Rana\"");
    let made = desk.run(&city, &["vipps-settlement-xml"], february());
    assert!(made.problems()[0].contains("Mo i Rana"), "{:?}", made.problems());
}

#[test]
fn a_zip_holds_the_same_report_and_the_same_bytes() {
    let desk = normal_month().archive(february());
    let plain = desk.run(CONFIGURATION, &["vipps-settlement-xml"], february());
    let zipped = format!("{CONFIGURATION}\n[formats.vipps-settlement-xml]\ncontainer = \"zip\"");
    let first = desk.run(&zipped, &["vipps-settlement-xml"], february());
    let again = desk.run(&zipped, &["vipps-settlement-xml"], february());
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
    let mut ledger = Ledger::default();
    ledger.sale("2026-01-29", 10_000, 300, "11", "a");
    ledger.payout("2026-01-30", "2000001");
    ledger.sale("2026-01-31", 20_000, 600, "12", "b");
    ledger.sale("2026-02-01", 30_000, 900, "13", "c");
    ledger.payout("2026-02-02", "2000002");
    ledger.sale("2026-02-03", 40_000, 1_200, "14", "d");
    let desk = ledger.archive(february());
    let report = report(&desk, "", february());
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
    let problems = |fill: &dyn Fn(&mut Ledger)| {
        let mut ledger = Ledger::default();
        ledger.sale("2026-02-02", 10_000, 300, "5001", "a");
        fill(&mut ledger);
        ledger.payout("2026-02-03", "2000001");
        let made = ledger
            .archive(february())
            .run(CONFIGURATION, &["vipps-settlement-xml"], february());
        assert!(made.files.is_empty());
        made.problems().join("\n")
    };
    let ulid = problems(&|ledger| ledger.sale("2026-02-02", 100, 3, "01H7W7Q", "b"));
    assert!(ulid.contains("`01H7W7Q`") && ulid.contains("number"), "{ulid}");
    let dispute =
        problems(&|ledger| ledger.entry("funds", "2026-02-02", "retained-disputed-capture", -500, "7", ""));
    assert!(
        dispute.contains("payout 2000001") && dispute.contains("retained-disputed-capture"),
        "{dispute}"
    );
    let correction = problems(&|ledger| ledger.entry("fees", "2026-02-02", "correction", 5, "7", ""));
    assert!(
        correction.contains("fees 2026-02-02, entry 2: correction"),
        "{correction}"
    );
    let stray = problems(&|ledger| ledger.entry("fees", "2026-02-02", "capture-fee", -5, "777", ""));
    assert!(
        stray.contains("`777`") && stray.contains("fees retained are 3.05"),
        "{stray}"
    );
    let inverted = problems(&|ledger| ledger.entry("funds", "2026-02-02", "capture", -5, "78", ""));
    assert!(inverted.contains("wrong sign"), "{inverted}");
}

#[test]
fn a_reserve_is_refused_and_a_range_without_payouts_makes_no_file() {
    let mut ledger = Ledger::default();
    ledger.sale("2026-02-02", 10_000, 0, "5001", "a");
    ledger.entry("funds", "2026-02-03", "payout-scheduled", -9_000, "2000001", "");
    let desk = ledger.archive(february());
    let made = desk.run(CONFIGURATION, &["vipps-settlement-xml"], february());
    assert!(
        made.problems()[0].contains("90.00 was paid out"),
        "{:?}",
        made.problems()
    );
    let made = desk.run(
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
    let mut ledger = Ledger::default();
    for settlement in example.find("SettlementInfo") {
        let is_net = settlement.get("SettlementType") == "Net";
        let on = settlement.get("SettlementDate");
        let number = settlement.get("SettlementID");
        for transaction in settlement.find("TransactionInfo") {
            let (time, id) = (
                transaction.get("TransactionTime"),
                transaction.get("TransactionID"),
            );
            let order = transaction.get("OrderID");
            let gross = transaction.minor("TransactionGrossAmount");
            let fee = transaction.minor("TransactionFeeAmount");
            let kind = if gross < 0 { "refund" } else { "capture" };
            ledger.entry_at("funds", on, time, kind, gross, id, order);
            if fee != 0 {
                ledger.entry_at("fees", on, time, "capture-fee", -fee, id, order);
            }
        }
        if is_net {
            ledger.payout(on, number);
        } else {
            ledger.entry(
                "funds",
                on,
                "payout-scheduled",
                -settlement.minor("SettledAmount"),
                number,
                "",
            );
        }
    }
    ledger
}

#[test]
fn the_providers_own_examples_come_back_with_equal_figures() {
    let Some(folder) = reference_data("settlement") else {
        return;
    };
    for name in ["Example-Net.xml", "Example-Gross.xml"] {
        let example = Element::read(&std::fs::read_to_string(folder.join(name)).unwrap());
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
        let ours = report(&ledger_of(&example).archive(range), &options, range);
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
