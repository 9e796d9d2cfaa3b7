//! Finds the ends of the elements that are records, without reading what is in them.
//!
//! What no reader of XML takes (a document type, tags that do not match, a second root) is not cut any more: it is
//! left to the reader, which says what is wrong and where.

use crate::decode::{RecordElements, decode, gb18030_length};
use crate::profile::Charset;

/// Longest beginning by which constructs are told apart.
const CDATA: &[u8] = b"<![CDATA[";
const COMMENT: &[u8] = b"<!--";

/// Where in the document the last byte was.
#[derive(Debug)]
pub(super) struct ElementCuts {
    records: RecordElements,
    charset: Charset,
    /// Most levels around a record.
    depth: usize,
    /// Names of the open elements around records, in the bytes of the document.
    around: Vec<Vec<u8>>,
    has_root: bool,
    /// Levels that are open in the record that is looked through; none outside of records.
    inside: usize,
    /// How far the construct that is not complete yet was looked through, and the quote that is open in it.
    looked: usize,
    quote: Option<u8>,
    lost: bool,
}

/// What begins with `<`.
#[derive(Clone, Copy)]
enum Construct {
    Comment,
    CharacterData,
    Instruction,
    Closing,
    Tag,
    /// What no document of records has.
    Other,
}

impl ElementCuts {
    /// Cuts documents in a character set, in which so many levels may be open.
    pub fn new(records: RecordElements, charset: Charset, depth: usize) -> Self {
        ElementCuts {
            records,
            charset,
            depth,
            around: Vec::new(),
            has_root: false,
            inside: 0,
            looked: 0,
            quote: None,
            lost: false,
        }
    }

    /// What makes a document of a part that ends after the record that was just found.
    pub fn closing(&self) -> Vec<u8> {
        let names = self.around.iter().rev();
        names
            .flat_map(|name| [b"</", name.as_slice(), b">"].concat())
            .collect()
    }

    /// What makes a document of a part that begins there.
    pub fn opening(&self) -> Vec<u8> {
        let names = self.around.iter();
        names
            .flat_map(|name| [b"<", name.as_slice(), b">"].concat())
            .collect()
    }

    /// Whether elements are open, so that the file cannot end here.
    pub fn is_open(&self) -> bool {
        !self.around.is_empty() || self.inside > 0
    }

    /// Whether something was met that no reader takes.
    pub fn is_lost(&self) -> bool {
        self.lost
    }

    /// The place after the next record that stands in another element; goes on from `scanned`.
    pub fn find(&mut self, buffer: &[u8], scanned: &mut usize) -> Option<usize> {
        while !self.lost {
            let rest = buffer.get(*scanned..)?;
            let Some(open) = memchr::memchr(b'<', rest) else {
                *scanned = buffer.len();
                return None;
            };
            *scanned += open;
            let rest = rest.get(open..)?;
            let construct = Construct::of(rest)?;
            let length = self.length(construct, rest)?;
            (self.looked, self.quote) = (0, None);
            *scanned += length;
            let inner = rest.get(1..length - 1).unwrap_or_default();
            let ends = match construct {
                Construct::Closing => self.closes(inner.get(1..).unwrap_or_default()),
                Construct::Tag => self.opens(inner),
                _ => false,
            };
            if ends && !self.around.is_empty() {
                return Some(*scanned);
            }
        }
        None
    }

    /// Length of a construct, once all of it is there.
    fn length(&mut self, construct: Construct, rest: &[u8]) -> Option<usize> {
        let (begin, end): (_, &[u8]) = match construct {
            Construct::Comment => (COMMENT.len(), b"-->"),
            Construct::CharacterData => (CDATA.len(), b"]]>"),
            Construct::Instruction => (2, b"?>"),
            Construct::Closing => (2, b">"),
            Construct::Tag => return self.tag(rest),
            Construct::Other => {
                self.lost = true;
                return None;
            }
        };
        let from = self.looked.max(begin);
        if matches!(construct, Construct::CharacterData) && self.charset == Charset::Gb18030 {
            return self.characters(rest, from);
        }
        let found = memchr::memmem::find(rest.get(from..)?, end);
        self.looked = rest.len().saturating_sub(end.len() - 1).max(begin);
        Some(from + found? + end.len())
    }

    /// Length of a CDATA section in GB18030, where the second byte of a character may look like its end.
    fn characters(&mut self, rest: &[u8], mut from: usize) -> Option<usize> {
        loop {
            self.looked = from;
            let next = rest.get(from..).filter(|next| next.len() >= 4);
            // The end of the file may be nearer than the longest character.
            let next = next.or_else(|| rest.get(from..).filter(|next| *next == b"]]>"))?;
            if next.starts_with(b"]]>") {
                return Some(from + 3);
            }
            from += gb18030_length(next);
        }
    }

    /// Length of a tag, whose quoted values may hold any character.
    fn tag(&mut self, rest: &[u8]) -> Option<usize> {
        let mut at = self.looked.max(1);
        while let Some(left) = rest.get(at..) {
            let found = match self.quote {
                Some(quote) => memchr::memchr(quote, left),
                None => memchr::memchr3(b'>', b'"', b'\'', left),
            };
            let Some(found) = found else { break };
            at += found + 1;
            match (self.quote, rest.get(at - 1)) {
                (None, Some(b'>')) => return Some(at),
                (None, quote) => self.quote = quote.copied(),
                (Some(_), _) => self.quote = None,
            }
            self.looked = at;
        }
        self.looked = rest.len();
        None
    }

    /// Takes a start tag without its angles; says whether it is a whole record.
    fn opens(&mut self, tag: &[u8]) -> bool {
        let is_empty = tag.ends_with(b"/");
        if self.inside > 0 {
            self.inside += usize::from(!is_empty);
            return false;
        }
        if self.around.is_empty() && std::mem::replace(&mut self.has_root, true) {
            self.lost = true;
            return false;
        }
        let ends = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'/';
        let end = tag.iter().position(ends).unwrap_or(tag.len());
        let name = tag.get(..end).unwrap_or_default();
        let is_record =
            decode(name, self.charset).is_ok_and(|name| self.records.dataset(&name).is_some());
        if is_record {
            self.inside = usize::from(!is_empty);
            return is_empty;
        }
        if !is_empty {
            self.around.push(name.to_vec());
            self.lost = self.around.len() > self.depth;
        }
        false
    }

    /// Takes the name in a closing tag; says whether a record ends there.
    fn closes(&mut self, name: &[u8]) -> bool {
        if self.inside > 0 {
            self.inside -= 1;
            return self.inside == 0;
        }
        let opened = self.around.pop();
        self.lost = opened.as_deref() != Some(name.trim_ascii_end());
        false
    }
}

impl Construct {
    /// What begins here; none while too few bytes are there to tell.
    fn of(rest: &[u8]) -> Option<Construct> {
        match rest {
            [] | [_] | [_, b'?'] => None,
            [_, b'?', b'>', ..] => Some(Construct::Other),
            [_, b'?', ..] => Some(Construct::Instruction),
            [_, b'/', ..] => Some(Construct::Closing),
            [_, b'!', ..] if rest.starts_with(COMMENT) => Some(Construct::Comment),
            [_, b'!', ..] if rest.starts_with(CDATA) => Some(Construct::CharacterData),
            [_, b'!', ..] if COMMENT.starts_with(rest) || CDATA.starts_with(rest) => None,
            [_, b'!', ..] => Some(Construct::Other),
            _ => Some(Construct::Tag),
        }
    }
}
