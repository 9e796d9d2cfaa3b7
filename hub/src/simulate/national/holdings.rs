//! What the platform holds, for whoever compares books: every version that it accepted, found by the hub's numbers.
//!
//! Entries, digests and the walk are those of [`crate::close`]. Faults are planted here and nowhere else: what is
//! judged against stays true.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::close::tree::{Entry, Prefix, Summary, Tree};
use crate::close::walk::NodeText;
use crate::tlog::Hash;

/// A record version that is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Holding {
    /// The hub's number of the version.
    pub version: i64,
    /// Column code of the data set.
    pub data_set: String,
    /// Which record, hexadecimal.
    pub id: String,
    /// What it says, hexadecimal.
    pub content: String,
}

/// What an entry is, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct About {
    data_set: String,
    version: i64,
}

/// All that is held.
#[derive(Default)]
pub(super) struct Holdings {
    /// By the hub's number and a place among those of the same number.
    held: BTreeMap<(i64, u32), (Arc<str>, Entry)>,
    names: HashMap<String, Arc<str>>,
    /// The set that was asked about last: a walk asks many times about the same.
    last: Mutex<Option<Arc<View>>>,
}

/// The set of a range of numbers.
pub(super) struct View {
    range: Range<i64>,
    tree: Tree,
    about: HashMap<Hash, (Arc<str>, i64)>,
}

impl Holdings {
    /// How many versions are held.
    pub fn count(&self) -> usize {
        self.held.len()
    }

    /// Holds a version. Nothing happens when its digests are no digests: only a damaged journal has such.
    pub fn hold(&mut self, holding: &Holding) {
        let (Ok(id), Ok(content)) = (
            Hash::from_hex(&holding.id),
            Hash::from_hex(&holding.content),
        ) else {
            return;
        };
        let name = self.names.entry(holding.data_set.clone());
        let name = Arc::clone(name.or_insert_with(|| holding.data_set.as_str().into()));
        let version = holding.version;
        let newest = self.held.range((version, 0)..=(version, u32::MAX)).last();
        let place = newest.map_or(0, |((_, place), _)| place.saturating_add(1));
        self.held
            .insert((version, place), (name, Entry { id, content }));
        *self.last() = None;
    }

    /// The set of the versions whose numbers are in a range.
    pub fn view(&self, range: Range<i64>) -> Arc<View> {
        let mut last = self.last();
        if let Some(view) = last.as_ref().filter(|view| view.range == range) {
            return Arc::clone(view);
        }
        // An empty range, or one that runs backwards, holds nothing.
        let until = range.end.max(range.start);
        let held = || self.held.range((range.start, 0)..(until, 0));
        let view = Arc::new(View {
            tree: held().map(|(_, (_, entry))| *entry).collect(),
            about: held()
                .map(|((version, _), (name, entry))| (entry.id, (Arc::clone(name), *version)))
                .collect(),
            range,
        });
        *last = Some(Arc::clone(&view));
        view
    }

    fn last(&self) -> std::sync::MutexGuard<'_, Option<Arc<View>>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl View {
    /// How many there are, and the digest over all.
    pub fn root(&self) -> Summary {
        self.tree.root()
    }

    /// What stands beneath a prefix.
    pub fn node(&self, prefix: &Prefix) -> io::Result<NodeText<About>> {
        let node = self.tree.node(prefix)?;
        Ok(NodeText::new(prefix, &node, |entry| {
            let found = self.about.get(&entry.id);
            About {
                data_set: found.map_or_else(String::new, |(name, _)| name.to_string()),
                version: found.map_or(0, |(_, version)| *version),
            }
        }))
    }
}
