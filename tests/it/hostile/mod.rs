//! What comes from outside is hostile until it is shown not to be: files, names, texts, servers, and
//! a standard output that takes nothing. `docs/SECURITY.md` names these tests.

mod limits;
mod names;
#[cfg(target_os = "linux")]
mod stdout;
mod terminal;
mod xml;

use crate::harness::ledger::Ledger;
use crate::harness::program::Workplace;

const FROM: &str = "2026-02-09";
const TO: &str = "2026-02-10";
const RANGE: [&str; 4] = ["--from", FROM, "--to", TO];

/// Two dates that are proven.
fn ledger() -> Ledger {
    Ledger::new("302321")
        .week_before(FROM)
        .date(FROM)
        .sale("5001", 10_000, 300)
        .pay_out("2000001")
        .date(TO)
        .sale("5002", 20_000, 600)
        .pay_out("2000002")
}

fn workplace() -> Workplace {
    Workplace::of(&[&ledger()])
}
