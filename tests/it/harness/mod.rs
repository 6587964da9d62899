//! What the tests share. What they take of the library's inner parts is taken here, so that a
//! change there is one change here.

pub(crate) mod chance;
pub(crate) mod dates;
pub(crate) mod entry;
pub(crate) mod exporter;
pub(crate) mod files;
pub(crate) mod journal;
pub(crate) mod judges;
pub(crate) mod layout;
pub(crate) mod ledger;
pub(crate) mod library;
pub(crate) mod poster;
pub(crate) mod program;
pub(crate) mod sandbox;
pub(crate) mod snapshot;
pub(crate) mod vouchers;
