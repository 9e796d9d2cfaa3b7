//! The parts of a packet: what stands before the first record, what each delivery brought, and what follows the last.
//!
//! A packet carries records of many people. The leaf holds the root over its parts beside the SHA-256 of the whole, so
//! that what was sent of one record is shown by its own part and the hashes of the others, and nobody else's values go
//! out with it.

use serde::{Deserialize, Serialize};

use crate::tlog::{Hash, leaf_hash, merkle_root};

/// A part as a bundle lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Number of its bytes.
    pub bytes: u64,
    /// Its hash as a leaf of RFC 6962, hexadecimal.
    pub hash: String,
}

/// The parts of a packet whose first ones end at these places; nothing when it cannot be cut so.
pub fn split<'p>(packet: &'p [u8], ends: &[usize]) -> Option<Vec<&'p [u8]>> {
    let mut parts = Vec::with_capacity(ends.len() + 1);
    let mut from = 0;
    for &end in ends.iter().chain([&packet.len()]) {
        parts.push(packet.get(from..end)?);
        from = end;
    }
    Some(parts)
}

/// The parts as a bundle lists them.
pub fn listed(parts: &[&[u8]]) -> Vec<Part> {
    let part = |part: &&[u8]| Part {
        bytes: part.len() as u64,
        hash: leaf_hash(part).to_hex(),
    };
    parts.iter().map(part).collect()
}

/// The root over parts.
pub fn root(parts: &[&[u8]]) -> String {
    let hashes: Vec<Hash> = parts.iter().map(|part| leaf_hash(part)).collect();
    merkle_root(&hashes).to_hex()
}

/// The root over parts that are listed; nothing when a hash is none.
pub fn root_of(listed: &[Part]) -> Option<String> {
    let hashes = listed.iter().map(|part| Hash::from_hex(&part.hash));
    let hashes: Vec<Hash> = hashes.collect::<Result<_, _>>().ok()?;
    Some(merkle_root(&hashes).to_hex())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_is_its_parts_and_nothing_else() {
        let packet = b"<head><one><two></tail>";
        let parts = split(packet, &[6, 11, 16]).unwrap_or_default();
        assert_eq!(parts, [b"<head>" as &[u8], b"<one>", b"<two>", b"</tail>"]);
        assert_eq!(parts.concat(), packet);
        assert_eq!(root_of(&listed(&parts)), Some(root(&parts)));
        // The same bytes cut elsewhere are other parts.
        let elsewhere = split(packet, &[6, 10, 16]).unwrap_or_default();
        assert_ne!(root(&elsewhere), root(&parts));
        for wrong in [vec![6, 5], vec![99]] {
            assert_eq!(split(packet, &wrong), None, "{wrong:?}");
        }
    }
}
