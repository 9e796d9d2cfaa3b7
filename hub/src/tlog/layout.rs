//! Paths of the log's resources, as in C2SP tlog-tiles: both directions, no IO.
//!
//! A tile holds up to 256 hashes (or entries). Index 1234067 of level 0 is
//! `tile/0/x001/x234/067`; with only 56 hashes it is `tile/0/x001/x234/067.p/56`.

/// Hashes or entries in a full tile.
pub const TILE_WIDTH: u16 = 256;
/// Highest level that a path may name.
pub const MAX_LEVEL: u8 = 63;
/// Path of the checkpoint.
pub const CHECKPOINT: &str = "checkpoint";

/// What a tile holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Hashes of this level; level 0 are the leaf hashes.
    Hashes(u8),
    /// Entries, each with its length in 16 bits.
    Entries,
}

impl Kind {
    /// Returns how many hashes of this kind a tree of `size` leaves has.
    pub fn count(self, size: u64) -> u64 {
        let level = match self {
            Self::Hashes(level) => u32::from(level),
            Self::Entries => 0,
        };
        size.checked_shr(8 * level).unwrap_or(0)
    }
}

/// One tile, full or partial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    /// What it holds.
    pub kind: Kind,
    /// Place in its level, from 0.
    pub index: u64,
    /// How many hashes or entries it holds: 1 to 256.
    pub width: u16,
}

impl Tile {
    /// Returns the tile as it is in a tree of `size` leaves, if that tree has it.
    pub fn at(kind: Kind, index: u64, size: u64) -> Option<Self> {
        let first = index.checked_mul(u64::from(TILE_WIDTH))?;
        let width = kind
            .count(size)
            .checked_sub(first)
            .filter(|count| *count > 0)?
            .min(u64::from(TILE_WIDTH)) as u16;
        Some(Self { kind, index, width })
    }

    /// Returns the partial tile at the right edge of a level, if there is one.
    pub fn edge(kind: Kind, size: u64) -> Option<Self> {
        Self::at(kind, kind.count(size) / u64::from(TILE_WIDTH), size)
    }

    /// Returns the same tile when it is full.
    #[must_use]
    pub fn full(self) -> Self {
        Self {
            width: TILE_WIDTH,
            ..self
        }
    }

    /// Tells whether this is a full tile.
    pub fn is_full(self) -> bool {
        self.width == TILE_WIDTH
    }

    /// Tells whether a tree of `size` leaves holds all of this tile.
    pub fn is_within(self, size: u64) -> bool {
        Self::at(self.kind, self.index, size).is_some_and(|tile| self.width <= tile.width)
    }

    /// Returns the path below the log's prefix.
    pub fn path(self) -> String {
        let level = match self.kind {
            Kind::Hashes(level) => level.to_string(),
            Kind::Entries => "entries".into(),
        };
        let mut number = format!("{:03}", self.index % 1000);
        let mut rest = self.index / 1000;
        while rest > 0 {
            number = format!("x{:03}/{number}", rest % 1000);
            rest /= 1000;
        }
        if self.is_full() {
            format!("tile/{level}/{number}")
        } else {
            format!("tile/{level}/{number}.p/{}", self.width)
        }
    }
}

/// What a path of the log names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// The signed checkpoint.
    Checkpoint,
    /// A tile of hashes or entries.
    Tile(Tile),
}

impl Resource {
    /// Reads a path; anything but the one canonical spelling names nothing.
    pub fn parse(path: &str) -> Option<Self> {
        if path == CHECKPOINT {
            return Some(Self::Checkpoint);
        }
        let (level, rest) = path.strip_prefix("tile/")?.split_once('/')?;
        let kind = match level {
            "entries" => Kind::Entries,
            level => Kind::Hashes(
                decimal(level)?
                    .try_into()
                    .ok()
                    .filter(|l| *l <= MAX_LEVEL)?,
            ),
        };
        let (number, width) = match rest.split_once(".p/") {
            Some((number, width)) => (number, decimal(width)?.try_into().ok()?),
            None => (rest, TILE_WIDTH),
        };
        let mut index: u64 = 0;
        for part in number.split('/') {
            let digits = part.strip_prefix('x').unwrap_or(part);
            if digits.len() != 3 || !digits.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            let value: u64 = digits.parse().ok()?;
            index = index.checked_mul(1000)?.checked_add(value)?;
        }
        let tile = Tile { kind, index, width };
        let partial = rest.contains(".p/");
        // The canonical spelling is decided by writing it: `x000/001`, `.p/256` and the like
        // read as a tile and are written in another way.
        ((1..=TILE_WIDTH).contains(&width) && partial != tile.is_full() && tile.path() == path)
            .then_some(Self::Tile(tile))
    }

    /// Returns the path below the log's prefix.
    pub fn path(self) -> String {
        match self {
            Self::Checkpoint => CHECKPOINT.into(),
            Self::Tile(tile) => tile.path(),
        }
    }
}

/// Reads an ASCII decimal without sign or leading zeroes.
pub(super) fn decimal(text: &str) -> Option<u64> {
    let canonical = text == "0" || !text.starts_with('0');
    (canonical && text.bytes().all(|b| b.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tile(kind: Kind, index: u64, width: u16) -> Resource {
        Resource::Tile(Tile { kind, index, width })
    }

    #[test]
    fn paths_are_those_of_the_standard() {
        for (resource, path) in [
            (Resource::Checkpoint, "checkpoint"),
            (tile(Kind::Hashes(0), 0, 256), "tile/0/000"),
            (
                tile(Kind::Hashes(0), 1_234_067, 256),
                "tile/0/x001/x234/067",
            ),
            (tile(Kind::Hashes(0), 1234, 56), "tile/0/x001/234.p/56"),
            (tile(Kind::Hashes(63), 999, 255), "tile/63/999.p/255"),
            (tile(Kind::Entries, 1000, 256), "tile/entries/x001/000"),
            (tile(Kind::Entries, 7, 1), "tile/entries/007.p/1"),
        ] {
            assert_eq!(resource.path(), path);
            assert_eq!(Resource::parse(path), Some(resource));
        }
    }

    #[test]
    fn every_index_is_read_back() {
        for index in (0..3000).chain([999_999, 1_000_000, u64::MAX]) {
            let resource = tile(Kind::Entries, index, 256);
            assert_eq!(Resource::parse(&resource.path()), Some(resource), "{index}");
        }
    }

    #[test]
    fn other_spellings_name_nothing() {
        for path in [
            "",
            "/checkpoint",
            "tile/0",
            "tile/0/",
            "tile/0/00",
            "tile/0/0000",
            "tile/00/000",
            "tile/64/000",
            "tile/-1/000",
            "tile/+1/000",
            "tile/data/000",
            "tile/0/x000/001",
            "tile/0/001/001",
            "tile/0/x001",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/01",
            "tile/0/000.p/",
            "tile/0/000.p",
            "tile/0/000.p/1/2",
            "tile/0/../0/000",
            "tile/0/x999/x999/x999/x999/x999/x999/999",
        ] {
            assert_eq!(Resource::parse(path), None, "{path}");
        }
    }

    #[test]
    fn a_tree_has_the_tiles_of_the_example_in_the_standard() {
        let width = |level, index| Tile::at(Kind::Hashes(level), index, 70_000).map(|t| t.width);
        assert_eq!(width(0, 272), Some(256));
        assert_eq!(width(0, 273), Some(112));
        assert_eq!(width(0, 274), None);
        assert_eq!(width(1, 0), Some(256));
        assert_eq!(width(1, 1), Some(17));
        assert_eq!(width(2, 0), Some(1));
        assert_eq!(width(3, 0), None);
        assert_eq!(Tile::edge(Kind::Hashes(0), 256), None);
        assert_eq!(Tile::edge(Kind::Hashes(1), 256).map(|t| t.width), Some(1));
    }
}
