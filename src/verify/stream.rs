//! From bytes to elements with their lines: containers open and close, everything else comes
//! whole, so that memory holds one line of one transaction at a time.

use std::io::{self, BufRead, Read};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::verify::VerifyError;
use crate::verify::element::Element;

/// Elements that hold many others of a kind.
const CONTAINERS: [&str; 19] = [
    "AuditFile",
    "MasterFiles",
    "GeneralLedgerAccounts",
    "Taxonomies",
    "Customers",
    "Suppliers",
    "TaxTable",
    "TaxTableEntry",
    "UOMTable",
    "AnalysisTypeTable",
    "MovementTypeTable",
    "Products",
    "PhysicalStock",
    "Owners",
    "Assets",
    "GeneralLedgerEntries",
    "Journal",
    "Transaction",
    "SourceDocuments",
];

/// How deep elements may stand in each other. In no SAF-T file it is more than a dozen.
const DEPTH_MAX: usize = 100;
const TOO_DEEP: &str = "elements stand more than 100 deep in each other, as in no SAF-T file";

/// The encodings that a file may say it has: UTF-8, and what is a part of it.
const ENCODINGS: [&str; 4] = ["utf-8", "utf8", "us-ascii", "ascii"];

/// The largest element that is not a container, in bytes.
const ELEMENT_SIZE_MAX: u64 = 16 << 20;

/// What comes next.
#[derive(Debug)]
pub(crate) enum Step {
    /// A container begins.
    Open {
        name: String,
        line: u64,
        namespace: Option<String>,
    },
    /// A container ends.
    Close { name: String, line: u64 },
    /// Anything else, whole.
    Element(Element),
}

/// Reads steps.
pub(crate) struct Stream<R> {
    reader: Reader<LineCounter<R>>,
    buffer: Vec<u8>,
    /// The elements that are open below the innermost container.
    open: Vec<Element>,
    /// How deep the reader stands in source documents, which are not looked at.
    skipped: usize,
    /// How many containers are open.
    containers: usize,
    /// Whether the root has begun; there is one.
    has_root: bool,
}

/// What a markup event means, without borrowing from the buffer.
enum Mark {
    Start {
        name: String,
        namespace: Option<String>,
        is_empty: bool,
    },
    End(String),
    Text(String),
    Other,
    Eof,
}

impl<R: BufRead> Stream<R> {
    pub(crate) fn new(input: R) -> Self {
        Self {
            reader: Reader::from_reader(LineCounter {
                input,
                line: 1,
                budget: ELEMENT_SIZE_MAX,
            }),
            buffer: Vec::new(),
            open: Vec::new(),
            skipped: 0,
            containers: 0,
            has_root: false,
        }
    }

    /// The next step; `None` at the end of the file.
    pub(crate) fn next(&mut self) -> Result<Option<Step>, VerifyError> {
        loop {
            if self.open.is_empty() {
                self.reader.get_mut().budget = ELEMENT_SIZE_MAX;
            }
            let mark = self.mark()?;
            let line = self.reader.get_ref().line;
            match mark {
                Mark::Eof if self.open.is_empty() && self.containers == 0 && self.skipped == 0 => {
                    return Ok(None);
                }
                Mark::Eof => return Err(malformed(line, "the file ends within an element")),
                Mark::Other => {}
                Mark::Start { .. } if self.has_root && self.is_outside() => {
                    return Err(malformed(line, "something follows the root element"));
                }
                Mark::Text(text) if self.is_outside() && !is_blank(&text) => {
                    return Err(malformed(line, "there is text outside the root element"));
                }
                Mark::Start { is_empty, .. } if self.skipped > 0 => self.skipped += usize::from(!is_empty),
                Mark::Text(_) if self.skipped > 0 => {}
                Mark::End(name) if self.skipped > 0 => {
                    self.skipped -= 1;
                    if self.skipped == 0 {
                        self.containers = self.containers.saturating_sub(1);
                        return Ok(Some(Step::Close { name, line }));
                    }
                }
                Mark::Start {
                    name,
                    namespace,
                    is_empty,
                } => {
                    if !self.has_root && name != "AuditFile" {
                        return Err(VerifyError::NotSaft { line });
                    }
                    self.has_root = true;
                    if self.open.is_empty() && CONTAINERS.contains(&name.as_str()) && !is_empty {
                        self.containers += 1;
                        if self.containers > DEPTH_MAX {
                            return Err(malformed(line, TOO_DEEP));
                        }
                        self.skipped = usize::from(name == "SourceDocuments");
                        return Ok(Some(Step::Open {
                            name,
                            line,
                            namespace,
                        }));
                    }
                    if self.open.len() == DEPTH_MAX {
                        return Err(malformed(line, TOO_DEEP));
                    }
                    self.open.push(Element::new(name, line));
                    if is_empty && let Some(step) = self.end() {
                        return Ok(Some(step));
                    }
                }
                Mark::Text(text) => {
                    if let Some(element) = self.open.last_mut() {
                        element.text.push_str(&text);
                    }
                }
                Mark::End(name) => {
                    if self.open.is_empty() {
                        self.containers = self.containers.saturating_sub(1);
                        return Ok(Some(Step::Close { name, line }));
                    }
                    if let Some(step) = self.end() {
                        return Ok(Some(step));
                    }
                }
            }
        }
    }

    /// Whether the reader stands before or after the root element.
    fn is_outside(&self) -> bool {
        self.containers == 0 && self.open.is_empty() && self.skipped == 0
    }

    /// Closes the innermost element; a step when nothing stands around it.
    fn end(&mut self) -> Option<Step> {
        let element = self.open.pop()?;
        match self.open.last_mut() {
            Some(parent) => {
                parent.children.push(element);
                None
            }
            None => Some(Step::Element(element)),
        }
    }

    fn mark(&mut self) -> Result<Mark, VerifyError> {
        self.buffer.clear();
        let event = match self.reader.read_event_into(&mut self.buffer) {
            Ok(event) => event,
            Err(error) => {
                let message = error.to_string();
                return Err(malformed(self.reader.get_ref().line, message));
            }
        };
        let line = || self.reader.get_ref().line;
        Ok(match event {
            Event::Start(start) => start_mark(&start, false).map_err(|text| malformed(line(), text))?,
            Event::Empty(start) => start_mark(&start, true).map_err(|text| malformed(line(), text))?,
            Event::End(end) => Mark::End(end.name().local_name().as_ref().to_owned()),
            Event::Text(text) => Mark::Text(text.xml10_content().into_owned()),
            Event::CData(data) => Mark::Text(data.xml10_content().into_owned()),
            Event::GeneralRef(reference) => {
                let character = match reference.as_ref() {
                    "amp" => Some('&'),
                    "lt" => Some('<'),
                    "gt" => Some('>'),
                    "quot" => Some('"'),
                    "apos" => Some('\''),
                    _ => reference.resolve_char_ref().ok().flatten(),
                };
                match character {
                    Some(character) => Mark::Text(character.to_string()),
                    None => {
                        let message = format!("the entity `&{};` is not defined", reference.as_ref());
                        return Err(malformed(line(), message));
                    }
                }
            }
            Event::Decl(declaration) => {
                let encoding = declaration.encoding().transpose();
                let encoding = encoding.map_err(|error| malformed(line(), error.to_string()))?;
                match encoding {
                    Some(name) if !ENCODINGS.iter().any(|known| name.eq_ignore_ascii_case(known)) => {
                        let name = crate::text::shortened(&name, 40).into_owned();
                        let message =
                            format!("the file says that its encoding is `{name}`; SAF-T files are UTF-8");
                        return Err(malformed(line(), message));
                    }
                    Some(_) | None => Mark::Other,
                }
            }
            Event::Eof => Mark::Eof,
            Event::Comment(_) | Event::PI(_) | Event::DocType(_) => Mark::Other,
        })
    }
}

fn start_mark(start: &BytesStart<'_>, is_empty: bool) -> Result<Mark, String> {
    let name = start.name();
    let prefix = name.prefix();
    // Only the root's namespace matters, and it is declared there.
    let declaration = match &prefix {
        Some(prefix) => format!("xmlns:{}", prefix.as_ref()),
        None => "xmlns".to_owned(),
    };
    let mut namespace = None;
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        if attribute.key.as_ref() == declaration {
            namespace = Some(attribute.value.to_string());
        }
    }
    Ok(Mark::Start {
        name: name.local_name().as_ref().to_owned(),
        namespace,
        is_empty,
    })
}

/// Whether a text is only what XML allows between elements, or the mark that a file may begin with.
fn is_blank(text: &str) -> bool {
    text.chars()
        .all(|character| matches!(character, ' ' | '\t' | '\r' | '\n' | '\u{FEFF}'))
}

fn malformed(line: u64, message: impl Into<String>) -> VerifyError {
    VerifyError::Malformed {
        line,
        message: message.into(),
    }
}

/// Counts lines, and stops an element that would fill the memory.
struct LineCounter<R> {
    input: R,
    line: u64,
    budget: u64,
}

impl<R: BufRead> Read for LineCounter<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.input.fill_buf()?.read(into)?;
        self.consume(count);
        Ok(count)
    }
}

impl<R: BufRead> BufRead for LineCounter<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.budget == 0 {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("an element is larger than {ELEMENT_SIZE_MAX} bytes"),
            ));
        }
        self.input.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        if let Ok(buffer) = self.input.fill_buf() {
            let consumed = buffer.get(..count).unwrap_or(buffer);
            self.line += consumed.iter().filter(|byte| **byte == b'\n').count() as u64;
        }
        self.budget = self.budget.saturating_sub(count as u64);
        self.input.consume(count);
    }
}
