//! XML Schema 1.0 of records as they travel in XML: in provincial messages and in national packets.
//!
//! A record is a group of elements in any order, one per field, each with the simple type of its shape
//! ([`types`]); the wrappings are in [`message`] and [`packet`]. XSD 1.0 cannot say what a value must
//! *not* be (a word for no value, a number rounded by a spreadsheet), nor look at one element to judge
//! another; there it accepts more than the JSON Schema, never less. It speaks of canonical values: what the hub
//! would repair (a date in another form, an empty element for an absent one) need not pass.

mod message;
mod packet;
mod types;

use std::borrow::Cow;
use std::fmt::Write as _;

use super::shape::Shape;
use crate::{Dataset, Edition, Required};
use types::Types;

/// The schemas of an edition: path in its folder and text. `packets`: records of other editions are
/// forwarded in this one.
pub(super) fn files(edition: &Edition, packets: bool) -> Vec<(String, String)> {
    let mut types = Types::default();
    let mut files = Vec::new();
    for dataset in &edition.datasets {
        let id = &dataset.id;
        let record = record(edition, dataset, &mut types);
        files.push((format!("xsd/{id}.xsd"), record));
        files.push((
            format!("xsd/message/{id}.xsd"),
            message::of(edition, dataset),
        ));
    }
    files.push(("xsd/message.xsd".to_owned(), message::parts(edition)));
    files.push((
        "xsd/withdrawal.xsd".to_owned(),
        message::withdrawal(edition),
    ));
    files.push(("xsd/types.xsd".to_owned(), types.text(edition)));
    if packets {
        files.push(("xsd/packet.xsd".to_owned(), packet::of(edition)));
    }
    files
}

/// The elements of a data set's record.
fn record(edition: &Edition, dataset: &Dataset, types: &mut Types) -> String {
    let mut body = include("types.xsd");
    put(
        &mut body,
        &format!("  <xs:group name=\"{}\">\n    <xs:all>\n", dataset.id),
    );
    for (place, field) in dataset.fields.iter().enumerate() {
        let shape = Shape::of(dataset, place, field);
        let optional = match field.required {
            Required::Always => "",
            Required::ByRule | Required::Optional => " minOccurs=\"0\"",
        };
        let element = format!(
            "      <xs:element name=\"{}\" type=\"{}\"{optional}>{}</xs:element>\n",
            field.id,
            types.name(field, shape),
            documentation(&field.name),
        );
        put(&mut body, &element);
    }
    put(&mut body, "    </xs:all>\n  </xs:group>\n");
    let what = format!("{} {} {}", edition.name, dataset.code, dataset.name);
    schema(&what, &body)
}

/// A whole document.
fn schema(what: &str, body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" elementFormDefault=\"qualified\">\n\
         \x20 {}\n{body}</xs:schema>\n",
        documentation(what)
    )
}

fn include(path: &str) -> String {
    format!("  <xs:include schemaLocation=\"{path}\"/>\n")
}

fn documentation(text: &str) -> String {
    let text = escaped(text);
    format!("<xs:annotation><xs:documentation>{text}</xs:documentation></xs:annotation>")
}

/// A simple type: a text within bounds, one per line.
fn restriction(name: &str, facets: &[(&str, String)]) -> String {
    let mut text = format!("  <xs:simpleType name=\"{name}\"><xs:restriction base=\"xs:string\">");
    for (facet, value) in facets {
        put(
            &mut text,
            &format!("<xs:{facet} value=\"{}\"/>", escaped(value)),
        );
    }
    put(&mut text, "</xs:restriction></xs:simpleType>\n");
    text
}

fn put(text: &mut String, part: &str) {
    // writing to a string cannot fail
    let _ = text.write_str(part);
}

fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"']) {
        return Cow::Borrowed(text);
    }
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    Cow::Owned(text.replace('>', "&gt;").replace('"', "&quot;"))
}
