//! `visma-business`: vouchers as a text import with table headers (`@WaBnd`, `@WaVo`).

use std::io::{self, Write as _};

use chrono::NaiveDate;

use crate::encode::Encoding;
use crate::format::FormatError;
use crate::format::delimited::{AmountCurrency, VatMode};
use crate::format::options::Options;
use crate::journal::id::LARGEST_SERIES;
use crate::journal::{Tax, Voucher};
use crate::money::Currency;
use crate::writer::lines::{TargetLine, lines, other_vat};
use crate::writer::{Checker, Context, Limits, Whole, Writer};

/// How many characters of text are known to be taken.
const TEXT_MAX: usize = 40;

/// The class of a customer's account, and of one of the general ledger.
const CUSTOMER: u32 = 1;
const GENERAL_LEDGER: u32 = 3;

const COLUMNS: &str =
    "VoNo,VoDt,VoTp,Txt,DbAcNo,DbTxCd,DbTrnCl,DbAcCl,CrAcNo,CrTxCd,CrTrnCl,CrAcCl,AmExVAT,VatAm,Am";

/// What the import of a ledger looks like.
#[derive(Debug, Clone)]
pub struct VismaBusiness {
    options: Options,
    encoding: Encoding,
    voucher_type: u32,
    series: u32,
    base: Currency,
    description: String,
    first_date: NaiveDate,
}

/// Says what the import cannot hold.
#[derive(Debug)]
pub struct VismaBusinessChecker(pub VismaBusiness);

/// Writes the import.
#[derive(Debug)]
pub struct VismaBusinessWriter(pub VismaBusiness);

impl VismaBusiness {
    /// The import of one ledger.
    pub fn new(context: &Context<'_>, options: &Options) -> Result<Self, FormatError> {
        Ok(Self {
            encoding: crate::format::choice(options, "encoding", Encoding::Windows1252)?,
            voucher_type: options.number("voucher_type", u32::MAX)?,
            series: options.number("series", LARGEST_SERIES)?,
            base: context.config.posting.base_currency,
            description: format!("VM-{}", context.info.ledger_id),
            first_date: context.range.from(),
            options: options.clone(),
        })
    }

    /// The target's tax code, `0` where there is none.
    fn tax_code<'t>(&'t self, line: &TargetLine<'t>) -> Option<&'t str> {
        match line.posting.tax_code.as_deref() {
            None | Some("0") => Some("0"),
            Some(code) => self.options.tax_code(code),
        }
    }

    fn check_text(&self, voucher: &Voucher, line: &TargetLine<'_>, limits: &mut Limits) {
        let (text, before) = (text_of(line), &line.posting.text);
        let id = voucher.id();
        if let Some(missing) = self.encoding.first_missing(&text) {
            limits.refuse_once(format!(
                "voucher {id}: text `{text}` has the character `{missing}`, which the target's code page lacks"
            ));
        } else if text != **before {
            limits.replaced_once(format!(
                "voucher {id}: text `{before}` becomes `{text}` (at most {TEXT_MAX} characters, no quotes)"
            ));
        }
    }

    fn row(&self, voucher: &Voucher, line: &TargetLine<'_>) -> Result<String, String> {
        let number = voucher.date_number(self.series)?;
        let posting = line.posting;
        let code = self.tax_code(line).ok_or_else(|| {
            format!(
                "voucher {}: the target's code for tax code `{}` is not known; set it under [formats.visma-business.tax_codes]",
                voucher.id(),
                posting.tax_code.as_deref().unwrap_or_default()
            )
        })?;
        let customer = self
            .options
            .party(&posting.account)
            .map_or("0", |(_, customer)| customer);
        for (what, digits) in [
            ("account", &*posting.account),
            ("customer", customer),
            ("tax code", code),
        ] {
            if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(format!(
                    "voucher {}: {what} `{digits}` is not a number, and the target takes only digits",
                    voucher.id()
                ));
            }
        }
        // The vendor's example has transaction class 1 on revenue with VAT.
        let class = if matches!(posting.tax, Tax::Net { .. }) && line.base_vat != 0 {
            1
        } else {
            0
        };
        let (account, account_class) = match self.options.party(&posting.account) {
            Some((_, customer)) => (customer, CUSTOMER),
            None => (&*posting.account, GENERAL_LEDGER),
        };
        let used = format!("{account} {code} {class} {account_class}");
        let unused = "0 0 0 0";
        let (debit, credit) = if line.base > 0 {
            (used.as_str(), unused)
        } else {
            (unused, used.as_str())
        };
        let money = |amount: i64| self.base.amount(amount).magnitude();
        Ok(format!(
            "{number} {} {} \"{}\" {debit} {credit} {} {} {}\n",
            voucher.date().format("%Y%m%d"),
            self.voucher_type,
            text_of(line),
            money(line.base - line.base_vat),
            money(line.base_vat),
            money(line.base)
        ))
    }
}

/// The text of a line, without the quotes that would end it, cut to what the target takes.
fn text_of(line: &TargetLine<'_>) -> String {
    let text = line.posting.text.replace('"', " ");
    crate::text::cut(&text, TEXT_MAX).to_owned()
}

impl Checker for VismaBusinessChecker {
    fn voucher(&mut self, voucher: &Voucher, limits: &mut Limits) {
        let visma = &self.0;
        let lines = match lines(voucher, VatMode::Gross) {
            Ok(lines) => lines,
            Err(message) => return limits.refuse(message),
        };
        limits.vat_differs(voucher.id(), other_vat(&lines, AmountCurrency::Base), visma.base);
        for line in lines.iter().filter(|line| line.base != 0) {
            match visma.row(voucher, line) {
                Ok(_) => visma.check_text(voucher, line, limits),
                Err(message) => limits.refuse_once(message),
            }
            let posting = line.posting;
            for (kind, value) in [("department", &posting.department), ("project", &posting.project)] {
                if let Some(value) = value {
                    limits.replaced_once(format!("voucher {}: {kind} `{value}` is left out", voucher.id()));
                }
            }
        }
    }
}

impl Writer for VismaBusinessWriter {
    fn has_late_head(&self) -> bool {
        true
    }

    fn voucher(&mut self, voucher: &Voucher, out: &mut Vec<u8>) -> io::Result<()> {
        let lines = lines(voucher, VatMode::Gross).map_err(io::Error::other)?;
        for line in lines.iter().filter(|line| line.base != 0) {
            let row = self.0.row(voucher, line).map_err(io::Error::other)?;
            out.extend_from_slice(row.as_bytes());
        }
        Ok(())
    }

    fn end(&mut self, whole: &Whole<'_>, head: &mut Vec<u8>, _out: &mut Vec<u8>) -> io::Result<()> {
        let first = self.0.first_date;
        let last = whole.contents.last.map_or(first, |last| last.max(first));
        write!(
            head,
            "@IMPORT_METHOD(3)\n@WaBnd(Descr,ValDt)\n\"{}\" {}\n@WaVo({COLUMNS})\n",
            self.0.description,
            last.format("%Y%m%d")
        )
    }
}
