//! Whether a file is what it is declared to be, and nothing that runs: by its name, how it begins, and what is looked
//! for in files of its form.
//!
//! What is not seen: scripts in PDF streams that are compressed or written with escapes, and anything inside the
//! members of an archive. A virus scanner belongs behind the hub, not in it.

use std::io::{Read, Seek, SeekFrom};

use spec::Attachments;
use spec::Message;
use spec::attachment::{FileType, Form, Slot};

use super::{markers, packages};

/// Why a file is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Too large, rather than wrong.
    pub too_large: bool,
    /// What to tell the sender.
    pub message: Message,
}

impl Refusal {
    fn new(zh: impl Into<String>, en: impl Into<String>) -> Refusal {
        Refusal {
            too_large: false,
            message: Message::new(zh.into(), en.into()),
        }
    }

    /// Larger than its type may be.
    pub fn large(most: u64) -> Refusal {
        Refusal {
            too_large: true,
            ..Refusal::new(
                format!("附件超过 {most} 字节，请压缩或拆分后上传"),
                format!("the file exceeds {most} bytes: make it smaller, or split it"),
            )
        }
    }

    pub(super) fn runs(what: &str) -> Refusal {
        let what: String = what.chars().take(120).collect();
        Refusal::new(
            format!("附件含有可执行内容（{what}），不予接收；请去除程序、脚本或宏后上传"),
            format!(
                "the file holds something that can run ({what}): send it without programs, scripts and macros"
            ),
        )
    }

    pub(super) fn broken(why: &str) -> Refusal {
        Refusal::new(
            format!("附件损坏（{why}），请重新生成后上传"),
            format!("the file is broken ({why}): make it again"),
        )
    }

    pub(super) fn without_part(part: &str) -> Refusal {
        Refusal::new(
            format!("附件缺少 {part}，与所声明的类型不符"),
            format!("the file has no {part}: it is not of the declared type"),
        )
    }

    pub(super) fn crowded(count: u64, most: u64) -> Refusal {
        Refusal::new(
            format!("压缩包内有 {count} 个文件，最多 {most} 个"),
            format!("the package holds {count} files, at most {most}"),
        )
    }
}

/// The type that a file is declared to be, if the slot takes it and the name of the file agrees.
pub fn declared<'a>(
    attachments: &'a Attachments,
    slot: &Slot,
    media_type: &str,
    file_name: &str,
) -> Result<&'a FileType, Refusal> {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    let taken: Vec<&FileType> = attachments.types_of(slot).collect();
    let named = taken
        .iter()
        .find(|kind| kind.media_type.eq_ignore_ascii_case(essence));
    let Some(kind) = named else {
        let all: Vec<&str> = taken.iter().map(|kind| kind.media_type.as_str()).collect();
        let all = all.join(", ");
        let (name, id) = (&slot.name, &slot.id);
        return Err(Refusal::new(
            format!("附件“{name}”（{id}）不接收“{essence}”，Content-Type 应为 {all} 之一"),
            format!("{id} does not take `{essence}`: Content-Type must be one of {all}"),
        ));
    };
    if !ends(kind, file_name) {
        let all = kind.endings.join(", ");
        return Err(Refusal::new(
            format!("文件名“{file_name}”与“{essence}”不符，扩展名应为 {all}"),
            format!("the name `{file_name}` does not fit `{essence}`: it must end in {all}"),
        ));
    }
    Ok(kind)
}

/// The type that a file has by its name alone, if the slot takes it.
pub fn by_name<'a>(
    attachments: &'a Attachments,
    slot: &Slot,
    file_name: &str,
) -> Result<&'a FileType, Refusal> {
    let mut taken = attachments.types_of(slot);
    taken.find(|kind| ends(kind, file_name)).ok_or_else(|| {
        let taken = attachments.types_of(slot).flat_map(|kind| &kind.endings);
        let all: Vec<&str> = taken.map(String::as_str).collect();
        let all = all.join(", ");
        let (name, id) = (&slot.name, &slot.id);
        Refusal::new(
            format!("附件“{name}”（{id}）的扩展名应为 {all} 之一"),
            format!("the name of a file for {id} must end in one of {all}"),
        )
    })
}

fn ends(kind: &FileType, file_name: &str) -> bool {
    let ending = file_name.rsplit_once('.').map(|(_, ending)| ending);
    let mut known = kind.endings.iter();
    ending.is_some_and(|ending| known.any(|known| known.eq_ignore_ascii_case(ending)))
}

/// Looks at a file from outside.
pub fn inspect(kind: &FileType, mut file: impl Read + Seek) -> Result<(), Refusal> {
    let broken = |error: std::io::Error| Refusal::broken(&error.to_string());
    let longest = kind.begins.iter().map(Vec::len).max().unwrap_or_default();
    let mut start = Vec::new();
    file.by_ref()
        .take(longest as u64)
        .read_to_end(&mut start)
        .map_err(broken)?;
    if !kind.begins.iter().any(|begin| start.starts_with(begin)) {
        return Err(Refusal::new(
            format!("附件内容不是{}（{}）", kind.name, kind.media_type),
            format!("the file does not begin like {}", kind.media_type),
        ));
    }
    file.seek(SeekFrom::Start(0)).map_err(broken)?;
    let marked = |file, all: &[&'static [u8]]| match markers::first(file, all).map_err(broken)? {
        Some(marker) => Err(Refusal::runs(
            &String::from_utf8_lossy(marker).replace('\0', ""),
        )),
        None => Ok(()),
    };
    match kind.form {
        Form::Plain => Ok(()),
        Form::Pdf => marked(&mut file, &[b"/JavaScript", b"/Launch"]),
        // The name of the storage that every macro project has, as the directory of the file writes it.
        Form::Compound => marked(&mut file, &[b"_\0V\0B\0A\0_\0P\0R\0O\0J\0E\0C\0T\0"]),
        Form::Package => packages::package(file, kind.part.as_deref().unwrap_or_default()),
        Form::Archive => packages::archive(file),
    }
}

#[cfg(test)]
mod tests;
