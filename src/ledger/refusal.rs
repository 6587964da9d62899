//! Which findings refuse an output, and which say that something does not hold.

use crate::ledger::finding::{Code, Level};
use crate::ledger::findings::Findings;

impl Code {
    /// Whether an error of this kind refuses an output, while the ledger itself holds.
    pub fn refuses_output(self) -> bool {
        matches!(
            self,
            Self::TargetLimit
                | Self::ControlAccount
                | Self::CoverageOverlap
                | Self::CoverageGap
                | Self::MonthClosed
        )
    }
}

impl Findings {
    /// Whether an output is refused.
    pub fn refuse_output(&self) -> bool {
        let mut errors = self.iter().filter(|finding| finding.level == Level::Error);
        errors.any(|finding| finding.code.refuses_output())
    }

    /// Whether something does not hold in the ledger or its books.
    pub fn fail(&self) -> bool {
        let mut errors = self.iter().filter(|finding| finding.level == Level::Error);
        errors.any(|finding| !finding.code.refuses_output())
    }
}
