//! An entry with what its side knows of it, and how both are written into a working file.

use std::io::{self, Read, Write};

use super::tree::Entry;
use crate::tlog::Hash;

/// Where an entry comes from: numbers whose meaning is that of whoever made the set.
pub type Tag = (i64, i64, u32);

/// An entry and where it comes from; in order of group, entry, tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    /// Which of several sets that are sorted together.
    pub group: u32,
    /// The entry.
    pub entry: Entry,
    /// Where it comes from.
    pub tag: Tag,
}

impl From<Entry> for Row {
    /// An entry of which nothing more is known.
    fn from(entry: Entry) -> Row {
        Row {
            group: 0,
            entry,
            tag: Tag::default(),
        }
    }
}

impl Row {
    /// Bytes of a row in a working file.
    pub const BYTES: u64 = 4 + 64 + 20;

    /// An entry that comes from somewhere.
    pub fn new(entry: Entry, tag: Tag) -> Row {
        Row {
            tag,
            ..Row::from(entry)
        }
    }

    /// Writes it.
    pub fn write(&self, to: &mut impl Write) -> io::Result<()> {
        let (first, second, third) = self.tag;
        to.write_all(&self.group.to_be_bytes())?;
        to.write_all(self.entry.id.as_bytes())?;
        to.write_all(self.entry.content.as_bytes())?;
        to.write_all(&first.to_be_bytes())?;
        to.write_all(&second.to_be_bytes())?;
        to.write_all(&third.to_be_bytes())
    }

    /// Reads what was written.
    pub fn read(from: &mut impl Read) -> io::Result<Row> {
        Ok(Row {
            group: u32::from_be_bytes(bytes(from)?),
            entry: Entry {
                id: Hash::new(bytes(from)?),
                content: Hash::new(bytes(from)?),
            },
            tag: (
                i64::from_be_bytes(bytes(from)?),
                i64::from_be_bytes(bytes(from)?),
                u32::from_be_bytes(bytes(from)?),
            ),
        })
    }
}

fn bytes<const N: usize>(from: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::super::tree::tests::entries;
    use super::*;

    #[test]
    fn a_row_is_read_as_it_was_written() -> io::Result<()> {
        for (number, entry) in (0_u32..).zip(entries(3)) {
            let row = Row {
                group: number,
                ..Row::new(entry, (-1, i64::MAX, number))
            };
            let mut written = Vec::new();
            row.write(&mut written)?;
            assert_eq!(written.len() as u64, Row::BYTES);
            assert_eq!(Row::read(&mut &written[..])?, row);
            written.truncate(80);
            assert!(Row::read(&mut &written[..]).is_err());
        }
        Ok(())
    }
}
