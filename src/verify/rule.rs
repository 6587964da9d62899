//! The rules by number. `docs/VERIFY.md` explains each one and says where it comes from.

use serde::Serialize;

/// How much a broken rule matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The file contradicts itself or the specification.
    Error,
    /// A person should look; there can be a good reason.
    Note,
}

/// A rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// The number.
    pub id: &'static str,
    /// How much it matters.
    pub level: Level,
    /// What has to hold.
    pub title: &'static str,
}

const fn error(id: &'static str, title: &'static str) -> Rule {
    Rule {
        id,
        level: Level::Error,
        title,
    }
}

const fn note(id: &'static str, title: &'static str) -> Rule {
    Rule {
        id,
        level: Level::Note,
        title,
    }
}

pub(crate) const NAMESPACE: Rule = error("N001", "the namespace is that of a national SAF-T Financial");
pub(crate) const VERSION: Rule = error("N002", "the version is one that the country has published");
pub(crate) const COUNTRY: Rule = error("N003", "the country is that of the namespace");
pub(crate) const SELECTION_MISSING: Rule =
    error("N004", "the selection has a first and a last date, or periods");
pub(crate) const SELECTION_ORDER: Rule = error("N005", "the selection begins before it ends");
pub(crate) const NOT_A_DATE: Rule = error("N006", "a date is a date");
pub(crate) const CURRENCY: Rule = error("N007", "a currency code is one of ISO 4217");
pub(crate) const BLANK: Rule = error("N008", "a mandatory text is not blank");
pub(crate) const MISSING: Rule = error("N009", "a mandatory element is there");
pub(crate) const TOO_LONG: Rule = error("N010", "a text is not longer than its element takes");
pub(crate) const NOT_AN_AMOUNT: Rule =
    error("N011", "an amount is a decimal number with at most two decimals");
pub(crate) const NEGATIVE: Rule = error("N012", "an amount is not negative: the side is the element's");
pub(crate) const NO_MASTER: Rule = note(
    "N013",
    "the file has master data, so that references can be checked",
);
pub(crate) const CONTROL_CHARACTER: Rule = error("N014", "a text has no characters that XML does not allow");
pub(crate) const ACCOUNT_REPEATED: Rule = error("N020", "an account is listed once");
pub(crate) const OPENING_SIDES: Rule =
    error("N021", "an account or party has one opening balance, on one side");
pub(crate) const CLOSING_SIDES: Rule =
    error("N022", "an account or party has one closing balance, on one side");
pub(crate) const BALANCE: Rule = error("N023", "opening and movement make the closing balance");
pub(crate) const GROUPING_MISSING: Rule = error("N024", "an account has a grouping category and code");
pub(crate) const GROUPING_PAIR: Rule = error("N025", "the grouping code can belong to the category");
pub(crate) const GROUPING_UNKNOWN: Rule = note("N026", "the grouping category is in the list");
pub(crate) const ACCOUNT_TYPE: Rule = error("N027", "the account type is one of the schema's");
pub(crate) const CUSTOMER_REPEATED: Rule = error("N028", "a customer is listed once");
pub(crate) const SUPPLIER_REPEATED: Rule = error("N029", "a supplier is listed once");
pub(crate) const PARTY_ACCOUNT: Rule = error(
    "N030",
    "the account of a customer's or supplier's balance is listed",
);
pub(crate) const TAX_CODE_REPEATED: Rule = error("N031", "a tax code is listed once for the same dates");
pub(crate) const STANDARD_TAX_CODE: Rule = error("N032", "the standard tax code is there and in the list");
pub(crate) const PERCENTAGE: Rule = error("N033", "a percentage lies between 0 and 100");
pub(crate) const STANDARD_RATE: Rule = note("N034", "the rate is the usual one of the standard tax code");
pub(crate) const ANALYSIS_REPEATED: Rule = error("N035", "a dimension's value is listed once");
pub(crate) const ENTRY_COUNT: Rule = error("N040", "the number of entries is that of the file");
pub(crate) const TOTAL_DEBIT: Rule = error("N041", "the total of debits is that of the lines");
pub(crate) const TOTAL_CREDIT: Rule = error("N042", "the total of credits is that of the lines");
pub(crate) const JOURNAL_REPEATED: Rule = error("N043", "a journal is listed once");
pub(crate) const JOURNAL_TYPE: Rule = error("N044", "the journal's type is one of the schema's");
pub(crate) const TRANSACTION_REPEATED: Rule = error("N050", "a transaction's id is used once in the file");
pub(crate) const UNBALANCED: Rule = error("N051", "a transaction's debits equal its credits");
pub(crate) const TRANSACTION_DATE: Rule = error("N052", "the transaction's date lies in the selection");
pub(crate) const POSTING_DATE: Rule = error("N053", "the posting date lies in the selection");
pub(crate) const PERIOD: Rule = error("N054", "period and year can be those of a fiscal year");
pub(crate) const NO_LINES: Rule = error("N055", "a transaction has lines");
pub(crate) const RECORD_REPEATED: Rule = error("N056", "a line's id is used once in its transaction");
pub(crate) const LINE_SIDES: Rule = error("N057", "a line has an amount on exactly one side");
pub(crate) const LINE_ACCOUNT: Rule = error("N058", "the line's account is listed");
pub(crate) const LINE_CUSTOMER: Rule = error("N059", "the line's customer is listed");
pub(crate) const LINE_SUPPLIER: Rule = error("N060", "the line's supplier is listed");
pub(crate) const TWO_PARTIES: Rule = error("N061", "a line has a customer or a supplier, not both");
pub(crate) const LINE_ANALYSIS: Rule = error("N062", "the line's dimension is listed");
pub(crate) const CURRENCY_INCOMPLETE: Rule =
    error("N063", "a currency code and a currency amount come together");
pub(crate) const EXCHANGE: Rule = error("N064", "currency amount times exchange rate is the amount");
pub(crate) const SYSTEM_ID: Rule = error("N065", "a Danish transaction has a system id");
pub(crate) const TAX_CODE: Rule = error("N070", "the tax code is in the tax table");
pub(crate) const TAX_AMOUNT: Rule = error("N071", "tax is base times rate, apart from rounding");
pub(crate) const TAX_ROUNDING: Rule = note("N072", "tax is base times rate to 0.01");
pub(crate) const TAX_RATE: Rule = error("N073", "the rate is that of the tax table");
pub(crate) const TAX_SIDES: Rule = error("N074", "a tax amount stands on exactly one side");
pub(crate) const TAX_SIDE: Rule = note("N075", "the tax stands on the side of its line");
pub(crate) const TAX_REPEATED: Rule = note("N076", "a line has at most one tax");

/// Every rule, by number.
pub const RULES: [Rule; 58] = [
    NAMESPACE,
    VERSION,
    COUNTRY,
    SELECTION_MISSING,
    SELECTION_ORDER,
    NOT_A_DATE,
    CURRENCY,
    BLANK,
    MISSING,
    TOO_LONG,
    NOT_AN_AMOUNT,
    NEGATIVE,
    NO_MASTER,
    CONTROL_CHARACTER,
    ACCOUNT_REPEATED,
    OPENING_SIDES,
    CLOSING_SIDES,
    BALANCE,
    GROUPING_MISSING,
    GROUPING_PAIR,
    GROUPING_UNKNOWN,
    ACCOUNT_TYPE,
    CUSTOMER_REPEATED,
    SUPPLIER_REPEATED,
    PARTY_ACCOUNT,
    TAX_CODE_REPEATED,
    STANDARD_TAX_CODE,
    PERCENTAGE,
    STANDARD_RATE,
    ANALYSIS_REPEATED,
    ENTRY_COUNT,
    TOTAL_DEBIT,
    TOTAL_CREDIT,
    JOURNAL_REPEATED,
    JOURNAL_TYPE,
    TRANSACTION_REPEATED,
    UNBALANCED,
    TRANSACTION_DATE,
    POSTING_DATE,
    PERIOD,
    NO_LINES,
    RECORD_REPEATED,
    LINE_SIDES,
    LINE_ACCOUNT,
    LINE_CUSTOMER,
    LINE_SUPPLIER,
    TWO_PARTIES,
    LINE_ANALYSIS,
    CURRENCY_INCOMPLETE,
    EXCHANGE,
    SYSTEM_ID,
    TAX_CODE,
    TAX_AMOUNT,
    TAX_ROUNDING,
    TAX_RATE,
    TAX_SIDES,
    TAX_SIDE,
    TAX_REPEATED,
];

/// The rule with a number.
pub fn find(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_rise_and_every_rule_is_documented() {
        let documentation = include_str!("../../docs/VERIFY.md");
        assert!(RULES.windows(2).all(|pair| pair[0].id < pair[1].id));
        for rule in RULES {
            assert!(
                documentation.contains(&format!("| {} | {} |", rule.id, rule.title)),
                "{} is not in docs/VERIFY.md",
                rule.id
            );
        }
    }
}
