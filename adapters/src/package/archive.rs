//! Archives: packets named `yyyyMMdd-serial-dataset` with one XML and its attachments, and any other zip of documents.
//!
//! Refused before anything is kept of them: encryption, archives in archives, links, names that leave the folder or
//! come twice, more entries or more bytes than a document may have. Sizes are counted, not read.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::{Cursor, Read as _};

use spec::Message;
use zip::ZipArchive;

use super::{Enclosed, Package, Part, sheets};
use crate::decode::error::{DecodeError, Fault, FaultKind};
use crate::decode::issue::cut;
use crate::decode::{Adapter, Hint, Limits, Locator};
use crate::profile::WireFormat;

/// Entries of an archive at most.
const ENTRIES: usize = 1_000;
/// What one byte of an archive may become at most, beyond what is free: documents become twenty to fifty times as large.
const RATIO: usize = 200;
/// Bytes that may always be unpacked.
const FREE: usize = 1 << 20;
/// How every archive of this kind, and every spreadsheet of today, begins.
const BEGINNING: &[u8] = b"PK\x03\x04";
/// How an entry of the directory of an archive begins.
const DIRECTORY_ENTRY: &[u8] = b"PK\x01\x02";

/// One entry, unpacked.
pub(super) struct Entry {
    pub name: String,
    pub bytes: Vec<u8>,
}

/// Opens an archive of documents and attachments.
pub(super) fn open<'a>(
    adapter: &Adapter,
    document: &[u8],
    hint: &Hint,
    limits: &Limits,
) -> Result<Package<'a>, DecodeError> {
    let own = |(name, fault): (String, Fault)| fault.locate(&Locator::new(document)).within(&name);
    let mut package = Package::default();
    for entry in entries(document, limits).map_err(own)? {
        let form = WireFormat::of_file_name(&entry.name);
        if entry.bytes.starts_with(BEGINNING)
            && form != Some(WireFormat::Xlsx)
            && !is_guid(&entry.name)
        {
            let construct = ("压缩包内的压缩包", "an archive in an archive");
            return Err(own((entry.name, forbidden(construct))));
        }
        if form.is_none() || is_guid(&entry.name) {
            package.enclosed.push(Enclosed {
                name: entry.name,
                bytes: entry.bytes,
            });
            continue;
        }
        let hint = Hint {
            wire: form,
            dataset: dataset(adapter, hint, &entry.name),
            file_name: Some(entry.name.clone()),
            ..hint.clone()
        };
        if form == Some(WireFormat::Xlsx) {
            let sheets = sheets::open(&entry.bytes, &hint, limits);
            let mut sheets = sheets.map_err(|fault| own((entry.name.clone(), fault)))?;
            for part in &mut sheets.parts {
                part.name = format!("{}!{}", entry.name, part.name);
            }
            package.parts.extend(sheets.parts);
            continue;
        }
        package.parts.push(Part {
            name: entry.name,
            bytes: Cow::Owned(entry.bytes),
            hint,
            is_grid: false,
        });
    }
    if package.parts.is_empty() {
        let what = ("压缩包内没有报文", "an archive without a document in it");
        let expected = (
            "一个 XML、JSON、CSV 或 XLSX 文件",
            "an XML, JSON, CSV or XLSX file",
        );
        return Err(own((String::new(), Fault::unreadable(0, what, expected))));
    }
    Ok(package)
}

/// The data set of an entry: what its carrier says, else its own name, else that of the packet.
fn dataset(adapter: &Adapter, hint: &Hint, entry: &str) -> Option<String> {
    let by_name = |name: &str| crate::decode::csv::dataset_of(adapter, name);
    hint.dataset
        .clone()
        .or_else(|| by_name(entry))
        .or_else(|| by_name(hint.file_name.as_deref()?))
}

/// Whether a file is named by a GUID, as attachments are; such a file is never read as a document.
fn is_guid(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    let stem = file.split('.').next().unwrap_or(file);
    let hex = stem.bytes().filter(u8::is_ascii_hexdigit).count();
    hex == 32
        && stem
            .bytes()
            .all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

fn forbidden(construct: impl Into<Message>) -> Fault {
    Fault {
        at: 0,
        kind: FaultKind::Forbidden(Box::new(construct.into())),
    }
}

/// A fault, and the entry that it is about.
type Named = (String, Fault);

/// All entries, unpacked within the limits.
pub(super) fn entries(document: &[u8], limits: &Limits) -> Result<Vec<Entry>, Named> {
    let whole = |fault| (String::new(), fault);
    // The reader makes room for every entry that the directory lists: look before it does.
    let listed = memchr::memmem::find_iter(document, DIRECTORY_ENTRY)
        .take(ENTRIES + 1)
        .count();
    if listed > ENTRIES {
        return Err(whole(Fault::limit(0, "files", ENTRIES, listed)));
    }
    let broken = |error: &zip::result::ZipError| {
        let what = (format!("压缩包有误（{error}）"), error.to_string());
        Fault::unreadable(0, what, ("完整的 ZIP 压缩包", "a complete ZIP archive"))
    };
    let mut archive =
        ZipArchive::new(Cursor::new(document)).map_err(|error| whole(broken(&error)))?;
    if archive.len() != listed {
        let construct = (
            "压缩包内同名的文件，或目录与内容不符的压缩包",
            "an archive with two files of one name, or whose directory is not that of its content",
        );
        return Err(whole(forbidden(construct)));
    }
    let mut entries = Vec::new();
    let mut names = BTreeSet::new();
    let most = document.len().saturating_mul(RATIO).saturating_add(FREE);
    let most = most.min(limits.bytes);
    let mut left = most;
    for place in 0..archive.len() {
        let header = archive
            .by_index_raw(place)
            .map_err(|error| whole(broken(&error)))?;
        let name = name(header.name_raw()).map_err(whole)?;
        if header.is_dir() {
            continue;
        }
        let construct = if header.encrypted() {
            Some(("加密的文件", "an encrypted file"))
        } else if header.is_symlink() {
            Some(("链接", "a link"))
        } else if leaves(&name) {
            Some(("指向目录之外的文件名", "a name that leaves the folder"))
        } else if !names.insert(name.to_lowercase()) {
            Some(("同名的文件", "two files of one name"))
        } else {
            None
        };
        drop(header);
        if let Some(construct) = construct {
            return Err((name, forbidden(construct)));
        }
        let unpacked = archive
            .by_index(place)
            .map_err(|error| (name.clone(), broken(&error)))?;
        // What claims too much is refused unread, and what is more than it claims is not read: so an entry never
        // costs more than it may.
        let claimed = unpacked.size();
        let room = usize::try_from(claimed).unwrap_or(usize::MAX);
        if room > left {
            let found = (most - left).saturating_add(room);
            return Err((name, Fault::limit(0, "bytes", most, found)));
        }
        let mut bytes = Vec::with_capacity(room);
        if let Err(error) = unpacked.take(claimed + 1).read_to_end(&mut bytes) {
            let what = (format!("解压失败（{error}）"), error.to_string());
            let expected = ("完整的文件", "a complete file");
            return Err((name, Fault::unreadable(0, what, expected)));
        }
        if bytes.len() != room {
            let what = (
                format!("压缩包目录写明 {room} 字节，实际内容不是"),
                format!("a file that is not of the {room} bytes that the directory says"),
            );
            let expected = ("完整的 ZIP 压缩包", "a complete ZIP archive");
            return Err((name, Fault::unreadable(0, what, expected)));
        }
        left -= bytes.len();
        entries.push(Entry { name, bytes });
    }
    Ok(entries)
}

/// Name of an entry: UTF-8, or what Chinese Windows writes; always with forward slashes.
fn name(raw: &[u8]) -> Result<String, Fault> {
    let text = match str::from_utf8(raw) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => encoding_rs::GB18030
            .decode_without_bom_handling_and_without_replacement(raw)
            .ok_or_else(|| {
                let found = cut(&String::from_utf8_lossy(raw));
                Fault::charset(0, found, "utf-8 / gb18030")
            })?,
    };
    Ok(text.replace('\\', "/"))
}

/// Whether a name leads out of the folder that it is unpacked in, or is no name at all.
fn leaves(name: &str) -> bool {
    name.is_empty()
        || name.starts_with('/')
        || name.contains(':')
        || name.chars().any(char::is_control)
        || name.split('/').any(|step| step == "..")
}
