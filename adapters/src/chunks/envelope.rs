//! Finds the commas between the records of a JSON envelope, without reading the records.

/// Where in the envelope the last byte was.
#[derive(Debug, Default)]
pub(super) struct EnvelopeCuts {
    /// The source's name of the list of records.
    records: Vec<u8>,
    depth: usize,
    /// Inside a string; the byte after a backslash is told apart.
    string: Option<Escape>,
    /// Content of the string that was last begun among the members of the envelope, as long as it may be
    /// that name.
    name: Vec<u8>,
    /// The colon after that name was seen, and nothing else.
    named: bool,
    in_records: bool,
    head_end: usize,
}

/// Whether the next byte of a string is escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Escape {
    No,
    Yes,
}

impl EnvelopeCuts {
    /// Cuts documents whose list of records has this name.
    pub fn new(records: &str) -> Self {
        EnvelopeCuts {
            records: records.as_bytes().to_vec(),
            ..EnvelopeCuts::default()
        }
    }

    /// Length of the head of the file, up to the bracket before the first record.
    pub fn head_end(&self) -> usize {
        self.head_end
    }

    /// What makes a document of a part that ends between two records.
    pub fn closing(&self) -> &'static [u8] {
        if self.in_records { b"]}" } else { b"" }
    }

    /// Whether the list of records is open, so that the file cannot end here.
    pub fn is_open(&self) -> bool {
        self.in_records
    }

    /// The place of the next comma between records; goes on from `scanned`.
    pub fn find(&mut self, buffer: &[u8], scanned: &mut usize) -> Option<usize> {
        while let Some(&byte) = buffer.get(*scanned) {
            let at = *scanned;
            *scanned += 1;
            if let Some(escape) = self.string {
                self.string = inside(escape, byte);
                if self.string.is_some() && self.depth == 1 && self.name.len() <= self.records.len()
                {
                    self.name.push(byte);
                }
                continue;
            }
            match byte {
                b'"' => {
                    self.string = Some(Escape::No);
                    self.name.clear();
                }
                b'{' | b'[' => {
                    self.depth += 1;
                    if byte == b'[' && self.depth == 2 && self.named && self.head_end == 0 {
                        self.in_records = true;
                        self.head_end = at + 1;
                    }
                    self.named = false;
                }
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    self.in_records &= self.depth >= 2;
                }
                b':' => self.named = self.depth == 1 && self.name == self.records,
                b',' if self.in_records && self.depth == 2 => return Some(at),
                b' ' | b'\t' | b'\r' | b'\n' => {}
                _ => self.named = false,
            }
        }
        None
    }
}

/// Where in a string the next byte is; none when this one ended it.
fn inside(escape: Escape, byte: u8) -> Option<Escape> {
    match (escape, byte) {
        (Escape::No, b'"') => None,
        (Escape::No, b'\\') => Some(Escape::Yes),
        _ => Some(Escape::No),
    }
}
