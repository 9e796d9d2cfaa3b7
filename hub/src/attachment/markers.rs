//! Looks for byte sequences in a file of any size, piece by piece.

use std::io::{self, Read};

use memchr::memmem::Finder;

/// Bytes looked at together.
const PIECE: usize = 256 * 1024;

/// The first of the markers that stands anywhere in what is read.
pub fn first<'m>(mut from: impl Read, markers: &[&'m [u8]]) -> io::Result<Option<&'m [u8]>> {
    let finders: Vec<(Finder<'_>, &'m [u8])> = markers
        .iter()
        .map(|&marker| (Finder::new(marker), marker))
        .collect();
    // A marker may begin in one piece and end in the next: so much of the last one is looked at again.
    let overlap = markers.iter().map(|marker| marker.len()).max();
    let overlap = overlap.unwrap_or_default().saturating_sub(1);
    let mut window: Vec<u8> = Vec::with_capacity(PIECE + overlap);
    loop {
        let kept = window.len().min(overlap);
        window.drain(..window.len() - kept);
        let read = from.by_ref().take(PIECE as u64).read_to_end(&mut window)?;
        if read == 0 {
            return Ok(None);
        }
        let found = finders
            .iter()
            .find(|(finder, _)| finder.find(&window).is_some());
        if let Some((_, marker)) = found {
            return Ok(Some(marker));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_is_found_wherever_it_stands_also_across_pieces() -> io::Result<()> {
        let marker: &[u8] = b"/JavaScript";
        for at in [0, 1, PIECE - 5, PIECE - 1, PIECE, 2 * PIECE - 3] {
            let mut bytes = vec![b'x'; 3 * PIECE];
            bytes.splice(at..at + marker.len(), marker.iter().copied());
            assert_eq!(
                first(&bytes[..], &[b"absent", marker])?,
                Some(marker),
                "{at}"
            );
        }
        assert_eq!(first(&vec![b'x'; 3 * PIECE][..], &[marker])?, None);
        assert_eq!(first(&b""[..], &[marker])?, None);
        Ok(())
    }
}
