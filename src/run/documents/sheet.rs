//! One document in the making: its buffer, and the file that the buffer goes to.
//!
//! A document is written once. Where its head depends on all that follows, the rest waits in a
//! file without a name. Nothing touches the disk before the buffer is full, so that a small
//! document of a ledger that does not hold leaves no trace.

use std::fs::File;
use std::io::{self, Read, Seek, Write};

use crate::encode::{Contained, Encoder};
use crate::format::Shape;
use crate::output::{OutputError, StagedFile, Staging, WrittenFile};

/// The buffer is handed on at this size.
const BUFFER_SIZE: usize = 1 << 16;

/// A file in the making, behind its container and its encoding.
type Out = Encoder<Contained<StagedFile>>;

/// One document in the making.
#[derive(Debug)]
pub(super) struct Sheet {
    shape: Shape,
    has_late_head: bool,
    /// What is not yet handed on.
    pub(super) buffer: Vec<u8>,
    body: Body,
    handed_on: u64,
}

#[derive(Debug)]
enum Body {
    /// Nothing was handed on so far.
    Empty,
    /// Waits for its head.
    Waiting(File),
    /// Goes to its file.
    File(Box<Out>),
}

impl Sheet {
    pub(super) fn new(shape: Shape, has_late_head: bool) -> Self {
        Self {
            shape,
            has_late_head,
            buffer: Vec::new(),
            body: Body::Empty,
            handed_on: 0,
        }
    }

    /// How many bytes were written, as UTF-8, without the head.
    pub(super) fn size(&self) -> u64 {
        self.handed_on + self.buffer.len() as u64
    }

    /// Hands the buffer on when it is full; without `staging` it is thrown away.
    pub(super) fn settle(&mut self, staging: Option<&mut Staging>) -> Result<(), OutputError> {
        if self.buffer.len() < BUFFER_SIZE {
            return Ok(());
        }
        self.handed_on += self.buffer.len() as u64;
        if let Some(staging) = staging {
            if matches!(self.body, Body::Empty) {
                self.body = if self.has_late_head {
                    Body::Waiting(staging.scratch()?)
                } else {
                    Body::File(Box::new(open(staging, &self.shape)?))
                };
            }
            let written = match &mut self.body {
                Body::Empty => Ok(()),
                Body::Waiting(file) => file.write_all(&self.buffer),
                Body::File(out) => out.write_all(&self.buffer),
            };
            written.map_err(|source| staging.error(&self.shape.file, source))?;
        }
        self.buffer.clear();
        Ok(())
    }

    /// Completes the document under its name.
    pub(super) fn finish(
        self,
        name: &str,
        head: &[u8],
        staging: &mut Staging,
    ) -> Result<WrittenFile, OutputError> {
        let (mut out, waiting) = match self.body {
            Body::File(out) => (*out, None),
            Body::Empty => (open(staging, &self.shape)?, None),
            Body::Waiting(file) => (open(staging, &self.shape)?, Some(file)),
        };
        let complete = || -> io::Result<StagedFile> {
            out.write_all(head)?;
            if let Some(mut file) = waiting {
                file.rewind()?;
                copy(&mut file, &mut out)?;
            }
            out.write_all(&self.buffer)?;
            out.finish().and_then(Contained::finish)
        };
        let file = complete().map_err(|source| staging.error(name, source))?;
        staging.add(file, name)
    }
}

fn copy(file: &mut File, out: &mut Out) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER_SIZE];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(()),
            count => out.write_all(&buffer[..count])?,
        }
    }
}

fn open(staging: &mut Staging, shape: &Shape) -> Result<Out, OutputError> {
    let file = staging.file(false)?;
    let contained = Contained::new(file, shape.container, &shape.name_inside);
    Ok(Encoder::new(contained, shape.encoding, shape.line_end))
}
