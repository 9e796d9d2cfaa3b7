//! Plain XML: an element per record, its children (and attributes) the fields.

use std::borrow::Cow;

use spec::{Input, Kind};

use super::error::Fault;
use super::json::no_action;
use super::markup::{self, Markup, Piece};
use super::message::{bounded, input};
use super::session::Session;
use super::{Adapter, RecordElements};
use crate::mapping::{Filler, Target};
use crate::profile::WireFormat;

/// Reads a document: elements whose name fits the profile are records, those around them are not.
pub(crate) fn read<'a>(session: &mut Session<'_, '_, 'a>, document: &'a [u8]) -> Result<(), Fault> {
    let (text, start) = markup::text(session, document)?;
    let mut markup = Markup::new(session, &text, document, start, session.limits);
    let records = RecordElements::new(session.adapter, WireFormat::Xml);
    loop {
        match markup.next()? {
            Piece::Start {
                name,
                attributes,
                at,
            } => {
                if let Some(dataset) = records.dataset(name) {
                    session.count(at)?;
                    let dataset = Some(dataset.to_owned()).filter(|name| !name.is_empty());
                    record(session, &mut markup, dataset, attributes, at)?;
                }
            }
            Piece::Eof => return Ok(()),
            Piece::End | Piece::Text { .. } => {}
        }
        if session.stopped {
            return Ok(());
        }
    }
}

/// The data set that the name of a root says, by the pattern of the profile.
pub(crate) fn dataset_of(adapter: &Adapter, root: &str) -> Option<String> {
    let records = RecordElements::new(adapter, WireFormat::Xml);
    let name = records.dataset(root)?;
    (!name.is_empty()).then(|| name.to_owned())
}

/// Reads the fields of a record whose tag was just read.
fn record(
    session: &mut Session<'_, '_, '_>,
    markup: &mut Markup<'_>,
    dataset: Option<String>,
    attributes: Vec<(String, String)>,
    at: usize,
) -> Result<(), Fault> {
    let mut fields: Vec<(Cow<'_, str>, Input<'static>)> = Vec::new();
    for (name, text) in attributes.into_iter().filter(|(_, text)| !text.is_empty()) {
        let input = Input {
            text: Cow::Owned(text),
            kind: Kind::Text,
            at,
            mapped: None,
        };
        fields.push((Cow::Owned(name), input));
    }
    loop {
        match markup.next()? {
            Piece::Start { name, at, .. } => {
                bounded(session, fields.len() + 1, at)?;
                if let Some(input) = input(markup, at)? {
                    fields.push((Cow::Borrowed(name), input));
                }
            }
            Piece::Text { .. } => {}
            Piece::End | Piece::Eof => break,
        }
    }
    let known = match session.dataset(dataset.as_deref(), at) {
        Ok(known) => known,
        Err(problem) => {
            session.unusable(at, dataset, *problem);
            return Ok(());
        }
    };
    let wire = &session.adapter.profile.wire;
    let mut filler = Filler::new(known.plan, known.dataset, at);
    for (name, input) in fields {
        if wire.action_column.as_deref() == Some(&name) {
            let Some(action) = session.action(&input.text) else {
                let problem = no_action(input.at, &input.text);
                session.unusable(at, Some(known.dataset.id.clone()), problem);
                return Ok(());
            };
            filler.record.action = action;
            continue;
        }
        if wire.reason.as_deref() == Some(&name) {
            filler.record.reason = Some(input.text);
            continue;
        }
        let target = known.plan.find(&name);
        filler.put(target, kept(target, &name), input);
    }
    for (name, text) in &session.hint.values {
        let target = known.plan.find(name);
        if filler.has(target) {
            continue;
        }
        let input = Input {
            text: Cow::Owned(text.clone()),
            kind: Kind::Text,
            at,
            mapped: None,
        };
        filler.put(target, Cow::Owned(name.clone()), input);
    }
    match filler.finish() {
        Ok(record) => session.record(record, None, Vec::new(), None),
        Err(problem) => session.unusable(at, Some(known.dataset.id.clone()), *problem),
    }
    Ok(())
}

/// A name that a record keeps: only that of a value for which it has no field.
pub(crate) fn kept(target: Target, name: &str) -> Cow<'static, str> {
    match target {
        Target::Unknown => Cow::Owned(name.to_owned()),
        _ => Cow::Borrowed(""),
    }
}

#[cfg(test)]
mod tests {
    use crate::decode::tests::{adapter, every_beginning, read};
    use crate::{Hint, Limits};

    #[test]
    fn the_name_of_an_element_is_its_data_set() {
        let adapter = adapter("wire = { format = \"xml\", record = \"GCJS_{dataset}\" }");
        let document = "<BATCH><GCJS_SECTION id=\"x\">\n<DEPOSIT>5</DEPOSIT><PRICE_UNIT/>\
            </GCJS_SECTION><GCJS_NOPE/></BATCH>";
        let read = read(
            &adapter,
            document.as_bytes(),
            &Hint::default(),
            &Limits::default(),
        );
        assert_eq!(
            read.map(|(_, lines)| lines),
            Ok(vec![
                "SECTION upsert 1:8 DEPOSIT=5@2:10 unknown id=x@1:8".to_owned(),
                "! NOPE 2:49 \"dataset.unknown\" at 2:49 found NOPE".to_owned(),
            ])
        );
        every_beginning(&adapter, document.as_bytes(), &Hint::default());
    }
}
