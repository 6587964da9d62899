//! Each rule broken once, or in each of its ways, in an otherwise good file.

use super::{GOOD, report};

/// Rule, the line it is found on, and what takes the place of what, at its first occurrence.
type Case<'c> = (&'c str, &'c str, &'c str);

const CASES: &[Case<'static>] = &[
    ("N001", "Financial:NO\"", "Financial:SE\""),
    ("N002", ">1.30<", ">1.3<"),
    ("N003", "Country>NO<", "Country>DK<"),
    ("N004", "SelectionCriteria>", "OtherCriteria>"),
    ("N004", "SelectionEndDate>", "OtherDate>"),
    ("N005", "EndDate>2026-02-28<", "EndDate>2026-01-28<"),
    ("N006", "Created>2026-03-01<", "Created>01.03.2026<"),
    ("N006", "EntryDate>2026-02-04<", "EntryDate>2026-02-30<"),
    ("N007", "Code>NOK<", "Code>KR<"),
    ("N007", "Code>EUR<", "Code>EURO<"),
    ("N008", "Name>B&#248; &amp; <![CDATA[<S>]]> AS<", "Name> <"),
    ("N008", "Description>Dagens salg<", "Description><"),
    ("N008", "AccountDescription>Salg<", "AccountDescription/><n1:X<"),
    (
        "N009",
        "<n1:RegistrationNumber>987654321</n1:RegistrationNumber>",
        "",
    ),
    ("N009", "<n1:GLPostingDate>2026-02-03</n1:GLPostingDate>", ""),
    ("N009", "<n1:LastName>Nordmann</n1:LastName>", ""),
    ("N010", ">22334455<", ">22334455 22334455 22334455<"),
    (
        "N010",
        "RecordID>3<",
        "RecordID>f81d4fae-7dec-11d0-a765-00a0c91e6bf6<",
    ),
    ("N011", "Amount>1250.00<", "Amount>1250,00<"),
    ("N011", "Amount>1250.00<", "Amount>1250.000<"),
    ("N012", "Balance>100.00<", "Balance>-100.00<"),
    ("N014", "Dagens salg", "Dagens &#1;salg"),
    ("N020", "AccountID>2700<", "AccountID>2400<"),
    (
        "N021",
        "OpeningCreditBalance>0.00<",
        "OpeningDebitBalance>0.00</n1:OpeningDebitBalance><n1:OpeningCreditBalance>0.00<",
    ),
    (
        "N021",
        "<n1:OpeningCreditBalance>0.00</n1:OpeningCreditBalance>",
        "",
    ),
    (
        "N022",
        "<n1:ClosingDebitBalance>117.00</n1:ClosingDebitBalance>",
        "",
    ),
    ("N023", "Balance>1350.00<", "Balance>1350.01<"),
    (
        "N023",
        "<n1:OpeningDebitBalance>100.00</n1:OpeningDebitBalance>",
        "<n1:OpeningCreditBalance>100.00</n1:OpeningCreditBalance>",
    ),
    ("N024", "<n1:GroupingCode>1500</n1:GroupingCode>", ""),
    ("N024", "GroupingCategory>salgsinntekt<", "GroupingCategory><"),
    ("N025", "GroupingCode>3000<", "GroupingCode>7700<"),
    (
        "N026",
        "GroupingCategory>salgsinntekt<",
        "GroupingCategory>inntekt<",
    ),
    ("N027", "AccountType>GL<", "AccountType>Sale<"),
    (
        "N028",
        "</n1:Customers>",
        "<n1:Customer><n1:Name>K</n1:Name><n1:CustomerID>C1</n1:CustomerID></n1:Customer></n1:Customers>",
    ),
    (
        "N029",
        "</n1:Suppliers>",
        "<n1:Supplier><n1:Name>L</n1:Name><n1:SupplierID>S1</n1:SupplierID></n1:Supplier></n1:Suppliers>",
    ),
    (
        "N030",
        "BalanceAccount><n1:AccountID>1500<",
        "BalanceAccount><n1:AccountID>1501<",
    ),
    (
        "N031",
        "</n1:TaxTableEntry>",
        "<n1:TaxCodeDetails><n1:TaxCode>3</n1:TaxCode><n1:TaxPercentage>25</n1:TaxPercentage><n1:Country>NO</n1:Country><n1:StandardTaxCode>3</n1:StandardTaxCode><n1:BaseRate>100</n1:BaseRate></n1:TaxCodeDetails></n1:TaxTableEntry>",
    ),
    ("N032", "StandardTaxCode>3<", "StandardTaxCode>99<"),
    ("N032", "<n1:StandardTaxCode>3</n1:StandardTaxCode>", ""),
    ("N033", "BaseRate>100<", "BaseRate>1000<"),
    ("N034", "StandardTaxCode>3<", "StandardTaxCode>31<"),
    (
        "N035",
        "</n1:AnalysisTypeTable>",
        "<n1:AnalysisTypeTableEntry><n1:AnalysisType>AVD</n1:AnalysisType><n1:AnalysisTypeDescription>A</n1:AnalysisTypeDescription><n1:AnalysisID>10</n1:AnalysisID><n1:AnalysisIDDescription>B</n1:AnalysisIDDescription></n1:AnalysisTypeTableEntry></n1:AnalysisTypeTable>",
    ),
    ("N040", "NumberOfEntries>2<", "NumberOfEntries>5<"),
    ("N041", "TotalDebit>1367.00<", "TotalDebit>1367.10<"),
    ("N042", "TotalCredit>1367.00<", "TotalCredit>0.00<"),
    ("N043", "JournalID>J2<", "JournalID>J1<"),
    ("N050", "TransactionID>T2<", "TransactionID>T1<"),
    (
        "N051",
        "<n1:CreditAmount><n1:Amount>250.00<",
        "<n1:CreditAmount><n1:Amount>250.01<",
    ),
    (
        "N052",
        "TransactionDate>2026-02-03<",
        "TransactionDate>2026-03-03<",
    ),
    ("N053", "PostingDate>2026-02-03<", "PostingDate>2026-01-31<"),
    ("N054", "Period>2<", "Period>0<"),
    ("N054", "PeriodYear>2026<", "PeriodYear>26<"),
    (
        "N055",
        "</n1:Journal>",
        "<n1:Transaction><n1:TransactionID>T3</n1:TransactionID></n1:Transaction></n1:Journal>",
    ),
    ("N056", "RecordID>3<", "RecordID>2<"),
    (
        "N057",
        "1250.00</n1:Amount></n1:DebitAmount>",
        "1250.00</n1:Amount></n1:DebitAmount><n1:CreditAmount><n1:Amount>0.00</n1:Amount></n1:CreditAmount>",
    ),
    (
        "N057",
        "<n1:DebitAmount><n1:Amount>1250.00</n1:Amount></n1:DebitAmount>",
        "",
    ),
    (
        "N058",
        "AccountID>2700</n1:AccountID>\n          <",
        "AccountID>2701</n1:AccountID>\n          <",
    ),
    (
        "N059",
        "CustomerID>C1</n1:CustomerID>\n          <n1:D",
        "CustomerID>C2</n1:CustomerID>\n          <n1:D",
    ),
    (
        "N060",
        "SupplierID>S1</n1:SupplierID>\n          <n1:D",
        "SupplierID>S2</n1:SupplierID>\n          <n1:D",
    ),
    (
        "N061",
        "CustomerID>C1</n1:CustomerID>\n          <n1:D",
        "CustomerID>C1</n1:CustomerID><n1:SupplierID>S1</n1:SupplierID>\n          <n1:D",
    ),
    (
        "N062",
        "AnalysisID>10</n1:AnalysisID></n1:Analysis>",
        "AnalysisID>11</n1:AnalysisID></n1:Analysis>",
    ),
    ("N063", "<n1:CurrencyAmount>10.00</n1:CurrencyAmount>", ""),
    ("N064", "ExchangeRate>11.70<", "ExchangeRate>11.80<"),
    (
        "N070",
        "TaxCode>3</n1:TaxCode>\n            <n1:TaxPercentage>25<",
        "TaxCode>5</n1:TaxCode>\n            <n1:TaxPercentage>25<",
    ),
    (
        "N071",
        "CreditTaxAmount><n1:Amount>250.00<",
        "CreditTaxAmount><n1:Amount>150.00<",
    ),
    (
        "N072",
        "CreditTaxAmount><n1:Amount>250.00<",
        "CreditTaxAmount><n1:Amount>250.02<",
    ),
    (
        "N073",
        "TaxPercentage>25</n1:TaxPercentage>\n            <n1:TaxBase",
        "TaxPercentage>24.99</n1:TaxPercentage>\n            <n1:TaxBase",
    ),
    ("N074", "CreditTaxAmount>", "TaxAmount>"),
    ("N075", "CreditTaxAmount>", "DebitTaxAmount>"),
    (
        "N076",
        "</n1:TaxInformation>",
        "</n1:TaxInformation><n1:TaxInformation><n1:TaxCode>3</n1:TaxCode><n1:CreditTaxAmount><n1:Amount>0.00</n1:Amount></n1:CreditTaxAmount></n1:TaxInformation>",
    ),
];

#[test]
fn each_broken_rule_is_named_with_its_line() {
    for (rule, from, to) in CASES {
        assert!(GOOD.contains(from), "{rule}: {from}");
        // Elements that open and close are renamed on both sides.
        let count = if from.ends_with('>') && to.ends_with('>') && !from.contains('<') {
            2
        } else {
            1
        };
        let text = GOOD.replacen(from, to, count);
        let text = text.replace("/><n1:X<", "><");
        let report = report(&text);
        let found = report.findings.iter().find(|finding| finding.rule == *rule);
        assert!(found.is_some(), "{rule}: {from} -> {to}\n{:#?}", report.findings);
        assert!(found.is_some_and(|finding| finding.line > 1), "{rule}");
    }
}

#[test]
fn every_rule_has_a_broken_file() {
    let elsewhere = ["N013", "N044", "N065"];
    for rule in bilag::verify::rule::RULES {
        assert!(
            elsewhere.contains(&rule.id) || CASES.iter().any(|(id, _, _)| *id == rule.id),
            "{}",
            rule.id
        );
    }
}

#[test]
fn a_file_without_master_data_is_noted_and_its_references_are_not_checked() {
    let (head, rest) = GOOD.split_once("<n1:MasterFiles>").unwrap();
    let (_, entries) = rest.split_once("</n1:MasterFiles>").unwrap();
    let report = report(&format!("{head}{entries}"));
    let rules: Vec<&str> = report.findings.iter().map(|finding| finding.rule).collect();
    assert_eq!(rules, ["N013"]);
    assert!(report.is_clean());
    assert_eq!(report.notes(), 1);
}

#[test]
fn a_finding_points_at_the_line_that_is_wrong() {
    let report = report(&GOOD.replacen("TransactionID>T2<", "TransactionID>T1<", 1));
    let line = GOOD
        .lines()
        .position(|line| line.contains("TransactionID>T2<"))
        .unwrap()
        + 1;
    assert_eq!(report.findings.len(), 1);
    assert_eq!(report.findings[0].line, line as u64);
    assert_eq!(report.findings[0].message, "transaction `T1` is there twice");
}
