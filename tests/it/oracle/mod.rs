//! A second poster, written from the bookkeeping rules alone and sharing no code with the program's, and lives of
//! fifteen months by chance that both must book alike.
//!
//! [`poster`] takes a life and a setting and computes every voucher with fractions. [`generate`] makes lives, [`choose`]
//! makes settings. The program books the same life month by month and at once; no voucher may differ in id, date,
//! account, amount in either currency, tax code, dimension or reference, and after every month its mirror accounts hold
//! the ledger's balances.

mod choose;
mod clock;
mod compare;
mod drafts;
mod exact;
mod exchange;
mod generate;
mod life;
mod market;
mod mirrors;
mod moves;
mod orders;
mod poster;
mod program;
mod refunds;
mod runs;
mod setting;

/// Which of the settled rules the program has. When it gets one, its switch goes to true, and later away.
#[derive(Debug, Clone, Copy)]
struct Rules {
    /// Vouchers per payout end with the month; a number that comes again has a voucher of its own.
    payouts: bool,
    /// Refunds follow what is left of each capture.
    refunds: bool,
    /// By transaction date, rules and tax codes are those of that date.
    dates: bool,
    /// All mirror accounts are cleared at their booked value and valued anew at month ends.
    currency: bool,
    /// `service-fee` is a fee.
    service_fee: bool,
    /// No default account is one that accounting systems keep for customers and suppliers.
    accounts: bool,
    /// Quiet dates do not end the look back through what is archived, and no payout number is missed.
    proof: bool,
}

const RULES: Rules = Rules {
    payouts: true,
    refunds: true,
    dates: true,
    currency: true,
    service_fee: true,
    accounts: true,
    proof: true,
};
