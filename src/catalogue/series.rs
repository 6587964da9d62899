//! Keeps the voucher numbers of several ledgers apart.

use crate::format::options::Options;
use crate::format::{Descriptor, FormatError};
use crate::journal::id::LARGEST_SERIES;
use crate::writer::Context;

/// Ledgers of one company go to the same books, where two vouchers cannot have one number.
pub(crate) fn refuse_shared(
    descriptor: &Descriptor,
    context: &Context<'_>,
    options: &Options,
) -> Result<(), FormatError> {
    let series = options.number("series", LARGEST_SERIES)?;
    for sibling in context.siblings {
        let theirs = Options::read(descriptor, context.options(&descriptor.id), sibling)?;
        if theirs.number("series", LARGEST_SERIES)? == series
            && theirs.get("voucher_type") == options.get("voucher_type")
        {
            let (id, ledger_id) = (&descriptor.id, &context.info.ledger_id);
            return Err(options.wrong(&format!(
                "ledgers {ledger_id} and {sibling} of one company would share their voucher numbers; give each its own \
                 `series` (0 to {LARGEST_SERIES}) under [formats.{id}.ledgers.\"{ledger_id}\"]"
            )));
        }
    }
    Ok(())
}
