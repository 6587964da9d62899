//! The lines of text of postings, from the chart's templates.

use std::sync::Arc;

use chrono::NaiveDate;

use crate::journal::PostingKey;
use crate::posting::books::Books;

impl Books<'_> {
    /// The line of text of a posting, in the market's language. `reference` is what it speaks of,
    /// where it is of one entry.
    pub fn text(
        &self,
        key: PostingKey,
        date: NaiveDate,
        reference: Option<&str>,
        entry_type: &str,
    ) -> Arc<str> {
        let template = self.entry_template(key).filter(|_| reference.is_some());
        let text = self.fill(
            template.unwrap_or_else(|| self.template(key)),
            date,
            reference,
            entry_type,
        );
        Arc::from(crate::text::line(&text))
    }

    /// What stands before and after the reference in the text of a voucher of one entry, where
    /// that speaks of nothing else but the date.
    pub(super) fn around_reference(&self, key: PostingKey, date: NaiveDate) -> Option<(String, String)> {
        let (before, after) = self.entry_template(key)?.split_once("{ref}")?;
        Some((
            self.fill(before, date, None, ""),
            self.fill(after, date, None, ""),
        ))
    }

    fn fill(&self, template: &str, date: NaiveDate, reference: Option<&str>, entry_type: &str) -> String {
        let reference = reference.unwrap_or_default();
        let mut text = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            text.push_str(before);
            let Some((name, after)) = after.split_once('}') else {
                rest = after;
                break;
            };
            match name {
                "brand" => text.push_str(self.brands().on(date)),
                "date" => text.push_str(&date.to_string()),
                "unit" => text.push_str(self.info.only_unit().unwrap_or_default()),
                "type" => text.push_str(entry_type),
                "no" | "ref" => text.push_str(reference),
                // The charts are part of the program; no other name stands in them.
                _ => {}
            }
            rest = after;
        }
        text.push_str(rest);
        text
    }

    /// Whether the text of a posting depends on more than its date.
    pub(super) fn text_speaks_of_entry(&self, key: PostingKey) -> bool {
        let template = self.template(key);
        ["{type}", "{no}", "{ref}"]
            .iter()
            .any(|name| template.contains(name))
    }

    /// The template of a voucher of one entry, where it is another than that of a sum.
    fn entry_template(&self, key: PostingKey) -> Option<&'static str> {
        let texts = &self.chart.entry_texts;
        match key {
            PostingKey::Capture => Some(&texts.capture),
            PostingKey::Refund => Some(&texts.refund),
            PostingKey::CaptureFee => Some(&texts.capture_fee),
            _ => None,
        }
    }

    fn template(&self, key: PostingKey) -> &'static str {
        let texts = &self.chart.texts;
        match key {
            PostingKey::Capture => &texts.capture,
            PostingKey::Refund => &texts.refund,
            PostingKey::CaptureFee => &texts.capture_fee,
            PostingKey::FeesRetained => &texts.fees_retained,
            PostingKey::PayoutScheduled => &texts.payout_scheduled,
            PostingKey::PayoutAborted => &texts.payout_aborted,
            PostingKey::DisputeRetained => &texts.dispute_retained,
            PostingKey::DisputeReturned => &texts.dispute_returned,
            PostingKey::CorrectionFunds | PostingKey::CorrectionFees => &texts.correction,
            PostingKey::TopUp => &texts.top_up,
            PostingKey::CreditNoteFunds | PostingKey::CreditNoteFees => &texts.credit_note,
            PostingKey::FeesInvoiced => &texts.fees_invoiced,
            PostingKey::ServiceFee => &texts.service_fee,
            PostingKey::UnknownFunds | PostingKey::UnknownFees => &texts.unknown,
            PostingKey::FxDifference => &texts.fx_difference,
            PostingKey::FxRevaluation => &texts.fx_revaluation,
            PostingKey::Rounding => &texts.rounding,
        }
    }
}
