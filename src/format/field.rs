//! What can stand in a column of delimited text.

use serde::Deserialize;

/// What of a posting or its voucher stands in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The voucher's id.
    Voucher,
    /// The voucher's id in about 20 characters.
    VoucherShort,
    /// A voucher number below 10,000, unique in a year.
    SmallNumber,
    /// A voucher number of nine digits, unique in a century.
    DateNumber,
    /// The ledger's id.
    LedgerId,
    /// The voucher's date.
    Date,
    /// Its calendar year, four digits.
    Year,
    /// Its month, two digits.
    Month,
    /// Its day, two digits.
    Day,
    /// The fiscal year that it lies in.
    FiscalYear,
    /// The month of the fiscal year, from 1, without leading zeros.
    Period,
    /// The line's place in the voucher, from 1.
    Line,
    /// The line's place in the file, from 1.
    Row,
    /// The account's number.
    Account,
    /// The account's name.
    AccountName,
    /// The signed amount.
    Amount,
    /// The amount of a debit, else nothing.
    Debit,
    /// The amount of a credit, positive, else nothing.
    Credit,
    /// The amount without its sign.
    Absolute,
    /// Debit or credit mark.
    Side,
    /// The signed amount without the VAT that is folded into it.
    Net,
    /// The VAT that is folded into the amount, signed; nothing where there is none.
    Vat,
    /// The currency of the amounts.
    Currency,
    /// The signed amount in the base currency.
    BaseAmount,
    /// The currency of the books.
    BaseCurrency,
    /// The signed amount in the ledger's currency, where that is not the base currency.
    ForeignAmount,
    /// The ledger's currency, where that is not the base currency.
    ForeignCurrency,
    /// The tax code, mapped to the target's.
    TaxCode,
    /// One line for people.
    Text,
    Department,
    Project,
    /// The customer that the option `customer` names, on the target's control account of customers.
    Customer,
    /// The supplier that the option `supplier` names, on the target's control account of suppliers.
    Supplier,
    /// The payout number or pspReference, where a posting stands for one entry.
    Reference,
    /// Why the posting is there.
    PostingKey,
}

impl Field {
    /// Whether cells hold text of people or of other systems, not numbers or dates of ours.
    pub fn is_text(self) -> bool {
        matches!(
            self,
            Self::Voucher
                | Self::VoucherShort
                | Self::LedgerId
                | Self::Account
                | Self::AccountName
                | Self::TaxCode
                | Self::Text
                | Self::Department
                | Self::Project
                | Self::Customer
                | Self::Supplier
                | Self::Reference
        )
    }

    /// Whether the field is a voucher number that the option `series` keeps apart.
    pub fn is_number(self) -> bool {
        matches!(self, Self::SmallNumber | Self::DateNumber)
    }

    /// Whether the field depends on how fiscal years are named or counted.
    pub fn is_fiscal(self) -> bool {
        matches!(self, Self::FiscalYear | Self::Period)
    }
}
