//! Rules about single fields, wherever they stand: dates, amounts, lengths, blanks.

use crate::verify::Report;
use crate::verify::dialect::{AMOUNTS, CURRENCIES, Dialect};
use crate::verify::element::{Element, date};
use crate::verify::rule;

/// Checks every field of an element and below it.
pub(crate) fn each_field(element: &Element, dialect: &Dialect, report: &mut Report) {
    within("", element, dialect, report);
}

fn within(parent: &str, element: &Element, dialect: &Dialect, report: &mut Report) {
    for name in dialect.mandatory(&element.name) {
        require(element, name, report);
    }
    if element.children.is_empty() {
        leaf(parent, element, dialect, report);
    }
    for child in &element.children {
        within(&element.name, child, dialect, report);
    }
}

/// A mandatory element is there and not blank.
pub(crate) fn require(element: &Element, name: &str, report: &mut Report) {
    match element.child(name) {
        None => report.add(rule::MISSING, element.line, || {
            format!("`{}` has no `{name}`", element.name)
        }),
        Some(child) if child.children.is_empty() && child.value().is_empty() => {
            report.add(rule::BLANK, child.line, || format!("`{name}` is blank"));
        }
        Some(_) => {}
    }
}

fn leaf(parent: &str, element: &Element, dialect: &Dialect, report: &mut Report) {
    let (name, line) = (element.name.as_str(), element.line);
    let text = element.value();
    if let Some(character) = element.text.chars().find(|character| is_forbidden(*character)) {
        report.add(rule::CONTROL_CHARACTER, line, || {
            format!("`{name}` holds the character U+{:04X}", u32::from(character))
        });
    }
    if let Some(max) = dialect.length_max(parent, name) {
        let length = element.text.chars().count();
        if length > max {
            report.add(rule::TOO_LONG, line, || {
                format!("`{name}` has {length} characters, at most {max} fit")
            });
        }
    }
    let is_date = name.ends_with("Date") || name == "AuditFileDateCreated";
    if is_date && !text.is_empty() && date(text).is_none() {
        report.add(rule::NOT_A_DATE, line, || {
            format!("`{name}` is `{text}`, which is no date")
        });
    }
    if matches!(name, "CurrencyCode" | "DefaultCurrencyCode") && !is_currency(text) {
        report.add(rule::CURRENCY, line, || {
            format!("`{name}` is `{text}`, which is no currency")
        });
    }
    if AMOUNTS.contains(&name) {
        amount(element, report);
    }
}

fn amount(element: &Element, report: &mut Report) {
    let (name, text) = (element.name.as_str(), element.value());
    // Tax bases are plain decimals in Denmark, and virtual currencies have 18 decimals in 1.40.
    let decimals = match name {
        "CurrencyAmount" => 18,
        "TaxBase" => 8,
        _ => 2,
    };
    match crate::money::parse_decimal(text, decimals) {
        None => report.add(rule::NOT_AN_AMOUNT, element.line, || {
            format!("`{name}` is `{text}`, which is no amount with at most {decimals} decimals")
        }),
        Some(amount) if amount < 0 => {
            report.add(rule::NEGATIVE, element.line, || format!("`{name}` is {text}"));
        }
        Some(_) => {}
    }
}

fn is_currency(code: &str) -> bool {
    code.len() == 3 && CURRENCIES.split_ascii_whitespace().any(|known| known == code)
}

fn is_forbidden(character: char) -> bool {
    matches!(character, '\u{0}'..='\u{8}' | '\u{B}' | '\u{C}' | '\u{E}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}')
}

/// Checks what the header says of the whole file.
pub(crate) fn header(header: &Element, dialect: &Dialect, report: &mut Report) {
    let line_of = |name: &str| header.child(name).map_or(header.line, |child| child.line);
    if !dialect.version.is_empty() && !dialect.versions().contains(&dialect.version.as_str()) {
        report.add(rule::VERSION, line_of("AuditFileVersion"), || {
            format!(
                "the version is `{}`; {} has published {}",
                dialect.version,
                dialect.country(),
                dialect.versions().join(", ")
            )
        });
    }
    if let Some(country) = header.get("AuditFileCountry")
        && country != dialect.country()
    {
        report.add(rule::COUNTRY, line_of("AuditFileCountry"), || {
            format!(
                "the country is `{country}`, the namespace is that of {}",
                dialect.country()
            )
        });
    }
    if dialect.is_danish
        && let Some(company) = header.child("Company")
    {
        danish_number(company, report);
    }
    selection(header, dialect, report);
}

fn danish_number(company: &Element, report: &mut Report) {
    let digits = |text: &str| text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    let cvr = company.get("CVR");
    if !cvr.is_some_and(digits) && company.get("RegistrationNumber").is_none() {
        report.add(rule::MISSING, company.line, || {
            "`Company` has no `CVR` of eight digits and no `RegistrationNumber`".to_owned()
        });
    }
}

fn selection(header: &Element, dialect: &Dialect, report: &mut Report) {
    let Some(selection) = header.child("SelectionCriteria") else {
        if !dialect.is_old() {
            report.add(rule::SELECTION_MISSING, header.line, || {
                "the header has no `SelectionCriteria`".to_owned()
            });
        }
        return;
    };
    let (from, to) = (
        selection.date("SelectionStartDate"),
        selection.date("SelectionEndDate"),
    );
    let has_periods = ["PeriodStart", "PeriodStartYear", "PeriodEnd", "PeriodEndYear"]
        .iter()
        .all(|name| selection.get(name).is_some());
    match (from, to) {
        (Some(from), Some(to)) if from > to => report.add(rule::SELECTION_ORDER, selection.line, || {
            format!("the selection begins on {from} and ends on {to}")
        }),
        (Some(_), Some(_)) => {}
        _ if has_periods && !dialect.is_danish => {}
        _ => report.add(rule::SELECTION_MISSING, selection.line, || {
            "the selection has neither both dates nor all four periods".to_owned()
        }),
    }
}
