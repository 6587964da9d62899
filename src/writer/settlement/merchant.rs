//! Who the settlement report is about.

use crate::config::company::CompanyField;
use crate::format::FormatError;
use crate::format::options::Options;
use crate::writer::Context;

/// The report's fields about the sales unit and its owner, in order.
pub(crate) fn fields(
    context: &Context<'_>,
    options: &Options,
) -> Result<Vec<(&'static str, String)>, FormatError> {
    let company = &context.config.company;
    let info = context.info;
    let serial_number = match options.get("serial_number") {
        Some(number) => number,
        None => match info.only_unit() {
            Some(number) => number,
            None => options.text("serial_number")?,
        },
    };
    let unit_name = info.sales_units.iter().find_map(|unit| {
        let handle = unit.recipient_handle.as_deref()?;
        let number = handle.split_once(':').map_or(handle, |(_, number)| number);
        unit.name.as_deref().filter(|_| number == serial_number)
    });
    let unit_name = match options.get("sale_unit_name").or(unit_name) {
        Some(name) => name,
        None => options.text("sale_unit_name")?,
    };
    let text = |field| crate::text::line(company.text(field).unwrap_or_default());
    // The schema knows no other codes than that of Norway in the provider's examples.
    let country = match company.text(CompanyField::Country) {
        None | Some("NO") => "NOR",
        Some("DK") => "DNK",
        Some("FI") => "FIN",
        Some("SE") => "SWE",
        Some(_) => "",
    };
    Ok(vec![
        ("SaleUnitName", crate::text::line(unit_name)),
        ("SerialNumber", crate::text::line(serial_number)),
        ("OrganizationName", text(CompanyField::Name)),
        ("OrganizationNumber", text(CompanyField::RegistrationNumber)),
        ("MainAddress", text(CompanyField::Street)),
        ("MainAddressZipCode", text(CompanyField::PostalCode)),
        ("MainAddressCity", text(CompanyField::City)),
        ("MainAddressCountryCode", country.to_owned()),
    ])
}

/// The bank account of the payouts: the ledger's, else the company's.
pub(crate) fn payout_account(context: &Context<'_>, options: &Options) -> Result<String, FormatError> {
    let company = &context.config.company;
    let bank = context
        .info
        .payout_bank_account
        .as_ref()
        .map(|account| account.id.as_str());
    let account = bank
        .filter(|account| !account.is_empty())
        .or(company.text(CompanyField::BankAccount))
        .or(company.text(CompanyField::Iban));
    match account {
        Some(account) => Ok(crate::text::line(account)),
        None => options.text("company.bank_account").map(str::to_owned),
    }
}

/// Whether a text is a name without colons, as version 2.0 wants the city.
pub(crate) fn is_ncname(text: &str) -> bool {
    let mut characters = text.chars();
    characters
        .next()
        .is_some_and(|first| first.is_alphabetic() || first == '_')
        && characters.all(|character| character.is_alphanumeric() || matches!(character, '_' | '-' | '.'))
}
