//! The provincial message around one record: `DES` with `TITLE`, `CONTEXT` and `FILECONTEXT`, alone or several
//! of one data set under `DESLIST`.
//!
//! A withdrawal (`DATA_TYPE` 3) needs only a title: XSD 1.0 cannot make `CONTEXT` depend on it, so a message of any
//! type may be without one here, and the hub refuses those that need it. A withdrawal whose `CONTEXT` holds no more
//! than what names the record is held by [`withdrawal`], for all data sets alike.

use super::{documentation, include, restriction, schema};
use crate::{Dataset, Edition};

/// The message of a data set.
pub(super) fn of(edition: &Edition, dataset: &Dataset) -> String {
    let Dataset { id, code, name, .. } = dataset;
    let envelope = envelope(&Holes {
        of_type: r#"type="message.type""#,
        number: &format!(r#"type="xs:string" fixed="{code}""#),
        id: &format!(r#"type="xs:string" fixed="{id}""#),
        context: &format!(
            r#"
          <xs:complexType><xs:group ref="{id}"/></xs:complexType>"#
        ),
    });
    let parts = include(&format!("../{id}.xsd")) + &include("../message.xsd");
    let what = format!("{} {code} {name} 报文", edition.name);
    schema(&what, &(parts + &envelope))
}

/// The message that takes a record of any data set back: whatever its `CONTEXT` holds besides what names the record is
/// passed over.
pub(super) fn withdrawal(edition: &Edition) -> String {
    let envelope = envelope(&Holes {
        of_type: r#"type="xs:string" fixed="3""#,
        number: r#"type="xs:positiveInteger""#,
        id: r#"type="xs:NMTOKEN""#,
        context: r#"
          <xs:complexType><xs:sequence>
            <xs:any processContents="skip" minOccurs="0" maxOccurs="unbounded"/>
          </xs:sequence></xs:complexType>"#,
    });
    let what = format!("{} 撤回报文", edition.name);
    schema(&what, &(include("message.xsd") + &envelope))
}

/// What messages differ in: the types of elements of their title, and what their context holds.
struct Holes<'h> {
    of_type: &'h str,
    number: &'h str,
    id: &'h str,
    context: &'h str,
}

/// One message, or several under one root.
fn envelope(holes: &Holes<'_>) -> String {
    let Holes {
        of_type,
        number,
        id,
        context,
    } = holes;
    format!(
        r#"  <xs:element name="DESLIST">
    <xs:complexType><xs:sequence><xs:element ref="DES" maxOccurs="unbounded"/></xs:sequence></xs:complexType>
  </xs:element>
  <xs:element name="DES">
    <xs:complexType>
      <xs:sequence>
        <xs:element name="TITLE">
          <xs:complexType>
            <xs:all>
              <xs:element name="DATA_TYPE" {of_type}/>
              <xs:element name="DATA_NO" {number}/>
              <xs:element name="DATA_EN" {id}/>
              <xs:element name="DATA_CN" type="xs:string" minOccurs="0"/>
              <xs:element name="DATA_KEY" type="message.text"/>
              <xs:element name="CA_KEY" type="xs:string" minOccurs="0"/>
              <xs:element name="ROUTE_WAY" type="xs:integer" minOccurs="0"/>
            </xs:all>
          </xs:complexType>
        </xs:element>
        <xs:element name="CONTEXT" minOccurs="0">{context}
        </xs:element>
        <xs:element name="FILECONTEXT" type="message.files" minOccurs="0"/>
      </xs:sequence>
    </xs:complexType>
  </xs:element>
"#
    )
}

/// What the messages of all data sets have alike.
pub(super) fn parts(edition: &Edition) -> String {
    let types: Vec<_> = ["1", "2", "3"]
        .map(|kind| ("enumeration", kind.to_owned()))
        .into();
    let deleted: Vec<_> = ["0", "1"]
        .map(|flag| ("enumeration", flag.to_owned()))
        .into();
    let body = restriction("message.type", &types)
        + &restriction("message.deleted", &deleted)
        + &restriction("message.text", &[("minLength", "1".to_owned())])
        + &format!(
            r#"  <xs:complexType name="message.files">
    {}
    <xs:sequence>
      <xs:element name="SOURCE" maxOccurs="unbounded">
        <xs:complexType>
          <xs:all>
            <xs:element name="FILE_EN_NAME" type="message.text"/>
            <xs:element name="FILE_NAME" type="message.text"/>
            <xs:element name="BINARY_CONTENT" type="xs:string" minOccurs="0"/>
            <xs:element name="IS_DELETE" type="message.deleted" minOccurs="0"/>
          </xs:all>
        </xs:complexType>
      </xs:element>
    </xs:sequence>
  </xs:complexType>
"#,
            documentation("附件：标识、文件名、路径")
        );
    schema(&format!("{} 报文公共部分", edition.name), &body)
}
