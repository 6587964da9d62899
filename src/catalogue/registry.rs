//! The one list of formats: each folder's texts, and what makes its writer.

use std::fmt;
use std::sync::Arc;

use crate::format::FormatError;
use crate::format::options::Options;
use crate::writer::HoldsEverything;
use crate::writer::api::business_central::BusinessCentral;
use crate::writer::api::eaccounting::EAccounting;
use crate::writer::api::fiken::Fiken;
use crate::writer::api::poweroffice::PowerOffice;
use crate::writer::api::tripletex::Tripletex;
use crate::writer::api::{Body, BodyChecker, BodyWriter};
use crate::writer::entries_csv::EntriesCsv;
use crate::writer::journal_csv::JournalCsv;
use crate::writer::journal_json::JournalJson;
use crate::writer::saft::{Country, Denmark, Norway, Saft, SaftChecker, SaftWriter};
use crate::writer::settlement::{SettlementChecker, SettlementWriter, SettlementXml};
use crate::writer::sie::sie4::{Sie4, Sie4Checker, Sie4Writer};
use crate::writer::sie::sie5::{Sie5, Sie5Checker, Sie5Writer};
use crate::writer::visma_business::{VismaBusiness, VismaBusinessChecker, VismaBusinessWriter};
use crate::writer::{Checker, Context, Writer};

/// What makes one document: what looks at it, and what writes it.
pub type Makers<'a> = (Box<dyn Checker + 'a>, Box<dyn Writer + 'a>);

/// Makes the checker and the writer of one document, as a program registers it.
pub type Maker = dyn for<'a> Fn(&Context<'a>, &Options) -> Result<Makers<'a>, FormatError> + Send + Sync;

/// What makes a format's writer.
#[derive(Clone)]
pub enum Make {
    /// A writer of its own.
    Own(for<'a> fn(&Context<'a>, &Options) -> Result<Makers<'a>, FormatError>),
    /// The engine for delimited text, by the layout in `format.toml`.
    Delimited,
    /// What a program brings with it.
    Registered(Arc<Maker>),
}

impl fmt::Debug for Make {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Own(_) => "Own",
            Self::Delimited => "Delimited",
            Self::Registered(_) => "Registered",
        })
    }
}

/// One format as it is built in.
#[derive(Debug)]
pub struct Folder {
    /// The folder's name, which the descriptor repeats.
    pub id: &'static str,
    /// `format.toml`.
    pub descriptor: &'static str,
    /// `NOTES.md`.
    pub notes: &'static str,
    /// Makes the writer.
    pub make: Make,
}

/// Every format, in the order in which they are listed.
pub const REGISTRY: &[Folder] = &[
    Folder {
        id: "journal-csv",
        descriptor: include_str!("../../formats/journal-csv/format.toml"),
        notes: include_str!("../../formats/journal-csv/NOTES.md"),
        make: Make::Own(|context, _| Ok((Box::new(HoldsEverything), Box::new(JournalCsv::new(context))))),
    },
    Folder {
        id: "entries-csv",
        descriptor: include_str!("../../formats/entries-csv/format.toml"),
        notes: include_str!("../../formats/entries-csv/NOTES.md"),
        make: Make::Own(|context, _| Ok((Box::new(HoldsEverything), Box::new(EntriesCsv::new(context))))),
    },
    Folder {
        id: "journal-json",
        descriptor: include_str!("../../formats/journal-json/format.toml"),
        notes: include_str!("../../formats/journal-json/NOTES.md"),
        make: Make::Own(|context, _| Ok((Box::new(HoldsEverything), Box::new(JournalJson::new(context))))),
    },
    Folder {
        id: "gbat10",
        descriptor: include_str!("../../formats/gbat10/format.toml"),
        notes: include_str!("../../formats/gbat10/NOTES.md"),
        make: Make::Delimited,
    },
    Folder {
        id: "24sevenoffice",
        descriptor: include_str!("../../formats/24sevenoffice/format.toml"),
        notes: include_str!("../../formats/24sevenoffice/NOTES.md"),
        make: Make::Delimited,
    },
    Folder {
        id: "xledger-gl02",
        descriptor: include_str!("../../formats/xledger-gl02/format.toml"),
        notes: include_str!("../../formats/xledger-gl02/NOTES.md"),
        make: Make::Delimited,
    },
    Folder {
        id: "dk-journal",
        descriptor: include_str!("../../formats/dk-journal/format.toml"),
        notes: include_str!("../../formats/dk-journal/NOTES.md"),
        make: Make::Delimited,
    },
    Folder {
        id: "dynamics-bc",
        descriptor: include_str!("../../formats/dynamics-bc/format.toml"),
        notes: include_str!("../../formats/dynamics-bc/NOTES.md"),
        make: Make::Delimited,
    },
    Folder {
        id: "netvisor",
        descriptor: include_str!("../../formats/netvisor/format.toml"),
        notes: include_str!("../../formats/netvisor/NOTES.md"),
        make: Make::Delimited,
    },
    Folder {
        id: "vipps-settlement-xml",
        descriptor: include_str!("../../formats/vipps-settlement-xml/format.toml"),
        notes: include_str!("../../formats/vipps-settlement-xml/NOTES.md"),
        make: Make::Own(|context, options| {
            let report = SettlementXml::new(context, options)?;
            Ok((
                Box::new(SettlementChecker::new(report.clone())),
                Box::new(SettlementWriter::new(report)),
            ))
        }),
    },
    Folder {
        id: "saft-no",
        descriptor: include_str!("../../formats/saft-no/format.toml"),
        notes: include_str!("../../formats/saft-no/NOTES.md"),
        make: Make::Own(saft::<Norway>),
    },
    Folder {
        id: "saft-dk",
        descriptor: include_str!("../../formats/saft-dk/format.toml"),
        notes: include_str!("../../formats/saft-dk/NOTES.md"),
        make: Make::Own(saft::<Denmark>),
    },
    Folder {
        id: "sie4",
        descriptor: include_str!("../../formats/sie4/format.toml"),
        notes: include_str!("../../formats/sie4/NOTES.md"),
        make: Make::Own(|context, options| {
            let sie = Sie4::new(context, options)?;
            Ok((
                Box::new(Sie4Checker::new(sie.clone())),
                Box::new(Sie4Writer::new(sie)),
            ))
        }),
    },
    Folder {
        id: "sie5",
        descriptor: include_str!("../../formats/sie5/format.toml"),
        notes: include_str!("../../formats/sie5/NOTES.md"),
        make: Make::Own(|context, options| {
            let sie = Sie5::new(context, options)?;
            Ok((Box::new(Sie5Checker(sie.clone())), Box::new(Sie5Writer::new(sie))))
        }),
    },
    Folder {
        id: "visma-business",
        descriptor: include_str!("../../formats/visma-business/format.toml"),
        notes: include_str!("../../formats/visma-business/NOTES.md"),
        make: Make::Own(|context, options| {
            let visma = VismaBusiness::new(context, options)?;
            Ok((
                Box::new(VismaBusinessChecker(visma.clone())),
                Box::new(VismaBusinessWriter(visma)),
            ))
        }),
    },
    Folder {
        id: "tripletex",
        descriptor: include_str!("../../formats/tripletex/format.toml"),
        notes: include_str!("../../formats/tripletex/NOTES.md"),
        make: Make::Own(|context, options| Ok(bodies(context, Tripletex::new(context, options)))),
    },
    Folder {
        id: "poweroffice",
        descriptor: include_str!("../../formats/poweroffice/format.toml"),
        notes: include_str!("../../formats/poweroffice/NOTES.md"),
        make: Make::Own(|context, options| Ok(bodies(context, PowerOffice::new(context, options)?))),
    },
    Folder {
        id: "fiken",
        descriptor: include_str!("../../formats/fiken/format.toml"),
        notes: include_str!("../../formats/fiken/NOTES.md"),
        make: Make::Own(|context, options| Ok(bodies(context, Fiken::new(context, options)))),
    },
    Folder {
        id: "visma-eaccounting",
        descriptor: include_str!("../../formats/visma-eaccounting/format.toml"),
        notes: include_str!("../../formats/visma-eaccounting/NOTES.md"),
        make: Make::Own(|context, options| Ok(bodies(context, EAccounting::new(context, options)))),
    },
    Folder {
        id: "business-central",
        descriptor: include_str!("../../formats/business-central/format.toml"),
        notes: include_str!("../../formats/business-central/NOTES.md"),
        make: Make::Own(|context, options| Ok(bodies(context, BusinessCentral::new(context, options)?))),
    },
];

/// Makes the documents of a target that takes a body for each voucher.
fn bodies<'a, B: Body + Clone + 'a>(context: &Context<'_>, bodies: B) -> Makers<'a> {
    (
        Box::new(BodyChecker {
            body: bodies.clone(),
            base: context.config.posting.base_currency,
        }),
        Box::new(BodyWriter(bodies)),
    )
}

/// Makes the SAF-T of a country.
fn saft<'a, C: Country>(context: &Context<'a>, options: &Options) -> Result<Makers<'a>, FormatError> {
    let saft = Saft::<C>::new(context, options)?;
    Ok((
        Box::new(SaftChecker(saft.clone())),
        Box::new(SaftWriter::new(saft)),
    ))
}
