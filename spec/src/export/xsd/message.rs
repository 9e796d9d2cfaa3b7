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
    let body = format!(
        r#"{record}{parts}  <xs:element name="DESLIST">
    <xs:complexType><xs:sequence><xs:element ref="DES" maxOccurs="unbounded"/></xs:sequence></xs:complexType>
  </xs:element>
  <xs:element name="DES">
    <xs:complexType>
      <xs:sequence>
        <xs:element name="TITLE">
          <xs:complexType>
            <xs:all>
              <xs:element name="DATA_TYPE" type="message.type"/>
              <xs:element name="DATA_NO" type="xs:string" fixed="{code}"/>
              <xs:element name="DATA_EN" type="xs:string" fixed="{id}"/>
              <xs:element name="DATA_CN" type="xs:string" minOccurs="0"/>
              <xs:element name="DATA_KEY" type="message.text"/>
              <xs:element name="CA_KEY" type="xs:string" minOccurs="0"/>
              <xs:element name="ROUTE_WAY" type="xs:integer" minOccurs="0"/>
            </xs:all>
          </xs:complexType>
        </xs:element>
        <xs:element name="CONTEXT" minOccurs="0">
          <xs:complexType><xs:group ref="{id}"/></xs:complexType>
        </xs:element>
        <xs:element name="FILECONTEXT" type="message.files" minOccurs="0"/>
      </xs:sequence>
    </xs:complexType>
  </xs:element>
"#,
        record = include(&format!("../{}.xsd", dataset.id)),
        parts = include("../message.xsd"),
        code = dataset.code,
        id = dataset.id,
    );
    let what = format!("{} {} {} 报文", edition.name, dataset.code, dataset.name);
    schema(&what, &body)
}

/// The message that takes a record of any data set back: whatever its `CONTEXT` holds besides what names the record is
/// passed over.
pub(super) fn withdrawal(edition: &Edition) -> String {
    let body = format!(
        r#"{parts}  <xs:element name="DESLIST">
    <xs:complexType><xs:sequence><xs:element ref="DES" maxOccurs="unbounded"/></xs:sequence></xs:complexType>
  </xs:element>
  <xs:element name="DES">
    <xs:complexType>
      <xs:sequence>
        <xs:element name="TITLE">
          <xs:complexType>
            <xs:all>
              <xs:element name="DATA_TYPE" type="xs:string" fixed="3"/>
              <xs:element name="DATA_NO" type="xs:positiveInteger"/>
              <xs:element name="DATA_EN" type="xs:NMTOKEN"/>
              <xs:element name="DATA_CN" type="xs:string" minOccurs="0"/>
              <xs:element name="DATA_KEY" type="message.text"/>
              <xs:element name="CA_KEY" type="xs:string" minOccurs="0"/>
              <xs:element name="ROUTE_WAY" type="xs:integer" minOccurs="0"/>
            </xs:all>
          </xs:complexType>
        </xs:element>
        <xs:element name="CONTEXT" minOccurs="0">
          <xs:complexType><xs:sequence>
            <xs:any processContents="skip" minOccurs="0" maxOccurs="unbounded"/>
          </xs:sequence></xs:complexType>
        </xs:element>
        <xs:element name="FILECONTEXT" type="message.files" minOccurs="0"/>
      </xs:sequence>
    </xs:complexType>
  </xs:element>
"#,
        parts = include("message.xsd"),
    );
    schema(&format!("{} 撤回报文", edition.name), &body)
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
