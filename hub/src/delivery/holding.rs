//! What a packet brings a platform, entry by entry, and how it is written down when the packet is made: what the books
//! of a day hold against what the platform says it holds. The specification may change and records may be erased: what
//! was sent stays what was sent.
//!
//! The digests of an entry are those of [`crate::close::entry`], which says what they are made of. Written down, a
//! packet's entries are: how many data sets (2 bytes); each name after its length (1 byte); and for each entry the place
//! of its data set (2 bytes), `ID` (8 bytes) and the content's digest (32 bytes); numbers with the most significant byte
//! first.

use crate::tlog::Hash;
use crate::tlog::hash::sha256_of_parts;

/// Bytes of an entry.
const ENTRY: usize = 2 + 8 + 32;

/// One record of a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// Column code of the data set (`DATASET`).
    pub data_set: String,
    /// The hub's number of the record version (`ID`).
    pub version: i64,
    /// What it says.
    pub content: Hash,
}

impl Holding {
    /// A record of a packet: `DATASET`, `ID`, whether `OPERATION` is 3, and the columns in order.
    pub fn new<'c>(
        data_set: &str,
        version: i64,
        deleted: bool,
        columns: impl IntoIterator<Item = (&'c str, &'c str)>,
    ) -> Holding {
        let what = [
            "exchange-hub/close/national/content/v1",
            if deleted { "delete" } else { "put" },
        ];
        let columns = columns.into_iter().flat_map(|(name, text)| [name, text]);
        Holding {
            data_set: data_set.to_owned(),
            version,
            content: sha256_of_parts(what.into_iter().chain(columns)),
        }
    }

    /// Which record it is.
    pub fn id(&self) -> Hash {
        let version = self.version.to_string();
        sha256_of_parts([
            "exchange-hub/close/national/id/v1",
            &self.data_set,
            &version,
        ])
    }
}

/// Writes entries down. None when there are more data sets, or longer names, than can be written: no edition has such.
pub fn encode(holdings: &[Holding]) -> Option<Vec<u8>> {
    let mut names: Vec<&str> = holdings.iter().map(|one| one.data_set.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let mut bytes = Vec::with_capacity(64 + holdings.len() * ENTRY);
    bytes.extend_from_slice(&u16::try_from(names.len()).ok()?.to_be_bytes());
    for name in &names {
        bytes.push(u8::try_from(name.len()).ok()?);
        bytes.extend_from_slice(name.as_bytes());
    }
    for one in holdings {
        let place = names.binary_search(&one.data_set.as_str()).ok()?;
        bytes.extend_from_slice(&u16::try_from(place).ok()?.to_be_bytes());
        bytes.extend_from_slice(&one.version.to_be_bytes());
        bytes.extend_from_slice(one.content.as_bytes());
    }
    Some(bytes)
}

/// Reads what was written down; none when it is not that.
pub fn decode(bytes: &[u8]) -> Option<Vec<Holding>> {
    let (count, mut rest) = bytes.split_first_chunk::<2>()?;
    let mut names = Vec::new();
    for _ in 0..u16::from_be_bytes(*count) {
        let (length, after) = rest.split_first()?;
        let (name, after) = after.split_at_checked(usize::from(*length))?;
        names.push(std::str::from_utf8(name).ok()?);
        rest = after;
    }
    let (entries, left) = rest.as_chunks::<ENTRY>();
    if !left.is_empty() {
        return None;
    }
    let entry = |bytes: &[u8; ENTRY]| {
        let (place, rest) = bytes.split_first_chunk::<2>()?;
        let (version, content) = rest.split_first_chunk::<8>()?;
        Some(Holding {
            data_set: (*names.get(usize::from(u16::from_be_bytes(*place)))?).to_owned(),
            version: i64::from_be_bytes(*version),
            content: Hash::new(*content.first_chunk()?),
        })
    };
    entries.iter().map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_cannot_run_into_each_other() {
        let content = |columns: &[(&'static str, &'static str)]| {
            Holding::new("A_SET", 1, false, columns.iter().copied()).content
        };
        assert_ne!(
            content(&[("A", "1"), ("B", "2")]),
            content(&[("A", "1B"), ("", "2")])
        );
        assert_ne!(
            content(&[("A", "1")]),
            Holding::new("A_SET", 1, true, [("A", "1")]).content
        );
    }

    #[test]
    fn what_is_written_down_is_read_back_and_nothing_else_is() {
        let holdings: Vec<Holding> = [("B_SET", 9), ("A_SET", 7), ("B_SET", i64::MAX)]
            .map(|(name, version)| Holding::new(name, version, false, [("NAME", "名")]))
            .into();
        let bytes = encode(&holdings).unwrap_or_default();
        assert_eq!(decode(&bytes).as_ref(), Some(&holdings));
        assert_eq!(decode(&encode(&[]).unwrap_or_default()), Some(Vec::new()));
        for cut in 0..bytes.len() {
            let read = bytes.get(..cut).and_then(decode);
            assert!(read.is_none_or(|read| read.len() < holdings.len()), "{cut}");
        }
        // A place that no data set has.
        let mut broken = bytes.clone();
        if let Some(place) = broken.get_mut(bytes.len() - ENTRY) {
            *place = 0xff;
        }
        assert_eq!(decode(&broken), None);
    }
}
