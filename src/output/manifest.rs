//! `manifest.json`: what a folder of outputs was made of, with hashes and without a clock.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::input;
use crate::output::OutputError;

/// The largest manifest that is read, in bytes. A year of two topics has a hundredth of that.
const MANIFEST_MAX: u64 = 64 << 20;

/// The manifest of one ledger and range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of this layout.
    pub schema: u32,
    /// The program and its version.
    pub program: String,
    pub ledger_id: String,
    /// First and last date.
    pub range: ManifestRange,
    /// SHA-256 of the configuration and of the files that it names.
    pub configuration: String,
    /// The archived files that the outputs were made of.
    pub sources: Vec<ManifestSource>,
    pub outputs: Vec<ManifestOutput>,
}

/// First and last date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestRange {
    /// First date.
    pub from: String,
    /// Last date.
    pub to: String,
}

/// One archived file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestSource {
    /// Relative to the archive.
    pub path: String,
    /// SHA-256 of the file.
    pub sha256: String,
}

/// One output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestOutput {
    /// The format's id.
    pub format: String,
    /// The file's name, beside the manifest.
    pub path: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
    /// The configuration that it was made with.
    pub configuration: String,
}

impl Manifest {
    /// Keeps the outputs of other formats that an earlier manifest in `folder` lists, as long as
    /// they are still there as they were. One that cannot be read is an error: it would be replaced
    /// in silence, and with it what it says of those outputs.
    pub fn adopt(&mut self, folder: &Path) -> Result<(), OutputError> {
        let path = folder.join("manifest.json");
        let unreadable = |source| OutputError::Record {
            path: path.clone(),
            source,
        };
        let text = match input::read_text(&path, MANIFEST_MAX) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            text => text.map_err(unreadable)?,
        };
        let earlier: Self = serde_json::from_str(&text).map_err(|error| unreadable(error.into()))?;
        for output in earlier.outputs {
            let is_replaced = self
                .outputs
                .iter()
                .any(|mine| mine.path == output.path || mine.format == output.format);
            let is_there = super::content_hash(&folder.join(&output.path))
                .is_ok_and(|hash| hash.as_deref() == Some(output.sha256.as_str()));
            if !is_replaced && is_there {
                self.outputs.push(output);
            }
        }
        self.outputs.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(())
    }

    /// The manifest as text.
    pub fn to_text(&self) -> String {
        let text = serde_json::to_string_pretty(self).expect("a manifest is plain data");
        text + "\n"
    }
}
