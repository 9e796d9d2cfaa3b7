//! Files on disk that nobody reads without their key: what is received is written encrypted from its first byte on, and
//! read again from any place, in flat memory. What becomes durable is never written again ([`crate::keys::FileKey`]).

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use crate::keys::FileKey;
use crate::keys::segments::{HEAD, MOST, lengths};

/// Writes a file segment by segment.
#[derive(Debug)]
pub struct SealedWriter<W> {
    to: W,
    key: FileKey,
    /// Clear bytes that are in segments.
    at: u64,
    held: Vec<u8>,
}

impl<W: Write> SealedWriter<W> {
    /// Begins an empty file.
    pub fn new(to: W, key: FileKey) -> Self {
        SealedWriter {
            to,
            key,
            at: 0,
            held: Vec::new(),
        }
    }

    fn segment(&mut self) -> io::Result<()> {
        if !self.held.is_empty() {
            let segment = self.key.seal(self.at, &self.held);
            self.to.write_all(&segment.map_err(io::Error::other)?)?;
            self.at += self.held.len() as u64;
            self.held.clear();
        }
        Ok(())
    }

    /// Ends the file; its bytes are with the system, not yet on disk.
    pub fn finish(mut self) -> io::Result<W> {
        self.flush()?;
        Ok(self.to)
    }
}

impl SealedWriter<File> {
    /// Goes on with a file at a number of clear bytes, with which a segment ended; what is beyond is cut off.
    pub fn resume(file: File, key: FileKey, offset: u64) -> io::Result<Self> {
        let mut writer = SealedWriter::new(file, key);
        writer.cut(offset)?;
        Ok(writer)
    }

    /// Forgets everything beyond a number of clear bytes, with which a segment ended.
    pub fn cut(&mut self, offset: u64) -> io::Result<()> {
        self.held.clear();
        let (segments, end) = index(&mut self.to, offset)?;
        let reached = segments
            .last()
            .map_or(0, |last| last.at + last.clear as u64);
        if reached != offset {
            return Err(damaged());
        }
        self.to.set_len(end)?;
        self.to.seek(SeekFrom::Start(end))?;
        self.at = offset;
        Ok(())
    }

    /// Makes durable what was written.
    pub fn sync(&mut self) -> io::Result<()> {
        self.segment()?;
        self.to.sync_data()
    }
}

impl<W: Write> Write for SealedWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(MOST - self.held.len());
        self.held
            .extend_from_slice(bytes.get(..taken).unwrap_or_default());
        if self.held.len() == MOST {
            self.segment()?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.segment()?;
        self.to.flush()
    }
}

/// Where a segment is.
#[derive(Debug, Clone, Copy)]
struct Segment {
    /// Place of its first byte in the clear file.
    at: u64,
    clear: usize,
    /// Place of its head in the encrypted one.
    file: u64,
}

/// The segments that hold the first bytes of a file, and where the last of them ends.
fn index(from: &mut (impl Read + Seek), length: u64) -> io::Result<(Vec<Segment>, u64)> {
    let (mut segments, mut at, mut file) = (Vec::new(), 0, 0);
    while at < length {
        from.seek(SeekFrom::Start(file))?;
        let mut head = [0; HEAD];
        from.read_exact(&mut head)?;
        let (sealed, clear) = lengths(&head).ok_or_else(damaged)?;
        segments.push(Segment { at, clear, file });
        at += clear as u64;
        file += (HEAD + sealed) as u64;
    }
    Ok((segments, file))
}

fn damaged() -> io::Error {
    io::Error::other("加密文件被改动或截断 / an encrypted file was changed or cut")
}

/// Reads a file that was written so, from any place.
#[derive(Debug)]
pub struct SealedReader<R> {
    from: R,
    key: FileKey,
    segments: Vec<Segment>,
    length: u64,
    at: u64,
    /// The segment that was opened last: where it begins, and its bytes.
    held: (u64, Vec<u8>),
}

impl<R: Read + Seek> SealedReader<R> {
    /// Opens a file of so many clear bytes.
    pub fn open(mut from: R, key: FileKey, length: u64) -> io::Result<Self> {
        let (segments, _) = index(&mut from, length)?;
        let reached = segments
            .last()
            .map_or(0, |last| last.at + last.clear as u64);
        if reached != length {
            return Err(damaged());
        }
        Ok(SealedReader {
            from,
            key,
            segments,
            length,
            at: 0,
            held: (0, Vec::new()),
        })
    }

    fn holds(&self) -> bool {
        let (start, bytes) = &self.held;
        (*start..start + bytes.len() as u64).contains(&self.at)
    }

    fn fetch(&mut self) -> io::Result<()> {
        let next = self.segments.partition_point(|one| one.at <= self.at);
        let found = next.checked_sub(1).and_then(|last| self.segments.get(last));
        let Segment { at, clear, file } = *found.ok_or_else(damaged)?;
        self.from.seek(SeekFrom::Start(file))?;
        let mut head = [0; HEAD];
        self.from.read_exact(&mut head)?;
        let (sealed, now) = lengths(&head).ok_or_else(damaged)?;
        if now != clear {
            return Err(damaged());
        }
        let mut bytes = vec![0; sealed];
        self.from.read_exact(&mut bytes)?;
        let bytes = self.key.clear(at, &head, bytes);
        self.held = (at, bytes.map_err(io::Error::other)?);
        Ok(())
    }
}

impl<R: Read + Seek> Read for SealedReader<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.length || into.is_empty() {
            return Ok(0);
        }
        if !self.holds() {
            self.fetch()?;
        }
        let (start, bytes) = &self.held;
        let from = usize::try_from(self.at - start).unwrap_or(usize::MAX);
        let mut rest = bytes.get(from..).unwrap_or_default();
        let read = rest.read(into)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl<R: Read + Seek> Seek for SealedReader<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::indexing_slicing, reason = "tests")]

    use super::*;

    type Tested = Result<(), Box<dyn std::error::Error>>;

    #[test]
    fn what_was_written_is_read_from_any_place_and_is_nowhere_in_clear() -> Tested {
        let key = FileKey::draw()?;
        let clear: Vec<u8> = (0..MOST * 2 + 77).map(|at| (at * 31 % 251) as u8).collect();
        let mut writer = SealedWriter::new(tempfile::tempfile()?, key.clone());
        writer.write_all(&clear[..1000])?;
        writer.flush()?;
        writer.write_all(&clear[1000..])?;
        let mut file = writer.finish()?;
        let mut stored = Vec::new();
        file.seek(SeekFrom::Start(0))?;
        file.read_to_end(&mut stored)?;
        assert!(!stored.windows(64).any(|part| part == &clear[500..564]));
        let mut reader =
            SealedReader::open(io::Cursor::new(&stored), key.clone(), clear.len() as u64)?;
        let mut read = Vec::new();
        reader.read_to_end(&mut read)?;
        assert_eq!(read, clear);
        for at in [0, 1, 999, 1000, 1001, MOST + 999, MOST * 2 + 76] {
            reader.seek(SeekFrom::Start(at as u64))?;
            let mut byte = [0];
            reader.read_exact(&mut byte)?;
            assert_eq!(byte[0], clear[at], "{at}");
        }
        assert_eq!(reader.seek(SeekFrom::End(-7))?, clear.len() as u64 - 7);
        // Changed, cut, or in another order it is not read.
        let length = clear.len() as u64;
        for place in [0, 5, 20, 1010, stored.len() - 1] {
            let mut changed = stored.clone();
            changed[place] ^= 1;
            let read = SealedReader::open(io::Cursor::new(changed), key.clone(), length)
                .and_then(|mut reader| reader.read_to_end(&mut Vec::new()));
            assert!(read.is_err(), "byte {place}");
        }
        let cut = &stored[..stored.len() - 100];
        let read = SealedReader::open(io::Cursor::new(cut), key.clone(), length)
            .and_then(|mut reader| reader.read_to_end(&mut Vec::new()));
        assert!(read.is_err());
        let other = SealedReader::open(io::Cursor::new(&stored), FileKey::draw()?, length)?;
        assert!({ other }.read_to_end(&mut Vec::new()).is_err());
        Ok(())
    }

    #[test]
    fn a_file_goes_on_where_it_was_durable() -> Tested {
        let key = FileKey::draw()?;
        let mut writer = SealedWriter::new(tempfile::tempfile()?, key.clone());
        writer.write_all(b"answered ")?;
        writer.sync()?;
        writer.write_all(b"never answered")?;
        let file = writer.finish()?;
        let mut writer = SealedWriter::resume(file, key.clone(), 9)?;
        writer.write_all(b"again")?;
        writer.sync()?;
        // No segment ended there: it is not guessed what is meant.
        assert!(writer.cut(11).is_err());
        let mut clear = String::new();
        SealedReader::open(writer.to, key, 14)?.read_to_string(&mut clear)?;
        assert_eq!(clear, "answered again");
        Ok(())
    }
}
