//! Hostile input through the public door: every form refuses it or finds it faulty, says where, and holds little.
//!
//! An allocator counts what the reading thread holds and asks for: bounds on memory and on work are counted, never
//! timed. What must hold is a multiple of the size of the document, with some room for what is always there.

#![expect(
    clippy::expect_used,
    clippy::format_collect,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod counting;
mod documents;
mod packages;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use adapters::{Adapter, Chunks, DecodeError, Decoded, Hint, Limits, Profile};
use counting::{Counted, counted};
use spec::Spec;

/// What is always there: tables of a session, messages, the first buffers.
const ROOM: usize = 2 << 20;

static SPEC: LazyLock<Spec> = LazyLock::new(|| Spec::embedded().expect("the specification"));

/// A source that sends data of the trading library in one form.
fn adapter(wire: &str) -> Adapter {
    let text = format!(
        "version = 1\nid = \"329900\"\nkind = \"city\"\nname = \"示例市\"\nenglish = \"Example\"\n\
         region = \"329900\"\nways = [\"http\"]\ndatasets = \"general\"\nwire = {{ {wire} }}\n"
    );
    let profile = Profile::parse("hostile.toml", &text).expect("a profile");
    of(Arc::new(profile))
}

fn of(profile: Arc<Profile>) -> Adapter {
    let edition = SPEC.edition("3.0").expect("an edition");
    Adapter::new(profile, Arc::clone(edition)).expect("the profile fits")
}

/// What became of a document.
#[derive(Debug, Default)]
struct Seen {
    records: usize,
    /// Records without an error.
    sound: usize,
    error: Option<DecodeError>,
    /// The longest value that a finding shows.
    longest: usize,
}

impl Seen {
    fn add(&mut self, other: Seen) {
        self.records += other.records;
        self.sound += other.sound;
        self.longest = self.longest.max(other.longest);
        self.error = self.error.take().or(other.error);
    }
}

/// Opens, decodes, normalizes and judges; every place is one of the document, every fault is told in two languages.
fn judge(adapter: &Adapter, document: &[u8], hint: &Hint, limits: &Limits) -> Seen {
    let context = spec::Context {
        edition: adapter.edition(),
        received: jiff::civil::date(2026, 11, 20).at(9, 0, 0, 0),
        platforms: &[],
    };
    let mut seen = Seen::default();
    let outcome = adapter.open(document, hint, limits).and_then(|package| {
        let read = package.decode(adapter, limits, &mut |part, locator, decoded| {
            seen.records += 1;
            match decoded {
                Decoded::Record { record, .. } => {
                    assert!(record.at <= part.bytes.len());
                    let mut normalized = spec::normalize(&context, record);
                    let report = spec::validate::judge_alone(&context, &mut normalized);
                    let sound = report
                        .issues
                        .iter()
                        .all(|issue| issue.severity != spec::Severity::Error);
                    seen.sound += usize::from(sound);
                    for issue in &report.issues {
                        assert!(issue.at.is_none_or(|at| at <= part.bytes.len()));
                        seen.longest = seen.longest.max(issue.found.len());
                    }
                }
                Decoded::Unusable { at, issue, .. } => {
                    assert!(locator.locate(at) >= (1, 1));
                    seen.longest = seen.longest.max(issue.found.len());
                }
            }
            ControlFlow::Continue(())
        });
        read.map(drop)
    });
    if let Err(error) = outcome {
        let message = error.message();
        assert!(
            !message.zh.is_empty() && message.en.len() < 4_096,
            "{error}"
        );
        assert!(error.place().is_none_or(|place| place >= (1, 1)), "{error}");
        seen.error = Some(error);
    }
    seen
}

/// Cuts a document into chunks and judges them one by one, until one cannot be read.
fn judge_in_chunks(
    adapter: &Adapter,
    pieces: impl Iterator<Item = Vec<u8>>,
    limits: &Limits,
) -> Seen {
    let hint = Hint {
        dataset: Some("PROJECT".to_owned()),
        ..Hint::default()
    };
    let mut chunks = Chunks::new(adapter, None, 2 << 20, limits);
    let mut seen = Seen::default();
    for piece in pieces.map(Some).chain([None]) {
        match piece {
            Some(piece) => chunks.feed(&piece),
            None => chunks.end(),
        }
        loop {
            match chunks.next() {
                Ok(None) => break,
                Ok(Some(chunk)) => {
                    seen.add(judge(adapter, &chunk.bytes, &chunk.hint(&hint), limits));
                }
                Err(error) => seen.error = Some(error),
            }
            if seen.error.is_some() {
                return seen;
            }
        }
    }
    seen
}

#[test]
fn what_grows_is_refused_with_its_place_and_in_bounded_memory() {
    let hint = Hint {
        dataset: Some("PROJECT".to_owned()),
        ..Hint::default()
    };
    for case in documents::refused() {
        let adapter = adapter(case.wire);
        let (seen, counted) = counted(|| judge(&adapter, &case.bytes, &hint, &case.limits));
        let name = case.name;
        let error = seen
            .error
            .unwrap_or_else(|| panic!("{name} was read: {} records", seen.records));
        assert!(error.to_string().contains(case.says), "{name}: {error}");
        bounded(name, counted, 3, case.bytes.len() + case.unpacked);
    }
}

#[test]
fn what_is_large_and_no_record_is_found_faulty_and_quoted_briefly() {
    let hint = Hint {
        dataset: Some("PROJECT".to_owned()),
        ..Hint::default()
    };
    for case in documents::faulty() {
        let adapter = adapter(case.wire);
        let (seen, counted) = counted(|| judge(&adapter, &case.bytes, &hint, &case.limits));
        let name = case.name;
        assert_eq!(seen.error, None, "{name}");
        assert_eq!((seen.records, seen.sound), (case.records, 0), "{name}");
        assert!(
            seen.longest < 1_000,
            "{name}: {} bytes are quoted",
            seen.longest
        );
        // A value is held as it came, repaired, and cut for the finding.
        bounded(name, counted, 8, case.bytes.len());
    }
}

/// What is held and what is asked for grow with the size of what came.
fn bounded(name: &str, counted: Counted, times: usize, size: usize) {
    let Counted { peak, asked } = counted;
    assert!(
        peak <= times * size + ROOM,
        "{name}: {peak} bytes held for {size}"
    );
    assert!(
        asked <= 8 * (times * size + ROOM),
        "{name}: {asked} bytes asked for {size}"
    );
}

#[test]
fn files_of_any_size_are_held_in_parts_whatever_stands_in_them() {
    const PIECE: usize = 64 << 10;
    let row = "E3201000001000101,甲,";
    let filler = "x,y,z\n".repeat(PIECE / 6);
    let large = Limits {
        value: 1 << 20,
        ..Limits::default()
    };
    // A hundred megabytes, made piece by piece.
    let times = (100 << 20) / filler.len();
    let open = format!("PROJECT_CODE,PROJECT_NAME,ADDRESS\n{row}\"never closed\n");
    let quoted = std::iter::once(open).chain(std::iter::repeat_n(filler, times));
    let csv = adapter("format = \"csv\"");
    let (seen, held) = counted(|| judge_in_chunks(&csv, quoted.map(String::into_bytes), &large));
    let error = seen.error.expect("refused");
    let told = error.to_string();
    assert!(
        told.starts_with("line 2, column 23: ") && told.contains("bytes in a value"),
        "{told}"
    );
    assert!(held.peak < 16 << 20, "{} bytes held", held.peak);

    let record =
        "<PROJECT><PROJECT_CODE>E3201000001000101</PROJECT_CODE></PROJECT>\n".repeat(1_000);
    let times = (32 << 20) / record.len();
    let count = times * 1_000;
    let whole = std::iter::once("<BATCH>\n".to_owned())
        .chain(std::iter::repeat_n(record.clone(), times))
        .chain(["</BATCH>".to_owned()]);
    let xml = adapter("format = \"xml\"");
    let (seen, held) = counted(|| judge_in_chunks(&xml, whole.map(String::into_bytes), &large));
    assert_eq!((seen.error, seen.records), (None, count));
    assert!(held.peak < 12 << 20, "{} bytes held", held.peak);

    // The same without its end: every record was looked at, and the file is no document.
    let cut_off = std::iter::once("<BATCH>\n".to_owned()).chain(std::iter::repeat_n(record, 50));
    let seen = judge_in_chunks(&xml, cut_off.map(String::into_bytes), &large);
    let told = seen.error.expect("refused").to_string();
    assert!(told.starts_with("line 50002, column 1: "), "{told}");
}

/// The smallest document of every source, and the name of its file.
fn fixtures() -> Vec<(Arc<Profile>, PathBuf)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/sources");
    let profiles = adapters::embedded().expect("the profiles").into_iter();
    profiles
        .map(|profile| {
            let files =
                std::fs::read_dir(folder.join(&profile.id)).expect("fixtures of every source");
            let files = files.map(|file| file.expect("a file").path());
            let documents = files.filter(|file| !file.ends_with("expected.json"));
            let size = |file: &PathBuf| std::fs::metadata(file).map_or(u64::MAX, |file| file.len());
            let smallest = documents.min_by_key(size).expect("a document");
            (Arc::new(profile), smallest)
        })
        .collect()
}

#[test]
fn a_document_cut_off_anywhere_or_with_any_byte_spoilt_is_told_and_nothing_else_happens() {
    let limits = Limits::default();
    for (profile, file) in fixtures() {
        let sound = std::fs::read(&file).expect("readable");
        let hint = Hint {
            file_name: file
                .file_name()
                .map(|name| name.to_string_lossy().into_owned()),
            ..Hint::default()
        };
        let adapter = of(profile);
        let whole = judge(&adapter, &sound, &hint, &limits);
        assert_eq!(whole.error, None, "{}", file.display());
        // Every place of a small document, so many of a larger one; a prime, so that all columns are met.
        let step = sound.len() / 400 * 2 + 1;
        for at in (0..sound.len()).step_by(step) {
            let cut_off = judge(&adapter, &sound[..at], &hint, &limits);
            assert!(
                cut_off.records <= whole.records,
                "{} at {at}",
                file.display()
            );
            for byte in [0x00, 0xFF, b'<', b'"'] {
                let mut spoilt = sound.clone();
                spoilt[at] = byte;
                judge(&adapter, &spoilt, &hint, &limits);
            }
        }
    }
}
