//! What other programs use: an archive is opened, a range of one ledger is proven and posted, and
//! its vouchers are read or written, also by writers that the program brings with it.
//!
//! Everything else in this crate may change from one version to the next.

pub(crate) mod error;
pub(crate) mod writer;

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::NaiveDate;

use crate::archive::Archive;
use crate::catalogue::{self, Format};
use crate::config::Config;
use crate::date::DateRange;
use crate::format::FormatError;
use crate::journal::Voucher;
use crate::ledger::finding::Finding;
use crate::library::error::Error;
use crate::library::writer::{Document, Writer, adapted};
use crate::proof::Status;
use crate::run::documents::Output;
use crate::run::{self, LedgerRun, RunOptions, WriteOptions};

/// An archive of ledgers under a configuration, and the formats that its vouchers can be written
/// in.
#[derive(Debug)]
pub struct Books {
    archive: Archive,
    config: Config,
    /// What the program registered.
    formats: Vec<Arc<Format>>,
}

impl Books {
    /// Opens an archive: a folder as `bilag fetch` fills it, a folder of saved responses, or a zip
    /// of either. Nothing is ever written to it. Every setting has its default.
    ///
    /// # Errors
    /// There is no archive at `path`, or it cannot be read.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let archive = Archive::new(path.as_ref());
        archive.ledgers()?;
        Ok(Self {
            archive,
            config: Config::load(None)?,
            formats: Vec::new(),
        })
    }

    /// Takes the settings of a `bilag.toml`. Files that it names are beside it.
    ///
    /// # Errors
    /// The file cannot be read, or something in it is wrong; the message has the line.
    pub fn configured_by(mut self, path: impl AsRef<Path>) -> Result<Self, Error> {
        self.config = Config::load(Some(path.as_ref()))?;
        Ok(self)
    }

    /// Takes settings in the form of `bilag.toml`. Files that they name are in the working folder.
    ///
    /// # Errors
    /// Something in the text is wrong; the message has the line.
    pub fn configured(mut self, text: &str) -> Result<Self, Error> {
        self.config = Config::parse(text, Path::new("bilag.toml"))?;
        Ok(self)
    }

    /// Registers a format of the program's own: a descriptor, and what makes the writer of each
    /// document. The descriptor is that of `docs/FORMATS.md`; it needs `id`, `title` and `file`,
    /// and says how the journal is split, encoded and packed, and which options there are. `make`
    /// is called again for a document of which the run has to begin anew.
    ///
    /// # Errors
    /// Something in the descriptor is wrong, or there is a format of this id already.
    pub fn register(
        &mut self,
        descriptor: &str,
        make: impl Fn(&Document) -> Box<dyn Writer> + Send + Sync + 'static,
    ) -> Result<(), Error> {
        let format = Format::registered(descriptor, move |context, options| {
            Ok(adapted(make(&Document::new(context, options))))
        })?;
        let id = &format.descriptor.id;
        if catalogue::find(id).is_ok() || self.registered(id).is_some() {
            return Err(Error::new(
                format!("there is a format `{id}` already"),
                "give the descriptor another `id`",
            ));
        }
        self.formats.push(Arc::new(format));
        Ok(())
    }

    /// The ids of all ledgers in the archive, in order.
    ///
    /// # Errors
    /// The archive cannot be read.
    pub fn ledgers(&self) -> Result<Vec<String>, Error> {
        Ok(self.archive.ledgers()?)
    }

    /// A month of a ledger, such as `2026-10`.
    ///
    /// # Errors
    /// This is no month, or the archive does not have the ledger.
    pub fn month(&self, ledger_id: &str, month: &str) -> Result<LedgerRange<'_>, Error> {
        self.ledger_range(ledger_id, DateRange::month(month)?)
    }

    /// The ledger dates from one to another, both with it.
    ///
    /// # Errors
    /// The dates are not in order, or the archive does not have the ledger.
    pub fn range(&self, ledger_id: &str, from: NaiveDate, to: NaiveDate) -> Result<LedgerRange<'_>, Error> {
        self.ledger_range(ledger_id, DateRange::new(from, to)?)
    }

    fn ledger_range(&self, ledger_id: &str, range: DateRange) -> Result<LedgerRange<'_>, Error> {
        let archive = self.archive.clone().with_single_ledger(ledger_id);
        if !archive.has_ledger(ledger_id)? {
            return Err(Error::new(
                format!(
                    "ledger `{ledger_id}` is not in the archive {}",
                    archive.root().display()
                ),
                "`Books::ledgers` lists those that are",
            ));
        }
        Ok(LedgerRange {
            books: self,
            archive,
            ledger_id: ledger_id.to_owned(),
            range,
            allow_open: false,
            force: false,
        })
    }

    fn registered(&self, id: &str) -> Option<&Arc<Format>> {
        self.formats.iter().find(|format| format.descriptor.id == id)
    }

    fn format(&self, name: &str) -> Result<Arc<Format>, FormatError> {
        match self.registered(name) {
            Some(format) => Ok(Arc::clone(format)),
            None => catalogue::resolve(name, None),
        }
    }
}

/// Some dates of one ledger, to be proven, posted and written.
#[derive(Debug)]
pub struct LedgerRange<'b> {
    books: &'b Books,
    archive: Archive,
    ledger_id: String,
    range: DateRange,
    allow_open: bool,
    force: bool,
}

impl LedgerRange<'_> {
    /// Takes the closed dates before the first open one, where otherwise an open date keeps
    /// everything back.
    #[must_use]
    pub fn allowing_open_dates(mut self) -> Self {
        self.allow_open = true;
        self
    }

    /// Replaces files that stand where [`LedgerRange::write`] writes and that differ; otherwise
    /// they are an error.
    #[must_use]
    pub fn replacing_files(mut self) -> Self {
        self.force = true;
        self
    }

    /// Proves the dates and posts nothing.
    ///
    /// # Errors
    /// The archive cannot be read. What does not hold is no error but the outcome.
    pub fn prove(&self) -> Result<Outcome, Error> {
        let options = self.options(None);
        let run = run::prove(&self.archive, &self.ledger_id, &self.books.config, &options);
        Outcome::of(run, self.range)
    }

    /// Proves and posts the dates, and gives the vouchers in the journal's order. There are
    /// none when something does not hold.
    ///
    /// # Errors
    /// The archive cannot be read, or the configuration does not say how to book something.
    pub fn post(&self) -> Result<(Outcome, Vec<Voucher>), Error> {
        let vouchers = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&vouchers);
        let descriptor = "id = \"vouchers\"\ntitle = \"Vouchers\"\nfile = \"vouchers\"\ncoverage = \"none\"";
        let format = Format::registered(descriptor, move |_, _| {
            Ok(adapted(Box::new(Collector(Arc::clone(&kept)))))
        })?;
        let write = WriteOptions {
            formats: vec![Arc::new(format)],
            dry_run: true,
            ..WriteOptions::default()
        };
        let outcome = self.run(write)?;
        let mut vouchers = vouchers.lock().unwrap_or_else(PoisonError::into_inner);
        let vouchers = std::mem::take(&mut *vouchers);
        let vouchers = if outcome.holds() { vouchers } else { Vec::new() };
        Ok((outcome, vouchers))
    }

    /// Proves and posts the dates, and writes one or more formats and `manifest.json` to
    /// `<out>/<ledgerId>/<from>_<to>/`. Nothing is written when something does not hold, or when a
    /// target cannot hold a voucher.
    ///
    /// A format is named by its id, registered or built in, or by the path of a descriptor. With
    /// no name, the configuration's formats are written, else `journal-csv`.
    ///
    /// # Errors
    /// The archive cannot be read, the configuration does not say how to book something, a format
    /// or a needed option is missing, or files cannot be written.
    pub fn write(&self, formats: &[&str], out: impl AsRef<Path>) -> Result<Outcome, Error> {
        let formats: Result<_, FormatError> = formats.iter().map(|name| self.books.format(name)).collect();
        self.run(WriteOptions {
            out: out.as_ref().to_owned(),
            formats: formats?,
            registered: self.books.formats.clone(),
            force: self.force,
            ..WriteOptions::default()
        })
    }

    fn run(&self, write: WriteOptions) -> Result<Outcome, Error> {
        let options = self.options(Some(write));
        let run = run::ledger(&self.archive, &self.ledger_id, &self.books.config, &options);
        Outcome::of(run, self.range)
    }

    fn options(&self, write: Option<WriteOptions>) -> RunOptions {
        RunOptions {
            range: self.range,
            allow_open: self.allow_open,
            write,
            open: Default::default(),
            is_unreachable: false,
            cancelled: Arc::default(),
        }
    }
}

/// What a range of a ledger came to.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Outcome {
    /// How well the range is known.
    pub status: Status,
    /// Everything that was found, by date, topic and code.
    pub findings: Vec<Finding>,
    /// Dates that are open or not in the archive.
    pub open_dates: Vec<NaiveDate>,
    /// How many vouchers were posted.
    pub vouchers: u64,
    /// The files that were written, without the manifest.
    pub outputs: Vec<Output>,
    holds: bool,
}

impl Outcome {
    fn of(run: LedgerRun, range: DateRange) -> Result<Self, Error> {
        if let Some(error) = run.error {
            return Err(error.into());
        }
        let Some(proof) = run.proof else {
            return Err(Error::new(
                format!("ledger `{}`: nothing of it could be proven", run.info.ledger_id),
                "run again when nothing writes to the archive",
            ));
        };
        // A date before the range that the first voucher needs keeps everything back.
        let needs_before = proof.open_dates.iter().any(|date| *date < range.from());
        let is_whole = proof.exported.is_some() && !needs_before;
        let is_refused = proof.findings.refuse_output();
        Ok(Self {
            holds: proof.status != Status::Failed && is_whole && !is_refused,
            status: proof.status,
            findings: proof.findings.iter().cloned().collect(),
            open_dates: proof.open_dates,
            vouchers: run.totals.vouchers,
            outputs: run.outputs,
        })
    }

    /// Whether nothing stands against using the vouchers: no check failed, no date was open
    /// (unless that was allowed), and the targets can hold everything.
    pub fn holds(&self) -> bool {
        self.holds
    }
}

/// Keeps the vouchers.
struct Collector(Arc<Mutex<Vec<Voucher>>>);

impl Writer for Collector {
    /// A run that has to read again begins anew.
    fn begin(&mut self, _out: &mut Vec<u8>) -> io::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
        Ok(())
    }

    fn voucher(&mut self, voucher: &Voucher, _out: &mut Vec<u8>) -> io::Result<()> {
        let mut vouchers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        vouchers.push(voucher.clone());
        Ok(())
    }
}
