//! Cuts records out of the raw bytes of a submission, so that those that came with them lose nothing.
//!
//! A record is blanked where it stands: what is left has the same length and the same line ends, so that every other
//! record stays at its place, and is judged again to the same bytes. What stands in its place is the least that the
//! form takes for a record. Nobody trusts that it worked: what is left is read again, and unless every other record
//! stands exactly where it stood, nothing is cut and the whole is destroyed. So it is, too, with packages (archives,
//! workbooks, calls) and provincial messages, whose bytes are not those that records stand in.

use std::collections::BTreeSet;
use std::ops::Range;

use adapters::{Adapter, Decoded, Hint, Limits, Spans, WireFormat};
use serde::{Deserialize, Serialize};

use crate::pipeline::parts::{Parts, PartsError};

/// Where a record stood in the raw bytes of its submission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blank {
    /// Its place in the submission, from 0.
    pub record: u32,
    /// Its first byte.
    pub from: usize,
    /// The byte after its last.
    pub to: usize,
}

/// How the raw bytes of a submission are read.
#[derive(Clone, Copy)]
pub struct Reading<'r> {
    /// What read them.
    pub adapter: &'static Adapter,
    /// What is known of their form.
    pub hint: &'r Hint,
    /// What they may hold.
    pub limits: &'r Limits,
    /// They were read in parts.
    pub in_parts: bool,
}

impl Reading<'_> {
    /// The form of the bytes; none of what cannot be cut.
    fn form(&self) -> Option<WireFormat> {
        let wire = &self.adapter.profile().wire;
        let name = self.hint.file_name.as_deref();
        let said = self
            .hint
            .wire
            .or_else(|| name.and_then(WireFormat::of_file_name));
        let messages = std::iter::once(&wire.format)
            .chain(&wire.also)
            .any(|form| *form == WireFormat::Message);
        match said.unwrap_or(wire.format) {
            WireFormat::Xml if messages => None,
            form @ (WireFormat::Json
            | WireFormat::Ndjson
            | WireFormat::Sql
            | WireFormat::Csv
            | WireFormat::Xml) => Some(form),
            WireFormat::Message | WireFormat::Xlsx | WireFormat::Zip | WireFormat::Call => None,
        }
    }

    /// Where each record stands in the bytes, in order; none where that is not to be told.
    pub fn places(&self, body: &[u8]) -> Result<Option<Vec<Range<usize>>>, PartsError> {
        let Some(form) = self.form() else {
            return Ok(None);
        };
        let mut places = Vec::new();
        if !self.in_parts {
            let known = self.document(form, body, self.hint, &mut places)?;
            return Ok(known.then_some(places));
        }
        let mut parts = Parts::of(self.adapter, body, self.hint, self.limits, usize::MAX);
        while let Some(chunk) = parts.document()? {
            let hint = chunk.hint(self.hint);
            if !self.document(form, &chunk.bytes, &hint, &mut places)? {
                return Ok(None);
            }
        }
        Ok(Some(places))
    }

    fn document(
        &self,
        form: WireFormat,
        document: &[u8],
        hint: &Hint,
        places: &mut Vec<Range<usize>>,
    ) -> Result<bool, PartsError> {
        let package = self.adapter.open(document, hint, self.limits)?;
        let alone =
            matches!(package.parts.as_slice(), [part] if part.name.is_empty() && !part.is_grid);
        if !alone || !package.enclosed.is_empty() {
            return Ok(false);
        }
        let spans = Spans::new(&self.adapter.profile().wire, form);
        package.decode(self.adapter, self.limits, &mut |part, locator, decoded| {
            let at = match &decoded {
                Decoded::Record { record, .. } => record.at,
                Decoded::Unusable { at, .. } => *at,
            };
            let span = spans.record(&part.bytes, at);
            let from = usize::try_from(locator.in_file(span.start)).unwrap_or(usize::MAX);
            places.push(from..from.saturating_add(span.len()));
            std::ops::ControlFlow::Continue(())
        })?;
        Ok(true)
    }
}

/// What is left of raw bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// The bytes, of the same number.
    pub body: Vec<u8>,
    /// What was blanked, now and before, in order.
    pub blanks: Vec<Blank>,
}

/// Cuts records out; `before` was blanked earlier. None when the whole must go: it cannot be cut, or nothing would be
/// left. A record whose bytes are also those of another (a wide row) takes that one along.
pub fn cut(
    reading: Reading<'_>,
    body: &[u8],
    before: &[Blank],
    records: &BTreeSet<u32>,
) -> Option<Left> {
    let form = reading.form()?;
    let standing = standing(reading, body, before)?;
    let (mut gone, mut stays): (Vec<_>, Vec<_>) = standing
        .into_iter()
        .partition(|(record, _)| records.contains(record));
    // What stands in the same bytes goes along, and what stands in the same bytes as that.
    loop {
        let apart = |place: &Range<usize>| {
            let meets = |other: &Range<usize>| place.start < other.end && other.start < place.end;
            !gone.iter().any(|(_, other)| meets(other))
        };
        let (stay, along): (Vec<_>, Vec<_>) =
            stays.into_iter().partition(|(_, place)| apart(place));
        stays = stay;
        if along.is_empty() {
            break;
        }
        gone.extend(along);
    }
    if gone.is_empty() || stays.is_empty() || gone.iter().any(|(_, place)| place.is_empty()) {
        return None;
    }
    let mut blanks = before.to_vec();
    blanks.extend(gone.iter().map(|(record, place)| Blank {
        record: *record,
        from: place.start,
        to: place.end,
    }));
    blanks.sort_by_key(|blank| blank.record);
    // A form may not take the first filling for a record at all.
    [true, false].into_iter().find_map(|full| {
        let mut left = body.to_vec();
        for (_, place) in &gone {
            blank(left.get_mut(place.clone())?, form, full);
        }
        let again = self::standing(reading, &left, &blanks)?;
        (again == stays).then_some(Left {
            body: left,
            blanks: blanks.clone(),
        })
    })
}

/// The records that still stand in raw bytes, each with its place in the submission; none where that cannot be told.
pub fn standing(
    reading: Reading<'_>,
    body: &[u8],
    blanks: &[Blank],
) -> Option<Vec<(u32, Range<usize>)>> {
    let places = reading.places(body).ok()??;
    let left = places
        .into_iter()
        .filter(|place| !is_blank(place.start, blanks));
    let numbers = (0..).filter(|number| blanks.iter().all(|blank| blank.record != *number));
    Some(numbers.zip(left).collect())
}

/// Whether a byte was blanked.
pub fn is_blank(at: usize, blanks: &[Blank]) -> bool {
    blanks
        .iter()
        .any(|blank| (blank.from..blank.to).contains(&at))
}

/// Fills the bytes of a record, line ends kept, with the least that the form takes for one.
fn blank(bytes: &mut [u8], form: WireFormat, full: bool) {
    let name: Vec<u8> = match form {
        WireFormat::Xml => bytes
            .iter()
            .skip(1)
            .take_while(|byte| !matches!(byte, b'>' | b'/') && !byte.is_ascii_whitespace())
            .copied()
            .collect(),
        _ => Vec::new(),
    };
    for byte in bytes.iter_mut() {
        if !matches!(byte, b'\n' | b'\r') {
            *byte = b' ';
        }
    }
    let filling: Vec<u8> = match form {
        WireFormat::Json | WireFormat::Ndjson | WireFormat::Sql if full => {
            b"{\"data\":{}}".to_vec()
        }
        WireFormat::Json | WireFormat::Ndjson | WireFormat::Sql => b"{}".to_vec(),
        WireFormat::Xml => [b"<".as_slice(), &name, b"/>"].concat(),
        _ => Vec::new(),
    };
    // Between the tokens of a filling a line end does no harm; inside of one it would.
    let start = if bytes.len() >= filling.len()
        && bytes
            .get(..filling.len())
            .is_some_and(|head| head.iter().all(|byte| *byte == b' '))
    {
        0
    } else {
        let ends = bytes.iter().rposition(|byte| matches!(byte, b'\n' | b'\r'));
        ends.map_or(0, |end| end + 1)
    };
    for (to, from) in bytes.iter_mut().skip(start).zip(filling) {
        *to = from;
    }
}

#[cfg(test)]
mod tests;
