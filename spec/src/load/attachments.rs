//! What files beside records must be, from `attachments.toml`.

use serde::Deserialize;
use toml::Spanned;

use super::LoadError;
use super::source::Source;
use crate::Sensitivity;
use crate::attachment::{Attachments, FileType, Form, Slot};

/// `attachments.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAttachments {
    code_field: Option<String>,
    types: Vec<Spanned<RawType>>,
    #[serde(default)]
    slots: Vec<Spanned<RawSlot>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawType {
    id: String,
    name: String,
    media_type: String,
    endings: Vec<String>,
    most_bytes: u64,
    begins: Vec<String>,
    form: Form,
    part: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSlot {
    id: String,
    name: String,
    #[serde(default)]
    types: Vec<String>,
    sensitivity: Sensitivity,
}

/// Reads what an edition says about attachments.
pub(super) fn attachments(source: Source<'_>) -> Result<Attachments, LoadError> {
    let raw: RawAttachments = source.toml()?;
    let mut read = Attachments {
        code_field: raw.code_field,
        ..Attachments::default()
    };
    for spanned in raw.types {
        let span = spanned.span();
        let kind = spanned.into_inner();
        let fault = |found: String, expected: &str| source.fault(&span, found, expected);
        let same = |other: &FileType| other.id == kind.id || other.media_type == kind.media_type;
        if read.types.iter().any(same) {
            let found = format!("type `{}` or its media type again", kind.id);
            return Err(fault(found, "each once"));
        }
        if kind.endings.is_empty() || kind.begins.is_empty() || kind.most_bytes == 0 {
            let found = format!("type `{}` that nothing can be", kind.id);
            return Err(fault(found, "endings, begins and most_bytes above 0"));
        }
        if (kind.form == Form::Package) != kind.part.is_some() {
            let found = format!("type `{}`", kind.id);
            return Err(fault(
                found,
                "a `part` where the form is package, and only there",
            ));
        }
        let begins: Option<Vec<_>> = kind.begins.iter().map(|text| bytes(text)).collect();
        let begins = begins.ok_or_else(|| {
            let found = format!("begins of type `{}`", kind.id);
            fault(found, "pairs of hexadecimal digits")
        })?;
        read.types.push(FileType {
            id: kind.id,
            name: kind.name,
            media_type: kind.media_type,
            endings: kind.endings,
            most_bytes: kind.most_bytes,
            begins,
            form: kind.form,
            part: kind.part,
        });
    }
    for spanned in raw.slots {
        let span = spanned.span();
        let slot = spanned.into_inner();
        if read.slots.iter().any(|other| other.id == slot.id) {
            let found = format!("slot `{}` again", slot.id);
            return Err(source.fault(&span, found, "each once"));
        }
        let unknown = |id: &&String| read.types.iter().all(|kind| kind.id != **id);
        if let Some(id) = slot.types.iter().find(unknown) {
            let found = format!("type `{id}`");
            return Err(source.fault_in(&span, &slot.id, &found, "one of `types`"));
        }
        read.slots.push(Slot {
            id: slot.id,
            name: slot.name,
            types: slot.types,
            sensitivity: slot.sensitivity,
        });
    }
    Ok(read)
}

/// Bytes from pairs of hexadecimal digits; none if that is not what they are.
fn bytes(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|digit| u8::try_from(digit.to_digit(16)?).ok())
        .collect();
    let pairs = digits.filter(|digits| !digits.is_empty() && digits.len().is_multiple_of(2))?;
    let byte = |pair: &[u8]| pair.iter().fold(0, |byte, digit| byte << 4 | digit);
    Some(pairs.chunks_exact(2).map(byte).collect())
}
