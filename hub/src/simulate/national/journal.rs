//! The platform's own store: a folder with a journal, and the packets beside it. Both are only added to.
//!
//! `journal.ndjson` has one line of JSON for each thing that happened, `packets.zst` the bytes of the packets, a zstd
//! frame each, one after the other (`zstd -dc` shows them all). A packet is on disk in both before it is answered. What
//! a crash cut off at the end of either was never answered, and is dropped at the next start.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use super::NationalError;
use super::entry::{Entry, Line};
use crate::tlog::sha256;

/// How hard packets are compressed.
const LEVEL: i32 = 3;

/// The store, open for adding.
pub(super) struct Journal {
    lines: File,
    packets: File,
    /// Where the next packet goes.
    end: u64,
}

/// A file with its path, for messages.
struct Named(PathBuf);

impl Named {
    fn broken(&self, source: std::io::Error) -> NationalError {
        NationalError::Io {
            place: self.0.display().to_string(),
            source,
        }
    }

    fn open(&self) -> Result<File, NationalError> {
        let mut options = OpenOptions::new();
        options.create(true).append(true).read(true);
        options.open(&self.0).map_err(|error| self.broken(error))
    }
}

impl Journal {
    /// Opens the store in a folder, and tells each line that it holds, in order.
    pub fn open(folder: &Path, mut tell: impl FnMut(Line)) -> Result<Self, NationalError> {
        let journal = Named(folder.join("journal.ndjson"));
        let kept = Named(folder.join("packets.zst"));
        std::fs::create_dir_all(folder).map_err(|error| journal.broken(error))?;
        let (lines, packets) = (journal.open()?, kept.open()?);
        let there = packets
            .metadata()
            .map_err(|error| kept.broken(error))?
            .len();
        let (mut whole, mut end, mut number) = (0, 0, 0);
        let mut reader = BufReader::with_capacity(1 << 20, &lines);
        let mut text = String::new();
        loop {
            text.clear();
            let read = reader.read_line(&mut text);
            if read.map_err(|error| journal.broken(error))? == 0 || !text.ends_with('\n') {
                break;
            }
            number += 1;
            let line = serde_json::from_str(&text).map_err(|source| NationalError::Journal {
                line: number,
                source,
            })?;
            if let Line::Packet(Entry {
                frame: Some((from, length)),
                ..
            }) = &line
            {
                if from + length > there {
                    // Its bytes did not reach the disk, so it was never answered.
                    break;
                }
                end = from + length;
            }
            whole += text.len() as u64;
            tell(line);
        }
        drop(reader);
        lines
            .set_len(whole)
            .map_err(|error| journal.broken(error))?;
        packets.set_len(end).map_err(|error| kept.broken(error))?;
        Ok(Journal {
            lines,
            packets,
            end,
        })
    }

    /// Adds a packet with its bytes; gives their place. When this returns, both are on disk.
    pub fn take(&mut self, entry: &Entry, packet: &[u8]) -> std::io::Result<(u64, u64)> {
        let frame = zstd::encode_all(packet, LEVEL)?;
        self.packets.write_all(&frame)?;
        let place = (self.end, frame.len() as u64);
        self.end += place.1;
        self.add(&Line::Packet(Entry {
            frame: Some(place),
            ..entry.clone()
        }))?;
        self.packets.sync_data()?;
        self.lines.sync_data()?;
        Ok(place)
    }

    /// Adds a line that nobody waits for: it survives the end of the process.
    pub fn add(&mut self, line: &Line) -> std::io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        self.lines.write_all(&text)
    }

    /// The bytes of a packet; an error when they are not the ones that were taken.
    pub fn packet(&self, frame: (u64, u64), digest: &str) -> std::io::Result<Vec<u8>> {
        let mut file = self.packets.try_clone()?;
        file.seek(SeekFrom::Start(frame.0))?;
        let bytes = zstd::decode_all(file.take(frame.1))?;
        if sha256(&bytes).to_hex() == digest {
            return Ok(bytes);
        }
        Err(std::io::ErrorKind::InvalidData.into())
    }
}
