//! Entries of one topic and date that are equal in every field.
//!
//! Only a key of each entry is kept, so that a long date stays small. Entries with equal keys are
//! suspected; a second look at the date, [`Suspects`], tells.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hasher};

use crate::ledger::entry::{Entry, EntryType};
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

/// The entries of a date so far, one topic after the other, by their keys.
#[derive(Debug, Default)]
pub struct Seen {
    keys: [Vec<u64>; 2],
}

impl Seen {
    /// Takes an entry.
    pub fn add(&mut self, topic: Topic, entry: &Entry<'_>) {
        self.keys[usize::from(topic == Topic::Fees)].push(key_of(entry));
    }

    /// Ends a date; returns what has to be looked at again.
    pub fn take_suspects(&mut self) -> BTreeMap<Topic, Suspects> {
        let mut suspects = BTreeMap::new();
        for (topic, keys) in Topic::ALL.into_iter().zip(&mut self.keys) {
            keys.sort_unstable();
            let twice = keys.windows(2).filter(|pair| pair[0] == pair[1]);
            let twice: Vec<u64> = twice.map(|pair| pair[0]).collect();
            keys.clear();
            if !twice.is_empty() {
                suspects.insert(topic, Suspects::new(twice));
            }
        }
        suspects
    }
}

/// The second look at a date: tells which entries equal an earlier one.
#[derive(Debug)]
pub struct Suspects {
    /// In order.
    keys: Vec<u64>,
    /// The suspects so far, by a hash of all their fields.
    known: HashMap<u64, Vec<Entry<'static>>, BuildHasherDefault<AsItIs>>,
    before: Option<i64>,
    is_broken: bool,
}

impl Suspects {
    fn new(keys: Vec<u64>) -> Self {
        Self {
            keys,
            known: HashMap::default(),
            before: None,
            is_broken: false,
        }
    }

    /// Takes the entries of the date once more, in order; says whether this one is a duplicate:
    /// equal to an earlier one in every field, and not one of a dispute's steps that the balances
    /// prove. The provider may retain and return the same capture again and again.
    pub fn is_duplicate(&mut self, entry: &Entry<'_>) -> bool {
        self.follow(entry);
        if self.keys.binary_search(&key_of(entry)).is_err() {
            return false;
        }
        // The hasher's keys are fixed, so that every run does the same.
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(entry);
        let known = self.known.entry(hash).or_default();
        if known.iter().any(|known| known == entry) {
            let may_repeat = matches!(
                entry.entry_type,
                EntryType::RetainedDisputedCapture | EntryType::ReturnedDisputedCapture
            );
            return !may_repeat || self.is_broken || entry.amount == 0;
        }
        known.push(entry.clone().into_owned());
        false
    }

    /// Notes from where on the balances prove nothing.
    fn follow(&mut self, entry: &Entry<'_>) {
        let (before, after) = (entry.balance_before, entry.balance_after);
        let adds_up = before.and_then(|before| before.checked_add(entry.amount)) == after;
        let follows = self.before.is_none_or(|expected| before == Some(expected));
        self.is_broken |= before.is_none() || !adds_up || !follows;
        self.before = after;
    }
}

/// A number that equal entries share, and others hardly ever.
fn key_of(entry: &Entry<'_>) -> u64 {
    let psp_reference = entry.psp_reference.as_deref().unwrap_or_default().as_bytes();
    let tail = psp_reference
        .last_chunk::<8>()
        .map_or(0, |tail| u64::from_le_bytes(*tail));
    let mix = |key: u64, part: u64| (key.rotate_left(26) ^ part).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let balance = entry.balance_before.unwrap_or_default();
    let length = psp_reference.len() as u64;
    [entry.amount.cast_unsigned(), tail, length]
        .into_iter()
        .fold(balance.cast_unsigned(), mix)
}
