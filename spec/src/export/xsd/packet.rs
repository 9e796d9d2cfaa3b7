//! The packet in which records go to the national platform, of any data sets mixed.
//!
//! Each `RECORD` says its type by `xsi:type`, the way of XSD 1.0 to let the content of one element differ: the
//! column code of its data set, or `WITHDRAWN`, whose content only names the record and is not judged. `REASON` says why a
//! record is corrected or taken back.

use super::{include, put, restriction, schema};
use crate::Edition;

/// The packet of an edition.
pub(super) fn of(edition: &Edition) -> String {
    let mut body = String::new();
    for dataset in &edition.datasets {
        put(&mut body, &include(&format!("{}.xsd", dataset.id)));
    }
    let operations: Vec<_> = ["1", "2"]
        .map(|digit| ("enumeration", digit.to_owned()))
        .into();
    put(&mut body, &restriction("packet.operation", &operations));
    put(&mut body, WRAPPING);
    for dataset in &edition.datasets {
        let id = &dataset.id;
        let record = format!(
            r#"  <xs:complexType name="{id}"><xs:complexContent><xs:extension base="packet.record"><xs:group ref="{id}"/>
    <xs:attribute name="DATASET" use="required" fixed="{id}"/><xs:attribute name="OPERATION" type="packet.operation" use="required"/>
  </xs:extension></xs:complexContent></xs:complexType>
"#
        );
        put(&mut body, &record);
    }
    schema(&format!("{} 转发数据包", edition.name), &body)
}

const WRAPPING: &str = r#"  <xs:element name="PACKET">
    <xs:complexType>
      <xs:sequence>
        <xs:element name="HEAD">
          <xs:complexType>
            <xs:sequence>
              <xs:element name="BATCH" type="xs:positiveInteger"/>
              <xs:element name="SENDER" type="xs:token"/>
              <xs:element name="EDITION" type="xs:token"/>
              <xs:element name="CREATED" type="xs:dateTime"/>
              <xs:element name="COUNT" type="xs:positiveInteger"/>
            </xs:sequence>
          </xs:complexType>
        </xs:element>
        <xs:element name="BODY">
          <xs:complexType><xs:sequence>
            <xs:element name="RECORD" type="packet.record" maxOccurs="unbounded"/>
          </xs:sequence></xs:complexType>
        </xs:element>
        <xs:element name="SIGNATURE">
          <xs:complexType><xs:simpleContent><xs:extension base="xs:base64Binary">
            <xs:attribute name="ALGORITHM" type="xs:token" use="required"/>
            <xs:attribute name="KEY" type="xs:token" use="required"/>
          </xs:extension></xs:simpleContent></xs:complexType>
        </xs:element>
      </xs:sequence>
    </xs:complexType>
  </xs:element>
  <xs:complexType name="packet.record" abstract="true">
    <xs:attribute name="SEQ" type="xs:positiveInteger" use="required"/>
    <xs:attribute name="ID" type="xs:positiveInteger" use="required"/>
    <xs:attribute name="REASON" type="xs:string"/>
  </xs:complexType>
  <xs:complexType name="WITHDRAWN"><xs:complexContent><xs:extension base="packet.record">
    <xs:sequence><xs:any processContents="skip" maxOccurs="unbounded"/></xs:sequence>
    <xs:attribute name="DATASET" type="xs:NMTOKEN" use="required"/><xs:attribute name="OPERATION" use="required" fixed="3"/>
  </xs:extension></xs:complexContent></xs:complexType>
"#;
