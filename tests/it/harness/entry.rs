//! One entry of a ledger, as it may stand on the wire.

/// An optional text field as it may stand on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Field {
    Absent,
    Null,
    Text(String),
}

impl From<&str> for Field {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// One entry, and all that can be wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) entry_type: String,
    pub(crate) amount: i64,
    pub(crate) before: Option<i64>,
    pub(crate) after: Option<i64>,
    pub(crate) currency: Field,
    pub(crate) ledger_date: Field,
    pub(crate) time: Field,
    pub(crate) psp_reference: Field,
    pub(crate) reference: Field,
    pub(crate) handle: Field,
}

impl Entry {
    /// An entry whose balances, currency and date are filled in when it is added to a ledger.
    pub(crate) fn new(entry_type: &str, amount: i64) -> Self {
        Self {
            entry_type: entry_type.to_owned(),
            amount,
            before: None,
            after: None,
            currency: Field::Absent,
            ledger_date: Field::Absent,
            time: Field::Absent,
            psp_reference: Field::Null,
            reference: Field::Null,
            handle: Field::Null,
        }
    }

    pub(crate) fn psp(mut self, text: &str) -> Self {
        self.psp_reference = text.into();
        self
    }

    pub(crate) fn reference(mut self, text: &str) -> Self {
        self.reference = text.into();
        self
    }

    pub(crate) fn handle(mut self, text: &str) -> Self {
        self.handle = text.into();
        self
    }

    pub(crate) fn time(mut self, text: &str) -> Self {
        self.time = text.into();
        self
    }

    pub(crate) fn json(&self) -> String {
        let texts = [
            ("pspReference", &self.psp_reference),
            ("time", &self.time),
            ("ledgerDate", &self.ledger_date),
            ("entryType", &Field::Text(self.entry_type.clone())),
            ("reference", &self.reference),
            ("currency", &self.currency),
            ("recipientHandle", &self.handle),
        ];
        let text = |(name, field): (&str, &Field)| match field {
            Field::Absent => None,
            Field::Null => Some(format!("\"{name}\":null")),
            Field::Text(text) => Some(format!("\"{name}\":{}", serde_json::to_string(text).unwrap())),
        };
        let mut fields: Vec<String> = texts.into_iter().filter_map(text).collect();
        fields.push(format!("\"amount\": {}", self.amount));
        for (name, value) in [("balanceAfter", self.after), ("balanceBefore", self.before)] {
            fields.extend(value.map(|value| format!("\"{name}\":{value}")));
        }
        format!("{{{}}}", fields.join(","))
    }
}
