//! The members of a profile with their places in its text.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::super::Profile;

/// A profile as members with places.
pub(super) struct Tree<'t> {
    root: Spanned<DeTable<'t>>,
}

/// The way to a member: names, and places in lists.
pub(super) type Way = Vec<String>;

impl<'t> Tree<'t> {
    /// Reads a text as far as it can be read, with all faults of its syntax.
    pub fn parse(text: &'t str) -> (Self, Vec<toml::de::Error>) {
        let (root, faults) = DeTable::parse_recoverable(text);
        (Tree { root }, faults)
    }

    /// Reads the members as a profile.
    pub fn profile(&self) -> Result<Profile, toml::de::Error> {
        serde::Deserialize::deserialize(toml::de::Deserializer::from(self.root.clone()))
    }

    /// Where the name of a member stands.
    pub fn name(&self, path: &[&str]) -> Option<Range<usize>> {
        let (last, way) = path.split_last()?;
        match self.find(way)? {
            Node::Table(table) => Some(table.get_key_value(*last)?.0.span()),
            Node::Value(_) => self.value(path),
        }
    }

    /// Where the plain value, or the list, of a member stands.
    pub fn value(&self, path: &[&str]) -> Option<Range<usize>> {
        match self.find(path)? {
            Node::Value(value) => Some(value.span()),
            Node::Table(_) => None,
        }
    }

    fn find<'s>(&'s self, path: &[&str]) -> Option<Node<'s, 't>> {
        let mut node = Node::Table(self.root.get_ref());
        for step in path {
            let value = match node {
                Node::Table(table) => table.get(*step)?,
                Node::Value(value) => match value.get_ref() {
                    DeValue::Array(items) => items.get(step.parse::<usize>().ok()?)?,
                    _ => return None,
                },
            };
            node = match value.get_ref() {
                DeValue::Table(table) => Node::Table(table),
                _ => Node::Value(value),
            };
        }
        Some(node)
    }

    /// The innermost member whose name or value holds a place.
    pub fn innermost(&self, place: &Range<usize>) -> Option<Way> {
        let mut best: Option<(usize, Way)> = None;
        self.each(&mut |way, name, value| {
            for span in name.into_iter().chain([&value.span()]) {
                let holds = span.start <= place.start && place.end <= span.end;
                let length = span.len();
                if holds && best.as_ref().is_none_or(|(least, _)| length <= *least) {
                    best = Some((length, way.clone()));
                }
            }
        });
        best.map(|(_, way)| way)
    }

    /// The table, or element of a list, of exactly that place; the profile itself has no way.
    pub fn table_at(&self, place: &Range<usize>) -> Option<Way> {
        let mut found = None;
        self.each(&mut |way, name, value| {
            if name == Some(place) || value.span() == *place {
                found = Some(way.clone());
            }
        });
        found
    }

    /// Shows every member and every item of a list, with the way to it, the place of its name (an item has none), and
    /// its value.
    pub fn each(&self, visit: &mut Each<'_, 't>) {
        each_in_table(self.root.get_ref(), &mut Vec::new(), visit);
    }

    /// Takes a member out.
    pub fn remove(&mut self, way: &[String]) -> bool {
        remove(self.root.get_mut(), way)
    }

    /// Puts a member of another profile in the place where this one lacks it.
    pub fn adopt(&mut self, way: &[String], other: &Tree<'t>) -> bool {
        let Some((last, above)) = way.split_last() else {
            return false;
        };
        let path: Vec<&str> = above.iter().map(String::as_str).collect();
        let Some(Node::Table(from)) = other.find(&path) else {
            return false;
        };
        let Some((key, value)) = from.get_key_value(last.as_str()) else {
            return false;
        };
        let Some(into) = table_mut(self.root.get_mut(), above) else {
            return false;
        };
        into.insert(key.clone(), value.clone());
        true
    }
}

enum Node<'s, 't> {
    Table(&'s DeTable<'t>),
    Value(&'s Spanned<DeValue<'t>>),
}

/// What is shown of a member.
pub(super) type Each<'v, 't> = dyn FnMut(&Way, Option<&Range<usize>>, &Spanned<DeValue<'t>>) + 'v;

fn each_in_table<'t>(table: &DeTable<'t>, way: &mut Way, visit: &mut Each<'_, 't>) {
    for (key, value) in table {
        way.push(key.get_ref().to_string());
        each_in_value(Some(&key.span()), value, way, visit);
        way.pop();
    }
}

fn each_in_value<'t>(
    key: Option<&Range<usize>>,
    value: &Spanned<DeValue<'t>>,
    way: &mut Way,
    visit: &mut Each<'_, 't>,
) {
    visit(way, key, value);
    match value.get_ref() {
        DeValue::Table(table) => each_in_table(table, way, visit),
        DeValue::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                way.push(place.to_string());
                each_in_value(None, item, way, visit);
                way.pop();
            }
        }
        _ => {}
    }
}

fn table_mut<'s, 't>(
    mut table: &'s mut DeTable<'t>,
    way: &[String],
) -> Option<&'s mut DeTable<'t>> {
    for step in way {
        match table.get_mut(step.as_str())?.get_mut() {
            DeValue::Table(inner) => table = inner,
            _ => return None,
        }
    }
    Some(table)
}

fn remove(table: &mut DeTable<'_>, way: &[String]) -> bool {
    match way {
        [] => false,
        [last] => table.remove(last.as_str()).is_some(),
        [first, rest @ ..] => match table.get_mut(first.as_str()).map(Spanned::get_mut) {
            Some(DeValue::Table(inner)) => remove(inner, rest),
            Some(DeValue::Array(items)) => remove_item(items, rest),
            _ => false,
        },
    }
}

fn remove_item(items: &mut toml::de::DeArray<'_>, way: &[String]) -> bool {
    let Some((step, rest)) = way.split_first() else {
        return false;
    };
    let Some(place) = step
        .parse::<usize>()
        .ok()
        .filter(|&place| place < items.len())
    else {
        return false;
    };
    if rest.is_empty() {
        let others = items
            .iter()
            .enumerate()
            .filter(|(number, _)| *number != place);
        *items = others.map(|(_, item)| item.clone()).collect();
        return true;
    }
    match items.get_mut(place).map(Spanned::get_mut) {
        Some(DeValue::Table(inner)) => remove(inner, rest),
        Some(DeValue::Array(inner)) => remove_item(inner, rest),
        _ => false,
    }
}
