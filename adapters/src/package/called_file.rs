//! The attachment call of the bidding public service platform: one file in base64 in a form parameter, joined to its
//! record by the code of its set.
//!
//! Of the arguments, `ATTACHMENTSETCODE` is a value of the record's attachment field, `TYPE` is the sender's word for
//! what the file is (see [`crate::Profile::slot`]), `MD5` is what the call has as a check of the bytes. `URL` is not
//! followed: a hub that fetches what a form names fetches what it should not.

use super::call::{Arguments, missing};
use crate::decode::{DecodeError, Locator};

/// A file as a call brings it, its content still in base64.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalledFile {
    /// The serial number of the call.
    pub serial: String,
    /// What joins it to its record.
    pub code: String,
    /// The sender's word for what it is.
    pub kind: String,
    /// Its name, with its ending.
    pub file_name: String,
    /// MD5 of its bytes, hexadecimal.
    pub md5: String,
    /// Its bytes, in base64 (RFC 4648).
    pub content: Vec<u8>,
}

impl CalledFile {
    /// Reads a call (`application/x-www-form-urlencoded`).
    pub fn read(document: &[u8]) -> Result<CalledFile, DecodeError> {
        let locate = |fault: crate::decode::error::Fault| fault.locate(&Locator::new(document));
        let arguments = Arguments::read(document).map_err(locate)?;
        let text = |name: &str, expected| {
            let found = arguments.required(name, expected);
            found.map(|(text, _)| text).map_err(locate)
        };
        let (content, _) = arguments
            .bytes("CONTENT")
            .and_then(|content| {
                content.ok_or_else(|| {
                    missing("CONTENT", ("附件内容（base64）", "the bytes in base64"))
                })
            })
            .map_err(locate)?;
        Ok(CalledFile {
            serial: text(
                "SERIALNUMBER",
                ("本次调用的流水号", "the serial number of the call"),
            )?,
            code: text(
                "ATTACHMENTSETCODE",
                ("记录的附件标识", "the attachment code of the record"),
            )?,
            kind: text("TYPE", ("附件项", "which attachment it is"))?,
            file_name: text("FILENAME", ("文件名及扩展名", "a name with an ending"))?,
            md5: text("MD5", ("32 位十六进制数字", "32 hexadecimal digits"))?,
            content: content.to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_brings_a_file_and_says_what_it_lacks() -> Result<(), DecodeError> {
        let call = b"USERID=u&KEY=&SERIALNUMBER=s-1&ATTACHMENTSETCODE=guid&TYPE=ZBGG&FILENAME=%E5%85%AC.pdf&MD5=aa&CONTENT=JVBERg%3D%3D";
        let file = CalledFile::read(call)?;
        assert_eq!(file.code, "guid");
        assert_eq!(file.kind, "ZBGG");
        assert_eq!(file.file_name, "公.pdf");
        assert_eq!(file.content, b"JVBERg==");
        let without = CalledFile::read(b"SERIALNUMBER=s-1&ATTACHMENTSETCODE=guid&TYPE=Z");
        assert!(without.is_err());
        let message = without.err().map(|error| error.message().zh.into_owned());
        assert!(
            message.is_some_and(|text| text.contains("CONTENT")),
            "names what is missing"
        );
        let twice = CalledFile::read(b"CONTENT=a&CONTENT=b");
        assert!(twice.is_err());
        Ok(())
    }
}
