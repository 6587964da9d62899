//! How the entries of a date are kept: bodies, and the file of them.

use std::io::Write as _;

use crate::harness::chance::Dice;
use crate::harness::entry::Entry;

/// How entries are cut into bodies, and bodies into a file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    pub(crate) page_size: usize,
    pub(crate) as_array: bool,
    pub(crate) compressed: bool,
    pub(crate) paging: Paging,
    pub(crate) empty_last_page: bool,
}

/// How a body says that another follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paging {
    HasMore,
    CursorOnly,
    Silent,
}

impl Layout {
    pub(crate) const PLAIN: Self = Self {
        page_size: 1000,
        as_array: false,
        compressed: false,
        paging: Paging::HasMore,
        empty_last_page: false,
    };

    pub(crate) fn random(dice: &mut Dice) -> Self {
        Self {
            page_size: dice.between(1, 9) as usize,
            as_array: dice.one_in(2),
            compressed: dice.one_in(3),
            paging: *dice.pick(&[Paging::HasMore, Paging::CursorOnly, Paging::Silent]),
            empty_last_page: dice.one_in(4),
        }
    }

    pub(crate) fn pages(&self, entries: &[Entry]) -> Vec<Vec<Entry>> {
        let mut pages: Vec<Vec<Entry>> = entries.chunks(self.page_size).map(<[Entry]>::to_vec).collect();
        if pages.is_empty() || self.empty_last_page {
            pages.push(Vec::new());
        }
        pages
    }

    /// The bodies of pages; each but the last says that more follow.
    pub(crate) fn bodies(&self, pages: &[Vec<Entry>]) -> Vec<String> {
        let last = pages.len() - 1;
        let body = |(index, page): (usize, &Vec<Entry>)| {
            let items: Vec<String> = page.iter().map(Entry::json).collect();
            let more = match (self.paging, index < last) {
                (Paging::HasMore, true) => format!(",\"hasMore\":true,\"cursor\":\"cursor{index}\""),
                (Paging::HasMore, false) => ",\"tryLater\":false,\"hasMore\":false".to_owned(),
                (Paging::CursorOnly, true) => format!(",\"cursor\":\"cursor{index}\""),
                (Paging::CursorOnly, false) => ",\"cursor\":\"\"".to_owned(),
                (Paging::Silent, _) => String::new(),
            };
            format!("{{\"items\":[{}]{more}}}", items.join(",\n"))
        };
        pages.iter().enumerate().map(body).collect()
    }

    /// The file of bodies.
    pub(crate) fn file(&self, bodies: &[String]) -> Vec<u8> {
        let text = if self.as_array {
            format!("[{}]", bodies.join(","))
        } else {
            bodies.join("\n")
        };
        if self.compressed {
            gzip(text.as_bytes())
        } else {
            text.into_bytes()
        }
    }

    pub(crate) fn suffix(&self) -> &'static str {
        if self.compressed { "json.gz" } else { "json" }
    }
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
