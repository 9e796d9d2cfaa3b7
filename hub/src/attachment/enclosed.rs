//! Files that came with records: in the message itself, or beside it in the same package. Each is joined to its record
//! and looked at like one that was uploaded alone; one that is not taken is a finding on its record, which is judged
//! without it.
//!
//! A pure function of what was sent, the profile, the edition and the limits: a verdict that is performed again finds
//! the same.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::Cursor;

use adapters::{AttachmentRef, BinaryContent, Enclosed, Limits, Profile};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use spec::{Action, Edition, Issue, IssueCode, Message, Normalized, Severity, attachment};

use super::inspect::{self, Refusal};
use crate::tlog::{Hash, sha256};

/// What names a file: the code that joins it to a record, its slot, the SHA-256 of its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// What joins it to its record.
    pub code: String,
    /// What it is among the files of a record.
    pub slot: String,
    /// SHA-256 of its bytes.
    pub sha256: Hash,
}

/// A file that came with a record and may be kept.
#[derive(Debug, Clone)]
pub struct Carried {
    /// What names it.
    pub named: Named,
    /// Its name at the sender's.
    pub file_name: String,
    /// Its type.
    pub media_type: String,
    /// Its content.
    pub bytes: Bytes,
}

/// The files of one package, and which of them a record has claimed.
pub struct Luggage<'p> {
    edition: &'p Edition,
    profile: &'p Profile,
    most: u64,
    enclosed: Vec<(String, Bytes)>,
    claimed: RefCell<BTreeSet<usize>>,
}

/// A file that a record has claimed.
struct Claim<'f> {
    /// The sender's word for its slot, or ours; none: by its code alone.
    slot: Option<&'f str>,
    name: String,
    bytes: Bytes,
}

impl<'p> Luggage<'p> {
    /// The files that came in one package.
    pub fn new(
        edition: &'p Edition,
        profile: &'p Profile,
        limits: &Limits,
        enclosed: Vec<Enclosed>,
    ) -> Self {
        let own = |file: Enclosed| (file.name, Bytes::from(file.bytes));
        Luggage {
            edition,
            profile,
            most: limits.file as u64,
            enclosed: enclosed.into_iter().map(own).collect(),
            claimed: RefCell::default(),
        }
    }

    /// The files of a record, and what is said of those that are not taken. `sent` is what the message says of them.
    pub fn of_record(
        &self,
        record: &Normalized<'_, '_>,
        sent: &[AttachmentRef],
    ) -> (Vec<Carried>, Vec<Issue>) {
        let (mut taken, mut issues) = (Vec::new(), Vec::new());
        if self.enclosed.is_empty() && sent.is_empty() || record.action == Action::Withdraw {
            return (taken, issues);
        }
        let codes = attachment::codes(self.edition, record);
        let mut claims = Vec::new();
        for file in sent.iter().filter(|file| !file.deleted) {
            let name = if file.file.is_empty() {
                base(&file.path)
            } else {
                base(&file.file)
            };
            let bytes = match self.profile.wire.binary_content {
                // What went ahead of the message, or comes after it, comes by itself.
                BinaryContent::Path => self.claim(|own| is_at(own, &file.path)),
                BinaryContent::Base64 => {
                    let bytes = decoded(&file.path);
                    if bytes.is_none() {
                        let why = Refusal::broken("base64");
                        issues.push(refused(record, name, &why.message));
                    }
                    bytes
                }
            };
            claims.extend(bytes.map(|bytes| Claim {
                slot: Some(self.profile.slot(&file.name)),
                name: name.to_owned(),
                bytes,
            }));
        }
        let named: Vec<&AttachmentRef> = sent.iter().collect();
        for place in 0..self.enclosed.len() {
            let Some((path, bytes)) = self.enclosed.get(place) else {
                continue;
            };
            let is_told = named.iter().any(|file| is_at(path, &file.path));
            if !is_told && codes.iter().any(|code| is_of(path, code)) {
                claims.push(Claim {
                    slot: None,
                    name: base(path).to_owned(),
                    bytes: bytes.clone(),
                });
                self.claimed.borrow_mut().insert(place);
            }
        }
        for claim in claims {
            match self.look_at(record, &codes, &claim) {
                Ok(carried) => taken.push(carried),
                Err(why) => issues.push(refused(record, &claim.name, &why)),
            }
        }
        (taken, issues)
    }

    /// Names of the files that no record has claimed.
    pub fn unclaimed(&self) -> impl Iterator<Item = &str> {
        let claimed = self.claimed.borrow().clone();
        let all = self.enclosed.iter().enumerate();
        all.filter(move |(place, _)| !claimed.contains(place))
            .map(|(_, (name, _))| name.as_str())
    }

    fn claim(&self, is_meant: impl Fn(&str) -> bool) -> Option<Bytes> {
        let place = self.enclosed.iter().position(|(name, _)| is_meant(name))?;
        self.claimed.borrow_mut().insert(place);
        self.enclosed.get(place).map(|(_, bytes)| bytes.clone())
    }

    fn look_at(
        &self,
        record: &Normalized<'_, '_>,
        codes: &[String],
        claim: &Claim<'_>,
    ) -> Result<Carried, Message> {
        let slot = self.slot(record, claim.slot)?;
        let code = codes.iter().find(|code| is_of(&claim.name, code));
        let code = code.or(codes.first()).ok_or_else(|| {
            let field = self.edition.attachments.code_field.as_deref();
            let field = field.unwrap_or_default();
            Message::new(
                format!("无从关联：{field} 或业务主键为空"),
                format!("it cannot be joined to its record: {field} or the business key is empty"),
            )
        })?;
        if code.len() > NAME || claim.name.len() > NAME || claim.name.chars().any(char::is_control)
        {
            return Err(Message::new(
                format!("附件标识和文件名应为 1 至 {NAME} 字节、不含控制字符"),
                format!(
                    "code and name must be 1 to {NAME} bytes of text without control characters"
                ),
            ));
        }
        let slot = self.edition.attachments.slot(slot);
        let looked =
            inspect::by_name(&self.edition.attachments, &slot, &claim.name).and_then(|kind| {
                let most = kind.most_bytes.min(self.most);
                if claim.bytes.len() as u64 > most {
                    return Err(Refusal::large(most));
                }
                inspect::inspect(kind, Cursor::new(&claim.bytes)).map(|()| kind)
            });
        let kind = looked.map_err(|refusal| refusal.message)?;
        Ok(Carried {
            named: Named {
                code: code.clone(),
                slot: slot.id,
                sha256: sha256(&claim.bytes),
            },
            file_name: claim.name.clone(),
            media_type: kind.media_type.clone(),
            bytes: claim.bytes.clone(),
        })
    }

    /// The slot of a file: as it is named or, when nothing but its code joins it to the record, the one that the
    /// profile says, the only one, or the only required one.
    fn slot<'s>(
        &'s self,
        record: &'s Normalized<'_, '_>,
        named: Option<&'s str>,
    ) -> Result<&'s str, Message> {
        let set = record.dataset;
        let said = || {
            let set = self.profile.sets.get(&set.id)?;
            Some(set.attachment.as_str()).filter(|slot| !slot.is_empty())
        };
        let only = |all: &'s [String]| match all {
            [one] => Some(one.as_str()),
            _ => None,
        };
        let slot = named
            .or_else(said)
            .or_else(|| only(&set.attachments))
            .or_else(|| only(&set.required_attachments));
        let known = slot.filter(|slot| set.attachments.iter().any(|own| own == slot));
        known.ok_or_else(|| {
            let (all, id) = (set.attachments.join("、"), &set.id);
            let all = if all.is_empty() {
                "无".to_owned()
            } else {
                all
            };
            match slot {
                Some(slot) => Message::new(
                    format!("数据集“{id}”没有附件项“{slot}”，可用的附件项：{all}"),
                    format!("data set `{id}` has no attachment `{slot}`; it has: {all}"),
                ),
                None => Message::new(
                    format!("未说明是哪一个附件项，数据集“{id}”的附件项：{all}"),
                    format!("it is not said which attachment it is; data set `{id}` has: {all}"),
                ),
            }
        })
    }
}

/// Longest code, and longest name of a file, in bytes; as for one that is uploaded alone.
const NAME: usize = 200;

/// The finding about a file that is not taken.
pub fn refused(record: &Normalized<'_, '_>, file: &str, why: &Message) -> Issue {
    let file: String = file.chars().take(NAME).collect();
    let message = Message::new(
        format!("附件“{file}”未接收：{}", why.zh),
        format!("the file `{file}` is not taken: {}", why.en),
    );
    let mut issue = Issue::new(IssueCode::AttachmentRefused, Severity::Warning, message);
    issue.at = Some(record.at);
    issue.found = file;
    issue.expected = "附件项允许的类型，能关联到记录，不含可执行内容".to_owned();
    issue.expected_en =
        "a type that the slot takes, joined to a record, without anything that runs".to_owned();
    issue
}

/// The finding about files that came under a code which has as many as it may have.
pub fn crowded(record: &Normalized<'_, '_>, named: &Named) -> Issue {
    let (code, slot) = (&named.code, &named.slot);
    let why = Message::new(
        format!("附件标识“{code}”下的附件已达上限"),
        format!("there are as many files under `{code}` as there may be"),
    );
    refused(record, slot, &why)
}

/// The finding about a file that belongs to no record of its package.
pub fn unclaimed(name: &str) -> Issue {
    let name: String = name.chars().take(NAME).collect();
    let message = Message::new(
        format!(
            "压缩包内的“{name}”不属于任何记录，未保存；请在记录的附件标识中填写其文件名（GUID），或在报文中写明其路径"
        ),
        format!(
            "`{name}` in the package belongs to no record and is not kept: name it (its GUID) in the attachment code \
             of its record, or its path in the message"
        ),
    );
    let mut issue = Issue::new(IssueCode::AttachmentRefused, Severity::Warning, message);
    issue.found.clone_from(&name);
    issue.part = name;
    issue.expected = "与某条记录关联的附件".to_owned();
    issue.expected_en = "a file that is joined to a record".to_owned();
    issue
}

/// The last part of a path, written with either slash.
fn base(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// Whether a file of the package is the one at a path: the whole path, or its end as far as the package has it.
fn is_at(own: &str, path: &str) -> bool {
    let path = path.trim().replace('\\', "/");
    let path = path.trim_start_matches("./").trim_start_matches('/');
    !path.is_empty() && (own == path || ends_with(own, path) || ends_with(path, own))
}

fn ends_with(long: &str, short: &str) -> bool {
    long.strip_suffix(short)
        .is_some_and(|before| before.ends_with('/'))
}

/// Whether a file is named by a code, whatever its ending and letters.
fn is_of(path: &str, code: &str) -> bool {
    let name = base(path);
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    stem.eq_ignore_ascii_case(code) || name.eq_ignore_ascii_case(code)
}

/// Base64 with or without line ends.
fn decoded(text: &str) -> Option<Bytes> {
    let plain: Vec<u8> = text
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    BASE64_STANDARD.decode(plain).ok().map(Bytes::from)
}
