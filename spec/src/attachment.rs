//! Attachments 附件 as the specification declares them: which slots a data set has, what a file in one must be, how a
//! file is joined to its record, and what is said of a record that waits for one. No file is looked at here.

use crate::normalize::items;
use crate::waiting::{Awaited, Place};
use crate::{Edition, FieldIndex, Issue, IssueCode, Message, Normalized, Sensitivity, Severity};

/// What an edition says about attachments.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attachments {
    /// The field whose values join files to a record, in the data sets that have it.
    pub code_field: Option<String>,
    /// What files may be, in the order of the data file.
    pub types: Vec<FileType>,
    /// Slots of which more is known than their name.
    pub slots: Vec<Slot>,
}

/// A kind of file that is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileType {
    /// Short name, for example `pdf`.
    pub id: String,
    /// Chinese name.
    pub name: String,
    /// Media type (RFC 6838).
    pub media_type: String,
    /// Endings of file names, in small letters.
    pub endings: Vec<String>,
    /// Most bytes.
    pub most_bytes: u64,
    /// One of these stands at the beginning.
    pub begins: Vec<Vec<u8>>,
    /// What else is looked at.
    pub form: Form,
    /// The part that a package must have.
    pub part: Option<String>,
}

/// How a file is built, which decides what is looked for in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// Told by its beginning alone.
    Plain,
    /// PDF (ISO 32000): without scripts and launch actions.
    Pdf,
    /// A ZIP package (ISO/IEC 29500, GB/T 33190): with the part that makes it what it says, without macros.
    Package,
    /// A compound file of older office programs: without macros.
    Compound,
    /// An archive: without programs and scripts.
    Archive,
}

/// A slot 附件项 that a data set may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// Its name in the messages, for example `M_ATT_TENDER_NOTICE`.
    pub id: String,
    /// Chinese name.
    pub name: String,
    /// Kinds of file that it takes, by [`FileType::id`]; empty: all.
    pub types: Vec<String>,
    /// Who may see what is in it.
    pub sensitivity: Sensitivity,
}

impl Attachments {
    /// A slot by its name; one of which nothing more is known takes every type.
    pub fn slot(&self, id: &str) -> Slot {
        let known = self.slots.iter().find(|slot| slot.id == id);
        known.cloned().unwrap_or_else(|| Slot {
            id: id.to_owned(),
            name: id.to_owned(),
            types: Vec::new(),
            sensitivity: Sensitivity::Government,
        })
    }

    /// The kinds of file that a slot takes.
    pub fn types_of(&self, slot: &Slot) -> impl Iterator<Item = &FileType> {
        let all = slot.types.is_empty();
        let named = slot.types.clone();
        self.types
            .iter()
            .filter(move |kind| all || named.contains(&kind.id))
    }
}

impl Edition {
    /// Whether any data set has a slot of this name.
    pub fn has_slot(&self, slot: &str) -> bool {
        let mut all = self.datasets.iter().flat_map(|set| &set.attachments);
        all.any(|name| name == slot)
    }
}

/// The field that joins files to records of a data set, where it has one.
fn code_field(edition: &Edition, record: &Normalized<'_, '_>) -> Option<FieldIndex> {
    let name = edition.attachments.code_field.as_deref()?;
    record.dataset.field_index(name)
}

/// The codes under which files of a record are sent: the values of the field that joins them or, where there is none
/// or it is empty, the business key with `|` between its parts.
pub fn codes(edition: &Edition, record: &Normalized<'_, '_>) -> Vec<String> {
    let named = code_field(edition, record).and_then(|field| record.text(field));
    let named: Vec<String> = named
        .into_iter()
        .flat_map(items)
        .map(str::to_owned)
        .collect();
    if !named.is_empty() {
        return named;
    }
    let key = record.key().map(|key| key.replace('\u{1f}', "|"));
    key.into_iter().collect()
}

/// What a record waits for when a required slot of it is empty. `codes` are those under which the file may come.
pub fn awaited(
    edition: &Edition,
    record: &Normalized<'_, '_>,
    slot: &str,
    codes: &[String],
) -> Awaited {
    let field = code_field(edition, record).and_then(|field| record.dataset.field(field));
    let known = edition.attachments.slot(slot);
    Awaited {
        path: field.map_or_else(String::new, |field| format!("/{}", field.id)),
        rule: None,
        value: codes.join(";"),
        personal: false,
        places: vec![Place {
            dataset: record.dataset.id.clone(),
            name: known.name,
            field: known.id,
        }],
        attachment: codes.to_vec(),
    }
}

/// The finding about a record that waits for a file.
pub fn missing(awaited: &Awaited) -> Issue {
    let place = awaited.places.first();
    let name = place.map_or("", |place| &*place.name);
    let slot = place.map_or("", |place| &*place.field);
    let message = Message::new(
        format!("缺少必需附件“{name}”（{slot}），收到后自动继续处理"),
        format!("the required attachment {slot} has not come; the record goes on when it does"),
    );
    let mut issue = Issue::new(IssueCode::AttachmentMissing, Severity::Warning, message);
    issue.path.clone_from(&awaited.path);
    issue.expected = format!("附件“{name}”（{slot}），附件标识“{}”", awaited.value);
    issue.help = Some(how(awaited, slot));
    issue
}

/// The finding that rejects a record whose file did not come in time.
pub(crate) fn overdue(awaited: &Awaited, since: &str, deadline: &str) -> Issue {
    let place = awaited.places.first();
    let name = place.map_or("", |place| &*place.name);
    let slot = place.map_or("", |place| &*place.field);
    let code = &awaited.value;
    let message = Message::new(
        format!(
            "自{since}起等待必需附件“{name}”（{slot}，附件标识“{code}”），至期限{deadline}仍未收到，本记录退回"
        ),
        format!(
            "waited since {since} for the required attachment {slot} under {code}, which had not come by {deadline}: \
             rejected"
        ),
    );
    let mut issue = Issue::new(IssueCode::AttachmentMissing, Severity::Error, message);
    issue.path.clone_from(&awaited.path);
    issue.expected = format!("{deadline}前收到附件“{name}”（{slot}）");
    issue.help = Some(Message::new(
        "请先上传附件，再重新报送本记录",
        "send the file, then the record again",
    ));
    issue
}

fn how(awaited: &Awaited, slot: &str) -> Message {
    let code = awaited.attachment.first().map_or("", String::as_str);
    Message::new(
        format!("上传附件：PUT /v1/attachments/{slot}?code={code}"),
        format!("send the file: PUT /v1/attachments/{slot}?code={code}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Spec;

    type Tested = Result<(), Box<dyn std::error::Error>>;

    #[test]
    fn a_slot_of_which_nothing_is_known_takes_every_type_and_is_not_public() -> Tested {
        let specification = Spec::embedded()?;
        let edition = specification.edition("3.0").ok_or("no edition")?;
        let all = edition.attachments.types.len();
        assert!(all > 0, "the edition declares what files may be");
        let unknown = edition.attachments.slot("X");
        assert_eq!(unknown.sensitivity, Sensitivity::Government);
        assert_eq!(edition.attachments.types_of(&unknown).count(), all);
        let narrow = edition.attachments.slots.iter();
        let narrow = narrow.filter(|slot| !slot.types.is_empty());
        for slot in narrow {
            let taken = edition.attachments.types_of(slot).count();
            assert_eq!(taken, slot.types.len(), "{}", slot.id);
        }
        Ok(())
    }

    #[test]
    fn files_are_joined_by_the_codes_of_a_record_or_by_its_key() -> Tested {
        let specification = Spec::embedded()?;
        let edition = specification.edition("3.0").ok_or("no edition")?;
        let field = edition.attachments.code_field.as_deref().ok_or("none")?;
        let with = edition
            .datasets
            .iter()
            .find(|set| set.field_index(field).is_some() && !set.attachments.is_empty());
        let with = with.ok_or("no data set has the field")?;
        let body = serde_json::json!({ field: "a;b" });
        let body = body.as_object().ok_or("no object")?;
        let record = Normalized::from_canonical(with, body);
        assert_eq!(codes(edition, &record), ["a", "b"]);
        let key = |set: &crate::Dataset| {
            let mut body = serde_json::Map::new();
            for (place, &key) in set.key.iter().enumerate() {
                let key = set.field(key)?;
                body.insert(key.id.clone(), format!("k{place}").into());
            }
            let own: Vec<String> = (0..set.key.len()).map(|n| format!("k{n}")).collect();
            Some((body, [own.join("|")]))
        };
        let (body, own) = key(with).ok_or("no field")?;
        let record = Normalized::from_canonical(with, &body);
        assert_eq!(codes(edition, &record), own, "nothing names a code");
        let without = edition
            .datasets
            .iter()
            .find(|set| set.field_index(field).is_none() && !set.required_attachments.is_empty());
        let without = without.ok_or("no data set requires a file and has no field")?;
        let (body, own) = key(without).ok_or("no field")?;
        let record = Normalized::from_canonical(without, &body);
        assert_eq!(codes(edition, &record), own);
        Ok(())
    }
}
