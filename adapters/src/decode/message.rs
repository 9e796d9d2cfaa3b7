//! The provincial message: a title that says what is done to which record, the record, and its files.

use std::borrow::Cow;

use spec::{Action, Input, Issue, Kind};

use super::AttachmentRef;
use super::elements::MESSAGE;
use super::error::Fault;
use super::issue::{cut, shape};
use super::markup::{self, Markup, Piece};
use super::session::{Known, Session};
use super::xml::kept;
use crate::mapping::Filler;

/// A text with the offset at which it stands.
type Placed = (String, usize);

/// One message, before it is looked at as a whole.
#[derive(Default)]
struct Message<'t> {
    at: usize,
    kind: Option<Placed>,
    number: Option<Placed>,
    code: Option<Placed>,
    key: Option<Placed>,
    reason: Option<Placed>,
    has_title: bool,
    has_context: bool,
    fields: Vec<(&'t str, Input<'static>)>,
    files: Vec<AttachmentRef>,
    problem: Option<Issue>,
}

/// Reads a document: one message, or several under one root.
pub(crate) fn read<'a>(session: &mut Session<'_, '_, 'a>, document: &'a [u8]) -> Result<(), Fault> {
    let (text, start) = markup::text(session, document)?;
    let mut markup = Markup::new(session, &text, document, start, session.limits);
    let record = session.adapter.profile.wire.record.as_deref();
    let record = record.unwrap_or(MESSAGE);
    let mut any = false;
    let mut root = None;
    loop {
        match markup.next()? {
            Piece::Start { name, at, .. } if name == record => {
                session.count(at)?;
                let message = message(session, &mut markup, at)?;
                any = true;
                hand_on(session, message);
                if session.stopped {
                    break;
                }
            }
            Piece::Start { name, at, .. } if root.is_none() => root = Some((name, at)),
            Piece::Start { name, at, .. } => {
                let name = cut(name);
                let what = (format!("遇到 <{name}>"), format!("found <{name}>"));
                return Err(Fault::unreadable(at, what, format!("<{record}>")));
            }
            Piece::Eof => break,
            Piece::End | Piece::Text { .. } => {}
        }
    }
    // A later part of a file may hold what follows its last message, and nothing else.
    let is_rest = session.hint.origin.prefix > 0;
    if let (Some((name, at)), false) = (root, any || is_rest) {
        let found = ("其中没有报文", "without a message in it");
        return Err(Fault::envelope(at, cut(name), found, format!("<{record}>")));
    }
    // A message names its record, not the sending of it: two changes of one record have the same key. So the bytes
    // themselves identify what was sent.
    Ok(())
}

impl Message<'_> {
    fn problem(&mut self, problem: Issue) {
        self.problem.get_or_insert(problem);
    }
}

/// Reads the parts of a message whose tag was just read.
fn message<'t>(
    session: &Session<'_, '_, '_>,
    markup: &mut Markup<'t>,
    at: usize,
) -> Result<Message<'t>, Fault> {
    let mut message = Message {
        at,
        ..Message::default()
    };
    loop {
        match markup.next()? {
            Piece::Start { name, at, .. } => match name {
                "TITLE" if !message.has_title => title(session, &mut message, markup)?,
                "CONTEXT" if !message.has_context => context(session, &mut message, markup, at)?,
                "FILECONTEXT" | "FILE" => files(session, &mut message, markup, at)?,
                _ => {
                    markup.content()?;
                    message.problem(shape(
                        at,
                        name,
                        (
                            "一个 TITLE、一个 CONTEXT、FILECONTEXT",
                            "one TITLE, one CONTEXT, FILECONTEXT",
                        ),
                        "报文中有不认识或重复的部分",
                        "the message has a part that is unknown or repeated",
                    ));
                }
            },
            Piece::Text { text, at } if !text.trim().is_empty() => message.problem(shape(
                at,
                &text,
                "TITLE, CONTEXT, FILECONTEXT",
                "报文各部分之间有多余文字",
                "there is text between the parts of the message",
            )),
            Piece::Text { .. } => {}
            Piece::End | Piece::Eof => return Ok(message),
        }
    }
}

fn title(
    session: &Session<'_, '_, '_>,
    message: &mut Message<'_>,
    markup: &mut Markup<'_>,
) -> Result<(), Fault> {
    let reason = session.adapter.profile.wire.reason.as_deref();
    message.has_title = true;
    loop {
        match markup.next()? {
            Piece::Start { name, at, .. } => {
                let content = markup.content()?;
                let at = content.at.unwrap_or(at);
                let slot = match name {
                    "DATA_TYPE" => &mut message.kind,
                    "DATA_NO" => &mut message.number,
                    "DATA_EN" => &mut message.code,
                    "DATA_KEY" => &mut message.key,
                    name if Some(name) == reason => &mut message.reason,
                    _ => continue,
                };
                let text = content.text.trim();
                if slot.is_some() {
                    message.problem(shape(
                        at,
                        name,
                        ("只出现一次", "one of a name"),
                        "报文标题中的项重复",
                        "a part of the title is repeated",
                    ));
                } else if !text.is_empty() {
                    *slot = Some((text.to_owned(), at));
                }
            }
            Piece::Text { .. } => {}
            Piece::End | Piece::Eof => return Ok(()),
        }
    }
}

fn context<'t>(
    session: &Session<'_, '_, '_>,
    message: &mut Message<'t>,
    markup: &mut Markup<'t>,
    at: usize,
) -> Result<(), Fault> {
    message.has_context = true;
    let mut elements = 0;
    loop {
        match markup.next()? {
            Piece::Start { name, at, .. } => {
                elements += 1;
                bounded(session, elements, at)?;
                if let Some(input) = input(markup, at)? {
                    message.fields.push((name, input));
                }
            }
            Piece::Text { text, .. } if text.trim().is_empty() => {}
            Piece::Text { text, at } => message.problem(shape(
                at,
                &text,
                ("以数据项命名的元素", "elements named after fields"),
                "CONTEXT 中有不属于任何数据项的文字",
                "there is text in CONTEXT that belongs to no field",
            )),
            Piece::End => return Ok(()),
            Piece::Eof => return Err(Fault::unreadable(at, "CONTEXT", markup::CLOSING)),
        }
    }
}

/// Sees that an element has no more parts than a record has fields at most.
pub(crate) fn bounded(session: &Session<'_, '_, '_>, parts: usize, at: usize) -> Result<(), Fault> {
    let limit = session.limits.fields;
    if parts > limit {
        return Err(Fault::limit(at, "fields", limit, parts));
    }
    Ok(())
}

/// The content of the element of a field; none when it is empty.
pub(crate) fn input(markup: &mut Markup<'_>, at: usize) -> Result<Option<Input<'static>>, Fault> {
    let content = markup.content()?;
    if content.text.trim().is_empty() {
        return Ok(None);
    }
    Ok(Some(Input {
        text: Cow::Owned(content.text.into_owned()),
        kind: if content.nested {
            Kind::Nested
        } else {
            Kind::Text
        },
        at: content.at.unwrap_or(at),
        mapped: None,
    }))
}

fn files(
    session: &Session<'_, '_, '_>,
    message: &mut Message<'_>,
    markup: &mut Markup<'_>,
    at: usize,
) -> Result<(), Fault> {
    loop {
        match markup.next()? {
            Piece::Start { at, .. } => {
                bounded(session, message.files.len() + 1, at)?;
                let file = file(markup)?;
                message.files.push(file);
            }
            Piece::Text { .. } => {}
            Piece::End => return Ok(()),
            Piece::Eof => return Err(Fault::unreadable(at, "FILECONTEXT", markup::CLOSING)),
        }
    }
}

fn file(markup: &mut Markup<'_>) -> Result<AttachmentRef, Fault> {
    let mut file = AttachmentRef::default();
    loop {
        match markup.next()? {
            Piece::Start { name, .. } => {
                let text = markup.content()?.text.trim().to_owned();
                match name {
                    "FILE_EN_NAME" => file.name = text,
                    "FILE_NAME" => file.file = text,
                    "BINARY_CONTENT" => file.path = text,
                    "IS_DELETE" => file.deleted = text == "1",
                    _ => {}
                }
            }
            Piece::Text { .. } => {}
            Piece::End | Piece::Eof => return Ok(file),
        }
    }
}

/// Looks at a message as a whole, and hands on the record that it carries.
fn hand_on(session: &mut Session<'_, '_, '_>, mut message: Message<'_>) {
    let at = message.at;
    let code = message.code.as_ref().or(message.number.as_ref());
    let name = code.map(|(text, _)| text.clone());
    let named_at = code.map_or(at, |(_, at)| *at);
    if let Some(problem) = message.problem.take() {
        return session.unusable(at, name, problem);
    }
    let known = match session.dataset(name.as_deref(), named_at) {
        Ok(known) => known,
        Err(problem) => return session.unusable(at, name, *problem),
    };
    let action = match judge(&message, known) {
        Ok(action) => action,
        Err(problem) => {
            return session.unusable(at, Some(known.dataset.id.clone()), *problem);
        }
    };
    let mut filler = Filler::new(known.plan, known.dataset, at);
    filler.record.action = action;
    filler.record.reason = message.reason.map(|(reason, _)| Cow::Owned(reason));
    for (name, input) in message.fields {
        let target = known.plan.find(name);
        filler.put(target, kept(target, name), input);
    }
    match filler.finish() {
        Ok(mut record) => {
            let files = message.files.iter().filter(|file| !file.deleted);
            record.attachments = Some(files.map(|file| file.file.clone()).collect());
            let key = message.key.map(|(key, _)| Cow::Owned(key));
            session.record(record, None, message.files, key);
        }
        Err(problem) => session.unusable(at, Some(known.dataset.id.clone()), *problem),
    }
}

/// What the title wants, if title and record fit together.
fn judge(message: &Message, known: Known<'_>) -> Result<Action, Box<Issue>> {
    let at = message.at;
    if let Some((number, number_at)) = &message.number
        && number.parse() != Ok(known.dataset.code)
    {
        return Err(Box::new(shape(
            *number_at,
            number,
            known.dataset.code.to_string(),
            "DATA_NO 与 DATA_EN 不是同一数据集",
            "DATA_NO and DATA_EN are not the same data set",
        )));
    }
    let (kind, kind_at) = match &message.kind {
        Some((kind, at)) => (kind.as_str(), *at),
        None => ("", at),
    };
    let action = match kind {
        "1" => Action::Upsert,
        "2" => Action::Correct,
        "3" => Action::Withdraw,
        _ => {
            return Err(Box::new(shape(
                kind_at,
                kind,
                (
                    "1（新增）、2（修改）或 3（删除）",
                    "1 (add), 2 (change) or 3 (delete)",
                ),
                "DATA_TYPE 应为 1（新增）、2（修改）或 3（删除）",
                "DATA_TYPE must be 1 (add), 2 (change) or 3 (delete)",
            )));
        }
    };
    if message.key.is_none() {
        return Err(Box::new(shape(
            at,
            "",
            "DATA_KEY",
            "报文标题缺少 DATA_KEY",
            "the title has no DATA_KEY",
        )));
    }
    if action != Action::Withdraw && !message.has_context {
        return Err(Box::new(shape(
            at,
            "",
            "CONTEXT",
            "报文缺少 CONTEXT",
            "the message has no CONTEXT",
        )));
    }
    Ok(action)
}

#[cfg(test)]
mod tests;
