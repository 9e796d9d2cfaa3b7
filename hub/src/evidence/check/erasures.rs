//! What an erasure left of raw bytes: the digest of the whole cannot be taken again, so the leaf of the erasure, proven
//! in its place, must hold the digest of what is left.

use super::{Bundle, Outcome, fault};
use crate::leaf::Leaf;
use crate::leaf::operator::Action;
use crate::tlog::sha256;

impl Bundle<'_> {
    /// What is left of the raw bytes of a submission, if it is in the bundle, is what an erasure left.
    pub(super) fn left_of_raw(&self, folder: &str, id: &str) -> Outcome<()> {
        let path = format!("{folder}/raw.left");
        let Some(bytes) = self.members.get(&path) else {
            return Ok(());
        };
        let said = format!("{id}={}", sha256(bytes).to_hex());
        for index in self.erasures() {
            let Leaf::Operator(leaf) = self.placed(&format!("erasures/{index}"), index)? else {
                continue;
            };
            let left = leaf
                .facts
                .get("left")
                .map(String::as_str)
                .unwrap_or_default();
            if leaf.action == Action::Erasure && left.split(',').any(|one| one == said) {
                return Ok(());
            }
        }
        Err(fault(path, "is not what any proven erasure has left"))
    }

    /// Places in the log of the erasures that the bundle shows.
    fn erasures(&self) -> impl Iterator<Item = u64> {
        let paths = self.members.keys();
        paths.filter_map(|path| {
            let place = path.strip_prefix("erasures/")?;
            place.strip_suffix("/proof.txt")?.parse().ok()
        })
    }
}
