//! `visma-business`: vouchers as a text import with table headers (`@WaBnd`, `@WaVo`).

use std::io;

use chrono::NaiveDate;

use crate::encode::Encoding;
use crate::format::FormatError;
use crate::format::LARGEST_SERIES;
use crate::format::delimited::VatMode;
use crate::format::options::Options;
use crate::journal::{Tax, Voucher};
use crate::money::Currency;
use crate::proof::LedgerProof;
use crate::writer::lines::{Line, lines};
use crate::writer::numbers;
use crate::writer::{Context, Limits, Writer};

/// How many characters of text are known to be taken.
const TEXT_MAX: usize = 40;

const COLUMNS: &str =
    "VoNo,VoDt,VoTp,Txt,DbAcNo,DbTxCd,DbTrnCl,DbAcCl,CrAcNo,CrTxCd,CrTrnCl,CrAcCl,AmExVAT,VatAm,Am";

/// Writes the import.
#[derive(Debug)]
pub struct VismaBusiness {
    options: Options,
    encoding: Encoding,
    voucher_type: u32,
    series: u32,
    base: Currency,
    description: String,
    last_date: NaiveDate,
}

impl VismaBusiness {
    /// A writer for one document.
    pub fn new(context: &Context<'_>, options: &Options) -> Result<Self, FormatError> {
        Ok(Self {
            encoding: crate::format::choice(options, "encoding", Encoding::Windows1252)?,
            voucher_type: options.number("voucher_type", u32::MAX)?,
            series: options.number("series", LARGEST_SERIES)?,
            base: context.config.posting.base_currency,
            description: format!("VM-{}", context.info.ledger_id),
            last_date: context.range.from(),
            options: options.clone(),
        })
    }

    /// The target's tax code, `0` where there is none.
    fn tax_code<'t>(&'t self, line: &Line<'t>) -> Option<&'t str> {
        match line.posting.tax_code.as_deref() {
            None | Some("0") => Some("0"),
            Some(code) => self.options.tax_code(code),
        }
    }

    fn check_text(&self, voucher: &Voucher, line: &Line<'_>, limits: &mut Limits) {
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

    fn row(&self, voucher: &Voucher, line: &Line<'_>) -> Result<String, String> {
        let number = numbers::by_date(voucher, self.series)?;
        let posting = line.posting;
        let code = self.tax_code(line).ok_or_else(|| {
            format!(
                "voucher {}: the target's code for tax code `{}` is not known; set it under [formats.visma-business.tax_codes]",
                voucher.id(),
                posting.tax_code.as_deref().unwrap_or_default()
            )
        })?;
        for (what, digits) in [("account", &*posting.account), ("tax code", code)] {
            if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(format!(
                    "voucher {}: {what} `{digits}` is not a number, and the target takes only digits",
                    voucher.id()
                ));
            }
        }
        // The vendor's example has transaction class 1 on revenue with VAT, and class 3 for
        // accounts of the general ledger.
        let class = if matches!(posting.tax, Tax::Net { .. }) && line.base_vat != 0 {
            1
        } else {
            0
        };
        let used = format!("{} {code} {class} 3", posting.account);
        let unused = "0 0 0 0";
        let (debit, credit) = if line.base > 0 {
            (used.as_str(), unused)
        } else {
            (unused, used.as_str())
        };
        let money = |amount: i64| {
            let text = self.base.format(amount);
            text.trim_start_matches('-').to_owned()
        };
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
fn text_of(line: &Line<'_>) -> String {
    let text = line.posting.text.replace('"', " ");
    crate::text::cut(&text, TEXT_MAX).to_owned()
}

impl Writer for VismaBusiness {
    fn check_voucher(&mut self, voucher: &Voucher, limits: &mut Limits) {
        self.last_date = self.last_date.max(voucher.date());
        let lines = match lines(voucher, VatMode::Gross) {
            Ok(lines) => lines,
            Err(message) => return limits.refuse(message),
        };
        for line in lines.iter().filter(|line| line.base != 0) {
            match self.row(voucher, line) {
                Ok(_) => self.check_text(voucher, line, limits),
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

    fn start(&mut self, _proof: &LedgerProof, out: &mut dyn io::Write) -> io::Result<()> {
        write!(
            out,
            "@IMPORT_METHOD(3)\n@WaBnd(Descr,ValDt)\n\"{}\" {}\n@WaVo({COLUMNS})\n",
            self.description,
            self.last_date.format("%Y%m%d")
        )
    }

    fn voucher(&mut self, voucher: &Voucher, out: &mut dyn io::Write) -> io::Result<()> {
        let lines = lines(voucher, VatMode::Gross).map_err(io::Error::other)?;
        for line in lines.iter().filter(|line| line.base != 0) {
            let row = self.row(voucher, line).map_err(io::Error::other)?;
            out.write_all(row.as_bytes())?;
        }
        Ok(())
    }
}
