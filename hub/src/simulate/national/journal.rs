//! The platform's memory over a restart: one line of JSON per packet, only added to.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;

use super::NationalError;
use super::book::Entry;

/// The journal, open for adding.
pub(super) struct Journal {
    file: File,
}

impl Journal {
    /// Opens the journal in a folder, and reads what it holds. A last line that was cut off is dropped:
    /// nobody was answered for it.
    pub fn open(folder: &Path) -> Result<(Self, Vec<Entry>), NationalError> {
        let path = folder.join("packets.ndjson");
        let broken = |source| NationalError::Io {
            place: path.display().to_string(),
            source,
        };
        std::fs::create_dir_all(folder).map_err(broken)?;
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .read(true)
            .open(&path)
            .map_err(broken)?;
        let mut entries = Vec::new();
        let mut whole = 0;
        let mut reader = BufReader::new(&file);
        let mut line = String::new();
        while reader.read_line(&mut line).map_err(broken)? > 0 && line.ends_with('\n') {
            let entry = serde_json::from_str(&line).map_err(|source| NationalError::Journal {
                line: entries.len() + 1,
                source,
            })?;
            entries.push(entry);
            whole += line.len() as u64;
            line.clear();
        }
        drop(reader);
        file.set_len(whole).map_err(broken)?;
        Ok((Journal { file }, entries))
    }

    /// Adds a packet.
    pub fn add(&mut self, entry: &Entry) -> std::io::Result<()> {
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        self.file.write_all(&line)
    }
}
