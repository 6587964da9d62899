//! Makes cells fit: forbidden characters, formulas, lengths, digits, code page.

use crate::format::delimited::Quoting;
use crate::writer::delimited::planned::Planned;
use crate::writer::delimited::{Fault, Row, Table};

impl Table<'_> {
    /// Makes a cell fit its column, the separator and the code page.
    pub(super) fn fit(
        &self,
        planned: &Planned<'_>,
        row: &Row<'_>,
        mut value: String,
        is_text: bool,
        report: &mut impl FnMut(Fault),
    ) -> String {
        let column = planned.column;
        let what = || format!("voucher {}: {} `", row.voucher.id(), column.name);
        if is_text {
            let fitting = value.replace(|character| self.is_forbidden(character), " ");
            if fitting != value {
                report(Fault::Replaced(format!(
                    "{}{value}` becomes `{fitting}`, without what the file cannot hold",
                    what()
                )));
                value = fitting;
            }
            if self.layout.spreadsheet && value.starts_with(['=', '+', '-', '@', '\t', '\r']) {
                report(Fault::Replaced(format!(
                    "{}{value}` has an apostrophe in front, because a spreadsheet would take it for a formula",
                    what()
                )));
                value.insert(0, '\'');
            }
        }
        if let Some(max) = planned.max
            && value.chars().count() > max
        {
            if column.cut {
                let cut = crate::text::cut(&value, max).to_owned();
                report(Fault::Replaced(format!(
                    "{}{value}` is cut to {max} characters",
                    what()
                )));
                value = cut;
            } else {
                report(Fault::Refused(format!(
                    "{}{value}` has more than the {max} characters that the target takes",
                    what()
                )));
            }
        }
        if column.digits && !value.bytes().all(|byte| byte.is_ascii_digit()) {
            report(Fault::Refused(format!(
                "{}{value}` is not a number, and the target takes only digits here",
                what()
            )));
        }
        if let Some(missing) = self.encoding.first_missing(&value) {
            report(Fault::Refused(format!(
                "{}{value}` has the character `{missing}`, which the target's code page lacks",
                what()
            )));
        }
        value
    }

    fn is_forbidden(&self, character: char) -> bool {
        character.is_control()
            || self.layout.replace.contains(character)
            || (self.layout.quoting == Quoting::None
                && (character == self.layout.separator || character == '"'))
    }
}
