//! Entry bundles: up to 256 entries, each after its length in 16 bits, big-endian.
//!
//! No IO, and no meaning: an entry is bytes.

use super::Error;

/// Longest entry that a bundle can hold.
pub const MAX_ENTRY: usize = u16::MAX as usize;

/// Appends an entry to a bundle.
pub fn push(bundle: &mut Vec<u8>, entry: &[u8]) -> Result<(), Error> {
    let length = u16::try_from(entry.len()).map_err(|_| Error::EntryTooLong {
        length: entry.len(),
    })?;
    bundle.extend_from_slice(&length.to_be_bytes());
    bundle.extend_from_slice(entry);
    Ok(())
}

/// Walks over the entries of a bundle; ends after the first error.
pub fn entries(bundle: &[u8]) -> Entries<'_> {
    Entries { rest: bundle }
}

/// Cuts a bundle after its first `width` entries.
pub fn prefix(bundle: &[u8], width: u16) -> Result<&[u8], Error> {
    let mut length = 0;
    let mut entries = entries(bundle);
    for _ in 0..width {
        let entry = entries.next().unwrap_or(Err(Error::Malformed {
            what: "entry bundle",
            why: "too few entries",
        }))?;
        length += 2 + entry.len();
    }
    Ok(bundle.get(..length).unwrap_or(bundle))
}

/// Iterator over the entries of a bundle.
#[derive(Clone, Debug)]
pub struct Entries<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Entries<'a> {
    type Item = Result<&'a [u8], Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let taken = self
            .rest
            .split_first_chunk::<2>()
            .and_then(|(length, rest)| {
                rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
            });
        let Some((entry, rest)) = taken else {
            self.rest = &[];
            return Some(Err(Error::Malformed {
                what: "entry bundle",
                why: "an entry runs past the end",
            }));
        };
        self.rest = rest;
        Some(Ok(entry))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read_back() -> Result<(), Error> {
        let long = vec![7; MAX_ENTRY];
        let mut bundle = Vec::new();
        for entry in [b"a".as_slice(), b"", &long] {
            push(&mut bundle, entry)?;
        }
        assert_eq!(bundle.get(..5), Some([0, 1, b'a', 0, 0].as_slice()));
        let read: Vec<_> = entries(&bundle).collect::<Result<_, _>>()?;
        assert_eq!(read, [b"a".as_slice(), b"", &long]);
        assert_eq!(prefix(&bundle, 2)?, [0, 1, b'a', 0, 0]);
        assert!(prefix(&bundle, 4).is_err());
        Ok(())
    }

    #[test]
    fn an_entry_that_is_too_long_is_refused() {
        let mut bundle = Vec::new();
        let pushed = push(&mut bundle, &vec![0; MAX_ENTRY + 1]);
        assert!(matches!(
            pushed,
            Err(Error::EntryTooLong { length: 65_536 })
        ));
        assert!(bundle.is_empty());
    }

    #[test]
    fn a_cut_bundle_ends_with_one_error() {
        for bundle in [[0].as_slice(), &[0, 2, 1], &[0, 0, 9]] {
            let read: Vec<_> = entries(bundle).collect();
            assert!(read.last().is_some_and(Result::is_err));
            assert_eq!(read.iter().filter(|r| r.is_err()).count(), 1);
        }
    }
}
