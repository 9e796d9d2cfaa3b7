//! What a source sends, opened: one document, or a package of several (an archive, a workbook, a call).
//!
//! Opening is bounded before it is done: what an archive says of itself is never believed. Each part is decoded like
//! a document that came alone; its name stands beside every place in it.

mod archive;
mod call;
mod called_file;
mod sheets;

use std::borrow::Cow;
use std::ops::ControlFlow;

use crate::decode::error::{DecodeError, Fault};
use crate::decode::{Adapter, Decoded, Envelope, Hint, Limits, Locator};
use crate::profile::WireFormat;

pub use call::CallAnswer;
pub use called_file::CalledFile;

/// One document of a package.
#[derive(Debug, Clone)]
pub struct Part<'a> {
    /// Its name in the package: an entry, a sheet, an argument. Empty for a document that came alone.
    pub name: String,
    /// Its bytes. A sheet is a grid: cells end with U+001F, rows with U+001E.
    pub bytes: Cow<'a, [u8]>,
    /// What is known of it.
    pub hint: Hint,
    /// Whether the bytes are a grid, whose lines and columns are rows and columns of a sheet.
    pub is_grid: bool,
}

/// A file in a package that is no document: an attachment of one of its records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enclosed {
    /// Its name in the package.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// What was opened.
#[derive(Debug, Clone, Default)]
pub struct Package<'a> {
    /// Its documents, in order.
    pub parts: Vec<Part<'a>>,
    /// Its other files.
    pub enclosed: Vec<Enclosed>,
    /// What the package says of itself, besides what its documents say.
    pub envelope: Envelope,
}

impl Part<'_> {
    /// Lines and columns of its bytes.
    pub fn locator(&self) -> Locator<'_> {
        if self.is_grid {
            Locator::of_grid(&self.bytes)
        } else {
            Locator::within(&self.bytes, self.hint.origin)
        }
    }
}

impl Adapter {
    /// Opens what a source sent: its documents can then be decoded one by one.
    ///
    /// An error means that the whole cannot be opened: broken, encrypted, a package in a package, an entry that
    /// would leave its folder, or more than the limits allow when unpacked.
    pub fn open<'a>(
        &self,
        document: &'a [u8],
        hint: &Hint,
        limits: &Limits,
    ) -> Result<Package<'a>, DecodeError> {
        let locate = |fault: Fault| fault.locate(&Locator::within(document, hint.origin));
        if document.len() > limits.bytes {
            let (limit, found) = (limits.bytes, document.len());
            return Err(locate(Fault::limit(limits.bytes, "bytes", limit, found)));
        }
        match self.format(hint).map_err(locate)? {
            WireFormat::Zip => archive::open(self, document, hint, limits),
            WireFormat::Xlsx => sheets::open(document, hint, limits).map_err(locate),
            WireFormat::Call => call::open(self, document, hint, limits).map_err(locate),
            _ => Ok(Package::alone(document, hint)),
        }
    }

    /// Decodes one part, as [`Adapter::decode`] does a document.
    pub fn decode_part<'s, 'a>(
        &'s self,
        part: &'a Part<'_>,
        limits: &Limits,
        sink: &mut dyn FnMut(Decoded<'s, 'a>) -> ControlFlow<()>,
    ) -> Result<Envelope, DecodeError> {
        self.read(&part.bytes, &part.hint, part.is_grid, limits, sink)
            .map_err(|fault| fault.locate(&part.locator()).within(&part.name))
    }
}

impl<'d> Package<'d> {
    fn alone(document: &'d [u8], hint: &Hint) -> Self {
        let part = Part {
            name: String::new(),
            bytes: Cow::Borrowed(document),
            hint: hint.clone(),
            is_grid: false,
        };
        Package {
            parts: vec![part],
            ..Package::default()
        }
    }

    /// Decodes all parts in order; the limits hold for all of them together.
    pub fn decode<'s, 'a>(
        &'a self,
        adapter: &'s Adapter,
        limits: &Limits,
        sink: &mut dyn FnMut(&'a Part<'d>, &Locator<'a>, Decoded<'s, 'a>) -> ControlFlow<()>,
    ) -> Result<Envelope, DecodeError> {
        let mut envelope = self.envelope.clone();
        let mut left = *limits;
        for part in &self.parts {
            let locator = part.locator();
            let (mut records, mut stopped) = (0, false);
            let of_part = adapter.decode_part(part, &left, &mut |decoded| {
                records += 1;
                let flow = sink(part, &locator, decoded);
                stopped |= flow.is_break();
                flow
            })?;
            envelope
                .join(of_part)
                .map_err(|fault| fault.locate(&locator).within(&part.name))?;
            left.records = left.records.saturating_sub(records);
            if stopped {
                break;
            }
        }
        Ok(envelope)
    }
}

impl Envelope {
    /// Takes over what another part of the same package says; two parts must not contradict each other.
    fn join(&mut self, other: Envelope) -> Result<(), Fault> {
        let sequence = |number: Option<u64>| number.map(|number| number.to_string());
        for (name, known, said) in [
            ("edition", &self.edition, &other.edition),
            ("source", &self.source, &other.source),
            ("submission", &self.submission, &other.submission),
            (
                "sequence",
                &sequence(self.sequence),
                &sequence(other.sequence),
            ),
        ] {
            if let (Some(known), Some(said)) = (known, said)
                && known != said
            {
                return Err(Fault::envelope(0, name, said.clone(), known.clone()));
            }
        }
        self.edition = self.edition.take().or(other.edition);
        self.source = self.source.take().or(other.source);
        self.submission = self.submission.take().or(other.submission);
        self.sequence = self.sequence.or(other.sequence);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
