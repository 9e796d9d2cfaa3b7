//! One JSON record: its own members, and its fields straight into the places of the data set.

use std::borrow::Cow;

use spec::{Action, Input, Issue, Kind};

use super::nested::{self, Manner};
use super::{Scan, Token, TokenKind, describe, flat, pairs};
use crate::decode::error::Fault;
use crate::decode::issue::shape;
use crate::decode::session::{Known, Session};
use crate::mapping::{Filler, Target, replace};
use crate::profile::Shape;

/// The members of a record, as far as they were read.
#[derive(Default)]
pub(super) struct Members<'a> {
    pub(super) dataset: Option<(Cow<'a, str>, usize)>,
    pub(super) action: Option<Action>,
    /// Where the data stand, if their data set was not known yet.
    pub(super) data: Option<usize>,
    pub(super) has_data: bool,
    pub(super) flex: Option<&'a str>,
    pub(super) reason: Option<Cow<'a, str>>,
    pub(super) problem: Option<Issue>,
}

/// Reads the record that comes next; a fault means that the text itself is no JSON, or beyond a limit.
pub(crate) fn read_record<'a>(
    session: &mut Session<'_, '_, 'a>,
    scan: &mut Scan<'a>,
    base: usize,
) -> Result<(), Fault> {
    let opening = scan.peek();
    let at = base + scan.position();
    session.count(scan.position())?;
    if opening != Some(b'{') {
        let token = scan.value()?;
        ended(session, scan)?;
        let problem = shape(
            at,
            &describe(&token).zh,
            ("JSON 对象", "an object"),
            "记录应为 JSON 对象",
            "a record must be a JSON object",
        );
        session.unusable(at, None, problem);
        return Ok(());
    }
    let wire = &session.adapter.profile.wire;
    if wire.shape == Shape::Nested {
        nested::read(session, scan, base)?;
        return ended(session, scan);
    }
    if wire.flat() {
        return flat::read(session, scan, base, at);
    }
    let mut members = Members::default();
    let mut filler = None;
    scan.open(b'{', "`{`")?;
    let mut first = true;
    while scan.more(first, b'}')? {
        first = false;
        if scan.key_is("dataset") {
            dataset(&mut members, scan, base)?;
        } else if scan.key_is("data") {
            filler = data(session, &mut members, scan, base, at)?.or(filler);
        } else if scan.key_is("action") {
            action(&mut members, scan, base)?;
        } else if scan.key_is("flex") {
            flex(&mut members, scan, base)?;
        } else if scan.key_is("reason") {
            reason(&mut members, scan, base)?;
        } else {
            let (name, place) = scan.key()?;
            match name.as_ref() {
                "dataset" => dataset(&mut members, scan, base)?,
                "data" => filler = data(session, &mut members, scan, base, at)?.or(filler),
                "action" => action(&mut members, scan, base)?,
                "flex" => flex(&mut members, scan, base)?,
                "reason" => reason(&mut members, scan, base)?,
                _ => {
                    scan.value()?;
                    members.problem.get_or_insert_with(|| {
                        shape(
                            base + place,
                            &name,
                            "dataset, action, reason, data, flex",
                            "记录中有不认识的成员",
                            "the record has a member that is not known",
                        )
                    });
                }
            }
        }
    }
    ended(session, scan)?;
    finish(session, scan, base, at, members, filler)
}

/// Sees that nothing follows a record that stands alone in its text.
#[inline]
pub(super) fn ended(session: &Session<'_, '_, '_>, scan: &mut Scan<'_>) -> Result<(), Fault> {
    if session.record_ends_text {
        return scan.end();
    }
    Ok(())
}

/// Hands on the record, once all of its members are read.
fn finish<'s, 'a>(
    session: &mut Session<'_, 's, 'a>,
    scan: &mut Scan<'a>,
    base: usize,
    at: usize,
    members: Members<'a>,
    filler: Option<Filler<'s, 'a>>,
) -> Result<(), Fault> {
    let named = members.dataset.as_ref();
    let name = named.map(|(name, _)| name.as_ref());
    if let Some(problem) = members.problem {
        let dataset = name.map(str::to_owned);
        session.unusable(at, dataset, problem);
        return Ok(());
    }
    let adapter = session.adapter;
    let wanted = name.or(session.default_dataset.as_deref());
    if let (Some(into), Some(place)) = (
        wanted.and_then(|name| adapter.profile.wide.get(name)),
        members.data,
    ) {
        let end = scan.position();
        scan.rewind(place);
        let manner = Manner {
            action: members.action.unwrap_or_default(),
            reason: members.reason,
            flex: members.flex,
        };
        nested::wide(session, scan, base, at, into, &manner)?;
        scan.rewind(end);
        return Ok(());
    }
    let known = match session.dataset(name, named.map_or(at, |(_, at)| *at)) {
        Ok(known) => known,
        Err(problem) => {
            let dataset = name.map(str::to_owned);
            session.unusable(at, dataset, *problem);
            return Ok(());
        }
    };
    let filler = match (filler, members.data) {
        (Some(filler), _) => filler,
        (None, Some(place)) => {
            let end = scan.position();
            scan.rewind(place);
            let filler = fill(session, scan, known, base, at)?;
            scan.rewind(end);
            filler
        }
        (None, None) => {
            let problem = shape(at, "", "data", "记录缺少 data", "the record has no `data`");
            session.unusable(at, Some(known.dataset.id.clone()), problem);
            return Ok(());
        }
    };
    hand_on(
        session,
        filler,
        (members.action.unwrap_or_default(), members.reason),
        members.flex,
    );
    Ok(())
}

pub(super) fn hand_on<'s, 'a>(
    session: &mut Session<'_, 's, 'a>,
    mut filler: Filler<'s, 'a>,
    (action, reason): (Action, Option<Cow<'a, str>>),
    flex: Option<&'a str>,
) {
    filler.record.action = action;
    filler.record.reason = reason;
    let (at, dataset) = (filler.record.at, filler.record.dataset);
    match filler.finish() {
        Ok(record) => session.record(record, flex, Vec::new(), None),
        Err(problem) => session.unusable(at, Some(dataset.id.clone()), *problem),
    }
}

fn twice(at: usize, name: &str) -> Issue {
    shape(
        at,
        name,
        ("只出现一次", "one of a name"),
        "记录成员重复",
        "a member of the record is repeated",
    )
}

pub(super) fn dataset<'a>(
    members: &mut Members<'a>,
    scan: &mut Scan<'a>,
    base: usize,
) -> Result<(), Fault> {
    let token = scan.value()?;
    let at = base + token.at;
    match token.kind {
        _ if members.dataset.is_some() => {
            members.problem.get_or_insert(twice(at, "dataset"));
        }
        TokenKind::String { .. } | TokenKind::Number => {
            members.dataset = Some((token.unescape()?, at));
        }
        _ => {
            members.problem.get_or_insert(shape(
                at,
                &describe(&token).zh,
                ("数据集的英文名或编号", "a column code or number"),
                "dataset 应为数据集的字段代码或编号",
                "`dataset` must be a column code or number",
            ));
        }
    }
    Ok(())
}

fn action<'a>(members: &mut Members<'a>, scan: &mut Scan<'a>, base: usize) -> Result<(), Fault> {
    let token = scan.value()?;
    let at = base + token.at;
    let is_text = matches!(token.kind, TokenKind::String { .. });
    let action = match token.unescape()?.as_ref() {
        "upsert" if is_text => Some(Action::Upsert),
        "correct" if is_text => Some(Action::Correct),
        "withdraw" if is_text => Some(Action::Withdraw),
        _ => None,
    };
    if members.action.is_some() {
        members.problem.get_or_insert(twice(at, "action"));
    } else if action.is_none() {
        members.problem.get_or_insert(shape(
            at,
            &describe(&token).zh,
            ("upsert、correct 或 withdraw", "upsert, correct or withdraw"),
            "action 应为 upsert、correct 或 withdraw",
            "`action` must be upsert, correct or withdraw",
        ));
    }
    members.action = members.action.or(action);
    Ok(())
}

/// Why a record is corrected or taken back.
pub(super) fn reason<'a>(
    members: &mut Members<'a>,
    scan: &mut Scan<'a>,
    base: usize,
) -> Result<(), Fault> {
    let token = scan.value()?;
    let at = base + token.at;
    if members.reason.is_some() {
        members.problem.get_or_insert(twice(at, "reason"));
    } else if matches!(token.kind, TokenKind::String { .. }) {
        members.reason = Some(token.unescape()?);
    } else {
        members.problem.get_or_insert(shape(
            at,
            &describe(&token).zh,
            ("文本", "a text"),
            "reason 应为文本",
            "`reason` must be a text",
        ));
    }
    Ok(())
}

fn flex<'a>(members: &mut Members<'a>, scan: &mut Scan<'a>, base: usize) -> Result<(), Fault> {
    let token = scan.value()?;
    if members.flex.is_some() {
        members
            .problem
            .get_or_insert(twice(base + token.at, "flex"));
    }
    if token.kind == TokenKind::Object {
        members.flex = Some(token.text);
    } else {
        members.problem.get_or_insert(shape(
            base + token.at,
            &describe(&token).zh,
            ("JSON 对象", "an object"),
            "flex 应为 JSON 对象",
            "`flex` must be a JSON object",
        ));
    }
    Ok(())
}

/// Reads the fields at once when their data set is known, otherwise remembers where they stand.
fn data<'s, 'a>(
    session: &mut Session<'_, 's, 'a>,
    members: &mut Members<'a>,
    scan: &mut Scan<'a>,
    base: usize,
    at: usize,
) -> Result<Option<Filler<'s, 'a>>, Fault> {
    let is_object = match scan.peek() {
        Some(b'{') => true,
        Some(b'[') => session.adapter.profile.wire.shape == Shape::Pairs,
        _ => false,
    };
    let place = scan.position();
    let repeated = std::mem::replace(&mut members.has_data, true);
    if is_object
        && !repeated
        && let Some((name, named_at)) = &members.dataset
        && let Ok(known) = session.dataset(Some(name), *named_at)
    {
        return fill(session, scan, known, base, at).map(Some);
    }
    let token = scan.value()?;
    if repeated {
        members.problem.get_or_insert(twice(base + place, "data"));
    } else if is_object {
        members.data = Some(place);
    } else {
        members.problem.get_or_insert(shape(
            base + place,
            &describe(&token).zh,
            ("JSON 对象", "an object"),
            "data 应为 JSON 对象",
            "`data` must be a JSON object",
        ));
    }
    Ok(None)
}

/// Reads an object of fields into a record.
pub(super) fn fill<'s, 'a>(
    session: &mut Session<'_, 's, 'a>,
    scan: &mut Scan<'a>,
    known: Known<'s>,
    base: usize,
    at: usize,
) -> Result<Filler<'s, 'a>, Fault> {
    if scan.peek() == Some(b'[') {
        return pairs::fill(session, scan, known, base, at);
    }
    let mut filler = Filler::new(known.plan, known.dataset, at);
    let mut order = session.order(known.place);
    scan.open(b'{', "`{`")?;
    let mut members = 0;
    let mut next = 0;
    while scan.more(members == 0, b'}')? {
        members += 1;
        if members > session.limits.fields {
            let limit = session.limits.fields;
            return Err(Fault::limit(scan.position(), "fields", limit, members));
        }
        let (name, target) = if let Some(found) = expected(scan, &order, &mut next) {
            found
        } else {
            let (name, _) = scan.key()?;
            let target = known.plan.find(&name);
            if let Cow::Borrowed(name) = name
                && target != Target::Unknown
                && order.len() <= 2 * known.dataset.fields.len()
            {
                order.insert(next, (name, target));
                next += 1;
            }
            (name, target)
        };
        if let Target::Field(field) = target
            && let Some((text, place)) = scan.plain()
        {
            filler.set(
                field,
                Input {
                    text: Cow::Borrowed(text),
                    kind: Kind::Text,
                    at: base + place,
                    mapped: None,
                },
            );
            continue;
        }
        let token = scan.value()?;
        if let Some(input) = input(&token, target, known, base)? {
            filler.put(target, name, input);
        }
    }
    session.learn(known.place, order);
    Ok(filler)
}

/// The name of the next member, if it is one of those that followed here in the last record.
#[inline]
fn expected<'a>(
    scan: &mut Scan<'a>,
    order: &[(&'a str, Target)],
    next: &mut usize,
) -> Option<(Cow<'a, str>, Target)> {
    const LOOK_AHEAD: usize = 4;
    for (skipped, (name, target)) in order.iter().skip(*next).take(LOOK_AHEAD).enumerate() {
        if scan.key_is(name) {
            *next += skipped + 1;
            return Some((Cow::Borrowed(name), *target));
        }
    }
    None
}

/// A token as a value of a field; none when it is absent.
#[inline]
pub(super) fn input<'a>(
    token: &Token<'a>,
    target: Target,
    known: Known<'_>,
    base: usize,
) -> Result<Option<Input<'a>>, Fault> {
    let (text, kind) = match token.kind {
        TokenKind::Null => return Ok(None),
        TokenKind::String { escaped: false } => (Cow::Borrowed(token.text), Kind::Text),
        TokenKind::String { escaped: true } => (token.unescape()?, Kind::Text),
        TokenKind::Number => (Cow::Borrowed(token.text), Kind::Number),
        TokenKind::Bool => (Cow::Borrowed(token.text), Kind::Bool),
        TokenKind::Object => (Cow::Borrowed(token.text), Kind::Nested),
        TokenKind::List => return list(token, target, known, base),
    };
    Ok(Some(Input {
        text,
        kind,
        at: base + token.at,
        mapped: None,
    }))
}

/// A list of plain values is the list of a field that takes several; anything else stays nested.
fn list<'a>(
    token: &Token<'a>,
    target: Target,
    known: Known<'_>,
    base: usize,
) -> Result<Option<Input<'a>>, Fault> {
    let mut input = Input {
        text: Cow::Borrowed(token.text),
        kind: Kind::Nested,
        at: base + token.at,
        mapped: None,
    };
    let field = match target {
        Target::Field(field) | Target::Shaped(field) => known.dataset.field(field),
        _ => None,
    };
    let Some(field) = field.filter(|field| field.list) else {
        return Ok(Some(input));
    };
    let mut items = Vec::new();
    let mut scan = Scan::new(token.text, usize::MAX, usize::MAX);
    scan.open(b'[', "`[`")?;
    while scan.more(items.is_empty(), b']')? {
        let item = scan.value()?;
        let plain = matches!(item.kind, TokenKind::String { .. } | TokenKind::Number);
        let text = item
            .unescape()
            .map_err(|fault| super::moved(fault, token.at))?;
        if !plain || text.contains(';') {
            return Ok(Some(input));
        }
        items.push(text);
    }
    if items.is_empty() {
        return Ok(None);
    }
    input.kind = Kind::Text;
    replace(
        &mut input,
        field,
        items.join(";"),
        spec::Reason::ListSeparator,
    );
    Ok(Some(input))
}
