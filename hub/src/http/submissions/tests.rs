//! Which form a body is read in.

use super::*;

#[test]
fn the_form_comes_from_the_type_or_the_name() {
    let of = |media_type, name| wire(media_type, name).map_err(|error| error.code());
    assert_eq!(
        of("application/json; charset=utf-8", None),
        Ok(Some(WireFormat::Json))
    );
    assert_eq!(of("text/xml", None), Ok(Some(WireFormat::Xml)));
    assert_eq!(of("", None), Ok(None));
    assert_eq!(of("text/plain", Some("501.csv")), Ok(None));
    assert_eq!(
        of("application/zip", Some("20261120-000001-501.zip")),
        Ok(Some(WireFormat::Zip))
    );
    assert_eq!(of("image/png", None), Err(ErrorCode::MediaType));
}
