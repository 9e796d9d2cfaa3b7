//! Documents that hold records within records (project > sections > bidders), and rows that hold several records side
//! by side: each becomes records of the data sets that the profile names, parents first.

use std::borrow::Cow;

use spec::{Action, Input, Issue, Kind};

use super::{Scan, Token, TokenKind};
use crate::decode::error::Fault;
use crate::decode::session::{Known, Session};
use crate::mapping::{Filler, Target};
use crate::profile::Level;

/// A value with the name that the source gives it.
type Named<'a> = (Cow<'a, str>, Input<'a>);

/// What is done to all records of a row.
#[derive(Clone, Default)]
pub(super) struct Manner<'a> {
    pub action: Action,
    pub reason: Option<Cow<'a, str>>,
    pub flex: Option<&'a str>,
}

/// Reads the outermost object of a document of nested records.
pub(super) fn read<'a>(
    session: &mut Session<'_, '_, 'a>,
    scan: &mut Scan<'a>,
    base: usize,
) -> Result<(), Fault> {
    level(session, scan, base, "", &[])
}

/// Reads an object of a level, and the levels in it; `handed` is what its parents hand down.
fn level<'a>(
    session: &mut Session<'_, '_, 'a>,
    scan: &mut Scan<'a>,
    base: usize,
    path: &str,
    handed: &[Named<'a>],
) -> Result<(), Fault> {
    let adapter = session.adapter;
    let levels = &adapter.profile.wire.nested;
    scan.peek();
    let at = base + scan.position();
    let mut own: Vec<Named<'a>> = Vec::new();
    let mut inner: Vec<(&Level, usize)> = Vec::new();
    scan.open(b'{', ("JSON 对象", "an object"))?;
    let mut members = 0;
    while scan.more(members == 0, b'}')? {
        members += 1;
        if members > session.limits.fields {
            let limit = session.limits.fields;
            return Err(Fault::limit(scan.position(), "fields", limit, members));
        }
        let (name, _) = scan.key()?;
        scan.peek();
        let place = scan.position();
        let token = scan.value()?;
        let below = |level: &&Level| {
            let rest = level.path.strip_prefix(path);
            let rest = rest.map(|rest| rest.strip_prefix('.').unwrap_or(rest));
            rest == Some(name.as_ref()) && !level.path.is_empty()
        };
        if let Some(level) = levels.iter().find(below) {
            inner.push((level, place));
        } else if let Some(input) = input(&token, base)? {
            own.push((name, input));
        }
    }
    let end = scan.position();
    let here = levels.iter().find(|level| level.path == path);
    let into = here.map_or(&[][..], |level| level.into.as_slice());
    several(session, into, &own, handed, at, &Manner::default())?;
    if session.stopped {
        return Ok(());
    }
    let carry = here.map_or(&[][..], |level| level.carry.as_slice());
    let mut down: Vec<Named<'a>> = own;
    down.retain(|(name, _)| carry.iter().any(|carried| carried == name));
    down.extend(handed.iter().cloned());
    for (inside, place) in inner {
        scan.rewind(place);
        match scan.peek() {
            Some(b'[') => {
                scan.open(b'[', "`[`")?;
                let mut first = true;
                while scan.more(first, b']')? {
                    first = false;
                    level(session, scan, base, &inside.path, &down)?;
                    if session.stopped {
                        return Ok(());
                    }
                }
            }
            Some(b'{') => level(session, scan, base, &inside.path, &down)?,
            // Null: there is none.
            _ => {
                scan.value()?;
            }
        }
        if session.stopped {
            return Ok(());
        }
    }
    scan.rewind(end);
    Ok(())
}

/// Reads the fields of a row that holds records of several data sets.
pub(super) fn wide<'a>(
    session: &mut Session<'_, '_, 'a>,
    scan: &mut Scan<'a>,
    base: usize,
    at: usize,
    into: &[String],
    manner: &Manner<'a>,
) -> Result<(), Fault> {
    let mut own: Vec<Named<'a>> = Vec::new();
    scan.open(b'{', "`{`")?;
    while scan.more(own.is_empty(), b'}')? {
        if own.len() >= session.limits.fields {
            let limit = session.limits.fields;
            return Err(Fault::limit(
                scan.position(),
                "fields",
                limit,
                own.len() + 1,
            ));
        }
        let (name, place) = scan.key()?;
        let token = scan.value()?;
        // A null keeps its place, so that the first member stays the first.
        let input = input(&token, base)?.unwrap_or(Input {
            text: Cow::Borrowed(""),
            kind: Kind::Text,
            at: base + place,
            mapped: None,
        });
        own.push((name, input));
    }
    own.retain(|(_, input)| !input.text.is_empty());
    several(session, into, &own, &[], at, manner)
}

/// Makes the records of a row: always one of the first data set, one of another only where the row has a value
/// that this data set alone knows.
fn several<'a>(
    session: &mut Session<'_, '_, 'a>,
    into: &[String],
    own: &[Named<'a>],
    handed: &[Named<'a>],
    at: usize,
    manner: &Manner<'a>,
) -> Result<(), Fault> {
    let mut known: Vec<Result<Known<'_>, (String, Box<Issue>)>> = Vec::with_capacity(into.len());
    for name in into {
        let found = session.dataset(Some(name), at);
        known.push(found.map_err(|problem| (name.clone(), problem)));
    }
    let has = |place: usize, name: &str| match known.get(place) {
        Some(Ok(known)) => !matches!(known.plan.find(name), Target::Unknown | Target::Drop),
        _ => false,
    };
    let alone = |place: usize, name: &str| {
        has(place, name) && (0..into.len()).all(|other| other == place || !has(other, name))
    };
    let strange = |name: &str| {
        let target = |known: &Known<'_>| known.plan.find(name) == Target::Unknown;
        known.iter().flatten().all(target)
    };
    let mut made = Vec::new();
    for (place, found) in known.iter().enumerate() {
        if place > 0 && !own.iter().any(|(name, _)| alone(place, name)) {
            continue;
        }
        let known = match found {
            Ok(known) => *known,
            Err((name, problem)) => {
                made.push(Err((Some(name.clone()), (**problem).clone())));
                continue;
            }
        };
        let mut filler = Filler::new(known.plan, known.dataset, at);
        filler.record.action = manner.action;
        filler.record.reason.clone_from(&manner.reason);
        // What this data set alone knows goes before what it shares under another name.
        let (mine, shared): (Vec<&Named<'a>>, Vec<&Named<'a>>) =
            own.iter().partition(|(name, _)| alone(place, name));
        let mut taken = Vec::new();
        for (name, input) in mine {
            let target = known.plan.find(name);
            taken.push(target);
            filler.put(target, name.clone(), input.clone());
        }
        for (name, input) in shared {
            let target = known.plan.find(name);
            let wanted = target != Target::Unknown || place == 0 && strange(name);
            if wanted && !taken.contains(&target) {
                filler.put(target, name.clone(), input.clone());
            }
        }
        for (name, input) in handed {
            let target = known.plan.find(name);
            if matches!(target, Target::Field(_) | Target::Shaped(_)) && !filler.has(target) {
                filler.put(target, name.clone(), input.clone());
            }
        }
        made.push(match filler.finish() {
            Ok(record) => Ok(record),
            Err(problem) => Err((Some(known.dataset.id.clone()), *problem)),
        });
    }
    for one in made {
        session.count(at)?;
        match one {
            Ok(record) => session.record(record, manner.flex, Vec::new(), None),
            Err((dataset, problem)) => session.unusable(at, dataset, problem),
        }
        if session.stopped {
            break;
        }
    }
    Ok(())
}

/// A token as a value; none when it is null.
fn input<'a>(token: &Token<'a>, base: usize) -> Result<Option<Input<'a>>, Fault> {
    let kind = match token.kind {
        TokenKind::Null => return Ok(None),
        TokenKind::String { .. } => Kind::Text,
        TokenKind::Number => Kind::Number,
        TokenKind::Bool => Kind::Bool,
        TokenKind::Object | TokenKind::List => Kind::Nested,
    };
    Ok(Some(Input {
        text: token.unescape()?,
        kind,
        at: base + token.at,
        mapped: None,
    }))
}
