//! The options of a format: what `format.toml` declares, and what the configuration sets.
//!
//! A value is looked for in `[formats.<id>.ledgers."<ledgerId>"]`, then in `[formats.<id>]`,
//! then in the chosen variant, then in the declaration's default.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::format::control::{ControlAccount, Party};
use crate::format::{Descriptor, FormatError};

/// An option that a format declares.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptionSpec {
    /// What it is, for the person who sets it.
    pub text: String,
    /// Its value when nothing is set; without one it must be set, unless it is optional.
    #[serde(default)]
    pub default: Option<String>,
    /// Whether it may stay unset.
    #[serde(default)]
    pub optional: bool,
    /// The values that it may have; any when empty.
    #[serde(default)]
    pub values: Vec<String>,
}

/// A named set of values, chosen with the option `variant`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// What takes this variant.
    pub text: String,
    /// Values of options.
    #[serde(default)]
    pub options: BTreeMap<String, String>,
}

/// Tables that `[formats.<id>]` may hold beside its options.
const TABLES: [&str; 2] = ["tax_codes", "ledgers"];

/// The options of one format for one ledger, checked.
#[derive(Debug, Clone, Default)]
pub struct Options {
    format: String,
    values: BTreeMap<String, String>,
    tax_codes: BTreeMap<String, String>,
    tables: BTreeMap<String, toml::Table>,
    /// The control accounts of the chosen variant.
    control_accounts: BTreeMap<String, ControlAccount>,
}

impl Options {
    /// Reads the options of a format for a ledger. A format that declares none takes what it
    /// finds; otherwise an option that is not declared is refused.
    pub fn read(
        descriptor: &Descriptor,
        table: Option<&toml::Table>,
        ledger_id: &str,
    ) -> Result<Self, FormatError> {
        let own = match table.and_then(|table| table.get("ledgers")) {
            None => None,
            Some(toml::Value::Table(ledgers)) => match ledgers.get(ledger_id) {
                None => None,
                Some(toml::Value::Table(own)) => Some(own),
                Some(_) => return Err(wrong(descriptor, "`ledgers` holds one table per ledger id")),
            },
            Some(_) => return Err(wrong(descriptor, "`ledgers` is a table of ledger ids")),
        };
        let mut options = Self {
            format: descriptor.id.clone(),
            values: BTreeMap::new(),
            tax_codes: BTreeMap::new(),
            tables: BTreeMap::new(),
            control_accounts: BTreeMap::new(),
        };
        for table in [table, own].into_iter().flatten() {
            options.take(descriptor, table)?;
        }
        options.fill(descriptor)?;
        let variant = options.get("variant");
        let holds = |control: &ControlAccount| {
            let mut variants = control.variants.iter();
            control.variants.is_empty() || variants.any(|name| Some(name.as_str()) == variant)
        };
        let controls = descriptor.control_accounts.iter();
        options.control_accounts = controls
            .filter(|(_, control)| holds(control))
            .map(|(number, control)| (number.clone(), control.clone()))
            .collect();
        Ok(options)
    }

    fn take(&mut self, descriptor: &Descriptor, table: &toml::Table) -> Result<(), FormatError> {
        for (key, value) in table {
            match (key.as_str(), value) {
                ("tax_codes", toml::Value::Table(codes)) => {
                    for (ours, theirs) in codes {
                        let theirs = text_of(theirs)
                            .ok_or_else(|| wrong(descriptor, &format!("`tax_codes.{ours}` is no text")))?;
                        self.tax_codes.insert(ours.clone(), theirs);
                    }
                }
                ("ledgers", toml::Value::Table(_)) => {}
                (_, toml::Value::Table(entries)) if descriptor.tables.contains_key(key) => {
                    let table = self.tables.entry(key.clone()).or_default();
                    table.extend(entries.clone());
                }
                _ if !descriptor.declares_options() => {
                    self.values.extend(text_of(value).map(|text| (key.clone(), text)));
                }
                _ => {
                    let text = descriptor
                        .options
                        .contains_key(key)
                        .then(|| text_of(value))
                        .flatten();
                    let text = text.ok_or_else(|| {
                        let known = descriptor.options.keys().map(String::as_str);
                        let tables = descriptor.tables.keys().map(String::as_str);
                        let known: Vec<&str> = known.chain(tables).chain(TABLES).collect();
                        wrong(
                            descriptor,
                            &format!(
                                "there is no option `{key}` of this kind; the options are {}",
                                known.join(", ")
                            ),
                        )
                    })?;
                    self.values.insert(key.clone(), text);
                }
            }
        }
        Ok(())
    }

    /// Adds the values of the variant and the defaults, and checks what came of it.
    fn fill(&mut self, descriptor: &Descriptor) -> Result<(), FormatError> {
        let declared = descriptor.options.iter();
        let default = |key: &str| descriptor.options.get(key).and_then(|spec| spec.default.clone());
        if !descriptor.variants.is_empty() {
            let name = self.values.get("variant").cloned().or_else(|| default("variant"));
            let variant = name.as_deref().and_then(|name| descriptor.variants.get(name));
            let variant = variant.ok_or_else(|| {
                let known: Vec<&str> = descriptor.variants.keys().map(String::as_str).collect();
                let name = name.as_deref().unwrap_or_default();
                wrong(
                    descriptor,
                    &format!(
                        "there is no variant `{name}`; the variants are {}",
                        known.join(", ")
                    ),
                )
            })?;
            for (key, value) in &variant.options {
                self.values.entry(key.clone()).or_insert_with(|| value.clone());
            }
        }
        for (key, spec) in declared {
            if let (false, Some(value)) = (self.values.contains_key(key), default(key)) {
                self.values.insert(key.clone(), value);
            }
            if let Some(value) = self.values.get(key)
                && !spec.values.is_empty()
                && !spec.values.contains(value)
            {
                let allowed = spec.values.join(", ");
                return Err(wrong(
                    descriptor,
                    &format!("`{key}` is one of {allowed}, not `{value}`"),
                ));
            }
        }
        Ok(())
    }

    /// Whether an option has a value.
    pub fn has(&self, key: &str) -> bool {
        self.values.contains_key(key)
    }

    /// The value of an option, where it has one.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(String::as_str)
    }

    /// The value of an option that must be set.
    pub fn text(&self, key: &str) -> Result<&str, FormatError> {
        self.get(key).ok_or_else(|| FormatError::Missing {
            format: self.format.clone(),
            option: key.to_owned(),
        })
    }

    /// The value of an option that is a whole number from 0 to `largest`.
    pub fn number(&self, key: &str, largest: u32) -> Result<u32, FormatError> {
        let text = self.text(key)?;
        let number = text.parse().ok().filter(|number| *number <= largest);
        number.ok_or_else(|| {
            self.wrong(&format!(
                "`{key}` is a whole number from 0 to {largest}, not `{text}`"
            ))
        })
    }

    /// Whether an option that is `true` or `false` is `true`; `false` when it is not set.
    pub fn flag(&self, key: &str) -> bool {
        self.get(key) == Some("true")
    }

    /// The target's code for one of our tax codes, where the user maps it.
    pub fn tax_code(&self, code: &str) -> Option<&str> {
        self.tax_codes.get(code).map(String::as_str)
    }

    /// The entries of a table that the format declares, each as `T`; none when it is not set.
    pub fn table<T: DeserializeOwned>(&self, key: &str) -> Result<BTreeMap<String, T>, FormatError> {
        let entries = self.tables.get(key).cloned().unwrap_or_default();
        let entry = |(name, value): (String, toml::Value)| match value.try_into() {
            Ok(value) => Ok((name, value)),
            Err(error) => Err(self.wrong(&format!("`{key}.{name}`: {}", error.message()))),
        };
        entries.into_iter().map(entry).collect()
    }

    /// The control accounts of the target in the books of `market` whose customer or supplier is
    /// not set, by number.
    pub fn unmet_controls(&self, market: &str) -> impl Iterator<Item = (&str, &ControlAccount)> {
        let controls = self.control_accounts.iter();
        controls
            .filter(move |(_, control)| control.is_of(market) && self.get(control.party.name()).is_none())
            .map(|(number, control)| (number.as_str(), control))
    }

    /// The customer or supplier that a posting on `account` belongs to, where the account is a
    /// control account of the target and the option says who.
    pub fn party(&self, account: &str) -> Option<(Party, &str)> {
        let party = self.control_accounts.get(account)?.party;
        Some((party, self.get(party.name())?))
    }

    /// An option that cannot be used.
    pub fn wrong(&self, message: &str) -> FormatError {
        FormatError::Option {
            format: self.format.clone(),
            message: message.to_owned(),
        }
    }
}

fn wrong(descriptor: &Descriptor, message: &str) -> FormatError {
    FormatError::Option {
        format: descriptor.id.clone(),
        message: message.to_owned(),
    }
}

fn text_of(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(flag) => Some(flag.to_string()),
        toml::Value::Float(_) | toml::Value::Datetime(_) | toml::Value::Array(_) | toml::Value::Table(_) => {
            None
        }
    }
}
