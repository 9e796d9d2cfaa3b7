//! Everything that is wrong with a profile, each mistake at its place: for whoever connects a source.
//!
//! Loading stops at the first mistake; this goes on. What the form of the file asks is asked of the reader itself,
//! again and again, each time without what it refused ([`shape`]), so that there is no second list of members to keep
//! in step. What the words mean is held against the editions ([`names`],
//! [`values`], [`clashes`] and the others), and what the profile itself makes impossible is told too.

mod blanks;
mod clashes;
mod levels;
mod names;
mod parts;
mod pull;
mod shape;
mod source;
mod tree;
mod values;
mod wire;

use std::sync::Arc;

use spec::{Edition, Message, Severity, Spec};

use super::Profile;
use crate::Adapter;
use tree::Tree;

/// One remark about a place in a profile.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Remark {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Characters that are meant, on that line; at least 1.
    pub width: usize,
    /// A hub refuses a profile with errors; a warning is what can hardly be meant.
    pub severity: Severity,
    /// Stable code, for example `field.unknown`.
    pub code: &'static str,
    /// What is wrong.
    pub message: Message,
    /// What to do, with what is near.
    pub help: Message,
}

/// All remarks about the text of a profile, by line and column. None: every hub with this specification loads it.
pub fn lint(text: &str, specification: &Spec) -> Vec<Remark> {
    let (tree, syntax) = Tree::parse(text);
    let mut page = Page {
        text,
        tree,
        remarks: Vec::new(),
    };
    let profile = shape::read(&mut page, syntax);
    if let Some(profile) = profile {
        let editions = Editions(&specification.editions);
        blanks::check(&mut page);
        source::check(&mut page, &profile);
        wire::check(&mut page, &profile, &editions);
        levels::check(&mut page, &profile, &editions);
        pull::check(&mut page, &profile, &editions);
        parts::check(&mut page, &profile, &editions);
        names::check(&mut page, &profile, &editions);
        values::check(&mut page, &profile, &editions);
        clashes::check(&mut page, &profile, &editions);
        refused(&mut page, profile, &editions);
    }
    let mut remarks = page.remarks;
    remarks.sort_by_key(|remark| (remark.line, remark.column, remark.code));
    remarks.dedup();
    remarks
}

/// What loading would refuse though nothing above saw it: a profile without an error here loads.
fn refused(page: &mut Page<'_>, profile: Profile, editions: &Editions<'_>) {
    let errors = |remark: &Remark| remark.severity == Severity::Error;
    if page.remarks.iter().any(errors) {
        return;
    }
    let fault = Profile::parse("", page.text).err().or_else(|| {
        let profile = Arc::new(profile);
        editions
            .0
            .iter()
            .find_map(|edition| Adapter::new(Arc::clone(&profile), Arc::clone(edition)).err())
    });
    if let Some(fault) = fault {
        let (found, expected) = (fault.found, fault.expected);
        page.remarks.push(Remark {
            line: fault.line as usize,
            column: fault.column as usize,
            width: 1,
            severity: Severity::Error,
            code: "profile.unfit",
            message: Message::new(
                format!("{found} 有误，应为 {expected}"),
                format!("found {found}, expected {expected}"),
            ),
            help: Message::new(
                "请按 adapters 的说明修改",
                "see the documentation of profiles",
            ),
        });
    }
}

/// A profile that is being looked at, and what was remarked so far.
struct Page<'t> {
    text: &'t str,
    tree: Tree<'t>,
    remarks: Vec<Remark>,
}

/// What is wrong or odd, before it has a place.
struct Said {
    severity: Severity,
    code: &'static str,
    message: Message,
    help: Message,
}

impl Said {
    fn error(code: &'static str, message: impl Into<Message>, help: impl Into<Message>) -> Self {
        Said {
            severity: Severity::Error,
            code,
            message: message.into(),
            help: help.into(),
        }
    }

    fn warning(code: &'static str, message: impl Into<Message>, help: impl Into<Message>) -> Self {
        Said {
            severity: Severity::Warning,
            ..Said::error(code, message, help)
        }
    }
}

impl Page<'_> {
    /// Remarks on the name of a member, found by the members that lead to it.
    fn at_name(&mut self, path: &[&str], said: Said) {
        let span = self.tree.name(path).unwrap_or(0..0);
        self.at(&span, said);
    }

    /// Remarks on the name of a member, if the profile has it.
    fn at_name_if_there(&mut self, path: &[&str], said: Said) {
        if let Some(span) = self.tree.name(path) {
            self.at(&span, said);
        }
    }

    /// Remarks on the value of a member, found by the members that lead to it.
    fn at_value(&mut self, path: &[&str], said: Said) {
        let span = self.tree.value(path).unwrap_or(0..0);
        self.at(&span, said);
    }

    /// Remarks on bytes of the text.
    fn at(&mut self, span: &std::ops::Range<usize>, said: Said) {
        let before = self.text.get(..span.start).unwrap_or_default();
        let on_line = before.rsplit('\n').next().unwrap_or_default();
        let meant = self.text.get(span.clone()).unwrap_or_default();
        let meant = meant.lines().next().unwrap_or_default();
        let Said {
            severity,
            code,
            message,
            help,
        } = said;
        self.remarks.push(Remark {
            line: 1 + before.matches('\n').count(),
            column: 1 + on_line.chars().count(),
            width: meant.chars().count().max(1),
            severity,
            code,
            message,
            help,
        });
    }
}

/// The editions that a profile is held against; what one of them knows is known.
struct Editions<'e>(&'e [Arc<Edition>]);

impl<'e> Editions<'e> {
    /// The data sets of all editions, each once for each edition that has it.
    fn datasets(&self) -> impl Iterator<Item = &'e spec::Dataset> {
        self.0.iter().flat_map(|edition| &edition.datasets)
    }

    /// The data sets of that name.
    fn dataset(&self, name: &str) -> Vec<&'e spec::Dataset> {
        let editions = self.0.iter();
        editions
            .filter_map(|edition| edition.dataset(name))
            .collect()
    }

    /// All fields of that name.
    fn fields(&self, name: &str) -> Vec<&'e spec::Field> {
        let sets = self.datasets();
        sets.filter_map(|set| set.field(set.field_index(name)?))
            .collect()
    }
}

/// The names nearest to a wrong one, as advice.
fn near<'n>(wanted: &str, names: impl IntoIterator<Item = &'n str>, none: (&str, &str)) -> Message {
    let near = spec::validate::nearest_names(wanted, names, 3);
    if near.is_empty() {
        return Message::new(none.0.to_owned(), none.1.to_owned());
    }
    let near = near.join(", ");
    Message::new(format!("相近的有 {near}"), format!("near it: {near}"))
}

#[cfg(test)]
mod spoilt;
#[cfg(test)]
mod tests;
