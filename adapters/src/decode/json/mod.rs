//! The native envelope: one JSON document with its records.

mod flat;
mod nested;
mod pairs;
mod record;
mod scan;

use std::borrow::Cow;

use super::charset;
use super::error::{Fault, MISSING};
use super::issue::cut;
use super::session::Session;
use crate::profile::Shape;
pub(crate) use flat::no_action;
pub(crate) use record::read_record;
pub(crate) use scan::{Scan, Token, TokenKind};
use spec::Message;

/// Members of the envelope and of the header line, besides `records`.
pub(crate) const MEMBERS: [&str; 5] = ["edition", "source", "submission", "sequence", "dataset"];

/// Reads a document.
pub(crate) fn read<'a>(session: &mut Session<'_, '_, 'a>, document: &'a [u8]) -> Result<(), Fault> {
    let base = charset::mark(document);
    let text = charset::utf8(document, base)?;
    let mut scan = Scan::new(text, session.limits.depth, session.limits.value);
    let wire = &session.adapter.profile.wire;
    let read = if wire.single || wire.shape == Shape::Single {
        read_record(session, &mut scan, base)
            .and_then(|()| if session.stopped { Ok(()) } else { scan.end() })
    } else {
        envelope(session, &mut scan, base)
    };
    read.map_err(|fault| moved(fault, base))
}

/// A fault whose offset counts from `base`.
pub(crate) fn moved(mut fault: Fault, base: usize) -> Fault {
    fault.at += base;
    fault
}

fn envelope<'a>(
    session: &mut Session<'_, '_, 'a>,
    scan: &mut Scan<'a>,
    base: usize,
) -> Result<(), Fault> {
    scan.open(b'{', ("报送信封的 `{`", "`{` of the envelope"))?;
    let mut seen = Seen::default();
    let mut has_records = false;
    let mut first = true;
    while scan.more(first, b'}')? {
        first = false;
        let (name, at) = scan.key()?;
        let adapter = session.adapter;
        let name = match adapter.profile.wire.members.get(name.as_ref()) {
            Some(ours) if ours.is_empty() => {
                scan.value()?;
                continue;
            }
            Some(ours) => Cow::Borrowed(ours.as_str()),
            None => name,
        };
        if name != "records" {
            member(session, scan, &name, at, &mut seen)?;
            continue;
        }
        if has_records {
            return Err(repeated("records", at));
        }
        has_records = true;
        if scan.peek() != Some(b'[') {
            let token = scan.value()?;
            let found = describe(&token);
            return Err(Fault::envelope(
                token.at,
                "records",
                found,
                ("列表", "a list"),
            ));
        }
        scan.open(b'[', "`[`")?;
        let mut first = true;
        while scan.more(first, b']')? {
            first = false;
            read_record(session, scan, base)?;
            if session.stopped {
                return Ok(());
            }
        }
    }
    scan.end()?;
    if has_records {
        Ok(())
    } else {
        let at = scan.position();
        Err(Fault::envelope(
            at,
            "records",
            (MISSING, "missing"),
            ("记录列表", "a list of records"),
        ))
    }
}

/// Which members of an envelope were met.
#[derive(Default)]
pub(crate) struct Seen([bool; MEMBERS.len()]);

fn repeated(name: &str, at: usize) -> Fault {
    Fault::envelope(
        at,
        name,
        ("重复", "repeated"),
        ("只出现一次", "one of a name"),
    )
}

/// Reads one member of the envelope whose name was just read.
pub(crate) fn member<'a>(
    session: &mut Session<'_, '_, 'a>,
    scan: &mut Scan<'a>,
    name: &str,
    at: usize,
    seen: &mut Seen,
) -> Result<(), Fault> {
    let place = MEMBERS.iter().position(|member| *member == name);
    let Some(seen) = place.and_then(|place| seen.0.get_mut(place)) else {
        let known = MEMBERS.join(", ");
        let expected = (
            format!(" {known}, records 之一"),
            format!("one of {known}, records"),
        );
        let found = ("未知成员", "not known");
        return Err(Fault::envelope(at, cut(name), found, expected));
    };
    if std::mem::replace(seen, true) {
        return Err(repeated(name, at));
    }
    let token = scan.value()?;
    let wrong = |zh: &'static str, en: &'static str| {
        let found = describe(&token);
        Fault::envelope(token.at, name, found, (zh, en))
    };
    let is_text = matches!(token.kind, TokenKind::String { .. });
    if name == "sequence" {
        let number = token.text.parse::<u64>().ok();
        let number = number.filter(|_| token.kind == TokenKind::Number);
        session.envelope.sequence =
            Some(number.ok_or_else(|| wrong("从 0 起的整数", "a whole number from 0"))?);
        return Ok(());
    }
    if name == "dataset" {
        if !is_text && token.kind != TokenKind::Number {
            return Err(wrong(
                "数据集的英文名或编号",
                "a column code or number of a data set",
            ));
        }
        session.default_dataset = Some(token.unescape()?.into_owned());
        return Ok(());
    }
    if !is_text {
        return Err(wrong("字符串", "a string"));
    }
    let text = token.unescape()?.into_owned();
    if text.is_empty() {
        return Err(wrong("非空字符串", "a string that is not empty"));
    }
    match name {
        "edition" => session.envelope.edition = Some(text),
        "source" => session.envelope.source = Some(text),
        _ => session.envelope.submission = Some(text),
    }
    Ok(())
}

/// A value in few words.
pub(crate) fn describe(token: &Token<'_>) -> Message {
    match token.kind {
        TokenKind::Object => ("对象", "an object").into(),
        TokenKind::List => ("列表", "a list").into(),
        TokenKind::String { .. } => {
            let text = cut(token.text);
            (format!("字符串 {text:?}"), format!("the string {text:?}")).into()
        }
        _ => cut(token.text).into(),
    }
}

#[cfg(test)]
mod shapes;
#[cfg(test)]
mod tests;
