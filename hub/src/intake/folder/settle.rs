//! When a file is whole: a sender that copies a file straight into the folder must not lose half of it.
//!
//! A file is whole when its marker file stands beside it (if one is asked for), or else when its size and time of change
//! have stayed the same for a while. Names that programs give to unfinished files are left alone.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::time::{Duration, Instant, SystemTime};

use super::places::{Places, said};

/// Endings of names of unfinished files.
const UNFINISHED: [&str; 6] = [".tmp", ".part", ".filepart", ".partial", ".crdownload", "~"];

/// A file as it was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its name.
    pub name: OsString,
    /// Its size in bytes.
    pub size: u64,
    /// When it was changed last.
    pub changed: SystemTime,
}

/// Watches files become whole.
#[derive(Debug)]
pub struct Settling {
    time: Duration,
    marker: String,
    /// Files as they were seen, and since when they are so.
    since: HashMap<OsString, (Seen, Instant)>,
}

impl Settling {
    /// `time`: how long a file must not change; `marker`: ending of the marker file, empty for none.
    pub fn of(time: Duration, marker: String) -> Self {
        Settling {
            time,
            marker,
            since: HashMap::new(),
        }
    }

    /// The files that are whole, the oldest first.
    pub fn ready(&mut self, places: &Places, now: Instant) -> Result<Vec<Seen>, String> {
        let files = places.list_inbox()?;
        let mut ready = Vec::new();
        let mut since = HashMap::with_capacity(files.len());
        for seen in &files {
            if self.is_no_file(&seen.name) {
                continue;
            }
            let begun = match self.since.remove(&seen.name) {
                Some((before, begun)) if before == *seen => begun,
                _ => now,
            };
            let whole = if self.marker.is_empty() {
                now.saturating_duration_since(begun) >= self.time
            } else {
                let marker = self.marker_of(&seen.name);
                files.iter().any(|other| other.name == marker)
            };
            if whole {
                ready.push(seen.clone());
            }
            since.insert(seen.name.clone(), (seen.clone(), begun));
        }
        self.since = since;
        ready.sort_by(|a, b| (a.changed, &a.name).cmp(&(b.changed, &b.name)));
        Ok(ready)
    }

    /// A file was taken: another one of the same name begins anew, with a marker of its own.
    pub fn forget(&mut self, places: &Places, name: &OsStr) -> Result<(), String> {
        self.since.remove(name);
        if self.marker.is_empty() {
            return Ok(());
        }
        let marker = places.inbox().join(self.marker_of(name));
        match std::fs::remove_file(&marker) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(said(&marker, &error))
            }
            _ => Ok(()),
        }
    }

    fn marker_of(&self, name: &OsStr) -> OsString {
        let mut marker = name.to_owned();
        marker.push(&self.marker);
        marker
    }

    /// Markers, hidden files, and names of unfinished files.
    fn is_no_file(&self, name: &OsStr) -> bool {
        let name = name.to_string_lossy().to_lowercase();
        name.starts_with('.')
            || UNFINISHED.iter().any(|ending| name.ends_with(ending))
            || !self.marker.is_empty() && name.ends_with(&self.marker.to_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Outcome = Result<(), Box<dyn std::error::Error>>;

    fn names(ready: &[Seen]) -> Vec<String> {
        let name = |seen: &Seen| seen.name.to_string_lossy().into_owned();
        ready.iter().map(name).collect()
    }

    #[test]
    fn a_file_is_whole_when_it_has_not_changed_for_a_while() -> Outcome {
        let base = tempfile::tempdir()?;
        let places = Places::new(base.path(), "s");
        places.ensure()?;
        let file = places.inbox().join("a.csv");
        std::fs::write(&file, "1")?;
        std::fs::write(places.inbox().join("b.csv.PART"), "1")?;
        std::fs::write(places.inbox().join(".c.csv"), "1")?;
        let mut settling = Settling::of(Duration::from_secs(5), String::new());
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(names(&settling.ready(&places, at(0))?), [""; 0]);
        assert_eq!(names(&settling.ready(&places, at(4))?), [""; 0]);
        std::fs::write(&file, "1,2")?;
        assert_eq!(names(&settling.ready(&places, at(6))?), [""; 0]);
        assert_eq!(names(&settling.ready(&places, at(10))?), [""; 0]);
        assert_eq!(names(&settling.ready(&places, at(11))?), ["a.csv"]);
        Ok(())
    }

    #[test]
    fn with_a_marker_only_the_marker_counts() -> Outcome {
        let base = tempfile::tempdir()?;
        let places = Places::new(base.path(), "s");
        places.ensure()?;
        std::fs::write(places.inbox().join("a.csv"), "1")?;
        let mut settling = Settling::of(Duration::ZERO, ".ok".to_owned());
        let start = Instant::now();
        let later = start + Duration::from_hours(1);
        assert_eq!(names(&settling.ready(&places, start)?), [""; 0]);
        assert_eq!(names(&settling.ready(&places, later)?), [""; 0]);
        std::fs::write(places.inbox().join("a.csv.ok"), "")?;
        assert_eq!(names(&settling.ready(&places, later)?), ["a.csv"]);
        settling.forget(&places, OsStr::new("a.csv"))?;
        assert_eq!(names(&settling.ready(&places, later)?), [""; 0]);
        Ok(())
    }
}
