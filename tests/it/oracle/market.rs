//! The four markets, copied by hand from the bookkeeping rules, not from the program's charts.

/// A role that an account has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    Funds,
    InTransit,
    SalesClearing,
    Disputes,
    FeesPayable,
    FeeInvoice,
    FeeExpense,
    TopupClearing,
    Suspense,
    Rounding,
    FxGain,
    FxLoss,
}

/// A tax code: name, rate in per cent, VAT account, revenue account, first and last date.
pub(crate) type Code = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

/// What a market's books begin with.
#[derive(Debug)]
pub(crate) struct Market {
    pub(crate) name: &'static str,
    pub(crate) currency: &'static str,
    /// Hours that its clocks are ahead of UTC in winter.
    pub(crate) winter_hours: i64,
    /// The code on fee expense.
    pub(crate) fee_code: Option<&'static str>,
    /// In the order of [`Role`]: funds, in transit, sales clearing, disputes, fees payable, fee invoice, fee expense,
    /// top-up clearing, suspense, rounding, exchange gain, exchange loss.
    accounts: [&'static str; 12],
    /// What the second table of the bookkeeping rules sets in place of those.
    newer: &'static [(Role, &'static str)],
    pub(crate) codes: &'static [Code],
    /// What gift cards, tips and the like go to, without VAT.
    pub(crate) liabilities: [&'static str; 2],
}

impl Market {
    pub(crate) fn account(&self, role: Role) -> &'static str {
        let newer = self.newer.iter().find(|newer| newer.0 == role);
        newer.map_or(self.accounts[role as usize], |newer| newer.1)
    }

    pub(crate) fn code(&self, name: &str) -> &'static Code {
        self.codes.iter().find(|code| code.0 == name).unwrap()
    }
}

pub(crate) const MARKETS: [Market; 4] = [
    Market {
        name: "NO",
        currency: "NOK",
        winter_hours: 1,
        fee_code: Some("0"),
        accounts: [
            "1577", "1578", "1500", "1505", "2961", "2400", "7770", "2998", "2997", "7740", "8060", "8160",
        ],
        newer: &[(Role::SalesClearing, "1576"), (Role::FeeInvoice, "2962")],
        codes: &[
            ("3", "25", "2700", "3000", "", ""),
            ("31", "15", "2701", "3030", "", ""),
            ("33", "12", "2703", "3050", "", ""),
            ("5", "0", "", "3100", "", ""),
            ("6", "0", "", "3200", "", ""),
            ("7", "0", "", "3900", "", ""),
        ],
        liabilities: ["2901", "2931"],
    },
    Market {
        name: "DK",
        currency: "DKK",
        winter_hours: 1,
        fee_code: None,
        accounts: [
            "6331", "6332", "6190", "6191", "8041", "7440", "2390", "8042", "8043", "2720", "3610", "3630",
        ],
        newer: &[
            (Role::SalesClearing, "6333"),
            (Role::FeeInvoice, "8045"),
            (Role::FxGain, "3535"),
            (Role::FxLoss, "3610"),
        ],
        codes: &[
            ("DK25", "25", "7680", "1010", "", ""),
            ("DK0", "0", "", "1010", "", ""),
        ],
        liabilities: ["7411", "8044"],
    },
    Market {
        name: "FI",
        currency: "EUR",
        winter_hours: 2,
        fee_code: None,
        accounts: [
            "1720", "1995", "1700", "1779", "2969", "2871", "8560", "2947", "1777", "8570", "9260", "9620",
        ],
        newer: &[(Role::SalesClearing, "1721"), (Role::FeeInvoice, "2968")],
        codes: &[
            ("FI25.5", "25.5", "2939", "3000", "2024-09-01", ""),
            ("FI14", "14", "2939", "3001", "", "2025-12-31"),
            ("FI13.5", "13.5", "2939", "3001", "2026-01-01", ""),
            ("FI10", "10", "2939", "3002", "", ""),
            ("FI0", "0", "", "3003", "", ""),
        ],
        liabilities: ["2861", "2949"],
    },
    Market {
        name: "SE",
        currency: "SEK",
        winter_hours: 1,
        fee_code: None,
        accounts: [
            "1580", "1680", "1510", "1515", "2990", "2440", "6570", "2890", "2999", "3740", "3960", "7960",
        ],
        newer: &[
            (Role::SalesClearing, "1689"),
            (Role::FeeInvoice, "2991"),
            (Role::Disputes, "1516"),
        ],
        codes: &[
            ("SE25", "25", "2611", "3001", "", ""),
            ("SE12", "12", "2621", "3002", "", ""),
            ("SE6", "6", "2631", "3003", "", ""),
            ("SE0", "0", "", "3004", "", ""),
        ],
        liabilities: ["2421", "2820"],
    },
];
