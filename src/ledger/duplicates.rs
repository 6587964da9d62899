//! Entries of one topic and date that are equal in every field.
//!
//! Only a hash of each entry is kept, so that a long date stays small. An entry whose hash was
//! seen before is suspected; a second look at the date, [`Suspects`], tells.

use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hasher};

use crate::ledger::entry::Entry;
use crate::provider::Topic;

/// Passes on a hash that is one already.
#[derive(Debug, Default)]
pub struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _bytes: &[u8]) {}

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

type Hashes = HashSet<u64, BuildHasherDefault<AsItIs>>;

/// The entries of a date so far, one topic after the other, by their hashes.
#[derive(Debug, Default)]
pub struct Seen {
    topic: Option<Topic>,
    hashes: Hashes,
    suspects: BTreeMap<Topic, Hashes>,
}

impl Seen {
    /// Takes an entry.
    pub fn add(&mut self, topic: Topic, entry: &Entry<'_>) {
        if self.topic != Some(topic) {
            self.topic = Some(topic);
            self.hashes.clear();
        }
        let hash = hash_of(entry);
        if !self.hashes.insert(hash) {
            self.suspects.entry(topic).or_default().insert(hash);
        }
    }

    /// Ends a date; returns what has to be looked at again.
    pub fn take_suspects(&mut self) -> BTreeMap<Topic, Suspects> {
        self.topic = None;
        let suspects = |hashes| Suspects {
            hashes,
            known: Vec::new(),
        };
        std::mem::take(&mut self.suspects)
            .into_iter()
            .map(|(topic, hashes)| (topic, suspects(hashes)))
            .collect()
    }
}

/// The second look at a date: tells which entries equal an earlier one.
#[derive(Debug)]
pub struct Suspects {
    hashes: Hashes,
    known: Vec<Entry<'static>>,
}

impl Suspects {
    /// Takes the entries of the date once more, in order; says whether this one equals an
    /// earlier one.
    pub fn is_repeated(&mut self, entry: &Entry<'_>) -> bool {
        if !self.hashes.contains(&hash_of(entry)) {
            return false;
        }
        if self.known.iter().any(|known| known == entry) {
            return true;
        }
        self.known.push(entry.clone().into_owned());
        false
    }
}

fn hash_of(entry: &Entry<'_>) -> u64 {
    // The keys are fixed, so that every run does the same.
    BuildHasherDefault::<DefaultHasher>::default().hash_one(entry)
}
