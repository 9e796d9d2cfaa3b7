//! XML as a few events whose offsets are those of the original bytes, whatever their character set.
//!
//! GB18030 is decoded as a whole first, because its second bytes may look like `]` or like letters; a
//! cursor that walks both texts in step keeps the offsets. Document types, entities other than the five
//! of XML, and everything else that a record does not need are refused.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::errors::Error;
use quick_xml::events::Event;
use spec::Message;

use super::charset;
use super::error::{Fault, FaultKind};
use super::issue::cut;
use super::{Limits, Session};
use crate::profile::Charset;

/// An element or a piece of text; `at` is the offset in the original bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece<'t> {
    /// `<name …>`, with its attributes.
    Start {
        name: &'t str,
        attributes: Vec<(String, String)>,
        at: usize,
    },
    /// `</name>`, or the end of `<name/>`.
    End,
    /// Text between tags, with references resolved; parts of one text may come one by one.
    Text { text: Cow<'t, str>, at: usize },
    /// The end of the document.
    Eof,
}

/// What stands in an element.
pub(crate) struct Content<'t> {
    pub text: Cow<'t, str>,
    /// Offset of the first piece of text that is more than white space, or follows such a piece.
    pub at: Option<usize>,
    pub nested: bool,
}

/// Reads a document piece by piece.
pub(crate) struct Markup<'t> {
    reader: Reader<&'t [u8]>,
    text: &'t str,
    places: Places<'t>,
    depth: usize,
    limits: &'t Limits,
    charset: Charset,
    /// An empty element was handed out as a start; its end comes next.
    pending_end: bool,
    has_root: bool,
}

/// Decodes a document for [`Markup`]; gives the text and the offset at which it begins.
pub(crate) fn text<'d>(
    session: &Session<'_, '_, '_>,
    document: &'d [u8],
) -> Result<(Cow<'d, str>, usize), Fault> {
    let wanted = session.adapter.profile.wire.charset;
    let (start, charset) = charset::any_mark(document).unwrap_or((0, wanted));
    if charset != wanted {
        let name = charset.name();
        let found = (
            format!("文件开头是 {name} 的标记"),
            format!("a mark of {name} at the start of the document"),
        );
        return Err(Fault::charset(0, found, wanted.name()));
    }
    let bytes = document.get(start..).unwrap_or_default();
    // The declaration is plain ASCII in either character set: a contradiction is told before bytes that
    // only look broken because of it.
    declared(bytes, start, wanted)?;
    let text = charset::decode(bytes, charset).map_err(|mut fault| {
        fault.at += start;
        fault
    })?;
    if let Some(nul) = text.find('\0') {
        let at = Places::new(&text, bytes, start, charset).find(nul);
        return Err(Fault::unreadable(
            at,
            ("空字节（NUL）", "a NUL byte"),
            ("字符", "a character"),
        ));
    }
    Ok((text, start))
}

const OUTSIDE: (&str, &str) = ("元素之外有文字", "text outside of all elements");
pub(crate) const CLOSING: (&str, &str) = ("结束标记", "its closing tag");
/// How far into a document its declaration may reach.
const DECLARATION: usize = 200;

/// Sees that the character set in the XML declaration is that of the source.
fn declared(bytes: &[u8], start: usize, wanted: Charset) -> Result<(), Fault> {
    let Some(rest) = bytes.strip_prefix(b"<?xml") else {
        return Ok(());
    };
    let rest = rest.get(..DECLARATION).unwrap_or(rest);
    let end = memchr::memmem::find(rest, b"?>").unwrap_or(0);
    let declaration = rest.get(..end).unwrap_or_default();
    let Some(place) = memchr::memmem::find(declaration, b"encoding") else {
        return Ok(());
    };
    let value = declaration
        .get(place + "encoding".len()..)
        .unwrap_or_default();
    let mut parts = value.split(|byte| matches!(byte, b'"' | b'\''));
    let name = String::from_utf8_lossy(parts.nth(1).unwrap_or_default()).to_ascii_lowercase();
    let fits = match wanted {
        Charset::Utf8 => matches!(name.as_str(), "utf-8" | "utf8"),
        Charset::Gb18030 => matches!(name.as_str(), "gb18030" | "gbk" | "gb2312"),
    };
    if fits {
        return Ok(());
    }
    let at = start + "<?xml".len() + place;
    let name = cut(&name);
    let found = (
        format!("XML 声明的编码为 {name:?}"),
        format!("the declaration says encoding {name:?}"),
    );
    Err(Fault::charset(at, found, wanted.name()))
}

impl<'t> Markup<'t> {
    /// Reads a text that was decoded from `document` (from `start`).
    pub fn new(
        session: &Session<'_, '_, '_>,
        text: &'t str,
        document: &'t [u8],
        start: usize,
        limits: &'t Limits,
    ) -> Self {
        let mut reader = Reader::from_str(text);
        reader.config_mut().check_end_names = true;
        let charset = session.adapter.profile.wire.charset;
        let bytes = document.get(start..).unwrap_or_default();
        Markup {
            reader,
            text,
            places: Places::new(text, bytes, start, charset),
            depth: 0,
            limits,
            charset,
            pending_end: false,
            has_root: false,
        }
    }

    /// The next piece.
    pub fn next(&mut self) -> Result<Piece<'t>, Fault> {
        if std::mem::take(&mut self.pending_end) {
            self.depth -= 1;
            return Ok(Piece::End);
        }
        loop {
            let from = self.reader.buffer_position() as usize;
            let event = match self.reader.read_event() {
                Ok(event) => event,
                Err(error) => return Err(self.unreadable(&error)),
            };
            match event {
                Event::Start(tag) => return self.start(&tag, from, false),
                Event::Empty(tag) => return self.start(&tag, from, true),
                Event::End(_) => {
                    self.depth -= 1;
                    return Ok(Piece::End);
                }
                Event::Text(text) => {
                    let text = text.xml10_content();
                    if self.depth > 0 {
                        return self.piece(text, from);
                    }
                    if !text.trim().is_empty() {
                        let at = self.places.find(from);
                        return Err(Fault::unreadable(at, OUTSIDE, "`<`"));
                    }
                }
                Event::CData(data) if self.depth > 0 => {
                    let text = data.xml10_content();
                    return self.piece(text, from + "<![CDATA[".len());
                }
                Event::GeneralRef(reference) => {
                    let text = self.resolve(&reference, from)?;
                    return self.piece(Cow::Owned(text), from);
                }
                Event::DocType(_) => {
                    let construct = ("文档类型声明（DTD）", "a document type declaration (DTD)");
                    return Err(self.forbidden(construct, from));
                }
                Event::Comment(_) | Event::PI(_) | Event::Decl(_) => {}
                Event::CData(_) => {
                    let at = self.places.find(from);
                    return Err(Fault::unreadable(at, OUTSIDE, "`<`"));
                }
                Event::Eof if self.depth > 0 => {
                    let at = self.places.find(self.text.len());
                    let what = ("文件在元素中结束", "the document ends inside an element");
                    return Err(Fault::unreadable(at, what, CLOSING));
                }
                Event::Eof if !self.has_root => {
                    let at = self.places.find(self.text.len());
                    let what = ("文件中没有元素", "the document has no element");
                    return Err(Fault::unreadable(at, what, "`<`"));
                }
                Event::Eof => return Ok(Piece::Eof),
            }
        }
    }

    /// Reads to the end of an element that was just begun: its text, where it begins, and whether other
    /// elements stand in it (then the text is the raw content).
    pub fn content(&mut self) -> Result<Content<'t>, Fault> {
        let from = self.reader.buffer_position() as usize;
        let mut content = Content {
            text: Cow::Borrowed(""),
            at: None,
            nested: false,
        };
        let outside = self.depth - 1;
        loop {
            let end = self.reader.buffer_position() as usize;
            match self.next()? {
                Piece::Start { .. } => content.nested = true,
                Piece::Text { text, at } => {
                    let whole = content.text.len() + text.len();
                    if whole > self.limits.value {
                        let limit = self.limits.value;
                        return Err(Fault::limit(at, "bytes in a value", limit, whole));
                    }
                    if !content.text.is_empty() || !text.trim().is_empty() {
                        content.at.get_or_insert(at);
                    }
                    if content.text.is_empty() {
                        content.text = text;
                    } else {
                        content.text.to_mut().push_str(&text);
                    }
                }
                Piece::End if self.depth == outside => {
                    if content.nested {
                        content.text = Cow::Borrowed(self.text.get(from..end).unwrap_or_default());
                    }
                    return Ok(content);
                }
                Piece::End => {}
                Piece::Eof => return Ok(content),
            }
        }
    }

    fn start(
        &mut self,
        tag: &quick_xml::events::BytesStart<'_>,
        from: usize,
        empty: bool,
    ) -> Result<Piece<'t>, Fault> {
        let at = self.places.find(from);
        if self.depth == 0 && std::mem::replace(&mut self.has_root, true) {
            return Err(Fault::unreadable(
                at,
                ("第二个根元素", "a second root element"),
                ("文件结束", "the end of the document"),
            ));
        }
        self.depth += 1;
        if self.depth > self.limits.depth {
            return Err(Fault::limit(at, "levels", self.limits.depth, self.depth));
        }
        let mut attributes = Vec::new();
        for attribute in tag.attributes() {
            let attribute = attribute.map_err(|error| {
                let what = (format!("属性有误（{error}）"), error.to_string());
                let expected = (" 名称=\"值\" 形式的属性", "attributes as name=\"value\"");
                Fault::unreadable(at, what, expected)
            })?;
            let name = attribute.key.as_ref().to_owned();
            let value = attribute
                .normalized_value(quick_xml::XmlVersion::Implicit1_0)
                .map_err(|_| {
                    let expected = (
                        "只用 &lt; &gt; &amp; &quot; &apos; 和字符编号引用",
                        "only the references &lt; &gt; &amp; &quot; &apos; and characters by number",
                    );
                    let what = (
                        format!("属性 {name} 含有其他引用"),
                        format!("attribute {name} with another reference"),
                    );
                    Fault::unreadable(at, what, expected)
                })?;
            if attributes.len() >= self.limits.fields {
                let limit = self.limits.fields;
                return Err(Fault::limit(at, "fields", limit, limit + 1));
            }
            attributes.push((name, value.into_owned()));
        }
        self.pending_end = empty;
        // The name follows the angle, as long as the reader says.
        let (start, length) = (from + 1, tag.name().as_ref().len());
        let name = self.text.get(start..start + length).unwrap_or_default();
        Ok(Piece::Start {
            name,
            attributes,
            at,
        })
    }

    fn piece(&mut self, text: Cow<'t, str>, from: usize) -> Result<Piece<'t>, Fault> {
        let at = self.places.find(from);
        if text.len() > self.limits.value {
            let limit = self.limits.value;
            return Err(Fault::limit(at, "bytes in a value", limit, text.len()));
        }
        Ok(Piece::Text { text, at })
    }

    fn resolve(
        &mut self,
        reference: &quick_xml::events::BytesRef<'_>,
        from: usize,
    ) -> Result<String, Fault> {
        if reference.is_char_ref() {
            if let Ok(Some(c)) = reference.resolve_char_ref()
                && c != '\0'
            {
                return Ok(c.to_string());
            }
            let at = self.places.find(from);
            return Err(Fault::unreadable(
                at,
                ("不是字符的引用", "a reference to no character"),
                ("字符编号", "a character by number"),
            ));
        }
        let name: &str = reference;
        match name {
            "lt" => Ok("<".to_owned()),
            "gt" => Ok(">".to_owned()),
            "amp" => Ok("&".to_owned()),
            "quot" => Ok("\"".to_owned()),
            "apos" => Ok("'".to_owned()),
            _ => {
                let name = cut(name);
                let construct = (format!("实体 &{name};"), format!("the entity &{name};"));
                Err(self.forbidden(construct, from))
            }
        }
    }

    fn forbidden(&mut self, construct: impl Into<Message>, from: usize) -> Fault {
        Fault {
            at: self.places.find(from),
            kind: FaultKind::Forbidden(Box::new(construct.into())),
        }
    }

    fn unreadable(&mut self, error: &Error) -> Fault {
        let at = self.reader.error_position() as usize;
        let at = self.places.find(at);
        let charset = self.charset.name();
        let expected = (
            format!("格式良好的 XML（{charset}）"),
            format!("well-formed XML in {charset}"),
        );
        let what = (format!("XML 有误（{error}）"), error.to_string());
        Fault::unreadable(at, what, expected)
    }
}

/// Offsets of a decoded text in the bytes that it was decoded from. Questions must not go far back.
struct Places<'t> {
    text: &'t str,
    bytes: &'t [u8],
    start: usize,
    same: bool,
    at_text: usize,
    at_bytes: usize,
}

impl<'t> Places<'t> {
    fn new(text: &'t str, bytes: &'t [u8], start: usize, charset: Charset) -> Self {
        Places {
            text,
            bytes,
            start,
            same: charset == Charset::Utf8,
            at_text: 0,
            at_bytes: 0,
        }
    }

    /// Offset in the original document of an offset in the text.
    fn find(&mut self, at: usize) -> usize {
        if self.same {
            return self.start + at;
        }
        if at < self.at_text {
            (self.at_text, self.at_bytes) = (0, 0);
        }
        for c in self.text.get(self.at_text..).unwrap_or_default().chars() {
            if self.at_text >= at {
                break;
            }
            let rest = self.bytes.get(self.at_bytes..).unwrap_or_default();
            self.at_text += c.len_utf8();
            self.at_bytes += charset::gb18030_length(rest);
        }
        self.start + self.at_bytes
    }
}
