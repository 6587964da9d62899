//! Request bodies for the APIs of accounting systems: one document per voucher.
//!
//! Nothing is sent. Ids that only the target knows are left as `{{kind:value}}`, such as
//! `{{account:1920}}`, for the program that sends the body to fill in.

pub mod business_central;
pub mod eaccounting;
pub mod fiken;
pub mod poweroffice;
pub mod tripletex;

use std::io;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::format::delimited::{AmountCurrency, VatMode};
use crate::format::options::Options;
use crate::journal::Voucher;
use crate::money::Currency;
use crate::writer::lines::{OtherVat, TargetLine, lines, other_vat};
use crate::writer::{Checker, Limits, Writer};

/// A target's body for one voucher.
pub trait Body {
    /// The body of a voucher; `notes` gets what does not fit.
    fn body(&self, voucher: &Voucher, notes: &mut Notes) -> Result<Box<RawValue>, String>;
}

/// What does not fit, while a body is made.
#[derive(Debug, Default)]
pub struct Notes {
    refused: Vec<String>,
    replaced: Vec<String>,
    other_vat: Option<OtherVat>,
}

impl Notes {
    /// The target does not take something.
    pub fn refuse(&mut self, what: String) {
        if !self.refused.contains(&what) {
            self.refused.push(what);
        }
    }

    /// `text` in at most `max` characters; what is cut is listed.
    pub fn cut(&mut self, voucher: &Voucher, text: &str, max: usize) -> String {
        let cut = crate::text::cut(text, max);
        if cut.len() < text.len() {
            self.left_out(format!(
                "voucher {}: `{text}` is cut to {max} characters",
                voucher.id()
            ));
        }
        cut.to_owned()
    }

    /// Something that the target has no place for is not written.
    pub fn left_out(&mut self, what: String) {
        if !self.replaced.contains(&what) {
            self.replaced.push(what);
        }
    }

    /// The lines of a voucher with their VAT folded in, where the target computes the VAT. What
    /// it will compute differently is listed.
    fn gross_lines<'v>(&mut self, voucher: &'v Voucher) -> Result<Vec<TargetLine<'v>>, String> {
        let lines = lines(voucher, VatMode::Gross)?;
        self.other_vat = other_vat(&lines, AmountCurrency::Base);
        Ok(lines.into_iter().filter(|line| line.base != 0).collect())
    }
}

/// Says what a target does not take of its bodies.
#[derive(Debug)]
pub struct BodyChecker<B> {
    /// Makes the bodies.
    pub body: B,
    /// The currency of their amounts: that of the books.
    pub base: Currency,
}

/// Writes bodies.
#[derive(Debug)]
pub struct BodyWriter<B>(pub B);

impl<B: Body> Checker for BodyChecker<B> {
    fn voucher(&mut self, voucher: &Voucher, limits: &mut Limits) {
        let mut notes = Notes::default();
        if let Err(message) = self.body.body(voucher, &mut notes) {
            limits.refuse(message);
        }
        notes.refused.into_iter().for_each(|what| limits.refuse(what));
        notes.replaced.into_iter().for_each(|what| limits.replaced(what));
        limits.vat_differs(voucher.id(), notes.other_vat, self.base);
    }
}

impl<B: Body> Writer for BodyWriter<B> {
    fn voucher(&mut self, voucher: &Voucher, out: &mut Vec<u8>) -> io::Result<()> {
        let body = self.0.body(voucher, &mut Notes::default());
        out.extend_from_slice(body.map_err(io::Error::other)?.get().as_bytes());
        out.push(b'\n');
        Ok(())
    }
}

/// A body as indented JSON.
fn json(body: &impl Serialize) -> Result<Box<RawValue>, String> {
    let text = serde_json::to_string_pretty(body).map_err(|error| error.to_string())?;
    RawValue::from_string(text).map_err(|error| error.to_string())
}

/// A JSON number with all the digits of `text`.
fn number(text: &str) -> Result<Box<RawValue>, String> {
    RawValue::from_string(text.to_owned()).map_err(|_| format!("`{text}` is not a number"))
}

/// The place of an id that only the target knows.
fn lookup(kind: &str, value: &str) -> String {
    format!("{{{{{kind}:{value}}}}}")
}

/// A line's tax code in the target: mapped by the configuration, or as it is; `none` without one.
fn tax_code<'t>(options: &'t Options, line: &TargetLine<'t>, none: &'t str) -> &'t str {
    match line.posting.tax_code.as_deref() {
        None => none,
        Some(code) => options.tax_code(code).unwrap_or(code),
    }
}
