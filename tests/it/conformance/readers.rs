//! Reads documents back with code that shares nothing with the writers: the sum per account.

use std::collections::BTreeMap;

use serde_json::Value;

/// Sums in minor units by account, and whether VAT is part of the revenue.
pub(crate) type Sums = BTreeMap<String, i128>;

/// How a format shows VAT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Vat {
    /// On lines of its own.
    Lines,
    /// In the revenue.
    Gross,
}

/// Formats whose documents are not sums by account; their own tests read them back.
pub(crate) const WITHOUT_ACCOUNTS: [&str; 2] = ["entries-csv", "vipps-settlement-xml"];

/// The sums in the documents of a format, or `None` when nothing here can read it.
pub(crate) fn read(format: &str, files: &BTreeMap<String, Vec<u8>>) -> Option<(Vat, Sums)> {
    let mut sums = Sums::new();
    let mut vat = Vat::Lines;
    for bytes in files.values() {
        let text = decode(format, bytes);
        let text = text.as_str();
        let add: &mut dyn FnMut(&str, i128) = &mut |account, amount| {
            *sums.entry(account.to_owned()).or_default() += amount;
        };
        vat = match format {
            "journal-csv" => table(text, ',', 1, 4, &[(6, '.', 1), (7, '.', -1)], add),
            "gbat10" => gross(table(text, ';', 0, 6, &[(27, '.', 1)], add)),
            "24sevenoffice" => gross(table(text, ';', 1, 3, &[(4, ',', 1)], add)),
            "xledger-gl02" => table(text, ';', 1, 7, &[(24, '.', 1)], add),
            "dk-journal" => gross(table(text, ';', 1, 2, &[(4, ',', 1)], add)),
            "dynamics-bc" => table(text, ';', 1, 4, &[(8, '.', 1)], add),
            "netvisor" => table(text, ';', 1, 2, &[(3, ',', 1)], add),
            "visma-business" => gross(visma_business(text, add)),
            "journal-json" => journal_json(text, add),
            "tripletex" => gross(json(
                text,
                "postings",
                |line, add| {
                    let account = id(&line["account"]["id"]);
                    add(&account, amount(&line["amountGross"]));
                },
                add,
            )),
            "poweroffice" => gross(json(
                text,
                "VoucherLines",
                |line, add| {
                    add(&id(&line["AccountId"]), amount(&line["CurrencyAmount"]));
                },
                add,
            )),
            "visma-eaccounting" => json(
                text,
                "Rows",
                |line, add| {
                    let account = line["AccountNumber"].to_string();
                    add(&account, amount(&line["DebitAmount"]));
                    add(&account, -amount(&line["CreditAmount"]));
                },
                add,
            ),
            "business-central" => json(
                text,
                "requests",
                |line, add| {
                    let line = &line["body"];
                    let account = line["accountNumber"].as_str().unwrap();
                    add(account, amount(&line["amount"]));
                },
                add,
            ),
            "fiken" => gross(fiken(text, add)),
            "saft-no" | "saft-dk" => saft(text, add),
            "sie4" => sie4(text, add),
            "sie5" => sie5(text, add),
            _ => return None,
        };
    }
    sums.retain(|_, sum| *sum != 0);
    Some((vat, sums))
}

fn gross(_: Vat) -> Vat {
    Vat::Gross
}

/// Bytes as text.
pub(crate) fn decode(format: &str, bytes: &[u8]) -> String {
    match format {
        "sie4" => {
            let table = &oem_cp::code_table::DECODING_TABLE_CP437;
            oem_cp::decode_string_complete_table(bytes, table)
        }
        "visma-business" => encoding_rs::WINDOWS_1252.decode(bytes).0.into_owned(),
        _ => {
            let text = String::from_utf8(bytes.to_vec()).unwrap();
            text.trim_start_matches('\u{FEFF}').to_owned()
        }
    }
}

/// `12.50` as 1250; anything that is not exactly that fails the test.
fn minor(text: &str, mark: char) -> i128 {
    if text.is_empty() {
        return 0;
    }
    let (whole, cents) = text.split_once(mark).unwrap_or((text, "00"));
    assert_eq!(cents.len(), 2, "{text}");
    let digits = whole.strip_prefix('-').unwrap_or(whole);
    assert!(
        digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.is_empty(),
        "{text}"
    );
    format!("{whole}{cents}").parse().unwrap()
}

/// One record of delimited text, with quotes where the format has them.
pub(crate) fn records(text: &str, separator: char) -> Vec<Vec<String>> {
    let mut records = Vec::new();
    let (mut record, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                cell.push('"');
            }
            '"' => quoted = !quoted,
            '\r' if !quoted => {}
            '\n' if !quoted => {
                record.push(std::mem::take(&mut cell));
                records.push(std::mem::take(&mut record));
            }
            _ if character == separator && !quoted => record.push(std::mem::take(&mut cell)),
            _ => cell.push(character),
        }
    }
    assert!(
        cell.is_empty() && record.is_empty() && !quoted,
        "the text ends within a record"
    );
    let widths: Vec<usize> = records.iter().map(Vec::len).collect();
    assert!(
        widths.windows(2).all(|pair| pair[0] == pair[1]),
        "records of {widths:?} cells"
    );
    records
}

fn table(
    text: &str,
    separator: char,
    header: usize,
    account: usize,
    amounts: &[(usize, char, i128)],
    add: &mut dyn FnMut(&str, i128),
) -> Vat {
    for record in records(text, separator).into_iter().skip(header) {
        for (column, mark, sign) in amounts {
            add(&record[account], sign * minor(&record[*column], *mark));
        }
    }
    Vat::Lines
}

fn visma_business(text: &str, add: &mut dyn FnMut(&str, i128)) -> Vat {
    let rows = text.lines().skip_while(|line| !line.starts_with("@WaVo")).skip(1);
    for row in rows {
        let (_, rest) = row.rsplit_once("\" ").unwrap();
        let cells: Vec<&str> = rest.split(' ').collect();
        assert_eq!(cells.len(), 11, "{row}");
        let amount = minor(cells[10], '.');
        assert_eq!(minor(cells[8], '.') + minor(cells[9], '.'), amount, "{row}");
        match (cells[0], cells[4]) {
            (debit, "0") => add(debit, amount),
            ("0", credit) => add(credit, -amount),
            _ => panic!("{row}"),
        }
    }
    Vat::Lines
}

fn journal_json(text: &str, add: &mut dyn FnMut(&str, i128)) -> Vat {
    let document: Value = serde_json::from_str(text).unwrap();
    for voucher in document["vouchers"].as_array().unwrap() {
        for posting in voucher["postings"].as_array().unwrap() {
            let side = |name: &str| minor(posting[name].as_str().unwrap(), '.');
            add(
                posting["account"].as_str().unwrap(),
                side("debit") - side("credit"),
            );
        }
    }
    Vat::Lines
}

fn json(
    text: &str,
    lines: &str,
    read: impl Fn(&Value, &mut dyn FnMut(&str, i128)),
    add: &mut dyn FnMut(&str, i128),
) -> Vat {
    // A parser may read amounts as binary fractions; as texts they keep their digits.
    let amounts = regex::Regex::new(r#"(?m)": (-?[0-9]+\.[0-9]+)(,?)$"#).unwrap();
    let text = amounts.replace_all(text, "\": \"$1\"$2");
    let document: Value = serde_json::from_str(&text).unwrap();
    for line in document[lines].as_array().unwrap() {
        read(line, add);
    }
    Vat::Lines
}

/// An amount that was a number in the document.
fn amount(value: &Value) -> i128 {
    minor(value.as_str().unwrap(), '.')
}

/// The value of `{{account:1920}}`.
fn id(value: &Value) -> String {
    let text = value.as_str().unwrap();
    let text = text.strip_prefix("{{account:").unwrap();
    text.strip_suffix("}}").unwrap().to_owned()
}

fn fiken(text: &str, add: &mut dyn FnMut(&str, i128)) -> Vat {
    let document: Value = serde_json::from_str(text).unwrap();
    for line in document["journalEntries"][0]["lines"].as_array().unwrap() {
        let amount = i128::from(line["amount"].as_i64().unwrap());
        assert!(amount > 0);
        // The debit side is net: Fiken adds the VAT of its code.
        let debit = match line["debitVatCode"].as_i64() {
            Some(3) => amount + (amount * 25 + 50) / 100,
            _ => amount,
        };
        if let Some(account) = line["debitAccount"].as_str() {
            add(account, debit);
        }
        if let Some(account) = line["creditAccount"].as_str() {
            add(account, -amount);
        }
    }
    Vat::Lines
}

fn saft(text: &str, add: &mut dyn FnMut(&str, i128)) -> Vat {
    let line = regex::Regex::new(r"(?s)<(?:\w+:)?Line>(.*?)</(?:\w+:)?Line>").unwrap();
    let account = regex::Regex::new(r"<(?:\w+:)?AccountID>(.*?)<").unwrap();
    let side = |name: &str| {
        regex::Regex::new(&format!(r"(?s)<(?:\w+:)?{name}Amount>\s*<(?:\w+:)?Amount>(.*?)<")).unwrap()
    };
    let (debit, credit) = (side("Debit"), side("Credit"));
    for line in line.captures_iter(text) {
        let line = &line[1];
        let amount = |side: &regex::Regex| side.captures(line).map_or(0, |found| minor(&found[1], '.'));
        add(
            &account.captures(line).unwrap()[1],
            amount(&debit) - amount(&credit),
        );
    }
    Vat::Lines
}

fn sie4(text: &str, add: &mut dyn FnMut(&str, i128)) -> Vat {
    let row = regex::Regex::new(r#"(?m)^\s*#TRANS\s+"?([^"\s]+)"?\s+\{[^}]*\}\s+"?(-?[0-9.]+)"?"#).unwrap();
    for row in row.captures_iter(text) {
        add(&row[1], minor(&row[2], '.'));
    }
    Vat::Lines
}

fn sie5(text: &str, add: &mut dyn FnMut(&str, i128)) -> Vat {
    let row = regex::Regex::new(r"<LedgerEntry ([^>]*)>").unwrap();
    let attribute = |row: &str, name: &str| {
        let pattern = format!(r#"\b{name}="([^"]*)""#);
        regex::Regex::new(&pattern).unwrap().captures(row).unwrap()[1].to_owned()
    };
    for row in row.captures_iter(text) {
        add(
            &attribute(&row[1], "accountId"),
            minor(&attribute(&row[1], "amount"), '.'),
        );
    }
    Vat::Lines
}
