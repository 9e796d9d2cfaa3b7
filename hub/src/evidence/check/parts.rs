//! What a bundle shows of the bytes of a packet that carried records of others too: the hashes of all parts give the root
//! that the leaf holds, and every part that is shown has its hash. And what was destroyed was destroyed by order.

use super::{Bundle, Outcome, fault, same};
use crate::leaf::Leaf;
use crate::leaf::operator::Action;
use crate::leaf::packet::Member;
use crate::leaf::parts::{self, Part};
use crate::tlog::leaf_hash;

impl Bundle<'_> {
    /// The parts of the packet in a folder.
    pub(super) fn parts(
        &self,
        folder: &str,
        members: &[Member],
        root: Option<&str>,
    ) -> Outcome<()> {
        let place = format!("{folder}/parts.json");
        let listed: Vec<Part> = self.read(&place)?;
        let found = parts::root_of(&listed).unwrap_or_default();
        same(&place, &found, root.unwrap_or_default())?;
        // What stands before the first record, and what follows the last.
        let expected = members.len() + 2;
        same(&place, &listed.len().to_string(), &expected.to_string())?;
        if let Some(packet) = self.members.get(&format!("{folder}/packet")) {
            return cut(&place, packet, &listed);
        }
        let own = |member: &Member| {
            let receipt = format!("submissions/{}/receipt.json", member.submission);
            self.members.contains_key(&receipt)
        };
        for (number, part) in listed.iter().enumerate() {
            let path = format!("{folder}/parts/{number:05}");
            let member = number.checked_sub(1).and_then(|place| members.get(place));
            let shown = if member.is_none_or(own) {
                self.unless_withheld(&path)?
            } else {
                self.members.get(&path).map(Vec::as_slice)
            };
            if let Some(bytes) = shown {
                same(&path, &leaf_hash(bytes).to_hex(), &part.hash)?;
                same(&path, &bytes.len().to_string(), &part.bytes.to_string())?;
            }
        }
        Ok(())
    }

    /// The leaf of the erasure with which the bytes of a packet went, as far as the log was published then: it erased a
    /// record out of a submission of which the packet carried something.
    pub(super) fn erasure_of(
        &self,
        place: &str,
        index: Option<u64>,
        members: &[Member],
    ) -> Outcome<()> {
        let index = index.ok_or_else(|| fault(place, "names no erasure"))?;
        let folder = format!("erasures/{index}");
        if !self.members.contains_key(&format!("{folder}/proof.txt")) && index >= self.size {
            return Ok(());
        }
        let erased = match self.placed(&folder, index)? {
            Leaf::Operator(leaf) if leaf.action == Action::Erasure => leaf,
            _ => return Err(fault(folder, "is not the leaf of an erasure")),
        };
        let from = erased.facts.get("submissions").map(String::as_str);
        let mut from = from.unwrap_or_default().split(',');
        if from.any(|one| members.iter().any(|member| member.submission == one)) {
            return Ok(());
        }
        Err(fault(folder, "erased nothing that the packet carried"))
    }
}

/// A whole packet is cut as the list says.
fn cut(place: &str, packet: &[u8], listed: &[Part]) -> Outcome<()> {
    let mut from = 0;
    for (number, part) in listed.iter().enumerate() {
        let length = usize::try_from(part.bytes).unwrap_or(usize::MAX);
        let to = packet.len().min(length.saturating_add(from));
        let bytes = packet.get(from..to).unwrap_or_default();
        let here = format!("{place}, part {number}");
        same(&here, &leaf_hash(bytes).to_hex(), &part.hash)?;
        from = to;
    }
    same(place, &from.to_string(), &packet.len().to_string())
}
