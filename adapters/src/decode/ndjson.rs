//! A header line, then one JSON record per line. A line that cannot be read harms no other.

use super::charset;
use super::error::{Fault, FaultKind};
use super::issue::{cut, issue};
use super::json::{MEMBERS, Scan, Seen, member, moved, read_record};
use super::session::Session;

/// Reads a document.
pub(crate) fn read<'a>(session: &mut Session<'_, '_, 'a>, document: &'a [u8]) -> Result<(), Fault> {
    session.record_ends_text = true;
    let mut at = charset::mark(document);
    // One check of the whole is much cheaper than one per line; only a document that fails is checked
    // line by line.
    let whole = charset::utf8(document, at).ok();
    let start = at;
    // A part of a file has a header only if it was repeated for it.
    let origin = session.hint.origin;
    let mut is_first = origin.offset == 0 || origin.prefix > 0;
    while let Some(rest) = document.get(at..).filter(|rest| !rest.is_empty()) {
        let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let line = match whole {
            Some(text) => Ok(text
                .get(at - start..at - start + length)
                .unwrap_or_default()),
            None => charset::utf8(rest.get(..length).unwrap_or_default(), 0),
        };
        match line {
            Ok(line) if line.trim_ascii().is_empty() => {}
            Ok(line) => {
                if !(std::mem::take(&mut is_first) && header(session, line, at)?) {
                    record(session, line, at)?;
                }
            }
            Err(fault) => {
                is_first = false;
                session.count(at)?;
                unreadable(session, at, &moved(fault, at));
            }
        }
        if session.stopped {
            break;
        }
        at += length + 1;
    }
    Ok(())
}

fn scan<'a>(session: &Session<'_, '_, '_>, line: &'a str) -> Scan<'a> {
    Scan::new(line, session.limits.depth, session.limits.value)
}

fn record<'a>(session: &mut Session<'_, '_, 'a>, line: &'a str, at: usize) -> Result<(), Fault> {
    let mut scan = scan(session, line);
    match read_record(session, &mut scan, at) {
        Err(fault) if matches!(fault.kind, FaultKind::Unreadable { .. }) => {
            unreadable(session, at, &moved(fault, at));
            Ok(())
        }
        other => other.map_err(|fault| moved(fault, at)),
    }
}

/// Reads the line as a header; says no when it is a record already.
fn header<'a>(session: &mut Session<'_, '_, 'a>, line: &'a str, at: usize) -> Result<bool, Fault> {
    let names = match members(&mut scan(session, line), session.limits.fields) {
        Ok(names) => names,
        // Nobody can tell what a broken line was to be: with data in it, a record.
        Err(_) if line.contains("\"data\"") => return Ok(false),
        Err(fault) => return Err(moved(fault, at)),
    };
    let known = |name: &String| MEMBERS.contains(&name.as_str());
    let is_record = ["data", "action", "flex"]
        .iter()
        .any(|word| names.iter().any(|name| name == word));
    let flat = session.adapter.profile.wire.flat();
    if is_record || (flat && !names.iter().all(known)) {
        return Ok(false);
    }
    let mut scan = scan(session, line);
    let mut seen = Seen::default();
    let mut first = true;
    let mut read = || {
        scan.open(b'{', ("首行的 `{`", "`{` of the header line"))?;
        while scan.more(first, b'}')? {
            first = false;
            let (name, place) = scan.key()?;
            member(session, &mut scan, &name, place, &mut seen)?;
        }
        scan.end()
    };
    read().map_err(|fault| moved(fault, at))?;
    Ok(true)
}

/// Whether a line has members of the envelope only; unlike [`header`] it knows no profile.
pub(crate) fn is_header(line: &[u8]) -> bool {
    let Ok(text) = charset::utf8(line, charset::mark(line)) else {
        return false;
    };
    let limits = super::Limits::default();
    let mut scan = Scan::new(text, limits.depth, limits.value);
    members(&mut scan, limits.fields).is_ok_and(|names| {
        let known = |name: &String| MEMBERS.contains(&name.as_str());
        !names.is_empty() && names.iter().all(known)
    })
}

/// Names of the members of a line, which are so many at most.
fn members(scan: &mut Scan<'_>, most: usize) -> Result<Vec<String>, Fault> {
    scan.open(
        b'{',
        ("首行或记录的 `{`", "`{` of the header line or of a record"),
    )?;
    let mut names = Vec::new();
    while scan.more(names.is_empty(), b'}')? {
        let (name, at) = scan.key()?;
        if names.len() >= most {
            return Err(Fault::limit(at, "fields", most, most + 1));
        }
        names.push(name.into_owned());
        scan.value()?;
    }
    scan.end()?;
    Ok(names)
}

fn unreadable(session: &mut Session<'_, '_, '_>, at: usize, fault: &Fault) {
    let (found, expected) = match &fault.kind {
        FaultKind::Unreadable { what, expected } => (what, spec::Message::clone(expected)),
        FaultKind::Charset { found, expected } => (found, expected.clone().into()),
        _ => return,
    };
    let problem = issue(
        spec::IssueCode::RecordShape,
        fault.at,
        &found.zh,
        cut(&expected.zh),
        format!("本行无法读取：{}，此处应为{}", found.zh, expected.zh),
        format!(
            "the line cannot be read: {}, expected {}",
            found.en, expected.en
        ),
    );
    session.unusable(at, None, problem);
}

#[cfg(test)]
mod tests;
