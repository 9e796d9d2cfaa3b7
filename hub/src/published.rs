//! What is published of the specification: JSON Schemas, XML Schemas, dictionary, change list, for the command that
//! writes them and the catalog that serves them, so that both give the same bytes.

use rust_xlsxwriter::XlsxError;
use spec::Spec;

use crate::report::{Table, sheet};

/// Every file of all editions: its path, beginning with the edition, and its content.
pub fn files(specification: &Spec) -> Result<Vec<(String, Vec<u8>)>, XlsxError> {
    let mut files = spec::export::write_all(specification);
    for edition in &specification.editions {
        let sheets = spec::export::workbook(specification, edition);
        let tables: Vec<_> = sheets.into_iter().map(Table::from).collect();
        let workbook = sheet::dated(&tables, &edition.valid_from)?;
        files.push((format!("{}/dictionary.xlsx", edition.id), workbook));
    }
    Ok(files)
}

/// The media type of a published file.
pub fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "json" => "application/schema+json",
        "xsd" => "application/xml",
        "md" => "text/markdown; charset=utf-8",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        _ => "application/octet-stream",
    }
}
