//! Writers that a program brings with it.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;

use chrono::NaiveDate;

use crate::catalogue::registry::Makers;
use crate::format::options::Options;
use crate::journal::Voucher;
use crate::money::Currency;
use crate::writer::contents::Contents;
use crate::writer::{self, Checker, Context, Limits, Whole};

/// Writes one document. It sees every voucher once, in the journal's order.
///
/// `out` is UTF-8 with `\n`, from which the encoding and the line ends of the descriptor are made.
/// `Vec<u8>` is a [`std::io::Write`], so `writeln!(out, …)` works. What is written is thrown away
/// when something stands against the export.
pub trait Writer {
    /// What the target cannot hold of a voucher, with the limit; nothing is written then. It is
    /// asked before the voucher is written, perhaps not in order.
    fn refuse(&mut self, _voucher: &Voucher) -> Vec<String> {
        Vec::new()
    }

    /// Before the first voucher.
    ///
    /// # Errors
    /// The document cannot be written; the export ends.
    fn begin(&mut self, _out: &mut Vec<u8>) -> io::Result<()> {
        Ok(())
    }

    /// A voucher.
    ///
    /// # Errors
    /// The document cannot be written; the export ends.
    fn voucher(&mut self, voucher: &Voucher, out: &mut Vec<u8>) -> io::Result<()>;

    /// After the last voucher.
    ///
    /// # Errors
    /// The document cannot be written; the export ends.
    fn end(&mut self, _out: &mut Vec<u8>) -> io::Result<()> {
        Ok(())
    }
}

/// What a writer may know of its document before the first voucher.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Document {
    /// The ledger.
    pub ledger_id: String,
    /// The ledger's currency.
    pub currency: Currency,
    /// The first date of the export.
    pub from: NaiveDate,
    /// The last date of the export.
    pub to: NaiveDate,
    options: Options,
}

impl Document {
    pub(super) fn new(context: &Context<'_>, options: &Options) -> Self {
        Self {
            ledger_id: context.info.ledger_id.clone(),
            currency: context.currency,
            from: context.range.from(),
            to: context.range.to(),
            options: options.clone(),
        }
    }

    /// The value of an option of the format: what `[formats.<id>]` sets, else the descriptor's
    /// default.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.get(name)
    }
}

/// A writer of the program's own as the run sees it: what looks and what writes are the same one.
#[derive(Clone)]
struct Adapter(Rc<RefCell<Box<dyn Writer>>>);

/// What looks at a document and what writes it, made of a writer of the program's own.
pub(super) fn adapted<'a>(writer: Box<dyn Writer>) -> Makers<'a> {
    let adapter = Adapter(Rc::new(RefCell::new(writer)));
    (Box::new(adapter.clone()), Box::new(adapter))
}

impl Checker for Adapter {
    fn voucher(&mut self, voucher: &Voucher, limits: &mut Limits) {
        for refusal in self.0.borrow_mut().refuse(voucher) {
            limits.refuse(format!("{}: {refusal}", voucher.id()));
        }
    }
}

impl writer::Writer for Adapter {
    fn begin(&mut self, _contents: &Contents, out: &mut Vec<u8>) -> io::Result<()> {
        self.0.borrow_mut().begin(out)
    }

    fn voucher(&mut self, voucher: &Voucher, out: &mut Vec<u8>) -> io::Result<()> {
        self.0.borrow_mut().voucher(voucher, out)
    }

    fn end(&mut self, _whole: &Whole<'_>, _head: &mut Vec<u8>, out: &mut Vec<u8>) -> io::Result<()> {
        self.0.borrow_mut().end(out)
    }
}
