//! What is taken and what is refused, over files made here.

use std::io::{Cursor, Write as _};

use spec::attachment::{FileType, Slot};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;

type Tested = Result<(), Box<dyn std::error::Error>>;

fn attachments() -> Result<Attachments, Box<dyn std::error::Error>> {
    let specification = spec::Spec::embedded()?;
    let edition = specification.editions.last().ok_or("no edition")?;
    Ok(edition.attachments.clone())
}

fn zip(members: &[(&str, &str)]) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in members {
        writer.start_file(*name, SimpleFileOptions::default())?;
        writer.write_all(text.as_bytes())?;
    }
    Ok(writer.finish()?.into_inner())
}

fn kind(id: &str) -> Result<FileType, Box<dyn std::error::Error>> {
    let all = attachments()?.types;
    Ok(all
        .into_iter()
        .find(|kind| kind.id == id)
        .ok_or("no such type")?)
}

/// Why a file is refused as one of a type; empty when it is taken.
fn told(id: &str, bytes: &[u8]) -> Result<String, Box<dyn std::error::Error>> {
    let refused = inspect(&kind(id)?, Cursor::new(bytes)).err();
    Ok(refused.map_or_else(String::new, |refusal| refusal.message.en.into_owned()))
}

#[test]
fn a_file_must_begin_as_its_type_does() -> Tested {
    assert_eq!(told("pdf", b"%PDF-1.7\n%%EOF")?, "");
    assert!(told("pdf", b"MZ\x90\0")?.contains("application/pdf"));
    assert!(told("png", b"%PDF-1.7")?.contains("image/png"));
    assert!(told("jpeg", b"")?.contains("image/jpeg"));
    assert_eq!(told("tiff", b"MM\0*rest")?, "");
    Ok(())
}

#[test]
fn nothing_that_runs_is_taken() -> Tested {
    let script = b"%PDF-1.7 1 0 obj <</S /JavaScript /JS (app.alert(1))>>";
    assert!(told("pdf", script)?.contains("can run"));
    let launch = b"%PDF-1.7 <</S /Launch /F (cmd.exe)>>";
    assert!(told("pdf", launch)?.contains("can run"));
    let mut old = vec![0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
    assert_eq!(told("doc", &old)?, "");
    old.extend("_VBA_PROJECT".encode_utf16().flat_map(u16::to_le_bytes));
    assert!(told("doc", &old)?.contains("can run"));

    let types = ("[Content_Types].xml", "<Types/>");
    let word = ("word/document.xml", "<w/>");
    assert_eq!(told("docx", &zip(&[types, word])?)?, "");
    let with_macro = zip(&[types, word, ("word/vbaProject.bin", "x")])?;
    assert!(told("docx", &with_macro)?.contains("vbaProject"));
    let renamed = zip(&[("[Content_Types].xml", "…macroEnabled…"), word])?;
    assert!(told("docx", &renamed)?.contains("macroEnabled"));
    assert!(told("xlsx", &zip(&[types, word])?)?.contains("xl/workbook.xml"));
    assert_eq!(told("ofd", &zip(&[("OFD.xml", "<ofd/>")])?)?, "");

    assert_eq!(told("zip", &zip(&[("a/清单.pdf", "x")])?)?, "");
    for name in [
        "a/setup.EXE",
        "run.js",
        "x.exe. ",
        "表.xlsm",
        "b/vbaProject.bin",
    ] {
        let told = told("zip", &zip(&[("a.pdf", "x"), (name, "x")])?)?;
        assert!(told.contains("can run"), "{name}: {told}");
    }
    Ok(())
}

#[test]
fn a_package_that_is_cut_or_crowded_is_refused() -> Tested {
    let whole = zip(&[("a.pdf", "x")])?;
    let cut = whole.get(..whole.len() / 2).ok_or("short")?;
    assert!(told("zip", cut)?.contains("broken"));
    let names: Vec<String> = (0..10_001).map(|number| number.to_string()).collect();
    let members: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    assert!(told("zip", &zip(&members)?)?.contains("10001 files"));
    Ok(())
}

/// An archive that says at its end that it has one member, and in the record of the extension that it has so many.
fn extended(members: &[(&str, &str)]) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let whole = zip(members)?;
    let find = |signature: &[u8]| memchr::memmem::rfind(&whole, signature).ok_or("no record");
    let (end, directory) = (
        find(b"PK\x05\x06")?,
        memchr::memmem::find(&whole, b"PK\x01\x02").ok_or("no directory")?,
    );
    let count = (members.len() as u64).to_le_bytes();
    let mut made = whole.get(..end).ok_or("short")?.to_vec();
    made.extend_from_slice(b"PK\x06\x06");
    made.extend_from_slice(&44_u64.to_le_bytes());
    made.extend_from_slice(&[45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    made.extend_from_slice(&[count, count].concat());
    made.extend_from_slice(&((end - directory) as u64).to_le_bytes());
    made.extend_from_slice(&(directory as u64).to_le_bytes());
    made.extend_from_slice(b"PK\x06\x07\0\0\0\0");
    made.extend_from_slice(&(end as u64).to_le_bytes());
    made.extend_from_slice(&1_u32.to_le_bytes());
    made.extend_from_slice(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    made.extend_from_slice(&[0xFF; 8]);
    made.extend_from_slice(&[0, 0]);
    Ok(made)
}

#[test]
fn a_package_is_as_crowded_as_either_of_its_ends_says() -> Tested {
    assert_eq!(
        told("zip", &extended(&[("a.pdf", "x"), ("b.pdf", "x")])?)?,
        ""
    );
    let names: Vec<String> = (0..10_001).map(|number| number.to_string()).collect();
    let members: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    assert!(told("zip", &extended(&members)?)?.contains("10001 files"));
    let mut pointed = extended(&[("a.pdf", "x")])?;
    let at = memchr::memmem::rfind(&pointed, b"PK\x06\x06").ok_or("no record")?;
    pointed.splice(at..at + 4, *b"????");
    assert!(told("zip", &pointed)?.contains("broken"));
    Ok(())
}

#[test]
fn the_declared_type_must_be_one_that_the_slot_takes_and_the_name_agree() -> Tested {
    let all = attachments()?;
    let narrow = Slot {
        types: vec!["pdf".to_owned()],
        ..all.slot("X")
    };
    let says = |media_type: &str, name: &str| {
        declared(&all, &narrow, media_type, name)
            .map(|kind| kind.id.clone())
            .map_err(|refusal| refusal.message.en.into_owned())
    };
    assert_eq!(
        says("application/PDF; x=1", "公告.PDF"),
        Ok("pdf".to_owned())
    );
    let other = says("image/png", "a.png").err().ok_or("taken")?;
    assert!(other.contains("application/pdf"), "{other}");
    let name = says("application/pdf", "a.pdf.exe").err().ok_or("taken")?;
    assert!(name.contains("must end in pdf"), "{name}");
    assert!(says("application/pdf", "noending").is_err());
    Ok(())
}
